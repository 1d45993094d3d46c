"""The brush of the demo company's pictures: flat forms, light from the upper left, one palette.

A form is its colour, a light strip on its left and a shade on its right; nothing has an outline.
"""

# ruff: noqa: E501  (paths are drawings: breaking them helps nobody)
from __future__ import annotations

from dataclasses import dataclass, field

INK = "#2b2521"
ROAST = "#43302a"
CREAM = "#f3e9d9"
PAPER = "#fbf6ec"
COPPER = "#bd6c43"
PINE = "#24514a"
STEEL = "#c7ccc9"
SLATE = "#5b6361"
MUSTARD = "#d9a441"
RUST = "#a2452b"
SAGE = "#9db3a2"
SKY = "#a9c3c7"
GLASS = "#d9e6e4"
WOOD = "#b98957"
COFFEE = "#5a3523"

# Wall and table behind a thing.
GROUNDS = {
    "sand": ("#f1e7d6", "#e3d3ba"),
    "sage": ("#dde4d8", "#c8d3c4"),
    "blush": ("#f2dccb", "#e5c6ae"),
    "sky": ("#dae5e5", "#c3d3d4"),
    "butter": ("#f3e3bd", "#e6cf9c"),
    "stone": ("#e8e5df", "#d5d0c7"),
}


def mix(one: str, two: str, share: float) -> str:
    """The colour that is `share` of the way from one to two."""
    a = [int(one[i : i + 2], 16) for i in (1, 3, 5)]
    b = [int(two[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in zip(a, b, strict=True))


def dark(colour: str, share: float = 0.2) -> str:
    return mix(colour, INK, share)


def light(colour: str, share: float = 0.3) -> str:
    return mix(colour, "#ffffff", share)


def box(x: float, y: float, w: float, h: float, *r: float) -> str:
    """A path with corner radii: one for all, or top left, top right, bottom right, bottom left."""
    tl, tr, br, bl = (r * 4)[:4] if len(r) == 1 else r or (0, 0, 0, 0)
    return (
        f"M{x + tl:g} {y:g}h{w - tl - tr:g}q{tr:g} 0 {tr:g} {tr:g}v{h - tr - br:g}q0 {br:g} {-br:g} {br:g}"
        f"h{-(w - br - bl):g}q{-bl:g} 0 {-bl:g} {-bl:g}v{-(h - bl - tl):g}q0 {-tl:g} {tl:g} {-tl:g}z"
    )


def oval(cx: float, cy: float, rx: float, ry: float | None = None) -> str:
    ry = rx if ry is None else ry
    return f"M{cx - rx:g} {cy:g}a{rx:g} {ry:g} 0 1 0 {2 * rx:g} 0a{rx:g} {ry:g} 0 1 0 {-2 * rx:g} 0z"


def taper(cx: float, y: float, top: float, bottom: float, h: float, r: float = 0) -> str:
    """A body that narrows or widens downwards, with rounded lower corners."""
    return f"M{cx - top / 2:g} {y:g}h{top:g}L{cx + bottom / 2:g} {y + h - r:g}q0 {r:g} {-r:g} {r:g}h{-(bottom - 2 * r):g}q{-r:g} 0 {-r:g} {-r:g}z"


@dataclass
class Picture:
    """One picture: parts are drawn in the order in which they are added."""

    ground: str = "sand"
    width: int = 600
    height: int = 600
    table: float = 448
    parts: list[str] = field(default_factory=list)
    clips: int = 0

    def __post_init__(self) -> None:
        wall, table = GROUNDS[self.ground]
        self.flat(box(0, 0, self.width, self.height), wall)
        self.flat(box(0, self.table, self.width, self.height - self.table), table)

    def flat(self, path: str, fill: str, opacity: float = 1) -> Picture:
        extra = f' opacity="{opacity:g}"' if opacity != 1 else ""
        self.parts.append(f'<path d="{path}" fill="{fill}"{extra}/>')
        return self

    def line(self, path: str, colour: str, width: float = 4, cap: str = "round") -> Picture:
        self.parts.append(
            f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linecap="{cap}" stroke-linejoin="round"/>'
        )
        return self

    def form(
        self, path: str, fill: str, left: float, right: float, shade: float = 0.26, gloss: bool = True
    ) -> Picture:
        """A body between left and right: its colour, its shade, its light."""
        self.clips += 1
        w = right - left
        self.parts.append(
            f'<clipPath id="c{self.clips}"><path d="{path}"/></clipPath><path d="{path}" fill="{fill}"/><g clip-path="url(#c{self.clips})">'
        )
        self.flat(box(right - w * shade, -self.height, w * shade + 4, 2 * self.height), dark(fill, 0.17))
        if gloss:
            self.flat(box(left + w * 0.07, -self.height, w * 0.075, 2 * self.height), light(fill, 0.34))
        self.parts.append("</g>")
        return self

    def inside(self, path: str) -> Picture:
        """What follows, until out(), is seen only within the path."""
        self.clips += 1
        self.parts.append(
            f'<clipPath id="c{self.clips}"><path d="{path}"/></clipPath><g clip-path="url(#c{self.clips})">'
        )
        return self

    def out(self) -> Picture:
        self.parts.append("</g>")
        return self

    def move(self, x: float, y: float, scale: float = 1, turn: float = 0) -> Picture:
        rotate = f" rotate({turn:g})" if turn else ""
        grow = f" scale({scale:g})" if scale != 1 else ""
        self.parts.append(f'<g transform="translate({x:g} {y:g}){rotate}{grow}">')
        return self

    def shadow(self, left: float, right: float, y: float, reach: float = 46) -> Picture:
        """What a thing casts on the table, towards the right."""
        path = f"M{left:g} {y:g}L{left + reach:g} {y - 22:g}H{right + reach * 1.6:g}Q{right + reach * 1.9:g} {y - 8:g} {right + reach:g} {y + 4:g}Q{right:g} {y + 10:g} {right - 10:g} {y + 4:g}z"
        return self.flat(path, INK, 0.13)

    def steam(self, x: float, y: float, size: float = 1) -> Picture:
        for i, dx in enumerate((0, 26)):
            s = size * (1 - i * 0.22)
            self.line(
                f"M{x + dx * size:g} {y:g}c{-16 * s:g} {-18 * s:g} {16 * s:g} {-32 * s:g} 0 {-52 * s:g}",
                "#ffffff",
                7 * size,
            )
            self.parts[-1] = self.parts[-1].replace("/>", ' opacity="0.75"/>')
        return self

    def svg(self) -> str:
        body = "\n".join(self.parts)
        return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}">\n{body}\n</svg>\n'
