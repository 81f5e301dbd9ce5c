"""What a derivative of a function is taken of: its arguments as nodes, on the tier of the call."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np

from ..lists import LISTS, array_of
from ..node import NODES, Node, NodeArray, to_numpy
from ..ops import identity
from ..recording import RECORDING
from ..tensors import Tensor
from ..values import Value, ValueArray, number
from .trees import PLAIN, Tree, taken_apart

Argnums = int | tuple[int, ...] | list[int]

_ARRAYS = Tensor, np.ndarray, list, tuple
_VALUES = Value, ValueArray
#: Types that are no containers; most arguments are of one of these.
LEAVES = frozenset([float, int, np.ndarray, Tensor, Value, ValueArray])
_DIFFERENTIABLE = (Number, np.ndarray, list, tuple, *NODES)


def in_graph(x: Any) -> bool:
    """Whether x is a node or an array of nodes, not plain numbers."""
    return isinstance(x, NODES)


def in_array(parts: list[Any], shape: tuple[int, ...]) -> Any:
    """An array of Values of these; a number is a constant, as None is, which stands for 0."""
    each = np.empty(len(parts), dtype=object)
    each[:] = [x if in_graph(x) else Value(x or 0.0, requires_grad=False) for x in parts]
    return each.reshape(shape).view(ValueArray)


@dataclass
class Argument:
    """An argument to differentiate, or a leaf of one: what was given, and the node(s) for it."""

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
            return in_array(gradients, self.node.shape)
        (g,) = gradients
        if g is None:
            g = self.node.full(0.0)
        if type(g) is float or not self.plain or in_graph(g) or isinstance(self.given, _ARRAYS):
            return g
        return float(g)  # a number's, on Tensors

    def constant(self, x: Any) -> Any:
        """Numbers of this argument's gradient, in a node (or array of nodes) without a graph."""
        if not getattr(x, "has_numbers", True):
            return x.detach()
        return self.node.leaf(to_numpy(x), requires_grad=False)


def node_for(given: Any, arrays: bool, position: int, name: str = "") -> Any:
    """What stands for an argument: a Tensor where there are arrays, else a Value.

    What an error calls it: its name, or its position.
    """
    if isinstance(given, Node):
        return _fresh(given)
    if isinstance(given, NodeArray):
        each = [_fresh(x) if isinstance(x, Value) else Value(x) for x in given.flat]
        return in_array(each, given.shape)
    if not isinstance(given, np.ndarray | list | tuple) and not arrays:
        return Value(number(given, name or f"argument {position}"))
    array = np.array(given, dtype=np.float64 if _all_ints(given) else None)
    if array.dtype.kind != "f":
        raise TypeError(
            f"{name or f'argument {position}'} must be floating-point to be differentiated, "
            f"got {array.dtype}"
        )
    return Tensor(array, requires_grad=True)


def take_names(arguments: list[Argument], y: Any) -> bool:
    """Whether the result is a name: then an argument is what that program has for it.

    It need not be a name itself: `vmap(grad(f), in_axes=(None, 0))` gives f plain weights.
    """
    results = y if type(y) is list else [y]
    name = next((x for x in results if not getattr(x, "has_numbers", True)), None)
    if name is None:
        return False
    for argument in arguments:
        if argument.plain:
            name._trace.plain.update(argument.nodes)
        argument.nodes = [name._trace.lifted.get(x, x) for x in argument.nodes]
        if not isinstance(argument.node, ValueArray):
            (argument.node,) = argument.nodes
    return True


def nodes_in_list(x: Any) -> Any:
    """A list of nodes, no container, as the Tensor or array of Values; anything else as is."""
    if not isinstance(x, LISTS) or PLAIN.issuperset(map(type, x)):
        return x
    y = array_of(x)
    return y if in_graph(y) else x


def _fresh(node: Any) -> Any:
    """A node of its own for this argument, so that one node given twice is two arguments."""
    if not node.has_numbers:  # a name: a gradient flows to it, because it is asked for
        y = identity(node)
        y.requires_grad = True
        return y
    if not (RECORDING.enabled and node.requires_grad):
        return node.leaf()
    y = identity(node)
    y.label = node.label
    return y


def _all_ints(given: Any) -> bool:
    """Whether ints were typed where numbers are meant: 2 or [1, 2], not an integer array."""
    return not isinstance(given, np.ndarray) and np.asarray(given).dtype.kind in "iu"


def positions_of(argnums: Argnums, count: int) -> tuple[int, ...]:
    """Which of `count` arguments are meant, each once."""
    positions = argnums if isinstance(argnums, tuple | list) else (argnums,)
    for i in positions:
        if not isinstance(i, int) or isinstance(i, bool) or not -count <= i < count:
            raise ValueError(f"argnums {argnums!r} does not fit a call with {count} arguments")
    if len({i % count for i in positions}) < len(positions):
        raise ValueError(f"argnums {argnums!r} names an argument twice")
    return tuple(i % count for i in positions)


def on_tensors(args: tuple[Any, ...]) -> bool:
    """Whether numbers are to become Tensors: there are arrays, and no Values."""
    arrays = False
    for x in args:
        if isinstance(x, _VALUES):
            return False
        arrays = arrays or isinstance(x, _ARRAYS)
        if not arrays and type(x) not in LEAVES:  # a name of an array
            arrays = not getattr(x, "is_number", True)
    return arrays


def opened(x: Any, name: str) -> tuple[Tree, list[Any]]:
    """A container to be differentiated: how it is built, and its leaves.

    Raises:
        TypeError: a leaf is neither a number nor an array, but a bool or a string, say.
    """
    tree, leaves = taken_apart(x, name)
    for written, leaf in zip(tree.names, leaves, strict=True):
        if isinstance(leaf, bool | np.bool_) or not isinstance(leaf, _DIFFERENTIABLE):
            raise TypeError(
                f"{written} is {leaf!r:.60}, a {type(leaf).__name__}, which has no derivative: "
                "give it in an argument of its own, or None in its place"
            )
    return tree, list(map(nodes_in_list, leaves))
