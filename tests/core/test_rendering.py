from datetime import UTC, datetime, timedelta

import pytest
from jinja2 import UndefinedError

from core import rendering
from core.rendering import current_locale, environment, set_locale, speaking

NOON = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def english():
    set_locale("en", "Europe/Berlin")
    yield
    set_locale("en", "Europe/Berlin")


def say(template: str, **context: object) -> str:
    return environment().from_string(template).render(context)


def test_values_are_escaped_in_html_and_left_alone_in_text(tmp_path):
    (tmp_path / "a.html").write_text("<p>{{ name }}</p>")
    (tmp_path / "a.txt").write_text("{{ name }}")
    made = environment(tmp_path)
    assert made.get_template("a.html").render(name="<b>") == "<p>&lt;b&gt;</p>"
    assert made.get_template("a.txt").render(name="<b>") == "<b>"


def test_a_missing_name_is_an_error_not_a_blank():
    with pytest.raises(UndefinedError):
        say("{{ nobody }}")


def test_instants_are_told_on_the_readers_clock_in_their_language():
    # The clocks went forward that morning.
    assert say("{{ at|time }}", at=NOON) == "14:00"
    with speaking("de"):
        assert say("{{ at|date }} {{ at|time }}", at=NOON) == "29.03.2026 14:00"
    set_locale("en", "America/New_York")
    assert say("{{ at|time }}", at=NOON) == "08:00"


def test_how_long_ago_is_said_in_words():
    assert say("{{ at|ago(now) }}", at=NOON, now=NOON + timedelta(minutes=5)) == "5 minutes ago"
    with speaking("de"):
        assert say("{{ at|ago(now) }}", at=NOON, now=NOON - timedelta(hours=2)) == "in 2 Stunden"


def test_money_is_written_as_the_reader_writes_it():
    with speaking("de"):
        assert say("{{ 123456|money('EUR') }}") == "1.234,56\xa0€"


def test_a_number_is_written_as_the_reader_writes_it():
    assert say("{{ 1111|number }} {{ 12|number }}") == "1,111 12"
    with speaking("de"):
        assert say("{{ 1111|number }}") == "1.111"


def test_a_language_we_do_not_speak_is_english_and_a_block_gives_the_old_one_back():
    set_locale("hu")
    with speaking("xx"):
        assert current_locale() == "en"
    assert current_locale() == "hu"


def test_a_zone_that_does_not_exist_leaves_the_clock_as_it_was():
    set_locale("en", "Mars/Olympus")
    assert say("{{ at|time }}", at=NOON) == "14:00"


def test_a_percent_sign_in_a_value_is_harmless():
    assert say('{{ _("Code %(code)s", code=code) }}', code="100 % %(x)s") == "Code 100 % %(x)s"


def test_a_catalogue_is_read_from_its_po_file(tmp_path, monkeypatch):
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgid "Sign in"\nmsgstr "Anmelden"\n\n'
        'msgid "%(num)s job"\nmsgid_plural "%(num)s jobs"\n'
        'msgstr[0] "%(num)s Auftrag"\nmsgstr[1] "%(num)s Aufträge"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(rendering, "LOCALES", tmp_path)
    rendering.translations.cache_clear()
    try:
        with speaking("de"):
            assert say('{{ _("Sign in") }}') == "Anmelden"
            assert say('{{ ngettext("%(num)s job", "%(num)s jobs", 3) }}') == "3 Aufträge"
        assert say('{{ _("Sign in") }}') == "Sign in"
    finally:
        rendering.translations.cache_clear()


def test_what_is_counted_is_grouped_as_the_reader_writes_it():
    people = '{{ ngettext("%(num)s person", "%(num)s people", n) }}'
    assert say(people, n=1135) == "1,135 people"
    with speaking("de"):
        assert say(people, n=1135) == "1.135 people"
    assert say(people, n=1) == "1 person"
