"""Cases: a conversation that is open at the desk, and what an agent needs to answer it, read in one statement."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from channels import answers
from core.errors import Invalid, NotFound
from core.staff import Role
from customers import merging
from support import roads
from support.models import UNDONE

# What an answer to a channel leaves by, where it is not the same.
_USUAL = {"portal": "email"}
_ROADS = ("email", "sms", "chat")


class Conversation(msgspec.Struct, frozen=True):
    id: UUID
    customer_id: UUID
    channel: str
    subject: str
    last_seq: int


class Ticket(msgspec.Struct, frozen=True):
    id: UUID
    number: int
    status: str
    priority: str
    assignee_id: UUID | None
    team_id: UUID | None
    snoozed_until: datetime | None

    @property
    def undone(self) -> bool:
        return self.status in UNDONE


class Colleague(msgspec.Struct, frozen=True):
    id: UUID
    name: str


class Team(msgspec.Struct, frozen=True):
    id: UUID
    name: str


class Draft(msgspec.Struct, frozen=True):
    mode: str
    body: str


class Heard(msgspec.Struct, frozen=True):
    """What came in last on a road: a person's before a machine's."""

    channel: str
    id: UUID
    account: str
    sender: str
    recipients: dict[str, Any]


class Case(msgspec.Struct, frozen=True):
    conversation: Conversation
    # The records of the person, the one that speaks for all first.
    records: list[UUID]
    ticket: Ticket | None  # None until somebody has written
    colleagues: list[Colleague]  # whom it can be given to, by name
    teams: list[Team]  # who can answer for it, by name
    drafts: list[Draft]  # the reader's own, the latest last
    signature: str  # what stands under the reader's e-mails here
    used: list[str]  # the channels that it has run over, the latest first
    heard: list[Heard]
    known: dict[str, str]  # the customer's first address of each kind: verified before claimed
    stops: list[roads.Stop]

    @property
    def root(self) -> UUID:
        """The record that speaks for the person."""
        return self.records[0]

    @property
    def assignee(self) -> Colleague | None:
        held = self.ticket.assignee_id if self.ticket else None
        return next((one for one in self.colleagues if one.id == held), None)

    @property
    def team(self) -> Team | None:
        held = self.ticket.team_id if self.ticket else None
        return next((one for one in self.teams if one.id == held), None)

    def roads(self) -> dict[str, answers.Recipients]:
        """The ways to answer that lead somewhere, the one that was written on first."""
        heard = {one.channel: one for one in self.heard}
        found = {}
        for road in dict.fromkeys([*(_USUAL.get(channel, channel) for channel in self.used), "email", "sms"]):
            if road in _ROADS:
                try:
                    found[road] = answers.recipients(
                        self.conversation.channel, road, heard.get(road), self.known
                    )
                except Invalid:
                    continue
        return found


# Whose the conversation is, as "WITH RECURSIVE" has it.
PERSON = merging.PERSON.format(customer="(SELECT customer_id FROM conversation WHERE id = :conversation)")
# What says a case, as a part of a statement that knows PERSON: `decode` reads its JSON. Its values: conversation and
# staff.
CASE = f"""
WITH contact AS MATERIALIZED (
    SELECT id, kind, value, verified_at, created_at FROM identity
    WHERE customer_id = ANY(ARRAY(SELECT id FROM person)) AND kind <> 'chat'
), heard AS MATERIALIZED (
    SELECT DISTINCT ON (channel) channel, id, account, sender, recipients FROM message
    WHERE conversation_id = :conversation AND direction = 'inbound'
    ORDER BY channel, automated, seq DESC
)
SELECT json_build_object(
    'conversation', json_build_object(
        'id', c.id, 'customer_id', c.customer_id, 'channel', c.channel, 'subject', c.subject, 'last_seq', c.last_seq
    ),
    'records', (SELECT json_agg(id) FROM person),
    'ticket', (
        SELECT json_build_object(
            'id', id, 'number', number, 'status', status, 'priority', priority, 'assignee_id', assignee_id,
            'team_id', team_id, 'snoozed_until', snoozed_until
        )
        FROM ticket WHERE conversation_id = c.id
    ),
    'colleagues', (
        SELECT coalesce(json_agg(json_build_object('id', id, 'name', name) ORDER BY name), '[]') FROM staff
        WHERE disabled_at IS NULL AND roles && ARRAY['{Role.AGENT}', '{Role.ADMIN}']
    ),
    'teams', (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name) ORDER BY name), '[]') FROM team),
    'drafts', (
        SELECT coalesce(json_agg(json_build_object('mode', mode, 'body', body) ORDER BY updated_at), '[]')
        FROM draft WHERE staff_id = :staff AND conversation_id = c.id
    ),
    'signature', coalesce(
        (SELECT body FROM signature WHERE staff_id = :staff),
        (SELECT s.body FROM team_signature s JOIN ticket t ON t.team_id = s.team_id WHERE t.conversation_id = c.id),
        ''
    ),
    'used', (
        SELECT coalesce(json_agg(channel ORDER BY last DESC), '[]') FROM (
            SELECT channel, max(seq) AS last FROM message WHERE conversation_id = c.id GROUP BY channel
        ) AS spoken
    ),
    'heard', (
        SELECT coalesce(json_agg(json_build_object(
            'channel', channel, 'id', id, 'account', account, 'sender', sender, 'recipients', recipients
        )), '[]') FROM heard
    ),
    'known', (
        SELECT coalesce(json_object_agg(kind, value), '{{}}') FROM (
            SELECT DISTINCT ON (kind) kind, value FROM contact
            ORDER BY kind, verified_at IS NULL, created_at, id
        ) AS first
    ),
    'stops', (
        SELECT coalesce(json_agg(json_build_object(
            'channel', channel, 'address', address, 'scope', scope, 'reason', reason
        ) ORDER BY id), '[]')
        FROM suppression
        WHERE address = ANY(ARRAY(SELECT lower(sender) FROM heard UNION SELECT lower(value) FROM contact))
    )
)
FROM conversation c WHERE c.id = :conversation
"""  # noqa: S608 - only parts of our own are put in
_CASE = text(f"WITH RECURSIVE {PERSON} SELECT cast(({CASE}) AS text)")
decode = msgspec.json.Decoder(Case).decode


async def read(session: AsyncSession, conversation_id: UUID, staff_id: UUID) -> Case:
    """The case of a conversation, for a colleague. Raises NotFound."""
    told = await session.scalar(_CASE, {"conversation": conversation_id, "staff": staff_id})
    if told is None:
        raise NotFound("That conversation does not exist.")
    return decode(told)
