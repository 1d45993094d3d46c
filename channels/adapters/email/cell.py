"""The cell: the process in which mails are parsed. It knows nothing of us, and the kernel ends it over a costly one.

It may spend two seconds of computing on what a mail says, four on its signatures, and 256 MB.
"""

import os
import resource
import signal
import struct
import sys
import time
from dataclasses import replace
from enum import IntEnum
from pathlib import Path
from typing import IO

import msgspec

from channels.adapters.email.characters import clean
from channels.adapters.email.parsing import ParsedMail, parse
from channels.html import clean as harmless


class Task(IntEnum):
    """What is wanted of a mail."""

    WORDS = 0  # what it says, without its HTML
    PAGE = 1  # what it says
    SIGNATURES = 2  # which of its signatures hold


class Signed(msgspec.Struct, array_like=True):
    """A mail whose signatures are to be checked; see `signatures.holding`."""

    raw: bytes
    records: dict[str, str]
    moment: int


# Seconds of computing: with its HTML, and once more without, when the HTML was too much. The signatures of 25 MB take
# about one.
COMPUTING = {Task.PAGE: 1.4, Task.WORDS: 0.6, Task.SIGNATURES: 4.0}
MEMORY = 256 * 1024 * 1024
# What a page may spend on making HTML harmless; more, and only its words are kept (seconds of computing).
SHOWING = 0.2
# So many can be in whatever way: they cost no page that much.
FEW_TAGS = 200
# Memory that it must not keep for the mails to come: another one takes its place then.
WORN = 64 * 1024 * 1024

# Asked: the length of a mail, and the task. Answered: the length, and whether it was the last.
HEAD = struct.Struct("<IB")

_ENCODER = msgspec.msgpack.Encoder()
_SIGNED = msgspec.msgpack.Decoder(Signed)
_STATE = Path("/proc/self/statm")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Answer frames of raw mail with frames of what they say, until the input ends."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGPROF})
    source, answers = sys.stdin.buffer, sys.stdout.buffer
    last = False
    while not last:
        asked = _receive(source)
        if asked is None:
            return
        content, task = asked
        signal.setitimer(signal.ITIMER_PROF, COMPUTING[task])
        said = _signatures(content) if task is Task.SIGNATURES else _words(content, task)
        signal.setitimer(signal.ITIMER_PROF, 0)
        del asked, content
        last = _data() > WORN
        try:
            answers.write(HEAD.pack(len(said), last))
            answers.write(said)
            answers.flush()
        except BrokenPipeError:  # whoever asked is gone
            os._exit(0)


def _receive(source: IO[bytes]) -> tuple[bytes, Task] | None:
    """What comes next, and what is wanted of it; None at the end."""
    head = source.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    length, task = HEAD.unpack(head)
    content = source.read(length)
    return (content, Task(task)) if len(content) == length else None


def _words(raw: bytes, task: Task) -> bytes:
    try:
        return _ENCODER.encode(_read(raw, task is Task.PAGE))
    except Exception as error:
        return _ENCODER.encode(ParsedMail(broken=clean(f"{type(error).__name__}: {error}")[:300]))


def _signatures(content: bytes) -> bytes:
    # Only here: few mails need its library, and every such process would hold it.
    from channels.adapters.email.signatures import holding

    try:
        asked = _SIGNED.decode(content)
        return _ENCODER.encode(holding(asked.raw, asked.records, asked.moment))
    except Exception:  # out of memory: it proves nothing
        return _ENCODER.encode([])


def _read(raw: bytes, with_html: bool) -> ParsedMail:
    parsed = parse(raw, with_html=with_html)
    if parsed.html is not None and parsed.html.count("<") > FEW_TAGS:
        started = time.process_time()
        harmless(parsed.html)
        if time.process_time() - started > SHOWING:
            return replace(parsed, html=None)
    return parsed


def _data() -> int:
    """Bytes of data that this process holds, as the limit counts them."""
    return int(_STATE.read_bytes().split()[5]) * _PAGE


if __name__ == "__main__":
    main()
