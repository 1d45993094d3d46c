"""Mail is fetched from a real IMAP server: each once, nothing changed there, whoever is killed meanwhile."""

import asyncio
import random
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from channels.adapters.email.imap import Account, accounts
from channels.adapters.email.polling import fetching, take
from channels.adapters.email.reading import ReadMail, read_mail
from channels.models import FetchedFolder, Message, ReceivedMail
from core.database import Database
from core.errors import Invalid
from core.jobs import JobRow
from core.settings import Settings
from tests.channels import dovecot
from tests.channels.dovecot import PASSWORD, Dovecot, running_dovecot
from tests.channels.letters import letter
from tests.chaos.processes import Forks
from tests.journeys.town import free_port

WITHIN = 60  # seconds, on a machine that has much else to do
MAILS = 150
KILLS = 5
ACCOUNT = Account("imaps", "imap.test", 993, "support", "secret")


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    if why := dovecot.missing():
        pytest.skip(why)
    with tempfile.TemporaryDirectory(prefix="tl-dovecot-") as folder:
        Path(folder).chmod(0o711)
        with running_dovecot(Path(folder)) as running:
            yield running


def mail(number: int) -> bytes:
    return letter(message_id=f"<{number}@example.test>", subject=f"Letter {number}")


def stated(server: Dovecot, user: str, password: str = PASSWORD) -> str:
    return f"imap+plain://{user}:{quote(password, safe='')}@127.0.0.1:{server.port}/INBOX"


def fetched_from(server: Dovecot, settings: Settings, user: str) -> Settings:
    return settings.model_copy(update={"imap_accounts": SecretStr(stated(server, user))})


async def kept(database: Database) -> list[str]:
    async with database.transaction() as session:
        rows = list(await session.scalars(select(ReceivedMail.raw)))
    return sorted(
        next(line for line in raw.decode().split("\r\n") if line.startswith("Subject:")) for raw in rows
    )


async def until_kept(database: Database, number: int) -> list[str]:
    async with asyncio.timeout(WITHIN):
        while len(found := await kept(database)) < number:
            await asyncio.sleep(0.05)
    return found


async def test_what_lies_there_and_what_comes_is_fetched_once_and_nothing_is_changed(
    database: Database, settings: Settings, server: Dovecot
) -> None:
    for number in range(3):
        server.deliver("once", mail(number), f"{number}.a")
    stop = asyncio.Event()
    async with fetching(database, fetched_from(server, settings, "once"), stop):
        await until_kept(database, 3)
        server.deliver("once", mail(3), "3.a")
        assert await until_kept(database, 4) == [f"Subject: Letter {number}" for number in range(4)]
    # Started again, it goes on where it stopped.
    server.deliver("once", mail(4), "4.a")
    stop = asyncio.Event()
    async with fetching(database, fetched_from(server, settings, "once"), stop):
        await until_kept(database, 5)
    assert server.flags("once") in ([], [""])
    async with database.transaction() as session:
        jobs = await session.scalar(
            select(func.count()).select_from(JobRow).where(JobRow.tag == "channels.read_mail")
        )
        folder = (await session.scalars(select(FetchedFolder))).one()
    assert (jobs, folder.last_uid, folder.trouble) == (5, 5, None)
    assert folder.name == f"once@127.0.0.1:{server.port}/INBOX"


async def test_nothing_is_lost_or_doubled_when_the_poller_is_killed_at_any_moment(
    database: Database, settings: Settings, server: Dovecot, tmp_path: Path
) -> None:
    random.seed()
    told = fetched_from(server, settings, "killed").model_copy(update={"smtp_port": free_port()})
    with Forks(told, tmp_path / "listen.log") as crew:
        delivered = 0
        for _ in range(KILLS):
            crew.start("listen")
            before = len(await kept(database))
            for _ in range(MAILS // KILLS):
                server.deliver("killed", mail(delivered), f"{delivered}.a")
                delivered += 1
            await until_kept(database, before + 1)
            await asyncio.sleep(random.uniform(0, 0.3))
            crew.kill()
        crew.start("listen")
        found = await until_kept(database, MAILS)
    assert delivered == MAILS
    assert found == sorted(f"Subject: Letter {number}" for number in range(MAILS)), (
        tmp_path / "listen.log"
    ).read_text()[-2000:]


async def test_trouble_with_one_folder_is_noted_and_holds_up_no_other(
    database: Database, settings: Settings, server: Dovecot
) -> None:
    server.deliver("fine", mail(1), "1.a")
    both = f"{stated(server, 'locked', 'wrong')} {stated(server, 'fine')}"
    stop = asyncio.Event()
    async with fetching(database, settings.model_copy(update={"imap_accounts": SecretStr(both)}), stop):
        await until_kept(database, 1)
        async with asyncio.timeout(WITHIN):
            trouble = None
            while trouble is None:
                await asyncio.sleep(0.05)
                async with database.transaction() as session:
                    trouble = await session.scalar(
                        select(FetchedFolder.trouble).where(FetchedFolder.name.startswith("locked@"))
                    )
    assert trouble == "The server does not take the user name or the password."


async def test_a_server_that_numbers_anew_is_read_anew_and_what_is_known_stays_one(
    database: Database, settings: Settings
) -> None:
    async with database.transaction() as session:
        assert await take(session, settings, ACCOUNT, 1, 7, mail(1))
        assert not await take(session, settings, ACCOUNT, 1, 7, mail(2))
        assert await take(session, settings, ACCOUNT, 2, 1, mail(1))
        assert await take(session, settings, ACCOUNT, 2, 2, mail(3))
    assert await kept(database) == ["Subject: Letter 1", "Subject: Letter 3"]
    async with database.transaction() as session:
        folder = (await session.scalars(select(FetchedFolder))).one()
        assert (folder.uid_validity, folder.last_uid) == (2, 2)


def test_accounts_are_read_and_their_names_hold_no_secret() -> None:
    [first, second] = accounts(
        "imaps://anna%40shop.test:s%2Fecret@imap.test/Support%20mail?mailbox=support@halden.test "
        "imap+starttls://box:p@mail.test:1143/"
    )
    assert (first.username, first.password, first.port) == ("anna@shop.test", "s/ecret", 993)
    assert (first.folder, first.mailbox) == ("Support mail", "support@halden.test")
    assert first.name == "anna@shop.test@imap.test:993/Support mail"
    assert "ecret" not in repr(first)
    assert (second.port, second.folder, second.mailbox) == (1143, "INBOX", None)


@pytest.mark.parametrize(
    "said", ["imaps://imap.test/INBOX", "pop3://a:hunter2@b", "imap+plain://a:hunter2@far.test", "hunter2"]
)
def test_an_account_that_cannot_be_is_refused_without_repeating_it(said: str) -> None:
    with pytest.raises(Invalid) as refused:
        accounts(said)
    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize(("vouched_by", "verified"), [("", False), ("mx-test.sandbox.test", True)])
async def test_a_fetched_sender_is_proven_only_by_the_server_that_it_was_fetched_from(
    database: Database, settings: Settings, vouched_by: str, verified: bool
) -> None:
    account = replace(ACCOUNT, vouched_by=vouched_by)
    async with database.transaction() as session:
        await take(session, settings, account, 1, 1, mail(1))
        received_mail_id = (await session.scalars(select(ReceivedMail.id))).one()
        await read_mail(session, ReadMail(received_mail_id), settings)
        assert (await session.scalars(select(Message.verified))).one() is verified
