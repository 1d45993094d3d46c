"""What Outlook wrapped up (TNEF, RTF): opened whatever it is; the mails themselves stand in `corpus/tnef`."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from channels.adapters.email import rtf, tnef
from channels.adapters.email.parsing import parse
from tests.channels import winmail

WHOLE = winmail.wrapped(
    winmail.message((0x1F, 0x1000, "It drips."), winmail.rtf(rb"{\rtf1 It {\b drips}.}")),
    winmail.attribute(1, 0x2800C, b"It drips.\0"),
    winmail.file(b"a.pdf", b"%PDF", (0x1F, 0x3707, "bill.pdf"), (0x102, 0x3701, b"%PDF")),
    winmail.file(b"", b"", (0x0D, 0x3701, b"I" * 16 + winmail.wrapped(winmail.file(b"x", b"y"))), data=False),
)


def test_a_whole_one_is_opened():
    found = tnef.opened(WHOLE)
    assert (found.text, [file.name for file in found.files]) == ("It drips.", ["bill.pdf", ""])
    assert found.files[1].inner is not None
    assert [file.content for file in found.files[1].inner.files] == [b"y"]
    assert rtf.read(rtf.unpacked(found.rtf)) == ("It drips.", False)


@given(st.integers(0, len(WHOLE)), st.binary(max_size=12), st.integers(0, 8))
@hypothesis_settings(max_examples=400, deadline=None)
def test_whatever_is_altered_it_is_opened_as_far_as_it_can_be(place, junk, gone):
    altered = WHOLE[:place] + junk + WHOLE[place + gone :]
    found = tnef.opened(altered)
    assert sum(len(file.content) for file in found.files) <= len(altered)
    rtf.read(rtf.unpacked(found.rtf))


@given(st.binary(max_size=300))
@hypothesis_settings(max_examples=200, deadline=None)
def test_junk_is_nothing(content):
    tnef.opened(b"\x78\x9f\x3e\x22\x01\x00" + content)
    rtf.read(b"{\\rtf1\\fromhtml1" + content)
    assert rtf.unpacked(content) == b"" or len(content) >= 16
    assert not tnef.opened(content) or content.startswith(b"\x78\x9f\x3e\x22")


def nested(depth: int) -> bytes:
    inside = winmail.wrapped(winmail.file(b"deep.txt", b"x"))
    for _ in range(depth):
        inside = winmail.wrapped(winmail.file(b"", b"", (0x0D, 0x3701, b"I" * 16 + inside), data=False))
    return inside


@pytest.mark.parametrize(
    "wrapped",
    [
        pytest.param(winmail.wrapped(*[winmail.file(b"f", b"")] * 20_000), id="many files"),
        pytest.param(nested(50), id="deep"),
        pytest.param(
            winmail.wrapped(
                winmail.attribute(1, 0x00069003, b"\xff" * 4 + b"\x1f\x10\x00\x10" + b"\xff" * 400)
            ),
            id="many values",
        ),
        pytest.param(
            winmail.wrapped(
                winmail.attribute(1, 0x00069003, b"\xff" * 4 + b"\x03\x00\x01\x00AAAA" * 100_000)
            ),
            id="many properties",
        ),
        pytest.param(winmail.wrapped(winmail.message((0x102, 0x1009, b"\xff" * 90_000))), id="no RTF"),
        pytest.param(
            winmail.wrapped(winmail.message((0x102, 0x1009, winmail.compressed(b"{" * 70_000)))),
            id="many groups",
        ),
        pytest.param(
            winmail.wrapped(winmail.message((0x102, 0x1009, winmail.compressed(b"\\'41" * 20_000)))),
            id="many signs",
        ),
        pytest.param(winmail.wrapped(winmail.attribute(1, 0x2800C, b"x" * 5_000_000)), id="a long text"),
    ],
)
def test_none_costs_much(wrapped):
    raw = (
        b"From: a@b.test\nContent-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(wrapped)
    )
    began = time.thread_time()
    parsed = parse(raw)
    assert time.thread_time() - began < 1.4
    assert not parsed.broken
    assert len(parsed.files) <= 101


def test_too_much_rtf_is_left_out():
    assert rtf.unpacked(b"x" * 100_001) == b""


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (rb"{\rtf1\ansi One\par Two\tab Three}", "One\nTwo\tThree"),
        (rb"{\rtf1\ansi\ansicpg1251 \'d7\'e0\'e9}", "Чай"),
        (rb"{\rtf1\uc2\u8364 EU\uc0\u8364 !}", "€€!"),
        (rb"{\rtf1{\fonttbl{\f0 Arial;}}{\colortbl;\red0;}{\*\x y}{\info{\title T}}A\~B\_C\-D}", "A\xa0B-CD"),
        (rb"{\rtf1 a\{b\}c\\d}", "a{b}c\\d"),
        (rb"{\rtf1 \ldblquote x\rdblquote \emdash y}", "“x”—y"),
        (rb"not RTF", ""),
        (rb"{\rtf1 never closed", "never closed"),
        (rb"{\rtf1 closed}}}}} twice", "closed twice"),
    ],
)
def test_the_words_of_rtf(written, said):
    assert rtf.read(written) == (said, False)
