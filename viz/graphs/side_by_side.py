"""`side_by_side`: one function as a graph of arrays and as a graph of numbers, linked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine import Node, Tensor, Value
from engine.checking import checked_array, names_of_inputs
from engine.looking import rerun

from ..drawing import Arrow, Cluster, GraphTooLargeError, Scene, checked_order, scene_dot
from .dot import MAX_NODES, check_direction
from .fold import Fold
from .picture import Picture
from .scene import Drawer
from .traced import unplaced

SINGLE = 40  # the most Values that are drawn one by one
LIMIT = 200_000  # numbers


def side_by_side(
    f: Callable[..., Any],
    *inputs: Any,
    names: list[str] | None = None,
    direction: str = "TB",
    dark: bool = False,
    max_nodes: int = MAX_NODES,
) -> Picture:
    """The graph of f on Tensors beside its graph on Values, after backward on both.

    Each Tensor is linked to the Values that are its elements.  Where there are more than 40
    Values, those behind each Tensor are folded into one box that says how many it hides.  Of a
    result with several numbers the sum is differentiated.

    Args:
        f: written with operators and with functions or methods both tiers have.
        inputs: real numbers and arrays of them.
        names: one for each input; default the names of f's parameters.
        direction: "TB" lets the two graphs stand side by side, "LR" one above the other.
        dark: as `viz.to_dot`.
        max_nodes: the largest graph of Tensors to draw.

    Raises:
        TypeError: an input is not numeric, or f does not return a Tensor when given Tensors.
        ValueError: names do not match the inputs; direction is neither; the result depends on no
            input; or (`GraphTooLargeError`) a graph is too large.

    >>> picture = side_by_side(lambda a, b: a * b, 2.0, -3.0)
    >>> picture.dot.count(">L: output of mul<")
    2
    """
    check_direction(direction)
    arrays = [checked_array(x, i) for i, x in enumerate(inputs)]
    labels = names_of_inputs(f, len(arrays), names)
    with np.errstate(all="ignore"):
        tensors = [
            Tensor(x, requires_grad=True, label=n) for x, n in zip(arrays, labels, strict=True)
        ]
        root = _root(f(*tensors))
        order = checked_order(root)
        _check_size(order, max_nodes)
        values = rerun(order)
        number = values[id(root)]
        if not isinstance(number, Value):  # of arrays without elements nothing is computed
            raise ValueError("the result depends on no number: there is no graph of Values to draw")
        root.backward(retain_grads=True)
        number.backward()
    scene = _both(order, checked_order(number), values)
    return Picture(scene_dot(scene, direction=direction, dark=dark))


def _root(y: Any) -> Tensor:
    if not isinstance(y, Tensor):
        raise TypeError(f"f must return a Tensor when given Tensors, got {type(y).__name__}")
    if not y.requires_grad:
        raise ValueError("the result of f depends on none of its inputs: there is no graph to draw")
    return y if y.ndim == 0 else y.sum()


def _check_size(order: list[Any], max_nodes: int) -> None:
    count = sum(x.size for x in order)
    if len(order) > max_nodes or count > LIMIT:
        raise GraphTooLargeError(
            f"the graph has {len(order):,} Tensors with {count:,} numbers, more than the "
            f"{max_nodes:,} and {LIMIT:,} that can be shown side by side: draw a smaller part"
        )


def _both(order: list[Any], numbers: list[Any], values: dict[int, Any]) -> Scene:
    """Both graphs in a frame each, and the links between them."""
    left = Drawer(unplaced(order), prefix="t").scene([])
    behind = _behind(order, numbers, values)
    folds = _folds(order, behind) if len(numbers) > SINGLE else []
    right = Drawer(unplaced(numbers), prefix="v").scene(folds)
    place = {id(x): i for i, x in enumerate(numbers)}
    box_of = {i: f"vf{fold.members[0]}" for fold in folds for i in fold.members}
    links = []
    for k, node in enumerate(order):
        elements = [place[id(x)] for x in _flat(values[id(node)]) if id(x) in place]
        for name in dict.fromkeys(box_of.get(i, f"vn{i}") for i in elements):
            links.append(Arrow(f"tn{k}", name, 0, "", "link", "the same numbers"))
    frames = (
        Cluster(
            f"on Tensors: {len(order):,} nodes, an array each", tuple(b.id for b in left.boxes)
        ),
        Cluster(
            f"on Values: {len(numbers):,} nodes, a number each", tuple(b.id for b in right.boxes)
        ),
    )
    return Scene(left.boxes + right.boxes, left.arrows + right.arrows + links, frames)


def _flat(x: Any) -> list[Any]:
    return list(x.flat) if isinstance(x, np.ndarray) else [x]


def _behind(order: list[Any], numbers: list[Any], values: dict[int, Any]) -> list[int]:
    """For each Value the place of the Tensor it belongs to: as an element, or on the way to one."""
    owner: dict[int, int] = {}
    for k, node in enumerate(order):
        for x in _flat(values[id(node)]):
            if isinstance(x, Node):
                owner.setdefault(id(x), k)
    for node in reversed(numbers):
        for x in node.inputs:
            if isinstance(x, Node):
                owner.setdefault(id(x), owner[id(node)])
    return [owner[id(node)] for node in numbers]


def _folds(order: list[Any], behind: list[int]) -> list[Fold]:
    """One fold for the Values behind each Tensor; the result stays."""
    members: dict[int, list[int]] = {}
    for i, k in enumerate(behind[:-1]):
        members.setdefault(k, []).append(i)
    folds = []
    for k, inside in members.items():
        if len(inside) > 1:
            node = order[k]
            title = node.label or (node.op.name if node.op is not None else "leaf")
            folds.append(Fold(tuple(inside), "expanded", (), title, (tuple(inside),)))
    return folds
