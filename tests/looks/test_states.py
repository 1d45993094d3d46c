"""No page can be forgotten: every page that the site can show stands in the table."""

import re

from litestar.handlers import HTTPRouteHandler

from portal import routes
from tests.looks.state import State
from tests.looks.states import NOT_PAGES, SECTIONS

STATES = [state for listed in SECTIONS.values() for state in listed if state.site == "site"]
# The one address that is made up while the stage is set.
MADE_UP = {"{thanks}": "/orders/10001/thanks"}


def pages() -> set[str]:
    """Every path that answers GET, as its route declares it."""
    return {
        path
        for handler in routes.ROUTES
        if isinstance(handler, HTTPRouteHandler) and "GET" in handler.http_methods
        for path in handler.paths
    }


def leads_to(state: State, declared: str) -> bool:
    path = MADE_UP.get(state.path, state.path).partition("?")[0]
    # An id is always found on the site, so stands as {name}; words may stand as they are.
    pattern = re.sub(r"\{\w+:(\w+)\}", lambda found: r"\{\w+\}" if found[1] == "uuid" else r"[^/]+", declared)
    return re.fullmatch(pattern, path) is not None


def test_every_page_of_the_site_stands_in_the_table() -> None:
    forgotten = [path for path in pages() if not any(leads_to(state, path) for state in STATES)]
    assert sorted(set(forgotten) - set(NOT_PAGES)) == []


def test_the_table_names_nothing_that_is_gone() -> None:
    assert sorted(set(NOT_PAGES) - pages()) == []


def test_no_two_states_share_a_picture() -> None:
    for section, listed in SECTIONS.items():
        names = [state.name for state in listed]
        assert len(names) == len(set(names)), section
