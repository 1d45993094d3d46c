"""Phones as pages, and as JSON for tests."""

from typing import Any
from urllib.parse import quote

from aiohttp import web

from sandbox.phone.threads import NUMBER, Threads, list_phones, list_thread, status_of
from sandbox.serving import Pages, bad_request, read_json
from sandbox.settings import Settings
from sandbox.store import Row, Store


class PhonePages:
    """Routes under /phone and /api/phone."""

    def __init__(self, store: Store, threads: Threads, settings: Settings, pages: Pages) -> None:
        self._store = store
        self._threads = threads
        self._settings = settings
        self._pages = pages

    def add_routes(self, app: web.Application) -> None:
        app.add_routes(
            [
                web.get("/phone", self.index),
                web.get("/phone/{number}", self.phone),
                web.post("/phone/{number}", self.answer),
                web.get("/api/phone", self.api_list),
                web.post("/api/phone/answer", self.api_answer),
            ]
        )

    async def index(self, request: web.Request) -> web.Response:
        if typed := request.query.get("number", ""):
            number = "".join(letter for letter in typed if letter.isdigit() or letter == "+")
            if NUMBER.fullmatch(number):
                raise web.HTTPSeeOther(f"/phone/{quote(number)}")
        phones = await self._store.reading(list_phones)
        return self._pages.show("phones.html", phones=phones, typed=typed)

    async def _show(self, number: str, *, status: int = 200, **values: Any) -> web.Response:
        thread = await self._store.reading(lambda reader: list_thread(reader, number))
        for row in thread:
            row["status"] = status_of(row)
        ours = next((_ours(row) for row in reversed(thread)), self._settings.company_number)
        values = {"error": "", "body": "", "to": ours} | values
        return self._pages.show("phone.html", status=status, number=number, thread=thread, **values)

    async def phone(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        if not NUMBER.fullmatch(number):
            raise web.HTTPNotFound(
                text="A phone number starts with + and the country's code, like +4915112345678."
            )
        return await self._show(number)

    async def answer(self, request: web.Request) -> web.Response:
        form = await request.post()
        number, to, body = (
            request.match_info["number"],
            str(form.get("to", "")).strip(),
            str(form.get("body", "")),
        )
        error = _refuse(number, to, body)
        if error:
            return await self._show(number, status=422, error=error, body=body, to=to)
        self._threads.answer(number, to, body)
        raise web.HTTPSeeOther(f"/phone/{quote(number)}#end")

    async def api_list(self, request: web.Request) -> web.Response:
        text = request.query.get("limit", "100")
        limit = int(text) if text.isdecimal() else 100
        rows = self._threads.recent(limit, request.query.get("from"), request.query.get("to"))
        return web.json_response([_as_json(row) for row in rows])

    async def api_answer(self, request: web.Request) -> web.Response:
        asked = await read_json(request)
        sender, to, body = (str(asked.get(name) or "") for name in ("from", "to", "body"))
        if error := _refuse(sender, to, body):
            return bad_request(error)
        return web.json_response(_as_json(self._threads.answer(sender, to, body)), status=201)


def _ours(row: Row) -> str:
    return str(row["recipient"] if row["direction"] == "inbound" else row["sender"])


def _refuse(number: str, to: str, body: str) -> str:
    if not NUMBER.fullmatch(number):
        return "A phone number starts with + and the country's code, like +4915112345678."
    if not to:
        return "Say which number to write to. Nothing was sent."
    if not body.strip():
        return "The text is empty, so nothing was sent."
    if len(body) > 1600:
        return "A text can have up to 1,600 characters. Nothing was sent."
    return ""


def _as_json(row: Row) -> dict[str, Any]:
    return {
        "sid": row["sid"],
        "direction": row["direction"],
        "from": row["sender"],
        "to": row["recipient"],
        "body": row["body"],
        "status": status_of(row),
        "created_at": row["created_at"],
    }
