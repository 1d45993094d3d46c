"""Several relays: the next one while the one before is in trouble, and no mail twice."""

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy import select

from channels.adapters.email import connection, pool
from channels.models import Message, Obstacle
from core import metrics
from core.errors import Invalid
from core.mail_relays import MailRelay, mail_relays
from core.schema import import_models
from customers import consent
from tests.channels import relays
from tests.channels.posting import end_pauses, mail, make_all_due, queue, read, run_due
from tests.channels.relays import CUT, SILENCE
from workers.handlers import load
from workers.resources import Resources


def reach(settings, *them: relays.Relay) -> Resources:
    import_models()
    load()
    first, *spare = them
    way = {
        "smtp_relay_port": first.port,
        "smtp_spare_relays": SecretStr(" ".join(f"smtp://127.0.0.1:{each.port}" for each in spare)),
    }
    return Resources(settings.model_copy(update=way), Redis())


@pytest.fixture
async def two():
    async with relays.running() as first, relays.running() as second:
        yield first, second


async def servers(database) -> list[str]:
    async with database.transaction() as session:
        return list(await session.scalars(select(Obstacle.name).where(Obstacle.kind == "server")))


def test_spare_relays_are_read_and_what_is_wrong_is_never_repeated(settings):
    stated = "smtps://a:p%40ss@one.example.com smtp+starttls://two.example.com:2587 smtp://three"
    given = settings.model_copy(update={"smtp_spare_relays": SecretStr(stated)})
    assert mail_relays(given)[1:] == [
        MailRelay("one.example.com", 465, "tls", "a", "p@ss"),
        MailRelay("two.example.com", 2587, "starttls"),
        MailRelay("three", 25),
    ]
    for broken in (
        "hush-hush",
        "smtp://a@host",
        "imap://host",
        "smtp://host:99999",
        "smtp://a:hush-hush@host/x",
    ):
        with pytest.raises(Invalid) as told:
            mail_relays(settings.model_copy(update={"smtp_spare_relays": SecretStr(broken)}))
        assert "hush" not in told.value.message
    assert "p@ss" not in repr(mail_relays(given))


async def test_a_relay_in_trouble_is_gone_around_and_tried_again_ever_later(
    database, settings, customer_id, two
):
    first, second = two
    resources = reach(settings, first, second)
    first.says = lambda verb, words: "421 busy" if verb == "greeting" else None
    ids = await queue(database, *[mail(customer_id)] * 20)
    await run_due(database, resources)
    assert {(await read(database, each)).status for each in ids} == {"sent"}
    assert (len(first.mails), len(second.mails)) == (0, 20)
    # A batch found out at once; nobody asked the first one again.
    assert first.talks <= 8
    name = f"127.0.0.1:{first.port}"
    assert await servers(database) == [name]
    up = metrics.MAIL_RELAYS.labels(name)
    assert up._value.get() == 0
    channel: Any = resources.channels.channel("email")
    way = channel._pools[0]
    pauses = [way.waits()]
    for _ in range(3):
        way._aside_until = 0.0
        talks = first.talks
        await queue(database, *[mail(customer_id)] * 5)
        await run_due(database, resources)
        # One mail tries, the others go around it.
        assert first.talks == talks + 1
        pauses.append(way.waits())
    assert all(each / 2 < left <= each for left, each in zip(pauses, (5, 10, 20, 40), strict=True))
    first.says = lambda verb, words: None
    way._aside_until = 0.0
    await queue(database, *[mail(customer_id)] * 3)
    await run_due(database, resources)
    assert len(second.mails) == 35 + 2
    await queue(database, *[mail(customer_id)] * 3)
    await run_due(database, resources)
    assert (len(first.mails), len(second.mails)) == (4, 37)
    assert (await servers(database), up._value.get()) == ([], 1)
    await resources.close()


@pytest.mark.parametrize(
    ("verb", "said"),
    [("greeting", CUT), ("greeting", SILENCE), ("EHLO", "421 no"), ("MAIL", "451 later"), ("MAIL", CUT),
     ("RCPT", CUT), ("DATA", CUT), ("MAIL", "550 5.7.1 not your address")],
)  # fmt: skip
async def test_what_no_relay_has_yet_goes_by_the_next(
    database, settings, customer_id, two, monkeypatch, verb, said
):
    monkeypatch.setattr(connection, "OPENING", 0.3)
    first, second = two
    resources = reach(settings, first, second)
    first.says = lambda asked, words: said if asked == verb else None
    [message_id] = await queue(database, mail(customer_id))
    await run_due(database, resources)
    assert (await read(database, message_id)).status == "sent"
    assert (len(first.mails), len(second.mails)) == (0, 1)
    await resources.close()


