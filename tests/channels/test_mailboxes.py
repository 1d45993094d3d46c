"""Which addresses are ours: three always, and those that teams have, by whichever way mail comes."""

import asyncio
import smtplib

from sqlalchemy import select

from channels import mailboxes
from channels.adapters.email import listener
from channels.adapters.email.feeding import feed
from channels.models import Message, ReceivedMail
from channels.tokens import reply_address
from core import teams
from core.settings import settings as read_settings
from tests.channels.arriving import answer_from_us, arrive, message_of
from tests.channels.letters import letter

BILLING = "billing@halden.test"


async def team(session, *addresses: str):
    formed = await teams.form(session, "Billing", [])
    await mailboxes.give(session, read_settings(), formed.id, addresses)
    return formed


async def test_an_address_is_ours_with_or_without_a_tag(session):
    await team(session, "billing")
    named = ["Support+t.x@Halden.Test", "shop@halden.test", "BILLING+x@halden.test"]
    others = ["sales@halden.test", "billing@x.test", "\x00@halden.test", ""]
    ours = await mailboxes.ours(session, read_settings(), [*named, *others])
    assert ours == {"support@halden.test", "shop@halden.test", BILLING}


async def test_the_listener_takes_mail_for_a_teams_address_at_once(database, settings):
    server = await listener.start_listener(database, settings, 0)
    port = server.sockets[0].getsockname()[1]

    def send() -> int:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp:
            try:
                smtp.sendmail("ann@example.test", [BILLING], letter(to=BILLING))
            except smtplib.SMTPRecipientsRefused as error:
                return error.recipients[BILLING][0]
        return 250

    before = await asyncio.to_thread(send)
    async with database.transaction() as session:
        await team(session, BILLING)
    after = await asyncio.to_thread(send)
    server.close()
    assert (before, after) == (550, 250)
    async with database.transaction() as session:
        assert list(await session.scalars(select(ReceivedMail.mailbox))) == [BILLING]


async def test_without_a_database_a_teams_address_is_put_off_and_not_refused(settings, database):
    door = listener.Door(database, settings)
    await database.engine.dispose()

    class Gone:
        def statements(self):
            raise OSError("gone")

    door._database = Gone()  # type: ignore[assignment]  # a stand-in
    assert (await door.handle_RCPT(None, None, None, BILLING, [])).startswith("451")  # type: ignore[arg-type]  # it asks none of them


async def test_a_fed_mail_goes_to_the_team_that_it_names(database):
    async with database.transaction() as session:
        await team(session, BILLING)
    fed = await feed(database, read_settings(), "1", letter(to=BILLING))
    async with database.transaction() as session:
        message = (await session.scalars(select(Message).where(Message.subject == fed.subject))).one()
        assert message.account == BILLING


async def test_an_answer_from_a_teams_address_comes_back_to_it(session):
    await team(session, BILLING)
    first = await message_of(session, await arrive(session, letter(to=BILLING), mailbox=BILLING))
    await answer_from_us(session, first)
    address = reply_address(read_settings(), BILLING, first.conversation_id)
    assert await mailboxes.ours(session, read_settings(), [address]) == {BILLING}
    raw = letter(message_id="<2@example.test>", to=address)
    second = await message_of(session, await arrive(session, raw, mailbox=BILLING))
    assert second.conversation_id == first.conversation_id
