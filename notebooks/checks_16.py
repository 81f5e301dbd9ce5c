"""Checks of notebook 16: an open forget gate, backward through time by hand, windows."""

from __future__ import annotations

import functools
import inspect
import math
from types import CodeType
from typing import Any

import numpy as np

from engine import Tensor, Value, tanh

from .exercise import answer_to_numpy, exercise, expect, near


@exercise
def check_bias(bias: Any) -> str:
    """The bias whose sigmoid, to the power 100, is one half."""
    found = answer_to_numpy(bias)
    expect(found.size == 1, f"One number is needed, and yours has shape {found.shape}")
    number, gate = float(found.item()), 0.5 ** (1 / 100)
    expect(math.isfinite(number), f"A finite number is needed, and yours is {number}")
    right = math.log(gate / (1 - gate))
    for wrong, hint in [
        (gate, "That is the gate itself, 0.9931. Which bias gives it? Turn the sigmoid round"),
        (-right, "The sign is wrong: a negative bias closes the gate"),
        (0.0, "A bias of 0 is a gate of 0.5: half is gone after a single step"),
        (
            math.log(gate),
            "That is the logarithm of the gate. The sigmoid's inverse is log(f/(1−f))",
        ),
        (gate / (1 - gate), "That is f/(1−f). Its logarithm is the bias"),
        (math.log(0.995 / 0.005), "You took 0.005 away at each step. The gates multiply"),
        (math.log(0.99 / 0.01), "0.99 to the power 100 is 0.37. Half of it should be left"),
        (math.atanh(gate), "That is the inverse of tanh; a gate is a sigmoid"),
        (math.log10(gate / (1 - gate)), "Take the natural logarithm, math.log"),
        (
            -100 * math.log(2),
            "Your gate is 0.5 to the power 100. It is the other way round: its power 100 is 0.5",
        ),
    ]:
        expect(not math.isclose(number, wrong, rel_tol=1e-3, abs_tol=1e-6), hint)
    left = math.exp(-100 * np.logaddexp(0, -number))  # the sigmoid's logarithm, 100 times
    near(left, 0.5, "That is what your bias leaves after 100 steps", rtol=0.01)
    return "For ten times as many steps, it is about 2.3 more."


def _names(code: CodeType) -> set[str]:
    """The names that a function uses, in the functions inside it too."""
    inner = [_names(one) for one in code.co_consts if isinstance(one, CodeType)]
    return set(code.co_names).union(*inner)


def _by_engine(xs: Any, h0: float, u: float, w: float) -> np.ndarray:
    """The derivatives with respect to u and w, by backward."""
    a, b = Value(u), Value(w)
    h: Any = h0
    for x in xs:
        h = tanh(a * float(x) + b * h)
    h.backward()
    return np.array([a.grad, b.grad])


def _mistaken(xs: Any, h0: float, u: float, w: float, mistake: str) -> np.ndarray:
    """What comes out by a loop that goes wrong in one way."""
    states = [h0]
    for x in xs:
        states.append(math.tanh(u * x + w * states[-1]))
    last = len(xs) - 1
    g, to_u, to_w = states[-1] if mistake == "begins with the state" else 1.0, 0.0, 0.0
    steps = range(len(xs))
    for t in steps if mistake == "forwards" else reversed(steps):
        if mistake == "no first step" and not t:
            break
        slope = 1 - states[t + 1] ** 2
        if mistake == "slope of the state before":
            slope = 1 - states[t] ** 2
        elif mistake == "slope of the state":
            slope = 1 - math.tanh(states[t + 1]) ** 2
        g *= 1.0 if mistake == "no slope" else slope
        g *= w if mistake == "weight too early" else 1.0
        if mistake != "last step only" or t == last:
            to_u += g * xs[t]
            before = states[-1] if mistake == "no h0" and not t else states[t]
            to_w += g * (states[t + 1] if mistake == "the state after" else before)
        if mistake == "first step only" and t:
            to_u = to_w = 0.0
        if mistake == "times u":
            g *= u
        elif mistake not in ("no weight", "weight too early"):
            g *= w
    return np.array([to_u, to_w])


MISTAKES = {
    "last step only": "That is the last step's share alone. The weights are used at every step: go "
    "on to the steps before, and add",
    "first step only": "That is the first step's share alone: add to what later steps gave, += and "
    "not =",
    "no weight": "On its way to the state before, the gradient is multiplied by w",
    "weight too early": "You multiply by w before the step's shares are taken. There the gradient "
    "has passed the tanh, and not the weight yet: take the shares first",
    "no slope": "Each step multiplies by the slope of tanh, 1 − h²",
    "slope of the state before": "The slope is that of the tanh which made h at this step: 1 − h² "
    "with the state after the step, not before it",
    "slope of the state": "The states are tanhs already: the slope is 1 − h², not 1 − tanh(h)²",
    "the state after": "w is multiplied by the state before the step; you took the one after it",
    "times u": "On its way to the state before, the gradient is multiplied by w, and not by u",
    "forwards": "Your loop goes forwards. Backward begins at the last step: reversed(range(…))",
    "begins with the state": "The gradient begins at 1: the last state's derivative by itself",
    "no first step": "The first step is missing: the loop back has to reach t = 0",
    "no h0": "At the first step the state before is h0; yours is another one (an index of −1?)",
}


