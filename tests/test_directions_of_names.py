"""Derivatives in programs that are written down: along names, and where nothing is recorded."""

from __future__ import annotations

import numpy as np
import pytest

import engine as E
from engine import (
    Tensor,
    Value,
    grad,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    no_grad,
    shape_op,
    taylor,
    vjp,
    vmap,
)

X = np.array([0.5, -1.0, 2.0])
BATCH = np.stack([X, 2 * X])
EYE = np.eye(3)


def f(x):
    return E.tanh(x @ (EYE + 0.3)) * x[0] + E.softmax(x, axis=0)


def total(x):
    return f(x).sum()


def back(g):
    return E.cumsum(g[::-1], axis=0)[::-1]


def forward(t, y, x):
    return E.cumsum(2 * x * t[0], axis=0)


@pytest.fixture(params=["transposed", "jvp", "linear"])
def by_a_users_row(request):
    """A function that uses a row of the user's, and that row's way forward."""
    if request.param == "linear":
        row = shape_op(lambda g, y, x: back(g), linear="jointly", name="users_row")(
            lambda x: np.cumsum(x)
        )
    else:
        rule = forward if request.param == "jvp" else None
        row = shape_op(lambda g, y, x: back(g) * 2 * x, jvp=rule, name="users_row")(
            lambda x: np.cumsum(x * x)
        )
    yield lambda x: E.sin(row(x)) * x
    E.unregister("users_row")


FUNCTIONS = {
    "rows": f,
    "a matrix": lambda x: E.matmul(E.outer(x, x), EYE + 0.5),
    "a number": lambda x: (x * x).sum(),
    "compiled": E.compile(f),
    "compiled inside": lambda x: E.compile(f)(x) * x,
    "linalg": lambda x: E.linalg.solve(E.outer(x, x) + 2 * EYE, x),
    "places": lambda x: x[[0, 0, 2]] * E.cumsum(x, axis=0),
}


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_a_batch_of_cotangents_or_tangents_gives_a_jacobian(f):
    expected = jacrev(f)(X)
    y, pullback = vjp(f, X)
    (rows,) = vmap(pullback)(np.eye(np.size(y)).reshape(-1, *np.shape(y)))
    columns = vmap(linearize(f, X)[1], out_axes=-1)(EYE)

    assert type(rows) is np.ndarray
    assert type(columns) is np.ndarray
    np.testing.assert_allclose(rows.reshape(expected.shape), expected, rtol=1e-12)
    np.testing.assert_allclose(columns, expected, rtol=1e-12, atol=1e-15)


def test_a_users_row_goes_either_way_along_names(by_a_users_row):
    g = by_a_users_row
    expected = [jacrev(g)(x) for x in BATCH]

    def of_one(x):
        return vmap(vjp(g, x)[1])(EYE)[0], vmap(linearize(g, x)[1], out_axes=1)(EYE)

    np.testing.assert_allclose(of_one(X)[0], expected[0], rtol=1e-12)
    np.testing.assert_allclose(of_one(X)[1], expected[0], rtol=1e-12)
    for found in vmap(of_one)(BATCH):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_such_a_jacobian_is_differentiated():
    def rows(x):
        return vmap(lambda v: vjp(f, x)[1](v)[0])(EYE)

    np.testing.assert_allclose(jvp(rows, X, X)[1], jvp(jacrev(f), X, X)[1], rtol=1e-12)
    np.testing.assert_allclose(
        grad(lambda x: (rows(x) ** 2).sum())(X),
        grad(lambda x: (jacrev(f)(x) ** 2).sum())(X),
        rtol=1e-12,
    )
    w = Tensor(EYE + 0.3, requires_grad=True)  # what f holds learns from it
    found = vmap(vjp(lambda x: E.tanh(w @ x), X)[1])(EYE)[0]
    assert isinstance(found, Tensor)
    found.sum().backward()
    step = 1e-6 * np.ones((3, 3))
    above, below = [
        jacrev(lambda x, sign=sign: E.tanh((w.data + sign * step) @ x))(X).sum() for sign in (1, -1)
    ]
    np.testing.assert_allclose(w.grad.sum(), (above - below) / 2e-6, rtol=1e-6)


def test_cotangents_of_values_and_of_containers():
    (found,) = vmap(vjp(lambda x: x * x, 3.0)[1])(np.ones(2))
    np.testing.assert_array_equal(found, [6.0, 6.0])
    (found,) = vmap(vjp(lambda x: E.stack([x * x, x]), 3.0)[1])(np.eye(2))
    np.testing.assert_array_equal(found, [6.0, 1.0])
    _, pullback = vjp(lambda p: {"u": p["a"] * p["b"], "v": p["b"]}, {"a": X, "b": 2 * X})
    (found,) = vmap(pullback)({"u": EYE, "v": EYE})
    np.testing.assert_array_equal(found["a"], np.diag(2 * X))
    np.testing.assert_array_equal(found["b"], np.diag(X + 1))


def test_a_compiled_pullback_is_that_pullback():
    for pull in (vjp(f, X)[1], vjp(E.compile(f), X)[1]):
        program = E.compile(lambda v, pull=pull: pull(v)[0])
        for v in (X, EYE[0]):
            np.testing.assert_allclose(E.to_numpy(program(v)), pull(v)[0], rtol=1e-12)
    x = Value(3.0)
    program = E.compile(lambda v: vjp(lambda y: y * y, x)[1](v)[0])
    assert [E.to_numpy(program(v)) for v in (1.0, 2.0)] == [6.0, 12.0]


def test_derivatives_of_each_example_under_no_grad():
    held = Tensor(EYE + 0.3, requires_grad=True)
    each = {
        "grad": vmap(grad(total)),
        "jvp": vmap(lambda x: jvp(f, x, x)[1]),
        "value": vmap(lambda x: jvp(f, x, x)[0]),
        "jacfwd": vmap(jacfwd(f)),
        "jacrev": vmap(jacrev(f)),
        "hessian": vmap(hessian(total)),
        "linearize": vmap(lambda x: linearize(f, x)[1](x)),
        "vjp": vmap(lambda x: vjp(f, x)[1](x)[0]),
        "taylor": vmap(lambda x: taylor(lambda t: f(x * t), 1.0, 2)[2]),
        "held": vmap(grad(lambda x: E.tanh(held @ x).sum())),
    }
    for name, g in each.items():
        expected = g(BATCH)
        with no_grad():
            found = g(BATCH)
        assert not getattr(found, "requires_grad", False), name
        np.testing.assert_allclose(E.to_numpy(found), E.to_numpy(expected), err_msg=name)


@pytest.mark.parametrize("x", [3.0, X], ids=["a number", "an array"])
def test_the_tangent_of_a_constant_is_a_zero_of_its_kind(x):
    y, t = jvp(lambda x: {"a": x * x, "b": 1.5, "c": np.float32([1.0, 2.0])}, x, x)
    assert y["b"] == 1.5
    assert type(t["b"]) is float
    assert t["b"] == 0.0
    assert t["c"].dtype == np.float32
    np.testing.assert_array_equal(t["c"], [0.0, 0.0])
