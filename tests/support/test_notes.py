import pytest
from sqlalchemy import func, select

from channels.models import Message
from core.errors import Invalid, NotFound
from core.schema import import_models
from customers import timeline
from support import drafts, notes, threads
from support.models import Note
from tests.support import talk


def test_nothing_that_sends_can_point_at_a_note():
    tables = import_models().tables
    pointing = {
        table.name
        for table in tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "note"
    }
    assert pointing == set()
    assert {key.column.table.name for key in tables["note"].foreign_keys} == {
        "customer",
        "conversation",
        "staff",
    }


async def test_a_note_takes_its_place_among_the_messages_and_customers_do_not_see_it(session):
    colleague = await talk.agent(session)
    conversation = await talk.begin(session, await talk.customer(session))
    await talk.say(session, conversation, "Hello")
    note = await notes.write(session, conversation.id, colleague, "  Careful, angry\x00 ")
    await session.refresh(conversation)
    await talk.say(session, conversation, "Anyone?")
    assert (note.seq, note.body) == (2, "Careful, angry")
    assert [(item.seq, item.kind) for item in await threads.latest(session, conversation.id)] == [
        (1, "email"),
        (2, "note"),
        (3, "email"),
    ]
    assert [item.text for item in await threads.since(session, conversation.id, notes=False)] == [
        "Hello",
        "Anyone?",
    ]
    assert [item.seq for item in await threads.since(session, conversation.id, 1)] == [2, 3]
    assert await session.scalar(select(func.count()).where(Message.text.like("%angry%"))) == 0
    entries = await timeline.history(session, conversation.customer_id)
    assert [entry.kind for entry in entries] == ["note.written"]
    assert "note.written" not in timeline.shared_kinds()


async def test_an_empty_note_and_a_note_to_nowhere_are_refused(session):
    colleague = await talk.agent(session)
    conversation = await talk.begin(session, await talk.customer(session))
    with pytest.raises(Invalid):
        await notes.write(session, conversation.id, colleague, " \x00 ")
    with pytest.raises(NotFound):
        await notes.write(session, colleague.id, colleague, "Hello")
    assert await session.scalar(select(func.count()).select_from(Note)) == 0
    await session.refresh(conversation)
    assert conversation.last_seq == 0


async def test_pages_of_a_thread_follow_each_other_without_gap(session):
    colleague = await talk.agent(session)
    conversation = await talk.begin(session, await talk.customer(session))
    for i in range(5):
        await talk.say(session, conversation, f"Message {i}")
        await notes.write(session, conversation.id, colleague, f"Note {i}")
    last = await threads.latest(session, conversation.id, limit=4)
    before = await threads.latest(session, conversation.id, before=last[0].seq, limit=4)
    assert [item.seq for item in before + last] == [3, 4, 5, 6, 7, 8, 9, 10]
    assert [item.seq for item in await threads.since(session, conversation.id, 2, limit=3)] == [3, 4, 5]


async def test_a_draft_is_kept_for_each_colleague_and_road(session):
    mira, ole = await talk.agent(session), await talk.agent(session, "ole@halden.test", "Ole")
    conversation = await talk.begin(session, await talk.customer(session))
    await drafts.save(session, mira.id, conversation.id, "email", "Dear")
    await drafts.save(session, mira.id, conversation.id, "email", "Dear Ana")
    await drafts.save(session, mira.id, conversation.id, "note", "Look")
    await drafts.save(session, ole.id, conversation.id, "email", "Hi")
    assert await drafts.of(session, mira.id, conversation.id) == {"email": "Dear Ana", "note": "Look"}
    await drafts.save(session, mira.id, conversation.id, "email", "  ")
    assert await drafts.of(session, mira.id, conversation.id) == {"note": "Look"}
    assert await drafts.of(session, ole.id, conversation.id) == {"email": "Hi"}
