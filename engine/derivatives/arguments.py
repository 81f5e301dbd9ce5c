"""What a derivative of a function is taken of: its arguments as nodes, its result, its gradients.

`transforms` says which derivatives there are; here is what they share: which tier a call runs on,
and when a gradient comes back as a plain number or array and when as a node.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..differentiating import RUNNING, differentiating, other_leaves, warn_caller
from ..graph import adjoints, toposort, visit
from ..lists import array_of
from ..node import Node, NodeArray, to_numpy
from ..ops import identity
from ..recording import RECORDING, enable_grad
from ..tensors import Tensor
from ..values import Value, ValueArray, number

Argnums = int | tuple[int, ...] | list[int]


# To write Node | NodeArray would make that union in every call.
_NODES = Node, NodeArray
_LISTS = list, tuple
_ARRAYS = Tensor, np.ndarray, list, tuple
_VALUES = Value, ValueArray
_NUMBERS = Node, float, int


def in_graph(x: Any) -> bool:
    """Whether x is a node or an array of nodes, not plain numbers."""
    return isinstance(x, _NODES)


@dataclass
class Argument:
    """An argument to differentiate: what was given, and the node(s) that stand for it."""

    position: int
    given: Any
    node: Any

    def __post_init__(self) -> None:
        #: Whether the gradient is to be a plain number or array, not a node.
        self.plain = not in_graph(self.given)
        #: The nodes whose gradients make up this argument's gradient.
        self.nodes = list(self.node.flat) if isinstance(self.node, ValueArray) else [self.node]

    def assemble(self, gradients: list[Any]) -> Any:
        """This argument's gradient from those of its nodes (None: it does not matter)."""
        if isinstance(self.node, ValueArray):
            each = np.empty(len(gradients), dtype=object)
            each[:] = [Value(0.0, requires_grad=False) if g is None else g for g in gradients]
            return each.reshape(self.node.shape).view(ValueArray)
        (g,) = gradients
        if g is None:
            g = self.node.full(0.0)
        if type(g) is float or not self.plain or in_graph(g) or isinstance(self.given, _ARRAYS):
            return g
        return float(g)  # a number's, on Tensors

    def constant(self, x: Any) -> Any:
        """Numbers of this argument's gradient, in a node (or array of nodes) without a graph."""
        return self.node.leaf(to_numpy(x), requires_grad=False)


def _node_for(given: Any, arrays: bool, position: int) -> Any:
    """What stands for an argument: a Tensor where there are arrays, else a Value."""
    if isinstance(given, Node):
        return _fresh(given)
    if isinstance(given, NodeArray):
        each = np.empty(given.size, dtype=object)
        each[:] = [_fresh(x) if isinstance(x, Value) else Value(x) for x in given.flat]
        return each.reshape(given.shape).view(ValueArray)
    if not isinstance(given, np.ndarray | list | tuple) and not arrays:
        return Value(number(given, f"argument {position}"))
    array = np.array(given, dtype=np.float64 if _all_ints(given) else None)
    if array.dtype.kind != "f":
        raise TypeError(
            f"argument {position} must be floating-point to be differentiated, got {array.dtype}"
        )
    return Tensor(array, requires_grad=True)


def _nodes_in(x: Any) -> Any:
    """A list of nodes as the Tensor or array of Values it stands for; anything else as is."""
    y = array_of(x)
    return y if in_graph(y) else x


def _fresh(node: Any) -> Any:
    """A node of its own for this argument, so that one node given twice is two arguments."""
    if not (RECORDING.enabled and node.requires_grad):
        return node.leaf()
    y = identity(node)
    y.label = node.label
    return y


def _all_ints(given: Any) -> bool:
    """Whether ints were typed where numbers are meant: 2 or [1, 2], not an integer array."""
    return not isinstance(given, np.ndarray) and np.asarray(given).dtype.kind in "iu"


