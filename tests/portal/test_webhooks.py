import asyncio
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from core.jobs import JobRow
from core.webhooks import ReceivedWebhook

URL = "http://127.0.0.1:8000/webhooks/twilio"
FORM = {
    "MessageSid": "SM1",
    "SmsStatus": "received",
    "From": "+4915112345678",
    "To": "+4930555010",
    "Body": "Hi é",
}


def signature(form: dict[str, str], token: str = "t" * 32, url: str = URL) -> dict[str, str]:
    signed = RequestValidator(token).compute_signature(url, form)
    return {"X-Twilio-Signature": signed, "Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def rows(app):
    async def count() -> tuple[int, int]:
        async with app.state.database.transaction() as session:
            kept = await session.scalar(select(func.count()).select_from(ReceivedWebhook))
            jobs = await session.scalar(
                select(func.count()).select_from(JobRow).where(JobRow.tag == "core.process_webhook")
            )
        return kept, jobs

    return count


async def test_a_signed_text_is_kept_before_it_is_answered(client, rows):
    response = await client.post("/webhooks/twilio", content=urlencode(FORM), headers=signature(FORM))
    assert response.status_code == 204
    assert await rows() == (1, 1)


async def test_the_same_webhook_fifty_times_at_once_is_kept_once(client, rows):
    body, headers = urlencode(FORM), signature(FORM)
    responses = await asyncio.gather(
        *(client.post("/webhooks/twilio", content=body, headers=headers) for _ in range(50))
    )
    assert {response.status_code for response in responses} == {204}
    assert await rows() == (1, 1)


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        (FORM, {}),
        (FORM, {"X-Twilio-Signature": ""}),
        (FORM, signature(FORM, token="another")),
        (FORM, signature(FORM, url="http://evil.test/webhooks/twilio")),
        (FORM | {"Body": "altered"}, signature(FORM)),
        (FORM | {"Extra": "x"}, signature(FORM)),
    ],
)
async def test_a_forged_text_leaves_not_one_row(client, rows, form, headers):
    response = await client.post("/webhooks/twilio", content=urlencode(form), headers=headers)
    assert response.status_code == 403
    assert await rows() == (0, 0)


async def test_the_host_that_a_caller_names_is_not_believed(client, rows):
    headers = signature(FORM, url="http://evil.test/webhooks/twilio") | {"Host": "evil.test"}
    response = await client.post("/webhooks/twilio", content=urlencode(FORM), headers=headers)
    assert response.status_code == 403
    assert await rows() == (0, 0)


@pytest.mark.parametrize("body", [b"\xff\xfe=\x00", b"a" * 100, b"&".join(b"a=1" for _ in range(500))])
async def test_a_broken_body_is_refused(client, rows, body):
    response = await client.post("/webhooks/twilio", content=body, headers={"X-Twilio-Signature": "x"})
    assert response.status_code == 403
    assert await rows() == (0, 0)


async def test_a_body_beyond_the_limit_is_refused(client, rows):
    body = b"a" * (1024 * 1024 + 1)
    response = await client.post("/webhooks/twilio", content=body, headers={"X-Twilio-Signature": "x"})
    assert response.status_code == 413
    assert await rows() == (0, 0)


async def test_a_stripe_event_without_its_signature_leaves_no_row(client, rows):
    response = await client.post("/webhooks/stripe", content=b'{"id": "evt_1"}')
    assert response.status_code == 403
    assert await rows() == (0, 0)


async def test_an_unknown_provider_is_not_found(client, rows):
    assert (await client.post("/webhooks/nobody", content=b"{}")).status_code == 404
    assert await rows() == (0, 0)


async def test_a_report_keeps_the_message_that_its_address_names(client, app):
    url = f"{URL}?message=0192d3b4-0000-7000-8000-000000000000"
    form = {"MessageSid": "SM2", "MessageStatus": "delivered"}
    response = await client.post(
        url.removeprefix("http://127.0.0.1:8000"), content=urlencode(form), headers=signature(form, url=url)
    )
    assert response.status_code == 204
    async with app.state.database.transaction() as session:
        kept = await session.scalar(select(ReceivedWebhook.external_id))
    assert kept == "SM2:delivered:0192d3b4-0000-7000-8000-000000000000"
