"""One source of randomness: what `rng=None` means everywhere in nn, and how to seed it."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

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
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise TypeError(f"seed must be an int, got {type(seed).__name__}: {seed!r}")
    if seed < 0:
        raise ValueError(f"seed must not be negative, got {seed}")
    random.seed(int(seed))
    _Shared.generator = np.random.default_rng(int(seed))
    return _Shared.generator


def default_generator() -> np.random.Generator:
    """The shared generator; its state can be saved through `.bit_generator.state`."""
    return _Shared.generator


def generator(rng: Rng = None) -> np.random.Generator:
    """The generator an `rng` argument stands for.

    Raises:
        TypeError: rng is neither a Generator, an int nor None.

    >>> generator(0).random() == np.random.default_rng(0).random()
    True
    """
    if rng is None:
        return _Shared.generator
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, int | np.integer) and not isinstance(rng, bool):
        return np.random.default_rng(int(rng))
    raise TypeError(f"rng must be a numpy.random.Generator, a seed or None, got {rng!r:.60}")


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
