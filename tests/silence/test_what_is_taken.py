"""What NumPy's users give: lists beside a Value, arrays as bounds, odd dtypes."""

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, Value, ValueArray, grad

X = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])


def leaf(tier, array):
    return ValueArray.of(array) if tier == "values" else Tensor(array, requires_grad=True)


TIERS = pytest.mark.parametrize("tier", ["values", "tensors"])


@pytest.mark.parametrize(
    ("call", "slope"),
    [
        (lambda v: v * [1.0, 3.0], 4.0),
        (lambda v: (1.0, 3.0) * v, 4.0),
        (lambda v: [1.0, v] - v, -1.0),
        (lambda v: v * [v, 1.0], 5.0),
        (lambda v: engine.maximum(v, [1.0, 3.0]), 1.0),
        (lambda v: np.where([True, False], v, 0.0), 1.0),
        (lambda v: engine.where([True, False], [v * v, 0.0], v), 5.0),
        (lambda v: np.clip(v, [0.0, 3.0], 5.0), 1.0),
        (lambda v: engine.clip(v, 0.0, np.array([[1.0], [5.0]])), 1.0),
    ],
)
def test_a_value_and_a_list_are_an_array_of_values(call, slope):
    """They were a TypeError, where a Tensor, and a Value with an array, took lists."""
    v = Value(2.0)
    y = call(v)
    y.sum().backward()
    assert isinstance(y, ValueArray)
    assert v.grad == slope


@TIERS
def test_bounds_of_clip_may_be_arrays(tier):
    """Those of an array of Values had to be numbers."""
    x = leaf(tier, X)
    y = x.clip(np.array([0.0, -3.0, 0.0]), [[2.0], [3.0]])
    y.sum().backward()
    assert engine.to_numpy(y).tolist() == [[1.0, -2.0, 2.0], [0.5, 3.0, 0.0]]
    assert x.grad.tolist() == [[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]]


@TIERS
def test_a_gradient_flows_to_bounds_of_np_clip(tier):
    x = leaf(tier, X)
    y = np.clip(x, x[1], max=x[0] + 1.0)
    y.sum().backward()
    assert engine.to_numpy(y).tolist() == [[1.0, -1.0, 3.0], [0.5, -1.0, -1.0]]
    assert x.grad.tolist() == [[1.0, 2.0, 1.0], [1.0, 0.0, 1.0]]
    assert grad(lambda low: np.clip(X, low, None).sum())(np.array(0.0)) == 2.0
    assert grad(lambda high: np.clip(X, None, high).sum())(np.array(0.0)) == 4.0


@TIERS
@pytest.mark.parametrize(
    ("call", "shape"),
    [
        (lambda x: np.array_split(x, 2, axis=1)[0], (2, 2)),
        (lambda x: np.hsplit(x, 3)[2], (2, 1)),
        (lambda x: np.vsplit(x, [1])[1], (1, 3)),
        (lambda x: np.dsplit(x[:, :, None], 1)[0], (2, 3, 1)),
        (lambda x: np.rollaxis(x, 1), (3, 2)),
        (lambda x: np.linalg.matmul(x, X.T), (2, 2)),
        (lambda x: np.linalg.outer(X[0], x[1]), (3, 3)),
        (lambda x: np.linalg.tensordot(x, X.T, axes=1), (2, 2)),
        (lambda x: np.fmax(x, [0.0, np.nan, 4.0]), (2, 3)),
        (lambda x: np.fmin(np.array([[0.75], [np.nan]]), x), (2, 3)),
    ],
)
def test_more_of_numpys_functions_are_engines(tier, call, shape):
    """Some of them had worked on one tier, before there were NumPy's protocols."""
    x = leaf(tier, X)
    y = call(x)
    with np.errstate(invalid="ignore"):
        expected = call(X)
    assert y.shape == shape
    assert np.array_equal(engine.to_numpy(y), expected)

    weights = np.arange(1.0, y.size + 1).reshape(shape)
    (y * weights).sum().backward()
    moved = [
        (np.sum(call(X + step) * weights) - np.sum(call(X - step) * weights)) / 2e-4
        for step in 1e-4 * np.eye(X.size).reshape(X.size, *X.shape)
    ]
    assert np.allclose(x.grad, np.reshape(moved, X.shape))


