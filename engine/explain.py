"""`explain`: where a gradient comes from, one line for each edge it came along."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import scalar, tensor
from .graph import last_root, toposort
from .scalar import Value
from .tensor import Tensor

__all__ = ["Contribution", "Explanation", "explain"]


@dataclass(frozen=True)
class Contribution:
    """What one edge adds: the upstream gradient of `node`, times its rule for input `index`."""

    node: Any  # the result that x went into
    index: int  # as which of its inputs
    upstream: Any  # gradient of the result: a float, or an array
    local: float | None  # local derivative, for single numbers
    amount: Any  # what was added to x's gradient

    def __str__(self) -> str:
        name = self.node.label or self.node.op.name
        if self.local is not None:
            return (
                f"through {name}, input {self.index}: ∂L/∂{name} · ∂{name}/∂x = "
                f"{self.upstream:.6g} × {self.local:.6g} = {self.amount:.6g}"
            )
        return (
            f"through {name}, input {self.index}: upstream {_text(self.upstream)}, "
            f"contribution {_text(self.amount)}"
        )


def _text(array: Any) -> str:
    if array.size <= 6:
        return np.array2string(array, precision=6, separator=", ").replace("\n", "")
    return f"{array.shape} with norm {np.linalg.norm(array):.6g}"


@dataclass(frozen=True)
class Explanation:
    """The contributions to a gradient, in the order backward adds them; prints as a list."""

    name: str
    contributions: tuple[Contribution, ...]
    total: Any

    def __iter__(self) -> Iterator[Contribution]:
        return iter(self.contributions)

    def __len__(self) -> int:
        return len(self.contributions)

    def __str__(self) -> str:
        lines = [f"  {'+' if i else ' '} {c}" for i, c in enumerate(self.contributions)]
        total = f"{self.total:.6g}" if isinstance(self.total, float) else _text(self.total)
        if not lines:
            lines = ["    nothing: the result does not depend on it, or is it"]
        return "\n".join([f"the gradient of {self.name}:", *lines, f"  = {total}"])

    __repr__ = __str__


def explain(x: Any, root: Any = None) -> Explanation:
    """Every contribution to the gradient of x, edge by edge; they sum to it exactly.

    Args:
        x: a Value or a Tensor.
        root: what was differentiated; default the last node `backward` was called on in this
            thread, if it still exists.  No `.grad` is read or changed.

    Raises:
        TypeError: x or root is not a node, or they are of different tiers.
        ValueError: no root was given and there is none to remember.

    >>> x = Value(3.0, label="x")
    >>> y = x * x
    >>> y.backward()
    >>> [c.amount for c in explain(x)]
    [3.0, 3.0]
    """
    if not isinstance(x, Value | Tensor):
        raise TypeError(f"x must be a Value or a Tensor, got {type(x).__name__}")
    if root is None:
        root = last_root()
        if root is None:
            raise ValueError(
                "explain(x) needs a backward pass first; or pass the root: explain(x, y)"
            )
    if not isinstance(root, Value | Tensor) or isinstance(root, Value) != isinstance(x, Value):
        raise TypeError(f"root must be a {type(x).__name__} like x, got {type(root).__name__}")
    name = x.label or (x.op.name if x.op is not None else "x")
    order = toposort(root)
    amounts: list[Contribution] = []
    found = _adjoints(order, root)
    for node in reversed(order):
        g = found.get(id(node))
        if node.op is None or g is None:
            continue
        for i, one in enumerate(node.inputs):
            if one is x and node.op.rule(i) is not None and node.flows_to(x):
                amounts.append(_contribution(node, i, g))
    return Explanation(name, tuple(amounts), _total(x, root, found, amounts))


def _total(x: Any, root: Any, found: dict[int, Any], amounts: list[Contribution]) -> Any:
    if x is root:
        return found[id(x)]
    total: Any = 0.0 if isinstance(x, Value) else np.zeros(x.shape, x.dtype)
    for part in amounts:
        total = total + part.amount
    return total


def _adjoints(order: list[Any], root: Any) -> dict[int, Any]:
    if isinstance(root, Tensor):
        return tensor.propagate(order, {id(root): np.ones_like(root.data)}, keep=True)
    found = scalar.gradients(root, order)
    return {id(node): g for node, g in zip(order, found, strict=True)}


def _contribution(node: Any, index: int, g: Any) -> Contribution:
    if isinstance(node, Value):
        amount = scalar.contribution(node, g, index)
        return Contribution(node, index, g, scalar.contribution(node, 1.0, index), amount)
    amount_array = tensor.contribution(node, g, index)
    if g.ndim == 0 == amount_array.ndim:
        local = tensor.contribution(node, np.ones_like(g), index)
        return Contribution(node, index, float(g), float(local), float(amount_array))
    return Contribution(node, index, g, None, amount_array)
