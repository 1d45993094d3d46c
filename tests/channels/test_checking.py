"""Whose signature a mail bears, found out by ourselves: keys and policies stand on a name server of the test's own."""

import base64
import hashlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from dkim.canonicalization import Relaxed
from sqlalchemy import select

from channels import quarantine
from channels.adapters.email import checking, signatures
from channels.adapters.email.arrivals import store
from channels.adapters.email.feeding import feed
from channels.adapters.email.records import public_half
from channels.adapters.email.resolving import Asker
from channels.adapters.email.signing import Key
from channels.models import Message, ReceivedMail
from core.jobs import JobRow
from core.settings import settings as read_settings
from customers import identities
from tests.channels import nameserver
from tests.channels.letters import letter
from tests.channels.nameserver import Server
from tests.channels.posting import run_due
from workers.resources import Resources

RSA = generate_private_key(65537, 2048)
SHORT = generate_private_key(65537, 1024)
EDWARDS = Ed25519PrivateKey.generate()
NOW = int(time.time())
H = "from:to:subject:date:message-id"
PLAIN = (
    b"From: Ann Lee <ann@example.test>\r\nTo: support@halden.test\r\nSubject: My kettle\r\n"
    b"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.test>\r\n\r\nIt drips.\r\n"
)


def signed(
    raw: bytes = PLAIN,
    domain: str = "example.test",
    secret: Any = RSA,
    h: str = H,
    more: str = "",
    selector: str = "s1",
    algorithm: str = "",
) -> bytes:
    """The mail with a signature above it, with whatever tags."""
    head, _, body = raw.partition(b"\r\n\r\n")
    fields = [line.partition(b":")[::2] for line in head.split(b"\r\n")]
    covered = b"".join(
        name + b":" + value
        for each in h.split(":")
        for name, value in Relaxed.canonicalize_headers(
            [field for field in fields if field[0].lower() == each.encode()][-1:]
        )
    )
    key = Key(domain, selector, secret)
    digest = base64.b64encode(hashlib.sha256(Relaxed.canonicalize_body(body)).digest()).decode()
    stated = (
        f"v=1; a={algorithm or key.algorithm}; c=relaxed/relaxed; d={domain}; s={selector};"
        f" h={h}; bh={digest};{more} b="
    )
    signature = base64.b64encode(key.sign(covered + f"dkim-signature:{stated}".encode())).decode()
    return f"DKIM-Signature: {stated}{signature}\r\n".encode() + raw


def record(secret: Any = RSA, more: str = "") -> str:
    kind = "ed25519" if isinstance(secret, Ed25519PrivateKey) else "rsa"
    said = f"v=DKIM1; k={kind};{more} p={public_half(Key('example.test', 's1', secret))}"
    return f'"{said[:200]}" "{said[200:]}"'


def zone(domain: str = "example.test", secret: Any = RSA, more: str = "") -> dict[tuple[str, str], list[str]]:
    return {(f"s1._domainkey.{domain}", "TXT"): [record(secret, more)]}


@pytest.fixture
def server() -> Iterator[Server]:
    with nameserver.serving() as server:
        server.zone = zone()
        yield server


async def found(server: Server, raw: bytes, moment: datetime | None = None) -> str:
    said = await checking.find_out(raw, read_settings(), Asker("127.0.0.1", server.port), moment)
    assert said.startswith("halden.test; ")
    return said.removeprefix("halden.test; ")


PASS = "dkim=pass header.d=example.test"
FAIL = "dkim=fail header.d=example.test"


