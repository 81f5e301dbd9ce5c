"""One source of randomness: what `rng=None` means everywhere in engine and nn, and its seed.

Each thread has its own, so that what one draws does not depend on when another does.
"""

from __future__ import annotations

import itertools
import random
import secrets
import threading
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from .counts import at_least, is_int
from .cpu import CPU, device, on_cpu
from .restoring import Restoring

#: What every `rng` argument takes: a generator, a seed for a new one, or None for the shared one.
Rng = np.random.Generator | int | None


class Generator(np.random.Generator):
    """A NumPy generator with PyTorch's methods: for `generator=` here and `rng=` in nn.

    It starts from a fixed seed, as PyTorch's.  Seeded, it draws what `np.random.default_rng(seed)`
    does; PyTorch's numbers are others.

    Raises:
        ValueError: device is not the CPU.

    >>> g = Generator().manual_seed(3)
    >>> g.random() == np.random.default_rng(3).random()
    True
    """

    def __init__(self, device: Any = None) -> None:
        on_cpu(device)
        self.manual_seed(67280421310721)

    def manual_seed(self, seed: int) -> Self:
        """Start anew from this seed; returns the generator itself.

        Raises:
            TypeError: seed is not an int.
            ValueError: seed is negative.
        """
        at_least(0, seed=seed)
        super().__init__(np.random.PCG64(int(seed)))
        self._seed = int(seed)
        return self

    def seed(self) -> int:
        """Start anew from a seed that nobody knows; returns it."""
        return self.manual_seed(secrets.randbits(63)).initial_seed()

    def initial_seed(self) -> int:
        """The seed it started from."""
        return self._seed

    def get_state(self) -> Any:
        """Where it stands in its numbers: what `set_state` and `engine.save` take."""
        return self.bit_generator.state

    def set_state(self, state: Any) -> Self:
        """Go on from where `get_state` was asked; returns the generator itself.

        Raises:
            ValueError: the state is not one of such a generator.
        """
        set_generator_state(self, state)
        return self

    @property
    def device(self) -> device:
        """`engine.device("cpu")`."""
        return CPU

    def spawn(self, n_children: int) -> list[Any]:
        """As NumPy's: that many independent generators."""
        return [np.random.Generator(bits) for bits in self.bit_generator.spawn(n_children)]

    def __reduce__(self) -> tuple[Any, ...]:
        return _as_it_was, (self.bit_generator, self._seed)


def _as_it_was(bits: np.random.BitGenerator, seed: int) -> Generator:
    """A Generator as a pickle or a copy has it."""
    generator = Generator()
    np.random.Generator.__init__(generator, bits)
    generator._seed = seed
    return generator


class _Seed:
    """What the generators of threads are made from: one after another, in the order they ask."""

    def __init__(self, seed: int | None) -> None:
        self.entropy = np.random.SeedSequence(seed).entropy
        self.threads = itertools.count()

    def next_generator(self) -> np.random.Generator:
        """A generator that no other thread has."""
        own = np.random.SeedSequence(self.entropy, spawn_key=(next(self.threads),))
        return np.random.default_rng(own)


class Asked(Restoring):
    """Block in which it is noted where each generator stood when it was first asked for.

    Attributes:
        stood: by its id, what gives the generator (the shared one is each thread's own), and the
            state that it was in.

    >>> source = np.random.default_rng(0)
    >>> with Asked() as asked:
    ...     numbers = generator(source).random(3)
    >>> len(asked.stood)
    1
    """

    def __init__(self) -> None:
        self.stood: dict[int, tuple[Callable[[], np.random.Generator], Any]] = {}

    def note(self, asked: np.random.Generator, which: Callable[[], np.random.Generator]) -> None:
        """Called for each generator that is asked for in this thread."""
        if id(asked) not in self.stood:
            self.stood[id(asked)] = which, asked.bit_generator.state

    def saved(self) -> Any:
        return _shared.asked

    def change(self) -> None:
        _shared.asked = self

    def restore(self, saved: Asked | None) -> None:
        _shared.asked = saved
        if saved is not None:  # what is asked for inside is asked for outside, too
            saved.stood = self.stood | saved.stood


class _Shared(threading.local):
    """The generator that `rng=None` stands for in a thread, and which seed it was made under."""

    generator: np.random.Generator = np.random.default_rng()
    seed: _Seed | None = None
    asked: Asked | None = None  # who wants to know which generators are asked for


