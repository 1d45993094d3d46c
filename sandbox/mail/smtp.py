"""The SMTP server that takes mail for the whole world.

A protocol of its own rather than aiosmtpd, which took about 730 mails/s on one core where a broadcast brings
thousands; this one answers pipelined commands (RFC 2920) from one buffer.
"""

import asyncio
import re
from typing import cast

from sandbox.faults import NONE, Fault, Faults
from sandbox.mail.mailboxes import Mailboxes

MAX_SIZE = 40 * 1024 * 1024
MAX_LINE = 8192
MAX_RECIPIENTS = 1000
_PATH = re.compile(rb"(?:FROM|TO):\s*<([^<>\r\n]*)>", re.IGNORECASE)


class SmtpSession(asyncio.Protocol):
    """One connection: RFC 5321 with PIPELINING, 8BITMIME, SMTPUTF8 and SIZE."""

    def __init__(self, mailboxes: Mailboxes, faults: Faults, open_sessions: set["SmtpSession"]) -> None:
        self._mailboxes = mailboxes
        self._faults = faults
        self._open = open_sessions
        self._buffer = bytearray()
        self._replies = bytearray()
        self._searched = 0
        self._in_data = False
        self._waiting = False
        self._ended = False
        self._reset()

    def _reset(self) -> None:
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._fault: Fault = NONE

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._open.add(self)
        self._say(b"220 sandbox.example ESMTP")
        self._speak()

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self)
        self._transport.abort()

    def close(self) -> None:
        self._transport.abort()

    def _say(self, line: bytes) -> None:
        self._replies += line + b"\r\n"

    def _speak(self) -> None:
        if self._replies and not self._transport.is_closing():
            self._transport.write(bytes(self._replies))
        self._replies.clear()

    def _hang_up(self) -> None:
        self._speak()
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._go_on()

    def eof_received(self) -> bool:
        """A client may close its side first: it still gets every answer that it is owed."""
        self._ended = True
        return self._waiting

    def _go_on(self) -> None:
        self._work()
        self._speak()
        if self._ended and not self._waiting:
            self._transport.close()

    def _work(self) -> None:
        while not self._waiting and not self._transport.is_closing():
            if self._in_data:
                if not self._take_mail():
                    return
            elif (end := self._buffer.find(b"\n")) >= 0:
                line = bytes(self._buffer[: end + 1]).rstrip(b"\r\n")
                del self._buffer[: end + 1]
                self._command(line)
            else:
                if len(self._buffer) > MAX_LINE:
                    self._say(b"500 5.5.2 Line too long")
                    self._hang_up()
                return

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"MAIL":
            self._mail(line)
        elif verb == b"RCPT":
            self._rcpt(line)
        elif verb == b"DATA":
            if self._recipients:
                self._in_data = True
                self._searched = 0
                self._say(b"354 End with <CR><LF>.<CR><LF>")
            else:
                self._say(b"503 5.5.1 RCPT first")
        elif verb == b"EHLO":
            self._reset()
            self._say(
                b"250-sandbox.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
                b"250-ENHANCEDSTATUSCODES\r\n250 SIZE %d" % MAX_SIZE
            )
        elif verb == b"HELO":
            self._reset()
            self._say(b"250 sandbox.example")
        elif verb == b"RSET":
            self._reset()
            self._say(b"250 2.0.0 OK")
        elif verb == b"NOOP":
            self._say(b"250 2.0.0 OK")
        elif verb == b"QUIT":
            self._say(b"221 2.0.0 Bye")
            self._hang_up()
        else:
            self._say(b"502 5.5.1 Not known here")

    def _mail(self, line: bytes) -> None:
        path = _PATH.search(line)
        if path is None:
            self._say(b"501 5.5.4 Say MAIL FROM:<address>")
        elif self._sender is not None:
            self._say(b"503 5.5.1 One sender at a time")
        else:
            self._sender = path[1].decode("utf-8", "replace")
            self._fault = self._faults.on_request("mail")
            if self._fault.delay_ms:
                self._answer_later(b"250 2.1.0 OK", self._fault.delay_ms / 1000)
            else:
                self._say(b"250 2.1.0 OK")

    def _answer_later(self, line: bytes, delay: float) -> None:
        self._waiting = True
        asyncio.get_running_loop().call_later(delay, self._answer_now, line)

    def _answer_now(self, line: bytes | None) -> None:
        self._waiting = False
        if line is None:
            self._transport.abort()
        if not self._transport.is_closing():
            if line:
                self._say(line)
            self._go_on()

    def _rcpt(self, line: bytes) -> None:
        path = _PATH.search(line)
        if self._sender is None:
            self._say(b"503 5.5.1 MAIL first")
        elif path is None or not path[1]:
            self._say(b"501 5.5.4 Say RCPT TO:<address>")
        elif self._fault.error_status and self._fault.smtp_stage == "rcpt":
            self._say(_refusal(self._fault.error_status))
        elif self._fault.drop_connection and self._fault.smtp_stage == "rcpt":
            self._transport.abort()
        elif len(self._recipients) >= MAX_RECIPIENTS:
            self._say(b"452 4.5.3 Too many recipients")
        else:
            self._recipients.append(path[1].decode("utf-8", "replace"))
            self._say(b"250 2.1.5 OK")

    def _take_mail(self) -> bool:
        if self._buffer.startswith(b".\r\n"):
            end, size = 0, 3
        else:
            end, size = self._buffer.find(b"\r\n.\r\n", max(0, self._searched - 4)), 5
            if end < 0:
                self._searched = len(self._buffer)
                if self._searched > MAX_SIZE:
                    self._say(b"552 5.3.4 Too big")
                    self._hang_up()
                return False
            end += 2
            size = 3
        raw = bytes(self._buffer[:end])
        del self._buffer[: end + size]
        self._in_data = False
        if raw.startswith(b"."):
            raw = raw[1:]
        if b"\r\n." in raw:
            raw = raw.replace(b"\r\n..", b"\r\n.")
        self._accept(raw)
        return True

    def _accept(self, raw: bytes) -> None:
        fault = self._fault
        answer: bytes | None = b"250 2.0.0 OK kept"
        struck = fault.smtp_stage == "data" and (fault.error_status or fault.drop_connection)
        if struck:
            answer = None if fault.drop_connection else _refusal(fault.error_status)
        if not struck or fault.after_effect:
            self._waiting = True
            self._mailboxes.add(self._sender or "", self._recipients, raw, lambda: self._answer_now(answer))
        elif answer is None:
            self._transport.abort()
        else:
            self._say(answer)
        self._reset()


def _refusal(status: int) -> bytes:
    kind = b"4.3.0 Try again later" if status < 500 else b"5.1.1 Refused"
    return b"%d %b (a fault that is switched on)" % (status, kind)
