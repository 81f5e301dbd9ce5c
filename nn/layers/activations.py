"""Activations as modules; the functions are the engine's ops of the same name.

`inplace` is taken where PyTorch takes it, and changes nothing: the input stays as it is.
"""

from __future__ import annotations

from typing import Any

import engine

from ..checks import instance_of, one_of
from ..module import Module


class Identity(Module):
    """The input itself.

    >>> from engine import Tensor
    >>> Identity()(Tensor([1.0, -2.0])).tolist()
    [1.0, -2.0]
    """

    def forward(self, x: Any) -> Any:
        """x."""
        return x


class ReLU(Module):
    """max(x, 0); derivative 0 at 0.

    >>> ReLU()([-1.0, 2.0])
    array([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        instance_of(bool, inplace=inplace)

    def forward(self, x: Any) -> Any:
        """max(x, 0), element by element."""
        return engine.relu(x)


class LeakyReLU(Module):
    """x where positive, else negative_slope * x.

    >>> LeakyReLU(0.1)([-1.0, 2.0])
    array([-0.1,  2. ])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        instance_of(bool, inplace=inplace)
        self.negative_slope = float(negative_slope)

    def forward(self, x: Any) -> Any:
        return engine.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope:g}"


class ELU(Module):
    """x where positive, else alpha * (exp(x) - 1).

    >>> ELU()([2.0, -1000.0]).tolist()
    [2.0, -1.0]
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        instance_of(bool, inplace=inplace)
        self.alpha = float(alpha)

    def forward(self, x: Any) -> Any:
        return engine.elu(x, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha:g}"


class SiLU(Module):
    """x * sigmoid(x), also called swish.

    >>> SiLU()([0.0, 1.0]).round(4).tolist()
    [0.0, 0.7311]
    """

    def __init__(self, inplace: bool = False) -> None:
        instance_of(bool, inplace=inplace)

    def forward(self, x: Any) -> Any:
        return engine.silu(x)


class GELU(Module):
    """x times the normal distribution function at x; `approximate="tanh"` for the faster form.

    Raises:
        ValueError: approximate is neither "none" nor "tanh".

    >>> GELU()([0.0, 1.0]).round(4).tolist()
    [0.0, 0.8413]
    """

    def __init__(self, approximate: str = "none") -> None:
        one_of("approximate", approximate, "none", "tanh")
        self.approximate = approximate

    def forward(self, x: Any) -> Any:
        return engine.gelu(x, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class Tanh(Module):
    """Hyperbolic tangent.

    >>> Tanh()([0.0, 1000.0]).tolist()
    [0.0, 1.0]
    """

    def forward(self, x: Any) -> Any:
        return engine.tanh(x)


class Sigmoid(Module):
    """1 / (1 + exp(-x)).

    >>> Sigmoid()([0.0, -1000.0]).tolist()
    [0.5, 0.0]
    """

    def forward(self, x: Any) -> Any:
        return engine.sigmoid(x)


class Softplus(Module):
    """log(1 + exp(beta * x)) / beta.

    Raises:
        ValueError: beta is not positive.

    >>> Softplus()([0.0, 1000.0]).round(4).tolist()
    [0.6931, 1000.0]
    """

    def __init__(self, beta: float = 1.0) -> None:
        if not beta > 0:
            raise ValueError(f"beta must be positive, got {beta}")
        self.beta = float(beta)

    def forward(self, x: Any) -> Any:
        return engine.softplus(x, self.beta)

    def extra_repr(self) -> str:
        return f"beta={self.beta:g}"


class Softmax(Module):
    """exp(x) / sum(exp(x)) along `dim`.

    >>> Softmax()([0.0, 0.0])
    array([0.5, 0.5])
    """

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        """Same shape; numbers along `dim` are positive and sum to 1."""
        return engine.softmax(x, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """log(softmax(x)) along `dim`, without overflow or log(0).

    >>> LogSoftmax()([1000.0, 0.0]).tolist()
    [0.0, -1000.0]
    """

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        """Same shape."""
        return engine.log_softmax(x, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"
