"""Macros: saved answers, with what is known put in as plain text."""

from uuid import uuid4

import pytest
from sqlalchemy import func, select

from core.errors import Invalid, NotFound
from support import macros
from support.models import Macro


def test_variables_are_put_in_and_what_is_missing_takes_the_words_after_its_bar():
    body = "Hello {{ customer.first_name | there }}, ticket {{ticket.number}}.{{ agent.name }}"
    assert macros.fill(body, {"customer.first_name": "Ana", "ticket.number": "1001"}) == (
        "Hello Ana, ticket 1001."
    )
    assert macros.fill(body, {"customer.first_name": "", "agent.name": "Mira"}) == (
        "Hello there, ticket .Mira"
    )


def test_what_a_customer_is_called_is_never_read_as_a_macro():
    known = {"customer.name": "{{ agent.name }} <b>{% x %}", "agent.name": "Mira"}
    assert macros.fill("Dear {{ customer.name }}", known) == "Dear {{ agent.name }} <b>{% x %}"


async def test_macros_are_written_changed_put_away_and_brought_back(session):
    macro = await macros.save(session, "  Thanks   and close ", "Thank you, {{ customer.name }}!")
    await macros.save(session, "Delivery", "It left.")
    assert [one.name for one in await macros.everything(session)] == ["Delivery", "Thanks and close"]
    await macros.save(session, "Thanks", "Thank you!", macro.id)
    await macros.remove(session, macro.id)
    assert [one.name for one in await macros.everything(session)] == ["Delivery"]
    await macros.restore(session, macro.id)
    assert [one.body for one in await macros.everything(session)] == ["It left.", "Thank you!"]


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("", "Words", "name"),
        ("DELIVERY", "Words", "name"),
        ("x" * 81, "Words", "name"),
        ("New", "  ", "body"),
        ("New", "x" * 5001, "body"),
        ("New", "Hello {{ customer.secret }}", "body"),
        ("New", "Hello {{ settings.secret_key | x }}", "body"),
    ],
)
async def test_a_macro_that_cannot_be_is_refused_and_nothing_is_kept(session, name, body, field):
    await macros.save(session, "Delivery", "It left.")
    with pytest.raises(Invalid) as refused:
        await macros.save(session, name, body)
    assert list(refused.value.fields) == [field]
    assert await session.scalar(select(func.count()).select_from(Macro)) == 1


async def test_a_removed_macro_whose_name_was_given_away_stays_away(session):
    macro = await macros.save(session, "Delivery", "It left.")
    await macros.remove(session, macro.id)
    await macros.save(session, "Delivery", "It left today.")
    with pytest.raises(Invalid):
        await macros.restore(session, macro.id)
    assert [one.body for one in await macros.everything(session)] == ["It left today."]


async def test_a_macro_that_is_not_there_is_not_found(session):
    with pytest.raises(NotFound):
        await macros.save(session, "Name", "Words", uuid4())
