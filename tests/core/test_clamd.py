"""A real clamd, where there is one, says what the one of the tests says."""

import hashlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import scanning
from tests.core.scanner import EICAR
from tests.journeys.town import free_port

LIMIT = 1024 * 1024


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[int]:
    """A clamd that knows one virus, and its port; it asks nobody for more."""
    program = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")
    if program is None:
        pytest.skip("No clamd on this machine: install the package `clamav-daemon`.")
    port = free_port()
    known = tmp_path / "known"
    known.mkdir()
    digest = hashlib.md5(EICAR, usedforsecurity=False).hexdigest()
    (known / "known.hdb").write_text(f"{digest}:{len(EICAR)}:Eicar-Test-Signature\n")
    settings = tmp_path / "clamd.conf"
    settings.write_text(
        f"DatabaseDirectory {known}\nTCPSocket {port}\nTCPAddr 127.0.0.1\nForeground yes\n"
        f"StreamMaxLength {LIMIT}\nLogFile {tmp_path / 'clamd.log'}\n"
    )
    server = subprocess.Popen(
        [program, "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert server.poll() is None and time.monotonic() < end, (tmp_path / "clamd.log").read_text()  # noqa: PT018 - one wait, two ends
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(20)


async def test_a_real_clamd_names_a_virus_and_what_it_does_not_look_at_is_not_clean(clamd: int) -> None:
    address = f"127.0.0.1:{clamd}"
    assert (await scanning.version(address)).startswith("ClamAV ")
    assert await scanning.scan(address, b"Turn it off first.") is None
    assert await scanning.scan(address, b"x" * (LIMIT - 1)) is None
    assert (await scanning.scan(address, EICAR) or "").startswith("Eicar-Test-Signature")
    for size in (LIMIT + 1, 4 * LIMIT, 16 * LIMIT):
        with pytest.raises(scanning.TooLarge):
            await scanning.scan(address, b"x" * size)
