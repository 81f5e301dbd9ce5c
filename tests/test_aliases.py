"""Methods and operators are the functions of engine by another name, on every tier."""

import operator

import linalg_cases
import numpy as np
import pytest
from helpers import leaf
from strategies import PARAMETERS

import engine as E
from engine import Tensor, Value, ValueArray, core, to_numpy
from engine.arrays.methods import ArrayMethods
from engine.elementwise_methods import ElementwiseMethods

#: A NumPy or PyTorch user finds no method of these names either, or finds another.
WITHOUT_A_METHOD = {
    "identity": "x.clone()",
    "where": "takes the condition first as a function, x.where(condition, other) as a method",
    "concatenate": "of a list of arrays", "stack": "of a list of arrays",
    "einsum": "a string first", "tensordot": "a function in both",
    "getitem": "x[index]", "setitem": "x[index] = v",
    "cast": "x.astype(dtype)", "as_integers": "x.astype(int)",
    "hstack": "of a list of arrays", "vstack": "of a list of arrays",
    "dstack": "of a list of arrays", "column_stack": "of a list of arrays",
    "atleast_1d": "of several arrays", "atleast_2d": "of several arrays",
    "atleast_3d": "of several arrays", "append": "a list's append changes the list",
    "trapezoid": "a function in both", "percentile": "a function in NumPy",
    "matrix_transpose": "x.mT", "clip_between": "x.clip(low, high)",
    "scatter_add": "the transpose of x[index]", "scatter": "the same",
    "sum_to": "the transpose of broadcasting",
    "sliding_window_view": "a function in NumPy", "sum_windows": "its transpose",
    **dict.fromkeys(linalg_cases.CASES, "a function of engine.linalg"),
}  # fmt: skip

#: The engine's own: nn adds rows that are functions there, not methods of every number.
ELEMENTWISE = [op for op in E.registry.values() if op.kind == "elementwise" and op.name in vars(E)]
ON_ARRAYS = {n for n, op in E.registry.items() if op.kind == "shape"} | set(core.functions)


@pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.name)
def test_every_row_is_a_method_that_calls_it(op):
    if op.name in WITHOUT_A_METHOD:
        return
    assert op.name in vars(ElementwiseMethods)
    for given in [{}, *PARAMETERS.get(op.name, [])]:
        for box in (Value, lambda x: leaf([x]), lambda x: ValueArray.of([x])):
            args = [box(1.25), *([0.75] * (op.n_inputs - 1))]
            with np.errstate(invalid="ignore"):
                got, expected = getattr(args[0], op.name)(*args[1:], **given), op(*args, **given)
            assert type(got) is type(args[0])
            if not isinstance(got, ValueArray):
                assert got.op is op
            np.testing.assert_array_equal(to_numpy(got), to_numpy(expected))


@pytest.mark.parametrize("name", sorted(ON_ARRAYS - set(WITHOUT_A_METHOD)))
def test_every_function_of_arrays_is_a_method_on_both_tiers(name):
    assert name in vars(ArrayMethods) or name in vars(ElementwiseMethods)
    assert getattr(ValueArray, name) is getattr(ArrayMethods, name, None) or callable(
        getattr(ValueArray, name)
    )
    assert callable(getattr(Tensor, name))


def test_what_has_no_method_is_a_function_still():
    for name in WITHOUT_A_METHOD:
        assert callable(getattr(E, name, None) or getattr(E.linalg, name))


@pytest.mark.parametrize(
    ("name", "symbol"),
    [("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/"), ("floor_divide", "//"),
     ("remainder", "%"), ("pow", "**")],
)  # fmt: skip
def test_operators_are_the_rows(name, symbol):
    function = {
        "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
        "//": operator.floordiv, "%": operator.mod, "**": operator.pow,
    }[symbol]  # fmt: skip
    expected = function(7.5, 2.0)
    for box in (Value, Tensor, lambda x: ValueArray.of([x, x])):
        for got in (
            function(box(7.5), box(2.0)),
            function(box(7.5), 2.0),
            function(7.5, box(2.0)),
            function(np.float64(7.5), box(2.0)),
        ):
            np.testing.assert_array_equal(to_numpy(got), expected)
    assert function(Value(7.5), 2.0).op.name == name


