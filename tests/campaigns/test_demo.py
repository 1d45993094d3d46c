"""The demo's drafts are ready to launch, and loading them twice adds nothing."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import broadcasts, demo
from campaigns.models import Broadcast
from core.settings import Settings
from tests.campaigns.staging import audience


async def test_the_demo_loads_once_and_its_drafts_can_be_put_together_for_everyone(
    session: AsyncSession, settings: Settings
) -> None:
    ids = await audience(session, 2)
    assert await demo.load(session, settings.public_url) == 5
    assert await demo.load(session, settings.public_url) == 0
    drafts = list(await session.scalars(select(Broadcast).order_by(Broadcast.name)))
    assert [(each.channel, each.state, each.audience) for each in drafts] == [
        ("sms", "draft", None),
        ("email", "draft", None),
    ]
    for each in drafts:
        assert broadcasts.preflight(settings, await broadcasts.sample(session, each)).failing == 0
        assert "http://127.0.0.1:8000/" in (await broadcasts.preview(session, settings, each, ids[0])).text
