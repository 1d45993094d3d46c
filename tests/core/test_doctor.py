"""`throughline doctor` names what is wrong with an installation, and how to mend it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy import text

from core import heartbeats
from core.clock import now
from core.database import Database
from core.heartbeats import Heart
from core.jobs import JobRow, enqueue
from core.launcher import installation, surroundings
from core.launcher.configuration import about_settings
from core.launcher.files import about_files, about_links
from core.launcher.findings import Finding
from core.launcher.surroundings import about_surroundings
from core.settings import Settings
from core.staff import Role, hire
from core.webhooks import ProcessWebhook
from tests.core.commands import throughline
from tests.core.scanner import running_scanner

if TYPE_CHECKING:
    from tests.conftest import Servers

WELL_SET = {
    "environment": "production",
    "company_name": "Example Roasters",
    "secret_key": SecretStr("9fJx-2mQ7vLw_Zr5tYb8NcKd3Hs6Pa1Ue4Go0Ii"),
    "public_url": "https://shop.example.com",
    "trusted_proxies": "172.30.31.0/24",
    "mail_domain": "example.com",
    "trusted_authserv_id": "mx.example.com",
    "stripe_api_key": SecretStr("sk_live_abc"),
    "stripe_webhook_secret": SecretStr("whsec_abc"),
    "stripe_api_base": None,
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": SecretStr("t" * 32),
    "twilio_api_base": None,
    "twilio_number": "+4989123456",
}


def altered(settings: Settings, **changes: object) -> Settings:
    return settings.model_copy(update={**WELL_SET, **changes})


def not_well(findings: list[Finding]) -> dict[str, str]:
    """Level by what, of everything that should be mended; each says how."""
    found = [finding for finding in findings if finding.level != "ok"]
    assert all(finding.mend for finding in found)
    return {finding.what: finding.level for finding in found}


def test_a_well_set_installation_has_nothing_to_mend(settings: Settings) -> None:
    assert not_well(list(about_settings(altered(settings)))) == {}


# Every setting that can be wrong in a way that is seen by looking: how, and what it is called then.
OFF: dict[str, list[tuple[object, dict[str, str]]]] = {
    "secret_key": [
        (SecretStr("k" * 40), {"Secret key": "fail"}),
        (SecretStr("change-me-" + "abcdefghijklmnopqrstuvwxyz"), {"Secret key": "fail"}),
    ],
    "environment": [("embedded", {"Environment": "warn"})],
    "public_url": [
        ("http://shop.example.com", {"Public address": "fail"}),
        ("https://shop.example.com/", {"Public address": "fail"}),
        ("https://shop.localhost", {"Public address": "fail"}),
        ("https://10.1.2.3:8443", {"Public address": "fail"}),
    ],
    "trusted_proxies": [("", {"TLS front": "warn"}), ("0.0.0.0/0", {"TLS front": "fail"})],
    "host": [("203.0.113.7", {"Addresses": "fail"}), ("not an address", {"Addresses": "fail"})],
    "smtp_host": [("203.0.113.7", {"Addresses": "fail"})],
    "metrics_host": [("203.0.113.7", {"Addresses": "fail"})],
    "port": [(2525, {"Ports": "fail"})],
    "smtp_port": [(8000, {"Ports": "fail"})],
    "lmtp_port": [(8000, {"Ports": "fail"})],
    "metrics_port": [(7999, {"Ports": "fail"}), (2522, {"Ports": "fail"})],
    "broker_url": [
        (None, {"Broker": "warn"}),
        ("redis://127.0.0.1", {"Broker": "warn"}),
        ("amqp://guest@rabbit/", {"Broker": "fail"}),
    ],
    "company_name": [("Halden Coffee Works", {"Company": "warn"}), (" ", {"Company": "warn"})],
    "currency": [("EURO", {"Currency": "fail"})],
    "country": [("XX", {"Country": "fail"}), ("150", {"Country": "fail"})],
    "mail_domain": [("halden.test", {"Sender domain": "fail"}), ("shop", {"Sender domain": "fail"})],
    "smtp_relay_username": [("shop", {"Mail log-in": "fail"})],
    "smtp_relay_password": [(SecretStr("hush"), {"Mail log-in": "fail"})],
    "smtp_spare_relays": [
        (SecretStr("hush"), {"Spare mail servers": "fail"}),
        (SecretStr("smtp://shop:hush@mx.example.com"), {"Spare mail servers": "fail"}),
    ],
    "stripe_api_key": [
        (SecretStr("pk_live_abc"), {"Stripe": "fail"}),
        (SecretStr("sk_test_abc"), {"Stripe": "warn"}),
    ],
    "stripe_webhook_secret": [(SecretStr("abc"), {"Stripe": "fail"})],
    "stripe_api_base": [("http://127.0.0.1:9", {"Stripe": "warn"})],
    "api_rate": [("often", {"API and webhooks": "fail"})],
    "webhooks_to_private": [(True, {"API and webhooks": "warn"})],
    "twilio_account_sid": [("AC0", {"Twilio": "fail"})],
    "twilio_auth_token": [(SecretStr("short"), {"Twilio": "fail"})],
    "twilio_api_base": [("http://127.0.0.1:9", {"Twilio": "warn"})],
    "files_url": [
        ("https://shop.example.com", {"Downloads": "fail"}),
        ("http://files.example.net", {"Downloads": "fail"}),
    ],
    "s3_access_key_id": [("AKIA", {"File storage": "fail"})],
    "s3_secret_access_key": [(SecretStr("x"), {"File storage": "fail"})],
    "twilio_number": [("+4930555010", {"Twilio": "warn"}), ("030 555010", {"Twilio": "fail"})],
}
# What is found out by asking (see below), refused before anything starts, or of `make run` only.
OTHERWISE = {
    "database_url", "redis_url", "smtp_relay_host", "smtp_relay_port", "smtp_relay_security",
    "time_zone", "opening_hours", "public_holidays", "closed_on", "imap_accounts", "dkim_keys",
    "home", "sandbox_port", "mailgun_signing_key", "sendgrid_public_key", "kept_pages", "trusted_authserv_id",
    "trusted_relays", "check_signatures", "name_server",
    "file_storage", "s3_endpoint", "s3_region", "clamd",
}  # fmt: skip


def looked_at(settings: Settings, environment: dict[str, str] | None = None) -> dict[str, str]:
    looked_at = (
        about_settings(settings),
        about_surroundings(settings, environment or {}),
        about_links(settings),
    )
    return not_well([finding for some in looked_at for finding in some])


@pytest.mark.parametrize(
    ("trusted", "checked", "level"),
    [
        ("mx.example.com", True, "ok"),
        ("mx.example.com", False, "ok"),
        (None, True, "ok"),
        (None, False, "warn"),
    ],
)
def test_somebody_must_check_senders(
    settings: Settings, trusted: str | None, checked: bool, level: str
) -> None:
    changed = altered(settings, trusted_authserv_id=trusted, check_signatures=checked)
    assert {each.what: each.level for each in about_settings(changed)}["Checked senders"] == level


def test_every_setting_is_looked_at() -> None:
    assert set(Settings.model_fields) - OFF.keys() - OTHERWISE == set()
    assert not OFF.keys() & OTHERWISE


@pytest.mark.parametrize(("name", "value", "expected"), [(name, *each) for name in OFF for each in OFF[name]])
def test_each_setting_that_is_off_is_named(
    settings: Settings, name: str, value: object, expected: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surroundings, "find_spec", lambda name: None)
    redis = {"redis_url": "redis://127.0.0.1:6379/0", "broker_url": "redis://127.0.0.1:6379/1"}
    assert looked_at(altered(settings, **{**redis, name: value})) == expected


def test_a_password_that_could_be_read_on_its_way_is_named(settings: Settings) -> None:
    far = {
        "smtp_relay_host": "smtp.example.com",
        "smtp_relay_username": "shop",
        "smtp_relay_password": SecretStr("x"),
    }
    assert looked_at(altered(settings, **far)) == {"Mail log-in": "fail"}
    assert looked_at(altered(settings, **far, smtp_relay_security="starttls")) == {}


def test_figures_for_everybody_are_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = altered(settings, metrics_port=9464, metrics_host="0.0.0.0")
    monkeypatch.setattr(surroundings, "_outgoing", lambda: ip_address("172.30.31.4"))
    assert looked_at(chosen) == {}
    monkeypatch.setattr(surroundings, "_outgoing", lambda: ip_address("93.184.215.14"))
    assert looked_at(chosen) == {"Figures": "fail"}


def test_a_variable_that_nobody_reads_is_named_with_what_was_meant(settings: Settings) -> None:
    given = {"THROUGHLINE_SMTP_RELAY_USER": "shop", "THROUGHLINE_PYTHON": "python3.13", "PATH": "/bin"}
    assert looked_at(altered(settings), given) == {"Spelling": "warn"}
    told = next(each for each in about_surroundings(settings, given) if each.what == "Spelling")
    assert told.mend == "Did you mean THROUGHLINE_SMTP_RELAY_USERNAME?"


def test_traces_without_the_package_are_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}
    assert looked_at(altered(settings), given) == {}
    monkeypatch.setattr(surroundings, "find_spec", lambda name: None)
    assert looked_at(altered(settings), given) == {"Traces": "warn"}


async def examined(settings: Settings) -> dict[str, str]:
    return not_well([finding async for finding in installation.examine(settings)])


@asynccontextmanager
async def mail_server() -> AsyncIterator[int]:
    """Something that greets like a mail server; its port."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            said = {
                b"EHLO": b"250-mx\r\n250 AUTH PLAIN\r\n",
                b"AUTH": b"535 5.7.8 no\r\n",
                b"QUIT": b"221 bye\r\n",
            }
            writer.write(said.get(line[:4].upper(), b"502 what?\r\n"))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
