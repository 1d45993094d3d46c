"""Sending: by which of the relays a mail goes, and what became of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from channels.adapters.email.compose import compose
from channels.adapters.email.connection import Envelope
from channels.adapters.email.pool import Pool
from channels.adapters.email.refusals import Fault, Trouble, tidy
from channels.adapters.email.signing import Key, Signer, read_keys
from channels.base import Hindrance, News, Outcome, Submission, accepted, later, refused, unknown
from channels.obstacles import domain_of
from channels.tokens import bounce_address
from core.clock import now
from core.errors import Invalid
from core.mail_relays import mail_relays
from core.settings import Settings


class Mail:
    """The e-mail channel: the relays in their order, the next one while the one before is in trouble."""

    repeatable = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pools = [Pool(relay, settings.mail_domain) for relay in mail_relays(settings)]
        self._keys = read_keys(settings.dkim_keys)
        self._signer = Signer()

    async def submit(self, submission: Submission) -> Outcome:
        try:
            raw = await self._written(submission)
            way = envelope(submission, self._settings)
        except (Invalid, UnicodeError) as error:
            return refused(f"It cannot be written as a mail: {error}")
        news: list[News] = []
        met: list[Trouble] = []
        for pool in self._pools:
            if not pool.takes_one():
                continue
            began = asyncio.get_running_loop().time()
            try:
                taken = await pool.send(way, raw)
            except ValueError as error:
                return _with(refused(f"That address cannot be written to: {tidy(str(error))}"), news)
            except Trouble as trouble:
                if trouble.fault in (Fault.RELAY, Fault.UNKNOWN):
                    news += pool.failed(trouble, began)
                else:
                    news += pool.succeeded()
                if trouble.fault not in (Fault.RELAY, Fault.SENDER):
                    return _with(_outcome(trouble, submission), news)
                # It has nothing of the mail: the next one may have it.
                met.append(trouble)
            else:
                news += pool.succeeded()
                missed = tuple((each.address, _outcome(each, submission)) for each in taken.missed)
                return _with(accepted(tidy(taken.words), missed), news)
        return _with(self._nobody(submission, met), news)

    def _nobody(self, submission: Submission, met: Sequence[Trouble]) -> Outcome:
        """What becomes of a mail that no relay took, none of them having had it."""
        for trouble in met:
            if trouble.fault is Fault.SENDER:
                reason = f"The mail server does not take mail from {submission.account}. {trouble}"
                return later(reason, Hindrance("sender", submission.account))
        waits = [pool.waits() for pool in self._pools]
        if met and not all(waits):
            # One broken talk: the relay is given another chance, and the mail is tried as any other.
            return later(f"The connection broke. {met[-1]}")
        reason = f"No mail server takes our mail. {met[-1]}" if met else "No mail server takes our mail now."
        return later(reason, Hindrance("road", "", timedelta(seconds=max(1.0, min(waits)))))

    async def _written(self, submission: Submission) -> bytes:
        """The mail as it goes out, signed where its sender's domain has keys."""
        raw, keys = compose(submission, self._settings, now()), self._keys_of(submission)
        if not keys:
            return raw
        return await self._signer.sign(raw, keys, int(now().timestamp()))

    def _keys_of(self, submission: Submission) -> list[Key]:
        return self._keys.get(submission.account.rpartition("@")[2].lower(), []) if self._keys else []

    async def close(self) -> None:
        for pool in self._pools:
            await pool.close()
        self._signer.close()


def _with(outcome: Outcome, news: list[News]) -> Outcome:
    return replace(outcome, news=tuple(news)) if news else outcome


def _outcome(trouble: Trouble, submission: Submission) -> Outcome:
    """What an answer means that is no fault of the relay."""
    match trouble.fault:
        case Fault.UNKNOWN:
            return unknown(f"The connection broke while the relay had the mail. {trouble}")
        case Fault.DOMAIN:
            domain = domain_of(trouble.address or submission.addressee)
            return later(str(trouble), Hindrance("domain", domain))
        case Fault.MAILBOX:
            return later(str(trouble))
        case _:
            return refused(str(trouble))


def envelope(submission: Submission, settings: Settings) -> Envelope:
    """Envelope sender, recipients and copies, domains in ASCII; an automatic answer has the null sender.

    What can be unsubscribed from comes back to an address of its own, which tells what came back however little the
    mail system says of it. Letters between people do not: greylisting wants to see one sender again.
    """
    names = {name.lower(): value for name, value in submission.headers.items()}
    if not names:
        sender = _ascii_domain(submission.account)
    elif names.get("auto-submitted", "").startswith("auto-replied"):  # RFC 3834
        sender = ""
    elif "list-unsubscribe" in names:
        sender = _ascii_domain(bounce_address(settings, submission.account, submission.message_id))
    else:
        sender = _ascii_domain(submission.account)
    if submission.only:
        return Envelope(sender, (_ascii_domain(submission.only),))
    recipients = tuple(map(_ascii_domain, submission.to))
    # Whoever is named twice gets one, and is missed once.
    copies = dict.fromkeys(map(_ascii_domain, (*submission.cc, *submission.bcc)))
    without = {*recipients, *(_ascii_domain(address) for address, _ in submission.closed)}
    return Envelope(sender, recipients, tuple(each for each in copies if each not in without))


def _ascii_domain(address: str) -> str:
    if address.isascii():
        return address
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"
