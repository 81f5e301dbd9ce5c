"""A whole neuron as one node of the scalar tier: fast, and small enough to be drawn."""

from __future__ import annotations

from operator import mul
from typing import Any

from engine import relu, where
from engine.fused import fused

__all__ = ["linear_neuron", "relu_neuron"]


def _split(numbers: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...], Any]:
    """x…, w…, b: the inputs, as many weights, and the bias."""
    n = len(numbers) // 2
    return numbers[:n], numbers[n:-1], numbers[-1]


def _weighted_sum(*numbers: Any) -> Any:
    x, w, b = _split(numbers)
    return sum(map(mul, w, x), b)


def _relu_of_sum(*numbers: Any) -> Any:
    return relu(_weighted_sum(*numbers))


def _linear_vjp(g: Any, y: Any, *numbers: Any) -> tuple[Any, ...]:
    x, w, _ = _split(numbers)
    return (*[g * v for v in w], *[g * v for v in x], g)


def _relu_vjp(g: Any, y: Any, *numbers: Any) -> tuple[Any, ...]:
    return _linear_vjp(where(y <= 0, 0.0, g), y, *numbers)


@fused(elements=_weighted_sum, vjp_all=_linear_vjp, symbol="Σwx+b", wide=True)
def linear_neuron(*numbers: Any) -> Any:
    """w·x + b, of the numbers x…, w…, b."""
    return _weighted_sum(*numbers)


@fused(elements=_relu_of_sum, vjp_all=_relu_vjp, symbol="relu Σwx+b", wide=True)
def relu_neuron(*numbers: Any) -> Any:
    """max(w·x + b, 0), of the numbers x…, w…, b."""
    total = _weighted_sum(*numbers)
    return 0.0 if total <= 0 else total
