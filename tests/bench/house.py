"""A whole Throughline with the demo company, started as a newcomer starts it, and what its processes cost."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.launcher.home import Home
from core.settings import Settings
from tests.journeys.town import Town, running_town

TICKS = os.sysconf("SC_CLK_TCK")
# What a process is called here, by a word of its command line.
ROLES = {
    "core.cli web": "web",
    "core.cli worker": "worker",
    "email.cell": "worker",  # where it parses mails
    "core.cli relay": "relay",
    "core.cli listen": "listen",
    "-m sandbox": "sandbox",
    "redis": "redis",
    "postgres": "postgres",
    "throughline up": "launcher",
}


@dataclass
class House:
    """The processes of one installation, found below this one."""

    town: Town
    settings: Settings
    seconds: float

    def look(self) -> dict[int, str]:
        """Process ids and what each of them is; PostgreSQL's backends come and go."""
        return roles(os.getpid())

    def cpu(self) -> Counter[str]:
        """CPU milliseconds by role, since each began."""
        return cpu(self.look())

    def memory(self) -> Counter[str]:
        """Proportional set size by role, in MiB: memory that processes share is counted once."""
        return memory(self.look())

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Within the block workers and relay stand still, so that what is counted is what the doors do."""
        still = [pid for pid, role in self.look().items() if role in ("worker", "relay")]
        for pid in still:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in still:
                os.kill(pid, signal.SIGCONT)


def roles(parent: int) -> dict[int, str]:
    """Every process below `parent` that has a role."""
    parents, names = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
                words = (folder / "cmdline").read_bytes().replace(b"\x00", b" ").decode(errors="replace")
            except OSError:
                continue
            parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
            names[int(folder.name)] = words
    found: dict[int, str] = {}
    for pid in parents:
        line, each = [], pid
        while each in parents and each != parent:
            line.append(each)
            each = parents[each]
        if each == parent:
            role = next((r for p in line for w, r in ROLES.items() if w in names[p]), None)
            if role is not None:
                found[pid] = role
    return found


def cpu(pids: dict[int, str]) -> Counter[str]:
    """CPU milliseconds by role; what ended children of these processes used is theirs."""
    used: Counter[str] = Counter()
    for pid, role in pids.items():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        # utime, stime, and those of children that are over.
        used[role] += round(sum(map(int, fields[11:15])) * 1000 / TICKS)
    return used


def memory(pids: dict[int, str]) -> Counter[str]:
    """Proportional set size by role, MiB."""
    used: Counter[str] = Counter()
    for pid, role in pids.items():
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        used[role] += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) // 1024
    return used


@contextmanager
def running_house() -> Iterator[House]:
    """An installation for the length of the block. Visitors may say where they come from: limits are per address."""
    os.environ["THROUGHLINE_TRUSTED_PROXIES"] = "127.0.0.1/32"
    began = time.monotonic()
    with running_town() as town:
        took = time.monotonic() - began
        home = Home(Path(town.environment["THROUGHLINE_HOME"]))
        os.environ.update(home.recall("environment"))
        yield House(town, Settings(), took)  # type: ignore[call-arg]  # filled from the environment
