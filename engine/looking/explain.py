"""`explain`: where a gradient comes from, one line for each edge it came along."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..graph import toposort
from ..node import Node, to_numpy
from ..node_hooks import HOOKS
from ..passes import recent_passes
from ..showing import Names, brief, escaped, html_card, html_table
from ..tensors import Tensor

NOTHING = "nothing flows into it: the result does not depend on it, or is it"


@dataclass(frozen=True)
class Contribution:
    """What one edge adds: the upstream gradient of `node`, times its rule for input `index`."""

    node: Any  # the result that x went into
    index: int  # as which of its inputs
    upstream: Any  # gradient of the result: a float, or an array
    local: float | None  # local derivative, for single numbers
    amount: Any  # what was added to x's gradient
    number: int = 0  # of the backward pass, if there were several
    names: Any = field(default=None, repr=False)  # `Names`: what the nodes of that pass are called

    @property
    def name(self) -> str:
        """What `node` is called, as in pictures and steps: its label, or `n4`."""
        return self.names(self.node)

    @property
    def of(self) -> str:
        """What x is called."""
        return self.names(self.node.inputs[self.index])

    @property
    def root(self) -> str:
        """What the result is called that was differentiated: its label, or L."""
        return self.names.root

    def __str__(self) -> str:
        place = f"through {self.name}, input {self.index}"
        return f"{place}: {self.formula} = {brief(self.amount)}"

    @property
    def formula(self) -> str:
        """What the amount is, in names and numbers; of arrays, the rule in names."""
        if self.local is None:
            return self.names.rule(self.node, self.index)
        names = f"{self.names.gradient(self.node)} · {self.names.local(self.node, self.index)}"
        return f"{names} = {brief(self.upstream)} × {brief(self.local)}"


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
        lines = [f"{self._title}:"]
        for i, c in enumerate(self):
            place = f"pass {c.number + 1}, " if self._passes > 1 else ""
            lines.append(f"  {'+' if i else ' '} {place}{c}")
        if not self.contributions:
            lines.append(f"    {NOTHING}")
        lines.append(f"  = {self._sum}")
        if self.rest is not None:
            lines.append(f"  ({self._remark})")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """What a notebook shows: a table, a row for each edge."""
        rows = [
            [f"pass {c.number + 1}"] * (self._passes > 1)
            + [escaped(f"{c.name}, input {c.index}"), escaped(c.formula), escaped(brief(c.amount))]
            for c in self
        ]
        head = ["pass"] * (self._passes > 1) + ["through", "upstream · local", "adds"]
        last = ["sum"] + [""] * (len(head) - 2) + [f"<b>{escaped(self._sum)}</b>"]
        inside = html_table([*rows, last], head) if rows else f"<div>{NOTHING}: {self._sum}</div>"
        if self.rest is not None:
            inside += f"<div>{escaped(self._remark)}</div>"
        return html_card(escaped(self._title), inside)

    @property
    def _passes(self) -> int:
        return 1 + max((c.number for c in self), default=0)

    @property
    def _title(self) -> str:
        passes = self._passes
        return f"the gradient of {self.name}{f', from {passes} backward passes' * (passes > 1)}"

    @property
    def _sum(self) -> str:
        return f"{brief(self.total)}{', after its hooks' * self.hooked}"

    @property
    def _remark(self) -> str:
        return (
            f".grad differs from that by {brief(self.rest)}: it was assigned, or added to "
            "by a pass whose result is gone or was made from other numbers"
        )


def explain(x: Any, root: Any = None) -> Explanation:
    """Every contribution to the gradient of x, edge by edge; they sum to it exactly.

    After several backward passes these are the contributions of all that `x.grad` holds, each with
    the names that the graph of its pass has in `viz.draw` and `viz.steps`.  No `.grad` is changed;
    hooks are called again.

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
        if not _of_one_tier(root, x):
            raise TypeError(f"root must be a {type(x).__name__} like x, got {type(root).__name__}")
        parts, rest = [_pass(x, root, None)], None
    called = _names(parts)
    found = [
        replace(edge, number=i, names=called[part.order[-1]])
        for i, part in enumerate(parts)
        for edge in part.edges
    ]
    names = called[parts[0].order[-1]]
    name = names(x) if id(x) in names.place else str(x.label) or "x"
    return Explanation(name, tuple(found), _sum(parts), rest, id(x) in HOOKS)


def _of_one_tier(root: Any, x: Any) -> bool:
    return isinstance(root, Node) and isinstance(root, Tensor) is isinstance(x, Tensor)


def _names(parts: list[_Part]) -> dict[Any, Names]:
    """What the nodes of each pass are called, by the pass's root; no two alike in all of them."""
    found: dict[Any, Names] = {}
    for part in parts:
        if part.order[-1] not in found:
            found[part.order[-1]] = Names(part.order, tuple(found.values()))
    return found


@dataclass(frozen=True)
class _Part:
    """One backward pass: its graph, the contributions to x's gradient, and their sum."""

    order: list[Any]
    edges: list[Contribution]
    total: Any


def _behind(x: Any) -> tuple[list[_Part], Any]:
    """The passes that x.grad is the sum of, oldest first; and what is left."""
    passes = [(root, seed) for root, seed in recent_passes() if _of_one_tier(root, x)]
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
    for i, (root, seed) in enumerate(passes):
        try:
            part = _pass(x, root, seed) if i else latest
        except RuntimeError:  # its numbers were replaced
            break
        if part.edges or root is x:
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
    return _Part(order, given, x.full(0.0) if g is None else g)


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
