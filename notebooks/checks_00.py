"""Checks of notebook 00: a derivative in the head, a function for Values, a first `slope`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import engine
from engine import Tensor, Value, ValueArray

from .exercise import Hint, answer_to_numpy, exercise, expect, near


@exercise
def check_ways(slope: Any) -> str:
    """∂y/∂a of y = a*b + a at a = 2, b = 5."""
    given = answer_to_numpy(slope)
    expect(given.size == 1, f"One number is asked for: the whole of ∂y/∂a. Yours is {slope!r:.40}")
    found = float(given.ravel()[0])
    expect(
        not isinstance(slope, Value) or found != 2,
        "That is the Value a, or its data: read a.grad, after y.backward()",
    )
    expect(found != 12, "12 is y itself. How fast does y grow when a grows?")
    expect(found != 2, "2 is ∂y/∂b: what b is multiplied by. Asked is ∂y/∂a.")
    expect(
        found not in (1, 5),
        f"{found:g} is what comes through one arrow that leaves a. There are two: add them up.",
    )
    expect(found != 10, "10 is a*b. How fast does y grow when a grows?")
    expect(found != 0, "The slope is 0. Was y.backward() called before a.grad was read?")
    near(found, 6.0, "Each arrow that leaves a brings a part: b through a*b, 1 through + a")
    return "a reaches y on two ways, and the two parts add up: 5 + 1."


@exercise
def check_wave(wave: Callable[[Any], Any]) -> str:
    """sin(x)·x², for a number, a Value and a Tensor."""
    x = Value(0.5, label="x")
    y = wave(x)
    answer_to_numpy(y)
    expect(
        isinstance(y, Value),
        f"wave(Value(0.5)) is a plain {type(y).__name__}: on the way the graph was lost. math.sin "
        "turns a Value into a number, and so does .data. Try engine.sin, and x itself.",
    )
    for at in (0.5, -2.0):
        try:
            found = wave(at)
        except AttributeError as error:
            raise Hint(
                f"wave({at:g}), of a plain number: {error}. Of sine and the like, those in engine "
                "take numbers, Values and Tensors: engine.sin(x)."
            ) from None
        expect(
            not math.isclose(float(answer_to_numpy(found)), math.sin(at * at)),
            "That is the sine of x². Asked is x² times the sine of x.",
        )
        near(found, math.sin(at) * at * at, f"wave({at:g}) should be sin(x)·x² at {at:g}")
    y.backward()
    expect(
        not math.isclose(x.grad, 2 * math.sin(0.5) * 0.5),
        "The result is right, and its derivative is not: on the way through the sine the graph was "
        "lost. math.sin turns a Value into a number. Try engine.sin, and x itself.",
    )
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
        asked: list[Any] = []

        def watched(z: Any, f: Callable[[Any], Any] = f, asked: list[Any] = asked) -> Any:
            asked.append(z)
            return f(z)

        found = slope(watched, x)
        if isinstance(found, Value):
            raise Hint("slope should return a number, the .grad of x. Yours returns a Value.")
        got, where = float(answer_to_numpy(found)), f"of {formula} at x = {x:g}"
        expect(got != 0, "The slope is 0. Was y.backward() called before x.grad was read?")
        expect(
            got != 1,
            "1 is what backward gives to the Value that it is called on. Call it on y, which is "
            "f(x), and read the .grad of x.",
        )
        expect(got != x, f"{got:g} is x itself, its .data. Read the .grad of x.")
        expect(
            not math.isclose(got, 2 * right),
            f"{got:g} is twice the slope {where}. Did backward run twice? Gradients add up.",
        )
        expect(
            not math.isclose(got, float(f(x))),
            f"{got:g} is the value {where}, not its slope. Read the .grad of x.",
        )
        expect(
            any(isinstance(z, Value | Tensor | ValueArray) for z in asked),
            "f was never called on a Value. You have measured the slope, with plain numbers, which "
            "is for notebook 01. Here make a Value, call f on it, and go backward.",
        )
        near(got, right, f"The slope {where}")
    return "That is reverse-mode differentiation of any function of one number, in three lines."
