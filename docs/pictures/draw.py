"""Draws the demo company's pictures: python docs/pictures/draw.py [folder], by default portal/static/pictures."""

# ruff: noqa: E501  (paths are drawings: breaking them helps nobody)
from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import things as t
from brush import (
    COPPER,
    CREAM,
    GROUNDS,
    INK,
    MUSTARD,
    PAPER,
    PINE,
    ROAST,
    RUST,
    SAGE,
    SKY,
    SLATE,
    STEEL,
    Picture,
    box,
    dark,
    oval,
)

Draw = Callable[[Picture], Picture]

# slug: (category, suggested name, ground, how to draw it)
PRODUCTS: dict[str, tuple[str, str, str, Draw]] = {
    "aurora-espresso-machine": (
        "espresso-machines",
        "Aurora espresso machine",
        "sand",
        lambda p: t.espresso(p, COPPER),
    ),
    "aurora-espresso-machine-pine": (
        "espresso-machines",
        "Aurora espresso machine, pine",
        "butter",
        lambda p: t.espresso(p, PINE),
    ),
    "aurora-espresso-machine-cream": (
        "espresso-machines",
        "Aurora espresso machine, cream",
        "sage",
        lambda p: t.espresso(p, CREAM),
    ),
    "aurora-espresso-machine-black": (
        "espresso-machines",
        "Aurora espresso machine, black",
        "stone",
        lambda p: t.espresso(p, INK),
    ),
    "polaris-two-group": (
        "espresso-machines",
        "Polaris two-group machine",
        "blush",
        lambda p: t.espresso(p, PINE, 2),
    ),
    "havn-lever-machine": ("espresso-machines", "Havn lever machine", "butter", lambda p: t.lever(p, PINE)),
    "pico-compact-machine": (
        "espresso-machines",
        "Pico compact machine",
        "sage",
        lambda p: t.compact(p, CREAM),
    ),
    "pico-compact-machine-rust": (
        "espresso-machines",
        "Pico compact machine, rust",
        "sky",
        lambda p: t.compact(p, RUST),
    ),
    "fjord-batch-brewer": ("filter-brewers", "Fjord batch brewer", "sand", lambda p: t.batch(p, PINE)),
    "skog-pour-over": ("filter-brewers", "Skog pour-over set", "sage", lambda p: t.pour_over(p, CREAM)),
    "skog-pour-over-rust": (
        "filter-brewers",
        "Skog pour-over set, rust",
        "sky",
        lambda p: t.pour_over(p, RUST),
    ),
    "isbre-carafe": ("filter-brewers", "Isbre carafe brewer", "blush", t.hourglass),
    "stempel-french-press": (
        "filter-brewers",
        "Stempel French press",
        "sky",
        lambda p: t.french_press(p, COPPER),
    ),
    "trykk-travel-press": ("filter-brewers", "Trykk travel press", "butter", t.press),
    "kjele-moka-pot": ("filter-brewers", "Kjele moka pot", "blush", lambda p: t.moka(p, STEEL)),
    "natt-cold-brew-bottle": (
        "filter-brewers",
        "Natt cold-brew bottle",
        "sand",
        lambda p: t.cold_brew(p, PINE),
    ),
    "fjell-hand-grinder": ("grinders", "Fjell hand grinder", "sage", lambda p: t.hand_grinder(p, STEEL)),
    "fjell-hand-grinder-black": (
        "grinders",
        "Fjell hand grinder, black",
        "butter",
        lambda p: t.hand_grinder(p, SLATE, ROAST),
    ),
    "kvern-grinder": ("grinders", "Kvern grinder", "sand", lambda p: t.grinder(p, INK)),
    "kvern-grinder-cream": ("grinders", "Kvern grinder, cream", "sky", lambda p: t.grinder(p, CREAM)),
    "kvern-grinder-pine": ("grinders", "Kvern grinder, pine", "blush", lambda p: t.grinder(p, PINE)),
    "storkvern-shop-grinder": (
        "grinders",
        "Storkvern shop grinder",
        "stone",
        lambda p: t.grinder(p, RUST, True),
    ),
    "nord-gooseneck-kettle": ("kettles", "Nord gooseneck kettle", "sand", lambda p: t.gooseneck(p, INK)),
    "nord-gooseneck-kettle-cream": (
        "kettles",
        "Nord gooseneck kettle, cream",
        "sage",
        lambda p: t.gooseneck(p, CREAM),
    ),
    "nord-stovetop-kettle": (
        "kettles",
        "Nord stovetop kettle",
        "blush",
        lambda p: t.gooseneck(p, STEEL, False),
    ),
    "hytte-kettle": ("kettles", "Hytte kettle", "sky", lambda p: t.kettle(p, RUST)),
    "hytte-kettle-pine": ("kettles", "Hytte kettle, pine", "butter", lambda p: t.kettle(p, PINE)),
    "dawn-blend": ("beans", "Dawn blend", "butter", lambda p: t.bag_scene(p, COPPER, RUST, "sun")),
    "midnight-espresso": (
        "beans",
        "Midnight espresso",
        "stone",
        lambda p: t.bag_scene(p, INK, "#3d4f6b", "moon"),
    ),
    "fjellheim-house-blend": (
        "beans",
        "Fjellheim house blend",
        "sage",
        lambda p: t.bag_scene(p, PINE, PINE, "peaks"),
    ),
    "yirgacheffe": (
        "beans",
        "Ethiopia Yirgacheffe",
        "blush",
        lambda p: t.bag_scene(p, CREAM, "#8d3f5f", "berry"),
    ),
    "kenya-nyeri": ("beans", "Kenya Nyeri", "sand", lambda p: t.bag_scene(p, RUST, RUST, "rings")),
    "colombia-huila": (
        "beans",
        "Colombia Huila",
        "sky",
        lambda p: t.bag_scene(p, MUSTARD, dark(MUSTARD, 0.3), "waves"),
    ),
    "sumatra-gayo": ("beans", "Sumatra Gayo", "sage", lambda p: t.bag_scene(p, ROAST, PINE, "leaf")),
    "decaf-stille": (
        "beans",
        "Stille, without caffeine",
        "sky",
        lambda p: t.bag_scene(p, SKY, "#3f6f78", "moon"),
    ),
    "guatemala-antigua": (
        "beans",
        "Guatemala Antigua",
        "butter",
        lambda p: t.bag_scene(p, SAGE, "#5c7a63", "peaks"),
    ),
    "tasting-box": ("beans", "Tasting box, four beans", "blush", t.gift_box),
    "espresso-cup": (
        "cups-and-servers",
        "Espresso cup and saucer",
        "sage",
        lambda p: t.cup_and_saucer(p, CREAM),
    ),
    "cappuccino-cup": (
        "cups-and-servers",
        "Cappuccino cup and saucer",
        "blush",
        lambda p: t.cup_and_saucer(p, PAPER, True),
    ),
    "cappuccino-cup-pine": (
        "cups-and-servers",
        "Cappuccino cup and saucer, pine",
        "sand",
        lambda p: t.cup_and_saucer(p, PINE, True),
    ),
    "hverdag-mugs": ("cups-and-servers", "Hverdag mugs, pair", "sky", lambda p: t.mugs(p, RUST, MUSTARD)),
    "tur-tumbler": ("cups-and-servers", "Tur tumbler", "butter", lambda p: t.tumbler(p, PINE)),
    "glass-server": (
        "cups-and-servers",
        "Glass server",
        "blush",
        lambda p: t.glass_server(p.shadow(200, 400, 500), 290, 500, 240, 270),
    ),
    "varm-thermos": ("cups-and-servers", "Varm thermos jug", "sand", lambda p: t.thermos(p, STEEL)),
    "milk-pitcher": ("cups-and-servers", "Milk pitcher", "sky", lambda p: t.pitcher(p, STEEL)),
    "tamper": ("parts-and-care", "Tamper, 58 mm", "sand", t.tamper),
    "descaler": ("parts-and-care", "Descaler", "sky", lambda p: t.bottle(p, PINE)),
    "grinder-cleaner": (
        "parts-and-care",
        "Machine cleaner",
        "butter",
        lambda p: t.bottle(p, RUST, CREAM, "check"),
    ),
    "brush-set": ("parts-and-care", "Brush set", "sage", t.brush),
    "gasket-set": ("parts-and-care", "Gasket set", "stone", t.gasket),
    "water-filter": ("parts-and-care", "Water filter cartridge", "sky", t.cartridge),
    "filter-papers": ("parts-and-care", "Filter papers, 100", "sage", t.papers),
    "knock-box": ("parts-and-care", "Knock box", "blush", t.knock_box),
    "brew-scale": ("parts-and-care", "Brew scale", "sand", t.scale),
    "cleaning-tablets": ("parts-and-care", "Cleaning tablets", "butter", t.tin),
    "kontor-40": ("office-machines", "Kontor 40", "sage", lambda p: t.office(p, INK)),
    "kontor-80": ("office-machines", "Kontor 80 with milk", "sand", lambda p: t.office(p, PINE, True)),
    "kontor-20": ("office-machines", "Kontor 20", "blush", lambda p: t.office(p, CREAM)),
    "kilde-water-tower": ("office-machines", "Kilde water tower", "sky", t.water_tower),
    "stor-batch-brewer": ("office-machines", "Stor batch brewer", "butter", lambda p: t.batch(p, INK)),
    "winter-blend": ("beans", "Winter blend", "sky", lambda p: t.bag_scene(p, SLATE, PINE, "peaks")),
    "brasil-cerrado": ("beans", "Brazil Cerrado", "stone", lambda p: t.bag_scene(p, PINE, MUSTARD, "sun")),
    "costa-rica-tarrazu": (
        "beans",
        "Costa Rica Tarrazú",
        "sage",
        lambda p: t.bag_scene(p, MUSTARD, RUST, "leaf"),
    ),
    "tur-hand-grinder": ("grinders", "Tur hand grinder", "sky", lambda p: t.hand_grinder(p, COPPER, ROAST)),
    "stempel-small": (
        "filter-brewers",
        "Stempel French press, small",
        "blush",
        lambda p: t.french_press(p, PINE),
    ),
    "kjele-small-moka-pot": (
        "filter-brewers",
        "Kjele moka pot, small",
        "sage",
        lambda p: t.moka(p, STEEL),
    ),
    "liten-kettle": ("kettles", "Liten kettle", "sand", lambda p: t.kettle(p, CREAM)),
    "lungo-cup": (
        "cups-and-servers",
        "Lungo cup and saucer",
        "butter",
        lambda p: t.cup_and_saucer(p, SLATE),
    ),
    "bakke-mugs": ("cups-and-servers", "Bakke mugs, pair", "sage", lambda p: t.mugs(p, PINE, CREAM)),
    "milk-cleaner": ("parts-and-care", "Milk system cleaner", "blush", lambda p: t.bottle(p, SKY)),
    "bean-tin": ("parts-and-care", "Bean tin", "sand", lambda p: t.tin(p, PINE)),
}


