"""Arrays of Values among NumPy's: its functions and methods on them, masked arrays, matrices."""

import numpy as np
import pytest

import engine
from engine import Node, Tensor, Value, ValueArray, no_grad, to_numpy

X = np.array([0.7, 0.4, 1.6, 0.9])


def elements(x):
    return list(np.asarray(x).ravel())


def gradient(f):
    x = ValueArray.of(X)
    f(x).backward()
    return x.grad


# --- functions that NumPy composes of the elements' own operators ---


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: np.median(x), [0.5, 0, 0, 0.5]),
        (lambda x: np.median(x[:3]), [1, 0, 0, 0]),
        (lambda x: np.partition(x, 1)[0], [0, 1, 0, 0]),
        (lambda x: np.ptp(x), [0, -1, 1, 0]),
        (lambda x: np.diff(x)[1], [0, -1, 1, 0]),
        (lambda x: np.average(x, weights=[1.0, 2.0, 3.0, 4.0]), [0.1, 0.2, 0.3, 0.4]),
        (lambda x: np.hstack([x, x[:1]])[-1] * 2, [2, 0, 0, 0]),
        (lambda x: np.vstack([x, x]).sum(), [2, 2, 2, 2]),
        (lambda x: np.column_stack([x, x])[0, 1], [1, 0, 0, 0]),
        (lambda x: np.kron(x[:2], [1.0, 2.0]).sum(), [3, 3, 0, 0]),
        (lambda x: np.trapezoid(x), [0.5, 1, 1, 0.5]),
        (lambda x: np.unique(x)[0], [0, 1, 0, 0]),
        (lambda x: np.append(x, 1.0)[0], [1, 0, 0, 0]),
        (lambda x: np.select([X > 0.8], [x * 3], 0.0).sum(), [0, 0, 3, 3]),
        (lambda x: np.polyval(x, 2.0), [8, 4, 2, 1]),
        (lambda x: np.apply_along_axis(lambda row: row[0] * 2, 0, x), [2, 0, 0, 0]),
        (lambda x: np.meshgrid(x, x)[0].sum(), [4, 4, 4, 4]),
    ],
)
def test_numpys_compositions_calculate_with_the_values(f, expected):
    np.testing.assert_allclose(gradient(f), expected)


def test_the_median_leaves_the_callers_array_as_it_is():
    x = ValueArray.of(X)
    before = elements(x)
    np.median(x)
    assert all(a is b for a, b in zip(before, elements(x), strict=True))


def test_flatten_gives_a_copy_and_ravel_a_view():
    x = ValueArray.of(X.reshape(2, 2), requires_grad=False)
    flat, ravelled = x.flatten(), x.ravel()
    flat[0] = 5.0
    assert to_numpy(x)[0, 0] == 0.7
    ravelled[0] = 5.0
    assert to_numpy(x)[0, 0] == 5.0
    assert x.flatten(0, 0).shape == (2, 2)


def test_several_results_are_arrays_of_values_each():
    pieces = np.array_split(ValueArray.of(X), 2)
    assert [type(piece) for piece in pieces] == [ValueArray, ValueArray]
    assert isinstance(np.atleast_2d(Value(2.0))[0, 0], Value)


# --- methods of ndarray ---


def test_methods_that_work_on_memory_are_refused():
    x = ValueArray.of(X)
    for call in (
        lambda: x.partition(1),
        lambda: x.put([0], [1.0]),
        lambda: x.setfield(1.0, object),
        lambda: x.getfield(object),
        lambda: x.byteswap(),
        lambda: x.tobytes(),
        lambda: x.tofile("numbers"),
    ):
        with pytest.raises(TypeError, match="holds none of its numbers: assign"):
            call()
    with pytest.raises(ValueError, match="read-only"):
        x.flat[0] = 1.0
    assert [e.data for e in x.flat] == X.tolist()


def test_fill_is_an_assignment():
    x = ValueArray.of(X)
    leaves = elements(x)
    with pytest.raises(RuntimeError, match="recorded"):
        x.fill(2.0)
    with no_grad():
        x.fill(2.0)
    assert all(a is b for a, b in zip(leaves, elements(x), strict=True))
    assert to_numpy(x).tolist() == [2.0] * 4


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.real,
        lambda x: x.compress([True] * 4),
        lambda x: x.tolist(),
        lambda x: [x.item(i) for i in range(4)],
        lambda x: np.array(list(x.flat)),
        lambda x: x.view(ValueArray),
    ],
)
def test_other_methods_keep_the_very_values(call):
    x = ValueArray.of(X)
    found = list(np.asarray(call(x)))
    assert all(a is b for a, b in zip(found, elements(x), strict=True))


