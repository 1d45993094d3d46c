"""The stories written by hand, told through the functions that the doors call, each step at its own moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels import answers, conversations, outbox
from channels.models import Message, MessageStatus
from core import clock, staff
from core.database import Base
from core.jobs import JobRow
from core.settings import Settings
from customers import consent, identities, profile, timeline
from customers.models import AddressKind
from estore import attempts, carts, checkout, invoices, orders, payments
from estore.models import OrderStatus
from support import notes, tickets
from support.triage import triage
from workers import demo
from workers.demo import Asked, Bought, Person

# How many days ago an order was placed that came so far, and how long each step took from there.
AGO = {"delivered": 9.0, "shipped": 3.0, "packed": 2.0, "paid": 1.0, "open": 0.3, "cancelled": 6.0}
STEPS = {"paid": 0.6, "packed": 1.4, "shipped": 1.7, "delivered": 4.2, "cancelled": 0.2}
# The letters about an order went out when it was placed, paid and sent; they do not go out again today.
LETTERS = ("estore.send_confirmation", "estore.send_receipt", "estore.send_shipped", "estore.send_cancelled")
OLD = timedelta(hours=12)


async def tell(session: AsyncSession, settings: Settings, place: int, person: Person) -> None:
    """A person's whole story, in the caller's transaction; nothing when they are known already."""
    contact = identities.email(person.email)
    if await identities.owner(session, contact) is not None:
        return
    present = clock.now()
    story = _Story(session, settings, person)
    with story.at(present - timedelta(days=40 + place * 11 % 200, hours=place % 9)):
        await story.meet()
    await story.date()
    bought = demo.ORDERS.get(place, [])
    for number, one in enumerate(bought):
        again = 0.0 if number else 5.0 * (len(bought) - 1)
        days = AGO[one.came] + again + place % 7 * (1.7 if one.came in ("delivered", "cancelled") else 0.04)
        await story.buy(one, present - timedelta(days=days))
    for number, asked in enumerate(demo.ASKED.get(place, [])):
        hours = 0.4 + place * 0.9
        if asked.answer:
            hours = (20 if not asked.solved else 52) + place * 2.3
        await story.ask(asked, f"demo-{place}-{number}", present - timedelta(hours=hours))


class _Story:
    def __init__(self, session: AsyncSession, settings: Settings, person: Person) -> None:
        self.session, self.settings, self.person = session, settings, person
        self.customer_id: UUID
        self.moment = clock.now()

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        self.moment = moment
        with clock.at(moment):
            yield

    async def date(self) -> None:
        """What the database dated with the present moment, this transaction's, happened at the story's."""
        await self.session.flush()
        for statement in _dating():
            await self.session.execute(text(statement), {"who": self.customer_id, "moment": self.moment})

    async def meet(self) -> None:
        session, person = self.session, self.person
        contact = identities.email(person.email)
        customer_id = await identities.resolve(
            session, contact, proven=False, name=person.name, source="store", locale=person.locale
        )
        self.customer_id = await identities.verify(session, contact, by="link", customer_id=customer_id)
        await profile.change(
            session,
            self.customer_id,
            name=person.name,
            company=person.company,
            phone=person.phone,
            locale=person.locale,
            country=person.country,
        )
        phone = identities.phone(person.phone, person.country) if person.phone else None
        if phone:
            await identities.verify(session, phone, by="staff", customer_id=self.customer_id)
        await profile.add_address(
            session,
            self.customer_id,
            AddressKind.DELIVERY,
            name=person.name,
            company=person.company,
            street=person.street,
            postcode=person.postcode,
            city=person.city,
            country=person.country,
        )
        if person.news:
            await self._allow("email", "checkout", contact.value, demo.WORDING)
        if person.news and phone:
            await self._allow(
                "sms", "preferences", phone.value, demo.WORDING.replace("e-mail", "text message")
            )

    async def _allow(self, channel: str, source: str, address: str, wording: str) -> None:
        await consent.grant(
            self.session, self.customer_id, channel, source=source, address=address, wording=wording
        )

    async def buy(self, bought: Bought, placed: datetime) -> None:
        session = self.session
        with self.at(placed):
            order_id, number, invoice_id = await self._order(bought)
        await self.date()
        if bought.came == "cancelled":
            with self.at(placed + timedelta(days=STEPS["cancelled"])):
                await orders.cancel(session, order_id, "Ordered by mistake", tell=False)
            await self.date()
        elif bought.came != "open":
            payment = await attempts.latest(session, invoice_id)
            assert payment is not None
            with self.at(placed + timedelta(days=STEPS["paid"])):
                await payments.receive(session, payment.id, payment.amount, f"Statement line {number}")
            await self.date()
            await self._advance(order_id, bought.came, placed)
        if placed < clock.now() - OLD:
            await session.execute(
                delete(JobRow).where(JobRow.created_at == func.now(), JobRow.tag.in_(LETTERS))
            )

    async def _order(self, bought: Bought) -> tuple[UUID, str, UUID]:
        session, person = self.session, self.person
        cart = await carts.begin(session, self.customer_id)
        for code, quantity in bought.lines:
            sku_id = await session.scalar(text("SELECT id FROM sku WHERE code = :code"), {"code": code})
            assert sku_id is not None, code
            await carts.put(session, cart, sku_id, quantity)
        order = await checkout.place(
            session,
            checkout.Checkout(
                cart_id=cart.id,
                email=person.email,
                name=person.name,
                company=person.company,
                phone=person.phone,
                street=person.street,
                postcode=person.postcode,
                city=person.city,
                country=person.country,
                shipping="standard" if person.country == "DE" else "europe",
                payment="invoice" if person.company else "bank_transfer",
                customer_id=self.customer_id,
                locale=person.locale,
            ),
            home=self.settings.country,
        )
        invoice = (await invoices.of_order(session, order.id))[0]
        await invoices.finalise(session, invoice.id)
        return order.id, order.number, invoice.id

    async def _advance(self, order_id: UUID, came: str, placed: datetime) -> None:
        road = [OrderStatus.PACKED, OrderStatus.SHIPPED, OrderStatus.DELIVERED]
        facts: dict[OrderStatus, dict[str, Any]] = {
            OrderStatus.SHIPPED: {"carrier": "DHL", "tracking": f"00340434{int(order_id.int % 10**12):012}"}
        }
        for step in road[: road.index(OrderStatus(came)) + 1] if came in road else []:
            with self.at(placed + timedelta(days=STEPS[step])):
                await orders.advance(self.session, order_id, step, **facts.get(step, {}))
            await self.date()

    async def ask(self, asked: Asked, key: str, began: datetime) -> None:
        session, person, settings = self.session, self.person, self.settings
        by_sms = asked.channel == "sms"
        sender = identities.phone(person.phone, person.country) if by_sms else identities.email(person.email)
        message_id = "" if by_sms else f"{key}@{person.email.partition('@')[2]}"
        with self.at(began):
            received = await conversations.receive(
                session,
                conversations.Incoming(
                    channel=asked.channel,
                    account=settings.twilio_number if by_sms else settings.support_address,
                    external_id=message_id or key,
                    sender=sender,
                    proven=True,
                    sender_name="" if by_sms else person.name,
                    sender_address=sender.value,
                    subject=asked.subject,
                    text=asked.text,
                    rfc_message_id=message_id,
                ),
            )
        await self.date()
        with self.at(began):
            await triage(session, received.conversation_id)
        await self.date()
        ticket = await tickets.of_conversation(session, received.conversation_id)
        assert ticket is not None
        colleague = await staff.find(session, f"{asked.by}@{settings.mail_domain}")
        assert colleague is not None
        if asked.note:
            with self.at(began + timedelta(minutes=11)):
                await tickets.assign(session, ticket.id, colleague.id, by=colleague.id)
                await notes.write(session, received.conversation_id, colleague, asked.note)
            await self.date()
        if asked.answer:
            with self.at(began + timedelta(minutes=47)):
                answer_id = await answers.reply(
                    session, received.conversation_id, colleague, asked.answer, asked.channel, received.seq
                )
                await self._deliver(answer_id)
            await self.date()
            with self.at(began + timedelta(minutes=47)):
                await tickets.answered(session, received.conversation_id, colleague.id)
        if asked.solved:
            with self.at(began + timedelta(hours=3)):
                await tickets.solve(session, ticket.id, by=colleague.id)
            await self.date()

    async def _deliver(self, message_id: UUID) -> None:
        """An answer of another day arrived on that day: nothing is sent again."""
        session, gone = self.session, clock.now() + answers.UNDO_WINDOW
        rows = await session.execute(
            update(Message)
            .where(Message.id == message_id)
            .values(status=MessageStatus.SENT, sent_at=gone, release_at=None)
            .returning(*Message.__table__.c)
        )
        with clock.at(gone):
            await timeline.append_many(session, [outbox.sent(row) for row in rows.mappings()])
        promised = JobRow.payload.contains(str(message_id))
        await session.execute(
            delete(JobRow).where(JobRow.created_at == func.now(), JobRow.tag == "channels.deliver", promised)
        )


@cache
def _dating() -> list[str]:
    """For each table of a customer's rows that can be changed: what moves the columns dated by default."""
    found = []
    for table in Base.metadata.sorted_tables:
        owner = "id" if table.name == "customer" else "customer_id"
        columns = [
            column.name
            for column in table.columns
            if column.server_default is not None and "now()" in str(getattr(column.server_default, "arg", ""))
        ]
        if owner not in table.columns or not columns or table.name in ("timeline_entry", "consent_record"):
            continue
        moved = ", ".join(
            f"{name} = CASE WHEN {name} = now() THEN :moment ELSE {name} END" for name in columns
        )
        dated = " OR ".join(f"{name} = now()" for name in columns)
        found.append(f"UPDATE {table.name} SET {moved} WHERE {owner} = :who AND ({dated})")  # noqa: S608 - names of our own tables
    return found
