"""Backward over Tensors: the adjoints, and how they become gradients.

`ArrayNode` is what a Tensor is made of, and all that backward needs; `Tensor` adds what it can do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy import ndarray

from ..arrays import Array, add_reduce, in_single, setitem, shaped, widened
from ..commits import set_gradients
from ..core import Op
from ..differentiating import other_leaves
from ..floats import HALF
from ..graph import toposort, with_hooks
from ..node import Node, check_parts
from ..node_hooks import HOOKS, hooked_in
from ..reads import RESULT
from ..references import held_once
from ..versions import ASSIGNED, settle
from .outline import Outline


class ArrayNode(Node):
    """A node of the tensor tier: its array, and how it was made."""

    # _arrays are the inputs' arrays at the time of recording: what the rules are given.
    __slots__ = (
        "__weakref__",
        "_arrays",
        "_grad",
        "_held",
        "_params",
        "_requires",
        "_retain",
        "inputs",
        "label",
        "op",
    )  # fmt: skip

    _held: ndarray
    _grad: Any  # None, an array, or a Tensor after create_graph
    _params: Any  # a result's parameters by name; a leaf's `PartOf`; or None
    _requires: bool
    _retain: bool
    inputs: tuple[Any, ...]
    _arrays: tuple[Any, ...]
    retains_grads = False

    @property
    def params(self) -> Mapping[str, Any]:
        """The op's static parameters, by name."""
        return MappingProxyType((self.op and self._params) or {})

    @property
    def made_by(self) -> str:
        """' of add()' where that is known: forward mode keeps no graph."""
        return "" if self.op is None else f" of {self.op.name}()"

    @property
    def stale(self) -> bool:
        """Whether an input holds another array than the op was applied to: no rule can be run."""
        return _changed(self) is not None

    def settle(self) -> None:
        """Have the inputs' versions that this was made of (see `engine.versions`) for inputs."""
        if _changed(self) is not None:
            pairs = zip(self.inputs, self._arrays, strict=True)
            self.inputs = tuple([version_of(x, array) for x, array in pairs])

    @staticmethod
    def flows_to(x: Any) -> bool:
        """Whether the input x requires a gradient."""
        return bool(x._requires)

    def gradients(self, wanted: Sequence[Any], gradient: Any = None, alone: Any = None) -> Any:
        """The gradient of this with respect to each node, as arrays; no `.grad` is touched."""
        order = toposort(self)
        if gradient is None:
            gradient = np.empty(self._held.shape, self._held.dtype)
            gradient.fill(1)  # np.ones_like takes three times as long
        gradient = np.asarray(gradient)
        if HOOKS and wanted and hooked_in(order):
            each = with_hooks(self, wanted, gradient, alone)
            return None if each is None else [None if g is None else np.array(g) for g in each]
        if alone is not None and other_leaves(order, alone):
            return None
        found = {self: gradient}
        results_too = any(node.op is not None for node in wanted)  # leaves' stay in any case
        propagate(order if wanted else [], found, keep=results_too)
        return [None if (g := found.get(node)) is None else np.array(g) for node in wanted]

    def contributions(self, g: Any) -> list[Any]:
        """What each edge adds to the gradient of its input, as arrays; None where nothing flows."""
        check_unchanged(self)
        op, inputs, params = self.op, self.inputs, self._params or {}
        g, y, arrays = self._for_rules(g)
        shared: Any = None
        if op.vjp_all is not None:
            shared = op.vjp_all(g, y, *arrays, **params)
            check_parts(shared, op, inputs)
        parts: list[Any] = [None] * len(inputs)
        for i, x in enumerate(inputs):
            rule = op.rule(i)
            if rule is not None and isinstance(x, ArrayNode) and x._requires:
                part = rule(g, y, *arrays, **params) if shared is None else shared[i]
                parts[i] = None if part is None else fitted(part, self._arrays[i], op, i)
        return parts

    def contribution(self, g: Any, index: int) -> ndarray:
        """What the edge to input `index` adds to that input's gradient, as an array."""
        check_unchanged(self)
        x, rule = self.inputs[index], self.op.rule(index)
        if rule is None:
            return np.zeros_like(x._held)
        g, y, arrays = self._for_rules(g)
        return fitted(rule(g, y, *arrays, **self.params), x._held, self.op, index)

    def _for_rules(self, g: Any) -> tuple[Any, Any, Any]:
        """Gradient, result and inputs as the rules are given them.

        Of float16 as `in_single` says, which does the same for nodes.
        """
        if SLOT_OF_HELD.__get__(self).dtype.type is not HALF:
            return g, self._held if RESULT in self.op.reads else None, self._arrays
        arrays = [widened(x) for x in self._arrays]
        with np.errstate(all="ignore"):  # forward has warned
            y = self.op.forward(*arrays, **self.params)
        return widened(g), np.asarray(y), arrays

    def pull(self, g: Any) -> list[Any]:
        """`contributions` as Tensors, to be differentiated again; None where nothing flows."""
        check_unchanged(self)
        return self.pulled(*in_single(self, g))

    @staticmethod
    def shown(g: Any) -> Any:
        """A gradient as hooks are shown it: an Array of their own, or a Tensor."""
        return np.array(g).view(Array) if isinstance(g, np.ndarray) else g

    @staticmethod
    def commit(found: dict[Any, Any], retain_grads: bool) -> None:
        """Turn what a backward pass found into gradients: added to what is there.

        A gradient must be nobody else's, and rules may give the same array, or a view, to two
        inputs: it is copied, unless nobody but `found` holds it (a copy of large weights' gradient
        costs as much as the rest of their update).
        """
        nodes = []
        for node in found:
            if node._requires and (node.op is None or retain_grads or node._retain):
                g = found[node]
                if node._grad is not None:
                    total = node._grad + g
                    plain = type(total) is ndarray or isinstance(total, Node)
                    found[node] = total if plain else np.asarray(total)
                elif type(g) is not ndarray or g.base is not None or not held_once(g):
                    found[node] = g if isinstance(g, Node) else np.array(g)
                nodes.append(node)
        set_gradients(nodes, found)


