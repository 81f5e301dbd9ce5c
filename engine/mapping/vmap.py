"""`vmap`: what a function gives for one example, for a whole batch."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import moveaxis, stack
from ..batching import replayed
from ..derivatives import mapped, rebuilt
from ..node import NODES, Node
from ..symbols import Symbol
from ..values import Value, ValueArray
from .batch_axes import Leaf, axes_of_result, leaves_of, placed, size_of
from .batch_trace import BatchTrace, written_down


def vmap(
    f: Callable[..., Any],
    in_axes: Any = 0,
    out_axes: Any = 0,
    *,
    in_dims: Any = 0,
    out_dims: Any = 0,
) -> Callable[..., Any]:
    """A function that applies f to each example of a batch, and stacks what comes out.

    f is written for one example; the arrays that are given have one axis more, the batch's.  What
    f does to one is done to all at once.  It can be differentiated, and taken of derivatives:
    `vmap(grad(loss), in_axes=(None, 0, 0))` is one gradient for each example.

    f is run once, whatever the size of the batch, and must not ask for an example's numbers (`if x
    > 0:`); what it draws with engine's functions is drawn for each.  Values are taken one by one.

    Args:
        in_axes: which axis of each argument is the batch's, None for one that all examples share;
            one int for all, or a tuple; for a container also one that is built like it.
        out_axes: where the axis is to be in the results, in the same way.
        in_dims, out_dims: PyTorch's names for these.

    Raises:
        ValueError: axes that do not fit the arguments, or batches of different sizes.
        TypeError: f asks for an example's numbers, or changes what it reads.

    >>> x = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> vmap(lambda row: row @ row)(x)
    array([ 5., 25., 61.])
    >>> from engine import grad
    >>> loss = lambda w, row, target: (w @ row - target) ** 2
    >>> vmap(grad(loss), (None, 0, 0))(np.array([1.0, 0.0]), x, np.array([1.0, 2.0, 3.0]))
    array([[ 0.,  0.],
           [ 6.,  8.],
           [20., 24.]])
    """
    if not callable(f):
        raise TypeError(f"f must be a function, got {type(f).__name__}")
    ins, outs = _either("in", in_axes, in_dims), _either("out", out_axes, out_dims)

    def batched(*args: Any, **kwargs: Any) -> Any:
        for name, x in kwargs.items():
            if isinstance(x, (np.ndarray, *NODES)):
                raise TypeError(
                    f"{name} is given by name, which means one for all examples (PyTorch) or one "
                    "for each (JAX): give it by position, and its axis or None in in_axes"
                )
        leaves = leaves_of(args, ins)
        size = size_of(leaves)
        with_names = functools.partial(f, **kwargs) if kwargs else f
        if any(isinstance(leaf.x, Value | ValueArray) for leaf in leaves):
            return _one_by_one(with_names, args, leaves, size, outs)
        return _at_once(with_names, args, leaves, size, outs)

    return batched


def _either(side: str, axes: Any, dims: Any) -> Any:
    """in_axes or in_dims, whichever is given."""
    if dims != 0 and axes != 0:
        raise TypeError(f"{side}_axes and {side}_dims are two names for one thing: give one")
    return axes if dims == 0 else dims


def _built(args: tuple[Any, ...], each: list[Any]) -> list[Any]:
    """Arguments like these, with other leaves."""
    rest = iter(each)
    return [rebuilt(x, rest) for x in args]


def _at_once(f: Any, args: tuple[Any, ...], leaves: list[Leaf], size: int, outs: Any) -> Any:
    """f written down for one example, and done to all."""
    trace = BatchTrace()
    known: dict[Any, Any] = {}
    for leaf in leaves:
        if leaf.axis is not None:
            known[trace.input(_example(leaf), requires=_flows(leaf.x))] = (
                moveaxis(leaf.x, leaf.axis, 0) if leaf.axis else leaf.x
            )
    given, symbols = dict(known), iter(trace.inputs.copy())
    call = [leaf.x if leaf.axis is None else next(symbols) for leaf in leaves]
    result = written_down(f, _built(args, call), trace)
    names = axes_of_result(result, outs)
    found = [y for y in _flat(result) if y is not None]
    outputs = [_output(y, name, trace) for y, (name, _) in zip(found, names, strict=True)]
    known |= trace.drawn_for_each(size)
    known |= {y: x._held if x in trace.plain else x for y, x in trace.outside.items()}
    batched = {*given, *(draw.symbol for draw in trace.draws)}
    replayed([y for y in outputs if isinstance(y, Symbol)], known, batched, size)
    ready = []
    for y, (name, axis) in zip(outputs, names, strict=True):
        value = known[y] if isinstance(y, Symbol) else y
        value = placed(value, axis, name, isinstance(y, Symbol) and y in batched, size)
        ready.append(_own(value, known.values()))
    rest = iter(ready)
    return mapped(lambda y: None if y is None else next(rest), result)


def _flat(result: Any) -> list[Any]:
    """All that is in a result."""
    found: list[Any] = []
    mapped(found.append, result)
    return found


def _example(leaf: Leaf) -> np.ndarray:
    """The first example's numbers; zeros where there is none."""
    numbers = leaf.x._held if isinstance(leaf.x, Node) else leaf.x
    numbers = np.moveaxis(numbers, leaf.axis or 0, 0)
    return np.array(numbers[0]) if len(numbers) else np.zeros(numbers.shape[1:], numbers.dtype)


def _flows(x: Any) -> bool:
    return isinstance(x, Node) and x.requires_grad


def _output(y: Any, name: str, trace: BatchTrace) -> Any:
    """A result as a Symbol of the trace, or a plain number or array."""
    if isinstance(y, Node):
        return y if isinstance(y, Symbol) and y._trace is trace else trace.lift(y)
    if isinstance(y, np.ndarray | np.generic | float | int):
        return y
    raise TypeError(f"{name} is a {type(y).__name__}: f must return numbers and arrays under vmap")


def _own(y: Any, others: Any) -> Any:
    """A plain array that nobody else has, nor may not be written into."""
    if not isinstance(y, np.ndarray) or y.dtype.kind == "O":
        return y
    shared = any(type(x) is np.ndarray and np.may_share_memory(x, y) for x in others)
    return np.array(y) if shared or not y.flags.writeable else y


# --- Values, which are single numbers anyway ---


def _one_by_one(f: Any, args: tuple[Any, ...], leaves: list[Leaf], size: int, outs: Any) -> Any:
    """f called for one example after the other."""
    if not size:
        raise ValueError("there is no example: f of Values is called for each")
    rows: list[list[Any]] = []
    for i in range(size):
        call = [leaf.x if leaf.axis is None else leaf.at(i) for leaf in leaves]
        result = f(*_built(args, call))
        rows.append(_flat(result))
    names = axes_of_result(result, outs)
    columns = iter([
        placed(_stacked(parts), axis, name, True, size)
        for parts, (name, axis) in zip(zip(*rows, strict=True), names, strict=True)
    ])  # fmt: skip
    return mapped(lambda _: next(columns), result)


def _stacked(parts: tuple[Any, ...]) -> Any:
    """Results of the examples along a new axis."""
    if not any(isinstance(part, Value | ValueArray) for part in parts):
        return stack(parts)
    boxed = np.empty((len(parts), int(np.size(parts[0]))), dtype=object)
    boxed[:] = [list(part.flat) if isinstance(part, np.ndarray) else [part] for part in parts]
    return boxed.reshape(len(parts), *np.shape(parts[0])).view(ValueArray)
