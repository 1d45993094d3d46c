"""Objects of the card network as Stripe shapes them, kept as JSON, and the events that tell of them."""

import json
import secrets
import time
from typing import Any

from sandbox.cards.errors import StripeError, no_such
from sandbox.cards.forms import Params
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.webhooks import Webhooks

API_VERSION = "2026-10-28.endive"
Object = dict[str, Any]

PREFIXES = {
    "checkout.session": "cs_test_",
    "payment_intent": "pi_",
    "charge": "ch_",
    "event": "evt_",
    "refund": "re_",
    "customer": "cus_",
}
NOUNS = {"checkout.session": "checkout session", "payment_intent": "payment_intent"}


def new_id(kind: str) -> str:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"
    length = 58 if kind == "checkout.session" else 24
    return PREFIXES[kind] + "".join(secrets.choice(letters) for _ in range(length))


def unix_now() -> int:
    return int(time.time())


class Vault:
    """Keeps the card network's objects, and tells Throughline of what happened to them."""

    def __init__(self, store: Store, webhooks: Webhooks, settings: Settings) -> None:
        self._store = store
        self._webhooks = webhooks
        self.settings = settings

    def add(self, kind: str, data: Object, id_: str | None = None) -> Object:
        """Keep a new object; `id`, `object`, `created` and `livemode` are filled in."""
        new = {"id": id_ or new_id(kind), "object": kind, "created": unix_now(), "livemode": False} | data
        self._store.execute(
            "INSERT INTO card_object (id, kind, data) VALUES (?, ?, ?)", (new["id"], kind, json.dumps(new))
        )
        return new

    def change(self, target: Object, **changes: Any) -> Object:
        target |= changes
        self._store.execute(
            "UPDATE card_object SET data = ? WHERE id = ?", (json.dumps(target), target["id"])
        )
        return target

    def find(self, kind: str, id_: str) -> Object | None:
        row = self._store.one("SELECT data FROM card_object WHERE id = ? AND kind = ?", (id_, kind))
        return json.loads(row["data"]) if row else None

    def get(self, kind: str, id_: str, param: str = "id") -> Object:
        """The object, or Stripe's 404."""
        found = self.find(kind, id_)
        if found is None:
            raise no_such(NOUNS.get(kind, kind), id_, param)
        return found

    def belonging_to(self, kind: str, intent: str) -> list[Object]:
        """Objects of a payment intent, newest first."""
        rows = self._store.all(
            "SELECT data FROM card_object WHERE json_extract(data, '$.payment_intent') = ? AND kind = ?"
            " ORDER BY seq DESC",
            (intent, kind),
        )
        return [json.loads(row["data"]) for row in rows]

    def recent(self, kind: str, limit: int) -> list[Object]:
        rows = self._store.all(
            "SELECT data FROM card_object WHERE kind = ? ORDER BY seq DESC LIMIT ?", (kind, limit)
        )
        return [json.loads(row["data"]) for row in rows]

    def overdue_sessions(self) -> list[Object]:
        rows = self._store.all(
            "SELECT data FROM card_object WHERE kind = 'checkout.session'"
            " AND json_extract(data, '$.status') = 'open' AND json_extract(data, '$.expires_at') <= ?",
            (unix_now(),),
        )
        return [json.loads(row["data"]) for row in rows]

    def page(self, kind: str, url: str, params: Params, filters: tuple[str, ...] = ()) -> Object:
        """Stripe's list: `limit`, `starting_after`, `ending_before`, `created[...]` and `filters`."""
        limit = params.integer("limit", minimum=1) or 10
        if limit > 100:
            raise StripeError(400, "Invalid integer: limit must be between 1 and 100", param="limit")
        where, values = ["kind = ?"], [kind]
        for name in filters:
            if wanted := params.text(name):
                where.append(f"json_extract(data, '$.{name}') = ?")
                values.append(wanted)
        if params.has("created"):
            created = params.nested("created")
            for name, sign in (("gt", ">"), ("gte", ">="), ("lt", "<"), ("lte", "<=")):
                if (edge := created.integer(name)) is not None:
                    where.append(f"json_extract(data, '$.created') {sign} {edge}")
        backwards = False
        for name, sign in (("starting_after", "<"), ("ending_before", ">")):
            if (id_ := params.text(name)) is not None:
                self.get(kind, id_, name)
                where.append(f"seq {sign} (SELECT seq FROM card_object WHERE id = ?)")  # noqa: S608 - only names and parts of our own are put in; values are bound
                values.append(id_)
                backwards = sign == ">"
        params.ignore("expand")
        params.done()
        rows = self._store.all(
            f"SELECT data FROM card_object WHERE {' AND '.join(where)}"  # noqa: S608 - fixed names, bound values
            f" ORDER BY seq {'ASC' if backwards else 'DESC'} LIMIT {limit + 1}",
            values,
        )
        page = [json.loads(row["data"]) for row in rows[:limit]]
        return {
            "object": "list",
            "url": url,
            "has_more": len(rows) > limit,
            "data": page[::-1] if backwards else page,
        }

    def expand(self, target: Object, paths: list[str]) -> Object:
        """Replace ids by the objects that they name, along dotted paths."""
        for path in paths:
            name, _, rest = path.partition(".")
            if name == "line_items" and target["object"] == "checkout.session":
                target = target | {"line_items": self.line_items(target)}
                continue
            if name not in target:
                raise StripeError(400, f"This property cannot be expanded ({path}).", param="expand[0]")
            value = target[name]
            if isinstance(value, str):
                kind = next((kind for kind, prefix in PREFIXES.items() if value.startswith(prefix)), None)
                value = self.get(kind, value) if kind else value
            if isinstance(value, dict) and value.get("object") == "list" and rest.startswith("data"):
                value = value | {
                    "data": [self.expand(each, [rest[5:]] if rest[5:] else []) for each in value["data"]]
                }
            elif isinstance(value, dict) and rest:
                value = self.expand(value, [rest])
            target = target | {name: value}
        return target

    def line_items(self, session: Object) -> Object:
        row = self._store.setting(f"lines {session['id']}") or []
        url = f"/v1/checkout/sessions/{session['id']}/line_items"
        return {"object": "list", "url": url, "has_more": False, "data": row}

    def keep_line_items(self, session_id: str, lines: list[Object]) -> None:
        self._store.keep_setting(f"lines {session_id}", lines)

    def setting(self, name: str) -> Any:
        return self._store.setting(name)

    def keep_setting(self, name: str, value: Any) -> None:
        self._store.keep_setting(name, value)

    def totals(self) -> list[tuple[str, int]]:
        """What is left of all paid charges after refunds, per currency."""
        rows = self._store.all(
            "SELECT json_extract(data, '$.currency') AS currency,"
            " sum(json_extract(data, '$.amount_captured') - json_extract(data, '$.amount_refunded')) AS total"
            " FROM card_object WHERE kind = 'charge' GROUP BY 1 ORDER BY 1"
        )
        return [(row["currency"], row["total"]) for row in rows]

    def tell(self, kind: str, target: Object, request: str | None = None, key: str | None = None) -> Object:
        """Record an event about an object as it stands now, and post it, signed, until it is taken."""
        event = self.add(
            "event",
            {
                "api_version": API_VERSION,
                "data": {"object": target},
                "pending_webhooks": 1,
                "request": {"id": request, "idempotency_key": key},
                "type": kind,
            },
        )
        self._webhooks.call(
            "cards",
            f"{kind} {target['id'][:20]}",
            self.settings.stripe_webhook_url,
            json.dumps(event),
            event["id"],
        )
        return event
