"""A derivative with respect to what the function does not depend on is zero, and says so."""

import warnings

import numpy as np
import pytest

import engine
from engine import (
    Tensor,
    Value,
    ValueArray,
    compare,
    grad,
    gradcheck,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)

X = np.array([1.0, 2.0])
SAID = r"does not depend on argument 0: the derivative is zero"


def of_each_derivative(f, x, v):
    return {
        "grad": lambda: grad(f)(x),
        "value_and_grad": lambda: value_and_grad(f)(x)[1],
        "vjp": lambda: vjp(f, x)[1](1.0)[0],
        "jvp": lambda: jvp(f, x, v)[1],
        "jacobian": lambda: jacobian(f)(x),
        "hessian": lambda: engine.hessian(f)(x),
        "hvp": lambda: engine.hvp(f, x, v),
    }


DERIVATIVES = pytest.mark.parametrize("name", list(of_each_derivative(None, None, None)))

CONSTANTS = {
    "a number": lambda x: 5.0,
    "an int": lambda x: 5,
    "a Value": lambda x: Value(5.0, requires_grad=False),
    "a number taken out": lambda x: 2.0 * engine.to_numpy(x).sum(),
}


@DERIVATIVES
@pytest.mark.parametrize("f", CONSTANTS.values(), ids=CONSTANTS)
def test_each_derivative_of_a_constant_is_zero_and_says_so(name, f):
    with pytest.warns(UserWarning, match=SAID) as seen:
        found = of_each_derivative(f, 2.0, 1.0)[name]()
    assert found == 0.0
    assert [w.filename for w in seen] == [__file__]


@DERIVATIVES
def test_each_derivative_of_a_constant_of_arrays_is_zero_and_says_so(name):
    with pytest.warns(UserWarning, match=SAID):
        found = of_each_derivative(lambda x: Tensor(5.0), X, X)[name]()
    assert not np.any(found)


@pytest.mark.parametrize("x", [Value(2.0), Tensor(X), ValueArray.of(X)])
def test_a_constant_of_nodes_has_gradient_zero_and_says_so(x):
    with pytest.warns(UserWarning, match=SAID):
        found = grad(lambda x: 5.0)(x)
    assert type(found) is type(x)
    assert not np.any(engine.to_numpy(found))


def test_the_function_and_the_argument_are_named():
    def area(width, height, depth):
        return height * 3.0

    with pytest.warns(UserWarning, match="area does not depend on argument 0, 2: "):
        assert grad(area, (0, 1, 2))(1.0, 2.0, 3.0) == (0.0, 3.0, 0.0)
    with pytest.warns(UserWarning, match="area does not depend on argument 2: "):
        assert grad(area, -1)(1.0, 2.0, 3.0) == 0.0


def test_jacobian_speaks_only_if_no_element_depends_on_the_argument():
    assert jacobian(lambda x: [x[0], 4.0])(X).tolist() == [[1.0, 0.0], [0.0, 0.0]]
    assert jacobian(lambda x: x[:0])(X).shape == (0, 2)
    assert grad(lambda x: x[0] * 1.0)(ValueArray.of(X)).values.tolist() == [1.0, 0.0]
    with pytest.warns(UserWarning, match=SAID):
        assert jacobian(lambda x: np.array([1.0, 2.0]))(3.0).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("x", [np.zeros(0), ValueArray.of(np.zeros(0))])
def test_an_empty_argument_has_nothing_to_depend_on(x):
    assert grad(lambda x: engine.sum(x))(x).shape == (0,)


def test_a_derivative_that_is_zero_by_an_op_is_no_matter():
    assert grad(engine.floor)(2.5) == 0.0
    assert grad(lambda x: engine.sign(x).sum())(X).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("at", [2.0, np.array(2.0)])
def test_higher_derivatives_of_a_line_are_quietly_zero(at):
    line = lambda x: 3.0 * x  # noqa: E731 - a name for the formula
    assert grad(grad(line))(at) == 0.0
    assert grad(grad(grad(line)))(at) == 0.0
    assert engine.hessian(line)(at) == 0.0
    assert engine.hvp(line, at, np.ones(np.shape(at))) == 0.0


def test_inside_another_derivative_a_constant_is_quietly_zero():
    assert grad(lambda y: y * (1.0 + grad(lambda x: 5.0)(1.0)))(2.0) == 1.0


def test_checks_say_it_their_own_way():
    assert gradcheck(lambda a, b: a * a, (2.0, 3.0))
    assert not compare(lambda x: x.detach(), 2.0).differentiable


def test_a_warning_comes_once_a_line():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        for _ in range(3):
            grad(lambda x: 5.0)(1.0)
    assert len(seen) == 1


WITHOUT_A_DERIVATIVE = {
    "bool": lambda x: engine.sum(x) > 2,
    "argmax": lambda x: engine.argmax(x),
    "argmax of an array": lambda x: np.argmax(engine.to_numpy(x)),
    "an array of ints": lambda x: np.array([1, 2]),
    "an array of bools": lambda x: engine.to_numpy(x) > 1,
}


@pytest.mark.parametrize("f", WITHOUT_A_DERIVATIVE.values(), ids=WITHOUT_A_DERIVATIVE)
@pytest.mark.parametrize("derivative", [grad, jacobian, value_and_grad])
@pytest.mark.parametrize("x", [X, ValueArray.of(X)])
def test_a_bool_or_an_index_has_no_derivative(f, derivative, x):
    with pytest.raises(TypeError, match=r"returned (bool|int64), which has no derivative"):
        derivative(f)(x)


def test_words_have_no_derivative():
    with pytest.raises(TypeError, match=r"must return a number, .* got str"):
        grad(lambda x: "5")(1.0)
