"""Checks of notebook 04: rows of the table, written by the learner."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from engine import GradientError, Node, Op, Restoring, elementwise, gradcheck, input_names, registry
from engine.checking import slope

from .exercise import Hint, exercise, expect, near
from .lesson_04 import forget


class _TableToWriteOn(Restoring):
    """Block at whose end what was registered meanwhile is taken out."""

    def saved(self) -> Any:
        return set(registry)

    def restore(self, saved: Any) -> None:
        forget(*(set(registry) - saved))


def _takes(rule: Any, who: str, *names: str, **params: Any) -> None:
    """Whether a rule can be called as the engine will call it.

    Raises:
        Hint: it is a whole row, or takes other arguments.
    """
    expect(
        not isinstance(rule, Op),
        f"{who} should be the rule alone, a function that returns a number; yours is a whole row",
    )
    if not callable(rule):
        raise Hint(f"{who} should be a function, and yours is {rule!r:.40}")
    try:
        inspect.signature(rule).bind(*names, **params)
    except TypeError:
        called = ", ".join([*names, *(f"{name}=…" for name in params)])
        raise Hint(
            f"{who} does not take the arguments that a rule gets: it is called as rule({called})"
        ) from None
    except ValueError:  # one of NumPy's, without a signature
        return


def _check_rules(op: Op, f: Callable[..., Any], points: list[tuple[float, ...]], k: Any) -> None:
    """Whether each rule is g times the slope of f, which is `op` with its parameters.

    Raises:
        Hint: what is wrong with it.
    """
    for i, name in enumerate(input_names(op)):
        rule = op.rule(i)
        assert rule is not None
        _takes(rule, f"the rule for {name}", "g", "y", *input_names(op), **k)
        found = [_slope_by(rule, name, f, inputs, k) for inputs in points]
        wanted = [_slope_of(f, inputs, i) for inputs in points]
        if np.allclose(found, wanted, rtol=1e-6):
            continue
        hint = f"the rule for {name} is not g times the local derivative yet"
        ratio = np.divide(found, wanted)
        if not np.any(found):
            hint = f"the rule for {name} gives 0"
        elif np.allclose(ratio, ratio[0]):
            apart = "its sign" if np.isclose(ratio[0], -1) else f"a factor of {1 / ratio[0]:.4g}"
            hint = f"the rule for {name} is right up to {apart}"
        others = [[_slope_of(f, p, j) for p in points] for j in range(op.n_inputs) if j != i]
        if any(np.allclose(found, other, rtol=1e-6) for other in others):
            hint = f"the rule for {name} gives the derivative with respect to the other input"
        at = f" (k = {k['k']:g})" if k else ""
        near(found[0], wanted[0], f"{hint}: at {_place(points[0])}{at}, where g is 1", rtol=1e-6)


def _slope_by(
    rule: Callable[..., Any], name: str, f: Any, inputs: tuple[float, ...], k: Any
) -> float:
    one, two = (_number(rule(g, f(*inputs), *inputs, **k)) for g in (1.0, 2.0))
    expect(
        np.isclose(two, 2 * one),
        f"at {_place(inputs)} the rule for {name} gives {one:.4g} for g = 1 and {two:.4g} for "
        "g = 2, which should be twice as much: it has to return g times the local derivative",
    )
    return one


def _number(x: Any) -> float:
    expect(
        not isinstance(x, Node),
        f"a rule should return a plain number where it is given plain numbers, not {x!r:.60}: "
        "where it is given nodes, its sums and products are nodes by themselves",
    )
    try:
        return float(x)
    except (TypeError, ValueError):
        raise Hint(
            f"a rule should return a number where it is given numbers, not {x!r:.60}"
        ) from None


def _slope_of(f: Any, inputs: tuple[float, ...], i: int) -> float:
    def moved(x: float) -> Any:
        return f(*inputs[:i], x, *inputs[i + 1 :])

    return slope(moved, inputs[i]).value


def _place(inputs: tuple[float, ...]) -> str:
    return ", ".join(f"{x:g}" for x in inputs)


def _check_again(f: Callable[..., Any], inputs: tuple[float, ...], order: int) -> None:
    """Whether the rules can be differentiated again.

    Raises:
        Hint: they cannot, or come out wrong then.
    """
    try:
        gradcheck(f, inputs, order=order)
    except (TypeError, RuntimeError) as error:
        raise Hint(
            f"with numbers the rule is right, but with nodes it raised {type(error).__name__}: "
            f"{error}. Write it with engine's ops (engine.exp, not math.exp) or with y, so that it "
            "can be differentiated again"
        ) from error
    except GradientError as error:
        raise Hint(
            f"the first derivative is right, that of order {error.order} is not: the rule takes a "
            "number out of the graph, by to_numpy() or .data; leave it a node"
        ) from error


@exercise
def check_cube(cube_row: Any) -> str:
    """A row for x³, named my_cube."""
    expect(
        not isinstance(cube_row, Op),
        "cube_row is the op itself; it should be a function that returns it",
    )
    forget("my_cube")
    with _TableToWriteOn():
        op = cube_row()
        expect(
            isinstance(op, Op),
            f"cube_row should return the op that engine.elementwise returns, and not {op!r:.40}",
        )
        expect(op.name == "my_cube", f"the name should be 'my_cube', yours is {op.name!r}")
        near(op(2.0), 8.0, "my_cube(2.0) is 2 · 2 · 2")
        _check_rules(op, op, [(2.0,), (-1.5,), (0.3,)], {})
        _check_again(op, (1.5,), 4)
    return "Up to the fourth derivative, which is 0."


@exercise
def check_share(rule_a: Any, rule_b: Any) -> str:
    """The rules of y = a / (a + b)."""
    _takes(rule_a, "rule_a", "g", "y", "a", "b")
    _takes(rule_b, "rule_b", "g", "y", "a", "b")
    forget("my_share")
    with _TableToWriteOn():
        op = elementwise("my_share", lambda a, b: a / (a + b), rule_a, rule_b)
        _check_rules(op, op, [(1.0, 3.0), (2.0, 0.5), (0.4, 0.7)], {})
        _check_again(op, (1.0, 3.0), 2)
    return "At 1, 3 the slopes are 3/16 and -1/16, and the second derivatives are right too."


@exercise
def check_bump(rule: Any) -> str:
    """The rule of y = exp(-k x²), which can be differentiated again."""
    _takes(rule, "rule", "g", "y", "x", k=1.0)
    forget("my_bump")
    with _TableToWriteOn():
        op = elementwise("my_bump", lambda x, k=1.0: np.exp(-k * x * x), rule)
        for k in (1.0, 3.0):
            _check_rules(op, lambda x, k=k: op(x, k=k), [(0.5,), (-0.8,), (1.2,)], {"k": k})
        _check_again(lambda x: op(x, k=3.0), (0.5,), 3)
    return "For every k, and up to the third derivative."
