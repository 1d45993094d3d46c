"""Refusals in the shape that Stripe gives them."""

from typing import Any


class StripeError(Exception):
    """Answered as {"error": {...}} with `status`; `executed`: work had begun, a replay gets it again."""

    def __init__(
        self,
        status: int,
        message: str,
        kind: str = "invalid_request_error",
        *,
        code: str | None = None,
        param: str | None = None,
        executed: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.executed = executed
        self.error: dict[str, Any] = {"message": message, "type": kind}
        if code:
            self.error |= {
                "code": code,
                "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
            }
        if param:
            self.error["param"] = param
        self.error |= more


def missing(param: str) -> StripeError:
    return StripeError(400, f"Missing required param: {param}.", code="parameter_missing", param=param)


def no_such(noun: str, id_: str, param: str = "id") -> StripeError:
    return StripeError(404, f"No such {noun}: '{id_}'", code="resource_missing", param=param)
