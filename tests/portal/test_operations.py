"""The operations page: what waits, what died, what could not be read, and what can be done about it."""

from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import delete, func, select, update

from channels.jobs import Abandon, Deliver
from channels.models import FetchedFolder, Obstacle, ReceivedMail
from core import operations
from core.clock import now
from core.database import Database
from core.jobs import Job, JobRow, decode, enqueue
from core.staff import Role
from core.webhooks import ProcessWebhook, ReceivedWebhook
from core.webhooks import store as keep
from tests.portal.conftest import Browser, browser, employed, links
from workers.handlers.core import discard_job


class Rest(Job, tag="tests.rest", frozen=True):
    number: int


def store(app: Litestar) -> Database:
    database: Database = app.state.database
    return database


@pytest.fixture
async def admin_client(app: Litestar):
    async with browser(app, await employed(app, Role.ADMIN)) as client:
        yield client


async def dead_job(app: Litestar, number: int = 1, error: str = "ValueError: <b>broken</b>") -> int:
    async with store(app).transaction() as session:
        await enqueue(session, Rest(number))
        job_id: int | None = await session.scalar(select(func.max(JobRow.id)))
        await session.execute(
            update(JobRow).where(JobRow.id == job_id).values(dead_at=now(), attempts=12, error=error)
        )
    assert job_id is not None
    return job_id


async def job(app: Litestar, job_id: int) -> JobRow | None:
    async with store(app).transaction() as session:
        return await session.get(JobRow, job_id)


async def quarantined(app: Litestar, body: bytes = b'{"type": "<script>"}') -> UUID:
    async with store(app).transaction() as session:
        await keep(session, "stripe", f"evt_{uuid4().hex}", body)
        await session.execute(update(ReceivedWebhook).values(quarantined="ValueError: <i>odd</i>"))
        await session.execute(JobRow.__table__.delete())  # type: ignore[attr-defined]  # the library declares less than it has
        webhook_id: UUID | None = await session.scalar(select(ReceivedWebhook.id))
    assert webhook_id is not None
    return webhook_id


async def test_it_shows_queues_dead_jobs_quarantine_and_providers_escaped(
    app: Litestar, admin_client: Browser
) -> None:
    await quarantined(app)
    await dead_job(app)
    text = (await admin_client.get("/desk/operations")).text
    for words in ("default", "delivery", "bulk", "tests.rest", "stripe", "1 job waits for a decision."):
        assert words in text
    assert "&lt;b&gt;broken" in text
    assert "&lt;i&gt;odd" in text
    assert "<b>broken" not in text
    assert "<i>odd" not in text


async def test_a_failing_job_is_shown_with_its_error_and_its_next_try(
    app: Litestar, admin_client: Browser
) -> None:
    assert "No job is failing." in (await admin_client.get("/desk/operations")).text
    async with store(app).transaction() as session:
        await enqueue(session, Rest(1), due_at=now() + timedelta(hours=2))
        await enqueue(session, Rest(2))
        await session.execute(
            update(JobRow)
            .where(JobRow.due_at > now() + timedelta(hours=1))
            .values(tries=4, attempts=4, error="TypstError: <b>no glyph</b>")
        )
        ids = list(await session.scalars(select(JobRow.id).order_by(JobRow.id)))
    text = (await admin_client.get("/desk/operations")).text
    assert [f'id="failing-{job_id}"' in text for job_id in ids] == [True, False]
    for words in (
        "Failing, will be tried again",
        "tests.rest",
        "TypstError: &lt;b&gt;no glyph",
        "in 2 hours",
    ):
        assert words in text
    assert "1 job has failed and waits for its next try." in text
    assert "waits for a decision" not in text


async def test_a_dead_job_gets_a_fresh_set_of_tries(app: Litestar, admin_client: Browser) -> None:
    job_id = await dead_job(app)
    assert (await admin_client.submit(f"/desk/operations/jobs/{job_id}/retry")).status_code == 303
    revived = await job(app, job_id)
    assert revived is not None
    assert (revived.dead_at, revived.tries) == (None, 0)
    again = await admin_client.submit(f"/desk/operations/jobs/{job_id}/retry")
    assert (again.status_code, "not among the dead ones any more" in again.text) == (404, True)


async def test_all_dead_jobs_are_tried_again_and_living_ones_left_alone(
    app: Litestar, admin_client: Browser
) -> None:
    ids = [await dead_job(app, number) for number in range(3)]
    async with store(app).transaction() as session:
        await enqueue(session, Rest(9))
        await session.execute(update(JobRow).where(JobRow.dead_at.is_(None)).values(tries=3))
    assert (await admin_client.submit("/desk/operations/jobs/retry")).status_code == 303
    async with store(app).transaction() as session:
        rows = list(await session.scalars(select(JobRow).order_by(JobRow.id)))
    assert [(row.id in ids, row.dead_at, row.tries) for row in rows] == [(True, None, 0)] * 3 + [
        (False, None, 3)
    ]


