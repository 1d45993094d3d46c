"""The things that Halden Coffee Works sells, each drawn standing on a table at y = 500."""

# ruff: noqa: E501  (paths are drawings: breaking them helps nobody)
from __future__ import annotations

from brush import (
    COFFEE,
    COPPER,
    CREAM,
    GLASS,
    INK,
    MUSTARD,
    PAPER,
    PINE,
    ROAST,
    RUST,
    SLATE,
    STEEL,
    WOOD,
    Picture,
    box,
    dark,
    light,
    oval,
    taper,
)


def demitasse(
    p: Picture, cx: float, y: float, w: float = 60, colour: str = CREAM, full: bool = False
) -> Picture:
    """An espresso cup whose foot stands at y."""
    h = w * 0.72
    p.line(
        f"M{cx + w * 0.45:g} {y - h * 0.78:g}q{w * 0.36:g} 0 {w * 0.34:g} {h * 0.3:g}q0 {h * 0.28:g} {-w * 0.42:g} {h * 0.3:g}",
        dark(colour, 0.1),
        w * 0.11,
    )
    body = f"M{cx - w / 2:g} {y - h:g}h{w:g}q0 {h * 0.86:g} {-w * 0.26:g} {h:g}h{-w * 0.48:g}q{-w * 0.26:g} {-h * 0.14:g} {-w * 0.26:g} {-h:g}z"
    p.form(body, colour, cx - w / 2, cx + w / 2)
    if full:
        p.flat(oval(cx, y - h, w / 2, w * 0.09), light(colour, 0.5)).flat(
            oval(cx, y - h + 1, w * 0.43, w * 0.065), COFFEE
        )
    return p


def saucer(p: Picture, cx: float, y: float, w: float, colour: str = CREAM) -> Picture:
    return p.form(
        f"M{cx - w / 2:g} {y - w * 0.09:g}h{w:g}q{-w * 0.12:g} {w * 0.1:g} {-w * 0.28:g} {w * 0.1:g}h{-w * 0.44:g}q{-w * 0.16:g} 0 {-w * 0.28:g} {-w * 0.1:g}z",
        dark(colour, 0.05),
        cx - w / 2,
        cx + w / 2,
    )


def gauge(p: Picture, cx: float, cy: float, r: float = 22) -> Picture:
    p.flat(oval(cx, cy, r), dark(STEEL, 0.25)).flat(oval(cx, cy, r * 0.8), PAPER)
    p.line(f"M{cx - r * 0.45:g} {cy + r * 0.35:g}a{r * 0.58:g} {r * 0.58:g} 0 1 1 {r * 0.9:g} 0", SLATE, 2)
    return p.line(f"M{cx:g} {cy:g}l{r * 0.3:g} {-r * 0.42:g}", RUST, 3)


def portafilter(p: Picture, x: float, y: float, wood: str = WOOD) -> Picture:
    p.form(box(x - 38, y, 76, 24, 4, 4, 14, 14), STEEL, x - 38, x + 38)
    p.form(box(x - 110, y + 4, 78, 15, 8, 2, 2, 8), wood, x - 110, x - 32, gloss=False)
    p.flat(box(x - 12, y + 24, 8, 14, 2), dark(STEEL, 0.3)).flat(
        box(x + 6, y + 24, 8, 14, 2), dark(STEEL, 0.3)
    )
    return p


def espresso(p: Picture, colour: str = COPPER, groups: int = 1) -> Picture:
    left, right = (140, 460) if groups == 1 else (86, 514)
    p.shadow(left, right, 500)
    for x in (left + 24, right - 52):
        p.form(box(x, 478, 28, 24, 0, 0, 6, 6), ROAST, x, x + 28, gloss=False)
    p.form(box(left, 150, right - left, 96, 22, 22, 6, 6), colour, left, right)
    p.form(
        box(left + 22, 246, right - left - 44, 180, 0), dark(STEEL, 0.05), left + 22, right - 22, gloss=False
    )
    p.flat(box(left + 22, 246, right - left - 44, 16), dark(STEEL, 0.36), 0.5)
    p.form(box(left, 424, right - left, 60, 8, 8, 16, 16), colour, left, right)
    p.flat(box(left + 22, 414, right - left - 44, 14, 4), dark(STEEL, 0.45))
    for i in range(int((right - left - 60) / 22)):
        p.flat(box(left + 34 + i * 22, 418, 12, 5, 2), dark(STEEL, 0.65))
    # The rail on top, with cups that keep warm.
    p.line(f"M{left + 26} 150v-24h{right - left - 52}v24", dark(STEEL, 0.2), 6)
    for i in range(groups + 1):
        demitasse(p, left + 84 + i * 66, 150, 48, (CREAM, PAPER, CREAM)[i])
    centres = [300] if groups == 1 else [216, 384]
    for cx in centres:
        p.form(box(cx - 46, 242, 92, 26, 0, 0, 8, 8), dark(STEEL, 0.12), cx - 46, cx + 46)
        p.form(box(cx - 34, 266, 68, 18, 2, 2, 6, 6), STEEL, cx - 34, cx + 34)
        portafilter(p, cx, 284)
    cup = centres[0]
    p.line(f"M{cup - 8} 324v36M{cup + 10} 324v36", COFFEE, 4)
    demitasse(p, cup, 414, 62, PAPER, full=True)
    p.line(f"M{right - 58} 240v36c0 40 20 60 20 112", dark(STEEL, 0.16), 9)
    p.flat(box(right - 47, 380, 18, 14, 4), INK)
    gauge(p, left + 62, 198)
    for i in range(2):
        p.flat(oval(right - 52 - i * 48, 198, 15), dark(colour, 0.4)).flat(
            oval(right - 54 - i * 48, 196, 11), WOOD
        )
    p.flat(box(left + 106, 188, 100, 7, 3), light(colour, 0.55)).flat(
        box(left + 106, 203, 58, 6, 3), light(colour, 0.35)
    )
    return p


