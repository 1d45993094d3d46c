"""The listener: takes mail over SMTP or LMTP from the relay in front of us, and says 250 once it is committed."""

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any, AnyStr

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from channels import mailboxes
from channels.adapters.email.arrivals import Arrival, Tray
from core import metrics
from core.database import Database
from core.settings import Settings

MAX_SIZE = 25 * 1024 * 1024
MAX_RECIPIENTS = 100
# Longer than SMTP allows (RFC 5321, 4.5.3.1.6), since programs write such lines, and relays pass them on.
MAX_LINE = 1024 * 1024
# How many may speak to one port at a time, and how long each may take for one command, or for one mail (seconds).
MAX_SESSIONS = 500
PATIENCE = 300.0
NOBODY = "550 5.1.1 Nobody has that mailbox here"

log = structlog.get_logger()


class Door:
    """What aiosmtpd asks at each step."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._tray = Tray(database)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        domain = address.rpartition("@")[2].lower()
        if domain != self._settings.mail_domain.lower():
            metrics.MAILS.labels("refused").inc()
            return "550 5.7.1 We do not take mail for that domain"
        try:
            known = await self._ours([address])
        except Exception as error:
            metrics.MAILS.labels("put off").inc()
            log.warning("mailbox not looked up", error=type(error).__name__)
            return "451 4.3.0 We cannot look it up just now; try again later"
        if not known:
            metrics.MAILS.labels("refused").inc()
            return NOBODY
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        known = stands_in_front(session.peer, self._settings)
        answer = await self._keep(envelope, vouched_by=None if known else "")
        # LMTP wants a word for each recipient (RFC 2033); all of them share one fate here.
        return "\r\n".join([answer] * len(envelope.rcpt_tos)) if isinstance(server, LMTP) else answer

    async def _ours(self, addresses: Sequence[str]) -> set[str]:
        """The mailboxes of ours behind these addresses; the database is asked for those of teams only."""
        named = {mailboxes.plain(each) for each in addresses}
        if named <= mailboxes.built_in(self._settings):
            return named
        async with self._database.statements() as session:
            return await mailboxes.ours(session, self._settings, addresses)

    async def _keep(self, envelope: Envelope, vouched_by: str | None) -> str:
        raw = envelope.original_content or b""
        rcpt_to = [str(address) for address in envelope.rcpt_tos]
        mail_from = (envelope.mail_from or "").replace("\x00", "")[:320]
        try:
            known = await self._ours(rcpt_to)
            if not known:  # its team was parted from it meanwhile
                metrics.MAILS.labels("refused").inc()
                return NOBODY
            new = await self._tray.keep(Arrival(known, mail_from, rcpt_to, raw, vouched_by))
        except Exception as error:
            # Whatever it was: nothing is lost, the relay keeps the mail and comes again.
            metrics.MAILS.labels("put off").inc()
            log.warning("mail not taken", error=type(error).__name__)
            return "451 4.3.0 We cannot keep it just now; try again later"
        metrics.MAILS.labels("kept" if new else "known").inc()
        return "250 2.0.0 Kept"


def stands_in_front(peer: Any, settings: Settings) -> bool:
    """Whether somebody who speaks to us may be the relay in front of us, whose word on senders counts.

    Anybody can write that relay's name into a mail and hand it to us, if we can be reached.
    """
    try:
        address = ip_address(str(peer[0]).partition("%")[0])
    except (ValueError, TypeError, IndexError):
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    named = settings.relays_in_front
    if named:
        return any(address in network for network in named)
    # Those of tunnels are of the internet, too.
    tunnelled = getattr(address, "sixtofour", None) or getattr(address, "teredo", None)
    return not (address.is_global or tunnelled)


class _Speaker(SMTP):
    """One session by SMTP, if there is room for it."""

    line_length_limit = MAX_LINE

    def __init__(self, door: Door, others: set[SMTP], **told: Any) -> None:
        super().__init__(door, **told)
        self._others = others

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if len(self._others) >= MAX_SESSIONS:
            assert isinstance(transport, asyncio.Transport)
            transport.write(b"421 4.3.2 Too many speak to us just now; try again later\r\n")
            transport.close()
            return
        self._others.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._others:
            self._others.discard(self)
            super().connection_lost(error)


class _LocalSpeaker(_Speaker, LMTP):
    """The same by LMTP."""

    async def push(self, status: AnyStr) -> None:
        # What is wrong with a mail as a whole is said for each of its recipients, too.
        if isinstance(status, str) and status.startswith(("500 Line too long", "552 ")) and self.envelope:
            # Before there is any, it is said once: of the size that MAIL announces.
            await super().push("\r\n".join([status] * max(1, len(self.envelope.rcpt_tos))))
            return
        await super().push(status)


async def run_listener(database: Database, settings: Settings, stop: asyncio.Event) -> None:
    """Take mail on `smtp_host`:`smtp_port`, and by LMTP on `lmtp_port` if it is set, until `stop` is set.

    Raises OSError when a port is taken.
    """
    servers = [await start_listener(database, settings, settings.smtp_port)]
    try:
        if settings.lmtp_port is not None:
            servers.append(await start_listener(database, settings, settings.lmtp_port, LMTP))
        await stop.wait()
    finally:
        for server in servers:
            server.close()


async def start_listener(
    database: Database, settings: Settings, port: int, protocol: type[SMTP] = SMTP
) -> asyncio.Server:
    """The listening server, on the running loop; port 0 lets the system choose one."""
    door = Door(database, settings)
    speaker: type[_Speaker] = _LocalSpeaker if issubclass(protocol, LMTP) else _Speaker
    others: set[SMTP] = set()

    def answer() -> Any:
        return speaker(
            door,
            others,
            timeout=PATIENCE,
            hostname=settings.mail_domain,
            ident=protocol.__name__.replace("SMTP", "ESMTP"),
            data_size_limit=MAX_SIZE,
            enable_SMTPUTF8=True,
            loop=asyncio.get_running_loop(),
        )

    return await asyncio.get_running_loop().create_server(answer, settings.smtp_host, port, backlog=256)
