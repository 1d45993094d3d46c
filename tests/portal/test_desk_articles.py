"""The desk's help centre: writing, publishing, languages, categories, and what readers made of it."""

import re
from html import unescape
from uuid import UUID

import pytest
from litestar import Litestar
from sqlalchemy import func, select

from core.database import Database
from core.staff import Role
from support import articles, demo
from support.models import Article, ArticleCategory, ArticleViews, ArticleVote
from tests.portal.conftest import Browser, browser, employed, links

CHROME = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/139.0 Safari/537.36"}


@pytest.fixture
async def centre(app: Litestar) -> Database:
    database: Database = app.state.database
    async with database.transaction() as session:
        await demo.load(session)
    return database


async def _one(database: Database, slug: str) -> Article:
    async with database.transaction() as session:
        article = await session.scalar(select(Article).where(Article.slug == slug))
        assert article is not None
        return article


async def _category(database: Database, slug: str) -> UUID:
    async with database.transaction() as session:
        found = await session.scalar(select(ArticleCategory.id).where(ArticleCategory.slug == slug))
        assert found is not None
        return found


def _form(article: Article, **changes: str) -> dict[str, object]:
    return {
        "title": article.title,
        "summary": article.summary,
        "body": article.body,
        "category": str(article.category_id),
        "language": "en",
        "seen_at": article.updated_at.isoformat(),
        "act": "save",
        **changes,
    }


async def test_the_list_tells_views_votes_and_why_it_did_not_help(
    client: Browser, agent_client: Browser, centre: Database
) -> None:
    async with centre.transaction() as session:
        for voter, reason in (("a", "unclear"), ("b", "unclear"), ("c", "wrong"), ("d", "")):
            await articles.vote(session, "warranty", voter, helpful=False, reason=reason)
        await articles.vote(session, "warranty", "e", helpful=True)
    for _time in range(3):
        assert (await client.get("/help/articles/warranty", headers=CHROME)).status_code == 200
    page = (await agent_client.get("/desk/help?category=returns")).text
    row = re.sub(r"<[^>]+>|\s+", " ", page[page.index("What the warranty covers") :].split("</tr>")[0])
    said = r"\b3\b.*1 yes, 4 no.*2 +I could not follow it.*1 +It is wrong or out of date.*1 +without"
    assert re.search(said, row)
    assert page.count("data-row ") == 8


async def test_machines_colleagues_and_thanks_are_not_readers(
    client: Browser, agent_client: Browser, centre: Database
) -> None:
    await client.get("/help/articles/warranty", headers={"user-agent": "Googlebot/2.1"})
    await client.get("/help/articles/warranty?voted=yes", headers=CHROME)
    await agent_client.get("/help/articles/warranty", headers=CHROME)
    async with centre.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(ArticleViews)) == 0


async def test_an_article_is_written_then_published_then_taken_back(
    client: Browser, agent_client: Browser, centre: Database
) -> None:
    category = await _category(centre, "machines")
    given = {"title": "Wo ist der Kaffee? Überall!", "body": "In **the** cup.\r\n", "category": str(category)}
    answer = await agent_client.submit("/desk/help/new", {**given, "language": "en", "act": "save"})
    assert answer.status_code == 303
    article = await _one(centre, "wo-ist-der-kaffee-uberall")
    assert answer.headers["location"] == f"/desk/help/articles/{article.id}"
    assert (article.body, article.published_at, article.position) == ("In **the** cup.", None, 20)
    here = f"/help/articles/{article.slug}"
    assert (await client.get(here)).status_code == 404

    assert (await agent_client.submit(f"/desk/help/articles/{article.id}/publish")).status_code == 303
    assert "In <strong>the</strong> cup." in (await client.get(here)).text
    assert article.title in (await client.get("/help/topics/machines")).text

    assert (await agent_client.submit(f"/desk/help/articles/{article.id}/unpublish")).status_code == 303
    assert (await client.get(here)).status_code == 404


async def test_two_articles_with_one_title_have_addresses_of_their_own(
    agent_client: Browser, centre: Database
) -> None:
    given = {"title": "Warranty", "body": "Yes.", "category": str(await _category(centre, "machines"))}
    for _time in range(2):
        assert (await agent_client.submit("/desk/help/new", given)).status_code == 303
    async with centre.transaction() as session:
        slugs = list(await session.scalars(select(Article.slug).where(Article.title == "Warranty")))
    assert sorted(slugs) == ["warranty-2", "warranty-3"]


