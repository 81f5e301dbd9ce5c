"""What is read from a saved optimizer, ours or PyTorch's: settings and state, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy import ndarray

from ..checks import dtype_of, number
from .slots import State

#: What PyTorch's groups have besides: how it computes, names, what its schedules were given.
ONLY_PYTORCHS = (
    "foreach", "fused", "capturable", "differentiable", "param_names",
    "max_lr", "min_lr", "base_momentum", "max_momentum",
)  # fmt: skip
#: What the state of a parameter holds that is one number, whatever its shape.
NUMBERS = ("step", "mu_product")


def settings_of(optimizer: Any, index: int, saved: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in a saved group, with the optimizer's own parameters.

    Raises:
        ValueError, TypeError: they are not those of such an optimizer.
    """
    kind, own = type(optimizer).__name__, optimizer.param_groups[index]
    settings = {**saved, **optimizer.late, **saved}  # in the order of what was saved
    settings = {key: x for key, x in settings.items() if key not in ONLY_PYTORCHS}
    # the rate a schedule started from comes and goes with the schedule
    wrong = (settings.keys() ^ {*optimizer.defaults, "params"}) - {"initial_lr"}
    if wrong:
        raise ValueError(
            f"group {index} of the state is not one of {kind}: the settings "
            f"{sorted(wrong)} are missing or unexpected"
        )
    if len(saved["params"]) != len(own["params"]):
        raise ValueError(
            f"group {index} of the state has {len(saved['params'])} parameters, "
            f"this {kind} has {len(own['params'])}"
        )
    settings["params"] = own["params"]
    optimizer.check(settings)
    if "initial_lr" in settings:
        settings["initial_lr"] = number("initial_lr", settings["initial_lr"], least=0)
    return settings


def row_of(optimizer: Any, place: int, saved: Mapping[str, Any], parameter: Any) -> State:
    """The saved state of one parameter; arrays are copies.

    Raises:
        ValueError: names, shapes or numbers are not those of such an optimizer.
    """
    name = f"the state of parameter {place}"
    known = optimizer.state_names + optimizer.optional_state
    missing = [key for key in optimizer.state_names if key not in saved]
    unexpected = [key for key in saved if key not in known]
    if missing or unexpected:
        raise ValueError(
            f"{name} is not one of {type(optimizer).__name__}: missing {missing}, "
            f"unexpected {unexpected}"
        )
    row: State = {}
    for key, x in saved.items():
        if x is None:  # PyTorch's "momentum_buffer" where there is no momentum
            continue
        array = np.asarray(x)
        if key in NUMBERS:
            row[key] = _number(key, array, name, optimizer.least_step)
            continue
        if array.dtype.kind != "f" or array.shape != parameter.shape:
            raise ValueError(
                f"{key!r} in {name} must hold floats of shape {parameter.shape}, "
                f"got {array.dtype} of shape {array.shape}"
            )
        row[key] = array.astype(state_dtype(parameter))
    return row


def _number(key: str, array: ndarray, name: str, least_step: int) -> float:
    """One of NUMBERS; PyTorch's are tensors of one float."""
    x = array.item() if array.shape == () and array.dtype.kind in "iuf" else -1
    if key == "step" and (x < least_step or x % 1):
        raise ValueError(
            f"'step' in {name} must be a whole number from {least_step} up, got {array!r:.60}"
        )
    return int(x) if key == "step" else number(f"{key!r} in {name}", x, least=0)


def state_dtype(parameter: Any) -> np.dtype[Any]:
    """The dtype of a parameter's state: its own, but float32 for float16."""
    return np.promote_types(dtype_of(parameter), np.float32)
