"""Backward on Symbols, as everywhere; a rule that looks at numbers becomes one op, to be called."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..arrays import in_single
from ..core import Op
from ..graph import toposort, visit
from ..signatures import input_names
from ..symbols import Symbol, runs_on_names


class RuleOp(Op):
    """The rule of an op for one input, as an op itself: a call that is not looked into.

    Attributes:
        function: what is called; `part` of its answer is the gradient, if it answers for all.
    """

    def __init__(self, op: Op, index: int, count: int) -> None:
        rule: Any = op.rule(index)
        self.part: int | None = None if op.vjp_all is None else index
        self.function = op.vjp_all or (rule.func if isinstance(rule, functools.partial) else rule)
        name = f"{op.name}_vjp"
        if not op.variadic and op.vjp_all is None and op.n_inputs > 1:
            name += f"_{input_names(op)[index]}"
        refusal = functools.partial(_refuse, op.name)
        super().__init__(name, rule, (refusal,) * count, scalar=rule)


_called = functools.lru_cache(RuleOp)  # the same op each time: its text is printed once


def _refuse(name: str, *_operands: Any, **_params: Any) -> Any:
    raise TypeError(
        f"the rule of {name!r} looks at numbers, so its derivative cannot be written down: compose "
        f"{name} of other functions for order=2"
    )


def pulled(node: Any, g: Any) -> list[Any]:
    """What each edge of a Symbol adds to the gradient of its input; None where nothing flows."""
    run = all(map(runs_on_names, (node.op.vjp_all, *node.op.vjps)))
    if run:
        try:
            return list(node.pull(g))
        except TypeError:  # a rule asks for numbers
            node._trace.refused.clear()
    return [node.fitted(_edge(node, g, i, x, run), i) for i, x in enumerate(node.inputs)]


def _edge(node: Any, g: Any, index: int, x: Any, run: bool) -> Any:
    """The rule for one edge, run if that is to be tried, or called."""
    op, params = node.op, dict(node.params)
    rule = op.rule(index)
    if rule is None or not isinstance(x, Symbol) or not node.flows_to(x):
        return None
    g, y, inputs = in_single(node, g)
    if run:
        try:
            return rule(g, y, *inputs, **params)
        except TypeError:  # it asks for numbers; what else is wrong is said again below
            node._trace.refused.clear()
    operands = (g, y, *inputs)
    if isinstance(rule, functools.partial):
        params |= rule.keywords
    called = _called(op, index, len(operands))
    numbers = [one._held if isinstance(one, Symbol) else one for one in operands]
    with np.errstate(all="ignore"):
        if node.is_number:
            held: Any = called.on_floats(*numbers, **params)
        else:
            held = np.asarray(called.forward(*numbers, **params))
    return Symbol.made(called, operands, params, held, node._trace)


def gradients(root: Any, seed: Any, note: Any = None, again: bool = False) -> dict[Any, Any]:
    """The gradient of each node, as `graph.adjoints`; `note(x, g, node)` is told of each.

    `again`: whether they are to be differentiated again, which a rule may ask (`is_recorded`).

    What no gradient flows to is not walked through: a comparison is no node on the other tiers, and
    would bring what it compares forward in the order, and so the parts of sums.
    """
    trace = root._trace
    before, trace.recorded = trace.recorded, again or trace.recorded
    try:
        return _walked(root, seed, note)
    finally:
        trace.recorded = before


def _walked(root: Any, seed: Any, note: Any) -> dict[Any, Any]:
    found = {root: seed}
    order: list[Any] = []
    visit(root, {x for x in toposort(root) if not x.requires_grad}, order)
    for node in reversed(order):
        g = found.get(node)
        if g is None or node.op is None:
            continue
        for x, part in zip(node.inputs, pulled(node, g), strict=True):
            if part is None and node.is_number and isinstance(x, Symbol) and x.requires_grad:
                part = node.leaf(0.0)  # as on Values: a rule that is None gives 0.0
            if part is not None:
                found[x] = found[x] + part if x in found else part
                if note is not None:
                    note(x, found[x], node)
    return found
