"""The hosted checkout page, the bank's page for 3-D Secure, and JSON to pay without a browser."""

from urllib.parse import urlencode

from aiohttp import web

from sandbox.cards import charges, checkout
from sandbox.cards.networks import CARDS, find_card
from sandbox.cards.objects import Object, Vault
from sandbox.serving import Pages, bad_request, read_json
from sandbox.store import Store


class CardPages:
    """Routes under /cards, /checkout, /authenticate and /api/cards."""

    def __init__(self, store: Store, vault: Vault, pages: Pages) -> None:
        self._store = store
        self._vault = vault
        self._pages = pages

    def add_routes(self, app: web.Application) -> None:
        app.add_routes(
            [
                web.get("/cards", self.index),
                web.get("/checkout/{id}", self.page),
                web.post("/checkout/{id}", self.pay),
                web.get("/checkout/{id}/authenticate", self.bank),
                web.post("/checkout/{id}/authenticate", self.bank_answer),
                web.get("/authenticate/{intent}", self.intent_bank),
                web.post("/authenticate/{intent}", self.intent_bank_answer),
                web.post("/api/cards/sessions/{id}/pay", self.api_pay),
                web.post("/api/cards/sessions/{id}/authenticate", self.api_authenticate),
            ]
        )

    def _session(self, request: web.Request) -> Object:
        session = self._vault.find("checkout.session", request.match_info["id"])
        if session is None:
            raise web.HTTPNotFound(
                text="There is no such checkout page. Go back to the shop and start again."
            )
        return session

    async def index(self, request: web.Request) -> web.Response:
        sessions = self._vault.recent("checkout.session", 50)
        for session in sessions:
            lines = self._vault.line_items(session)["data"]
            session["who"] = (session["customer_details"] or {}).get("email", "")
            session["what"] = ", ".join(line["description"] for line in lines)
        refunds = self._vault.recent("refund", 20)
        return self._pages.show("cards.html", sessions=sessions, refunds=refunds, cards=CARDS)

    def _page(self, session: Object, status: int = 200, error: str = "", **typed: str) -> web.Response:
        lines = self._vault.line_items(session)["data"]
        email = session["customer_email"] or typed.get("email", "")
        if session["customer"] and not email:
            customer = self._vault.find("customer", session["customer"]) or {}
            email = customer.get("email") or ""
        return self._pages.show(
            "checkout.html",
            status=status,
            session=session,
            lines=lines,
            cards=CARDS,
            error=error,
            email=email,
            name=typed.get("name", ""),
            success_url=checkout.success_address(session),
        )

    async def page(self, request: web.Request) -> web.Response:
        return self._page(self._session(request))

    async def pay(self, request: web.Request) -> web.Response:
        session, form = self._session(request), await request.post()
        number, email, name = (str(form.get(field, "")).strip() for field in ("number", "email", "name"))
        try:
            result = checkout.pay_session(self._vault, session, number, email, name or None)
        except checkout.RefusedError as refused:
            return self._page(session, 402, str(refused), email=email, name=name)
        if result == "authenticate":
            raise web.HTTPSeeOther(f"/checkout/{session['id']}/authenticate")
        raise web.HTTPSeeOther(checkout.success_address(session))

    async def bank(self, request: web.Request) -> web.Response:
        session = self._session(request)
        if session["status"] != "open" or not session["payment_intent"]:
            raise web.HTTPSeeOther(f"/checkout/{session['id']}")
        return self._pages.show("bank.html", amount=session["amount_total"], currency=session["currency"])

    async def bank_answer(self, request: web.Request) -> web.Response:
        session, form = self._session(request), await request.post()
        try:
            checkout.finish_authentication(self._vault, session, form.get("answer") == "complete")
        except checkout.RefusedError as refused:
            return self._page(
                session, 402, str(refused), email=(session["customer_details"] or {}).get("email", "")
            )
        raise web.HTTPSeeOther(checkout.success_address(session))

    def _intent(self, request: web.Request) -> Object:
        intent = self._vault.find("payment_intent", request.match_info["intent"])
        if intent is None or intent["status"] != "requires_action":
            raise web.HTTPNotFound(text="There is nothing to confirm here any more.")
        return intent

    async def intent_bank(self, request: web.Request) -> web.Response:
        intent = self._intent(request)
        return self._pages.show("bank.html", amount=intent["amount"], currency=intent["currency"])

    async def intent_bank_answer(self, request: web.Request) -> web.Response:
        intent, form = self._intent(request), await request.post()
        back = intent["next_action"]["redirect_to_url"]["return_url"]
        card = find_card(intent["payment_method"])
        if form.get("answer") == "complete" and card:
            charges.settle(self._vault, intent, card)
        else:
            charges.refuse_authentication(self._vault, intent)
        if not back:
            return web.Response(text="Thank you. You can close this page.")
        query = urlencode({"payment_intent": intent["id"], "redirect_status": intent["status"]})
        raise web.HTTPSeeOther(f"{back}{'&' if '?' in back else '?'}{query}")

    async def api_pay(self, request: web.Request) -> web.Response:
        session, asked = self._session(request), await read_json(request)
        card, email = (
            str(asked.get("card") or "4242424242424242"),
            str(asked.get("email") or "payer@example.com"),
        )
        try:
            result = checkout.pay_session(self._vault, session, card, email)
        except checkout.RefusedError as refused:
            return web.json_response({"result": "refused", "error": str(refused)}, status=402)
        return web.json_response({"result": result, "success_url": checkout.success_address(session)})

    async def api_authenticate(self, request: web.Request) -> web.Response:
        session, asked = self._session(request), await read_json(request)
        if not isinstance(asked.get("passed"), bool):
            return bad_request("Say whether it passed: true or false.")
        try:
            checkout.finish_authentication(self._vault, session, asked["passed"])
        except checkout.RefusedError as refused:
            return web.json_response({"result": "refused", "error": str(refused)}, status=402)
        return web.json_response({"result": "complete", "success_url": checkout.success_address(session)})
