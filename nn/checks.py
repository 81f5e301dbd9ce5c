"""What layers check before they compute: sizes when they are made, shapes when they are called."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import (
    Node,
    Value,
    ValueArray,
    array_of,
    at_least as at_least,
    is_grad_enabled,
    to_numpy,
)


def instance_of(kind: type, **things: Any) -> None:
    """Check that each thing is of that class.

    Raises:
        TypeError: one is not.

    >>> instance_of(bool, nesterov=1)
    Traceback (most recent call last):
    TypeError: nesterov must be a bool, got int: 1
    """
    for name, x in things.items():
        if not isinstance(x, kind):
            article = "an" if kind.__name__[0] in "AEIOU" else "a"
            raise TypeError(
                f"{name} must be {article} {kind.__name__}, got {type(x).__name__}: {x!r:.60}"
            )


def _single(x: Any) -> Any:
    """A single number as an array has it (`w.data.max()`) as Python's; anything else as it is."""
    return x.item() if isinstance(x, np.ndarray) and not x.ndim else x


def number(name: str, x: Any, least: float = -math.inf, below: float = math.inf) -> float:
    """x as a finite float, least ≤ x < below.

    Raises:
        TypeError: x is not a number.
        ValueError: x lies outside, or is nan.

    >>> number("lr", -1, least=0)
    Traceback (most recent call last):
    ValueError: lr must be a finite number, at least 0, got -1
    """
    x = _single(x)
    if isinstance(x, bool) or not isinstance(x, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be a number, got {type(x).__name__}: {x!r:.60}")
    if not (least <= x < below and math.isfinite(x)):
        bounds = f", at least {least:g}" if least > -math.inf else ""
        bounds += f", below {below:g}" if below < math.inf else ""
        raise ValueError(f"{name} must be a finite number{bounds}, got {x}")
    return float(x)


def one_of(name: str, x: Any, *known: Any) -> None:
    """Check that x is one of those.

    Raises:
        ValueError: it is not.

    >>> one_of("reduction", "average", "none", "mean", "sum")
    Traceback (most recent call last):
    ValueError: reduction must be 'none', 'mean' or 'sum', got 'average'
    """
    if x not in known:
        *first, last = map(repr, known)
        raise ValueError(f"{name} must be {', '.join(first)} or {last}, got {x!r:.60}")


def probability(name: str, p: Any) -> float:
    """p as a float in [0, 1].

    Raises:
        TypeError: p is not a number.
        ValueError: p lies outside [0, 1].

    >>> probability("p", 1)
    1.0
    """
    p = _single(p)
    if isinstance(p, bool) or not isinstance(p, int | float | np.number):
        raise TypeError(f"{name} must be a number, got {type(p).__name__}: {p!r:.60}")
    if not 0 <= p <= 1:
        raise ValueError(f"{name} must lie in [0, 1], got {p}")
    return float(p)


_WITH_SHAPE = (Node, np.ndarray)


def as_array(x: Any) -> Any:
    """x itself if it has a shape (of either tier, or an array), else a new array.

    A list of nodes becomes a Tensor or an array of Values, part of the graph.
    """
    return x if isinstance(x, _WITH_SHAPE) else array_of(x)


def is_tracked(x: Any) -> bool:
    """Whether x is a node, or an array with one in it, that requires a gradient."""
    nodes = x.flat if isinstance(x, ValueArray) else [x]
    return any(isinstance(node, Node) and node.requires_grad for node in nodes)


def plain(name: str, x: Any) -> np.ndarray:
    """The numbers of x, to which no gradient flows.

    Raises:
        TypeError: x requires a gradient, which would be lost.

    >>> plain("pos_weight", [1.0, 2.0])
    array([1., 2.])
    """
    x = as_array(x)
    if is_grad_enabled() and is_tracked(x):
        raise TypeError(
            f"{name} is not differentiated and must be plain, got a {type(x).__name__} that "
            "requires a gradient: it would be lost; detach() it"
        )
    return to_numpy(x)


def floating(name: str, x: Any) -> Any:
    """`as_array` of floating-point numbers.

    Raises:
        TypeError: others.

    >>> floating("layer_norm()", [1, 2])
    Traceback (most recent call last):
    TypeError: layer_norm() takes floating-point numbers, got dtype int64
    """
    x = as_array(x)
    if x.dtype.kind not in "fO":
        raise TypeError(f"{name} takes floating-point numbers, got dtype {x.dtype}")
    return x


def dtype_of(x: Any) -> np.dtype[Any]:
    """The dtype of the numbers in x: float64 on the scalar tier.

    >>> from engine import Tensor
    >>> dtype_of(Tensor(1.0, dtype=np.float32)), dtype_of(Value(1.0))
    (dtype('float32'), dtype('float64'))
    """
    return np.dtype(np.float64) if isinstance(x, Value | ValueArray) else x.dtype


def width(x: Any, features: int, layer: Any) -> None:
    """Check that the last axis of x has `features` elements.

    Raises:
        ValueError: it has not, or x is a single number.
    """
    shape = x.shape
    if not shape or shape[-1] != features:
        raise ValueError(
            f"{type(layer).__name__} takes inputs of shape (…, {features}), got {shape}"
        )


def rank(x: Any, ranks: tuple[int, ...], shape: str, layer: Any) -> None:
    """Check that x has one of these numbers of axes; `shape` says in words what they are.

    Raises:
        ValueError: it has not.
    """
    if x.ndim not in ranks:
        raise ValueError(f"{type(layer).__name__} takes inputs of shape {shape}, got {x.shape}")
