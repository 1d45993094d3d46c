"""`make axe`: axe-core over every state, WCAG 2.2 AA; says how many states were read and what was found."""

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from importlib.resources import files

from playwright.sync_api import Page

from tests.journeys.town import ROOT
from tests.looks.walking import Seen, staged, states, walk

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
ADVICE = ("best-practice",)
REPORT = ROOT / "build" / "axe.json"
# The dark page is the light one in other colours: only these can tell them apart.
COLOURS = ("color-contrast", "link-in-text-block")
_RUN = """async (runOnly) => {
  const found = await axe.run(document, { runOnly, iframes: false, resultTypes: ["violations"] });
  return found.violations.map(({ id, help, tags, nodes }) => ({
    id, help, tags, nodes: nodes.map(({ target, failureSummary, html }) => ({ target: target.join(" "), why: failureSummary, html: html.slice(0, 200) })),
  }));
}"""  # noqa: E501 - a line of JavaScript


@dataclass
class Findings:
    """What axe objected to (rule, where, why), and apart from it what it would advise."""

    states: int = 0
    found: list[dict[str, str]] = field(default_factory=list)
    advised: list[dict[str, str]] = field(default_factory=list)

    def read(self, seen: Seen, page: Page) -> None:
        """Run axe on what stands there now; letters in frames, which may run no scripts, are left out."""
        self.states += 1
        if not page.evaluate("typeof window.axe === 'object'"):
            # Through the browser's own door: the page's policy stays as strict as for everybody.
            page.evaluate(script())
        which = (
            {"type": "tag", "values": [*RULES, *ADVICE]}
            if seen.scheme == "light"
            else {"type": "rule", "values": [*COLOURS]}
        )
        for violation in page.evaluate(_RUN, which):
            kept = self.found if set(violation["tags"]) & set(RULES) else self.advised
            for node in violation["nodes"]:
                kept.append({"state": str(seen), "rule": violation["id"], "help": violation["help"], **node})

    def lines(self) -> list[str]:
        """Each thing once, with how many states show it."""
        counted = Counter((one["rule"], one["target"]) for one in self.found)
        first = {(one["rule"], one["target"]): one for one in reversed(self.found)}
        return [
            f"{rule} at {target} ({number} states, first {first[rule, target]['state']}): {first[rule, target]['why']}"
            for (rule, target), number in counted.most_common()
        ]


def script() -> str:
    """axe-core, as the locked package brings it."""
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def main(only: str) -> int:
    findings = Findings()
    with staged() as stage:
        walked = walk(stage, states(only), findings.read)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps({"found": findings.found, "advised": findings.advised}, indent=1))
    for line in findings.lines():
        print(f"  {line}")
    for fault in walked.faults:
        print(f"  {fault}")
    rules = ", ".join(
        f"{rule} {number}" for rule, number in Counter(one["rule"] for one in findings.advised).items()
    )
    print(
        f"{findings.states} states, {len(findings.found)} findings; advice beyond WCAG: {rules or 'none'} ({REPORT})"
    )
    return bool(findings.found or walked.faults)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make axe", description=__doc__)
    parser.add_argument(
        "only", nargs="?", default="", help="only states whose name contains this: desk/inbox"
    )
    sys.exit(main(parser.parse_args().only))
