"""linearize: f once, and its derivative along any tangents."""

from __future__ import annotations

import numpy as np
import pytest

import engine as E
from engine import Tensor, Value, ValueArray, grad, jvp, linearize

X = np.array([0.5, -1.0, 2.0])
V = np.array([1.0, 10.0, -1.0])


def f(x):
    return E.sin(x) * x


def test_a_pushforward_is_jvp_with_the_function_run_once():
    calls = []
    y, push = linearize(lambda x: calls.append(1) or f(x), X)

    np.testing.assert_array_equal(y, f(X))
    for v in (V, np.ones(3), np.zeros(3)):
        np.testing.assert_allclose(push(v), jvp(f, X, v)[1], rtol=1e-15)
    assert len(calls) == 1
    assert type(push(V)) is np.ndarray


def test_numbers_give_numbers_and_nodes_nodes():
    y, push = linearize(f, 2.0)
    assert (type(y), type(push(3.0))) == (float, float)
    assert y == f(2.0)
    assert push(3.0) == pytest.approx(3.0 * (np.cos(2.0) * 2.0 + np.sin(2.0)))
    y, push = linearize(lambda x: x**3, Value(2.0))
    assert (y.data, push(1.0).data) == (8.0, 12.0)
    _, push = linearize(lambda x: x**3, ValueArray.of(X))
    np.testing.assert_array_equal(push(V).values, 3 * X**2 * V)
    t = Tensor(X, requires_grad=True)
    _, push = linearize(lambda x: x**3, t)
    push(V).sum().backward()
    np.testing.assert_allclose(t.grad, 6 * X * V)


def test_a_pushforward_is_differentiated_by_its_tangent():
    _, push = linearize(f, X)
    slope = grad(lambda v: (push(v) * X).sum())(V)
    np.testing.assert_allclose(slope, X * (np.cos(X) * X + np.sin(X)))


def test_a_pushforward_inside_another_derivative():
    found = grad(lambda x: linearize(lambda z: z**3 * x, x)[1](V).sum())(X)
    np.testing.assert_allclose(found, 9 * X**2 * V)


def test_containers_and_what_f_returns_beside():
    y, push, aux = linearize(
        lambda p, c: ({"y": p["w"] * c, "c": c}, "seen"), {"w": X}, 2.0, has_aux=True
    )
    found = push({"w": V}, 1.0)

    assert aux == "seen"
    assert y["y"].tolist() == (2 * X).tolist()
    assert found["y"].tolist() == (2 * V + X).tolist()
    assert found["c"] == 1.0


def test_tangents_that_do_not_fit_are_named():
    _, push = linearize(lambda a, p: a * p["w"], X, {"w": X})

    with pytest.raises(ValueError, match="got 2 primals but 1 tangents"):
        push(V)
    with pytest.raises(ValueError, match=r"tangent 0 must have shape \(3,\), got \(2,\)"):
        push(V[:2], {"w": V})
    with pytest.raises(ValueError, match="tangent 1 must be built as primal 1 is"):
        push(V, {"b": V})
    assert push(V, {"w": V}).tolist() == (V * X + X * V).tolist()


def test_no_grad_around_a_pushforward_gives_plain_nodes():
    _, push = linearize(f, Tensor(X, requires_grad=True))
    with E.no_grad():
        assert not push(V).requires_grad


def test_a_result_that_does_not_depend_on_its_argument_is_said():
    _, push = linearize(lambda x: 3.0, X)
    with pytest.warns(UserWarning, match="does not depend on argument 0"):
        assert push(V) == 0.0


def test_a_compiled_function_is_linearized_as_it_is():
    y, push = linearize(E.compile(f), X)
    np.testing.assert_allclose(y, f(X))
    np.testing.assert_allclose(push(V), jvp(f, X, V)[1])
