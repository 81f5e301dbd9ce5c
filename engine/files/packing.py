"""Nested state (dicts, lists, numbers, arrays) as named arrays and JSON, and back again.

JSON keeps Python's floats and big integers exactly; what it does not know is marked by a "$", an
array by what it was: "$array", "$tensor" or "$leaf", a Tensor that requires a gradient:

    {"lr": 0.1, "betas": (0.9, 0.99), "state": {0: array}}
    {"lr": 0.1, "betas": {"$tuple": [0.9, 0.99]},
     "state": {"$dict": [[0, {"$array": "state/0"}]]}}
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy import ndarray

from ..node import Node, to_numpy
from ..tensors import Tensor

#: What an array becomes again, by its mark.
_ARRAYS: dict[str, Callable[[ndarray], Any]] = {
    "$array": lambda array: array,
    "$tensor": Tensor.wrap,
    "$leaf": lambda array: Tensor.wrap(array).requires_grad_(),
}


def pack(state: Any) -> tuple[dict[str, ndarray], str]:
    """Nested state as arrays by name, and JSON that refers to them.

    Raises:
        TypeError: something in it is neither a dict, list, tuple, number, string, None nor array.

    >>> arrays, text = pack({"lr": 0.1, "m": [np.zeros(2)]})
    >>> list(arrays), text
    (['m/0'], '{"lr": 0.1, "m": [{"$array": "m/0"}]}')
    """
    arrays: dict[str, ndarray] = {}
    return arrays, json.dumps(_packed(state, "", arrays))


def _packed(x: Any, path: str, arrays: dict[str, ndarray]) -> Any:
    if isinstance(x, np.generic):
        x = x.item()
    if x is None or isinstance(x, bool | int | float | str):
        return x
    if isinstance(x, ndarray | Node):
        kind = ("$leaf" if x.requires_grad else "$tensor") if isinstance(x, Tensor) else "$array"
        return {kind: _stored(x, path, arrays)}
    if isinstance(x, list | tuple):
        items = [_packed(item, _below(path, i), arrays) for i, item in enumerate(x)]
        return items if isinstance(x, list) else {"$tuple": items}
    if isinstance(x, Mapping):
        pairs = [
            [_packed(key, path, arrays), _packed(value, _below(path, key), arrays)]
            for key, value in x.items()
        ]
        plain = all(isinstance(key, str) and not key.startswith("$") for key in x)
        return dict(pairs) if plain else {"$dict": pairs}
    raise TypeError(
        f"{path or 'the state'} cannot be saved: {type(x).__name__} is neither a number, a "
        "string, None, an array, nor a list, tuple or dict of these"
        + ("; save its state_dict()" if hasattr(x, "state_dict") else "")
    )


def _below(path: str, key: Any) -> str:
    return f"{path}/{key}" if path else str(key)


def _stored(x: Any, path: str, arrays: dict[str, ndarray]) -> str:
    """Keep an array under a name that says where it stood."""
    name = path or "array"
    while name in arrays:  # {"a": {"b": …}, "a/b": …}
        name += "+"
    arrays[name] = x if type(x) is ndarray else to_numpy(x)
    return name


def unpack(arrays: Mapping[str, ndarray], text: str) -> Any:
    """The state that `pack` took apart.

    Raises:
        ValueError: the text is not JSON, or it and the arrays do not belong together.

    >>> unpack({"m": np.zeros(2)}, '{"betas": {"$tuple": [0.9, 0.99]}, "m": {"$array": "m"}}')
    {'betas': (0.9, 0.99), 'm': array([0., 0.])}
    """
    left = dict(arrays)
    try:
        state = _unpacked(json.loads(text), left)
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None
    if left:
        raise ValueError(f"its JSON does not mention the arrays {sorted(left)[:5]}")
    return state


def _unpacked(x: Any, left: dict[str, ndarray]) -> Any:
    if isinstance(x, list):
        return [_unpacked(item, left) for item in x]
    if not isinstance(x, dict):
        return x
    marks = [key for key in x if key.startswith("$")]
    if not marks:
        return {key: _unpacked(value, left) for key, value in x.items()}
    (key, value), *more = x.items()
    if key in _ARRAYS and not more and isinstance(value, str):
        if value not in left:
            raise ValueError(f"its JSON mentions an array {value!r}, which is missing")
        return _ARRAYS[key](left.pop(value))
    if key == "$tuple" and not more and isinstance(value, list):
        return tuple(_unpacked(item, left) for item in value)
    if key == "$dict" and not more and isinstance(value, list):
        return {_unpacked(k, left): _unpacked(v, left) for k, v in value}
    raise ValueError(f"its JSON has a mark that means nothing here: {marks[0]!r}")
