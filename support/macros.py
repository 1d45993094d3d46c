"""Macros: saved answers that colleagues share, with what we know of the customer and the ticket put in."""

import re
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.errors import Invalid, NotFound
from core.words import worded
from support.models import Macro

MAX_NAME = 80
MAX_LENGTH = 5_000
# What a macro may ask for; nothing else is ever looked up.
VARIABLES = (
    "customer.first_name", "customer.name", "ticket.number", "ticket.subject", "agent.first_name",
    "agent.name", "company",
)  # fmt: skip
_ASKED = re.compile(r"\{\{\s*([^{}|]*?)\s*(?:\|\s*([^{}]*?)\s*)?\}\}")


async def everything(session: AsyncSession) -> list[Macro]:
    """The macros in use, by name."""
    return list(
        await session.scalars(
            select(Macro).where(Macro.removed_at.is_(None)).order_by(func.lower(Macro.name))
        )
    )


async def find(session: AsyncSession, macro_id: UUID) -> Macro:
    """A macro by its id, also one that was removed. Raises NotFound."""
    macro = await session.get(Macro, macro_id)
    if macro is None:
        raise NotFound("That macro does not exist.")
    return macro


async def save(session: AsyncSession, name: str, body: str, macro_id: UUID | None = None) -> Macro:
    """Write a new macro or change one. Raises Invalid for a name that is taken or a variable we do not have."""
    name = " ".join(name.replace("\x00", "").split())
    body = body.replace("\x00", "").strip()
    fields = {}
    if not name:
        fields["name"] = "Give it a name to find it by."
    elif len(name) > MAX_NAME:
        fields["name"] = worded("At most %(count)s characters.", count=MAX_NAME)
    elif await session.scalar(_named(name).where(Macro.id.is_distinct_from(macro_id))):
        fields["name"] = "There is a macro of that name already."
    if not body:
        fields["body"] = "Write something first."
    elif len(body) > MAX_LENGTH:
        fields["body"] = worded("At most %(count)s characters.", count=MAX_LENGTH)
    elif unknown := [name for name, _ in _ASKED.findall(body) if name not in VARIABLES]:
        fields["body"] = worded("We do not know “%(name)s”.", name=unknown[0])
    if fields:
        raise Invalid("Some of what you entered needs another look.", fields)
    macro = await find(session, macro_id) if macro_id else Macro()
    macro.name, macro.body, macro.updated_at = name, body, now()
    session.add(macro)
    await session.flush()
    return macro


def _named(name: str) -> Select[UUID]:
    return select(Macro.id).where(func.lower(Macro.name) == name.lower(), Macro.removed_at.is_(None))


async def remove(session: AsyncSession, macro_id: UUID) -> Macro:
    """Put a macro away; `restore` brings it back."""
    macro = await find(session, macro_id)
    macro.removed_at = macro.removed_at or now()
    await session.flush()
    return macro


async def restore(session: AsyncSession, macro_id: UUID) -> Macro:
    """Bring a removed macro back. Raises Invalid when its name was given to another meanwhile."""
    macro = await find(session, macro_id)
    await save(session, macro.name, macro.body, macro.id)
    macro.removed_at = None
    await session.flush()
    return macro


def fill(body: str, values: Mapping[str, str]) -> str:
    """A macro's text with its variables put in, as plain text; an empty one takes what stands after its bar.

    What is put in is never read again, so a customer called "{{ agent.name }}" stays that.
    """
    return _ASKED.sub(lambda asked: values.get(asked[1]) or asked[2] or "", body)
