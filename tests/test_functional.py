"""grad, value_and_grad, vjp, jvp, jacobian, hessian and hvp, on plain numbers, arrays and nodes."""

import threading

import numpy as np
import pytest

import engine as E
from engine import (
    Tensor,
    Value,
    ValueArray,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    value_and_grad,
    vjp,
)

X = np.array([1.0, 2.0, 3.0])


def test_grad_of_a_number_is_a_float():
    got = grad(lambda x: x**3)(2.0)

    assert type(got) is float
    assert got == 12.0


def test_grad_of_an_int_is_a_float():
    assert grad(lambda x: x * x)(3) == 6.0
    assert type(grad(lambda x: x * x)(3)) is float


def test_grad_of_an_array_is_an_array_of_its_shape_and_dtype():
    got = grad(lambda x: (x**2).sum())(X)
    single = grad(lambda x: (x**2).sum())(X.astype(np.float32))

    assert type(got) is np.ndarray
    assert got.tolist() == [2.0, 4.0, 6.0]
    assert single.dtype == np.float32


def test_grad_of_a_0d_array_is_a_0d_array():
    got = grad(lambda x: x * x)(np.array(3.0))

    assert isinstance(got, np.ndarray)
    assert got.shape == ()
    assert got == 6.0


def test_grad_takes_lists_as_arrays():
    assert grad(lambda x: (x * x).sum())([1, 2]).tolist() == [2.0, 4.0]


def test_a_number_beside_an_array_gets_a_number():
    by_x, by_c = grad(lambda x, c: (x * c).sum(), (0, 1))(X, 2.0)

    assert by_x.tolist() == [2.0, 2.0, 2.0]
    assert by_c == 6.0
    assert type(by_c) is float


def test_grad_nests_to_any_order():
    f = lambda x: x**5  # noqa: E731 - a name for the formula

    assert grad(grad(f))(2.0) == 160.0
    assert grad(grad(grad(f)))(2.0) == 240.0
    assert grad(grad(grad(grad(grad(f)))))(2.0) == 120.0
    assert grad(grad(grad(grad(grad(grad(f))))))(2.0) == 0.0


def test_grad_nests_over_arrays():
    inner = grad(lambda x: (x**3).sum())

    got = grad(lambda x: (inner(x) * X).sum())(X)

    assert got.tolist() == [6.0, 24.0, 54.0]


def test_an_inner_derivative_sees_the_outer_variable():
    got = grad(lambda y: grad(lambda x: x * x * y)(3.0))(2.0)
    arrays = grad(lambda y: grad(lambda x: (x * y).sum())(X).sum())(X)

    assert got == 6.0  # d/dy (2 x y) at x = 3
    assert arrays.tolist() == [1.0, 1.0, 1.0]


def test_an_inner_derivative_that_ignores_the_outer_variable_is_plain():
    seen = []

    def outer(y):
        seen.append(grad(lambda x: x * x)(3.0))
        seen.append(grad(lambda x: (x * x).sum())(X))
        return y * seen[0]

    assert grad(outer)(2.0) == 6.0
    assert seen[0] == 6.0
    assert type(seen[0]) is float
    assert type(seen[1]) is np.ndarray


def test_one_node_given_twice_is_two_arguments():
    x = Value(3.0)
    by_a, by_b = grad(lambda a, b: a * a * b, (0, 1))(x, x)

    assert (by_a.data, by_b.data) == (18.0, 9.0)


def test_nodes_in_nodes_out_recorded():
    x = Value(2.0, label="x")
    t = Tensor(X, requires_grad=True)

    slope = grad(lambda v: v**3)(x)
    slopes = grad(lambda v: (v**3).sum())(t)
    slope.backward()
    slopes.sum().backward()

    assert slope.data == 12.0
    assert x.grad == 12.0  # d(3x²)/dx
    assert slopes.tolist() == [3.0, 12.0, 27.0]
    assert t.grad.tolist() == [6.0, 12.0, 18.0]


def test_a_tensor_that_needs_no_gradient_is_differentiated_all_the_same():
    t = Tensor(X, label="t")

    slopes = grad(lambda v: (v * v).sum())(t)

    assert isinstance(slopes, Tensor)
    assert slopes.tolist() == [2.0, 4.0, 6.0]
    assert t.grad is None


def test_arrays_of_values_give_arrays_of_values():
    x = ValueArray.of(X)

    slopes = grad(lambda v: (v**3).sum())(x)
    curvature = hessian(lambda v: (v**3).sum())(x)
    constant = grad(lambda v: v[0] * 1.0)(x)

    assert isinstance(slopes, ValueArray)
    assert slopes.values.tolist() == [3.0, 12.0, 27.0]
    np.testing.assert_array_equal(curvature.values, np.diag([6.0, 12.0, 18.0]))
    assert constant.values.tolist() == [1.0, 0.0, 0.0]


