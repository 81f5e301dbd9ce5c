"""What `History` measures of parameters and layers: a few numbers that say how they are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine import Tensor, Value, ValueArray
from nn import Module
from nn.checks import plain

__all__ = [
    "activation_statistics",
    "array_of",
    "gradient_of",
    "gradient_statistics",
    "named_layers",
    "named_parameters",
    "update_ratio",
]


def array_of(x: Any) -> np.ndarray:
    """The numbers of a parameter or an activation of either tier; a list of Values will do.

    >>> array_of([Value(1.0), Value(2.0)])
    array([1., 2.])
    """
    if isinstance(x, list | tuple):
        return np.array([array_of(part) for part in x])
    return plain(x)


def gradient_of(parameter: Any) -> np.ndarray | None:
    """The gradient of a parameter of either tier; None where backward left none."""
    if isinstance(parameter, list | tuple):
        parts = [gradient_of(part) for part in parameter]
        if all(part is None for part in parts):
            return None
        return np.array([0.0 if part is None else part for part in parts])
    if isinstance(parameter, ValueArray):
        reached = any(isinstance(x, Value) and x.has_grad for x in parameter.flat)
        return parameter.grad if reached else None
    gradient = parameter.grad
    if type(gradient) is np.ndarray:  # most parameters are Tensors
        return gradient
    if not parameter.has_grad:
        return None
    return array_of(gradient) if isinstance(gradient, Tensor | Value) else np.asarray(gradient)


def gradient_statistics(gradient: np.ndarray) -> dict[str, float]:
    """How large a gradient is, and what is wrong with it.

    Returns:
        `norm` (Euclidean), `mean` and `max` of the absolute values, `zeros` (the fraction that is
        exactly 0) and, only where there are any, `nonfinite` (the fraction that is nan or inf).

    >>> gradient_statistics(np.array([3.0, 0.0, -4.0, 0.0]))
    {'norm': 5.0, 'mean': 1.75, 'max': 4.0, 'zeros': 0.5}
    """
    count = gradient.size
    if count == 0:
        return {"norm": 0.0, "mean": 0.0, "max": 0.0, "zeros": 0.0}
    flat = gradient.reshape(-1)
    size = np.abs(flat)
    found = {
        "norm": math.sqrt(flat.dot(flat)),
        "mean": float(np.add.reduce(size)) / count,
        "max": float(np.maximum.reduce(size)),
        "zeros": 1.0 - int(np.count_nonzero(flat != 0)) / count,
    }
    if not math.isfinite(found["norm"]):
        found["nonfinite"] = 1.0 - int(np.count_nonzero(np.isfinite(flat))) / flat.size
    return found


def update_ratio(before: np.ndarray, after: np.ndarray) -> float:
    """|after - before| / |before|, Euclidean norms: how far one step moved a parameter.

    A rule of thumb says about 1/1000 (A. Karpathy, "A Recipe for Training Neural Networks",
    2019).  nan where the parameter was all zeros.

    >>> update_ratio(np.array([3.0, 4.0]), np.array([3.0, 4.5]))
    0.1
    """
    was = before.reshape(-1)
    moved = after.reshape(-1) - was
    size = math.sqrt(np.dot(was, was))
    return math.sqrt(np.dot(moved, moved)) / size if size > 0 else math.nan


def activation_statistics(output: np.ndarray, ends: tuple[float, float] | None) -> dict[str, float]:
    """What a layer put out for one batch.

    A unit is an element of axis 1 of images (batch, channels, height, width), else of the last
    axis.

    Args:
        output: shape (batch, …).
        ends: the lowest and highest number an output can take, of tanh say; None if unbounded.

    Returns:
        `mean` and `std` over all, `zeros` (the fraction that is exactly 0), `dead` (the fraction
        of units that are 0 for the whole batch) and, with `ends`, `saturated` (the fraction
        within a hundredth of the range of either end).

    >>> activation_statistics(np.array([[0.0, 2.0], [0.0, 0.0]]), None)["dead"]
    0.5
    """
    if output.size == 0:
        return {"mean": 0.0, "std": 0.0, "zeros": 0.0, "dead": 0.0}
    flat = output.reshape(-1)
    mean = float(np.add.reduce(flat)) / flat.size
    variance = float(np.dot(flat, flat)) / flat.size - mean * mean
    nonzero = output != 0
    zeros = 1.0 - int(np.count_nonzero(nonzero)) / flat.size
    found = {
        "mean": mean,
        "std": math.sqrt(max(variance, 0.0)) if math.isfinite(variance) else math.nan,
        "zeros": zeros,
        "dead": _dead(nonzero) if zeros > 0 else 0.0,
    }
    if ends is not None:
        low, high = ends
        margin = 0.01 * (high - low)
        inside = (flat > low + margin) & (flat < high - margin)
        found["saturated"] = 1.0 - int(np.count_nonzero(inside)) / flat.size
    return found


def _dead(nonzero: np.ndarray) -> float:
    """The fraction of units that put out nothing but zeros."""
    channels = 1 if nonzero.ndim == 4 else nonzero.ndim - 1
    alive = nonzero.any(axis=tuple(i for i in range(nonzero.ndim) if i != channels))
    return 1.0 - int(np.count_nonzero(alive)) / max(alive.size, 1)


def named_parameters(model: Any) -> dict[str, Any]:
    """Parameters by name: of a Module, of an `nn.scalar` model by layer, or a mapping as it is."""
    if isinstance(model, Module):
        found = dict(model.named_parameters())
    elif isinstance(model, Mapping):
        found = dict(model)
    elif callable(getattr(model, "parameters", None)):
        found = {}
        for p in model.parameters():  # layers[0].neurons[3].w[1]: one name for the whole layer
            found.setdefault(p.label.partition(".neurons")[0] or "parameters", []).append(p)
    else:
        raise TypeError(
            "model must be a Module, have parameters(), or be a mapping of names to parameters; "
            f"got {type(model).__name__}"
        )
    if not found:
        raise TypeError(f"this {type(model).__name__} has no parameters to look at")
    return found


def named_layers(model: Module) -> list[tuple[str, Module]]:
    """The modules that hold no others, by place and kind: "layers.0 Linear".

    >>> import nn
    >>> [name for name, _ in named_layers(nn.Sequential(nn.Linear(2, 1), nn.Tanh()))]
    ['0 Linear', '1 Tanh']
    """
    return [
        (f"{name} {type(module).__name__}".strip(), module)
        for name, module in model.named_modules()
        if next(module.children(), None) is None
    ]
