"""Orders: from the basket to the doorstep, with the invoice, the money, and now and then the way back."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from core.rendering import translations
from estore.happenings import (
    InvoiceIssued,
    InvoicePaid,
    OrderCancelled,
    OrderDelivered,
    OrderPlaced,
    OrderShipped,
    PaymentRefunded,
    PaymentSucceeded,
    ReviewWritten,
)
from workers.seeding import sayings
from workers.seeding.baskets import Basket
from workers.seeding.company import Company
from workers.seeding.people import Bought, Person
from workers.seeding.seasons import DAY, Curve
from workers.seeding.sheets import Sheets, document, stamp, words

ZONE = ZoneInfo("Europe/Berlin")
EUR = "EUR"
HOUR = 3600
# One order in so many is called off, or goes back after so long.
CANCELLED_EVERY = 29
RETURNED_EVERY = 37
RETURNED_AFTER = 15 * DAY
CANCEL_REASONS = ("Ordered by mistake", "Found it cheaper", "Takes too long", "Wrong size")
RETURN_REASONS = (
    "Did not fit the kitchen",
    "Arrived damaged",
    "Not what I expected",
    "A present that was not needed",
)


class Book:
    """The numbers of all orders and of their invoices: by time, without a gap, and known without a list."""

    def __init__(self, company: Company, curve: Curve, total: int) -> None:
        self.company, self.curve, self.total = company, curve, total
        years = range(datetime.fromtimestamp(curve.first, UTC).year, 2100)
        self.years = [int(datetime(year, 1, 1, tzinfo=ZONE).timestamp()) for year in years]
        self.first_year = years[0]
        self._firsts = [curve.places_before(start, total) for start in self.years[:5]]
        self._returns = [
            _returns_before(curve.places_before(start - RETURNED_AFTER, total)) for start in self.years[:5]
        ]

    def invoice(self, place: int, moment: int) -> tuple[str, int]:
        """The series and number of the invoice of an order."""
        year = bisect_right(self.years, moment) - 1
        series = f"INV-{self.first_year + year}"
        return series, self.company.invoices.get(series, 0) + place - self._firsts[year] + 1

    def credit_note(self, place: int, moment: int) -> tuple[str, int]:
        """The series and number of what takes an order's invoice back."""
        year = bisect_right(self.years, moment) - 1
        series = f"CN-{self.first_year + year}"
        return series, self.company.invoices.get(series, 0) + _returns_before(place) - self._returns[year] + 1

    def last_numbers(self, end: int) -> dict[str, int]:
        """Where each series stands when all is written."""
        found: dict[str, int] = {}
        returned = self.curve.places_before(end - RETURNED_AFTER, self.total)
        for year, start in enumerate(self.years[:4]):
            if start > end:
                break
            issued = min(self._firsts[year + 1], self.total) - self._firsts[year]
            credited = min(self._returns[year + 1], _returns_before(returned)) - self._returns[year]
            for prefix, many in (("INV", issued), ("CN", credited)):
                series = f"{prefix}-{self.first_year + year}"
                if many > 0:
                    found[series] = self.company.invoices.get(series, 0) + many
        return found


def _returns_before(place: int) -> int:
    """How many of the orders before this one go back."""
    return (place + RETURNED_EVERY - 1 - 5) // RETURNED_EVERY if place > 5 else 0


@dataclass(frozen=True)
class Road:
    """When an order came how far; None for what has not happened yet."""

    status: str
    paid: int | None
    packed: int | None
    shipped: int | None
    delivered: int | None
    cancelled: int | None


