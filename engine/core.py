"""What every op and every node has in common: the row, and the registry of all rows.

An op is one row of a table: a name, a forward function, one rule per argument.  A node is plain
data: which op made it, from which inputs, with which parameters, and the result.  Nothing here
knows whether the result is a Python number (`engine.scalar`) or an array (`engine.tensor`).
"""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = [
    "REAL",
    "BinaryOp",
    "Interval",
    "Node",
    "NodeArray",
    "Op",
    "TernaryOp",
    "UnaryOp",
    "composed",
    "elementwise",
    "functions",
    "registry",
    "shape_op",
]

Rule = Callable[..., Any]

#: What a float operation raises where IEEE 754 (and NumPy) would answer inf or nan.
PYTHON_RAISES = (ArithmeticError, ValueError, TypeError)


@dataclass(frozen=True)
class Interval:
    """Numbers an argument may take: `lo <= x <= hi`, ends included unless `open`.

    >>> Interval(0.0, 1.0).contains(0.5)
    True
    """

    lo: float = -np.inf
    hi: float = np.inf
    open: bool = False

    def contains(self, x: Any) -> Any:
        """Whether x (number or array) lies inside, element by element."""
        return (self.lo < x) & (x < self.hi) if self.open else (self.lo <= x) & (x <= self.hi)

    def __str__(self) -> str:
        left, right = ("(", ")") if self.open else ("[", "]")
        left = "(" if self.lo == -np.inf else left
        right = ")" if self.hi == np.inf else right
        return f"{left}{self.lo:g}, {self.hi:g}{right}"


REAL = Interval()