def lever(p: Picture, colour: str = PINE) -> Picture:
    p.shadow(170, 420, 500)
    p.line("M330 176L214 92", dark(STEEL, 0.1), 14)
    p.flat(oval(206, 86, 26), ROAST).flat(oval(200, 80, 9), light(ROAST, 0.2))
    p.form(box(300, 150, 74, 170, 30, 30, 6, 6), STEEL, 300, 374)
    p.form(box(290, 226, 140, 70, 20), colour, 290, 430)
    p.form(box(382, 190, 74, 250, 36, 36, 8, 8), colour, 382, 456)
    gauge(p, 419, 240, 24)
    p.form(box(290, 318, 94, 22, 4, 4, 10, 10), dark(STEEL, 0.1), 290, 384)
    portafilter(p, 337, 338, RUST)
    p.form(box(170, 452, 300, 46, 14, 14, 20, 20), colour, 170, 470)
    p.flat(box(196, 444, 190, 12, 4), dark(STEEL, 0.4))
    demitasse(p, 337, 444, 60, PAPER, full=True)
    p.line("M330 376v24M346 376v24", COFFEE, 4)
    return p


def compact(p: Picture, colour: str = CREAM) -> Picture:
    p.shadow(196, 404, 500)
    p.form(box(196, 180, 208, 318, 34, 34, 22, 22), colour, 196, 404)
    p.flat(box(226, 276, 148, 164, 14), dark(colour, 0.62))
    p.form(box(262, 262, 76, 30, 0, 0, 10, 10), STEEL, 262, 338)
    portafilter(p, 300, 290, ROAST)
    p.line("M292 328v34M306 328v34", COFFEE, 4)
    demitasse(p, 300, 436, 62, PAPER, full=True)
    p.flat(box(222, 436, 156, 12, 4), dark(STEEL, 0.4))
    p.form(box(222, 150, 156, 34, 14, 14, 2, 2), ROAST, 222, 378)
    gauge(p, 246, 228, 20)
    p.flat(oval(322, 228, 12), dark(colour, 0.35)).flat(oval(360, 228, 12), COPPER)
    return p


def office(p: Picture, colour: str = INK, wide: bool = False) -> Picture:
    left, right = (176, 424) if not wide else (150, 380)
    p.shadow(left, 424 if not wide else 470, 500)
    if wide:
        p.form(box(388, 250, 96, 248, 12), dark(colour, 0.15), 388, 484)
        p.flat(box(404, 274, 64, 100, 6), GLASS, 0.85).flat(box(404, 318, 64, 56, 0, 0, 6, 6), PAPER)
    p.flat(f"M{left + 30} 96h{right - left - 60}l12 84h{-(right - left - 36)}z", GLASS, 0.95)
    p.inside(f"M{left + 30} 96h{right - left - 60}l12 84h{-(right - left - 36)}z")
    p.flat(box(left, 126, right - left, 60), COFFEE)
    for i in range(28):
        p.flat(
            oval(left + 26 + (i * 37) % (right - left - 44), 126 + (i * 23) % 52, 10, 7),
            (COFFEE, dark(COFFEE, 0.3), light(COFFEE, 0.12))[i % 3],
        )
    p.out()
    p.form(box(left + 22, 84, right - left - 44, 16, 6), colour, left + 22, right - 22)
    p.form(box(left, 176, right - left, 322, 18, 18, 12, 12), colour, left, right)
    p.flat(box(left + 34, 200, right - left - 68, 78, 8), light(colour, 0.16))
    p.flat(box(left + 42, 208, right - left - 84, 62, 5), "#163c3b")
    for i in range(3):
        x = left + 66 + i * (right - left - 132) / 2
        p.flat(oval(x, 234, 15), (COPPER, PAPER, MUSTARD)[i]).flat(
            box(x - 12, 256, 24, 4, 2), light(PINE, 0.5)
        )
    p.flat(box(left + 44, 300, right - left - 88, 142, 10), dark(colour, 0.4) if colour != INK else "#171412")
    mid = (left + right) / 2
    p.form(box(mid - 36, 292, 72, 40, 4, 4, 10, 10), STEEL, mid - 36, mid + 36)
    p.line(f"M{mid - 9} 332v40M{mid + 9} 332v40", COFFEE, 5)
    demitasse(p, mid, 440, 74, PAPER, full=True)
    p.flat(box(left + 40, 440, right - left - 80, 12, 4), dark(STEEL, 0.35))
    return p


