"""The row of the table, and the registry of all rows.

An op is one row: a name, a forward function, one rule per argument.  It is also the public
function of that name.  `ops` is the table; `define` says how a row is written.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from .domain import REAL as REAL, Interval as Interval
from .lists import array_of, dressed, nodes_among, tier_of
from .node import Node, NodeArray
from .op_table import OpTable
from .readable import Readable, write_anew
from .signatures import Rule, bind, defaults_of, written_at

_FLOATS = frozenset([float, int, bool])
_ARRAYS = (np.ndarray, np.generic, type(None))
_ARRAYS_OR_NUMBERS = (*_ARRAYS, float, int)

#: What a float operation raises where IEEE 754 (and NumPy) would answer inf or nan.
PYTHON_RAISES = (ArithmeticError, ValueError, TypeError)


# --- the row ---


class Op(Readable):
    """One row of the table, and the public function of that name.

    Calling it on plain numbers or arrays computes; on nodes it computes and records.

    Attributes:
        name: the public name, `engine.<name>`.
        symbol: what pictures print in the node.
        infix: whether the symbol stands between the two inputs, as in `a + b`.
        commutative: whether the two inputs may be exchanged.
        forward: `forward(*inputs, **params)` on arrays (and numbers).
        vjps: one rule per input, `vjp(g, y, *inputs, **params)`: the upstream gradient times
            the local derivative.  None where no gradient flows (a condition).  A variadic op
            has a single rule, called with `index=i` for its i-th input.
        vjp_all: the same for all inputs at once, as a tuple, where they share work; or None.
        linear: "jointly" where the op of all inputs' tangents is the result's tangent (a sum, a
            reshape), "each" where it is linear in one input at a time (a product), or None.
        jvp: forward mode's rule, `jvp(tangents, y, *inputs, **params)`, or None: see
            `engine.forward`, which needs neither this nor `linear`.
        scalar: the same on Python floats, where `math` is faster or differs; None uses forward.
        elements: (not elementwise) the same on arrays of scalar nodes; None uses forward.
        defaults: parameter names and their defaults, in order.
        of_nodes: what is computed, of other ops, where a parameter is a node; None refuses that.
        domain: an `Interval` per input: where the op is defined.
        kinks: `kinks(*inputs, **params)`: how far each element is from a point where the
            derivative jumps; None where the op is smooth.
        ulp: how far the two tiers may be apart, in units in the last place; 0 is bit for bit.
        kind: "elementwise", "shape" (on whole arrays), or "fused" (one node for what could be
            composed of others; `elements` is the composed form).
        doc: one line for the op table.

    >>> from engine import mul
    >>> mul(2.0, 3.0), mul.symbol, mul.n_inputs
    (6.0, '*', 2)
    >>> mul.rule(0)(1.0, 6.0, 2.0, 3.0)
    3.0
    """

    def __init__(
        self,
        name: str,
        forward: Rule,
        vjps: tuple[Rule | None, ...],
        *,
        symbol: str | None = None,
        scalar: Rule | None = None,
        elements: Rule | None = None,
        domain: tuple[Interval, ...] | None = None,
        kinks: Rule | None = None,
        ulp: float = 4,
        kind: str = "elementwise",
        doc: str = "",
        variadic: bool = False,
        aliases: Mapping[str, Any] | None = None,
        vjp_all: Rule | None = None,
        infix: bool = False,
        commutative: bool = False,
        of_nodes: Rule | None = None,
        linear: str | None = None,
        jvp: Rule | None = None,
    ) -> None:
        self.name = name
        self.symbol = symbol or name
        self.infix = infix
        self.commutative = commutative
        self.forward = forward
        self.vjps = vjps
        self.vjp_all = vjp_all
        self.of_nodes = of_nodes
        self.linear, self.jvp = linear, jvp
        self.scalar = scalar
        self.elements = elements
        self.variadic = variadic
        self.n_inputs = len(vjps)
        self.defaults = (
            {} if variadic and kind == "elementwise" else defaults_of(forward, len(vjps))
        )
        #: Whether a gradient flows to every input.
        self.all_flow = None not in vjps
        #: Whether each input has a rule of its own, not one shared with other inputs.
        self.own_rules = not variadic and vjp_all is None
        self.domain = domain or (REAL,) * len(vjps)
        self.kinks = kinks
        self.ulp = ulp
        self.kind = kind
        self.doc = doc or (inspect.getdoc(forward) or "").partition("\n")[0]
        self.aliases = dict(aliases or {})
        self.__name__ = self.__qualname__ = name
        self.__doc__ = self.doc
        self.__module__ = getattr(forward, "__module__", None) or "numpy"

    @property
    def in_slots(self) -> bool:
        """Whether a Value made by this keeps its inputs in two slots, not in a tuple."""
        return self.n_inputs < 3 and not self.defaults and not self.variadic

    def __repr__(self) -> str:
        return f"<engine op {self.name}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        """An op is pickled by its name: rules are code, and code is not data."""
        return (_registered, (self.name,))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not kwargs and len(args) == self.n_inputs and not self.variadic:
            return self.apply(args, self.defaults)  # as `bind` would
        inputs, params = bind(self, args, kwargs)
        if self.of_nodes and nodes_among(params.values()):
            return self.of_nodes(*inputs, **params)
        return self.apply(inputs, params)

    def apply(self, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Compute on plain inputs; compute and record where one of them is a node."""
        arrays, usual = False, self.kind == "elementwise"
        for x in inputs:
            if isinstance(x, Node):
                return x.record(self, inputs, params)
            if type(x) is np.ndarray and x.dtype.kind != "O":
                arrays = True
            elif type(x) not in _FLOATS:
                usual = False
        if usual:
            return (self.forward if arrays else self.on_floats)(*inputs, **params)
        for x in inputs:
            if isinstance(x, NodeArray):
                return x.record(self, inputs, params)
        return self._unusual(inputs, params)

    def _unusual(self, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Compute on lists, NumPy's numbers, and arrays whose elements are nodes."""
        # arrays have what ops on them ask for; numbers, which others take, do not promote
        kept = _ARRAYS if self.kind == "shape" else _ARRAYS_OR_NUMBERS
        inputs = tuple([x if isinstance(x, kept) else array_of(x) for x in inputs])
        if inputs and inputs[0] is None:  # others may be left out, as a bias
            raise TypeError(f"{self.name}() takes numbers or arrays, got None")
        for x in inputs:
            if type(x) is np.ndarray and x.dtype.kind != "O":
                continue
            tier = tier_of(x)
            if tier is not None:
                return tier.record(self, inputs, params)
        return dressed(self.forward(*inputs, **params), inputs)

    def on_floats(self, *numbers: float, **params: Any) -> float:
        """The op on Python numbers, by IEEE 754: inf and nan where NumPy has them, no exception.

        >>> import engine
        >>> engine.div.on_floats(1.0, 0.0), engine.exp.on_floats(1000.0)
        (inf, inf)
        """
        if self.scalar is not None:
            try:
                y = self.scalar(*numbers, **params)
                return y if type(y) is float else float(y)
            except PYTHON_RAISES:
                pass  # NumPy decides below: a real error is raised there again
        with np.errstate(all="ignore"):
            return float(self.forward(*map(np.float64, numbers), **params))

    def rule(self, index: int) -> Rule | None:
        """The rule for the input at `index`: `rule(g, y, *inputs, **params)`."""
        if not self.variadic:
            return self.vjps[index]
        if self.vjp_all is not None:
            return part_of(self.vjp_all, index)
        shared: Any = self.vjps[0]
        return partial(shared, index=index)


def part_of(vjp_all: Rule, index: int) -> Rule:
    """The rule for one input, from a rule that gives all gradients at once."""

    def one(g: Any, y: Any, *inputs: Any, **params: Any) -> Any:
        return vjp_all(g, y, *inputs, **params)[index]

    return one


# --- the registry ---

_REGISTRY: dict[str, Op] = {}

#: Every op by name, in the order they were defined; read only.
registry: Mapping[str, Op] = OpTable(_REGISTRY)

#: The row that a ufunc of NumPy is the forward of, or has the name of; the first, if several.
row_of: dict[Any, Op] = {}


def _note_ufuncs() -> None:
    row_of.clear()
    for op in _REGISTRY.values():
        ufunc = op.forward if isinstance(op.forward, np.ufunc) else getattr(np, op.name, None)
        if isinstance(ufunc, np.ufunc) and not op.defaults:
            row_of.setdefault(ufunc, op)


def _registered(name: str) -> Op:
    if name not in _REGISTRY:
        raise LookupError(f"no op named {name!r} is registered; define it before unpickling")
    return _REGISTRY[name]


def register(op: Op, replace: bool) -> Op:
    old = _REGISTRY.get(op.name)
    if old is not None and not replace and written_at(old) != written_at(op):
        raise ValueError(
            f"an op named {op.name!r} exists already; pass replace=True to redefine it"
        )
    if op.name in functions and op.name not in _REGISTRY:
        raise ValueError(f"a function named {op.name!r} exists already, composed of ops")
    if op.name in _REGISTRY:
        write_anew()
    _REGISTRY[op.name] = op
    _note_ufuncs()
    return op


def unregister(name: str) -> None:
    """Take an op out of the registry (a test or a notebook cleaning up after itself).

    Raises:
        LookupError: there is no op of that name.

    >>> from engine import elementwise
    >>> cube = elementwise("cube", lambda x: x**3, lambda g, y, x: g * 3 * x * x)
    >>> unregister("cube")
    >>> "cube" in registry
    False
    """
    if name not in _REGISTRY:
        raise LookupError(f"no op named {name!r} is registered")
    write_anew()
    del _REGISTRY[name]
    _note_ufuncs()


#: Functions composed of ops of the registry: they need no rule of their own.
functions: dict[str, Callable[..., Any]] = {}


def composed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Note a public function that is composed of ops, for the tables and the tests."""
    functions[function.__name__] = function
    return function