def test_value_and_grad_gives_both():
    assert value_and_grad(lambda x: x * x)(3.0) == (9.0, 6.0)
    y, (by_a, by_b) = value_and_grad(lambda a, b: (a * b).sum(), (0, 1))(X, X)
    assert y == 14.0
    assert type(y) is float
    assert by_a.tolist() == by_b.tolist() == [1.0, 2.0, 3.0]


def test_value_and_grad_of_a_node_gives_nodes():
    y, slope = value_and_grad(lambda v: v * v)(Value(3.0))

    assert isinstance(y, Value)
    assert isinstance(slope, Value)


def test_gradients_leave_grad_alone_and_work_without_recording():
    w = Tensor(X, requires_grad=True)
    v = Value(2.0)

    with no_grad():
        assert grad(lambda x: x * v)(3.0) == 2.0
        grad(lambda x: (x * w).sum())(X)

    assert w.grad is None
    assert not v.has_grad


def test_argnums_may_be_negative_and_keywords_pass():
    assert grad(lambda a, b: a * b, -1)(2.0, 3.0) == 2.0
    assert grad(lambda a, scale=1.0: a * scale)(2.0, scale=7.0) == 7.0


def test_bad_argnums_are_named():
    with pytest.raises(ValueError, match="argnums 2 does not fit a call with 2 arguments"):
        grad(lambda a, b: a * b, 2)(1.0, 2.0)


@pytest.mark.parametrize("argnums", [True, 1.5, "a", None, (0, 2), -3])
def test_argnums_that_name_no_argument_are_refused(argnums):
    with pytest.raises(ValueError, match="does not fit a call with 2 arguments"):
        grad(lambda a, b: a * b, argnums)(1.0, 2.0)


@pytest.mark.parametrize("argnums", [(0, 0), (1, -1), [0, 1, 0]])
def test_argnums_that_name_an_argument_twice_are_refused(argnums):
    """Each would get only the part that came through its own node."""
    with pytest.raises(ValueError, match="names an argument twice"):
        grad(lambda a, b: a * b, argnums)(1.0, 2.0)


def test_a_list_or_an_empty_tuple_of_argnums_gives_a_tuple():
    assert grad(lambda a, b: a * b, [1, 0])(2.0, 3.0) == (2.0, 3.0)
    assert grad(lambda a, b: a * b, ())(2.0, 3.0) == ()
    assert jacobian(lambda a, b: a * b, [0, 1])(2.0, 3.0) == (3.0, 2.0)


def test_a_call_without_arguments_has_nothing_to_differentiate():
    with pytest.raises(ValueError, match="argnums 0 does not fit a call with 0 arguments"):
        grad(lambda: 1.0)()


def test_a_result_of_several_numbers_is_refused():
    with pytest.raises(ValueError, match=r"returned shape \(3,\): use jacobian or vjp"):
        grad(lambda x: x * x)(X)
    with pytest.raises(ValueError, match="single number"):
        grad(lambda x: x * x)(ValueArray.of(X))


def test_what_is_not_a_function_or_not_a_number_is_refused():
    with pytest.raises(TypeError, match="f must be a function, got float"):
        grad(3.0)
    for derivative in (jacobian, hessian, value_and_grad):
        with pytest.raises(TypeError, match="f must be a function, got float"):
            derivative(3.0)
    with pytest.raises(TypeError, match="f must be a function, got float"):
        vjp(3.0, 1.0)
    with pytest.raises(TypeError, match="f must be a function, got float"):
        jvp(3.0, 1.0, 1.0)
    with pytest.raises(TypeError, match="f must be a function, got float"):
        hvp(3.0, 1.0, 1.0)
    with pytest.raises(TypeError, match=r"argument 0 must be floating-point.*complex128"):
        grad(lambda x: x.sum())(np.array([1j]))
    with pytest.raises(TypeError, match="argument 0 must be a real number, got str"):
        grad(lambda x: x * x)("2")
    with pytest.raises(TypeError, match="argument 0 must be floating-point"):
        grad(lambda x: x.sum())(np.array([1, 2]))
    with pytest.raises(TypeError, match="must return a number"):
        grad(lambda x: "text")(1.0)


def test_vjp_pulls_a_cotangent_back():
    y, pullback = vjp(lambda a, b: a * b, X, X + 1)

    assert y.tolist() == [2.0, 6.0, 12.0]
    by_a, by_b = pullback(np.array([1.0, 0.0, 10.0]))
    assert by_a.tolist() == [2.0, 0.0, 40.0]
    assert by_b.tolist() == [1.0, 0.0, 30.0]


