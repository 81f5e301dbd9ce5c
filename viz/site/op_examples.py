"""An example for each op of the table, made from its row: what it gives, and its gradient.

Its statements are run as it is written: what it prints is what they print.
"""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from typing import Any

import numpy as np

import engine
from engine import Op, input_names

#: Where a row of so many inputs is tried: the first point of its domain, away from kinks.
POINTS: dict[int, tuple[tuple[float, ...], ...]] = {
    1: ((0.5,), (2.0,)),
    2: ((2.0, 3.0),),
    3: ((2.0, 1.0, 3.0),),
}
#: A row with kinks does something else where numbers are negative.
KINKED = ((-0.5,), *POINTS[1])

#: What a row on whole arrays is called with, where `x` alone will not do.
CALLS = {
    "all": "x > 1.5, axis=1",
    "any": "x > 2.5, axis=1",
    "argmax": "x, axis=1",
    "argmin": "x, axis=1",
    "argsort": "x, descending=True",
    "broadcast_to": "x, (2, 2, 2)",
    "cast": "x, engine.float32",
    "clip": "x, min=0.0, max=1.0",
    "cumprod": "x, axis=1",
    "cumsum": "x, axis=1",
    "logsumexp": "x, axis=1",
    "max": "x, axis=1",
    "mean": "x, axis=0",
    "min": "x, axis=1",
    "prod": "x, axis=0",
    "reshape": "x, (4,)",
    "sliding_window_view": "x, 2, axis=0",
    "sum": "x, axis=0",
    "sum_to": "x, (2,)",
    "sum_windows": "x, (3,), 2, axis=0",
}
ENGINE: dict[str, Any] = {"engine": engine}
MATRIX = "[[1.0, 2.0], [3.0, 4.0]]"
#: What else it is called on than `MATRIX`.
INPUTS = {"matmul": (MATRIX, "[1.0, 2.0]"), "solve": (MATRIX, "[5.0, 6.0]")}


def op_example(op: Op, function: str) -> str:
    """A doctest of an op, called by its public name.

    Args:
        op: a row of the table.
        function: the name, in full.

    Raises:
        TypeError: the op cannot be called on an array alone; `CALLS` says with what else.

    >>> op_example(engine.tanh, "engine.tanh").splitlines()[1]
    '>>> y = engine.tanh(x)'
    """
    if op.kind == "elementwise":
        return run(_on_values(op, function), ENGINE)
    names = input_names(op)
    given = INPUTS.get(op.name, (MATRIX,) * len(names))
    lines = [
        f"{name} = engine.Tensor({numbers}, requires_grad=True)"
        for name, numbers in zip(names, given, strict=True)
    ]
    lines.append(f"y = {function}({CALLS.get(op.name, ', '.join(names))})")
    y = _state_after(lines)["y"]
    if not getattr(y, "requires_grad", False):  # as argmax, whose results are integers
        return run([*lines, "y.tolist()"], ENGINE)
    if y.ndim:
        seen = "y.data.round(4).tolist()"
        lines += [seen, "y.ravel()[-1].backward()  # of its last number"]
    else:
        lines += ["round(y.item(), 4)", "y.backward()"]
    return run([*lines, *(f"{name}.grad.round(4).tolist()" for name in names)], ENGINE)


def _on_values(op: Op, function: str) -> list[str]:
    """The statements of an example of one number each."""
    numbers = _point(op)
    names = input_names(op)
    y = "z" if "y" in names else "y"
    flowing = [name for name, rule in zip(names, op.vjps, strict=True) if rule is not None]
    lines = [
        f"{name} = {f'engine.Value({x})' if name in flowing else 'True'}"
        for name, x in zip(names, numbers, strict=True)
    ]
    shown = [f"{y}.data", *(f"{name}.grad" for name in flowing)]
    return [
        *lines,
        f"{y} = {function}({CALLS.get(op.name, ', '.join(names))})",
        f"{y}.backward()",
        ", ".join(f"round({number}, 4)" for number in shown),
    ]


def _point(op: Op) -> tuple[float, ...]:
    points = KINKED if op.kinks and op.n_inputs == 1 else POINTS[op.n_inputs]
    for point in points:
        inside = all(interval.contains(x) for interval, x in zip(op.domain, point, strict=True))
        if inside and (op.kinks is None or np.all(op.kinks(*point, **op.defaults) != 0)):
            return point
    raise ValueError(f"no point of POINTS is in the domain of {op.name}: {op.domain}")


def _state_after(statements: list[str]) -> dict[str, Any]:
    state = dict(ENGINE)
    for statement in statements:
        exec(statement, state)
    return state


def run(statements: list[str], names: dict[str, Any]) -> str:
    """Statements with what an interpreter prints after each.

    >>> run(["1 + 1"], {}).splitlines()[1]
    '2'
    """
    state = dict(names)
    lines = []
    for statement in statements:
        with redirect_stdout(io.StringIO()) as printed:
            exec(compile(statement, "<example>", "single"), state)
        lines += [f">>> {statement}", *printed.getvalue().splitlines()]
    return "\n".join(lines)
