"""Authors: in whose name a program acts, where people will read who it was."""

from typing import Annotated

from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core import staff
from core.errors import Invalid
from core.rendering import gettext as _
from core.staff import Role, Staff
from portal.api.fields import ADDRESS

Colleague = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=ADDRESS,
        description="The e-mail address of an agent.",
        examples=["tomas@halden.test"],
    ),
]


async def agent(session: AsyncSession, email: str, field: str) -> Staff:
    """The agent with this address. Raises Invalid, about `field`, when there is none who still works here."""
    found = await staff.find(session, email.strip().lower())
    if found is None or found.disabled_at is not None or not found.may_act_as(Role.AGENT):
        raise Invalid(_("There is no such agent."), {field: _("Give the e-mail address of an agent.")})
    return found
