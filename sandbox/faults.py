"""Faults that can be switched on per stand-in, to see how Throughline bears the outside world's bad days."""

import random
from dataclasses import asdict, dataclass, replace
from typing import Any

from sandbox.store import Store

STAND_INS = ("mail", "phone", "cards")
SWITCHES = ("delay_ms", "error_status", "drop_connection", "lose", "double", "out_of_order")


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong at one stand-in.

    `delay_ms`, `error_status` and `drop_connection` strike requests (for mail: SMTP transactions, where
    `error_status` is the reply code and `smtp_stage` is "rcpt" or "data"). With `after_effect` the work is
    done first and only its answer suffers. `lose`, `double` and `out_of_order` strike webhooks.
    `probability` is between 0 and 1; `count` is how many requests, and how many webhooks, are to be struck
    (None: no end).
    """

    delay_ms: int = 0
    error_status: int = 0
    drop_connection: bool = False
    after_effect: bool = False
    smtp_stage: str = "data"
    lose: bool = False
    double: bool = False
    out_of_order: bool = False
    probability: float = 1.0
    count: int | None = None

    @property
    def strikes_requests(self) -> bool:
        return bool(self.delay_ms or self.error_status or self.drop_connection)

    @property
    def strikes_webhooks(self) -> bool:
        return self.lose or self.double or self.out_of_order


NONE = Fault()


class InvalidFaultError(ValueError):
    """The fault asked for makes no sense; the message says why."""


def parse_fault(stand_in: str, wanted: dict[str, Any]) -> Fault:
    """The fault that a JSON object or a form describes; raises InvalidFaultError."""
    known = set(Fault.__dataclass_fields__)
    unknown = sorted(set(wanted) - known)
    if unknown:
        raise InvalidFaultError(
            f"There is no fault called {', '.join(unknown)}; known: {', '.join(sorted(known))}."
        )
    try:
        fault = Fault(
            delay_ms=int(wanted.get("delay_ms") or 0),
            error_status=int(wanted.get("error_status") or 0),
            drop_connection=_flag(wanted.get("drop_connection")),
            after_effect=_flag(wanted.get("after_effect")),
            smtp_stage=str(wanted.get("smtp_stage") or "data"),
            lose=_flag(wanted.get("lose")),
            double=_flag(wanted.get("double")),
            out_of_order=_flag(wanted.get("out_of_order")),
            probability=float(1.0 if wanted.get("probability") in (None, "") else wanted["probability"]),
            count=None if wanted.get("count") in (None, "") else int(wanted["count"]),
        )
    except (TypeError, ValueError) as error:
        raise InvalidFaultError("Delay, status, probability and count must be numbers.") from error
    if fault.error_status and not 400 <= fault.error_status <= 599:
        raise InvalidFaultError("The error must be a status between 400 and 599.")
    if not 0 <= fault.delay_ms <= 600_000:
        raise InvalidFaultError("The delay must be between 0 and 600,000 milliseconds.")
    if not 0 <= fault.probability <= 1:
        raise InvalidFaultError("The probability must be between 0 and 1.")
    if fault.count is not None and fault.count < 1:
        raise InvalidFaultError("The count must be 1 or more; leave it empty for no end.")
    if fault.smtp_stage not in ("rcpt", "data"):
        raise InvalidFaultError("smtp_stage must be rcpt or data.")
    if stand_in == "mail" and fault.strikes_webhooks:
        raise InvalidFaultError("Mail has no webhooks to lose, double or reorder.")
    return fault


def _flag(value: Any) -> bool:
    return value in (True, 1, "1", "on", "true", "yes")


class Faults:
    """The switches as they stand now; kept over a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._faults = dict.fromkeys(STAND_INS, NONE)
        self._left: dict[tuple[str, str], int | None] = {}
        for stand_in, kept in (store.setting("faults") or {}).items():
            self.set(stand_in, parse_fault(stand_in, kept))

    def set(self, stand_in: str, fault: Fault) -> None:
        self._faults[stand_in] = fault
        self._left[stand_in, "request"] = self._left[stand_in, "webhook"] = fault.count
        self._store.keep_setting("faults", self.as_json())

    def clear(self) -> None:
        for stand_in in STAND_INS:
            self.set(stand_in, NONE)

    def on_request(self, stand_in: str) -> Fault:
        """The fault that strikes this request, or one that does nothing. Counts it."""
        fault = self._faults[stand_in]
        return fault if fault.strikes_requests and self._strikes(stand_in, "request", fault) else NONE

    def on_webhook(self, stand_in: str) -> Fault:
        """The fault that strikes this webhook, or one that does nothing. Counts it."""
        fault = self._faults[stand_in]
        return fault if fault.strikes_webhooks and self._strikes(stand_in, "webhook", fault) else NONE

    def _strikes(self, stand_in: str, kind: str, fault: Fault) -> bool:
        left = self._left[stand_in, kind]
        if left == 0 or random.random() >= fault.probability:  # noqa: S311 - jitter, nothing secret
            return False
        if left is not None:
            self._left[stand_in, kind] = left - 1
            busy = fault.strikes_requests and self._left[stand_in, "request"]
            if not busy and not (fault.strikes_webhooks and self._left[stand_in, "webhook"]):
                self._faults[stand_in] = NONE
                self._store.keep_setting("faults", self.as_json())
        return True

    def active(self, stand_in: str) -> bool:
        return self._faults[stand_in] != replace(NONE, smtp_stage=self._faults[stand_in].smtp_stage)

    def as_json(self) -> dict[str, Any]:
        return {name: asdict(fault) for name, fault in self._faults.items()}