def test_signs_are_operators_too():
    for box in (Value, Tensor, lambda x: ValueArray.of([x])):
        x = box(-2.0)
        np.testing.assert_array_equal(to_numpy(-x), 2.0)
        np.testing.assert_array_equal(to_numpy(+x), -2.0)
        np.testing.assert_array_equal(to_numpy(abs(x)), 2.0)


def test_matrix_products_are_operators_from_either_side():
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    for box in (Tensor, ValueArray.of):
        for got in (box(a) @ box(a), box(a) @ a, a @ box(a), box(a).matmul(a), box(a).dot(a)):
            np.testing.assert_array_equal(to_numpy(got), a @ a)


def test_other_names_are_the_same_functions():
    names = {
        "absolute": "abs", "acos": "arccos", "acosh": "arccosh", "asin": "arcsin",
        "asinh": "arcsinh", "atan": "arctan", "atan2": "arctan2", "atanh": "arctanh",
        "clamp": "clip", "concat": "concatenate", "divide": "div",
        "multiply": "mul", "negative": "neg", "power": "pow", "subtract": "sub",
        "movedim": "moveaxis", "repeat_interleave": "repeat", "unsqueeze": "expand_dims",
    }  # fmt: skip
    for other, name in names.items():
        assert getattr(E, other) is getattr(E, name), other
        assert other in vars(E)
    for other in ("acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh"):
        method = getattr(ElementwiseMethods, names[other])
        assert getattr(ElementwiseMethods, other) is method


@pytest.mark.parametrize("box", [Tensor, ValueArray.of], ids=["Tensor", "ValueArray"])
def test_pytorchs_methods_have_their_meaning(box):
    x = box(np.arange(6.0).reshape(2, 3))
    for got, expected in [
        (x.index_select(1, [2, 0]), [[2.0, 0.0], [5.0, 3.0]]),
        (x.repeat_interleave(2, dim=1), [[0, 0, 1, 1, 2, 2], [3, 3, 4, 4, 5, 5]]),
        (x.clamp(min=1.0, max=4.0), [[1.0, 1.0, 2.0], [3.0, 4.0, 4.0]]),
        (x.clamp(max=1), [[0.0, 1.0, 1.0], [1.0, 1.0, 1.0]]),
        (x.movedim(0, 1), [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]),
        (x.amax(dim=1), [2.0, 5.0]),
        (x.amin(dim=0, keepdim=True), [[0.0, 1.0, 2.0]]),
        (x.argmin(dim=1), [0, 0]),
        (x.argmax(dim=1), [2, 2]),
        (x.expand_dims(0), [[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]]),
        (x.where(np.array([True, False, True]), -1.0), [[0.0, -1.0, 2.0], [3.0, -1.0, 5.0]]),
        (x.logsumexp(dim=1), [2.40760596444438, 5.40760596444438]),
        (x.astype(np.float64), [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]),
        (x.clone(), [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]),
        (x.view(6)[4:], [4.0, 5.0]),
    ]:
        np.testing.assert_allclose(to_numpy(got), expected, rtol=1e-15)
    assert (x.numel(), x.dim()) == (6, 2)


def test_an_array_of_values_forgets_its_gradients():
    x = ValueArray.of([1.0, 2.0])
    np.asarray(x)[0] = 3.0  # a constant among them
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 4.0])
    x.zero_grad()
    np.testing.assert_array_equal(x.grad, [0.0, 0.0])


# --- plain numbers and arrays ---


