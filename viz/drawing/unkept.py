"""Gradients that `backward` did not keep, computed again for a picture; no `.grad` is touched."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine import to_numpy

CLOSE = 1e-5  # relative: another order of sums may differ by so much in float32
CHANGED = "unknown: a leaf was changed since"
UNSEEDED = "kept by backward(retain_grads=True)"
ONE_PASS = "in one pass from the output"


@dataclass(frozen=True)
class Unkept:
    """Gradients of results that kept none.

    Attributes:
        gradients: by the id of the node, as arrays or floats.
        note: what to say beside each, or, where there are none, in their place.
    """

    gradients: dict[int, Any] = field(default_factory=dict)
    note: str = ""


def unkept(order: list[Any]) -> Unkept:
    """The gradients of a graph's results that `backward` left without one.

    They are those of one pass from the last node with upstream gradient 1.  Where the leaves hold
    something else, as after two passes, the note says so; a graph whose leaves were changed, or
    whose result has several numbers (each pass may have weighed them otherwise), has none.

    >>> import engine
    >>> x = engine.Tensor([3.0], requires_grad=True)
    >>> h = x * 2.0
    >>> y = (h * h).sum()
    >>> y.backward()
    >>> unkept(engine.toposort(y)).gradients[id(h)], h.has_grad
    (array([12.]), False)
    """
    root = order[-1]
    results = [node for node in order if node.op is not None]
    wanted = [node for node in results if not (node.has_grad or node.retains_grads)]
    if not wanted or not root.requires_grad:
        return Unkept()
    if any(node.stale for node in order):
        return Unkept(note=CHANGED)
    if root.size != 1:
        return Unkept(note=UNSEEDED)
    leaves = [node for node in order if node.op is None and node.has_grad]
    with np.errstate(all="ignore"):
        found = root.gradients([*leaves, *wanted])
        same = all(map(_close, leaves, found))
    pairs = zip(wanted, found[len(leaves) :], strict=True)
    gradients = {id(node): g for node, g in pairs if g is not None}
    return Unkept(gradients, "" if same else ONE_PASS)


def _close(leaf: Any, found: Any) -> bool:
    """Whether a leaf holds what was found, and nothing of other passes."""
    if found is None:
        return False
    held = to_numpy(leaf.grad)
    return bool(np.allclose(held, found, rtol=CLOSE, atol=0.0, equal_nan=True))
