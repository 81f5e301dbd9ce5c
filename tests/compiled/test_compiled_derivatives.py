"""Derivatives inside compiled functions, and compiled functions inside others."""

from __future__ import annotations

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, Value, compile, grad, grad_of, hessian, hvp, jacobian, jvp, source, vjp
from engine.derivatives import OwnDerivatives

X = np.array([1.0, 2.0, 3.0])
V = np.array([0.5, -1.0, 2.0])


def f(x):
    return engine.sin(x) * x**2


def total(x):
    return f(x).sum()


@pytest.mark.parametrize(
    "derivative",
    [
        lambda x, v: vjp(f, x)[1](v),
        lambda x, v: jvp(f, x, v),
        lambda x, v: hvp(total, x, v),
        lambda x, v: hessian(total)(x) @ v,
        lambda x, v: jacobian(f)(x) * v,
        lambda x, v: grad(lambda y: (grad(total)(y) * v).sum())(x),
    ],
)
def test_a_derivative_inside_a_compiled_function_is_the_same(derivative):
    compiled = compile(derivative)
    for x in (X, X + 0.5):
        found, expected = compiled(x, V), derivative(x, V)
        for y, z in zip(_each(found), _each(expected), strict=True):
            np.testing.assert_allclose(y, z, rtol=1e-12)


def _each(x):
    return list(x) if isinstance(x, tuple) else [x]


def test_derivatives_of_several_results_of_numbers():
    g = lambda a: [a * a, a**3]  # noqa: E731
    assert list(compile(jacobian(g))(2.0)) == list(jacobian(g)(2.0)) == [4.0, 12.0]


@pytest.mark.parametrize("argnums", [0, (0, 1)])
def test_hessians_of_numbers_lists_and_containers(argnums):
    g = lambda a, b: engine.sin(a * b)  # noqa: E731
    found, expected = (hessian(one, argnums)(1.5, 0.5) for one in (compile(g), g))
    np.testing.assert_allclose(found, expected)
    h = lambda w: w[0] ** 2 * w[1]  # noqa: E731
    np.testing.assert_allclose(hessian(compile(h))([1.5, 0.5]), hessian(h)([1.5, 0.5]))
    k = lambda p: (p["a"] ** 2).sum() * p["b"]  # noqa: E731
    found, expected = (hessian(one)({"a": X, "b": 2.0}) for one in (compile(k), k))
    np.testing.assert_allclose(found["a"]["b"], expected["a"]["b"])


def test_a_gradient_of_a_result_inside_a_compiled_function():
    @compile
    def slope(x):
        y = x * x
        (g,) = grad_of(y.sum(), x)
        (unused,) = grad_of(y.sum(), w, allow_unused=True)
        return g, unused

    w = Tensor([1.0], requires_grad=True)
    g, unused = slope(Tensor(X, requires_grad=True))
    assert (g.tolist(), g.requires_grad, unused) == ([2.0, 4.0, 6.0], False, None)


def test_a_penalty_on_a_gradient_is_differentiated_again():
    w, x = Tensor(V, requires_grad=True), Tensor(X, requires_grad=True)

    def penalty(x):
        (slope,) = grad_of(((x * w) ** 2).sum(), x, create_graph=True)
        return (slope**2).sum()

    found = []
    for function in (penalty, compile(penalty)):
        w.grad = None
        function(x).backward()
        found.append(np.array(w.grad))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-13)


def test_backward_of_several_numbers_needs_a_gradient():
    w = Tensor(V, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"of shape \(3,\) needs a gradient"):
        compile(lambda x: (x * w).backward())(X)


def test_backward_inside_with_a_gradient():
    w = Tensor(V, requires_grad=True)

    @compile
    def step(x):
        y = x * w
        y.backward(np.ones(3))
        return y

    step(X)
    step(X)
    assert w.grad.tolist() == [2.0, 4.0, 6.0]