# --- plain arrays of objects ---


@pytest.mark.parametrize(
    "f",
    [np.sin, np.exp, np.sqrt, np.square, np.abs, np.tanh, np.log1p, np.negative],
    ids=lambda f: f.__name__,
)
def test_a_ufunc_of_an_array_of_objects_calls_their_methods(f):
    x = ValueArray.of(X)
    f(np.array(list(x))).sum().backward()
    expected = engine.grad(lambda t: f(t).sum())(X)
    np.testing.assert_allclose(x.grad, expected)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.dot(x, x),
        lambda x: np.where(X > 0.8, x, 0.0).sum(),
        lambda x: np.mean(x * x),
        lambda x: np.var(x),
        lambda x: np.sum(x**2),
        lambda x: np.linalg.norm(x),
        lambda x: np.concatenate([x, x[:1] * 3]).sum(),
        lambda x: np.max(x) * np.min(x),
    ],
)
def test_a_program_of_objects_is_part_of_the_graph(f):
    x = ValueArray.of(X)
    f(np.array(list(x))).backward()
    np.testing.assert_allclose(x.grad, engine.grad(f)(X), rtol=1e-12)


def test_the_dtype_of_a_value_is_float64_and_keeps_nodes():
    v = Value(2.0)
    assert v.dtype == np.float64
    assert np.dtype("f8") == v.dtype
    assert {v.dtype, np.dtype("f8")} == {v.dtype}
    assert v.dtype.kind == "f"
    assert repr(v.dtype) == "dtype('float64')"
    assert np.zeros(2, dtype=v.dtype).dtype == np.float64
    assert np.issubdtype(v.dtype, np.floating)
    assert v.dtype.type(v) is v
    assert v.dtype.type(2) == np.float64(2.0)


# --- what else is an array ---


def test_a_masked_array_leaves_the_work_to_a_node():
    masked = np.ma.array([1.0, 2.0, 3.0])
    t, v = Tensor([4.0, 5.0, 6.0], requires_grad=True), Value(2.0)
    (masked * t).sum().backward()
    np.testing.assert_array_equal(t.grad, [1.0, 2.0, 3.0])
    assert isinstance(masked - t, Tensor)
    assert isinstance(masked @ t, Tensor)
    (masked * v).sum().backward()
    assert v.grad == 6.0


@pytest.mark.parametrize(
    "call",
    [
        np.ma.exp,
        lambda t: np.ma.multiply(t, t),
        lambda t: np.ma.multiply(np.ma.array([1.0, 2.0, 3.0]), t),
        lambda t: np.ma.where(X[:3] > 0.5, t, 0.0),
        lambda t: np.ma.sum(t),
        lambda t: np.ma.array(t),
    ],
)
def test_a_function_of_masked_arrays_does_not_take_the_numbers_of_a_tensor(call):
    """It takes the `_data` of what has one, as its own arrays have."""
    with pytest.raises(RuntimeError, match=r"\.detach\(\)"):
        call(Tensor([4.0, 5.0, 6.0], requires_grad=True))
    x = Value(0.5)
    np.ma.exp(x).backward()
    assert x.grad == pytest.approx(np.exp(0.5))


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix_leaves_the_work_to_a_node():
    t = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = np.matrix([[1.0, 2.0], [3.0, 4.0]]) * t
    assert isinstance(y, Tensor)
    assert y.requires_grad
    assert y.tolist() == [[1.0, 4.0], [9.0, 16.0]]


def test_an_instance_says_none_of_the_ufunc_protocol():
    """np.ma asks the instance whether it wants the work: None says yes."""
    assert Value(1.0).__array_ufunc__ is None
    assert Tensor(1.0).__array_ufunc__ is None
    assert callable(Value.__array_ufunc__)
    assert callable(Tensor.__array_ufunc__)


def test_a_subclass_of_ndarray_is_taken_as_an_array():
    class Named(np.ndarray):
        pass

    t = Tensor([1.0, 2.0], requires_grad=True)
    y = np.array([3.0, 4.0]).view(Named) * t
    assert isinstance(y, Node)
    assert y.tolist() == [3.0, 8.0]
