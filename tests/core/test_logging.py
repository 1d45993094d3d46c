"""The last step of every line strikes out what should never have come so far."""

from pydantic import SecretStr
from sqlalchemy.exc import IntegrityError

from core.logging import guard, tell_exception, tell_people
from core.settings import Settings


def test_secrets_addresses_and_the_passwords_inside_of_urls_are_struck_out(settings: Settings) -> None:
    chosen = settings.model_copy(
        update={
            "secret_key": SecretStr("sk-of-this-test-0123456789"),
            "database_url": "postgresql+asyncpg://throughline:db-pass/w%40rd@postgres/throughline",
            "broker_url": "amqp://guest:rabbit-password@rabbit/",
            "imap_accounts": SecretStr(
                "imaps://ann:p%40ss-imap@mail.example.com/INBOX imaps://bo:other-imap@x/y"
            ),
        }
    )
    strike = guard(chosen)
    said = (
        "sk-of-this-test-0123456789 db-pass/w%40rd db-pass/w@rd rabbit-password p%40ss-imap p@ss-imap other-imap"
        " and ann.berg+news@example.co.uk wrote"
    )
    told = strike(None, "", said)
    for kept_out in ("sk-of", "db-pass", "rd ", "rabbit-pass", "ss-imap", "other-imap", "ann", "example"):
        assert kept_out not in told, kept_out
    assert told.endswith("and <address> wrote")


def test_what_the_database_quotes_is_left_out() -> None:
    class Quoting(Exception):
        sqlstate = "23505"

    email = "ann@example.org"

    try:
        try:
            raise Quoting(f"Key (email)=({email}) already exists.")
        except Quoting as orig:
            raise IntegrityError("INSERT", {"email": email}, orig) from None
    except IntegrityError:
        event = tell_exception(None, "", {"event": "job failed", "exc_info": True})
    assert event.keys() == {"event", "exception"}
    assert event["exception"].endswith("IntegrityError: 23505")
    assert email not in event["exception"]


def test_a_line_for_people_stays_one_line_whatever_is_in_it() -> None:
    event = {
        "timestamp": "2026-11-22T08:00:00Z",
        "level": "info",
        "event": "request",
        "status": 200,
        "route": "/c/{slug}",
        "said": "two words\nand a forged=line",
        "empty": "",
    }
    line = tell_people(None, "", event)
    assert line == (
        "2026-11-22T08:00:00Z [info     ] request                        "
        "empty='' route=/c/{slug} said='two words\\nand a forged=line' status=200"
    )
    broken = tell_people(None, "", {"level": "error", "event": "broken", "exception": "Traceback:\nKeyError"})
    assert broken == " [error    ] broken\nTraceback:\nKeyError"
