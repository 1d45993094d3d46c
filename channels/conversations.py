"""Conversations: the one place where a message comes in and joins a thread."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from channels import intake, threads
from channels.intake import REFUTED as REFUTED
from channels.intake import Incoming as Incoming
from channels.intake import Place
from channels.intake import Received as Received
from channels.models import Conversation, Message, MessageReference
from core import locks
from core.errors import Invalid, NotFound
from core.locks import Realm
from customers import identities, merging
from customers.identities import Contact, Standing
from customers.models import IdentityKind


async def receive(session: AsyncSession, incoming: Incoming) -> Received:
    """Let a message in: its customer, its thread, its place there, the timeline, the open pages.

    Said twice (same channel, account and external id), it is one message. Raises QuarantinedError when it
    names a thread that its sender may not stand in.
    """
    known = await session.execute(
        select(Message.id, Message.conversation_id, Message.customer_id, Message.seq).where(
            Message.channel == incoming.channel,
            Message.account == incoming.account,
            Message.external_id == incoming.external_id,
            Message.conversation_id.is_not(None),
        )
    )
    if row := known.one_or_none():
        return Received(row.id, row.conversation_id, row.customer_id, row.seq or 0, False)
    place = await _place(session, incoming)
    # Asked only now, when nobody else lets in what this sender wrote.
    place = replace(place, flag=await _flag(session, incoming))
    [received] = await intake.write(session, [(incoming, place)])
    return received


async def receive_all(
    session: AsyncSession, several: Sequence[Incoming], known: Mapping[str, Standing] | None = None
) -> list[Received | None]:
    """Let in at once what is plain of several new mails; None for each that is left for `receive` to see to.

    Plain is what opens a thread, or joins one in which its sender surely belongs, and asks for no records to be
    proven or merged. The mails are new and differ; no two of them have one sender, or name one Message-ID.
    `hold_all` their senders first; what it returned is `known` as long as nothing was let in since.
    """
    if known is None:
        standings = await identities.recognise(session, [(_sender(each), each.proven) for each in several])
    else:
        standings = [known[each.external_id] for each in several]
    found = await threads.find_all(session, several)
    named = Counter(thread.conversation_id for thread in found if thread is not None)
    plain = [
        (incoming, standing, thread)
        for incoming, standing, thread in zip(several, standings, found, strict=True)
        if standing.settled
        and thread is not None
        and (not thread.conversation_id or named[thread.conversation_id] == 1)
    ]
    strangers = [
        each for each, standing, thread in plain if not (thread.conversation_id or standing.customer_id)
    ]
    enrolled = await identities.enrol(
        session, [(_sender(each), each.sender_name) for each in strangers], source="email"
    )
    new = dict(zip([each.external_id for each in strangers], enrolled, strict=True))
    places = []
    for incoming, standing, thread in plain:
        if thread.conversation_id and thread.customer_id:
            place = Place(thread.conversation_id, thread.customer_id)
        else:
            place = Place(uuid7(), standing.customer_id or new[incoming.external_id], opens=True)
        places.append((incoming, place))
    received = await intake.write(session, places) if places else []
    let_in = {incoming.external_id: one for (incoming, _), one in zip(places, received, strict=True)}
    return [let_in.get(incoming.external_id) for incoming in several]


async def hold(session: AsyncSession, several: Sequence[Incoming]) -> None:
    """Let nobody else let in what these senders write, nor decide who they are, until the transaction ends."""
    # Two messages from one sender at once: the second finds the thread that the first opened.
    names = [(Realm.SENDER, f"{each.channel}:{_sender(each).value}") for each in several]
    await locks.hold(session, [*names, *(identities.lock_of(_sender(each)) for each in several)])


async def hold_all(session: AsyncSession, several: Sequence[Incoming]) -> dict[str, Standing]:
    """`hold`, for whoever lets in one after another; who they are, by the message's external id.

    All that others may hold, too, is held before the first row is locked, so that no two wait for each other:
    the senders, then the right to prove and to merge records, as much of it as any of these needs.
    """
    await hold(session, several)
    standings = await identities.recognise(session, [(_sender(each), each.proven) for each in several])
    if any(not standing.settled for standing in standings):
        await merging.hold(session, alone=any(standing.merges for standing in standings))
    return {each.external_id: standing for each, standing in zip(several, standings, strict=True)}


async def next_seq(session: AsyncSession, conversation_id: UUID) -> int:
    """The next place in a conversation, taken under its row lock. Raises NotFound."""
    seq = await session.scalar(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(last_seq=Conversation.last_seq + 1)
        .returning(Conversation.last_seq)
        .execution_options(synchronize_session=False)
    )
    if seq is None:
        raise NotFound("That conversation does not exist.")
    return seq


async def _place(session: AsyncSession, incoming: Incoming) -> Place:
    """Where a message belongs. Raises QuarantinedError where its sender does not."""
    if incoming.conversation is not None:
        return Place(incoming.conversation.id, incoming.conversation.customer_id)
    sender = _sender(incoming)
    await hold(session, [incoming])
    customer_id = await identities.resolve(
        session, sender, proven=incoming.proven, name=incoming.sender_name, source=incoming.channel
    )
    if incoming.proven and sender.kind == IdentityKind.EMAIL:
        customer_id = await identities.verify(session, sender, by="dkim")
    found = None
    if incoming.channel == "sms":
        found = await threads.find_by_number(session, customer_id, sender.value)
    elif not incoming.alone:
        found = await threads.find_by_reference(
            session, sender, incoming.proven, incoming.named, incoming.ids
        )
    if found is not None:
        return Place(found.id, found.customer_id)
    return Place(uuid7(), customer_id, opens=True)


async def _flag(session: AsyncSession, incoming: Incoming) -> str | None:
    """A sentence when its own Message-ID stood for another message before."""
    if incoming.channel != "email" or not incoming.rfc_message_id:
        return None
    other = await session.scalar(
        select(MessageReference.message_id).where(MessageReference.rfc_message_id == incoming.rfc_message_id)
    )
    return "Another message with other content came under the same Message-ID." if other else None


def _sender(incoming: Incoming) -> Contact:
    if incoming.sender is None:
        raise Invalid("Nobody is named as its sender.")
    return incoming.sender
