"""Teams at the desk: formed, changed and dissolved by admins; tickets moved by agents."""

from uuid import uuid4

from litestar import Litestar
from sqlalchemy import select

from channels.models import Mailbox
from core.database import Database
from core.teams import Team
from support import tickets
from support.triage import triage
from tests.portal.conftest import Browser
from tests.support import talk

HERE = "/desk/settings/teams"


async def the_team(app: Litestar) -> Team | None:
    async with app.state.database.transaction() as session:
        team: Team | None = await session.scalar(select(Team))
        return team


async def test_an_admin_forms_changes_and_dissolves_a_team(app: Litestar, admin_client: Browser) -> None:
    database: Database = app.state.database
    async with database.transaction() as session:
        mira = await talk.agent(session, "mira2@halden.test", "Mira Two")
    assert "No team yet" in (await admin_client.get(HERE)).text
    form = {"name": "Billing", "members": str(mira.id), "addresses": "billing\r\ninvoices@halden.test"}
    answer = await admin_client.submit(HERE, form)
    assert (answer.status_code, answer.headers["location"]) == (303, HERE)
    listed = (await admin_client.get(HERE)).text
    for words in ("Billing", "Mira Two", "billing@halden.test", "invoices@halden.test"):
        assert words in listed
    team = await the_team(app)
    assert team is not None
    assert "invoices@halden.test\n" in (await admin_client.get(f"{HERE}/{team.id}")).text.replace(
        "</", "\n</"
    )
    await admin_client.submit(f"{HERE}/{team.id}", {"name": "Money", "addresses": "money"})
    async with database.transaction() as session:
        assert list(await session.scalars(select(Mailbox.address))) == ["money@halden.test"]
    assert (await admin_client.submit(f"{HERE}/{team.id}/dissolve")).status_code == 303
    assert await the_team(app) is None


async def test_a_refused_form_keeps_what_was_typed_and_changes_nothing(
    app: Litestar, admin_client: Browser
) -> None:
    form = {"name": "Billing", "addresses": "billing\r\nann@elsewhere.test"}
    answer = await admin_client.submit(HERE, form)
    assert answer.status_code == 422
    assert "ann@elsewhere.test cannot be" in answer.text
    assert 'value="Billing"' in answer.text
    assert await the_team(app) is None
    assert (await admin_client.submit(f"{HERE}/{uuid4()}", {"name": "x"})).status_code == 404
    assert (await admin_client.submit(f"{HERE}/{uuid4()}/dissolve")).status_code == 404


async def test_only_admins_form_teams(app: Litestar, agent_client: Browser, client: Browser) -> None:
    assert (await agent_client.get(HERE)).status_code == 403
    assert (await agent_client.submit(HERE, {"name": "Mine"})).status_code == 403
    assert (await client.get(HERE)).status_code == 303
    assert await the_team(app) is None


async def test_an_agent_moves_a_ticket_and_finds_it_among_the_teams(
    app: Litestar, admin_client: Browser
) -> None:
    database: Database = app.state.database
    async with database.transaction() as session:
        conversation = await talk.begin(session, await talk.customer(session))
        await talk.say(session, conversation, "Where is my invoice?")
        await triage(session, conversation.id)
    url = f"/desk/inbox/{conversation.id}"
    assert "Team:" not in (await admin_client.get(url)).text
    me = (await admin_client.get(HERE)).text.partition('name="members" value="')[2][:36]
    await admin_client.submit(HERE, {"name": "Billing", "members": me})
    team = await the_team(app)
    assert team is not None
    assert "Team: Billing" in (await admin_client.get(url)).text
    answer = await admin_client.submit(f"{url}/ticket", {"act": "team", "team": str(team.id)})
    assert answer.status_code == 303
    shown = (await admin_client.get(url)).text
    assert "Olga moved the ticket to Billing" in shown
    assert "Ana Lopes" in (await admin_client.get("/desk/inbox?view=teams")).text
    await admin_client.submit(f"{url}/ticket", {"act": "team"})
    assert "Olga took the ticket from its team" in (await admin_client.get(url)).text
    async with database.transaction() as session:
        ticket = await tickets.of_conversation(session, conversation.id)
        assert ticket is not None
        assert ticket.team_id is None
