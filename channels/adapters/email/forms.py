"""Forms: what a mail provider posts (RFC 7578 or urlencoded), as bytes, since not all of a mail is UTF-8."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, MultipartState, parse_options_header

from channels.adapters.email.characters import characters
from core.errors import Invalid

MAX_PARTS = 1_000


@dataclass(frozen=True)
class Upload:
    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Form:
    """Fields and files by name; of several with one name the first."""

    fields: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str, charset: str | None = None) -> str:
        """A field as text, empty when there is none."""
        return characters(self.fields.get(name, b""), charset)

    def facts(self, name: str) -> Any:
        """A field that holds JSON; None when it is missing or holds none."""
        try:
            return json.loads(self.fields.get(name, b"null"))
        except (ValueError, RecursionError):
            return None


def read_form(body: bytes, content_type: str) -> Form:
    """The form that a body is. Raises Invalid for one that is none."""
    kind, options = parse_options_header(content_type)
    try:
        if kind == b"multipart/form-data":
            return _multipart(body, options.get(b"boundary", b""))
        if kind == b"application/x-www-form-urlencoded":
            return _urlencoded(body)
    except (FormParserError, ValueError):
        pass
    raise Invalid("That is no form.")


def _urlencoded(body: bytes) -> Form:
    # Through a charset of one byte a character, so that the bytes come out as they were meant.
    pairs = parse_qsl(
        body.decode("ascii"), keep_blank_values=True, encoding="latin-1", max_num_fields=MAX_PARTS
    )
    form = Form()
    for name, value in pairs:
        form.fields.setdefault(name, value.encode("latin-1"))
    return form


def _multipart(body: bytes, boundary: bytes) -> Form:
    parts: list[_Part] = []

    def begin() -> None:
        if len(parts) >= MAX_PARTS:
            raise ValueError("it has too many parts")
        parts.append(_Part())

    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": begin,
            "on_header_field": lambda data, start, end: parts[-1].name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: parts[-1].value.extend(data[start:end]),
            "on_header_end": lambda: parts[-1].end_header(),
            "on_part_data": lambda data, start, end: parts[-1].content.append(data[start:end]),
        },
    )
    parser.write(body)
    if parser.state != MultipartState.END:
        raise ValueError("its end is missing")
    form = Form()
    for part in parts:
        part.put_into(form)
    return form


class _Part:
    """What has been read of one part so far."""

    def __init__(self) -> None:
        self.name = bytearray()
        self.value = bytearray()
        self.headers: dict[bytes, bytes] = {}
        self.content: list[bytes] = []

    def end_header(self) -> None:
        self.headers[bytes(self.name).lower()] = bytes(self.value)
        self.name.clear()
        self.value.clear()

    def put_into(self, form: Form) -> None:
        _, options = parse_options_header(self.headers.get(b"content-disposition"))
        name = characters(options.get(b"name", b""))
        content = b"".join(self.content)
        # A file of no name is one as well; a raw mail may come as either.
        if b"filename" in options:
            kind = characters(self.headers.get(b"content-type", b"application/octet-stream"))
            form.files.setdefault(name, Upload(characters(options[b"filename"]), kind, content))
        else:
            form.fields.setdefault(name, content)
