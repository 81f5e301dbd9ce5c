"""`Flatten` and `Unflatten`: axes joined into one, and one cut into several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import engine

from ..checks import as_array, instance_of
from ..module import Module


class Flatten(Module):
    """Axes start_dim to end_dim joined into one; by default all but the first.

    >>> import numpy as np
    >>> Flatten()(np.zeros((1, 2, 3))).shape
    (1, 6)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, x: Any) -> Any:
        """Shape (batch, …) to (batch, features) by default."""
        return engine.flatten(as_array(x), self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """One axis cut into several: what `Flatten` did, undone.

    Args:
        dim: the axis; a negative one counts from the end.
        unflattened_size: lengths of the axes it becomes; one may be -1, for what is left.

    Raises:
        TypeError: unflattened_size is no tuple or list.
        ValueError: in the call, the lengths do not multiply to the axis's.
        IndexError: in the call, x has no such axis.

    >>> import numpy as np
    >>> Unflatten(1, (2, 3))(np.zeros((5, 6))).shape
    (5, 2, 3)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        instance_of(int, dim=dim)
        if not isinstance(unflattened_size, tuple | list):
            raise TypeError(f"unflattened_size must be a tuple of ints, got {unflattened_size!r}")
        self.dim = dim
        self.unflattened_size = tuple(unflattened_size)

    def forward(self, x: Any) -> Any:
        """Shape (…, n, …) to (…, *unflattened_size, …)."""
        x = as_array(x)
        if not -x.ndim <= self.dim < x.ndim:
            raise IndexError(f"Unflatten of axis {self.dim} got an input of shape {x.shape}")
        at = self.dim % x.ndim
        try:
            return x.reshape((*x.shape[:at], *self.unflattened_size, *x.shape[at + 1 :]))
        except ValueError:
            raise ValueError(
                f"Unflatten cannot make {self.unflattened_size} of axis {self.dim}, which has "
                f"length {x.shape[at]}"
            ) from None

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
