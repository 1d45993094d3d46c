"""Campaigns that ran: who was written to, what became of it, who clicked, left, or bought."""

from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.attribution import CREDITED_WITHIN
from campaigns.content import compile_content
from campaigns.happenings import CampaignClicked, CampaignSent, CampaignUnsubscribed
from customers.consent import ConsentWithdrawn
from workers.seeding import people
from workers.seeding.company import Company
from workers.seeding.letters import LETTERS, Letter
from workers.seeding.people import Person
from workers.seeding.seasons import DAY
from workers.seeding.sheets import Sheets, stamp

HOUR = 3600
CREDITED = int(CREDITED_WITHIN.total_seconds())
BOUNCED = "550 5.1.1 The mailbox does not exist"


@dataclass(frozen=True)
class Sent:
    """A campaign that went out at a moment; `links` are (id, address) by position."""

    id: str
    name: str
    letter: Letter
    moment: int
    links: list[tuple[str, str]]


def past(end: int, since: int, seed: str) -> list[Sent]:
    """The campaigns between two moments, the oldest first; their links are known once they are kept."""
    sheets = Sheets(Random(seed))  # noqa: S311 - the same numbers each time are what is wanted
    found = []
    for year in range(datetime.fromtimestamp(since, UTC).year, datetime.fromtimestamp(end, UTC).year + 1):
        for letter in LETTERS:
            moment = int(datetime(year, letter.month, letter.day, 8, tzinfo=UTC).timestamp())
            if since + 30 * DAY < moment < end - DAY:
                found.append(Sent(sheets.key(moment), f"{letter.name} {year}", letter, moment, []))
    return sorted(found, key=lambda sent: sent.moment)


async def keep(session: AsyncSession, company: Company, sent: list[Sent], website: str, seed: str) -> None:
    """Write the campaigns with their content as it was approved; how many they reached comes last."""
    kept = await session.execute(text("SELECT name, id::text FROM segment"))
    segments: dict[str, str] = {name: segment_id for name, segment_id in kept}
    sheets = Sheets(Random(f"{seed} links"))  # noqa: S311 - the same numbers each time are what is wanted
    for number, one in enumerate(sent):
        letter = one.letter
        body = letter.body.replace("{website}", website.rstrip("/"))
        content = compile_content(letter.channel, "markdown", letter.subject, body)
        author = company.marketers[number % len(company.marketers)] if company.marketers else None
        await session.execute(
            text("""
                INSERT INTO broadcast (id, name, channel, topic, segment_id, subject, body, state, version,
                    compiled, created_by, launched_by, created_at, launched_at, finished_at)
                VALUES (cast(:id AS uuid), :name, :channel, :topic, cast(:segment AS uuid), :subject, :body,
                    'finished', 3, cast(:compiled AS jsonb), cast(:author AS uuid), cast(:author AS uuid),
                    to_timestamp(:created), to_timestamp(:moment), to_timestamp(:finished))
            """),
            {
                "id": one.id,
                "name": one.name,
                "channel": letter.channel,
                "topic": letter.topic,
                "segment": segments.get(letter.segment),
                "subject": letter.subject,
                "body": body,
                "compiled": msgspec.json.encode(content).decode(),
                "author": author,
                "created": one.moment - 2 * DAY,
                "moment": one.moment,
                "finished": one.moment + 1200,
            },
        )
        for position, url in enumerate(content.links):
            link_id = sheets.key(one.moment)
            one.links.append((link_id, url))
            await session.execute(
                text("""
                    INSERT INTO campaign_link (id, broadcast_id, position, url)
                    VALUES (cast(:id AS uuid), cast(:broadcast AS uuid), :position, :url)
                """),
                {"id": link_id, "broadcast": one.id, "position": position, "url": url},
            )


