"""Enclosures: what customers may send along, and what of it is believed."""

import pytest

from core.errors import Invalid
from support import enclosures


def test_a_file_keeps_its_name_without_a_folder_and_the_type_of_its_ending() -> None:
    found = enclosures.check([("C:\\photos\\Hum\u202e ming.JPG", b"x"), ("../../etc/notes.txt", b"y")])
    assert [(one.filename, one.content_type, one.content) for one in found] == [
        ("Hum ming.jpg", "image/jpeg", b"x"),
        ("notes.txt", "text/plain", b"y"),
    ]


@pytest.mark.parametrize(
    "files",
    [
        [("page.html", b"<script>")],
        [("drawing.svg", b"<svg/>")],
        [("setup.exe", b"MZ")],
        [("photo.jpg.exe", b"MZ")],
        [("noending", b"x")],
        [("empty.png", b"")],
        [("big.pdf", b"x" * (enclosures.MOST_BYTES + 1))],
        [(f"{number}.png", b"x") for number in range(enclosures.MOST + 1)],
    ],
)
def test_what_could_run_is_empty_or_too_much_is_refused(files: list[tuple[str, bytes]]) -> None:
    with pytest.raises(Invalid) as refused:
        enclosures.check(files)
    assert set(refused.value.fields) == {"files"}