# Small things fill their picture too.
CLOSER = {
    "hverdag-mugs": 1.42, "tamper": 1.16, "knock-box": 1.3, "espresso-cup": 1.36, "cappuccino-cup": 1.22, "cappuccino-cup-pine": 1.22, "milk-pitcher": 1.14, "filter-papers": 1.16,
    "lungo-cup": 1.3, "bakke-mugs": 1.42, "bean-tin": 1.2, "glass-server": 1.12, "cleaning-tablets": 1.2, "water-filter": 1.1, "brew-scale": 1.06, "pico-compact-machine": 1.1, "pico-compact-machine-rust": 1.1, "trykk-travel-press": 1.08, "tasting-box": 1.08,
}  # fmt: skip


def closer(p: Picture, by: float) -> Picture:
    """What was drawn, larger, still standing where it stood."""
    wall, drawn = p.parts[:2], p.parts[2:]
    p.parts = wall
    p.move(300 - 300 * by, 508 - 500 * by, by)
    p.parts += drawn
    return p.out()


def scene(ground: str, *placed: tuple[Draw, float, float, float]) -> Picture:
    """A category's picture, 4:3: things side by side on one table, each given as (draw, x, y, scale)."""
    p = Picture(ground, 640, 480, 372)
    for draw, x, y, s in placed:
        drawn = draw(Picture(ground))
        # The clip names of each thing must stay its own.
        mark = f"s{len(p.parts)}c"
        p.move(x - 300 * s, y - 500 * s, s)
        p.parts += [
            part.replace('id="c', f'id="{mark}').replace("url(#c", f"url(#{mark}") for part in drawn.parts[2:]
        ]
        p.out()
    return p