async def test_discarding_a_delivery_has_its_messages_marked_as_failed(
    app: Litestar, admin_client: Browser
) -> None:
    message_id = uuid4()
    async with store(app).transaction() as session:
        await enqueue(session, Deliver("email", [message_id]))
        await session.execute(update(JobRow).values(dead_at=now()))
        job_id = await session.scalar(select(JobRow.id))
    assert (await admin_client.submit(f"/desk/operations/jobs/{job_id}/discard")).status_code == 303
    async with store(app).transaction() as session:
        await discard_job(session, operations.Discard(job_id or 0))
        await session.execute(delete(JobRow).where(JobRow.tag == "core.discard"))
        [row] = await session.scalars(select(JobRow))
    assert decode(row.tag, row.payload) == Abandon(
        [message_id], "It was not sent: its delivery was given up."
    )


async def test_only_a_dead_job_can_be_discarded(app: Litestar, admin_client: Browser) -> None:
    job_id = await dead_job(app)
    async with store(app).transaction() as session:
        await enqueue(session, Rest(2))
        alive = await session.scalar(select(func.max(JobRow.id)))
    assert (await admin_client.submit(f"/desk/operations/jobs/{alive}/discard")).status_code == 404
    assert (await admin_client.submit(f"/desk/operations/jobs/{job_id}/discard")).status_code == 303
    async with store(app).transaction() as session:
        await discard_job(session, operations.Discard(job_id))
    assert await job(app, job_id) is None
    assert await job(app, alive or 0) is not None


async def test_a_discarded_job_leaves_the_page_at_once_and_can_be_had_back(
    app: Litestar, admin_client: Browser
) -> None:
    job_id, other = await dead_job(app, 1), await dead_job(app, 2)
    here = "/desk/operations"
    gone = await admin_client.submit(f"{here}/jobs/{job_id}/discard")
    told = await admin_client.get(gone.headers["location"])
    assert "The job is discarded." in told.text
    assert (f'id="job-{job_id}"' in told.text, f'id="job-{other}"' in told.text) == (False, True)
    assert f"{here}/jobs/{job_id}/restore" in links(told)
    # Twice is once, and trying all again leaves it alone.
    assert (await admin_client.submit(f"{here}/jobs/{job_id}/discard")).status_code == 404
    await admin_client.submit(f"{here}/jobs/retry")
    assert [(found.dead_at is None) for found in (await job(app, job_id), await job(app, other)) if found] == [
        False, True,
    ]  # fmt: skip
    assert (await admin_client.submit(f"{here}/jobs/{job_id}/restore")).status_code == 303
    assert f'id="job-{job_id}"' in (await admin_client.get(here)).text
    assert (await admin_client.submit(f"{here}/jobs/{job_id}/restore")).status_code == 404
    # Taken back, it is not discarded, though a worker had the promise in hand already; nor when it lives again.
    await admin_client.submit(f"{here}/jobs/{job_id}/discard")
    await admin_client.submit(f"{here}/jobs/{job_id}/retry")
    async with store(app).transaction() as session:
        await discard_job(session, operations.Discard(job_id))
    assert await job(app, job_id) is not None
    assert "toast-act" not in (await admin_client.get(f"{here}?taken=//evil.example")).text


async def test_what_was_dismissed_waits_again_when_that_is_taken_back(
    app: Litestar, admin_client: Browser
) -> None:
    webhook_id = await quarantined(app)
    path = f"/desk/operations/webhooks/{webhook_id}"
    assert (await admin_client.submit(f"{path}/restore")).status_code == 404
    gone = await admin_client.submit(f"{path}/dismiss", headers={"hx-request": "true"})
    assert ("The webhook is dismissed." in gone.text, f"{path}/restore" in links(gone)) == (True, True)
    back = await admin_client.submit(f"{path}/restore", headers={"hx-request": "true"})
    assert back.headers["hx-redirect"] == "/desk/operations"
    async with store(app).transaction() as session:
        kept = await session.get_one(ReceivedWebhook, webhook_id)
    assert (kept.processed_at, kept.quarantined) == (None, "ValueError: <i>odd</i>")
    assert f'id="webhook-{webhook_id}"' in (await admin_client.get("/desk/operations")).text


async def test_a_quarantined_webhook_is_downloaded_as_text_never_shown(
    app: Litestar, admin_client: Browser
) -> None:
    webhook_id = await quarantined(app, b"<script>alert(1)</script>")
    answer = await admin_client.get(f"/desk/operations/webhooks/{webhook_id}/raw")
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_replay_promises_to_read_it_again_once(app: Litestar, admin_client: Browser) -> None:
    webhook_id = await quarantined(app)
    for _ in range(2):
        await admin_client.submit(f"/desk/operations/webhooks/{webhook_id}/replay")
    async with store(app).transaction() as session:
        rows = list(await session.scalars(select(JobRow)))
    assert [(row.tag, msgspec.json.decode(row.payload)["webhook_id"]) for row in rows] == [
        (str(ProcessWebhook.__struct_config__.tag), str(webhook_id))
    ]


