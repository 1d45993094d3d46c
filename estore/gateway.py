"""The gateway: cards through Stripe. No other file knows of it; what passes in and out are our own types."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import aiohttp
import msgspec
import stripe
from stripe import StripeClient

from core.errors import Conflict, NotAllowed, TransientError
from core.settings import Settings
from core.words import mark, worded
from estore.attempts import Question
from estore.payments import Answer

TIMEOUT = 12.0
LOCALES = ("de", "en", "es", "hu", "pt")
NO_ANSWER = mark("The card company does not answer. Nothing is charged twice; try again soon.")
# Only these are the gateway's own no; a body that it did not write says nothing of what it did.
REFUSALS = (stripe.InvalidRequestError, stripe.CardError, stripe.IdempotencyError)


class NoAnswerError(TransientError):
    """The gateway was asked and we do not know what it did: ask the same again, never something new."""


class Refused(Conflict):
    """The gateway understood and will not do it."""


class Gateway:
    """Make it on the loop that uses it, `close()` it there."""

    def __init__(self, settings: Settings) -> None:
        self._http = stripe.AIOHTTPClient(timeout=TIMEOUT)
        addresses: Any = {"api": settings.stripe_api_base} if settings.stripe_api_base else None
        self._stripe = StripeClient(
            settings.stripe_api_key.get_secret_value(),
            base_addresses=addresses,
            http_client=self._http,
            max_network_retries=0,  # jobs have one retry policy, and a person should not wait
        )

    async def close(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]  # the library has no types

    async def answer(self, question: Question) -> Answer:
        """Open the checkout of an attempt, or say how it stands; asking again is safe.

        Raises NoAnswerError when it is not known what happened, Refused when nothing was opened for good.
        """
        with _in_our_words():
            if question.session is not None:
                return _answer(await self._stripe.v1.checkout.sessions.retrieve_async(question.session))
            return _answer(
                await self._stripe.v1.checkout.sessions.create_async(
                    _parameters(question), {"idempotency_key": question.idempotency_key}
                )
            )

    async def close_checkout(self, question: Question) -> Answer:
        """See to it that nobody can pay through this checkout any more; `paid` when somebody was faster."""
        answer = await self.answer(question)
        if answer.status != "open":
            return answer
        try:
            with _in_our_words():
                return _answer(await self._stripe.v1.checkout.sessions.expire_async(answer.session))
        except Refused:
            return await self.answer(
                Question(question.payment_id, question.idempotency_key, answer.session, question.request)
            )

    async def refund(
        self, provider_payment: str, amount: int, *, refund_id: UUID, idempotency_key: str
    ) -> tuple[str, str]:
        """Give back part of a payment: the gateway's id of the refund, its status. Raises as `answer`.

        One that was made already is found again, also after the gateway has forgotten the key.
        """
        with _in_our_words():
            made = await self._stripe.v1.refunds.list_async(
                {"payment_intent": provider_payment, "limit": 100}
            )
            async for refund in made.auto_paging_iter():
                if (refund.to_dict().get("metadata") or {}).get("refund_id") == str(refund_id):
                    return refund.id, refund.status or "pending"
            refund = await self._stripe.v1.refunds.create_async(
                {
                    "payment_intent": provider_payment,
                    "amount": amount,
                    "metadata": {"refund_id": str(refund_id)},
                },
                {"idempotency_key": idempotency_key},
            )
        return refund.id, refund.status or "pending"

    async def refund_status(self, provider_refund: str) -> str:
        """How a refund stands: pending, requires_action, succeeded, failed, canceled. Raises as `answer`."""
        with _in_our_words():
            refund = await self._stripe.v1.refunds.retrieve_async(provider_refund)
        return refund.status or "pending"


class _Event(msgspec.Struct):
    """All that is read of an event before it is kept."""

    id: str


_named = msgspec.json.Decoder(_Event).decode


def verified_event(body: bytes, signature: str, settings: Settings) -> str:
    """The id of an event that Stripe signed, within five minutes. Raises NotAllowed for any other body."""
    secret = settings.stripe_webhook_secret.get_secret_value()
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, stripe.Webhook.DEFAULT_TOLERANCE)
        return _named(body).id
    except (ValueError, msgspec.DecodeError, stripe.SignatureVerificationError):
        raise NotAllowed("This event is not signed by Stripe, or too long ago.") from None


def _parameters(question: Question) -> Any:
    asked, ours = question.request, {"payment_id": str(question.payment_id)}
    return {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": asked["currency"].lower(),
                    "unit_amount": asked["amount"],
                    "product_data": {"name": asked["title"]},
                },
            }
        ],
        "customer_email": asked["email"],
        "client_reference_id": str(question.payment_id),
        "locale": asked["locale"] if asked["locale"] in LOCALES else "auto",
        "success_url": asked["success_url"],
        "cancel_url": asked["cancel_url"],
        "expires_at": asked["expires_at"],
        "metadata": ours,
        "payment_intent_data": {"metadata": ours, "description": asked["title"]},
    }


def _answer(session: Any) -> Answer:
    status = {"complete": "open", "open": "open", "expired": "expired"}[session.status]
    if session.payment_status in ("paid", "no_payment_required"):
        status = "paid"
    intent = session.payment_intent
    return Answer(
        session=session.id,
        status=status,  # type: ignore[arg-type]  # declared more narrowly than it takes
        amount=session.amount_total,
        currency=session.currency.upper(),
        url=session.url,
        payment=intent if intent is None or isinstance(intent, str) else intent.id,
    )


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Whatever goes wrong on the way to the gateway and back, as one of our errors."""
    try:
        yield
    except stripe.StripeError as error:
        raise _ours(error) from error
    except (aiohttp.ClientError, OSError) as error:  # the library wraps these only until the body begins
        raise NoAnswerError(NO_ANSWER) from error


def _ours(error: stripe.StripeError) -> Exception:
    status = error.http_status
    if status in (409, 429):
        return NoAnswerError("The card company is busy. Nothing was charged; try again in a minute.")
    if status in (401, 403):
        return TransientError("Card payments are not set up rightly. Nothing was charged; pay another way.")
    if not isinstance(error, REFUSALS) or status is None or status >= 500:
        return NoAnswerError(NO_ANSWER)
    reason = error.user_message or error.code
    if not reason:
        return Refused("The card company refused the payment and gave no reason. Nothing was charged.")
    return Refused(worded("The card company refused the payment: %(reason)s", reason=reason))
