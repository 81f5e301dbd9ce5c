"""`explain`: where a gradient comes from, one line for each edge it came along."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..arrays import norm
from ..graph import toposort
from ..node import Node, to_numpy
from ..node_hooks import HOOKS
from ..passes import recent_passes


@dataclass(frozen=True)
class Contribution:
    """What one edge adds: the upstream gradient of `node`, times its rule for input `index`."""

    node: Any  # the result that x went into
    index: int  # as which of its inputs
    upstream: Any  # gradient of the result: a float, or an array
    local: float | None  # local derivative, for single numbers
    amount: Any  # what was added to x's gradient
    number: int = 0  # of the backward pass, if there were several
    name: str = "y"  # what node is called: its label, or its op; no two nodes are called alike
    of: str = "x"  # what x is called
    root: str = "L"  # what backward was called on: its label, or L, as in books

    def __str__(self) -> str:
        name = self.name
        if self.local is not None:
            return (
                f"through {name}, input {self.index}: "
                f"∂{self.root}/∂{name} · ∂{name}/∂{self.of} = "
                f"{self.upstream:.6g} × {self.local:.6g} = {self.amount:.6g}"
            )
        return (
            f"through {name}, input {self.index}: upstream {_text(self.upstream)}, "
            f"contribution {_text(self.amount)}"
        )


def _text(number: Any) -> str:
    array = np.asarray(number)
    if array.ndim == 0:
        return f"{array:.6g}"
    if array.size <= 6:
        return np.array2string(array, precision=6, separator=", ").replace("\n", "")
    with np.errstate(all="ignore"):
        return f"{array.shape} with norm {norm(array.astype(np.float64)):.6g}"


@dataclass(frozen=True)
class Explanation:
    """The contributions to a gradient, in the order backward added them; prints as a list.

    Attributes:
        name: of what is explained.
        contributions: edge by edge, pass by pass.
        total: their sum, after the hooks on x.
        rest: what x.grad holds beside them; None if nothing.
        hooked: whether there are such hooks.
    """

    name: str
    contributions: tuple[Contribution, ...]
    total: Any
    rest: Any = None
    hooked: bool = False

    def __iter__(self) -> Iterator[Contribution]:
        return iter(self.contributions)

    def __len__(self) -> int:
        return len(self.contributions)

    def __str__(self) -> str:
        passes = 1 + max((c.number for c in self), default=0)
        lines = [f"the gradient of {self.name}{f', from {passes} backward passes' * (passes > 1)}:"]
        for i, c in enumerate(self):
            place = f"pass {c.number + 1}, " if passes > 1 else ""
            lines.append(f"  {'+' if i else ' '} {place}{c}")
        if not self.contributions:
            lines.append("    nothing flows into it: the result does not depend on it, or is it")
        lines.append(f"  = {_text(self.total)}{', after its hooks' * self.hooked}")
        if self.rest is not None:
            lines.append(
                f"  (.grad differs from that by {_text(self.rest)}: it was assigned, or added to "
                "by a pass whose result is gone or was made from other numbers)"
            )
        return "\n".join(lines)

    __repr__ = __str__


def explain(x: Any, root: Any = None) -> Explanation:
    """Every contribution to the gradient of x, edge by edge; they sum to it exactly.

    After several backward passes these are the contributions of all that `x.grad` holds.  No
    `.grad` is changed; hooks are called again.

    Args:
        x: a Value or a Tensor.
        root: what to differentiate instead, with upstream gradient 1.  Default: the latest
            backward passes in this thread whose sum is `x.grad`, as far as their results still
            exist.

    Raises:
        TypeError: x or root is not a node, or they are of different tiers.
        ValueError: no root was given and there is none to remember: nothing was differentiated
            in this thread, or the result is gone (only you keep it, `backward` does not).

    >>> from engine import Value
    >>> x = Value(3.0, label="x")
    >>> y = x * x
    >>> y.backward()
    >>> [c.amount for c in explain(x)]
    [3.0, 3.0]
    """
    if not isinstance(x, Node):
        raise TypeError(f"x must be a Value or a Tensor, got {type(x).__name__}")
    if root is None:
        parts, rest = _behind(x)
    else:
        if type(root) is not type(x):
            raise TypeError(f"root must be a {type(x).__name__} like x, got {type(root).__name__}")
        parts, rest = [_pass(x, root, None)], None
    names = _Names()
    name = names(x, "x" if x.op is None else x.op.name)
    contributions = [
        replace(
            c, number=i, of=name, root=names(part.root, "L"), name=names(c.node, c.node.op.name)
        )
        for i, part in enumerate(parts)
        for c in part.contributions
    ]
    return Explanation(name, tuple(contributions), _sum(parts), rest, id(x) in HOOKS)


class _Names:
    """Names of nodes, no two alike: a label, or what is given instead, numbered from the second.

    A result that is differentiated and has no label is called L, and where it stands as a node
    below itself, by its op: ∂L/∂mul.
    """

    def __init__(self) -> None:
        self._names: dict[tuple[Any, str], str] = {}
        self._taken: dict[str, int] = {}  # names, and the last number that was put after each

    def __call__(self, node: Any, otherwise: str) -> str:
        wanted = str(node.label or otherwise)
        if (node, wanted) not in self._names:
            name = wanted
            while name in self._taken:
                self._taken[wanted] += 1
                name = f"{wanted} ({self._taken[wanted]})"
            self._taken[name] = 1
            self._names[node, wanted] = name
        return self._names[node, wanted]


@dataclass(frozen=True)
class _Part:
    """One backward pass: its result, the contributions to x's gradient, and their sum."""

    root: Any
    contributions: list[Contribution]
    total: Any


def _behind(x: Any) -> tuple[list[_Part], Any]:
    """The passes that x.grad is the sum of, oldest first; and what is left."""
    passes = [(root, seed) for root, seed in recent_passes() if type(root) is type(x)]
    if not passes:
        raise ValueError(
            "there is no backward pass to explain, or its result is gone: keep it (y = …; "
            "y.backward(); explain(x)), or pass it (explain(x, y))"
        )
    latest = _pass(x, *passes[0])
    if not x.has_grad:  # a result whose gradient was not kept, or cleared since
        return [latest], None
    held = to_numpy(x.grad)
    parts: list[_Part] = []
    for root, seed in passes:
        try:
            part = _pass(x, root, seed)
        except RuntimeError:  # its numbers were replaced
            break
        if part.contributions or root is x:
            parts.insert(0, part)
            if np.allclose(_sum(parts), held, rtol=1e-12, atol=0, equal_nan=True):
                return parts, None
    return [latest], held - latest.total


def _pass(x: Any, root: Any, seed: Any) -> _Part:
    """What one backward pass adds to x's gradient."""
    order = toposort(root)
    found = dict(zip(order, root.gradients(order, seed), strict=True))
    given = [
        _contribution(node, i, found[node])
        for node in reversed(order)
        if node.op is not None and found.get(node) is not None
        for i, one in enumerate(node.inputs)
        if one is x and node.op.rule(i) is not None and node.flows_to(x)
    ]
    g = found.get(x)
    return _Part(root, given, x.full(0.0) if g is None else g)


def _sum(parts: list[_Part]) -> Any:
    total = parts[0].total
    for part in parts[1:]:
        total = total + part.total
    return total


def _contribution(node: Any, index: int, g: Any) -> Contribution:
    amount = node.contribution(g, index)
    if np.ndim(g) or np.ndim(amount):
        return Contribution(node, index, g, None, amount)
    local = node.contribution(node.full(1.0), index)
    return Contribution(node, index, float(g), float(local), float(amount))
