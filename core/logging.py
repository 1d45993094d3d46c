"""Logs: one line an event, as JSON, in the embedded mode for people. Never bodies, secrets or addresses."""

import logging
import re
import sys
import traceback
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import structlog
from pydantic import SecretStr

from core.settings import Settings

_WORD = re.compile(r"[!#-&(-<>-~]+")
# As SQLAlchemy finds it, also one with a slash in it.
_PASSWORD = re.compile(r"[\w+]+://[^:/]*:([^@]*)@")
_ADDRESS = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")


def tell_exception(logger: object, name: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """Replace `exc_info` by where it happened and what; what the database quotes of people's data is left out."""
    found = event.pop("exc_info", None)
    error = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    told: list[str] = []
    while isinstance(error, BaseException):
        quiet = type(error).__module__.partition(".")[0] in {"sqlalchemy", "asyncpg"}
        message = getattr(getattr(error, "orig", error), "sqlstate", "") if quiet else str(error)
        told.append(
            "".join(traceback.format_tb(error.__traceback__)) + f"{type(error).__qualname__}: {message}"
        )
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if told:
        event["exception"] = "\nafter\n".join(told)
    return event


def tell_people(logger: object, name: str, event: structlog.types.EventDict) -> str:
    """A line as structlog's own for a console, without colours and at a third of the cost."""
    at, level, what = (event.pop(key, "") for key in ("timestamp", "level", "event"))
    exception = event.pop("exception", "")
    said = " ".join(f"{key}={_shown(event[key])}" for key in sorted(event))
    line = f"{at} [{level:<9}] {what!s:<30} {said}".rstrip()
    return f"{line}\n{exception}" if exception else line


def _shown(value: object) -> str:
    """A value that stays one word of one line."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else repr(value)


def guard(settings: Settings | None) -> Callable[[object, str, str], str]:
    """The last step of every line: addresses of mail, and the secrets of `settings`, are struck out.

    Nothing should bring them this far; what libraries put into their errors is not in our hands.
    """
    given = [value.get_secret_value() for _, value in settings or () if isinstance(value, SecretStr)]
    # Some are addresses with a password inside, which may turn up alone.
    inside = [urlsplit(word).password for secret in given for word in secret.split() if "://" in word]
    if settings is not None:
        urls = (settings.database_url, settings.redis_url, settings.broker_url)
        inside += [found[1] for url in urls if url and (found := _PASSWORD.match(url))]
    given += [form for password in inside if password for form in (password, unquote(password))]
    secrets = [secret for secret in given if len(secret) >= 6]

    def strike(logger: object, name: str, line: str) -> str:
        if "@" in line:
            line = _ADDRESS.sub("<address>", line)
        for secret in secrets:
            if secret in line:
                line = line.replace(secret, "<secret>")
        return line

    return strike


def configure(settings: Settings | None = None, level: int = logging.INFO) -> None:
    """Set up structlog and the standard library's loggers for this process."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_exception,
    ]
    renderer: structlog.types.Processor = structlog.processors.JSONRenderer()
    if sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer(colors=True)
    elif settings is not None and settings.environment == "embedded":
        renderer = tell_people
    last: list[structlog.types.Processor] = [renderer, guard(settings)]  # type: ignore[list-item]  # takes the rendered line
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    libraries = logging.StreamHandler(sys.stderr)
    libraries.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[libraries], force=True)
