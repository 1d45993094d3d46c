"""Ways to pay as colleagues set them: what is said of each, and the account that money goes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import slugs
from core.errors import Invalid, NotFound
from core.words import mark, worded
from estore import edits
from estore.goods import PaymentMethod

KINDS = ("card", "transfer", "later")
NAME = 80
DETAIL = 200
LONGEST = 120
# What a person needs to transfer money, in the order that it is shown in.
BANK = ("account_holder", "iban", "bic", "bank")


@dataclass(frozen=True, kw_only=True)
class Said:
    """What is said of a way to pay; `instructions` of a transfer are those of BANK."""

    name: str
    kind: str = "later"
    detail: str = ""
    instructions: Mapping[str, str] = field(default_factory=dict)
    days_to_pay: int = 0
    for_companies: bool = False
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


async def find(session: AsyncSession, code: str) -> PaymentMethod:
    """Raises NotFound."""
    found = await session.scalar(select(PaymentMethod).where(PaymentMethod.code == code))
    if found is None:
        raise NotFound("There is no such way to pay.")
    return found


async def add(session: AsyncSession, said: Said, by: UUID | None = None) -> PaymentMethod:
    """A new way to pay without the card company, switched off at first. Raises Invalid."""
    _check(said)
    if said.kind not in KINDS[1:]:
        raise Invalid("Some of what you entered needs another look.", {"kind": mark("Choose one of these.")})
    facts = _facts(said)
    method = PaymentMethod(
        code=await slugs.free(session, PaymentMethod.code, slugs.slug(said.name, "payment")),
        kind=said.kind,
        enabled=False,
        position=(await session.scalar(select(func.max(PaymentMethod.position))) or 0) + 1,
        **facts,
    )
    session.add(method)
    await slugs.take(session)
    await edits.note(session, "payment_method", method.name, by, {}, {"kind": said.kind} | _told(facts))
    return method


async def save(session: AsyncSession, code: str, said: Said, by: UUID | None = None) -> PaymentMethod:
    """Change what is said of a way to pay, its kind aside; orders that chose it go on. Raises NotFound, Invalid."""
    method = await find(session, code)
    await session.refresh(method, with_for_update=True)
    _check(replace(said, kind=method.kind))
    after = _facts(replace(said, kind=method.kind))
    before = {name: getattr(method, name) for name in after}
    for name, value in after.items():
        setattr(method, name, value)
    await session.flush()
    await edits.note(session, "payment_method", method.name, by, before, after)
    return method


def _told(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value}


def _check(said: Said) -> None:
    """Raises Invalid with every field that is wrong."""
    wrong: dict[str, str] = {}
    if not said.name.strip() or len(said.name.strip()) > NAME:
        wrong["name"] = worded("Enter a name of at most %(most)s characters.", most=NAME)
    if len(said.detail.strip()) > DETAIL:
        wrong["detail"] = worded("At most %(most)s characters.", most=DETAIL)
    for locale, words in said.translations.items():
        for key, most in (("name", NAME), ("detail", DETAIL)):
            if len(words.get(key, "").strip()) > most:
                wrong[f"{key}-{locale}"] = worded("At most %(most)s characters.", most=most)
    if not 0 <= said.days_to_pay <= LONGEST:
        wrong["days_to_pay"] = worded("From 0 to %(most)s days.", most=LONGEST)
    if said.kind == "transfer":
        if not said.days_to_pay:
            wrong["days_to_pay"] = mark("Say how many days the money may take: the goods are held as long.")
        if not said.instructions.get("account_holder", "").strip():
            wrong["account_holder"] = mark("Enter whose account it is.")
        if not is_iban(said.instructions.get("iban", "")):
            wrong["iban"] = mark("This is no valid IBAN. Check it digit by digit.")
        bic = "".join(said.instructions.get("bic", "").split())
        if bic and not (len(bic) in (8, 11) and bic.isalnum() and bic.isascii()):
            wrong["bic"] = mark("A BIC has 8 or 11 letters and digits; leave it empty where there is none.")
    if any(len(words) > NAME for words in said.instructions.values()):
        wrong["bank"] = worded("At most %(most)s characters.", most=NAME)
    if wrong:
        raise Invalid("Some of what you entered needs another look.", wrong)


def is_iban(written: str) -> bool:
    """Whether the check digits of an IBAN (ISO 13616) are right; spaces count for nothing."""
    iban = "".join(written.split()).upper()
    if not (
        15 <= len(iban) <= 34
        and iban.isascii()
        and iban.isalnum()
        and iban[:2].isalpha()
        and iban[2:4].isdigit()
    ):
        return False
    return int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1


def _facts(said: Said) -> dict[str, Any]:
    kept = {
        locale: {key: text.strip() for key, text in words.items() if text.strip()}
        for locale, words in said.translations.items()
    }
    bank = (
        {name: " ".join(said.instructions.get(name, "").split()) for name in BANK}
        if said.kind == "transfer"
        else {}
    )
    return {
        "name": said.name.strip(),
        "detail": said.detail.strip(),
        "translations": {locale: words for locale, words in kept.items() if words},
        "instructions": bank,
        "days_to_pay": said.days_to_pay,
        "for_companies": said.for_companies,
    }
