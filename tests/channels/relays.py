"""Mail servers that send for us, by aiosmtpd: they take mail, or do at one verb whatever a test wants of them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from core.clock import now

CUT, SILENCE = "cut", "silence"


@dataclass
class Relay:
    """One mail server; `says(verb, words)` is asked at each step: an answer, CUT, SILENCE, or None for its own."""

    port: int = 0
    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    says: Callable[[str, str], str | None] = lambda verb, words: None
    pipelining: bool = True
    trust: ssl.SSLContext | None = None
    # With a name and a password, nothing is taken from whoever has not logged in.
    login: tuple[bytes, bytes] | None = None
    talks: int = 0

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name, as below
        self, server: SMTP, session: Session, envelope: Envelope, name: str, answers: list[str]
    ) -> list[str]:
        session.host_name = name
        return [*answers[:-1], *(["250-PIPELINING"] if self.pipelining else []), answers[-1]]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        raw = envelope.original_content or b""
        self.mails.append((str(envelope.mail_from), [str(each) for each in envelope.rcpt_tos], raw))
        return "250 2.0.0 Kept"

    def check(self, server: SMTP, session: Session, envelope: Envelope, kind: str, given: Any) -> AuthResult:
        known = isinstance(given, LoginPassword) and (given.login, given.password) == self.login
        return AuthResult(success=known, handled=False)


class _Talk(SMTP):
    """A talk of a Relay."""

    def __init__(self, relay: Relay) -> None:
        more: dict[str, Any] = {}
        if relay.login:
            more = {
                "authenticator": relay.check,
                "auth_required": True,
                "auth_require_tls": relay.trust is not None,
            }
        super().__init__(
            relay, hostname="relay.test", enable_SMTPUTF8=True, tls_context=relay.trust,
            loop=asyncio.get_running_loop(), **more,
        )  # fmt: skip
        self._relay = relay

    async def _handle_client(self) -> None:
        self._relay.talks += 1
        # The greeting is what aiosmtpd says first.
        if not await self._did("greeting"):
            await super()._handle_client()

    async def _did(self, verb: str, words: str = "") -> bool:
        said = self._relay.says(verb, words)
        if said is None:
            return False
        assert isinstance(self.transport, asyncio.WriteTransport)
        if said == CUT:
            self.transport.abort()
        elif said != SILENCE:
            await self.push(said)
            if said.startswith("421"):
                self.transport.close()
        elif said == SILENCE:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(30)
        return True

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._did("EHLO"):
            await super().smtp_EHLO(hostname)

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._did("EHLO"):
            await super().smtp_HELO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._did("STARTTLS"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._did("AUTH"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._did("MAIL", arg or ""):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._did("RCPT", arg or ""):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if not self.envelope or not self.envelope.rcpt_tos or not await self._did("DATA"):
            await super().smtp_DATA(arg)

    async def push(self, status: Any) -> None:
        # The answer to a whole mail is the handler's; what is done instead of it is done here.
        if status == "250 2.0.0 Kept" and (said := self._relay.says("the mail", "")) is not None:
            if said not in (CUT, SILENCE):
                self._relay.mails.pop()
                await super().push(said)
            else:
                await self._did("the mail")
            return
        await super().push(status)


@asynccontextmanager
async def running(**about: Any) -> AsyncIterator[Relay]:
    relay = Relay(**about)
    server = await asyncio.get_running_loop().create_server(lambda: _Talk(relay), "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        server.abort_clients()


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS at 127.0.0.1, and the file that whoever is to believe it trusts."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    file, secret = folder / "relay.pem", folder / "relay.key"
    file.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file, secret)
    return context, file
