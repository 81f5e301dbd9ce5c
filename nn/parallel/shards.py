"""A batch, cut into shards: which rows, and how much each counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from engine import Tensor, to_numpy

from ..measured import samples_in


class Shard(NamedTuple):
    """A part of a batch.

    Attributes:
        number: which one of them.
        batch: the model's inputs and last the target, with `Sent` in place of Tensors.
        factor: what the loss of these is multiplied by.
        fraction: how many of the batch's rows these are.
    """

    number: int
    batch: tuple[Any, ...]
    factor: float
    fraction: float


class Sent(NamedTuple):
    """The numbers of a Tensor, on their way to where they become one again."""

    numbers: np.ndarray


def shards_of(
    batch: Sequence[Any], shards: int, weight: Callable[[Any], float], reduction: str
) -> list[Shard]:
    """The shards of a batch that count: none without rows, nor one of weight 0 beside others.

    Raises:
        ValueError: parts of the batch differ in their rows, or a weight is no number from 0 on.

    >>> batch = np.arange(10.0).reshape(5, 2), np.arange(5)
    >>> [(s.number, s.batch[1].tolist(), s.factor) for s in shards_of(batch, 2, len, "mean")]
    [(0, [0, 1, 2], 0.6), (1, [3, 4], 0.4)]
    """
    rows = _rows_of(batch)
    count = min(shards, rows)
    sizes = [rows // count + (i < rows % count) for i in range(count)]  # as np.array_split
    stops = list(accumulate(sizes))
    pieces = [
        tuple(_cut(x, slice(stop - size, stop)) for x in batch)
        for size, stop in zip(sizes, stops, strict=True)
    ]
    factors = [1.0] * count
    if reduction == "mean":
        weights = [_checked(weight(piece[-1])) for piece in pieces]
        whole = math.fsum(weights)
        # where nothing counts each mean is nan, and theirs is to be, too
        factors = [w / whole for w in weights] if whole else [1 / count] * count
    return [
        Shard(i, tuple(map(_sent, piece)), factor, size / rows)
        for i, (piece, factor, size) in enumerate(zip(pieces, factors, sizes, strict=True))
        if factor
    ]


def arrived(x: Any) -> Any:
    """A batch as it was before it was sent."""
    if isinstance(x, Sent):
        return Tensor.wrap(x.numbers)
    return _inside(x, arrived)


def _sent(x: Any) -> Any:
    return Sent(to_numpy(x)) if isinstance(x, Tensor) else _inside(x, _sent)


def _cut(x: Any, rows: slice) -> Any:
    """Rows of a part of a batch."""
    if isinstance(x, Tensor):
        return Tensor.wrap(to_numpy(x)[rows])  # as x[rows], without an op
    return x[rows] if isinstance(x, list | np.ndarray) else _inside(x, lambda y: _cut(y, rows))


def _inside(x: Any, f: Callable[[Any], Any]) -> Any:
    """x with f done to what a dict or a tuple of it holds."""
    if isinstance(x, dict):
        return {name: f(part) for name, part in x.items()}
    if isinstance(x, tuple):
        parts = map(f, x)
        return type(x)(*parts) if hasattr(x, "_fields") else tuple(parts)
    return x


def _lengths(x: Any, name: str) -> Iterator[tuple[str, int]]:
    """How many rows each array in a part of a batch has, by its name."""
    if isinstance(x, dict):
        for key, part in x.items():
            yield from _lengths(part, f"{name}[{key!r}]")
    elif isinstance(x, tuple):
        for i, part in enumerate(x):
            yield from _lengths(part, f"{name}[{i}]")
    elif isinstance(x, list) or (isinstance(x, Tensor | np.ndarray) and x.ndim):
        yield name, len(x)
    else:
        raise ValueError(
            f"{name} has no rows to cut a batch by: {type(x).__name__} {x!r:.60}; each part is to "
            "be an array, a Tensor or a list, or a tuple or dict of these"
        )


def _rows_of(batch: Sequence[Any]) -> int:
    """How many rows the batch has: each part as many."""
    names = [f"input {i}" for i in range(len(batch) - 1)] + ["the target"]
    lengths = dict(pair for x, name in zip(batch, names, strict=True) for pair in _lengths(x, name))
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        listed = ", ".join(f"{name} has {n}" for name, n in lengths.items())
        raise ValueError(
            f"a batch is cut into shards along its first axis, in which all parts have as many "
            f"rows, at least one; here {listed or 'there is none'}"
        )
    return next(iter(lengths.values()))


def rows_that_count(target: Any) -> int:
    """How many rows a target has, where the loss does not say what it leaves out.

    Raises:
        ValueError: one is -100, which cross entropy leaves out unless it is told otherwise.

    >>> rows_that_count({"boxes": np.zeros((3, 4)), "labels": np.zeros(3)})
    3
    """
    if isinstance(target, np.ndarray) and target.dtype.kind == "i" and (target == -100).any():
        raise ValueError(
            "the target holds -100, which cross entropy leaves out of its mean, and the loss does "
            "not say what its mean runs over: nn.Parallel(…, weight=lambda target: (target != "
            "-100).sum()), or weight=lambda target: len(target) if it is all rows"
        )
    return samples_in(target)


def _checked(weight: Any) -> float:
    """A weight, which may be a single number of any kind."""
    found = float(to_numpy(weight)) if np.ndim(weight) == 0 else math.nan
    if not (found >= 0 and math.isfinite(found)):
        raise ValueError(
            f"weight(target) must be a number from 0 on, by which the loss of a shard is divided, "
            f"got {weight!r:.60}"
        )
    return found
