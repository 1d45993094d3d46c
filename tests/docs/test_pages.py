"""What the pages point at exists, and every page can be found."""

import re
import sys
from pathlib import Path

import pytest

from core.settings import Settings
from tests.docs.pages import ROOT, anchors, pages, prose

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
NAMED = re.compile(r"`([\w.*-]+(?:/[\w.*-]+)*/?)`")
ENDINGS = (
    ".py",
    ".md",
    ".toml",
    ".yaml",
    ".lock",
    ".json",
    ".css",
    ".js",
    ".sh",
    ".html",
    ".po",
    ".pot",
    "/",
)
# Made by a running installation, or by a reader who follows a recipe.
ELSEWHERE = {
    ".throughline/secrets.json",
    "THROUGHLINE_HOME/environment.json",
    "build/bench.json",
}


def looks_like_a_path(name: str) -> bool:
    """It ends like a file of ours, or begins with a folder of ours."""
    folder = name.partition("/")[0]
    return name.endswith(ENDINGS) or ("/" in name and (ROOT / folder).is_dir())


def ids(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("document", pages(), ids=ids)
def test_every_link_leads_somewhere(document: Path) -> None:
    lost = []
    for target in LINK.findall(prose(document)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (document.parent / name).resolve() if name else document
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize("document", pages(), ids=ids)
def test_every_file_that_is_named_exists(document: Path) -> None:
    lost = []
    for path in filter(looks_like_a_path, NAMED.findall(prose(document))):
        bases = (ROOT, document.parent)
        if path not in ELSEWHERE and not any(list(base.glob(path.rstrip("/"))) for base in bases):
            lost.append(path)
    assert lost == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    found, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in found or page.suffix != ".md":
            continue
        found.add(page)
        targets = (target.partition("#")[0] for target in LINK.findall(prose(page)) if "://" not in target)
        waiting += [
            file for target in targets if target and (file := (page.parent / target).resolve()).exists()
        ]
    assert [ids(page) for page in pages() if page not in found] == []


def test_the_page_of_settings_is_current() -> None:
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        from write_settings import PAGE, written  # type: ignore[import-not-found]  # a script, not a package
    finally:
        sys.path.pop(0)
    assert PAGE.read_text() == written(), "make docs writes it anew"


def test_every_setting_that_a_page_names_exists() -> None:
    known = {f"THROUGHLINE_{name.upper()}" for name in Settings.model_fields} | {"THROUGHLINE_PYTHON"}
    named = {name for page in pages() for name in re.findall(r"THROUGHLINE_[A-Z_]+[A-Z]", page.read_text())}
    assert named - known == set()


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_agents_page_has_the_whole_keyboard() -> None:
    desk = (ROOT / "portal/templates/layouts/desk.html").read_text()
    keys = set(re.findall(r'\(_\("([^"]+)"\), "([^"]+)"\)', desk))
    keys |= {
        (word, f"g {key}") for word, key in re.findall(r'_\("([^"]+)"\), "/desk/.*?", ".*?", "(.)"\)', desk)
    }
    told = set(
        re.findall(r"^\| ([^|]+) \| `([^`]+)` \|$", (ROOT / "docs/agents.md").read_text(), re.MULTILINE)
    )
    assert len(keys) > 20
    assert told == keys


def test_what_is_vendored_is_named_with_its_version_and_licence() -> None:
    table = (ROOT / "portal/static/vendor/VERSIONS.md").read_text()
    vendored = set(re.findall(r"^\| [\w./]\S* \| .* \| (\d+\.\d+\.\d+)", table, re.MULTILINE))
    told = (ROOT / "docs/third-party.md").read_text()
    assert len(vendored) > 5
    assert {version for version in vendored if version not in told} == set()
    licences = list((ROOT / "portal/static/vendor").rglob("*.txt"))
    assert [file.name for file in licences if str(file.relative_to(ROOT)) not in told] == []
