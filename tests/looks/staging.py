"""Gets a running town ready to be looked at: people signed in, a full cart, an order just placed, a campaign sent."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from tests.journeys.town import Town
from tests.looks.state import State

CUSTOMER = "liam.byrne@byrne.test"
NEWCOMER = "robin.falk@post.test"
BUYER = "freya.lindqvist@mail.test"
READER = "david.clarke@post.test"
CALLER = "toni.berg@mail.test"
PRODUCT = "nord-gooseneck-kettle"

# A place of the running site -> who can see it, on which page, and how its address looks there.
PLACES: dict[str, tuple[str, str, str]] = {
    "topic": ("visitor", "/help/articles/descale-your-machine", r"/help/topics/([\w-]+)"),
    "article": ("visitor", "/help", r"/help/articles/([\w-]+)"),
    "own_order": ("customer", "/account/orders", r"/account/orders/(\w+)"),
    "own_ticket": ("customer", "/account/tickets", r"/account/tickets/([0-9a-f-]{36})"),
    "own_paid_invoice": ("customer", "/account/invoices", r"/invoices/([\w-]+)(?=(?:(?!</li>).)*\bPaid\b)"),
    "own_open_invoice": ("customer", "/account/invoices", r"/invoices/([\w-]+)(?=(?:(?!</li>).)*\bOpen\b)"),
    "conversation": ("agent", "/desk/palette?q=Two+invoices", r"/desk/inbox/([0-9a-f-]{36})"),
    "chat_thread": ("agent", "/desk/inbox?view=open", r"/desk/inbox/([0-9a-f-]{36})(?=(?:(?!</a>).)*Does the Nord)"),
    "customer": ("agent", "/desk/customers?q=liam", r"/desk/customers/([0-9a-f-]{36})"),
    "segment": ("marketer", "/desk/segments", r"/desk/segments/([0-9a-f-]{36})"),
    "category": ("storekeeper", "/desk/store/categories", r"/desk/store/categories/([0-9a-f-]{36})"),
    "order": ("agent", "/desk/store/orders?status=delivered", r"/desk/store/orders/(\d+)"),
    "order_to_pack": ("agent", "/desk/store/orders?status=paid", r"/desk/store/orders/(\d+)"),
    "open_invoice": ("agent", "/desk/money?status=open", r"/desk/money/invoices/([\w-]+)"),
    "paid_invoice": ("agent", "/desk/money?status=paid", r"/desk/money/invoices/([\w-]+)"),
    "macro": ("owner", "/desk/macros", r"/desk/macros/([0-9a-f-]{36})"),
    "team": ("owner", "/desk/settings/teams", r"/desk/settings/teams/([0-9a-f-]{36})"),
    "desk_article": ("agent", "/desk/help", r"/desk/help/articles/([0-9a-f-]{36})"),
}  # fmt: skip
# A place that stands in a mail: to whom, its subject, and how its address looks.
MAILED = {
    "pay_link": (CUSTOMER, "Your order", r"/pay/([\w-]+)"),
    "order_link": (BUYER, "Your order", r"/orders/(\d+\?token=[\w.-]+)"),
}


@dataclass
class Stage:
    """Everybody's cookies, and the addresses of what they look at."""

    town: Town
    browser: Browser
    cookies: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def page(self, who: str) -> Page:
        context = self.browser.new_context(
            base_url=self.town.site, storage_state=self.cookies.get(who), locale="en-GB"
        )
        context.set_default_timeout(60_000)
        return context.new_page()

    def keep(self, who: str, page: Page) -> None:
        self.cookies[who] = page.context.storage_state()
        page.context.close()


def prepare(town: Town, browser: Browser, only: Collection[State] = ()) -> Stage:
    """Do once what the states need, or what `only` these need; raises when something is not as expected."""
    needed = {one.who for one in only} | {name for one in only for name in re.findall(r"\{(\w+)\}", one.path)}
    stage = Stage(town, browser, places={"product": PRODUCT, "customer_address": CUSTOMER})
    for role in ("owner", "agent", "marketer", "storekeeper"):
        _enter_desk(stage, role)
    for who, address in (("customer", CUSTOMER), ("newcomer", NEWCOMER)):
        _sign_in(stage, who, address)
    for act, made in ACTS.items():
        if not only or needed & made:
            act(stage)
    for name, (who, path, pattern) in PLACES.items():
        if not only or name in needed:
            stage.places[name] = _find(stage, who, path, pattern)
    for name, (address, subject, pattern) in MAILED.items():
        if not only or name in needed:
            stage.places[name] = town.newest_mail(address, subject, pattern)[0]
    newest = town.ask_sandbox(f"/api/mail?to={CUSTOMER}&limit=1")[0]
    stage.places["message"] = str(newest["id"])
    return stage


