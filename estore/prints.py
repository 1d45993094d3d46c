"""Prints: the sizes that the store shows a picture in, made in a process of its own (see `darkroom`).

Whatever is sent, it can neither hold up the loop nor bring down the process that took it.
"""

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from core.errors import Invalid, TransientError
from core.words import mark, worded

# Bytes of one picture, and seconds that one may take however busy the machine is.
MOST = 20 * 1024 * 1024
PATIENCE = 40.0

_ROOT = Path(__file__).parents[1]
# More at a time would only take more memory.
_threads = ThreadPoolExecutor(2, "darkroom")

_WORDS = {
    "unknown": mark("This is no picture that we can read. Send a JPEG, PNG, WebP or AVIF file."),
    "drawn": mark("Drawings (SVG) can hold programs, so they are not taken. Send it as a PNG or WebP file."),
    "heic": mark("This is a HEIC picture of an iPhone. Save it as JPEG first."),
    "animated": mark("Moving pictures are not taken. Send a single picture."),
    "large": mark("This picture has more than 50 million points. Send it smaller."),
    "small": mark("This picture is too small: each side needs at least 100 points, better 1600."),
    "oblong": mark("This picture is too long for its width. Cut it to what matters."),
    "broken": mark("This picture is damaged, or too costly to read. Save it anew and send it again."),
}


@dataclass(frozen=True)
class Prints:
    """A picture made anew: `files` by name, `width` and `height` of the largest, and the digest of that one."""

    digest: str
    width: int
    height: int
    files: dict[str, bytes]


async def develop(content: bytes) -> Prints:
    """The sizes of a picture as it was sent. Raises Invalid in words, TransientError where it could not be tried."""
    if len(content) > MOST:
        raise Invalid(worded("A picture may have at most %(most)s MB.", most=MOST // 1024 // 1024))
    return await asyncio.get_running_loop().run_in_executor(_threads, _develop, content)


def _develop(content: bytes) -> Prints:
    # Hostile bytes find no secrets in its environment.
    environment = {k: v for k, v in os.environ.items() if k.startswith("PYTHON") or k in ("PATH", "LANG")}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "estore.darkroom"],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env=environment,
            start_new_session=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Invalid(_WORDS["broken"]) from None
    except OSError as error:
        raise TransientError("Pictures cannot be read at the moment. Try again in a minute.") from error
    if done.returncode > 0 and not done.stdout:
        raise TransientError("Pictures cannot be read at the moment. Try again in a minute.")
    said: dict[str, Any] = (
        msgspec.msgpack.decode(done.stdout) if done.returncode == 0 else {"refused": "broken"}
    )
    if refused := said.get("refused"):
        raise Invalid(_WORDS[refused])
    files: dict[str, bytes] = said["files"]
    digest = sha256(files[f"{said['width']}.webp"]).hexdigest()[:32]
    return Prints(digest, said["width"], said["height"], files)
