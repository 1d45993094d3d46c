"""The telephone company's REST resources: messages, as Twilio answers them."""

import base64
import secrets
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.faults import Fault, Faults
from sandbox.phone.threads import API_VERSION, NUMBER, Threads, as_resource
from sandbox.serving import suffer
from sandbox.settings import Settings

_PREFIX = f"/{API_VERSION}/Accounts/{{account}}"


class TwilioError(Exception):
    """Answered in Twilio's error shape."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {
            "code": code,
            "message": message,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }


class PhoneApi:
    """Answers /2010-04-01/Accounts/{sid}/Messages."""

    def __init__(self, threads: Threads, faults: Faults, settings: Settings) -> None:
        self._threads = threads
        self._faults = faults
        self._settings = settings

    def add_routes(self, app: web.Application) -> None:
        for method, path, action in (
            ("POST", "/Messages.json", self._create),
            ("GET", "/Messages.json", self._list),
            ("GET", "/Messages/{sid}.json", self._show),
        ):
            app.router.add_route(method, _PREFIX + path, self._handler(action))
        app.router.add_route("*", f"/{API_VERSION}/{{rest:.*}}", self._handler(self._unknown))

    def _handler(self, action: Any) -> Any:
        async def handle(request: web.Request) -> web.Response:
            try:
                self._check_credentials(request)
                form = await request.post() if request.method == "POST" else request.query
                fields = {name: str(value) for name, value in form.items()}
                fault = self._faults.on_request("phone")
                if not fault.after_effect:
                    await self._suffer(request, fault)
                status, body = action(request, fields)
                if fault.after_effect:
                    await self._suffer(request, fault)
            except TwilioError as error:
                status, body = error.status, error.body
            return web.json_response(
                body, status=status, headers={"Twilio-Request-Id": "RQ" + secrets.token_hex(16)}
            )

        return handle

    async def _suffer(self, request: web.Request, fault: Fault) -> None:
        if status := await suffer(request, fault):
            code = 20429 if status == 429 else 20500 if status >= 500 else 20001
            raise TwilioError(status, code, "Something went wrong (a fault that is switched on)")

    def _check_credentials(self, request: web.Request) -> None:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        try:
            given = base64.b64decode(value) if scheme.lower() == "basic" else b""
        except ValueError:
            given = b""
        if not secrets.compare_digest(
            given, f"{self._settings.twilio_sid}:{self._settings.twilio_token}".encode()
        ):
            raise TwilioError(401, 20003, "Authenticate")
        if request.match_info.get("account", self._settings.twilio_sid) != self._settings.twilio_sid:
            raise TwilioError(404, 20404, f"The requested resource {request.path} was not found")

    def _create(self, request: web.Request, form: dict[str, str]) -> tuple[int, Any]:
        recipient, sender, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
        service, callback = form.get("MessagingServiceSid") or None, form.get("StatusCallback") or None
        if not recipient:
            raise TwilioError(400, 21604, "A 'To' phone number is required.")
        if not NUMBER.fullmatch(recipient):
            raise TwilioError(400, 21211, f"Invalid 'To' Phone Number: {recipient}")
        if not sender and not service:
            raise TwilioError(400, 21603, "A 'From' phone number is required.")
        if not sender:
            sender = service or ""
        elif not NUMBER.fullmatch(sender) and not (
            sender.isascii() and sender.isalnum() and len(sender) <= 11
        ):
            raise TwilioError(
                400, 21212, f"The 'From' number {sender} is not a valid phone number or sender ID."
            )
        if not body:
            raise TwilioError(400, 21602, "Message body is required.")
        if len(body) > 1600:
            raise TwilioError(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        if callback and urlsplit(callback).scheme not in ("http", "https"):
            raise TwilioError(400, 21609, f"The 'StatusCallback' URL {callback} is not a valid URL.")
        if self._threads.opted_out(recipient, sender):
            raise TwilioError(400, 21610, "Attempt to send to unsubscribed recipient")
        row = self._threads.send(sender, recipient, body, service, callback)
        return 201, as_resource(row, self._settings)

    def _show(self, request: web.Request, form: dict[str, str]) -> tuple[int, Any]:
        row = self._threads.find(request.match_info["sid"])
        if row is None:
            raise TwilioError(404, 20404, f"The requested resource {request.path} was not found")
        return 200, as_resource(row, self._settings)

    def _list(self, request: web.Request, form: dict[str, str]) -> tuple[int, Any]:
        size = int(form["PageSize"]) if form.get("PageSize", "").isdecimal() else 50
        size = max(1, min(size, 1000))
        rows = self._threads.recent(size, form.get("From"), form.get("To"))
        return 200, {
            "messages": [as_resource(row, self._settings) for row in rows],
            "page": 0,
            "page_size": size,
            "start": 0,
            "end": max(0, len(rows) - 1),
            "uri": request.path_qs,
            "first_page_uri": request.path_qs,
            "next_page_uri": None,
            "previous_page_uri": None,
        }

    def _unknown(self, request: web.Request, form: dict[str, str]) -> tuple[int, Any]:
        raise TwilioError(404, 20404, f"The requested resource {request.path} was not found")
