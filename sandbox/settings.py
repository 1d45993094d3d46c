"""What the sandbox is told from outside: environment variables only."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


class MisconfiguredError(Exception):
    """The environment does not allow a start; the message is fit to show a person."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the stand-ins listen, where they call, and the secrets that they share with Throughline."""

    http_port: int
    smtp_port: int
    data: Path
    inbound_host: str
    inbound_port: int
    authserv_id: str
    stripe_key: str
    stripe_webhook_secret: str
    stripe_webhook_url: str
    twilio_sid: str
    twilio_token: str
    twilio_webhook_url: str
    public_url: str
    # Filled in for people who write to us; empty when nobody said.
    company_mail: str = ""
    company_number: str = ""


NAMES = {
    "SANDBOX_HTTP_PORT": "the port of its pages and of the card and phone companies' APIs, e.g. 8025",
    "SANDBOX_SMTP_PORT": "the port where it takes mail for the whole world, e.g. 8026",
    "SANDBOX_DATA": "the folder where it keeps what it received",
    "SANDBOX_INBOUND_SMTP": "host:port of the listener that takes mail from customers, e.g. 127.0.0.1:2525",
    "SANDBOX_AUTHSERV_ID": "the authserv-id that the receiver of that mail trusts",
    "SANDBOX_STRIPE_KEY": "the secret API key of the card stand-in, e.g. sk_test_...",
    "SANDBOX_STRIPE_WEBHOOK_SECRET": "the secret that signs card events, e.g. whsec_...",
    "SANDBOX_STRIPE_WEBHOOK_URL": "the address that receives card events",
    "SANDBOX_TWILIO_SID": "the account SID of the phone stand-in, AC and 32 hexadecimal digits",
    "SANDBOX_TWILIO_TOKEN": "the auth token of the phone stand-in",
    "SANDBOX_TWILIO_WEBHOOK_URL": "the address that receives text messages from phones",
    "SANDBOX_PUBLIC_URL": "its own base address as browsers see it, e.g. http://127.0.0.1:8025",
}


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in the environment.

    Raises MisconfiguredError with one sentence that names everything missing or wrong.
    """
    values = {name: environment.get(name, "").strip() for name in NAMES}
    missing = [f"{name} ({meaning})" for name, meaning in NAMES.items() if not values[name]]
    if missing:
        raise MisconfiguredError("The sandbox cannot start: set " + "; ".join(missing) + ".")
    host, _, port = values["SANDBOX_INBOUND_SMTP"].rpartition(":")
    if not host:
        raise MisconfiguredError("SANDBOX_INBOUND_SMTP must be host:port, for example 127.0.0.1:2525.")
    return Settings(
        http_port=_port("SANDBOX_HTTP_PORT", values["SANDBOX_HTTP_PORT"]),
        smtp_port=_port("SANDBOX_SMTP_PORT", values["SANDBOX_SMTP_PORT"]),
        data=Path(values["SANDBOX_DATA"]),
        inbound_host=host,
        inbound_port=_port("SANDBOX_INBOUND_SMTP", port),
        authserv_id=values["SANDBOX_AUTHSERV_ID"],
        stripe_key=values["SANDBOX_STRIPE_KEY"],
        stripe_webhook_secret=values["SANDBOX_STRIPE_WEBHOOK_SECRET"],
        stripe_webhook_url=_url("SANDBOX_STRIPE_WEBHOOK_URL", values),
        twilio_sid=values["SANDBOX_TWILIO_SID"],
        twilio_token=values["SANDBOX_TWILIO_TOKEN"],
        twilio_webhook_url=_url("SANDBOX_TWILIO_WEBHOOK_URL", values),
        public_url=_url("SANDBOX_PUBLIC_URL", values).rstrip("/"),
        company_mail=environment.get("SANDBOX_COMPANY_MAIL", "").strip(),
        company_number=environment.get("SANDBOX_COMPANY_NUMBER", "").strip(),
    )


def _port(name: str, text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise MisconfiguredError(f"{name} must hold a port between 1 and 65535, not {text!r}.")
    return int(text)


def _url(name: str, values: Mapping[str, str]) -> str:
    parts = urlsplit(values[name])
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise MisconfiguredError(f"{name} must be an http or https address, not {values[name]!r}.")
    return values[name]
