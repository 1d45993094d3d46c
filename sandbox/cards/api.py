"""The card network's HTTP API: keys, idempotency, faults, and which address does what."""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from typing import Any

from aiohttp import web

from sandbox.cards import checkout, customers, payments, refunds
from sandbox.cards.errors import StripeError
from sandbox.cards.forms import Params, decode
from sandbox.cards.objects import Object, Vault
from sandbox.faults import Faults
from sandbox.serving import suffer
from sandbox.store import Store, now

Endpoint = Callable[[Vault, dict[str, str], Params], Object]
_A_DAY = 24 * 3600


def _shown(kind: str, part: str = "id") -> Endpoint:
    def show(vault: Vault, path: dict[str, str], params: Params) -> Object:
        params.ignore("expand", "client_secret")
        params.done()
        return vault.get(kind, path[part], part)

    return show


def _listed(kind: str, *filters: str) -> Endpoint:
    url = "/v1/" + ("checkout/sessions" if kind == "checkout.session" else kind + "s")
    return lambda vault, path, params: vault.page(kind, url, params, filters)


def _expire(vault: Vault, path: dict[str, str], params: Params) -> Object:
    params.ignore("expand")
    params.done()
    return checkout.expire_session(vault, vault.get("checkout.session", path["id"]))


def _line_items(vault: Vault, path: dict[str, str], params: Params) -> Object:
    params.ignore("limit", "expand")
    params.done()
    return vault.line_items(vault.get("checkout.session", path["id"]))


ENDPOINTS: list[tuple[str, str, Endpoint]] = [
    ("POST", "/v1/customers", lambda vault, path, params: customers.create_customer(vault, params)),
    ("GET", "/v1/customers", _listed("customer", "email")),
    ("GET", "/v1/customers/{id}", _shown("customer")),
    (
        "POST",
        "/v1/customers/{id}",
        lambda vault, path, params: customers.update_customer(vault, path["id"], params),
    ),
    ("POST", "/v1/checkout/sessions", lambda vault, path, params: checkout.create_session(vault, params)),
    ("GET", "/v1/checkout/sessions", _listed("checkout.session", "payment_intent", "customer", "status")),
    ("GET", "/v1/checkout/sessions/{id}", _shown("checkout.session")),
    ("GET", "/v1/checkout/sessions/{id}/line_items", _line_items),
    ("POST", "/v1/checkout/sessions/{id}/expire", _expire),
    ("POST", "/v1/payment_intents", lambda vault, path, params: payments.create_intent(vault, params)),
    ("GET", "/v1/payment_intents", _listed("payment_intent", "customer")),
    ("GET", "/v1/payment_intents/{id}", _shown("payment_intent")),
    (
        "POST",
        "/v1/payment_intents/{id}",
        lambda vault, path, params: payments.update_intent(vault, path["id"], params),
    ),
    (
        "POST",
        "/v1/payment_intents/{id}/confirm",
        lambda vault, path, params: payments.confirm_intent(vault, path["id"], params),
    ),
    (
        "POST",
        "/v1/payment_intents/{id}/cancel",
        lambda vault, path, params: payments.cancel_intent(vault, path["id"], params),
    ),
    ("POST", "/v1/refunds", lambda vault, path, params: refunds.create_refund(vault, params)),
    ("GET", "/v1/refunds", _listed("refund", "charge", "payment_intent")),
    ("GET", "/v1/refunds/{id}", _shown("refund")),
    ("GET", "/v1/charges", _listed("charge", "customer", "payment_intent")),
    ("GET", "/v1/charges/{id}", _shown("charge")),
    ("GET", "/v1/balance", lambda vault, path, params: refunds.balance(vault)),
    ("GET", "/v1/events", _listed("event", "type")),
    ("GET", "/v1/events/{id}", _shown("event")),
]


