"""Where Graphviz puts the nodes and edges of a graph, and a small svg drawn from that.

The pictures of `viz.draw` are Graphviz's own.  A page that changes its numbers as it runs needs
one whose every part it knows: so Graphviz is asked for places only, and the boxes are drawn here.
"""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Any

from engine import Node, Value
from engine.showing import Names, printable, shorten, without_middle

from ..drawing import points, render
from .far_edges import far_edges
from .program import asset

SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
PAD = 8
HEIGHT, CONSTANT = 62, 24  # of a box, in pixels
TITLE, TEXT = 13.5, 11.5  # sizes of letters
SIDE, BETWEEN = 9, 10  # beside the text of a box, and between what stands in one line
NARROW, APART = 28, 83  # the least between two columns of boxes, and the most
LONGEST = 22
CHANGED = "−0.1234"  # a box has room for such a number, as a page may change a Value's
MARKER = (  # the tip of an arrow
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="9" markerHeight="9" '
    'markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"/></marker>'
    "</defs>"
)
SMALL = 60  # up to as many boxes are laid out with all care


@dataclass(frozen=True)
class Place:
    """A box: what it is, and where its middle is."""

    id: str
    kind: str
    node: Any  # or a constant
    width: int
    height: int
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True)
class Drawing:
    """The svg of a graph, and its size in pixels."""

    svg: str
    width: int
    height: int

    def alone(self) -> str:
        """The svg as a file of its own, with its looks inside."""
        style = asset("graph.css")
        return self.svg.replace(">", f"><style>{style}</style>", 1)


@dataclass(frozen=True)
class Texts:
    """What is written in the picture.

    Attributes:
        data: of each node, by its place.
        grads: of each node all its gradients as they grow, the last of which is drawn.
        slopes: the local derivatives, for which there is room on the edges.
    """

    data: list[str]
    grads: list[list[str]]
    slopes: list[str]


def arrange(order: list[Any], names: Names, direction: str, texts: Texts) -> Drawing:
    """Draw the graph.

    Nodes are `n0`, `n1`, … in the given order, the edge to input i of node 3 is `e3_i`.  Edges
    point the way the gradient flows once the svg has the class `back`.

    Raises:
        RenderError: there is no Graphviz, or it failed.
    """
    boxes = [_box(node, i, names, texts) for i, node in enumerate(order)]
    edges: list[tuple[str, str, str]] = []
    far = far_edges(order, names)
    for i, node in enumerate(order):
        for k, x in enumerate(node.inputs):
            tail = f"n{names.place[id(x)]}" if isinstance(x, Node) else f"n{i}c{k}"
            if not isinstance(x, Node):
                width = max(28, points(shorten(names(x), LONGEST), TEXT) + 14)
                boxes.append(Place(tail, "constant", x, width, CONSTANT))
            edges.append((f"e{i}_{k}", tail, f"n{i}"))
    near = [edge for edge, at in zip(edges, _numbered(order), strict=True) if at not in far]
    placed, paths, width, height = _places(_dot(boxes, near, direction, _gap(texts)), boxes)
    for i, k in sorted(far):
        low = placed[names.place[id(order[i].inputs[k])]]
        paths[f"e{i}_{k}"] = _straight(low, placed[i], direction)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph back" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{safe(f"graph of {names.root} with {len(order)} nodes")}">',
        MARKER,
        *(f'<path id="{name}" d="{d}"/>' for name, d in paths.items()),
        *(_drawn(place, names, texts) for place in placed),
        "</svg>",
    ]
    return Drawing("\n".join(lines), width, height)


def _numbered(order: list[Any]) -> list[tuple[int, int]]:
    """Every edge as its node and the number of its input."""
    return [(i, k) for i, node in enumerate(order) for k in range(len(node.inputs))]


def _straight(tail: Place, head: Place, direction: str) -> str:
    if direction == "TB":
        ends = tail.x, tail.y + tail.height / 2, head.x, head.y - head.height / 2
    else:
        ends = tail.x + tail.width / 2, tail.y, head.x - head.width / 2, head.y
    return "M{} {}L{} {}".format(*map(round, ends))


def _box(node: Any, place: int, names: Names, texts: Texts) -> Place:
    if node.op is None:
        kind = "leaf" if node.requires_grad else "input"
    else:
        kind = "output" if place == len(texts.data) - 1 else "result"
    left, right = _title(node, names)
    lines = [
        points(left, TITLE, bold=True) + points(right, TEXT),
        points(_first(node), TEXT) + points(texts.data[place], TEXT),
        *(points("grad", TEXT) + points(text, TEXT, bold=True) for text in texts.grads[place]),
    ]
    if isinstance(node, Value):
        lines.append(points("grad", TEXT) + points(CHANGED, TEXT, bold=True))
    return Place(f"n{place}", kind, node, max(lines) + 2 * SIDE + BETWEEN, HEIGHT)


def _first(node: Any) -> str:
    return "shape" if node.ndim else "data"


