"""Leads over the API: what a form elsewhere, a fair or an advertisement brought."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import leads
from core.database import Database
from portal.api.answers import once
from portal.api.customers import Company, Email, Name, Phone
from portal.api.fields import TEXT, WORDS, Language, Moment
from portal.guards import program


class LeadIn(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody who showed interest. It is no consent to be written to."""

    email: Email
    source: Annotated[str, Meta(min_length=1, max_length=100, pattern=WORDS, examples=["Office coffee form"])]
    name: Name = ""
    company: Company = ""
    phone: Phone = ""
    interest: Annotated[str, Meta(max_length=200, pattern=TEXT, examples=["Office machines"])] = ""
    message: Annotated[str, Meta(max_length=leads.LONGEST_MESSAGE, pattern=TEXT)] = ""
    origin: Annotated[
        dict[
            Annotated[str, Meta(max_length=50, pattern=TEXT)],
            Annotated[str, Meta(max_length=500, pattern=TEXT)],
        ],
        Meta(max_length=20, examples=[{"utm_source": "newsletter", "utm_campaign": "spring"}]),
    ] = {}
    locale: Language = "en"


class LeadOut(msgspec.Struct):
    id: UUID
    customer_id: UUID
    source: str
    interest: str
    message: str
    origin: dict[str, Any]
    created_at: Moment


@post("/leads", guards=[program("leads:write")])
async def capture_lead(
    request: Request[Any, Any, Any], data: JSONBody[LeadIn], database: NamedDependency[Database]
) -> Response[LeadOut]:
    """Hand in a lead: it stands on the timeline of the customer it is about, who is met if nobody knew them."""

    async def act(session: AsyncSession) -> LeadOut:
        lead = await leads.capture(session, **msgspec.structs.asdict(data))
        return msgspec.convert(lead, LeadOut, from_attributes=True)

    return await once(request, database, act)


handlers = [capture_lead]
