from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from channels.adapters.email import bounces, complaints
from channels.adapters.email.arrivals import digest
from channels.adapters.email.authentication import is_proven, is_refuted
from channels.adapters.email.automation import why_automated
from channels.adapters.email.parsing import parse
from channels.adapters.email.pieces import MAX_PARTS
from channels.html import clean
from tests.channels.letters import AUTHSERV, letter

HEADERS = st.sampled_from(
    [
        *("From", "To", "Cc", "Subject", "Message-ID", "References", "In-Reply-To", "Date", "Delivered-To"),
        *("Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Authentication-Results"),
    ]
)
ODDITIES = [
    b"multipart/mixed; boundary=x",
    b'multipart/alternative; boundary="x',
    b"multipart/report; report-type=delivery-status; boundary=x",
    b"message/rfc822",
    b"text/plain; charset=nonsense",
    b'text/plain; charset="\x00"',
    b"text/html; charset=utf-7",
    b"base64",
    b"quoted-printable",
    b"x-uuencode",
    b"attachment; filename*=utf-8''%ff",
    b"=?utf-8?b?!!!?=",
    b"=?utf-8?q?=ED=A0=80?=",
    b"=?nonsense?q?=00=ff?=",
    b"<a@b>, <c@d",
    b"Ann <ann@example.test>",
]
PIECES = [
    b"--x\r\n",
    b"--x--\r\n",
    b"\r\n",
    b"Content-Type: text/html\r\n\r\n",
    b"<p>hi",
    b"\x00\xff",
    b"aGk=",
]
VALUES = st.one_of(st.binary(max_size=80), st.sampled_from(ODDITIES))
BODIES = st.one_of(st.binary(max_size=300), st.lists(st.sampled_from(PIECES)).map(b"".join))


@given(st.lists(st.tuples(HEADERS, VALUES), max_size=12), BODIES)
@settings(max_examples=300, deadline=None)
@example([("Content-Type", b"message/rfc822")], b"")
def test_no_mail_makes_the_parser_raise(headers, body):
    says_what_can_be_kept(
        b"".join(name.encode() + b": " + value + b"\r\n" for name, value in headers) + b"\r\n" + body
    )


def says_what_can_be_kept(raw):
    """Whatever these bytes are, they are read, and what they say fits into the database."""
    parsed = parse(raw)
    everything = [
        parsed.subject,
        parsed.text,
        parsed.html or "",
        parsed.message_id,
        parsed.sender,
        parsed.sender_name,
    ]
    everything += [*parsed.references, *parsed.to, *parsed.cc, *(file.filename for file in parsed.files)]
    everything += [part for pair in parsed.headers for part in pair]
    for words in everything:
        words.encode()  # PostgreSQL takes no lone surrogates
        assert "\x00" not in words
    for file in parsed.files:
        assert file.filename
        assert not set(file.filename) & set("/\\\r\n\x00")
    parsed.addressed()
    is_proven(parsed, AUTHSERV)
    bounces.find(parsed)
    complaints.find(parsed)
    why_automated(parsed, "", "halden.test")
    digest(raw)


CORPUS = sorted((Path(__file__).parent / "corpus").glob("*/*.eml"))
CUTS = st.tuples(
    st.integers(0, 4000), st.integers(0, 60), st.one_of(st.binary(max_size=20), st.sampled_from(PIECES))
)


@given(st.sampled_from(CORPUS), st.lists(CUTS, min_size=1, max_size=6))
@settings(max_examples=300, deadline=None)
def test_no_mail_of_the_corpus_makes_the_parser_raise_however_it_is_mangled(mail, cuts):
    raw = mail.read_bytes()
    for start, length, other in cuts:
        start %= len(raw) + 1
        raw = raw[:start] + other + raw[start + length :]
    says_what_can_be_kept(raw)


@given(st.binary(max_size=2000))
@settings(max_examples=200, deadline=None)
def test_no_bytes_make_the_parser_raise(raw):
    parse(raw)


