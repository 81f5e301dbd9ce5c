"""Where nan, inf and zero gradients begin."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine import Node

#: What a gradient was, above where it became zero, inf or nan: 0 × inf and inf - inf are nan.
BEFORE = {"zero": ("fine",), "inf": ("fine", "zero"), "nan": ("fine", "zero", "inf")}


TINY = 1e-10  # in place of a factor that is 0


@dataclass
class Marks:
    """What begins where in a graph.

    Attributes:
        texts: by `id(node)`, in words.
        alarms: ids of nodes where nan or inf begins, in the data or in the gradient.
        edges: (id of the result, id of its input): along it a gradient became nan, inf ("alarm")
            or zero ("stop").
    """

    texts: dict[int, tuple[str, ...]] = field(default_factory=dict)
    alarms: set[int] = field(default_factory=set)
    edges: dict[tuple[int, int], str] = field(default_factory=dict)

    def add(self, node: Any, text: str, alarm: bool) -> None:
        """Put a mark on a node."""
        self.texts[id(node)] = (*self.texts.get(id(node), ()), text)
        if alarm:
            self.alarms.add(id(node))


def find_marks(order: list[Any]) -> Marks:
    """Where data stop being finite, and where gradients stop being finite or become zero.

    A gradient of zero is marked where an op stopped it, not where a factor is 0 or terms cancel.
    A node is marked, not everything that follows from it; nan that comes of inf (0 × inf,
    inf - inf) begins anew, and so does what begins in one element while another was given it.
    Gradients are those `backward` left; where a leaf's is nan, inf or zero and those in between
    were not kept, they are computed again, for a root of one element, without touching any `.grad`.

    >>> import engine
    >>> x = engine.Value(0.0)
    >>> y = engine.log(x) * 2
    >>> find_marks(engine.toposort(y)).texts[id(y.inputs[0])]
    ('! inf begins here',)
    """
    marks = Marks()
    for node in order:
        what = bad(node.data)
        if what and (what := _begins(node)):
            marks.add(node, f"! {what} begins here", True)
    gradients = _gradients(order)
    if gradients:
        _mark_gradients(order, gradients, marks)
    return marks


def bad(x: Any) -> str:
    """ "nan" or "inf" if there is one in a number or an array; "nan" first."""
    if type(x) is float:
        return "" if math.isfinite(x) else "nan" if math.isnan(x) else "inf"
    array = np.asarray(x)
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return ""
    return "nan" if np.isnan(array).any() else "inf"


def _begins(node: Any) -> str:
    """ "nan" or "inf" if an op made one, of inputs without nan, or all finite."""
    given = [x.data for x in node.inputs if isinstance(x, Node)]
    if node.op is not None and node.op.kind != "elementwise":
        given = [_worst(x) for x in given]  # which element went where is not known
    nan, inf = np.isnan(node.data), np.isinf(node.data)
    for x in given:
        nan = nan & ~np.isnan(x)
        inf = inf & np.isfinite(x)
    return "nan" if np.any(nan) else "inf" if np.any(inf) else ""


def _worst(x: Any) -> float:
    """nan, inf or 0, as `bad` says of x."""
    return float(bad(x) or 0.0)


def _zero(g: Any) -> bool:
    return g == 0.0 if type(g) is float else bool(np.size(g)) and not np.any(g)


def kept_gradient(node: Any) -> Any:
    """The gradient in a node as plain numbers; None if there is none."""
    if not node.has_grad:
        return None
    return node.grad.data if isinstance(node.grad, Node) else node.grad


def _gradients(order: list[Any]) -> dict[int, Any]:
    """The gradients to look at, by id: those kept, or all of them computed again."""
    kept = {id(node): g for node in order if (g := kept_gradient(node)) is not None}
    root = order[-1]
    if not kept or root.retains_grads or root.size != 1 or not root.requires_grad:
        return kept
    trouble = any(bad(g) or _zero(g) for g in kept.values())
    if not trouble or all(id(node) in kept for node in order if node.requires_grad):
        return kept
    if any(node.stale for node in order):
        return kept  # a leaf was changed after the graph was made: its rules cannot be run
    with np.errstate(all="ignore"):
        found = zip(order, root.gradients(order), strict=True)
        return {id(node): g for node, g in found if g is not None}


def _mark_gradients(order: list[Any], gradients: dict[int, Any], marks: Marks) -> None:
    state = {key: bad(g) or ("zero" if _zero(g) else "fine") for key, g in gradients.items()}
    consumers: dict[int, dict[int, Any]] = {}
    for node in order:
        for x in node.inputs:
            if state.get(id(x), "fine") != "fine" and id(node) in state:
                consumers.setdefault(id(x), {})[id(node)] = node
    moved: dict[int, list[Any]] = {}
    for node in order:
        own = state.get(id(node), "fine")
        if own == "fine":
            continue
        above = consumers.get(id(node), {})
        before = [c for key, c in above.items() if state[key] in BEFORE[own]]
        if own == "zero":
            before = [c for c in before if _stops(c, node, gradients[id(c)], moved)]
            begins, text = bool(before), "zero gradient begins here"
        else:
            begins, text = len(before) == len(above), f"! gradient: {own} begins here"
        if begins:
            marks.add(node, text, own != "zero")
            for c in before:
                _mark_edges(c, node, gradients[id(c)], own, marks)


def _stops(result: Any, node: Any, g: Any, moved: dict[int, list[Any]]) -> bool:
    """Whether an op lets nothing of g through to an input, and not because a factor is 0.

    relu of a negative number, a saturated tanh, what `where` did not choose: they stop gradients.
    In x·w with x = 0 the gradient of w is 0 as well, and there is nothing wrong with it.
    """
    if result.stale:
        return True  # its rules cannot be run any more
    edges = [k for k, x in enumerate(result.inputs) if x is node]
    with np.errstate(all="ignore"):
        if not all(_zero(result.contribution(g, k)) for k in edges):
            return False  # they cancel
        chooses = result.op.kinks is not None or not result.op.all_flow
        return chooses or not any(_would_pass(result, g, k, moved) for k in edges)


def _would_pass(result: Any, g: Any, index: int, moved: dict[int, list[Any]]) -> bool:
    """Whether something of g would come through to an input if no number were exactly 0.

    `moved` keeps an op's result and inputs near 0, by its id: a neuron's are asked for often.
    """
    if id(result) not in moved:
        near = [_off_zero(x.data if isinstance(x, Node) else x) for x in result.inputs]
        moved[id(result)] = [result.op.forward(*near, **result.params), *near]
    return not _zero(result.op.rule(index)(g, *moved[id(result)], **result.params))


def _off_zero(x: Any) -> Any:
    if type(x) is float:
        return np.float64(x or TINY)
    array = np.asarray(x)
    if array.dtype.kind != "f":
        return x
    return np.where(array == 0, array.dtype.type(TINY), array)[()]


def _mark_edges(result: Any, node: Any, g: Any, state: str, marks: Marks) -> None:
    """Mark the edge along which a node's gradient became what it is, if one alone did that."""
    if result.stale:
        return
    if state == "zero":  # `_stops` has looked at what it carries
        marks.edges[id(result), id(node)] = "stop"
        return
    for k, x in enumerate(result.inputs):
        if x is node:
            with np.errstate(all="ignore"):
                part = result.contribution(g, k)
            if bad(part):
                marks.edges[id(result), id(node)] = "alarm"