def _gap(texts: Texts) -> int:
    """How far columns are apart: between two numbers the local derivative stands on the edge."""
    widest = max((points(f"× {text}", TEXT, bold=True) for text in texts.slopes), default=0)
    return min(NARROW + widest, APART)


def _title(node: Any, names: Names) -> tuple[str, str]:
    """What stands at the top of a box: on the left in bold, on the right quietly."""
    name = without_middle(names(node), LONGEST)
    if node.op is None:
        return name, "leaf" if node.requires_grad else "input"
    return shorten(node.op.symbol, LONGEST), name


# --- asking Graphviz ---


def _dot(boxes: list[Place], edges: list[tuple[str, str, str]], direction: str, gap: int) -> str:
    # left alone, Graphviz takes minutes over a long chain to whose end many edges lead
    limits = " nslimit=1 nslimit1=1 mclimit=0.3" if len(boxes) > SMALL else ""
    lines = [
        f"digraph{{graph[rankdir={direction} nodesep=0.25 ranksep={gap / 72:.3f}{limits}]",
        'node[shape=box fixedsize=true label=""] edge[dir=none]',
        *(f"{b.id}[width={b.width / 72:.3f} height={b.height / 72:.3f}]" for b in boxes),
        *(f"{tail}->{head}[id={name}]" for name, tail, head in edges),
        "}",
    ]
    return "\n".join(lines)


def _places(dot: str, boxes: list[Place]) -> tuple[list[Place], dict[str, str], int, int]:
    """The boxes with their places, the path of each edge, and the size of it all."""
    root = ET.fromstring(render(dot).decode("utf-8"))
    found: dict[str, list[float]] = {}
    curves: dict[str, str] = {}
    for group in root.iter(f"{SVG}g"):
        if group.get("class") == "node":
            title, polygon = group.find(f"{SVG}title"), group.find(f"{SVG}polygon")
            assert title is not None
            assert polygon is not None
            found[str(title.text)] = [float(x) for x in NUMBER.findall(polygon.get("points", ""))]
        elif group.get("class") == "edge":
            path = group.find(f"{SVG}path")
            assert path is not None
            curves[group.get("id", "")] = path.get("d", "")
    xs = [x for points in found.values() for x in points[::2]]
    ys = [y for points in found.values() for y in points[1::2]]
    for d in curves.values():
        numbers = [float(x) for x in NUMBER.findall(d)]
        xs += numbers[::2]
        ys += numbers[1::2]
    left, top = min(xs) - PAD, min(ys) - PAD
    placed = [
        Place(
            box.id, box.kind, box.node, box.width, box.height,
            (min(found[box.id][::2]) + max(found[box.id][::2])) / 2 - left,
            (min(found[box.id][1::2]) + max(found[box.id][1::2])) / 2 - top,
        )
        for box in boxes
    ]  # fmt: skip
    paths = {name: _shifted(d, left, top) for name, d in curves.items()}
    return placed, paths, round(max(xs) - left + PAD), round(max(ys) - top + PAD)


def _shifted(d: str, left: float, top: float) -> str:
    """A path moved, its numbers rounded to pixels."""
    count = -1

    def move(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return str(round(float(match.group()) - (top if count % 2 else left)))

    return NUMBER.sub(move, d)


# --- drawing ---


def _drawn(place: Place, names: Names, texts: Texts) -> str:
    """One box, from its middle."""
    x, y = round(place.x - place.width / 2), round(place.y - place.height / 2)
    start = f'<g id="{place.id}" class="node {place.kind}" transform="translate({x},{y})">'
    w, h = place.width, place.height
    if place.kind == "constant":
        text = safe(shorten(names(place.node), LONGEST))
        return (
            f'{start}<rect width="{w}" height="{h}" rx="{h // 2}"/>'
            f'<text x="{w // 2}" y="16" class="c">{text}</text></g>'
        )
    left, right = map(safe, _title(place.node, names))
    i = int(place.id[1:])
    data, grad = safe(texts.data[i]), safe(texts.grads[i][-1])
    first = _first(place.node)
    outer = f'<rect x="-3" y="-3" width="{w + 6}" height="{h + 6}" rx="3"/>'
    shape = {
        "leaf": f'<rect width="{w}" height="{h}" rx="12"/>',
        "input": f'<path class="b" d="M0 0H{w - 12}L{w} 12V{h}H0z"/>',
        "result": f'<rect width="{w}" height="{h}" rx="2"/>',
        "output": f'{outer}<rect width="{w}" height="{h}" rx="2"/>',
    }[place.kind]
    label = str(place.node.label)
    title = "" if label in ("", names(place.node)) else f"<title>{safe(label)}</title>"
    return (
        f"{start}{title}{shape}"
        f'<text x="9" y="18" class="t">{left}</text>'
        f'<text x="{w - 9}" y="18" class="r">{right}</text>'
        f'<text x="9" y="37">{first}</text><text x="{w - 9}" y="37" class="r d">{data}</text>'
        f'<text x="9" y="53">grad</text><text x="{w - 9}" y="53" class="r g">{grad}</text></g>'
    )


def safe(text: str) -> str:
    """Text as it stands in HTML and svg."""
    return html.escape(printable(text))
