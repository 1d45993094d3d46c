"""Sending: a few lasting connections to the relay, and what each of its answers means."""

import asyncio
import re
import ssl
from collections import deque
from contextlib import suppress

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponse,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPStatus,
)
from aiosmtplib.email import quote_address

from channels.adapters.email.compose import compose
from channels.adapters.email.signing import Key, read_keys, sign
from channels.adapters.email.wire import Wire
from channels.base import Outcome, Submission, accepted, later, refused, unknown
from channels.tokens import bounce_address
from core.clock import now
from core.errors import Invalid
from core.settings import Settings

TIMEOUT = 60
# A connection that has carried this many is replaced: relays count.
MAILS_A_CONNECTION = 500
_PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9.-]+")
# An idle connection older than this is not trusted any more (seconds).
IDLE = 20


class Connection:
    """One SMTP connection; `submitting` tells whether the relay may have the whole mail already."""

    def __init__(self, settings: Settings) -> None:
        password = settings.smtp_relay_password
        self._smtp = SMTP(
            hostname=settings.smtp_relay_host,
            port=settings.smtp_relay_port,
            local_hostname=settings.mail_domain,
            username=settings.smtp_relay_username,
            password=password.get_secret_value() if password else None,
            use_tls=settings.smtp_relay_security == "tls",
            start_tls=settings.smtp_relay_security == "starttls",
            tls_context=ssl.create_default_context() if settings.smtp_relay_security != "none" else None,
            timeout=TIMEOUT,
        )
        self._wire: Wire | None = None
        self.carried = 0
        self.used_at = 0.0
        self.handing_over = False
        # Copies that the relay did not take, in its words.
        self.left_out: list[str] = []

    async def open(self) -> None:
        await self._smtp.connect()
        self._wire = await Wire.take_over(self._smtp, TIMEOUT)

    async def send(
        self, sender: str, recipients: tuple[str, ...], copies: tuple[str, ...], raw: bytes
    ) -> str:
        """The relay's words when it took the mail; raises aiosmtplib's errors.

        A refused recipient ends it; a refused copy does not, and stands in `left_out` then.
        """
        assert self._wire is not None
        self.handing_over = False
        self.left_out = []
        utf8 = not all(address.isascii() for address in (sender, *recipients, *copies))
        encoding = "utf-8" if utf8 else "ascii"
        mail = b"MAIL FROM:" + _path(sender).encode(encoding) + (b" SMTPUTF8 BODY=8BITMIME" if utf8 else b"")
        rcpts = [b"RCPT TO:" + _path(each).encode(encoding) for each in (*recipients, *copies)]
        # With one recipient, all goes at once: when it is refused, so is DATA, or the connection ends.
        together = [[mail, *rcpts, b"DATA"]] if len(rcpts) == 1 else [[mail, *rcpts], [b"DATA"]]
        if not self._wire.pipelining:
            together = [[mail], *([rcpt] for rcpt in rcpts), [b"DATA"]]
        answers: list[SMTPResponse] = []
        for commands in together:
            answers += await self._wire.exchange(commands)
            self._check(answers, sender, recipients, copies)
        self.handing_over = True
        response = await self._wire.hand_over(raw)
        if response.code != SMTPStatus.completed:
            raise SMTPDataError(response.code, response.message)
        self.carried += 1
        self.used_at = asyncio.get_running_loop().time()
        return response.message

    def _check(
        self,
        answers: list[SMTPResponse],
        sender: str,
        recipients: tuple[str, ...],
        copies: tuple[str, ...],
    ) -> None:
        """Raise the first refusal among the answers to MAIL, each RCPT and DATA, as far as they have come."""
        self.left_out = []
        mail, *rest = answers
        if mail.code != SMTPStatus.completed:
            self._refuse(answers, SMTPSenderRefused(mail.code, mail.message, sender))
        for address, answer in zip((*recipients, *copies), rest, strict=False):
            if answer.code in (SMTPStatus.completed, SMTPStatus.will_forward):
                continue
            # 421 ends the conversation, not the copy.
            if address in recipients or answer.code in (421, -1):
                self._refuse(answers, SMTPRecipientRefused(answer.code, answer.message, address))
            self.left_out.append(f"No copy to {address}: {answer.code} {_words(answer.message)}")
        if len(rest) > len(recipients) + len(copies) and rest[-1].code != SMTPStatus.start_input:
            raise SMTPDataError(rest[-1].code, rest[-1].message)

    def _refuse(self, answers: list[SMTPResponse], error: SMTPResponseException) -> None:
        if answers[-1].code == SMTPStatus.start_input:
            # It waits for a mail that nobody shall get; without the end of it, there is none.
            self.drop()
        raise error

    async def reset(self) -> bool:
        """Whether the connection can be used again after a refusal."""
        assert self._wire is not None
        try:
            [answer] = await self._wire.exchange([b"RSET"])
        except (SMTPException, OSError):
            return False
        return answer.code == SMTPStatus.completed

    def drop(self) -> None:
        if self._wire is not None:
            self._wire.close()
        self._smtp.close()

    async def quit(self) -> None:
        if self._wire is not None:
            with suppress(SMTPException, OSError):
                await self._wire.exchange([b"QUIT"])
        self.drop()


