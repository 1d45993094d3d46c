"""Walks through the states, at every width, in light and dark, and hands each to whoever looks at it."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.journeys.town import running_town
from tests.looks.staging import Stage, prepare
from tests.looks.state import State
from tests.looks.states import SECTIONS

CLOCK = "2026-11-20T10:24:00+01:00"  # what every browser's own clock says
HEIGHTS = {360: 740, 768: 1024, 1280: 800}
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
Look = Callable[["Seen", Page], None]


@dataclass(frozen=True)
class Seen:
    """A state as it stands in front of a browser just now."""

    section: str
    state: State
    width: int
    scheme: Scheme

    def __str__(self) -> str:
        return f"{self.section}/{self.state.name}-{self.width}-{self.scheme}"


@dataclass
class Walk:
    """What a walk came to: how many states were seen, and which could not be reached or are broken in themselves."""

    seen: int = 0
    faults: list[str] = field(default_factory=list)


def states(only: str = "", main: bool = False) -> Iterator[tuple[str, State]]:
    """The table, or the part of it whose names contain `only`."""
    for section, listed in SECTIONS.items():
        for state in listed:
            if only in f"{section}/{state.name}" and (state.main or not main):
                yield section, state


def walk(
    stage: Stage,
    chosen: Iterable[tuple[str, State]],
    look: Look,
    widths: tuple[int, ...] = (360, 768, 1280),
    say: Callable[[str], None] = print,
) -> Walk:
    """Show every state to `look`. Faults: an unexpected status, a place not reached, scripts that failed, overflow."""
    done = Walk()
    for section, state in chosen:
        for width in sorted({*widths} & {*state.widths}):
            try:
                _visit(stage, section, state, width, look, done)
            except Exception as error:  # one state that cannot be reached must not hide the others
                done.faults.append(f"{section}/{state.name}-{width}: {str(error).strip().splitlines()[0]}")
                say(f"  not reached: {done.faults[-1]}")
    return done


def _visit(stage: Stage, section: str, state: State, width: int, look: Look, done: Walk) -> None:
    base = stage.town.sandbox if state.site == "sandbox" else stage.town.site
    context = stage.browser.new_context(
        base_url=base,
        viewport={"width": width, "height": HEIGHTS[width]},
        storage_state=stage.cookies.get(state.who),
        locale=state.language,
        reduced_motion="reduce",
        color_scheme="light",
    )
    try:
        context.set_default_timeout(60_000)
        context.clock.set_fixed_time(CLOCK)
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if _matters(said) else None)
        answer = page.goto(state.path.format(**stage.places), wait_until="load")
        assert answer is not None
        if answer.status != state.status:
            raise AssertionError(f"answered {answer.status} instead of {state.status}")
        page.evaluate("document.fonts.ready.then(() => true)")
        for step in state.do:
            step(page)
        page.evaluate(_PICTURES_ARE_THERE)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.evaluate(_COLOURS_HAVE_CHANGED)
            look(Seen(section, state, width, scheme), page)
            done.seen += 1
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            done.faults.append(f"{section}/{state.name}-{width}: wider than the screen")
        done.faults += [f"{section}/{state.name}-{width}: {error}" for error in errors]
    finally:
        context.close()


def _matters(said: ConsoleMessage) -> bool:
    """Errors of the page's own: not a 4xx that was asked for, not our clock kept out of a letter's frame."""
    return said.type == "error" and "status of 4" not in said.text and "frame is sandboxed" not in said.text


# Colours fade from light to dark, one within another; what is looked at is the end.
_COLOURS_HAVE_CHANGED = """async () => {
  for (let left = 30, fading = true; fading && left; left--) {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const changes = document.getAnimations().filter((one) => one instanceof CSSTransition);
    changes.forEach((one) => one.finish());
    fading = changes.length > 0 || left > 28;
  }
}"""

# Lazy pictures load only when they come near; a picture of the whole page wants them all.
_PICTURES_ARE_THERE = """async () => {
  const pictures = [...document.images];
  pictures.forEach((picture) => { picture.loading = "eager"; });
  await Promise.all(pictures.map((picture) => picture.decode().catch(() => null)));
}"""


@contextmanager
def staged() -> Iterator[Stage]:
    """A town of its own, a browser, and everybody in place."""
    with running_town() as town, chromium() as browser:
        yield prepare(town, browser)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's browser, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path(), args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield browser
        browser.close()


def browser_path() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise SystemExit("There is no Chromium on this machine: install the package `chromium`.")