async def living(settings: Settings, database: Database) -> AsyncIterator[Settings]:
    """An installation that is well: a relay, a worker, an admin and a mail server."""
    async with Redis.from_url(settings.redis_url) as redis:
        hearts = [Heart(redis, role) for role in heartbeats.ROLES]
        for heart in hearts:
            await heart.beat()
        # A command may take its time to start.
        beating = [asyncio.create_task(heart.keep_beating()) for heart in hearts]
        async with database.transaction() as session:
            await hire(session, "ada@example.com", "Ada Lund", [Role.ADMIN], "a long enough password")
        async with mail_server() as port:
            yield altered(settings, smtp_relay_port=port)
        for task in beating:
            task.cancel()
        await asyncio.gather(*beating, return_exceptions=True)


async def test_a_mail_server_that_wants_it_otherwise_is_named(living: Settings) -> None:
    for changes, told in (
        ({"smtp_relay_security": "starttls"}, "TLS"),
        ({"smtp_relay_security": "tls"}, "TLS"),
        ({"smtp_relay_username": "shop", "smtp_relay_password": SecretStr("hush-hush")}, "refuses our name"),
        ({"smtp_relay_port": 9}, "does not answer"),
    ):
        findings = [each async for each in installation.examine(living.model_copy(update=changes))]
        assert not_well(findings) == {"Mail out": "fail"}, changes
        assert told in next(each.told for each in findings if each.what == "Mail out")
        assert "hush-hush" not in repr(findings)