def test_vjp_of_numbers_and_of_nodes():
    y, pullback = vjp(lambda a: a * a, 3.0)
    assert (y, pullback(2.0)) == (9.0, (12.0,))

    y, pullback = vjp(lambda a: a * a, Value(3.0))
    assert pullback(Value(2.0))[0].data == 12.0

    y, pullback = vjp(lambda a: a * a, ValueArray.of(X))
    assert pullback(X)[0].values.tolist() == [2.0, 8.0, 18.0]


@pytest.mark.parametrize("leaf", [lambda x: Tensor(x, requires_grad=True), ValueArray.of])
def test_a_cotangent_may_depend_on_the_argument(leaf):
    """The gradient flowed through it, too: 2u u² + 2u² u in the place of 2u u²."""
    x = leaf(X)
    y, pullback = vjp(lambda u: u * u, x)
    (found,) = pullback(y)
    np.testing.assert_allclose(E.to_numpy(found), 2 * X**3)
    found.sum().backward()
    slopes = x.grad if isinstance(x, Tensor) else [one.grad for one in x]
    np.testing.assert_allclose(slopes, 6 * X**2)

    y, pullback = vjp(lambda u, w: {"a": u * w, "b": u * 1.0}, leaf(X), leaf(X + 1))
    by_u, by_w = pullback({"a": y["a"], "b": np.array([1.0, 0.0, 0.0])})
    np.testing.assert_allclose(E.to_numpy(by_u), X * (X + 1) ** 2 + [1.0, 0.0, 0.0])
    np.testing.assert_allclose(E.to_numpy(by_w), X**2 * (X + 1))


def test_vjp_is_differentiable():
    def f(x):
        _, pullback = vjp(E.sin, x)
        return pullback(1.0)[0]

    assert grad(f)(0.5) == pytest.approx(-np.sin(0.5))


def test_a_cotangent_of_another_shape_is_refused():
    _, pullback = vjp(lambda a: a * a, X)

    with pytest.raises(ValueError, match=r"cotangent must have shape \(3,\), got \(2,\)"):
        pullback(np.ones(2))


def test_jvp_pushes_tangents_forward():
    assert jvp(lambda x: x * x, 3.0, 1.0) == (9.0, 6.0)
    y, t = jvp(lambda a, b: a * b, (X, X + 1), (np.ones(3), np.zeros(3)))
    assert y.tolist() == [2.0, 6.0, 12.0]
    assert t.tolist() == [2.0, 3.0, 4.0]


def test_jvp_of_values_arrays_and_constants():
    y, t = jvp(lambda x: x * x, ValueArray.of(X), np.ones(3))
    assert t.values.tolist() == [2.0, 4.0, 6.0]

    y, t = jvp(lambda x: x * x, Value(3.0), 1.0)
    assert (y.data, t.data) == (9.0, 6.0)


def test_jvp_nests():
    second = jvp(lambda x: jvp(E.sin, x, Value(1.0))[1], 0.5, 1.0)[1]

    assert second == pytest.approx(-np.sin(0.5))


def test_tangents_must_match_primals():
    with pytest.raises(ValueError, match="1 primals but 2 tangents"):
        jvp(E.sin, 1.0, (1.0, 1.0))
    with pytest.raises(ValueError, match=r"tangent 0 must have shape \(3,\), got \(\)"):
        jvp(E.sin, X, 1.0)


def test_jacobian_has_the_result_s_shape_then_the_argument_s():
    a = np.arange(6.0).reshape(2, 3)

    got = jacobian(lambda x: a @ x)(X)
    outer = jacobian(lambda x: E.outer(x, x))(X)

    np.testing.assert_array_equal(got, a)
    assert outer.shape == (3, 3, 3)
    assert outer[0, 1].tolist() == [2.0, 1.0, 0.0]


def test_jacobian_of_several_arguments_lists_and_numbers():
    by_a, by_b = jacobian(lambda a, b: a * b, (0, 1))(X, X + 1)
    np.testing.assert_array_equal(by_a, np.diag([2.0, 3.0, 4.0]))
    np.testing.assert_array_equal(by_b, np.diag([1.0, 2.0, 3.0]))

    assert jacobian(lambda x: [x, x * x, 1.0])(3.0).tolist() == [1.0, 6.0, 0.0]
    assert jacobian(lambda x: [x[0], 4.0])(X).tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    assert jacobian(lambda x: x * x)(3.0) == 6.0
    assert jacobian(lambda x: x[:0])(X).shape == (0, 3)


