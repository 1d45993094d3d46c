"""Notes: what colleagues tell each other beside a conversation."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from channels.conversations import next_seq
from channels.models import Conversation
from core.errors import Invalid
from core.nudges import nudge
from core.staff import Staff
from customers import timeline
from support.happenings import NoteWritten
from support.models import Note

MAX_LENGTH = 20_000


async def write(session: AsyncSession, conversation_id: UUID, staff: Staff, body: str) -> Note:
    """Put a note beside a conversation; customers never see it. Raises Invalid, NotFound."""
    body = body.replace("\x00", "").strip()
    if not body:
        raise Invalid("The note is empty.", {"body": "Write something first."})
    if len(body) > MAX_LENGTH:
        raise Invalid("That note is too long.", {"body": f"At most {MAX_LENGTH} characters."})
    seq = await next_seq(session, conversation_id)
    conversation = await session.get_one(Conversation, conversation_id)
    note = Note(
        conversation_id=conversation_id,
        customer_id=conversation.customer_id,
        seq=seq,
        staff_id=staff.id,
        body=body,
    )
    session.add(note)
    await session.flush()
    await timeline.append(
        session,
        conversation.customer_id,
        NoteWritten(staff.name),
        source_key=f"note:{note.id}",
        subject_id=conversation_id,
    )
    nudge(session, "inbox", str(conversation_id))
    nudge(session, f"conversation:{conversation_id}")
    return note
