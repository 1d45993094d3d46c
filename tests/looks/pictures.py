"""`make pictures`: every state at three widths, light and dark, into build/pictures, with a contact sheet."""

import argparse
import html
import shutil
import sys
from base64 import b64decode
from pathlib import Path

from playwright.sync_api import Page

from tests.journeys.town import ROOT
from tests.looks.walking import Seen, Walk, staged, states, walk

FOLDER = ROOT / "build" / "pictures"
# What the README and the docs show, as the screen stands: small enough to be kept with the text.
SHOWN = ROOT / "docs" / "pictures" / "screens"
CHOSEN = {
    "store/home-1280-light": "store",
    "store/product-360-light": "product-phone",
    "account/invoice-open-1280-light": "invoice",
    "help/chat-over-page-360-dark": "chat-phone",
    "desk/today-1280-light": "today",
    "desk/thread-1280-light": "inbox",
    "desk/thread-1280-dark": "inbox-dark",
    "desk/customer-1280-light": "customer",
    "desk/campaign-what-1280-light": "campaign",
}


def take(seen: Seen, page: Page) -> None:
    """The whole page, or the screen where something lies over the page; without anything that moves."""
    target = FOLDER / f"{seen}.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    page.evaluate("scrollTo(0, 0)")
    if str(seen) in CHOSEN:
        _keep(page, SHOWN / f"{CHOSEN[str(seen)]}.webp")
    size = page.viewport_size
    hidden = min(page.evaluate(_BELOW), 6000)
    if size and hidden:
        page.set_viewport_size({"width": size["width"], "height": size["height"] + hidden})
    covered = page.evaluate("Boolean(document.querySelector(':popover-open, dialog[open], .chat-frame'))")
    page.screenshot(path=target, full_page=not covered, animations="disabled", caret="hide")
    if size and hidden:
        page.set_viewport_size(size)


# The desk's pages scroll within the window: how much of one is below it.
_BELOW = """() => {
  const main = document.querySelector(".desk-main");
  return main ? main.scrollHeight - main.clientHeight : 0;
}"""


def _keep(page: Page, target: Path) -> None:
    browser = page.context.new_cdp_session(page)
    taken = browser.send("Page.captureScreenshot", {"format": "webp", "quality": 82})
    browser.detach()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(b64decode(taken["data"]))


def write_index(folder: Path) -> Path:
    """The contact sheet: a row for each state, a column for each width and scheme."""
    rows: dict[str, list[str]] = {}
    for picture in sorted(folder.glob("*/*.png")):
        name, width, scheme = picture.stem.rsplit("-", 2)
        rows.setdefault(f"{picture.parent.name}/{name}", []).append(f"{width}-{scheme}")
    for kinds in rows.values():
        kinds.sort(key=lambda kind: (kind.endswith("dark"), int(kind.split("-")[0])))
    body = "".join(
        f"<section><h2>{html.escape(name)}</h2><div>{''.join(_thumbnail(name, kind) for kind in kinds)}</div></section>"
        for name, kinds in rows.items()
    )
    index = folder / "index.html"
    index.write_text(
        "<!doctype html><meta charset=utf-8><title>Throughline, every state</title><style>"
        "body{font:14px system-ui;margin:24px;background:#eee}h2{font-size:16px}"
        "section div{display:flex;gap:12px;align-items:flex-start;overflow-x:auto}"
        "img{height:260px;border:1px solid #bbb;background:#fff}a{color:inherit;text-align:center}"
        f"</style><h1>{len(rows)} states</h1>{body}",
        encoding="utf-8",
    )
    return index


def _thumbnail(name: str, kind: str) -> str:
    address = html.escape(f"{name}-{kind}.png")
    return f'<a href="{address}"><img src="{address}" loading="lazy" alt=""><br>{kind}</a>'


def main(only: str) -> Walk:
    if not only:
        shutil.rmtree(FOLDER, ignore_errors=True)
    with staged() as stage:
        done = walk(stage, states(only), take)
    print(f"{done.seen} pictures; the contact sheet is {write_index(FOLDER)}")
    return done


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make pictures", description=__doc__)
    parser.add_argument(
        "only", nargs="?", default="", help="only states whose name contains this: desk/inbox"
    )
    found = main(parser.parse_args().only)
    for fault in found.faults:
        print(f"  {fault}")
    sys.exit(bool(found.faults))
