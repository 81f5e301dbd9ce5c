"""What a derivative of a function is taken of: its arguments as nodes, its result, its gradients.

`transforms` says which derivatives there are; here is what they share: which tier a call runs on,
and when a gradient comes back as a plain number or array and when as a node.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import stack
from ..differentiating import RUNNING, differentiating
from ..graph import adjoints, toposort
from ..node import Node, NodeArray, to_numpy
from ..ops import identity
from ..recording import enable_grad
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
            each[:] = [Value(0.0) if g is None else g for g in gradients]
            return each.reshape(self.node.shape).view(ValueArray)
        (g,) = gradients
        if g is None:
            g = self.node.full(0.0)
        is_array = in_graph(g) or isinstance(self.given, np.ndarray | list | tuple)
        return float(g) if self.plain and not is_array else g


def _node_for(given: Any, arrays: bool, position: int) -> Any:
    """What stands for an argument: a Tensor where there are arrays, else a Value."""
    if isinstance(given, Node):
        return _fresh(given)
    if isinstance(given, NodeArray):
        return identity(given)
    if not isinstance(given, np.ndarray | list | tuple) and not arrays:
        return Value(number(given, f"argument {position}"))
    array = np.array(given, dtype=np.float64 if _all_ints(given) else None)
    if array.dtype.kind != "f":
        raise TypeError(
            f"argument {position} must be floating-point to be differentiated, got {array.dtype}"
        )
    return Tensor(array, requires_grad=True)


def _fresh(node: Any) -> Any:
    """A node of its own for this argument, so that one node given twice is two arguments."""
    if isinstance(node, Tensor) and not node.requires_grad:
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


def run(
    f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], argnums: Argnums
) -> tuple[Any, list[Argument]]:
    """Call f with the arguments at `argnums` replaced by nodes; the result, and those."""
    check_function(f)
    positions = _positions(argnums, len(args))
    arrays = any(isinstance(x, Tensor | np.ndarray | list | tuple) for x in args) and not any(
        isinstance(x, Value | ValueArray) for x in args
    )
    arguments = [Argument(args[i], _node_for(args[i], arrays, i)) for i in positions]
    call = list(args)
    for i, argument in zip(positions, arguments, strict=True):
        call[i] = argument.node
    with differentiating(node for a in arguments for node in a.nodes), enable_grad():
        return _result(f(*call, **kwargs), f), arguments


def _result(y: Any, f: Any) -> Any:
    """f's result as a node, an array of Values, or a plain number or array."""
    if isinstance(y, list | tuple):
        if any(isinstance(x, Tensor) for x in y):
            return stack([x if isinstance(x, Tensor) else Tensor(x) for x in y])
        objects = np.empty(len(y), dtype=object)
        objects[:] = y
        y = objects
    if isinstance(y, np.ndarray) and y.dtype == object:
        return y.view(ValueArray)
    if isinstance(y, Node) or (
        isinstance(y, np.ndarray | np.generic | float | int) and np.asarray(y).dtype.kind in "fiub"
    ):
        return y
    raise TypeError(
        f"{getattr(f, '__name__', 'f')} must return a number, a Value, a Tensor or an array of "
        f"Values, got {type(y).__name__}"
    )


def gradients_of(root: Any, arguments: list[Argument]) -> list[Any]:
    """The gradient of a one-element result with respect to each argument.

    Recorded, unless nobody can differentiate it again: all arguments are plain and no other
    derivative is being taken around this one.
    """
    record = bool(RUNNING.derivatives) or any(not argument.plain for argument in arguments)
    wanted = [node for argument in arguments for node in argument.nodes]
    found = iter(gradients_of_nodes(root, wanted, record))
    gradients = [a.assemble([next(found) for _ in a.nodes]) for a in arguments]
    if not record:
        return gradients
    return [_stripped(g, a, wanted) for g, a in zip(gradients, arguments, strict=True)]


def gradients_of_nodes(root: Any, wanted: list[Any], record: bool) -> list[Any]:
    """The gradient of root for each node, None where root does not depend on it."""
    if not isinstance(root, Node):
        return [None] * len(wanted)  # a constant
    if not record:
        return root.gradients(wanted)
    found = adjoints(toposort(root), {root: root.leaf(root.full(1.0), requires_grad=False)})
    return [found.get(node) for node in wanted]


def _stripped(gradient: Any, argument: Argument, own: list[Any]) -> Any:
    """A recorded gradient as the caller wants it: plain again, if nothing hangs on its graph."""
    if not argument.plain:
        return gradient if in_graph(gradient) else type(argument.node)(gradient)
    if not in_graph(gradient):
        return gradient
    ours = {id(node) for node in own}
    if any(
        node.op is None and node.requires_grad and id(node) not in ours
        for node in toposort(gradient)
    ):
        return gradient  # depends on a node of an enclosing derivative
    return detached(gradient, argument.given)


def detached(x: Any, like: Any = None) -> Any:
    """x outside of any graph: its array, or a Python number unless `like` is an array."""
    if not in_graph(x):
        return x
    return np.array(to_numpy(x)) if x.ndim or isinstance(like, np.ndarray) else x.item()


def scalar_root(y: Any, f: Any) -> Any:
    shape = getattr(y, "shape", ())  # a plain number has none
    if math.prod(shape) != 1:
        raise ValueError(
            f"grad needs a function with a single number as result, "
            f"{getattr(f, '__name__', 'f')} returned shape {shape}: use jacobian or vjp"
        )
    return y.flat[0] if isinstance(y, ValueArray) else y


def values_out(y: Any, arguments: list[Argument]) -> Any:
    """A function's value, plain if all that was given was plain."""
    if all(argument.plain for argument in arguments) and not RUNNING.derivatives:
        return detached(y)
    return y
