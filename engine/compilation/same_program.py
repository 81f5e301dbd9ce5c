"""Whether two runs of a function wrote the same program down."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass, is_dataclass
from types import FunctionType
from typing import Any

import numpy as np

from ..node import Node
from ..symbols import Symbol, order_of
from .call_form import parts_of, rebuilt
from .survey import is_users


@dataclass
class Run:
    """One run of f on Symbols."""

    trace: Any  # the FunctionTrace
    arguments: list[Symbol]  # for the numbers among the arguments
    result: Any  # what f returned, with Symbols
    outputs: list[Any]  # the numbers in it: Symbols, and what f made of none

    @property
    def ends(self) -> list[Any]:
        """All that the program is to compute."""
        learned = [g for _, leaves in self.trace.learned for g in leaves.values()]
        return [*self.outputs, *(x for _, x in self.trace.assigned), *learned]

    def form(self) -> Any:
        """What f returned, without the numbers in it."""
        return rebuilt(self.result, itertools.repeat(None))

    def sources(self) -> dict[Any, Any]:
        """Where each input's numbers come from, as what can be compared."""
        known: dict[Any, Any] = {x: i for i, x in enumerate(self.arguments)}
        known |= {x: ("leaf", id(node)) for node, x in self.trace.lifted.items()}
        return known | {x: ("array", id(a)) for a, x in self.trace.held.values()}

    def own_arrays(self) -> None:
        """Have copies of the arrays in the program, which their owner may change."""
        for node in order_of(self.ends):
            if not _NEVER_CHANGE.issuperset(map(type, node.inputs)):
                node.inputs = _own(node.inputs)
            if node._params:
                node._params = {name: _own(x) for name, x in node._params.items()}
            if node.op is None:
                node._held = _own(node._held)
        self.outputs = [_own(x) for x in self.outputs]

    def has_gradient(self, given: Any) -> bool:
        """Whether `grad` of the function is plain, and depends on each of these arguments."""
        y, trace = self.result, self.trace
        if not isinstance(y, Symbol) or y.size != 1 or trace.learned:
            return False
        below = set(order_of([y]))
        if any(s.requires_grad and s in below for s in trace.lifted.values()):
            return False
        flowing = {x for x in order_of([y]) if x.requires_grad}
        listed = {i for first, count in given.lists for i in range(first, first + count)}
        return all(self.arguments[i] in flowing or i in listed for i in given.wrt)


_NEVER_CHANGE = {Symbol, float, int}


def _own(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return x.copy()
    return tuple([_own(one) for one in x]) if type(x) is tuple else x


def difference(first: Run, again: Run) -> int | None:
    """The place of the first result of the second run that is another; None if all is the same."""
    if _agree(first, again):
        return None
    one, two = order_of(first.ends), order_of(again.ends)
    twin: dict[Any, Any] = {}  # of each Symbol of the first run, that of the second
    for a, b in zip(one, two, strict=False):
        if not _same_op(a.op, b.op) or not _same_parts(a, b, twin):
            return b.place
        twin[a] = b
    ends = zip(first.ends, again.ends, strict=False)
    if len(first.ends) != len(again.ends) or len(one) != len(two):
        return 0
    return None if all(_same(a, b, twin) for a, b in ends) else 0


def _agree(first: Run, again: Run) -> bool:
    """Whether all is the same: each Symbol of the first run has one in the second, its twin."""
    ends, others = first.ends, again.ends
    twin = {a: b for a, b in zip(ends, others, strict=False) if isinstance(a, Symbol)}
    pairs = zip(ends, others, strict=False)
    if len(ends) != len(others) or not all(_same(a, b, twin) for a, b in pairs):
        return False
    for a in reversed(order_of(ends)):  # results before what they are made of
        b = twin[a]
        if not isinstance(b, Symbol) or len(a.inputs) != len(b.inputs):
            return False
        for x, y in zip(a.inputs, b.inputs, strict=True):
            if isinstance(x, Symbol) and twin.setdefault(x, y) is not y:
                return False
        if not _same_op(a.op, b.op) or not _same_parts(a, b, twin):
            return False
    return True


def is_same(one: Run, two: Run) -> bool:
    """Whether two runs wrote one program down: of the same inputs, for results of the same form."""
    if any(run.trace.draws or run.trace.actions or run.trace.assigned for run in (one, two)):
        return False  # these are not compared
    if not same(one.form(), two.form()) or difference(one, two) is not None:
        return False
    if any(x.op is not None and not _stays(x.op) for x in order_of(one.ends)):
        return False
    sources = one.sources(), two.sources()
    pairs = zip(order_of(one.ends), order_of(two.ends), strict=True)
    return all(
        a.requires_grad == b.requires_grad
        and sources[0].get(a) == sources[1].get(b)
        and (a not in sources[0] or (a.shape, a.dtype) == (b.shape, b.dtype))
        for a, b in pairs
    )


def _stays(op: Any) -> bool:
    """Whether an op does what it did: a user's may read variables."""
    functions = [f for f in (op.forward, op.vjp_all, *op.vjps) if f is not None]
    return not any(is_users(getattr(f, "__module__", None)) for f in functions)


def _same_op(a: Any, b: Any) -> bool:
    """Whether two ops are one, or were made anew in the same way."""
    if a is b:
        return True
    return a is not None and b is not None and a.name == b.name and same(a.forward, b.forward)


def _same_parts(a: Symbol, b: Symbol, twin: Any) -> bool:
    if a.op is None:
        return a.is_constant == b.is_constant and (not a.is_constant or same(a._held, b._held))
    if len(a.inputs) != len(b.inputs) or a._params.keys() != b._params.keys():
        return False
    for x, y in zip(a.inputs, b.inputs, strict=True):
        if not _same(x, y, twin):
            return False
    return not a._params or all(_same(x, b._params[name], twin) for name, x in a._params.items())


def _same(x: Any, y: Any, twin: Any) -> bool:
    return twin.get(x) is y if isinstance(x, Symbol) else same(x, y)


def same(x: Any, y: Any) -> bool:
    """Whether two plain things are equal to the last bit, as far as that can be asked."""
    if x is y:
        return True
    if type(x) is not type(y) or isinstance(x, Node):
        return False
    if isinstance(x, np.ndarray | np.generic):
        if x.dtype != y.dtype or x.shape != y.shape:
            return False
        return same(x.tolist(), y.tolist()) if x.dtype.kind == "O" else x.tobytes() == y.tobytes()
    if isinstance(x, float):
        return x.hex() == y.hex()
    if isinstance(x, tuple | list):
        return len(x) == len(y) and all(same(a, b) for a, b in zip(x, y, strict=True))
    if isinstance(x, dict):
        return x.keys() == y.keys() and all(same(one, y[key]) for key, one in x.items())
    if is_dataclass(x) and not isinstance(x, type):
        return same(parts_of(x), parts_of(y))
    if isinstance(x, functools.partial):
        return same((x.func, x.args, x.keywords), (y.func, y.args, y.keywords))
    if isinstance(x, FunctionType):
        return x.__code__ is y.__code__ and same(*(_made_of(f) for f in (x, y)))
    return bool(x == y)


def _made_of(f: FunctionType) -> Any:
    return f.__defaults__, f.__kwdefaults__, [c.cell_contents for c in f.__closure__ or ()]
