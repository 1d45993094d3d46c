"""A name server may say anything: it proves nothing, costs little, and brings nothing down."""

import time
from collections.abc import Callable, Iterator

import dns.flags
import dns.message
import dns.rrset
import pytest

from channels.adapters.email import checking
from channels.adapters.email.resolving import Asker
from core.settings import settings as read_settings
from tests.channels import nameserver
from tests.channels.nameserver import Server
from tests.channels.test_checking import record, signed

Message = dns.message.Message


def answered(query: Message, *records: tuple[str, str]) -> Message:
    answer = dns.message.make_response(query)
    name = query.question[0].name
    for kind, said in records:
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, said))
    return answer


def cut(query: Message) -> bytes:
    answer = answered(query, ("TXT", record()))
    answer.flags |= dns.flags.TC  # "ask me by TCP", where nobody listens
    return answer.to_wire()


def of_another(query: Message) -> bytes:
    answer = dns.message.make_response(query)
    answer.answer.append(dns.rrset.from_text("s1._domainkey.evil.test.", 60, "IN", "TXT", record()))
    return answer.to_wire()


HOSTILE: dict[str, Callable[[Message], bytes]] = {
    "an alias of itself": lambda query: answered(
        query, ("CNAME", query.question[0].name.to_text())
    ).to_wire(),
    "another name": of_another,
    "cut short": cut,
    "junk as a key": lambda query: answered(query, ("TXT", r'"\255\000\254v=DKIM1; p=\000\001"')).to_wire(),
    "a key of everything": lambda query: answered(
        query, ("TXT", " ".join(['"' + "p=AAAA;" * 30 + '"'] * 50))
    ).to_wire(),
    "a huge key": lambda query: answered(
        query, ("TXT", " ".join(['"v=DKIM1; p=' + "A" * 200 + '"'] * 150))
    ).to_wire(),
    "a thousand keys": lambda query: answered(
        query, *[("TXT", f'"{number}"') for number in range(1_000)]
    ).to_wire(),
}


@pytest.fixture
def server() -> Iterator[Server]:
    with nameserver.serving() as server:
        yield server


@pytest.mark.parametrize("says", HOSTILE.values(), ids=HOSTILE)
async def test_an_answer_that_makes_no_sense_proves_nothing_and_costs_little(
    server: Server, says: Callable[[Message], bytes]
) -> None:
    server.says = says
    began = time.monotonic()
    said = await checking.find_out(signed(), read_settings(), Asker("127.0.0.1", server.port))
    assert said.removeprefix("halden.test; ") in (
        "dkim=fail header.d=example.test",
        "dkim=temperror header.d=example.test",
    )
    assert time.monotonic() - began < checking.PATIENCE + 5
    assert 0 < len(server.asked) <= 20