class Store:
    """Writes orders; what is held on the shelf and what must still be watched is counted for the end."""

    def __init__(
        self, company: Company, book: Book, baskets: dict[tuple[str, bool], list[Basket]], end: int
    ) -> None:
        self.company, self.book, self.baskets, self.end = company, book, baskets, end
        self.seller = document(company.seller)
        self.held: dict[str, int] = {}
        # (order id, until when its goods are held)
        self.waiting: list[tuple[str, int]] = []

    def sell(self, sheets: Sheets, random: Random, person: Person, place: int, placed: int) -> None:
        """The order in the `place`-th place, and all that followed from it until now."""
        basket = random.choice(self.baskets[person.place.country, bool(person.company)])
        method, kind, days = _method(random, person)
        road = self._road(random, person, place, placed, kind)
        order_id, number = sheets.key(placed), str(self.company.orders + place + 1)
        self._order(sheets, random, person, basket, road, order_id, number, placed, method)
        until = None
        if road.status == "placed" and kind == "transfer":
            until = placed + days * DAY
            self.waiting.append((order_id, until))
        status = {"placed": "held", "cancelled": "released"}.get(road.status, "committed")
        for line in basket.lines:
            hold = (sheets.key(placed), order_id, line.ware.sku_id, line.quantity, status)
            sheets.put("stock_hold", *hold, stamp(until) if until and status == "held" else None)
            if status == "held":
                self.held[line.ware.sku_id] = self.held.get(line.ware.sku_id, 0) + line.quantity
        self._bill(
            sheets, random, person, basket, road, order_id, number, place, placed, (method, kind, days)
        )
        person.bought.append(
            Bought(
                *(order_id, number, basket.lines[0].name, basket.lines[0].ware.category),
                *(placed, road.delivered, basket.total),
            )
        )
        if road.delivered and random.random() < 0.11:
            self._review(sheets, random, person, basket, order_id, road.delivered)

    def _road(self, random: Random, person: Person, place: int, placed: int, kind: str) -> Road:
        end = self.end
        goes_back = place % RETURNED_EVERY == 5
        if place % CANCELLED_EVERY == 11 and kind == "transfer" and not goes_back:
            cancelled = placed + random.randint(HOUR, 20 * HOUR)
            if cancelled < end:
                return Road("cancelled", None, None, None, None, cancelled)
        if kind == "card":
            paid = max(placed, min(placed + random.randint(50, 240), end - 1))
        elif kind == "transfer":
            paid = placed + random.randint(9 * HOUR, 3 * DAY)
        else:
            # On account: most pay in time, some late; who has sent something back had paid for it.
            in_time = goes_back or random.random() < 0.66
            paid = placed + (random.randint(6, 13) if in_time else random.randint(20, 90)) * DAY
        began = placed if kind == "later" else paid
        packed = _working_hour(random, began + random.randint(2 * HOUR, 26 * HOUR))
        shipped = packed + random.randint(HOUR, 5 * HOUR)
        delivered = shipped + random.randint(20 * HOUR, 70 * HOUR)
        if person.place.country != "DE":
            delivered += 2 * DAY
        steps = [("packed", packed), ("shipped", shipped), ("delivered", delivered)]
        if kind != "later":  # there the goods come first
            steps.insert(0, ("paid", paid))
        status = next((name for name, moment in reversed(steps) if moment < end), "placed")

        def gone(moment: int) -> int | None:
            return moment if moment < end else None

        return Road(status, gone(paid), gone(packed), gone(shipped), gone(delivered), None)

    def _order(
        self,
        sheets: Sheets,
        random: Random,
        person: Person,
        basket: Basket,
        road: Road,
        order_id: str,
        number: str,
        placed: int,
        method: str,
    ) -> None:
        traits = person.traits
        moments = [road.paid, road.packed, road.shipped, road.delivered, road.cancelled]
        paid, packed, shipped, delivered, cancelled = (stamp(each) if each else None for each in moments)
        tracking = f"00340434{random.randrange(10**12):012}" if road.shipped else ""
        reason = random.choice(CANCEL_REASONS) if road.cancelled else ""
        sheets.put(
            "orders",
            *(
                order_id,
                number,
                person.id,
                road.status,
                person.email,
                person.phone,
                person.address,
                person.billed,
            ),
            *(EUR, person.place.locale, basket.goods, basket.shipping, basket.total, basket.taxes),
            *(basket.carriage, basket.carriage_name, method, "DHL" if road.shipped else "", tracking),
            *(stamp(placed), paid, packed, shipped, delivered, cancelled, reason),
        )
        for position, line in enumerate(basket.lines, 1):
            sheets.put("order_line", sheets.key(placed), order_id, position, line.row)
        key = f"order:{order_id}"
        happened = OrderPlaced(number, basket.total, EUR, basket.items, basket.names)
        sheets.tell(person.id, happened, key, order_id, placed)
        traits.orders += 1
        traits.first_order = placed if traits.first_order is None else min(placed, traits.first_order)
        traits.last_order = placed if traits.last_order is None else max(placed, traits.last_order)
        traits.see(placed)
        if road.shipped:
            sheets.tell(person.id, OrderShipped(number, "DHL", tracking), key, order_id, road.shipped)
        if road.delivered:
            sheets.tell(person.id, OrderDelivered(number), key, order_id, road.delivered)
        if road.cancelled:
            sheets.tell(person.id, OrderCancelled(number, reason), key, order_id, road.cancelled)
            traits.orders -= 1

    def _bill(
        self,
        sheets: Sheets,
        random: Random,
        person: Person,
        basket: Basket,
        road: Road,
        order_id: str,
        number: str,
        place: int,
        placed: int,
        terms: tuple[str, str, int],
    ) -> None:
        method, kind, days = terms
        series, count = self.book.invoice(place, placed)
        label, invoice_id = f"{series}-{count:06d}", sheets.key(placed)
        issued = datetime.fromtimestamp(placed, ZONE).date()
        due = (issued + timedelta(days=days)).isoformat()
        paid = None if road.cancelled else road.paid
        status = "void" if road.cancelled else "paid" if paid else "open"
        sheets.put(
            "invoice",
            *(
                invoice_id,
                "invoice",
                person.id,
                order_id,
                None,
                series,
                count,
                status,
                EUR,
                person.place.locale,
            ),
            *(basket.total, basket.taxes, self.seller, person.billed, person.email, "", days, stamp(placed)),
            *(issued.isoformat(), due, stamp(paid) if paid else None),
            stamp(road.cancelled) if road.cancelled else None,
        )
        self._invoice_lines(sheets, basket, invoice_id, placed)
        told = InvoiceIssued(label, basket.total, EUR, due)
        sheets.tell(person.id, told, f"invoice:{invoice_id}", invoice_id, placed)
        payment_id = sheets.key(placed)
        returned = place % RETURNED_EVERY == 5 and placed + RETURNED_AFTER < self.end
        assert paid or not returned, "what goes back was paid for"
        refunded = basket.part if returned else 0
        state = "failed" if road.cancelled else "succeeded" if paid else "pending"
        if refunded == basket.total:
            state = "refunded"
        sheets.put(
            "payment",
            *(payment_id, person.id, invoice_id, order_id, method, kind, state, basket.total, refunded, EUR),
            *(number, f"payment-{payment_id}"),
            *((f"cs_{payment_id}", f"pi_{payment_id}") if kind == "card" else (None, None)),
            "The order was cancelled." if road.cancelled else "",
            *(stamp(placed), stamp(paid or placed), stamp(paid) if paid else None),
        )
        if not paid:
            return
        succeeded = PaymentSucceeded(basket.total, EUR, method, label)
        sheets.tell(person.id, succeeded, f"payment:{payment_id}", invoice_id, paid)
        sheets.tell(
            person.id, InvoicePaid(label, basket.total, EUR), f"invoice:{invoice_id}", invoice_id, paid
        )
        person.traits.spend += basket.total - refunded
        person.traits.see(paid)
        if refunded:
            self._take_back(
                sheets, random, person, basket, order_id, invoice_id, payment_id, label, place, placed, kind
            )

    def _invoice_lines(self, sheets: Sheets, basket: Basket, invoice_id: str, moment: int) -> None:
        for position, line in enumerate(basket.lines, 1):
            sheets.put("invoice_line", sheets.key(moment), invoice_id, position, line.invoiced)
        if basket.shipping:
            sheets.put(
                "invoice_line",
                *(sheets.key(moment), invoice_id, len(basket.lines) + 1, words(basket.carriage_name), "", 1),
                *(basket.shipping, basket.shipping, None),
            )

    def _take_back(
        self,
        sheets: Sheets,
        random: Random,
        person: Person,
        basket: Basket,
        order_id: str,
        invoice_id: str,
        payment_id: str,
        label: str,
        place: int,
        placed: int,
        kind: str,
    ) -> None:
        moment = placed + RETURNED_AFTER
        series, count = self.book.credit_note(place, moment)
        note, note_id, reason = f"{series}-{count:06d}", sheets.key(moment), random.choice(RETURN_REASONS)
        at, day = stamp(moment), datetime.fromtimestamp(moment, ZONE).date().isoformat()
        whole = basket.part == basket.total
        sheets.put(
            "invoice",
            *(note_id, "credit_note", person.id, order_id, invoice_id, series, count, "paid", EUR),
            *(person.place.locale, basket.part, basket.taxes if whole else basket.part_taxes, self.seller),
            *(person.billed, person.email, reason, 0, at, day, day, at, None),
        )
        if whole:
            self._invoice_lines(sheets, basket, note_id, moment)
        else:
            part = translations(person.place.locale).gettext("Part of invoice %(number)s")
            said = words(part % {"number": label})
            row = (sheets.key(moment), note_id, 1, said, reason, 1, basket.part, basket.part, None)
            sheets.put("invoice_line", *row)
        issued = InvoiceIssued(note, basket.part, EUR, day, label)
        sheets.tell(person.id, issued, f"invoice:{note_id}", note_id, moment)
        refund_id = sheets.key(moment)
        sheets.put(
            "refund",
            *(refund_id, person.id, payment_id, note_id, basket.part, EUR, "succeeded", reason),
            *(f"refund-{refund_id}", f"re_{refund_id}" if kind == "card" else None, at, at, at),
        )
        told = PaymentRefunded(basket.part, EUR, reason)
        sheets.tell(person.id, told, f"refund:{refund_id}", invoice_id, moment)

    def _review(
        self, sheets: Sheets, random: Random, person: Person, basket: Basket, order_id: str, delivered: int
    ) -> None:
        ware = basket.lines[0].ware
        moment = delivered + random.randint(3 * DAY, 21 * DAY)
        if moment >= self.end or ware.product_id in person.reviewed:
            return
        person.reviewed.add(ware.product_id)
        rating = random.choices((5, 4, 3, 2, 1), (58, 27, 9, 4, 2))[0]
        said = random.choice(sayings.REVIEWS[person.place.locale][rating])
        parts = person.name.split()
        author = f"{parts[0]} {parts[-1][0]}."
        review_id = sheets.key(moment)
        read = moment + 5 * DAY
        sheets.put(
            "review",
            *(review_id, ware.product_id, person.id, order_id, rating, words(said), author),
            # Read within days; the last ones still wait.
            *(person.place.locale, stamp(moment), stamp(read) if read < self.end else None),
        )
        told = ReviewWritten(ware.name, ware.slug, rating)
        sheets.tell(person.id, told, f"review:{review_id}", ware.product_id, moment)


def _method(random: Random, person: Person) -> tuple[str, str, int]:
    """How they pay: the method's code, its kind, and the days it leaves."""
    if person.company and random.random() < 0.75:
        return "invoice", "later", 14
    return ("card", "card", 0) if random.random() < 0.7 else ("bank_transfer", "transfer", 7)


def _working_hour(random: Random, moment: int) -> int:
    """The same moment, or the next one at which somebody packs: Monday to Saturday, 7 to 15 o'clock (UTC)."""
    day, second = divmod(moment, DAY)
    if second > 15 * HOUR:
        day, second = day + 1, random.randint(7 * HOUR, 15 * HOUR)
    second = max(second, 7 * HOUR + random.randint(0, HOUR))
    if (day + 4) % 7 == 0:  # 1970 began on a Thursday: day 3 was a Sunday
        day += 1
    return day * DAY + second
