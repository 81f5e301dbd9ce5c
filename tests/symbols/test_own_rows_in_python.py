"""Rows of one's own in any Python: where names would go another way, numbers are taken."""

import math

import numpy as np
import pytest

import engine
from engine import Tensor, Value, elementwise
from engine.values.backward import push_any

pytestmark = pytest.mark.usefixtures("own_ops")


def row(name, rule, scalar=None, forward=np.abs):
    return elementwise(name, forward, rule, scalar=scalar)


def gives(op, number):
    """What the op makes of a Value of this number, and its gradient."""
    x = Value(number)
    y = op(x)
    y.backward()
    return y.data, x.grad


def test_a_row_may_catch_what_numbers_raise():
    def factorial(x):
        try:
            return float(math.factorial(int(x)))
        except (TypeError, ValueError):
            return math.nan

    def rule(g, y, x):
        try:
            return g if x > 0 else -g
        except:  # noqa: E722 - as a user may write it
            return 7.0 * g

    assert gives(row("caught", rule, factorial), 4.0) == (24.0, 1.0)


def test_a_row_may_look_a_number_up():
    op = row(
        "looked_up",
        lambda g, y, x: g * {1.0: 5.0}.get(x, 3.0),
        lambda x: 4.0 if x in {0.0, 1.0} else x,
    )
    assert gives(op, 1.0) == (4.0, 5.0)
    assert gives(op, 2.0) == (2.0, 3.0)


def test_a_row_may_ask_for_types():
    def doubled(x):
        match x:
            case float():
                return 2 * x
        return math.nan

    def inside(g, y, x):
        return (lambda: doubled(g))()

    assert gives(row("matched", lambda g, y, x: doubled(g), doubled), 3.0) == (6.0, 2.0)

    def nested(x):
        def halved():
            match x:
                case float():
                    return x / 2
            return math.nan

        return halved()

    assert gives(row("nested", inside, nested), 3.0) == (1.5, 2.0)


def test_a_row_that_draws_lots_draws_each_time():
    def imported(x):
        import random

        return x * random.random()

    drawn = row(
        "drawn",
        lambda g, y, x: g * np.random.rand(),  # noqa: NPY002 - as many write it
        lambda x: x * np.random.rand(),  # noqa: NPY002 - as many write it
    )
    assert len({gives(drawn, 1.0) for _ in range(3)}) == 3
    again = row("imported", lambda g, y, x: g, imported)
    assert len({gives(again, 1.0) for _ in range(3)}) == 3


def test_constants_and_functions_of_numpy_are_written_out():
    op = row("turned", lambda g, y, x: g * np.pi * np.sqrt(4.0), lambda x: x * np.pi)
    assert gives(op, 2.0) == (2 * np.pi, 2 * np.pi)
    assert op.push is not push_any
    assert "_held = x * 3.141592653589793\n" in op.source


def test_a_loop_is_run_where_its_text_would_grow_without_end():
    def root(x):
        r = 1.0
        for _ in range(40):  # r stands twice in each
            r = 0.5 * (r + x / r)
        return r

    def rule(g, y, x):
        for _ in range(2000):
            x = 0.5 * x + 1
        return g * x

    op = row("root", rule, root, np.sqrt)
    value, slope = gives(op, 2.0)
    assert math.isclose(value, math.sqrt(2.0), rel_tol=1e-15)
    assert slope == 2.0
    assert "y = root(x)\n" in op.source


def test_a_short_loop_is_written_out():
    def rule(g, y, x):
        for _ in range(2):
            g = g * x
        return g

    op = row("short", rule)
    assert gives(op, 3.0) == (3.0, 9.0)
    assert "node_x._adjoint += g * x * x\n" in op.source


@pytest.mark.parametrize("name", ["g", "x0", "a0", "t0", "node", "part", "size", "ndim", "found"])
def test_an_op_may_have_any_name_in_the_rules_of_others(name):
    op = row(name, lambda g, y, x: g * engine.cosh(x), forward=np.sinh)

    def rule(g, y, x):
        taken_twice = op(x)
        return g * taken_twice * taken_twice

    user = row("user", rule, forward=np.tanh)
    x = Tensor([0.5], requires_grad=True)
    user(x).sum().backward()
    assert np.array_equal(x.grad, np.sinh([0.5]) * np.sinh([0.5]))
    assert gives(user, 0.5)[1] == pytest.approx(x.grad[0], rel=1e-15)


def replaced_by_name(forward):
    return elementwise("core", forward, lambda g, y, x: g, replace=True)


def defined_again(forward):
    engine.unregister("core")
    return elementwise("core", forward, lambda g, y, x: g)


@pytest.mark.parametrize("define", [replaced_by_name, defined_again])
def test_who_uses_an_op_in_a_rule_uses_the_one_that_has_taken_its_place(define):
    core = elementwise("core", np.sinh, lambda g, y, x: g)
    around = row("around", lambda g, y, x: g * core(x))
    x = Tensor([1.0], requires_grad=True)
    around(x).sum().backward()
    assert x.grad[0] == pytest.approx(math.sinh(1.0))
    assert gives(around, 1.0)[1] == pytest.approx(math.sinh(1.0))

    core = define(np.cosh)
    x.grad = None
    around(x).sum().backward()
    assert x.grad[0] == pytest.approx(math.cosh(1.0))
    assert gives(around, 1.0)[1] == pytest.approx(math.cosh(1.0))


def test_who_uses_an_op_in_a_rule_sees_it_changed(monkeypatch):
    assert gives(engine.sin, 0.0) == (0.0, 1.0)
    monkeypatch.setattr(engine.cos, "scalar", lambda x: 7.0)
    assert gives(engine.sin, 0.0) == (0.0, 7.0)
    monkeypatch.undo()
    assert gives(engine.sin, 0.0) == (0.0, 1.0)