def _positions(argnums: Argnums, count: int) -> tuple[int, ...]:
    """Which of `count` arguments are meant, each once."""
    positions = argnums if isinstance(argnums, tuple | list) else (argnums,)
    for i in positions:
        if not isinstance(i, int) or isinstance(i, bool) or not -count <= i < count:
            raise ValueError(f"argnums {argnums!r} does not fit a call with {count} arguments")
    if len({i % count for i in positions}) < len(positions):
        raise ValueError(f"argnums {argnums!r} names an argument twice")
    return tuple(i % count for i in positions)


def check_function(f: Any) -> None:
    if not callable(f):
        raise TypeError(f"f must be a function, got {type(f).__name__}")


def run(f: Callable[..., Any], args: tuple[Any, ...], kwargs: Any, argnums: Argnums) -> Call:
    """Call f with the arguments at `argnums` replaced by nodes."""
    check_function(f)
    positions = _positions(argnums, len(args))
    args = tuple([_nodes_in(x) if isinstance(x, _LISTS) else x for x in args])
    arrays = _on_tensors(args) or any(
        isinstance(x, Tensor) for outer in RUNNING.derivatives for x in outer.nodes
    )
    arguments = [Argument(i, args[i], _node_for(args[i], arrays, i)) for i in positions]
    call = list(args)
    for argument in arguments:
        call[argument.position] = argument.node
    records = RECORDING.enabled
    value = _value if records else enable_grad(_value)
    nodes = [x for a in arguments for x in a.nodes]
    with differentiating(nodes) as block:
        y = value(f, call, kwargs)
    return Call(f, y, arguments, nodes, records, block)


def _on_tensors(args: tuple[Any, ...]) -> bool:
    """Whether numbers are to become Tensors: there are arrays, and no Values."""
    arrays = False
    for x in args:
        if isinstance(x, _VALUES):
            return False
        arrays = arrays or isinstance(x, _ARRAYS)
    return arrays


def _value(f: Any, args: list[Any], kwargs: Any) -> Any:
    return _result(f(*args, **kwargs), f)


def _result(y: Any, f: Any) -> Any:
    """f's result as a node, an array of Values, or a plain number or array."""
    if isinstance(y, _LISTS):
        y = array_of(y)
    dtype = getattr(y, "dtype", None)
    kind = "" if dtype is None else dtype.kind
    if kind == "O" and isinstance(y, np.ndarray):
        return y.view(ValueArray)
    if isinstance(y, bool) or (kind and kind in "iub"):
        raise TypeError(
            f"{name_of(f)} returned {dtype or 'bool'}, which has no derivative (what compares, or "
            "finds a place, is constant but for jumps): return floats"
        )
    if kind == "f" or isinstance(y, _NUMBERS):
        return y
    raise TypeError(
        f"{name_of(f)} must return a number, a Value, a Tensor or an array of Values, "
        f"got {type(y).__name__}"
    )


def name_of(f: Any) -> str:
    """What errors and warnings call f."""
    return getattr(f, "__name__", "f")


def detached(x: Any, like: Any = None) -> Any:
    """x outside of any graph: its array, or a Python number unless `like` is an array."""
    if not in_graph(x):
        return x
    return np.array(to_numpy(x)) if x.ndim or isinstance(like, np.ndarray) else x.item()


def recorded_gradients(root: Any, wanted: list[Any]) -> list[Any]:
    """The gradient of root for each node, as a node; None where root does not depend on it."""
    if not isinstance(root, Node):
        return [None] * len(wanted)  # a constant
    found = adjoints(toposort(root), {root: root.leaf(root.full(1.0), requires_grad=False)})
    return [found.get(node) for node in wanted]


