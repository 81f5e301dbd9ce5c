"""jacfwd, jacrev and jacobian, which chooses: one against the other, closed forms, differences."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

import engine as E
from engine import Tensor, Value, ValueArray, grad, hessian, jacfwd, jacobian, jacrev, to_numpy

X = np.array([0.5, -1.0, 2.0])
W = np.array([[1.0, 0.5, -2.0], [0.0, 3.0, 1.0]])
BOTH = pytest.mark.parametrize("jac", [jacfwd, jacrev, jacobian])
F = {
    "elementwise": lambda x: E.sin(x) * x,
    "narrow": lambda x: (x * x).sum(),
    "wide": lambda x: E.outer(x, E.exp(x)),
    "a matrix": lambda x: E.tanh(W @ x),
    "parts": lambda x: E.concatenate([x[:1] * x[2], x[1:] / x[0]]),
    "a cumulated product": lambda x: E.cumprod(x),
    "softmax": lambda x: E.log_softmax(x),
}


def differences(f, x, h=1e-6):
    """The Jacobian by central differences."""
    columns = []
    for unit in np.eye(x.size).reshape(x.size, *x.shape):
        columns.append((to_numpy(f(x + h * unit)) - to_numpy(f(x - h * unit))) / (2 * h))
    return np.stack(columns, axis=-1).reshape(*np.shape(columns[0]), *x.shape)


@BOTH
@pytest.mark.parametrize("f", F.values(), ids=F.keys())
def test_every_jacobian_is_that_of_finite_differences(jac, f):
    np.testing.assert_allclose(jac(f)(X), differences(f, X), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("f", F.values(), ids=F.keys())
def test_forward_and_reverse_agree_on_both_tiers(f):
    expected = jacrev(f)(X)
    boxed = jacfwd(f)(ValueArray.of(X))

    np.testing.assert_allclose(jacfwd(f)(X), expected, rtol=1e-14, atol=1e-15)
    assert isinstance(boxed, ValueArray) or np.shape(expected) == ()
    np.testing.assert_allclose(to_numpy(boxed), expected, rtol=1e-13, atol=1e-15)


@BOTH
def test_jacobians_nest_to_second_and_third_derivatives(jac):
    cubes = lambda x: x**3  # noqa: E731 - a name for the formula
    second = jac(grad(lambda x: (x**4).sum()))(X)
    third = jac(jac(cubes))(X)

    np.testing.assert_allclose(second, np.diag(12 * X**2))
    assert [third[i, i, i] for i in range(3)] == list(6 * X)
    np.testing.assert_allclose(grad(lambda x: jac(cubes)(x).sum())(X), 6 * X)


@BOTH
def test_a_jacobian_of_nodes_is_recorded(jac):
    t = Tensor(X, requires_grad=True)
    matrix = jac(lambda x: E.outer(x, x))(t)
    (matrix * matrix).sum().backward()

    assert isinstance(matrix, Tensor)
    assert matrix.shape == (3, 3, 3)
    # the sum of squares of d(x_i x_j)/dx_k is 2n|x|² + 2|x|²
    np.testing.assert_allclose(t.grad, (4 * 3 + 4) * X)
    v = Value(3.0)
    powers = jac(lambda x: [x, x * x, x**3])(v)
    assert isinstance(powers, ValueArray)
    assert powers.values.tolist() == [1.0, 6.0, 27.0]


@BOTH
def test_jacobians_of_a_parameter_that_f_holds_are_recorded(jac):
    w = Tensor(X, requires_grad=True)
    jac(lambda x: w * x * x)(X).sum().backward()

    assert w.grad.tolist() == (2 * X).tolist()


@BOTH
def test_several_arguments_give_a_tuple(jac):
    by_a, by_b = jac(lambda a, b: a * b, (0, 1))(X, 2.0)

    np.testing.assert_array_equal(by_a, 2 * np.eye(3))
    assert by_b.tolist() == X.tolist()


class Pair(NamedTuple):
    y: object
    z: object


@BOTH
def test_containers_in_and_out(jac):
    f = lambda p: Pair(p["w"] @ p["x"], {"sum": p["x"].sum(), "same": p["w"]})  # noqa: E731
    found = jac(f)({"w": W, "x": X})

    assert found.y["w"].shape == (2, 2, 3)
    np.testing.assert_array_equal(found.y["w"], np.einsum("ab,c->abc", np.eye(2), X))
    np.testing.assert_array_equal(found.y["x"], W)
    assert found.z["sum"]["x"].tolist() == [1.0, 1.0, 1.0]
    np.testing.assert_array_equal(found.z["sum"]["w"], np.zeros((2, 3)))
    np.testing.assert_array_equal(found.z["same"]["w"], np.eye(6).reshape(2, 3, 2, 3))


@BOTH
def test_what_f_returns_beside_comes_once(jac):
    calls = []
    found, aux = jac(lambda x: (x * x, calls.append(1) or x.sum()), has_aux=True)(X)

    np.testing.assert_array_equal(found, np.diag(2 * X))
    assert aux == X.sum()
    assert len(calls) == 1


@BOTH
def test_numbers_drawn_inside_are_the_same_for_every_column(jac):
    rng = np.random.default_rng(1)
    found = jac(lambda x: x * rng.random(3))(X)

    np.testing.assert_array_equal(found, np.diag(np.random.default_rng(1).random(3)))


@BOTH
def test_shapes_of_single_and_of_no_numbers(jac):
    assert jac(lambda x: x * x)(3.0) == 6.0
    assert type(jac(lambda x: x * x)(3.0)) is float
    assert jac(lambda x: x * X)(2.0).tolist() == X.tolist()
    assert jac(lambda x: x * X)(np.array(2.0)).tolist() == X.tolist()
    assert jac(lambda x: x[:0])(X).shape == (0, 3)
    assert jac(lambda x: E.concatenate([x, X]))(np.zeros(0)).shape == (3, 0)
    assert jac(lambda x: E.sum(x, axis=0))(W).shape == (3, 2, 3)


@BOTH
def test_a_jacobian_has_the_dtype_of_its_argument(jac):
    single = X.astype(np.float32)

    assert jac(lambda x: x * x)(single).dtype == np.float32
    assert jac(lambda x: x * np.ones(4)[:, None])(single).dtype == np.float32
    assert jac(lambda x: x * np.ones(4)[:, None])(Tensor(single)).dtype == np.float32


@BOTH
def test_an_argument_that_does_not_matter_is_said(jac):
    with pytest.warns(UserWarning, match="does not depend on argument 1"):
        _, none = jac(lambda a, b: a * a, (0, 1))(X, X)
    np.testing.assert_array_equal(none, np.zeros((3, 3)))
    with pytest.warns(UserWarning, match="does not depend on argument 0"):
        assert jac(lambda a: [1.0, 2.0])(X).tolist() == [[0.0] * 3] * 2


@BOTH
def test_a_jacobian_under_no_grad_is_plain(jac):
    with E.no_grad():
        found = jac(lambda x: E.outer(x, x))(Tensor(X, requires_grad=True))
    assert not found.requires_grad
    np.testing.assert_array_equal(found.data, jac(lambda x: E.outer(x, x))(X))


def test_jacobian_chooses_the_side_with_fewer_numbers_and_says_which():
    wide, narrow = F["wide"], F["narrow"]

    assert jacobian(wide).mode(X) == "forward: 3 passes (reverse: 9)"
    assert jacobian(narrow).mode(X) == "reverse: 1 pass (forward: 3)"
    assert jacobian(lambda x: x).mode(X) == "reverse: 3 passes (forward: 3)"
    assert jacfwd(narrow).mode(X) == "forward: 3 passes (reverse: 1)"
    assert jacrev(wide).mode(X) == "reverse: 9 passes (forward: 3)"
    assert jacobian(lambda a, b: E.outer(a, b), (0, 1)).mode(X, X) == (
        "forward: 6 passes (reverse: 9)"
    )


@BOTH
def test_a_jacobian_of_a_compiled_function_is_a_program(jac):
    compiled = jac(E.compile(F["wide"]))

    np.testing.assert_allclose(compiled(X), jac(F["wide"])(X), rtol=1e-13)
    assert isinstance(compiled, E.Compiled)
    assert compiled.mode(X) == jac(F["wide"]).mode(X)
    np.testing.assert_allclose(E.compile(jac(F["wide"]))(X), jac(F["wide"])(X), rtol=1e-13)


@BOTH
def test_what_is_no_function_is_refused(jac):
    with pytest.raises(TypeError, match="f must be a function, got float"):
        jac(3.0)


def test_a_hessian_of_several_arguments_runs_f_once():
    calls = []

    def f(a, b):
        calls.append(1)
        return a * a * b

    assert hessian(f, (0, 1))(2.0, 3.0) == ((6.0, 4.0), (4.0, 0.0))
    assert len(calls) == 1
    found, aux = hessian(lambda a, b: (a * a * b, "seen"), (0, 1), has_aux=True)(2.0, 3.0)
    assert (found, aux) == (((6.0, 4.0), (4.0, 0.0)), "seen")
    of_pair = hessian(lambda p: (p["a"] ** 2 * p["b"], "seen"), has_aux=True)
    found, aux = of_pair({"a": 2.0, "b": 3.0})
    assert (found["a"]["b"], aux) == (4.0, "seen")
    with pytest.raises(ValueError, match=r"vector 0\['a'\] must have shape \(\), got \(3,\)"):
        E.hvp(lambda p: p["a"] ** 2, {"a": 2.0}, {"a": X})
    assert E.hvp(lambda p: p["a"] ** 3, {"a": 2.0}, {"a": 1.0}) == {"a": 12.0}


@BOTH
def test_a_jacobian_of_values_has_values_everywhere(jac):
    x = [Value(2.0), Value(3.0)]
    J = jac(lambda x: [x[0] * x[1], x[0], 3.0 * x[1]])(x)

    assert {type(entry) for entry in J.flat} == {Value}
    assert [[entry.data for entry in row] for row in J] == [[3.0, 2.0], [1.0, 0.0], [0.0, 3.0]]
    _, t = E.jvp(lambda x: [x[0] * x[1], x[0]], x, [1.0, 1.0])
    assert [entry.data for entry in t] == [5.0, 1.0]
