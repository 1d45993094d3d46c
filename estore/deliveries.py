"""Deliveries: the ways that goods travel as configuration, what they cost and where they lead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from babel import Locale
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import slugs
from core.errors import Conflict, Invalid, NotFound
from core.words import mark, worded
from estore import edits, prices
from estore.goods import ShippingMethod

NAME = 80
PROMISE = 200
MOST_TIERS = 12
BY = ("goods", "weight")
_NOWHERE = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
COUNTRIES = (
    frozenset(str(code) for code in Locale("en").territories if len(str(code)) == 2 and str(code).isalpha())
    - _NOWHERE
)


@dataclass(frozen=True, kw_only=True)
class Said:
    """A way that goods travel; `price`, `free_from` and prices of tiers in minor units.

    `tiers` are [(from, price), …]: from goods worth (minor units) or weighing (grams) so much, by `tiers_by`.
    """

    name: str
    price: int
    countries: Sequence[str]
    promise: str = ""
    free_from: int | None = None
    tiers: Sequence[tuple[int, int]] = ()
    tiers_by: str = "goods"
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    enabled: bool = True


async def everything(session: AsyncSession) -> list[ShippingMethod]:
    """Every way, also those switched off, in the order that they are offered in."""
    query = select(ShippingMethod).order_by(ShippingMethod.position, ShippingMethod.code)
    return list(await session.scalars(query))


async def find(session: AsyncSession, code: str) -> ShippingMethod:
    """Raises NotFound."""
    found = await session.scalar(select(ShippingMethod).where(ShippingMethod.code == code))
    if found is None:
        raise NotFound("There is no such way to deliver.")
    return found


async def add(session: AsyncSession, said: Said, by: UUID | None = None) -> ShippingMethod:
    """A new way behind the others. Raises Invalid with the fields to correct."""
    _check(said)
    method = ShippingMethod(
        code=await slugs.free(session, ShippingMethod.code, slugs.slug(said.name, "delivery")),
        position=(await session.scalar(select(func.max(ShippingMethod.position))) or 0) + 1,
        **_facts(said),
    )
    session.add(method)
    await slugs.take(session)
    await edits.note(session, "shipping_method", method.name, by, {}, _facts(said))
    return method


async def save(session: AsyncSession, code: str, said: Said, by: UUID | None = None) -> ShippingMethod:
    """Change a way from now on; orders keep what theirs cost. Raises NotFound, Invalid, Conflict for the last one."""
    _check(said)
    methods = await _locked(session)
    method = next((one for one in methods if one.code == code), None)
    if method is None:
        raise NotFound("There is no such way to deliver.")
    if not said.enabled and method.enabled and sum(one.enabled for one in methods) == 1:
        raise Conflict(
            "That is the last way to deliver: with none, nobody could order. Switch another one on first."
        )
    after = _facts(said)
    before = {name: getattr(method, name) for name in after}
    for name, value in after.items():
        setattr(method, name, value)
    await session.flush()
    await edits.note(session, "shipping_method", method.name, by, before, after)
    return method


async def move(session: AsyncSession, code: str, *, later: bool) -> None:
    """Let a way change places with the one before or behind it. Raises NotFound."""
    methods = sorted(await _locked(session), key=lambda one: (one.position, one.code))
    place = next((place for place, one in enumerate(methods) if one.code == code), None)
    if place is None:
        raise NotFound("There is no such way to deliver.")
    target = min(max(place + (1 if later else -1), 0), len(methods) - 1)
    methods.insert(target, methods.pop(place))
    for position, one in enumerate(methods, start=1):
        one.position = position
    await session.flush()


async def _locked(session: AsyncSession) -> list[ShippingMethod]:
    query = select(ShippingMethod).order_by(ShippingMethod.id).with_for_update()
    return list(await session.scalars(query.execution_options(populate_existing=True)))


def _check(said: Said) -> None:
    """Raises Invalid with every field that is wrong."""
    wrong: dict[str, str] = {}
    if not said.name.strip() or len(said.name.strip()) > NAME:
        wrong["name"] = worded("Enter a name of at most %(most)s characters.", most=NAME)
    if len(said.promise.strip()) > PROMISE:
        wrong["promise"] = worded("At most %(most)s characters.", most=PROMISE)
    for locale, words in said.translations.items():
        for key, most in (("name", NAME), ("promise", PROMISE)):
            if len(words.get(key, "").strip()) > most:
                wrong[f"{key}-{locale}"] = worded("At most %(most)s characters.", most=most)
    if not 0 <= said.price <= prices.MOST:
        wrong["price"] = mark("Enter an amount, 0 where it costs nothing.")
    if said.free_from is not None and not 0 < said.free_from <= prices.MOST:
        wrong["free_from"] = mark("Enter an amount above zero, or leave this empty.")
    unknown = [code for code in said.countries if code not in COUNTRIES]
    if unknown:
        wrong["countries"] = worded(
            "“%(code)s” is no country. Write codes like DE, AT, FR.", code=unknown[0][:20]
        )
    elif not said.countries:
        wrong["countries"] = mark("Name at least one country.")
    if said.tiers_by not in BY:
        wrong["tiers_by"] = mark("Choose one of these.")
    starts = [least for least, _price in said.tiers]
    if len(starts) > MOST_TIERS or len(set(starts)) != len(starts):
        wrong["tiers"] = worded("At most %(most)s steps, each from another amount.", most=MOST_TIERS)
    elif any(least <= 0 or not 0 <= price <= prices.MOST for least, price in said.tiers):
        wrong["tiers"] = mark("Each step begins above zero and has a price.")
    if wrong:
        raise Invalid("Some of what you entered needs another look.", wrong)


def _facts(said: Said) -> dict[str, Any]:
    kept = {
        locale: {key: text.strip() for key, text in words.items() if text.strip()}
        for locale, words in said.translations.items()
    }
    return {
        "name": said.name.strip(),
        "promise": said.promise.strip(),
        "translations": {locale: words for locale, words in kept.items() if words},
        "price": said.price,
        "free_from": said.free_from,
        "tiers": [list(tier) for tier in sorted(said.tiers)],
        "tiers_by": said.tiers_by,
        "countries": sorted(set(said.countries)),
        "enabled": said.enabled,
    }