class CardApi:
    """Answers /v1/... as Stripe does."""

    def __init__(self, vault: Vault, store: Store, faults: Faults) -> None:
        self._vault = vault
        self._store = store
        self._faults = faults
        self._in_progress: set[str] = set()
        store.execute("DELETE FROM idempotency WHERE created_at < ?", (now() - _A_DAY,))

    def add_routes(self, app: web.Application) -> None:
        for method, path, endpoint in ENDPOINTS:
            app.router.add_route(method, path, self._handler(endpoint))
        app.router.add_route("*", "/v1/{rest:.*}", self._handler(_unknown))

    def _handler(self, endpoint: Endpoint) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.Response:
            request_id = "req_" + secrets.token_hex(7)
            headers = {"Request-Id": request_id, "Stripe-Version": request.headers.get("Stripe-Version", "")}
            try:
                status, text, replayed = await self._answer(request, endpoint)
            except StripeError as error:
                status, text, replayed = error.status, _error_text(error, request_id), False
            if replayed:
                headers["Idempotent-Replayed"] = "true"
            if key := request.headers.get("Idempotency-Key"):
                headers["Idempotency-Key"] = key
            return web.Response(status=status, text=text, content_type="application/json", headers=headers)

        return handle

    async def _answer(self, request: web.Request, endpoint: Endpoint) -> tuple[int, str, bool]:
        self._check_key(request)
        body = await request.text() if request.method == "POST" else request.query_string
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        if key is None:
            status, text = await self._run(request, endpoint, body)
            return status, text, False
        if len(key) > 255:
            raise StripeError(400, "Idempotency keys can be at most 255 characters.", "idempotency_error")
        fingerprint = hashlib.sha256(f"{request.path}\n{body}".encode()).hexdigest()
        if key in self._in_progress:
            raise StripeError(
                409,
                "There is currently another in-progress request using this Idempotent Key (that probably"
                " means you submitted twice, and the other request is still going through): " + key,
                "idempotency_error",
                code="idempotency_key_in_use",
            )
        kept = self._store.one(
            "SELECT * FROM idempotency WHERE key = ? AND created_at > ?", (key, now() - _A_DAY)
        )
        if kept and kept["fingerprint"] != fingerprint:
            raise StripeError(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were first used"
                f" with. Try using a key other than '{key}' if you meant to execute a different request.",
                "idempotency_error",
            )
        if kept:
            return kept["status"], kept["body"], True
        self._in_progress.add(key)
        try:
            status, text = await self._run(request, endpoint, body, (key, fingerprint))
            return status, text, False
        finally:
            self._in_progress.discard(key)

    async def _run(
        self, request: web.Request, endpoint: Endpoint, body: str, key: tuple[str, str] | None = None
    ) -> tuple[int, str]:
        fault = self._faults.on_request("cards")
        if not fault.after_effect:
            await self._suffer(request, fault)
        params = Params(decode(body))
        expand = params.texts("expand") if params.has("expand") else []
        result: tuple[int, str] | None = None
        self._store.begin()
        try:
            answer = endpoint(self._vault, dict(request.match_info), params)
            result = (
                200,
                json.dumps(
                    self._vault.expand(answer, [] if answer["object"] == "list" else expand), indent=2
                ),
            )
        except StripeError as error:
            if not error.executed:
                raise
            result = error.status, _error_text(error, "req_" + secrets.token_hex(7))
        finally:
            if key and result:
                self._store.execute(
                    "INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?)", (*key, *result, now())
                )
            self._store.commit()
        if fault.after_effect:
            await self._suffer(request, fault)
        return result

    async def _suffer(self, request: web.Request, fault: Any) -> None:
        if status := await suffer(request, fault):
            kind = "rate_limit_error" if status == 429 else "api_error"
            raise StripeError(
                status,
                "An error occurred with our connection to Stripe (a fault that is switched on).",
                kind if status >= 500 or status == 429 else "invalid_request_error",
            )

    def _check_key(self, request: web.Request) -> None:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                value = base64.b64decode(value).decode().partition(":")[0]
            except ValueError:
                value = ""
        value = value.strip()
        if not value or scheme.lower() not in ("basic", "bearer"):
            raise StripeError(
                401,
                "You did not provide an API key. You need to provide your API key in the Authorization"
                " header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
            )
        if not secrets.compare_digest(value.encode(), self._vault.settings.stripe_key.encode()):
            raise StripeError(401, f"Invalid API Key provided: {value[:8]}***{value[-4:]}")


def _unknown(vault: Vault, path: dict[str, str], params: Params) -> Object:
    raise StripeError(404, f"Unrecognized request URL (/v1/{path['rest']}): this stand-in does not offer it.")


def _error_text(error: StripeError, request_id: str) -> str:
    return json.dumps({"error": error.error | {"request_id": request_id}}, indent=2)
