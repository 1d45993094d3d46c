"""The customer's side in five languages: everything said is translated, and each page speaks one language."""

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from litestar import Litestar
from sqlalchemy import select

from channels import outbox
from channels.models import Message as Letter
from core.database import Database
from core.errors import Conflict, DomainError
from core.rendering import LANGUAGES, LOCALES, gettext, ngettext, speaking
from core.settings import Settings
from core.words import worded
from customers import identities, profile
from estore import demo, demo_products, demo_translations, emails, orders
from estore.models import Order
from portal.locales.extraction import DESK, ERRORS
from support import demo as help_centre
from support import demo_articles
from support import demo_translations as article_translations
from tests.portal.conftest import Browser, browser, signed_in

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "customers", "channels", "campaigns", "estore", "support", "portal")
TRANSLATED = [language for language in LANGUAGES if language != "en"]
PLACEHOLDER = re.compile(r"%\((\w+)\)s|%%")


@pytest.fixture(scope="session")
def said(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What our sources say to people just now, collected as `make messages` does."""
    template = tmp_path_factory.mktemp("messages") / "messages.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "--add-location=file"]
    mapping = "--mapping-file=portal/locales/babel.cfg"
    subprocess.run([*command, mapping, f"--output-file={template}", *PACKAGES], cwd=ROOT, check=True)
    with template.open("rb") as file:
        return read_po(file)


def for_customers(catalog: Catalog) -> Iterator[Message]:
    for message in catalog:
        if message.id and any(not path.startswith(DESK) for path, _line in message.locations):
            yield message


def forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [text or ""] if text is None or isinstance(text, str) else list(text)


def placeholders(text: str) -> list[str]:
    return sorted(found.group() for found in PLACEHOLDER.finditer(text))


@cache
def spoken(language: str) -> Catalog:
    with (LOCALES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", TRANSLATED)
def test_everything_a_customer_may_read_is_translated(language: str, said: Catalog):
    catalog = spoken(language)
    missing = []
    for message in for_customers(said):
        found = catalog.get(forms(message.id)[0])
        if found is None or not all(forms(found.string)) or found.fuzzy:
            missing.append(forms(message.id)[0])
    assert missing == [], f"run `make messages`, then translate these in portal/locales/{language}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_keep_their_placeholders(language: str):
    wrong = []
    for message in spoken(language):
        originals = [placeholders(form) for form in forms(message.id)]
        for form in forms(message.string or ""):
            if message.id and form and placeholders(form) not in originals:
                wrong.append((forms(message.id)[0], form))
            # What is left of a sentence without its placeholders must not be taken for another one.
            if message.python_format and form and "%" in PLACEHOLDER.sub("", form):
                wrong.append((forms(message.id)[0], form))
    assert wrong == []


def test_what_is_collected_does_not_lag_behind_the_sources(said: Catalog):
    with (LOCALES / "messages.pot").open("rb") as file:
        kept = read_po(file)
    new = {str(message.id) for message in for_customers(said)} - {str(message.id) for message in kept}
    assert new == set(), "run `make messages`"


def test_the_sentences_of_every_kind_of_error_are_collected():
    kinds = [DomainError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert {kind.__name__ for kind in kinds if not kind.__module__.startswith("tests.")} <= ERRORS


def test_plurals_follow_the_language():
    with speaking("de"):
        one, two = (ngettext("%(num)s product", "%(num)s products", n) % {"num": n} for n in (1, 2))
    assert (one, two) == ("1 Produkt", "2 Produkte")
    with speaking("hu"):
        assert ngettext("%(num)s product", "%(num)s products", 2) % {"num": 2} == "2 termék"


def test_an_error_with_values_in_it_is_translated_and_the_empty_message_stays_empty():
    error = Conflict(worded("Enter a number from 0 to %(most)s.", most=99))
    assert error.message == "Enter a number from 0 to 99."
    with speaking("es"):
        assert gettext(error.message) == "Escribe un número del 0 al 99."
        assert gettext("") == ""


@pytest.fixture
async def shop(app: Litestar) -> Database:
    database: Database = app.state.database
    async with database.transaction() as session:
        await demo.load(session)
        await help_centre.load(session)
    app.state.shell.read_at = float("-inf")  # read before the shop had categories
    return database


# What must stand on each page, and English that must not.
HOME = {
    "de": ("Kaffeemaschinen, die repariert werden statt ersetzt.", "Espressomaschinen"),
    "es": ("Cafeteras que se reparan, no se sustituyen.", "Máquinas de espresso"),
    "hu": ("Kávégépek, amelyeket megjavítunk, nem lecserélünk.", "Eszpresszógépek"),
    "pt": ("Máquinas de café que se reparam, não se substituem.", "Máquinas de café expresso"),
}
WORDS = {
    "de": ("In den Warenkorb", "Zahlungspflichtig bestellen", "Wie können wir helfen?", "Code zuschicken"),
    "es": (
        "Añadir a la cesta",
        "Pedir con obligación de pago",
        "¿Cómo podemos ayudarte?",
        "Envíame un código",
    ),
    "hu": ("Kosárba", "Megrendelés fizetési kötelezettséggel", "Miben segíthetünk?", "Kód küldése"),
    "pt": (
        "Adicionar ao cesto",
        "Encomendar com obrigação de pagar",
        "Como podemos ajudar?",
        "Enviar-me um código",
    ),
}
ENGLISH = (
    "Sign in", "Your account", "Search the store", "All prices include VAT", "Espresso machines", "Add to cart",
    "Order and pay", "Standard delivery", "With you in", "Bank transfer", "How can we help", "Send me a code",
    "Questions and answers", "repaired, not replaced", "and people who repair them", "Machines and care",
    "Dual boiler", "Two boilers", "Colour", "Black", "In stock", "Specification", "Warranty", "Terms of sale",
)  # fmt: skip


def words_of(page: str) -> str:
    """What is read or heard of a page: its text, and the attributes that are said."""
    said = re.findall(r'(?:aria-label|placeholder|alt|title)="([^"]*)"', page)
    return " ".join(
        [re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style|svg).*?</\1>", "", page, flags=re.DOTALL)), *said]
    )


@pytest.mark.parametrize("language", TRANSLATED)
async def test_pages_speak_one_language(language: str, shop: Database, client: Browser):
    client.headers["accept-language"] = f"{language}-XX,{language};q=0.9,en;q=0.1"
    await client.submit("/cart/add", {"slug": "aurora-espresso-machine", "sku": "AUR-BK"})
    headline, category = HOME[language]
    expected = dict(
        zip(("/p/aurora-espresso-machine", "/checkout", "/help", "/sign-in"), WORDS[language], strict=True)
    )
    for path, sentence in {"/": headline, **expected}.items():
        page = await client.get(path)
        assert page.status_code == 200, path
        assert f'<html lang="{language}"' in page.text
        read = words_of(page.text)
        assert sentence in read
        assert path == "/sign-in" or category in read
        assert [word for word in ENGLISH if word in read] == [], path


async def test_the_browsers_language_counts_until_another_is_chosen(shop: Database, client: Browser):
    german = {"accept-language": "fr, de;q=0.8, en;q=0.5"}
    assert '<html lang="de"' in (await client.get("/", headers=german)).text
    assert '<html lang="en"' in (await client.get("/", headers={"accept-language": "fi"})).text
    chosen = await client.submit("/language", {"language": "hu", "next": "/help"}, headers=german)
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/help")
    assert '<html lang="hu"' in (await client.get("/", headers=german)).text
    await client.submit("/language", {"language": "tlh"}, headers=german)
    assert '<html lang="hu"' in (await client.get("/", headers=german)).text


async def test_the_desk_is_english_whatever_the_browser_asks_for(agent_client: Browser):
    page = await agent_client.get("/desk/inbox", headers={"accept-language": "de"})
    assert page.status_code == 200
    assert '<html lang="en"' in page.text


async def test_a_mistake_is_explained_in_the_readers_language(shop: Database, client: Browser):
    client.headers["accept-language"] = "pt"
    await client.submit("/cart/add", {"slug": "dawn-blend", "sku": "DAW-250"})
    answer = await client.submit("/checkout", {"email": "nobody", "payment": "card", "shipping": "standard"})
    assert answer.status_code == 422
    assert "Introduza o código postal." in answer.text
    assert "Introduza um endereço como name@example.com" in answer.text
    lost = await client.get("/p/never-sold")
    assert "Já não vendemos isso, ou nunca vendemos." in lost.text


async def test_the_confirmation_is_written_in_the_customers_language(
    settings: Settings, shop: Database, client: Browser
):
    client.headers["accept-language"] = "es"
    filled = {
        "email": "ana@example.com", "name": "Ana Ruiz", "street": "Calle 1", "postcode": "28001",
        "city": "Madrid", "country": "ES", "shipping": "europe", "payment": "bank_transfer",
    }  # fmt: skip
    await client.submit("/cart/add", {"slug": "aurora-espresso-machine", "sku": "AUR-BK"})
    answer = await client.submit("/checkout", filled)
    assert answer.status_code == 303, answer.text
    async with shop.transaction() as session:
        order = await session.scalar(select(Order))
        assert order is not None
        assert order.locale == "es"
        lines = await orders.lines(session, order.id)
        # Colleagues at work in another language change nothing about it.
        with speaking("en"):
            paper = outbox.File(filename="factura.pdf", content_type="application/pdf", content=b"%PDF-1.7")
            await emails.confirm(session, settings, order.id, paper)
        letter = await session.scalar(select(Letter).where(Letter.source_kind == "order"))
    assert lines[0].detail == demo_translations.OPTIONS["es"]["Black"]
    assert order.shipping_name == demo_translations.SHIPPING["europe"]["es"]["name"]
    assert letter is not None
    assert letter.subject == f"Tu pedido {order.number}"
    assert "gracias: tenemos tu pedido" in letter.text
    assert 'lang="es"' in (letter.html or "")
    assert [word for word in ("thank you", "Total, VAT", "Delivery", "Black") if word in letter.text] == []


async def test_a_sign_in_mail_speaks_the_language_it_was_asked_in(app: Litestar, client: Browser):
    await client.submit("/sign-in", {"email": "eva@example.com"}, headers={"accept-language": "hu"})
    database: Database = app.state.database
    async with database.transaction() as session:
        letter = await session.scalar(select(Letter).where(Letter.source_kind == "sign_in"))
    assert letter is not None
    assert letter.subject.startswith("Bejelentkezés:")
    assert "Tisztelt Ügyfelünk!" in letter.text


async def test_the_account_keeps_the_language_that_was_set_in_it(app: Litestar):
    database: Database = app.state.database
    async with database.transaction() as session:
        customer_id = await identities.resolve(
            session, identities.email("eva@example.com"), proven=True, name="Eva", source="test"
        )
    async with browser(app, await signed_in(app, customer_id=customer_id)) as client:
        await client.submit("/account/profile", {"name": "Eva", "language": "hu"})
        page = await client.get("/account")
        assert '<html lang="hu"' in page.text
        assert "Üdvözöljük, Eva!" in page.text
    async with database.transaction() as session:
        assert (await profile.show(session, customer_id)).locale == "hu"


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_whole_demo_catalogue_is_translated(language: str):
    for row in [*demo_products.CATEGORIES, *demo_products.PRODUCTS]:
        said = demo_translations.of(row)[language]
        assert said["name"], row["slug"]
        assert said["description"], row["slug"]
        if "skus" in row:
            assert said["tagline"], row["slug"]
            values = {str(value) for sku in row["skus"] for value in sku[1].values()}
            assert values <= said["options"].keys(), row["slug"]
            assert len(said["specification"]) == len(row["specification"]), row["slug"]


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_whole_demo_help_centre_is_translated(language: str):
    for category in demo_articles.CATEGORIES:
        assert category["translations"][language]["name"], category["slug"]
    for article in demo_articles.ARTICLES:
        said = article.get("translations", {}) | article_translations.of(article["slug"])
        assert all(said[language][part] for part in ("title", "summary", "body")), article["slug"]
        # The same links, so that nobody is led elsewhere.
        assert set(re.findall(r"\]\(([^)]+)\)", said[language]["body"])) <= set(
            re.findall(r"\]\(([^)]+)\)", article["body"])
        ), article["slug"]
