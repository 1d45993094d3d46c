"""Isolation: mails are parsed in a process of their own, so that none can hold up or bring down a worker.

The process may spend two seconds of computing and 256 MB on a mail; the kernel ends it when it spends more.
"""

import asyncio
import os
import resource
import signal
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO

import msgspec

from channels.adapters.email.characters import clean
from channels.adapters.email.parsing import ParsedMail, parse
from channels.html import clean as harmless
from core.errors import TransientError

# Seconds of computing: with its HTML, and once more without, when the HTML was too much.
COMPUTING = {True: 1.4, False: 0.6}
MEMORY = 256 * 1024 * 1024
# However busy the machine is (seconds); the job's transaction is open meanwhile.
PATIENCE = 15.0
# What a page may spend on making HTML harmless; more, and only its words are kept (seconds of computing).
SHOWING = 0.2
MAILS_A_PROCESS = 500
LARGE = 2_000_000

_HEAD = struct.Struct("<IB")
_ROOT = Path(__file__).parents[3]
# What the mail itself brings about; any other end is none of its doing.
_ITS_DOING = {
    -signal.SIGPROF,
    -signal.SIGXCPU,
    -signal.SIGSEGV,
    -signal.SIGABRT,
    -signal.SIGBUS,
    -signal.SIGILL,
}
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(ParsedMail)


class TooCostly(Exception):
    """The process ended over this mail."""


class Reader:
    """One parsing process, started when it is needed; for one thread at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._read = 0

    def parse(self, raw: bytes) -> ParsedMail:
        """What a mail says; without its HTML when that costs too much, `broken` when the rest does, too."""
        for with_html in (True, False):
            with suppress(TooCostly):
                return self._ask(raw, with_html)
        return ParsedMail(broken="reading it takes too long or too much memory")

    def _ask(self, raw: bytes, with_html: bool) -> ParsedMail:
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(PATIENCE, end)
        timer.start()
        try:
            process.stdin.write(_HEAD.pack(len(raw), with_html))
            process.stdin.write(raw)
            process.stdin.flush()
            answer = _receive(process.stdout)
        except OSError:
            answer = None
        finally:
            timer.cancel()
        if answer is None:
            self.stop()
            if late.is_set() or process.returncode in _ITS_DOING:
                raise TooCostly
            raise TransientError(f"The process that reads mail ended ({process.returncode}).")
        self._read += 1
        if self._read >= MAILS_A_PROCESS or len(raw) > LARGE:  # give the memory back
            self.stop()
        return _DECODER.decode(answer[1])

    def _start(self) -> subprocess.Popen[bytes]:
        # Hostile bytes find no secrets in its environment. It ends when we do: its standard input closes.
        environment = {k: v for k, v in os.environ.items() if k.startswith("PYTHON") or k in ("PATH", "LANG")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            env=environment,
            start_new_session=True,
        )
        self._read = 0
        return self._process

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


_own = threading.local()
_threads = ThreadPoolExecutor(2, "mail")


def _parse(raw: bytes) -> ParsedMail:
    if not hasattr(_own, "reader"):
        _own.reader = Reader()
    reader: Reader = _own.reader
    return reader.parse(raw)


async def parse_apart(raw: bytes) -> ParsedMail:
    """What a mail says, read in a process that ends when the mail costs too much; the loop runs on meanwhile.

    Raises TransientError when the process ends for another reason.
    """
    return await asyncio.get_running_loop().run_in_executor(_threads, _parse, raw)


def _receive(source: IO[bytes]) -> tuple[int, bytes] | None:
    """The next frame: its flag and content; None at the end."""
    head = source.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    length, flag = _HEAD.unpack(head)
    content = source.read(length)
    return (flag, content) if len(content) == length else None


def _read_one(raw: bytes, with_html: bool) -> ParsedMail:
    parsed = parse(raw, with_html=with_html)
    if parsed.html is not None:
        started = time.process_time()
        harmless(parsed.html)
        if time.process_time() - started > SHOWING:
            return replace(parsed, html=None)
    return parsed


def main() -> None:
    """Answer frames of raw mail with frames of what they say, until the input ends."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGPROF})
    source, answers = sys.stdin.buffer, sys.stdout.buffer
    while True:
        asked = _receive(source)
        if asked is None:
            return
        with_html = bool(asked[0])
        signal.setitimer(signal.ITIMER_PROF, COMPUTING[with_html])
        try:
            said = _ENCODER.encode(_read_one(asked[1], with_html))
        except Exception as error:
            said = _ENCODER.encode(ParsedMail(broken=clean(f"{type(error).__name__}: {error}")[:300]))
        signal.setitimer(signal.ITIMER_PROF, 0)
        del asked
        try:
            answers.write(_HEAD.pack(len(said), 0))
            answers.write(said)
            answers.flush()
        except BrokenPipeError:  # whoever asked is gone
            os._exit(0)


if __name__ == "__main__":
    main()