CATEGORIES: dict[str, Picture] = {
    "espresso-machines": scene("sand", (lambda p: t.espresso(p, COPPER), 320, 432, 0.9)),
    "filter-brewers": scene(
        "sage",
        (lambda p: t.pour_over(p, CREAM), 230, 428, 0.8),
        (lambda p: t.french_press(p, COPPER), 452, 440, 0.62),
    ),
    "grinders": scene(
        "butter",
        (lambda p: t.grinder(p, PINE), 260, 430, 0.82),
        (lambda p: t.hand_grinder(p), 462, 442, 0.62),
    ),
    "kettles": scene("sky", (lambda p: t.gooseneck(p, CREAM), 330, 432, 0.92)),
    "beans": scene(
        "blush",
        (lambda p: t.bag_scene(p, PINE, PINE, "peaks"), 196, 422, 0.74),
        (lambda p: t.bag_scene(p, COPPER, RUST, "sun"), 342, 436, 0.8),
        (lambda p: t.bag_scene(p, MUSTARD, dark(MUSTARD, 0.3), "waves"), 482, 424, 0.7),
    ),
    "cups-and-servers": scene(
        "sage",
        (lambda p: t.mugs(p, RUST, MUSTARD), 216, 428, 0.84),
        (lambda p: t.cup_and_saucer(p, CREAM), 452, 444, 0.74),
    ),
    "parts-and-care": scene(
        "sand",
        (lambda p: t.bottle(p, PINE), 208, 424, 0.74),
        (t.tamper, 346, 440, 0.66),
        (t.tin, 476, 432, 0.66),
    ),
    "office-machines": scene("stone", (lambda p: t.office(p, PINE, True), 308, 436, 0.86)),
}