def test_jacobian_of_nodes_is_recorded():
    t = Tensor(X, requires_grad=True)

    rows = jacobian(lambda x: x**2)(t)
    rows.sum().backward()

    assert isinstance(rows, Tensor)
    assert t.grad.tolist() == [2.0, 2.0, 2.0]

    columns = jacobian(lambda x: [x, x * x])(Value(3.0))
    assert columns.values.tolist() == [1.0, 6.0]


def test_hessian_is_the_matrix_of_second_derivatives():
    got = hessian(lambda x: x[0] * x[1] ** 2 + x[2])(X)

    np.testing.assert_array_equal(got, [[0.0, 4.0, 0.0], [4.0, 2.0, 0.0], [0.0, 0.0, 0.0]])
    assert hessian(lambda x: x**3)(2.0) == 12.0
    assert hessian(lambda a, b: a * a * b, (0, 1))(2.0, 3.0) == ((6.0, 4.0), (4.0, 0.0))


def test_hessian_is_symmetric_on_a_real_function():
    f = lambda x: E.logsumexp(E.tanh(x) * X) + E.norm(x)  # noqa: E731 - a name for the formula

    got = hessian(f)(X)

    np.testing.assert_allclose(got, got.T, rtol=1e-12)
    steps = np.array([[(grad(f)(X + h) - grad(f)(X - h)) / 2e-5 for h in np.eye(3) * 1e-5]])
    np.testing.assert_allclose(got, steps[0], rtol=1e-6, atol=1e-8)


def test_hvp_is_the_hessian_times_a_vector():
    f = lambda x: (x**3).sum() + x[0] * x[1]  # noqa: E731 - a name for the formula
    v = np.array([1.0, -1.0, 0.5])

    np.testing.assert_allclose(hvp(f, X, v), hessian(f)(X) @ v)
    assert hvp(lambda x: x**3, 2.0, 2.0) == 24.0


def test_a_list_is_an_array_for_jvp_and_hvp_as_for_grad():
    assert jvp(lambda x: (x * x).sum(), [1.0, 2.0], [0.0, 1.0]) == (5.0, 4.0)
    assert hvp(lambda x: (x**3).sum(), [1.0, 2.0], [1.0, 1.0]).tolist() == [6.0, 12.0]


def test_derivatives_of_derivatives_of_every_kind():
    cubes = lambda x: x**3  # noqa: E731 - a name for the formula

    third = jacobian(jacobian(cubes))(X)
    assert third.shape == (3, 3, 3)
    assert [third[i, i, i] for i in range(3)] == [6.0, 12.0, 18.0]
    by_hvp = grad(lambda x: hvp(lambda y: cubes(y).sum(), x, np.ones(3)).sum())(X)
    assert by_hvp.tolist() == [6.0, 6.0, 6.0]
    by_jacobian = grad(lambda x: jacobian(cubes)(x).sum())(X)
    assert by_jacobian.tolist() == [6.0, 12.0, 18.0]
    _, pushed = jvp(hessian(lambda x: cubes(x).sum()), X, np.ones(3))
    np.testing.assert_array_equal(pushed, np.diag([6.0, 6.0, 6.0]))


def test_hvp_of_several_arguments():
    by_a, by_b = hvp(lambda a, b: (a * a * b).sum(), (X, X), (np.ones(3), np.zeros(3)))

    assert by_a.tolist() == [2.0, 4.0, 6.0]  # 2b
    assert by_b.tolist() == [2.0, 4.0, 6.0]  # 2a


def test_vectors_must_match_primals():
    with pytest.raises(ValueError, match="1 primals but 2 vectors"):
        hvp(lambda x: x * x, 1.0, (1.0, 1.0))
    with pytest.raises(ValueError, match="vector 0 must have shape"):
        hvp(lambda x: (x * x).sum(), X, np.ones(2))


def test_threads_do_not_share_depth():
    """One thread inside a derivative does not make another record."""
    inside, done = threading.Event(), threading.Event()
    results = []

    def outer(x):
        inside.set()
        done.wait(10)
        return x * x

    thread = threading.Thread(target=lambda: results.append(grad(outer)(3.0)))
    thread.start()
    inside.wait(10)
    results.append(type(grad(lambda x: x * 2.0)(1.0)))
    done.set()
    thread.join()

    assert results == [float, 6.0]


def test_an_inner_derivative_of_a_constant_is_zero():
    assert grad(lambda y: y * (1.0 + grad(lambda x: 5.0)(1.0)))(2.0) == 1.0


def test_a_function_may_return_a_list_of_values():
    y, pullback = vjp(lambda x: [x, x * x], 3.0)

    assert y.tolist() == [3.0, 9.0]
    assert pullback(np.array([1.0, 10.0])) == (61.0,)
