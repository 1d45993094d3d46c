import pytest
from sqlalchemy import func, select

from core.errors import Invalid, NotFound
from support import articles, demo
from support.models import Article, ArticleVote


async def test_the_help_centre_is_loaded_once(session):
    assert await demo.load(session) == 30
    assert await demo.load(session) == 0
    sections = await articles.sections(session)
    assert [section.slug for section in sections] == ["machines", "orders", "returns"]
    assert sum(len(section.articles) for section in sections) == 30
    assert (await articles.sections(session, "de"))[0].name == "Maschinen und Pflege"


@pytest.mark.parametrize(
    ("asked", "slug"),
    [
        ("descale", "descale-your-machine"),
        ("how do I descale my machine", "descale-your-machine"),
        ("desclae", "descale-your-machine"),
        ("waranty", "warranty"),
        ("where is my ordr", "where-is-my-order"),
        ("grind seting", "choose-a-grind-setting"),
        ("american express", "ways-to-pay"),
    ],
)
async def test_a_question_finds_its_article_with_typing_errors(session, asked, slug):
    await demo.load(session)
    assert (await articles.search(session, asked))[0].slug == slug


async def test_readers_find_and_read_in_their_language(session):
    await demo.load(session)
    found = await articles.search(session, "entkalken", "de")
    assert (found[0].slug, found[0].locale) == ("descale-your-machine", "de")
    page = await articles.published(session, "descale-your-machine", "de")
    assert page.title == "So entkalken Sie Ihre Espressomaschine"
    assert "<h2>Schritt für Schritt</h2>" in page.html
    (await session.scalar(select(Article).where(Article.slug == "warranty"))).translations = {}
    await session.flush()
    untranslated = await articles.published(session, "warranty", "hu")
    assert (untranslated.locale, untranslated.title) == ("en", "What the warranty covers")


async def test_nothing_asked_and_nonsense_find_nothing(session):
    await demo.load(session)
    assert await articles.search(session, " ") == []
    assert await articles.search(session, "\x00x") == []
    assert await articles.search(session, "qqqqzzzz") == []
    assert await articles.search(session, "'; DROP TABLE article; --") == []


async def test_what_is_not_published_is_not_found(session):
    await demo.load(session)
    article = await session.scalar(select(Article).where(Article.slug == "warranty"))
    article.published_at = None
    await session.flush()
    with pytest.raises(NotFound):
        await articles.published(session, "warranty")
    assert "warranty" not in [page.slug for page in await articles.search(session, "warranty")]


def test_markup_by_hand_is_shown_and_never_obeyed():
    html, plain = articles.render("Hi <script>alert(1)</script>\n\n[x](javascript:alert) **b** [y](/help)")
    assert "<script" not in html
    assert "javascript:" not in html.replace("(javascript:alert)", "")
    assert '<a href="/help"' in html
    assert plain.startswith("Hi ")


async def test_one_reader_has_one_vote_and_may_change_it(session):
    await demo.load(session)
    await articles.vote(session, "warranty", "reader", helpful=False, reason="unclear", comment="Which part?")
    await articles.vote(session, "warranty", "reader", helpful=True, reason="unclear")
    await articles.vote(session, "warranty", "another", helpful=True)
    votes = list(await session.scalars(select(ArticleVote).order_by(ArticleVote.voter)))
    assert [(vote.voter, vote.helpful, vote.reason) for vote in votes] == [
        ("another", True, ""),
        ("reader", True, ""),
    ]
    with pytest.raises(Invalid):
        await articles.vote(session, "warranty", "third", helpful=False, reason="nonsense")
    with pytest.raises(NotFound):
        await articles.vote(session, "nowhere", "third", helpful=True)
    assert await session.scalar(select(func.count()).select_from(ArticleVote)) == 2
