"""Whatever a customer types, there is a PDF of the invoice; what no font can show stands as a sign."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.errors import TransientError
from estore import documents, glyphs
from estore.documents import Sheet

WORDS = [
    "Robin 🙂 Field",
    "王小明",
    "山田太郎 やまだ タロウ",
    "홍길동",
    "สมชาย ใจดี",
    "राजेश कुमार",
    "محمد علي",
    "דוד לוי",
    "Ελένη Παπαδοπούλου",
    "Ольга Ковальчук",
    "e\u0301 a\u0308 o\u0338\u0335\u0336\u0337 \u0301",
    "Z" + "\u0300\u0316\u0321\u0334\u0360" * 12 + "algo",
    "👩\u200d👩\u200d👧 👍🏽 🇩🇪 ❤\ufe0f 1\ufe0f\u20e3",
    "\ue000\uf8ff\U0010fffd private",
    "a\u0000b\u0007c\td\ne\u0085f\u2028g\u001b[0m",
    "\u202eltr\u202c \u2066x\u2069 \u200b\ufeff",
    "\ufffe\uffff\U0001fffe \ud800 \U000e0041",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ﷽ ꧅ 𒐫 ☃ ∞ ﬃ",
    '#let x = 1; $a$ *b* \\ "c" [d] <e> @f `g`',
]


def sheet(words: str) -> Sheet:
    facts: dict[str, Any] = {
        "lang": "en",
        "title": "Invoice",
        "seller": {"name": "Halden", "street": "Ring 1", "city": "Berlin"},
        "buyer": [words, "Street " + words, "Germany"],
        "meta": [["Invoice number", "R-2026-0001"], ["Date", "22 Nov 2026"]],
        "heads": ["Description", "Quantity", "Unit price", "VAT", "Amount"],
        "lines": [["Dawn", words, "1", "€9.00", "19 %", "€9.00"]],
        "tax_heads": ["VAT rate", "Net", "VAT", "Gross"],
        "taxes": [["19 %", "€7.56", "€1.44", "€9.00"]],
        "total": ["Total, VAT included", "€9.00"],
        "note": words,
        "bank_title": "To pay by bank transfer",
        "bank": [["IBAN", "DE02 1203 0000 0000 2020 51"]],
        "closing": "Prices include VAT.",
    }
    return Sheet("R-2026-0001.pdf", facts, datetime(2026, 11, 22, 12, tzinfo=UTC))


@pytest.mark.parametrize("words", WORDS)
def test_any_text_gives_a_pdf_with_the_same_bytes_each_time(words: str) -> None:
    made = sheet(words)
    printed = documents.pdf(made)
    assert printed[:5] == b"%PDF-"
    assert documents.pdf(made) == printed
    assert made.facts["buyer"][0] == words


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Robin 🙂 Field", "Robin □ Field"),
        ("王小明", "□□□"),
        ("Zoë Łukasz Őrült Ελένη Ольга", "Zoë Łukasz Őrült Ελένη Ольга"),
        ("Ana\u202e Ruiz\tand\u0000 Co\ue000", "Ana Ruiz and Co□"),
        ("e\u0301", "é"),
    ],
)
def test_only_what_no_font_can_show_is_replaced(words: str, shown: str) -> None:
    assert glyphs.replaced(glyphs.clean(words), documents.can_show) == shown


def test_every_sign_that_is_taken_for_certain_can_be_shown() -> None:
    assert documents.can_show("".join(sorted(glyphs.CERTAIN)))


def test_a_text_with_thousands_of_strange_signs_is_asked_about_within_bounds() -> None:
    asked: list[str] = []

    def refuse(cluster: str) -> bool:
        asked.append(cluster)
        return False

    words = "".join(chr(0x4E00 + i) for i in range(3000))
    assert glyphs.replaced(words, refuse) == "□" * 3000
    assert len(asked) == glyphs.MOST_ASKED


def test_what_cannot_be_printed_at_all_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_template", lambda: b"#panic()")
    with pytest.raises(TransientError, match="cannot be made right now"):
        documents.pdf(sheet("Ana Ruiz"))
