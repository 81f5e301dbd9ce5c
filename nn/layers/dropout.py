"""`Dropout`: numbers left out at random while training; `Dropout2d`: whole channels of images.

`inplace` is taken as in PyTorch, and changes nothing: the input stays as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import where
from engine.creating import draw_anew

from ..buffers import refuse_values
from ..checks import as_array, dtype_of, instance_of, probability
from ..module import Module
from ..random import Rng, generator


def dropout(
    x: Any, p: float = 0.5, training: bool = True, rng: Rng = None, inplace: bool = False
) -> Any:
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
    x = as_array(x)
    return _dropped(x, x.shape, p, training, rng)


def dropout2d(
    x: Any, p: float = 0.5, training: bool = True, rng: Rng = None, inplace: bool = False
) -> Any:
    """Each channel of each image 0 with probability p, else divided by 1 - p.

    Args:
        x: images, shape (batch, channels, height, width).
        p, training, rng: as for `dropout`.

    Raises:
        TypeError, ValueError: p is not a number in [0, 1], or x has another number of axes.

    >>> dropout2d(np.ones((1, 3, 1, 2)), rng=0).tolist()
    [[[[2.0, 2.0]], [[0.0, 0.0]], [[0.0, 0.0]]]]
    """
    x = as_array(x)
    if x.ndim != 4:
        raise ValueError(
            f"dropout2d() takes images of shape (batch, channels, height, width), got {x.shape}"
        )
    return _dropped(x, (*x.shape[:2], 1, 1), p, training, rng)


def _dropped(x: Any, shape: tuple[int, ...], p: Any, training: bool, rng: Rng) -> Any:
    """x times a factor for each place of a shape that is broadcast with x: 0, or 1 / (1 - p)."""
    p = probability("p", p)
    if not training or p == 0:
        return x
    if p == 1:
        return where(np.zeros(x.shape, bool), x, 0.0)
    kept = draw_anew(rng, lambda source: source.random(shape)) >= p
    if type(kept) is not np.ndarray:
        refuse_values("dropout", x)
    dtype = dtype_of(x)
    scale = dtype.type(1 / (1 - p)) if dtype.kind == "f" else 1 / (1 - p)
    return x * (kept * scale)  # a product is several times faster than a choice


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

    _function = staticmethod(dropout)

    def __init__(self, p: float = 0.5, inplace: bool = False, rng: Rng = None) -> None:
        instance_of(bool, inplace=inplace)
        self.p = probability("p", p)
        self.rng = None if rng is None else generator(rng)

    def forward(self, x: Any) -> Any:
        """Same shape."""
        return self._function(x, self.p, self.training, self.rng)

    def extra_repr(self) -> str:
        return f"p={self.p:g}"


class Dropout2d(Dropout):
    """`Dropout` of whole channels: images of shape (batch, channels, height, width).

    >>> Dropout2d(0.5, rng=0)(np.ones((1, 3, 1, 2))).tolist()
    [[[[2.0, 2.0]], [[0.0, 0.0]], [[0.0, 0.0]]]]
    """

    _function = staticmethod(dropout2d)
