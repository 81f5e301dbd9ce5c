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


_NODES = Node, NodeArray  # to write Node | NodeArray would make that union in every call


def in_graph(x: Any) -> bool:
    """Whether x is a node or an array of nodes, not plain numbers."""
    return isinstance(x, _NODES)


@dataclass
class Argument:
    """An argument to differentiate: what was given, and the node(s) that stand for it."""

    position: int
    given: Any
    node: Any

    @property
    def plain(self) -> bool:
        """Whether the gradient is to be a plain number or array, not a node."""
        return not in_graph(self.given)

    @property
    def nodes(self) -> list[Any]:
        """The nodes whose gradients make up this argument's gradient."""
        return list(self.node.flat) if isinstance(self.node, ValueArray) else [self.node]

    def assemble(self, gradients: list[Any]) -> Any:
        """This argument's gradient from those of its nodes (None: it does not matter)."""
        if isinstance(self.node, ValueArray):
            each = np.empty(len(gradients), dtype=object)
            each[:] = [Value(0.0, requires_grad=False) if g is None else g for g in gradients]
            return each.reshape(self.node.shape).view(ValueArray)
        (g,) = gradients
        if g is None:
            g = self.node.full(0.0)
        is_array = in_graph(g) or isinstance(self.given, np.ndarray | list | tuple)
        return float(g) if self.plain and not is_array else g

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
    y = array_of(x) if isinstance(x, list | tuple) else x
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
    args = tuple(_nodes_in(x) for x in args)
    arrays = any(isinstance(x, Tensor | np.ndarray | list | tuple) for x in args) and not any(
        isinstance(x, Value | ValueArray) for x in args
    )
    arrays = arrays or any(isinstance(x, Tensor) for d in RUNNING.derivatives for x in d.nodes)
    arguments = [Argument(i, args[i], _node_for(args[i], arrays, i)) for i in positions]
    call = list(args)
    for argument in arguments:
        call[argument.position] = argument.node
    records = RECORDING.enabled
    value = _value if records else enable_grad(_value)
    with differentiating(x for a in arguments for x in a.nodes) as block:
        y = value(f, call, kwargs)
    return Call(f, y, arguments, records, block)


def _value(f: Any, args: list[Any], kwargs: Any) -> Any:
    return _result(f(*args, **kwargs), f)


def _result(y: Any, f: Any) -> Any:
    """f's result as a node, an array of Values, or a plain number or array."""
    if isinstance(y, list | tuple):
        y = array_of(y)
    if isinstance(y, np.ndarray) and y.dtype == object:
        return y.view(ValueArray)
    dtype = getattr(y, "dtype", None)
    if isinstance(y, bool) or (dtype is not None and dtype.kind in "iub"):
        raise TypeError(
            f"{name_of(f)} returned {'bool' if dtype is None else dtype}, which has no derivative "
            "(what compares, or finds a place, is constant but for jumps): return floats"
        )
    if isinstance(y, Node | float | int) or (dtype is not None and dtype.kind == "f"):
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
    records: bool  # whether the caller's operations are recorded
    block: differentiating
    alone: bool | None = None  # whether y depends on no other leaf; None: not known yet
    reached: set[int] = field(default_factory=set)  # positions of arguments that y depends on

    @property
    def plain(self) -> bool:
        """Whether all that was given is plain."""
        return all(argument.plain for argument in self.arguments)

    @property
    def nodes(self) -> list[Any]:
        """The nodes that stand for the arguments."""
        return [node for argument in self.arguments for node in argument.nodes]

    def gradients(self, root: Any) -> list[Any]:
        """The gradient of root, one element of the result, with respect to each argument."""
        wanted = self.nodes
        found = recorded = None
        if isinstance(root, Node) and (self.plain or not self.records):
            found = root.gradients(wanted, alone=self.records)
            self.alone = found is not None
        if found is None:
            found = recorded = recorded_gradients(root, wanted)
        each = iter(found)
        parts = [[next(each) for _ in a.nodes] for a in self.arguments]
        self.note_reached(parts)
        gradients = [a.assemble(p) for a, p in zip(self.arguments, parts, strict=True)]
        if recorded is None and self.plain:
            return gradients
        return [self.given_back(g, a) for g, a in zip(gradients, self.arguments, strict=True)]

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

    def note_reached(self, parts: list[list[Any]]) -> None:
        """Note which arguments a gradient (None: it does not depend on that node) has reached."""
        for argument, found in zip(self.arguments, parts, strict=True):
            if any(g is not None for g in found):
                self.reached.add(argument.position)

    def check_reached(self) -> None:
        """Say of which arguments f is independent: more often a mistake than meant.

        Quiet inside another derivative, where f itself took one of something that did depend on
        its argument (the second derivative of 3x is 0), and where there are no numbers.
        """
        missed = [a.position for a in self.arguments if a.position not in self.reached]
        empty = any(np.size(a.node) == 0 for a in self.arguments)
        if not missed or empty or (self.block.nested and not self.block.constant_inside):
            return
        if RUNNING.derivatives:
            RUNNING.derivatives[-1].constant_inside = True  # it speaks, if its own result is too
            return
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
    seen: set[Any] = set()
    order: list[Any] = []
    for node in x.flat if isinstance(x, ValueArray) else [x]:
        if isinstance(node, Node):
            visit(node, seen, order)
    return other_leaves(order, own)