@dataclass
class Call:
    """A call of a function that is being differentiated, and what is known of its result.

    A derivative is plain, a number or an array, if all arguments were and it depends on no other
    leaf that requires a gradient: not on a parameter that f holds, nor on an argument of a
    derivative around this one.  Then nobody could differentiate it again, and nothing is recorded.
    """

    f: Any
    y: Any
    arguments: list[Argument]
    nodes: list[Any]  # that stand for the arguments
    records: bool  # whether the caller's operations are recorded
    block: differentiating
    alone: bool | None = None  # whether y depends on no other leaf; None: not known yet
    reached: set[int] = field(default_factory=set)  # positions of arguments that y depends on

    def __post_init__(self) -> None:
        #: Whether all that was given is plain.
        self.plain = all(argument.plain for argument in self.arguments)

    def gradients(self, root: Any) -> list[Any]:
        """The gradient of root, one element of the result, with respect to each argument."""
        found = recorded = None
        if isinstance(root, Node) and (self.plain or not self.records):
            found = root.gradients(self.nodes, alone=self.nodes if self.records else None)
            self.alone = found is not None
        if found is None:
            found = recorded = recorded_gradients(root, self.nodes)
        gradients = [a.assemble(part) for a, part in self.parts(found)]
        if recorded is None and self.plain:
            return gradients
        return [self.given_back(g, a) for g, a in zip(gradients, self.arguments, strict=True)]

    def parts(self, found: list[Any]) -> list[tuple[Argument, list[Any]]]:
        """Each argument with its nodes' gradients; notes which arguments those have reached."""
        parts = []
        start = 0
        for argument in self.arguments:
            part = found[start : start + len(argument.nodes)]
            start += len(part)
            parts.append((argument, part))
            if any(g is not None for g in part):
                self.reached.add(argument.position)
        return parts

    def given_back(self, x: Any, argument: Argument) -> Any:
        """A gradient, or what is of its kind, as the caller wants it: plain, or a node."""
        if not argument.plain:
            return x if in_graph(x) and self.records else argument.constant(x)
        if not in_graph(x) or (self.records and depends_on_others(x, self.nodes)):
            return x
        return detached(x, argument.given)

    def value(self) -> Any:
        """f's value, plain if its gradient is."""
        if not in_graph(self.y):
            return self.y
        if not self.plain:
            return self.y if self.records else self.y.leaf(requires_grad=False)
        if self.records and self.alone is None:
            self.alone = not depends_on_others(self.y, self.nodes)
        return self.y if self.records and not self.alone else detached(self.y)

    # --- what f does not depend on ---

    def check_reached(self) -> None:
        """Say of which arguments f is independent: more often a mistake than meant.

        Quiet inside another derivative, where f itself took one of something that did depend on
        its argument (the second derivative of 3x is 0), and where there are no numbers.
        """
        if len(self.reached) == len(self.arguments):
            return
        empty = any(np.size(a.node) == 0 for a in self.arguments)
        if empty or (self.block.nested and not self.block.constant_inside):
            return
        if RUNNING.derivatives:
            RUNNING.derivatives[-1].constant_inside = True  # it speaks, if its own result is too
            return
        missed = [a.position for a in self.arguments if a.position not in self.reached]
        warn_caller(
            f"{name_of(self.f)} does not depend on argument {', '.join(map(str, missed))}: the "
            "derivative is zero (a number taken out, by .item() or .data, is a constant)"
        )

    def scalar(self) -> Any:
        """The result, which must be a single number."""
        y = self.y
        shape = getattr(y, "shape", ())  # a plain number has none
        if math.prod(shape) != 1:
            raise ValueError(
                f"grad needs a function with a single number as result, "
                f"{name_of(self.f)} returned shape {shape}: use jacobian or vjp"
            )
        return y.flat[0] if isinstance(y, ValueArray) else y


def depends_on_others(x: Any, own: list[Any]) -> bool:
    """Whether a node, or one of an array, depends on a leaf to be differentiated besides `own`."""
    if isinstance(x, Node):
        return x.gradients((), alone=own) is None  # a walk at the speed of its tier
    seen: set[Any] = set()
    order: list[Any] = []
    for node in x.flat:
        if isinstance(node, Node):
            visit(node, seen, order)
    return other_leaves(order, own)
