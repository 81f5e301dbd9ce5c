"""Leaves that a function reads from outside, while it is traced: each is taken for its Symbol.

A parameter in a model is found by `Survey`, but it stays where it is: what f gets hold of is the
very Tensor.  So for as long as f runs, the Tensor is of a class of its own, which hands everything
on to the Symbol that stands for it: operators record, `float(w)` and `w.data` are refused.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..node import Node
from ..restoring import Restoring
from ..symbols import CHANGED_AFTERWARDS, LastingTrace, Symbol, tracing_now

#: What stays the node's own: what it is made of, and what objects have.
_OWN = frozenset([
    "_a", "_adjoint", "_arrays", "_b", "_grad", "_held", "_params", "_requires", "_retain",
    "__class__", "__dict__", "__doc__", "__hash__", "__init__", "__module__", "__new__",
    "__slots__", "__weakref__", "inputs", "label", "leads", "op", "record", "record_binary",
    "record_unary", "record_wide", "requires_grad", "settle", "zero_grad",
])  # fmt: skip
#: What a user may set on a leaf, but not in a compiled function.
_SETTINGS = frozenset(["label", "requires_grad"])
_NOT_FORWARDED = _OWN | {
    "__getattribute__", "__setattr__", "__delattr__", "__init_subclass__", "__subclasshook__",
    "__reduce__", "__reduce_ex__", "__sizeof__", "__dir__", "__getstate__", "__copy__",
    "__deepcopy__", "__array_ufunc__", "__getattr__",
}  # fmt: skip
#: `w += x` would change the leaf for good: `Symbol` only makes a new name.
_IN_PLACE = frozenset(name for name in dir(Symbol) if name.startswith("__i") and name != "__iter__"
                      and name not in ("__init__", "__invert__", "__index__", "__int__",
                                       "__init_subclass__"))  # fmt: skip


def symbol_of(leaf: Any) -> Symbol:
    """The Symbol that stands for a leaf in the program that is being traced."""
    symbol: Symbol = tracing_now().lift(leaf)
    return symbol


class Captured:
    """What the classes of captured leaves have before their own."""

    __slots__ = ()
    leads = True

    def __getattribute__(self, name: str) -> Any:
        if name == "leads" and tracing_now() is None:
            return _kind(self).leads
        if name in _OWN or tracing_now() is None:
            return object.__getattribute__(self, name)
        return getattr(symbol_of(self), name)

    def __setattr__(self, name: str, value: Any) -> None:
        if (name in _OWN and name not in _SETTINGS) or tracing_now() is None:
            object.__setattr__(self, name, value)
        elif name == "grad" and value is None:
            self.zero_grad()
        else:
            symbol_of(self).refuse(f"assigning .{name}", CHANGED_AFTERWARDS)

    def zero_grad(self) -> None:
        """As of a leaf, but at each call."""
        if tracing_now() is None:
            _kind(self).zero_grad(self)
            return
        tracing_now().afterwards(functools.partial(setattr, self, "grad", None))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **named: Any) -> Any:
        x, kind = (self, _kind(self)) if tracing_now() is None else (symbol_of(self), Symbol)
        handler: Any = kind.__array_ufunc__
        return handler(x, ufunc, method, *inputs, **named)

    @staticmethod
    def record(op: Any, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        if tracing_now() is None:
            return _kind_among(inputs).record(op, inputs, params)
        return Symbol.record(op, tuple(map(_as_symbol, inputs)), params)

    def record_unary(self, op: Any) -> Any:
        return type(self).record(op, (self,), {})

    @staticmethod
    def record_binary(op: Any, a: Any, b: Any) -> Any:
        if tracing_now() is None:
            return _kind_among((a, b)).record_binary(op, a, b)
        return Symbol.record(op, (_as_symbol(a), _as_symbol(b)), {})

    @staticmethod
    def record_wide(op: Any, inputs: tuple[Any, ...]) -> Any:
        if tracing_now() is None:
            return _kind_among(inputs).record_wide(op, inputs)
        return Symbol.record(op, tuple(map(_as_symbol, inputs)), {})


def _kind(x: Any) -> Any:
    """The class of a captured leaf as other threads see it, which trace nothing."""
    return type(x).__mro__[2]


def _kind_among(inputs: tuple[Any, ...]) -> Any:
    return next(_kind(x) for x in inputs if isinstance(x, Captured))


def _as_symbol(x: Any) -> Any:
    return symbol_of(x) if isinstance(x, Captured) else x


def _forwarding(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **named: Any) -> Any:
        if tracing_now() is None:
            return getattr(_kind(self), name)(self, *args, **named)
        return getattr(symbol_of(self), name)(*args, **named)

    method.__name__ = name
    return method


def _refusing(name: str) -> Callable[..., Any]:
    def method(self: Any, other: Any) -> Any:
        if tracing_now() is None:
            return getattr(_kind(self), name)(self, other)
        symbol_of(self).refuse(f"changing it in place, by {name}(),", CHANGED_AFTERWARDS)

    method.__name__ = name
    return method


@functools.cache
def _captured(kind: type) -> type:
    """The class for captured leaves of a class: what Python looks up there, forwarded."""
    special = {
        name: _refusing(name) if name in _IN_PLACE else _forwarding(name)
        for name in dir(Symbol)
        if name.startswith("__") and name not in _NOT_FORWARDED and callable(getattr(Symbol, name))
    }
    return type(
        f"Captured{kind.__name__}",
        (Captured, kind),
        {**special, "__slots__": (), "__hash__": kind.__hash__},
    )


class Capturing(Restoring):
    """While f runs, the leaves among `nodes` are taken for their Symbols."""

    def __init__(self, trace: LastingTrace, nodes: list[Node]) -> None:
        self.trace, self.nodes = trace, [x for x in nodes if x.op is None]

    def saved(self) -> Any:
        return [type(x) for x in self.nodes]

    def change(self) -> None:
        for x in self.nodes:
            kind: Any = type(x)
            x.__class__ = _captured(kind)

    def restore(self, saved: Any) -> None:
        for x, kind in zip(self.nodes, saved, strict=True):
            x.__class__ = kind