def batch(p: Picture, colour: str = PINE) -> Picture:
    p.shadow(180, 430, 500)
    p.form(box(350, 130, 84, 368, 14, 14, 10, 10), colour, 350, 434)
    p.form(box(180, 112, 254, 78, 20, 20, 12, 12), colour, 180, 434)
    p.flat(box(204, 134, 70, 8, 4), light(colour, 0.4)).flat(oval(398, 152, 12), MUSTARD)
    p.form("M206 190h132l-30 78h-72z", ROAST, 206, 338)
    p.flat(box(262, 268, 20, 14, 3), INK)
    glass_server(p, 272, 482, 160, 170)
    p.form(box(170, 480, 270, 20, 8), dark(colour, 0.25), 170, 440)
    p.flat(oval(400, 300, 7), light(colour, 0.5))
    return p


def glass_server(p: Picture, cx: float, y: float, w: float, h: float, full: float = 0.55) -> Picture:
    body = f"M{cx - w * 0.3:g} {y - h:g}h{w * 0.6:g}l{w * 0.2:g} {h * 0.62:g}q{w * 0.06:g} {h * 0.38:g} {-w * 0.16:g} {h * 0.38:g}h{-w * 0.68:g}q{-w * 0.22:g} 0 {-w * 0.16:g} {-h * 0.38:g}z"
    p.line(
        f"M{cx + w * 0.34:g} {y - h * 0.86:g}h{w * 0.16:g}q{w * 0.16:g} 0 {w * 0.16:g} {h * 0.2:g}v{h * 0.2:g}q0 {h * 0.18:g} {-w * 0.18:g} {h * 0.18:g}",
        ROAST,
        w * 0.08,
    )
    p.flat(body, GLASS, 0.92).inside(body)
    p.flat(box(cx - w, y - h * full, w * 2, h), COFFEE).flat(
        oval(cx, y - h * full, w * 0.48, h * 0.035), light(COFFEE, 0.18)
    )
    p.flat(box(cx + w * 0.26, y - h, w * 0.4, h), INK, 0.12).flat(
        box(cx - w * 0.36, y - h, w * 0.07, h), "#ffffff", 0.4
    )
    p.out().form(
        box(cx - w * 0.33, y - h - 9, w * 0.66, 14, 5), ROAST, cx - w * 0.33, cx + w * 0.33, gloss=False
    )
    return p


def pour_over(p: Picture, colour: str = CREAM) -> Picture:
    p.shadow(200, 390, 500)
    glass_server(p, 300, 500, 200, 200, 0.42)
    p.form(box(214, 282, 172, 16, 8), colour, 214, 386)
    p.form("M188 150h224l-64 128q-4 8 -12 8h-72q-8 0 -12 -8z", colour, 188, 412)
    p.flat(oval(300, 150, 112, 15), light(colour, 0.45)).flat(oval(300, 152, 98, 11), PAPER).flat(
        oval(300, 154, 78, 7), COFFEE
    )
    p.line("M404 172q44 0 40 40q-6 40 -60 38", dark(colour, 0.12), 14)
    for x in (242, 272, 328, 358):
        p.line(f"M{x} 180l{(300 - x) * 0.36:g} 84", dark(colour, 0.12), 3)
    return p.steam(284, 126)


def hourglass(p: Picture) -> Picture:
    p.shadow(206, 396, 500)
    body = "M196 116h208l-66 150q-8 18 0 34l58 132q24 68 -36 68h-120q-60 0 -36 -68l58 -132q8 -16 0 -34z"
    p.flat(body, GLASS, 0.95).inside(body)
    p.flat(box(150, 410, 300, 100), COFFEE).flat(oval(300, 410, 94, 9), light(COFFEE, 0.18))
    p.flat("M206 120h188l-84 146h-20z", PAPER).flat("M238 180h124l-52 86h-20z", COFFEE)
    p.flat(box(362, 100, 90, 420), INK, 0.1).flat("M222 116h16l60 150h-12z", "#ffffff", 0.4).out()
    p.form("M246 250h108l8 58h-124z", WOOD, 238, 362)
    p.line("M252 279q48 18 96 0", ROAST, 5)
    p.flat(oval(300, 288, 8), ROAST)
    return p


def french_press(p: Picture, colour: str = COPPER) -> Picture:
    p.shadow(214, 390, 500)
    p.line("M384 230h34q28 0 28 32v110q0 30 -28 30h-34", ROAST, 18)
    body = box(216, 190, 170, 306, 6, 6, 20, 20)
    p.flat(body, GLASS, 0.95).inside(body).flat(box(200, 268, 220, 240), COFFEE).flat(
        box(200, 268, 220, 12), light(COFFEE, 0.2)
    )
    p.flat(box(340, 180, 60, 330), INK, 0.12).flat(box(230, 180, 12, 330), "#ffffff", 0.4).out()
    for y in (214, 452):
        p.form(box(206, y, 190, 18, 5), colour, 206, 396)
    p.form(box(206, 484, 190, 16, 4, 4, 8, 8), colour, 206, 396)
    for x in (206, 380):
        p.form(box(x, 220, 16, 270), colour, x, x + 16, gloss=False)
    p.form("M206 192q10 -34 94 -34t94 34z", colour, 206, 394)
    p.form(box(295, 96, 10, 64, 2), STEEL, 295, 305, gloss=False).flat(oval(300, 92, 22), ROAST).flat(
        oval(293, 86, 7), light(ROAST, 0.25)
    )
    return p


