"""Mail in quarantine as agents see and judge it."""

from uuid import UUID

from litestar import Litestar
from sqlalchemy import select

from channels.models import ReceivedMail
from core.jobs import JobRow
from tests.portal.conftest import Browser

RAW = b"From: Eve <eve@evil.example>\r\nSubject: Re: <b>No steam</b>\r\n\r\nPay here <script>alert(1)</script>\r\n"
WHY = "Forged reply? It names a thread of ours, but its sender is not proven to be who it says."


async def keep_out(app: Litestar, digest: str) -> UUID:
    async with app.state.database.transaction() as session:
        mail = ReceivedMail(
            mailbox="support@halden.test", digest=digest, mail_from="eve@evil.example", rcpt_to=[], raw=RAW
        )
        mail.quarantined = WHY
        session.add(mail)
        await session.flush()
        return mail.id


async def test_agents_see_what_is_kept_out_and_why_and_judge_several_at_once(
    app: Litestar, agent_client: Browser
) -> None:
    assert "No mail is kept out" in (await agent_client.get("/desk/inbox/quarantine")).text
    assert "Quarantine" not in (await agent_client.get("/desk/inbox")).text
    first, second, third = [await keep_out(app, digest) for digest in "abc"]
    assert 'href="/desk/inbox/quarantine"' in (await agent_client.get("/desk/inbox")).text
    listed = (await agent_client.get("/desk/inbox/quarantine")).text
    assert listed.count("Forged reply?") == 3
    shown = (await agent_client.get(f"/desk/inbox/quarantine/{first}")).text
    assert "Pay here &lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "Re: &lt;b&gt;No steam" in shown
    form = {"act": "dismiss", "mails": [str(first), str(second)]}
    led = await agent_client.submit("/desk/inbox/quarantine", form)
    assert led.headers["location"] == "/desk/inbox/quarantine?done=dismiss&number=2"
    # judged already: passed over
    again = await agent_client.submit(
        "/desk/inbox/quarantine", {"act": "alone", "mails": [str(first), str(third)]}
    )
    assert again.headers["location"].endswith("number=1")
    assert (await agent_client.get(f"/desk/inbox/quarantine/{first}")).status_code == 404
    async with app.state.database.transaction() as session:
        left = (await session.get_one(ReceivedMail, first)).quarantined or ""
        assert left.startswith(WHY)
        assert left != WHY
        assert list(await session.scalars(select(JobRow.key).where(JobRow.key.is_not(None)))) == [
            f"mail:{third}:alone"
        ]


async def test_only_agents_judge_mail(app: Litestar, client: Browser, marketer_client: Browser) -> None:
    mail = await keep_out(app, "a")
    for path in ("/desk/inbox/quarantine", f"/desk/inbox/quarantine/{mail}"):
        assert (await client.get(path)).status_code == 303
        assert (await marketer_client.get(path)).status_code == 403
    form = {"act": "dismiss", "mails": [str(mail)]}
    assert (await marketer_client.submit("/desk/inbox/quarantine", form)).status_code == 403
    async with app.state.database.transaction() as session:
        assert (await session.get_one(ReceivedMail, mail)).processed_at is None
