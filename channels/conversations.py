"""Conversations: the one place where a message comes in and joins a thread."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select, text, update
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
from customers.identities import Contact, Stranger
from customers.models import IdentityKind

# What proves the sender of a mail.
PROVEN_BY = "dkim"


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


KNOWN = text(f"""
SELECT cast(({identities.STANDINGS}) AS text) AS standings,
    cast(({threads.NAMING}) AS text) AS naming, cast(({threads.SURE}) AS text) AS sure,
    cast(({threads.CAME}) AS text) AS came
""")


async def receive_all(
    session: AsyncSession, several: Sequence[Incoming], *, together: bool = True
) -> list[Received | None]:
    """Let in at once what is plain of several mails; None for each that is left for `receive` to see to.

    Plain is what has not come before, opens a thread, or joins one in which its sender surely belongs, asks for no
    records to be merged, and does not follow, by its sender or by a Message-ID, one that is left. The mails differ.
    `hold` their senders first, `together` if they are several; `receive` those that are left in transactions of their
    own then, for all the others' rows are locked.
    """
    senders = [(_sender(each), each.proven) for each in several]
    await session.flush()
    told = (await session.execute(KNOWN, {**identities.asking(senders), **threads.asking(several)})).one()
    standings, web = identities.standings(senders, told.standings), threads.web(told.naming, told.sure)
    came = threads.read_came(told.came)
    strangers: dict[Contact, Stranger] = {}
    proofs: dict[Contact, UUID] = {}
    flags: dict[Contact, bool] = {}
    behind: set[str] = set()
    places: list[tuple[Incoming, Place]] = []
    for number, (incoming, standing) in enumerate(zip(several, standings, strict=True)):
        if incoming.external_id in came:
            continue
        sender = _sender(incoming)
        names = {sender.value, *(f"<{name}>" for name in incoming.ids)}
        thread = web.find(number, incoming)
        # Who writes once proven and once not may be two.
        same = flags.setdefault(sender, incoming.proven) == incoming.proven
        settled = standing.settled and (together or not standing.proves)
        if thread is None or not settled or not same or not names.isdisjoint(behind):
            behind |= names
            continue
        if thread.conversation_id and thread.customer_id:
            place = Place(thread.conversation_id, thread.customer_id)
        elif standing.customer_id is None:
            new = Stranger(sender, incoming.sender_name, PROVEN_BY if incoming.proven else None)
            place = Place(uuid7(), strangers.setdefault(sender, new).id, opens=True)
        else:
            if standing.proves:
                proofs[sender] = standing.customer_id
            place = Place(uuid7(), standing.customer_id, opens=True)
        web.add(incoming, place.conversation_id, place.customer_id)
        places.append((incoming, place))
    await identities.enrol(session, list(strangers.values()), source="email")
    await identities.prove(session, [(of, contact) for contact, of in proofs.items()], by=PROVEN_BY)
    received = await intake.write(session, places) if places else []
    let_in = {incoming.external_id: one for (incoming, _), one in zip(places, received, strict=True)}
    return [let_in.get(incoming.external_id) for incoming in several]


async def hold(
    session: AsyncSession,
    several: Sequence[Incoming],
    names: Iterable[locks.Name] = (),
    *,
    together: bool = False,
) -> None:
    """Let nobody else let in what these senders write, nor decide who they are, until the transaction ends.

    `together` is for whoever lets in several at once: `names` and all that others may hold, too, are held before the
    first row is locked, so that no two wait for each other; and nobody merges meanwhile, who would lock the rows of
    several customers.
    """
    statement = merging.NAMES_AND_NONE_MEANWHILE if together else locks.HOLD
    await locks.hold(session, [*names, *_names(several)], statement)


def _names(several: Sequence[Incoming]) -> list[locks.Name]:
    # Two messages from one sender at once: the second finds the thread that the first opened.
    senders = [(Realm.SENDER, f"{each.channel}:{_sender(each).value}") for each in several]
    return [*senders, *(identities.lock_of(_sender(each)) for each in several)]


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
        customer_id = await identities.verify(session, sender, by=PROVEN_BY)
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