@pytest.mark.parametrize(
    ("name", "numpys"),
    [(n, getattr(np, n)) for n in (
        "sum", "mean", "var", "std", "prod", "max", "min", "argmax", "argmin", "any", "all",
        "cumsum", "cumprod", "argsort", "ravel", "squeeze", "flip", "transpose", "diagonal",
        "trace", "tril", "triu", "outer", "dot", "exp", "sqrt", "sign", "tanh", "maximum", "hypot",
        "floor_divide", "remainder", "power", "subtract", "multiply", "divide", "negative",
        "absolute", "arctan2", "logaddexp",
    )],
    ids=lambda x: x if isinstance(x, str) else "",
)  # fmt: skip
def test_plain_arrays_lists_and_numbers_give_what_numpy_gives(name, numpys):
    """The same numbers, dtype and shape; a number, not an array of one, where NumPy has that."""
    twice = name in ("outer", "dot", "maximum", "hypot", "floor_divide", "remainder", "power",
                     "subtract", "multiply", "divide", "arctan2", "logaddexp")  # fmt: skip
    matrix_only = name in ("diagonal", "trace", "tril", "triu")
    for x in (
        np.array([[1.5, 2.0], [3.0, 4.0]]), [[1.5, 2.0], [3.0, 4.0]],
        np.array([[1.5, 2.0], [3.0, 4.0]], np.float32), np.array([[1, 2], [3, 4]]),
        2.5, 2, np.float64(2.5),
    ):  # fmt: skip
        if np.ndim(x) == 0 and (matrix_only or name == "argsort"):
            continue
        got, expected = (f(x, x) if twice else f(x) for f in (getattr(E, name), numpys))
        np.testing.assert_allclose(got, expected, rtol=1e-15)
        assert np.shape(got) == np.shape(expected)
        if not isinstance(x, float | int) or isinstance(x, np.generic):
            assert np.asarray(got).dtype == np.asarray(expected).dtype
            assert isinstance(got, np.ndarray) == isinstance(expected, np.ndarray)


def test_bad_parameters_of_rows_are_named():
    for x in (0.5, np.array([0.5]), Value(0.5), Tensor([0.5])):
        with pytest.raises(ValueError, match=r"approximate must be 'none' or 'tanh', got 'erf'"):
            E.gelu(x, approximate="erf")
    with pytest.raises(TypeError, match=r"clip\(\) got an unexpected argument 'low'"):
        E.clip(Tensor([0.5]), low=1.0)


@pytest.mark.parametrize("box", [Tensor, ValueArray.of], ids=["Tensor", "ValueArray"])
def test_numpys_functions_are_the_methods(box):
    x = box(np.arange(6.0).reshape(2, 3), requires_grad=True)
    for name in ("sum", "mean", "std", "var", "max", "min", "prod", "argmax"):
        function = getattr(np, name)
        for axis in (None, 1):
            got, own = function(x, axis=axis), getattr(x, name)(axis=axis)
            assert type(got) is type(own)
            np.testing.assert_array_equal(to_numpy(got), to_numpy(own))
    with pytest.raises(TypeError, match=r"np\.sum\(…, out=…\) of a node that requires a gradient"):
        np.sum(x, out=np.zeros(()))


def test_rows_with_three_inputs_take_names_and_say_what_is_missing():
    x = Tensor([1.0, -1.0], requires_grad=True)
    assert E.where(condition=x > 0, x=x, y=0.0).tolist() == [1.0, 0.0]
    with pytest.raises(TypeError, match=r"where\(\) needs 3 inputs \(condition, x, y\); 'x' is"):
        E.where(x > 0)


def test_clip_knows_numpys_older_names():
    x = np.array([1.0, 5.0])
    assert E.clip(x, a_min=2, a_max=3).tolist() == np.clip(x, a_min=2, a_max=3).tolist()
    assert E.clip(Value(5.0), a_max=3).data == 3.0


@pytest.mark.parametrize("dtype", [int, bool, "int8"])
def test_no_gradient_flows_through_integers(dtype):
    x = Tensor([-1.5, 0.0, 2.5], requires_grad=True)

    y = x.astype(dtype)

    assert y.dtype == dtype
    assert not y.requires_grad
    assert y.tolist() == x.data.astype(dtype).tolist()
    assert ValueArray.of([-1.5, 0.0, 2.5]).astype(dtype).tolist() == y.tolist()
    with pytest.raises(TypeError, match=r"dtype of cast\(\) must be a floating-point one, got"):
        E.cast(x, dtype)


def test_to_is_pytorchs_name_for_astype():
    assert Tensor([1.0]).to(np.float32).dtype == np.float32
    assert Tensor([1.0]).to("int64").dtype == np.int64


@pytest.mark.parametrize(
    "name", ["sum", "mean", "max", "var", "cumsum", "softmax", "argmax", "sort"]
)
def test_an_axis_that_is_not_there_is_numpys_axis_error_on_every_tier(name):
    for x in (np.ones((2, 3)), Tensor(np.ones((2, 3))), ValueArray.of(np.ones((2, 3)))):
        with pytest.raises(np.exceptions.AxisError, match=r"axis 5 is out of bounds for array of"):
            getattr(E, name)(x, axis=5)
