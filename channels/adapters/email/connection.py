"""A connection to a relay: opened, a mail at a time, and in which words each of its steps went wrong."""

import asyncio
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass, field

from aiosmtplib import (
    SMTP,
    SMTPConnectResponseError,
    SMTPException,
    SMTPHeloError,
    SMTPResponse,
    SMTPResponseException,
    SMTPStatus,
)
from aiosmtplib.email import quote_address

from channels.adapters.email.refusals import Trouble
from channels.adapters.email.wire import Wire
from core.mail_relays import MailRelay

# Seconds: for each step until we are let in, for a command, and for the answer to a whole mail, which a relay may
# look through first (RFC 5321, 4.5.3.2, allows it ten minutes).
OPENING, COMMAND, WHOLE_MAIL = 20.0, 60.0, 300.0
_TAKEN = (SMTPStatus.completed, SMTPStatus.will_forward)
_PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9.-]+")


@dataclass(frozen=True)
class Envelope:
    """Who sends, to whom, and who gets a copy: plain addresses with ASCII domains."""

    sender: str
    recipients: tuple[str, ...]
    copies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Taken:
    """The relay's words when it took a mail, and what it said of those whose copies it did not take."""

    words: str
    missed: list[Trouble] = field(default_factory=list)


class Connection:
    """One SMTP connection; whatever goes wrong on it is raised as Trouble."""

    def __init__(self, relay: MailRelay, name: str, trust: ssl.SSLContext | None = None) -> None:
        self._relay = relay
        self._smtp = SMTP(
            hostname=relay.host,
            port=relay.port,
            local_hostname=name,
            # In step with us: what fails is told by where it failed.
            start_tls=False,
            use_tls=relay.security == "tls",
            tls_context=trust,
            timeout=OPENING,
        )
        self._wire: Wire | None = None
        self.carried = 0
        self.used_at = 0.0

    @property
    def is_open(self) -> bool:
        return self._wire is not None and self._wire.is_open

    async def open(self) -> None:
        """Connect, encrypt and log in, as the relay's settings say."""
        verb = "connecting"
        try:
            await self._smtp.connect()
            verb = "EHLO"
            await self._greet()
            if self._relay.security == "starttls":
                verb = "STARTTLS"
                await self._smtp.starttls()
                await self._greet()
            if self._relay.username and self._relay.password:
                verb = "AUTH"
                await self._smtp.login(self._relay.username, self._relay.password)
            self._wire = Wire(self._smtp, COMMAND)
        except SMTPConnectResponseError as error:
            self.drop()
            raise Trouble("greeting", error.code, error.message) from None
        except SMTPResponseException as error:
            self.drop()
            raise Trouble(verb, error.code, error.message) from None
        except (SMTPException, OSError, ValueError) as error:
            self.drop()
            raise Trouble(verb, None, str(error) or type(error).__name__) from None
        except BaseException:
            self.drop()
            raise

    async def _greet(self) -> None:
        try:
            await self._smtp.ehlo()
        except SMTPHeloError as error:
            # Nobody that knows neither word nor another answer is old: it is in trouble.
            if error.code not in (500, 501, 502, 504) or self._relay.security == "starttls":
                raise
            await self._smtp.helo()

    async def send(self, envelope: Envelope, raw: bytes) -> Taken:
        """Hand a mail over. A refused recipient ends it; a refused copy does not.

        Raises Trouble, and ValueError for an address that cannot be said.
        """
        assert self._wire is not None
        sender, recipients, copies = envelope.sender, envelope.recipients, envelope.copies
        utf8 = not all(address.isascii() for address in (sender, *recipients, *copies))
        encoding = "utf-8" if utf8 else "ascii"
        mail = b"MAIL FROM:" + _path(sender).encode(encoding) + (b" SMTPUTF8 BODY=8BITMIME" if utf8 else b"")
        rcpts = [b"RCPT TO:" + _path(each).encode(encoding) for each in (*recipients, *copies)]
        if self._wire.pipelining and len(rcpts) == 1:
            # With one recipient, all goes at once: when it is refused, so is DATA, or the connection ends.
            said = await self._at_once([mail, *rcpts, b"DATA"], envelope, raw)
            missed: list[Trouble] = []
        else:
            missed = await self._step_by_step(mail, rcpts, envelope)
            try:
                said = await self._wire.hand_over(raw, WHOLE_MAIL)
            except (SMTPException, OSError) as error:
                raise self._broken("the mail", error) from None
        if said.code != SMTPStatus.completed:
            raise Trouble("the mail", said.code, said.message)
        self.carried += 1
        self.used_at = asyncio.get_running_loop().time()
        return Taken(said.message, missed)

    async def _at_once(self, commands: list[bytes], envelope: Envelope, raw: bytes) -> SMTPResponse:
        """The answer to the mail, handed over on a yes to all commands."""
        assert self._wire is not None
        try:
            answers = await self._wire.submit(commands, raw, _agreed, WHOLE_MAIL)
        except (SMTPException, OSError) as error:
            raise self._broken("the mail" if self._wire.handed_over else "MAIL", error) from None
        if not self._wire.handed_over:
            self._check(answers, envelope)
        return answers[-1]

    async def _step_by_step(self, mail: bytes, rcpts: list[bytes], envelope: Envelope) -> list[Trouble]:
        """Whose copies are refused, after a yes to the commands."""
        assert self._wire is not None
        together = [[mail, *rcpts], [b"DATA"]]
        if not self._wire.pipelining:
            together = [[mail], *([rcpt] for rcpt in rcpts), [b"DATA"]]
        answers: list[SMTPResponse] = []
        missed: list[Trouble] = []
        for commands in together:
            verb = ("MAIL", *(["RCPT"] * len(rcpts)), "DATA")[len(answers)]
            try:
                answers += await self._wire.exchange(commands)
            except (SMTPException, OSError) as error:
                raise self._broken(verb, error) from None
            missed = self._check(answers, envelope)
        return missed

    def _broken(self, verb: str, error: Exception) -> Trouble:
        self.drop()
        return Trouble(verb, None, str(error) or type(error).__name__)

    def _check(self, answers: list[SMTPResponse], envelope: Envelope) -> list[Trouble]:
        """Raise the first refusal among the answers to MAIL, each RCPT and DATA, as far as they have come."""
        missed: list[Trouble] = []
        mail, *rest = answers
        if mail.code != SMTPStatus.completed:
            self._refuse(answers, Trouble("MAIL", mail.code, mail.message))
        addresses = (*envelope.recipients, *envelope.copies)
        for address, answer in zip(addresses, rest, strict=False):
            if answer.code in _TAKEN:
                continue
            # 421 ends the conversation, not the copy.
            if address in envelope.recipients or answer.code in (421, -1):
                self._refuse(answers, Trouble("RCPT", answer.code, answer.message, address))
            missed.append(Trouble("RCPT", answer.code, answer.message, address))
        if len(rest) > len(addresses) and rest[-1].code != SMTPStatus.start_input:
            raise Trouble("DATA", rest[-1].code, rest[-1].message)
        return missed

    def _refuse(self, answers: list[SMTPResponse], trouble: Trouble) -> None:
        if answers[-1].code == SMTPStatus.start_input:
            # It waits for a mail that nobody shall get; without the end of it, there is none.
            self.drop()
        raise trouble

    async def reset(self) -> bool:
        """Whether the connection can be used again after a refusal."""
        assert self._wire is not None
        try:
            [answer] = await self._wire.exchange([b"RSET"])
        except (SMTPException, OSError, ValueError):
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


def _agreed(answers: list[SMTPResponse]) -> bool:
    """Whether MAIL, RCPT and DATA were all answered yes."""
    return (
        answers[0].code == SMTPStatus.completed
        and answers[1].code in _TAKEN
        and answers[2].code == SMTPStatus.start_input
    )


def _path(address: str) -> str:
    # The library parses every address anew, 0.1 ms each; what is plain goes as it is.
    return f"<{address}>" if _PLAIN.fullmatch(address) else quote_address(address)
