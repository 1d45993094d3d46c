# ruff: noqa: E501 - data, read line by line
"""The campaigns of a year: what was written in which month, to whom."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Letter:
    """A campaign that comes back every year: sent in `month` on `day`, to a `share` of those who allow it."""

    month: int
    day: int
    name: str
    channel: str
    topic: str
    share: float
    subject: str
    body: str
    segment: str = "Allow our news by e-mail"


_HELLO = 'Dear {{ customer.first_name | default: "coffee lover" }},\n\n'
_BYE = "\n\nYour team at {{ company.name }}\n"


def _mail(
    month: int,
    day: int,
    topic: str,
    share: float,
    name: str,
    subject: str,
    text: str,
    link: str,
    words: str,
    segment: str = "Allow our news by e-mail",
) -> Letter:
    body = f"# {subject}\n\n{_HELLO}{text}\n\n[{words}]({{website}}{link})\n\n[Everything in the shop]({{website}}/){_BYE}"
    return Letter(month, day, name, "email", topic, share, subject, body, segment)


def _text(month: int, day: int, name: str, text: str) -> Letter:
    body = f'{{{{ customer.first_name | default: "Hello" }}}}, {text}'
    return Letter(month, day, name, "sms", "care", 0.6, "", body, "Good customers")


LETTERS = (
    _mail(1, 14, "news", 0.25, "A calmer January", "A calmer January: decaf that tastes of coffee", "the Stille is decaffeinated with spring water and roasted like everything else: slowly. For the evening, or for all day.", "/search?q=decaf", "See the decaf"),
    _mail(2, 11, "news", 0.28, "New harvest from Kenya", "The new harvest from Kenya is here", "blackcurrant, grapefruit, a clean finish: the new lot from Nyeri is the best we had in years. We bought forty bags, and that is all there is.", "/search?q=kenya", "See the Kenya"),
    _text(3, 4, "Spring clean", "spring clean for your grinder: pearls in, turn, done. {website}/search?q=cleaner"),
    _mail(3, 20, "offers", 0.35, "Spring offers", "Spring: a kilo of house blend, and the shipping is on us", "the days get longer, the cups get colder sooner. Until Sunday every order with a kilo of beans travels free.", "/search?q=blend", "To the blends"),
    _mail(4, 16, "news", 0.23, "How we repair", "Twenty years old and running: a look into our workshop", "Nora has just rebuilt the oldest machine that ever came back to us. What wears, what lasts, and what you can do yourself in ten minutes.", "/help", "Read how"),
    _mail(5, 6, "news", 0.25, "Mother's Day", "Something warm for Mother's Day", "two cups, a tasting box, and a card that we write by hand if you wish. Order by Thursday and it is there on Saturday.", "/search?q=tasting", "See the tasting box"),
    _mail(6, 10, "news", 0.28, "Cold brew season", "Fourteen hours, no heat: it is cold brew season", "coarse grounds, cold water, a night in the fridge. The Natt bottle does the rest; the recipe is on the back.", "/search?q=natt", "See the Natt"),
    _mail(7, 8, "offers", 0.3, "Summer offers", "For the balcony, the boat and the tent: travel presses reduced", "one press, one mug, hot water from anywhere. Reduced until the end of the month.", "/search?q=travel", "See the travel press"),
    _text(8, 20, "After the holidays", "back home? Rinse your machine twice before the first cup, and change the filter. {website}/search?q=filter"),
    _mail(8, 27, "news", 0.2, "Back to the office", "Back to the office, back to decent coffee", "up to twenty people, up to forty, up to eighty: three machines that tell you in plain words what they need, with a contract if you like.", "/search?q=kontor", "See the office machines", "Good customers"),
    _mail(9, 17, "news", 0.28, "Guatemala and Colombia", "Two farms, two valleys: Guatemala and Colombia", "cocoa and orange from Antigua, caramel and red apple from Huila. Both are roasted on Tuesdays, both are here now.", "/search?q=huila", "Taste both"),
    _mail(10, 8, "offers", 0.35, "Autumn service", "Autumn service: have your machine looked after", "a new seal, a descale, a look at the pump. Send it in October and the return is on us.", "/help", "How it works"),
    _mail(11, 12, "news", 0.3, "Winter blend", "The winter blend is here", "for three months a year we roast darker: **cocoa, dried plum, a little smoke**. Made for milk and for long evenings.", "/search?q=blend", "See the winter blend"),
    _text(11, 17, "Descale before winter", "descale your machine before winter: it takes 20 minutes and saves a repair. {website}/search?q=descaler"),
    _mail(11, 20, "offers", 0.42, "Friday without noise", "Friday without noise: 15 % off grinders, quietly", "no countdown, no fireworks: until Monday our grinders cost less. That is all.", "/search?q=grinder", "See the grinders"),
    _mail(12, 3, "news", 0.33, "Presents in time", "Presents that arrive in time", "ordered by the 18th, with you before the holidays. And if it was the wrong one, it may come back until the end of January.", "/search?q=gift", "Find a present"),
)  # fmt: skip
