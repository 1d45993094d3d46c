"""The desk's help centre: what customers read, what they made of it, and where it is written."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.errors import Conflict, DomainError, Invalid
from core.rendering import LANGUAGES, current_locale
from core.rendering import gettext as _
from core.staff import Role
from portal.customer.help import reasons
from portal.desk.tickets import led
from portal.errors import status_of
from portal.forms import read_form
from portal.guards import staff
from portal.rendering import page
from support import articles, editing, readers

HERE = "/desk/help"
ONE = HERE + "/articles/{article_id:uuid}"
CATEGORY = HERE + "/categories/{category_id:uuid}"
WRITERS = staff(Role.AGENT)

Asked = Annotated[str, QueryParameter(max_length=200)]


class ArticleForm(msgspec.Struct):
    title: str = ""
    summary: str = ""
    body: str = ""
    category: str = ""
    language: str = "en"
    seen_at: str = ""
    act: str = "save"


class CategoryForm(msgspec.Struct):
    name: str = ""
    position: int = 0
    de: str = ""
    es: str = ""
    hu: str = ""
    pt: str = ""


def _reason_words() -> dict[str, str]:
    return {**dict(reasons()), "none": _("without a reason")}


def _uuid(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None


@get(HERE, guards=[WRITERS])
async def show_articles(database: NamedDependency[Database], category: Asked = "") -> Response[Any]:
    """Every article with its views, votes and why it did not help; `category` keeps to one."""
    async with database.transaction() as session:
        categories = await editing.categories(session)
        chosen = next((one for one, _held in categories if one.slug == category), None)
        listed = await readers.listing(session, chosen.id if chosen else None)
    context = {
        "listed": listed,
        "categories": categories,
        "chosen": chosen,
        "names": {one.id: one.name for one, _held in categories},
        "reason_words": _reason_words(),
        "languages": LANGUAGES,
    }
    return page("desk/articles.html", context)


async def _editor(
    session: AsyncSession,
    article_id: UUID | None,
    form: ArticleForm | None,
    *,
    language: str = "",
    error: DomainError | None = None,
    preview: bool = False,
    category: str = "",
    discarded: bool = False,
) -> Response[Any]:
    """The page to write on; `form` is what was typed already."""
    found = await readers.find(session, article_id) if article_id else None
    article = found.article if found else None
    written = language if language in LANGUAGES else article.locale if article else "en"
    kept = editing.words(article, written) if article else editing.NOTHING
    if form is None:
        place = str(article.drafts.get("category_id", article.category_id)) if article else category
        form = ArticleForm(kept.title, kept.summary, kept.body, place, written)
    context = {
        "article": article,
        "found": found,
        "typed": form,
        "written": written,
        "seen_at": article.changed_at.isoformat() if article else "",
        "differences": editing.differences(article, written) if article and written in article.drafts else [],
        "restore": f"{HERE}/articles/{article.id}/restore" if article and discarded else "",
        "category_options": [(str(one.id), one.name) for one, _held in await editing.categories(session)],
        "languages": LANGUAGES,
        "reason_words": _reason_words(),
        "comments": await readers.comments(session, article.id) if article else [],
        "message": error.message if error else "",
        "errors": error.fields if isinstance(error, Invalid) else {},
        "preview": articles.render(form.body)[0] if preview else None,
        "theirs": kept if isinstance(error, Conflict) else None,
        "action": f"{HERE}/articles/{article.id}" if article else f"{HERE}/new",
    }
    status = 200 if error is None else status_of(error)
    return page("desk/articles/editor.html", context, status_code=status)


@get(f"{HERE}/new", guards=[WRITERS])
async def show_new(database: NamedDependency[Database], category: Asked = "") -> Response[Any]:
    async with database.transaction() as session:
        return await _editor(session, None, None, category=category)


def _given(form: ArticleForm) -> editing.Written:
    return editing.Written(form.title, form.summary, form.body.replace("\r\n", "\n"))


@post(f"{HERE}/new", guards=[WRITERS], status_code=200)
async def begin_article(
    request: Request[Any, Any, Any], database: NamedDependency[Database]
) -> Response[Any]:
    """Keep a new article, or show what it would be (`act=preview`), or publish it too (`act=publish`)."""
    form = await read_form(request, ArticleForm)
    if form.act == "preview":
        return await _preview(request, database, None, form)
    try:
        category_id = _uuid(form.category)
        if category_id is None:
            raise Invalid(_("The article is not saved yet."), {"category": _("Choose where it belongs.")})
        async with database.transaction() as session:
            article = await editing.begin(session, category_id, _given(form), _language(form))
            if form.act == "publish":
                await editing.show(session, article.id)
    except (Invalid, Conflict) as error:
        async with database.transaction() as session:
            return await _editor(session, None, form, language=form.language, error=error)
    return Redirect(f"{HERE}/articles/{article.id}", status_code=303)


def _language(form: ArticleForm) -> str:
    return form.language if form.language in LANGUAGES else current_locale()


async def _preview(
    request: Request[Any, Any, Any], database: Database, article_id: UUID | None, form: ArticleForm
) -> Response[Any]:
    if request.headers.get("hx-target") == "preview":
        context = {"typed": form, "preview": articles.render(form.body)[0]}
        return page("desk/articles/_preview.html", context)
    async with database.transaction() as session:
        return await _editor(session, article_id, form, language=form.language, preview=True)


@get(ONE, guards=[WRITERS])
async def show_article(
    article_id: FromPath[UUID],
    database: NamedDependency[Database],
    language: Asked = "",
    discarded: Asked = "",
) -> Response[Any]:
    async with database.transaction() as session:
        return await _editor(session, article_id, None, language=language, discarded=bool(discarded))


@post(ONE, guards=[WRITERS], status_code=200)
async def save_article(
    request: Request[Any, Any, Any], article_id: FromPath[UUID], database: NamedDependency[Database]
) -> Response[Any]:
    """Keep what was written in one language; a colleague's change since then is never written over."""
    form = await read_form(request, ArticleForm)
    if form.act == "preview":
        return await _preview(request, database, article_id, form)
    try:
        language = _language(form)
        async with database.transaction() as session:
            await editing.save(
                session,
                article_id,
                language,
                _given(form),
                category_id=_uuid(form.category),
                seen_at=_instant(form.seen_at),
            )
            if form.act == "publish":
                await editing.show(session, article_id)
    except (Invalid, Conflict) as error:
        async with database.transaction() as session:
            return await _editor(session, article_id, form, language=form.language, error=error)
    return Redirect(f"{HERE}/articles/{article_id}?language={language}", status_code=303)


