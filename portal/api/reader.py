"""What the reader page shows: the description, told for people."""

import re
from dataclasses import dataclass
from typing import Any

from litestar.serialization import encode_json
from markupsafe import Markup, escape
from msgspec.json import format as indented

from portal.api.examples import ID, example

ONE = {"id": ID, "code": "KVERN-BLK", "move": "pause"}


@dataclass(frozen=True)
class Field:
    """A field, a parameter or a header: its type in words, of which some lead to a schema."""

    name: str
    types: list[tuple[str, str]]
    required: bool
    words: Markup
    limits: str


@dataclass(frozen=True)
class Schema:
    name: str
    words: Markup
    fields: list[Field]
    choices: list[tuple[str, str]]


@dataclass(frozen=True)
class Entry:
    """One operation."""

    id: str
    title: str
    method: str
    path: str
    words: Markup
    scopes: list[str]
    parameters: list[Field]
    body: Schema | None
    curl: str
    status: str
    answer: str
    answers: str
    refusals: list[tuple[str, str]]


@dataclass(frozen=True)
class Noun:
    id: str
    name: str
    words: Markup
    entries: list[Entry]


def nouns(document: dict[str, Any], server: str) -> list[Noun]:
    """Every operation under its heading; `server` is where the samples call."""
    return [
        Noun(
            _anchor(tag["name"]),
            tag["name"],
            _said(tag["description"]),
            [
                _entry(document, server, path, method, operation)
                for path, methods in document["paths"].items()
                for method, operation in methods.items()
                if tag["name"] in operation["tags"]
            ],
        )
        for tag in document["tags"]
    ]


def schemas(document: dict[str, Any]) -> list[Schema]:
    """Everything that operations refer to by its name."""
    return [_schema(name, schema) for name, schema in document["components"]["schemas"].items()]


def paragraphs(text: str) -> list[Markup]:
    return [_said(part.replace("\n", " ")) for part in text.strip().split("\n\n")]


def _entry(document: dict[str, Any], server: str, path: str, method: str, operation: dict[str, Any]) -> Entry:
    known = document["components"]
    parameters = [
        known["parameters"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        for one in operation["parameters"]
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    status, done = next(iter(operation["responses"].items()))
    content = done.get("content", {})
    shown = content.get("application/json")
    words, _blank, _scope = operation["description"].rpartition("\n\n")
    return Entry(
        id=operation["operationId"],
        title=operation["summary"],
        method=method.upper(),
        path=path,
        words=_said(words),
        scopes=operation["security"][0]["token"],
        parameters=[_field(one["name"], one, one["schema"], one["required"]) for one in parameters],
        body=_schema(*_named(body["schema"], known["schemas"])) if body else None,
        curl=_curl(server, path, method, parameters, body["example"] if body else None),
        status=status,
        answer=_pretty(shown["example"]) if shown else "",
        answers=_types(shown["schema"])[0][0] if shown else next(iter(content), ""),
        refusals=[
            (one, known["responses"][answer["$ref"].rpartition("/")[2]]["description"])
            for one, answer in operation["responses"].items()
            if "$ref" in answer
        ],
    )


def _named(schema: dict[str, Any], known: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    name = schema["$ref"].rpartition("/")[2]
    return name, known[name]


def _schema(name: str, schema: dict[str, Any]) -> Schema:
    required = schema.get("required", [])
    fields = [
        _field(field, inner, inner, field in required)
        for field, inner in schema.get("properties", {}).items()
    ]
    choices = [] if fields else _types(schema)
    return Schema(name, _said(schema.get("description", "")), fields, choices)


def _field(name: str, said: dict[str, Any], schema: dict[str, Any], required: bool) -> Field:
    inner: dict[str, Any] = next((one for one in schema.get("anyOf", []) if "description" in one), {})
    words = said.get("description") or inner.get("description", "")
    return Field(name, _types(schema), required, _said(words), _limits(schema))


def _types(schema: dict[str, Any]) -> list[tuple[str, str]]:
    """Words for a type, each with the schema it leads to or nothing."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return [(name, name)]
    if "anyOf" in schema:
        return [word for one in schema["anyOf"] for word in _types(one)]
    if "enum" in schema:
        return [(str(one), "") for one in schema["enum"]]
    if schema.get("type") == "array":
        return [(f"list of {word}", leads) for word, leads in _types(schema["items"])]
    return [(schema.get("format") or schema.get("type", "anything"), "")]


SAID_OF = {
    "minimum": "at least {:,}",
    "maximum": "at most {:,}",
    "maxLength": "at most {:,} characters",
    "maxItems": "at most {:,} of them",
    "maxProperties": "at most {:,} of them",
}


def _limits(schema: dict[str, Any]) -> str:
    of = {key: value for one in (*schema.get("anyOf", []), schema) for key, value in one.items()}
    said = [words.format(of[key]) for key, words in SAID_OF.items() if key in of]
    if of.get("default") not in (None, "", [], {}):
        said.append(f"{encode_json(of['default']).decode()} when left out")
    return ", ".join(said)


def _curl(server: str, path: str, method: str, parameters: list[dict[str, Any]], body: Any) -> str:
    for one in parameters:
        if one["in"] == "path":
            name = one["name"]
            value = ID if one["schema"].get("format") == "uuid" else ONE.get(name, example(one["schema"], {}))
            path = path.replace(f"{{{name}}}", str(value))
    parts = ['curl --fail-with-body --header "Authorization: Bearer $TOKEN"']
    if method not in ("get", "post"):
        parts.append(f"--request {method.upper()}")
    elif method == "post" and body is None:
        parts.append("--request POST")
    if method == "post":
        parts.append('--header "Idempotency-Key: $(uuidgen)"')
    if body is not None:
        quoted = _pretty(body).replace("'", "'\\''")
        parts.append(f"--json '{quoted}'")
    if path.endswith("/pdf"):
        parts.append("--output invoice.pdf")
    return " \\\n  ".join([*parts, f"{server}{path}"])


def _pretty(value: Any) -> str:
    return indented(encode_json(value), indent=2).decode()


def _anchor(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower())


def _said(text: str) -> Markup:
    """Words with `code` in them."""
    parts = [escape(part) for part in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if odd % 2 else part for odd, part in enumerate(parts)
    )