async def test_each_spare_mail_server_is_asked(living: Settings) -> None:
    spares = f"smtp://127.0.0.1:{living.smtp_relay_port} smtp://127.0.0.1:9 smtp+starttls://shop:hush-hush@127.0.0.1:9"
    given = living.model_copy(update={"smtp_spare_relays": SecretStr(spares)})
    findings = [each async for each in installation.examine(given)]
    assert not_well(findings) == {"Mail out, spare 2": "fail", "Mail out, spare 3": "fail"}
    assert "hush-hush" not in repr(findings)


async def test_an_installation_that_runs_well_passes(living: Settings) -> None:
    assert await examined(living) == {}


async def test_what_does_not_run_is_named_and_what_depends_on_it_is_not_asked(settings: Settings) -> None:
    gone = altered(
        settings,
        database_url="postgresql+asyncpg://nobody:hush-hush@127.0.0.1:9/nothing",
        redis_url="redis://127.0.0.1:9/0",
        broker_url="redis://127.0.0.1:9/1",
    )
    findings = [finding async for finding in installation.examine(gone)]
    assert not_well(findings) == {
        "Database": "fail", "Redis": "fail", "Broker's Redis": "fail", "Mail out": "fail",
    }  # fmt: skip
    assert "hush-hush" not in repr(findings)


async def test_dead_late_and_unmanned_are_named(settings: Settings, database: Database) -> None:
    async with database.transaction() as session:
        moment = now() - timedelta(minutes=5)
        await enqueue(session, ProcessWebhook(b"\0" * 16, "stripe"), due_at=moment)  # type: ignore[arg-type]  # never read
        session.add(JobRow(queue="default", tag="a.b", payload="{}", dead_at=now()))
    async with mail_server() as port:
        found = await examined(altered(settings, smtp_relay_port=port))
    assert found == {
        "Dead jobs": "warn", "Queues": "fail", "Colleagues": "warn", "A relay": "fail", "A worker": "fail",
    }  # fmt: skip


