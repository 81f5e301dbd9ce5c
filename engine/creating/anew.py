"""Numbers drawn at random for a result: now, or in a compiled function anew at each call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ..cpu import on_cpu
from ..generators import Rng, generator as generator_of, one_of_both
from ..node import Node, to_numpy
from ..symbols import tracing_now
from .filled import leaf

Draw = Callable[[np.random.Generator], ndarray]


def draw_anew(rng: Rng, draw: Draw, name: str = "rng") -> Any:
    """What `draw(generator)` gives, for the generator that `rng` stands for.

    In a compiled function it is a Symbol: of numbers that are drawn anew at each call.

    >>> draw_anew(0, lambda source: source.integers(0, 10, 3))
    array([8, 6, 5])
    """
    trace = tracing_now()
    if trace is None:
        return draw(generator_of(rng, name))
    generator_of(rng, name)  # refuses what is none
    return trace.drawn(rng, draw)


def drawn_leaf(
    generator: Rng, rng: Rng, draw: Draw, requires_grad: bool = False, device: Any = None
) -> Any:
    """A Tensor of what is drawn; in a compiled function what stands for it."""
    given = one_of_both(generator, rng)
    numbers = draw_anew(given, draw, "rng" if generator is None else "generator")
    if not isinstance(numbers, Node):
        return leaf(numbers, requires_grad, device)
    on_cpu(device)
    if requires_grad:
        raise TypeError(
            "requires_grad=True of what is drawn in a compiled function: it is drawn anew at each "
            "call, and nobody could ask for its gradient; draw it outside, as an argument"
        )
    return tracing_now().tensor(numbers)


def numbers_outside(name: str, x: Any, way: str) -> ndarray:
    """The numbers that decide what is drawn; in a compiled function they cannot be looked at."""
    if tracing_now() is not None and isinstance(x, Node):
        raise TypeError(f"{name}() of an array in a compiled function: use {way}")
    return to_numpy(x)
