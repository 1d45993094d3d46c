"""The customer's side with JavaScript switched off: everything that a customer can do there works as plain pages."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Person, Town
from tests.journeys.steps import address, newest, pay_by_card, sign_in, sign_in_at_desk

BUYER = "ines.moreau@mail.test"
SEGMENT = "Readers of plain pages"
ASKER = "karl.weiss@mail.test"


@pytest.fixture
def customer(person: Person) -> Page:
    return person(width=360, javascript=False)


def launch(town: Town, marketer: Page, subject: str) -> None:
    """Write a mail to everybody who allows it and launch it."""
    marketer.goto(f"{town.site}/desk/segments/new")
    marketer.get_by_label("Name").fill(SEGMENT)
    marketer.get_by_role("button", name="Save").click()
    marketer.get_by_role("link", name="Everyone in it").wait_for()
    marketer.goto(f"{town.site}/desk/campaigns/new")
    marketer.get_by_label("Name").fill("Plain winter")
    marketer.get_by_role("button", name="Begin").click()
    marketer.get_by_label("Segment").select_option(label=SEGMENT)
    marketer.get_by_role("button", name="Next: what").click()
    marketer.get_by_label("Subject").fill(subject)
    marketer.get_by_label("Message").fill("The new beans are here.")
    marketer.get_by_role("button", name="Next: when").click()
    marketer.get_by_role("button", name="Next: check").click()
    marketer.get_by_role("button", name="Launch").click()
    marketer.get_by_role("group", name="Recipients").wait_for()


def test_a_customer_finds_narrows_down_and_sorts(town: Town, customer: Page) -> None:
    customer.goto(town.site)
    customer.get_by_role("searchbox", name="Search the store").fill("ketle")  # a slip of the finger
    customer.get_by_role("button", name="Search the store").click()
    expect(customer.get_by_role("main")).to_contain_text("Nord gooseneck kettle")
    customer.goto(f"{town.site}/c/beans")
    customer.get_by_role("button", name="Narrow down").click()
    customer.get_by_role("dialog").get_by_label("At most").fill("10")
    customer.get_by_role("dialog").get_by_role("button", name="Show").click()
    expect(customer).to_have_url(re.compile(r"to=10"))
    customer.get_by_role("link", name=re.compile("^Up to 10")).click()
    expect(customer).not_to_have_url(re.compile(r"to=10"))
    customer.get_by_label("Sort by").select_option("price")
    customer.get_by_role("button", name="Sort").click()
    expect(customer).to_have_url(re.compile(r"sort=price"))


def test_a_customer_buys_pays_and_leaves_the_news(town: Town, customer: Page, person: Person) -> None:
    main = customer.get_by_role("main")
    customer.goto(f"{town.site}/p/nord-gooseneck-kettle")
    customer.get_by_role("button", name="Add to cart").click()
    expect(customer).to_have_url(f"{town.site}/cart")
    customer.get_by_label("Quantity of Nord gooseneck kettle").fill("2")
    customer.get_by_role("button", name="Update the cart").click()
    expect(customer.get_by_label("Quantity of Nord gooseneck kettle")).to_have_value("2")
    customer.get_by_role("link", name="To the checkout").click()

    customer.get_by_label("E-mail address").fill(BUYER)
    customer.get_by_role("button", name="Order and pay").click()
    expect(main).to_contain_text("Enter street and house number.")
    expect(customer.get_by_label("E-mail address")).to_have_value(BUYER)
    address(customer, BUYER, "Ines Moreau")
    customer.get_by_role("checkbox").check()  # news, please
    customer.get_by_role("button", name="Order and pay").click()
    pay_by_card(town, customer)
    # The page asks again by itself until the card company has answered.
    expect(main).to_contain_text("Thank you. Your order is paid.", timeout=30_000)
    customer.get_by_role("link", name="See your order").click()
    expect(main).to_contain_text("Nord gooseneck kettle")

    sign_in(town, customer, BUYER)  # an address is written to once it is proven
    marketer = person()
    sign_in_at_desk(town, marketer, "marketer")
    launch(town, marketer, "Winter beans for {{ customer.first_name }}")
    way_out = newest(town, customer, BUYER, "Winter beans for Ines", r"(http\S+/u/[^\s)>\]]+)")[0]
    customer.goto(way_out)
    main.get_by_role("button", name="Unsubscribe").click()
    expect(main).to_contain_text("You are unsubscribed")


def test_a_customer_signs_in_asks_and_looks_after_the_account(town: Town, customer: Page) -> None:
    main = customer.get_by_role("main")
    sign_in(town, customer, ASKER)
    customer.goto(f"{town.site}/account/profile")
    customer.get_by_label("Name", exact=True).first.fill("Karl Weiss")
    customer.get_by_role("button", name="Save").click()
    expect(customer.get_by_label("Name", exact=True).first).to_have_value("Karl Weiss")

    customer.goto(f"{town.site}/account/tickets/new")
    customer.get_by_label("In a few words").fill("The pump hums")
    customer.get_by_label("What happened?").fill("Since Monday, and only when it is cold.")
    customer.get_by_label("Add files").set_input_files(
        {"name": "hum.txt", "mimeType": "text/plain", "buffer": b"hmmmm"}
    )
    customer.get_by_role("button", name="Send").click()
    expect(main).to_contain_text("only when it is cold")
    with customer.expect_download() as saved:
        main.get_by_role("link", name="hum.txt").click()
    assert saved.value.path().read_bytes() == b"hmmmm"
    customer.get_by_label("Your answer").fill("It is louder today.")
    customer.get_by_role("button", name="Send").click()
    expect(main).to_contain_text("It is louder today.")
    for page, words in (
        ("/account", "The pump hums"),
        ("/account/tickets", "The pump hums"),
        ("/account/history", "You asked us: The pump hums"),
        ("/account/orders", "No orders yet"),
        ("/account/invoices", "No invoices yet"),
    ):
        customer.goto(town.site + page)
        expect(main).to_contain_text(words)

    customer.goto(f"{town.site}/account/preferences")
    customer.get_by_role("checkbox").first.check()
    customer.get_by_role("button", name="Save").click()
    expect(main).to_contain_text("Saved. It counts from now on.")
    expect(customer.get_by_role("checkbox").first).to_be_checked()
    customer.goto(f"{town.site}/account")
    customer.get_by_role("button", name="Sign out").click()
    customer.goto(f"{town.site}/account")
    expect(customer).to_have_url(re.compile("/sign-in"))


def test_a_visitor_chats_on_the_chats_own_page(town: Town, customer: Page) -> None:
    customer.goto(town.site)
    customer.get_by_role("link", name="Chat with us").click()
    expect(customer).to_have_url(f"{town.site}/chat")
    customer.get_by_label("Your message").fill("Is the shop open on Saturday?")
    customer.get_by_role("button", name="Send").click()
    expect(customer.get_by_role("log")).to_contain_text("Is the shop open on Saturday?")
    customer.reload()
    expect(customer.get_by_role("log")).to_contain_text("Is the shop open on Saturday?")


def test_a_reader_finds_an_answer_and_says_that_it_helped(town: Town, customer: Page) -> None:
    customer.goto(f"{town.site}/help")
    search = customer.get_by_role("search").filter(has=customer.get_by_label("Ask a question"))
    search.get_by_role("searchbox").fill("descaling")
    search.get_by_role("button").click()
    customer.get_by_role("link", name=re.compile("How to descale")).first.click()
    customer.get_by_role("button", name="Yes").click()
    expect(customer.get_by_role("main")).to_contain_text("Thank you. Good to know.")


def test_a_reader_changes_the_language(town: Town, customer: Page) -> None:
    customer.goto(f"{town.site}/c/beans")
    customer.get_by_role("button", name="Menu").click()
    customer.get_by_role("dialog").get_by_role("button", name="Deutsch").click()
    expect(customer).to_have_url(f"{town.site}/c/beans")
    expect(customer.locator("html")).to_have_attribute("lang", "de")
