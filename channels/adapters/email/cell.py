"""The cell: the process in which mails are parsed. It knows nothing of us, and the kernel ends it over a costly one.

It may spend two seconds of computing and 256 MB on a mail.
"""

import os
import resource
import signal
import struct
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import IO

import msgspec

from channels.adapters.email.characters import clean
from channels.adapters.email.parsing import ParsedMail, parse
from channels.html import clean as harmless

# Seconds of computing: with its HTML, and once more without, when the HTML was too much.
COMPUTING = {True: 1.4, False: 0.6}
MEMORY = 256 * 1024 * 1024
# What a page may spend on making HTML harmless; more, and only its words are kept (seconds of computing).
SHOWING = 0.2
# Memory that it must not keep for the mails to come: another one takes its place then.
WORN = 64 * 1024 * 1024

# Asked: the length of a mail, and whether its HTML is wanted. Answered: the length, and whether it was the last.
HEAD = struct.Struct("<IB")

_ENCODER = msgspec.msgpack.Encoder()
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
        raw, with_html = asked
        signal.setitimer(signal.ITIMER_PROF, COMPUTING[with_html])
        try:
            said = _ENCODER.encode(_read(raw, with_html))
        except Exception as error:
            said = _ENCODER.encode(ParsedMail(broken=clean(f"{type(error).__name__}: {error}")[:300]))
        signal.setitimer(signal.ITIMER_PROF, 0)
        del asked, raw
        last = _data() > WORN
        try:
            answers.write(HEAD.pack(len(said), last))
            answers.write(said)
            answers.flush()
        except BrokenPipeError:  # whoever asked is gone
            os._exit(0)


def _receive(source: IO[bytes]) -> tuple[bytes, bool] | None:
    """The next mail, and whether its HTML is wanted; None at the end."""
    head = source.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    length, with_html = HEAD.unpack(head)
    raw = source.read(length)
    return (raw, bool(with_html)) if len(raw) == length else None


def _read(raw: bytes, with_html: bool) -> ParsedMail:
    parsed = parse(raw, with_html=with_html)
    if parsed.html is not None:
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