async def test_what_is_saved_in_a_published_article_readers_see_once_it_is_published(
    client: Browser, agent_client: Browser, centre: Database
) -> None:
    article = await _one(centre, "warranty")
    here, read = f"/desk/help/articles/{article.id}", "/help/articles/warranty"
    before = (await client.get(read)).text
    changed = _form(article, body=article.body + "\n\nQuokkas are covered. <script>alert(1)</script>")
    assert (await agent_client.submit(here, changed)).status_code == 303
    told = (await agent_client.get(here)).text
    assert "Readers do not see the last changes yet" in told
    assert "<ins>Quokkas are covered. &lt;script&gt;alert(1)&lt;/script&gt;</ins>" in told
    assert "Quokkas are covered. &lt;script&gt;alert(1)&lt;/script&gt;</textarea>" in told
    assert told.count('<p class="faint">…</p>') == 1
    assert "unpublished changes" in (await agent_client.get("/desk/help")).text
    assert "Quokkas are covered." not in (await client.get(read)).text
    assert (await _one(centre, "warranty")).updated_at == article.updated_at
    answers = {"hx-request": "true", "hx-target": "help-answers"}
    asked = "/help?q=quokkas"
    assert "articles/warranty" not in (await client.get(asked, headers=answers)).text

    assert (await agent_client.submit(f"{here}/publish")).status_code == 303
    page = (await client.get(read)).text
    assert "Quokkas are covered." in page
    assert "Quokkas are covered." not in before
    assert "<script>alert" not in page
    assert "articles/warranty" in (await client.get(asked, headers=answers)).text
    assert "Readers do not see" not in (await agent_client.get(here)).text


async def test_changes_are_given_up_brought_back_and_none_when_written_back(
    client: Browser, agent_client: Browser, centre: Database
) -> None:
    article = await _one(centre, "warranty")
    here = f"/desk/help/articles/{article.id}"
    offices = await _category(centre, "machines")
    await agent_client.submit(here, _form(article, body="Ten years", category=str(offices)))
    gone = await agent_client.submit(f"{here}/discard")
    told = await agent_client.get(gone.headers["location"])
    assert ("The changes are discarded." in told.text, f"{here}/restore" in links(told)) == (True, True)
    assert (article.body in unescape(told.text), "Ten years" in told.text) == (True, False)
    assert (await agent_client.submit(f"{here}/restore")).status_code == 303
    assert "Ten years</textarea>" in (await agent_client.get(here)).text
    assert (await agent_client.submit(f"{here}/restore")).status_code == 409
    assert (await _one(centre, "warranty")).category_id == article.category_id
    # Written as it was, nothing waits to be published.
    kept = await _one(centre, "warranty")
    form = _form(article, seen_at=kept.changed_at.isoformat())
    assert (await agent_client.submit(here, form)).status_code == 303
    assert not (await _one(centre, "warranty")).pending
    # Published together with the place where it belongs; taken back, nothing is lost.
    await agent_client.submit(
        here, _form(article, body="Ten years", category=str(offices), seen_at="", act="publish")
    )
    assert "Ten years" in (await client.get("/help/articles/warranty")).text
    assert (await _one(centre, "warranty")).category_id == offices
    await agent_client.submit(here, _form(article, body="Twelve years", seen_at=""))
    await agent_client.submit(f"{here}/unpublish")
    assert (await _one(centre, "warranty")).body == "Twelve years"


async def test_a_preview_changes_nothing(agent_client: Browser, centre: Database) -> None:
    article = await _one(centre, "warranty")
    form = _form(article, body="Now **four** years", act="preview")
    whole = await agent_client.submit(f"/desk/help/articles/{article.id}", form)
    fragment = await agent_client.submit(
        f"/desk/help/articles/{article.id}", form, headers={"hx-request": "true", "hx-target": "preview"}
    )
    for answer in (whole, fragment):
        assert answer.status_code == 200
        assert "Now <strong>four</strong> years" in answer.text
    assert "<html" in whole.text
    assert "<html" not in fragment.text
    assert (await _one(centre, "warranty")).body == article.body


async def test_a_colleagues_change_is_never_written_over_unseen(
    agent_client: Browser, centre: Database
) -> None:
    article = await _one(centre, "warranty")
    here = f"/desk/help/articles/{article.id}"
    assert (await agent_client.submit(here, _form(article, body="Theirs"))).status_code == 303
    answer = await agent_client.submit(here, _form(article, body="Mine"))
    assert answer.status_code == 409
    assert "A colleague changed this article meanwhile" in answer.text
    assert "Mine</textarea>" in answer.text
    assert '<pre class="break">Theirs</pre>' in answer.text
    assert (await _one(centre, "warranty")).drafts["en"]["body"] == "Theirs"
    seen = re.search(r'name="seen_at" value="([^"]+)"', answer.text)
    assert seen is not None
    assert (await agent_client.submit(here, _form(article, body="Both", seen_at=seen[1]))).status_code == 303
    assert (await _one(centre, "warranty")).drafts["en"]["body"] == "Both"


