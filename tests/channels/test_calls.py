"""A call of a webhook: signed as the specification says, and never into our own network."""

import socket
from datetime import UTC, datetime
from uuid import uuid4

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook

from channels import calls
from channels.adapters import webhook
from channels.addresses import is_public
from tests.channels.receiver import Door

PRIVATE = "Its address lies within a private network: nothing was sent."


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
        "ff02::1", "fec0::1", "2001:db8::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::10.0.0.1", "2002:0a00:0001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe",
    ],
)  # fmt: skip
def test_an_address_of_a_private_network_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "93.184.215.14",
        "2606:4700::1111",
        "::ffff:1.1.1.1",
        "64:ff9b::1.1.1.1",
        "2002:0101:0101::1",
    ],
)
def test_an_address_of_everybodys_internet_is_public(address):
    assert is_public(address)


def a_call(url: str) -> calls.Call:
    return calls.Call(uuid4(), uuid4(), url, [b"s" * 32], msgspec.json.encode({"type": "a"}), False)


@pytest.fixture
async def sender(settings):
    sender = webhook.Sender(settings)
    yield sender
    await sender.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:127.0.0.1]",
        "localhost",
    ],
)
async def test_a_private_address_is_never_called(sender, host):
    async with Door() as door:
        answer = await sender.send(a_call(f"https://{host}:{door.port}/hook"))
    assert (answer.status, answer.text, answer.error) == (None, "", PRIVATE)
    assert door.knocks == 0


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
async def test_an_odd_spelling_of_a_private_address_is_never_called(sender, host):
    async with Door() as door:
        answer = await sender.send(a_call(f"https://{host}:{door.port}/hook"))
    assert answer.status is None
    assert answer.error
    assert door.knocks == 0


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["::1"],
        ["::ffff:10.0.0.1"],
        ["169.254.169.254"],
        ["1.1.1.1", "127.0.0.1"],
    ],
)
async def test_a_name_that_leads_to_a_private_address_is_never_called(sender, monkeypatch, addresses):
    def resolved(host, port, *_arguments, **_options):
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    async with Door() as door:
        answer = await sender.send(a_call(f"https://hook.example.com:{door.port}/"))
    assert answer.error == PRIVATE
    assert door.knocks == 0


async def test_a_name_that_changes_its_mind_is_stopped_at_the_socket(sender, monkeypatch):
    # Whatever the resolver let through: what counts is where the connection goes.
    async def fooled(self, host, port=0, family=socket.AF_INET):
        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": port,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
        ]

    monkeypatch.setattr(webhook._Public, "resolve", fooled)
    async with Door() as door:
        answer = await sender.send(a_call(f"https://hook.example.com:{door.port}/"))
    assert answer.error == PRIVATE
    assert door.knocks == 0


async def test_plain_http_is_not_spoken_outside_a_demo(sender):
    answer = await sender.send(a_call("http://example.com/hook"))
    assert (answer.status, answer.error) == (None, "Its address is not one that begins with https://.")


def test_the_signature_is_that_of_the_specification():
    at = datetime(2021, 2, 25, 17, 35, 20, tzinfo=UTC)
    call = calls.Call(uuid4(), uuid4(), "https://example.com", [b"k" * 32], b'{"test": 2432232314}', False)
    headers = webhook.headers(call, at)
    assert headers["webhook-timestamp"] == str(int(at.timestamp()))
    assert headers["webhook-signature"] == Webhook(b"k" * 32).sign(
        str(call.delivery_id), at, '{"test": 2432232314}'
    )