async def test_jobs_are_named_from_their_third_failure_on(settings: Settings, database: Database) -> None:
    later = now() + timedelta(minutes=5)
    second = JobRow(queue="default", tag="a.b", payload="{}", due_at=later, tries=2, attempts=2, error="Odd.")
    # Its third try runs: so far it has failed twice.
    running = JobRow(
        queue="default",
        tag="a.c",
        payload="{}",
        tries=3,
        attempts=3,
        started=3,
        error="Odd.",
        leased_until=later,
    )
    async with database.transaction() as session:
        session.add_all([second, running])
    assert "Failing jobs" not in await examined(settings)
    async with database.transaction() as session:
        (await session.get_one(JobRow, second.id)).tries = 3
    assert (await examined(settings))["Failing jobs"] == "warn"


async def test_a_redis_that_throws_out_is_named(living: Settings) -> None:
    async with Redis.from_url(living.redis_url) as redis:
        await redis.config_set("maxmemory-policy", "allkeys-lru")
        try:
            assert await examined(living) == {"Redis": "fail", "Broker's Redis": "fail"}
        finally:
            await redis.config_set("maxmemory-policy", "noeviction")


@pytest.fixture
def bare_url(servers: "Servers") -> Iterator[str]:
    url = servers.create_database(template="template0")
    yield url
    servers.drop_database(url)


async def test_tables_that_are_not_there_are_to_be_migrated(living: Settings, bare_url: str) -> None:
    found = [
        finding
        async for finding in installation.examine(living.model_copy(update={"database_url": bare_url}))
    ]
    assert not_well(found) == {"Extensions": "fail", "Tables": "fail"}
    assert next(each for each in found if each.what == "Tables").mend == "Run `throughline migrate`."


async def test_tables_of_a_newer_version_are_not_to_be_migrated(living: Settings, database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    found = [finding async for finding in installation.examine(living)]
    assert not_well(found) == {"Tables": "fail"}
    assert "newer" in next(each for each in found if each.what == "Tables").mend


async def test_the_command_prints_json_and_fails_when_something_does(living: Settings) -> None:
    # The fixture's own environment names other addresses of the companies.
    real = {"THROUGHLINE_STRIPE_API_BASE": "", "THROUGHLINE_TWILIO_API_BASE": ""}
    status, said = await throughline(living, "doctor", "--json", extra=real)
    told = json.loads(said)
    assert (status, {each["level"] for each in told}) == (0, {"ok"})
    assert {"Database", "Redis", "A relay", "Mail out", "Disk"} <= {each["what"] for each in told}
    status, said = await throughline(living, "doctor", extra={"THROUGHLINE_MAIL_DOMAIN": "halden.test"})
    assert status == 1
    assert "fail  Sender domain: halden.test receives no mail." in said
    assert "→ Set THROUGHLINE_MAIL_DOMAIN to your own domain" in said
    status, said = await throughline(living, "doctor", extra={"THROUGHLINE_SECRET_KEY": "short"})
    assert status == 1
    assert "THROUGHLINE_SECRET_KEY" in said


async def test_a_storage_that_keeps_and_a_scanner_that_answers_are_well(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    assert not_well([found async for found in about_files(database, settings)]) == {}
    async with running_scanner() as scanner:
        told = altered(settings, file_storage=str(tmp_path / "files"), clamd=scanner.address)
        findings = [found async for found in about_files(database, told)]
    assert [(found.what, found.level) for found in findings] == [
        ("File storage", "ok"),
        ("Virus scanner", "ok"),
    ]
    assert [*(tmp_path / "files").glob("*/*")] == []


async def test_a_storage_or_a_scanner_that_cannot_be_used_and_what_waits_for_them_are_named(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO blob (sha256, content, scanned, created_at) VALUES"
                " ('a', 'x', 'infected', now()), ('b', 'y', 'pending', now() - interval '1 hour')"
            )
        )
    told = altered(settings, file_storage="/proc/nowhere", clamd="127.0.0.1:9")
    assert not_well([found async for found in about_files(database, told)]) == {
        "File storage": "fail",
        "Virus scanner": "fail",
        "Viruses": "warn",
        "Files that wait": "warn",
    }
    monkeypatch.setitem(sys.modules, "core.buckets", None)
    bucket = altered(settings, file_storage="s3://files")
    assert not_well([await anext(about_files(database, bucket))]) == {"File storage": "fail"}
    assert not_well([await anext(about_files(database, altered(settings, file_storage="files")))]) == {
        "File storage": "fail"
    }
