"""What `History` measures of parameters and layers: a few numbers that say how they are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any

import numpy as np

from engine import Value, to_numpy
from engine.showing import norm
from nn import Module


def gradient_of(parameter: Any) -> np.ndarray | None:
    """The gradient of a Tensor, a Value, or an array or a list of Values; None if there is none."""
    if not isinstance(parameter, np.ndarray | list | tuple):
        return to_numpy(parameter.grad) if parameter.has_grad else None
    values = np.asarray(parameter, dtype=object)
    gradients = [x.grad if getattr(x, "has_grad", False) else None for x in values.flat]
    if all(gradient is None for gradient in gradients):
        return None
    return to_numpy([0.0 if g is None else g for g in gradients]).reshape(values.shape)


class Meter:
    """Measures arrays of these shapes, again and again, in room that it keeps.

    The arrays are laid end to end, as a model has many small parameters, and a call of NumPy costs
    more than what it does to a few hundred numbers; and the room is kept, as to get and give back
    large memory at every measurement costs more than to measure.

    >>> meter = Meter([(4,)])
    >>> meter.gradients([np.array([3.0, 0.0, -4.0, 0.0])])
    [{'norm': 5.0, 'mean': 1.75, 'max': 4.0, 'zeros': 0.5}]
    >>> meter.updates([np.array([3.0, 4.0, 0.0, 0.0])], [np.array([3.0, 4.5, 0.0, 0.0])])
    [0.1]
    """

    def __init__(self, shapes: Iterable[tuple[int, ...]]) -> None:
        self.shapes = list(shapes)
        sizes = [math.prod(shape) for shape in self.shapes]
        # An empty array gets room for one number, which stays 0: reduceat has no answer for none.
        *starts, end = accumulate((max(size, 1) for size in sizes), initial=0)
        self._starts = np.array(starts, dtype=np.intp)
        self._numbers = np.zeros(end)
        self._nonzero = np.zeros(self._numbers.shape, dtype=bool)
        self._flat = [self._numbers[i : i + n] for i, n in zip(starts, sizes, strict=True)]
        self._parts = [x.reshape(s) for x, s in zip(self._flat, self.shapes, strict=True)]
        self._masks = [self._nonzero[i : i + n] for i, n in zip(starts, sizes, strict=True)]

    def gradients(self, gradients: list[np.ndarray]) -> list[dict[str, float]]:
        """How large each gradient is, and what is wrong with it.

        Returns:
            for each: `norm` (Euclidean), `mean` and `max` of the absolute values, `zeros` (the
            fraction that is exactly 0) and, only where there are any, `nonfinite` (the fraction
            that is nan or inf).
        """
        if not gradients:
            return []
        for gradient, part in zip(gradients, self._parts, strict=True):
            np.absolute(gradient, part)
        totals = np.add.reduceat(self._numbers, self._starts).tolist()
        largest = np.maximum.reduceat(self._numbers, self._starts).tolist()
        np.not_equal(self._numbers, 0.0, self._nonzero)
        found = []
        for part, mask, total, most in zip(self._flat, self._masks, totals, largest, strict=True):
            size = part.size or 1
            mean = total / size
            if math.isinf(mean) and math.isfinite(most):  # only the sum is too large for a float
                mean = most * float((part / most).mean())
            row = {
                "norm": _norm(part),
                "mean": mean,
                "max": most,
                "zeros": (part.size - int(np.count_nonzero(mask))) / size,
            }
            if not math.isfinite(most):
                row["nonfinite"] = 1.0 - int(np.count_nonzero(np.isfinite(part))) / size
            found.append(row)
        return found

    def updates(self, before: list[np.ndarray], after: list[np.ndarray]) -> list[float]:
        """|after - before| / |before|, Euclidean norms: how far one step moved each parameter.

        A rule of thumb says about 1/1000 (A. Karpathy, "A Recipe for Training Neural Networks",
        2019).  nan where the parameter was all zeros.
        """
        found = []
        for was, now, part, flat in zip(before, after, self._parts, self._flat, strict=True):
            np.subtract(now, was, part)
            was = was.ravel()
            if was.dtype != np.float64:  # the squares of a float32 may overflow
                was = was.astype(np.float64)
            size = _norm(was)
            found.append(_norm(flat) / size if size > 0 else math.nan)
        return found


def _norm(flat: np.ndarray) -> float:
    """The Euclidean norm, also where the squares are too large or too small for a float."""
    squares = float(flat.dot(flat))
    if 1e-290 < squares < 1e290:  # as good as always, and ten times as fast
        return math.sqrt(squares)
    return norm(flat)


def activation_statistics(output: np.ndarray, ends: tuple[float, float] | None) -> dict[str, float]:
    """What a layer put out for one batch.

    A unit is an element of axis 1 of images (batch, channels, height, width), else of the last
    axis.

    Args:
        output: shape (batch, …).
        ends: the lowest and highest number an output can take, of tanh say; None if unbounded.

    Returns:
        `mean` and `std` over all, `zeros` (the fraction that is exactly 0), `dead` (the fraction
        of units that are 0 for the whole batch: of a relu those that learn nothing from it; they
        are counted after any layer) and, with `ends`, `saturated` (the fraction within a hundredth
        of the range of either end).  Where an output is nan, `dead` and `saturated` are nan: not
        known.

    >>> activation_statistics(np.array([[0.0, 2.0], [0.0, 0.0]]), None)["dead"]
    0.5
    """
    size = output.size
    if size == 0:
        return {"mean": 0.0, "std": 0.0, "zeros": 0.0, "dead": 0.0}
    flat = output.ravel()
    if flat.dtype == np.float16:  # the sum of its squares is beyond 65,504 soon
        flat = flat.astype(np.float32)
    mean = float(np.add.reduce(flat)) / size
    variance = float(flat.dot(flat)) / size - mean * mean
    lost = not math.isfinite(variance) and bool(np.isfinite(flat).all())
    if lost or variance <= 1e-3 * mean * mean:  # the short way overflowed, or lost its digits
        variance = float(np.var(flat, dtype=float))
        mean = float(np.mean(flat, dtype=float))
    nonzero = output != 0
    zeros = 1.0 - int(np.count_nonzero(nonzero)) / size
    found = {
        "mean": mean,
        "std": math.sqrt(variance) if math.isfinite(variance) else math.nan,
        "zeros": zeros,
        "dead": _dead(nonzero) if zeros > 0 else 0.0,
    }
    if unknown := math.isnan(mean) and bool(np.isnan(flat).any()):
        found["dead"] = math.nan
    if ends is not None:
        low, high = ends
        margin = 0.01 * (high - low)
        inside = (flat > low + margin) & (flat < high - margin)
        found["saturated"] = math.nan if unknown else 1.0 - int(np.count_nonzero(inside)) / size
    return found


def _dead(nonzero: np.ndarray) -> float:
    """The fraction of units that put out nothing but zeros."""
    if nonzero.ndim == 2:
        alive = nonzero.any(axis=0)
    else:
        channels = 1 if nonzero.ndim == 4 else nonzero.ndim - 1
        alive = nonzero.any(axis=tuple(i for i in range(nonzero.ndim) if i != channels))
    return 1.0 - int(np.count_nonzero(alive)) / max(alive.size, 1)


def named_parameters(model: Any) -> dict[str, Any]:
    """Parameters by name: of a Module, of an `nn.scalar` model by layer, or a mapping as it is.

    A class of your own will do if it has `parameters()`: its Tensors go by their labels, or by
    their places.
    """
    if isinstance(model, Module):
        found = dict(model.named_parameters())
    elif isinstance(model, Mapping):
        found = dict(model)
    elif callable(getattr(model, "parameters", None)):
        found = {}
        for i, p in enumerate(model.parameters()):
            if isinstance(p, Value):  # layers[0].neurons[3].w[1]: one name for the whole layer
                found.setdefault(p.label.partition(".neurons")[0] or "parameters", []).append(p)
            else:
                name = getattr(p, "label", "") or "parameters"
                alone = name != "parameters" and name not in found
                found[name if alone else f"{name}[{i}]"] = p
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


def layers_to_measure(model: Module) -> list[tuple[str, Module]]:
    """The layers without parameters: relu, dropout, pooling, …; all, if each has some."""
    layers = named_layers(model)
    return [(n, m) for n, m in layers if next(m.parameters(), None) is None] or layers
