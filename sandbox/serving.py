"""What every page and API of the sandbox shares: rendering, faults, and who may post a form."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import jinja2
from aiohttp import web

from sandbox.faults import Fault
from sandbox.store import now

HERE = Path(__file__).parent
CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " frame-src 'self'; base-uri 'none'; frame-ancestors 'self'"
)


async def suffer(request: web.Request, fault: Fault) -> int:
    """Let a fault strike a request; the status to answer with, or 0 when it may go on."""
    if fault.delay_ms:
        await asyncio.sleep(fault.delay_ms / 1000)
    if fault.drop_connection:
        if request.transport is not None:
            request.transport.abort()
        raise web.HTTPServiceUnavailable
    return fault.error_status


def _local(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone()


def _ago(at: float) -> str:
    seconds = int(now() - at)
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds // 60} min ago"
    moment = _local(at)
    if seconds < 20 * 3600:
        return moment.strftime("%H:%M")
    return moment.strftime("%-d %b, %H:%M")


def show_money(amount: int, currency: str) -> str:
    code = currency.upper()
    sign = {"EUR": "€", "USD": "$", "GBP": "£"}.get(code, code + " ")
    if code == "JPY":
        return f"{sign}{amount:,}"
    return f"{sign}{amount / 100:,.2f}"


class Pages:
    """Renders templates; every page carries the same strict headers."""

    def __init__(self) -> None:
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "ago": _ago,
            "money": show_money,
            "clock": lambda at: _local(at).strftime("%H:%M"),
            "day": lambda at: _local(at).strftime("%A, %-d %B"),
            "full": lambda at: _local(at).strftime("%A, %-d %B %Y, %H:%M:%S"),
            "path": lambda text: quote(text, safe=""),
        }

    def show(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """The rendered page."""
        text = self._templates.get_template(template).render(**values)
        headers = {
            "Content-Security-Policy": CSP,
            "Referrer-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
        return web.Response(status=status, text=text, content_type="text/html", headers=headers)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def refuse_strangers(public_url: str) -> Any:
    """Middleware that refuses what another site's page sends with a visitor's browser."""
    names = {"127.0.0.1", "localhost", urlsplit(public_url).hostname}

    @web.middleware
    async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
        if urlsplit(f"//{request.host}").hostname not in names:
            return web.Response(status=421, text=f"The sandbox does not answer to the name {request.host}.")
        return await _refuse_foreign_forms(request, handler)

    return refuse


async def _refuse_foreign_forms(request: web.Request, handler: Handler) -> web.StreamResponse:
    origin = request.headers.get("Origin")
    if (
        request.method not in ("GET", "HEAD")
        and origin is not None
        and urlsplit(origin).netloc != request.host
    ):
        return web.Response(status=403, text="This form was sent from another site, so nothing was done.")
    response = await handler(request)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


async def read_json(request: web.Request) -> dict[str, Any]:
    """The request's JSON object; 400 with a sentence when it is none."""
    try:
        value = await request.json()
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise web.HTTPBadRequest(
            text=json.dumps({"error": "Send a JSON object."}), content_type="application/json"
        )
    return value


def bad_request(message: str) -> web.Response:
    return web.json_response({"error": message}, status=400)
