"""What of our Python is for people to read: gettext calls, and the sentences that errors carry.

Domain functions raise plain English and portal/errors.py translates it, so the sentences of an error are
messages too: its first argument, and the values of the fields it names.
"""

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any

from babel.messages import extract

ERRORS = frozenset(
    {
        "DomainError", "NotFound", "NotAllowed", "Conflict", "Invalid", "TransientError",
        "Changed", "MissingValue", "NoAnswerError", "NotRecognised", "QuarantinedError", "Refused", "SoldOut",
        "StartError", "TooMany", "Unconfirmed",
    }
)  # fmt: skip
# Calls that take a message as it stands in the source; see core.words.
MARKS = frozenset({"worded", "mark"})

# What only colleagues, operators and programs read: the desk and the API are English, so these stay as they are.
DESK = (
    "portal/api/", "portal/access.py", "portal/tokens.py", "customers/timeline.py",
    "portal/desk/", "portal/frames.py", "portal/folding.py", "portal/templates/desk/", "portal/templates/api/",
    "portal/templates/layouts/desk.html",
    "portal/templates/components/palette.html", "portal/templates/components/figures.html",
    "portal/guards.py", "portal/reasons.py", "portal/webhooks.py", "portal/charts.py", "portal/periods.py",
    "core/backups.py", "core/embedded/", "core/launcher/", "core/staff.py", "core/operations.py", "core/leases.py",
    "core/slugs.py", "core/teams.py", "customers/merging.py",
    "campaigns/broadcasts.py", "campaigns/conditions.py", "campaigns/content.py", "campaigns/controls.py",
    "campaigns/personal.py", "campaigns/segments.py", "campaigns/templates.py", "campaigns/topics.py",
    "channels/adapters/", "channels/answers.py", "channels/calls.py", "channels/conversations.py",
    "channels/endpoints.py", "channels/mailboxes.py", "channels/outbox.py",
    "channels/quarantine.py", "channels/registry.py", "estore/assortment.py", "estore/deliveries.py",
    "estore/pictures.py", "estore/prints.py", "estore/sellers.py", "estore/shelves.py",
    "estore/taxes.py", "estore/ways.py", "estore/refunds.py", "estore/tasks.py",
    "support/editing.py", "support/macros.py", "support/notes.py", "support/opened.py", "support/outreach.py",
    "support/forwards.py", "support/portraits.py", "support/recipients.py", "support/signatures.py",
    "support/readers.py", "support/views.py",
)  # fmt: skip

Message = tuple[Any, ...]  # line, function, message or messages, comments


def extract_python(
    fileobj: IO[bytes],
    keywords: Mapping[str, Any],
    comment_tags: Collection[str],
    options: Any,
) -> Iterator[Message]:
    """Babel's own extraction, and the sentences of errors; a source of babel.cfg's `[extractors]`."""
    source = fileobj.read()
    fileobj.seek(0)
    yield from extract.extract_python(fileobj, keywords, comment_tags, options)
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args):
                if name in ERRORS:
                    for text in args:
                        yield from _sentences(text)
                elif name in MARKS:
                    yield from _sentences(args[0])


def _sentences(node: ast.expr) -> Iterator[Message]:
    match node:
        case ast.Constant(value=str(text)) if text:
            yield node.lineno, "gettext", text, []
        case ast.IfExp(body=one, orelse=other):
            yield from _sentences(one)
            yield from _sentences(other)
        case ast.Dict(values=values):
            for value in values:
                yield from _sentences(value)
