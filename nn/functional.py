"""Layers and losses as functions, as PyTorch has them: `from nn import functional as F`."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

import engine
from engine import (
    gelu as gelu,
    logsigmoid as logsigmoid,
    sigmoid as sigmoid,
    softplus as softplus,
    tanh as tanh,
)
from engine.arrays import friendly as _friendly

from .buffers import without_gradient as _without_gradient
from .checked import check_of as _check_of
from .layers import (
    adaptive_avg_pool2d as adaptive_avg_pool2d,
    avg_pool1d as avg_pool1d,
    avg_pool2d as avg_pool2d,
    batch_norm as batch_norm,
    conv1d as conv1d,
    conv2d as conv2d,
    conv_transpose1d as conv_transpose1d,
    conv_transpose2d as conv_transpose2d,
    cosine_similarity as cosine_similarity,
    dropout as dropout,
    dropout2d as dropout2d,
    embedding as embedding,
    group_norm as group_norm,
    instance_norm as instance_norm,
    interpolate as interpolate,
    layer_norm as layer_norm,
    linear as linear,
    max_pool1d as max_pool1d,
    max_pool2d as max_pool2d,
    normalize as normalize,
    rms_norm as rms_norm,
    scaled_dot_product_attention as scaled_dot_product_attention,
)
from .losses import (
    binary_cross_entropy as binary_cross_entropy,
    binary_cross_entropy_with_logits as binary_cross_entropy_with_logits,
    cross_entropy as cross_entropy,
    hinge_loss as hinge_loss,
    huber_loss as huber_loss,
    kl_div as kl_div,
    l1_loss as l1_loss,
    mse_loss as mse_loss,
    nll_loss as nll_loss,
    smooth_l1_loss as smooth_l1_loss,
)

# --- activations that PyTorch can do in place: `inplace` is taken, and changes nothing ---


def relu(x: Any, inplace: bool = False) -> Any:
    """max(x, 0); `engine.relu`.

    >>> relu(np.array([-1.0, 2.0]), inplace=True)
    array([0., 2.])
    """
    return engine.relu(x)


def leaky_relu(x: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """x where positive, else negative_slope * x; `engine.leaky_relu`.

    >>> leaky_relu([2.0, -2.0], 0.1).tolist()
    [2.0, -0.2]
    """
    return engine.leaky_relu(x, negative_slope)


def elu(x: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x where positive, else alpha * (exp(x) - 1); `engine.elu`.

    >>> elu([2.0, -1000.0]).tolist()
    [2.0, -1.0]
    """
    return engine.elu(x, alpha)


def silu(x: Any, inplace: bool = False) -> Any:
    """x * sigmoid(x); `engine.silu`.

    >>> silu([0.0, -1000.0]).tolist()
    [0.0, -0.0]
    """
    return engine.silu(x)


