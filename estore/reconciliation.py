"""Reconciliation: what the card company tells us, and what we find out when it tells us nothing."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.errors import NotFound, TransientError
from core.jobs import JobRow, enqueue
from core.webhooks import ReceivedWebhook
from core.words import mark
from estore import attempts, orders, payments, refunds, stock, tasks
from estore.books import Payment
from estore.jobs import ExpireHold
from estore.models import HoldStatus, Order, OrderStatus, StockHold

PAID = ("checkout.session.completed", "checkout.session.async_payment_succeeded")
OVER = ("checkout.session.expired", "checkout.session.async_payment_failed")
REFUND = ("refund.created", "refund.updated", "refund.failed")
# How long after a hold's end its own job may take before another one is promised.
GRACE = timedelta(minutes=5)


async def read_event(session: AsyncSession, webhook: ReceivedWebhook) -> None:
    """Take in a stored event of the card company. Raises ValueError or LookupError for nonsense."""
    event: dict[str, Any] = msgspec.json.decode(webhook.body)
    kind, facts = str(event["type"]), event["data"]["object"]
    if kind in PAID and facts.get("payment_status") == "paid":
        await _paid(session, facts)
    elif kind in OVER:
        payment = await attempts.find(session, _ours(facts, "payment_id"), facts["id"])
        if payment is not None:
            await payments.record(session, payment.id, _answer(facts, "expired"))
    elif kind in REFUND:
        await _refund(session, kind, facts)


async def _paid(session: AsyncSession, facts: dict[str, Any]) -> None:
    payment = await attempts.find(session, _ours(facts, "payment_id"), facts["id"])
    if payment is not None:
        await payments.record(session, payment.id, _answer(facts, "paid"))
        return
    await tasks.open_task(
        session,
        "unmatched",
        f"checkout:{facts['id']}",
        "Money arrived that belongs to no payment of ours",
        {
            "amount": facts.get("amount_total"),
            "currency": str(facts.get("currency", "")).upper(),
            "checkout": facts["id"],
            "provider_payment": facts.get("payment_intent"),
        },
    )


def _answer(facts: dict[str, Any], status: Any) -> payments.Answer:
    return payments.Answer(
        session=facts["id"],
        status=status,
        amount=int(facts["amount_total"]),
        currency=str(facts["currency"]).upper(),
        payment=facts.get("payment_intent"),
    )


async def _refund(session: AsyncSession, kind: str, facts: dict[str, Any]) -> None:
    refund_id = _ours(facts, "refund_id") or await refunds.known(session, facts["id"])
    status = "failed" if kind == "refund.failed" else str(facts.get("status"))
    if refund_id is not None:
        try:
            await refunds.record(session, refund_id, facts["id"], status)
            return
        except NotFound:
            pass
    if status == "succeeded" and facts.get("payment_intent"):
        await refunds.made_elsewhere(session, facts["payment_intent"], facts["id"], int(facts["amount"]))


def _ours(facts: dict[str, Any], name: str) -> UUID | None:
    try:
        return UUID(str((facts.get("metadata") or {}).get(name, "")))
    except ValueError:
        return None


async def overdue(session: AsyncSession, order_id: UUID) -> attempts.Question | None:
    """What the gateway must be asked before an order's hold may end; None when there is nothing to ask."""
    order = await session.get(Order, order_id)
    if order is None or not await _is_over(session, order):
        return None
    attempt = await _attempt(session, order)
    return attempts.question(attempt) if attempt is not None else None


async def expire(session: AsyncSession, order_id: UUID) -> None:
    """Cancel an order whose time to be paid is over; one that has more time is looked at again then.

    Raises TransientError while money may still come through an attempt.
    """
    order = await session.get(Order, order_id, with_for_update=True, populate_existing=True)
    if order is None or order.status != OrderStatus.PLACED:
        return
    if not await _is_over(session, order):
        if until := await stock.held_until(session, order_id):
            await enqueue(session, ExpireHold(order_id), due_at=until, key=attempts.expiry_key(order_id))
        return
    attempt = await _attempt(session, order)
    if attempt is None:
        await orders.cancel(session, order_id, mark("It was not paid in time."))
    elif not attempt.reason.startswith("mismatch"):  # that money is here, and a colleague is on it
        raise TransientError("It is not known yet what became of the payment.")


async def _is_over(session: AsyncSession, order: Order) -> bool:
    until = await stock.held_until(session, order.id)
    return order.status == OrderStatus.PLACED and until is not None and until <= now()


async def _attempt(session: AsyncSession, order: Order) -> Payment | None:
    """The attempt through which money may still come from the gateway."""
    payment = (await orders.details(session, order)).payment
    if payment is not None and payment.request and payment.status in attempts.OPEN:
        return payment
    return None


async def revisit(session: AsyncSession, limit: int = 100) -> int:
    """Promise `ExpireHold` anew for orders whose hold is long over and which no job watches; how many."""
    over = now() - GRACE
    overdue_ids = await session.scalars(
        select(Order.id)
        .join(StockHold, StockHold.order_id == Order.id)
        .where(
            Order.status == OrderStatus.PLACED,
            StockHold.status == HoldStatus.HELD,
            # With a colleague already: other money arrived than was asked for.
            ~exists().where(
                Payment.order_id == Order.id,
                Payment.status.in_(attempts.OPEN),
                Payment.reason.startswith("mismatch"),
            ),
        )
        .group_by(Order.id)
        .having(func.max(StockHold.expires_at) < over, func.bool_and(StockHold.expires_at.is_not(None)))
        .order_by(func.max(StockHold.expires_at))
        .limit(limit)
    )
    promised = {msgspec.json.encode(ExpireHold(order_id)).decode(): order_id for order_id in overdue_ids}
    watched = await session.scalars(
        select(JobRow.payload).where(
            JobRow.tag == "estore.expire_hold",
            JobRow.payload.in_(promised),
            # One that has died of an error of ours is not revived at once, only to die again.
            or_(JobRow.dead_at.is_(None), JobRow.dead_at > now() - timedelta(hours=1)),
        )
    )
    for payload in watched:
        promised.pop(payload, None)
    for order_id in promised.values():
        await enqueue(session, ExpireHold(order_id), key=attempts.expiry_key(order_id))
    return len(promised)
