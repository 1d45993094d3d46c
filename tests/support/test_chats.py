"""What is said in a chat, in one statement and step by step: the same is kept, promised and told."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core import metrics
from core.database import Database
from customers import identities, merging
from support import chats, requests, threads
from tests.support import talk

WORDS = "  My “Nord”\nleaks " + "again and " * 40


async def begun(database: Database, name: str = "Ana") -> tuple[UUID, UUID]:
    """A chat and whose it is."""
    async with database.transaction() as session:
        chat = await requests.begin_chat(session, None, name=name)
        return chat.id, chat.customer_id


async def kept(database: Database, chat_id: UUID, customer_id: UUID) -> str:
    """All that a chat left behind, its own ids and instants by their names."""
    async with database.transaction() as session:
        found: list[Any] = []
        for table, of in (
            ("conversation", "id"),
            ("message", "conversation_id"),
            ("timeline_entry", "subject_id"),
        ):
            rows = await session.scalars(
                text(f"SELECT to_jsonb(t) FROM {table} t WHERE {of} = :id ORDER BY t.id"),
                {"id": chat_id},
            )
            found += rows
        jobs = await session.execute(
            text("SELECT queue, tag, payload::jsonb, key FROM job WHERE payload LIKE :like ORDER BY id"),
            {"like": f"%{customer_id}%"},
        )
        found += [list(job) for job in jobs]
        own = {str(chat_id): "chat", str(customer_id): "customer"}
        messages = await session.scalars(
            text("SELECT id FROM message WHERE conversation_id = :id ORDER BY id"), {"id": chat_id}
        )
        own |= {str(each): f"message {number}" for number, each in enumerate(messages)}
        entries = await session.scalars(
            text("SELECT id FROM timeline_entry WHERE subject_id = :id ORDER BY id"), {"id": chat_id}
        )
        own |= {str(each): f"entry {number}" for number, each in enumerate(entries)}
    for row in found:
        if isinstance(row, dict):
            for name in [each for each in row if each.endswith("_at")]:
                row[name] = row[name] is not None
    told = json.dumps(found, sort_keys=True)
    for each, name in own.items():
        told = told.replace(each, name)
    return told


def gathered(session: AsyncSession, chat_id: UUID, customer_id: UUID) -> tuple[Any, Any]:
    nudges = [
        (
            topic.replace(str(chat_id), "chat"),
            about.replace(str(chat_id), "chat").replace(str(customer_id), "customer"),
        )
        for topic, about in session.info["nudges"]
    ]
    return sorted(nudges), [
        (counter, labels, by) for _, counter, labels, by in session.info[metrics._GATHERED]
    ]


@pytest.mark.parametrize("proven", [False, True])
async def test_words_are_kept_in_one_statement_as_they_are_step_by_step(database: Database, proven: bool):
    told = []
    for short in (True, False):
        chat_id, customer_id = await begun(database)
        heard: tuple[Any, Any] = (None, None)
        for number in range(2):
            async with database.transaction() as session:
                await session.execute(
                    text("UPDATE conversation SET closed_at = now(), subject = 'Leak' WHERE id = :id"),
                    {"id": chat_id},
                )
            way = database.statements() if short else database.transaction()
            async with way as session:
                if short:
                    reader = customer_id if proven else None
                    words = requests.checked(WORDS)
                    assert await chats.say(session, chat_id, reader, words, key=f"key {number}")
                else:
                    await requests.chat(session, chat_id, WORDS, key=f"key {number}", proven=proven)
                heard = gathered(session, chat_id, customer_id)
        told.append((await kept(database, chat_id, customer_id), heard))
    assert told[0] == told[1]
    assert "Leak" in told[0][0]


async def test_a_button_pressed_twice_says_it_once_though_both_presses_arrive_together(database: Database):
    chat_id, _ = await begun(database)

    async def press() -> bool:
        async with database.statements() as session:
            return await chats.say(session, chat_id, None, "Hello", key="k")

    assert sorted(await asyncio.gather(*(press() for _ in range(5)))) == [False] * 4 + [True]
    async with database.transaction() as session:
        assert [item.seq for item in await threads.since(session, chat_id)] == [1]
        assert await session.scalar(text("SELECT last_seq FROM conversation")) == 1
        # Step by step it is known, too.
        received = await requests.chat(session, chat_id, "Hello", key="k")
        assert (received.new, received.seq) == (False, 1)


async def test_nobody_writes_on_in_a_chat_that_is_anothers_or_is_none(database: Database):
    chat_id, _ = await begun(database)
    async with database.transaction() as session:
        stranger = await talk.customer(session, "ben@example.com", "Ben")
        letters = await talk.begin(session, stranger)

    async def say(conversation_id: UUID, reader: UUID | None) -> bool:
        async with database.statements() as session:
            said = await chats.say(session, conversation_id, reader, "Hello", key="k")
            assert said == bool(session.info.get("nudges"))
            return said

    assert not await say(chat_id, stranger)
    assert not await say(uuid4(), None)
    assert not await say(letters.id, stranger)
    async with database.transaction() as session:
        chat = await requests.begin_chat(session, None, name="Ana")
        ana = await talk.customer(session, "ana@example.com", "Ana")
        await identities.verify(session, identities.email("ana@example.com"), by="link", customer_id=ana)
        await merging.merge(session, chat.customer_id, ana)
    assert not await say(chat.id, None)  # by now it is Ana's, who has proven an address
    async with database.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM message")) == 0
        assert await session.scalar(text("SELECT sum(last_seq) FROM conversation")) == 0
        assert (
            await session.scalar(text("SELECT count(*) FROM timeline_entry WHERE kind = 'message.received'"))
            == 0
        )
    assert await say(chat.id, ana)
