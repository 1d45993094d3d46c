"""Signing in and up by e-mail: a code for this browser, a link for any; looking never uses a link up."""

from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from channels import outbox
from core.database import Database
from core.errors import Invalid
from core.rendering import current_locale, render
from core.rendering import gettext as _
from core.settings import Settings
from customers import identities, signin
from customers.identities import Contact
from estore import carts
from portal import notices, visits
from portal.forms import read_form
from portal.guards import anyone
from portal.limits import Limits, client
from portal.rendering import page
from portal.targets import local
from portal.visits import Visit

BY_ADDRESS = "5/15 minutes;20/day"
BY_CLIENT = "20/15 minutes;100/day"
TRIES_BY_CLIENT = "60/15 minutes"

Next = Annotated[str, QueryParameter(name="next")]


class Wish(msgspec.Struct):
    email: str
    next: str = ""


class Entered(msgspec.Struct):
    code: str
    next: str = ""


class Onward(msgspec.Struct):
    next: str = ""


@get("/sign-in", guards=[anyone])
async def show_sign_in(visit: NamedDependency[Visit], target: Next = "") -> Response[Any]:
    if visit.customer_id is not None:
        return _go(local(target, "/account"))
    return page("account/sign_in.html", {"target": local(target, ""), "email": "", "errors": {}})


@post("/sign-in", guards=[anyone])
async def ask_for_code(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    limits: NamedDependency[Limits],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Mail a code and a link; the answer says nothing of whether the address is known."""
    try:
        wish = await read_form(request, Wish)
        contact = identities.email(wish.email)
    except Invalid as error:
        typed = str((await request.form()).get("email", ""))
        target = local(str((await request.form()).get("next", "")), "")
        errors = {name: _(said) for name, said in error.fields.items()}
        context = {"target": target, "email": typed, "errors": errors}
        return page("account/sign_in.html", context, status_code=422)
    await limits.take(BY_CLIENT, "sign-in", client(request))
    await limits.take(BY_ADDRESS, "sign-in", contact.value)
    target = local(wish.next, "")
    async with database.transaction() as session:
        visit = await visits.remember(session, request)
        assert visit.token is not None
        asked = await signin.ask(session, contact, visit.token, locale=current_locale())
        await _mail(session, settings, contact, asked, target)
    return _go(_with_target("/sign-in/code", target))


async def _mail(
    session: AsyncSession, settings: Settings, contact: Contact, asked: signin.Asked, target: str
) -> None:
    facts: dict[str, Any] = {
        "language": current_locale(),
        "company_name": settings.company_name,
        "code": f"{asked.code[:3]} {asked.code[3:]}",
        "link": settings.public_url + _with_target(f"/sign-in/link/{asked.link_token}", target),
        "minutes": int(signin.LASTS.total_seconds() // 60),
    }
    subject, text, html = (
        render("portal", f"email/sign_in.{part}", current_locale(), **facts)
        for part in ("subject.txt", "txt", "html")
    )
    message = outbox.Outgoing(
        customer_id=asked.customer_id,
        channel="email",
        to=contact.value,
        account=settings.shop_address,
        sender_name=settings.company_name,
        subject=subject.strip(),
        text=text,
        html=html,
        headers={"Auto-Submitted": "auto-generated"},
        source_kind="sign_in",
    )
    await outbox.queue(session, [message])


@get("/sign-in/code", guards=[anyone])
async def show_code(
    visit: NamedDependency[Visit], database: NamedDependency[Database], target: Next = ""
) -> Response[Any]:
    target = local(target, "")
    if visit.customer_id is not None:
        return _go(target or "/account")
    email = None
    if visit.token is not None:
        async with database.transaction() as session:
            email = await signin.waiting(session, visit.token)
    if email is None:
        return _go(_with_target("/sign-in", target))
    return page("account/sign_in_code.html", {"target": target, "email": email, "errors": {}})


@post("/sign-in/code", guards=[anyone])
async def enter_code(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    limits: NamedDependency[Limits],
) -> Response[Any]:
    await limits.take(TRIES_BY_CLIENT, "sign-in-code", client(request))
    entered = await read_form(request, Entered)
    target = local(entered.next, "")
    async with database.transaction() as session:
        email = await signin.waiting(session, visit.token or "")
        checked = await signin.enter_code(session, visit.token or "", entered.code)
        if checked.customer_id is not None:
            await _sign_in(session, request, checked.customer_id)
            return _go(target or "/account")
    if not checked.left or email is None:
        context = {
            "target": target,
            "email": email or "",
            "errors": {"email": _("That code is over. We can send you a new one.")},
        }
        return page("account/sign_in.html", context, status_code=422)
    wrong = _("That is not the code we sent. Look at the newest e-mail from us.")
    context = {"target": target, "email": email, "errors": {"code": wrong}}
    return page("account/sign_in_code.html", context, status_code=422)


@get("/sign-in/link/{token:str}", guards=[anyone])
async def show_link(
    token: FromPath[str], database: NamedDependency[Database], target: Next = ""
) -> Response[Any]:
    """A page with a button: whoever only looks (a mail scanner, a preview) signs nobody in."""
    async with database.transaction() as session:
        email = await signin.address_of_link(session, token)
    context = {"email": email, "target": local(target, ""), "token": token}
    return page("account/sign_in_link.html", context, status_code=200 if email else 404)


@post("/sign-in/link/{token:str}", guards=[anyone])
async def follow_link(
    request: Request[Any, Any, Any],
    token: FromPath[str],
    database: NamedDependency[Database],
    limits: NamedDependency[Limits],
) -> Response[Any]:
    await limits.take(TRIES_BY_CLIENT, "sign-in-link", client(request))
    target = local((await read_form(request, Onward)).next, "")
    async with database.transaction() as session:
        customer_id = await signin.follow_link(session, token)
        if customer_id is not None:
            await _sign_in(session, request, customer_id)
            return _go(target or "/account")
    return page("account/sign_in_link.html", {"email": None, "target": target, "token": ""}, status_code=404)


async def _sign_in(session: AsyncSession, request: Request[Any, Any, Any], customer_id: Any) -> None:
    """This browser speaks for the customer now, under a new cookie; the cart comes along."""
    if visits.current(request).customer_id is not None:
        await visits.sign_out_customer(session, request)
    visit = await visits.sign_in_customer(session, request, customer_id)
    brought = await carts.count(session, visit.cart_id)
    cart, joined = await carts.adopt(session, visit.cart_id, customer_id)
    if brought and joined:
        notices.leave(request, "carts.joined")
    cart_id = cart.id if cart else None
    await visits.remember(session, request, cart_id=cart_id, cart_count=await carts.count(session, cart_id))


@post("/sign-out", guards=[anyone])
async def sign_out(
    request: Request[Any, Any, Any], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> Response[Any]:
    if visit.customer_id is not None:
        async with database.transaction() as session:
            await visits.sign_out_customer(session, request)
    return _go("/")


def _go(path: str) -> Response[Any]:
    return Redirect(path, status_code=303)


def _with_target(path: str, target: str) -> str:
    return f"{path}?{urlencode({'next': target})}" if target else path


handlers = [
    show_sign_in, ask_for_code, show_code, enter_code, show_link, follow_link, sign_out,
]  # fmt: skip
