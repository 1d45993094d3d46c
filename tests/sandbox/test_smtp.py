"""The SMTP server on the wire: however the bytes are cut, and whatever is said out of turn."""

import itertools
import socket

import pytest

from tests.sandbox.conftest import World

TALK = (
    b"EHLO me\r\n"
    b"MAIL FROM:<> SIZE=10\r\nRCPT TO:<%(a)s>\r\nDATA\r\n"
    b"Subject: one\r\n\r\n..dot\r\n.\r\n"
    b"mail from: <x@y.example> BODY=8BITMIME\r\nrcpt to:<%(a)s>\r\nRCPT TO:<%(b)s>\r\ndata\r\n"
    b".\r\n"
    b"MAIL FROM:<x@y.example>\r\nRSET\r\nNOOP\r\nQUIT\r\n"
)


def converse(port: int, sent: bytes, cut: int) -> list[bytes]:
    """Everything that the server says to these bytes, sent `cut` at a time."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in itertools.batched(sent, cut, strict=False):
            wire.sendall(bytes(piece))
        wire.shutdown(socket.SHUT_WR)
        said = b"".join(iter(lambda: wire.recv(65536), b""))
    return said.split(b"\r\n")[:-1]


@pytest.mark.parametrize("cut", [1, 2, 3, 5, 7, 64, 100_000])
def test_mail_arrives_the_same_however_its_bytes_are_cut(world: World, cut: int) -> None:
    names = {b"a": b"a%d@wire.example" % cut, b"b": b"b%d@wire.example" % cut}
    replies = converse(world.sandbox.smtp_port, TALK % names, cut)
    codes = [int(reply[:3]) for reply in replies if reply[3:4] != b"-"]
    assert codes == [220, 250, 250, 250, 354, 250, 250, 250, 250, 354, 250, 250, 250, 250, 221]
    second, first = world.http.get("/api/mail", params={"to": f"a{cut}@wire.example"}).json()
    assert (first["mail_from"], first["subject"], first["text"]) == ("", "one", ".dot\r\n")
    assert (second["mail_from"], second["text"]) == ("x@y.example", "")
    assert second["rcpt_to"] == [f"a{cut}@wire.example", f"b{cut}@wire.example"]


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (b"DATA\r\n", [503]),
        (b"RCPT TO:<a@b.example>\r\n", [503]),
        (b"MAIL FROM:a@b\r\n", [501]),
        (b"MAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\nRCPT TO:<>\r\nDATA\r\n", [250, 503, 501, 503]),
        (b"VRFY root\r\n", [502]),
        (b"\xff\x00\r\n", [502]),
        (b"x" * 20_000, [500]),
    ],
)
def test_what_is_said_out_of_turn_is_refused(world: World, said: bytes, codes: list[int]) -> None:
    replies = converse(world.sandbox.smtp_port, said, 100_000)
    assert [int(reply[:3]) for reply in replies] == [220, *codes]


def test_half_a_mail_is_no_mail(world: World) -> None:
    half = b"MAIL FROM:<a@b>\r\nRCPT TO:<half@wire.example>\r\nDATA\r\nSubject: x\r\n\r\nx"
    converse(world.sandbox.smtp_port, half, 100_000)
    assert world.http.get("/api/mail", params={"to": "half@wire.example"}).json() == []
