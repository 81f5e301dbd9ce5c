"""One source of randomness: what `rng=None` means everywhere in nn, and how to seed it."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from .checks import at_least

#: What every `rng` argument takes: a generator, a seed for a new one, or None for the shared one.
Rng = np.random.Generator | int | None


class _Shared:
    """The generator that `rng=None` stands for."""

    generator = np.random.default_rng()


def manual_seed(seed: int) -> np.random.Generator:
    """Seed everything random in nn; returns the shared generator, which is a new one.

    Python's `random` is seeded as well: `nn.scalar` draws its weights there, as micrograd does.

    Raises:
        TypeError: seed is not an int.
        ValueError: seed is negative.

    >>> first = manual_seed(0).random()
    >>> first == manual_seed(0).random()
    True
    """
    at_least(0, seed=seed)
    random.seed(int(seed))
    _Shared.generator = np.random.default_rng(int(seed))
    return _Shared.generator


def default_generator() -> np.random.Generator:
    """The shared generator; its state can be saved through `.bit_generator.state`."""
    return _Shared.generator


def generator(rng: Rng = None, name: str = "rng") -> np.random.Generator:
    """The generator that an `rng` argument (or one of that name) stands for.

    Raises:
        TypeError: rng is neither a Generator, an int nor None.
        ValueError: a seed below 0.

    >>> generator(0).random() == np.random.default_rng(0).random()
    True
    """
    if rng is None:
        return _Shared.generator
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, bool) or not isinstance(rng, int | np.integer):
        raise TypeError(
            f"{name} must be a numpy.random.Generator, a seed or None, "
            f"got {type(rng).__name__}: {rng!r:.60}"
        )
    at_least(0, **{name: rng})
    return np.random.default_rng(int(rng))


def set_generator_state(generator: np.random.Generator, state: Any) -> None:
    """Put a generator into a state taken from `generator.bit_generator.state`.

    Raises:
        ValueError: the state is not one of this kind of generator; the generator is as it was.
    """
    before = generator.bit_generator.state
    try:
        generator.bit_generator.state = state
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        generator.bit_generator.state = before
        raise ValueError(
            f"not the state of a {type(generator.bit_generator).__name__} generator: {error}"
        ) from None
