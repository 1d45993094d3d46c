"""Webhooks out: promised with the entry, signed, told once, to those who asked."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from channels import calls, endpoints
from channels.endpoints import Endpoint, EndpointAttempt, EndpointDelivery
from core import clock
from core.errors import Invalid
from core.jobs import JobRow, enqueue_many
from customers.models import TimelineEntry
from customers.timeline import Announce
from tests.channels.calling import SERVICED, add, count, deliveries, happen, make_due, run_due


async def test_an_entry_is_told_signed_under_the_id_of_its_delivery(
    database, resources, receiver, customer_id
):
    endpoint, secret = await add(database, receiver.url)
    assert secret.startswith("whsec_")
    await happen(database, customer_id, "first")
    await run_due(database, resources)
    [said] = receiver.verified(secret)
    async with database.transaction() as session:
        entry = (await session.scalars(select(TimelineEntry))).one()
    assert (said["type"], said["data"]["id"], said["data"]["payload"]) == (
        SERVICED,
        str(entry.id),
        {"title": "first"},
    )
    assert datetime.fromisoformat(said["timestamp"]) == entry.occurred_at
    [delivery] = await deliveries(database)
    [(headers, _body)] = receiver.calls
    assert headers["webhook-id"] == str(delivery.id)
    assert headers["content-type"] == "application/json"
    assert (delivery.state, delivery.tries, delivery.last_status) == ("delivered", 1, 204)
    assert delivery.delivered_at is not None
    assert (delivery.endpoint_id, delivery.entry_id) == (endpoint.id, entry.id)
    assert await count(database, JobRow) == 0


async def test_another_secret_or_another_body_does_not_verify(database, resources, receiver, customer_id):
    _endpoint, secret = await add(database, receiver.url)
    await happen(database, customer_id, "first")
    await run_due(database, resources)
    [(headers, body)] = receiver.calls
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoints.shown_secret(b"x" * 32)).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.replace(b"first", b"other"), headers)


async def test_without_endpoints_nothing_is_promised(database, resources, customer_id):
    await happen(database, customer_id, "first")
    await run_due(database, resources)
    assert await deliveries(database) == []


async def test_an_endpoint_hears_only_of_its_kinds(database, resources, receiver, customer_id):
    _endpoint, secret = await add(database, receiver.url, ["custom.machine.sold", "message.received"])
    await happen(database, customer_id, "first")
    await happen(database, customer_id, "second", kind="custom.machine.sold")
    await run_due(database, resources)
    assert [said["type"] for said in receiver.verified(secret)] == ["custom.machine.sold"]


async def test_an_entry_announced_again_is_told_once(database, resources, receiver, customer_id):
    await add(database, receiver.url)
    await happen(database, customer_id, "first")
    await run_due(database, resources)
    async with database.transaction() as session:
        entry = (await session.scalars(select(TimelineEntry))).one()
        await enqueue_many(session, [Announce([(customer_id, entry.id)])] * 2)
    await run_due(database, resources)
    assert len(receiver.calls) == 1
    assert len(await deliveries(database)) == 1


async def test_after_a_rotation_both_secrets_verify_for_a_day(database, resources, receiver, customer_id):
    endpoint, old = await add(database, receiver.url)
    async with database.transaction() as session:
        _endpoint, new = await endpoints.rotate(session, endpoint.id)
    assert new != old
    await happen(database, customer_id, "first")
    await run_due(database, resources)
    assert receiver.verified(old) == receiver.verified(new)
    async with database.transaction() as session:
        kept = await endpoints.get(session, endpoint.id)
    assert len(endpoints.signing(kept, clock.now() + endpoints.BOTH + timedelta(seconds=1))) == 1


async def test_a_test_event_says_so_and_is_of_no_customer(database, resources, receiver):
    endpoint, secret = await add(database, receiver.url, [SERVICED])
    async with database.transaction() as session:
        delivery = await calls.send_test(session, endpoint.id)
    await run_due(database, resources)
    [said] = receiver.verified(secret)
    assert (said["type"], said["data"]) == (
        "webhook.test",
        {"message": "This is a test: nothing happened."},
    )
    assert receiver.taken == [str(delivery.id)]


async def test_a_removed_endpoint_is_forgotten_with_its_log(database, resources, receiver, customer_id):
    endpoint, _secret = await add(database, receiver.url)
    receiver.status = 500
    await happen(database, customer_id, "first")
    await run_due(database, resources)
    async with database.transaction() as session:
        await endpoints.remove(session, endpoint.id)
    await make_due(database)
    await run_due(database, resources)
    assert len(receiver.calls) == 1
    assert await count(database, EndpointDelivery) == await count(database, EndpointAttempt) == 0
    assert await count(database, JobRow) == 0


async def test_the_log_is_kept_for_thirty_days(database, resources, receiver, customer_id):
    await add(database, receiver.url)
    await happen(database, customer_id, "first")
    await run_due(database, resources)
    for days, kept in ((29, 1), (31, 0)):
        with clock.at(clock.now() + timedelta(days=days)):
            async with database.transaction() as session:
                await calls.forget_old(session)
        assert await count(database, EndpointDelivery) == kept
    assert await count(database, EndpointAttempt) == 0


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("http://example.com/hook", "url"),
        ("ftp://example.com/hook", "url"),
        ("https://", "url"),
        ("https://name:word@example.com/", "url"),
        ("https://example.com/#part", "url"),
        ("https://example.com:99999/", "url"),
        ("https://example.com/a b", "url"),
        ("https://example.com\\@127.0.0.1/", "url"),
        ("https://127.0.0.1/", "url"),
        ("https://10.1.2.3/", "url"),
        ("https://[::1]/", "url"),
        ("https://[::ffff:10.0.0.1]/", "url"),
        ("https://169.254.169.254/latest/meta-data", "url"),
    ],
)
async def test_what_could_never_be_called_is_not_taken(session, url, field):
    with pytest.raises(Invalid) as refused:
        await endpoints.add(session, "The accounts", url, ["*"], private=False)
    assert list(refused.value.fields) == [field]
    assert await session.scalar(select(func.count()).select_from(Endpoint)) == 0


async def test_a_kind_that_nobody_says_is_not_taken(session):
    for kinds in ([], ["order.plaaced"], ["custom."], ["custom.x; drop table"]):
        with pytest.raises(Invalid) as refused:
            await endpoints.add(session, "The accounts", "https://example.com/", kinds, private=False)
        assert list(refused.value.fields) == ["kinds"]
    endpoint, _secret = await endpoints.add(
        session, " The accounts ", "https://example.com/", ["*", SERVICED], private=False
    )
    assert (endpoint.name, endpoint.kinds) == ("The accounts", ["*"])
