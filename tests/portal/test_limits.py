"""Whose tries are counted together: the visitor behind our own front, never who writes a header."""

from ipaddress import ip_network
from types import SimpleNamespace

import pytest
from litestar import Litestar
from litestar.testing import RequestFactory
from pydantic import ValidationError

from core.settings import Settings
from portal.limits import client

FRONT = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"]


def seen(peer: str, *forwarded: str, trusted: list[str] = FRONT) -> str:
    app = Litestar()
    app.state.limits = SimpleNamespace(proxies=[ip_network(one) for one in trusted])
    request = RequestFactory(app=app).get("/")
    request.scope["client"] = (peer, 4711)
    request.scope["headers"] = [(b"x-forwarded-for", one.encode("latin-1")) for one in forwarded]
    return client(request)


def test_without_trusted_proxies_the_peer_counts_whatever_it_claims() -> None:
    assert seen("127.0.0.1", "198.51.100.7", trusted=[]) == "127.0.0.1"
    assert seen("203.0.113.9", "198.51.100.7", trusted=[]) == "203.0.113.9"


def test_the_header_of_an_untrusted_peer_is_ignored() -> None:
    assert seen("203.0.113.9", "198.51.100.7") == "203.0.113.9"
    assert seen("2001:db8:1:2:3::9", "198.51.100.7") == "2001:db8:1:2::"


@pytest.mark.parametrize(
    ("forwarded", "visitor"),
    [
        (["198.51.100.7"], "198.51.100.7"),
        (["6.6.6.6, 198.51.100.7"], "198.51.100.7"),
        (["6.6.6.6", "198.51.100.7"], "198.51.100.7"),
        (["6.6.6.6, 198.51.100.7, 10.1.2.3"], "198.51.100.7"),
        (["198.51.100.7:50001"], "198.51.100.7"),
        (["[2001:db8:1:2:3::9]:443"], "2001:db8:1:2::"),
        (["::ffff:198.51.100.7"], "198.51.100.7"),
        (["10.1.2.3, 10.9.9.9"], "10.1.2.3"),
        (["198.51.100.7, unknown"], "127.0.0.1"),
        ([""], "127.0.0.1"),
        ([], "127.0.0.1"),
        (["\x00, \xff"], "127.0.0.1"),
    ],
)
def test_behind_our_front_the_rightmost_hop_that_is_not_ours_counts(
    forwarded: list[str], visitor: str
) -> None:
    assert seen("127.0.0.1", *forwarded) == visitor


def test_visitors_of_one_front_have_limits_of_their_own() -> None:
    assert seen("::ffff:127.0.0.1", "198.51.100.7") != seen("::ffff:127.0.0.1", "198.51.100.8")


def test_what_is_no_network_is_refused_at_the_start(settings: Settings) -> None:
    facts = settings.model_dump()
    assert Settings(**{**facts, "trusted_proxies": "10.0.0.0/8, fd00::/8"}).proxies == (
        ip_network("10.0.0.0/8"),
        ip_network("fd00::/8"),
    )
    with pytest.raises(ValidationError):
        Settings(**{**facts, "trusted_proxies": "the front"})
