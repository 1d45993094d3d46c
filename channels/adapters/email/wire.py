"""The wire: an open SMTP connection on which several commands travel at once, where the relay offers it (RFC 2920).

aiosmtplib connects, encrypts and logs in. It reads one answer at a time, so from then on the talk is ours: every
command gets its own answer, in order, and nothing that comes unasked is ever taken for one.
"""

import asyncio
import re
from collections.abc import Callable, Sequence

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
# What may follow a code: more lines, none, or the line's end, with or without its CR.
_MARKS = (b"-", b" ", b"\r", b"\n")


def _whole(raw: bytes) -> bytes:
    """A mail as it travels: line ends, dots and the end of it (RFC 5321, 4.5.2)."""
    if not raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r"):
        raw = _LONE.sub(b"\r\n", raw)
    if b"\n." in raw or raw.startswith(b"."):
        raw = re.sub(rb"(?m)^\.", b"..", raw)
    return raw + (b".\r\n" if raw.endswith(b"\r\n") else b"\r\n.\r\n")


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
        self._next: tuple[bytes, Callable[[list[SMTPResponse]], bool], float] | None = None
        # Whether the mail that goes with what was said last was on its way.
        self.handed_over = False
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._until = 0.0
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
        return (await self._say(_whole(raw), 1, patience))[0]

    async def submit(
        self,
        commands: Sequence[bytes],
        raw: bytes,
        agreed: Callable[[list[SMTPResponse]], bool],
        patience: float,
    ) -> list[SMTPResponse]:
        """The answers to commands that go out together, and then to a whole mail, if those before `agreed` to it.

        The mail follows as soon as the last of them has come. Raises as `exchange` does; `handed_over` says then
        whether the mail was on its way.
        """
        for command in commands:
            if _CONTROL.search(command):
                raise ValueError("A command holds a control character.")
        self._next = (_whole(raw), agreed, patience)
        try:
            return await self._say(b"\r\n".join(commands) + b"\r\n", len(commands), self._patience)
        finally:
            self._next = None

    async def _say(self, data: bytes, expected: int, patience: float) -> list[SMTPResponse]:
        if self._lost or self._transport.is_closing():
            raise SMTPServerDisconnected("Connection lost")
        self._answers, self._expected, self.handed_over = [], expected, False
        self._waiter = self._loop.create_future()
        self._wait_until(self._loop.time() + patience)
        self._transport.write(data)
        try:
            await self._waiter
        finally:
            self._waiter, self._expected = None, 0
        return self._answers

    def _wait_until(self, moment: float) -> None:
        """One timer for many answers: it is set anew when it rings, not with each of them."""
        self._until = moment
        if self._timer is not None and self._timer.when() > moment:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(moment, self._look_at_clock)

    def _look_at_clock(self) -> None:
        self._timer = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() < self._until:
            self._timer = self._loop.call_at(self._until, self._look_at_clock)
        else:
            self._waiter.set_exception(SMTPReadTimeoutError("Timed out waiting for server response"))

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
        if len(self._answers) < self._expected:
            return
        if self._buffer:  # more answers than commands
            self._end(SMTPResponseException(-1, "More answers than commands"))
        elif self._next is not None and self._next[1](self._answers):
            (whole, _, patience), self._next = self._next, None
            self._expected += 1
            self.handed_over = True
            self._wait_until(self._loop.time() + patience)
            self._transport.write(whole)
        else:
            self._waiter.set_result(None)

    def _read(self) -> SMTPResponse | None:
        """The next whole answer, of one line or several; None while it is not all there."""
        words: list[bytes] = []
        buffer, start = self._buffer, 0
        while (end := buffer.find(b"\n", start)) >= 0:
            code, mark = buffer[start : start + 3], buffer[start + 3 : start + 4]
            if not code.isdigit() or mark not in _MARKS:
                raise SMTPResponseException(-1, "Malformed SMTP response")
            words.append(bytes(buffer[start + 4 : end]).strip())
            start = end + 1
            if mark != b"-":
                del buffer[:start]
                said = words[0] if len(words) == 1 else b"\n".join(words)
                return SMTPResponse(int(code), said.decode("utf-8", "surrogateescape"))
        return None

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        self._stop_clock()
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

    def _stop_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        self._lost = True
        self._stop_clock()
        self._transport.close()
        self._smtp.close()
