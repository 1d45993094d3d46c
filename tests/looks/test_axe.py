"""The main pages, light and dark, are read by axe with every run of the tests; `make axe` reads all."""

from playwright.sync_api import Browser

from tests.journeys.town import Town
from tests.looks.axe import Findings
from tests.looks.staging import prepare
from tests.looks.walking import states, walk


def test_axe_finds_nothing_on_the_main_pages(town: Town, browser: Browser) -> None:
    findings = Findings()
    chosen = list(states(main=True))
    stage = prepare(town, browser, only=[state for _section, state in chosen])
    walked = walk(stage, chosen, findings.read, widths=(360,))
    assert findings.lines() == []
    assert walked.faults == []
    assert findings.states >= 30
