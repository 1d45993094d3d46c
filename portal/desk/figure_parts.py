"""What the page of figures is made of: for each department its numbers, its charts, and the table of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

import campaigns.overview
import customers.figures
import estore.figures
import support.figures
from core.days import Span
from core.money import as_decimal, formatted
from core.rendering import current_locale
from core.rendering import gettext as _
from core.staff import Role
from portal import periods
from portal.charts import Chart, Figure, points
from support.figures import Rounds

HERE = "/desk/figures"


@dataclass(frozen=True)
class Number:
    """A number with its change and the values of its spark line."""

    label: str
    value: str
    href: str
    change: str
    direction: str
    good: bool | None
    points: list[float]
    kind: str


@dataclass(frozen=True)
class Part:
    """A part of the page: a department's numbers and charts, and the table of both as it is downloaded."""

    name: str
    title: str
    numbers: list[Number]
    figures: list[Figure]
    columns: list[tuple[str, list[Any]]]
    sellers: Sequence[estore.figures.Sold] = ()
    shares: Sequence[campaigns.overview.Share] = ()


@dataclass(frozen=True)
class Asked:
    """What a part is made of: the days, what they are cut into, and the days before, cut alike."""

    span: Span
    parts: list[Span]
    before: list[Span]
    currency: str

    @property
    def query(self) -> str:
        return periods.query(self.span)

    def money(self, amount: int) -> str:
        return formatted(amount, self.currency, current_locale())


def _number(
    label: str,
    value: str,
    href: str,
    kind: str,
    now: float,
    then: float,
    row: Sequence[float],
    up: bool | None,
) -> Number:
    """`up` says whether more of it is good news; None when it is neither."""
    words, way = periods.change(now, then) or ("", "")
    good = None if up is None or way in ("", "same") else (way == "up") == up
    return Number(label, value, href, words, way, good, list(row), kind)


def _figure(
    name: str, number: Number, column: str, asked: Asked, said: Sequence[str], href: str,
    values: Sequence[float | None], before: Sequence[float | None], shape: str = "bars",
) -> Figure:  # fmt: skip
    chart = Chart(points(asked.parts, values, said, href), shape, before)
    return Figure(
        name, number.label, number.kind, number.value, number.href, number.change, number.direction,
        number.good, chart, column,
    )  # fmt: skip


async def store(session: AsyncSession, asked: Asked) -> Part:
    orders = await estore.figures.orders(session, asked.parts, asked.currency)
    money = await estore.figures.money(session, asked.parts, asked.currency)
    was_ordered = await estore.figures.orders(session, asked.before, asked.currency)
    was_taken = await estore.figures.money(session, asked.before, asked.currency)
    placed, value = sum(one.number for one in orders), sum(one.amount for one in orders)
    placed_then, value_then = sum(one.number for one in was_ordered), sum(one.amount for one in was_ordered)
    taken, taken_then = sum(one.amount for one in money), sum(one.amount for one in was_taken)
    mean = value // placed if placed else 0
    mean_then = value_then // placed_then if placed_then else 0
    to_orders, to_money = f"/desk/store/orders?{asked.query}", f"/desk/money/payments?{asked.query}"
    means = [one.amount / one.number if one.number else 0.0 for one in orders]
    one = _number(
        _("Orders"), str(placed), to_orders, "order", placed, placed_then, [t.number for t in orders], True
    )
    two = _number(
        _("Money in"), asked.money(taken), to_money, "money", taken, taken_then,
        [t.amount for t in money], True,
    )  # fmt: skip
    return Part(
        "store",
        _("Store"),
        [
            _number(
                _("Ordered for"), asked.money(value), to_orders, "order", value, value_then,
                [t.amount for t in orders], True,
            ),
            _number(
                _("An order, on average"), asked.money(mean), to_orders, "order", mean, mean_then, means, True
            ),
        ],
        [
            _figure(
                "orders", one, _("Orders"), asked, [str(t.number) for t in orders], "/desk/store/orders",
                [t.number for t in orders], [t.number for t in was_ordered],
            ),
            _figure(
                "money", two, _("Money in"), asked,
                [periods.sum_of(t.amount, asked.currency) for t in money], "/desk/money/payments",
                [t.amount for t in money], [t.amount for t in was_taken],
            ),
        ],
        [
            (_("Orders"), [t.number for t in orders]),
            (_("Ordered for"), [as_decimal(t.amount, asked.currency) for t in orders]),
            (_("Payments"), [t.number for t in money]),
            (_("Money in"), [as_decimal(t.amount, asked.currency) for t in money]),
        ],
        sellers=await estore.figures.best_sellers(session, asked.span, asked.currency),
    )  # fmt: skip


