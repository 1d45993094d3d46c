"""Pictures of products: made anew whatever was sent, kept once, put in order, taken off and brought back."""

import zlib

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels import files
from channels.models import Blob
from core.errors import Invalid, NotFound
from core.settings import Settings
from estore import darkroom, demo, pictures, prints
from estore.goods import PictureFile, Product, Sku
from estore.prints import Prints
from tests.estore.photographs import opened, photograph, profile, told

AURORA = demo.demo_id("product", "aurora-espresso-machine")
CREAM = demo.demo_id("sku", "AUR-CR")


def printed(seed: int = 0) -> Prints:
    """What the dark room makes of a picture, without a process of its own."""
    return Prints(
        f"{seed:032x}", 400, 300, {"400.webp": b"large %d" % seed, "160.webp": b"small", "jpg": b"jpeg"}
    )


def test_what_a_camera_wrote_beside_a_picture_is_gone_and_it_stands_upright() -> None:
    made = darkroom.develop(photograph(exif=told(orientation=6), icc_profile=profile()))
    assert (made["width"], made["height"]) == (300, 400)
    assert sorted(made["files"]) == ["160.webp", "300.webp", "jpg"]
    for content in made["files"].values():
        shown = opened(content)
        assert dict(shown.getexif()) == {}
        assert "icc_profile" not in shown.info
        assert b"Ana" not in content
    whole = opened(made["files"]["300.webp"]).convert("RGB")
    # Turned to the right, the left side is on top.
    assert whole.getpixel((150, 50))[0] > 200  # type: ignore[index]  # an RGB picture's points are tuples
    assert whole.getpixel((150, 350))[2] > 200  # type: ignore[index]  # an RGB picture's points are tuples


def test_a_large_picture_becomes_the_sizes_that_pages_show() -> None:
    made = darkroom.develop(photograph(3200, 2400))
    assert (made["width"], made["height"]) == (1600, 1200)
    sizes = {name: opened(content).size for name, content in made["files"].items()}
    assert sizes == {
        "160.webp": (160, 120),
        "320.webp": (320, 240),
        "640.webp": (640, 480),
        "960.webp": (960, 720),
        "1600.webp": (1600, 1200),
        "jpg": (1200, 900),
    }
    reference = pictures.Reference("0" * 32, 1600, 1200)
    assert [f"{width}.webp" for width in reference.widths] + ["jpg"] == [*made["files"]]
    assert pictures.Reference.read(str(reference)) == reference
    assert pictures.Reference.read("pictures/products/plain.svg") is None


