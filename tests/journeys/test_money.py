"""Money that does not come by card at the checkout: by bank transfer, and from the link in the mail."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Person, Town
from tests.journeys.steps import address, newest, open_mail, pay_by_card, sign_in_at_desk

BY_BANK = "greta.sommer@mail.test"
BY_LINK = "ruben.castel@mail.test"


def order_by_transfer(town: Town, customer: Page, email: str, name: str) -> str:
    """Put something in the cart, choose bank transfer, read the bank details; the order's number."""
    customer.goto(f"{town.site}/p/nord-gooseneck-kettle")
    customer.get_by_role("button", name="Add to cart").click()
    customer.get_by_role("link", name="See the cart").click()
    customer.get_by_role("link", name="To the checkout").click()
    address(customer, email, name)
    customer.get_by_role("radio", name=re.compile("^Bank transfer")).check(force=True)
    customer.get_by_role("button", name="Order and pay").click()

    customer.wait_for_url(re.compile("/thanks"))
    main = customer.get_by_role("main")
    expect(main).to_contain_text("Waiting for your bank transfer")
    expect(main).to_contain_text("DE02 1203 0000 0000 2020 51")
    found = re.search(r"/orders/([^/?]+)/thanks", customer.url)
    assert found is not None
    number = found[1]
    expect(main).to_contain_text(number)
    return number


def test_money_that_came_by_bank_transfer_is_noted_at_the_desk_and_the_customer_sees_it(
    town: Town, person: Person
) -> None:
    customer, colleague = person(), person()
    number = order_by_transfer(town, customer, BY_BANK, "Greta Sommer")
    iban, reference = newest(
        town, customer, BY_BANK, "Your order", r"(?s)IBAN: (DE[\d ]+\d).*Reference: (\S+)"
    )
    assert (iban, reference) == ("DE02 1203 0000 0000 2020 51", number)

    sign_in_at_desk(town, colleague, "storekeeper")
    colleague.goto(f"{town.site}/desk/store/orders?q={number}")
    colleague.get_by_role("link", name=number).first.click()
    colleague.get_by_label("On which statement").fill("Statement 11, line 4")
    colleague.get_by_role("button", name="Mark as received").click()
    expect(colleague.get_by_role("button", name="Mark as packed")).to_be_visible()
    label = colleague.get_by_role("link", name=re.compile("^INV-")).first.inner_text()
    colleague.goto(f"{town.site}/desk/money?status=paid")
    expect(colleague.get_by_role("main")).to_contain_text(label)

    customer.reload()
    expect(customer.get_by_role("main")).to_contain_text("Your order is paid")
    expect(customer.get_by_role("main")).to_contain_text("Nothing more is due")
    open_mail(town, customer, BY_BANK, "We have your payment")


def test_an_open_invoice_is_paid_from_the_link_in_the_mail_without_signing_in(
    town: Town, person: Person
) -> None:
    buyer, reader = person(), person(width=360)
    number = order_by_transfer(town, buyer, BY_LINK, "Ruben Castel")
    (link,) = newest(town, buyer, BY_LINK, "Your order", rf"({re.escape(town.site)}/pay/\S+)")

    # Another browser, which has never been here: the link alone opens this invoice, and nothing else.
    reader.goto(link)
    expect(reader.get_by_role("heading", level=1)).to_contain_text("INV-")
    reader.get_by_role("button", name="Pay by card").click()
    pay_by_card(town, reader)
    expect(reader.get_by_role("complementary", name="Pay")).to_contain_text("Thank you: nothing more is due")
    expect(reader.get_by_role("button", name="Pay by card")).to_have_count(0)
    reader.goto(f"{town.site}/account/invoices")
    expect(reader).to_have_url(re.compile("/sign-in"))

    open_mail(town, reader, BY_LINK, "We have your payment")
    buyer.reload()
    expect(buyer.get_by_role("main")).to_contain_text("Your order is paid")
    assert number in buyer.url
