"""A pool: the lasting connections to one relay, and whether it is well."""

import asyncio
import ssl
from collections import deque
from datetime import timedelta

import structlog

from channels.adapters.email.connection import Connection, Envelope, Taken
from channels.adapters.email.refusals import OPENING, Fault, Trouble
from channels.base import News
from core import metrics
from core.mail_relays import MailRelay

log = structlog.get_logger()

# A connection that has carried this many is replaced: relays count.
MAILS_A_CONNECTION = 500
# An idle connection older than this is not trusted any more (seconds).
IDLE = 20
# How long a relay is set aside at first and at most (seconds), and at first after an answer that looks final.
ASIDE, LONGEST, FINAL = 5.0, 600.0, 60.0
# Talks that break off, one after the other, before it is the relay's fault: no one mail is tried as often as that.
BREAKS = 5


class Pool:
    """The road by one relay. A relay that fails is set aside, longer each time, and then one mail tries it."""

    def __init__(self, relay: MailRelay, name: str) -> None:
        self.relay = relay
        self._name = name
        self._trust = ssl.create_default_context() if relay.security != "none" else None
        self._idle: deque[Connection] = deque()
        self._failures = 0
        self._breaks = 0
        self._aside_until = 0.0
        self._set_aside_at = 0.0
        # Nobody has to be told that all is well, but once: a process before this one may have said otherwise.
        self._told_well = False
        metrics.MAIL_RELAYS.labels(relay.name).set(1)

    def waits(self) -> float:
        """For how long it is set aside still, in seconds."""
        return max(0.0, self._aside_until - asyncio.get_running_loop().time())

    def takes_one(self) -> bool:
        """Whether a mail may go this way. Of those that come when the pause is over, the first one tries."""
        if self.waits():
            return False
        if self._failures:
            self._aside_until = asyncio.get_running_loop().time() + self._pause()
        return True

    async def send(self, envelope: Envelope, raw: bytes) -> Taken:
        """Hand a mail over, by a connection that is open or by a new one. Raises Trouble and ValueError."""
        connection = self._open_one()
        if connection is not None:
            try:
                return await self._by(connection, envelope, raw)
            except Trouble as trouble:
                # It may only have been this connection that had its day.
                if trouble.fault is not Fault.RELAY:
                    raise
        connection = Connection(self.relay, self._name, self._trust)
        await connection.open()
        return await self._by(connection, envelope, raw)

    async def _by(self, connection: Connection, envelope: Envelope, raw: bytes) -> Taken:
        try:
            taken = await connection.send(envelope, raw)
        except Trouble as trouble:
            usable = trouble.code not in (None, 421) and trouble.fault not in (Fault.RELAY, Fault.UNKNOWN)
            if usable and await connection.reset():
                self._put_back(connection)
            else:
                connection.drop()
            raise
        except BaseException:
            connection.drop()
            raise
        self._put_back(connection)
        return taken

    def succeeded(self) -> tuple[News, ...]:
        """To be said after a relay answered what is no fault of its own; what there is to tell."""
        self._breaks = 0
        if self._told_well and not self._failures:
            return ()
        if self._failures:
            log.info("mail relay is well again", relay=self.relay.name)
        self._failures, self._aside_until, self._told_well = 0, 0.0, True
        metrics.MAIL_RELAYS.labels(self.relay.name).set(1)
        return (News(self.relay.name, None),)

    def failed(self, trouble: Trouble, began: float) -> tuple[News, ...]:
        """To be said after a fault of the relay, met by a mail that `began` then (the loop's time)."""
        metrics.MAIL_TROUBLES.labels(self.relay.name, trouble.verb).inc()
        broke = trouble.verb not in OPENING and trouble.code is None
        self._breaks = self._breaks + 1 if broke else 0
        if (broke and self._breaks < BREAKS) or began < self._set_aside_at:
            return ()
        self._failures += 1
        pause = self._pause(FINAL if trouble.is_lasting else ASIDE)
        self._set_aside_at = asyncio.get_running_loop().time()
        self._aside_until = self._set_aside_at + pause
        self._told_well = False
        metrics.MAIL_RELAYS.labels(self.relay.name).set(0)
        log.warning("mail relay set aside", relay=self.relay.name, seconds=pause, reason=str(trouble))
        while self._idle:
            self._idle.pop().drop()
        return (News(self.relay.name, timedelta(seconds=pause), str(trouble)),)

    def _pause(self, first: float = ASIDE) -> float:
        return min(LONGEST, first * 2.0 ** min(self._failures - 1, 20))

    def _open_one(self) -> Connection | None:
        fresh = asyncio.get_running_loop().time() - IDLE
        while self._idle:
            # The one used last: those that are not needed grow old.
            connection = self._idle.pop()
            if connection.used_at > fresh and connection.is_open:
                return connection
            connection.drop()
        return None

    def _put_back(self, connection: Connection) -> None:
        connection.used_at = asyncio.get_running_loop().time()
        if connection.carried < MAILS_A_CONNECTION and connection.is_open and not self._failures:
            self._idle.append(connection)
        else:
            connection.drop()

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().quit()