@pytest.mark.parametrize("secret", [RSA, SHORT, EDWARDS])
async def test_a_signature_of_the_senders_own_domain_passes(server, secret):
    server.zone = zone(secret=secret)
    assert await found(server, signed(secret=secret)) == PASS
    assert server.asked == ["s1._domainkey.example.test"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        pytest.param(PLAIN, "dkim=none", id="unsigned"),
        pytest.param(signed(domain="evil.test"), "dkim=none", id="signed by another domain"),
        pytest.param(signed(domain="notexample.test"), "dkim=none", id="signed by a lookalike"),
        pytest.param(signed(domain="test"), "dkim=none", id="signed by a public suffix"),
        pytest.param(signed(domain="example.test.evil.test"), "dkim=none", id="signed by a longer name"),
        pytest.param(signed().replace(b"drips", b"burns"), FAIL, id="another body"),
        pytest.param(signed() + b"Pay Eve.\r\n", FAIL, id="a longer body"),
        pytest.param(signed().replace(b"My kettle", b"My money"), FAIL, id="another subject"),
        pytest.param(signed(more=" l=11;"), FAIL, id="a length"),
        pytest.param(signed(more=" l=11;") + b"Pay Eve.\r\n", FAIL, id="a length, and more after it"),
        pytest.param(signed(more=" l=0;"), FAIL, id="a length of nothing"),
        pytest.param(signed(h="to:subject:date"), FAIL, id="From is not signed"),
        pytest.param(signed(more=f" t={NOW - 9000}; x={NOW - 3600};"), FAIL, id="expired"),
        pytest.param(signed(more=f" t={NOW + 9000};"), FAIL, id="from the future"),
        pytest.param(b"From: eve@evil.test\r\n" + signed(), "dkim=none", id="another From above"),
        pytest.param(
            signed(PLAIN.replace(b"To:", b"From: eve@evil.test\r\nTo:")), "dkim=none", id="two Froms"
        ),
        pytest.param(b"Subject: Pay Eve\r\n" + signed(), FAIL, id="another Subject above"),
        pytest.param(
            b"Content-Type: text/html\r\nContent-Type: text/plain\r\n" + signed(), FAIL, id="two types"
        ),
        pytest.param(b"X: a\rY: b\r\n" + signed(), FAIL, id="a bare CR"),
        pytest.param(b"X: a\r\rPay Eve.\r\n" + signed(), "dkim=none", id="a head that ends before it"),
        pytest.param(b"X-A: b\r\nno field\r\n" + signed(), FAIL, id="a line that is no field"),
        pytest.param(signed(algorithm="rsa-sha1"), FAIL, id="SHA-1"),
        pytest.param(signed(algorithm="ed25519-sha256"), FAIL, id="another kind than its key"),
        pytest.param(signed(selector="gone"), FAIL, id="a key that is long gone"),
        pytest.param(signed(secret=SHORT), FAIL, id="another key"),
        pytest.param(signed(more=" i=@evil.test;"), FAIL, id="for somebody else's identity"),
        pytest.param(signed(more=" d=example.test;"), FAIL, id="a tag twice"),
        pytest.param(signed().replace(b" b=", b" b=abcd"), FAIL, id="another signature"),
        pytest.param(b"DKIM-Signature: \xff\x00;=;;d=example.test;s=s1;b\r\n" + PLAIN, FAIL, id="junk"),
        pytest.param(b"DKIM-Signature: d=example.test; s=s1\r\n" + PLAIN, FAIL, id="nothing but names"),
        pytest.param(b"DKIM-Signature: d=example.test; s=../../x y\r\n" + PLAIN, "dkim=none", id="no name"),
        pytest.param(b"", "dkim=none", id="nothing at all"),
    ],
)
async def test_what_proves_nothing(server, raw, said):
    server.zone |= zone("evil.test") | zone("notexample.test") | zone("test") | zone("example.test.evil.test")
    assert await found(server, raw) == said


@pytest.mark.parametrize(
    "more",
    [" t=y;", " t=y:s;", " s=tlsrpt;", " s=other;", " h=sha1;"],
)
async def test_a_key_that_is_for_something_else_proves_nothing(server, more):
    server.zone = zone(more=more)
    assert await found(server, signed()) == FAIL


@pytest.mark.parametrize(
    "said",
    [
        '"v=DKIM1; p="',
        '"v=DKIM2; p=QUJD"',
        '"p=QUJD"',
        '"nonsense"',
        '"v=DKIM1; k=rsa; p=AAAA" "' + "A" * 248 + '"',
    ],
)
async def test_a_key_that_is_none_proves_nothing(server, said):
    server.zone = {("s1._domainkey.example.test", "TXT"): [said]}
    assert await found(server, signed()) == FAIL


@pytest.mark.parametrize("more", [" t=s;", " s=email;", " s=*;", " h=sha1:sha256;"])
async def test_a_key_that_is_for_mail_counts(server, more):
    server.zone = zone(more=more)
    assert await found(server, signed(more=" i=@example.test;")) == PASS


async def test_a_strict_key_counts_for_no_domain_below(server):
    server.zone = zone(more=" t=s;")
    assert await found(server, signed(more=" i=@mail.example.test;")) == FAIL
    server.zone = zone()
    assert await found(server, signed(more=" i=@mail.example.test;")) == PASS