@pytest.mark.parametrize("purpose", ["transactional", "marketing"])
async def test_what_a_relay_may_have_goes_by_no_other(
    database, settings, customer_id, two, monkeypatch, purpose
):
    monkeypatch.setattr(connection, "WHOLE_MAIL", 0.3)
    async with database.transaction() as session:
        await consent.grant(session, customer_id, "email", source="checkout")
    first, second = two
    resources = reach(settings, first, second)
    for said in (CUT, SILENCE):
        first.says = lambda asked, words, said=said: said if asked == "the mail" else None
        second.says = first.says
        [message_id] = await queue(database, mail(customer_id, purpose=purpose))
        await run_due(database, resources)
        assert (await read(database, message_id)).status == "unknown"
        assert second.talks == 0
        first.says = second.says = lambda asked, words: None
        before = len(first.mails)
        await make_all_due(database)
        await run_due(database, resources)
        again = purpose == "transactional"
        assert (await read(database, message_id)).status == ("sent" if again else "unknown")
        assert len(first.mails) == before + again
    ids = {raw.split(b"Message-ID: ")[1].split(b"\r\n")[0] for *_, raw in first.mails}
    assert (len(ids), second.mails) == (2, [])
    await resources.close()


async def test_while_no_relay_answers_mail_waits_without_a_try_and_goes_out_once_one_does(
    database, settings, customer_id, two
):
    first, second = two
    resources = reach(settings, first, second)
    first.says = second.says = lambda verb, words: "535 wrong" if verb == "MAIL" else None
    ids = await queue(database, *[mail(customer_id)] * 40)
    # As long as a password is wrong: for ever, here.
    for _ in range(15):
        await run_due(database, resources)
        await make_all_due(database)
        end_pauses(resources)
    async with database.transaction() as session:
        waiting = list(await session.scalars(select(Message).where(Message.id.in_(ids))))
    assert {each.status for each in waiting} == {"queued"}
    assert all(each.reason.startswith("No mail server takes our mail") for each in waiting)
    # A few find out each time; the others are not even taken up.
    assert first.talks <= 8 + 15 * 4
    first.says = second.says = lambda verb, words: None
    for _ in range(6):
        await make_all_due(database)
        end_pauses(resources)
        await run_due(database, resources)
    assert {(await read(database, each)).status for each in ids} == {"sent"}
    assert len(first.mails) + len(second.mails) == 40
    async with database.transaction() as session:
        assert list(await session.scalars(select(Obstacle.name))) == []
    await resources.close()


async def test_a_sender_that_is_refused_waits_and_others_do_not(database, settings, customer_id, two):
    first, second = two
    resources = reach(settings, first, second)
    first.says = second.says = lambda verb, words: (
        "550 5.7.1 not yours" if verb == "MAIL" and "sales@" in words else None
    )
    theirs = await queue(database, *[mail(customer_id, account="sales@halden.test")] * 30)
    [other] = await queue(database, mail(customer_id))
    await run_due(database, resources)
    assert (await read(database, other)).status == "sent"
    assert {(await read(database, each)).status for each in theirs} == {"queued"}
    reason = (await read(database, theirs[-1])).reason
    assert reason == ("The mail server does not take mail from sales@halden.test. MAIL: 550 5.7.1 not yours")
    assert await servers(database) == []
    await resources.close()


async def test_a_connection_that_had_its_day_is_replaced_without_a_fuss(database, settings, customer_id, two):
    first, second = two
    resources = reach(settings, first, second)
    taken: list[str] = []

    def says(verb, words):
        if verb == "MAIL":
            taken.append(words)
            return "421 enough of this connection" if len(taken) % 3 == 0 else None
        return None

    first.says = says
    for _ in range(5):
        await queue(database, mail(customer_id))
        await run_due(database, resources)
    assert (len(first.mails), len(second.mails), first.talks) == (5, 0, 3)
    assert await servers(database) == []
    await resources.close()


async def test_many_mails_at_once_share_few_connections_and_old_ones_are_not_used(
    database, settings, customer_id, two, monkeypatch
):
    first, _ = two
    resources = reach(settings, first)
    await queue(database, *[mail(customer_id)] * 60)
    await run_due(database, resources)
    assert (len(first.mails), first.talks) == (60, 8)
    monkeypatch.setattr(pool, "IDLE", 0.0)
    await queue(database, mail(customer_id))
    await asyncio.sleep(0.01)
    await run_due(database, resources)
    assert first.talks == 9
    await resources.close()