class Post:
    """Writes what each person got; how many each campaign has written to is counted."""

    def __init__(self, company: Company, sent: list[Sent], end: int) -> None:
        self.company, self.sent, self.end = company, sent, end
        self.audience = {one.id: 0 for one in sent}

    def deliver(self, sheets: Sheets, random: Random, person: Person) -> None:
        """All campaigns to one person, in the order that they came."""
        left: set[str] = set()
        clicks: list[tuple[int, str, str]] = []
        for one in self.sent:
            letter = one.letter
            if one.moment < person.since + HOUR or random.random() > letter.share:
                continue
            allowed = person.allowed.get((letter.channel, letter.topic))
            if allowed is None or allowed > one.moment or letter.topic in left:
                # A segment of customers holds people who have allowed nothing: they stand in the ledger, too.
                if letter.segment == "Good customers" and person.traits.orders > 2 and person.email:
                    self._refuse(sheets, one, person)
                continue
            if letter.channel == "sms" and not person.phone:
                continue
            clicked = self._send(sheets, random, person, one, left)
            if clicked:
                clicks.append(clicked)
        self._credit(sheets, person, clicks)

    def _refuse(self, sheets: Sheets, one: Sent, person: Person) -> None:
        address = person.email if one.letter.channel == "email" else person.phone
        reason = "no consent" if address else "no phone number"
        row = (sheets.key(one.moment), one.id, person.id, one.letter.channel, address, "suppressed", reason)
        sheets.put("broadcast_recipient", *row, None, None, None, None)
        self.audience[one.id] += 1

    def _send(
        self, sheets: Sheets, random: Random, person: Person, one: Sent, left: set[str]
    ) -> tuple[int, str, str] | None:
        letter, recipient_id = one.letter, sheets.key(one.moment)
        mail = letter.channel == "email"
        address = person.email if mail else person.phone
        self.audience[one.id] += 1
        row = (recipient_id, one.id, person.id, letter.channel, address)
        draw = random.random()
        if draw < 0.006:
            reason = BOUNCED if mail else "The number is not reachable"
            sheets.put("broadcast_recipient", *row, "failed", reason, None, None, None, None)
            return None
        at = one.moment + random.randint(5, 900)
        told = CampaignSent(one.name, letter.channel, letter.subject)
        sheets.tell(person.id, told, f"broadcast:{recipient_id}", one.id, at)
        person.traits.sent += 1
        clicked = self._click(random, person, one, at)
        gone = at + random.randint(HOUR, 20 * HOUR) if mail and 0.006 <= draw < 0.012 else None
        sheets.put(
            "broadcast_recipient",
            *(*row, "sent", None, stamp(at), None if mail else stamp(at + 4)),
            *(stamp(clicked) if clicked else None, stamp(gone) if gone else None),
        )
        if clicked:
            position = 0 if random.random() < 0.75 else len(one.links) - 1
            self._note_click(sheets, person, one, recipient_id, position, clicked)
        elif draw > 0.98:
            link = one.links[0][0]
            row = (sheets.key(at + 1), person.id, recipient_id, link, stamp(at + 1), "GET", "scanner", "f")  # type: ignore[assignment]  # another table's
            sheets.put("campaign_click", *row, "scanner")
        if gone:
            left.add(letter.topic)
            self._leave(sheets, person, one, recipient_id, gone)
        return (clicked, recipient_id, one.id) if clicked else None

    def _click(self, random: Random, person: Person, one: Sent, at: int) -> int | None:
        """When the person followed a link: often shortly before they bought something, else now and then."""
        for bought in person.bought:
            if at + HOUR < bought.placed < at + CREDITED - HOUR and random.random() < 0.7:
                return bought.placed - random.randint(180, 2400)
        if random.random() < (0.06 if one.letter.channel == "email" else 0.1):
            clicked = at + 60 + int(random.expovariate(1 / (9 * HOUR)))
            return clicked if clicked < self.end else None
        return None

    def _note_click(
        self, sheets: Sheets, person: Person, one: Sent, recipient_id: str, position: int, clicked: int
    ) -> None:
        link_id, url = one.links[position]
        at = stamp(clicked)
        row = (sheets.key(clicked), person.id, recipient_id, link_id, at, "GET", "browser", "t", "")
        sheets.put("campaign_click", *row)
        told = CampaignClicked(one.name, one.letter.channel, url)
        sheets.tell(person.id, told, f"click:{recipient_id}:{position}", one.id, clicked)
        traits = person.traits
        traits.clicked += 1
        traits.last_click = clicked if traits.last_click is None else max(clicked, traits.last_click)
        traits.see(clicked)

    def _leave(self, sheets: Sheets, person: Person, one: Sent, recipient_id: str, gone: int) -> None:
        letter = one.letter
        line = people.record(
            *(
                sheets,
                person,
                letter.channel,
                letter.topic,
                False,
                "unsubscribe page",
                person.email,
                "",
                gone,
            ),
            self.company.consents,
        )
        told = ConsentWithdrawn(letter.channel, letter.topic, "unsubscribe page")
        sheets.tell(person.id, told, f"consent:{line}", None, gone)
        reason = f"unsubscribed from {letter.topic}"
        row = (sheets.key(gone), letter.channel, person.email, f"topic:{letter.topic}", reason, stamp(gone))
        sheets.put("suppression", *row)
        left = CampaignUnsubscribed(one.name, letter.channel, letter.topic)
        sheets.tell(person.id, left, f"unsubscribe:{recipient_id}", one.id, gone)

    def _credit(self, sheets: Sheets, person: Person, clicks: list[tuple[int, str, str]]) -> None:
        """Credit each order to the last click in the days before it, as `campaigns.attribution` does."""
        for bought in person.bought if clicks else ():
            near = [click for click in clicks if bought.placed - CREDITED <= click[0] <= bought.placed]
            if near:
                _, recipient_id, broadcast_id = max(near)
                sheets.put(
                    "attributed_order",
                    *(sheets.key(bought.placed), person.id, bought.order_id, broadcast_id, recipient_id),
                    *(bought.total, "EUR", stamp(bought.placed)),
                )
