"""What a company's own program does with us, written against the client that was generated from our description.

`test_typed_client.py` has mypy check it together with that client, and then runs it.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from throughline_client import AuthenticatedClient
from throughline_client.api.campaigns import (
    change_campaign,
    create_campaign,
    get_campaign_figures,
    launch_campaign,
    list_campaigns,
    list_recipients,
    steer_campaign,
)
from throughline_client.api.consent import list_consent, record_consent
from throughline_client.api.conversations import get_conversation, list_messages, reply
from throughline_client.api.customers import (
    add_identity,
    change_customer,
    create_customer,
    get_customer,
    list_customers,
    list_identities,
)
from throughline_client.api.invoices_and_payments import (
    get_invoice,
    get_invoice_pdf,
    list_invoices,
    list_payments,
    record_receipt,
)
from throughline_client.api.leads import capture_lead
from throughline_client.api.messages import get_message, send_message
from throughline_client.api.orders import advance_order, get_order, list_orders, place_order
from throughline_client.api.products import create_product, list_products
from throughline_client.api.segments import (
    create_segment,
    delete_segment,
    get_segment_size,
    list_segment_members,
)
from throughline_client.api.skus import get_sku, set_price, set_stock
from throughline_client.api.tickets import change_ticket, get_ticket, open_ticket
from throughline_client.api.timeline import append_entry, list_entries
from throughline_client.api.webhooks import (
    change_webhook_endpoint,
    create_webhook_endpoint,
    delete_webhook_endpoint,
    get_webhook_delivery,
    list_webhook_deliveries,
    rotate_webhook_secret,
    send_test_webhook,
)
from throughline_client.models.address_in import AddressIn
from throughline_client.models.all_of import AllOf
from throughline_client.models.campaign import Campaign
from throughline_client.models.campaign_change import CampaignChange
from throughline_client.models.campaign_in import CampaignIn
from throughline_client.models.campaign_page import CampaignPage
from throughline_client.models.consent import Consent
from throughline_client.models.consent_in import ConsentIn
from throughline_client.models.consent_page import ConsentPage
from throughline_client.models.conversation import Conversation
from throughline_client.models.customer import Customer
from throughline_client.models.customer_change import CustomerChange
from throughline_client.models.customer_in import CustomerIn
from throughline_client.models.customer_page import CustomerPage
from throughline_client.models.entry import Entry
from throughline_client.models.entry_in import EntryIn
from throughline_client.models.entry_in_facts import EntryInFacts
from throughline_client.models.entry_page import EntryPage
from throughline_client.models.figures import Figures
from throughline_client.models.identity import Identity
from throughline_client.models.identity_in import IdentityIn
from throughline_client.models.invoice import Invoice
from throughline_client.models.invoice_page import InvoicePage
from throughline_client.models.launch import Launch
from throughline_client.models.lead import Lead
from throughline_client.models.lead_in import LeadIn
from throughline_client.models.lead_in_origin import LeadInOrigin
from throughline_client.models.line_in import LineIn
from throughline_client.models.members import Members
from throughline_client.models.message import Message
from throughline_client.models.message_in import MessageIn
from throughline_client.models.message_page import MessagePage
from throughline_client.models.order import Order
from throughline_client.models.order_in import OrderIn
from throughline_client.models.order_page import OrderPage
from throughline_client.models.payment import Payment
from throughline_client.models.payment_page import PaymentPage
from throughline_client.models.price_in import PriceIn
from throughline_client.models.problem import Problem
from throughline_client.models.product import Product
from throughline_client.models.product_in import ProductIn
from throughline_client.models.product_page import ProductPage
from throughline_client.models.receipt import Receipt
from throughline_client.models.recipients import Recipients
from throughline_client.models.reply import Reply
from throughline_client.models.segment import Segment
from throughline_client.models.segment_in import SegmentIn
from throughline_client.models.size import Size
from throughline_client.models.sku import Sku
from throughline_client.models.sku_in import SkuIn
from throughline_client.models.step import Step
from throughline_client.models.stock_in import StockIn
from throughline_client.models.ticket import Ticket
from throughline_client.models.ticket_change import TicketChange
from throughline_client.models.ticket_in import TicketIn
from throughline_client.models.trait_compare import TraitCompare
from throughline_client.models.webhook_delivery import WebhookDelivery
from throughline_client.models.webhook_delivery_page import WebhookDeliveryPage
from throughline_client.models.webhook_endpoint import WebhookEndpoint
from throughline_client.models.webhook_endpoint_change import WebhookEndpointChange
from throughline_client.models.webhook_endpoint_in import WebhookEndpointIn
from throughline_client.models.webhook_endpoint_secret import WebhookEndpointSecret
from throughline_client.types import File, Response, Unset

LENA = "lena.hoffmann@post.test"


def told[T](answer: Response[Any], kind: type[T], status: int) -> T:
    """What an answer says, when it is what it should be."""
    assert int(answer.status_code) == status, answer.content
    assert isinstance(answer.parsed, kind), answer.parsed
    return answer.parsed


async def meet(client: AuthenticatedClient) -> UUID:
    """A customer, met once however often they are handed in; their id."""
    lena = CustomerIn(email=LENA, name="Lena Hoffmann", locale="de")
    first = await create_customer.asyncio_detailed(client=client, body=lena, idempotency_key="signup-1")
    again = await create_customer.asyncio_detailed(client=client, body=lena, idempotency_key="signup-1")
    met = told(first, Customer, 201)
    assert told(again, Customer, 201).to_dict() == met.to_dict()
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    other = CustomerIn(email="otto@post.test")
    refused = await create_customer.asyncio_detailed(client=client, body=other, idempotency_key="signup-1")
    assert told(refused, Problem, 422).detail == "This Idempotency-Key was used for another request."

    read = await get_customer.asyncio_detailed(met.id, client=client, expand="identities,traits")
    seen = told(read, Customer, 200)
    assert not isinstance(seen.identities, Unset)
    assert [(one.kind, one.value, one.verified_at) for one in seen.identities] == [("email", LENA, None)]
    plain = await get_customer.asyncio_detailed(met.id, client=client)
    assert isinstance(told(plain, Customer, 200).identities, Unset)
    etag = plain.headers["etag"]
    known = await get_customer.asyncio_detailed(met.id, client=client, if_none_match=etag)
    assert (int(known.status_code), known.content) == (304, b"")

    change = CustomerChange(company="Werkstatt Lang")
    changed = await change_customer.asyncio_detailed(met.id, client=client, body=change, if_match=etag)
    assert (told(changed, Customer, 200).company, met.company) == ("Werkstatt Lang", "")
    stale = await change_customer.asyncio_detailed(met.id, client=client, body=change, if_match=etag)
    assert told(stale, Problem, 412).title == "Precondition Failed"

    claim = IdentityIn(kind="phone", value="+49 30 23125000")
    told(await add_identity.asyncio_detailed(met.id, client=client, body=claim), Identity, 201)
    kept = told(await list_identities.asyncio_detailed(met.id, client=client), list, 200)
    assert {one.value for one in kept} == {LENA, "+493023125000"}
    return met.id


async def page(client: AuthenticatedClient) -> None:
    """A list, walked by its cursors: everyone once, the newest first."""
    made = []
    for number in range(5):
        body = CustomerIn(email=f"guest{number}@post.test")
        made.append(told(await create_customer.asyncio_detailed(client=client, body=body), Customer, 201).id)
    met: list[UUID] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await list_customers.asyncio_detailed(client=client, limit=2, cursor=cursor)
        listed = told(answer, CustomerPage, 200)
        met += [one.id for one in listed.data]
        cursor = listed.next_cursor
    assert met[:5] == made[::-1]
    assert len(met) == len(set(met))
    wrong = told(await list_customers.asyncio_detailed(client=client, cursor="nonsense"), Problem, 422)
    assert not isinstance(wrong.errors, Unset)
    assert [(one.pointer, one.detail) for one in wrong.errors] == [("/cursor", "Leave it out to begin anew.")]
    limit = told(await list_customers.asyncio_detailed(client=client, limit=0), Problem, 400)
    assert not isinstance(limit.errors, Unset)
    assert [one.pointer for one in limit.errors] == ["/limit"]


async def allow(client: AuthenticatedClient, lena: UUID) -> None:
    yes = ConsentIn(channel="email", granted=True, source="trade fair 2026", wording="Send me news.")
    line = told(await record_consent.asyncio_detailed(lena, client=client, body=yes), Consent, 201)
    ledger = told(await list_consent.asyncio_detailed(lena, client=client), ConsentPage, 200)
    assert [one.to_dict() for one in ledger.data] == [line.to_dict()]


async def append(client: AuthenticatedClient, lena: UUID) -> None:
    facts = EntryInFacts()
    facts.additional_properties = {"hours": 2, "technician": "Nora"}
    happened = EntryIn(
        kind="custom.machine.serviced",
        source_key="report-1",
        title="Kvern serviced",
        facts=facts,
        occurred_at=datetime(2026, 3, 1, 10, tzinfo=UTC),
    )
    first = told(await append_entry.asyncio_detailed(lena, client=client, body=happened), Entry, 201)
    again = told(await append_entry.asyncio_detailed(lena, client=client, body=happened), Entry, 201)
    assert (again.id, first.occurred_at) == (first.id, datetime(2026, 3, 1, 10, tzinfo=UTC))
    asked = await list_entries.asyncio_detailed(lena, client=client, kinds="custom.machine.serviced")
    assert [one.id for one in told(asked, EntryPage, 200).data] == [first.id]


async def support(client: AuthenticatedClient, lena: UUID) -> None:
    asked = TicketIn(customer_id=lena, subject="Water under the machine", text="After every brewing.")
    ticket = told(await open_ticket.asyncio_detailed(client=client, body=asked), Ticket, 201)
    assert (ticket.status, ticket.waiting_since is not None) == ("new", True)
    thread = told(
        await get_conversation.asyncio_detailed(ticket.conversation_id, client=client), Conversation, 200
    )
    answer = Reply(
        text="A seal.", channel="email", author="mira@halden.test", last_seen_seq=thread.last_seq - 1
    )
    stale = await reply.asyncio_detailed(thread.id, client=client, body=answer)
    assert told(stale, Problem, 409).status == 409
    answer.last_seen_seq = thread.last_seq
    for _twice in range(2):
        sent = await reply.asyncio_detailed(thread.id, client=client, body=answer, idempotency_key="reply-1")
        assert told(sent, Message, 201).direction == "outbound"
    said = told(await list_messages.asyncio_detailed(thread.id, client=client), MessagePage, 200)
    assert [(one.direction, one.text) for one in said.data] == [
        ("inbound", "After every brewing."),
        ("outbound", "A seal."),
    ]
    change = TicketChange(assignee="mira@halden.test", priority="high", status="solved")
    solved = told(await change_ticket.asyncio_detailed(ticket.id, client=client, body=change), Ticket, 200)
    assert (solved.status, solved.priority, solved.assignee_id is not None) == ("solved", "high", True)
    assert told(await get_ticket.asyncio_detailed(ticket.id, client=client), Ticket, 200).status == "solved"


async def sell(client: AuthenticatedClient, bought: UUID) -> None:
    """An order of one bag of DAW-250, to be paid by bank transfer."""
    listed = told(await list_orders.asyncio_detailed(client=client, expand="lines"), OrderPage, 200)
    assert [one.id for one in listed.data] == [bought]
    order = told(await get_order.asyncio_detailed(bought, client=client), Order, 200)
    assert isinstance(order.lines, Unset)
    mine = told(
        await list_invoices.asyncio_detailed(client=client, order_id=bought, status="open"), InvoicePage, 200
    )
    invoice = mine.data[0]
    assert (invoice.total, invoice.status, invoice.paid_at) == (order.total, "open", None)
    pdf = told(await get_invoice_pdf.asyncio_detailed(invoice.id, client=client), File, 200)
    assert pdf.payload.read(5) == b"%PDF-"
    payments = await list_payments.asyncio_detailed(client=client, invoice_id=invoice.id)
    payment = told(payments, PaymentPage, 200).data[0]
    paid = Receipt(amount=payment.amount, note="Statement 11, line 17")
    receipt = await record_receipt.asyncio_detailed(
        payment.id, client=client, body=paid, idempotency_key="line-17"
    )
    assert told(receipt, Payment, 201).status == "succeeded"
    assert told(await get_invoice.asyncio_detailed(invoice.id, client=client), Invoice, 200).status == "paid"
    packed = await advance_order.asyncio_detailed(bought, client=client, body=Step(status="packed"))
    assert told(packed, Order, 201).status == "packed"
    early = await advance_order.asyncio_detailed(bought, client=client, body=Step(status="delivered"))
    assert told(early, Problem, 409).title == "Conflict"


async def stock(client: AuthenticatedClient) -> None:
    products = told(await list_products.asyncio_detailed(client=client, active=True), ProductPage, 200)
    code = products.data[0].skus[0].code
    priced = await set_price.asyncio_detailed(code, client=client, body=PriceIn(price=1290))
    counted = await set_stock.asyncio_detailed(code, client=client, body=StockIn(on_hand=70))
    assert (told(priced, Sku, 200).price, told(counted, Sku, 200).on_hand) == (1290, 70)
    nothing = await set_price.asyncio_detailed("NOTHING", client=client, body=PriceIn(price=1))
    assert told(nothing, Problem, 404).detail == "That article does not exist."


async def enter(client: AuthenticatedClient, lena: UUID) -> None:
    """A new product, and an order of it that was given on the telephone."""
    grinder = ProductIn(
        name="Kvern Reise",
        category="grinders",
        skus=[SkuIn(code="REISE", price=9900, on_hand=3)],
    )
    made = told(await create_product.asyncio_detailed(client=client, body=grinder), Product, 201)
    assert (made.slug, made.skus[0].on_hand) == ("kvern-reise", 3)
    called = OrderIn(
        lines=[LineIn(sku="REISE", quantity=2)],
        address=AddressIn(
            name="Lena Hoffmann", street="Sonnenallee 177", postcode="12059", city="Berlin", country="DE"
        ),
        shipping="standard",
        payment="bank_transfer",
        customer_id=lena,
    )
    for _twice in range(2):
        order = told(
            await place_order.asyncio_detailed(client=client, body=called, idempotency_key="call-1"),
            Order,
            201,
        )
        assert (order.customer_id, order.goods, order.email) == (lena, 19800, LENA)
    shelf = await get_sku.asyncio_detailed("REISE", client=client)
    assert told(shelf, Sku, 200).reserved == 2
    counted = StockIn(on_hand=9)
    etag = shelf.headers["etag"]
    told(await set_stock.asyncio_detailed("REISE", client=client, body=counted, if_match=etag), Sku, 200)
    stale = await set_stock.asyncio_detailed("REISE", client=client, body=counted, if_match=etag)
    assert told(stale, Problem, 412).title == "Precondition Failed"


async def campaign(client: AuthenticatedClient) -> None:
    regulars = SegmentIn(
        name="Regulars",
        definition=TraitCompare(type_="trait", trait="orders", compare="at_least", value=3),
    )
    few = told(await create_segment.asyncio_detailed(client=client, body=regulars), Segment, 201)
    size = told(await get_segment_size.asyncio_detailed(few.id, client=client), Size, 200)
    assert (size.number, size.exact) == (0, True)
    assert int((await delete_segment.asyncio_detailed(few.id, client=client)).status_code) == 204
    everyone = SegmentIn(name="Everyone", definition=AllOf(type_="all", conditions=[]))
    chosen = told(await create_segment.asyncio_detailed(client=client, body=everyone), Segment, 201)
    members = told(await list_segment_members.asyncio_detailed(chosen.id, client=client), Members, 200)
    assert len(members.data) > 3

    draft = await create_campaign.asyncio_detailed(
        client=client, body=CampaignIn(name="Winter", channel="email")
    )
    begun = told(draft, Campaign, 201)
    words = CampaignChange(version=1, segment_id=chosen.id, subject="Winter", body="Hello, it is here.")
    written = await change_campaign.asyncio_detailed(begun.id, client=client, body=words)
    assert told(written, Campaign, 200).version == 2
    launched = await launch_campaign.asyncio_detailed(begun.id, client=client, body=Launch(version=2))
    assert told(launched, Campaign, 201).state == "preparing"
    figures = told(await get_campaign_figures.asyncio_detailed(begun.id, client=client), Figures, 200)
    assert figures.sent == 0
    told(await list_recipients.asyncio_detailed(begun.id, client=client), Recipients, 200)
    stopped = await steer_campaign.asyncio_detailed(begun.id, "cancel", client=client)
    assert told(stopped, Campaign, 201).state == "cancelled"
    listed = told(await list_campaigns.asyncio_detailed(client=client), CampaignPage, 200)
    assert [one.id for one in listed.data] == [begun.id]


async def write(client: AuthenticatedClient, lena: UUID) -> None:
    ready = MessageIn(customer_id=lena, channel="email", subject="Your repair", text="It is ready.")
    sent = [
        told(
            await send_message.asyncio_detailed(client=client, body=ready, idempotency_key="ready"),
            Message,
            202,
        )
        for _twice in range(2)
    ]
    assert sent[0].id == sent[1].id
    queued = told(await get_message.asyncio_detailed(sent[0].id, client=client), Message, 200)
    assert (queued.status, queued.recipients["to"]) == ("queued", [LENA])


async def hand_in(client: AuthenticatedClient, lena: UUID) -> None:
    origin = LeadInOrigin()
    origin["utm_source"] = "newsletter"
    form = LeadIn(email=LENA, source="Office form", interest="Office machines", origin=origin)
    lead = told(await capture_lead.asyncio_detailed(client=client, body=form), Lead, 201)
    assert (lead.customer_id, lead.origin["utm_source"]) == (lena, "newsletter")


async def listen(client: AuthenticatedClient) -> None:
    wanted = WebhookEndpointIn(
        name="The accounts", url="https://accounts.example.com/hook", kinds=["order.placed", "custom.a.b"]
    )
    made = told(
        await create_webhook_endpoint.asyncio_detailed(client=client, body=wanted), WebhookEndpointSecret, 201
    )
    assert made.secret.startswith("whsec_")
    tried = told(await send_test_webhook.asyncio_detailed(made.id, client=client), WebhookDelivery, 201)
    log = told(
        await list_webhook_deliveries.asyncio_detailed(made.id, client=client), WebhookDeliveryPage, 200
    )
    assert [(one.id, one.kind, one.state) for one in log.data] == [(tried.id, "webhook.test", "waiting")]
    one = told(
        await get_webhook_delivery.asyncio_detailed(made.id, tried.id, client=client), WebhookDelivery, 200
    )
    assert one.attempts == []
    rotated = told(
        await rotate_webhook_secret.asyncio_detailed(made.id, client=client), WebhookEndpointSecret, 201
    )
    assert rotated.secret != made.secret
    off = WebhookEndpointChange(enabled=False)
    closed = told(
        await change_webhook_endpoint.asyncio_detailed(made.id, client=client, body=off), WebhookEndpoint, 200
    )
    assert closed.disabled_at is not None
    private = WebhookEndpointIn(name="Inside", url="https://10.0.0.1/hook", kinds=["*"])
    refused = await create_webhook_endpoint.asyncio_detailed(client=client, body=private)
    told(refused, Problem, 422)
    assert int((await delete_webhook_endpoint.asyncio_detailed(made.id, client=client)).status_code) == 204


async def everything(client: AuthenticatedClient, bought: UUID) -> None:
    """`bought` is an order that waits for a bank transfer; mira@halden.test is an agent."""
    lena = await meet(client)
    await page(client)
    await allow(client, lena)
    await append(client, lena)
    await support(client, lena)
    await sell(client, bought)
    await stock(client)
    await enter(client, lena)
    await campaign(client)
    await write(client, lena)
    await hand_in(client, lena)
    await listen(client)
