"""Arrays that are not in memory: of Dask, zarr or h5py, read batch by batch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from .collate import as_batch, is_chunked


class Chunked:
    """Such an array, whose rows are read when they are wanted, and are NumPy's then.

    Raises:
        ValueError: nobody knows yet how many rows it has.

    >>> class OnDisk:  # as h5py's: indices in order, each once
    ...     shape, dtype, chunks = (3, 2), np.dtype(float), (1, 2)
    ...     def __getitem__(self, rows):
    ...         return np.arange(6.0).reshape(3, 2)[rows]
    >>> Chunked(OnDisk()).rows(np.array([2, 0, 2])).tolist()
    [[4.0, 5.0], [0.0, 1.0], [4.0, 5.0]]
    """

    def __init__(self, array: Any) -> None:
        self.array = array
        self.shape: tuple[int, ...] = tuple(array.shape)
        self.dtype = np.dtype(array.dtype)
        if any(n != n for n in self.shape):  # nan
            raise ValueError(
                f"an array of shape {self.shape} has no length yet: Dask finds it by "
                "x.compute_chunk_sizes()"
            )

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list | ndarray) and np.asarray(index).dtype.kind in "iu":
            return self.rows(np.asarray(index))
        found = np.asarray(self.array[index])
        return found[()] if found.ndim == 0 else found  # a label, as of an array

    def rows(self, indices: ndarray) -> ndarray:
        """The rows at indices, each read once and in the order in which they lie.

        Raises:
            IndexError: there is no such row.
        """
        n = len(self)
        outside = indices[(indices < -n) | (indices >= n)]
        if outside.size:
            raise IndexError(f"index {outside[0]} lies outside an array of {n} rows")
        there, places = np.unique(indices % n, return_inverse=True)
        return np.asarray(self.array[there])[places]

    def batch(self, indices: ndarray) -> Any:
        """The rows at indices, as a batch has them."""
        return as_batch(self.rows(indices))

    def __repr__(self) -> str:
        return f"Chunked({self.shape}, {self.dtype})"


def by_rows(x: Any) -> Any:
    """Such an array as one whose rows can be read; anything else as it is."""
    return Chunked(x) if is_chunked(x) else x
