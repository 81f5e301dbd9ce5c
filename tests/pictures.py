"""Geometry of a rendered picture: where boxes, edges and texts are."""

import re
import xml.etree.ElementTree as ET
from typing import NamedTuple

from viz.drawing import points

SVG = "{http://www.w3.org/2000/svg}"
STEPS = 40  # of each piece of a curve


class Rect(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def has(self, x: float, y: float) -> bool:
        return self.left < x < self.right and self.top < y < self.bottom

    def meets(self, other: "Rect") -> bool:
        return (
            self.left < other.right and other.left < self.right
            and self.top < other.bottom and other.top < self.bottom
        )  # fmt: skip


def numbers(text: str) -> list[float]:
    return [float(x) for x in re.findall(r"-?\d+\.?\d*", text)]


def groups(svg: str, kind: str) -> list[tuple[str, ET.Element]]:
    """Of nodes, edges or clusters: what Graphviz calls each, and its group."""
    found = (g for g in ET.fromstring(svg).iter(f"{SVG}g") if kind in g.get("class", "").split())
    return [(g.get("data-name", ""), g) for g in found]


def boxes(svg: str, kind: str = "node") -> dict[str, Rect]:
    """The outline of each node or frame."""
    return {name: outline(group) for name, group in groups(svg, kind)}


def outline(group: ET.Element) -> Rect:
    ellipse = group.find(f"{SVG}ellipse")
    if ellipse is not None:
        x, y, rx, ry = (float(ellipse.get(key, "")) for key in ("cx", "cy", "rx", "ry"))
        return Rect(x - rx, y - ry, x + rx, y + ry)
    shape = next(e for e in group if e.tag in (f"{SVG}polygon", f"{SVG}path"))
    found = numbers(shape.get("points") or shape.get("d") or "")
    xs, ys = found[::2], found[1::2]
    return Rect(min(xs), min(ys), max(xs), max(ys))


def curves(svg: str) -> list[tuple[str, list[tuple[float, float]]]]:
    """The points of each edge, close to each other, on both sides of a wide one."""
    found = []
    for name, group in groups(svg, "edge"):
        path = group.find(f"{SVG}path")
        assert path is not None
        flat = numbers(path.get("d", ""))
        ends = list(zip(flat[::2], flat[1::2], strict=True))
        pieces = [ends[i : i + 4] for i in range(0, len(ends) - 1, 3)]
        half = max(float(path.get("stroke-width", "1")) / 2 - 0.5, 0.0)
        line = [_at(p, k / STEPS) for p in pieces for k in range(STEPS + 1)]
        found.append((name, [(x, y + side) for x, y in line for side in (-half, half)]))
    return found


def _at(p: list[tuple[float, float]], t: float) -> tuple[float, float]:
    parts = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
    x, y = (sum(w * c[k] for w, c in zip(parts, p, strict=True)) for k in (0, 1))
    return x, y


def edge_labels(svg: str) -> list[tuple[str, Rect]]:
    """Each line of text on an edge, and the room it takes with the widest letters in use."""
    found = []
    for _, group in groups(svg, "edge"):
        for text in group.iter(f"{SVG}text"):
            size, x, y = (float(text.get(key, "")) for key in ("font-size", "x", "y"))
            words = text.text or ""
            width = points(words, size)
            left = x - width / 2 if text.get("text-anchor") == "middle" else x
            found.append((words, Rect(left, y - 0.75 * size, left + width, y + 0.15 * size)))
    return found
