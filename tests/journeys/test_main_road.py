"""The main road, walked as its users walk it: a customer, an agent and a marketer, each in a browser of their own.

Nothing is replaced but the companies outside, for which the sandbox stands.
"""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Town

BUYER = "freya.lindqvist@mail.test"
STRANGER = "otto.kranz@mail.test"
PHONE = "+4915112345678"
CARD = "4242 4242 4242 4242"


def sign_in_at_desk(town: Town, page: Page, role: str) -> None:
    email, password = town.logins[role]
    page.goto(f"{town.site}/desk/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/desk(?!/sign-in)"))


def open_mail(town: Town, page: Page, address: str, subject: str) -> None:
    """Wait for a mail in the sandbox's mailbox and open it."""
    page.goto(f"{town.sandbox}/mail/{address}")
    link = page.get_by_role("link", name=re.compile(subject)).first
    for _ in range(60):
        if link.count():
            break
        page.wait_for_timeout(250)
        page.reload()
    link.click()


def newest(town: Town, page: Page, address: str, subject: str, pattern: str) -> tuple[str, ...]:
    """Wait for the newest mail of that subject and return what the pattern finds in its text."""
    for _ in range(120):
        for mail in town.ask_sandbox(f"/api/mail?to={address}&limit=20"):
            found = re.search(pattern, mail["text"])
            if subject in mail["subject"] and found:
                return found.groups()
        page.wait_for_timeout(250)
    raise AssertionError(f"no mail {subject!r} to {address}")


def chat(town: Town, customer: Page, agent: Page) -> None:
    """A visitor asks in the store; the agent's answer appears without reloading."""
    customer.goto(town.site)
    customer.get_by_role("link", name="Chat with us").click()
    customer.get_by_label("Your message").fill("Does the Nord kettle keep its temperature?")
    customer.get_by_role("button", name="Send").click()
    expect(customer.get_by_role("log")).to_contain_text("Does the Nord kettle keep its temperature?")

    row = agent.get_by_text("Does the Nord kettle keep its").first
    expect(row).to_be_visible()
    row.click()
    agent.get_by_role("textbox", name=re.compile("message|answer", re.IGNORECASE)).fill(
        "Yes, to the degree, for an hour."
    )
    agent.keyboard.press("Control+Enter")
    expect(customer.get_by_role("log")).to_contain_text("Yes, to the degree, for an hour.")


def buy(town: Town, customer: Page) -> str:
    """Search, cart, checkout as a guest, payment by card; the order's number."""
    customer.goto(town.site)
    customer.get_by_role("searchbox").fill("ketle")  # a slip of the finger
    customer.get_by_role("searchbox").press("Enter")
    customer.get_by_role("link", name=re.compile("Nord gooseneck kettle")).first.click()
    customer.get_by_role("button", name="Add to cart").click()
    customer.get_by_role("link", name="See the cart").click()
    expect(customer.get_by_role("main")).to_contain_text("Nord gooseneck kettle")
    customer.get_by_role("link", name="To the checkout").click()

    customer.get_by_label("E-mail address").fill(BUYER)
    customer.get_by_label("Name", exact=True).fill("Freya Lindqvist")
    customer.get_by_label("Street and number").fill("Hafenstraße 4")
    customer.get_by_label("Postcode").fill("20359")
    customer.get_by_label("Town").fill("Hamburg")
    customer.get_by_role("checkbox").check()  # news, please
    customer.get_by_role("button", name="Order and pay").click()

    customer.wait_for_url(f"{town.sandbox}/checkout/**")
    customer.get_by_label("Card number").fill(CARD)
    customer.get_by_role("button", name=re.compile("^Pay")).click()
    customer.wait_for_url(f"{town.site}/**")
    expect(customer.get_by_role("main")).to_contain_text(re.compile("paid|thank you", re.IGNORECASE))
    return customer.url


def read_papers(town: Town, page: Page) -> None:
    """Confirmation, numbered invoice as PDF, and receipt arrive by e-mail."""
    for subject in ("Your order", "We have your payment"):
        open_mail(town, page, BUYER, subject)
    mails = town.ask_sandbox(f"/api/mail?to={BUYER}&limit=10")
    files = [file["filename"] for mail in mails for file in mail["attachments"]]
    assert any(name.endswith(".pdf") for name in files), files


def sign_in(town: Town, customer: Page, address: str) -> None:
    """By the code in the mail."""
    customer.goto(f"{town.site}/sign-in")
    customer.get_by_label("E-mail").fill(address)
    customer.get_by_role("button", name=re.compile("code|Send|Continue|sign in", re.IGNORECASE)).first.click()
    customer.wait_for_url(re.compile("/sign-in/code"))
    code = newest(town, customer, address, "Sign in", r"\b(\d{3}) (\d{3})\b")
    customer.get_by_label(re.compile("code", re.IGNORECASE)).fill("".join(code))
    customer.get_by_role("button", name=re.compile("sign in", re.IGNORECASE)).click()
    customer.wait_for_url(re.compile("/account"))


def ask(town: Town, customer: Page) -> None:
    """Read the FAQ, then open a ticket."""
    customer.goto(f"{town.site}/help")
    customer.get_by_role("searchbox", name="Ask a question").fill("descaling")
    customer.get_by_role("searchbox", name="Ask a question").press("Enter")
    customer.get_by_role("main").get_by_role("link", name=re.compile("descal", re.IGNORECASE)).first.click()
    expect(customer.get_by_role("main").get_by_role("heading", level=1)).to_contain_text(
        re.compile("descal", re.IGNORECASE)
    )
    customer.goto(f"{town.site}/account/tickets/new")
    customer.get_by_label("In a few words").fill("The lid of the kettle is scratched")
    customer.get_by_label("What happened?").fill(
        "It came out of the box like this. Can you send another lid?"
    )
    customer.get_by_role("main").get_by_role("button", name="Send").click()
    expect(customer.get_by_role("main")).to_contain_text("Can you send another lid?")


def write_mail(town: Town, page: Page, sender: str, subject: str, text: str) -> None:
    """From the sandbox's mailbox page, through our real listener."""
    page.goto(f"{town.sandbox}/mail/{sender}")
    page.get_by_role("link", name="Write to us").click()
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("Text").fill(text)
    page.get_by_role("button", name="Send").click()


def send_text(town: Town, page: Page, number: str, text: str) -> None:
    """From the sandbox's phone, through the Twilio webhook."""
    page.goto(f"{town.sandbox}/phone/{number}")
    page.get_by_role("textbox", name="Text message").fill(text)
    page.get_by_role("button", name="Send").click()