def _find(stage: Stage, who: str, path: str, pattern: str) -> str:
    page = stage.page(who)
    text = page.context.request.get(stage.town.site + path).text()
    page.context.close()
    found = re.search(pattern, text, re.DOTALL)
    assert found, f"nothing like {pattern} on {path}"
    return next(group for group in found.groups() if group)


def _enter_desk(stage: Stage, role: str) -> None:
    email, password = stage.town.logins[role]
    page = stage.page("nobody")
    page.goto("/desk/sign-in")
    page.locator("[name=email]").fill(email)
    page.locator("[name=password]").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/desk(?!/sign-in)"))
    stage.keep(role, page)


def _ask(stage: Stage, address: str) -> Page:
    page = stage.page("nobody")
    page.goto("/sign-in")
    page.locator("[name=email]").fill(address)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/sign-in/code"))
    return page


def _sign_in(stage: Stage, who: str, address: str) -> None:
    known = stage.town.ask_sandbox(f"/api/mail?to={address}&limit=1")
    page = _ask(stage, address)
    after = int(known[0]["id"]) if known else 0
    code = stage.town.newest_mail(address, "Sign in", r"\b(\d{3}) (\d{3})\b", after=after)
    page.locator("[name=code]").fill("".join(code))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/account"))
    stage.keep(who, page)


def _ask_for_code(stage: Stage) -> None:
    stage.keep("caller", _ask(stage, CALLER))
    link = stage.town.newest_mail(CALLER, "Sign in", r"/sign-in/link/([\w.-]+)")
    stage.places["sign_in_link"] = link[0]


def _put_in_cart(page: Page) -> None:
    for product in (PRODUCT, "dawn-blend"):
        page.goto(f"/p/{product}")
        page.get_by_role("button", name="Add to cart").first.click()
        page.locator("#cart-drawer:popover-open").wait_for()


def _fill_cart(stage: Stage) -> None:
    page = stage.page("nobody")
    _put_in_cart(page)
    stage.keep("shopper", page)


def _buy(stage: Stage) -> None:
    page = stage.page("nobody")
    _put_in_cart(page)
    page.goto("/checkout")
    for name, value in {
        "email": BUYER,
        "name": "Freya Lindqvist",
        "street": "Hafenstraße 4",
        "postcode": "20359",
        "city": "Hamburg",
    }.items():
        page.locator(f"#checkout [name={name}]").fill(value)
    page.get_by_role("button", name="Order and pay").click()
    page.wait_for_url(re.compile(re.escape(stage.town.sandbox) + "/checkout/"))
    stage.places["checkout"] = urlsplit(page.url).path.rsplit("/", 1)[-1]
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    page.get_by_role("button", name=re.compile("^Pay")).click()
    page.wait_for_url(re.compile(r"/orders/\w+/thanks"))
    here = urlsplit(page.url)
    stage.places["thanks"] = f"{here.path}?{here.query}"
    stage.keep("buyer", page)


def _chat(stage: Stage) -> None:
    page = stage.page("nobody")
    page.goto("/chat")
    page.locator("[name=name]").fill("Robin")
    page.locator("#chat-body").fill("Does the Nord kettle keep its temperature?")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("log").get_by_text("Does the Nord kettle").first.wait_for()
    stage.keep("chatter", page)


def _sell_out(stage: Stage) -> None:
    """Count a product that comes in one kind only down to none."""
    page = stage.page("storekeeper")
    page.goto("/desk/store")
    addresses = [
        link.get_attribute("href") or "" for link in page.locator("a[href*='/desk/store/products/']").all()
    ]
    alone = next(one for one in reversed(addresses) if addresses.count(one) == 1)
    page.goto(alone)
    page.locator("form[action*='/skus/'] [name=on_hand]").fill("0")
    page.locator("form[action*='/skus/'] button[type=submit]").click()
    page.wait_for_load_state()
    stage.places["sold_out"] = alone.rsplit("/", 1)[-1]
    stage.keep("storekeeper", page)