def hero() -> Picture:
    """The home page's picture: a morning counter by a window over the river."""
    p = Picture("sand", 1200, 900, 690)
    p.parts.clear()
    p.flat(box(0, 0, 1200, 900), "#efe0ca")
    # The window: hills, river, a low sun.
    frame = box(330, 70, 560, 470, 12)
    p.flat(box(312, 52, 596, 506, 18), PAPER).inside(frame)
    p.flat(box(300, 60, 620, 500), "#f6d9b4").flat(box(300, 60, 620, 170), "#f3cfa5").flat(
        oval(776, 236, 60), "#f2a65a"
    ).flat(oval(776, 236, 45), "#f6bd78")
    p.flat("M300 360q110 -130 230 -60q70 -90 180 -10q90 -50 220 60v220h-640z", "#8ba497").flat(
        "M300 400q150 -90 300 -20q140 -70 340 10v180h-640z", "#5f8377"
    ).flat("M300 450q170 -40 320 -6q150 -30 320 0v130h-640z", PINE)
    p.flat("M640 560q40 -54 110 -66t70 -34q0 36 -40 50q70 10 110 50z", "#f6d9b4", 0.85)
    for x, h in ((380, 60), (408, 84), (436, 52), (812, 72), (842, 98), (868, 60)):
        p.flat(f"M{x} {470 - h}l18 {h + 14}h-36z", dark(PINE, 0.3))
    p.out().flat(box(600, 70, 14, 470), PAPER).flat(box(330, 300, 560, 12), PAPER)
    p.flat(box(296, 548, 628, 22, 6), "#fffaf0").flat(box(296, 566, 628, 8), INK, 0.1)
    # A shelf with bags, a lamp.
    p.flat(box(944, 360, 256, 16), "#b98957").flat(box(944, 376, 256, 8), INK, 0.12)
    t.bag(p, PINE, PINE, "peaks", 1010, 360, 0.5)
    t.bag(p, MUSTARD, dark(MUSTARD, 0.3), "waves", 1126, 360, 0.5)
    p.line("M140 0v150", ROAST, 6).form("M60 236q6 -92 80 -92t80 92z", RUST, 60, 220).flat(
        oval(140, 236, 80, 12), "#f6d9a0"
    ).flat("M66 240L-60 690h400L214 240z", "#fff1cf", 0.28)
    # The counter.
    p.flat(box(0, 690, 1200, 210), "#c99a68").flat(box(0, 690, 1200, 26), "#dbb184").flat(
        box(0, 716, 1200, 8), INK, 0.1
    )
    for x in (170, 560, 900):
        p.line(f"M{x} 730v170", "#b98957", 4)

    def place(draw: Draw, x: float, y: float, s: float) -> None:
        mark = f"s{len(p.parts)}c"
        drawn = draw(Picture("sand"))
        p.move(x - 300 * s, y - 500 * s, s)
        p.parts.extend(
            part.replace('id="c', f'id="{mark}').replace("url(#c", f"url(#{mark}") for part in drawn.parts[2:]
        )
        p.out()

    place(lambda q: t.grinder(q, INK), 206, 716, 0.86)
    place(lambda q: t.espresso(q, COPPER), 520, 724, 1.12)
    place(lambda q: t.pour_over(q, CREAM), 1000, 716, 0.82)
    place(lambda q: t.cup_and_saucer(q, PAPER, True), 760, 800, 0.6)
    t.beans(
        p,
        [(330, 800, 14), (372, 822, -30), (300, 836, 40), (1090, 802, -12), (1050, 834, 24), (418, 796, 60)],
        1.1,
    )
    return p