def _instant(written: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        return None
    return instant if instant.tzinfo else None


@post(f"{ONE}/publish", guards=[WRITERS])
async def publish_article(article_id: FromPath[UUID], database: NamedDependency[Database]) -> Redirect:
    async with database.transaction() as session:
        await editing.show(session, article_id)
    return Redirect(f"{HERE}/articles/{article_id}", status_code=303)


@post(f"{ONE}/discard", guards=[WRITERS])
async def discard_changes(article_id: FromPath[UUID], database: NamedDependency[Database]) -> Redirect:
    """Readers keep what they see; the next page offers to bring the changes back."""
    async with database.transaction() as session:
        await editing.discard(session, article_id)
    return Redirect(f"{HERE}/articles/{article_id}?discarded=1", status_code=303)


@post(f"{ONE}/restore", guards=[WRITERS])
async def restore_changes(
    request: Request[Any, Any, Any], article_id: FromPath[UUID], database: NamedDependency[Database]
) -> Response[Any]:
    async with database.transaction() as session:
        await editing.restore(session, article_id)
    return led(request, Redirect(f"{HERE}/articles/{article_id}", status_code=303))


@post(f"{ONE}/unpublish", guards=[WRITERS])
async def unpublish_article(article_id: FromPath[UUID], database: NamedDependency[Database]) -> Redirect:
    async with database.transaction() as session:
        await editing.hide(session, article_id)
    return Redirect(f"{HERE}/articles/{article_id}", status_code=303)


async def _categories(database: Database, error: DomainError | None = None, about: str = "") -> Response[Any]:
    async with database.transaction() as session:
        categories = await editing.categories(session)
    context = {
        "categories": categories,
        "other_languages": [(code, name) for code, name in LANGUAGES.items() if code != "en"],
        "message": error.message if error else "",
        "errors": error.fields if isinstance(error, Invalid) else {},
        "about": about,
    }
    status = 200 if error is None else status_of(error)
    return page("desk/articles/categories.html", context, status_code=status)


@get(f"{HERE}/categories", guards=[WRITERS])
async def show_categories(database: NamedDependency[Database]) -> Response[Any]:
    return await _categories(database)


@post(f"{HERE}/categories", guards=[WRITERS], status_code=200)
async def add_category(request: Request[Any, Any, Any], database: NamedDependency[Database]) -> Response[Any]:
    try:
        form = await read_form(request, CategoryForm)
        async with database.transaction() as session:
            await editing.add_category(session, form.name)
    except (Invalid, Conflict) as error:
        return await _categories(database, error, "new")
    return Redirect(f"{HERE}/categories", status_code=303)


@post(CATEGORY, guards=[WRITERS], status_code=200)
async def save_category(
    request: Request[Any, Any, Any], category_id: FromPath[UUID], database: NamedDependency[Database]
) -> Response[Any]:
    try:
        form = await read_form(request, CategoryForm)
        translations = {"de": form.de, "es": form.es, "hu": form.hu, "pt": form.pt}
        async with database.transaction() as session:
            await editing.save_category(session, category_id, form.name, translations, form.position)
    except Invalid as error:
        return await _categories(database, error, str(category_id))
    return Redirect(f"{HERE}/categories", status_code=303)


@post(f"{CATEGORY}/remove", guards=[WRITERS], status_code=200)
async def remove_category(category_id: FromPath[UUID], database: NamedDependency[Database]) -> Response[Any]:
    try:
        async with database.transaction() as session:
            await editing.remove_category(session, category_id)
    except Conflict as error:
        return await _categories(database, error, str(category_id))
    return Redirect(f"{HERE}/categories", status_code=303)


handlers = [
    show_articles, show_new, begin_article, show_article, save_article, publish_article, unpublish_article,
    discard_changes, restore_changes,
    show_categories, add_category, save_category, remove_category,
]  # fmt: skip
