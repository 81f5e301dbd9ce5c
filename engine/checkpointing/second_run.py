"""The rule of a checkpointed call: its function is run again, and the gradient passed through."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import cast
from ..commits import GRADIENTS
from ..core import Op
from ..graph import adjoints, visit
from ..node import Node
from ..node_hooks import HOOKS, drop_hooks, hooked_in
from ..recording import RECORDING, Recomputing, enable_grad
from ..tensors import Tensor, propagate, version_of
from ..values import push_any
from .made_inside import Inside, ends_of, joined, said
from .random_stands import Stands


class Call:
    """One call: the static parameter of its node.

    Args:
        f, args, named: what was called.
        name: what f is called.
        inputs: what it read from outside.
        result: the numbers that came out.
        stands: where random numbers stood.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        named: dict[str, Any],
        name: str,
        inputs: list[Any],
        result: Any,
        stands: Stands,
    ) -> None:
        self.f, self.args, self.named, self.name = f, args, named, name
        self.inputs, self.held = inputs, {x: x._held for x in inputs}
        self.result, self.stands = result, stands

    def __repr__(self) -> str:
        return f"{self.name}()"

    def __deepcopy__(self, memo: Any) -> Call:
        return self

    def __reduce__(self) -> Any:
        raise TypeError(
            f"a graph with a checkpointed call in it, of {self.name}(), cannot be pickled: the "
            "function would have to be"
        )

    def _as_given(self, x: Any) -> Any:
        """An argument, as it was before it was assigned to."""
        return version_of(x, self.held[x]) if x in self.held else x

    def again(self, outer: Any = None) -> tuple[Any, list[Any]]:
        """Run f again: its result, and what it read in the place of each input."""
        args = [self._as_given(x) if isinstance(x, Node) else x for x in self.args]
        named = {k: self._as_given(x) if isinstance(x, Node) else x for k, x in self.named.items()}
        given = [x for x in (*args, *named.values()) if isinstance(x, Node)]
        quiet = np.errstate(all="ignore")  # the first run has warned
        with (
            enable_grad(),
            Recomputing(),
            self.stands.again(),
            quiet,
            Inside(given, outer) as inside,
        ):
            root = joined(ends_of(self.f(*args, **named), inside))
        read = inside.inputs()
        self._check(root, read)
        return root, read

    def _check(self, root: Any, read: list[Any]) -> None:
        """Refuse a second run that is not as the first.

        Leaves that f makes itself are others each time; they have the same places.
        """
        for x, y in itertools.zip_longest(self.inputs, read):
            if x is y or (x is not None and y is not None and y._held is self.held[x]):
                continue
            if x is None or y is None or x.op or y.op or x.shape != y.shape:
                raise RuntimeError(
                    f"{self.name}() is checkpointed, and reads something else in its second run: "
                    f"{said(x) if y is None else said(y)}; it must do the same each time. (A "
                    "name that it reads may mean something else by now, as in a loop: make it an "
                    "argument)"
                )
        if root is None or not _agree(self.result, root._held):
            raise RuntimeError(
                f"{self.name}() is checkpointed, and gives another result in its second run, so "
                "that its gradient would be wrong. What it reads has changed since, a mode as "
                "train() or a loop variable perhaps; or it draws from a generator that is not "
                "known: let it ask engine.generator(rng) for it"
            )

    def slopes(self, g: Any) -> list[Any]:
        """The gradient for each input, plain or, of a node, as nodes; None where none flows."""
        plain = not isinstance(g, Node)
        root, read = self.again(None if plain else RECORDING.watcher)
        if isinstance(root, Tensor):
            if g.dtype != root.dtype:  # the rules of float16 are given float32
                g = g.astype(root.dtype) if plain else cast(g, root.dtype)
            root._retain = False  # that of the first run has hooks and gradient, if anybody wants
        drop_hooks(root)
        order: list[Any] = []
        visit(root, set(read), order)
        found = {root: g}
        if plain and isinstance(root, Tensor) and not (HOOKS and hooked_in(order)):
            del root
            while order:  # each ends when it is done with
                propagate([order.pop()], found, keep=False)
        else:
            found = adjoints(order, found, plain)
        if not isinstance(g, Tensor | np.ndarray):
            return [found.get(x, 0.0) for x in read]
        inner = {x: g for x, g in found.items() if x.op is not None}
        for x in read:
            inner.pop(x, None)
        with GRADIENTS: Tensor.commit(inner, False)  # fmt: skip  # noqa: E701
        return [found.get(x) for x in read]

    def opened(self, inputs: tuple[Any, ...]) -> Any:
        """The result for other inputs, op by op."""
        root, read = self.again()
        known: dict[Any, Any] = dict(zip(read, inputs, strict=True))
        order: list[Any] = []
        visit(root, set(read), order)
        with np.errstate(all="ignore"):
            for node in order:
                if node.op is None:
                    known[node] = node._held
                    continue
                each = tuple([known[x] if isinstance(x, Node) else x for x in node.inputs])
                known[node] = node.op.apply(each, dict(node.params))
        return known[root]


def _agree(first: Any, again: Any) -> bool:
    """Whether two results are the same; sums whose order changed may differ in the last digits."""
    if np.shape(first) != np.shape(again):
        return False
    if np.array_equal(first, again, equal_nan=True):
        return True
    eps = float(np.finfo(np.asarray(first).dtype).eps)
    most = np.max(np.abs(first), initial=0, where=np.isfinite(first))
    return bool(np.allclose(first, again, rtol=0, atol=eps**0.5 * most, equal_nan=True))


class CheckpointOp(Op):
    """The op of checkpointed calls of functions of one name."""

    opens = True


@functools.cache
def op_of(name: str) -> Op:
    op = CheckpointOp(
        name, _forward, (None,), vjp_all=_backward, variadic=True, kind="shape",
        doc="a checkpointed function",
    )  # fmt: skip
    op.push = push_any
    return op


def _forward(*inputs: Any, call: Any = None) -> Any:
    return call.opened(inputs)


def _backward(g: Any, y: Any, *inputs: Any, call: Any) -> list[Any]:
    return call.slopes(g)
