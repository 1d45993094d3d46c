import asyncio
import subprocess
import sys

import pytest
from sqlalchemy import func, select

from core import staff
from core.errors import Conflict, Invalid, NotFound
from core.staff import Role, Staff

PASSWORD = "a long enough password"


async def test_a_password_is_kept_as_argon2_and_proves_its_owner(session, costly_passwords):
    ada = await staff.hire(session, " Ada@Halden.test ", " Ada ", [Role.AGENT], PASSWORD)
    assert (ada.email, ada.name, ada.roles) == ("ada@halden.test", "Ada", ["agent"])
    assert ada.password_hash.startswith("$argon2id$")
    assert await staff.proves(ada, PASSWORD)
    assert not await staff.proves(ada, PASSWORD + "x")
    assert not await staff.proves(None, PASSWORD)


@pytest.mark.parametrize("password", ["short", "x" * 1001])
async def test_a_password_that_is_too_short_or_too_long_is_refused(session, password):
    with pytest.raises(Invalid) as refused:
        await staff.hire(session, "ada@halden.test", "Ada", [Role.AGENT], password)
    assert set(refused.value.fields) == {"password"}
    assert await session.scalar(select(func.count()).select_from(Staff)) == 0


async def test_an_address_belongs_to_one_colleague(session):
    await staff.hire(session, "ada@halden.test", "Ada", [Role.AGENT], PASSWORD)
    with pytest.raises(Invalid) as refused:
        await staff.hire(session, "ADA@halden.test", "Eve", [Role.ADMIN], PASSWORD)
    assert set(refused.value.fields) == {"email"}
    assert await session.scalar(select(Staff.name)) == "Ada"


async def test_verifying_a_password_does_not_hold_up_the_loop(session, costly_passwords):
    ada = await staff.hire(session, "ada@halden.test", "Ada", [Role.AGENT], PASSWORD)
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await staff.proves(ada, "wrong")
    counting.cancel()
    assert turns > 10


def test_importing_hashes_nothing():
    code = "import pwdlib; pwdlib.PasswordHash.hash = lambda *_: 1/0; import core.staff; print('imported')"
    assert "imported" in subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout


async def test_an_admin_may_do_everything_and_others_their_own(session):
    owner = await staff.hire(session, "o@halden.test", "O", [Role.ADMIN], PASSWORD)
    agent = await staff.hire(session, "a@halden.test", "A", [Role.AGENT], PASSWORD)
    assert owner.may_act_as(Role.MARKETER)
    assert agent.may_act_as(Role.AGENT, Role.MARKETER)
    assert not agent.may_act_as(Role.MARKETER)


async def test_a_new_password_a_departure_and_a_wrong_epoch_end_sessions(session):
    await staff.hire(session, "o@halden.test", "O", [Role.ADMIN], PASSWORD)
    ada = await staff.hire(session, "ada@halden.test", "Ada", [Role.AGENT], PASSWORD)
    assert await staff.active(session, ada.id, 0) is ada
    await staff.set_password(session, ada.id, await staff.hashed("another password"))
    assert await staff.active(session, ada.id, 0) is None
    assert await staff.active(session, ada.id, 1) is ada
    await staff.disable(session, ada.id)
    assert await staff.find(session, "ada@halden.test") is None
    assert await staff.active(session, ada.id, 2) is None
    await staff.enable(session, ada.id)
    assert await staff.find(session, "ada@halden.test") is ada
    assert await staff.active(session, ada.id, 1) is None


async def test_the_last_admin_can_neither_leave_nor_step_down(session):
    owner = await staff.hire(session, "o@halden.test", "O", [Role.ADMIN], PASSWORD)
    with pytest.raises(Conflict):
        await staff.disable(session, owner.id)
    with pytest.raises(Conflict):
        await staff.set_roles(session, owner.id, [Role.AGENT])
    assert (owner.disabled_at, owner.roles) == (None, ["admin"])
    with pytest.raises(Invalid):
        await staff.set_roles(session, owner.id, [])


async def test_nobody_is_changed_who_does_not_exist(session):
    from uuid import uuid4

    for change in (staff.enable, staff.disable):
        with pytest.raises(NotFound):
            await change(session, uuid4())


def test_an_admin_is_created_from_the_command_line(database_url, monkeypatch):
    from click.testing import CliRunner

    from core.commands import create_admin

    monkeypatch.setenv("THROUGHLINE_DATABASE_URL", database_url)
    run = CliRunner().invoke(create_admin, ["Owner@halden.test", "--password-stdin"], input=PASSWORD + "\n")
    assert (run.exit_code, run.output) == (0, "Owner may now sign in at the desk as Owner@halden.test.\n")
    asked = CliRunner().invoke(create_admin, ["two@halden.test"], input=f"{PASSWORD}\n{PASSWORD}\n")
    assert asked.exit_code == 0
    assert PASSWORD not in asked.output
    short = CliRunner().invoke(create_admin, ["three@halden.test", "--password-stdin"], input="short\n")
    assert isinstance(short.exception, Invalid)

    async def read() -> list[tuple[str, list[str], bool]]:
        from core.database import Database

        database = Database(database_url)
        async with database.transaction() as session:
            people = await staff.everyone(session)
            found = [(one.email, one.roles, await staff.proves(one, PASSWORD)) for one in people]
        await database.close()
        return found

    assert asyncio.run(read()) == [
        ("owner@halden.test", ["admin"], True),
        ("two@halden.test", ["admin"], True),
    ]