async def test_a_dismissed_webhook_leaves_the_page_but_not_the_database(
    app: Litestar, admin_client: Browser
) -> None:
    webhook_id = await quarantined(app)
    await admin_client.submit(f"/desk/operations/webhooks/{webhook_id}/dismiss")
    assert "Every event could be read." in (await admin_client.get("/desk/operations")).text
    async with store(app).transaction() as session:
        kept = await session.get_one(ReceivedWebhook, webhook_id)
    assert kept.processed_at is not None
    assert kept.quarantined == "ValueError: <i>odd</i> (dismissed by Ada Lund)"
    assert (await admin_client.submit(f"/desk/operations/webhooks/{webhook_id}/replay")).status_code == 404


async def test_a_mail_in_quarantine_is_downloaded_replayed_alone_or_dismissed(
    app: Litestar, admin_client: Browser
) -> None:
    async with store(app).transaction() as session:
        mail = ReceivedMail(
            mailbox="support@halden.test",
            digest="d" * 64,
            mail_from="eve@example.test",
            rcpt_to=["support@halden.test"],
            raw=b"Subject: <script>\r\n\r\nhello",
            quarantined="It names a thread that its sender is not in.",
        )
        session.add(mail)
        await session.flush()
    path = f"/desk/operations/mails/{mail.id}"
    assert "It names a thread that its sender is not in." in (await admin_client.get("/desk/operations")).text
    raw = await admin_client.get(f"{path}/raw")
    assert (raw.content, raw.headers["content-type"]) == (mail.raw, "text/plain; charset=utf-8")
    assert (await admin_client.submit(f"{path}/replay", {"alone": "true"})).status_code == 303
    async with store(app).transaction() as session:
        [waiting] = await session.scalars(select(JobRow))
    assert (waiting.tag, msgspec.json.decode(waiting.payload)["alone"]) == ("channels.read_mail", True)
    assert (await admin_client.submit(f"{path}/dismiss")).status_code == 303
    assert (await admin_client.submit(f"{path}/replay")).status_code == 404
    assert (await admin_client.submit(f"{path}/restore")).status_code == 303
    assert (await admin_client.submit(f"{path}/replay")).status_code == 303


async def test_htmx_gets_the_changed_part_only(app: Litestar, admin_client: Browser) -> None:
    job_id = await dead_job(app)
    answer = await admin_client.submit(
        f"/desk/operations/jobs/{job_id}/discard", headers={"hx-request": "true"}
    )
    assert (answer.status_code, "<html" in answer.text, "No job is dead" in answer.text) == (200, False, True)


async def test_a_form_without_its_token_changes_nothing(app: Litestar, admin_client: Browser) -> None:
    job_id = await dead_job(app)
    assert (await admin_client.post(f"/desk/operations/jobs/{job_id}/discard")).status_code == 403
    assert await job(app, job_id) is not None


async def test_what_keeps_messages_waiting_is_shown_with_its_reason(
    app: Litestar, admin_client: Browser
) -> None:
    page = (await admin_client.get("/desk/operations")).text
    assert "Messages that wait" not in page
    moment = now()
    async with store(app).transaction() as session:
        for kind, name in (
            ("server", "mx.test:25"),
            ("road", ""),
            ("sender", "a@halden.test"),
            ("domain", "b.test"),
        ):
            session.add(
                Obstacle(
                    channel="email",
                    kind=kind,
                    name=name,
                    tries=1,
                    since=moment,
                    until=moment + timedelta(minutes=3),
                    reason=f"<b>535</b> {kind}",
                )
            )
        session.add(
            Obstacle(
                channel="email",
                kind="domain",
                name="over.test",
                tries=1,
                since=moment - timedelta(days=1),
                until=moment - timedelta(hours=2),
                reason="451",
            )
        )
    page = (await admin_client.get("/desk/operations")).text
    for words in (
        "Mail server mx.test:25, set aside",
        "All of it (email)",
        "From a@halden.test",
        "To b.test",
    ):
        assert words in page
    assert page.count("&lt;b&gt;535&lt;/b&gt;") == 4
    assert "over.test" not in page


async def test_folders_that_mail_is_fetched_from_are_shown_with_their_trouble(
    app: Litestar, admin_client: Browser
) -> None:
    assert "Mail that is fetched" not in (await admin_client.get("/desk/operations")).text
    async with store(app).transaction() as session:
        session.add(FetchedFolder(name="support@mail.test:993/INBOX", uid_validity=1, fetched_at=now()))
        session.add(FetchedFolder(name="old@mail.test:993/INBOX", uid_validity=0, trouble="<b>away</b>"))
    page = (await admin_client.get("/desk/operations")).text
    assert page.index("old@mail.test:993/INBOX") < page.index("support@mail.test:993/INBOX")
    assert "&lt;b&gt;away&lt;/b&gt;" in page
    assert "never" in page
