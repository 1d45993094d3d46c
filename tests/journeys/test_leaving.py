"""Whoever leaves while a campaign is under way gets no more of it, and the figures still add up."""

import csv
import email
import email.policy
import io
import json
import re
import urllib.request
from typing import Any

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Person, Town
from tests.journeys.steps import send_text, sign_in_at_desk

PHONE_DOWN = {"error_status": 503}
MAIL_DOWN = {"error_status": 451}
PARTS = ("Open", "Sent", "Failed", "Suppressed", "Held", "Unknown")


def switch_fault(town: Town, **faults: dict[str, Any]) -> None:
    """The bad days of the companies outside, as the sandbox's page of faults sets them."""
    body = json.dumps(faults).encode()
    asked = urllib.request.Request(
        f"{town.sandbox}/api/faults", body, {"content-type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        assert answer.status == 200


def choose_people(town: Town, marketer: Page, name: str) -> None:
    """A segment of those who allow texts with news: a handful, and all of them read our mail, too."""
    marketer.goto(f"{town.site}/desk/segments/new")
    marketer.get_by_label("Name").fill(name)
    with marketer.expect_response(lambda answer: answer.request.method == "POST"):
        marketer.locator("[name='0-channel']").select_option("sms")
    marketer.get_by_role("button", name="Save").click()
    expect(marketer.get_by_role("link", name="Everyone in it")).to_be_visible()
    expect(marketer.locator("[name='0-channel']")).to_have_value("sms")


def launch(town: Town, marketer: Page, segment: str, name: str, channel: str, words: str) -> str:
    """Write a campaign to a segment and launch it; the address of its report."""
    marketer.goto(f"{town.site}/desk/campaigns/new")
    marketer.get_by_label("Name").fill(name)
    marketer.get_by_role("radio", name=re.compile(f"^{channel}")).check(force=True)
    marketer.get_by_role("button", name="Begin").click()
    marketer.get_by_label("Segment").select_option(label=segment)
    marketer.get_by_role("button", name="Next: what").click()
    if channel == "E-mail":
        marketer.get_by_label("Subject").fill(words)
    marketer.get_by_label("Message").fill(words)
    marketer.get_by_role("button", name="Next: when").click()
    marketer.get_by_role("button", name="Next: check").click()
    marketer.get_by_role("button", name="Launch").click()
    expect(marketer.get_by_role("group", name="Recipients")).to_be_visible()
    return marketer.url


def ledger(marketer: Page, report: str) -> dict[str, dict[str, str]]:
    """Address -> what the spreadsheet of recipients says of it."""
    text = marketer.request.get(f"{report}/recipients.csv").text()
    return {row["address"]: row for row in csv.DictReader(io.StringIO(text))}


def stop_in_the_middle(
    town: Town, marketer: Page, report: str, stand_in: str, down: dict[str, Any]
) -> list[str]:
    """The company outside refused the first three for now; once another was taken, it goes down for all.

    The addresses that wait in the middle: refused, queued again or held with all mail to their domain.
    """
    for _ in range(600):
        if any(row["state"] == "sent" for row in ledger(marketer, report).values()):
            break
        marketer.wait_for_timeout(50)
    switch_fault(town, **{stand_in: down})
    rows: dict[str, dict[str, str]] = {}
    for _ in range(240):
        rows = ledger(marketer, report)
        waiting = sorted(address for address, row in rows.items() if row["state"] in ("queued", "held"))
        if waiting and all(row["state"] in ("queued", "held", "sent") for row in rows.values()):
            assert len(waiting) < len(rows)
            return waiting
        marketer.wait_for_timeout(250)
    raise AssertionError(rows)


def finished(marketer: Page, report: str) -> dict[str, int]:
    """Wait for the end, live, without reloading; the figures as they stand on the page."""
    marketer.goto(report)
    expect(marketer.locator("#figures")).to_contain_text("Finished", timeout=90_000)
    told = {}
    for part in PARTS:
        stat = marketer.get_by_role("group", name="Recipients").get_by_role(
            "link", name=re.compile(f"^{part}")
        )
        told[part] = int(stat.locator(".stat-value").inner_text())
    return told


def test_a_phone_that_answers_stop_in_the_middle_gets_no_more(town: Town, person: Person) -> None:
    marketer, owner = person(), person()
    sign_in_at_desk(town, marketer, "marketer")
    choose_people(town, marketer, "By text")
    switch_fault(town, phone={**PHONE_DOWN, "count": 3})
    report = launch(town, marketer, "By text", "Autumn by text", "Text message", "Fresh beans are in.")
    leaver = stop_in_the_middle(town, marketer, report, "phone", PHONE_DOWN)[0]
    send_text(town, owner, leaver, "STOP")
    obeyed(town, marketer, ledger(marketer, report)[leaver]["customer_id"])
    switch_fault(town, phone={})

    told = finished(marketer, report)
    rows = ledger(marketer, report)
    assert told == dict.fromkeys(PARTS, 0) | {"Sent": len(rows) - 1, "Suppressed": 1}
    assert [number for number, row in rows.items() if row["state"] == "suppressed"] == [leaver]
    for number in rows:
        assert texts(town, number, "Fresh beans are in.") == (0 if number == leaver else 1)

    # And whoever said STOP is not asked again: the next campaign passes that number over.
    again = launch(town, marketer, "By text", "Winter by text", "Text message", "Snow outside.")
    assert finished(marketer, again)["Sent"] == len(rows) - 1
    assert texts(town, leaver, "Snow outside.") == 0


def texts(town: Town, number: str, words: str) -> int:
    """How many texts with these words a phone got."""
    got = town.ask_sandbox(f"/api/phone?to=%2B{number.removeprefix('+')}")
    return sum(words in text["body"] for text in got)


def obeyed(town: Town, marketer: Page, customer_id: str) -> None:
    """Wait until the customer's line says that they allow no texts any more."""
    for _ in range(120):
        marketer.goto(f"{town.site}/desk/customers/{customer_id}")
        if "STOP" in marketer.get_by_role("main").inner_text():
            return
        marketer.wait_for_timeout(250)
    raise AssertionError("nobody heard the STOP")


def test_one_click_in_a_mail_program_counts_at_once_in_the_middle_of_a_campaign(
    town: Town, person: Person
) -> None:
    marketer, program = person(), person()
    sign_in_at_desk(town, marketer, "marketer")
    choose_people(town, marketer, "By mail")
    first = launch(town, marketer, "By mail", "Harvest", "E-mail", "The harvest is in")
    assert finished(marketer, first)["Sent"] > 1

    switch_fault(town, mail={**MAIL_DOWN, "count": 3})
    second = launch(town, marketer, "By mail", "Roast", "E-mail", "Roasted this morning")
    leaver = stop_in_the_middle(town, marketer, second, "mail", MAIL_DOWN)[0]
    [earlier] = [one for one in mails(town, leaver) if one["subject"] == "The harvest is in"]
    raw = program.request.get(f"{town.sandbox}/api/mail/{earlier['id']}/raw").text()
    head = email.message_from_string(raw, policy=email.policy.default)
    assert head["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    way_out = head["List-Unsubscribe"].strip("<>")
    answer = program.request.post(way_out, form={"List-Unsubscribe": "One-Click"})
    assert (answer.status, answer.text()) == (200, "")
    switch_fault(town, mail={})

    told = finished(marketer, second)
    rows = ledger(marketer, second)
    assert told == dict.fromkeys(PARTS, 0) | {"Sent": len(rows) - 1, "Suppressed": 1}
    assert [address for address, row in rows.items() if row["state"] == "suppressed"] == [leaver]
    for address in rows:
        got = [one for one in mails(town, address) if one["subject"] == "Roasted this morning"]
        assert len(got) == (0 if address == leaver else 1)


def mails(town: Town, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = town.ask_sandbox(f"/api/mail?to={address}&limit=50")
    return found