def _path(address: str) -> str:
    # The library parses every address anew, 0.1 ms each; what is plain goes as it is.
    return f"<{address}>" if _PLAIN.fullmatch(address) else quote_address(address)


class Mail:
    """The e-mail channel towards the relay."""

    repeatable = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._idle: deque[Connection] = deque()
        self._keys = read_keys(settings.dkim_keys)

    async def submit(self, submission: Submission) -> Outcome:
        try:
            raw = await self._written(submission)
            way = envelope(submission, self._settings)
        except (Invalid, UnicodeError) as error:
            return refused(f"It cannot be written as a mail: {error}")
        connection = self._idle_connection()
        if connection is not None:
            outcome = await self._hand_over(connection, way, raw)
            if outcome is not None:
                return outcome
        connection = Connection(self._settings)
        try:
            await connection.open()
        except SMTPResponseException as error:  # a wrong password, too: ours to mend
            connection.drop()
            return later(f"The relay did not let us in: {error.code} {_words(error.message)}")
        except (SMTPException, OSError) as error:
            connection.drop()
            return later(f"The relay cannot be reached: {_words(str(error))}")
        outcome = await self._hand_over(connection, way, raw)
        return outcome or later("The relay closed the connection.")

    async def _written(self, submission: Submission) -> bytes:
        """The mail as it goes out, signed where its sender's domain has keys."""
        raw, keys = compose(submission, self._settings, now()), self._keys_of(submission)
        if not keys:
            return raw
        # A millisecond each: other mails go on meanwhile.
        moment = int(now().timestamp())
        return await asyncio.get_running_loop().run_in_executor(None, sign, raw, keys, moment)

    def _keys_of(self, submission: Submission) -> list[Key]:
        return self._keys.get(submission.account.rpartition("@")[2].lower(), []) if self._keys else []

    async def _hand_over(
        self, connection: Connection, way: tuple[str, tuple[str, ...], tuple[str, ...]], raw: bytes
    ) -> Outcome | None:
        """What became of it; None when the relay had left the connection before it heard of the mail."""
        try:
            said = await connection.send(*way, raw)
        except SMTPDataError as error:
            return await self._answered(connection, "DATA", error.code, error.message)
        except SMTPSenderRefused as error:
            return await self._answered(connection, "MAIL", error.code, error.message)
        except SMTPRecipientRefused as error:
            return await self._answered(connection, "RCPT", error.code, error.message)
        except SMTPResponseException as error:
            return await self._answered(connection, "the relay", error.code, error.message)
        except (SMTPException, OSError, ValueError) as error:
            connection.drop()
            if connection.handing_over:
                return unknown(f"The connection broke while the relay had the mail: {_words(str(error))}")
            if isinstance(error, ValueError):
                return refused(f"That address cannot be written to: {_words(str(error))}")
            if isinstance(error, SMTPServerDisconnected):
                return None
            return later(f"The connection broke: {_words(str(error))}")
        except BaseException:
            connection.drop()
            raise
        self._put_back(connection)
        return accepted(_words(said), " ".join(connection.left_out)[:500])

    async def _answered(self, connection: Connection, verb: str, code: int, words: str) -> Outcome:
        """What a refusal means: 4xx try later, 5xx never; anything else only the relay knows."""
        if code < 400 and connection.handing_over:
            connection.drop()
            return unknown(f"The relay gave no clear answer: {code} {_words(words)}")
        if code not in (421, -1) and await connection.reset():
            self._put_back(connection)
        else:
            connection.drop()
        reason = f"{verb}: {code} {_words(words)}"
        return refused(reason) if 500 <= code < 600 else later(reason)

    def _idle_connection(self) -> Connection | None:
        fresh = asyncio.get_running_loop().time() - IDLE
        while self._idle:
            connection = self._idle.pop()
            if connection.used_at > fresh:
                return connection
            connection.drop()
        return None

    def _put_back(self, connection: Connection) -> None:
        connection.used_at = asyncio.get_running_loop().time()
        if connection.carried < MAILS_A_CONNECTION:
            self._idle.append(connection)
        else:
            connection.drop()

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().quit()


def envelope(submission: Submission, settings: Settings) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Envelope sender, recipients and copies, domains in ASCII; an automatic answer has the null sender.

    What can be unsubscribed from comes back to an address of its own, which tells what came back however little the
    mail system says of it. Letters between people do not: greylisting wants to see one sender again.
    """
    names = {name.lower(): value for name, value in submission.headers.items()}
    if names.get("auto-submitted", "").startswith("auto-replied"):  # RFC 3834
        sender = ""
    elif "list-unsubscribe" in names:
        sender = _ascii_domain(bounce_address(settings, submission.account, submission.message_id))
    else:
        sender = _ascii_domain(submission.account)
    return sender, tuple(map(_ascii_domain, submission.to)), tuple(map(_ascii_domain, submission.cc))


def _ascii_domain(address: str) -> str:
    if address.isascii():
        return address
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"


def _words(text: str) -> str:
    return " ".join(text.encode("utf-8", "replace").decode().replace("\x00", "").split())[:300]
