"""An agent's whole shift without a mouse: find, read, answer, note, assign, snooze, solve, next.

After every key that changes the page, what has the focus is asked for: it must be seen, and never lost in a swap.
"""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Person, Town
from tests.journeys.steps import write_mail

SENDERS = ["nils.borg@mail.test", "rosa.lima@mail.test", "hugo.weiss@mail.test"]

FOCUS = """() => {
    const element = document.activeElement;
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const around = getComputedStyle(element.closest('.composer, .palette') ?? element);
    return {
        name: element.id || element.className || element.tagName,
        here: element === document.body || (box.width > 0 && box.height > 0 && document.contains(element)),
        ring: element === document.body || [style, around].some(
            (one) => one.outlineStyle !== 'none' && parseFloat(one.outlineWidth) > 0),
    };
}"""


def has_focus(page: Page, selector: str) -> None:
    expect(page.locator(selector).first).to_be_focused()
    seen = page.evaluate(FOCUS)
    assert seen["here"], seen
    assert seen["ring"], seen


def lead(page: Page, key: str) -> None:
    """A key that leads to another page, whose keys work once it is there."""
    # The modules that listen for keys have run by then.
    with page.expect_navigation(wait_until="domcontentloaded"):
        page.keyboard.press(key)


def sign_in(town: Town, page: Page) -> None:
    email, password = town.logins["agent"]
    page.goto(f"{town.site}/desk/sign-in")
    for _ in range(12):
        if page.evaluate("document.activeElement.name") == "email":
            break
        page.keyboard.press("Tab")
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    lead(page, "Enter")
    assert page.url == f"{town.site}/desk"


def open_inbox(page: Page) -> None:
    page.keyboard.press("g")
    lead(page, "i")
    assert page.url.endswith("/desk/inbox")


def find(page: Page, words: str) -> None:
    """By the palette."""
    page.keyboard.press("Control+k")
    has_focus(page, ".palette-input")
    page.keyboard.type(words)
    expect(page.locator('.palette-item[aria-selected="true"]')).to_contain_text(words)
    lead(page, "Enter")


def test_an_agent_works_a_whole_shift_by_keyboard_alone(town: Town, person: Person) -> None:
    sandbox = person()
    for number, sender in enumerate(SENDERS):
        write_mail(town, sandbox, sender, f"Shift question {number}", f"Which filter fits number {number}?")

    agent = person()
    sign_in(town, agent)
    open_inbox(agent)
    log = agent.get_by_role("log", name="Messages")
    rows = agent.locator("#inbox-list [data-row]")
    for number in range(3):
        expect(agent.get_by_role("region", name="Conversations")).to_contain_text(SENDERS[number])

    # The keys explain themselves.
    agent.keyboard.press("?")
    expect(agent.get_by_role("dialog", name="Keyboard")).to_be_visible()
    agent.keyboard.press("Escape")
    expect(agent.get_by_role("dialog", name="Keyboard")).to_be_hidden()

    # Read: j and k walk, a new message swaps the list beneath, and the focus stays where it was.
    agent.keyboard.press("j")
    agent.keyboard.press("j")
    agent.keyboard.press("k")
    has_focus(agent, "#inbox-list [data-row]:focus")
    focused = agent.evaluate("document.activeElement.id")
    write_mail(town, sandbox, SENDERS[0], "Another matter", "Do you also sell filters for tea?")
    expect(rows.filter(has_text=SENDERS[0]).filter(has_text="filters for tea")).to_have_count(1)
    assert agent.evaluate("document.activeElement.id") == focused
    has_focus(agent, f"#{focused}")
    lead(agent, "Enter")
    assert re.search(r"/desk/inbox/[0-9a-f-]{36}", agent.url)

    # Find.
    find(agent, "Shift question 0")
    expect(log).to_contain_text("Which filter fits number 0?")

    # Answer, with a macro, and take it back within ten seconds.
    agent.keyboard.press("r")
    has_focus(agent, "#composer-body")
    agent.keyboard.type("/deliv")
    expect(agent.get_by_role("listbox", name="Macros")).to_be_visible()
    expect(agent.get_by_role("listbox", name="Macros").get_by_role("option", selected=True)).to_contain_text(
        "Delivery"
    )
    agent.keyboard.press("Enter")
    has_focus(agent, "#composer-body")
    expect(agent.locator("#composer-body")).to_have_value(re.compile("your parcel left our house"))
    lead(agent, "Control+Enter")
    expect(agent.get_by_text("Sending in ten seconds.")).to_be_visible()
    lead(agent, "z")
    expect(log).to_contain_text("Taken back")
    expect(agent.locator("#composer-body")).to_have_value(re.compile("your parcel left our house"))
    agent.keyboard.press("r")
    agent.keyboard.press("Control+a")
    agent.keyboard.type("Number 0 takes the paper filter.")

    # Another road and back: nothing that was typed is lost, and the focus stays in the field.
    agent.keyboard.press("Escape")
    agent.keyboard.press("n")
    expect(agent.get_by_role("button", name="Add note")).to_be_visible()
    has_focus(agent, "#composer-body")
    expect(agent.locator("#composer-body")).to_have_value("")
    agent.keyboard.type("He asks often; offer the yearly box.")
    lead(agent, "Control+Enter")
    expect(log.locator(".note")).to_contain_text("He asks often")
    agent.keyboard.press("r")
    expect(agent.locator("#composer-body")).to_have_value("Number 0 takes the paper filter.")
    lead(agent, "Control+Enter")
    expect(log.locator(".letter-mine").last).to_contain_text("Number 0 takes the paper filter.")

    # Assign: the menu opens on its first line, a letter leads to a name.
    agent.keyboard.press("a")
    has_focus(agent, ".menu-item:focus")
    agent.keyboard.press("i")
    expect(agent.locator(".menu-item:focus")).to_contain_text("Irene")
    lead(agent, "Enter")
    expect(log.locator(".event").last).to_contain_text("gave the ticket to Irene")

    # Snooze, and the next conversation is there; taken back, it wakes.
    here = agent.url.partition("?")[0]
    agent.keyboard.press("s")
    has_focus(agent, ".menu-item:focus")
    lead(agent, "Enter")
    expect(agent.get_by_text(re.compile("^Snoozed until"))).to_be_visible()
    assert agent.url.partition("?")[0] != here
    lead(agent, "z")
    assert agent.url.partition("?")[0] == here
    expect(log.locator(".event").last).to_contain_text("woke the ticket")

    # Solve, and the next conversation is there.
    lead(agent, "e")
    expect(agent.get_by_text("Solved: Shift question 0", exact=True)).to_be_visible()
    assert agent.url.partition("?")[0] != here
    expect(rows.filter(has_text="Number 0 takes the paper filter.")).to_have_count(0)

    # Next: whoever has waited longest is theirs now.
    lead(agent, "t")
    assert agent.url.endswith("?view=mine")
    expect(log.locator(".event").last).to_contain_text("took the ticket")
