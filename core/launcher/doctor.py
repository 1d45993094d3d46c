"""`throughline doctor`: what this machine has, what it lacks, and what to do about it."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict

import click
from pydantic import ValidationError

from core.cli import default_home
from core.embedded import StartError, places, programs, redis
from core.launcher import installation, ports
from core.launcher.findings import Finding
from core.launcher.home import Home
from core.launcher.progress import Progress
from core.launcher.up import answers_ok, check_python
from core.settings import Settings


def examine(*, as_json: bool = False) -> bool:
    """Print one line a check, or all of them as JSON; False when any of them failed."""
    progress = Progress()
    found: list[Finding] = []
    for finding in _findings():
        found.append(finding)
        if not as_json:
            _show(progress, finding)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], indent=1))
    return all(finding.level != "fail" for finding in found)


def _show(progress: Progress, finding: Finding) -> None:
    line = f"{finding.level:<5} {finding.what}: {finding.told}"
    (progress.complain if finding.level == "fail" else progress.say)(line)
    if finding.mend:
        progress.say(f"      → {finding.mend}")


def _findings() -> Iterator[Finding]:
    home = Home(default_home())
    own = "THROUGHLINE_DATABASE_URL" in os.environ
    for name, check in _checks(home, own=own):
        try:
            yield Finding("ok", name, check())
        except (StartError, OSError) as error:
            yield Finding("fail", name, str(error))
    if not own:
        if not home.is_taken():
            return
        for name, value in home.recall("environment").items():
            os.environ.setdefault(name, str(value))
    try:
        settings = Settings()  # type: ignore[call-arg]  # filled from the environment
    except ValidationError as error:
        for item in error.errors():
            name = f"THROUGHLINE_{str(item['loc'][0]).upper()}"
            yield Finding("fail", "Settings", f"{name}: {item['msg']}.", "docs/settings.md says what it is.")
        return
    # Gathered first: what is yielded is shown outside of any loop.
    yield from asyncio.run(_all(settings))


async def _all(settings: Settings) -> list[Finding]:
    return [finding async for finding in installation.examine(settings)]


def _checks(home: Home, *, own: bool) -> Iterator[tuple[str, Callable[[], str]]]:
    """What this machine is asked; the servers of the embedded mode only where no others are `own`."""
    yield "Python", _python
    if own:
        return
    running = home.is_taken()
    yield "Data folder", lambda: _folder(home)
    yield "PostgreSQL", lambda: _postgres(home)
    yield "Redis", lambda: _version([str(redis.find_server()), "--version"])
    if running:
        yield "Site and desk", lambda: _site(home)
    else:
        yield "Ports", _ports
    if os.geteuid() == 0 and places.SHARED.exists():
        yield "Data kept for root", _elsewhere


def _python() -> str:
    check_python()
    return "3.13"


def _folder(home: Home) -> str:
    there = next(folder for folder in (home.folder, *home.folder.parents) if folder.exists())
    places.check_space(there)
    if not os.access(there, os.W_OK):
        raise StartError(f"{there} is not writable. Choose another folder with THROUGHLINE_HOME.")
    state = "in use by a running Throughline" if home.is_taken() else "free"
    return f"{home.folder} ({state}, {shutil.disk_usage(there).free // 1024**3} GB left on its disk)"


def _postgres(home: Home) -> str:
    account = places.account_for(home.folder / "postgres" / "data")
    version = _version([str(programs.folder(account) / "postgres"), "--version"])
    return f"{version}, run as {account.name}" if account else version


def _version(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StartError(f"{command[0]} does not run: {done.stderr.strip()}")
    return done.stdout.strip()


def _site(home: Home) -> str:
    port = int(home.recall("environment").get("THROUGHLINE_PORT", ports.DEFAULTS["THROUGHLINE_PORT"]))
    if not answers_ok(port, "/health/ready"):
        raise StartError(f"http://127.0.0.1:{port}/health/ready does not answer 200. Look into {home.logs}.")
    return f"http://127.0.0.1:{port}/ is ready"


def _ports() -> str:
    numbers = ports.read(os.environ)
    ports.check(numbers, patience=0)
    return ", ".join(str(number) for number in numbers.values()) + " are free"


def _elsewhere() -> str:
    kept = [note for note in places.SHARED.glob("*/home") if note.is_file()]
    lost = [note.parent for note in kept if not _points_to(note.read_text().strip(), note.parent)]
    if lost:
        raise StartError(
            "nothing refers to "
            + ", ".join(map(str, lost))
            + " any more. Remove it when you do not need its data."
        )
    return f"{len(kept)} in {places.SHARED}"


def _points_to(folder: str, place: os.PathLike[str]) -> bool:
    link = os.path.join(folder, "elsewhere")  # noqa: PTH118 - spelled as found; Path would normalise it
    return os.path.realpath(link) == os.fspath(place)
