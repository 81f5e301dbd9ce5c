"""Tensors at random: `generator` (PyTorch's name) or `rng` (NumPy's) is where numbers come from.

Either is a generator or a seed; by default the one that `manual_seed` seeds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from ..counts import at_least, shape_of
from ..generators import Rng
from ..node import Node, to_numpy
from ..tensors import Tensor
from .anew import drawn_leaf, numbers_outside
from .filled import like


def _floating(dtype: Any) -> np.dtype[Any]:
    dtype = np.dtype(dtype or np.float64)
    if dtype.kind != "f":
        raise TypeError(f"dtype must be a floating-point one, got {dtype}; use randint()")
    return dtype


def rand(
    *shape: Any,
    size: Any = None,
    generator: Rng = None,
    rng: Rng = None,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Uniform in [0, 1): `rand(2, 3)` or `rand((2, 3))`; float64 by default.

    >>> rand(2, 3, generator=0).shape
    (2, 3)
    """
    dtype, full = _floating(dtype), shape_of(shape, size)

    def draw(source: np.random.Generator) -> ndarray:
        numbers = source.random(full)
        if dtype == numbers.dtype:
            return numbers
        # rounded to fewer digits, the largest would become 1: cut them off
        digits = 2.0 ** (np.finfo(dtype).nmant + 1)
        return (np.floor(numbers * digits) / digits).astype(dtype)

    return drawn_leaf(generator, rng, draw, requires_grad, device)


