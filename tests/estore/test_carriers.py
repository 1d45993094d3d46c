"""Where a parcel can be followed."""

from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.models import Message
from core.settings import Settings
from estore import carriers, emails, orders
from estore.models import OrderStatus
from tests.estore.shopping import place


@pytest.mark.parametrize(
    ("carrier", "tracking", "address"),
    [
        ("DHL", "0034 0434 1610", "https://www.dhl.de/en/privatkunden/pakete-empfangen/verfolgen.html?piececode=003404341610"),
        ("dhl paket", "003404341610", "https://www.dhl.de/en/privatkunden/pakete-empfangen/verfolgen.html?piececode=003404341610"),
        ("DHL Express", "1234567890", "https://www.dhl.com/global-en/home/tracking.html?tracking-id=1234567890"),
        ("UPS", "1Z999AA10123456784", "https://www.ups.com/track?tracknum=1Z999AA10123456784"),
        ("Fed-Ex", "123", "https://www.fedex.com/fedextrack/?trknbr=123"),
        ("Our own van", "12", ""),
        ("DHL", "", ""),
        ("DHL", "12&x=https://evil.example", ""),
        ("", "12", ""),
    ],
)  # fmt: skip
def test_a_known_carrier_has_a_page_for_each_parcel(carrier: str, tracking: str, address: str) -> None:
    assert carriers.page(carrier, tracking) == address


def test_every_page_is_the_carriers_own_and_names_the_parcel() -> None:
    for name in carriers.PAGES:
        found = urlsplit(carriers.page(name, "AB 12", "de"))
        assert (found.scheme, "AB12" in found.geturl()) == ("https", True), name


@pytest.mark.parametrize(("carrier", "led"), [("DHL", True), ("Our own van", False)])
async def test_the_letter_leads_to_the_carrier_where_we_know_its_page(
    shop: AsyncSession, settings: Settings, carrier: str, led: bool
) -> None:
    order = await place(shop, payment="invoice", company="Berg & Co")
    await orders.advance(shop, order.id, OrderStatus.PACKED)
    await orders.advance(shop, order.id, OrderStatus.SHIPPED, carrier=carrier, tracking="0034 0434")
    await emails.shipped(shop, settings, order.id)
    letter = (await shop.scalars(select(Message))).one()
    page = "https://www.dhl.de/en/privatkunden/pakete-empfangen/verfolgen.html?piececode=00340434"
    assert "0034 0434" in (letter.text or "")
    assert (page in (letter.text or ""), page in (letter.html or "")) == (led, led)