def press(p: Picture) -> Picture:
    p.shadow(250, 352, 500)
    p.form(box(236, 96, 128, 22, 8), ROAST, 236, 364)
    p.form(box(256, 116, 88, 120), dark(STEEL, 0.3), 256, 344)
    p.form(box(240, 220, 120, 190, 6), SLATE, 240, 360)
    for y in (258, 296, 334, 372):
        p.flat(oval(300, y, 15), light(SLATE, 0.2)).flat(box(297, y - 6, 6, 12, 2), PAPER, 0.8)
    p.form(box(206, 404, 188, 18, 6), ROAST, 206, 394)
    p.form(box(246, 420, 108, 14, 2), INK, 246, 354, gloss=False)
    mug(p, 300, 500, 112, 70, CREAM)
    return p


def mug(
    p: Picture, cx: float, y: float, w: float, h: float, colour: str = PINE, band: str | None = None
) -> Picture:
    p.line(
        f"M{cx + w * 0.46:g} {y - h * 0.8:g}h{w * 0.12:g}q{w * 0.18:g} 0 {w * 0.18:g} {h * 0.22:g}v{h * 0.12:g}q0 {h * 0.26:g} {-w * 0.2:g} {h * 0.26:g}h{-w * 0.1:g}",
        dark(colour, 0.1),
        w * 0.1,
    )
    body = box(cx - w / 2, y - h, w, h, 3, 3, w * 0.16, w * 0.16)
    p.form(body, colour, cx - w / 2, cx + w / 2)
    if band:
        p.inside(body).form(box(cx - w / 2, y - h * 0.36, w, h * 0.36), band, cx - w / 2, cx + w / 2).out()
    return p


def moka(p: Picture, colour: str = STEEL) -> Picture:
    p.shadow(206, 390, 500)
    p.line("M372 206h44q22 0 20 26l-16 128", ROAST, 24)
    p.form("M226 318h148l26 158q2 24 -22 24h-156q-24 0 -22 -24z", colour, 200, 400)
    p.form("M236 318l-18 -110l-34 -40h190l-8 150z", light(colour, 0.12), 184, 374)
    p.form(box(226, 310, 148, 18, 5), dark(colour, 0.22), 226, 374)
    p.form("M214 168q6 -44 84 -44q66 0 74 44z", colour, 214, 372)
    p.flat(oval(294, 112, 16), ROAST).flat(oval(289, 107, 5), light(ROAST, 0.25))
    p.flat(oval(300, 420, 12), dark(colour, 0.4)).flat(oval(300, 420, 6), MUSTARD)
    for x in (262, 338):
        p.line(f"M{x} 336l{(x - 300) * 0.4:g} 150", dark(colour, 0.16), 3)
    return p


def cold_brew(p: Picture, colour: str = PINE) -> Picture:
    p.shadow(220, 384, 500)
    body = "M252 180h96v54q46 22 46 76v158q0 30 -30 30h-128q-30 0 -30 -30v-158q0 -54 46 -76z"
    p.flat(body, GLASS, 0.95).inside(body).flat(box(190, 306, 220, 210), COFFEE).flat(
        box(190, 306, 220, 9), light(COFFEE, 0.2)
    )
    p.flat(box(270, 190, 60, 236, 0, 0, 18, 18), INK, 0.28)
    for i in range(9):
        p.line(f"M276 {320 + i * 12}h48", light(COFFEE, 0.1), 2)
    p.flat(box(352, 170, 60, 340), INK, 0.12).flat(box(222, 170, 12, 340), "#ffffff", 0.4).out()
    p.form(box(240, 132, 120, 54, 14, 14, 6, 6), colour, 240, 360)
    p.line("M300 132v-18", colour, 16)
    p.form(box(206, 350, 188, 74, 0), PAPER, 206, 394, gloss=False).flat(box(230, 368, 90, 10, 4), RUST).flat(
        box(230, 388, 130, 7, 3), dark(PAPER, 0.4)
    ).flat(box(230, 402, 72, 6, 3), dark(PAPER, 0.25))
    return p


def beans(p: Picture, spots: list[tuple[float, float, float]], size: float = 1) -> Picture:
    for x, y, turn in spots:
        p.move(x, y, size, turn).flat(oval(0, 0, 17, 11.5), COFFEE).flat(
            "M-17 0a17 11.5 0 0 0 34 0q-17 10 -34 0z", dark(COFFEE, 0.28)
        ).line("M-13 -1.500q7 -6 13 0.500t13 -1", dark(COFFEE, 0.5), 2.4).out()
    return p


def hand_grinder(p: Picture, colour: str = STEEL, wood: str = WOOD) -> Picture:
    p.shadow(244, 356, 500)
    p.line("M300 138h118", dark(STEEL, 0.25), 12)
    p.flat(oval(424, 122, 22, 28), wood).flat("M424 94a22 28 0 0 1 0 56q10 -28 0 -56z", dark(wood, 0.2))
    p.form(box(292, 120, 16, 40, 4), dark(STEEL, 0.3), 292, 308, gloss=False)
    p.form("M246 190q0 -34 54 -34t54 34z", dark(colour, 0.1), 246, 354)
    p.form(box(246, 188, 108, 150, 4), colour, 246, 354)
    p.form(box(240, 262, 120, 84, 8), wood, 240, 360)
    for i in range(5):
        p.line(f"M{256 + i * 22} 270v68", dark(wood, 0.16), 3)
    p.form(box(246, 346, 108, 150, 2, 2, 16, 16), colour, 246, 354)
    p.flat(box(246, 346, 108, 6), dark(colour, 0.3))
    return beans(p, [(424, 486, 12), (462, 494, -20), (196, 492, 30)], 0.9)


