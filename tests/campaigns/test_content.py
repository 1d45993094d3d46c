"""Marketers write freely; nothing they write can reach further than the recipient's own few values."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import sms, templates
from campaigns.content import compile_content, render
from campaigns.templates import MissingValue
from core.errors import Invalid


def values(**customer: str) -> dict[str, Any]:
    return {
        "customer": {"locale": "en", **customer},
        "spend": 1234567,
        "orders": 2,
        "company": {
            "name": "Halden",
            "footer": "Halden, Berlin",
            "website": "https://h.test",
            "currency": "EUR",
        },
        "words": {"unsubscribe": "Unsubscribe", "preferences": "Choose"},
        "unsubscribe_url": "https://h.test/u/1",
        "preferences_url": "https://h.test/preferences/1",
        "link_0": "https://h.test/l/0?a=1&b=2",
        "link_1": "https://h.test/l/1",
    }


@pytest.mark.parametrize(
    "body",
    [
        "{{ customer.__class__ }}",
        "{{ customer['__init__'] }}",
        "{{ customer.name.size }}",
        "{{ customer }}",
        "{{ customer[customer.name] }}",
        "{{ settings.secret_key }}",
        "{{ self }}",
        "{{ 'x' | safe }}",
        "{{ 'x' | append: 'y' }}",
        "{{ customer.name | replace: '', 'xxxxxxxx' }}",
        "{% for i in (1..100000000) %}x{% endfor %}",
        "{% tablerow i in (1..100000000) %}x{% endtablerow %}",
        "{% include 'secrets' %}",
        "{% render 'secrets' %}",
        "{% liquid\necho customer.name %}",
        "{{ unfinished",
        "{% if customer.name %}",
        "&#123;&#123; settings.secret_key &#125;&#125;",
        "x" * 200_001,
    ],
)
@pytest.mark.parametrize("format_", ["markdown", "html"])
def test_what_the_language_does_not_have_is_refused_beside_the_body(body: str, format_: str) -> None:
    if format_ == "markdown" and body.startswith("&#123;"):
        body = body.replace("&#123;", "\\{").replace("&#125;", "\\}")  # Markdown's own way to hide a brace
    with pytest.raises(Invalid) as refused:
        compile_content("email", format_, "Hello", body)
    assert list(refused.value.fields) == ["body"]


def test_output_cannot_grow_without_end() -> None:
    doubling = "{% assign a = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' %}" + "".join(
        "{% capture a %}{{ a }}{{ a }}{{ a }}{{ a }}{% endcapture %}" for _ in range(9)
    )
    compiled = compile_content("email", "html", "Hello", doubling + "{{ a }}")
    with pytest.raises(Invalid, match="too long"):
        render(compiled, values(name="Ana"))


def test_a_customers_name_cannot_become_markup_or_a_second_header() -> None:
    compiled = compile_content(
        "email", "html", "For {{ customer.name }}", "<p title='{{ customer.name }}'>Hi</p>"
    )
    made = render(compiled, values(name="<b>\"'>\r\nBcc: all@x.test"))
    assert made.subject == "For <b>\"'> Bcc: all@x.test"
    assert made.html is not None
    assert "<b>" not in made.html
    assert "\"'>" not in made.html


def test_a_marketers_script_is_cleaned_away_and_css_is_inlined() -> None:
    compiled = compile_content(
        "email",
        "html",
        "Hi",
        "<h1 onclick='x()'>Hi</h1><script>alert(1)</script><iframe src='https://x.test'></iframe>"
        "<p style='color: red; position: fixed'>a</p><style>p { color: blue }</style>",
    )
    assert compiled.html is not None
    for word in ("onclick", "alert", "iframe", "position", "blue"):
        assert word not in compiled.html
    assert "<h1 style=" in compiled.html
    assert "color:red" in compiled.html.replace(" ", "")


def test_links_are_constant_and_become_tracked_ones() -> None:
    body = "[a](https://a.test/x?y=1&z=2) and [b](https://b.test) and [a](https://a.test/x?y=1&z=2)"
    body += " [out]({{ unsubscribe_url }})"
    compiled = compile_content("email", "markdown", "Hi", body)
    assert compiled.links == ["https://a.test/x?y=1&z=2", "https://b.test"]
    made = render(compiled, values())
    assert made.html is not None
    assert "a.test" not in made.html
    assert made.html.count('href="https://h.test/l/0?a=1&amp;b=2"') == 2
    assert 'href="https://h.test/u/1"' in made.html
    assert "https://h.test/l/1" in made.text


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ("Have a [look](https://a.test/x).", "Have a look <https://h.test/l/0?a=1&b=2>."),
        ("**Now** *new*, `really`: [**the** kettle](https://a.test)!", "Now new, really: the kettle <{0}>!"),
        ("# New\n\n- [one](https://a.test)\n- two", "New\n\n  * one <{0}>\n  * two"),
        ("<https://a.test/> and <ann@halden.test>", "{0} and ann@halden.test"),
        ("[write](mailto:ann@halden.test) or [out]({{ unsubscribe_url }})",
         "write <ann@halden.test> or out <https://h.test/u/1>"),
        ("[![Our kettle](https://a.test/k.png)](https://a.test)", "Our kettle <{0}>"),
        ("[{{ customer.name }} & you](https://a.test)", "Ana & you <{0}>"),
        ("5 < 6 [a \\[b\\] c](https://a.test)", "5 < 6 a [b] c <{0}>"),
    ],
)  # fmt: skip
def test_the_plain_text_reads_without_markdown(body: str, read: str) -> None:
    made = render(compile_content("email", "markdown", "Hi", body), values(name="Ana"))
    assert made.text.partition("\n\n--\n")[0] == read.format("https://h.test/l/0?a=1&b=2")


@pytest.mark.parametrize(
    "body",
    [
        "<a href='https://x.test/?e={{ customer.name }}'>x</a>",
        "<a href='{{ customer.name }}'>x</a>",
        "<a href='/relative'>x</a>",
        "<img src='https://x.test/{{ customer.name }}.png'>",
        "<table><tr>{% if orders > 1 %}<td>a</td>{% endif %}</tr></table>",
    ],
)
def test_personal_values_stay_out_of_addresses_and_conditions_out_of_the_rows(body: str) -> None:
    with pytest.raises(Invalid) as refused:
        compile_content("email", "html", "Hi", body)
    assert list(refused.value.fields) == ["body"]


def test_conditions_and_defaults_work_and_a_missing_value_is_named() -> None:
    body = (
        "{% if customer.company %}For {{ customer.company }}{% else %}For you{% endif %}\n\n"
        "{{ customer.first_name | default: 'friend' }}, {{ spend | money }}"
    )
    compiled = compile_content("email", "markdown", "Hi", body)
    made = render(compiled, values())
    assert "For you" in made.text
    assert "friend, €12,345.67" in made.text
    with pytest.raises(MissingValue) as missing:
        render(compile_content("email", "markdown", "Hi {{ customer.first_name }}", "x"), values())
    assert missing.value.value == "customer.first_name"


def test_every_mail_names_the_way_out_in_both_forms() -> None:
    made = render(compile_content("email", "markdown", "Hi", "Hello"), values())
    assert made.html is not None
    for form in (made.html, made.text):
        assert "https://h.test/u/1" in form
        assert "https://h.test/preferences/1" in form


def test_an_error_says_the_line() -> None:
    with pytest.raises(Invalid) as refused:
        templates.check("Hello\n\n{{ customer.nickname }}", "body")
    assert refused.value.fields["body"].startswith("Line 3: “customer.nickname” is not a value")


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("a" * 152 + "€" + "a" * 10, "GSM-7", 164, 2),
        ("ő" * 70, "UCS-2", 70, 1),
        ("ő" * 71, "UCS-2", 71, 2),
        ("😀" * 36, "UCS-2", 72, 2),
    ],
)
def test_a_text_message_is_counted_as_the_network_counts_it(
    text: str, encoding: str, units: int, parts: int
) -> None:
    length = sms.measure(text)
    assert (length.encoding, length.units, length.parts) == (encoding, units, parts)


def test_a_text_message_has_its_links_tracked_and_a_way_out() -> None:
    compiled = compile_content("sms", "markdown", "", "Hi {{ customer.first_name }}: https://a.test/x.")
    assert compiled.links == ["https://a.test/x"]
    made = render(compiled, values(first_name="Ana"))
    assert made.text == "Hi Ana: https://h.test/l/0?a=1&b=2.\nReply STOP to opt out."
    assert (made.subject, made.html) == ("", None)


WORDS = st.text(alphabet="abc <>&'\"\n-{}é", max_size=8)
PARTS = st.one_of(
    WORDS.filter(lambda words: not {"{", "}"} & set(words)),
    st.sampled_from(
        ["{{ customer.name }}", "{{customer.name}}", "{{ customer.company }}", "{{ company.name }}",
         "{{ orders }}", "{{ spend | money }}", "{{ customer.first_name | default: 'friend' }}", "{{ link_0 }}",
         "{{- orders -}}", "{% if orders > 1 %}again{% endif %}", "{{ customer.name | upcase }}"]
    ),
)  # fmt: skip


@given(st.lists(PARTS, max_size=8), WORDS, st.booleans())
def test_what_is_filled_in_by_ourselves_is_what_the_language_would_write(
    parts: list[str], name: str, html: bool
) -> None:
    source = "".join(parts)
    given_values = {**values(**({"name": name} if name else {})), "link_0": "https://halden.test/l/a?b&c"}

    def said(write: Callable[[], str]) -> str:
        try:
            return write()
        except MissingValue as error:
            return f"missing {error.value}"

    plain = said(lambda: templates.render(source, given_values, html=html))
    with patch("campaigns.templates._pieces", return_value=None):
        assert said(lambda: templates.render(source, given_values, html=html)) == plain
