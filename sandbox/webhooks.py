"""The stand-ins' calls to Throughline: signed, kept and retried with back-off until answered with 2xx."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import random
import time
from urllib.parse import parse_qsl, urlencode
from weakref import WeakValueDictionary

import aiohttp

from sandbox.faults import Faults
from sandbox.settings import Settings
from sandbox.store import Row, Store, now

BACK_OFF = (0.5, 1, 2, 4, 8, 15, 30, 60)
HOLD = 0.5
AT_ONCE = 32


def sign_stripe(secret: str, body: str, timestamp: int) -> str:
    """The `Stripe-Signature` header: HMAC-SHA256 over "timestamp.body"."""
    digest = hmac.new(secret.encode(), f"{timestamp}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def sign_twilio(token: str, url: str, form: dict[str, str]) -> str:
    """The `X-Twilio-Signature` header: base64 HMAC-SHA1 over the URL and the sorted form fields."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


class Webhooks:
    """The outgoing calls of the phone and card companies.

    A call is `pending` until a 2xx answer makes it `delivered`; a fault may make it `lost`, or `held` until
    younger ones have overtaken it.
    """

    def __init__(self, store: Store, faults: Faults, settings: Settings) -> None:
        self._store = store
        self._faults = faults
        self._settings = settings
        self._wake = asyncio.Event()
        self._flying: dict[int, asyncio.Task[None]] = {}
        self._groups: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def call(self, stand_in: str, about: str, url: str, body: str, group: str, delay: float = 0) -> None:
        """Post `body` to `url` after `delay` seconds; calls of one group start in the order given."""
        fault = self._faults.on_webhook(stand_in)
        due = now() + delay
        if fault.out_of_order:
            # All that is held waits for the youngest and then leaves youngest first.
            self._store.execute(
                "UPDATE webhook SET due_at = ? WHERE state = 'held' AND stand_in = ? AND created_at > ?",
                (due + HOLD, stand_in, now() - 6 * HOLD),
            )
            due, group = due + HOLD, f"held {stand_in}"
        state = "lost" if fault.lose else "held" if fault.out_of_order else "pending"
        for _ in range(2 if fault.double else 1):
            self._store.execute(
                "INSERT INTO webhook (stand_in, about, grp, url, body, state, due_at, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (stand_in, about, group, url, body, state, due, now()),
            )
        self._wake.set()

    def repeat(self, webhook: int, times: int = 1) -> bool:
        """Send a call again, whatever became of it; False when there is no such call."""
        row = self._store.one("SELECT * FROM webhook WHERE id = ?", (webhook,))
        for copy in range(times if row else 0):
            assert row is not None
            self._store.execute(
                "INSERT INTO webhook (stand_in, about, grp, url, body, state, due_at, created_at)"
                " VALUES (?, ?, ?, ?, ?, 'pending', ?, ?)",
                (
                    row["stand_in"],
                    row["about"],
                    f"again {webhook} {copy}",
                    row["url"],
                    row["body"],
                    now(),
                    now(),
                ),
            )
        self._wake.set()
        return row is not None

    def list_recent(self, limit: int = 50, stand_in: str | None = None) -> list[Row]:
        return self._store.all(
            "SELECT id, stand_in, about, url, state, attempts, last_answer, created_at, due_at FROM webhook"
            " WHERE ?1 IS NULL OR stand_in = ?1 ORDER BY id DESC LIMIT ?2",
            (stand_in, limit),
        )

    async def run(self) -> None:
        """Send what is due until cancelled."""
        async with aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=30), connector=aiohttp.TCPConnector(limit=AT_ONCE)
        ) as http:
            try:
                while True:
                    self._wake.clear()
                    self._start_due(http)
                    await self._sleep()
            finally:
                flying = list(self._flying.values())
                for task in flying:
                    task.cancel()
                await asyncio.gather(*flying, return_exceptions=True)

    def _start_due(self, http: aiohttp.ClientSession) -> None:
        free = AT_ONCE - len(self._flying)
        for state, order in (("held", "id DESC"), ("pending", "due_at, id")):
            rows = self._store.all(
                f"SELECT * FROM webhook WHERE state = ? AND due_at <= ? AND id NOT IN ({self._aloft()})"  # noqa: S608 - only names and parts of our own are put in; values are bound
                f" ORDER BY {order} LIMIT ?",
                (state, now(), max(0, free)),
            )
            free -= len(rows)
            for row in rows:
                self._flying[row["id"]] = asyncio.create_task(self._send(http, row))

    def _aloft(self) -> str:
        return ",".join(map(str, self._flying))

    async def _sleep(self) -> None:
        dues = []
        for state in ("held", "pending"):
            row = self._store.one(
                f"SELECT due_at FROM webhook WHERE state = ? AND id NOT IN ({self._aloft()})"  # noqa: S608 - only names and parts of our own are put in; values are bound
                " ORDER BY due_at LIMIT 1",
                (state,),
            )
            dues += [row["due_at"]] if row else []
        if len(self._flying) >= AT_ONCE or not dues:
            await self._wake.wait()
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), max(0.005, min(dues) - now()))

    async def _send(self, http: aiohttp.ClientSession, row: Row) -> None:
        try:
            await self._attempt(http, row)
        finally:
            self._flying.pop(row["id"], None)
            self._wake.set()

    async def _attempt(self, http: aiohttp.ClientSession, row: Row) -> None:
        lock = self._groups.get(row["grp"]) or asyncio.Lock()
        self._groups[row["grp"]] = lock
        async with lock:
            answer, done = await self._post(http, row)
        attempts = row["attempts"] + 1
        wait = BACK_OFF[min(attempts, len(BACK_OFF)) - 1] * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, nothing secret
        self._store.execute(
            "UPDATE webhook SET state = ?, attempts = ?, last_answer = ?, due_at = ? WHERE id = ?",
            ("delivered" if done else "pending", attempts, answer, now() + wait, row["id"]),
        )

    async def _post(self, http: aiohttp.ClientSession, row: Row) -> tuple[str, bool]:
        body = row["body"]
        if row["stand_in"] == "cards":
            headers = {
                "Content-Type": "application/json; charset=utf-8",
                "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
                "Stripe-Signature": sign_stripe(self._settings.stripe_webhook_secret, body, int(time.time())),
            }
        else:
            form = dict(parse_qsl(body, keep_blank_values=True))
            headers = {
                "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
                "User-Agent": "TwilioProxy/1.1",
                "X-Twilio-Signature": sign_twilio(self._settings.twilio_token, row["url"], form),
            }
            body = urlencode(form)
        try:
            async with http.post(
                row["url"], data=body.encode(), headers=headers, allow_redirects=False
            ) as reply:
                text = (await reply.content.read(2000)).decode("utf-8", "replace")
                return f"{reply.status} {text[:200]}".strip(), 200 <= reply.status < 300
        except aiohttp.ClientConnectorError:
            return "nobody listens there", False
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return f"no answer: {str(error) or type(error).__name__}", False