def _find_draft(stage: Stage) -> None:
    page = stage.page("marketer")
    page.goto("/desk/campaigns")
    stage.places["draft"] = _address(page, "Descale before winter")
    stage.keep("marketer", page)


def _launch(stage: Stage) -> None:
    """Send the winter letter; the other draft stays one."""
    page = stage.page("marketer")
    page.goto("/desk/campaigns")
    sent = _address(page, "Winter blend")
    page.goto(f"/desk/campaigns/{sent}/check")
    launch = page.get_by_role("button", name="Launch")
    if launch.count():
        launch.first.click()
        page.wait_for_load_state()
    stage.places["sent"] = sent
    for name, where in (("unsubscribe", "u"), ("preferences", "preferences")):
        found = stage.town.newest_mail(READER, "", rf"/{where}/([\w.-]+)", within=60)
        stage.places[name] = found[0]
    stage.keep("marketer", page)


def _connect(stage: Stage) -> None:
    """Have a program told what happens."""
    page = stage.page("owner")
    page.goto("/desk/settings/api")
    page.locator("[name=url]").first.fill("https://books.test/hooks")
    form = page.locator("form:has([name=url])").first
    form.locator("[name=name]").fill("The books")
    # Nobody listens there: told of every mail of a campaign, it would be called for the rest of the walk.
    form.locator("[name=which][value=some]").check(force=True)
    form.locator("summary").click()
    form.locator("[name=kinds][value='invoice.issued']").check(force=True)
    form.locator("button[type=submit]").click()
    page.wait_for_load_state()
    page.goto("/desk/settings/api")
    found = page.locator("a[href*='/desk/settings/api/endpoints/']").first.get_attribute("href") or ""
    stage.places["endpoint"] = found.rpartition("/")[2]
    stage.keep("owner", page)


def _address(page: Page, name: str) -> str:
    found = page.get_by_role("link", name=name).first.get_attribute("href") or ""
    match = re.search(r"/desk/campaigns/([0-9a-f-]{36})", found)
    assert match, f"no campaign {name!r}"
    return match[1]


def _open_letter(stage: Stage) -> None:
    """The newest e-mail thread at the desk, and a letter of it."""
    page = stage.page("agent")
    page.goto("/desk/inbox?view=open")
    page.locator("a.thread-item:has([data-kind=email])").first.click()
    href = page.locator(".letter-menu a[href$='/source']").first.get_attribute("href") or ""
    _desk, _inbox, thread, _messages, letter, _source = href.strip("/").split("/")
    stage.places |= {"letter_thread": thread, "letter": letter}
    page.context.close()


# What is done, in this order, and whose browser or which places it gives.
def _form_team(stage: Stage) -> None:
    page = stage.page("owner")
    page.goto("/desk/settings/teams")
    page.locator("[name=name]").fill("Billing")
    page.locator("[name=members]").first.check()
    page.locator("[name=addresses]").fill("billing@halden.test")
    page.get_by_role("button", name="Form the team").click()
    page.get_by_role("link", name="Change").wait_for()
    page.context.close()


def _write_as_ourselves(stage: Stage) -> None:
    """A mail that claims to be ours waits in quarantine."""
    page = stage.page("owner")
    note = {"filename": "invoice.html", "content_type": "text/html", "content": "PHA+UGF5LjwvcD4="}
    mail = {"from": "support@halden.test", "to": "support@halden.test", "subject": "Your mailbox is full"}
    written = {**mail, "text": "Sign in here.", "attachments": [note]}
    answer = page.context.request.post(f"{stage.town.sandbox}/api/mail/write", data=written)
    assert answer.status == 201, answer.text()
    page.goto("/desk/operations")
    found = page.get_by_role("link", name="Look").first.get_attribute("href") or ""
    stage.places["odd_mail"] = found.rpartition("/")[2]
    page.context.close()


ACTS: dict[Callable[[Stage], None], set[str]] = {
    _fill_cart: {"shopper"},
    _buy: {"buyer", "checkout", "thanks", "order_link"},
    _ask_for_code: {"caller", "sign_in_link"},
    _chat: {"chatter", "chat_thread"},
    _sell_out: {"sold_out"},
    _find_draft: {"draft"},
    _launch: {"sent", "unsubscribe", "preferences"},
    _connect: {"endpoint"},
    _form_team: {"team"},
    _open_letter: {"letter_thread", "letter"},
    _write_as_ourselves: {"odd_mail"},
}
