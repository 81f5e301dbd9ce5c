"""The rule of a checkpointed call: its function is run again, and the gradient passed through."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..arrays import cast
from ..core import Op
from ..forward import push_along, way_along
from ..graph import adjoints
from ..locks import GRADIENTS
from ..node import Node
from ..node_hooks import HOOKS, drop_hooks_since, hooked_in, next_handle
from ..recording import RECORDING, Recomputing, enable_grad
from ..tensors import Tensor, propagate, push_any as push_arrays, version_of
from ..values import push_any as push_number
from .made_inside import Inside, ends_of, joined, said
from .random_stands import Stands


def name_of(f: Any) -> str:
    """What a picture calls f: by its name, a module by its class."""
    name = getattr(getattr(f, "func", f), "__name__", type(f).__name__)
    return "checkpoint" if name == "<lambda>" else str(name)


class Call:
    """One call: the static parameter of its node.

    Args:
        f, args, named: what is called.

    Attributes:
        name: what f is called.
        read: the nodes that it read from outside, arguments first; `held`: what was in them.
        arrays: those among the arguments: inputs of the node before these.
    """

    read: list[Any]
    held: list[Any]
    arrays: list[Any]
    result: Any
    stands: Stands

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.f, self.args, self.named, self.name = f, args, named, name_of(f)

    @property
    def given(self) -> list[Any]:
        """The nodes among the arguments."""
        return [x for x in (*self.args, *self.named.values()) if isinstance(x, Node)]

    @property
    def refers_to(self) -> list[Any]:
        """The nodes that this holds, as often as it does."""
        return self.given + self.read

    def note(self, read: list[Any], result: Any, stands: Stands) -> None:
        """What the first run read, what came out, and where random numbers stood."""
        self.read, self.result, self.stands = read, result, stands
        self.held = [x._held for x in read]
        arguments = (*self.args, *self.named.values())
        self.arrays = [x for x in arguments if isinstance(x, np.ndarray) and x.dtype.kind in "fiub"]

    def __repr__(self) -> str:
        return "run again in backward"

    def __deepcopy__(self, memo: Any) -> Call:
        return self

    def __reduce__(self) -> Any:
        raise TypeError(
            f"a graph with a checkpointed call in it, of {self.name}(), cannot be pickled: the "
            "function would have to be"
        )

    def _as_given(self, x: Any) -> Any:
        """An argument, as it was before it was assigned to."""
        place = next((i for i, y in enumerate(self.read) if y is x), None)
        return x if place is None else version_of(x, self.held[place])

    def again(self, outer: Any = None) -> tuple[list[Any], list[Any]]:
        """Run f again: all nodes of its graph, the result last; and what it read for each input."""
        args = [self._as_given(x) if isinstance(x, Node) else x for x in self.args]
        named = {k: self._as_given(x) if isinstance(x, Node) else x for k, x in self.named.items()}
        given = [x for x in (*args, *named.values()) if isinstance(x, Node)]
        handle = next_handle()
        quiet = np.errstate(all="ignore")  # the first run has warned
        with (
            enable_grad(),
            Recomputing(),
            self.stands.again(),
            quiet,
            Inside(given, outer) as inside,
        ):
            root = joined(ends_of(self.f(*args, **named), inside))
        drop_hooks_since(handle, inside.read)  # those of the first run are there
        order, read = ([], []) if root is None else inside.below(root)
        read = self._in_place(read)
        if isinstance(root, Tensor) and _same(self.result, root._held):
            root._held = self.result  # the same numbers need not be there twice
        elif not _agree(self.result, root._held):
            raise RuntimeError(
                f"{self.name}() is checkpointed, and gives another result in its second run, so "
                "that its gradient would be wrong. What it reads has changed since, a mode as "
                "train() or a loop variable perhaps, or parameters that functional_call has put "
                "back: call that inside of what is checkpointed; or it draws from a generator "
                "that is not known: let it ask engine.generator(rng) for it"
            )
        return order, read

    def _in_place(self, read: list[Any]) -> list[Any]:
        """What the second run read, in the order of the first.

        Leaves that f makes itself are others each time, as are arguments as they were.
        """
        again, before = set(read), set(self.read)
        others = (x for x in read if x not in before)
        paired = [x if x in again else next(others, None) for x in self.read]
        for x, y, held in zip(self.read, paired, self.held, strict=True):
            if x is not y and (y is None or not _is_like(x, y, held)):
                raise self._reads_something_else(x)
        for x in others:
            raise self._reads_something_else(x)
        return paired

    def _reads_something_else(self, x: Any) -> RuntimeError:
        return RuntimeError(
            f"{self.name}() is checkpointed, and does not read the same in its second run: "
            f"{said(x)} is read in one of them only. (A name that it reads may mean something else "
            "by now, as in a loop: make it an argument)"
        )

    def slopes(self, g: Any) -> list[Any]:
        """The gradient for each input, plain or, of a node, as nodes; None where none flows."""
        plain = not isinstance(g, Node)
        order, read = self.again(None if plain else RECORDING.watcher)
        g = _like(g, order[-1])
        found = {order[-1]: g}
        if type(g) is np.ndarray and not (HOOKS and hooked_in(order)):
            while order:  # each ends when it is done with
                propagate([order.pop()], found, keep=False)
        else:
            found = adjoints(order, found, plain)
        if not isinstance(g, Tensor | np.ndarray):
            return [found.get(x, 0.0) for x in read]  # all flow there
        inner = {x: g for x, g in found.items() if x.op is not None}
        for x in read:
            inner.pop(x, None)
        # in one line, so that no interrupt comes between: see `locks.GRADIENTS`
        with GRADIENTS: Tensor.commit(inner, False)  # fmt: skip  # noqa: E701
        return [None] * len(self.arrays) + [found.get(x) for x in read]

    def pushed(self, tangents: Sequence[Any]) -> Any:
        """The tangent of the result, from one for each input; None where none comes."""
        plain = not any(isinstance(t, Node) for t in tangents)
        order, read = self.again(None if plain else RECORDING.watcher)
        along = zip(read, tangents[-len(read) :], strict=True)
        found = {x: _like(t, x) for x, t in along if t is not None}
        push_along(way_along(order[-1:], read), found, plain)
        return found.get(order[-1])

    def opened(self, inputs: tuple[Any, ...]) -> Any:
        """The result of what f is made of: for the same inputs, or op by op for others."""
        order, read = self.again()
        known: dict[Any, Any] = dict(zip(read, inputs[-len(read) :], strict=True))
        if all(x is known[x] for x in read):
            return order[-1]
        with np.errstate(all="ignore"):
            for node in order:
                if node.op is None:
                    known[node] = node._held
                    continue
                each = tuple([known[x] if isinstance(x, Node) else x for x in node.inputs])
                known[node] = node.op.apply(each, dict(node.params))
        return known[order[-1]]


def _is_like(x: Any, y: Any, held: Any) -> bool:
    """Whether y may stand for x, in which that was held: as an earlier version, or a new leaf."""
    return y._held is held or (x.op is y.op is None and x.shape == y.shape)


def _like(numbers: Any, x: Any) -> Any:
    """A gradient or tangent of x in its dtype: of float16 the rules are given float32."""
    if not isinstance(x, Tensor) or numbers.dtype == x.dtype:
        return numbers
    return cast(numbers, x.dtype)


def _same(first: np.ndarray, again: np.ndarray) -> bool:
    """Whether two results are the same bit for bit, and have no nan; in little memory."""
    return first.shape == again.shape and bool((first == again).all())


def _agree(first: Any, again: Any) -> bool:
    """Whether two results differ by the last digits of sums in another order, at most."""
    if np.shape(first) != np.shape(again):
        return False
    eps = float(np.finfo(np.asarray(first).dtype).eps)
    most = np.max(np.abs(first), initial=0, where=np.isfinite(first))
    return bool(np.allclose(first, again, rtol=0, atol=eps**0.5 * most, equal_nan=True))


class CheckpointOp(Op):
    """The op of checkpointed calls of functions of one name."""

    opens = True


@functools.cache
def op_of(name: str) -> Op:
    op = CheckpointOp(
        name, _forward, (None,), vjp_all=_Backward(), jvp=_tangent, variadic=True, kind="shape",
        doc="a checkpointed function",
    )  # fmt: skip
    # set as they are, not written for each op: the name need not be one of Python's
    op.push, op.push_arrays, op.record_arrays = push_number, push_arrays, _recorded
    return op


def _forward(*inputs: Any, call: Any = None) -> Any:
    return call.opened(inputs)


def _recorded(inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
    return _forward(*inputs, **params)  # of other inputs: what it is made of


def _tangent(tangents: Sequence[Any], y: Any, *inputs: Any, call: Any) -> Any:
    return call.pushed(tangents)


class _Backward:
    """The rule: all gradients at once."""

    #: What the stepper shows.
    source = "the function is run again; then backward inside, from g"

    def __call__(self, g: Any, y: Any, *inputs: Any, call: Any) -> list[Any]:
        return call.slopes(g)
