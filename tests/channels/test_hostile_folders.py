"""A mail server that is fetched from may be broken or ill-willed: nothing is lost, and little is spent on it."""

import asyncio
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from channels.adapters.email import imap, polling
from channels.adapters.email.imap import LARGEST, Account, Folder
from channels.models import FetchedFolder, ReceivedMail
from core.database import Database
from core.settings import Settings

MAIL = b"From: ann@example.test\r\nSubject: One\r\n\r\nHi\r\n"
Reply = Callable[[str, str], bytes]


def plain(tag: str, command: str) -> bytes:
    """What a server says that means well: two mails, with the uids 1 and 2."""
    verb = command.upper()
    if verb.startswith("CAPABILITY"):
        return f"* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n".encode()
    if verb.startswith("STATUS"):
        return f'* STATUS "INBOX" (UIDVALIDITY 7)\r\n{tag} OK done\r\n'.encode()
    if verb.startswith("EXAMINE"):
        return f"* 2 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n{tag} OK [READ-ONLY]\r\n".encode()
    if verb.startswith("UID SEARCH"):
        return f"* SEARCH 1 2\r\n{tag} OK done\r\n".encode()
    if verb.startswith("UID FETCH"):
        uid = verb.split()[2]
        head = f"* {uid} FETCH (UID {uid} BODY[] {{{len(MAIL)}}}\r\n".encode()
        return head + MAIL + f")\r\n{tag} OK done\r\n".encode()
    if verb.startswith("LOGOUT"):
        return f"* BYE\r\n{tag} OK done\r\n".encode()
    return f"{tag} OK done\r\n".encode()


