"""Teams: what comes to their addresses is theirs, until somebody moves it."""

import pytest
from sqlalchemy import select

from channels import mailboxes
from channels.models import Conversation, Mailbox
from core import teams
from core.errors import Invalid, NotFound
from core.staff import disable
from core.teams import TeamMember
from support import tickets, views
from support.models import TicketEvent
from support.triage import triage
from tests.support import talk


async def billing(session, settings, *members):
    team = await teams.form(session, " Billing  ", [one.id for one in members])
    await mailboxes.give(session, settings, team.id, ["Billing", "invoices@halden.test"])
    return team


async def came(session, account: str, channel: str = "email"):
    conversation = await talk.begin(session, await talk.customer(session), channel)
    conversation.account = account
    await session.flush()
    await talk.say(session, conversation, "Where is my invoice?")
    ticket = await triage(session, conversation.id)
    assert ticket is not None
    return ticket


async def test_mail_to_a_teams_address_is_the_teams(session, settings):
    mira, ben = await talk.agent(session), await talk.agent(session, "ben@halden.test", "Ben")
    team = await billing(session, settings, mira)
    theirs = await came(session, "billing@halden.test")
    others = await came(session, "support@halden.test")
    text = await came(session, "invoices@halden.test", "sms")
    assert (theirs.team_id, others.team_id, text.team_id) == (team.id, None, None)
    assert [row.number for row in await views.listing(session, "teams", mira.id)] == [theirs.number]
    assert await views.listing(session, "teams", ben.id) == []
    assert (await views.counts(session, mira.id))["teams"] == 1


async def test_a_ticket_is_moved_and_its_thread_says_so(session, settings):
    mira = await talk.agent(session)
    team = await billing(session, settings, mira)
    ticket = await came(session, "support@halden.test")
    await tickets.move(session, ticket.id, team.id, by=mira.id)
    await tickets.move(session, ticket.id, team.id, by=mira.id)
    await tickets.move(session, ticket.id, None, by=mira.id)
    with pytest.raises(NotFound):
        await tickets.move(session, ticket.id, mira.id)
    told = await session.execute(select(TicketEvent.kind, TicketEvent.detail).order_by(TicketEvent.seq))
    assert [tuple(row) for row in told] == [("moved", "Billing"), ("moved", "")]
    assert ticket.team_id is None


async def test_a_dissolved_team_leaves_its_tickets_to_everybody(session, settings):
    mira = await talk.agent(session)
    team = await billing(session, settings, mira)
    ticket = await came(session, "billing@halden.test")
    await tickets.forget_team(session, team.id)
    await mailboxes.give(session, settings, team.id, [])
    await teams.dissolve(session, team.id)
    await session.refresh(ticket)
    assert ticket.team_id is None
    for model in (Mailbox, TeamMember):
        assert list(await session.scalars(select(model))) == []
    assert await session.scalar(select(Conversation.account)) == "billing@halden.test"


async def test_a_team_is_renamed_manned_and_never_twice(session, settings):
    mira = await talk.agent(session)
    team = await billing(session, settings, mira)
    with pytest.raises(Invalid):
        await teams.form(session, "Billing", [])
    other = await teams.form(session, "Sales", [])
    with pytest.raises(Invalid):
        await teams.change(session, other.id, "Billing", [])
    for name in ("", "x" * 81):
        with pytest.raises(Invalid):
            await teams.form(session, name, [])
    with pytest.raises(Invalid):
        await teams.form(session, "Strangers", [team.id])
    await teams.change(session, team.id, "Money", [mira.id, mira.id])
    await disable(session, (await talk.agent(session, "gone@halden.test")).id)
    assert [
        (one.team.name, [each.name for each in one.members]) for one in await teams.everything(session)
    ] == [
        ("Money", ["Mira Agent"]),
        ("Sales", []),
    ]


@pytest.mark.parametrize(
    "address", ["shop", "postmaster@halden.test", "a@elsewhere.test", "a+b", "@", "a b", "ä", "."]
)
async def test_what_cannot_be_a_teams_address_is_refused(session, settings, address):
    team = await teams.form(session, "Billing", [])
    with pytest.raises(Invalid):
        await mailboxes.give(session, settings, team.id, [address])
    assert list(await session.scalars(select(Mailbox))) == []


async def test_an_address_belongs_to_one_team(session, settings):
    team = await billing(session, settings)
    other = await teams.form(session, "Sales", [])
    with pytest.raises(Invalid):
        await mailboxes.give(session, settings, other.id, ["sales", "billing@halden.test"])
    assert await mailboxes.of_teams(session) == {
        team.id: ["billing@halden.test", "invoices@halden.test"],
        other.id: ["sales@halden.test"],
    }
    assert await mailboxes.team_of(session, "billing@halden.test") == team.id