async def test_a_signature_is_as_old_as_the_mail_when_it_comes(server):
    raw = signed(more=f" t={NOW - 9000}; x={NOW - 3600};")
    assert await found(server, raw, datetime.fromtimestamp(NOW - 5000, UTC)) == PASS


async def test_of_several_signatures_one_that_holds_is_enough(server):
    server.zone |= {("e1._domainkey.example.test", "TXT"): [record(EDWARDS)]}
    raw = signed(signed(secret=EDWARDS, selector="e1"), selector="gone")
    assert await found(server, raw) == PASS


async def test_no_more_than_a_few_keys_are_asked_for(server):
    raw = PLAIN
    for number in range(40):
        raw = b"DKIM-Signature: v=1; d=example.test; s=a%d; b=x\r\n" % number + raw
    assert await found(server, raw) == FAIL
    assert len(server.asked) == signatures.MAX_TRIED


BELOW = PLAIN.replace(b"ann@example.test", b"ann@shop.example.test")
MAIL_PASS = "dkim=pass header.d=mail.example.test; dmarc=pass header.from=example.test"
SHOP_PASS = "dkim=pass header.d=example.test; dmarc=pass header.from=shop.example.test"
MAIL = {("s1._domainkey.mail.example.test", "TXT"): [record()]}


@pytest.mark.parametrize(
    ("policy", "raw", "said"),
    [
        # Relaxed, the default: what somebody owns counts as one.
        ("v=DMARC1; p=none", signed(domain="mail.example.test"), MAIL_PASS),
        ("v=DMARC1; p=reject", signed(domain="mail.example.test"), MAIL_PASS),
        ("v=DMARC1; p=reject; adkim=r", signed(BELOW), SHOP_PASS),
        # Strict: that very domain alone, whatever is asked of those who fail.
        ("v=DMARC1; p=none; adkim=s", signed(domain="mail.example.test"), "dkim=policy header.d=mail.example.test"),
        ("v=DMARC1; p=reject; adkim=s", signed(BELOW), "dkim=policy header.d=example.test"),
        ("v=DMARC1; p=reject; adkim=s", signed(), PASS),
        # No policy: a parent's signature counts, a sister's proves nothing.
        ("", signed(BELOW), PASS),
        ("", signed(domain="mail.example.test"), "dkim=pass header.d=mail.example.test"),
        ("v=DMARC1; adkim=s", signed(BELOW), PASS),
    ],
)  # fmt: skip
async def test_the_senders_domain_says_which_signatures_count(server, policy, raw, said):
    server.zone |= MAIL
    if policy:
        server.zone["_dmarc.example.test", "TXT"] = [f'"{policy}"']
    assert await found(server, raw) == said


@pytest.mark.parametrize("suffix", ["co.uk", "github.io"])
async def test_who_shares_a_public_suffix_shares_nothing_else(server, suffix):
    server.zone = zone(f"eve.{suffix}") | zone(suffix)
    forged = PLAIN.replace(b"ann@example.test", f"ann@ann.{suffix}".encode())
    assert await found(server, signed(forged, domain=f"eve.{suffix}")) == "dkim=none"
    assert await found(server, signed(forged, domain=suffix)) == "dkim=none"


async def test_a_name_server_that_fails_proves_nothing_and_is_left_alone_a_while(server):
    server.silent = True
    asker = Asker("127.0.0.1", server.port)
    for _ in range(3):
        said = await checking.find_out(signed(), read_settings(), asker)
        assert said == "halden.test; dkim=temperror header.d=example.test"
    asked = len(server.asked)
    assert asked > 0
    await checking.find_out(signed(selector="s2"), read_settings(), asker)
    assert len(server.asked) == asked


async def test_a_key_is_asked_for_once(server):
    asker = Asker("127.0.0.1", server.port)
    for _ in range(3):
        assert (await checking.find_out(signed(), read_settings(), asker)).endswith(PASS)
    assert server.asked == ["s1._domainkey.example.test"]


async def test_a_large_mail_is_checked_within_its_bounds(server):
    body = b"".join(b"%076d\r\n" % number for number in range(320_000))
    raw = signed(PLAIN + body)
    assert len(raw) > 24_000_000
    assert await found(server, raw) == PASS


# The whole road: kept, checked by a worker, let in.


@pytest.fixture
async def worker(resources: Resources, server: Server) -> Resources:
    resources.settings = resources.settings.model_copy(update={"name_server": f"127.0.0.1:{server.port}"})
    return resources


