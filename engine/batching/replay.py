"""What was written down of one example, done to a whole batch: op by op, by rules or one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..arrays import broadcast_to, reshape, stack
from ..core import Op
from ..graph import visit
from ..symbols import LiftedOp, Symbol, filled
from ..writing import RuleOp


@dataclass(frozen=True)
class Step:
    """One op on a batch.

    Attributes:
        op, params: what is applied.
        inputs: what it is applied to; a batched one has an axis more, in front, of length `size`.
        batched: which inputs are.
        ndims: how many axes each input has for one example.
        shape: of the result, for one example.
        size: how many examples there are.
    """

    op: Op
    inputs: tuple[Any, ...]
    batched: tuple[bool, ...]
    ndims: tuple[int, ...]
    params: dict[str, Any]
    shape: tuple[int, ...]
    size: int

    def apply(self, *inputs: Any, **params: Any) -> Any:
        """The op of these inputs, with parameters in the place of its own."""
        return self.op.apply(inputs, self.params | params)

    def first_alone(self) -> bool:
        """Whether the first input is batched, and no other is."""
        return self.batched[0] and not any(self.batched[1:])

    def spread(self, i: int) -> Any:
        """The i-th input with an axis in front, also where all examples share it."""
        x = self.inputs[i]
        return x if self.batched[i] else broadcast_to(x, (self.size, *np.shape(x)))


#: How a row is applied to a batch; None where it cannot be, and is applied one by one.
Rule = Callable[[Step], Any]
RULES: dict[Op, Rule] = {}


def carried(rule: Rule, *ops: Op) -> None:
    """Say how rows carry an axis more in front: `rule(step)` gives the batch of results, or None.

    A row of which nothing is said is applied to one example after the other, and the results are
    stacked.

    >>> import engine
    >>> half = engine.shape_op(lambda g, y, x: 0.5 * g)(lambda x: 0.5 * x)  # doctest: +SKIP
    >>> carried(lambda step: step.apply(*step.inputs), half)  # doctest: +SKIP
    """
    RULES.update(dict.fromkeys(ops, rule))


#: The same where parameters depend on the example: the op is a `LiftedOp`.
LIFTED: dict[Op, Rule] = {}


def carried_at_places(rule: Rule, *ops: Op) -> None:
    """As `carried`, where an index depends on the example."""
    LIFTED.update(dict.fromkeys(ops, rule))


def elementwise(step: Step) -> Any:
    """Axes of length 1 behind the batch's, so that examples broadcast as one alone would."""
    ndim = len(step.shape)
    return step.apply(*[
        behind(x, n, ndim) if batched else x
        for x, n, batched in zip(step.inputs, step.ndims, step.batched, strict=True)
    ])  # fmt: skip


def behind(x: Any, ndim: int, wanted: int) -> Any:
    """A batch of examples of `ndim` axes as one of examples of `wanted`: with axes of length 1."""
    shape = np.shape(x)
    return reshape(x, (shape[0], *(1,) * (wanted - ndim), *shape[1:])) if ndim < wanted else x


def replayed(outputs: Sequence[Any], known: dict[Any, Any], batched: set[Any], size: int) -> Any:
    """The values of Symbols, given those of the inputs; grows `known` and `batched`."""
    seen, order = set(known), []  # type: tuple[set[Any], list[Any]]
    for y in outputs:
        if y not in seen:
            visit(y, seen, order)
    for node in order:
        if node.op is None:
            known[node] = node._held
            continue
        step = _step(node, known, batched, size)
        with np.errstate(all="ignore") if node._trace.quiet else nullcontext():
            if any(step.batched):
                known[node] = on_batch(step)
                batched.add(node)
            else:
                known[node] = step.apply(*step.inputs)
    return known


def _step(node: Any, known: dict[Any, Any], batched: set[Any], size: int) -> Step:
    inputs = tuple([known[x] if isinstance(x, Symbol) else x for x in node.inputs])
    flags = tuple([x in batched if isinstance(x, Symbol) else False for x in node.inputs])
    ndims = tuple(map(np.ndim, node.inputs))
    return Step(node.op, inputs, flags, ndims, dict(node.params), node.shape, size)


def on_batch(step: Step) -> Any:
    """The batch of results."""
    op = step.op
    rule = LIFTED.get(op.lifted) if isinstance(op, LiftedOp) else _rule_for(op)
    y = None if rule is None else rule(step)
    fits = y is not None and np.shape(y) == (step.size, *step.shape)
    return y if fits else _one_by_one(step)


def _rule_for(op: Op) -> Rule | None:
    """How an op is run on a batch; None where nothing is said of it."""
    if op.kind == "elementwise" and not isinstance(op, RuleOp):
        return RULES.get(op, elementwise)
    return RULES.get(op)


def applied(op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """An op, among whose parameters there may be names of a program around this one."""
    for x in params.values():
        for part in x if isinstance(x, tuple) else (x,):
            if isinstance(part, Symbol):
                return part.record(op, inputs, params)
    return op.apply(inputs, params)


def _as_itself(step: Step) -> Step:
    """A lifted op as the op that it is, with its parameters in their places."""
    op: Any = step.op
    n = op.count
    return replace(
        step, op=op.lifted, params=filled(step.params, step.inputs),
        inputs=step.inputs[:n], batched=step.batched[:n], ndims=step.ndims[:n],
    )  # fmt: skip


def _one_by_one(step: Step) -> Any:
    """The op applied to one example after the other."""
    rows = []
    for i in range(step.size):
        one = [x[i] if b else x for x, b in zip(step.inputs, step.batched, strict=True)]
        single = replace(step, inputs=tuple(one))
        if isinstance(step.op, LiftedOp):
            single = _as_itself(single)
        rows.append(applied(single.op, single.inputs, single.params))
        if np.shape(rows[-1]) != step.shape:
            raise ValueError(
                f"{step.op.name}() gives another shape for example {i}, {np.shape(rows[-1])}, than "
                f"for the first, {step.shape}: under vmap all must be of one; take "
                "where(condition, x, 0.0) in the place of x[condition]"
            )
    return stack(rows) if rows else np.zeros((0, *step.shape))
