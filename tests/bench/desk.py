"""What agents look at all day: the list of tickets, a thread, a customer whose line is long."""

from uuid import UUID

from sqlalchemy import text

from core.database import Database
from customers.timeline import Entry, append_many
from estore.happenings import OrderShipped
from tests.bench.figures import Figure, at_most
from tests.bench.house import House
from tests.bench.load import Act, Browser, crowd

PAGES = 60
AGENTS = 2
LONG = 10_000
LIMIT = 5


async def measure(house: House) -> list[Figure]:
    database = Database(house.settings.database_url)
    async with database.transaction() as session:
        thread = await session.scalar(
            text(
                "SELECT conversation_id FROM ticket JOIN message USING (conversation_id) "
                "GROUP BY 1 HAVING count(*) BETWEEN 3 AND 8 ORDER BY count(*) DESC, 1 LIMIT 1"
            )
        )
        customer: UUID = (
            await session.execute(
                text("SELECT customer_id FROM orders GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
            )
        ).scalar_one()
    for start in range(0, LONG, 1000):
        async with database.transaction() as session:
            await append_many(
                session,
                [
                    Entry(customer, OrderShipped(f"B-{n}", "DHL", f"{n:012}"), source_key=f"bench:{n}")
                    for n in range(start, start + 1000)
                ],
            )
    await database.close()
    agent = await signed_in(house)
    figures = []
    for name, path, limit in (
        ("ticket list", "/desk/inbox", LIMIT),
        ("ticket thread", f"/desk/inbox/{thread}", LIMIT),
        ("customer page, 10,000 entries", f"/desk/customers/{customer}", None),
    ):
        await _rate(agent, path, 10)
        with house.standing_still():
            used = house.cpu()
            rate = await _rate(agent, path)
            used = house.cpu() - used
        page = (used["web"] + used["postgres"]) / PAGES
        figures += [Figure(name, rate, "pages/s", cpu=page), at_most(f"{name}, CPU", page, "ms", limit)]
    agent.close()
    return figures


async def signed_in(house: House, role: str = "agent") -> Browser:
    """A colleague at the desk."""
    browser = Browser(house.town.site)
    await browser.get("/desk/sign-in")
    email, password = house.town.logins[role]
    answer = await browser.post("/desk/sign-in", {"email": email, "password": password})
    assert answer.status == 303, answer.body[:500]
    return browser


async def _rate(agent: Browser, path: str, number: int = PAGES) -> float:
    agents = [Browser(agent.site, cookies=dict(agent.cookies)) for _ in range(AGENTS)]

    def look(one: Browser) -> Act:
        request = one.request("GET", path)

        async def act(_: int) -> None:
            answer = await one.send(request)
            assert answer.status == 200, (path, answer.headers)

        return act

    load = await crowd([look(one) for one in agents], number)
    for one in agents:
        one.close()
    return load.rate
