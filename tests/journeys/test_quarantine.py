"""What could not be let in waits on the operations page: read, judged, replayed."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Person, Town
from tests.journeys.steps import newest, open_mail, sign_in_at_desk, write_mail

ASKER = "nele.brandt@mail.test"


def test_a_forged_reply_waits_in_quarantine_until_a_colleague_lets_it_in(town: Town, person: Person) -> None:
    outside, agent, owner = person(), person(), person()
    sign_in_at_desk(town, agent, "agent")
    sign_in_at_desk(town, owner, "owner")
    _talk(town, outside, agent)

    # Whoever claims to be her, and the relay says that it is not proven.
    open_mail(town, outside, ASKER, "Is the mill quiet")
    outside.get_by_label("Text").fill("Send it to another address, please.")
    outside.get_by_role("checkbox", name=re.compile("Forged")).check()
    outside.get_by_role("button", name="Send").click()

    owner.goto(f"{town.site}/desk/operations")
    row = owner.get_by_role("table", name="Mail in quarantine").get_by_role("row").filter(has_text=ASKER)
    expect(row).to_contain_text("Forged reply?", timeout=15_000)  # it appears by itself
    agent.goto(f"{town.site}/desk/inbox")
    expect(agent.get_by_role("region", name="Conversations")).not_to_contain_text("another address")

    # Read again as it is, it still is not proven; then it is let in, on its own.
    row.get_by_role("button", name="Replay").click()
    expect(row).to_contain_text("Forged reply?")
    row.get_by_role("button", name="Let in alone").click()
    expect(row).to_have_count(0, timeout=15_000)
    expect(agent.get_by_role("region", name="Conversations")).to_contain_text("Send it to another address")


def _talk(town: Town, outside: Page, agent: Page) -> None:
    """A question by mail and our answer to it, in a thread."""
    agent.goto(f"{town.site}/desk/inbox")
    write_mail(town, outside, ASKER, "Is the mill quiet", "We start at six in the morning. Nele")
    threads = agent.get_by_role("region", name="Conversations")
    expect(threads).to_contain_text(ASKER)
    threads.get_by_role("link", name=ASKER).first.click()
    box = agent.get_by_role("region", name="Conversation", exact=True).get_by_role("textbox").last
    box.fill("Quiet enough for a bedroom.")
    agent.get_by_role("button", name="Send", exact=True).click()
    newest(town, outside, ASKER, "Is the mill quiet", "(Quiet enough for a bedroom)")
