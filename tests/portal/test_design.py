"""The design system: what every template must keep, and the two routes that belong to it."""

import json
import re
from pathlib import Path

import pytest

from core.rendering import environment
from portal.rendering import STATIC
from tests.portal.conftest import Browser

TEMPLATES = Path(__file__).parents[2] / "portal" / "templates"
PAGES = [path for path in sorted(TEMPLATES.rglob("*.html")) if "email" not in path.parts]
SPRITE = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))


def named(path: Path) -> str:
    return str(path.relative_to(TEMPLATES))


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_a_template_needs_no_inline_style_or_script(path: Path) -> None:
    text = path.read_text()
    assert re.findall(r"\sstyle=", text) == []
    assert re.findall(r"<style", text) == []
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    assert re.findall(r"\son[a-z]+=\"", text) == []
    assert re.findall(r"hx-on|hx-vals=.js:|javascript:", text) == []


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_a_template_names_only_icons_that_exist(path: Path) -> None:
    text = path.read_text()
    drawn = set(re.findall(r'(?<![a-z_])_?icon(?:_button|_link)?\(\s*"([a-z0-9-]+)"', text))
    drawn |= set(re.findall(r'\bicon(?:_after)?="([a-z0-9-]+)"', text))
    assert drawn - SPRITE == set()


def test_every_kind_and_status_has_an_icon_that_exists() -> None:
    made = environment(TEMPLATES)
    made.globals["static"] = lambda path: path
    for component, names in (("icon", ["_icons"]), ("status", ["_tones"]), ("feedback", ["_tone_icons"])):
        text = (TEMPLATES / f"components/{component}.html").read_text()
        for name in names:
            body = text[text.index(f"set {name}") :]
            body = body[: body.index("%}")]
            used = re.findall(r':\s*"([a-z0-9-]+)"', body) + re.findall(r'\(\S+, "([a-z0-9-]+)"\)', body)
            assert used
            assert set(used) - SPRITE == set()


@pytest.mark.parametrize("path", sorted((TEMPLATES / "components").glob("*.html")), ids=named)
def test_a_component_can_be_imported(path: Path) -> None:
    made = environment(TEMPLATES)
    made.globals["static"] = lambda path: path
    made.get_template(f"components/{path.name}").module  # noqa: B018 - raises


@pytest.mark.parametrize("path", sorted((STATIC / "css").glob("*.css")), ids=lambda path: path.name)
def test_a_stylesheet_uses_only_properties_that_are_set_somewhere(path: Path) -> None:
    text = "\n".join(sheet.read_text() for sheet in (STATIC / "css").glob("*.css"))
    known = set(re.findall(r"(--[a-z0-9-]+)\s*:", text))
    # With a fallback a property may be missing.
    asked = set(re.findall(r"var\((--[a-z0-9-]+)\)", path.read_text()))
    assert asked - known == set()


async def test_colleagues_see_the_styleguide_and_strangers_do_not(
    client: Browser, agent_client: Browser
) -> None:
    assert (await client.get("/desk/styleguide")).status_code in (303, 401)
    answer = await agent_client.get("/desk/styleguide")
    assert answer.status_code == 200
    assert "progress-line" in answer.text


async def test_the_list_of_languages_changes_the_page_and_leads_only_home(client: Browser) -> None:
    answer = await client.submit("/language", {"language": "de", "next": "/help"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/help")
    assert '<html lang="de"' in (await client.get("/help")).text
    answer = await client.submit("/language", {"language": "xx", "next": "https://elsewhere.test/"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert '<html lang="de"' in (await client.get("/help")).text


def test_htmx_writes_no_style_that_the_policy_would_refuse() -> None:
    found = re.search(
        r"name=\"htmx-config\" content='([^']+)'", (TEMPLATES / "layouts/base.html").read_text()
    )
    assert found is not None
    told = json.loads(found[1])
    # A field that was pulled larger carries a style; a swap must not try to copy it.
    assert (told["includeIndicatorStyles"], "style" in told["attributesToSettle"]) == (False, False)


def test_the_styleguide_shows_every_component() -> None:
    # What makes words for other macros, or stands in the layout of every page of the desk.
    elsewhere = {"kind_of", "palette"}
    guide = (TEMPLATES / "desk/styleguide.html").read_text()
    called = {"titled": "section", "phone_call": "call"}
    # The examples' own words are no calls.
    written = re.sub(r"call show\('.*?'\)", "", guide)
    shown = {called.get(name, name) for name in re.findall(r"[{(=%\s](\w+)\(", written)}
    known = {
        name
        for path in sorted((TEMPLATES / "components").glob("*.html"))
        if path.stem != "email"
        for name in re.findall(r"{%-? macro ([a-z]\w*)\(", path.read_text())
    }
    assert known - shown - elsewhere == set()
