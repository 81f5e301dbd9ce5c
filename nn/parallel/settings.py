"""The settings of a sweep, and what comes of one: plain numbers and texts, that JSON can hold."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Set
from enum import Enum
from typing import Any

import numpy as np

from engine import Tensor, Value

#: Names in a row that the sweep itself gives.
OWN = ("seconds", "error", "traceback")


def settings_of(given: Any) -> list[dict[str, Any]]:
    """The settings of a sweep: of a dict of lists all combinations, the last name fastest.

    Raises:
        TypeError: neither a dict of lists nor a list of dicts.
        ValueError: none at all, other names in one than in another, one that is there twice.

    >>> settings_of({"lr": [0.1, 1.0], "width": [8, 16]})[1]
    {'lr': 0.1, 'width': 16}
    """
    if isinstance(given, Mapping):
        columns = [_values(name, values) for name, values in given.items()]
        found = [dict(zip(given, row, strict=True)) for row in itertools.product(*columns)]
    else:
        if isinstance(given, str | bytes) or not isinstance(given, Iterable):
            raise TypeError(
                "settings must be a dict of lists, {'lr': [0.1, 1.0]}, or a list of dicts, got "
                f"{type(given).__name__} {given!r:.60}"
            )
        found = [_one(setting) for setting in given]
    if not found or not found[0]:
        raise ValueError(f"settings hold none: {given!r:.80}")
    for i, setting in enumerate(found):
        if set(setting) != set(found[0]):
            raise ValueError(
                f"setting {i} has the names {list(setting)}, the first has {list(found[0])}: give "
                "each the same"
            )
        if reserved := [name for name in OWN if name in setting]:
            raise ValueError(f"{reserved[0]!r} is what a sweep notes itself: name it otherwise")
    _check_once(found)
    return found


def _values(name: Any, values: Any) -> list[Any]:
    """The values of a name of a grid."""
    is_one = isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable)
    if is_one or isinstance(values, Set) or _is_number(values):
        raise TypeError(
            f"{name!r} of a grid needs a list of values, got {values!r:.60}: [{values!r:.60}] for "
            "a single one"
        )
    return [_plain(x) for x in values]


def _is_number(x: Any) -> bool:
    return isinstance(x, np.ndarray | Tensor) and x.ndim == 0


def _one(setting: Any) -> dict[str, Any]:
    if not isinstance(setting, Mapping):
        raise TypeError(
            f"a list of settings holds dicts, got {type(setting).__name__} {setting!r:.60}: "
            "for all combinations give a dict of lists"
        )
    return {name: _plain(x) for name, x in setting.items()}


def _plain(x: Any) -> Any:
    """A number of NumPy's as Python's; all else as it is."""
    return x.item() if isinstance(x, np.generic) else x


def _check_once(settings: list[dict[str, Any]]) -> None:
    """Refuse a setting that is there twice: the same numbers would be drawn, and come out."""
    seen: dict[str, int] = {}
    for i, setting in enumerate(settings):
        try:
            key = key_of(setting)
        except TypeError:  # what JSON cannot hold is looked at where it has to be written
            continue
        if key in seen:
            raise ValueError(
                f"settings {seen[key]} and {i} are the same, {setting}: to run one several times, "
                "give each a seed of its own, and use it"
            )
        seen[key] = i


def key_of(setting: Mapping[str, Any]) -> str:
    """A setting as JSON: what has the same is the same setting.

    1, 1.0 and True are not the same: train may do different things with them.

    Raises:
        TypeError: it holds what JSON cannot.

    >>> key_of({"lr": 0.1, "sizes": (2, np.int64(3))}) == key_of({"sizes": [2, 3], "lr": 0.1})
    True
    """
    return json.dumps(written(setting), sort_keys=True)


def written(x: Any) -> Any:
    """x with the numbers of NumPy that lists and dicts in it hold as Python's."""
    if isinstance(x, list | tuple):
        return list(map(written, x))
    if isinstance(x, dict):
        if wrong := [name for name in x if not isinstance(name, str)]:
            raise TypeError(f"the key {wrong[0]!r:.60} of a dict, which would become a string")
        return {name: written(part) for name, part in x.items()}
    return _plain(x)


def results_of(returned: Any, setting: Mapping[str, Any]) -> dict[str, Any]:
    """What train returned, as a dict of plain numbers and texts by name.

    Raises:
        TypeError: neither a number nor a dict of what JSON holds.
        ValueError: a result with the name of a setting, or one that the sweep itself gives.
    """
    results = returned if isinstance(returned, Mapping) else {"result": returned}
    if clash := [name for name in results if name in setting or name in OWN]:
        raise ValueError(
            f"train returned {clash[0]!r}, which is the name of a setting or one that the sweep "
            "gives itself: name the result otherwise"
        )
    return {_name(name): _result(name, x) for name, x in results.items()}


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"results are named by strings, got {name!r:.60}")
    return name


def _result(name: str, x: Any) -> Any:
    if isinstance(x, Tensor | Value | np.ndarray | np.generic) and x.size == 1:
        x = x.item()
    if isinstance(x, Enum):  # a file would give back its value
        x = x.value
    if isinstance(x, list | tuple):
        return [_result(name, part) for part in x]
    if isinstance(x, Mapping):
        return {_name(key): _result(name, part) for key, part in x.items()}
    if isinstance(x, bool | int | float | str) or (x is None and name != "result"):
        return x
    raise TypeError(
        f"train must return a number, or a dict of numbers and texts, got {type(x).__name__} as "
        f"{name!r}"
    )
