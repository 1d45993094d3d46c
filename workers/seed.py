"""`throughline seed`: the demo company, made through the same functions that the doors call."""

import hmac
from collections.abc import AsyncIterator
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from uuid import UUID, uuid5

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import staff
from core.database import Database
from core.settings import Settings
from core.staff import Role, Staff
from workers import demo
from workers.seeding import loading, stories

SPACE = UUID("0f4be0c5-5f0e-4c39-8d6a-2b7c5f6f4c11")
DEPARTMENTS = ("estore.demo", "support.demo", "campaigns.demo")


def password(settings: Settings) -> str:
    """The demo colleagues' password: another one in every installation, the same at every start."""
    digest = hmac.new(settings.secret_key.get_secret_value().encode(), b"demo staff", sha256).hexdigest()
    return f"coffee-{digest[:4]}-{digest[4:8]}"


def logins(settings: Settings) -> list[dict[str, str]]:
    """Whom one can be at the desk, the owner first."""
    return [
        {
            "role": demo.TITLES[local],
            "name": name,
            "email": f"{local}@{settings.mail_domain}",
            "password": password(settings),
        }
        for name, local, _role in demo.STAFF
    ]


async def seed(
    database: Database, settings: Settings, customers: int = 0, end: int = 0
) -> AsyncIterator[tuple[str, int, int]]:
    """Load what is missing of the demo; yields (what, how many done, of how many) on the way.

    Beside the people whose stories are written by hand, so many generated `customers` whose two years end at
    `end` (seconds since 1970).
    """
    kept = await staff.hashed(password(settings))
    for done, (name, local, role) in enumerate(demo.STAFF, start=1):
        async with database.transaction() as session:
            await _employ(session, f"{local}@{settings.mail_domain}", name, role, kept)
        yield "Colleagues", done, len(demo.STAFF)
    departments = [name for name in DEPARTMENTS if find_spec(name) is not None]
    for done, name in enumerate(departments, start=1):
        async with database.transaction() as session:
            await import_module(name).load(session)
        yield "Store, help centre, campaigns", done, len(departments)
    async for step in loading.load(database, settings, customers, end):
        yield step
    for place, person in enumerate(demo.PEOPLE):
        # One transaction a person: they are there with their whole story, or not at all.
        async with database.transaction() as session:
            await stories.tell(session, settings, place, person)
        yield "Customers", place + 1, len(demo.PEOPLE)


async def _employ(session: AsyncSession, email: str, name: str, role: Role, password_hash: str) -> None:
    if await session.scalar(select(Staff.id).where(Staff.email == email)) is None:
        await staff.add(session, email, name, [role], password_hash)
        # The same id in every demo: what they wrote is the same to the letter.
        await session.execute(
            update(Staff)
            .where(Staff.email == email)
            .values(id=uuid5(SPACE, email.partition("@")[0]))
            .execution_options(synchronize_session=False)
        )
