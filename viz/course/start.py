"""Checks of notebook 00: a derivative in the head, a function for Values, a first `slope`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import engine
from engine import Value

from .checking import Hint, exercise, expect, near, numbers

__all__ = ["check_slope", "check_wave", "check_ways"]


@exercise
def check_ways(slope: Any) -> str:
    """∂y/∂a of y = a*b + a at a = 2, b = 5."""
    found = float(numbers(slope))
    expect(found != 12, "12 is y itself. How fast does y grow when a grows?")
    expect(found != 2, "2 is ∂y/∂b: what b is multiplied by. Asked is ∂y/∂a.")
    expect(
        found not in (1, 5),
        f"{found:g} is what comes through one arrow that leaves a. There are two: add them up.",
    )
    near(found, 6.0, "Each arrow that leaves a brings a part: b through a*b, 1 through + a")
    return "a reaches y on two ways, and the two parts add up: 5 + 1."


@exercise
def check_wave(wave: Callable[[Any], Any]) -> str:
    """sin(x)·x², for a number, a Value and a Tensor."""
    x = Value(0.5, label="x")
    try:
        y = wave(x)
    except TypeError as error:
        expect("ufunc" not in str(error), "NumPy's sin does not take a Value. Try engine.sin.")
        raise
    expect(
        isinstance(y, Value),
        f"wave(Value(0.5)) is a plain {type(y).__name__}: on the way the graph was lost. math.sin "
        "turns a Value into a number, and so does .data. Try engine.sin, and x itself.",
    )
    for at in (0.5, -2.0):
        expect(
            not math.isclose(float(numbers(wave(at))), math.sin(at * at)),
            "That is the sine of x². Asked is x² times the sine of x.",
        )
        near(wave(at), math.sin(at) * at * at, f"wave({at:g}) should be sin(x)·x² at {at:g}")
    result = engine.compare(wave, 0.5)
    expect(result.ok, f"engine.compare(wave, 0.5) finds a difference:\n{result}")
    return "One definition, and it works for numbers, Values and Tensors."


@exercise
def check_slope(slope: Callable[[Callable[[Any], Any], float], Any]) -> str:
    """df/dx as a plain number, by one Value and backward."""
    cases: list[tuple[Callable[[Any], Any], float, float, str]] = [
        (lambda x: x * x, 3.0, 6.0, "x*x"),
        (lambda x: engine.exp(2 * x) + x, 0.0, 3.0, "exp(2*x) + x"),
        (lambda x: 5 * x - x**3, -1.0, 2.0, "5*x - x**3"),
    ]
    for f, x, right, formula in cases:
        found = slope(f, x)
        if isinstance(found, Value):
            raise Hint("slope should return a number, the .grad of x. Yours returns a Value.")
        got, where = float(numbers(found)), f"of {formula} at x = {x:g}"
        expect(got != 0, "The slope is 0. Was y.backward() called before x.grad was read?")
        expect(got != 1, "That is the .grad of y, which is always 1. Read the .grad of x.")
        expect(
            not math.isclose(got, float(f(x))),
            f"{got:g} is the value {where}, not its slope. Read the .grad of x.",
        )
        near(got, right, f"The slope {where}")
    return "That is reverse-mode differentiation of any function of one number, in three lines."
