"""The documentation as its readers meet it: pages, the commands they may copy, and what the pages point at."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A shell block of a page: its commands, without prompts and comments."""

    page: str
    commands: tuple[str, ...]


def pages() -> list[Path]:
    """Every page for readers, the folder's own first."""
    return sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md"))


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return FENCE.sub("", page.read_text())


def blocks() -> Iterator[Block]:
    """Every ```sh and ```console block; what a console answers is left out."""
    for page in pages():
        for kind, block in FENCE.findall(page.read_text()):
            if kind not in ("sh", "console"):
                continue
            lines = block.replace("\\\n", " ").splitlines()
            if kind == "console":
                lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
            told = [re.sub(r"\s+", " ", re.sub(r"(^|\s+)# .*$", "", line)).strip() for line in lines]
            yield Block(str(page.relative_to(ROOT)), tuple(command for command in told if command))


def anchors(page: Path) -> set[str]:
    """The names under which a page's headings can be linked to."""
    titles = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
