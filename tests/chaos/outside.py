"""Everybody outside: people who write and answer, the mail servers and providers that carry it, and their letters."""

import asyncio
import smtplib
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path

import httpx

from tests.channels import dovecot, sink
from tests.channels.dovecot import running_dovecot
from tests.channels.letters import letter
from tests.channels.postfix import running_postfix
from tests.chaos.providers import SUPPORT, Mailgun, SendGrid

BOX = "box.test"


@dataclass(frozen=True)
class Plan:
    """How many letters come in by which road: first those by LMTP, then by IMAP, then by providers."""

    people: int
    by_lmtp: int
    by_imap: int
    by_provider: int
    answered: int  # letters that we answer; each answer is answered by its reader
    by_two_roads: int  # of those by LMTP, also by IMAP

    @property
    def first(self) -> int:
        return self.by_lmtp + self.by_imap + self.by_provider

    @property
    def all(self) -> int:
        return self.first + self.answered

    def person(self, number: int) -> str:
        # Whom only a provider vouches for is a stranger: nobody's proven address.
        kind = "person" if number < self.by_lmtp + self.by_imap else "stranger"
        return f"{kind}{number % self.people}@people.test"

    def letter(self, number: int) -> bytes:
        return dated(
            letter(
                sender=self.person(number),
                subject=f"Letter {number}",
                text=f"This is letter {number}.",
                message_id=f"<letter-{number}@people.test>",
            )
        )


class World:
    """Whoever writes to us and reads what we write."""

    def __init__(self, plan: Plan, relay: int, site: str, mailboxes: sink.Sink, sendgrid: SendGrid) -> None:
        self.plan, self.relay, self.mailboxes = plan, relay, mailboxes
        self.site = httpx.AsyncClient(base_url=site, timeout=20)
        self.providers: list[Mailgun | SendGrid] = [Mailgun(), sendgrid]
        self.heard: set[str] = set()  # Message-IDs of ours that their readers have answered
        self.handed_over = self.refused = 0

    async def write(self, number: int) -> None:
        """Let one letter come in by the road that its number says, and by a second one if so."""
        raw = self.plan.letter(number)
        if number < self.plan.by_lmtp:
            await self.post(raw, SUPPORT)
            if number < self.plan.by_two_roads:
                await self.post(raw, f"support@{BOX}")
        elif number < self.plan.by_lmtp + self.plan.by_imap:
            await self.post(raw, f"support@{BOX}")
        else:
            await self.call(raw, number)

    async def post(self, raw: bytes, to: str) -> None:
        def hand_over() -> None:
            with smtplib.SMTP("127.0.0.1", self.relay, timeout=60) as smtp:
                smtp.sendmail(self.plan.person(0), [to], raw)

        await asyncio.to_thread(hand_over)

    async def call(self, raw: bytes, number: int) -> None:
        """Post a letter as one of the providers does, whole or in pieces, until somebody says 200."""
        provider, whole = self.providers[number % 2], number % 4 < 2
        while True:
            posted = provider.post(raw, self.plan.person(number), number, whole=whole)
            with suppress(httpx.HTTPError):
                said = await self.site.post(posted.path, content=posted.content, headers=posted.headers)
                if said.status_code == 200:
                    self.handed_over += 1
                    return
            self.refused += 1
            await asyncio.sleep(0.5)

    async def answer(self) -> None:
        """Read what comes and answer every answer of a colleague once, to where it says."""
        read = 0
        while len(self.heard) < self.plan.answered:
            for _, _, raw in self.mailboxes.mails[read:]:
                read += 1
                if b"\r\nSubject: Re: Letter " not in raw:
                    continue
                mail = opened(raw)
                if not mail["Subject"].startswith("Re: Letter") or "auto-submitted" in mail:
                    continue
                if mail["Message-ID"] in self.heard:
                    continue
                self.heard.add(mail["Message-ID"])
                number = int(mail["Subject"].rpartition(" ")[2])
                reply = dated(
                    letter(
                        sender=self.plan.person(number), to=mail["Reply-To"], subject=f"Re: Letter {number}",
                        text=f"Thank you for answer {number}.", message_id=f"<answer-{number}@people.test>",
                        in_reply_to=mail["Message-ID"],
                    )
                )  # fmt: skip
                await self.post(reply, mail["Reply-To"].rpartition("<")[2].rstrip(">"))
            await asyncio.sleep(0.3)


def dated(raw: bytes) -> bytes:
    return raw.replace(b"Sat, 21 Nov 2026 10:00:00 +0000", formatdate().encode())


def opened(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, _class=EmailMessage, policy=policy.default)


@asynccontextmanager
async def servers(lmtp: int) -> AsyncIterator[tuple[dovecot.Dovecot, int, sink.Sink]]:
    """Dovecot, the port of Postfix, and the mailboxes of everybody else.

    Mail for BOX reaches Dovecot by its own LMTP, where that is installed, else Postfix puts it into the Maildir.
    """
    memory = Path("/dev/shm")
    async with AsyncExitStack() as stack:
        place = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="tl-mail-", dir=memory if memory.is_dir() else None)
        )
        Path(place).chmod(0o711)
        everybody = await stack.enter_async_context(sink.running())
        boxes = stack.enter_context(running_dovecot(Path(place) / "dovecot"))
        boxes.open_box("support")
        roads = {"halden.test": lmtp} | ({BOX: boxes.lmtp} if boxes.lmtp else {})
        relay = stack.enter_context(
            running_postfix(
                Path(place) / "postfix",
                lmtp=roads,
                box="" if boxes.lmtp else BOX,
                mail=boxes.folder / "mail",
                owner=(boxes.owner.pw_uid, boxes.owner.pw_gid),
                onwards=everybody.port,
            )
        )
        yield boxes, relay, everybody