@exercise
def check_through_time(through_time: Any) -> str:
    """Both derivatives of the last state, by a loop back through the steps."""
    written = inspect.unwrap(through_time)
    names = _names(written.__code__) if inspect.isfunction(written) else set()
    expect(
        not names & {"backward", "grad", "Value", "Tensor", "jacobian", "vjp", "jvp"},
        "That leaves it to the engine. Here the loop back should be yours, with plain numbers",
    )
    xs, h0, u, w = [0.5, -1.0, 0.3, 0.7], 0.8, 1.2, 0.6
    given = list(xs)
    found = answer_to_numpy(through_time(given, h0, u, w))
    expect(given == xs, "Your function changed the list of inputs: walk it, and leave it as it is")
    expect(
        found.shape == (2,),
        f"Two numbers are needed, of u and of w; yours has shape {found.shape}",
    )
    right = _by_engine(xs, h0, u, w)
    expect(not np.allclose(found, right[::-1]), "They have changed places: first u, then w")
    expect(
        not np.allclose(found, -right),
        "The sign is wrong: these are derivatives, and not steps down",
    )
    for mistake, hint in MISTAKES.items():
        expect(not np.allclose(found, _mistaken(xs, h0, u, w, mistake)), hint)
    expect(
        not np.allclose(found, right, rtol=1e-4) or np.allclose(found, right, 1e-12, 0),
        "Close, but not exact: a finite difference? Go back through the steps by the chain rule",
    )
    near(found, right, "For xs = [0.5, −1, 0.3, 0.7], h0 = 0.8, u = 1.2, w = 0.6")
    near(
        through_time([0.4], -0.5, 0.7, 1.1),
        _by_engine([0.4], -0.5, 0.7, 1.1),
        "It is right for four inputs, and not for a single one",
    )
    rng = np.random.default_rng(0)
    many = rng.normal(size=50)
    near(
        through_time(many, 0.0, 0.3, 1.4),
        _by_engine(many, 0.0, 0.3, 1.4),
        "It is right for a few inputs, and not for 50 in an array, with h0 = 0",
    )
    return "50 steps back, with nothing but multiplications and sums."


NO_WEIGHTS = (
    "What you call backward on does not depend on the weights. Is it a loss, taken after `step`, "
    "of a state that is not detached yet?"
)


class _Run:
    """A small cell, and what `windows` does with it: gradients, the last state, how often."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.xs, self.ys = rng.normal(size=(7, 2)), rng.normal(size=(7, 2))
        self.w = Tensor([[0.9, -0.4], [0.5, 0.8]], requires_grad=True)
        self.learned: list[bool] = []  # at each call of `step`, whether backward was called before

    def step(self, x: Any, h: Any) -> Any:
        """The next state."""
        self.learned.append(self.w.grad is not None)
        return tanh(self.w @ h + x)

    def of(self, windows: Any, size: int) -> tuple[Any, Any]:
        """The last state, and the gradient of w, as arrays; None for none."""
        try:
            last = windows(self.step, self.xs, self.ys, Tensor([0.3, -0.2]), size)
        except RuntimeError as error:
            expect("does not require a gradient" not in str(error), NO_WEIGHTS)
            raise
        return last, None if self.w.grad is None else np.array(self.w.grad)


def _windows(step: Any, xs: Any, ys: Any, h: Any, size: int, wrong: str = "") -> Any:
    """The solution; or what goes wrong in one way."""
    start = h
    losses: list[Any] = []
    for first in range(0, len(xs), size):
        part = slice(first, first + size)
        if wrong == "rest" and len(xs[part]) < size:
            break
        losses = losses if wrong == "again" else []
        for x, y in zip(xs[part], ys[part], strict=True):
            h = step(x, h.detach() if wrong == "each" else h)
            losses.append(((h - y) ** 2).sum())
        loss = sum(losses[-1:] if wrong == "last" else losses)
        loss /= {"mean": len(losses), "mean of squares": 2}.get(wrong, 1)
        loss.backward()
        if wrong != "whole":
            h = start if wrong == "start" and first + size < len(xs) else h.detach()
    return h


WRONG_WINDOWS = {
    "start": "You begin each window from the first state. Go on with the last one, detached: its "
    "numbers stay, only its graph is cut",
    "whole": "Your state is not cut: the gradient goes on into earlier windows. Go on with "
    "h.detach() after each window",
    "each": "You cut the state at every step. Within a window the gradient should pass",
    "rest": "The last window is shorter, and you have left it out",
    "mean of squares": "You took the mean of the squares; the loss of a step is their sum",
    "mean": "You took the mean of a window's losses; their sum is asked for",
    "again": "The losses of earlier windows are still in your sum, and count again. Begin each "
    "window with an empty one",
    "last": "Only the last loss of each window is in your gradient. Add up those of all its steps",
}


@exercise
def check_windows(windows: Any) -> str:
    """Gradients of windows of 3, of 7 steps, and the state that is carried on."""
    right, yours = _Run(), _Run()
    last, gradient = right.of(_windows, 3)
    state, found = yours.of(windows, 3)
    expect(
        found is not None,
        "The weights have no gradient: call backward on the loss of each window",
    )
    for wrong, hint in WRONG_WINDOWS.items():
        _, mistaken = _Run().of(functools.partial(_windows, wrong=wrong), 3)
        expect(not np.allclose(found, mistaken), hint)
    near(
        found,
        gradient,
        "This is the gradient of the cell's weights, over 7 steps in windows of 3",
        rtol=1e-8,
    )
    near(state, last, "The gradient is right. Return the last state")
    calls = len(yours.learned)
    expect(
        calls == 7,
        f"The gradient is right, but `step` was called {calls} times for 7 inputs: go on "
        "from the state you have",
    )
    expect(
        yours.learned[3],
        "The gradient is right. But the second window begins before backward was called on the "
        "first, whose graph is still kept: call backward at the end of each window",
    )
    for size, what in [(1, "windows of a single step"), (7, "one window"), (10, "a long window")]:
        expected, other = _Run().of(_windows, size), _Run().of(windows, size)
        near(other[1], expected[1], f"It is right for windows of 3, and not for {what}", rtol=1e-8)
    return "The graph is never longer than a window."