#: The slot itself: `_held` of a node whose array was let go has it computed.
SLOT_OF_HELD = vars(ArrayNode)["_held"]


def _changed(node: ArrayNode) -> int | None:
    """The first input that holds another array than the op was applied to, or None."""
    arrays = node._arrays  # `zip` of both would take three times as long
    for i, x in enumerate(node.inputs):
        if isinstance(x, ArrayNode) and not _holds(x, arrays[i]):
            return i
    return None


def _holds(x: ArrayNode, array: Any) -> bool:
    """Whether x holds the array that an op was applied to; or, if that was let go, what is left."""
    held = SLOT_OF_HELD.__get__(x)
    return held is array or (type(array) is Outline and held is array.array)


def version_of(x: Any, array: Any) -> Any:
    """The version of x that has this array; x itself, if there is none."""
    version = x
    while isinstance(version, ArrayNode) and not _holds(version, array):
        if version.op is not setitem:
            return x
        version = version.inputs[0]
    return version


def check_unchanged(node: ArrayNode) -> None:
    """Refuse a node one of whose inputs holds another array than when the node was made.

    Raises:
        RuntimeError: names the input and the op.
    """
    i = _changed(node)
    if i is not None:
        x = node.inputs[i]
        name = f" ({x.label!r})" if x.label else ""
        raise RuntimeError(
            f"the data of input {i}{name} of {node.op.name}(), of shape {x._held.shape}, was "
            "changed after the graph was made: run forward again before backward"
        )


def results(root: Any) -> list[Any]:
    """`engine.toposort` without the leaves, in half the time: nothing is to be done there.

    A second walk, for it saves 4 % of the training step of a small network.

    >>> from engine import Value
    >>> a, b = Value(2.0), Value(3.0)
    >>> [node.op.name for node in results(a * b + a)]
    ['mul', 'add']
    """
    if ASSIGNED:
        settle(root)
    order: list[Any] = []
    if root.op is None:
        return order
    seen: set[Any] = set()
    stack: list[Any] = []
    node = root
    while True:
        seen.add(node)
        first = rest = None
        for x in node.inputs:
            if isinstance(x, Node) and x.op is not None and x not in seen:
                if first is None:
                    first = x
                elif rest is None:
                    rest = [x]
                else:
                    rest.append(x)
        if first is not None:  # it is next, and the node comes after all that it waits for
            stack.append(node)
            stack.append(None)
            if rest is not None:
                stack.extend(reversed(rest))
            node = first
            continue
        order.append(node)
        while True:
            if not stack:
                return order
            node = stack.pop()
            if node is None:
                order.append(stack.pop())
            elif node not in seen:
                break


def propagate(order: Sequence[ArrayNode], found: dict[Any, Any], keep: bool) -> None:
    """Backward on arrays: grow `found`, the gradient of each node, from the result to the leaves.

    The gradient of a result is dropped once it has been passed on (memory!), unless `keep` is true
    or the node retains it.  `push_any` for every node says the same, and takes twice as long on
    arrays of a few numbers.
    """
    take = found.pop
    for node in reversed(order):
        op = node.op
        if op is None:
            continue
        g = found.get(node) if keep or node._retain else take(node, None)
        if g is None:
            continue
        if g.itemsize == 2:  # float16
            push_any(node, g, found)
        else:
            op.push_arrays(node, g, found)


def push_any(node: Any, g: Any, found: dict[Any, Any]) -> None:
    """Add what each edge of a node carries to the gradient of its input."""
    for x, part in zip(node.inputs, node.contributions(g), strict=True):
        if part is not None:
            found[x] = found.pop(x) + part if x in found else part


def fitted(part: Any, array: ndarray, op: Op, index: int) -> ndarray:
    """A rule's answer as an array with the shape and dtype of its input."""
    numbers = np.asarray(part)
    if numbers.dtype is array.dtype:
        if numbers.shape == array.shape:  # it was one number, of NumPy's
            return numbers
        if array.shape and numbers.shape[1:] == array.shape and op.kind == "elementwise":
            return add_reduce(numbers, 0)  # of a bias: as `shaped`, in fewer steps
    if numbers.dtype.kind not in "fiub":
        raise TypeError(f"vjp {index} of {op.name!r} must return numbers, got {part!r:.60}")
    return shaped(numbers, array, op, index).astype(array.dtype, copy=False)
