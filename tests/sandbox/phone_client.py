"""The real twilio library, pointed at the sandbox."""

from typing import Any

from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from tests.sandbox.stand_in import Sandbox


class LocalHttpClient(TwilioHttpClient):  # type: ignore[misc]  # the library has no types
    """Sends what is meant for api.twilio.com to another base address."""

    def __init__(self, base: str) -> None:
        super().__init__(pool_connections=False)
        self._base = base

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        return super().request(method, url.replace("https://api.twilio.com", self._base), *args, **kwargs)


def connect_phone(sandbox: Sandbox, token: str | None = None) -> Client:
    return Client(sandbox.twilio_sid, token or sandbox.twilio_token, http_client=LocalHttpClient(sandbox.url))
