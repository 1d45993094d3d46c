"""Writes docs/settings.md from the code that reads the settings: `make docs`."""

import sys
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from core.settings import Settings

PAGE = Path(__file__).with_name("settings.md")

HEAD = """\
# Every setting

Settings are environment variables. This page is written by `make docs` from `core/settings.py`; a test fails while it
is not current. A process that misses a setting, or finds one that cannot be, says which and does not start.

`make run` sets all of them by itself and keeps its secrets in `.throughline/secrets.json`. Whatever you set wins. The
real Stripe, Twilio or mail server takes the sandbox's place as soon as you set `THROUGHLINE_STRIPE_API_KEY`,
`THROUGHLINE_TWILIO_ACCOUNT_SID` or `THROUGHLINE_SMTP_RELAY_HOST` (then set the others of that group, too)."""

# Where a group of settings begins, and what it is about.
GROUPS = {
    "environment": "Where it runs",
    "database_url": "Databases and the signing key",
    "company_name": "The company",
    "mail_domain": "Mail",
    "stripe_api_key": "Card payments",
    "api_rate": "The API",
    "twilio_account_sid": "Text messages",
}

TAIL = """
## Outside the program

| Variable | Default | What it is |
|---|---|---|
| `DOMAIN` | must be set | `compose.yaml` only: the site's host name; its TLS certificate is fetched for it |
| `FRONT_NETWORK` | `172.30.31.0/24` | `compose.yaml` only: the network of the front and the site |
| `POSTGRES_PASSWORD` | must be set | `compose.yaml` only: the password of the database's account |
| `OTEL_EXPORTER_OTLP_ENDPOINT` | empty | Where traces go (OpenTelemetry); needs `throughline[otel]` |
| `THROUGHLINE_PYTHON` | searched for | `make` only: the Python 3.13 to use |
"""


def default_of(field: FieldInfo) -> str:
    """How a default reads in the table."""
    if field.default is PydanticUndefined:
        return "must be set"
    if field.default is None or field.default == "":
        return "empty"
    return f"`{field.default}`"


def what_it_is(field: FieldInfo) -> str:
    """The description as a sentence, with the choices and the secret."""
    told = field.description or ""
    choices = getattr(field.annotation, "__args__", ())
    if choices and all(isinstance(choice, str) for choice in choices):
        told += ": " if "`" not in told else "; one of "
        told += ", ".join(f"`{choice}`" for choice in choices)
    if field.annotation is SecretStr or SecretStr in choices:
        told += " (secret)"
    return told[:1].upper() + told[1:]


def written() -> str:
    """The whole page."""
    lines = [HEAD]
    for name, field in Settings.model_fields.items():
        if name in GROUPS:
            lines += ["", f"## {GROUPS[name]}", "", "| Variable | Default | What it is |", "|---|---|---|"]
        lines.append(f"| `THROUGHLINE_{name.upper()}` | {default_of(field)} | {what_it_is(field)} |")
    return "\n".join(lines) + "\n" + TAIL


if __name__ == "__main__":
    PAGE.write_text(written())
    sys.stdout.write(f"{PAGE.name} is current.\n")
