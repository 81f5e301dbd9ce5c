"""`Embedding`: a table whose rows are looked up by number."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from engine import getitem, has_numbers, to_numpy, where

from ..buffers import without_gradient
from ..checked import check_of
from ..checks import as_array, at_least, floating
from ..module import Module
from ..parameter import Parameter
from ..random import Rng, generator


def embedding(x: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """Rows of `weight` named by x: integers of shape (…) give (…, embedding_dim).

    Args:
        x: integers, each at least 0 and below num_embeddings.
        weight: shape (num_embeddings, embedding_dim).
        padding_idx: a row that gets no gradient; negative counts from the end.

    Raises:
        TypeError: x does not hold integers.
        IndexError: a number is out of range, or padding_idx is.
        ValueError: weight is not a matrix.

    >>> embedding([1, 0], np.array([[0.5, 1.0], [2.0, 3.0]]))
    array([[2. , 3. ],
           [0.5, 1. ]])
    """
    weight = as_array(weight)
    if weight.ndim != 2:
        raise ValueError(
            f"weight must have shape (num_embeddings, embedding_dim), got {weight.shape}"
        )
    index = _index(x, len(weight))
    rows = getitem(weight, index)
    if padding_idx is None:
        return rows
    padding = _padding(padding_idx, len(weight))
    here = index == padding
    if has_numbers(here) and not here.any():
        return rows
    return where(here[..., None], to_numpy(weight)[padding], rows)  # a constant: no gradient


def _index(x: Any, rows: int) -> Any:
    """x as an array of integers that name rows."""
    index = without_gradient(as_array(x))
    if index.dtype.kind not in "iu" and index.size:
        raise TypeError(f"an embedding is indexed by integers, got dtype {index.dtype}")
    return _rows_named(index.astype(np.intp, copy=False), rows)


@check_of
def _rows_named(index: np.ndarray, rows: int) -> None:
    """index, checked: each names a row."""
    if index.size and not (index.min() >= 0 and index.max() < rows):
        wrong = index[(index < 0) | (index >= rows)]
        raise IndexError(
            f"index {wrong[0]} is out of range for an embedding of {rows} rows "
            f"({wrong.size} of {index.size} indices are)"
        )


def _padding(padding_idx: int, rows: int) -> int:
    """padding_idx from the start."""
    at_least(-rows, padding_idx=padding_idx)
    if padding_idx >= rows:
        raise ValueError(f"padding_idx must be below num_embeddings, {rows}, got {padding_idx}")
    return int(padding_idx) % rows


class Embedding(Module):
    """A vector for each number: integers of shape (…) give (…, embedding_dim).

    `weight` (num_embeddings, embedding_dim) starts standard normal, as in PyTorch.

    Args:
        num_embeddings: how many rows the table has.
        embedding_dim: how long each is.
        padding_idx: a row that starts as zeros and gets no gradient.
        rng: a Generator or a seed; default the shared generator.

    Raises:
        ValueError: a size below 1, or padding_idx out of range.
        TypeError: in the call, x does not hold integers.
        IndexError: in the call, a number is out of range.

    >>> Embedding(27, 4, rng=0)([[0, 3], [26, 3]]).shape
    (2, 2, 4)
    """

    weight: Any

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        rng: Rng = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        at_least(1, num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = None if padding_idx is None else _padding(padding_idx, num_embeddings)
        weight = generator(rng).normal(size=(num_embeddings, embedding_dim))
        if self.padding_idx is not None:
            weight[self.padding_idx] = 0.0
        self.weight = Parameter(weight)
        self.to(device, dtype)

    @classmethod
    def from_pretrained(
        cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None
    ) -> Self:
        """A layer whose rows are given.

        Args:
            embeddings: shape (num_embeddings, embedding_dim); copied, in their own dtype.
            freeze: whether the rows stay as they are: `weight` requires no gradient.
            padding_idx: a row that gets no gradient; it keeps its numbers.

        Raises:
            TypeError: embeddings are not floating-point.
            ValueError: they are no matrix.

        >>> Embedding.from_pretrained([[0.5, 1.0], [2.0, 3.0]])([1]).tolist()
        [[2.0, 3.0]]
        """
        rows = to_numpy(floating("from_pretrained()", embeddings))
        if rows.ndim != 2:
            raise ValueError(
                f"embeddings must have shape (num_embeddings, embedding_dim), got {rows.shape}"
            )
        layer = cls(len(rows), rows.shape[1], padding_idx, rng=0)
        layer.weight = Parameter(rows, requires_grad=not freeze, label="weight")
        return layer

    def forward(self, x: Any) -> Any:
        """Shape (…) to (…, embedding_dim)."""
        return embedding(x, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
