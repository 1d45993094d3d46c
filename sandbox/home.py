"""The front page, the switches for faults, and the calls that we make."""

from typing import Any

from aiohttp import web

from sandbox.faults import STAND_INS, Faults, InvalidFaultError, parse_fault
from sandbox.mail.mailboxes import list_mail, parse
from sandbox.serving import HERE, Pages, bad_request, read_json, show_money
from sandbox.settings import Settings
from sandbox.store import Reader, Row, Store
from sandbox.webhooks import Webhooks


class HomePages:
    """Routes for /, /faults, /calls, /health and their JSON."""

    def __init__(
        self, store: Store, faults: Faults, webhooks: Webhooks, settings: Settings, pages: Pages
    ) -> None:
        self._store = store
        self._faults = faults
        self._webhooks = webhooks
        self._settings = settings
        self._pages = pages

    def add_routes(self, app: web.Application) -> None:
        app.add_routes(
            [
                web.get("/", self.home),
                web.get("/health", self.health),
                web.get("/faults", self.faults),
                web.post("/faults", self.set_faults),
                web.post("/faults/clear", self.clear_faults),
                web.get("/calls", self.calls),
                web.post("/calls/{id:\\d{1,15}}/again", self.call_again),
                web.get("/api/faults", self.api_faults),
                web.post("/api/faults", self.api_set_faults),
                web.delete("/api/faults", self.api_clear_faults),
                web.get("/api/webhooks", self.api_webhooks),
                web.post("/api/webhooks/{id:\\d{1,15}}/again", self.api_webhook_again),
                web.static("/static", HERE / "static"),
            ]
        )

    async def home(self, request: web.Request) -> web.Response:
        happenings, numbers = await self._store.reading(_look_around)
        active = [name for name in STAND_INS if self._faults.active(name)]
        return self._pages.show("home.html", happenings=happenings, numbers=numbers, active=active)

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def faults(self, request: web.Request) -> web.Response:
        return self._faults_page("")

    def _faults_page(self, error: str, status: int = 200, at: str = "") -> web.Response:
        now = self._faults.as_json()
        active = [name for name in STAND_INS if self._faults.active(name)]
        return self._pages.show("faults.html", status=status, faults=now, active=active, error=error, at=at)

    async def set_faults(self, request: web.Request) -> web.Response:
        form = await request.post()
        stand_in = str(form.get("stand_in", ""))
        wanted = {name: str(value).strip() for name, value in form.items() if name != "stand_in"}
        try:
            if stand_in not in STAND_INS:
                raise InvalidFaultError("Choose mail, phone or cards.")
            self._faults.set(stand_in, parse_fault(stand_in, wanted))
        except InvalidFaultError as error:
            return self._faults_page(f"{error} Nothing was changed.", 422, stand_in)
        raise web.HTTPSeeOther("/faults")

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._faults.clear()
        raise web.HTTPSeeOther("/faults")

    async def calls(self, request: web.Request) -> web.Response:
        return self._pages.show("calls.html", calls=self._webhooks.list_recent(100))

    async def call_again(self, request: web.Request) -> web.Response:
        self._webhooks.repeat(int(request.match_info["id"]))
        raise web.HTTPSeeOther("/calls")

    async def api_faults(self, request: web.Request) -> web.Response:
        return web.json_response(self._faults.as_json())

    async def api_set_faults(self, request: web.Request) -> web.Response:
        asked = await read_json(request)
        try:
            wanted = {
                name: parse_fault(name, _object(fault)) for name, fault in asked.items() if name in STAND_INS
            }
            if len(wanted) < len(asked):
                raise InvalidFaultError("Name stand-ins: mail, phone, cards; each with an object of faults.")
        except InvalidFaultError as error:
            return bad_request(str(error))
        for name, fault in wanted.items():
            self._faults.set(name, fault)
        return web.json_response(self._faults.as_json())

    async def api_clear_faults(self, request: web.Request) -> web.Response:
        self._faults.clear()
        return web.json_response(self._faults.as_json())

    async def api_webhooks(self, request: web.Request) -> web.Response:
        text = request.query.get("limit", "100")
        limit = int(text) if text.isdecimal() else 100
        return web.json_response(self._webhooks.list_recent(limit, request.query.get("stand_in")))

    async def api_webhook_again(self, request: web.Request) -> web.Response:
        text = request.query.get("times", "1")
        times = int(text) if text.isdecimal() else 1
        if not 1 <= times <= 1000 or not self._webhooks.repeat(int(request.match_info["id"]), times):
            return bad_request("There is no such call, or it should be repeated 1 to 1,000 times.")
        return web.json_response({"repeated": times}, status=202)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidFaultError("The faults of a stand-in are an object.")
    return value


def _look_around(reader: Reader) -> tuple[list[Row], dict[str, int]]:
    happenings: list[Row] = []
    for row in list_mail(reader, None, 6):
        read = parse(row["raw"][:16384], headers_only=True)
        to = read.header("To") or "someone"
        happenings.append(
            {
                "kind": "mail",
                "at": row["received_at"],
                "what": read.subject or "(no subject)",
                "who": f"to {to}",
                "link": f"/mail/message/{row['id']}",
            }
        )
    for row in reader.all("SELECT * FROM text_message ORDER BY seq DESC LIMIT 6"):
        inbound = row["direction"] == "inbound"
        number = row["sender"] if inbound else row["recipient"]
        happenings.append(
            {
                "kind": "phone",
                "at": row["created_at"],
                "what": row["body"],
                "who": f"{'from' if inbound else 'to'} {number}",
                "link": f"/phone/{number}",
            }
        )
    told = reader.all(
        "SELECT json_extract(data, '$.created') AS at, json_extract(data, '$.type') AS type,"
        " json_extract(data, '$.data.object.currency') AS currency, coalesce("
        " json_extract(data, '$.data.object.amount_total'),"
        " json_extract(data, '$.data.object.amount_refunded'),"
        " json_extract(data, '$.data.object.amount')) AS amount FROM card_object"
        " WHERE kind = 'event' AND type IN"
        " ('checkout.session.completed', 'checkout.session.expired', 'payment_intent.payment_failed',"
        " 'charge.refunded') ORDER BY seq DESC LIMIT 6"
    )
    words = {
        "checkout.session.completed": "Paid",
        "checkout.session.expired": "Checkout expired",
        "payment_intent.payment_failed": "Payment declined",
        "charge.refunded": "Refunded",
    }
    for row in told:
        happenings.append(
            {
                "kind": "cards",
                "at": row["at"],
                "what": words[row["type"]],
                "who": show_money(row["amount"], row["currency"]),
                "link": "/cards",
            }
        )
    happenings.sort(key=lambda each: each["at"], reverse=True)
    counts = reader.one(
        "SELECT (SELECT count(DISTINCT address) FROM mail_recipient) AS mailboxes,"
        " (SELECT count(*) FROM mail) AS mails,"
        " (SELECT count(*) FROM text_message) AS texts,"
        " (SELECT count(*) FROM card_object WHERE kind = 'checkout.session') AS sessions"
    )
    return happenings[:8], counts or {}