def grinder(p: Picture, colour: str = INK, big: bool = False) -> Picture:
    w = 190 if not big else 220
    left, right = 300 - w / 2, 300 + w / 2
    p.shadow(left, right, 500)
    hopper = f"M{left + 20:g} 92h{w - 40:g}l-30 116h{-(w - 100):g}z"
    p.flat(hopper, GLASS, 0.95).inside(hopper).flat(box(left, 142, w, 80), COFFEE)
    for i in range(40):
        p.flat(
            oval(left + 28 + (i * 53) % (w - 50), 144 + (i * 29) % 61, 11, 7.5),
            (COFFEE, dark(COFFEE, 0.3), light(COFFEE, 0.14))[i % 3],
        )
    p.flat(box(left + 34, 80, 10, 140), "#ffffff", 0.35).out()
    p.form(box(left + 10, 78, w - 20, 18, 7), ROAST, left + 10, right - 10)
    p.form(
        box(left + 46, 206, w - 92, 26, 4),
        dark(colour, 0.3) if colour != INK else SLATE,
        left + 46,
        right - 46,
    )
    p.form(box(left, 230, w, 120, 20, 20, 8, 8), colour, left, right)
    p.form(box(left + 54, 350, w - 54, 110), colour, left + 54, right, gloss=False)
    p.form(box(left + 20, 348, 70, 34, 0, 0, 14, 14), STEEL, left + 20, left + 90)
    p.form(box(left - 12, 458, w + 24, 42, 12, 12, 14, 14), colour, left - 12, right + 12)
    p.form(box(left + 4, 400, 88, 58, 4, 4, 10, 10), dark(STEEL, 0.06), left + 4, left + 92)
    p.flat(oval(left + 48, 400, 42, 6), COFFEE)
    p.flat(oval(right - 54, 288, 32), light(colour, 0.14)).flat(oval(right - 54, 288, 24), COPPER).flat(
        oval(right - 60, 281, 8), light(COPPER, 0.35)
    )
    p.flat(box(left + 26, 262, 64, 8, 4), light(colour, 0.5)).flat(
        box(left + 26, 280, 40, 7, 3), light(colour, 0.3)
    )
    return p


def gooseneck(p: Picture, colour: str = INK, base: bool = True) -> Picture:
    foot = 474 if base else 500
    p.shadow(190, 420, 500)
    if base:
        p.form(box(200, 474, 214, 26, 10, 10, 12, 12), ROAST, 200, 414)
        p.flat(box(342, 482, 50, 9, 3), MUSTARD)
    p.line(f"M222 {foot - 52}c-86 -8 -40 -176 -128 -176", dark(colour, 0.16), 17)
    p.line("M396 262c104 -30 104 120 22 128", WOOD, 22)
    p.line("M372 258l34 2", dark(STEEL, 0.2), 12)
    body = f"M244 236h120l50 {foot - 246:g}q2 10 -10 10h-200q-12 0 -10 -10z"
    p.form(body, colour, 196, 414)
    p.form("M240 238q6 -26 64 -26t64 26z", dark(colour, 0.12) if colour != INK else light(INK, 0.1), 240, 368)
    p.form(box(296, 176, 16, 38, 5), STEEL, 296, 312, gloss=False).flat(oval(304, 172, 20), WOOD).flat(
        oval(298, 166, 6), light(WOOD, 0.4)
    )
    return p


def kettle(p: Picture, colour: str = RUST) -> Picture:
    p.shadow(180, 420, 500)
    p.line("M212 250c-10 -170 186 -170 176 0", ROAST, 18)
    p.flat("M196 380l-84 -84l26 -22l96 62z", dark(colour, 0.12))
    p.form(
        "M300 216c90 0 124 92 124 196q0 88 -40 88h-168q-40 0 -40 -88c0 -104 34 -196 124 -196z",
        colour,
        176,
        424,
    )
    p.form("M244 232q6 -26 56 -26t56 26z", dark(colour, 0.22), 244, 356)
    p.flat(oval(300, 196, 17), ROAST)
    return p.steam(106, 262, 0.8)


