"""Logs: one line an event, for people on a terminal and as JSON elsewhere. Never bodies, secrets or addresses."""

import logging
import sys
import traceback

import structlog


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


def configure(level: int = logging.INFO) -> None:
    """Set up structlog and the standard library's loggers for this process."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, tell_exception, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
