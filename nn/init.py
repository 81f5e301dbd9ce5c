"""Initial weights, under PyTorch's names: each fills a parameter of either tier, and returns it.

    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", rng=0)

A trailing underscore means, as there, that the argument itself is changed.  Formulas: Glorot and
Bengio 2010 (xavier), He et al. 2015 (kaiming), Saxe et al. 2013 (orthogonal).
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np

from engine import Tensor, ValueArray
from engine.arrays import Array

from .checks import one_of
from .parameter import fill
from .random import Rng, generator

__all__ = [
    "calculate_gain", "constant_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_",
    "orthogonal_", "trunc_normal_", "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_",
]  # fmt: skip

LINEAR = ("linear", "conv1d", "conv2d", "sigmoid")


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By what a nonlinearity makes up for the spread it takes away.

    Args:
        nonlinearity: linear, conv1d, conv2d, sigmoid (1), tanh (5/3), relu (√2), leaky_relu
            (√(2 / (1 + slope²))) or selu (3/4).
        param: the slope of leaky_relu, default 0.01.

    Raises:
        ValueError: another name.

    >>> round(calculate_gain("relu"), 4), calculate_gain("leaky_relu", 1.0)
    (1.4142, 1.0)
    """
    if nonlinearity in LINEAR:
        return 1.0
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"param, the negative slope, must be a number, got {param!r:.60}")
        return math.sqrt(2 / (1 + slope * slope))
    gains = {"tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}
    if nonlinearity not in gains:
        names = ", ".join([*LINEAR, *gains, "leaky_relu"])
        raise ValueError(f"nonlinearity must be one of {names}, got {nonlinearity!r}")
    return gains[nonlinearity]


def _fill(tensor: Any, array: Any) -> Any:
    """Put numbers of its shape into a leaf of either tier, or into an array."""
    if isinstance(tensor, Tensor | ValueArray):
        fill(tensor, array)
    else:
        tensor.copy_(array)
    return tensor


def _check(tensor: Any, axes: int = 0) -> tuple[int, ...]:
    """The shape of what is to be filled."""
    if isinstance(tensor, Array) and tensor.dtype.kind == "f":  # layer.weight.data
        return tensor.shape
    if not isinstance(tensor, Tensor | ValueArray):
        raise TypeError(
            f"tensor must be a Tensor, its data, or a ValueArray, got {type(tensor).__name__}"
        )
    if isinstance(tensor, Tensor) and tensor.op is not None:
        raise ValueError(f"tensor must be a leaf, this is the result of {tensor.op.name}()")
    if tensor.ndim < axes:
        raise ValueError(f"tensor must have at least {axes} axes, got shape {tensor.shape}")
    return tensor.shape


def _fans(tensor: Any) -> tuple[int, int]:
    """How many numbers lead into one output, and how many outputs one input leads to."""
    shape = _check(tensor, 2)
    area = math.prod(shape[2:])
    return shape[1] * area, shape[0] * area


# --- plain distributions ---


def constant_(tensor: Any, val: float) -> Any:
    """Every number `val`.

    >>> from engine import Tensor
    >>> constant_(Tensor([0.0, 0.0]), 0.5).tolist()
    [0.5, 0.5]
    """
    return _fill(tensor, np.full(_check(tensor), float(val)))


def zeros_(tensor: Any) -> Any:
    """Every number 0.

    >>> from engine import Tensor
    >>> zeros_(Tensor([1.0, 2.0])).tolist()
    [0.0, 0.0]
    """
    return constant_(tensor, 0.0)


def ones_(tensor: Any) -> Any:
    """Every number 1.

    >>> from engine import Tensor
    >>> ones_(Tensor([1.0, 2.0])).tolist()
    [1.0, 1.0]
    """
    return constant_(tensor, 1.0)


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, rng: Rng = None) -> Any:
    """Uniform between a and b.

    Raises:
        ValueError: a > b.

    >>> from engine import Tensor
    >>> w = uniform_(Tensor([0.0, 0.0]), 1.0, 2.0, rng=0)
    >>> bool((w.data >= 1).all())
    True
    """
    shape = _check(tensor)
    if not a <= b:
        raise ValueError(f"a must not be above b, got {a} and {b}")
    return _fill(tensor, generator(rng).uniform(a, b, shape))


def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, rng: Rng = None) -> Any:
    """Normal with a mean and a standard deviation.

    Raises:
        ValueError: std is negative.

    >>> from engine import Tensor
    >>> float(normal_(Tensor(np.zeros(10000)), mean=3.0, rng=0).data.mean().round(1))
    3.0
    """
    shape = _check(tensor)
    _check_std(std)
    return _fill(tensor, generator(rng).normal(mean, std, shape))