async def test_a_translation_is_written_and_taken_away(
    client: Browser, agent_client: Browser, centre: Database
) -> None:
    article = await _one(centre, "warranty")
    here = f"/desk/help/articles/{article.id}"
    said = {
        "title": "Was die Garantie abdeckt",
        "summary": "",
        "body": "Zwei *Jahre*.",
        "language": "de",
        "act": "publish",
    }
    assert (await agent_client.submit(here, _form(article, **said))).status_code == 303
    german = {"accept-language": "de"}
    page = (await client.get("/help/articles/warranty", headers=german)).text
    assert "Zwei <em>Jahre</em>." in page
    assert "Zwei" not in (await client.get("/help/articles/warranty")).text
    assert "Zwei *Jahre*.</textarea>" in (await agent_client.get(f"{here}?language=de")).text

    article = await _one(centre, "warranty")
    gone = {"title": "", "summary": "", "body": "", "language": "de", "act": "publish"}
    assert (await agent_client.submit(here, _form(article, **gone))).status_code == 303
    assert "Zwei" not in (await client.get("/help/articles/warranty", headers=german)).text


async def test_an_article_without_words_or_place_is_refused_and_what_was_typed_stays(
    agent_client: Browser, centre: Database
) -> None:
    category = str(await _category(centre, "machines"))
    for given, sentence in (
        ({"title": "", "body": "Words kept", "category": category}, "Give it a title"),
        ({"title": "A" * 201, "body": "Words kept", "category": category}, "At most 200 characters."),
        ({"title": "A title", "body": "Words kept", "category": "nonsense"}, "Choose where it belongs."),
    ):
        answer = await agent_client.submit("/desk/help/new", given)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert "Words kept</textarea>" in answer.text
    async with centre.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Article)) == 30


async def test_readers_words_are_shown_as_words(agent_client: Browser, centre: Database) -> None:
    article = await _one(centre, "warranty")
    async with centre.transaction() as session:
        session.add(
            ArticleVote(article_id=article.id, voter="x", helpful=False, reason="other", comment="<b>no</b>")
        )
    page = (await agent_client.get(f"/desk/help/articles/{article.id}")).text
    assert "&lt;b&gt;no&lt;/b&gt;" in page


async def test_categories_are_added_named_ordered_and_removed_when_empty(
    client: Browser, agent_client: Browser, centre: Database
) -> None:
    here = "/desk/help/categories"
    assert (await agent_client.submit(here, {"name": "For offices"})).status_code == 303
    added = await _category(centre, "for-offices")
    given = {"name": "Offices", "position": "0", "de": "Büros"}
    assert (await agent_client.submit(f"{here}/{added}", given)).status_code == 303
    async with centre.transaction() as session:
        assert [one.slug for one in await articles.sections(session)][:2] == ["machines", "for-offices"]
    assert "Büros" in (await client.get("/help/topics/for-offices", headers={"accept-language": "de"})).text

    refused = await agent_client.submit(f"{here}/{await _category(centre, 'machines')}/remove")
    assert refused.status_code == 409
    assert "Move them to another one first." in refused.text
    assert (await agent_client.submit(f"{here}/{added}/remove")).status_code == 303
    assert (await agent_client.submit(here, {"name": ""})).status_code == 422
    async with centre.transaction() as session:
        assert [one.slug for one in await articles.sections(session)] == ["machines", "orders", "returns"]


async def test_only_agents_write_the_help_centre(app: Litestar, client: Browser, centre: Database) -> None:
    article = await _one(centre, "warranty")
    here = f"/desk/help/articles/{article.id}"
    assert (await client.get("/desk/help")).headers["location"].startswith("/desk/sign-in")
    async with browser(app, await employed(app, Role.MARKETER, Role.MERCHANDISER)) as other:
        assert (await other.get("/desk/help")).status_code == 403
        assert (await other.submit(f"{here}/unpublish")).status_code == 403
        assert (await other.submit(here, _form(article, body="Hacked"))).status_code == 403
    kept = await _one(centre, "warranty")
    assert (kept.body, kept.published_at) == (article.body, article.published_at)
