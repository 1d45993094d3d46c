"""Text messages, by Twilio's REST resources and webhooks."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import aiohttp
from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from channels import conversations, optouts
from channels.announcements import LIGHT, MESSAGE, announce
from channels.base import Channel, Outcome, Submission, accepted, later, refused, unknown
from channels.models import Direction, MessageStatus
from core.clock import now
from core.errors import Invalid, NotAllowed
from core.settings import Settings
from customers import identities

NAME = "sms"
PATH = "/webhooks/twilio"
MAX_FIELDS = 200
TIMEOUT = 20
# Twilio's own list of those who said STOP; it may know of one that we do not.
OPTED_OUT = 21610


def connect(settings: Settings) -> Channel:
    """The open road to Twilio, on the running loop."""
    return Sms(settings)


class _Http(AsyncTwilioHttpClient):  # type: ignore[misc]  # it has no types
    """Twilio's client, sent to the host that settings name."""

    def __init__(self, base: str | None) -> None:
        super().__init__(timeout=TIMEOUT)
        self._base = base

    async def request(self, method: str, url: str, *arguments: Any, **options: Any) -> Response:
        if self._base is not None:
            url = self._base.rstrip("/") + urlsplit(url)._replace(scheme="", netloc="").geturl()
        options.setdefault("timeout", TIMEOUT)
        return await super().request(method, url, *arguments, **options)


class Sms:
    """Sends texts. One that may have gone out is never sent twice: a phone cannot tell the copies apart."""

    repeatable = False

    def __init__(self, settings: Settings) -> None:
        self._http = _Http(settings.twilio_api_base)
        self._client = Client(
            settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value(), http_client=self._http
        )
        self._callback = settings.public_url.rstrip("/") + PATH

    async def submit(self, submission: Submission) -> Outcome:
        try:
            sent = await self._client.messages.create_async(
                to=submission.to[0],
                from_=submission.account,
                body=submission.text,
                # Names our message: a report may be faster than the answer, or all that we hear.
                status_callback=f"{self._callback}?message={submission.message_id}",
            )
        except TwilioRestException as error:
            return _answered(error)
        except aiohttp.ClientConnectorError as error:
            return later(f"Twilio cannot be reached: {type(error).__name__}")
        except (aiohttp.ClientError, TwilioException, TimeoutError, OSError, ValueError) as error:
            return unknown(f"Twilio gave no answer: {type(error).__name__}")
        return accepted(sent.sid)

    async def close(self) -> None:
        await self._http.close()


def _answered(error: TwilioRestException) -> Outcome:
    reason = f"Twilio: {error.status} {error.code or ''} {' '.join(str(error.msg).split())[:200]}"
    if error.status in (408, 429, 503) or error.status == 401:  # 401: our token, ours to mend
        return later(reason)
    if error.status >= 500:
        return unknown(reason)
    return refused(reason, opted_out=error.code == OPTED_OUT)


class _Fields(dict[str, list[str]]):
    """A form as the validator wants it."""

    def getall(self, name: str) -> list[str]:
        return self[name]


def verified_event(body: bytes, signature: str, query: str, settings: Settings) -> str:
    """The id of a webhook that Twilio signed for our public address; `query` is the raw query string.

    Raises NotAllowed for any other body, or without a token to check against.
    """
    token = settings.twilio_auth_token.get_secret_value()
    url = settings.public_url.rstrip("/") + PATH + (f"?{query}" if query else "")
    pairs: list[tuple[str, str]] = []
    try:
        pairs = _pairs(body)
        fields = _Fields()
        for name, value in pairs:
            fields.setdefault(name, []).append(value)
        signed = bool(token) and RequestValidator(token).validate(url, fields, signature)
    except (ValueError, UnicodeError, Invalid):
        signed = False
    if not signed:
        raise NotAllowed("This is not signed by Twilio.")
    form = dict(pairs)
    sid = form.get("MessageSid") or form.get("SmsSid") or ""
    about = dict(parse_qsl(query)).get("message", "")
    return ":".join([sid, form.get("MessageStatus") or form.get("SmsStatus", ""), about])


def _pairs(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")


async def process(session: AsyncSession, external_id: str, body: bytes) -> None:
    """Read a stored webhook: a text from a phone, or a report on one of ours.

    Raises Invalid or LookupError for what belongs in quarantine.
    """
    form = {name: value.replace("\x00", "") for name, value in _pairs(body)}
    if not form.get("MessageSid"):
        raise Invalid("It names no message.")
    if "Body" in form and form.get("SmsStatus", "received") == "received" and "MessageStatus" not in form:
        await _receive(session, form)
    else:
        await _report(session, form, external_id.rpartition(":")[2])


async def _receive(session: AsyncSession, form: Mapping[str, str]) -> None:
    number, account = form.get("From", ""), form.get("To", "")
    if not number.startswith("+") or not account:
        raise Invalid("It comes from something that cannot be answered.")
    sender = identities.phone(number)
    words = form["Body"]
    pictures = [value for name, value in form.items() if name.startswith("MediaUrl")]
    word = optouts.keyword(words)
    received = await conversations.receive(
        session,
        conversations.Incoming(
            channel=NAME,
            account=account,
            external_id=form["MessageSid"],
            sender=sender,
            proven=True,  # Twilio's word; it makes nobody the owner of a number
            text="\n".join([words, *pictures]).strip(),
            automated=word is not None,
        ),
    )
    if word is not None and received.new:
        await optouts.obey(session, word, received, sender.value, account)


# A report moves a message forward only: reports overtake each other, and our own record.
_OPEN = (MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.UNKNOWN, MessageStatus.SENT)
_FORWARD = {
    "sent": (MessageStatus.SENT, (MessageStatus.UNKNOWN,)),
    "delivered": (MessageStatus.DELIVERED, _OPEN),
    "read": (MessageStatus.DELIVERED, _OPEN),
    "failed": (MessageStatus.FAILED, _OPEN),
    "undelivered": (MessageStatus.FAILED, _OPEN),
}


async def _report(session: AsyncSession, form: Mapping[str, str], about: str) -> None:
    status = form.get("MessageStatus") or form.get("SmsStatus") or ""
    if status not in _FORWARD:
        return  # accepted, queued, sending: nothing that we do not know
    target, before = _FORWARD[status]
    reason = None
    if target == MessageStatus.FAILED:
        reason = f"Not delivered: {form.get('ErrorCode', '')} {form.get('ErrorMessage', '')}".strip()
    named = MESSAGE.c.id == UUID(about) if about else MESSAGE.c.external_id == form["MessageSid"]
    rows = await session.execute(
        update(MESSAGE)
        .where(
            named,
            MESSAGE.c.channel == NAME,
            MESSAGE.c.direction == Direction.OUTBOUND,
            MESSAGE.c.status.in_(before),
        )
        .values(
            status=str(target),
            reason=reason,
            release_at=None,
            sent_at=MESSAGE.c.sent_at
            if target == MessageStatus.FAILED
            else func.coalesce(MESSAGE.c.sent_at, now()),
            delivered_at=now() if target == MessageStatus.DELIVERED else None,
        )
        .returning(*LIGHT)
    )
    await announce(session, list(rows.mappings()))
