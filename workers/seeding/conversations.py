"""Conversations: what people asked, on which channel, who answered when, and what is still open."""

from dataclasses import dataclass
from random import Random

from channels.happenings import MessageReceived, MessageSent, preview
from support.cycles import FIRST_RESPONSE, SOLUTION
from support.events import Done
from support.happenings import NoteWritten, TicketOpened, TicketSolved
from support.models import Priority
from support.tickets import first_line
from workers.seeding import sayings
from workers.seeding.company import Company
from workers.seeding.people import Bought, Person
from workers.seeding.seasons import DAY, Curve
from workers.seeding.sheets import Sheets, Value, document, stamp, words

HOUR = 3600
STATUSES = {
    "waiting": "new",
    "pending": "pending",
    "on_hold": "on_hold",
    "snoozed": "pending",
    "solved": "solved",
}
# What colleagues did last with a conversation that came so far.
ENDED = {"solved": Done.SOLVED.value, "snoozed": Done.SNOOZED.value}
# So many of the latest are of the last days, and the newest of them are what the inbox is about.
RECENT = 80
RECENT_FOR = 6 * DAY


class Calendar:
    """When each conversation begins: along the curve, and then the last days, which are closer together."""

    def __init__(self, curve: Curve, total: int, end: int) -> None:
        self.total, self.end = total, end
        self.recent = min(RECENT, total // 4)
        self.earlier = curve
        self.until = curve.places_before(end - RECENT_FOR, 1_000_000) / 1_000_000

    def at(self, place: int) -> int:
        """The beginning of the conversation in this place."""
        newer = self.total - 1 - place
        if newer < self.recent:
            return self.end - 240 - int(RECENT_FOR * (newer / self.recent) ** 1.7)
        rest = self.total - self.recent
        return self.earlier.at(place, max(rest, int(rest / self.until) if self.until else rest))

    def fate(self, place: int, random: Random) -> str:
        """What has become of it by now: solved, waiting (for us), pending (for them), on_hold, snoozed."""
        newer = self.total - 1 - place
        if newer >= self.recent:
            return "solved"
        age = self.end - self.at(place)
        if age < 2 * HOUR:
            return "waiting"
        if newer % 8 == 5:
            return "snoozed" if newer % 16 == 5 else "on_hold"
        draw = random.random()
        if age < 2 * DAY:
            return "waiting" if draw < 0.5 else "pending" if draw < 0.7 else "solved"
        return "pending" if draw < 0.2 else "solved"


@dataclass(slots=True)
class Said:
    """A message or a note of a thread, before it is written; `by` is a colleague's name, or empty."""

    id: str
    text: str
    moment: int
    by: str = ""
    note: bool = False
    reference: str | None = None


class Desk:
    """Writes conversations; tickets that sleep are counted, so that they are woken."""

    def __init__(self, company: Company, calendar: Calendar, end: int) -> None:
        self.company, self.calendar, self.end = company, calendar, end
        self.asleep: list[tuple[str, int]] = []

    def talk(
        self, sheets: Sheets, random: Random, person: Person, place: int, began: int, channel: str
    ) -> None:
        """The conversation in the `place`-th place."""
        fate = self.calendar.fate(place, random)
        locale = person.place.locale
        subject, question, answer = self._topic(random, person, began)
        said = [self._ask(sheets, random, person, channel, question, began)]
        agent = random.choice(list(self.company.agents))
        moment = began
        if fate in ("pending", "on_hold", "snoozed") or random.random() < 0.07:
            note_at = min(began + random.randint(300, 2400), self.end - 60)
            by = random.choice(list(self.company.agents))
            said.append(Said(sheets.key(note_at), random.choice(sayings.NOTES), note_at, by, note=True))
            moment = note_at
        if fate != "waiting":
            pause = random.randint(40, 200) if channel == "chat" else int(random.expovariate(1 / 7200)) + 300
            moment = min(max(moment, began) + pause, self.end - 45)
            said.append(self._answer(sheets, person, channel, answer, agent, moment))
        if fate == "solved" and random.random() < 0.4:
            moment = min(moment + random.randint(600, 9 * HOUR), self.end - 30)
            said.append(
                self._ask(
                    sheets, random, person, channel, random.choice(sayings.THANKS[locale]), moment, True
                )
            )
        self._write(sheets, random, person, channel, place, subject, said, fate, agent)

    def _topic(self, random: Random, person: Person, began: int) -> tuple[str, str, str]:
        talks = sayings.TALKS[person.place.locale]
        latest: Bought | None = max(
            (each for each in person.bought if each.placed < began),
            key=lambda each: each.placed,
            default=None,
        )
        if latest is None:
            ware = random.choice(self.company.wares)
            facts = {"product": ware.called(person.place.locale), "number": ""}
            kind = ware.category
        else:
            facts, kind = {"product": latest.product, "number": latest.number}, latest.category
        talk = random.choice(
            [
                talk
                for place, talk in enumerate(talks)
                if (latest or talk.about == "product") and kind in sayings.CONCERNS.get(place, (kind,))
            ]
        )
        return talk.subject.format(**facts), talk.question.format(**facts), talk.answer.format(**facts)

    def _ask(
        self,
        sheets: Sheets,
        random: Random,
        person: Person,
        channel: str,
        text: str,
        moment: int,
        short: bool = False,
    ) -> Said:
        message_id = sheets.key(moment)
        if channel == "email":
            hello, bye, *_ = sayings.MANNERS[person.place.locale]
            text = f"{text}\n\n{person.name}" if short else f"{hello}\n\n{text}\n\n{bye}\n{person.name}"
        else:
            text = text[0].upper() + text[1:]
        reference = f"{message_id}@{person.email.partition('@')[2]}" if channel == "email" else None
        return Said(message_id, text, moment, reference=reference)

    def _answer(
        self, sheets: Sheets, person: Person, channel: str, text: str, agent: str, moment: int
    ) -> Said:
        message_id = sheets.key(moment)
        if channel == "email":
            *_, hello, bye = sayings.MANNERS[person.place.locale]
            text = f"{hello.format(first=person.first)}\n\n{text}\n\n{bye}\n{agent}"
        else:
            text = text[0].upper() + text[1:]
        reference = f"{message_id}@{self.company.mail_domain}" if channel == "email" else None
        return Said(message_id, text, moment, agent, reference=reference)

    def _write(
        self,
        sheets: Sheets,
        random: Random,
        person: Person,
        channel: str,
        place: int,
        subject: str,
        said: list[Said],
        fate: str,
        agent: str,
    ) -> None:
        began = said[0].moment
        conversation_id, ticket_id = sheets.key(began), sheets.key(began)
        title = subject if channel == "email" else ""
        ours = {"email": self.company.support_address, "sms": self.company.twilio_number}.get(channel, "chat")
        last = max(each.moment for each in said if not each.note)
        sheets.put(
            "conversation",
            *(conversation_id, person.id, channel, words(title), ours, len(said) + (fate in ENDED)),
            *(stamp(began), stamp(last)),
        )
        asked = said[0]
        for seq, each in enumerate(said, 1):
            if each.note:
                staff_id = self.company.agents[each.by]
                at = stamp(each.moment)
                sheets.put("note", each.id, person.id, conversation_id, seq, staff_id, words(each.text), at)
                key = f"note:{each.id}"
                sheets.tell(person.id, NoteWritten(each.by), key, conversation_id, each.moment)
            else:
                self._message(sheets, person, channel, conversation_id, title, ours, seq, each, asked)
        self._ticket(
            sheets, random, person, channel, place, title or first_line(asked.text), said, fate, agent,
            conversation_id, ticket_id,
        )  # fmt: skip

    def _message(
        self,
        sheets: Sheets,
        person: Person,
        channel: str,
        conversation_id: str,
        title: str,
        ours: str,
        seq: int,
        said: Said,
        asked: Said,
    ) -> None:
        theirs = {"email": person.email, "sms": person.phone}.get(channel, "")
        at, subject = stamp(said.moment), title
        row: tuple[Value, ...]
        if said.by:
            subject = f"Re: {title}" if title else ""
            to = document({"to": [theirs or "visitor"], "cc": []})
            gone = stamp(said.moment + (0 if channel == "chat" else 12))
            row = (
                *(
                    "outbound",
                    channel,
                    "sent" if channel == "email" else "delivered",
                    ours,
                    ours,
                    said.by,
                    to,
                ),
                *(
                    words(subject),
                    words(said.text),
                    "staff",
                    self.company.agents[said.by],
                    "f",
                    said.reference,
                ),
                *(asked.id, None, at, gone, None if channel == "email" else gone),
            )
            told: MessageSent | MessageReceived = MessageSent(
                said.id, channel, subject, preview(said.text), "staff", conversation_id
            )
            moment = said.moment + (0 if channel == "chat" else 12)
        else:
            to = document({"to": [ours], "cc": []})
            name = person.name if channel == "email" else ""
            row = (
                *("inbound", channel, "received", ours, theirs, name, to, words(subject), words(said.text)),
                *("customer", None, "t", said.reference, None, said.id, at, None, None),
            )
            told = MessageReceived(said.id, channel, subject, preview(said.text), False, conversation_id)
            moment = said.moment
            person.traits.messages += 1
            person.traits.last_message = max(person.traits.last_message or 0, moment)
            person.traits.see(moment)
        sheets.put("message", said.id, person.id, conversation_id, seq, *row)
        if said.reference:
            sheets.put("message_reference", said.reference, conversation_id, said.id)
        sheets.tell(person.id, told, f"message:{said.id}", conversation_id, moment)

    def _ticket(
        self,
        sheets: Sheets,
        random: Random,
        person: Person,
        channel: str,
        place: int,
        title: str,
        said: list[Said],
        fate: str,
        agent: str,
        conversation_id: str,
        ticket_id: str,
    ) -> None:
        began, number = said[0].moment, self.company.tickets + place + 1
        answers = [each.moment for each in said if each.by and not each.note]
        priority = random.choices(
            (Priority.NORMAL, Priority.LOW, Priority.HIGH, Priority.URGENT), (78, 12, 8, 2)
        )[0]
        status = STATUSES[fate]
        assignee = self.company.agents[agent]
        if fate == "waiting" and random.random() < 0.6:
            holder: str | None = None
        else:
            holder = assignee
            status = "open" if fate == "waiting" else status
        solved = None
        if fate == "solved":
            solved = min(max(each.moment for each in said) + random.randint(20, 900), self.end - 1)
        asleep = self.end + random.randint(4, 60) * HOUR if fate == "snoozed" else None
        if asleep:
            self.asleep.append((ticket_id, asleep))
        sheets.put(
            "ticket",
            *(ticket_id, number, person.id, conversation_id, words(title), status, priority, holder),
            *(stamp(began) if fate == "waiting" else None, stamp(asleep) if asleep else None),
            *(len(said) if solved else None, stamp(solved) if solved else None, stamp(began)),
        )
        first = int(FIRST_RESPONSE[priority].total_seconds())
        whole = int(SOLUTION[priority].total_seconds())
        sheets.put(
            "ticket_cycle",
            *(ticket_id, 1, stamp(began), 1, stamp(began + first), stamp(began + whole)),
            *(stamp(answers[0]) if answers else None, stamp(solved) if solved else None),
        )
        person.traits.tickets += 1
        opened = TicketOpened(number, title, channel)
        sheets.tell(person.id, opened, f"ticket:{ticket_id}", conversation_id, began)
        if fate in ENDED:
            # What was done stands in the thread, after what was said.
            at = stamp(solved or min(max(each.moment for each in said) + 90, self.end - 1))
            kind, detail = ENDED[fate], (stamp(asleep).replace(" ", "T") if asleep else "")
            row = (sheets.key(began), person.id, conversation_id, len(said) + 1, assignee, kind, detail, at)
            sheets.put("ticket_event", *row)
        if solved:
            done = TicketSolved(number, title, 1)
            sheets.tell(person.id, done, f"ticket:{ticket_id}:1", conversation_id, solved)


def channel_of(random: Random, person: Person) -> str:
    """How somebody reaches us."""
    draw = random.random()
    if draw < 0.2 and person.phone:
        return "sms"
    return "chat" if draw > 0.78 else "email"
