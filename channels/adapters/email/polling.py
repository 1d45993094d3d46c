"""Polling: mail is fetched from folders on other mail servers, each mail kept before it counts as fetched."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from channels.adapters.email.arrivals import store
from channels.adapters.email.envelopes import remembered
from channels.adapters.email.imap import Account, Folder, accounts
from channels.adapters.email.parsing import head
from channels.models import FetchedFolder
from core.clock import now
from core.database import Database
from core.settings import Settings

LONGEST_PAUSE = 300.0
# After so many refusals a mail is set aside, and asked for again so much later (seconds).
PATIENT = 5
AGAIN = 3600.0

# What goes wrong most, in words for who can mend it; by the kind of the error.
TROUBLES = {
    "MailboxLoginError": "The server does not take the user name or the password.",
    "MailboxFolderSelectError": "There is no folder of this name.",
    "ConnectionRefusedError": "Nothing answers at this address.",
    "TimeoutError": "The server does not answer in time.",
    "gaierror": "No server has this name.",
    "SSLCertVerificationError": "The server's certificate is not one to trust.",
}

log = structlog.get_logger()


@asynccontextmanager
async def fetching(database: Database, settings: Settings, stop: asyncio.Event) -> AsyncIterator[None]:
    """Fetch from every folder of the settings meanwhile, and until `stop` is set.

    Trouble with one is noted, and no trouble of the others. Raises Invalid for a setting that names no folder.
    """
    stated = settings.imap_accounts.get_secret_value() if settings.imap_accounts else ""
    fetchers = [_Fetcher(database, settings, account, stop) for account in accounts(stated)]
    tasks = [asyncio.create_task(fetcher.run()) for fetcher in fetchers]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def take(
    session: AsyncSession, settings: Settings, account: Account, uid_validity: int, uid: int, raw: bytes
) -> bool:
    """Keep a fetched mail and remember its uid, in one transaction; False when it was fetched before."""
    place = await _place(session, account, uid_validity)
    if uid <= place.last_uid and uid not in place.set_aside:
        return False
    envelope = await remembered(session, head(raw), settings, account.mailbox)
    await store(session, envelope.mailboxes, envelope.mail_from, envelope.rcpt_to, raw, account.vouched_by)
    place.last_uid = max(place.last_uid, uid)
    _settle(place, {*place.set_aside} - {uid})
    return True


async def set_aside(session: AsyncSession, account: Account, uid_validity: int, uid: int) -> None:
    """Go on behind a mail that the server does not hand over; it is asked for again later."""
    place = await _place(session, account, uid_validity)
    _settle(place, {*place.set_aside, uid})
    place.last_uid = max(place.last_uid, uid)


async def forget(session: AsyncSession, account: Account, uid_validity: int, uid: int) -> None:
    """Ask no more for a mail that was set aside and is gone."""
    place = await _place(session, account, uid_validity)
    _settle(place, {*place.set_aside} - {uid})


def _settle(place: FetchedFolder, uids: set[int]) -> None:
    place.set_aside = sorted(uids)
    place.trouble = _left_there(place.set_aside)


def _left_there(uids: Sequence[int]) -> str | None:
    if not uids:
        return None
    named = ", ".join(map(str, uids[:5]))
    mails = "one mail" if len(uids) == 1 else f"{len(uids)} mails"
    return f"The server does not hand over {mails} (UID {named}). Every hour we ask again."


async def _place(session: AsyncSession, account: Account, uid_validity: int) -> FetchedFolder:
    """How far the folder was fetched, locked: whoever else fetches it waits."""
    await session.execute(
        insert(FetchedFolder).values(name=account.name, uid_validity=uid_validity).on_conflict_do_nothing()
    )
    place = (
        await session.scalars(
            select(FetchedFolder).where(FetchedFolder.name == account.name).with_for_update()
        )
    ).one()
    if place.uid_validity != uid_validity:
        # The server has numbered its mail anew: all of it is looked at again, and what is known is known.
        place.uid_validity, place.last_uid, place.set_aside = uid_validity, 0, []
    place.fetched_at, place.trouble = now(), _left_there(place.set_aside)
    return place


class _Fetcher:
    """One folder's fetching: its connection lives in a thread of its own."""

    def __init__(self, database: Database, settings: Settings, account: Account, stop: asyncio.Event) -> None:
        self._database, self._settings, self._account, self._stop = database, settings, account, stop
        self._thread = ThreadPoolExecutor(1, "imap")
        # How often each mail was not handed over, and when those that were set aside were last asked for.
        self._refused: Counter[int] = Counter()
        self._asked_again = -AGAIN
        self._hang_up = threading.Event()

    async def run(self) -> None:
        told = asyncio.create_task(self._tell_when_to_stop())
        pause = 1.0
        try:
            while not self._stop.is_set():
                began = asyncio.get_running_loop().time()
                try:
                    await self._connected()
                except Exception as error:
                    # A server that is away, a password that was changed, our database: all pass, and nothing is lost.
                    await self._note(error)
                    lasted = asyncio.get_running_loop().time() - began
                    pause = 1.0 if lasted > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._stop.wait(), pause)
        finally:
            told.cancel()
            self._hang_up.set()
            self._thread.shutdown(wait=False)

    async def _connected(self) -> None:
        loop = asyncio.get_running_loop()
        folder = await loop.run_in_executor(self._thread, Folder, self._account)
        try:
            while not self._stop.is_set():
                async with self._database.transaction() as session:
                    place = await _place(session, self._account, folder.uid_validity)
                    last, left = place.last_uid, place.set_aside
                for uid in await loop.run_in_executor(self._thread, folder.after, last):
                    if self._stop.is_set():
                        return
                    await self._fetch(folder, uid)
                if left and loop.time() - self._asked_again >= AGAIN:
                    # Last of all: who cuts the connection over one of them keeps nothing else back.
                    self._asked_again = loop.time()
                    for uid in left:
                        with suppress(Exception):  # a connection that was cut shows below
                            await self._fetch(folder, uid)
                await loop.run_in_executor(self._thread, folder.wait, self._hang_up)
        finally:
            await loop.run_in_executor(self._thread, folder.close)

    async def _fetch(self, folder: Folder, uid: int) -> None:
        """Take one mail; one that is refused again and again is set aside, so that those behind it come."""
        loop = asyncio.get_running_loop()
        try:
            raw = await loop.run_in_executor(self._thread, folder.raw, uid)
        except Exception:
            self._refused[uid] += 1
            if self._refused[uid] >= PATIENT:
                log.warning("mail is not handed over", folder=self._account.name, uid=uid)
                async with self._database.transaction() as session:
                    await set_aside(session, self._account, folder.uid_validity, uid)
            raise
        self._refused.pop(uid, None)
        async with self._database.transaction() as session:
            if raw is None:
                await forget(session, self._account, folder.uid_validity, uid)
            else:
                await take(session, self._settings, self._account, folder.uid_validity, uid, raw)

    async def _tell_when_to_stop(self) -> None:
        await self._stop.wait()
        self._hang_up.set()

    async def _note(self, error: Exception) -> None:
        kind = type(error).__name__
        log.warning("folder cannot be fetched", folder=self._account.name, error=kind)
        with suppress(Exception):  # the database may be what is away
            async with self._database.transaction() as session:
                trouble = TROUBLES.get(kind, f"It cannot be fetched: {kind}.")
                await session.execute(
                    insert(FetchedFolder)
                    .values(name=self._account.name, uid_validity=0, trouble=trouble)
                    .on_conflict_do_update(index_elements=[FetchedFolder.name], set_={"trouble": trouble})
                )
