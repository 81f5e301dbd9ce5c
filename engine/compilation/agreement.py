"""`compile(check=True)`: a new program is compared with the function itself, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..generators import generator
from ..node import Node, to_numpy
from .call_form import numbers_in
from .same_program import Run

#: How far apart results may be, of the largest: by the size of a number in bytes.
NEAR = {2: 1e-2, 4: 1e-4, 8: 1e-9}


def compared(
    run: Run, leaves: list[Any], eager: Callable[[], Any], compiled: Callable[[], Any]
) -> Any:
    """What `compiled` gives, which must be what `eager` gives; both draw the same numbers.

    Raises:
        ValueError: the function makes a step, so it cannot be run twice.
        ArithmeticError: a result, or its gradient for a leaf, is another; names it.
    """
    if run.trace.actions:
        raise ValueError(
            "check=True runs a function twice, and this one changes what it reads (an optimizer's "
            "step, gradients): check the function of the loss alone"
        )
    sources = [generator(draw.rng) for draw in run.trace.draws]
    states = [source.bit_generator.state for source in sources]
    arrays = [(array, array.copy()) for array, _ in run.trace.assigned]
    expected = _numbers(eager(), leaves)
    for source, state in zip(sources, states, strict=True):
        source.bit_generator.state = state
    for array, before in arrays:
        array[...] = before
    result = compiled()
    found = _numbers(result, leaves)
    if [name for name, _ in found] != [name for name, _ in expected]:
        raise ArithmeticError(f"compiled it gives {[n for n, _ in found]}, by itself others")
    sizes: dict[str, float] = {}  # of a result; of all its gradients together
    for name, y in expected:
        sizes[_kind(name)] = max(sizes.get(_kind(name), 1e-300), _size(y))
    largest = max(sizes.values(), default=0.0)
    for (name, x), (_, y) in zip(found, expected, strict=True):
        # gradients of nothing but rounding, as of what is standardized, agree with 0
        _compare(name or "the result", x, y, max(sizes[_kind(name)], 1e-6 * largest))
    return result


def _numbers(result: Any, leaves: list[Any]) -> list[tuple[str, Any]]:
    """All numbers of a result, and of each node its gradients."""
    found = []
    for name, x in numbers_in(result):
        found.append((name, to_numpy(x)))
        if isinstance(x, Node) and x.requires_grad:  # of an argument, too
            for i, g in enumerate(x.gradients(leaves)):
                found.append((f"the gradient of {name or 'the result'}, leaf {i}", g))
    return found


def _kind(name: str) -> str:
    return name.partition(", leaf ")[0]


def _size(x: Any) -> float:
    x = np.asarray(0.0 if x is None else x)
    return float(np.max(np.abs(x[np.isfinite(x)]), initial=0.0))


def _compare(name: str, x: Any, y: Any, size: float) -> None:
    if x is None or y is None:
        x, y = (0.0 if one is None else one for one in (x, y))
    x, y = np.asarray(x), np.asarray(y)
    near = NEAR.get(x.dtype.itemsize, 1e-9) * size
    if x.dtype != y.dtype or not np.allclose(x, y, rtol=0, atol=near, equal_nan=True):
        raise ArithmeticError(f"{name} is {x!r:.60} compiled, and {y!r:.60} by the function itself")