def randn(
    *shape: Any,
    size: Any = None,
    generator: Rng = None,
    rng: Rng = None,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Normal, of mean 0 and standard deviation 1; in all else as `rand`.

    >>> randn(3, generator=0).tolist() == np.random.default_rng(0).normal(size=3).tolist()
    True
    """
    dtype, full = _floating(dtype), shape_of(shape, size)
    return drawn_leaf(
        generator, rng, lambda source: source.standard_normal(full).astype(dtype),
        requires_grad, device,
    )  # fmt: skip


def rand_like(x: Any, *, dtype: Any = None, **given: Any) -> Tensor:
    """`rand` of the shape and dtype of x, with its keywords.

    >>> rand_like(np.ones((2, 3), np.float32), generator=0).dtype
    dtype('float32')
    """
    shape, own = like(x)
    return rand(size=shape, dtype=own if dtype is None else dtype, **given)


def randn_like(x: Any, *, dtype: Any = None, **given: Any) -> Tensor:
    """`randn` of the shape and dtype of x, with its keywords.

    >>> randn_like(np.ones((2, 3)), generator=0).shape
    (2, 3)
    """
    shape, own = like(x)
    return randn(size=shape, dtype=own if dtype is None else dtype, **given)


def randint(
    *bounds: int,
    low: int | None = None,
    high: int | None = None,
    size: Any = None,
    generator: Rng = None,
    rng: Rng = None,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Integers at random, low <= n < high: `randint(low, high, size)` or `randint(high, size)`.

    Args:
        low: 0 by default.
        size: the shape, a tuple.
        dtype: int64 by default; what is drawn are integers in any case.

    Raises:
        TypeError: high or size is missing, or not an int or a tuple.
        ValueError: there is no integer between low and high, or the dtype does not hold them.

    >>> randint(0, 10, (3,), generator=0)
    Tensor([8, 6, 5])
    """
    given: list[Any] = list(bounds)
    if size is None and given:
        size = given.pop()
    if high is None and given:
        high = given.pop()
    if low is None:
        low = given.pop() if given else 0
    ends: list[Any] = [x for x in (low, high) if hasattr(x, "__index__")]
    if given or len(ends) < 2 or not isinstance(size, tuple | list):
        raise TypeError(
            "randint() takes (low, high, size) or (high, size), two ints and a tuple: "
            f"got {bounds}, low={low!r}, high={high!r}, size={size!r}"
        )
    dtype = np.dtype(np.int64 if dtype is None else dtype)
    kind: Any = dtype if dtype.kind in "iub" else np.int64
    full = shape_of((size,))

    def draw(source: np.random.Generator) -> ndarray:
        return source.integers(ends[0], ends[1], full, dtype=kind).astype(dtype, copy=False)

    return drawn_leaf(generator, rng, draw, requires_grad, device)


def randperm(
    n: int, *, generator: Rng = None, rng: Rng = None, dtype: Any = None, device: Any = None
) -> Tensor:
    """0, …, n-1 in random order.

    >>> randperm(4, generator=0)
    Tensor([2, 0, 1, 3])
    """
    at_least(0, n=n)
    kind = dtype or np.int64
    return drawn_leaf(
        generator, rng, lambda source: source.permutation(n).astype(kind), False, device
    )


def bernoulli(p: Any, *, generator: Rng = None, rng: Rng = None) -> Tensor:
    """1 with probability p, else 0, for each number of p, in its shape and dtype.

    No gradient flows to p.

    Raises:
        TypeError: p is not of floating-point numbers.
        ValueError: one is not in [0, 1].

    >>> bernoulli([0.0, 1.0, 0.5], generator=0)
    Tensor([0., 1., 1.])
    """
    p = numbers_outside("bernoulli", p, "engine.rand_like(p) < p")
    dtype = _floating(p.dtype)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("bernoulli() takes probabilities in [0, 1]")
    return drawn_leaf(generator, rng, lambda source: (source.random(p.shape) < p).astype(dtype))


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Rng = None,
    rng: Rng = None,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Normal: of the shape of `mean` and `std`, broadcast; or of shape `size`, if they are numbers.

    Raises:
        TypeError: size is missing, or given beside an array; or mean or std requires a gradient,
            which would be lost: `mean + std * engine.randn(...)` passes it on.
        ValueError: std is negative.

    >>> normal(10.0, 0.0, (2,)), normal([1.0, 2.0], 0.0)
    (Tensor([10., 10.]), Tensor([1., 2.]))
    """
    if any(isinstance(x, Node) and x.requires_grad for x in (mean, std)):
        raise TypeError(
            "normal() passes no gradient on to mean and std: use mean + std * engine.randn_like(…)"
        )
    way = "mean + std * engine.randn_like(mean)"
    kinds = [
        x if type(x) in (int, float) else numbers_outside("normal", x, way).dtype
        for x in (mean, std)
    ]
    mean, std = to_numpy(mean), to_numpy(std)
    if (size is None) == (mean.ndim == std.ndim == 0):
        raise TypeError("normal() takes arrays, or numbers and a size: normal(0.0, 1.0, (2, 3))")
    if not (std >= 0).all():
        raise ValueError("std of normal() must not be negative")
    if size is None:
        shape = np.broadcast_shapes(mean.shape, std.shape)
        dtype = dtype or np.result_type(*kinds, np.float16)
    else:
        shape = shape_of((size,))
    kind = _floating(dtype)

    def draw(source: np.random.Generator) -> ndarray:
        return np.asarray(mean + std * source.standard_normal(shape), kind)

    return drawn_leaf(generator, rng, draw, requires_grad, device)


def multinomial(
    weights: Any,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Rng = None,
    rng: Rng = None,
) -> Tensor:
    """Indices at random, each as likely as its weight, for one row of weights or for several.

    Args:
        weights: `(classes,)` or `(rows, classes)`; not negative, they need not add up to 1.
        num_samples: how many for each row.
        replacement: whether an index may come again.

    Raises:
        ValueError: other shapes, weights that are negative, nan, infinite or all 0, or fewer
            above 0 than samples, without replacement.

    >>> multinomial([0.0, 3.0, 0.0], 2, replacement=True)
    Tensor([1, 1])
    """
    p = numbers_outside("multinomial", weights, "what is drawn outside, as an argument")
    p = np.asarray(p, np.float64)
    at_least(1, num_samples=num_samples)
    if p.ndim not in (1, 2) or not p.shape[-1]:
        raise ValueError(f"weights must have shape (classes,) or (rows, classes), got {p.shape}")
    if not (np.isfinite(p) & (p >= 0)).all():
        raise ValueError("weights of multinomial() must be finite and not negative")
    fewest = (p > 0).sum(-1).min(initial=p.shape[-1])
    if fewest < (1 if replacement else num_samples):
        raise ValueError(
            f"multinomial() cannot draw {num_samples} of {fewest} weights above 0"
            + ("" if replacement else " without replacement")
        )
    pick = _again_and_again if replacement else _each_once
    p = p / p.max(-1, keepdims=True)
    return drawn_leaf(generator, rng, lambda source: pick(p, num_samples, source))


def _again_and_again(p: ndarray, n: int, source: np.random.Generator) -> ndarray:
    """A uniform number falls between two of the running sums: that is its index."""
    sums = p.cumsum(-1)
    places = source.random((*p.shape[:-1], n)) * sums[..., -1:]
    if p.ndim == 1:
        return np.searchsorted(sums, places, "right")
    rows = [np.searchsorted(s, u, "right") for s, u in zip(sums, places, strict=True)]
    return np.array(rows, np.int64).reshape(places.shape)


def _each_once(p: ndarray, n: int, source: np.random.Generator) -> ndarray:
    """A race: each arrives after an exponential time, sooner the larger its weight."""
    with np.errstate(divide="ignore"):  # never, of weight 0
        arrivals = np.log(source.standard_exponential(p.shape)) - np.log(p)
    return arrivals.argsort(-1)[..., :n]
