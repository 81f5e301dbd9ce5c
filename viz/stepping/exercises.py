"""Random small graphs of Values to practise on, of rising difficulty, with handy numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine import Value, exp, relu, tanh, toposort
from engine.looking import BackwardPass
from engine.showing import number

from .steps import walk
from .tasks import near, tasks

#: What each level adds to those before it.
LEVELS = {
    1: "one op",
    2: "a chain of two",
    3: "a node used twice",
    4: "a function of one number",
    5: "neurons",
}
WHOLE = (-5, -4, -3, -2, 2, 3, 4, 5)
HALVES = (-1.5, -0.5, 0.5, 1.5, 2.5)
LARGEST, SMALLEST = 400, 0.01  # answers, but for 0
PLAIN, SHORT = 3, 5  # up to this level an answer has at most so many characters
DEAD = 5  # answers that are 0, at most


def _leaf(rng: np.random.Generator, name: str, numbers: tuple[float, ...] = WHOLE) -> Value:
    return Value(float(rng.choice(numbers)), label=name)


def _input(rng: np.random.Generator, name: str) -> Value:
    return Value(float(rng.choice(WHOLE)), label=name, requires_grad=False)


def _one_of(rng: np.random.Generator, *makers: Callable[[], Value]) -> Value:
    return makers[int(rng.integers(len(makers)))]()


def _named(node: Value, name: str) -> Value:
    node.label = name
    return node


def _one_op(rng: np.random.Generator) -> Value:
    a, b = _leaf(rng, "a"), _leaf(rng, "b")
    return _one_of(rng, lambda: a * b, lambda: a - b, lambda: a / b, lambda: a**2)


def _chain(rng: np.random.Generator) -> Value:
    a, b, c = (_leaf(rng, name) for name in "abc")
    d = _named(_one_of(rng, lambda: a * b, lambda: a + b, lambda: a - b), "d")
    return _one_of(rng, lambda: d * c, lambda: d / c, lambda: d**2, lambda: c - d)


def _twice(rng: np.random.Generator) -> Value:
    a, b, c = (_leaf(rng, name) for name in "abc")
    d = _named(_one_of(rng, lambda: a * b, lambda: a + b), "d")
    return _one_of(rng, lambda: d * a, lambda: d * c + d, lambda: d * d + a, lambda: d * c + a)


def _function(rng: np.random.Generator) -> Value:
    a, b, c = _leaf(rng, "a", HALVES), _leaf(rng, "b", HALVES), _leaf(rng, "c")
    d = _named(_one_of(rng, lambda: a * b, lambda: a + b), "d")
    e = _one_of(rng, lambda: tanh(d), lambda: exp(d), lambda: relu(d), lambda: d**3)
    return _named(e, "e") * c


def _neuron(rng: np.random.Generator) -> Value:
    x, z, t = (_input(rng, name) for name in "xzt")
    w, v, b = (_leaf(rng, name, HALVES) for name in "wvb")
    h = tanh(_named(w * x + v * z + b, "n"))
    return (_named(h, "h") - t) ** 2


def _relus(rng: np.random.Generator) -> Value:
    """Two neurons, of which one may be dead."""
    x = _input(rng, "x")
    w1, w2, b = (_leaf(rng, name, HALVES) for name in ("w1", "w2", "b"))
    c = _leaf(rng, "c")
    first, second = _named(relu(w1 * x + b), "h1"), _named(relu(w2 * x), "h2")
    return first * c + second


def _neurons(rng: np.random.Generator) -> Value:
    return _one_of(rng, lambda: _neuron(rng), lambda: _relus(rng))


MAKERS = {1: _one_op, 2: _chain, 3: _twice, 4: _function, 5: _neurons}


def exercise(level: int, rng: np.random.Generator) -> Value:
    """The result of a random graph of this level that is worth asking about.

    >>> exercise(1, np.random.default_rng(0)).data
    16.0
    """
    root = MAKERS[level](rng)
    while not _fair(root, level):
        root = MAKERS[level](rng)
    return root


def _fair(root: Value, level: int) -> bool:
    """Whether answers are numbers to work with, and mistakes can be told from them.

    No two numbers that are given are alike in size, and of what flows, only a relu makes
    a 0.  In all but the first level some upstream gradient is not 1.
    """
    order = toposort(root)
    constants = [x for node in order for x in node.inputs if isinstance(x, float)]
    given = [abs(x) for x in (*(x.data for x in order if x.op is None), *constants)]
    if any(near(x, y) for i, x in enumerate(given) for y in given[:i]) or any(map(_at_zero, order)):
        return False
    asked = tasks(list(walk(BackwardPass(root), commit=False)))
    sizes = [abs(task.answer) for task in asked if task.answer]
    live = len(asked) - len(sizes) <= DEAD
    short = level > PLAIN or all(len(number(task.answer)) <= SHORT for task in asked)
    chained = level == 1 or any(not near(abs(task.upstream), 1.0) for task in asked)
    return live and short and chained and SMALLEST <= min(sizes) <= max(sizes) <= LARGEST


def _at_zero(node: Value) -> bool:
    """Whether a number came out as 0 where nothing was: a kink, or a rule in which 0 hides much."""
    inputs = [getattr(x, "data", x) for x in node.inputs]
    return node.data == 0 and all(inputs) and (node.op is None or node.op.name != "relu")
