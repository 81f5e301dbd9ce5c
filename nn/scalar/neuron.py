"""A whole neuron as one node of the scalar tier: fast, and small enough to be drawn."""

from __future__ import annotations

from functools import reduce
from math import isfinite
from operator import add, mul
from typing import Any

from engine import fused, has_numbers, relu, where

# The order is x…, w…, b: n inputs, as many weights, and the bias.  These run for every neuron and
# every sample, so each goes once over the numbers, in as few calls as possible.


def _weighted_sum(*numbers: Any) -> Any:
    return _sum(numbers)


def _sum(numbers: tuple[Any, ...]) -> Any:
    n = len(numbers) // 2
    # `map` stops after n products.  `sum` of floats rounds otherwise from Python 3.12 on, than the
    # plain sums that a compiled neuron is written in.
    return reduce(add, map(mul, numbers[n:-1], numbers), numbers[-1])


def _relu_of_sum(*numbers: Any) -> Any:
    return relu(_sum(numbers))


def _linear_vjp(g: Any, y: Any, *numbers: Any) -> list[Any]:
    return _parts(g, numbers)


def _parts(g: Any, numbers: tuple[Any, ...]) -> list[Any]:
    n = len(numbers) // 2
    parts = [g * v for v in numbers[n:-1] + numbers[:n]]
    parts.append(g)
    return parts


def _relu_vjp(g: Any, y: Any, *numbers: Any) -> list[Any]:
    if not has_numbers(g):  # each part as below
        return [where(y <= 0, 0.0, part) for part in _parts(g, numbers)]
    if type(g) is not float:  # a rule that is to be differentiated itself
        return _parts(where(y <= 0, 0.0, g), numbers)
    if y > 0 or y != y:  # the gate is open for nan too
        return _parts(g, numbers)
    if isfinite(sum(numbers)):  # then all are: each product is 0, and there is none to take
        return [0.0] * len(numbers)
    return _parts(0.0, numbers)


@fused(elements=_weighted_sum, vjp_all=_linear_vjp, symbol="Σwx+b", wide=True)
def linear_neuron(*numbers: Any) -> Any:
    """w·x + b, of the numbers x…, w…, b."""
    return _sum(numbers)


@fused(elements=_relu_of_sum, vjp_all=_relu_vjp, symbol="relu Σwx+b", wide=True)
def relu_neuron(*numbers: Any) -> Any:
    """max(w·x + b, 0), of the numbers x…, w…, b."""
    total = _sum(numbers)
    return 0.0 if total <= 0 else total