async def answers(session: AsyncSession, asked: Asked) -> Part:
    rounds = await support.figures.tally(session, asked.parts)
    were = await support.figures.tally(session, asked.before)
    whole = (await support.figures.tally(session, [asked.span]))[0]
    then = (await support.figures.tally(session, [asked.span.before]))[0]
    here = f"{HERE}/tickets?{asked.query}&which="

    def kept(of: Rounds) -> float:
        return (of.answered - of.late) / of.answered if of.answered else 0.0

    def minutes(of: Rounds) -> float | None:
        return of.waited.total_seconds() / 60 if of.waited is not None else None

    opened = _number(
        _("Tickets opened"), str(whole.opened), f"{here}opened", "ticket", whole.opened, then.opened, [], None
    )
    waited = _number(
        _("First answer after, half of them"),
        periods.wait(whole.waited, narrow=True) if whole.waited is not None else "–",
        f"{here}answered", "ticket", minutes(whole) or 0, minutes(then) or 0, [], False,
    )  # fmt: skip
    return Part(
        "answers",
        _("Answers"),
        [
            _number(
                _("Solved"), str(whole.solved), f"{here}solved", "ticket", whole.solved, then.solved,
                [one.solved for one in rounds], True,
            ),
            _number(
                _("Answered"), str(whole.answered), f"{here}answered", "ticket", whole.answered,
                then.answered, [one.answered for one in rounds], True,
            ),
            _number(
                _("Answered too late"), str(whole.late), f"{here}late", "ticket", whole.late, then.late,
                [one.late for one in rounds], False,
            ),
            _number(
                _("Promise kept"), f"{kept(whole):.0%}" if whole.answered else "–", f"{here}answered",
                "ticket", kept(whole), kept(then), [kept(one) for one in rounds], True,
            ),
        ],
        [
            _figure(
                "opened", opened, _("Tickets opened"), asked, [str(one.opened) for one in rounds],
                f"{HERE}/tickets?which=opened", [one.opened for one in rounds], [one.opened for one in were],
            ),
            _figure(
                "waited", waited, _("First answer after"), asked,
                [periods.wait(one.waited, narrow=True) if one.waited is not None else "–" for one in rounds],
                f"{HERE}/tickets?which=answered", [minutes(one) for one in rounds],
                [minutes(one) for one in were], "line",
            ),
        ],
        [
            (_("Tickets opened"), [one.opened for one in rounds]),
            (_("Solved"), [one.solved for one in rounds]),
            (_("Answered"), [one.answered for one in rounds]),
            (_("Answered too late"), [one.late for one in rounds]),
            (_("First answer after, minutes"), [
                round(found) if (found := minutes(one)) is not None else "" for one in rounds
            ]),
        ],
    )  # fmt: skip


async def marketing(session: AsyncSession, asked: Asked) -> Part:
    sent = await campaigns.overview.tally(session, asked.parts, asked.currency)
    were = await campaigns.overview.tally(session, asked.before, asked.currency)
    here = f"{HERE}/campaigns?{asked.query}"

    def all_of(name: str, of: Sequence[campaigns.overview.Sent]) -> int:
        return sum(getattr(one, name) for one in of)

    mails, mails_then = all_of("sent", sent), all_of("sent", were)
    money, money_then = all_of("revenue", sent), all_of("revenue", were)
    out = _number(_("Messages sent"), str(mails), here, "campaign", mails, mails_then, [], None)
    bought = _number(
        _("Bought after a click"), asked.money(money), here, "money", money, money_then, [], True
    )
    return Part(
        "campaigns",
        _("Campaigns"),
        [
            _number(
                _("Clicks by people"), str(all_of("clicked", sent)), here, "campaign",
                all_of("clicked", sent), all_of("clicked", were), [one.clicked for one in sent], True,
            ),
            _number(
                _("Orders after a click"), str(all_of("bought", sent)), here, "order",
                all_of("bought", sent), all_of("bought", were), [one.bought for one in sent], True,
            ),
        ],
        [
            _figure(
                "sent", out, _("Messages sent"), asked, [periods.count(one.sent) for one in sent],
                f"{HERE}/campaigns", [one.sent for one in sent], [one.sent for one in were],
            ),
            _figure(
                "bought", bought, _("Bought after a click"), asked,
                [periods.sum_of(one.revenue, asked.currency) for one in sent], f"{HERE}/campaigns",
                [one.revenue for one in sent], [one.revenue for one in were],
            ),
        ],
        [
            (_("Messages sent"), [one.sent for one in sent]),
            (_("Clicks by people"), [one.clicked for one in sent]),
            (_("Orders after a click"), [one.bought for one in sent]),
            (_("Bought after a click"), [as_decimal(one.revenue, asked.currency) for one in sent]),
        ],
        shares=(await campaigns.overview.shares(session, asked.span, asked.currency))[:8],
    )  # fmt: skip


async def people(session: AsyncSession, asked: Asked) -> Part:
    came = await customers.figures.came(session, asked.parts)
    were = await customers.figures.came(session, asked.before)
    one = _number(
        _("New customers"), str(sum(came)), f"/desk/customers?{asked.query}", "system", sum(came), sum(were),
        [], True,
    )  # fmt: skip
    figure = _figure(
        "customers", one, _("New customers"), asked, [str(number) for number in came], "/desk/customers",
        came, were,
    )  # fmt: skip
    return Part("customers", _("Customers"), [], [figure], [(_("New customers"), list(came))])


# What stands on the page, in order, and whose it is.
PARTS = {
    "store": (store, (Role.MERCHANDISER, Role.AGENT)),
    "answers": (answers, (Role.AGENT,)),
    "campaigns": (marketing, (Role.MARKETER,)),
    "customers": (people, (Role.AGENT, Role.MARKETER, Role.MERCHANDISER)),
}
