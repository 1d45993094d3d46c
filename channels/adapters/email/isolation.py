"""Isolation: mails are parsed in processes of their own, so that none can hold up or bring down a worker.

What such a process may spend on a mail, and what it does, is in `cell`.
"""

import asyncio
import fcntl
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import msgspec

from channels.adapters.email import cell
from channels.adapters.email.cell import Signed, Task
from channels.adapters.email.parsing import ParsedMail
from core.errors import TransientError

# For one mail, however busy the machine is (seconds); the job's transaction is open meanwhile.
PATIENCE = 15.0
MAILS_A_PROCESS = 10_000
# What travels between the processes at once, where the system allows it (bytes).
_PIPE = 1024 * 1024

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
_NAMES = msgspec.msgpack.Decoder(list[str])


class Reader:
    """One parsing process, started when it is needed; for one thread at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._read = 0

    def parse(self, raw: bytes) -> ParsedMail:
        """What a mail says; without its HTML when that costs too much, `broken` when the rest does, too."""
        return self.parse_all([raw])[0]

    def parse_all(self, raws: Sequence[bytes]) -> list[ParsedMail]:
        """What mails say, one after another: a costly one costs none of the others anything. See `parse`."""
        found: list[ParsedMail] = []
        while len(found) < len(raws):
            found += self._ask(raws[len(found) :], Task.PAGE, _DECODER)
            if len(found) < len(raws):
                found.append(self._words(raws[len(found)]))
        return found

    def holding(self, signed: Signed) -> list[str]:
        """Which signatures of a mail hold, none when finding out costs too much; see `signatures.holding`."""
        return next(iter(self._ask([_ENCODER.encode(signed)], Task.SIGNATURES, _NAMES)), [])

    def _words(self, raw: bytes) -> ParsedMail:
        answered = self._ask([raw], Task.WORDS, _DECODER)
        return answered[0] if answered else ParsedMail(broken="reading it takes too long or too much memory")

    def _ask[A](self, raws: Sequence[bytes], task: Task, decoder: "msgspec.msgpack.Decoder[A]") -> list[A]:
        """What is to be said of these mails, up to one that costs too much.

        Raises TransientError when the process ends for another reason.
        """
        found: list[A] = []
        while len(found) < len(raws):
            process = self._process or self._start()
            conversation = _Conversation(process, raws[len(found) :], task)
            try:
                conversation.hold()
                answered = [decoder.decode(answer) for answer in conversation.answers]
            except BaseException:  # what it says next would be about another mail
                self.stop(kill=True)
                raise
            found += answered
            self._read += len(answered)
            if conversation.over or self._read >= MAILS_A_PROCESS:
                self.stop()
            elif len(found) < len(raws):
                self.stop(kill=conversation.late)
                if not conversation.late and process.returncode not in _ITS_DOING:
                    raise TransientError(f"The process that reads mail ended ({process.returncode}).")
                break
        return found

    def _start(self) -> subprocess.Popen[bytes]:
        # Hostile bytes find no secrets in its environment. It ends when we do: its standard input closes.
        environment = {k: v for k, v in os.environ.items() if k.startswith("PYTHON") or k in ("PATH", "LANG")}
        self._process = process = subprocess.Popen(
            [sys.executable, "-m", cell.__name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            cwd=_ROOT,
            env=environment,
            start_new_session=True,
        )
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            with suppress(OSError):  # a system may grant less
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)
        self._read = 0
        return process

    def stop(self, *, kill: bool = False) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class _Conversation:
    """One exchange with a process: mails go out while answers come in, so neither side waits for the other."""

    def __init__(self, process: subprocess.Popen[bytes], raws: Sequence[bytes], task: Task) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._into, self._out_of = process.stdin.fileno(), process.stdout.fileno()
        frames = [part for raw in raws for part in (cell.HEAD.pack(len(raw), task), raw)]
        self._sent = memoryview(b"".join(frames))
        self._asked = len(raws)
        self._came = bytearray()
        self.answers: list[bytes] = []
        # It will take no more, and another one must read what is left.
        self.over = False
        self.late = False

    def hold(self) -> None:
        """Go on until all is answered, the process ends or says that it will, or one answer takes too long."""
        poll = select.poll()
        poll.register(self._out_of, select.POLLIN)
        poll.register(self._into, select.POLLOUT)
        until = time.monotonic() + PATIENCE
        while len(self.answers) < self._asked and not self.over:
            left = until - time.monotonic()
            ready = poll.poll(left * 1000) if left > 0 else []
            if not ready:
                self.late = True
                return
            for place, _ in ready:
                if place == self._into:
                    if not self._send():
                        poll.unregister(self._into)
                elif not self._receive():
                    return
                elif self._take():
                    until = time.monotonic() + PATIENCE

    def _send(self) -> bool:
        """Hand over what it takes now; False when there is no more to hand over."""
        try:
            sent = os.write(self._into, self._sent[:_PIPE])
        except BlockingIOError:
            return True
        except OSError:  # it is gone; what it answered before is still to be read
            return False
        self._sent = self._sent[sent:]
        return bool(self._sent)

    def _receive(self) -> bool:
        """Read what is there; False at the end."""
        try:
            piece = os.read(self._out_of, _PIPE)
        except BlockingIOError:
            return True
        self._came += piece
        return bool(piece)

    def _take(self) -> bool:
        """Take what is whole; whether there was any."""
        place = 0
        while len(self._came) >= place + cell.HEAD.size and not self.over:
            length, last = cell.HEAD.unpack_from(self._came, place)
            start = place + cell.HEAD.size
            if len(self._came) < start + length:
                break
            self.answers.append(bytes(self._came[start : start + length]))
            self.over = bool(last)
            place = start + length
        del self._came[:place]
        return place > 0


_own = threading.local()
_threads = ThreadPoolExecutor(2, "mail")


def _reader() -> Reader:
    if not hasattr(_own, "reader"):
        _own.reader = Reader()
    reader: Reader = _own.reader
    return reader


def _parse(raws: Sequence[bytes]) -> list[ParsedMail]:
    return _reader().parse_all(raws)


def _holding(signed: Signed) -> list[str]:
    return _reader().holding(signed)


async def parse_apart(raw: bytes) -> ParsedMail:
    """What a mail says, read in a process that ends when it costs too much; the loop runs on meanwhile.

    Raises TransientError when the process ends for another reason.
    """
    return (await parse_all_apart([raw]))[0]


async def parse_all_apart(raws: Sequence[bytes]) -> list[ParsedMail]:
    """The same for several mails in one go."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _parse, raws)


async def holding_apart(raw: bytes, records: Mapping[str, str], moment: int) -> list[str]:
    """Which signatures of a mail hold, found out in the same way; see `signatures.holding`."""
    signed = Signed(raw, dict(records), moment)
    return await asyncio.get_running_loop().run_in_executor(_threads, _holding, signed)
