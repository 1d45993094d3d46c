"""Threads: to which conversation an incoming message belongs, and whether its sender may stand in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Row, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels.intake import Incoming
from channels.models import Conversation, Direction, Message, MessageReference
from core.clock import now
from core.errors import DomainError
from customers.identities import Contact
from customers.merging import group
from customers.models import Identity

TEXTS_TOGETHER = timedelta(days=30)


class QuarantinedError(DomainError):
    """The message is kept, but a person must look at it before it is let in."""


@dataclass(frozen=True)
class Candidate:
    """A thread that a message names; `known` when it names a message that really is in it, or its token."""

    conversation_id: UUID | None
    message_id: UUID | None
    known: bool


async def find_by_reference(
    session: AsyncSession, sender: Contact, proven: bool, named: Sequence[UUID], references: Sequence[str]
) -> Conversation | None:
    """The thread that reply tokens or Message-IDs name, if the sender belongs in it; None for no thread.

    Knowing a name is not enough: the sender must be proven and take part, or be the same unproven claim that
    the thread began with. Raises QuarantinedError for anybody else.
    """
    candidates = _candidates(named, references, await _named(session, references))
    for candidate in candidates:
        if candidate.conversation_id is not None:
            conversation = await session.get(Conversation, candidate.conversation_id)
            if conversation is not None and await _belongs(session, conversation, sender, proven):
                return conversation
        elif candidate.message_id is not None:
            message = await session.get(Message, candidate.message_id, with_for_update=True)
            if message is None:
                continue
            if message.conversation_id is not None:  # somebody answered it while we waited
                conversation = await session.get_one(Conversation, message.conversation_id)
                if await _belongs(session, conversation, sender, proven):
                    return conversation
            elif await _may_answer(session, message, sender, proven):
                return await adopt(session, message)
    if any(candidate.known for candidate in candidates):
        what = (
            "is not among those who wrote or were written to" if proven else "is not proven to be who it says"
        )
        raise QuarantinedError(f"Forged reply? It names a thread of ours, but its sender {what}.")
    return None


@dataclass(frozen=True)
class Thread:
    """The thread that a message surely belongs to; both are None for one of its own."""

    conversation_id: UUID | None = None
    customer_id: UUID | None = None


class _Named(NamedTuple):
    """What a Message-ID stands in, or for."""

    conversation_id: UUID | None
    message_id: UUID | None


@dataclass
class _Joined:
    """A thread that messages were put into: whose it is, who wrote them and was proven, or not."""

    customer_id: UUID
    senders: set[tuple[str, bool]] = field(default_factory=set)


class Web:
    """What is known of the threads that several messages name. What `add` is told of one, `find` knows of the next.

    As if each was written before the next was looked at, though all are written at once.
    """

    def __init__(self, named: dict[str, _Named], sure: dict[tuple[int, UUID], UUID]) -> None:
        self._named = named
        # The owners of threads, by the number of a message whose sender surely belongs there.
        self._sure = sure
        self._joined: dict[UUID, _Joined] = {}
        # Message-IDs that stand for one of these messages.
        self._taken: set[str] = set()

    def find(self, number: int, incoming: Incoming) -> Thread | None:
        """Where it belongs, as far as that is plain; None when `find_by_reference` must judge."""
        own = self._named.get(incoming.rfc_message_id)
        if incoming.rfc_message_id in self._taken or (own is not None and own.message_id is not None):
            return None  # its id stood for another message before
        candidates = _candidates(incoming.named, incoming.ids, self._named)
        if not candidates or incoming.alone:
            return Thread()
        conversation_id = candidates[0].conversation_id
        if conversation_id is None:
            return None
        customer_id = self._sure.get((number, conversation_id))
        if joined := self._joined.get(conversation_id):
            if (_address(incoming), incoming.proven) in joined.senders:
                customer_id = joined.customer_id
            if not incoming.proven and any(proven for _, proven in joined.senders):
                return None
        return Thread(conversation_id, customer_id) if customer_id is not None else None

    def add(self, incoming: Incoming, conversation_id: UUID, customer_id: UUID) -> None:
        """Know of a message that goes into this thread, as `intake.write` will write it."""
        joined = self._joined.setdefault(conversation_id, _Joined(customer_id))
        joined.senders.add((_address(incoming), incoming.proven))
        for name in incoming.ids:
            self._named.setdefault(name, _Named(conversation_id, None))
        own = self._named.get(incoming.rfc_message_id)
        if own is not None and own.conversation_id == conversation_id:
            self._taken.add(incoming.rfc_message_id)


def asking(several: Sequence[Incoming]) -> dict[str, Any]:
    """The values of `NAMING`, `SURE` and `CAME`, for these mails."""
    said = [(number, name) for number, each in enumerate(several) for name in each.ids]
    tokens = [(number, thread) for number, each in enumerate(several) for thread in each.named]
    return {
        "numbers": [number for number, _ in said],
        "names": [name for _, name in said],
        "token_numbers": [number for number, _ in tokens],
        "tokens": [thread for _, thread in tokens],
        "digests": [each.external_id for each in several],
        "accounts": list({each.account for each in several}),
        "addresses": [_address(each) for each in several],
        "proven": [each.proven for each in several],
    }


def web(naming: str, sure: str) -> Web:
    """What is known of the threads that mails name, by what `NAMING` and `SURE` told of them."""
    named = {
        name: _Named(conversation_id, message_id)
        for name, conversation_id, message_id in _read_naming(naming)
    }
    return Web(named, {(number, thread): customer_id for number, thread, customer_id in _read_sure(sure)})


def _address(incoming: Incoming) -> str:
    return incoming.sender.value if incoming.sender is not None else ""


# Parts of a statement, whose JSON `web` reads. Its arrays stand behind questions of their own, so that one plan does
# for all: PostgreSQL plans a wide statement anew at every execution when it sees how few there are. Rows are looked up
# one by one: no plan that was made when tables were small may read them whole when they are large.
_SAID = """unnest(
    ARRAY(SELECT unnest(cast(:numbers AS int[]))), ARRAY(SELECT unnest(cast(:names AS text[])))
) AS said (number, name)"""
NAMING = """
SELECT coalesce(json_agg(json_build_array(rfc_message_id, conversation_id, message_id)), '[]')
FROM message_reference WHERE rfc_message_id = ANY(ARRAY(SELECT unnest(cast(:names AS text[]))))
"""
# Who belongs by the record of the thread's own customer, which is enough for a yes but not for a no.
SURE = f"""
SELECT coalesce(json_agg(json_build_array(asked.number, thread.id, thread.customer_id)), '[]')
FROM (
    SELECT said.number, named.conversation_id FROM {_SAID} CROSS JOIN LATERAL (
        SELECT conversation_id FROM message_reference WHERE rfc_message_id = said.name LIMIT 1
    ) AS named
    UNION
    SELECT number, conversation_id FROM unnest(
        ARRAY(SELECT unnest(cast(:token_numbers AS int[]))), ARRAY(SELECT unnest(cast(:tokens AS uuid[])))
    ) AS token (number, conversation_id)
) AS asked
JOIN unnest(
    ARRAY(SELECT unnest(cast(:addresses AS text[]))), ARRAY(SELECT unnest(cast(:proven AS boolean[])))
) WITH ORDINALITY AS sender (value, proven, place) ON sender.place = asked.number + 1
CROSS JOIN LATERAL (
    SELECT c.id, c.customer_id FROM conversation c
    WHERE c.id = asked.conversation_id AND EXISTS (
        SELECT FROM identity i
        WHERE i.customer_id = c.customer_id AND i.kind = 'email' AND i.value = sender.value
            AND (i.verified_at IS NOT NULL) = sender.proven
    ) AND (sender.proven OR NOT EXISTS (
        SELECT FROM message m WHERE m.conversation_id = c.id AND m.direction = 'inbound' AND m.verified
    ))
    LIMIT 1
) AS thread
"""  # noqa: S608 - only a part of our own is put in
# The contents of mails that came before, to this mailbox or to another one of ours.
CAME = """
SELECT coalesce(json_agg(digest), '[]') FROM (
    SELECT digest FROM received_mail
    WHERE digest = ANY(ARRAY(SELECT unnest(cast(:digests AS text[])))) AND message_id IS NOT NULL
    UNION ALL
    SELECT external_id FROM message
    WHERE channel = 'email' AND account = ANY(ARRAY(SELECT unnest(cast(:accounts AS text[]))))
        AND external_id IS NOT NULL AND external_id = ANY(ARRAY(SELECT unnest(cast(:digests AS text[]))))
) AS came
"""
read_came = msgspec.json.Decoder(set[str]).decode
_read_naming = msgspec.json.Decoder(list[tuple[str, UUID | None, UUID | None]]).decode
_read_sure = msgspec.json.Decoder(list[tuple[int, UUID, UUID]]).decode
NAMED = text("""
SELECT rfc_message_id, conversation_id, message_id FROM message_reference
WHERE rfc_message_id = ANY(cast(:names AS text[]))
""")


async def _named(session: AsyncSession, names: Sequence[str]) -> dict[str, Row[Any]]:
    """What we know of these Message-IDs: the thread each stands in, or the message that stands alone."""
    await session.flush()
    rows = await session.execute(NAMED, {"names": list(dict.fromkeys(names))})
    return {row.rfc_message_id: row for row in rows}


def _candidates(
    named: Sequence[UUID], references: Sequence[str], known: Mapping[str, "Row[Any] | _Named"]
) -> list[Candidate]:
    found = [Candidate(conversation_id, None, True) for conversation_id in named]
    for reference in reversed(references):
        if row := known.get(reference):
            found.append(Candidate(row.conversation_id, row.message_id, row.message_id is not None))
    return list(dict.fromkeys(found))


async def _belongs(session: AsyncSession, conversation: Conversation, sender: Contact, proven: bool) -> bool:
    ids = await group(session, conversation.customer_id)
    if not proven:
        return await _is_its_claim(session, ids, sender) and not await session.scalar(
            select(Message.id)
            .where(
                Message.conversation_id == conversation.id,
                Message.direction == Direction.INBOUND,
                Message.verified,
            )
            .limit(1)
        )
    return await _owns(session, ids, sender) or await _took_part(session, conversation.id, sender)


async def _may_answer(session: AsyncSession, message: Message, sender: Contact, proven: bool) -> bool:
    """The same for a message that stands alone: a receipt, a campaign."""
    ids = await group(session, message.customer_id)
    if not proven:
        return await _is_its_claim(session, ids, sender)
    written_to = [*message.recipients.get("to", ()), *message.recipients.get("cc", ())]
    return sender.value in [address.lower() for address in written_to] or await _owns(session, ids, sender)


async def _owns(session: AsyncSession, ids: list[UUID], sender: Contact) -> bool:
    return await _identity(session, ids, sender, verified=True)


async def _is_its_claim(session: AsyncSession, ids: list[UUID], sender: Contact) -> bool:
    return await _identity(session, ids, sender, verified=False)


async def _identity(session: AsyncSession, ids: list[UUID], sender: Contact, *, verified: bool) -> bool:
    found = await session.scalar(
        select(Identity.id)
        .where(
            Identity.customer_id.in_(ids),
            Identity.kind == sender.kind,
            Identity.value == sender.value,
            Identity.verified_at.is_not(None) if verified else Identity.verified_at.is_(None),
        )
        .limit(1)
    )
    return found is not None


async def _took_part(session: AsyncSession, conversation_id: UUID, sender: Contact) -> bool:
    """Whether the address wrote here, proven, or was written to by us or by someone who was.

    Who got a blind copy is not known to the others: what they answer waits for a colleague to let it in.
    """
    found = await session.scalar(
        text("""
            SELECT 1 FROM message
            WHERE conversation_id = :id AND (direction = 'outbound' OR verified)
              AND (lower(sender) = :address AND direction = 'inbound'
                   OR lower(recipients::text)::jsonb -> 'to' ? :address
                   OR lower(recipients::text)::jsonb -> 'cc' ? :address)
            LIMIT 1
        """),
        {"id": conversation_id, "address": sender.value},
    )
    return found is not None


async def adopt(session: AsyncSession, message: Message) -> Conversation:
    """Open a conversation that begins with a message which stood alone so far."""
    conversation = Conversation(
        customer_id=message.customer_id,
        channel=message.channel,
        subject=message.subject,
        account=message.account,
        last_seq=1,
    )
    session.add(conversation)
    await session.flush()
    message.conversation_id, message.seq = conversation.id, 1
    await session.flush()
    await session.execute(
        update(MessageReference)
        .where(MessageReference.message_id == message.id)
        .values(conversation_id=conversation.id)
    )
    return conversation


async def find_by_number(session: AsyncSession, customer_id: UUID, number: str) -> Conversation | None:
    """The customer's newest open conversation in which this phone number took part lately."""
    ids = await group(session, customer_id)
    took_part = (
        select(Message.conversation_id)
        .where(
            Message.customer_id.in_(ids),
            Message.channel == "sms",
            Message.created_at > now() - TEXTS_TOGETHER,
            Message.conversation_id.is_not(None),
            or_(Message.sender == number, Message.recipients["to"].contains([number])),
        )
        .distinct()
    )
    return await session.scalar(
        select(Conversation)
        .where(Conversation.id.in_(took_part), Conversation.closed_at.is_(None))
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
        .limit(1)
    )
