"""A stranger's HTML, in its frame, runs nothing, loads nothing, sends nothing and leads nowhere by itself."""

import asyncio
import time
from html.parser import HTMLParser

import pytest
from litestar import Litestar
from sqlalchemy import select, update

from channels.models import Message
from portal.frames import frame
from tests.portal.conftest import Browser
from tests.portal.test_inbox import Case, case

__all__ = ["case"]

# What loads or leads somewhere: in what is shown, it may only stand where a person clicks, or hold a picture itself.
_REMOTE = ("http:", "https:", "//", "ftp:", "cid:", "blob:", "file:")


class Shown(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.found: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [(tag, name, (value or "").strip().lower()) for name, value in attrs]


HOSTILE = {
    "script": "<script>alert(1)</script><p>Hi</p>",
    "handler": '<p onclick="alert(1)" onmouseover=alert(1)>Hi</p><img src=x onerror=alert(1)>',
    "javascript link": '<a href="javascript:alert(1)">a</a><a href="java\tscript:alert(1)">b</a>',
    "encoded link": '<a href="&#106;avascript&colon;alert(1)">a</a><a href="\x01javascript:alert(1)">b</a>',
    "data page": '<a href="data:text/html,<script>alert(1)</script>">a</a>',
    # What is rewritten after the cleaning must not end where an attribute says so.
    "marks in a link": (
        '<a href="http://x.test/?&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;meta http-equiv=refresh&gt;">x.test</a>'
    ),
    "marks in a name": '<img alt="&gt;&lt;script&gt;alert(1)&lt;/script&gt; width=&quot;0&quot;&gt;" src="cid:a">',
    "marks in a quote": '<p>Hi</p><div class="gmail_quote" dir="&gt;&lt;script&gt;alert(1)&lt;/script&gt;">a</div>',
    "vbscript": '<a href="vbscript:msgbox(1)">a</a>',
    "refresh": '<meta http-equiv="refresh" content="0;url=https://evil.test/"><p>Hi</p>',
    "base": '<base href="https://evil.test/"><a href="/sign-in">a</a>',
    "form": '<form action="//evil.test/"><input name=password><button formaction="//evil.test">Go</button></form>',
    "frame": '<iframe src="https://evil.test/"></iframe><object data="//evil.test"></object><embed src="//evil.test">',
    "svg": '<svg onload=alert(1)><a xlink:href="javascript:alert(1)"><animate attributeName=href to=java></svg>',
    "math": "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "link": '<link rel="stylesheet" href="https://evil.test/a.css"><link rel=dns-prefetch href=//evil.test>',
    "style import": "<style>@import url(https://evil.test/a.css);</style><p>Hi</p>",
    "srcset": '<img srcset="https://evil.test/1.png 2x" sizes=100vw><picture><source srcset="//evil.test/1"></picture>',
    "background": '<table background="//evil.test/1.png"><tr><td background="//evil.test/2.png">Hi</td></tr></table>',
    "poster": '<video poster="//evil.test/1.png"><source src="//evil.test"></video><audio src="//evil.test"></audio>',
    "overlay": '<div style="position:fixed;top:0;left:0;width:100%;height:100%;z-index:9">Sign in</div>',
    "ping": '<a href="https://shop.test/" ping="https://evil.test/">a</a>',
    "ids": '<div id="csrf" name="csrf" class="button">Hi</div>',
    "template": "<template><img src=x onerror=alert(1)></template>",
    "noscript": "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "comment": "<!--[if mso]><script>alert(1)</script><![endif]--><!--><img src=x onerror=alert(1)>-->",
    "title": "</title><script>alert(1)</script>",
    "deep": "<div>" * 3_000 + "Hi",
}


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE)
def test_nothing_hostile_is_left_of_a_letter(html: str) -> None:
    answer = frame(html, "</title><script>alert(1)</script>")
    body = answer.content
    shown = Shown()
    shown.feed(body)
    assert not shown.tags & {
        "script", "base", "form", "input", "button", "iframe", "object", "embed", "svg", "math", "link",
        "template", "noscript", "video", "audio", "source", "picture", "textarea", "select",
    }  # fmt: skip
    for tag, name, value in shown.found:
        assert not name.startswith("on"), (tag, name)
        assert name not in (
            "srcset",
            "background",
            "poster",
            "ping",
            "action",
            "formaction",
            "data",
            "id",
            "http-equiv",
        )
        if name == "href":
            assert value.startswith(("http:", "https:", "mailto:", "tel:")) or ":" not in value, value
        if name == "style":
            assert "position" not in value
    assert len(body) < 2_000_000


@pytest.mark.parametrize(
    "html",
    [
        '<img src="https://evil.test/1.png">',
        "<p style=\"background-color: url('https://evil.test/1.png')\">Hi</p>",
        '<p style="list-style-type: url(//evil.test/1.png); border: image(//evil.test)">Hi</p>',
        '<p style="color: red; background: \\75rl(https://evil.test)">Hi</p>',
    ],
)
def test_whatever_is_left_the_frame_loads_nothing_from_elsewhere_and_runs_nothing(html: str) -> None:
    policy = {
        part.split()[0]: part.split()[1:]
        for part in str(frame(html, "").headers["content-security-policy"]).split("; ")
    }
    # No form, no script, no plugin, no navigation of the page around it: the sandbox allows none of them. Ours, so that
    # the page around it can measure it; a link opens a page of its own.
    assert policy["sandbox"] == ["allow-same-origin", "allow-popups", "allow-popups-to-escape-sandbox"]
    assert policy["form-action"] == ["'none'"]
    assert policy["default-src"] == ["'none'"]
    for kind, places in policy.items():
        if kind.endswith("-src"):
            assert not any(place.startswith(_REMOTE) or place == "*" for place in places), kind
            # The pictures that came with it; no other address of ours is left in it.
            assert "'self'" not in places or kind == "img-src", kind
    assert "script-src" not in policy
    assert frame(html, "").headers["referrer-policy"] == "no-referrer"


async def test_a_letter_that_is_costly_to_clean_keeps_no_other_request_waiting(
    app: Litestar, agent_client: Browser, case: Case
) -> None:
    async with app.state.database.transaction() as session:
        await session.execute(update(Message).values(html="<div>" * 15_000 + "Hi"))
        message_id = await session.scalar(select(Message.id))
    showing = asyncio.create_task(agent_client.get(f"{case.url}/messages/{message_id}/html"))
    longest, last = 0.0, time.perf_counter()
    while not showing.done():
        await asyncio.sleep(0.01)
        longest, last = max(longest, time.perf_counter() - last), time.perf_counter()
    whole = showing.result()
    assert whole.status_code == 200
    assert "Hi" in whole.text
    began = time.process_time()
    frame("<div>" * 15_000 + "Hi", "")
    # It costs as much as ever; the loop went on meanwhile.
    assert longest < (time.process_time() - began) / 2


def test_what_we_say_beside_a_link_cannot_be_cut_off() -> None:
    hiding = "width:8em;height:1.4em;overflow:hidden;max-height:1.4em;white-space:nowrap"
    shown = frame(f'<p style="{hiding}"><a href="https://evil.test/">bank.test</a></p>', "").content
    assert "leads to evil.test" in shown
    assert "overflow:hidden" not in shown.partition("<body")[2]
    assert "max-height" not in shown.partition("<body")[2]
