"""Photographs: pictures as people send them, made here."""

import io
from typing import Any

from PIL import Image, ImageCms


def photograph(
    width: int = 400, height: int = 300, kind: str = "JPEG", mode: str = "RGB", **how: Any
) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new(mode, (width, height), (0, 0, 255) if mode == "RGB" else 0)
    if mode == "RGB":
        image.paste((255, 0, 0), (0, 0, width // 2, height))
    held = io.BytesIO()
    image.save(held, kind, **how)
    return held.getvalue()


def told(orientation: int = 1) -> Image.Exif:
    """What a camera writes beside a picture: who made it, where, and which side is up."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "A camera of Ana's"
    exif.get_ifd(0x8825)[1] = "N"
    return exif


def profile(name: str = "sRGB") -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()  # type: ignore[arg-type]  # the library names fewer


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))
