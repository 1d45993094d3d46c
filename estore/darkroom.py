"""The dark room: the process in which one picture is read and made anew. It knows nothing of us.

It may spend ten seconds of computing and 900 MB. What comes out of it was drawn by us, point by point: nothing of what
was sent (place, camera, thumbnails, whatever hides behind the end of the file) is in it.

Its input is a picture as it was sent; its output is msgpack, {"width", "height", "files": {name: bytes}}, or
{"refused": one of REFUSALS}.
"""

import io
import os
import resource
import sys
from typing import Any

import msgspec
from PIL import Image, ImageCms

WIDTHS = (160, 320, 640, 960, 1600)
# As large as the largest may become, and the one in JPEG, for whoever reads no WebP: mail, other sites.
MOST = (1600, 2400)
JPEG = "jpg"
JPEG_MOST = (1200, 1200)
# Of what is sent (points, sides, how many times longer than wide).
MOST_POINTS = 50_000_000
LEAST_SIDE = 100
MOST_OBLONG = 8

COMPUTING = 10
MEMORY = 900 * 1024 * 1024

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
REFUSALS = ("unknown", "drawn", "heic", "animated", "large", "small", "oblong", "broken")

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = tuple(_TURNS[each] for each in (5, 6, 7, 8))
_ORIENTATION = 0x0112


class Unfit(Exception):
    """Its argument is one of REFUSALS."""


def main() -> None:
    """Read a picture, write what becomes of it."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (COMPUTING, COMPUTING))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        said = develop(sys.stdin.buffer.read())
    except Unfit as error:
        said = {"refused": error.args[0]}
    sys.stdout.buffer.write(msgspec.msgpack.encode(said))
    sys.stdout.buffer.flush()
    os._exit(0)


def develop(content: bytes) -> dict[str, Any]:
    """The sizes of a picture: upright, in sRGB, with nothing but its points. Raises Unfit."""
    if kind := _by_its_beginning(content):
        raise Unfit(kind)
    # The sides are checked below, before anything is unpacked.
    Image.MAX_IMAGE_PIXELS = None
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except Exception:
        raise Unfit("unknown") from None
    _check(image)
    try:
        whole = _upright(image)
        return _sizes(whole)
    except (Exception, MemoryError):
        raise Unfit("broken") from None


def _by_its_beginning(content: bytes) -> str:
    """What it is, where that alone decides."""
    if content[4:8] == b"ftyp" and content[8:12] in (
        b"heic",
        b"heix",
        b"hevc",
        b"heim",
        b"heis",
        b"mif1",
        b"msf1",
    ):
        return "" if b"avif" in content[8:40] else "heic"
    start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "drawn" if start.startswith((b"<?xml", b"<svg", b"<!doctype svg", b"<!--")) else ""


def _check(image: Image.Image) -> None:
    # Many telephones put a second picture behind the first of a JPEG (MPO): no film.
    if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
        raise Unfit("animated")
    short, long = sorted(image.size)
    if short * long > MOST_POINTS:
        raise Unfit("large")
    if short < LEAST_SIDE:
        raise Unfit("small")
    if long > short * MOST_OBLONG:
        raise Unfit("oblong")


def _upright(image: Image.Image) -> Image.Image:
    turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    profile = image.info.get("icc_profile")
    # A JPEG can be read at a half, a quarter or an eighth of its size: never smaller than asked.
    image.draft(None, (max(MOST), max(MOST)))
    image.load()
    if image.mode.startswith("I;16"):
        image = image.convert("I").point([each // 256 for each in range(65536)], "L")
    elif image.mode not in ("RGB", "RGBA", "L", "LA", "CMYK"):
        clear = image.mode in ("PA", "La", "RGBa") or "transparency" in image.info
        image = image.convert("RGBA" if clear else "RGB")
    most = MOST[::-1] if turn in _SIDEWAYS else MOST
    image.thumbnail(most, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if profile:
        image = _in_srgb(image, profile)
    image = image.convert("RGBA" if image.mode in ("RGBA", "LA") else "RGB")
    return image.transpose(turn) if turn is not None else image


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    clear = image.getchannel("A") if image.mode in ("RGBA", "LA") else None
    plain = (
        image.convert("RGB") if image.mode == "RGBA" else image.convert("L") if image.mode == "LA" else image
    )
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        made = ImageCms.profileToProfile(plain, given, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A profile that is none, or of another kind of colours: the points say enough.
        made = plain.convert("RGB")
    made = made if made is not None else plain.convert("RGB")
    if clear is not None:
        made.putalpha(clear)
    return made


def _sizes(whole: Image.Image) -> dict[str, Any]:
    files = {}
    for width in (*[one for one in WIDTHS if one < whole.width], whole.width):
        made = whole
        if width < whole.width:
            height = max(1, round(whole.height * width / whole.width))
            made = whole.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        files[f"{width}.webp"] = _written(made, "WEBP", quality=80, method=4)
    plain = whole
    if whole.mode == "RGBA":
        plain = Image.new("RGB", whole.size, "white")
        plain.paste(whole, mask=whole.getchannel("A"))
    else:
        plain = whole.copy()
    plain.thumbnail(JPEG_MOST, Image.Resampling.LANCZOS, reducing_gap=3.0)
    files[JPEG] = _written(plain, "JPEG", quality=84, optimize=True, progressive=True)
    return {"width": whole.width, "height": whole.height, "files": files}


def _written(image: Image.Image, kind: str, **how: Any) -> bytes:
    held = io.BytesIO()
    # Nothing of what came along with the picture that was sent.
    image.info.clear()
    image.save(held, kind, **how)
    return held.getvalue()


if __name__ == "__main__":
    main()
