from support import search
from tests.support import talk


async def test_what_was_said_is_found_by_the_beginnings_of_its_words_the_newest_first(session):
    first = await talk.begin(session, await talk.customer(session), subject="Kettle")
    await talk.say(session, first, "The descaling light <b>stays</b> on, serial FD-77120-B")
    other = await talk.begin(session, await talk.customer(session, "ben@example.com", "Ben"), subject="Light")
    await talk.say(session, other, "I descaled it twice: write to ben.other@example.com", minutes=9)
    found = await search.said(session, "desc light")
    assert [(one.customer, one.subject) for one in found] == [("Ben", "Light"), ("Ana Lopes", "Kettle")]
    assert f"{search.BEGIN}descaling{search.END}" in found[1].said
    for query, who in (
        ("FD-77120-B", "Ana Lopes"),
        ("ben.other@example.com", "Ben"),
        ("kettle", "Ana Lopes"),
    ):
        assert [one.customer for one in await search.said(session, query)] == [who], query
    for query in ("", "x", "zzzz", "' OR 1=1", "!!", ":*", "a & | b"):
        assert await search.said(session, query) == [], query