_shared = _Shared()
_seed = _Seed(None)
_shared.seed = _seed  # the thread that imports this has the generator above
_OWN_SEED = _Seed(0)  # that of a thread in a block `Seeded`: what others seed is not for it


def manual_seed(seed: int) -> Generator:
    """Seed everything random in engine and nn; returns the shared generator, which is a new one.

    In the main thread it seeds the others too: each gets a stream of its own, in the order in which
    they first draw.  In another thread it seeds that one alone, which makes its numbers the same
    whatever the others do.

    Python's `random` is seeded as well: `nn.scalar` draws its weights there, as micrograd does.
    All threads share that one.

    Raises:
        TypeError: seed is not an int.
        ValueError: seed is negative.

    >>> first = manual_seed(0).random()
    >>> first == manual_seed(0).random()
    True
    """
    global _seed
    at_least(0, seed=seed)
    random.seed(int(seed))
    if threading.current_thread() is threading.main_thread():
        _seed = _Seed(int(seed))
    _shared.seed = _seed
    _shared.generator = shared = Generator().manual_seed(seed)
    return shared


def default_generator() -> np.random.Generator:
    """The shared generator of this thread; `.bit_generator.state` can be saved.

    >>> manual_seed(0) is default_generator()
    True
    """
    # A new thread, or one in which nothing was drawn since a seed.
    if _shared.seed not in (_seed, _OWN_SEED):
        _shared.seed, _shared.generator = _seed, _seed.next_generator()
    if _shared.asked is not None:
        _shared.asked.note(_shared.generator, default_generator)
    return _shared.generator


def generator(rng: Rng = None, name: str = "rng") -> np.random.Generator:
    """The generator that an `rng` argument (or one of that name) stands for.

    Raises:
        TypeError: rng is neither a Generator, an int nor None.
        ValueError: a seed below 0.

    >>> generator(0).random() == np.random.default_rng(0).random()
    True
    """
    if rng is None:
        return default_generator()
    if isinstance(rng, np.random.Generator):
        if _shared.asked is not None:
            _shared.asked.note(rng, lambda: rng)
        return rng
    if not is_int(rng):
        raise TypeError(
            f"{name} must be a numpy.random.Generator, a seed or None, "
            f"got {type(rng).__name__}: {rng!r:.60}"
        )
    at_least(0, **{name: rng})
    return np.random.default_rng(int(rng))


def one_of_both(generator: Rng, rng: Rng) -> Rng:
    """What was given as `generator`, PyTorch's name, or as `rng`.

    Raises:
        TypeError: both were.

    >>> one_of_both(None, 7), one_of_both(7, None)
    (7, 7)
    """
    if generator is not None and rng is not None:
        raise TypeError("generator and rng are two names of one argument: give one of them")
    return rng if generator is None else generator


def set_generator_state(generator: np.random.Generator, state: Any) -> None:
    """Put a generator into a state taken from `generator.bit_generator.state`.

    Raises:
        ValueError: the state is not one of this kind of generator; the generator is as it was.

    >>> rng = np.random.default_rng(0)
    >>> state, first = rng.bit_generator.state, rng.random()
    >>> set_generator_state(rng, state)
    >>> rng.random() == first
    True
    """
    before = generator.bit_generator.state
    try:
        generator.bit_generator.state = state
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        generator.bit_generator.state = before
        raise ValueError(
            f"not the state of a {type(generator.bit_generator).__name__} generator: {error}"
        ) from None


class Seeded(Restoring):
    """Block in which this thread's shared generator starts from a seed; it is put back afterwards.

    Other threads are not affected, nor is it by what they seed; `manual_seed` inside ends with it.

    >>> with Seeded([0, 7]):
    ...     print(default_generator().integers(100, size=3))
    [79  3 22]
    """

    def __init__(self, seed: Any) -> None:
        self.generator = np.random.default_rng(np.random.SeedSequence(seed))

    def saved(self) -> Any:
        return _shared.generator, _shared.seed, _seed

    def change(self) -> None:
        _shared.generator, _shared.seed = self.generator, _OWN_SEED

    def restore(self, saved: Any) -> None:
        global _seed
        _shared.generator, _shared.seed, seed = saved
        if threading.current_thread() is threading.main_thread():  # no other one changes it
            _seed = seed


def ways_to_state(
    which: Callable[[], np.random.Generator],
) -> tuple[Callable[[], Any], Callable[[Any], None]]:
    """How the generator that `which()` is at the time is asked for its state, and put into one."""

    def put(state: Any) -> None:
        which().bit_generator.state = state

    return lambda: which().bit_generator.state, put
