"""What the launcher tells the processes that it starts."""

import os
from collections.abc import Mapping
from pathlib import Path

# Each group is taken from the user's environment as a whole once its first variable is set there.
_REAL_COMPANIES = {
    "THROUGHLINE_STRIPE_API_KEY": "THROUGHLINE_STRIPE_",
    "THROUGHLINE_TWILIO_ACCOUNT_SID": "THROUGHLINE_TWILIO_",
    "THROUGHLINE_SMTP_RELAY_HOST": "THROUGHLINE_SMTP_RELAY_",
}

MAIL_DOMAIN = "halden.test"
TWILIO_NUMBER = "+4930555010"


def throughline_environment(
    user: Mapping[str, str],
    *,
    home: Path,
    ports: Mapping[str, int],
    sandbox_smtp_port: int,
    database_url: str,
    redis_url: str,
    broker_url: str,
    secrets: Mapping[str, str],
) -> dict[str, str]:
    """The THROUGHLINE_ variables of our processes: the sandbox stands in unless the user has real ones."""
    port, sandbox = ports["THROUGHLINE_PORT"], ports["THROUGHLINE_SANDBOX_PORT"]
    sandbox_url = f"http://127.0.0.1:{sandbox}"
    choices = {
        "THROUGHLINE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "THROUGHLINE_MAIL_DOMAIN": MAIL_DOMAIN,
        "THROUGHLINE_TRUSTED_AUTHSERV_ID": secrets["authserv_id"],
        "THROUGHLINE_SMTP_RELAY_HOST": "127.0.0.1",
        "THROUGHLINE_SMTP_RELAY_PORT": str(sandbox_smtp_port),
        "THROUGHLINE_STRIPE_API_KEY": secrets["stripe_key"],
        "THROUGHLINE_STRIPE_WEBHOOK_SECRET": secrets["stripe_webhook_secret"],
        "THROUGHLINE_STRIPE_API_BASE": sandbox_url,
        "THROUGHLINE_TWILIO_ACCOUNT_SID": secrets["twilio_sid"],
        "THROUGHLINE_TWILIO_AUTH_TOKEN": secrets["twilio_token"],
        "THROUGHLINE_TWILIO_API_BASE": sandbox_url,
        "THROUGHLINE_TWILIO_NUMBER": TWILIO_NUMBER,
        "THROUGHLINE_SECRET_KEY": secrets["secret_key"],
        # So that a receiver on the same machine can be tried out.
        "THROUGHLINE_WEBHOOKS_TO_PRIVATE": "true",
    }
    own = {name: value for name, value in user.items() if name.startswith("THROUGHLINE_") and value}
    for first, prefix in _REAL_COMPANIES.items():
        if first in own:
            choices = {name: value for name, value in choices.items() if not name.startswith(prefix)}
    fixed = {
        "THROUGHLINE_ENVIRONMENT": "embedded",
        "THROUGHLINE_HOME": str(home),
        **{name: str(number) for name, number in ports.items()},
        "THROUGHLINE_DATABASE_URL": database_url,
        "THROUGHLINE_REDIS_URL": redis_url,
        "THROUGHLINE_BROKER_URL": broker_url,
    }
    return {**choices, **own, **fixed}


def sandbox_environment(
    *,
    home: Path,
    ports: Mapping[str, int],
    smtp_port: int,
    public_url: str,
    secrets: Mapping[str, str],
) -> dict[str, str]:
    """The SANDBOX_ variables."""
    port = ports["THROUGHLINE_SANDBOX_PORT"]
    return {
        "SANDBOX_HTTP_PORT": str(port),
        "SANDBOX_SMTP_PORT": str(smtp_port),
        "SANDBOX_DATA": str(home / "sandbox"),
        "SANDBOX_INBOUND_SMTP": f"127.0.0.1:{ports['THROUGHLINE_SMTP_PORT']}",
        "SANDBOX_AUTHSERV_ID": secrets["authserv_id"],
        "SANDBOX_STRIPE_KEY": secrets["stripe_key"],
        "SANDBOX_STRIPE_WEBHOOK_SECRET": secrets["stripe_webhook_secret"],
        "SANDBOX_STRIPE_WEBHOOK_URL": f"{public_url}/webhooks/stripe",
        "SANDBOX_TWILIO_SID": secrets["twilio_sid"],
        "SANDBOX_TWILIO_TOKEN": secrets["twilio_token"],
        "SANDBOX_TWILIO_WEBHOOK_URL": f"{public_url}/webhooks/twilio",
        "SANDBOX_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SANDBOX_COMPANY_MAIL": f"support@{MAIL_DOMAIN}",
        "SANDBOX_COMPANY_NUMBER": TWILIO_NUMBER,
    }


def base_environment(user: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The user's environment without what would steer our libraries unseen."""
    unwanted = ("PG", "SANDBOX_", "PYTHONSTARTUP", "PYTHONHOME")
    kept = {name: value for name, value in user.items() if not name.startswith(unwanted)}
    # Two heaps for all threads are enough where one thread works at a time; more only hold memory back.
    return {"MALLOC_ARENA_MAX": "2", **kept, "PYTHONUNBUFFERED": "1"}
