"""People: who they are, where they live, how we reach them, and what they allow."""

from dataclasses import dataclass, field
from itertools import accumulate
from random import Random

from customers.consent import ConsentGranted
from workers.demo import WORDING
from workers.seeding.names import MAILS, PLACES, PLAIN, TRADES, WORDS, Place
from workers.seeding.sheets import Sheets, document, stamp, words

_SHARES = list(accumulate(place.share for place in PLACES))
# The ledger's lines have numbers; each person has so many of their own.
LINES = 8


@dataclass(slots=True)
class Traits:
    """What a timeline adds up to, counted while it is written."""

    orders: int = 0
    spend: int = 0
    first_order: int | None = None
    last_order: int | None = None
    messages: int = 0
    last_message: int | None = None
    tickets: int = 0
    sent: int = 0
    clicked: int = 0
    last_click: int | None = None
    seen: int | None = None

    def see(self, moment: int) -> None:
        self.seen = moment if self.seen is None else max(self.seen, moment)


@dataclass(slots=True)
class Bought:
    """An order as the rest of a person's story needs it: what, when, and since when they have had it."""

    order_id: str
    number: str
    product: str
    category: str
    placed: int
    delivered: int | None
    total: int


@dataclass(slots=True)
class Person:
    id: str
    index: int
    place: Place
    name: str
    first: str
    company: str
    email: str
    verified: bool
    phone: str
    since: int
    address: str
    billed: str
    traits: Traits = field(default_factory=Traits)
    bought: list[Bought] = field(default_factory=list)
    # (channel, topic) -> when they said yes.
    allowed: dict[tuple[str, str], int] = field(default_factory=dict)
    # Products that they have said something of.
    reviewed: set[str] = field(default_factory=set)
    lines: int = 0


def draw(sheets: Sheets, random: Random, index: int, since: int, source: str) -> Person:
    """A new customer, who came to us at a moment; their rows are written."""
    place = random.choices(PLACES, cum_weights=_SHARES)[0]
    first, last = random.choice(place.first), random.choice(place.last)
    name = f"{last} {first}" if place.surname_first else f"{first} {last}"
    company = ""
    plain = f"{first}.{last}".translate(PLAIN).lower().replace(" ", "")
    if index % 12 == 5:
        word = random.choice(WORDS)
        company = f"{word} {random.choice(TRADES[place.locale])}"
        email = f"{plain}@{word.lower()}{index}.test"
    else:
        email = f"{plain}{index}@{random.choice(MAILS)}"
    phone = f"{place.phones}{index:06}"
    has_phone = bool(place.phones) and random.random() < 0.4
    postcode, town = random.choice(place.towns)
    street = place.street.format(street=random.choice(place.streets), number=random.randint(1, 120))
    facts = {"name": name, "company": company, "street": street, "postcode": postcode, "city": town}
    made = document(facts | {"country": place.country})
    person = Person(
        id=sheets.key(since),
        index=index,
        place=place,
        name=name,
        first=first,
        company=company,
        email=email,
        verified=random.random() < 0.85,
        phone=phone if has_phone else "",
        since=since,
        address=made,
        billed=made,
    )
    at = stamp(since)
    sheets.put("customer", person.id, name, company, place.locale, source, at)
    proof = (stamp(since + 240), "link") if person.verified else (None, None)
    sheets.put("identity", sheets.key(since), person.id, "email", email, *proof, at)
    if has_phone:
        sheets.put("identity", sheets.key(since), person.id, "phone", phone, at, "code", at)
    sheets.put(
        "address",
        *(sheets.key(since), person.id, "delivery", name, company, street, postcode, town, place.country, at),
    )
    return person


def ask(sheets: Sheets, random: Random, person: Person, consents: int) -> None:
    """What a person says to news, shortly after they came; `consents` is the ledger's number before theirs."""
    draw = random.random()
    if draw < 0.66:
        moment = person.since + random.randint(60, 900)
        _allow(sheets, person, "email", "news", "checkout", person.email, WORDING, moment, consents)
        if draw < 0.36:
            _allow(
                *(sheets, person, "email", "offers", "preferences", person.email),
                *("Send me offers by e-mail, a few times a year.", moment, consents),
            )
    if person.phone and draw < 0.3:
        _allow(
            *(sheets, person, "sms", "care", "preferences", person.phone),
            *("Remind me by text message when my machine needs care.", person.since + 1200, consents),
        )


def _allow(
    sheets: Sheets,
    person: Person,
    channel: str,
    topic: str,
    source: str,
    address: str,
    wording: str,
    moment: int,
    consents: int,
) -> None:
    if person.verified or channel == "sms":  # a guest's yes does not count until they prove the address
        person.allowed[channel, topic] = moment
    record(sheets, person, channel, topic, True, source, address, wording, moment, consents)
    line = consents + person.index * LINES + person.lines
    sheets.tell(person.id, ConsentGranted(channel, topic, source), f"consent:{line}", None, moment)


def record(
    sheets: Sheets,
    person: Person,
    channel: str,
    topic: str,
    granted: bool,
    source: str,
    address: str,
    wording: str,
    moment: int,
    consents: int,
) -> int:
    """A line in the ledger of consents; its number."""
    person.lines += 1
    line = consents + person.index * LINES + person.lines
    actor = "customer" if person.verified or channel == "sms" else "guest"
    sheets.put(
        "consent_record",
        *(line, person.id, channel, topic, "t" if granted else "f", address, source, words(wording), actor),
        stamp(moment),
    )
    return line


def sum_up(sheets: Sheets, person: Person) -> None:
    """The traits of a person whose story is told, as `customers.traits` derives them."""
    traits = person.traits
    if not (traits.seen or traits.sent or person.lines):
        return  # nothing stands on the timeline
    moments = [traits.first_order, traits.last_order, traits.last_message, traits.last_click, traits.seen]
    first, last, message, click, seen = (stamp(each) if each else None for each in moments)
    sheets.put(
        "customer_traits",
        *(person.id, traits.orders, traits.spend, first, last, traits.messages, message, traits.tickets),
        *(traits.sent, traits.clicked, click, seen),
    )
