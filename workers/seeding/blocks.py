"""Blocks: some hundred customers at a time, made whole; any process makes any block, in any order."""

from dataclasses import dataclass, field
from random import Random

from workers.seeding import people
from workers.seeding.baskets import fill
from workers.seeding.campaigns import Post, Sent
from workers.seeding.company import Company
from workers.seeding.conversations import Calendar, Desk, channel_of
from workers.seeding.orders import Book, Store
from workers.seeding.seasons import DAY, Curve, Deal
from workers.seeding.sheets import Sheets

SIZE = 500
DAYS = 730
# From so many customers on, the load is shared out over processes and the tables do without indexes meanwhile.
MANY = 10_000
# How many orders and conversations twenty customers have between them.
ORDERS = (1, 0, 2, 1, 0, 3, 1, 0, 1, 5, 0, 1, 2, 0, 1, 0, 2, 1, 0, 4)
# Where customers are many, each buys a little less: a million of them have some ten million entries.
ORDERS_OF_MANY = (1, 0, 1, 1, 0, 2, 1, 0, 1, 3, 0, 1, 1, 0, 1, 0, 1, 1, 0, 2)
CONVERSATIONS = (0, 1, 0, 0, 2, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 2)


@dataclass(frozen=True)
class Plan:
    """All that a block is made from."""

    company: Company
    sent: list[Sent]
    customers: int
    end: int
    seed: str
    many: bool

    @property
    def blocks(self) -> int:
        return -(-self.customers // SIZE)


@dataclass
class Made:
    """A block's rows as COPY text by table, and what has to be added up over all blocks."""

    customers: int
    text: dict[str, bytes]
    held: dict[str, int]
    waiting: list[tuple[str, int]]
    asleep: list[tuple[str, int]]
    audience: dict[str, int]
    entries: int = 0


@dataclass
class Maker:
    """Makes blocks of a plan."""

    plan: Plan
    book: Book = field(init=False)

    def __post_init__(self) -> None:
        plan = self.plan
        sent_on = {one.moment // DAY for one in plan.sent}
        # People buy more in the days after they are written to.
        self.curve = Curve(
            plan.end,
            DAYS,
            lambda day: 1.5 if any((day.toordinal() - 719163 - n) in sent_on for n in range(4)) else 1.0,
        )
        self.pattern = ORDERS_OF_MANY if plan.many else ORDERS
        self.orders = before(plan.customers, self.pattern)
        self.talks = before(plan.customers, CONVERSATIONS)
        self.order_deal = Deal(max(1, self.orders), f"{plan.seed} orders")
        self.talk_deal = Deal(max(1, self.talks), f"{plan.seed} conversations")
        self.book = Book(plan.company, self.curve, max(1, self.orders))
        self.calendar = Calendar(self.curve, max(1, self.talks), plan.end)
        self.baskets = fill(plan.company)

    def make(self, number: int) -> Made:
        """The block of this number."""
        plan = self.plan
        random = Random(f"{plan.seed} {number}")  # noqa: S311 - the same numbers each time are what is wanted
        sheets = Sheets(random)
        store = Store(plan.company, self.book, self.baskets, plan.end)
        desk = Desk(plan.company, self.calendar, plan.end)
        post = Post(plan.company, plan.sent, plan.end)
        first = number * SIZE
        last = min(first + SIZE, plan.customers)
        for index in range(first, last):
            self._live(sheets, random, store, desk, post, index)
        return Made(
            last - first,
            sheets.text(),
            store.held,
            store.waiting,
            desk.asleep,
            post.audience,
            len(sheets.rows["timeline_entry"]),
        )

    def _live(self, sheets: Sheets, random: Random, store: Store, desk: Desk, post: Post, index: int) -> None:
        """One customer, from the first word to this day."""
        plan = self.plan
        slots = range(before(index, self.pattern), before(index + 1, self.pattern))
        places = sorted(self.order_deal.at(slot) for slot in slots)
        bought = [(place, self.curve.at(place, self.orders)) for place in places]
        slots = range(before(index, CONVERSATIONS), before(index + 1, CONVERSATIONS))
        places = sorted(self.talk_deal.at(slot) for slot in slots)
        talked = [(place, self.calendar.at(place)) for place in places]
        moments = [moment for _, moment in bought + talked]
        since = min(moments) if moments else self.curve.at(random.randrange(1000), 1000) - DAY
        talks_first = bool(talked) and talked[0][1] == since
        person = people.draw(sheets, random, index, since - 1200, "email" if talks_first else "store")
        people.ask(sheets, random, person, plan.company.consents)
        for place, moment in bought:
            store.sell(sheets, random, person, place, moment)
        for place, moment in talked:
            desk.talk(sheets, random, person, place, moment, channel_of(random, person))
        post.deliver(sheets, random, person)
        people.sum_up(sheets, person)


def before(index: int, pattern: tuple[int, ...]) -> int:
    """How many of something the first `index` customers have, by a pattern that repeats."""
    whole, rest = divmod(index, len(pattern))
    return whole * sum(pattern) + sum(pattern[:rest])
