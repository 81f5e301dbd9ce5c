"""What every node of a graph has: plain data, and what depends on its tier as methods.

A node is plain data: which op made it, from which inputs, with which parameters, and the result.
Nothing here knows whether the result is a Python number (`engine.values`) or an array
(`engine.tensors`): the methods below are where the two differ, so that whoever walks a graph need
not ask which tier it is of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from .cpu import OnCPU


class Node(OnCPU):
    """Base of `Value` and `Tensor`: one result in a graph.

    A node has `op` (an `Op`, or None for a leaf), `inputs` (ordered, duplicates kept; nodes and
    plain constants), `params` (the op's static parameters), `data` (the result), `grad` and
    `label`.  "Plain" is a float on one tier, an array on the other.

    >>> from engine import Value
    >>> y = Value(2.0) * 3.0
    >>> isinstance(y, Node), y.op.name, y.inputs, y.data
    (True, 'mul', (Value(data=2.0, grad=0.0), 3.0), 6.0)
    """

    # What raises NotImplementedError below is written by each tier.  Not with `abc`, whose classes
    # make `isinstance(x, Node)`, asked of every input of every op, several times slower.

    __slots__ = ()

    data: Any
    grad: Any
    op: Any  # an Op, or None; `core` knows this module, not the other way round
    label: str
    shape: Any
    requires_grad: bool
    _held: Any  # the result itself; np.ma would take a `_data` for its own, and lose the graph
    _grad: Any

    #: Whether this is a name in the place of a float: asked for a truth, both answers are followed.
    is_float = False

    #: Whether ops on this and on nodes of another tier are of its tier: names lead numbers.
    leads = False

    #: Whether `backward` keeps the gradients of results too, unless it is told.
    retains_grads: bool

    #: This as HTML, for notebooks, or None; filled in by engine.showing.
    to_html: ClassVar[Callable[[Any], str | None]]

    def _repr_html_(self) -> str | None:
        return Node.to_html(self)

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What the op was applied to, in order: nodes and plain constants."""
        raise NotImplementedError

    @property
    def params(self) -> Mapping[str, Any]:
        """The op's static parameters, by name."""
        raise NotImplementedError

    @property
    def is_leaf(self) -> bool:
        """Whether this was made by you, not by a recorded op."""
        return self.op is None

    @property
    def grad_fn(self) -> Any:
        """PyTorch's name for the op of what requires a gradient; None for a leaf."""
        return self.op if self.requires_grad else None

    @property
    def recorded(self) -> bool:
        """Whether what is made of this can be differentiated again."""
        return True

    #: Whether this holds numbers, which a rule may look at; not their name alone.
    has_numbers = True

    @property
    def stale(self) -> bool:
        """Whether an input was changed after the op was applied: then its rules cannot be run."""
        return False

    def settle(self) -> None:
        """Have for inputs what this was made of, if one was assigned to since: on arrays only."""

    # --- recording ---

    @classmethod
    def record(cls, op: Any, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Apply `op` to `inputs`, of which at least one is of this tier."""
        raise NotImplementedError

    @staticmethod
    def record_wide(op: Any, inputs: tuple[Any, ...]) -> Any:
        """Apply a fused op of many single numbers: on the scalar tier only."""
        raise TypeError(f"{op.name}() takes single numbers (Values and floats), not arrays")

    # --- plain numbers of this tier ---

    def full(self, number: float) -> Any:
        """`number` in the place of each number of this: a float, or an array of shape and dtype."""
        raise NotImplementedError

    def leaf(self, data: Any = None, requires_grad: bool = True) -> Self:
        """A fresh leaf of this tier with this label; `data` is this node's by default."""
        raise NotImplementedError

    # --- backward ---

    @staticmethod
    def flows_to(x: Any) -> bool:
        """Whether backward goes on to the input x."""
        raise NotImplementedError

    def upstream(self, gradient: Any = None) -> Any:
        """What `backward(gradient)` starts with, checked: a plain number or array."""
        raise NotImplementedError

    def contributions(self, g: Any) -> Sequence[Any]:
        """What each edge adds to the gradient of its input, plain; None where nothing flows.

        `g`, this node's own gradient, is plain too.
        """
        raise NotImplementedError

    def contribution(self, g: Any, index: int) -> Any:
        """What the edge to input `index` alone adds to that input's gradient: a plain number."""
        raise NotImplementedError

    def gradients(self, wanted: Sequence[Any], gradient: Any = None, alone: Any = None) -> Any:
        """The plain gradient of this, times `gradient` (default ones), for each wanted node.

        None for one that it does not depend on.  None in all, where it depends on other leaves
        that require a gradient than those in `alone`, if that is given.
        """
        raise NotImplementedError

    @staticmethod
    def shown(g: Any) -> Any:
        """A gradient as hooks are shown it: an array of their own, of PyTorch's methods."""
        return g

    @staticmethod
    def commit(found: dict[Any, Any], retain_grads: bool) -> None:
        """Add what a pass found, and use it up, to `.grad`; needs the lock `locks.GRADIENTS`."""
        raise NotImplementedError

    def fitted(self, part: Any, index: int) -> Any:
        """A rule's answer for input `index` as a node that fits this input."""
        raise NotImplementedError

    def pull(self, g: Any) -> list[Any]:
        """`contributions` as nodes, to be differentiated again; None where nothing flows."""
        return self.pulled(g, self, self.inputs)

    def pulled(self, g: Any, y: Any, inputs: tuple[Any, ...]) -> list[Any]:
        """`pull` by rules given y for this node, and inputs for its own."""
        op, params = self.op, self.params
        shared: Any = None
        if op.vjp_all is not None:  # the rules of this op share work: all of them at once
            shared = op.vjp_all(g, y, *inputs, **params)
            check_parts(shared, op, inputs)
        parts: list[Any] = [None] * len(inputs)
        for i, x in enumerate(self.inputs):
            rule = op.rule(i)
            if rule is not None and isinstance(x, Node) and self.flows_to(x):
                part = rule(g, y, *inputs, **params) if shared is None else shared[i]
                parts[i] = self.fitted(part, i)
        return parts


def check_parts(parts: Any, op: Any, inputs: tuple[Any, ...]) -> None:
    """Refuse an answer of `vjp_all` that is not one gradient per input."""
    if not isinstance(parts, tuple | list) or len(parts) != len(inputs):
        raise TypeError(
            f"vjp_all of {op.name!r} must return a tuple of {len(inputs)} gradients, one per "
            f"input, got {parts!r:.60}"
        )


class NodeArray(np.ndarray):
    """Base of `ValueArray`: an array whose elements are scalar nodes.

    >>> from engine import ValueArray
    >>> isinstance(ValueArray.of([1.0, 2.0]), NodeArray)
    True
    """

    has_numbers = True  # as a Node's: asked of whatever comes
    tier: type[NodeArray]  # the subclass; the scalar tier reaches arrays through this
    by_numpy: Callable[..., Any]  # as in NumpyFunctions

    def __init_subclass__(cls) -> None:
        NodeArray.tier = cls

    @classmethod
    def record(cls, op: Any, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Apply `op` to arrays of scalar nodes."""
        raise NotImplementedError  # the subclass has it, which knows Values

    def full(self, number: float) -> np.ndarray:
        """An array of this shape that holds `number` everywhere."""
        return np.full(self.shape, number)


#: For `isinstance(x, NODES)`: a union, `Node | NodeArray`, would be made anew in every call.
NODES = (Node, NodeArray)


def to_numpy(x: Any) -> np.ndarray:
    """The plain numbers of a number, an array, a Tensor, a Value or an array of Values.

    What an array or a Tensor holds is not copied.

    >>> from engine import Value
    >>> to_numpy([Value(1.0), 2.0]), to_numpy(Value(3.0))
    (array([1., 2.]), array(3.))
    """
    if type(x) is np.ndarray and x.dtype.kind != "O":
        return x
    if not getattr(x, "has_numbers", True):  # a name stands for them
        return x.detach()
    if isinstance(x, Node):
        x = x.data
    array = np.asarray(x)
    if array.dtype.kind != "O":
        return array
    plain = [x._held if isinstance(x, Node) else x for x in array.ravel().tolist()]
    return np.array(plain, dtype=np.float64).reshape(array.shape)
