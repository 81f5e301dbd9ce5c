"""`Dropout`: numbers left out at random while training."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import where

from ..checks import as_array, dtype_of, probability
from ..module import Module
from ..random import Rng, generator


def dropout(x: Any, p: float = 0.5, training: bool = True, rng: Rng = None) -> Any:
    """Each number 0 with probability p, else divided by 1 - p; x itself unless training.

    Args:
        x: any shape.
        p: from 0 (x itself) to 1 (zeros).
        rng: a Generator or a seed; default the shared generator.

    Raises:
        TypeError, ValueError: p is not a number in [0, 1].

    >>> dropout(np.ones(6), p=0.5, rng=0)
    array([2., 0., 0., 0., 2., 2.])
    """
    p = probability("p", p)
    x = as_array(x)
    if not training or p == 0:
        return x
    if p == 1:
        return where(np.zeros(x.shape, bool), x, 0.0)
    kept = generator(rng).random(x.shape) >= p
    # a product is several times faster than a choice; Python's float keeps float32 as it is
    factor = kept * (1 / (1 - p))
    dtype = dtype_of(x)
    return x * (factor.astype(dtype) if dtype.kind == "f" else factor)


class Dropout(Module):
    """In training each number is 0 with probability p, else divided by 1 - p; in eval mode x.

    Args:
        p: from 0 (nothing is dropped) to 1 (everything is).
        rng: a Generator or a seed; default the shared generator.

    Raises:
        TypeError, ValueError: p is not a number in [0, 1].

    >>> layer = Dropout(0.5, rng=0)
    >>> layer([1.0, 1.0, 1.0]).tolist(), layer.eval()([1.0, 1.0, 1.0]).tolist()
    ([2.0, 0.0, 0.0], [1.0, 1.0, 1.0])
    """

    def __init__(self, p: float = 0.5, rng: Rng = None) -> None:
        self.p = probability("p", p)
        self.rng = None if rng is None else generator(rng)

    def forward(self, x: Any) -> Any:
        """Same shape."""
        return dropout(x, self.p, self.training, self.rng)

    def extra_repr(self) -> str:
        return f"p={self.p:g}"
