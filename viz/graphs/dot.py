"""`to_dot`: the graph below a Value or a Tensor as Graphviz's DOT text."""

from __future__ import annotations

from typing import Any

from ..drawing import GraphTooLargeError, Scene, checked_order, compacted, scene_dot
from .choosing import auto_scene, fits, with_alike
from .fold import Fold, around_node, module_folds, visible
from .rounds import settled
from .scene import Drawer
from .traced import placed, trace

MAX_NODES = 40
DEEPER = 4
DIRECTIONS = ("LR", "TB")
STYLES = ("full", "compact")


def to_dot(
    root: Any,
    *,
    direction: str = "LR",
    dark: bool = False,
    max_nodes: int | None = None,
    fold: bool = True,
    depth: int | None = None,
    around: Any = None,
    radius: int = 2,
    local: bool = False,
    style: str = "full",
    flow: bool = False,
    seen: trace | None = None,
) -> str:
    """The graph below `root` (a Value or a Tensor) as DOT text.

    Nodes are named n0, n1, … in the order of `engine.toposort`, so the same program always gives
    the same text.  A node says what it is, its label, its data and its gradient, and where nan,
    inf or a gradient of zero begins.  Modules, known from the labels of their parameters or from
    `viz.trace`, have frames.

    A graph that would take more than about two pages, or has more than 40 nodes, is folded: by
    the innermost modules that fit, modules alike into one box, and what is left by likeness.
    Each folded box says how many nodes it hides.  Arrows never run in a circle: what is used
    again is drawn again, call by call, or folded into one box with a count.

    Args:
        direction: "LR" lets results stand to the right of their inputs, "TB" below them.
        dark: light text on a dark ground.
        max_nodes: the largest graph to draw node by node, constants not counted, however large
            the picture; default 40, if they fit two pages.
        fold: False refuses a larger graph instead.
        depth: fold every module that is this many steps inside the model: 0 is the model in one
            box, 1 its layers, …; more than 4 × max_nodes boxes are folded further.
        around: a node, or the label of one: draw what is near it, fold the rest.
        radius: how many edges away from `around` is near.
        local: write on each edge the local derivative, ∂ result / ∂ input.
        style: "full", or "compact": a row for each node, as in micrograd's drawings, and room for
            three times as many; the rest is in tooltips.
        flow: draw each edge as wide as what backward carries along it is large, on a logarithmic
            scale: a gradient that vanishes looks like a river drying up.  For a root of one
            element, before or after `backward`.
        seen: the `viz.trace` under which the graph was made.

    Raises:
        TypeError: root is not a Value or a Tensor, or seen is not a `viz.trace`.
        ValueError: direction is neither; depth, radius or max_nodes is no such number; `around`
            is not in the graph; flow is asked of a root of several elements or of none that a
            gradient flows to; or (`GraphTooLargeError`) the graph is too large and must not be
            folded.

    >>> from engine import Value
    >>> x = Value(3.0, label="x")
    >>> [line.strip()[:8] for line in to_dot(x * x).splitlines() if " -> " in line]
    ['n0 -> n1', 'n0 -> n1']
    """
    check_direction(direction)
    if style not in STYLES:
        raise ValueError(f"style must be 'full' or 'compact', got {style!r}")
    for name, given in (("depth", depth), ("radius", radius)):
        if given is not None:
            _check_whole(name, given, 0)
    if max_nodes is not None:
        _check_whole("max_nodes", max_nodes, 1)
    if seen is not None and not isinstance(seen, trace):
        raise TypeError(f"seen must be a viz.trace, got {type(seen).__name__}")
    graph = placed(checked_order(root), seen)
    drawer = Drawer(graph, local=local, flow=flow)

    def draw(folds: list[Fold]) -> Scene:
        scene = drawer.scene(folds)
        return compacted(scene) if style == "compact" else scene

    if around is not None:
        near = around_node(graph, _place_of(around, graph.order), radius)
        folds = settled(graph, near, len(graph.order))
    elif depth is not None:
        folds = settled(graph, module_folds(graph, depth), DEEPER * (max_nodes or MAX_NODES))
    else:
        folds = []
    # Who names a depth wants to see that far: of what is left, little is worth folding by likeness.
    most = 3 * MAX_NODES if style == "compact" else MAX_NODES
    room = (max_nodes or most) * (1 if depth is None else DEEPER)
    auto = depth is None and around is None
    count = visible(graph.order, folds)
    if count > room and not fold:
        raise GraphTooLargeError(
            f"the graph has {count:,} nodes, more than the {room:,} a picture can show "
            f"well: leave out fold=False to draw it folded, pass max_nodes={count} to draw it "
            "all the same (slow above 1,000), or draw an earlier result"
        )
    scene = draw(folds) if count <= room else None
    if scene is None or (fold and auto and max_nodes is None and not fits(scene)):
        scene = auto_scene(graph, draw) if auto else draw(with_alike(graph, folds, room))
    return scene_dot(scene, direction=direction, dark=dark)


def _check_whole(name: str, given: Any, least: int) -> None:
    if isinstance(given, bool) or not isinstance(given, int) or given < least:
        raise ValueError(f"{name} must be a whole number from {least}, got {given!r}")


def check_direction(direction: str) -> None:
    """Raise a ValueError if it is neither "LR" nor "TB"."""
    if direction not in DIRECTIONS:
        raise ValueError(
            f"direction must be 'LR' (left to right) or 'TB' (top down), got {direction!r}"
        )


def _place_of(around: Any, order: list[Any]) -> int:
    for i, node in enumerate(order):
        if node is around or (isinstance(around, str) and node.label == around):
            return i
    what = f"node labelled {around!r}" if isinstance(around, str) else "such node"
    raise ValueError(f"around: there is no {what} below root")
