"""The wire: an open SMTP connection on which several commands travel at once, where the relay offers it (RFC 2920).

aiosmtplib connects, encrypts and logs in. It reads one answer at a time, so from then on the talk is ours: every
command gets its own answer, in order, and nothing that comes unasked is ever taken for one.
"""

import asyncio
import re
from collections.abc import Sequence

from aiosmtplib import (
    SMTP,
    SMTPReadTimeoutError,
    SMTPResponse,
    SMTPResponseException,
    SMTPServerDisconnected,
)

MAX_ANSWERS = 256 * 1024
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_LONE = re.compile(rb"\r\n|\r|\n")


class Wire(asyncio.Protocol):
    """Commands in, as many answers out."""

    def __init__(self, smtp: SMTP, patience: float) -> None:
        if not isinstance(smtp.transport, asyncio.Transport) or smtp.transport.is_closing():
            raise SMTPServerDisconnected("Connection lost")
        self._smtp = smtp
        self._transport = smtp.transport
        self._patience = patience
        self.pipelining = smtp.supports_extension("pipelining")
        self._buffer = bytearray()
        self._answers: list[SMTPResponse] = []
        self._expected = 0
        self._waiter: asyncio.Future[None] | None = None
        self._lost = False
        self._transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        return not (self._lost or self._transport.is_closing())

    async def exchange(self, commands: Sequence[bytes]) -> list[SMTPResponse]:
        """The answers to commands (without line ends) that go out together.

        Fewer than asked for when the connection ended after a refusal. Raises SMTPServerDisconnected when it
        ended otherwise, SMTPReadTimeoutError, and ValueError for a control character.
        """
        for command in commands:
            if _CONTROL.search(command):
                raise ValueError("A command holds a control character.")
        return await self._say(b"\r\n".join(commands) + b"\r\n", len(commands), self._patience)

    async def hand_over(self, raw: bytes, patience: float) -> SMTPResponse:
        """The answer to a whole mail, after DATA was answered 354; raises as `exchange` does."""
        if not raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r"):
            raw = _LONE.sub(b"\r\n", raw)
        if b"\n." in raw or raw.startswith(b"."):
            raw = re.sub(rb"(?m)^\.", b"..", raw)
        end = b".\r\n" if raw.endswith(b"\r\n") else b"\r\n.\r\n"
        return (await self._say(raw + end, 1, patience))[0]

    async def _say(self, data: bytes, expected: int, patience: float) -> list[SMTPResponse]:
        if self._lost or self._transport.is_closing():
            raise SMTPServerDisconnected("Connection lost")
        self._answers, self._expected = [], expected
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        # A timer, not a timeout around it: this is done twice a mail.
        timer = loop.call_later(patience, self._give_up, self._waiter)
        self._transport.write(data)
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter, self._expected = None, 0
        return self._answers

    @staticmethod
    def _give_up(waiter: asyncio.Future[None]) -> None:
        if not waiter.done():
            waiter.set_exception(SMTPReadTimeoutError("Timed out waiting for server response"))

    def data_received(self, data: bytes) -> None:
        if self._waiter is None or self._waiter.done():
            # Nobody asked: whatever it means, the next answer would be the wrong one.
            self.close()
            return
        self._buffer += data
        if len(self._buffer) > MAX_ANSWERS:
            self._end(SMTPResponseException(-1, "Response too long"))
            return
        try:
            while len(self._answers) < self._expected and (answer := self._read()) is not None:
                self._answers.append(answer)
        except SMTPResponseException as error:
            self._end(error)
            return
        if len(self._answers) == self._expected:
            if self._buffer:  # more answers than commands
                self._end(SMTPResponseException(-1, "More answers than commands"))
            else:
                self._waiter.set_result(None)

    def _read(self) -> SMTPResponse | None:
        """The next whole answer, of one line or several; None while it is not all there."""
        words: list[bytes] = []
        start = 0
        while (end := self._buffer.find(b"\n", start)) >= 0:
            line = bytes(self._buffer[start:end]).rstrip(b"\r")
            start = end + 1
            if not line[:3].isdigit() or line[3:4] not in (b"", b" ", b"-"):
                raise SMTPResponseException(-1, "Malformed SMTP response")
            words.append(line[4:].strip())
            if line[3:4] != b"-":
                del self._buffer[:start]
                return SMTPResponse(int(line[:3]), b"\n".join(words).decode("utf-8", "surrogateescape"))
        return None

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        if self._waiter is not None and not self._waiter.done():
            if self._answers and self._answers[-1].code >= 400:
                self._waiter.set_result(None)
            else:
                broken = SMTPServerDisconnected("Connection lost")
                broken.__cause__ = error
                self._waiter.set_exception(broken)
        self._smtp.close()

    def _end(self, error: Exception) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
        self.close()

    def close(self) -> None:
        self._lost = True
        self._transport.close()
        self._smtp.close()
