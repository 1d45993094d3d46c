"""What people do on more than one road: sign in, read and write mail and texts, check out, pay."""

import re

from playwright.sync_api import Page

from tests.journeys.conftest import Town

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


def sign_in(town: Town, customer: Page, address: str) -> None:
    """By the code in the mail."""
    customer.goto(f"{town.site}/sign-in")
    customer.get_by_label("E-mail").fill(address)
    customer.get_by_role("button", name=re.compile("Send|code|Sign in")).first.click()
    customer.wait_for_url(re.compile("/sign-in/code"))
    code = newest(town, customer, address, "Sign in", r"\b(\d{3}) (\d{3})\b")
    customer.get_by_label(re.compile("[Cc]ode")).fill("".join(code))
    customer.get_by_role("button", name=re.compile("[Ss]ign in")).click()
    customer.wait_for_url(re.compile("/account"))


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


def address(customer: Page, email: str, name: str) -> None:
    """Say at the checkout who it is for and where it goes."""
    customer.get_by_label("E-mail address").fill(email)
    customer.get_by_label("Name", exact=True).fill(name)
    customer.get_by_label("Street and number").fill("Hafenstraße 4")
    customer.get_by_label("Postcode").fill("20359")
    customer.get_by_label("Town").fill("Hamburg")


def pay_by_card(town: Town, customer: Page) -> None:
    """At the card company's page, and back."""
    customer.wait_for_url(f"{town.sandbox}/checkout/**")
    customer.get_by_label("Card number").fill(CARD)
    customer.get_by_role("button", name=re.compile("^Pay")).click()
    customer.wait_for_url(f"{town.site}/**")