@TIERS
def test_nodes_become_no_other_numbers_than_real_ones(tier):
    """`astype(object)`, complex numbers and strings made a Tensor of them."""
    x = leaf(tier, X)
    for dtype in (complex, str, "M8[D]"):
        with pytest.raises(TypeError, match="nodes hold real numbers or bools, not"):
            x.astype(dtype)
    assert x.astype(np.float64, copy=False).shape == X.shape
    assert np.astype(x, np.float64, copy=False).shape == X.shape


def test_an_array_of_values_is_one_of_objects_already():
    x = ValueArray.of(X)
    y = x.astype(object)
    assert y[0, 1] is x[0, 1]
    assert not np.shares_memory(y, x)
    with pytest.raises(TypeError, match="not object"):
        Tensor(X).astype(object)


@pytest.mark.parametrize("call", [engine.sum, engine.exp, engine.max, engine.reshape])
def test_none_and_strings_are_no_numbers(call):
    """`engine.max(None)` was None, `engine.stack("ab")` an array of letters."""
    shape = ((1,),) if call is engine.reshape else ()
    with pytest.raises(TypeError, match=r"takes numbers or arrays, got None"):
        call(None, *shape)
    with pytest.raises(TypeError, match="numbers or arrays are taken, got str"):
        call("a", *shape)


@pytest.mark.parametrize("join", [engine.stack, engine.concatenate])
@pytest.mark.parametrize("given", ["ab", b"ab", {"a": X}, {1.0, 2.0}, None, 1.0])
def test_what_has_no_order_is_not_joined(join, given):
    with pytest.raises(TypeError, match=r"takes a sequence of arrays, got"):
        join(given)


@TIERS
def test_things_are_repeated_a_whole_number_of_times(tier):
    """NumPy makes 0 of 0.5, in silence."""
    with pytest.raises(TypeError, match=r"repeats of repeat\(\) must be ints, got 0.5"):
        engine.repeat(leaf(tier, X), 0.5)
    assert engine.repeat(leaf(tier, X), np.int8(2), axis=0).shape == (4, 3)


def test_numpys_own_tests_may_look_at_a_tensor():
    """They compare, as `np.allclose` does, and keep no number."""
    x = Tensor(X, requires_grad=True)
    np.testing.assert_allclose(x * 2.0, 2.0 * X)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_allclose(x[0, 0], 1.0)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        np.testing.assert_allclose(x, X + 1.0)


def test_code_that_is_in_no_module_is_warned_too():
    """What exec() runs without a __name__ raised KeyError."""
    given = {"x": Value(2.0), "grad": grad}
    with pytest.warns(UserWarning, match=r"float\(\) of a Value that requires a gradient"):
        exec("y = float(x)", given)
    with pytest.warns(UserWarning, match="does not depend on argument 0"):
        exec("g = grad(lambda x: 1.0)(2.0)", given)
    assert (given["y"], given["g"]) == (2.0, 0.0)


def test_a_number_where_there_are_tensors_is_told_what_to_become():
    x = Tensor(X, requires_grad=True)
    with pytest.raises(TypeError, match=r"np.array\(2.0\) instead of 2.0, where an argument is"):
        grad(lambda c: (x * c).sum())(2.0)
    assert float(engine.to_numpy(grad(lambda c: (x * c).sum())(np.array(2.0)))) == X.sum()


@pytest.mark.parametrize("leaf", [Value, lambda x: Tensor(x, requires_grad=True)])
def test_class_probabilities_in_a_list_have_their_gradient(leaf):
    """They were cut, or a TypeError, beside logits that are plain numbers."""
    target = [[leaf(0.25), leaf(0.75)]]
    logits = np.array([[0.0, np.log(3.0)]])
    nn.cross_entropy(logits, target).backward()
    gradient = [float(engine.to_numpy(x.grad)) for x in target[0]]
    assert np.allclose(gradient, [np.log(4.0), np.log(4.0 / 3.0)])


def test_numpys_put_is_no_method_of_a_tensor():
    """It was one of ours, which wrote in place, whole rows, whatever was being recorded."""
    with pytest.raises(AttributeError, match="put"):
        Tensor(X, requires_grad=True).put([0], [5.0])
