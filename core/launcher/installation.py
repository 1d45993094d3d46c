"""What is wrong with an installation, and how to mend it: its settings, servers, processes and queues."""

import asyncio
import os
import shutil
import smtplib
import ssl
import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from core import heartbeats, operations
from core.clock import now
from core.database import Database
from core.errors import Invalid
from core.launcher import tables
from core.launcher.configuration import about_settings
from core.launcher.files import about_files, about_links
from core.launcher.findings import Finding, Level
from core.launcher.surroundings import about_surroundings
from core.mail_relays import MailRelay, mail_relays
from core.migrations import EXTENSIONS, FOLDER
from core.settings import Settings
from core.staff import Role, Staff
from core.webhooks import ReceivedWebhook

PATIENCE = timedelta(seconds=5)
# A clock that is off by more than the first is worth a word; by the second, links and signatures fail.
SKEW, TOO_MUCH_SKEW = timedelta(seconds=2), timedelta(seconds=30)
LATE = timedelta(seconds=60)
# A job that has failed so often rarely mends itself.
FAILED_OFTEN = 3
LITTLE_ROOM, NO_ROOM = 2 * 1024**3, 256 * 1024**2


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Everything about an installation, the worst of it as `fail`; nothing is changed."""
    looked_at = (*about_settings(settings), *about_surroundings(settings, os.environ), *about_links(settings))
    for found in looked_at:
        yield found
    database = Database(settings.database_url, pool_size=2)
    try:
        async for found in _about_database(database, settings):
            yield found
        async for found in about_files(database, settings):
            yield found
    finally:
        await database.close()
    async for found in _about_redis(settings):
        yield found
    async for found in _about_mail(settings):
        yield found
    yield _about_disk()


async def _about_database(database: Database, settings: Settings) -> AsyncIterator[Finding]:
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()), database.transaction() as session:
            before = now()
            version, clock = (
                await session.execute(
                    text("SELECT current_setting('server_version_num')::int, clock_timestamp()")
                )
            ).one()
            skew = abs(clock - before - (now() - before) / 2)
            extensions = set(await session.scalars(text("SELECT extname FROM pg_extension")))
            migrated = await session.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
            standing = (
                await session.scalar(text("SELECT version_num FROM alembic_version")) if migrated else None
            )
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        yield Finding("fail", "Database", f"it does not answer ({type(error).__name__}).", (
            "Start PostgreSQL, and look at host, password and database in THROUGHLINE_DATABASE_URL."
        ))  # fmt: skip
        return
    if version // 10_000 < 18:
        yield Finding(
            "fail", "Database", f"it is PostgreSQL {version // 10_000}.", "Upgrade it to PostgreSQL 18."
        )
    else:
        yield Finding("ok", "Database", f"PostgreSQL {version // 10_000}.{version % 10_000}")
    url = make_url(settings.database_url)
    if not _near(url.host) and "ssl" not in url.query:
        yield Finding("warn", "Database connection", f"to {url.host}, not encrypted.", (
            "Add ?ssl=require to THROUGHLINE_DATABASE_URL, unless that network is yours alone."
        ))  # fmt: skip
    if missing := set(EXTENSIONS) - extensions:
        yield Finding("fail", "Extensions", f"{', '.join(sorted(missing))} missing.", (
            "Install PostgreSQL's contrib package on its server, then run `throughline migrate`."
        ))  # fmt: skip
    else:
        yield Finding("ok", "Extensions", ", ".join(EXTENSIONS))
    if skew > SKEW:
        level: Level = "fail" if skew > TOO_MUCH_SKEW else "warn"
        yield Finding(level, "Clocks", f"database and this machine are {skew.total_seconds():.0f} s apart.", (
            "Let a time service (chrony, systemd-timesyncd) set both."
        ))  # fmt: skip
    else:
        yield Finding("ok", "Clocks", "database and this machine agree")
    newest = tables.newest_revision(FOLDER / "versions")
    if standing != newest:
        known = standing is None or any((FOLDER / "versions").glob(f"{standing}_*.py"))
        told = (
            "there are none yet."
            if standing is None
            else f"they stand at {standing}, this program wants {newest}."
        )
        yield Finding("fail", "Tables", told, (
            "Run `throughline migrate`." if known else
            "A newer Throughline made them: use that version, or restore the backup from before."
        ))  # fmt: skip
        return
    yield Finding("ok", "Tables", f"at revision {standing}")
    async for found in _about_work(database):
        yield found


async def _about_work(database: Database) -> AsyncIterator[Finding]:
    async with database.transaction() as session:
        states = await operations.queues(session)
        lags = await operations.lags(session)
        failing = await operations.failing(session, FAILED_OFTEN)
        unread = await session.scalar(
            select(func.count()).where(
                ReceivedWebhook.quarantined.is_not(None), ReceivedWebhook.processed_at.is_(None)
            )
        )
        admins = await session.scalar(
            select(func.count()).where(Staff.disabled_at.is_(None), Staff.roles.contains([Role.ADMIN]))
        )
    dead = sum(state.dead for state in states)
    if dead:
        yield Finding("warn", "Dead jobs", f"{dead} were given up.", (
            "Read their errors at the desk under Operations, mend the cause, then Retry."
        ))  # fmt: skip
    else:
        yield Finding("ok", "Dead jobs", "none")
    if failing:
        yield Finding("warn", "Failing jobs", f"{failing} failed {FAILED_OFTEN} times or more.", (
            "Read their errors at the desk under Operations and mend the cause; they are tried again by themselves."
        ))  # fmt: skip
    else:
        yield Finding("ok", "Failing jobs", f"none has failed {FAILED_OFTEN} times")
    late = {
        queue: lag
        for queue, lag in lags.items()
        if queue not in ("bulk", "calls") and lag.oldest_due > LATE.total_seconds()
    }
    if late:
        worst = max(late, key=lambda queue: late[queue].oldest_due)
        waits = f"a job of {worst} is due for {late[worst].oldest_due:.0f} s."
        if late[worst].relay > LATE.total_seconds():
            yield Finding("fail", "Queues", f"{waits} No relay took it.", "Start `throughline relay`.")
        else:
            yield Finding(
                "fail", "Queues", f"{waits} No worker took it.", "Start another `throughline worker`."
            )
    else:
        yield Finding("ok", "Queues", f"{sum(state.due for state in states)} jobs are due, none is late")
    if unread:
        yield Finding(
            "warn", "Webhooks", f"{unread} could not be read.", "Look at the desk under Operations."
        )
    if not admins:
        yield Finding("warn", "Colleagues", "nobody may change the settings at the desk.", (
            "Run `throughline create-admin you@example.com`."
        ))  # fmt: skip


async def _about_redis(settings: Settings) -> AsyncIterator[Finding]:
    silent: list[str] = []
    urls = {"Redis": settings.redis_url, "Broker's Redis": settings.broker_url or ""}
    for what, url in urls.items():
        if not url.startswith(("redis", "unix", "rediss")):
            continue
        async with Redis.from_url(url, socket_timeout=PATIENCE.total_seconds()) as redis:
            try:
                memory = await redis.info("memory")
                if what == "Redis":
                    silent = await heartbeats.silent(redis)
            except (RedisError, OSError) as error:
                yield Finding("fail", what, f"it does not answer ({type(error).__name__}).", (
                    "Start Redis or Valkey. Nothing is lost meanwhile, but jobs and live pages are slow."
                ))  # fmt: skip
                continue
        policy = memory.get("maxmemory_policy", "noeviction")
        if policy != "noeviction":
            yield Finding("fail", what, f"it throws keys out when it is full ({policy}).", (
                "Set maxmemory-policy noeviction: rate limits and jobs under way must not vanish."
            ))  # fmt: skip
        else:
            yield Finding("ok", what, f"{memory.get('used_memory_human', '?')} used")
        if what == "Redis":
            for role in heartbeats.ROLES:
                yield _life(role, role in silent)


def _life(role: str, is_silent: bool) -> Finding:
    what = f"A {role}"
    if not is_silent:
        return Finding("ok", what, "lives")
    silence = f"none was heard of for {heartbeats.LASTS.total_seconds():.0f} s."
    return Finding("fail", what, silence, f"Start `throughline {role}`; what waits is kept in the database.")


async def _about_mail(settings: Settings) -> AsyncIterator[Finding]:
    """Each server that sends for us, greeted as before a mail; none is sent."""
    serious: Level = "fail" if settings.environment == "production" else "warn"
    try:
        relays = mail_relays(settings)
    except Invalid:  # said with the settings
        relays = mail_relays(settings.model_copy(update={"smtp_spare_relays": None}))
    for number, relay in enumerate(relays):
        what = f"Mail out, spare {number}" if number else "Mail out"
        yield await asyncio.to_thread(_greeted, relay, what, serious)


def _greeted(relay: MailRelay, what: str, serious: Level) -> Finding:
    named = "THROUGHLINE_SMTP_SPARE_RELAYS" if what != "Mail out" else "THROUGHLINE_SMTP_RELAY_…"
    try:
        _greet(relay)
    except smtplib.SMTPAuthenticationError:
        return Finding(serious, what, f"{relay.name} refuses our name and password.", (
            f"Look at user and password in {named}; mail waits, and is tried again."
        ))  # fmt: skip
    except (ssl.SSLError, smtplib.SMTPNotSupportedError) as error:
        return Finding(serious, what, f"{relay.name} and we do not agree on TLS ({type(error).__name__}).", (
            f"Let {named} say starttls (port 587), tls (port 465) or none, as it wants it."
        ))  # fmt: skip
    except (OSError, smtplib.SMTPException) as error:
        return Finding(serious, what, f"{relay.name} does not answer ({type(error).__name__}).", (
            f"Look at host and port in {named} and at that server; mail waits, and is tried again."
        ))  # fmt: skip
    if relay.security == "none" and not _near(relay.host):
        return Finding("warn", what, f"to {relay.host}, not encrypted.", (
            f"Let {named} say starttls (port 587) or tls (port 465)."
        ))  # fmt: skip
    return Finding("ok", what, f"{relay.name} answers")


def _greet(relay: MailRelay) -> None:
    seconds, trust = PATIENCE.total_seconds(), ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(relay.host, relay.port, timeout=seconds, context=trust)
        if relay.security == "tls"
        else smtplib.SMTP(relay.host, relay.port, timeout=seconds)
    ) as server:
        server.ehlo()
        if relay.security == "starttls":
            server.starttls(context=trust)
        if relay.username and relay.password:
            server.login(relay.username, relay.password)


def _about_disk() -> Finding:
    free = min(shutil.disk_usage(folder).free for folder in (Path.cwd(), tempfile.gettempdir()))
    left = f"{free / 1024**3:.1f} GB left on this machine"
    if free < LITTLE_ROOM:
        return Finding(
            "fail" if free < NO_ROOM else "warn", "Disk", f"{left}.", "Free some space, or add some."
        )
    return Finding("ok", "Disk", left)


def _near(host: str | None) -> bool:
    """Whether a host is this machine or a name without a domain, as within a Docker network."""
    if not host or ("." not in host and ":" not in host):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
