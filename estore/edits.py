"""Edits: who changed how the store sells, when, and what it was before. Only ever added to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.staff import Staff
from estore.goods import StoreEdit


@dataclass(frozen=True)
class Edit:
    """A change as colleagues read it; `facts` are {field: [before, after]}."""

    name: str
    by: str
    at: datetime
    facts: dict[str, list[Any]]


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What is not the same: {field: [before, after]}."""
    return {
        key: [before.get(key), after.get(key)]
        for key in dict.fromkeys([*before, *after])
        if before.get(key) != after.get(key)
    }


async def note(
    session: AsyncSession,
    noun: str,
    name: str,
    staff_id: UUID | None,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Write down what a colleague changed; nothing where nothing is another than before."""
    facts = difference(before, after)
    if facts:
        session.add(StoreEdit(noun=noun, name=name, staff_id=staff_id, facts=facts))
        await session.flush()


async def latest(session: AsyncSession, noun: str, limit: int = 10) -> list[Edit]:
    """The last changes of a kind, the newest first."""
    rows = await session.execute(
        select(StoreEdit, Staff.name)
        .outerjoin(Staff, Staff.id == StoreEdit.staff_id)
        .where(StoreEdit.noun == noun)
        .order_by(StoreEdit.edited_at.desc(), StoreEdit.id.desc())
        .limit(limit)
    )
    return [Edit(edit.name, name or "", edit.edited_at, edit.facts) for edit, name in rows]
