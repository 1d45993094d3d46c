"""What the DNS says of our domain, asked of a name server that the test itself is."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from channels.adapters.email.policies import MAX_LOOKUPS
from channels.adapters.email.records import examine, public_half
from channels.adapters.email.resolving import Resolver
from channels.adapters.email.signing import Key
from channels.commands import dns as command
from core.settings import settings as read_settings
from tests.channels import nameserver
from tests.channels.nameserver import Server


@pytest.fixture
def server() -> Iterator[Server]:
    with nameserver.serving() as server:
        yield server


RSA = generate_private_key(65537, 2048)
EDWARDS = Ed25519PrivateKey.generate()


@pytest.fixture
def signing(tmp_path: Path) -> str:
    """The setting that names both keys."""
    named = []
    for selector, key in (("s1", RSA), ("s2", EDWARDS)):
        file = tmp_path / f"{selector}.pem"
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        named.append(f"{selector}._domainkey.halden.test={file}")
    return ",".join(named)


def published() -> dict[tuple[str, str], list[str]]:
    """A domain as it should be."""
    keys = {"s1": Key("halden.test", "s1", RSA), "s2": Key("halden.test", "s2", EDWARDS)}
    half = {selector: public_half(key) for selector, key in keys.items()}
    return {
        ("halden.test", "MX"): ["10 mx.halden.test."],
        ("halden.test", "TXT"): ['"another text"', '"v=spf1 mx include:relay.test" " -all"'],
        ("relay.test", "TXT"): ['"v=spf1 ip4:192.0.2.0/24 -all"'],
        ("s1._domainkey.halden.test", "TXT"): [
            f'"v=DKIM1; k=rsa; p={half["s1"][:200]}" "{half["s1"][200:]}"'
        ],
        ("s2._domainkey.halden.test", "TXT"): [f'"v=DKIM1; k=ed25519; p={half["s2"]}"'],
        ("_dmarc.halden.test", "TXT"): ['"v=DMARC1; p=reject; rua=mailto:dmarc@halden.test"'],
    }


def levels(settings, server: Server) -> dict[str, str]:
    found = list(examine(settings, Resolver("127.0.0.1", server.port)))
    assert all(each.mend for each in found if each.level != "ok")
    return {each.what: each.level for each in found}


def test_a_domain_as_it_should_be_has_nothing_to_mend(settings, server, signing):
    server.zone = published()
    settings = settings.model_copy(update={"dkim_keys": signing})
    assert levels(settings, server) == dict.fromkeys(["MX", "SPF", "DKIM s1", "DKIM s2", "DMARC"], "ok")


def test_what_is_printed_for_an_empty_domain_is_all_that_it_needs(settings, server, signing):
    settings = settings.model_copy(update={"dkim_keys": signing, "smtp_relay_host": "smtp.halden.test"})
    assert set(levels(settings, server).values()) == {"fail"}
    for finding in examine(settings, Resolver("127.0.0.1", server.port)):
        name, _, kind, value = finding.mend.removeprefix("Publish: ").split(" ", 3)
        server.zone.setdefault((name.rstrip("."), kind), []).append(value)
    assert ("halden.test", "TXT") in server.zone
    assert "a:smtp.halden.test" in server.zone["halden.test", "TXT"][0]
    assert set(levels(settings, server).values()) == {"ok"}


@pytest.mark.parametrize(
    ("name", "kind", "records", "what", "level"),
    [
        ("halden.test", "MX", ["0 ."], "MX", "fail"),
        ("halden.test", "TXT", ['"v=spf1 +all"'], "SPF", "fail"),
        ("halden.test", "TXT", ['"v=spf1 mx"'], "SPF", "warn"),
        ("halden.test", "TXT", ['"v=spf1 mx -all"', '"v=spf1 a -all"'], "SPF", "fail"),
        ("halden.test", "TXT", ['"v=spf10 mx -all"'], "SPF", "fail"),
        ("halden.test", "TXT", [f'"v=spf1 {"a:x.test " * MAX_LOOKUPS}-all"'], "SPF", "ok"),
        ("halden.test", "TXT", [f'"v=spf1 {"a:x.test " * MAX_LOOKUPS}mx -all"'], "SPF", "fail"),
        ("halden.test", "TXT", ['"v=spf1 include:halden.test -all"'], "SPF", "ok"),
        ("halden.test", "TXT", ['"v=spf1 redirect=relay.test"'], "SPF", "ok"),
        ("s1._domainkey.halden.test", "TXT", ['"v=DKIM1; k=rsa; p="'], "DKIM s1", "fail"),
        ("s1._domainkey.halden.test", "TXT", ['"v=DKIM1; k=rsa; p=QUJD"'], "DKIM s1", "fail"),
        ("_dmarc.halden.test", "TXT", ['"v=DMARC1; p=none"'], "DMARC", "warn"),
        ("_dmarc.halden.test", "TXT", ['"v=DMARC1; rua=mailto:a@halden.test"'], "DMARC", "fail"),
        ("_dmarc.halden.test", "TXT", ['"v=DMARC1; p=reject"', '"v=DMARC1; p=none"'], "DMARC", "fail"),
    ],
)
def test_a_record_that_is_wrong_is_named(settings, server, signing, name, kind, records, what, level):
    server.zone = {**published(), (name, kind): records}
    found = levels(settings.model_copy(update={"dkim_keys": signing}), server)
    assert found.pop(what) == level
    assert set(found.values()) == {"ok"}


SPARE = (
    "smtp://smtp.halden.test smtps://mail.provider.test smtp://192.0.2.9 smtp://10.0.0.9 smtp://198.51.101.7"
)


@pytest.mark.parametrize(
    ("policy", "missing"),
    [
        ("v=spf1 mx -all", ["smtp.halden.test", "mail.provider.test", "198.51.101.7"]),
        ("v=spf1 a:smtp.halden.test include:provider.test ip4:198.51.101.0/24 -all", []),
        # What the provider sends by stands in a record of the provider's, not what we hand mail to.
        ("v=spf1 include:_spf.provider.test -all", ["smtp.halden.test", "198.51.101.7"]),
        ("v=spf1 a:one.halden.test/24 redirect=provider.test", ["198.51.101.7"]),
        ("v=spf1 -a:smtp.halden.test ?include:provider.test ip4:198.51.101.7 -all",
         ["smtp.halden.test", "mail.provider.test"]),
        ("v=spf1 include:_spf.halden.test ip4:nonsense -all", ["mail.provider.test"]),
        ("v=spf1 mx:provider.test a:%{d} exists:%{i}.halden.test ip4:198.51.101.7 -all",
         ["smtp.halden.test"]),
    ],
)  # fmt: skip
def test_every_mail_server_that_sends_for_us_is_looked_for_in_the_policy(settings, server, policy, missing):
    server.zone = {
        **published(),
        ("halden.test", "TXT"): [f'"{policy}"'],
        ("smtp.halden.test", "A"): ["203.0.113.25"],
        ("smtp.halden.test", "AAAA"): ["2001:db8::25"],
        ("one.halden.test", "A"): ["203.0.113.1"],
        ("_spf.halden.test", "TXT"): ['"v=spf1 ip6:2001:db8::/64 ip4:198.51.101.7 -all"'],
        ("provider.test", "TXT"): ['"v=spf1 ip4:203.0.114.0/24 include:halden.test -all"'],
        ("provider.test", "MX"): ["5 mail.provider.test."],
        ("_spf.provider.test", "TXT"): ['"v=spf1 ip4:203.0.114.0/24 -all"'],
        ("mail.provider.test", "A"): ["203.0.115.3"],
    }
    given = settings.model_copy(update={"smtp_spare_relays": SecretStr(SPARE)})
    found = {
        each.what: each
        for each in examine(given, Resolver("127.0.0.1", server.port))
        if each.what.startswith("SPF")
    }
    # Nothing can be said of one that sends under an address that is not its own; 192.0.2.0/24 is for documents.
    assert list(found) == ["SPF", "SPF smtp.halden.test", "SPF mail.provider.test", "SPF 198.51.101.7"]
    assert [what[4:] for what, each in found.items() if what != "SPF" and each.level != "ok"] == missing
    for host in missing:
        said = found[f"SPF {host}"]
        assert (said.level, f"ip4:{host}" in said.mend or f"a:{host}" in said.mend) == ("warn", True)
        assert said.mend.index(host) < max(said.mend.find("-all"), said.mend.find("redirect="))


def test_a_domain_below_another_follows_what_that_one_says_for_those_below(settings, server):
    server.zone = published()
    below = settings.model_copy(update={"mail_domain": "shop.halden.test"})
    assert levels(below, server)["DMARC"] == "ok"
    server.zone["_dmarc.halden.test", "TXT"] = ['"v=DMARC1; p=reject; sp=none"']
    assert levels(below, server)["DMARC"] == "warn"


def test_a_key_of_another_domain_is_named(settings, server, signing):
    server.zone = published()
    other = settings.model_copy(
        update={"dkim_keys": signing.replace("halden", "other"), "mail_domain": "halden.test"}
    )
    assert levels(other, server)["DKIM s1"] == "warn"


def test_no_key_at_all_is_said(settings, server):
    server.zone = published()
    assert levels(settings, server)["DKIM"] == "warn"


def test_a_name_server_that_fails_is_no_empty_domain(settings, server, signing):
    server.silent = True
    settings = settings.model_copy(update={"dkim_keys": signing})
    found = list(examine(settings, Resolver("127.0.0.1", server.port)))
    assert {each.level for each in found} == {"fail"}
    assert all("gave no answer" in each.told for each in found)


def test_the_command_says_what_to_publish_and_ends_with_one(server, monkeypatch, signing):
    monkeypatch.setenv("THROUGHLINE_DKIM_KEYS", signing)
    read_settings.cache_clear()
    place = f"127.0.0.1:{server.port}"
    told = CliRunner().invoke(command, ["--resolver", place])
    assert told.exit_code == 1
    assert "s2._domainkey.halden.test. IN TXT" in told.output
    server.zone = published()
    said = CliRunner().invoke(command, ["--resolver", place, "--json"])
    assert said.exit_code == 0
    assert {json.loads(line)["level"] for line in said.output.splitlines()} == {"ok"}
    assert CliRunner().invoke(command, ["--resolver", "nonsense"]).exit_code == 2