def test_backward_inside_of_what_reads_no_parameter_is_refused():
    with pytest.raises(RuntimeError, match="depends on no parameter"):
        compile(lambda x: x.sum().backward())(X)


def test_source_of_a_compiled_function_is_that_of_the_function():
    assert str(source(compile(total), X)) == str(source(total, X))
    w = Tensor(V, requires_grad=True, label="w")
    y = compile(lambda x: (engine.sin(x * w)).sum())(X)
    assert "np.cos(v1)" in source(y)


def test_a_gradient_is_asked_of_a_printed_program_by_source():
    with pytest.raises(TypeError, match="a gradient of a Symbol"):
        source(lambda x: grad_of((x * x).sum(), x)[0].sum(), X)


def test_backward_in_a_printed_program_is_refused():
    with pytest.raises(TypeError, match=r"backward\(\) of a Symbol"):
        source(lambda x: (x * x).sum().backward(), X)


def test_compiled_functions_agree_with_the_checks():
    assert engine.gradcheck(compile(total), X)
    assert engine.compare(compile(total), X).ok


def test_gradients_of_values_of_two_results_add_up():
    a, b = Value(2.0), Value(3.0)
    y, z = compile(lambda a, b: (a * b, a + b))(a, b)
    (y * z).backward()
    assert (a.grad, b.grad) == (21.0, 16.0)


def test_a_rule_knows_that_its_gradient_is_differentiated_again():
    g = lambda a, b: b**a  # noqa: E731  # at a = 0 the rule has another form then
    assert hvp(compile(g), (0.0, 0.5), (1.0, 2.0)) == hvp(g, (0.0, 0.5), (1.0, 2.0))
    a, b = Tensor([0.0], requires_grad=True), Tensor([0.5], requires_grad=True)
    found = []
    for function in (g, compile(g)):
        slopes = grad_of(function(a, b), [a, b], create_graph=True)
        total = slopes[0] + 2 * slopes[1]
        found.append([x.tolist() for x in grad_of(total, [a, b])])
    assert found[0] == found[1]


def test_a_result_with_an_infinite_slope_leaves_the_others_alone():
    x = Tensor([0.0, 1.0], requires_grad=True)
    with np.errstate(divide="ignore"):
        _, double = compile(lambda x: (1 / x, 2 * x))(x)
    double.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_numbers_beside_an_opaque_row_are_python_numbers():
    g = lambda x: engine.exp(x) * engine.nan_to_num(x)  # noqa: E731
    value, slope = engine.value_and_grad(compile(g))(0.5)
    assert (type(value), type(slope), type(compile(g)(0.5))) == (float, float, float)


@pytest.mark.parametrize(
    "f",
    [
        engine.norm,
        engine.std,
        lambda x: (nn.functional.layer_norm(x, (3,)) ** 2).sum(),
        lambda x: (engine.softmax(x) ** 2).sum(),
        lambda x: nn.functional.cross_entropy(x.reshape(1, 3), np.array([1])),
    ],
)
def test_what_computes_without_warnings_does_so_compiled(f):
    x = np.array([1e200, 2.0, -3.0])
    compiled = engine.value_and_grad(compile(f))
    compiled(X)
    for found, expected in zip(compiled(x), engine.value_and_grad(f)(x), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_where_numpy_warns_a_program_warns():
    f = compile(lambda x: engine.exp(x) * 2)
    f(X)
    with pytest.warns(RuntimeWarning, match="overflow"):
        f(np.array([1e3, 1.0, 1.0]))


def test_a_parameter_is_printed_with_its_sign_whatever_was_printed_before():
    texts = [source(lambda x, low=low: engine.clip(x, low, 1.0), 0.5) for low in (0.0, -0.0)]
    assert ["else -0.0" in text for text in texts] == [False, True]


def test_what_has_derivatives_of_its_own_says_how_they_are_made():
    nothing = OwnDerivatives()
    with pytest.raises(NotImplementedError):
        nothing(1.0)
    with pytest.raises(NotImplementedError):
        nothing.derived(grad)