@contextmanager
def serving(reply: Reply = plain, greeting: bytes = b"* OK ready\r\n") -> Iterator[Account]:
    """A server that answers each command with what `reply` says."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                line, _ = listening.accept()
                with line, line.makefile("rb") as commands, suppress(OSError):
                    line.sendall(greeting)
                    for said in commands:
                        tag, _, command = said.decode().strip().partition(" ")
                        line.sendall(reply(tag, command))
                        if command.upper().startswith("LOGOUT"):
                            break

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield Account("imap+plain", "127.0.0.1", listening.getsockname()[1], "support", "secret")
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


@contextmanager
def opened(account: Account) -> Iterator[Folder]:
    folder = Folder(account)
    try:
        yield folder
    finally:
        folder.close()


def instead(verb: str, said: Callable[[str], bytes]) -> Reply:
    """The same server, but for one command."""
    return lambda tag, command: said(tag) if command.upper().startswith(verb) else plain(tag, command)


def test_a_server_that_means_well_is_read() -> None:
    with serving() as account, opened(account) as folder:
        assert (folder.uid_validity, folder.after(0), folder.after(2), folder.raw(2)) == (7, [1, 2], [], MAIL)


@pytest.mark.parametrize("word", ["NO [UNAVAILABLE] later", "BAD what?"])
def test_a_mail_that_it_does_not_hand_over_is_not_taken_for_one_that_is_gone(word: str) -> None:
    with serving(instead("UID FETCH", lambda tag: f"{tag} {word}\r\n".encode())) as account:  # noqa: SIM117 - one is in the other
        with opened(account) as folder, pytest.raises(Exception, match=word.split()[0]):
            folder.raw(1)


def test_a_server_that_is_rude_when_we_go_is_left_all_the_same() -> None:
    with serving(instead("LOGOUT", lambda tag: f"{tag} OK done\r\n".encode())) as account:
        with opened(account) as folder:
            assert folder.after(0) == [1, 2]
        folder.close()


def test_a_mail_that_was_deleted_meanwhile_is_gone() -> None:
    with (
        serving(instead("UID FETCH", lambda tag: f"{tag} OK done\r\n".encode())) as account,
        opened(account) as folder,
    ):
        assert folder.raw(1) is None


def test_another_mail_than_the_one_asked_for_is_not_taken_for_it() -> None:
    other = b"* 9 FETCH (UID 9 BODY[] {%d}\r\n%s)\r\n" % (len(MAIL), MAIL)
    with serving(instead("UID FETCH", lambda tag: other + f"{tag} OK done\r\n".encode())) as account:  # noqa: SIM117 - one is in the other
        with opened(account) as folder:
            assert folder.raw(1) is None


@pytest.mark.parametrize("size", [LARGEST + 1, 10**12, 10**30])
def test_what_it_announces_to_be_huge_is_not_waited_for(size: int) -> None:
    huge = b"* 1 FETCH (UID 1 BODY[] {%d}\r\nxxxx" % size
    with serving(instead("UID FETCH", lambda tag: huge)) as account, opened(account) as folder:  # noqa: SIM117 - one is in the other
        with pytest.raises(Exception, match="larger than"):
            folder.raw(1)


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("UID SEARCH", b"* SEARCH 1 two 3\r\n"),
        ("UID FETCH", b"* 1 FETCH (UID 1 BODY[] {-5}\r\n"),
        ("UID FETCH", b"\xff\xfe\x00garbage\r\n"),
        ("UID FETCH", b"x" * 1_100_000 + b"\r\n"),
        ("STATUS", b"* STATUS\r\n"),
    ],
    ids=["uid that is none", "negative", "bytes", "long line", "nothing"],
)
def test_what_makes_no_sense_is_an_error_and_no_mail(verb: str, said: bytes) -> None:
    def look(account: Account) -> object:
        with opened(account) as folder:
            return (folder.raw(folder.after(0)[0]),)

    with serving(instead(verb, lambda tag: said + f"{tag} OK done\r\n".encode())) as account:
        try:
            assert look(account) == (None,)
        except AssertionError:
            raise
        except Exception:  # the poller notes it and comes again
            pass


def test_a_greeting_that_is_none_is_an_error() -> None:
    with serving(greeting=b"220 mx.test ESMTP\r\n") as account, pytest.raises(Exception, match="ESMTP"):
        Folder(account)


async def test_a_mail_that_is_never_handed_over_keeps_back_none_behind_it_and_comes_when_it_can(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "PATIENT", 2)
    monkeypatch.setattr(polling, "AGAIN", 0.3)
    monkeypatch.setattr(polling, "LONGEST_PAUSE", 0.3)
    monkeypatch.setattr(imap, "POLL", 0.1)
    broken = True

    def reply(tag: str, command: str) -> bytes:
        verb = command.upper()
        if verb.startswith("UID SEARCH"):
            return f"* SEARCH 1 2 3\r\n{tag} OK done\r\n".encode()
        if verb.startswith("UID FETCH 2") and broken:
            return f"{tag} NO it is damaged\r\n".encode()
        if verb.startswith("UID FETCH"):
            uid = verb.split()[2].encode()
            mail = MAIL.replace(b"One", uid)
            return b"* %s FETCH (UID %s BODY[] {%d}\r\n%s)\r\n" % (uid, uid, len(mail), mail) + (
                f"{tag} OK done\r\n".encode()
            )
        return plain(tag, command)

    async def kept() -> list[bytes]:
        async with database.transaction() as session:
            return sorted(
                re.findall(rb"Subject: (\d)", b"".join(await session.scalars(select(ReceivedMail.raw))))
            )

    async def place() -> tuple[int, list[int], str]:
        async with database.transaction() as session:
            one = (await session.scalars(select(FetchedFolder))).one()
            return one.last_uid, one.set_aside, one.trouble or ""

    stop = asyncio.Event()
    with serving(reply) as account:
        stated = f"imap+plain://support:secret@127.0.0.1:{account.port}/INBOX?mailbox=support@halden.test"
        told = settings.model_copy(update={"imap_accounts": SecretStr(stated)})
        async with asyncio.timeout(30), polling.fetching(database, told, stop):
            while await kept() != [b"1", b"3"] or not (await place())[2].startswith("The server"):
                await asyncio.sleep(0.05)
            assert await place() == (
                3,
                [2],
                "The server does not hand over one mail (UID 2). Every hour we ask again.",
            )
            broken = False
            while await kept() != [b"1", b"2", b"3"]:
                await asyncio.sleep(0.05)
            assert (await place())[:2] == (3, [])
