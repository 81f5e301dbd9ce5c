"""`to_dot`: the graph below a Value or a Tensor as Graphviz's DOT text."""

from __future__ import annotations

from typing import Any

from ..drawing import GraphTooLargeError, checked_order, scene_dot
from .fold import Fold, alike_folds, around_node, auto_folds, module_folds, visible
from .scene import graph_scene
from .traced import Path, module_paths, trace

MAX_NODES = 40
DEEPER = 4
DIRECTIONS = ("LR", "TB")


def to_dot(
    root: Any,
    *,
    direction: str = "LR",
    dark: bool = False,
    max_nodes: int = MAX_NODES,
    fold: bool = True,
    depth: int | None = None,
    around: Any = None,
    radius: int = 2,
    local: bool = False,
    seen: trace | None = None,
) -> str:
    """The graph below `root` (a Value or a Tensor) as DOT text.

    Nodes are named n0, n1, … in the order of `engine.toposort`, so the same program always gives
    the same text.  A node says what it is, its label, its data and its gradient, and where nan,
    inf or a gradient of zero begins.  Modules, known from the labels of their parameters or from
    `viz.trace`, have frames.

    A graph of more than `max_nodes` nodes is folded to about a page: by the innermost modules
    that fit, modules alike into one box (×N), and what is left by likeness.  Each folded box
    says how many nodes it hides.

    Args:
        direction: "LR" lets results stand to the right of their inputs, "TB" below them.
        dark: light text on a dark ground.
        max_nodes: the largest graph to draw node by node, constants not counted.
        fold: False refuses a larger graph instead.
        depth: fold every module that is this many steps inside the model: 0 is the model in one
            box, 1 its layers, …; more than 4 × max_nodes boxes are folded further.
        around: a node, or the label of one: draw what is near it, fold the rest.
        radius: how many edges away from `around` is near.
        local: write on each edge the local derivative, ∂ result / ∂ input.
        seen: the `viz.trace` under which the graph was made.

    Raises:
        TypeError: root is not a Value or a Tensor.
        ValueError: direction is neither; depth, radius or max_nodes is no such number; `around`
            is not in the graph; or (`GraphTooLargeError`) the graph is too large and must not be
            folded.

    >>> from engine import Value
    >>> x = Value(3.0, label="x")
    >>> [line.strip() for line in to_dot(x * x).splitlines() if "->" in line]
    ['n0 -> n1', 'n0 -> n1']
    """
    check_direction(direction)
    for name, given in (("depth", depth), ("radius", radius)):
        if given is not None:
            _check_whole(name, given, 0)
    _check_whole("max_nodes", max_nodes, 1)
    order = checked_order(root)
    paths = module_paths(order, seen)
    if around is not None:
        folds = around_node(order, _place_of(around, order), radius)
    elif depth is not None:
        folds = module_folds(order, paths, depth)
    else:
        folds = []
    # Who names a depth wants to see that far: of what is left, little is worth folding by likeness.
    room = max_nodes if depth is None else DEEPER * max_nodes
    folds = _fitted(order, paths, folds, room, fold, depth is None and around is None)
    kinds = seen.kinds if seen is not None else None
    scene = graph_scene(order, paths, folds, local=local, kinds=kinds)
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


def _fitted(
    order: list[Any], paths: list[Path], folds: list[Fold], max_nodes: int, fold: bool, auto: bool
) -> list[Fold]:
    """The folds, and more of them where too many boxes would be left."""
    count = visible(order, folds)
    if count <= max_nodes:
        return folds
    if not fold:
        raise GraphTooLargeError(
            f"the graph has {count:,} nodes, more than the {max_nodes:,} a picture can show "
            f"well: leave out fold=False to draw it folded, pass max_nodes={count} to draw it "
            "all the same (slow above 1,000), or draw an earlier result"
        )
    if auto:
        return auto_folds(order, paths)
    return folds + alike_folds(order, paths, folds, max(max_nodes - len(folds), 1))
