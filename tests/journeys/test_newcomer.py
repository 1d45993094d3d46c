"""A newcomer who follows only the README: an order that is paid, a question answered, a campaign launched.

The steps are read from the README itself: what stands there in **bold** is pressed, a *field* followed by
`words` is filled in, a [page](http://…) is opened and “what is quoted” must be seen, in that order.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Person
from tests.journeys.town import Town

README = Path(__file__).resolve().parents[2] / "README.md"
SECTION = "Ten minutes"
PATIENCE = 30.0
STEP = re.compile(
    r"\[(?P<page>[^\]]+)\]\((?P<address>http[^)]+)\)"
    r"|\*\*(?P<press>[^*]+)\*\*"
    r"|\*(?P<field>[^*]+)\*(?:\s+`(?P<words>[^`]+)`)?"
    r"|“(?P<see>[^”]+)”"
)
PRESSED = ("button", "link", "radio", "checkbox", "menuitem", "option", "tab")


@dataclass(frozen=True)
class Step:
    """One thing to do: open, press, fill or see; `of` is the page, the control or the words."""

    act: str
    of: str
    words: str = ""


def steps() -> Iterator[Step]:
    """What the numbered steps of the README's section say, in order."""
    section = re.split(rf"^## {SECTION}$", README.read_text(), flags=re.MULTILINE)[1].split("\n## ")[0]
    numbered = "\n".join(re.findall(r"^\d+\. .*(?:\n {3,}.*)*", section, flags=re.MULTILINE))
    for found in STEP.finditer(re.sub(r"\n\s*", " ", numbered)):
        if found["address"]:
            yield Step("open", found["address"])
        elif found["press"]:
            yield Step("press", found["press"])
        elif found["field"]:
            yield Step("fill", found["field"], found["words"] or "")
        else:
            yield Step("see", found["see"])


def waited(page: Page, what: str, candidates: list[Locator]) -> Locator:
    """The first of these that is there; pages that change by themselves get their time."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for candidate in candidates:
            for at in range(min(candidate.count(), 5)):
                if candidate.nth(at).is_visible():
                    return candidate.nth(at)
        page.wait_for_timeout(100)
    raise AssertionError(f"The README says {what!r}; {page.url} shows:\n{page.locator('body').inner_text()}")


def press(page: Page, name: str) -> None:
    exact, begins = re.compile(rf"^{re.escape(name)}$"), re.compile(rf"^{re.escape(name)}\b")
    candidates = [page.get_by_role(role, name=exact) for role in PRESSED]  # type: ignore[arg-type]  # every one of PRESSED is a role
    candidates += [page.get_by_role(role, name=begins) for role in PRESSED]  # type: ignore[arg-type]  # every one of PRESSED is a role
    candidates += [page.get_by_role(role, name=name) for role in PRESSED]  # type: ignore[arg-type]  # every one of PRESSED is a role
    waited(page, name, [*candidates, page.get_by_text(exact)]).click()


def fill(page: Page, label: str, words: str) -> None:
    field = waited(page, label, [page.get_by_label(label, exact=True), page.get_by_label(label)])
    if field.evaluate("field => field.tagName") == "SELECT":
        field.select_option(label=words)
    else:
        field.fill(words)


def _told_by_the_panel(town: Town, field: str) -> str:
    """What the panel at the end of `make run` says, and the README cannot know."""
    assert field == "Password", f"The README says nothing to be filled in for {field!r}."
    return town.logins["owner"][1]


def take(town: Town, page: Page, step: Step) -> None:
    """Do one step on a page."""
    match step.act:
        case "open":
            address = step.of.replace("http://127.0.0.1:8000", town.site)
            page.goto(address.replace("http://127.0.0.1:8025", town.sandbox))
        case "press":
            press(page, step.of)
        case "fill":
            fill(page, step.of, step.words or _told_by_the_panel(town, step.of))
        case _:
            expect(page.locator("body")).to_contain_text(step.of, timeout=PATIENCE * 1000)


def test_a_newcomer_follows_the_readme_to_an_order_an_answer_and_a_campaign(
    town: Town, person: Person
) -> None:
    page = person()
    walked = list(steps())
    for step in walked:
        take(town, page, step)
    assert {step.act for step in walked} == {"open", "press", "fill", "see"}
    told = "\n".join(f"{step.act}: {step.of}" for step in walked)
    assert all(words in told for words in ("see: Your order is paid", "press: Solve", "press: Launch")), told