async def come(database, worker: Resources, raw: bytes, vouched_by: str | None = "") -> ReceivedMail:
    async with database.transaction() as session:
        await store(session, {"support@halden.test"}, "x@x.test", ["support@halden.test"], raw, vouched_by)
    while await run_due(database, worker, ("default",)):
        pass
    async with database.transaction() as session:
        mail: ReceivedMail = (
            await session.scalars(select(ReceivedMail).order_by(ReceivedMail.id.desc()).limit(1))
        ).one()
        return mail


async def verified(database, mail: ReceivedMail) -> bool:
    async with database.transaction() as session:
        message = await session.get_one(Message, mail.message_id)
        owner = await identities.owner(session, identities.email("ann@example.test"))
    assert message.verified is (owner == message.customer_id)
    return bool(message.verified)


async def test_a_signed_mail_of_a_provider_proves_its_sender(database, worker):
    mail = await come(database, worker, signed())
    assert (mail.found_out, mail.quarantined) == (f"halden.test; {PASS}", None)
    assert await verified(database, mail)


async def test_a_large_one_is_checked_as_well(database, worker):
    mail = await come(database, worker, signed(PLAIN + b"And drips.\r\n" * 30_000))
    assert await verified(database, mail)


@pytest.mark.parametrize(
    "raw",
    [signed().replace(b"drips", b"burns"), signed(domain="evil.test"), PLAIN],
    ids=["altered", "other", "un"],
)
async def test_a_mail_that_proves_nothing_comes_in_unverified(database, worker, raw):
    mail = await come(database, worker, raw)
    assert mail.quarantined is None
    assert not await verified(database, mail)


async def test_without_an_answer_of_the_dns_a_mail_comes_in_unverified(database, worker, server):
    server.silent = True
    mail = await come(database, worker, signed())
    assert mail.found_out == "halden.test; dkim=temperror header.d=example.test"
    assert not await verified(database, mail)


async def test_the_relay_that_we_trust_has_the_last_word(database, worker, server):
    raw = letter(proven=False)
    mail = await come(database, worker, raw[: raw.index(b"From:")] + signed(), None)
    assert mail.found_out is None
    assert not await verified(database, mail)
    assert server.asked == []


async def test_where_that_relay_checks_no_signatures_we_do(database, worker):
    raw = letter(results="spf=pass smtp.mailfrom=x@x.test")
    mail = await come(database, worker, raw[: raw.index(b"From:")] + signed(), None)
    assert await verified(database, mail)


async def test_a_setting_turns_it_off(database, worker, server, monkeypatch):
    monkeypatch.setenv("THROUGHLINE_CHECK_SIGNATURES", "false")
    read_settings.cache_clear()
    mail = await come(database, worker, signed())
    assert (mail.found_out, server.asked) == (None, [])
    assert not await verified(database, mail)


async def test_a_forged_reply_waits_and_is_checked_again_when_the_dns_answers(database, worker, server):
    first = await come(database, worker, signed())
    answer = signed(
        PLAIN.replace(b"<1@", b"<2@").replace(b"To:", b"References: <1@example.test>\r\nTo:"), selector="s2"
    )
    server.silent = True
    mail = await come(database, worker, answer)
    assert (mail.message_id, (mail.quarantined or "")[:13]) == (None, "Forged reply?")
    server.silent = False
    server.zone |= {("s2._domainkey.example.test", "TXT"): [record()]}
    del worker.names
    async with database.transaction() as session:
        await quarantine.replay(session, mail.id)
    while await run_due(database, worker, ("default",)):
        pass
    async with database.transaction() as session:
        [joined] = await session.scalars(select(Message).where(Message.rfc_message_id == "2@example.test"))
        one = await session.get_one(Message, first.message_id)
        assert (joined.conversation_id, joined.verified) == (one.conversation_id, True)
        left = list(await session.scalars(select(JobRow.tag)))
        assert {"channels.check_mail", "channels.read_mail"}.isdisjoint(left)


async def test_a_mail_that_is_fed_asks_nobody_unless_it_is_told_to(database, server):
    fed = await feed(database, read_settings(), "1", signed())
    asked = list(server.asked)
    names = Asker("127.0.0.1", server.port)
    other = await feed(database, read_settings(), "2", signed(PLAIN.replace(b"<1@", b"<2@")), names=names)
    assert (fed.outcome, other.outcome, asked) == ("new thread", "new thread", [])
    async with database.transaction() as session:
        rows = await session.scalars(select(Message).order_by(Message.created_at))
        assert [message.verified for message in rows] == [False, True]
