"""`throughline seed`: the demo company, made through the same functions that the doors call."""

import hmac
from collections.abc import AsyncIterator
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels import answers, conversations
from core import staff
from core.database import Database
from core.settings import Settings
from core.staff import Role, Staff
from customers import consent, identities, profile
from customers.models import AddressKind
from estore import attempts, carts, checkout, invoices, orders, payments
from estore.goods import Sku
from estore.models import OrderStatus
from support import notes, tickets
from support.triage import triage
from workers import demo
from workers.demo import Asked, Bought, Person
from workers.seeding import loading

DEPARTMENTS = ("estore.demo", "support.demo", "campaigns.demo")


def password(settings: Settings) -> str:
    """The demo colleagues' password: another one in every installation, the same at every start."""
    digest = hmac.new(settings.secret_key.get_secret_value().encode(), b"demo staff", sha256).hexdigest()
    return f"coffee-{digest[:4]}-{digest[4:8]}"


def logins(settings: Settings) -> list[dict[str, str]]:
    """Whom one can be at the desk, the owner first."""
    return [
        {
            "role": demo.TITLES[local],
            "name": name,
            "email": f"{local}@{settings.mail_domain}",
            "password": password(settings),
        }
        for name, local, _role in demo.STAFF
    ]


async def seed(
    database: Database, settings: Settings, customers: int = 0, end: int = 0
) -> AsyncIterator[tuple[str, int, int]]:
    """Load what is missing of the demo; yields (what, how many done, of how many) on the way.

    Beside the people whose stories are written by hand, so many generated `customers` whose two years end at
    `end` (seconds since 1970).
    """
    kept = await staff.hashed(password(settings))
    for done, (name, local, role) in enumerate(demo.STAFF, start=1):
        async with database.transaction() as session:
            await _employ(session, f"{local}@{settings.mail_domain}", name, role, kept)
        yield "Colleagues", done, len(demo.STAFF)
    departments = [name for name in DEPARTMENTS if find_spec(name) is not None]
    for done, name in enumerate(departments, start=1):
        async with database.transaction() as session:
            await import_module(name).load(session)
        yield "Store, help centre, campaigns", done, len(departments)
    async for step in loading.load(database, settings, customers, end):
        yield step
    for place, person in enumerate(demo.PEOPLE):
        # One transaction a person: they are there with their whole story, or not at all.
        async with database.transaction() as session:
            await _meet(session, settings, place, person)
        yield "Customers", place + 1, len(demo.PEOPLE)


async def _employ(session: AsyncSession, email: str, name: str, role: Role, password_hash: str) -> None:
    if await session.scalar(select(Staff.id).where(Staff.email == email)) is None:
        await staff.add(session, email, name, [role], password_hash)


async def _meet(session: AsyncSession, settings: Settings, place: int, person: Person) -> None:
    contact = identities.email(person.email)
    if await identities.owner(session, contact) is not None:
        return
    customer_id = await identities.resolve(
        session, contact, proven=False, name=person.name, source="store", locale=person.locale
    )
    customer_id = await identities.verify(session, contact, by="link", customer_id=customer_id)
    await profile.change(
        session,
        customer_id,
        name=person.name,
        company=person.company,
        phone=person.phone,
        locale=person.locale,
        country=person.country,
    )
    if person.phone:
        phone = identities.phone(person.phone, person.country)
        await identities.verify(session, phone, by="staff", customer_id=customer_id)
    await profile.add_address(
        session,
        customer_id,
        AddressKind.DELIVERY,
        name=person.name,
        company=person.company,
        street=person.street,
        postcode=person.postcode,
        city=person.city,
        country=person.country,
    )
    if person.news:
        await consent.grant(
            session,
            customer_id,
            "email",
            source="checkout",
            address=contact.value,
            wording=demo.WORDING,
        )
        if person.phone:
            await consent.grant(
                session,
                customer_id,
                "sms",
                source="preferences",
                address=identities.phone(person.phone, person.country).value,
                wording=demo.WORDING.replace("e-mail", "text message"),
            )
    for bought in demo.ORDERS.get(place, []):
        await _order(session, settings, customer_id, person, bought)
    for number, asked in enumerate(demo.ASKED.get(place, [])):
        await _ask(session, settings, person, asked, f"demo-{place}-{number}")


async def _order(
    session: AsyncSession, settings: Settings, customer_id: UUID, person: Person, bought: Bought
) -> None:
    cart = await carts.begin(session, customer_id)
    for code, quantity in bought.lines:
        sku_id = await session.scalar(select(Sku.id).where(Sku.code == code))
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
            customer_id=customer_id,
            locale=person.locale,
        ),
        home=settings.country,
    )
    invoice = (await invoices.of_order(session, order.id))[0]
    await invoices.finalise(session, invoice.id)
    if bought.came == "cancelled":
        await orders.cancel(session, order.id, "Ordered by mistake", tell=False)
    elif bought.came != "open":
        payment = await attempts.latest(session, invoice.id)
        assert payment is not None
        await payments.receive(session, payment.id, payment.amount, f"Statement line {order.number}")
        await _advance(session, order.id, bought.came)


async def _advance(session: AsyncSession, order_id: UUID, came: str) -> None:
    road = [OrderStatus.PACKED, OrderStatus.SHIPPED, OrderStatus.DELIVERED]
    facts: dict[OrderStatus, dict[str, Any]] = {
        OrderStatus.SHIPPED: {"carrier": "DHL", "tracking": f"00340434{int(order_id.int % 10**12):012}"}
    }
    for step in road[: road.index(OrderStatus(came)) + 1] if came in road else []:
        await orders.advance(session, order_id, step, **facts.get(step, {}))


async def _ask(session: AsyncSession, settings: Settings, person: Person, asked: Asked, key: str) -> None:
    by_sms = asked.channel == "sms"
    sender = identities.phone(person.phone, person.country) if by_sms else identities.email(person.email)
    message_id = "" if by_sms else f"{key}@{person.email.partition('@')[2]}"
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
    await triage(session, received.conversation_id)
    ticket = await tickets.of_conversation(session, received.conversation_id)
    assert ticket is not None
    colleague = await staff.find(session, f"{asked.by}@{settings.mail_domain}")
    assert colleague is not None
    if asked.note:
        await tickets.assign(session, ticket.id, colleague.id)
        await notes.write(session, received.conversation_id, colleague, asked.note)
    if asked.answer:
        await answers.reply(
            session, received.conversation_id, colleague, asked.answer, asked.channel, received.seq
        )
        await tickets.answered(session, received.conversation_id, colleague.id)
    if asked.solved:
        await tickets.solve(session, ticket.id)