def test_what_can_be_seen_through_stays_so_but_in_jpeg() -> None:
    made = darkroom.develop(photograph(120, 120, "PNG", "RGBA"))
    assert opened(made["files"]["120.webp"]).mode == "RGBA"
    assert opened(made["files"]["jpg"]).getpixel((60, 60)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_every_kind_of_points_is_read(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert darkroom.develop(photograph(120, 120, kind, mode))["width"] == 120


def bomb() -> bytes:
    """A few hundred bytes that unpack to more than a gigabyte."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
        )

    head = (20_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(100_000)))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def open_shop(settings: Settings, shop: AsyncSession) -> AsyncSession:
    """The shop, with the process's settings that files ask for."""
    return shop


REFUSED = {
    "drawn": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "unknown": b"%PDF-1.7 no picture",
    "heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    "large": bomb(),
    "small": photograph(40, 400),
    "oblong": photograph(2000, 120),
    "broken": photograph(400, 300)[:900],
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_no_picture_for_a_shop_is_refused_by_what_it_is_not_by_its_name(why: str) -> None:
    with pytest.raises(darkroom.Unfit) as refused:
        darkroom.develop(REFUSED[why])
    assert refused.value.args == (why,)


def test_what_moves_is_refused() -> None:
    others = [opened(photograph(120, 120)).rotate(90)]
    for kind in ("GIF", "WEBP", "PNG"):
        with pytest.raises(darkroom.Unfit) as refused:
            darkroom.develop(photograph(120, 120, kind, save_all=True, append_images=others))
        assert refused.value.args == ("animated",)


def test_every_refusal_has_its_words() -> None:
    assert set(prints._WORDS) == set(darkroom.REFUSALS)
    assert (pictures.WIDTHS, pictures.JPEG) == (darkroom.WIDTHS, darkroom.JPEG)


async def test_the_dark_room_is_a_process_of_its_own() -> None:
    made = await prints.develop(photograph())
    again = await prints.develop(photograph())
    assert made == again
    assert len(made.digest) == 32
    with pytest.raises(Invalid, match="SVG"):
        await prints.develop(REFUSED["drawn"])
    with pytest.raises(Invalid, match="20 MB"):
        await prints.develop(bytes(prints.MOST + 1))


async def test_what_costs_too_much_ends_with_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prints, "PATIENCE", 0.01)
    with pytest.raises(Invalid, match="damaged, or too costly"):
        await prints.develop(photograph())


async def test_the_first_picture_stands_for_the_product_and_a_colour_s_for_its_articles(
    open_shop: AsyncSession,
) -> None:
    drawn = await pictures.of_product(open_shop, AURORA)
    first = await pictures.add(open_shop, AURORA, printed(1))
    await pictures.arrange(open_shop, AURORA, [first.id])
    product = await open_shop.get_one(Product, AURORA)
    assert product.picture == first.file == f"{1:032x}-400x300"
    second = await pictures.add(
        open_shop, AURORA, printed(2), sku_ids=[CREAM, demo.demo_id("sku", "DAW-250")]
    )
    # A code of another product says nothing.
    assert second.sku_ids == [CREAM]
    await pictures.arrange(open_shop, AURORA, [first.id, second.id])
    sku = await open_shop.get_one(Sku, CREAM)
    assert sku.picture == second.file
    await pictures.remove(open_shop, AURORA, second.id)
    assert sku.picture == next(one.file for one in drawn if CREAM in one.sku_ids)
    await pictures.remove(open_shop, AURORA, first.id)
    assert product.picture == drawn[0].file
    for one in drawn:
        await pictures.remove(open_shop, AURORA, one.id)
    assert (product.picture, sku.picture) == ("", "")
    await pictures.restore(open_shop, AURORA, second.id)
    assert (product.picture, sku.picture) == (second.file, second.file)


async def test_the_same_picture_is_kept_once_and_brought_back_by_being_sent_again(
    open_shop: AsyncSession,
) -> None:
    one = await pictures.add(open_shop, AURORA, printed(), alt="From the front")
    assert (await pictures.add(open_shop, AURORA, printed())).id == one.id
    other = await pictures.add(open_shop, demo.demo_id("product", "dawn-blend"), printed())
    assert other.file == one.file
    assert await open_shop.scalar(select(func.count()).select_from(PictureFile)) == 3
    await pictures.remove(open_shop, AURORA, one.id)
    again = await pictures.add(open_shop, AURORA, printed())
    assert (again.id, again.removed_at, again.alt) == (one.id, None, "From the front")
    kept = await pictures.find(open_shop, printed().digest, "160.webp")
    assert await files.read(kept, None) == b"small"
    with pytest.raises(NotFound):
        await pictures.find(open_shop, printed().digest, "161.webp")
    assert await open_shop.scalar(select(func.count()).select_from(Blob)) == 3


async def test_a_product_has_only_so_many_pictures(
    open_shop: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = await pictures.of_product(open_shop, AURORA)
    monkeypatch.setattr(pictures, "MOST", len(there))
    with pytest.raises(Invalid, match="at most"):
        await pictures.add(open_shop, AURORA, printed())
    assert await pictures.of_product(open_shop, AURORA) == there
    with pytest.raises(NotFound):
        await pictures.remove(open_shop, demo.demo_id("product", "dawn-blend"), there[0].id)


async def test_what_is_said_of_a_picture_is_said_in_every_language(open_shop: AsyncSession) -> None:
    one = await pictures.add(open_shop, AURORA, printed())
    said = {"de": " Von vorn ", "hu": ""}
    await pictures.say(open_shop, AURORA, one.id, alt="From the front", translations=said, sku_ids=[])
    assert (one.alt, one.translations) == ("From the front", {"de": {"alt": "Von vorn"}})
    with pytest.raises(Invalid) as refused:
        await pictures.say(open_shop, AURORA, one.id, alt="a" * 251, translations={}, sku_ids=[])
    assert set(refused.value.fields) == {"alt"}