def _check_std(std: float) -> None:
    if not std >= 0:
        raise ValueError(f"std must not be negative, got {std}")


def trunc_normal_(
    tensor: Any,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    rng: Rng = None,
) -> Any:
    """Normal, given that the number lies between a and b (numbers, not multiples of std).

    Raises:
        ValueError: a >= b, std not positive, or [a, b] so far out that nothing is there.

    >>> from engine import Tensor
    >>> w = trunc_normal_(Tensor(np.zeros(1000)), std=5.0, a=-1.0, b=3.0, rng=0)
    >>> bool(w.data.min() >= -1 and w.data.max() <= 3)
    True
    """
    shape = _check(tensor)
    if not a < b:
        raise ValueError(f"a must be below b, got {a} and {b}")
    if not std > 0:
        raise ValueError(f"std must be positive, got {std}")
    normal = NormalDist()
    low, high = (a - mean) / std, (b - mean) / std
    mirrored = low > 0  # the cdf is exact in the lower tail only
    low, high = (-high, -low) if mirrored else (low, high)
    least, most = normal.cdf(low), normal.cdf(high)
    if not least < most:
        raise ValueError(f"[a, b] = [{a}, {b}] lies too far from mean {mean} with std {std}")
    chance = generator(rng).uniform(least, most, shape)
    inside = np.clip(chance, np.nextafter(0.0, 1.0), np.nextafter(1.0, 0.0))
    z = np.frompyfunc(normal.inv_cdf, 1, 1)(inside)
    z = np.asarray(z, dtype=np.float64)
    return _fill(tensor, np.clip(mean + std * (-z if mirrored else z), a, b))


# --- scaled by the layer's size ---


def xavier_uniform_(tensor: Any, gain: float = 1.0, rng: Rng = None) -> Any:
    """Uniform between ±gain·√(6 / (fan_in + fan_out)).

    Args:
        tensor: a weight of shape (out, in, …).

    Raises:
        ValueError: fewer than 2 axes.

    >>> from engine import Tensor
    >>> bool(abs(xavier_uniform_(Tensor(np.zeros((3, 3))), rng=0).data).max() <= 1)
    True
    """
    bound = gain * math.sqrt(6 / sum(_fans(tensor)))
    return uniform_(tensor, -bound, bound, rng)


def xavier_normal_(tensor: Any, gain: float = 1.0, rng: Rng = None) -> Any:
    """Normal with standard deviation gain·√(2 / (fan_in + fan_out)).

    Args:
        tensor: a weight of shape (out, in, …).

    Raises:
        ValueError: fewer than 2 axes.

    >>> from engine import Tensor
    >>> float(xavier_normal_(Tensor(np.zeros((100, 100))), rng=0).data.std().round(2))
    0.1
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(_fans(tensor))), rng)


def _kaiming_std(tensor: Any, a: float, mode: str, nonlinearity: str) -> float:
    one_of("mode", mode, "fan_in", "fan_out")
    fan = _fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def kaiming_uniform_(
    tensor: Any,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    rng: Rng = None,
) -> Any:
    """Uniform between ±gain·√(3 / fan).

    Args:
        tensor: a weight of shape (out, in, …).
        a: slope of leaky_relu, where that comes next.
        mode: keep the spread of results ("fan_in") or of gradients ("fan_out").
        nonlinearity: what comes next, see `calculate_gain`.

    Raises:
        ValueError: fewer than 2 axes, or an unknown mode or nonlinearity.

    >>> from engine import Tensor
    >>> bool(abs(kaiming_uniform_(Tensor(np.zeros((9, 6))), rng=0).data).max() <= 1)
    True
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, rng)


def kaiming_normal_(
    tensor: Any,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    rng: Rng = None,
) -> Any:
    """Normal with standard deviation gain / √fan; arguments and errors of `kaiming_uniform_`.

    >>> from engine import Tensor
    >>> float(kaiming_normal_(Tensor(np.zeros((99, 50))), rng=0).data.std().round(1))
    0.2
    """
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), rng)


def orthogonal_(tensor: Any, gain: float = 1.0, rng: Rng = None) -> Any:
    """A random matrix whose rows (or columns, if they are fewer) are orthogonal, of length gain.

    All axes but the first count as columns.

    Raises:
        ValueError: fewer than 2 axes.

    >>> from engine import Tensor
    >>> w = orthogonal_(Tensor(np.zeros((2, 3))), rng=0).data
    >>> np.allclose(w @ w.T, np.eye(2))
    True
    """
    shape = _check(tensor, 2)
    rows, columns = shape[0], math.prod(shape[1:])
    tall = generator(rng).normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(tall)
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)  # else not every such matrix is equally likely
    return _fill(tensor, gain * (q.T if rows < columns else q).reshape(shape))