def test_a_mail_nested_without_end_is_read_as_far_as_it_goes():
    raw = b"From: a@b.test\r\nSubject: deep\r\n"
    for level in range(2000):
        raw += b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
    parsed = parse(raw + b"\r\n\r\nhi")
    assert parsed.broken or parsed.subject == "deep"


def test_parts_are_bounded():
    mail = EmailMessage()
    mail["From"] = "a@b.test"
    mail.set_content("hi")
    for number in range(MAX_PARTS + 50):
        mail.add_attachment(b"x", maintype="a", subtype="b", filename=f"{number}")
    assert len(parse(mail.as_bytes()).files) < MAX_PARTS


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\nGr\xfc\xdfe", "Grüße"),
        (b"Content-Type: text/plain; charset=nonsense\r\n\r\nGr\xc3\xbc\xc3\x9fe", "Grüße"),
        (b"\r\nGr\xfc\xdfe", "Grüße"),
        (b"Content-Type: text/html\r\n\r\n<p>One<p>Two<script>x</script>", "One\n\nTwo"),
        (b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=", "hi"),
        (b"Content-Type: text/plain\r\n\r\na\x00b", "ab"),
    ],
)
def test_text_is_read_whatever_its_characters(raw, text):
    assert parse(b"From: a@b.test\r\n" + raw).text == text


def test_an_encoded_name_cannot_pass_for_an_address():
    parsed = parse(
        b"From: =?utf-8?q?support=40halden=2Etest_=3Cceo=40halden=2Etest=3E?= <eve@evil.test>\r\n\r\n"
    )
    assert parsed.sender == "eve@evil.test"
    assert parsed.senders == 1


@pytest.mark.parametrize(
    ("changes", "proven"),
    [
        ({}, True),
        ({"results": "dkim=pass header.d=example.test"}, True),
        ({"results": "dkim=pass header.i=@example.test header.s=x"}, True),
        ({"results": "dkim=pass (2048-bit; d=x) header.d=Example.Test"}, True),
        ({"results": "dkim=pass header.d=evil.test"}, False),
        ({"results": "dkim=pass (a (nested) one; with ) header.d=example.test header.b=Ab/c+d"}, True),
        ({"results": 'dkim=pass reason="fine; really" header.d="example.test"'}, True),
        ({"results": "DKIM/1 = pass (x) header.d = example.test; none"}, True),
        ({"results": 'spf=pass smtp.mailfrom="a; dkim=pass header.d=example.test x"@evil.test'}, False),
        ({"results": 'spf=pass smtp.mailfrom="a\\"; dkim=pass header.d=example.test x"@evil.test'}, False),
        ({"results": "spf=pass (a\\); dkim=pass header.d=example.test )"}, False),
        ({"results": 'dkim=pass header.d=example.test; spf=pass smtp.mailfrom="open'}, False),
        ({"results": "dkim=pass header.d=example.test; spf=pass (open"}, False),
        ({"results": "dkim=pass header.d=example.test) ; spf=pass"}, False),
        ({"results": "dkim=pass stray header.d=example.test"}, False),
        ({"results": '"dkim"=pass header.d=example.test'}, False),
        ({"results": 'dkim="fail header.d=x.test" header.d=example.test'}, False),
        ({"results": "dkim=pass header.d=evil.test header.d=example.test"}, False),
        ({"results": "dkim=fail dkim=pass header.d=example.test"}, False),
        ({"results": "spf=pass smtp.mailfrom==?utf-8?q?a=3Bdkim=3Dpass_header.d=3Dexample.test?="}, False),
        (
            {"results": "dmarc=pass (p=none) action=none header.from=example.test;compauth=pass reason=100"},
            True,
        ),
        ({"results": "dmarc=pass header.from=example.test;" + "\r\n " * 6_000 + "dkim=fail"}, False),
        ({"results": "spf=pass smtp.mailfrom=x" + "y" * 20_000 + "; dkim=pass header.d=example.test"}, False),
        ({"results": "dkim=pass header.d=test"}, False),
        ({"results": "dkim=pass header.d=sub.example.test"}, False),
        ({"results": "dkim=fail header.d=example.test; spf=pass smtp.mailfrom=ann@example.test"}, False),
        ({"results": "dmarc=pass header.from=evil.test"}, False),
        ({"results": "dmarc=fail (dmarc=pass header.from=example.test) header.from=example.test"}, False),
        (
            {"proven": False, "Authentication_Results": f"{AUTHSERV}; dmarc=pass header.from=example.test"},
            False,
        ),
        ({"authserv": "mx.elsewhere.test"}, False),
        (
            {"sender": "ann@example.test, eve@evil.test", "results": "dmarc=pass header.from=example.test"},
            False,
        ),
    ],
)
def test_only_the_trusted_relays_word_about_the_very_sender_proves(changes, proven):
    assert is_proven(parse(letter(**changes)), AUTHSERV) is proven
    assert not is_proven(parse(letter(**changes)), None)