def readme() -> str:
    rows = "\n".join(
        f"| products/{slug}.svg | {name} | {category} |" for slug, (category, name, _, _) in PRODUCTS.items()
    )
    return f"""# The demo company's pictures

Drawn by `docs/pictures/draw.py` in one style (flat forms, light from the upper left, one palette) and free to use under this
project's licence. `hero.svg` is 1200 x 900, categories are 640 x 480, products 600 x 600.

Categories: {", ".join(f"`categories/{slug}.svg`" for slug in CATEGORIES)}.

| file | suggested product | category |
|---|---|---|
{rows}
"""


def main() -> None:
    home = (
        Path(sys.argv[1])
        if len(sys.argv) > 1
        else Path(__file__).resolve().parents[2] / "portal/static/pictures"
    )
    for folder in ("products", "categories"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    for slug, (_, _, ground, draw) in PRODUCTS.items():
        assert ground in GROUNDS
        (home / "products" / f"{slug}.svg").write_text(
            closer(draw(Picture(ground)), CLOSER.get(slug, 1.0)).svg()
        )
    for slug, picture in CATEGORIES.items():
        (home / "categories" / f"{slug}.svg").write_text(picture.svg())
    (home / "hero.svg").write_text(hero().svg())
    (home / "README.md").write_text(readme())


if __name__ == "__main__":
    main()