def bag(
    p: Picture,
    colour: str,
    label: str,
    mark: str = "sun",
    cx: float = 300,
    y: float = 500,
    s: float = 1,
    name: bool = True,
) -> Picture:
    """A flat-bottomed bag; its label says the blend by colour and mark."""
    p.move(cx, y, s)
    body = (
        "M-104 -350h208q12 80 10 180q0 90 6 158q1 12 -12 12h-216q-13 0 -12 -12q6 -68 6 -158q-2 -100 10 -180z"
    )
    p.form(body, colour, -116, 116)
    p.inside(body).flat(box(-130, -352, 260, 40), dark(colour, 0.14)).out()
    p.form(box(-110, -362, 220, 22, 4), dark(colour, 0.3), -110, 110, gloss=False)
    p.flat(box(-74, -366, 20, 30, 3), STEEL).flat(box(54, -366, 20, 30, 3), STEEL)
    p.flat(oval(0, -282, 8), dark(colour, 0.35)).flat(oval(0, -282, 3), colour)
    p.form(box(-78, -244, 156, 188, 8), PAPER, -78, 78, gloss=False)
    if mark == "sun":
        p.flat("M-40 -150a40 40 0 0 1 80 0z", label).line("M-62 -148h124", label, 5)
        for dx, dy in ((0, -206), (-38, -194), (38, -194)):
            p.line(f"M{dx * 0.82:g} {dy * 0.99:g}l{dx * 0.26:g} {-8:g}", label, 5)
    elif mark == "peaks":
        p.flat("M-62 -146l40 -62l22 32l16 -22l46 52z", label).flat("M-22 -208l14 21l-14 8l-12 -6z", PAPER)
    elif mark == "leaf":
        p.flat("M-44 -150c0 -50 40 -66 88 -62c4 48 -28 84 -88 62z", label).line(
            "M-52 -140c20 -34 44 -52 78 -60", PAPER, 4
        )
    elif mark == "moon":
        p.flat("M18 -214a38 38 0 1 0 22 62a32 32 0 1 1 -22 -62z", label).flat(oval(40, -204, 4), label).flat(
            oval(52, -182, 3), label
        )
    elif mark == "waves":
        for i in range(4):
            p.line(f"M-58 {-206 + i * 18}q14 -14 29 0t29 0t29 0t29 0", label, 6)
    elif mark == "berry":
        for dx, dy in ((-20, -162), (22, -160), (0, -192)):
            p.flat(oval(dx, dy, 19), label).flat(oval(dx - 6, dy - 6, 5), light(label, 0.4))
        p.line("M0 -212q8 -10 22 -8", PINE, 5)
    elif mark == "rings":
        for r in (44, 31, 18):
            p.flat(oval(0, -176, r), label if r != 31 else PAPER)
    else:
        p.flat("M-40 -140v-68l40 34l40 -34v68z", label)
    p.flat(box(-48, -122, 96, 10, 4), dark(PAPER, 0.75)).flat(
        box(-34, -102, 68, 6, 3), dark(PAPER, 0.4)
    ).flat(box(-20, -78, 40, 6, 3), label)
    return p.out()


def bag_scene(p: Picture, colour: str, label: str, mark: str) -> Picture:
    p.shadow(190, 416, 500)
    bag(p, colour, label, mark)
    return beans(p, [(148, 494, 10), (176, 512, -34), (446, 518, 24), (120, 516, -8)])


def cup_and_saucer(p: Picture, colour: str = CREAM, big: bool = False) -> Picture:
    w = 190 if not big else 230
    p.shadow(170, 430, 500)
    p.form(
        f"M{300 - w * 0.82:g} 470h{w * 1.64:g}q-44 30 -90 30h{-(w * 1.64 - 180):g}q-46 0 -90 -30z",
        dark(colour, 0.06),
        300 - w * 0.82,
        300 + w * 0.82,
    )
    demitasse(p, 300, 478, w, colour, full=True)
    y = 478 - w * 0.72
    if big:
        p.flat(oval(300, y + 1, w * 0.4, w * 0.055), light(COFFEE, 0.25)).flat(
            f"M{300 - 34} {y:g}q34 -12 68 0q-34 14 -68 0z", PAPER
        )
    return p.steam(284, y - 26, 1.15)


def mugs(p: Picture, one: str, two: str) -> Picture:
    p.shadow(150, 430, 500)
    mug(p, 378, 486, 130, 150, two)
    mug(p, 234, 500, 150, 172, one, CREAM)
    return p


def tumbler(p: Picture, colour: str = PINE) -> Picture:
    p.shadow(232, 370, 500)
    p.form(taper(300, 178, 150, 112, 322, 14), colour, 225, 375)
    p.form("M228 258h144l-9 74h-126z", WOOD, 228, 372)
    p.form(box(214, 150, 172, 34, 12, 12, 6, 6), ROAST, 214, 386)
    p.form(box(250, 128, 78, 24, 8, 8, 0, 0), ROAST, 250, 328, gloss=False)
    p.flat("M284 400h32l-4 34h-24z", light(colour, 0.5)).line(
        "M316 406q12 2 9 12t-11 8", light(colour, 0.5), 4
    )
    return p


def thermos(p: Picture, colour: str = STEEL) -> Picture:
    p.shadow(216, 384, 500)
    p.line("M380 240h26q28 0 28 34v108q0 32 -28 32h-26", ROAST, 18)
    p.form(box(216, 190, 168, 310, 34, 34, 20, 20), colour, 216, 384)
    p.form("M222 208q0 -58 78 -58t78 58z", ROAST, 222, 378)
    p.flat("M236 178l-48 -8l30 40z", ROAST)
    p.flat(box(286, 126, 70, 22, 10), ROAST)
    p.form(box(216, 456, 168, 44, 0, 0, 20, 20), dark(colour, 0.16), 216, 384)
    return p.flat(box(262, 300, 76, 9, 4), dark(colour, 0.35)).flat(
        box(276, 320, 48, 7, 3), dark(colour, 0.25)
    )


