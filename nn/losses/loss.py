"""What the losses share: their base, checks of their arguments, and the reduction at the end."""

from __future__ import annotations

from typing import Any

import numpy as np

import engine
from engine import Node, Value, ValueArray, has_numbers

from ..buffers import without_gradient
from ..checked import check_of
from ..checks import as_array, dtype_of, one_of
from ..module import Module

_VALUES = (Value, ValueArray)  # a union in the call would be made each time


class Loss(Module):
    """Base of the losses: `reduction`, checked when the loss is made.

    Raises:
        ValueError: reduction is unknown.
    """

    def __init__(self, reduction: str = "mean") -> None:
        check_reduction(reduction)
        self.reduction = reduction

    def extra_repr(self) -> str:
        return f"reduction={self.reduction!r}"


def check_reduction(reduction: Any, *more: str) -> None:
    """Check that reduction is 'none', 'mean', 'sum' or one of `more`; else a ValueError."""
    if reduction != "mean":  # as usual
        one_of("reduction", reduction, "none", "mean", "sum", *more)


def reduced(losses: Any, reduction: str) -> Any:
    """The losses themselves, their mean (nan if there are none) or their sum."""
    if reduction == "none":
        return losses
    return engine.sum(losses) if reduction == "sum" else engine.mean(losses)


def floats(x: Any, name: str) -> Any:
    """x of either tier, or as an array of floating-point numbers.

    Raises:
        TypeError: x does not hold real numbers.
    """
    x = as_array(x)
    if isinstance(x, _VALUES) or x.dtype.kind == "f":
        return x
    if x.dtype.kind not in "iub":
        raise TypeError(f"{name} must hold real numbers, got dtype {x.dtype}")
    return (np.asarray(x) if has_numbers(x) else x).astype(np.float64)


def is_variable(x: Any) -> bool:
    """Whether a gradient can flow to x."""
    return isinstance(x, _VALUES) or (isinstance(x, Node) and x.requires_grad)


def constant(x: Any, like: Any, name: str) -> Any:
    """x as it is if it is to be differentiated, else as plain numbers in `like`'s precision.

    A float64 array of targets must not turn a float32 model's loss into float64.
    """
    x = floats(x, name)
    if is_variable(x):
        return x
    if isinstance(like, Value):
        return float(x)
    numbers = without_gradient(x) if isinstance(x, Node) else np.asarray(x)
    return numbers.astype(dtype_of(like), copy=False)


def pair(input: Any, target: Any, loss: str) -> tuple[Any, Any]:
    """input and target, of one shape.

    Raises:
        ValueError: the shapes differ: broadcasting (n, 1) against (n,) would compare all with all.
    """
    x = floats(input, "input")
    t = constant(target, x, "target")
    if getattr(t, "shape", ()) != x.shape:
        raise ValueError(
            f"{loss} needs input and target of one shape, got {np.shape(x)} and {np.shape(t)}"
        )
    return x, t


@check_of
def within(x: np.ndarray, lo: float, hi: float, name: str) -> None:
    """x, checked: all numbers lie in [lo, hi]; nan does not.

    Raises:
        ValueError: one does not; it is named.
    """
    wrong = ~((x >= lo) & (x <= hi))
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = f"{name}[{', '.join(map(str, index))}]" if index else name
        raise ValueError(f"{name} must lie in [{lo:g}, {hi:g}], but {place} is {x[index]}")


def broadcastable(name: str, x: Any, like: Any) -> Any:
    """x as a constant that broadcasts to `like`'s shape."""
    x = constant(x, like, name)
    try:
        fits = np.broadcast_shapes(np.shape(x), np.shape(like)) == np.shape(like)
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"{name} of shape {np.shape(x)} does not broadcast to input's shape {np.shape(like)}"
        )
    return x
