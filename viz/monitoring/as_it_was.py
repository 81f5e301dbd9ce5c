"""Parameters and generators of random numbers, put back for a block to what they were."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from engine import Restoring, Tensor, default_generator, set_generator_state, to_numpy
from nn import Module


class Weights(Restoring):
    """In a `with` block the parameters hold other numbers."""

    def __init__(self, parameters: Iterable[Any], arrays: Iterable[np.ndarray]) -> None:
        self.parameters, self.arrays = list(parameters), list(arrays)

    def saved(self) -> list[np.ndarray]:
        return arrays_of(self.parameters)

    def change(self) -> None:
        self.restore(self.arrays)

    def restore(self, saved: list[np.ndarray]) -> None:
        for parameter, array in zip(self.parameters, saved, strict=True):
            if isinstance(parameter, Tensor):
                parameter.adopt(array)  # itself, as its graph asks for the very array
                continue
            values = np.asarray(parameter, dtype=object).flat
            for value, number in zip(values, array.flat, strict=True):
                value.data = float(number)


class Chance(Restoring):
    """In a `with` block generators stand where they stood."""

    def __init__(self, generators: list[np.random.Generator], states: list[Any]) -> None:
        self.generators, self.states = generators, states

    def saved(self) -> list[Any]:
        return [one.bit_generator.state for one in self.generators]

    def change(self) -> None:
        self.restore(self.states)

    def restore(self, saved: list[Any]) -> None:
        for generator, state in zip(self.generators, saved, strict=True):
            set_generator_state(generator, state)


def arrays_of(parameters: Iterable[Any]) -> list[np.ndarray]:
    """What each parameter holds: no copies, as one that changes gets a new array."""
    # `_held` where it is there: to_numpy takes 1.3 µs, and all in all that is a fifth of what
    # a measurement of three layers costs.
    return [p._held if isinstance(p, Tensor) else to_numpy(p) for p in parameters]


def modes_of(model: Any) -> list[bool]:
    """Which modules of a model are in training mode."""
    return [m.training for m in model.modules()] if isinstance(model, Module) else []


def generators_of(model: Any) -> list[np.random.Generator]:
    """What a model draws from: generators of its modules, and the shared one if one has none."""
    modules = list(model.modules()) if isinstance(model, Module) else []
    held = [x for module in modules for x in vars(module).values()]
    found = {id(x): x for x in held if isinstance(x, np.random.Generator)}
    if any(vars(module).get("rng", 0) is None for module in modules):
        shared = default_generator()
        found[id(shared)] = shared
    return list(found.values())