def pitcher(p: Picture, colour: str = STEEL) -> Picture:
    p.shadow(200, 390, 500)
    p.line("M372 272h38q30 0 30 36v86q0 40 -46 40h-20", dark(colour, 0.24), 17)
    p.form(
        "M226 236l-52 -40q10 -18 44 -14h152q10 140 30 250q10 68 -42 68h-124q-50 0 -42 -68q18 -110 34 -196z",
        colour,
        186,
        400,
    )
    p.flat("M188 190q20 -16 180 -6q-2 18 -80 20t-100 -14z", PAPER)
    return p.flat("M246 190q40 -10 66 2q-30 12 -66 -2z", light(COFFEE, 0.3))


def tamper(p: Picture) -> Picture:
    p.shadow(216, 380, 500)
    p.form(
        "M300 190c48 0 62 34 54 70q-10 46 -16 84q-3 20 -38 20t-38 -20q-6 -38 -16 -84c-8 -36 6 -70 54 -70z",
        WOOD,
        244,
        356,
    )
    for i in range(3):
        p.line(f"M{276 + i * 22} 214q{(i - 1) * 6} 60 0 120", dark(WOOD, 0.14), 3)
    p.form(box(258, 356, 84, 22, 4), MUSTARD, 258, 342)
    p.form(box(216, 378, 168, 40, 10, 10, 4, 4), STEEL, 216, 384)
    p.form(box(204, 416, 192, 84, 4, 4, 8, 8), STEEL, 204, 396)
    return p.flat(box(204, 416, 192, 5), dark(STEEL, 0.3))


def bottle(p: Picture, colour: str = PINE, cap: str = CREAM, mark: str = "drop") -> Picture:
    p.shadow(222, 380, 500)
    p.form(
        "M262 170h76v40q54 20 54 82v176q0 32 -32 32h-120q-32 0 -32 -32v-176q0 -62 54 -82z", colour, 208, 392
    )
    p.form(box(254, 106, 92, 70, 10, 10, 4, 4), cap, 254, 346)
    for i in range(4):
        p.flat(box(268 + i * 20, 116, 4, 48, 2), dark(cap, 0.16))
    p.form(box(228, 290, 144, 156, 8), PAPER, 228, 372, gloss=False)
    if mark == "drop":
        p.flat("M300 306q34 44 34 64a34 34 0 0 1 -68 0q0 -20 34 -64z", colour).flat(
            oval(288, 372, 8), light(colour, 0.5)
        )
    else:
        p.flat(oval(300, 356, 36), colour).flat("M284 356l12 14l24 -28l6 6l-30 36l-18 -22z", PAPER)
    return p.flat(box(254, 414, 92, 8, 4), dark(PAPER, 0.6)).flat(box(272, 430, 56, 5, 2), dark(PAPER, 0.3))


def brush(p: Picture) -> Picture:
    p.shadow(120, 420, 496)
    p.form(box(150, 446, 190, 30, 15, 4, 4, 15), PINE, 150, 340, gloss=False).flat(
        box(164, 451, 160, 5, 2), light(PINE, 0.35)
    )
    p.flat("M338 442h66q10 18 2 38h-68z", CREAM)
    for i in range(4):
        p.line(f"M346 {450 + i * 8}h54", dark(CREAM, 0.14), 2)
    p.shadow(150, 470, 536)
    p.form(box(140, 494, 200, 40, 20, 6, 6, 20), WOOD, 140, 340, gloss=False).flat(
        box(152, 500, 176, 7, 3), light(WOOD, 0.35)
    )
    p.form(box(332, 488, 30, 52, 4), MUSTARD, 332, 362, gloss=False)
    p.flat("M362 484h92q14 34 6 68q-50 -2 -98 -8z", ROAST)
    for i in range(6):
        p.line(f"M366 {492 + i * 9}l88 {i * 3 - 4}", light(ROAST, 0.18), 3)
    # The small one for the group head, standing against the wall.
    p.form(box(470, 300, 26, 150, 13, 13, 4, 4), RUST, 470, 496)
    p.form(box(466, 446, 34, 16, 3), STEEL, 466, 500, gloss=False)
    return p.flat("M466 462h34l8 38h-50z", INK)


def gasket(p: Picture) -> Picture:
    p.shadow(160, 440, 500)
    for cx, cy, r, c in ((230, 380, 108, RUST), (392, 410, 84, INK), (330, 260, 66, SLATE)):
        p.flat(f"{oval(cx, cy, r)}{oval(cx, cy, r * 0.66)}", c)
        p.parts[-1] = p.parts[-1].replace("/>", ' fill-rule="evenodd"/>')
        p.line(
            f"M{cx - r * 0.78:g} {cy - r * 0.28:g}a{r * 0.83:g} {r * 0.83:g} 0 0 1 {r * 0.6:g} {-r * 0.5:g}",
            light(c, 0.35),
            r * 0.08,
        )
    return p


