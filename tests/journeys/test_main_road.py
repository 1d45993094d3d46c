"""The main road, walked as its users walk it: a customer, an agent and a marketer, each in a browser of their own.

Nothing is replaced but the companies outside, for which the sandbox stands.
"""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Person, Town
from tests.journeys.steps import (
    address,
    newest,
    open_mail,
    pay_by_card,
    send_text,
    sign_in,
    sign_in_at_desk,
    write_mail,
)

BUYER = "freya.lindqvist@mail.test"
STRANGER = "otto.kranz@mail.test"
PHONE = "+4915112345678"
SEGMENT = "News readers"


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

    address(customer, BUYER, "Freya Lindqvist")
    customer.get_by_role("checkbox").check()  # news, please
    customer.get_by_role("button", name="Order and pay").click()
    pay_by_card(town, customer)
    expect(customer.get_by_role("main")).to_contain_text(re.compile("[Pp]aid|[Tt]hank you"))
    return customer.url


def read_papers(town: Town, page: Page) -> None:
    """Confirmation, numbered invoice as PDF, and receipt arrive by e-mail."""
    for subject in ("Your order", "We have your payment"):
        open_mail(town, page, BUYER, subject)
    mails = town.ask_sandbox(f"/api/mail?to={BUYER}&limit=10")
    files = [file["filename"] for mail in mails for file in mail["attachments"]]
    assert any(name.endswith(".pdf") for name in files), files


def ask(town: Town, customer: Page) -> None:
    """Read the FAQ, then open a ticket."""
    customer.goto(f"{town.site}/help")
    customer.get_by_role("searchbox", name="Ask a question").fill("descaling")
    customer.get_by_role("searchbox", name="Ask a question").press("Enter")
    customer.get_by_role("main").get_by_role("link", name=re.compile("[Dd]escal")).first.click()
    expect(customer.get_by_role("main").get_by_role("heading", level=1)).to_contain_text(
        re.compile("[Dd]escal")
    )
    customer.goto(f"{town.site}/account/tickets/new")
    customer.get_by_label("In a few words").fill("The lid of the kettle is scratched")
    customer.get_by_label("What happened?").fill(
        "It came out of the box like this. Can you send another lid?"
    )
    customer.get_by_role("main").get_by_role("button", name="Send").click()
    expect(customer.get_by_role("main")).to_contain_text("Can you send another lid?")


def open_thread(town: Town, agent: Page, who: str) -> None:
    agent.goto(f"{town.site}/desk/inbox")
    agent.get_by_role("region", name="Conversations").get_by_role("link", name=who).first.click()
    expect(agent.get_by_role("region", name="Conversation", exact=True)).to_contain_text(who)


def answer(agent: Page, text: str, road: str) -> None:
    agent.get_by_role("radio", name=road, exact=True).check(force=True)
    send = agent.get_by_role("button", name="Add note" if road == "Note" else "Send", exact=True)
    expect(send).to_be_visible()
    agent.get_by_role("region", name="Conversation", exact=True).get_by_role("textbox").last.fill(text)
    send.click()
    expect(agent.get_by_role("log", name="Messages")).to_contain_text(text)


def serve(town: Town, agent: Page, customer: Page) -> None:
    """Mail and text land live as threads; the agent answers, notes, takes it and solves it."""
    agent.goto(f"{town.site}/desk/inbox")
    threads = agent.get_by_role("region", name="Conversations")
    write_mail(
        town, customer, STRANGER, "Grinder for an office", "Which grinder do you suggest for twelve? Otto"
    )
    send_text(town, customer, PHONE, "Is my parcel on its way?")
    expect(threads).to_contain_text("Is my parcel on its way?")
    expect(threads).to_contain_text(STRANGER)

    open_thread(town, agent, STRANGER)
    expect(agent.get_by_role("log", name="Messages")).to_contain_text(
        "Which grinder do you suggest for twelve?"
    )
    answer(agent, "The Storkvern: quiet, and twelve cups are nothing to it.", "E-mail")
    answer(agent, "Asked about the office price list, too.", "Note")
    agent.get_by_role("button", name="Solve").click()
    newest(town, customer, STRANGER, "Grinder for an office", "(The Storkvern)")
    mails = town.ask_sandbox(f"/api/mail?to={STRANGER}&limit=20")
    assert not any("price list" in mail["text"] for mail in mails), "a note left the house"

    open_thread(town, agent, PHONE)
    answer(agent, "It left this morning.", "SMS")
    for _ in range(120):
        if any(
            "It left this morning." in text["body"] for text in town.ask_sandbox(f"/api/phone?to={PHONE}")
        ):
            break
        customer.wait_for_timeout(250)
    customer.goto(f"{town.sandbox}/phone/{PHONE}")
    expect(customer.get_by_role("log")).to_contain_text("It left this morning.")