#: PyTorch's names of what to pad with, and NumPy's.
_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(x: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """x with a border: `pad` is (left, right) of the last axis, then of the one before, and so on.

    Not NumPy's pad_width, which begins with the first axis (`engine.pad`).  A negative number cuts.

    Args:
        x: an array of any shape.
        pad: an even count of ints, at most two for each axis.
        mode: "constant", "reflect", "replicate" (the edge) or "circular".
        value: the constant; 0 by default, for mode "constant" only.

    Raises:
        TypeError: pad is not a sequence of ints.
        ValueError: pad does not fit x, or mode is unknown or takes no value.

    >>> pad(np.array([[1.0, 2.0]]), (1, 0, 0, 1))
    array([[0., 1., 2.],
           [0., 0., 0.]])
    """
    if mode not in _MODES:
        raise ValueError(f"mode of pad() must be one of {', '.join(_MODES)}, got {mode!r}")
    if value is not None and mode != "constant":
        raise ValueError(f"pad() with mode {mode!r} takes no value, got {value!r}")
    pairs = _pairs(pad, np.shape(x), mode)
    border = [(max(before, 0), max(after, 0)) for before, after in pairs]
    number = 0.0 if value is None else value
    if mode == "reflect":  # what is cut off is seen in the mirror; elsewhere it is gone
        return _without_ends(engine.pad(x, border, _MODES[mode], number), pairs)
    return engine.pad(_without_ends(x, pairs), border, _MODES[mode], number)


def _without_ends(x: Any, pairs: list[tuple[int, int]]) -> Any:
    """x without as many at the ends of its axes as negative numbers say."""
    if min(map(min, pairs), default=0) >= 0:
        return x
    ends = zip(pairs, np.shape(x), strict=True)
    return engine.getitem(x, tuple(slice(max(-b, 0), n - max(-a, 0)) for (b, a), n in ends))


def _pairs(pad: Sequence[int], shape: tuple[int, ...], mode: str) -> list[tuple[int, int]]:
    """(before, after) of every axis in order, checked."""
    try:
        numbers = [operator.index(n) for n in pad]
    except TypeError:
        raise TypeError(f"pad of pad() must be a sequence of ints, got {pad!r}") from None
    if len(numbers) % 2 or len(numbers) > 2 * len(shape):
        raise ValueError(
            f"pad of pad() must hold two ints for each of at most {len(shape)} axes, from the last "
            f"on, got {pad!r}; engine.pad takes NumPy's pad_width"
        )
    pairs = [(0, 0)] * len(shape)
    for i in range(len(numbers) // 2):
        pairs[-1 - i] = (numbers[2 * i], numbers[2 * i + 1])
    for n, pair in zip(shape, pairs, strict=True):
        cut = sum(max(-one, 0) for one in pair)
        if cut > n:
            raise ValueError(f"pad {pair} of pad() cuts more than the length {n} of its axis")
        most = {"reflect": n - 1, "circular": n - cut}.get(mode)
        if most is not None and max(pair) > max(most, 0):
            raise ValueError(f"{mode} takes at most {most} of an axis of {n}, got pad {pair}")
    return pairs


def softmax(x: Any, dim: int | None = None, dtype: Any = None) -> Any:
    """exp(x) / sum(exp(x)) along `dim`, which may be left out for one or two axes: the last.

    Args:
        dtype: what x is converted to before.

    Raises:
        TypeError: dim is left out for more axes, where PyTorch would take the first or second.

    >>> softmax(np.zeros(2))
    array([0.5, 0.5])
    """
    return engine.softmax(_as_dtype(x, dtype), _last(x, dim, "softmax"))


def log_softmax(x: Any, dim: int | None = None, dtype: Any = None) -> Any:
    """log(softmax(x)) along `dim`, as `softmax`; without overflow or log(0).

    >>> log_softmax([1000.0, 0.0], dim=0).tolist()
    [0.0, -1000.0]
    """
    return engine.log_softmax(_as_dtype(x, dtype), _last(x, dim, "log_softmax"))


def _as_dtype(x: Any, dtype: Any) -> Any:
    return x if dtype is None else engine.cast(x, dtype)


def _last(x: Any, dim: int | None, name: str) -> int:
    if dim is None and np.ndim(x) > 2:
        raise TypeError(
            f"{name}() of {np.ndim(x)} axes needs dim: PyTorch's default is {int(np.ndim(x) != 3)} "
            f"here, engine.{name}'s the last axis"
        )
    return -1 if dim is None else dim


def one_hot(labels: Any, num_classes: int = -1) -> Any:
    """For each label a row of zeros with a 1 at its place: shape (…) gives (…, num_classes).

    int64, of a Tensor a Tensor; `.float()` makes what a layer takes.

    Args:
        labels: integers, at least 0.
        num_classes: by default one more than the largest label.

    Raises:
        TypeError: labels are not integers.
        ValueError: one is negative, or not below num_classes; or there is none, and num_classes is
            left out.

    >>> one_hot([0, 2])
    array([[1, 0, 0],
           [0, 0, 1]])
    """
    numbers = _without_gradient(labels)
    if numbers.dtype.kind not in "iu":
        raise TypeError(f"one_hot() takes integers, got dtype {numbers.dtype}: use labels.long()")
    if num_classes == -1:
        if not engine.has_numbers(numbers):
            raise TypeError("one_hot() in a compiled function needs num_classes")
        if not numbers.size:
            raise ValueError("one_hot() of no labels needs num_classes")
        num_classes = int(numbers.max()) + 1
    engine.at_least(1, num_classes=num_classes)
    numbers = _of_classes(numbers, num_classes)
    rows = (numbers[..., None] == np.arange(num_classes)).astype(np.int64)
    if not engine.has_numbers(rows):
        return rows
    return engine.Tensor(rows) if isinstance(labels, engine.Tensor) else _friendly(rows)


@_check_of
def _of_classes(labels: np.ndarray, num_classes: int) -> None:
    """labels, checked to lie below num_classes."""
    if labels.size and not (labels.min() >= 0 and labels.max() < num_classes):
        raise ValueError(
            f"labels of one_hot() must be at least 0 and below num_classes, {num_classes}, "
            f"got {labels.min()} to {labels.max()}"
        )