def cartridge(p: Picture, colour: str = PAPER) -> Picture:
    p.shadow(216, 384, 500)
    p.form(box(226, 250, 148, 250, 8, 8, 18, 18), colour, 226, 374)
    p.form(box(212, 212, 176, 46, 10), PINE, 212, 388)
    p.form(box(276, 152, 48, 64, 8, 8, 0, 0), PINE, 276, 324)
    for i in range(5):
        p.flat(box(246, 290 + i * 15, 108, 5, 2), dark(colour, 0.12))
    p.flat("M300 380q26 34 26 52a26 26 0 0 1 -52 0q0 -18 26 -52z", "#6fa0a6").flat(
        oval(292, 434, 6), "#ffffff", 0.7
    )
    return p


def papers(p: Picture) -> Picture:
    p.shadow(186, 430, 500)
    for i in range(5):
        p.flat(
            f"M{196 + i * 12} {200 + i * 8}h208q-6 170 -84 268h-40q-78 -98 -84 -268z",
            (dark(PAPER, 0.16), dark(PAPER, 0.1), dark(PAPER, 0.06), dark(PAPER, 0.03), PAPER)[i],
        )
    p.line("M256 250q8 130 76 230", dark(PAPER, 0.14), 4).line("M440 250q-4 100 -40 180", dark(PAPER, 0.1), 3)
    p.form(box(170, 420, 210, 80, 8), COPPER, 170, 380).flat(box(198, 446, 96, 9, 4), PAPER).flat(
        box(198, 464, 60, 7, 3), light(COPPER, 0.5)
    )
    return p


def knock_box(p: Picture) -> Picture:
    p.shadow(190, 410, 500)
    p.form(taper(300, 290, 240, 208, 210, 26), ROAST, 180, 420)
    p.flat(oval(300, 290, 120, 26), dark(ROAST, 0.4)).flat(oval(300, 296, 104, 18), COFFEE)
    p.form(box(176, 270, 248, 28, 14), RUST, 176, 424)
    p.flat(box(270, 400, 60, 8, 4), light(ROAST, 0.3))
    return p


def scale(p: Picture) -> Picture:
    p.shadow(140, 460, 500)
    p.form(box(130, 446, 340, 54, 12, 12, 16, 16), INK, 130, 470, gloss=False)
    p.flat(box(142, 432, 316, 18, 8), light(INK, 0.14))
    p.flat(box(330, 462, 116, 26, 5), "#163c3b").flat(box(344, 470, 30, 10, 2), MUSTARD).flat(
        box(382, 470, 46, 10, 2), MUSTARD
    )
    p.flat(oval(168, 474, 9), light(INK, 0.3)).flat(oval(200, 474, 9), light(INK, 0.3))
    p.form("M226 250h148l-44 84h-60z", CREAM, 226, 374).flat(oval(300, 250, 74, 10), PAPER).flat(
        oval(300, 252, 58, 6), COFFEE
    )
    p.form(box(242, 334, 116, 12, 6), CREAM, 242, 358)
    return glass_server(p, 300, 432, 120, 84, 0.5)


def tin(p: Picture, colour: str = MUSTARD) -> Picture:
    p.shadow(210, 390, 500)
    p.form(box(206, 260, 188, 240, 4, 4, 14, 14), colour, 206, 394)
    p.form(box(198, 214, 204, 52, 12, 12, 4, 4), ROAST, 198, 402)
    p.form(box(206, 310, 188, 130), PAPER, 206, 394, gloss=False)
    for i, x in enumerate((252, 300, 348)):
        p.flat(oval(x, 362, 19), (colour, dark(colour, 0.2), colour)[i]).flat(
            box(x - 11, 360, 22, 4, 2), PAPER
        )
    return p.flat(box(240, 404, 120, 9, 4), dark(PAPER, 0.6))


def water_tower(p: Picture) -> Picture:
    p.shadow(214, 390, 500)
    tank = box(222, 96, 156, 190, 26, 26, 8, 8)
    p.flat(tank, GLASS, 0.95).inside(tank).flat(box(200, 150, 200, 160), "#9cc4c9").flat(
        box(200, 150, 200, 8), "#c4dfe1"
    ).flat(box(340, 80, 60, 220), INK, 0.1).flat(box(238, 80, 11, 220), "#ffffff", 0.5).out()
    p.form(box(206, 282, 188, 216, 12, 12, 16, 16), PAPER, 206, 394)
    p.flat(box(236, 330, 128, 110, 10), dark(PAPER, 0.72))
    p.form(box(276, 318, 18, 38, 3, 3, 6, 6), RUST, 276, 294, gloss=False).form(
        box(308, 318, 18, 38, 3, 3, 6, 6), "#4f8790", 308, 326, gloss=False
    )
    p.flat("M284 392h34l-5 48h-24z", GLASS)
    return p


def gift_box(p: Picture) -> Picture:
    p.shadow(150, 450, 500)
    bag(p, PINE, MUSTARD, "peaks", 236, 430, 0.66)
    bag(p, COPPER, RUST, "sun", 366, 430, 0.66)
    p.form(box(140, 380, 320, 120, 4, 4, 10, 10), CREAM, 140, 460)
    p.flat(box(286, 380, 28, 120), RUST).flat("M300 380q-70 -44 -66 -6q6 20 66 6z", RUST).flat(
        "M300 380q70 -44 66 -6q-6 20 -66 6z", dark(RUST, 0.16)
    )
    return p