def answer_by_mail(town: Town, customer: Page, agent: Page) -> None:
    """The customer's answer joins its thread and reopens it."""
    open_mail(town, customer, STRANGER, "Grinder for an office")
    customer.get_by_label("Text").fill("Thank you, we take it.")
    customer.get_by_role("button", name="Send").click()
    open_thread(town, agent, STRANGER)
    expect(agent.get_by_role("log", name="Messages")).to_contain_text("Thank you, we take it.")


def campaign(town: Town, marketer: Page, customer: Page) -> None:
    """Segment, words, preview, test, launch; figures that add up; one-click unsubscribe."""
    marketer.goto(f"{town.site}/desk/segments/new")
    marketer.get_by_label("Name").fill(SEGMENT)
    marketer.get_by_role("button", name="Save").click()
    marketer.get_by_role("link", name="Everyone in it").click()
    expect(marketer.get_by_role("main")).to_contain_text(re.compile(r"\d,\d{3} people"))
    # Who is in it, and why.
    marketer.goto(f"{town.site}/desk/customers?q={BUYER}")
    marketer.get_by_role("link", name="Freya Lindqvist").first.click()
    expect(marketer.get_by_role("main")).to_contain_text(SEGMENT)

    marketer.goto(f"{town.site}/desk/campaigns/new")
    marketer.get_by_label("Name").fill("Winter")
    marketer.get_by_role("button", name="Begin").click()
    marketer.get_by_label("Segment").select_option(label=SEGMENT)
    marketer.get_by_role("button", name="Next: what").click()
    marketer.get_by_label("Subject").fill("Winter beans, {{ customer.first_name }}")
    marketer.get_by_label("Message").fill(
        f"Hello {{{{ customer.first_name }}}}, [look]({town.site}/c/beans)."
    )
    marketer.get_by_role("button", name="Save and show").click()
    shown = marketer.get_by_label("Shown as").locator("option").first.inner_text().split()[0]
    expect(marketer.get_by_role("complementary", name="Preview")).to_contain_text(f"Winter beans, {shown}")
    marketer.get_by_role("button", name="Next: when").click()
    marketer.get_by_role("button", name="Next: check").click()
    colleague = town.logins["owner"][0]
    marketer.get_by_label("To a colleague").fill(colleague)
    marketer.get_by_role("button", name="Send test").click()
    newest(town, customer, colleague, "Winter beans", "Hello")
    marketer.get_by_role("button", name=re.compile("Launch")).first.click()

    link = newest(town, customer, BUYER, "Winter beans, Freya", r"(http\S+/l/[^\s)>\]]+)")[0]
    customer.goto(link)
    expect(customer).to_have_url(re.compile("/c/beans"))
    leave = newest(town, customer, BUYER, "Winter beans, Freya", r"(http\S+/u(?:nsubscribe)?/[^\s)>\]]+)")[0]
    customer.goto(leave)
    customer.get_by_role("main").get_by_role("button").first.click()
    expect(customer.get_by_role("main")).to_contain_text(re.compile("no more|will not|longer"))


def see_the_whole_story(town: Town, agent: Page, customer: Page) -> None:
    """All of it stands on the one timeline, for staff and, what is theirs, for the customer."""
    agent.goto(f"{town.site}/desk/customers?q={BUYER}")
    agent.get_by_role("link", name="Freya Lindqvist").first.click()
    for words in ("Nord gooseneck kettle", "INV-", "Winter", "ticket|Ticket"):
        expect(agent.get_by_role("main")).to_contain_text(re.compile(words))
    customer.goto(f"{town.site}/account/history")
    for words in ("You ordered Nord gooseneck kettle", "You paid", "Invoice INV-"):
        expect(customer.get_by_role("main")).to_contain_text(words)
    expect(customer.get_by_role("main")).not_to_contain_text("price list")


def walk(town: Town, person: Person) -> None:
    customer, agent, marketer = person(), person(), person()
    for page, role in ((agent, "agent"), (marketer, "marketer")):
        sign_in_at_desk(town, page, role)
    agent.goto(f"{town.site}/desk/inbox")
    chat(town, customer, agent)
    buy(town, customer)
    read_papers(town, customer)
    sign_in(town, customer, BUYER)
    ask(town, customer)
    serve(town, agent, customer)
    answer_by_mail(town, customer, agent)
    campaign(town, marketer, customer)
    see_the_whole_story(town, agent, customer)


def test_a_customer_an_agent_and_a_marketer_walk_the_whole_road(town: Town, person: Person) -> None:
    walk(town, person)
    verified = town.run("verify", "--json", "--wait", "60")
    assert verified.returncode == 0, verified.stdout
