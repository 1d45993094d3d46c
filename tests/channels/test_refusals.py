"""What a relay says, or does not, at each verb: what becomes of the mail, of the relay and of the connection."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy import select

from channels.adapters.email import connection
from channels.models import DeliveryAttempt, Obstacle
from core.clock import now
from core.schema import import_models
from tests.channels import relays
from tests.channels.posting import end_pauses, kinds, mail, make_all_due, queue, read, run_due
from tests.channels.relays import CUT, SILENCE
from workers.handlers import load
from workers.resources import Resources

# What became of the mail, of the relay (in use or set aside), and which obstacle stands for others like it.
ROAD, ANNS, OURS = ("road", ""), ("domain", "example.test"), ("sender", "support@halden.test")
ASIDE = ("queued", "aside", ROAD)
AGAIN = ("queued", "in use", None)
LATER = ("queued", "in use", ANNS)
FAILED = ("failed", "in use", None)
UNKNOWN = ("unknown", "in use", None)
TABLE: dict[str, dict[str, tuple[str, str, tuple[str, str] | None]]] = {
    "greeting": {"421 busy": ASIDE, "554 go away": ASIDE, CUT: ASIDE, SILENCE: ASIDE},
    "EHLO": {"421 busy": ASIDE, "550 not you": ASIDE, CUT: ASIDE, SILENCE: ASIDE},
    "STARTTLS": {"454 no TLS now": ASIDE, "501 what?": ASIDE, CUT: ASIDE, SILENCE: ASIDE},
    "AUTH": {"454 ask later": ASIDE, "535 5.7.8 wrong password": ASIDE, CUT: ASIDE, SILENCE: ASIDE},
    "MAIL": {
        "421 busy": ASIDE,
        "452 4.3.1 full": ASIDE,
        "530 5.7.0 log in": ASIDE,
        "550 5.7.1 not your address": ("queued", "in use", OURS),
        CUT: AGAIN,
        SILENCE: AGAIN,
    },
    "RCPT": {
        "421 too much for them": LATER,
        "450 greylisted": LATER,
        "451 4.7.1 slower": LATER,
        "452 4.2.2 mailbox full": AGAIN,
        "550 5.1.1 no such person": FAILED,
        "553 no": FAILED,
        "554 5.7.1 <ann@example.test>: Relay access denied": LATER,
        CUT: AGAIN,
        SILENCE: AGAIN,
    },
    "DATA": {"421 busy": LATER, "451 4.3.0 later": LATER, "554 no": FAILED, CUT: AGAIN, SILENCE: AGAIN},
    "the mail": {
        "421 busy": LATER,
        "450 4.2.0 that mailbox is busy": AGAIN,
        "452 4.5.3 too many": LATER,
        "552 5.2.3 too long": FAILED,
        "554 5.7.1 spam": FAILED,
        CUT: UNKNOWN,
        SILENCE: UNKNOWN,
    },
}


@pytest.fixture
def secured(tmp_path, monkeypatch):
    """TLS that both sides believe in."""
    trust, file = relays.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return trust


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    for name in ("OPENING", "COMMAND", "WHOLE_MAIL"):
        monkeypatch.setattr(connection, name, 0.3)


def reach(settings, *them: relays.Relay) -> Resources:
    """A worker whose relays these are, reached by STARTTLS and a password."""
    import_models()
    load()
    way = {
        "smtp_relay_host": "localhost",
        "smtp_relay_port": them[0].port,
        "smtp_relay_security": "starttls",
        "smtp_relay_username": "shop",
        "smtp_relay_password": SecretStr("hush-hush"),
        "smtp_spare_relays": SecretStr(
            " ".join(f"smtp+starttls://shop:hush-hush@localhost:{each.port}" for each in them[1:])
        ),
    }
    return Resources(settings.model_copy(update=way), Redis())


def server(trust) -> Any:
    return relays.running(trust=trust, login=(b"shop", b"hush-hush"))


async def obstacles_now(database) -> dict[tuple[str, str], Obstacle]:
    async with database.transaction() as session:
        return {(each.kind, each.name): each for each in await session.scalars(select(Obstacle))}


@pytest.mark.parametrize("verb", TABLE)
async def test_each_answer_at_each_verb_is_understood(database, settings, customer_id, secured, verb):
    for said, expected in TABLE[verb].items():
        async with server(secured) as relay:
            resources = reach(settings, relay)
            await check(database, resources, relay, customer_id, verb, said, expected)
            await resources.close()


async def check(database, resources, relay, customer_id, verb, said, expected) -> None:
    status, relay_is, stands = expected
    case = f"{verb} answered {said}"
    relay.says = lambda asked, words: said if asked == verb else None
    began = now()
    [message_id] = await queue(database, mail(customer_id))
    await run_due(database, resources)
    message = await read(database, message_id)
    assert message.status == status, case
    met = await obstacles_now(database)
    assert {each for each in met if each[0] != "server"} == ({stands} if stands else set()), case
    assert (("server", f"localhost:{relay.port}") in met) == (relay_is == "aside"), case
    words = said if said not in (CUT, SILENCE) else ""
    assert words in message.reason, case
    if stands:
        assert message.release_at >= met[stands].until, case
        assert met[stands].reason == message.reason, case
    if status == "failed":
        assert (message.release_at, (await kinds(database))[-1]) == (None, "message.failed"), case
    else:
        assert timedelta(seconds=1) <= message.release_at - began <= timedelta(seconds=70), case
    async with database.transaction() as session:
        tried = await session.scalar(
            select(DeliveryAttempt.outcome).where(DeliveryAttempt.message_id == message_id)
        )
    assert tried == ("stopped" if stands in (ROAD, OURS) else status), case
    # Tried again, it goes by the same connection where that is still any good.
    talks = relay.talks
    relay.says = lambda asked, words: None
    end_pauses(resources)
    await make_all_due(database)
    await run_due(database, resources)
    assert (await read(database, message_id)).status == ("failed" if status == "failed" else "sent"), case
    # What was lost on the way back came twice, under one id; nothing else did.
    assert len(relay.mails) == (0 if status == "failed" else 2 if status == "unknown" else 1), case
    ids = {raw.split(b"Message-ID: ")[1].split(b"\r\n")[0] for *_, raw in relay.mails}
    assert len(ids) == (status != "failed"), case
    assert set(await obstacles_now(database)) == set(), case
    broken = said in (CUT, SILENCE) or said.startswith("421") or relay_is == "aside"
    assert relay.talks == talks + (broken and status != "failed"), case
