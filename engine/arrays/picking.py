"""What PyTorch gives along a dim: the numbers that were picked, and where they were."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from ..core import composed
from . import indexing
from .shapes import normalize_axis, reshape


@dataclass(slots=True, frozen=True, eq=False)
class ValuesAndIndices:
    """What `max`, `sort`, `topk` and their kin give along a `dim`: the numbers, and where from.

    >>> import engine
    >>> values, indices = engine.max(np.array([[1.0, 5.0], [4.0, 2.0]]), dim=1)
    >>> values, indices
    (array([5., 4.]), array([1, 0]))
    """

    values: Any
    indices: Any

    def __iter__(self) -> Iterator[Any]:
        return iter((self.values, self.indices))

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: Any) -> Any:
        return (self.values, self.indices)[index]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        raise TypeError(
            "this is a pair of values and indices, as PyTorch gives it along a dim: take .values, "
            "or name the axis by axis= instead of dim="
        )


def picked(
    name: str, x: Any, dim: Any, order: Callable[[Any, int], Any], keepdim: bool
) -> ValuesAndIndices:
    """What `order` picks along dim, and the indices it says; a single number has a dim 0 too."""
    shape = np.shape(x)
    x = x if shape else reshape(x, (1,))
    dim = normalize_axis(dim, np.ndim(x), name)
    indices = order(x, dim)
    values = indexing.take_along_axis(x, indices, dim)
    if not shape or not keepdim:
        left = shape[:dim] + shape[dim + 1 :]
        values, indices = reshape(values, left), reshape(indices, left)
    return ValuesAndIndices(values, indices)


@composed
def topk(x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The k largest numbers along a dim, the largest first, and their indices, as in PyTorch.

    The smallest k if `largest` is false; of equal ones the first.  They are in order whatever
    `sorted` says.

    Raises:
        ValueError: there are fewer than k.

    >>> values, indices = topk(np.array([3.0, 1.0, 2.0]), 2)
    >>> values, indices
    (array([3., 2.]), array([0, 2]))
    """

    def order(x: Any, dim: int) -> Any:
        if not 0 <= operator.index(k) <= np.shape(x)[dim]:
            raise ValueError(f"topk() of {k} numbers along dim {dim} of shape {np.shape(x)}")
        return indexing.take(indexing.argsort(x, dim, bool(largest)), np.arange(k), dim)

    return picked("topk", x, dim, order, True)
