"""`Linear`, the layer most of every network is made of, and the fused op behind it.

The idea: y = x Wᵀ + b, so the gradients are g W for x, gᵀ x for W, and the column sums of g for b.
`_product`, `column_sums` and `_is_faster_transposed` are quicker ways to the same numbers.
"""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np
from numpy import ndarray

from engine import expand_dims, fused, matmul, matrix_transpose, reshape, transpose
from engine.batching import Step, carried

from ..checks import as_array, at_least, width
from ..module import Module
from ..parameter import Parameter
from ..random import Rng, generator

FLOAT32 = np.dtype(np.float32)
MANY_ROWS = 4096  # ones for more than that are not worth keeping


def rows(x: Any) -> Any:
    """All axes but the last joined into one: (…, features) to (n, features)."""
    return x if x.ndim == 2 else x.reshape((-1, x.shape[-1]))


def _product(a: Any, b: Any) -> Any:
    """a @ b for matrices; of arrays by `dot`, which on small ones takes half as long as matmul."""
    return a.dot(b) if type(a) is ndarray and type(b) is ndarray else a @ b


@functools.lru_cache(maxsize=16)
def _short_ones(n: int, dtype: Any) -> ndarray:
    ones = np.ones(n, dtype)
    ones.flags.writeable = False
    return ones


def column_sums(g: Any) -> Any:
    """g.sum(axis=0) of a matrix; of an array as a product, in a third of the time or less.

    A product of float16 adds up in float32, too.
    """
    if type(g) is not ndarray:
        return g.sum(axis=0)
    n = len(g)
    ones = _short_ones(n, g.dtype) if n <= MANY_ROWS else np.ones(n, g.dtype)
    return ones.dot(g)


def _vjp_x(g: Any, y: Any, x: Any, weight: Any, bias: Any) -> Any:
    return _product(rows(g), weight).reshape(x.shape) if g.ndim > 2 else _product(g, weight)


def _vjp_weight(g: Any, y: Any, x: Any, weight: Any, bias: Any) -> Any:
    return _product(rows(g).T, rows(x))


def _vjp_bias(g: Any, y: Any, x: Any, weight: Any, bias: Any) -> Any:
    return column_sums(rows(g))


def _jvp(tangents: tuple[Any, Any, Any], y: Any, x: Any, weight: Any, bias: Any) -> Any:
    tx, tw, tb = tangents
    parts = [] if tx is None else [tx @ weight.T]
    if tw is not None:
        parts.append(x @ tw.T)
    if tb is not None:
        parts.append(tb)
    return functools.reduce(operator.add, parts)


@fused(
    _vjp_x, _vjp_weight, _vjp_bias, jvp=_jvp,
    name="linear", symbol="xWᵀ+b", elements=lambda x, weight, bias: x @ weight.T + bias,
)  # fmt: skip
def fused_linear(x: Any, weight: Any, bias: Any) -> Any:
    """x @ weight.T + bias, as one node."""
    # A product that is too large for float16 may fit when the bias is added.
    if x.dtype.type is np.float16 and weight.dtype.type is np.float16:
        y = fused_linear.forward(x.astype(FLOAT32), weight.astype(FLOAT32), bias)
        return y.astype(np.float16)
    flat = rows(x)
    if not type(x) is type(weight) is ndarray:
        y = flat @ weight.T + bias
    elif (
        x.dtype is FLOAT32
        and weight.dtype is FLOAT32
        and _is_faster_transposed(len(flat), *weight.shape)
    ):
        y = np.add(weight.dot(flat.T).T, bias, order="C")
    else:
        y = flat.dot(weight.T)
        if y.dtype is bias.dtype:
            y += bias
        else:
            y = y + bias
    return y if x.ndim == 2 else y.reshape((*x.shape[:-1], len(weight)))


def _of_batch(step: Step) -> Any:
    """Many inputs of one layer are one product; of many layers it is a product for each."""
    if step.first_alone():
        return step.apply(*step.inputs)
    x, weight, bias = map(step.spread, range(3))
    y = matmul(reshape(x, (step.size, -1, weight.shape[-1])), matrix_transpose(weight))
    return reshape(y + expand_dims(bias, 1), (step.size, *step.shape))


carried(_of_batch, fused_linear)


def _is_faster_transposed(n: int, out_features: int, in_features: int) -> bool:
    """Whether (weight @ x.T).T beats x @ weight.T, for n rows of float32.

    OpenBLAS takes a quarter less time for it where a few rows meet a large weight.
    """
    return 8 <= n <= 64 and out_features >= 4 * n and in_features >= 512


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """`x @ weight.T + bias`.

    Args:
        x: shape (…, in_features).
        weight: shape (out_features, in_features).
        bias: shape (out_features,), or None.

    Raises:
        ValueError: the shapes do not fit.

    >>> linear(np.array([1.0, 2.0]), np.array([[3.0, 4.0]]), np.array([0.5]))
    array([11.5])
    """
    x = as_array(x)
    if bias is None:
        return matmul(x, transpose(weight))
    return fused_linear(x, weight, bias)


class Linear(Module):
    """y = x Wᵀ + b, with x of shape (…, in_features) and y of shape (…, out_features).

    `weight` (out_features, in_features) and `bias` (out_features,) start uniform between
    ±1/√in_features, as in PyTorch.

    Args:
        bias: False leaves the bias out.
        rng: a Generator or a seed; default the shared generator.
        device: "cpu", the only one there is; so in all layers that take it, as PyTorch's do.
        dtype: of the parameters, default float64; so in all layers.

    Raises:
        ValueError: a size below 1, another device; in the call, an input whose last axis is not
            in_features.

    >>> layer = Linear(2, 3, rng=0)
    >>> layer([[1.0, 2.0]]).shape
    (1, 3)
    """

    weight: Any
    bias: Any

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        rng: Rng = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        at_least(1, in_features=in_features, out_features=out_features)
        self.in_features = in_features
        self.out_features = out_features
        rng = generator(rng)
        bound = 1 / math.sqrt(in_features)
        self.weight = Parameter(rng.uniform(-bound, bound, (out_features, in_features)))
        self.bias = Parameter(rng.uniform(-bound, bound, out_features)) if bias else None
        self.to(device, dtype)

    def forward(self, x: Any) -> Any:
        """Shapes (…, in_features) to (…, out_features)."""
        x = as_array(x)
        width(x, self.in_features, self)
        if self.bias is None:
            return linear(x, self.weight)
        return fused_linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}, bias={self.bias is not None}"