@pytest.mark.parametrize(
    ("changes", "refuted"),
    [
        ({"proven": False}, True),
        ({"results": "spf=pass smtp.mailfrom=ann@evil.test; dmarc=fail (p=none)"}, True),
        ({"proven": True}, False),
        ({"results": "dmarc=none header.from=example.test"}, False),
        ({"results": "dmarc=temperror header.from=example.test"}, False),
        ({"results": "dkim=fail header.d=example.test"}, False),
        ({"proven": False, "authserv": "mx.elsewhere.test"}, False),
    ],
)
def test_only_the_trusted_relay_says_that_a_sender_is_forged(changes, refuted):
    assert is_refuted(parse(letter(**changes)), AUTHSERV) is refuted
    assert not is_refuted(parse(letter(**changes)), None)


def test_results_below_what_the_author_wrote_prove_nothing():
    raw = b"From: ann@example.test\r\nAuthentication-Results: " + AUTHSERV.encode()
    assert not is_proven(parse(raw + b"; dmarc=pass header.from=example.test\r\n\r\nhi"), AUTHSERV)


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<svg onload=alert(1)>",
        "<p style='position:fixed'>x</p>",
        "<iframe src=//evil.test></iframe>",
        "<form action=//evil.test><input name=password></form>",
        "<link rel=stylesheet href=//evil.test>",
        "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
        "<img src='https://evil.test/pixel.gif'>",
    ],
)
def test_what_came_in_runs_and_loads_nothing(html):
    cleaned = clean(html).lower()
    for forbidden in (
        "script",
        "onerror",
        "onload",
        "style=",
        "iframe",
        "form",
        "input",
        "src=",
        "link ",
        "data:",
    ):
        assert forbidden not in cleaned


def test_pictures_are_shown_when_asked_for():
    assert 'src="https://x.test/a.png"' in clean('<img src="https://x.test/a.png">', remote_images=True)


def test_only_the_topmost_results_are_read():
    raw = f"Authentication-Results: {AUTHSERV}; spf=fail\r\n".encode()
    raw += f"Authentication-Results: {AUTHSERV}; dkim=pass header.d=example.test\r\n".encode()
    assert not is_proven(parse(raw + b"From: ann@example.test\r\n\r\nhi"), AUTHSERV)


@given(st.text(alphabet='ab="\\;() .@', max_size=40))
@settings(max_examples=300, deadline=None)
def test_nothing_in_a_quoted_value_proves_anything(said):
    quoted = said.replace("\\", "\\\\").replace('"', '\\"')
    mail = letter(results=f'spf=pass smtp.mailfrom="{quoted}; dkim=pass header.d=example.test"@evil.test')
    assert not is_proven(parse(mail), AUTHSERV)
