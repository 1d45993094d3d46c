from support.quotes import fold

ANSWER = "Thank you, that helped.\n\nAna"
QUOTE = "> Unscrew the tip\n> and soak it.\n>\n> Mira"


def test_a_quote_at_the_end_is_folded_with_its_introduction_and_nothing_is_lost():
    for said in (
        "On Tue, 3 Nov 2026 at 10:00, Mira wrote:",
        "Am 3.11.2026 schrieb Mira:",
        "El 3/11/2026 Mira escribió:",
        "Em 3/11/2026 Mira escreveu:",
        "Mira 2026-11-03-án ezt írta:",
        "On Tue, 3 Nov 2026 at 10:00, Mira Solberg\n<support@halden.test> wrote:",
    ):
        whole = f"{ANSWER}\n\n{said}\n{QUOTE}\n"
        written, quoted = fold(whole)
        assert (written, quoted) == (ANSWER, f"{said}\n{QUOTE}"), said


def test_answers_between_the_lines_are_never_folded():
    whole = "> Which model?\nThe copper one.\n> Since when?\nYesterday.\n> Mira"
    assert fold(whole) == (whole, "")


def test_what_is_only_a_quote_or_has_none_is_shown():
    assert fold(QUOTE) == (QUOTE, "")
    assert fold(ANSWER) == (ANSWER, "")
    assert fold("") == ("", "")
    assert fold("5 > 3 and\nthat is all") == ("5 > 3 and\nthat is all", "")
