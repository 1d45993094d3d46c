"""IMAP: a folder on another mail server, looked at without changing anything in it (RFC 9051).

Blocking, as imap-tools is: a `Folder` belongs to one thread.
"""

import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from imaplib import IMAP4
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted

from core.errors import Invalid

PATIENCE = 60  # seconds that a server may take to answer
# A server may hang up on who is idle for half an hour (RFC 2177), and routers do so earlier.
IDLE = 290.0
POLL = 30.0  # seconds between two looks at a server that does not tell of new mail
# No more is read of one thing that a server says (bytes): larger than any mail that goes through the world's relays.
LARGEST = 256 * 1024 * 1024
_SECURITY = {
    "imaps": (MailBox, 993),
    "imap+starttls": (MailBoxStartTls, 143),
    "imap+plain": (MailBoxUnencrypted, 143),
}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_UID = re.compile(rb"\bUID (\d+)\b")


@dataclass(frozen=True)
class Account:
    """A folder to fetch from, and the mailbox of ours that its mail goes to when it names none."""

    security: str
    host: str
    port: int
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    mailbox: str | None = None
    # The authserv-id under which this server writes what it found out about senders; empty, all are unproven.
    vouched_by: str = ""

    @property
    def name(self) -> str:
        """What it is called in tables, pages and logs: nothing secret."""
        return f"{self.username}@{self.host}:{self.port}/{self.folder}"


def accounts(stated: str) -> list[Account]:
    """The accounts of a setting: URLs with blanks between. Raises Invalid, and repeats nothing of it."""
    return [_account(urlsplit(each), number) for number, each in enumerate(stated.split(), 1)]


def _account(url: SplitResult, number: int) -> Account:
    if url.scheme not in _SECURITY or not url.hostname or not url.username or url.password is None:
        raise Invalid(
            f"IMAP account {number} is not of the form imaps://user:password@host/INBOX?mailbox=support@example.com."
        )
    if url.scheme == "imap+plain" and url.hostname not in _LOOPBACK:
        raise Invalid(
            f"IMAP account {number} would send its password in the clear: use imaps or imap+starttls."
        )
    asked = parse_qs(url.query)
    return Account(
        security=url.scheme,
        host=url.hostname,
        port=url.port or _SECURITY[url.scheme][1],
        username=unquote(url.username),
        password=unquote(url.password),
        folder=unquote(url.path.strip("/")) or "INBOX",
        mailbox=next(iter(asked.get("mailbox", [])), None),
        vouched_by=next(iter(asked.get("authserv_id", [])), ""),
    )


class Folder:
    """An open folder; `close` it in any case. Whatever goes wrong raises what the library raises."""

    def __init__(self, account: Account) -> None:
        kind, _ = _SECURITY[account.security]
        self._box: BaseMailBox = kind(account.host, account.port, timeout=PATIENCE)
        _bound(self._box.client)
        try:
            self._box.login(account.username, account.password, initial_folder=None)
            # Read only: not even a flag changes.
            self._box.folder.set(account.folder, readonly=True)
            self.uid_validity = self._box.folder.status(account.folder, ["UIDVALIDITY"])["UIDVALIDITY"]
            self._tells = "IDLE" in self._box.client.capabilities
        except BaseException:
            self.close()
            raise

    def after(self, uid: int) -> list[int]:
        """The uids of mail that came after this one, in the order of coming."""
        self._box.client.noop()  # a server may tell of what is new only then
        found = self._box.uids(f"UID {uid + 1}:*", charset=None)
        # The last mail is named always, however old it is.
        return sorted(number for each in found if (number := int(each)) > uid)

    def raw(self, uid: int) -> bytes | None:
        """A mail's very bytes; None when it is gone."""
        status, answer = self._box.client.uid("FETCH", str(uid), "(UID BODY.PEEK[])")
        if status != "OK":
            # It is there, and not handed over just now: to go on would be to lose it.
            raise IMAP4.error(f"{status} to a mail that was asked for.")
        for part in answer or ():
            if isinstance(part, tuple) and (named := _UID.search(part[0])) and int(named[1]) == uid:
                return bytes(part[1])
        return None

    def wait(self, stop: threading.Event) -> None:
        """Until the server tells of a change, a while has passed, or `stop` is set."""
        if not self._tells:
            stop.wait(POLL)
            return
        end = time.monotonic() + IDLE
        self._box.idle.start()  # type: ignore[no-untyped-call]  # the library leaves it open
        try:
            while not stop.is_set() and time.monotonic() < end:
                if self._box.idle.poll(timeout=1):
                    return
        finally:
            self._box.idle.stop()  # type: ignore[no-untyped-call]  # the library leaves it open

    def close(self) -> None:
        """Hang up, politely if that works."""
        try:
            self._box.logout()
        except Exception:  # the connection is what may be broken
            with suppress(OSError):
                self._box.client.shutdown()


def _bound(client: IMAP4) -> None:
    """Let a client refuse what a server announces to be larger than LARGEST."""
    read = client.read

    def read_bounded(size: int) -> bytes:
        if size > LARGEST:
            raise IMAP4.abort(f"It would send {size} bytes, larger than any mail.")
        return read(size)

    client.read = read_bounded  # type: ignore[method-assign]  # what the client itself asks for each literal
