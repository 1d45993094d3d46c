"""Chats: whose a conversation in a browser is, for as long as that can be said, and what is said in it."""

import json
import secrets
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from channels.happenings import MessageReceived, preview
from channels.models import MessageStatus
from channels.outbox import CHAT
from core import metrics, tracing
from core.clock import now
from core.jobs import TOPIC
from core.nudges import nudge
from customers import merging
from customers.timeline import Announce

_PERSON = merging.PERSON.format(customer="(SELECT customer_id FROM conversation WHERE id = :conversation)")
# Whether who is signed in, or nobody, may go on in a conversation; knows _PERSON.
_OWN = """
CASE WHEN cast(:reader AS uuid) IS NOT NULL THEN EXISTS (SELECT FROM person WHERE id = cast(:reader AS uuid))
    ELSE NOT EXISTS (
        SELECT FROM identity
        WHERE customer_id = ANY(ARRAY(SELECT id FROM person)) AND verified_at IS NOT NULL
    ) END
"""
_READABLE = text(f"""
WITH RECURSIVE {_PERSON}
SELECT {_OWN} FROM conversation WHERE id = :conversation AND channel = '{CHAT}'
""")  # noqa: S608 - only constants and parts of our own are put in


async def readable(session: AsyncSession, conversation_id: UUID, customer_id: UUID | None) -> bool:
    """Whether the browser that holds this chat may go on in it; `customer_id` is who is signed in there.

    A signed-in customer's chat is one of their own records'. A stranger's is readable until its record turns out
    to be somebody who has proven an address: from then on it is that person's, who may be somebody else.
    """
    asked = {"conversation": conversation_id, "reader": customer_id}
    return bool(await session.scalar(_READABLE, asked))


# What intake, the timeline and the job table do with a message, for one that is plain: a word in a chat that its writer
# may go on in. Two presses of one button are told apart by the key that both of them bear.
_SAY = text(f"""
WITH RECURSIVE {_PERSON},
joined AS (
    UPDATE conversation SET last_seq = last_seq + 1, last_message_at = :at, closed_at = NULL
    WHERE id = :conversation AND channel = '{CHAT}' AND {_OWN} AND NOT EXISTS (
        SELECT FROM message WHERE channel = '{CHAT}' AND account = '{CHAT}' AND external_id = :external
    )
    RETURNING id, customer_id, subject, last_seq
), written AS (
    INSERT INTO message (
        id, customer_id, conversation_id, seq, direction, channel, status, account, sender, sender_name, recipients,
        subject, text, author, verified, external_id
    )
    SELECT cast(:message AS uuid), joined.customer_id, joined.id, joined.last_seq, 'inbound', '{CHAT}',
        '{MessageStatus.RECEIVED}', '{CHAT}', '', customer.name, cast(:recipients AS jsonb), joined.subject, :said,
        'customer', cast(:proven AS boolean), :external
    FROM joined JOIN customer ON customer.id = joined.customer_id
), told AS (
    INSERT INTO timeline_entry (customer_id, id, kind, version, subject_id, source_key, payload, occurred_at)
    SELECT customer_id, cast(:entry AS uuid), '{MessageReceived.kind()}', {MessageReceived.version}, id,
        'message:' || cast(:message AS uuid), jsonb_build_object(
            'message_id', cast(:message AS uuid), 'channel', '{CHAT}', 'subject', subject,
            'preview', cast(:preview AS text), 'automated', false, 'conversation_id', id
        ), :at
    FROM joined
    RETURNING customer_id, id
), promised AS (
    INSERT INTO job (queue, tag, payload, due_at, trace)
    SELECT '{Announce.queue}', '{Announce.__struct_config__.tag}', cast(json_build_object(
        'job', '{Announce.__struct_config__.tag}', 'entries', json_build_array(json_build_array(customer_id, id))
    ) AS text), now(), cast(:trace AS text)
    FROM told
)
SELECT customer_id, last_seq FROM joined
""")  # noqa: S608 - only constants and parts of our own are put in


async def say(
    session: AsyncSession, conversation_id: UUID, customer_id: UUID | None, words: str, *, key: str
) -> bool:
    """Write on in a chat, as the browser that holds it; `customer_id` is who is signed in there, see `readable`.

    Words alone, ready to be kept, and the `key` of the press of the button. False, and nothing done, where it is none
    that this browser may go on in, and for a key that was said before: `requests.chat` sees to both. One statement, so
    that it needs no transaction around it.
    """
    message, at = uuid7(), now()
    asked = {
        "conversation": conversation_id,
        "reader": customer_id,
        "external": external_id(conversation_id, key),
        "message": message,
        "entry": uuid7(),
        "recipients": json.dumps({"to": [CHAT], "cc": []}),
        "said": words,
        "preview": preview(words),
        "proven": customer_id is not None,
        "at": at,
        "trace": tracing.present(),
    }
    joined = (await session.execute(_SAY, asked)).one_or_none()
    if joined is None:
        return False
    metrics.count(session, metrics.MESSAGES, CHAT, str(MessageStatus.RECEIVED))
    nudge(session, f"conversation:{conversation_id}", str(joined.last_seq))
    nudge(session, "inbox", str(conversation_id))
    nudge(session, "timeline", str(joined.customer_id))
    nudge(session, TOPIC)
    return True


def external_id(whose: UUID, key: str) -> str:
    """What one press of a button is known by; without a key, every one is another."""
    return f"{whose}:{key[:64] if key else secrets.token_hex(16)}"