class Node:
    """Base of `Value` and `Tensor`: one result in a graph.

    A node has `op` (an `Op`, or None for a leaf), `inputs` (ordered, duplicates kept; nodes and
    plain constants), `params` (the op's static parameters) and `label`.
    """

    __slots__ = ()

    data: Any
    grad: Any
    op: Op | None
    label: str
    _grad: Any

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What the op was applied to, in order: nodes and plain constants."""
        raise NotImplementedError

    @property
    def params(self) -> Mapping[str, Any]:
        """The op's static parameters, by name."""
        raise NotImplementedError

    @classmethod
    def record(cls, op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Apply `op` to `inputs`, of which at least one is of this tier."""
        raise NotImplementedError

    @staticmethod
    def record_wide(op: Op, inputs: tuple[Any, ...]) -> Any:
        """Apply a fused op of many single numbers: on the scalar tier only."""
        raise TypeError(f"{op.name}() takes single numbers (Values and floats), not arrays")


class NodeArray(np.ndarray):
    """Base of `ValueArray`: an array whose elements are scalar nodes."""

    tier: type[NodeArray]  # the subclass; the scalar tier reaches arrays through this

    def __init_subclass__(cls) -> None:
        NodeArray.tier = cls

    @classmethod
    def record(cls, op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Apply `op` to arrays of scalar nodes."""
        raise NotImplementedError


def to_numpy(x: Any) -> np.ndarray:
    """The plain numbers of a number, an array, a Tensor, a Value or an array of Values.

    What an array or a Tensor holds is not copied.

    >>> from engine import Value
    >>> to_numpy([Value(1.0), 2.0]), to_numpy(Value(3.0))
    (array([1., 2.]), array(3.))
    """
    array = np.asarray(x)
    return array.astype(np.float64) if array.dtype == object else array


# --- the row ---


class Op:
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
        scalar: the same on Python floats, where `math` is faster or differs; None uses forward.
        elements: (not elementwise) the same on arrays of scalar nodes; None uses forward.
        defaults: parameter names and their defaults, in order.
        domain: an `Interval` per input: where the op is defined.
        kinks: `kinks(*inputs, **params)`: how far each element is from a point where the
            derivative jumps; None where the op is smooth.
        ulp: how far the two tiers may be apart, in units in the last place; 0 is bit for bit.
        kind: "elementwise", "shape" (on whole arrays), or "fused" (one node for what could be
            spelled with other ops; `elements` is that spelling).
        doc: one line for the table in the README.
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
        aliases: Mapping[str, str] | None = None,
        vjp_all: Rule | None = None,
        infix: bool = False,
        commutative: bool = False,
    ) -> None:
        self.name = name
        self.symbol = symbol or name
        self.infix = infix
        self.commutative = commutative
        self.forward = forward
        self.vjps = vjps
        self.vjp_all = vjp_all
        self.scalar = scalar
        self.elements = elements
        self.variadic = variadic
        self.n_inputs = len(vjps)
        self.defaults = {} if variadic and kind == "elementwise" else _defaults(forward, len(vjps))
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
        self.__name__ = name
        self.__qualname__ = name
        self.__doc__ = self.doc
        self.__module__ = getattr(forward, "__module__", None) or "numpy"

    def __repr__(self) -> str:
        return f"<engine op {self.name}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        """An op is pickled by its name: rules are code, and code is not data."""
        return (_registered, (self.name,))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not kwargs and len(args) == self.n_inputs and not self.variadic:
            return self.apply(args, self.defaults)  # as `bind` would say
        inputs, params = self.bind(args, kwargs)
        return self.apply(inputs, params)

    def bind(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Sort a call's arguments into inputs and a full dictionary of parameters."""
        params = dict(self.defaults)
        if self.variadic:
            inputs: tuple[Any, ...] = args
        else:
            n = self.n_inputs
            inputs = args[:n]
            if len(args) > n:
                if len(args) - n > len(params):
                    raise TypeError(
                        f"{self.name}() takes at most {n + len(params)} arguments "
                        f"({n} inputs, then {', '.join(params) or 'no parameters'}), "
                        f"got {len(args)}"
                    )
                for key, given in zip(params, args[n:], strict=False):
                    if key in kwargs:
                        raise TypeError(f"{self.name}() got {key!r} twice")
                    params[key] = given
            elif len(inputs) < n:
                inputs = self._inputs_by_name(inputs, kwargs)
        for key, given in kwargs.items():
            name = self.aliases.get(key, key)
            if name not in params:
                if given is None and key in ("dtype", "out"):
                    continue  # np.sum(x) asks x.sum(axis=None, dtype=None, out=None)
                known = ", ".join(params) or "none"
                raise TypeError(
                    f"{self.name}() got an unexpected argument {key!r}; its parameters are: {known}"
                )
            params[name] = given
        return inputs, params

    def _inputs_by_name(self, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """Complete the inputs from keyword arguments (`clip(x=…)`), or say what is missing."""
        names = input_names(self)
        for name in names[len(inputs) :]:
            if name not in kwargs:
                raise TypeError(
                    f"{self.name}() needs {self.n_inputs} inputs ({', '.join(names)}); "
                    f"{name!r} is missing"
                )
            inputs = (*inputs, kwargs.pop(name))
        return inputs

    def apply(self, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Compute on plain inputs; compute and record where one of them is a node."""
        for x in inputs:
            if isinstance(x, Node):
                return x.record(self, inputs, params)
        for x in inputs:
            if isinstance(x, NodeArray):
                return x.record(self, inputs, params)
        return self.plain(inputs, params)

    def plain(self, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Compute on plain numbers and arrays (or on arrays whose elements are nodes)."""
        if self.kind == "elementwise" and all(type(x) in (float, int, bool) for x in inputs):
            return self.on_floats(*inputs, **params)
        kept: tuple[Any, ...] = (np.ndarray, np.generic, type(None))
        if self.kind != "shape":  # arrays have what shape ops ask for; numbers do not promote
            kept += (float, int)
        inputs = tuple(x if isinstance(x, kept) else np.asarray(x) for x in inputs)
        for x in inputs:
            if isinstance(x, np.ndarray) and x.dtype == object:
                return NodeArray.tier.record(self, inputs, params)
        return self.forward(*inputs, **params)

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
        shared = self.vjps[0]

        def one(g: Any, y: Any, *inputs: Any, **params: Any) -> Any:
            assert shared is not None
            return shared(g, y, *inputs, index=index, **params)

        return one


#: An input that was not given: a default costs nothing, *inputs and **named 50 ns a call.
_ABSENT: Any = object()


class UnaryOp(Op):
    """An elementwise op of one input without parameters: a shorter way through the call."""

    def __call__(self, x: Any = _ABSENT, *more: Any) -> Any:
        if more:
            return super().__call__(x, *more)  # says what is wrong
        if isinstance(x, Node):
            return x.record_unary(self)  # type: ignore[attr-defined]  # each tier has one
        if type(x) is float:
            return self.on_floats(x)
        return super().__call__() if x is _ABSENT else self.apply((x,), {})


class BinaryOp(Op):
    """An elementwise op of two inputs without parameters: a shorter way through the call."""

    def __call__(self, a: Any = _ABSENT, b: Any = _ABSENT, *more: Any) -> Any:
        if more or b is _ABSENT:
            given = tuple(x for x in (a, b, *more) if x is not _ABSENT)
            return super().__call__(*given)  # says what is wrong
        if isinstance(a, Node):
            return a.record_binary(self, a, b)  # type: ignore[attr-defined]  # each tier has one
        if isinstance(b, Node):
            return b.record_binary(self, a, b)  # type: ignore[attr-defined]  # each tier has one
        return self.apply((a, b), {})


class TernaryOp(Op):
    """An elementwise op of three inputs without parameters: a shorter way through the call."""

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        if named or len(inputs) != 3:
            return super().__call__(*inputs, **named)  # sorts them, or says what is wrong
        a, b, c = inputs
        if type(b) is float and type(c) is float and type(a) is bool:
            return self.on_floats(a, b, c)
        return self.apply(inputs, {})


def check_parts(parts: Any, op: Op, inputs: tuple[Any, ...]) -> None:
    """Refuse an answer of `vjp_all` that is not one gradient per input."""
    if not isinstance(parts, tuple | list) or len(parts) != len(inputs):
        raise TypeError(
            f"vjp_all of {op.name!r} must return a tuple of {len(inputs)} gradients, one per "
            f"input, got {parts!r:.60}"
        )


def part_of(vjp_all: Rule, index: int) -> Rule:
    """The rule for one input, from a rule that gives all gradients at once."""

    def one(g: Any, y: Any, *inputs: Any, **params: Any) -> Any:
        return vjp_all(g, y, *inputs, **params)[index]

    return one


def _defaults(forward: Rule, n_inputs: int) -> dict[str, Any]:
    """Names and defaults of forward's parameters that come after its inputs."""
    try:
        parameters = list(inspect.signature(forward).parameters.values())
    except ValueError:  # a C function without a signature, such as a NumPy ufunc
        return {}
    if isinstance(forward, np.ufunc):
        return {}
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if any(p.kind == p.VAR_POSITIONAL for p in parameters):
        return {p.name: p.default for p in named}
    return {p.name: p.default for p in named[n_inputs:]}


def input_names(op: Op) -> list[str]:
    """The names of an op's inputs, as its forward function spells them.

    >>> import engine
    >>> input_names(engine.clip)
    ['x']
    """
    if not isinstance(op.forward, np.ufunc):
        try:
            return list(inspect.signature(op.forward).parameters)[: op.n_inputs]
        except ValueError:  # a C function without a signature
            pass
    return ["x"] if op.n_inputs == 1 else ["a", "b", "c", "d"][: op.n_inputs]


# --- the registry ---

_REGISTRY: dict[str, Op] = {}


class _Registry(Mapping[str, Op]):
    """Read-only view of every op, by name, in the order they were defined."""

    def __getitem__(self, name: str) -> Op:
        return _REGISTRY[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_REGISTRY)

    def __len__(self) -> int:
        return len(_REGISTRY)


#: Every op by name.
registry = _Registry()


def _registered(name: str) -> Op:
    if name not in _REGISTRY:
        raise LookupError(f"no op named {name!r} is registered; define it before unpickling")
    return _REGISTRY[name]


def _register(op: Op, replace: bool) -> Op:
    if op.name in _REGISTRY and not replace:
        raise ValueError(
            f"an op named {op.name!r} exists already; pass replace=True to redefine it"
        )
    if op.name in functions and op.name not in _REGISTRY:
        raise ValueError(f"a function named {op.name!r} exists already, spelled with ops")
    _REGISTRY[op.name] = op
    return op


def unregister(name: str) -> None:
    """Take an op out of the registry (a test or a notebook cleaning up after itself)."""
    if name not in _REGISTRY:
        raise LookupError(f"no op named {name!r} is registered")
    del _REGISTRY[name]


def _check_row(
    name: str, forward: Rule, vjps: tuple[Rule | None, ...], elementwise: bool = False
) -> None:
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"name must be a Python identifier, got {name!r}")
    if not callable(forward):
        raise TypeError(f"forward of {name!r} must be callable, got {forward!r}")
    if not vjps:
        raise TypeError(f"{name!r} needs one vjp per input; use None where no gradient flows")
    for i, vjp in enumerate(vjps):
        if vjp is not None and not callable(vjp):
            raise TypeError(f"vjp {i} of {name!r} must be callable or None, got {vjp!r}")
    needed, taken = _arity(forward)
    if len(vjps) > taken or (elementwise and len(vjps) < needed):
        raise TypeError(
            f"{name!r} has {len(vjps)} vjps, but forward has {needed if elementwise else taken} "
            "inputs: give one for each, None where no gradient flows; parameters have defaults"
        )


def _arity(forward: Rule) -> tuple[float, float]:
    """How many arguments forward needs, and how many it takes; parameters have defaults."""
    if isinstance(forward, np.ufunc):
        return forward.nin, forward.nin
    try:
        arguments = inspect.signature(forward).parameters.values()
    except ValueError:  # a C function without a signature
        return 0, np.inf
    if any(p.kind == p.VAR_POSITIONAL for p in arguments):
        return 0, np.inf
    return sum(p.default is p.empty for p in arguments), len(arguments)


#: Functions spelled with ops of the registry: they need no rule of their own.
functions: dict[str, Callable[..., Any]] = {}


def composed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Note a public function that is spelled with ops, for the tables and the tests."""
    functions[function.__name__] = function
    return function


def elementwise(
    name: str,
    forward: Rule,
    *vjps: Rule | None,
    symbol: str | None = None,
    scalar: Rule | None = None,
    domain: Interval | tuple[Interval, ...] | None = None,
    kinks: Rule | None = None,
    ulp: float = 4,
    doc: str = "",
    aliases: Mapping[str, str] | None = None,
    infix: bool = False,
    commutative: bool = False,
    replace: bool = False,
) -> Op:
    """Add an elementwise op to the table, and return it: it is the public function.

    Args:
        name: its name in pictures, errors and `registry`.
        forward: `forward(*inputs, **params)` on NumPy arrays, broadcasting as NumPy does.
            Arguments after the inputs are static parameters.
        vjps: one rule per input, `vjp(g, y, *inputs, **params)`, written with engine ops (so
            that it can be differentiated again); None where no gradient flows.
        symbol: shown in pictures; default the name.
        scalar: the same on Python floats, if `forward` is slow there (`math.tanh`).
        domain: an `Interval` for all inputs, or one per input; default all numbers.
        kinks: `kinks(*inputs, **params)`, the distance to the nearest jump of the derivative.
        ulp: how far apart the tiers may be, in units in the last place.
        doc: one line for the table.
        aliases: other names of parameters, `{"a_min": "min"}`.
        infix: whether formulas write the symbol between the two inputs, as in `a + b`.
        commutative: whether the two inputs may be exchanged.
        replace: redefine a name that exists.

    Raises:
        ValueError: the name exists and `replace` is false, or is not an identifier.
        TypeError: a rule is missing or not callable.

    >>> cube = elementwise("cube", lambda x: x * x * x, lambda g, y, x: g * 3 * x * x)
    >>> from engine import Value, grad
    >>> grad(grad(cube))(2.0)
    12.0
    >>> unregister("cube")
    """
    _check_row(name, forward, vjps, elementwise=True)
    if isinstance(domain, Interval):
        domain = (domain,) * len(vjps)
    if domain is not None and len(domain) != len(vjps):
        raise ValueError(f"{name!r} has {len(vjps)} inputs but {len(domain)} domains")
    kind = Op
    if not _defaults(forward, len(vjps)):
        kind = {1: UnaryOp, 2: BinaryOp, 3: TernaryOp}.get(len(vjps), Op)
    op = kind(
        name, forward, vjps, symbol=symbol, scalar=scalar, domain=domain, kinks=kinks, ulp=ulp,
        doc=doc, aliases=aliases, infix=infix, commutative=commutative,
    )  # fmt: skip
    return _register(op, replace)


def shape_op(
    *vjps: Rule | None,
    name: str | None = None,
    symbol: str | None = None,
    elements: Rule | None = None,
    kinks: Rule | None = None,
    variadic: bool = False,
    aliases: Mapping[str, str] | None = None,
    ulp: float = 64,
    infix: bool = False,
    replace: bool = False,
) -> Callable[[Rule], Op]:
    """Decorate `forward(*inputs, **params)` on whole arrays into an op of the registry.

    Args:
        vjps: one rule per input, `vjp(g, y, *inputs, **params)`; it returns a gradient of
            exactly that input's shape.  `params` holds every parameter, defaults filled in.
        name: default the function's name.
        symbol: shown in pictures; default the name.
        elements: the same on an array of scalar nodes, where forward cannot run on one.
        kinks: distance to the nearest jump of the derivative.
        variadic: any number of inputs (`forward(*arrays, **params)`) and one rule, called with
            `index=i` for input i.
        aliases: other names of parameters, `{"dim": "axis"}`.
        ulp: how far apart the tiers may be.
        infix: whether formulas write the symbol between the two inputs.
        replace: redefine a name that exists.

    Raises:
        ValueError, TypeError: as `elementwise`.

    >>> import numpy as np, engine
    >>> @shape_op(lambda g, y, x, k: g * k, name="times")
    ... def times(x, k=2):
    ...     "k times x."
    ...     return x * k
    >>> x = engine.Tensor([1.0, 2.0], requires_grad=True)
    >>> times(x, k=3).sum().backward()
    >>> x.grad
    array([3., 3.])
    >>> unregister("times")
    """

    def decorate(forward: Rule) -> Op:
        op_name = name or forward.__name__
        _check_row(op_name, forward, vjps)
        if variadic and (len(vjps) != 1 or vjps[0] is None):
            raise TypeError(f"{op_name!r} is variadic: give one rule, called with index=i")
        op = Op(
            op_name, forward, vjps, symbol=symbol, elements=elements, kinks=kinks, ulp=ulp,
            kind="shape", variadic=variadic, aliases=aliases, infix=infix,
        )  # fmt: skip
        return _register(op, replace)

    return decorate
