"""The state of a module: where its parameters and buffers are, and how others are loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from engine import Node, ValueArray, to_numpy

from .checks import dtype_of
from .parameter import fill


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict(strict=False)` passed over."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Place(NamedTuple):
    """Where an entry of the state lives: a module, the attribute (or path), what is there."""

    module: Any
    name: str
    own: Any


def places(module: Any) -> dict[str, Place]:
    """Where each entry of the state lives, by its name."""
    found = {}
    for path, part in module._walk():
        kept = [name for name, persistent in part._buffers.items() if persistent]
        for name in (*part._parameters, *kept):
            own = getattr(part, name)
            if own is not None:
                found[f"{path}.{name}" if path else name] = Place(part, name, own)
    for path, parameter in module._named("_parameters", ""):
        found.setdefault(path, Place(module, path, parameter))  # a Value in a list has one name
    return found


def load_into(module: Any, state: Mapping[str, Any], strict: bool) -> IncompatibleKeys:
    """What `Module.load_state_dict` does: all is looked at first: all loads, or nothing."""
    if not isinstance(state, Mapping):
        raise TypeError(f"state must be a mapping of names to arrays, got {type(state)}")
    own = places(module)
    missing = [key for key in own if key not in state]
    unexpected = [key for key in state if key not in own]
    problems = []
    if strict:
        problems += [f"missing: {key}" for key in missing]
        problems += [f"unexpected: {key}" for key in unexpected]
    arrays = {}
    for key, place in own.items():
        if key in state:
            try:
                arrays[key] = np.asarray(state[key])
            # ragged lists, and what other libraries will not convert: each raises its own
            except Exception as error:
                problem = f"not an array: {error}"
            else:
                problem = _misfit(place.own, arrays[key])
            problems += [f"{key}: {problem}"] if problem else []
    if problems:
        listed = "\n  ".join(problems)
        raise ValueError(
            f"state does not fit this {type(module).__name__}; nothing was loaded:\n  {listed}"
        )
    before = {key: np.array(to_numpy(own[key].own)) for key in arrays}
    try:
        for key, array in arrays.items():
            _assign(own[key], array)
    except BaseException:  # Ctrl-C: a model half of which was loaded would be neither
        for key, array in before.items():
            _assign(own[key], array)
        raise
    return IncompatibleKeys(missing, unexpected)


def _misfit(own: Any, array: np.ndarray) -> str:
    """Why `array` cannot be loaded into a parameter or buffer; "" if it can."""
    expected = dtype_of(own)
    if array.dtype.kind not in "fiub" or not np.can_cast(array.dtype, expected, "same_kind"):
        return f"expected {expected} numbers, got dtype {array.dtype}"
    if array.shape != own.shape:
        return f"expected shape {own.shape}, got {array.shape}"
    return ""


def _assign(place: Place, array: np.ndarray) -> None:
    """Put numbers that fit into the parameter or buffer of that name, in its own dtype."""
    module, name, own = place
    if isinstance(own, Node | ValueArray):
        fill(own, array)
    else:
        setattr(module, name, array.astype(own.dtype).view(type(own)))  # an Array stays one


def generators_of(model: Any) -> dict[str, np.random.Generator]:
    """The generators that the layers of a model hold for themselves, by name."""
    return {
        f"{path}.{name}" if path else name: value
        for path, module in model.named_modules()
        for name, value in vars(module).items()
        if isinstance(value, np.random.Generator)
    }
