"""What a derivative of a function is taken of: its arguments as nodes, its result, its gradients.

`engine.functional` says which derivatives there are; here is what they share: which tier a call
runs on, and when a gradient comes back as a plain number or array and when as a node.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import stack
from ..graph import adjoints, toposort
from ..node import Node
from ..ops import identity
from ..recording import enable_grad
from ..tensors import Tensor
from ..values import Value, ValueArray, number

__all__ = [
    "DEPTH",
    "Argnums",
    "Argument",
    "check_function",
    "gradients_of",
    "gradients_of_nodes",
    "plain_of",
    "run",
    "scalar_root",
    "values_out",
]

Argnums = int | tuple[int, ...] | list[int]


class _Depth(threading.local):
    """How many derivatives are being taken around this one, in this thread."""

    count = 0


DEPTH = _Depth()


class Argument:
    """An argument to differentiate: what was given, and the node(s) that stand for it."""

    def __init__(self, given: Any, arrays: bool, position: int) -> None:
        self.given = given
        if isinstance(given, Node):
            self.node = _fresh(given)
        elif isinstance(given, ValueArray):
            self.node = identity(given)
        elif isinstance(given, np.ndarray | list | tuple) or arrays:
            array = np.array(given, dtype=np.float64 if _all_ints(given) else None)
            if array.dtype.kind != "f":
                raise TypeError(
                    f"argument {position} must be floating-point to be differentiated, got "
                    f"{array.dtype}"
                )
            self.node = Tensor(array, requires_grad=True)
        else:
            self.node = Value(number(given, f"argument {position}"))

    @property
    def plain(self) -> bool:
        """Whether the gradient is to be a plain number or array, not a node."""
        return not isinstance(self.given, Node | ValueArray)

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
            g = _zero(self.node)
        if (
            self.plain
            and not isinstance(g, Node)
            and not isinstance(self.given, np.ndarray | list | tuple)
        ):
            return float(g)
        return g


def _fresh(node: Any) -> Any:
    """A node of its own for this argument, so that one node given twice is two arguments."""
    if isinstance(node, Tensor) and not node.requires_grad:
        return Tensor(node.data, requires_grad=True, label=node.label)
    y = identity(node)
    y.label = node.label
    return y


def _all_ints(given: Any) -> bool:
    """Whether ints were typed where numbers are meant: 2 or [1, 2], not an integer array."""
    return not isinstance(given, np.ndarray) and np.asarray(given).dtype.kind in "iu"


def _zero(node: Any) -> Any:
    return 0.0 if isinstance(node, Value) else np.zeros(node.shape, node.dtype)


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
    arrays = any(
        isinstance(x, Tensor | list | tuple)
        or (isinstance(x, np.ndarray) and not isinstance(x, ValueArray))
        for x in args
    ) and not any(isinstance(x, Value | ValueArray) for x in args)
    arguments = [Argument(args[i], arrays, i) for i in positions]
    call = list(args)
    for i, argument in zip(positions, arguments, strict=True):
        call[i] = argument.node
    DEPTH.count += 1
    try:
        with enable_grad():
            return _result(f(*call, **kwargs), f), arguments
    finally:
        DEPTH.count -= 1


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
    record = DEPTH.count > 0 or any(not argument.plain for argument in arguments)
    wanted = [node for argument in arguments for node in argument.nodes]
    found = gradients_of_nodes(root, wanted, record)
    results = []
    for argument in arguments:
        mine = [found.pop(0) for _ in argument.nodes]
        gradient = argument.assemble(mine)
        results.append(_stripped(gradient, argument, wanted) if record else gradient)
    return results


def gradients_of_nodes(root: Any, wanted: list[Any], record: bool) -> list[Any]:
    """The gradient of root for each node, None where root does not depend on it."""
    if not isinstance(root, Node):
        return [None] * len(wanted)  # a constant
    if isinstance(root, Tensor) and not root.requires_grad:
        return [None] * len(wanted)
    if not record:
        return root.gradients(wanted)
    one = root.leaf(root.full(1.0), requires_grad=False)
    order = toposort(root)
    found = adjoints(order, {root: one})
    return [found.get(node) for node in wanted]


def _stripped(gradient: Any, argument: Argument, own: list[Any]) -> Any:
    """A recorded gradient as the caller wants it: plain again, if nothing hangs on its graph."""
    if not argument.plain:
        if isinstance(gradient, Node | ValueArray):
            return gradient
        kind = Value if isinstance(argument.given, Value) else Tensor
        return kind(gradient)
    if not isinstance(gradient, Node):
        return gradient
    ours = {id(node) for node in own}
    if any(
        node.op is None and node.requires_grad and id(node) not in ours
        for node in toposort(gradient)
    ):
        return gradient  # depends on a node of an enclosing derivative
    return plain_of(gradient, argument.given)


def plain_of(node: Any, like: Any) -> Any:
    """The number or array of a node; a number where a number was given."""
    if isinstance(node, ValueArray):
        return node.values
    if isinstance(node, Value):
        return node.data
    if isinstance(node, Tensor):
        is_array = node.ndim or isinstance(like, np.ndarray)
        return np.array(node.data) if is_array else node.item()
    return node


def scalar_root(y: Any, f: Any) -> Any:
    size = 1 if isinstance(y, Value) else np.size(y) if not isinstance(y, Tensor) else y.size
    if size != 1:
        raise ValueError(
            f"grad needs a function with a single number as result, "
            f"{getattr(f, '__name__', 'f')} returned shape {np.shape(y)}: use jacobian or vjp"
        )
    return y.flat[0] if isinstance(y, ValueArray) else y


def values_out(y: Any, arguments: list[Argument]) -> Any:
    """A function's value, plain if all that was given was plain."""
    if all(argument.plain for argument in arguments) and not DEPTH.count:
        return plain_of(y, None)
    return y
