"""What a state of a page is, and the few things that a hand does to reach one."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

Step = Callable[[Page], None]


@dataclass(frozen=True)
class State:
    """A page as somebody sees it: where, who, in which language, and what was done there first.

    `path` may name places of the running site: `/desk/store/orders/{order}`, found as `places.py` says.
    """

    name: str
    path: str
    who: str = "visitor"
    do: tuple[Step, ...] = ()
    language: str = "en"
    site: str = "site"  # or "sandbox"
    widths: tuple[int, ...] = (360, 768, 1280)
    main: bool = False  # among the few that `make test` looks at
    status: int = 200


def click(role: str, name: str) -> Step:
    return lambda page: page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]  # a role's name


def click_on(selector: str) -> Step:
    return lambda page: page.locator(selector).first.click()


def press(keys: str) -> Step:
    return lambda page: page.keyboard.press(keys)


def fill(selector: str, text: str) -> Step:
    """Type as a person does: scripts hear every letter."""

    def run(page: Page) -> None:
        page.locator(selector).first.press_sequentially(text, delay=5)

    return run


def until(selector: str) -> Step:
    """Wait until it is to be seen."""
    return lambda page: page.locator(selector).first.wait_for()
