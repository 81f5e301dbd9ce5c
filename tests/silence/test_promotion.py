"""A Python number promotes nothing: float16 and float32 stay, value and gradients of two orders."""

import itertools

import numpy as np
import pytest
from strategies import CONDITIONS, case_id, float_positions, rows_of_engine

import engine as E
from engine import Tensor, to_numpy

HALF_AND_SINGLE = pytest.mark.parametrize("dtype", [np.float16, np.float32])
ROWS = [
    pytest.param(op, params, where, id=f"{case_id((op, params))}-{where}")
    for op, params in rows_of_engine()
    for where in itertools.product("xn", repeat=len(float_positions(op)))
    if "x" in where
]


def dtypes(f, *arrays):
    """Of f on plain arrays, of its value, and of gradients of first and second order."""
    with np.errstate(all="ignore"):
        found = [np.asarray(f(*arrays)).dtype]
        leaves = [Tensor(x, requires_grad=True) for x in arrays]
        y = f(*leaves)
        y.backward(np.ones(y.shape), create_graph=True)
        gradients = [x.grad for x in leaves]
        found += [y.dtype, *(g.dtype for g in gradients)]
        for x in leaves:
            x.zero_grad()
        total = sum(((g * g).sum() for g in gradients), Tensor(np.zeros((), y.dtype)))
        if total.requires_grad:
            total.backward()
        found += [x.grad.dtype for x in leaves if x.grad is not None]
    return set(found)


@HALF_AND_SINGLE
@pytest.mark.parametrize(("op", "params", "where"), ROWS)
def test_a_python_number_does_not_promote_in_any_row(op, params, where, dtype):
    """The inputs marked n are numbers, the others arrays or 0-d arrays."""
    start = 1.5 if op.name == "arccosh" else 0.25
    for number, shape in itertools.product((0.5, 2, 2.0, True), ((3,), ())):
        values = dict(zip(float_positions(op), where, strict=True))

        def f(*given, number=number, values=values, shape=shape):
            arrays = iter(given)
            inputs = [
                np.ones(shape, bool)
                if (op.name, i) in CONDITIONS
                else (next(arrays) if values[i] == "x" else number)
                for i in range(op.n_inputs)
            ]
            return op(*inputs, **params)

        arrays = [np.full(shape, start, dtype) for w in where if w == "x"]
        assert dtypes(f, *arrays) == {np.dtype(dtype)}


MASK = np.array([[True, False, True], [False, True, True]])
FUNCTIONS = {
    "masked_fill": lambda x: E.masked_fill(x, MASK, 2.0),
    "pad": lambda x: E.pad(x, 1, constant_values=2.0),
    "where": lambda x: E.where(MASK, x, 2.0),
    "dot": lambda x: E.dot(x, 2.0),
    "clamp": lambda x: E.clamp(x, min=0.1),
    "norm": lambda x: E.norm(x, 2.5, axis=0),
    "norm of largest": lambda x: E.norm(x, np.inf, axis=0),
    "norm that counts": lambda x: E.norm(x, 0, axis=0),
    "norm of zeros": lambda x: E.norm(x * 0, axis=0),
    "norm of nothing": lambda x: E.norm(x[:0], axis=0),
    "norm of tiny numbers": lambda x: E.norm(x * 1e-20, axis=1),
    "var": lambda x: E.var(x, axis=0, ddof=1),
    "std": lambda x: E.std(x, axis=0, ddof=0.5),
    "std without freedom": lambda x: E.std(x, axis=0, ddof=5),
    "std of zeros": lambda x: E.std(x * 0, axis=0),
    "std of nothing": lambda x: E.std(x[:0], axis=1),
    "std of tiny numbers": lambda x: E.std(x * 1e-20, axis=0),
    "mean": lambda x: E.mean(x, axis=1),
    "mean of nothing": lambda x: E.mean(x[:, :0], axis=1),
    "sum": E.sum,
    "sum_to": lambda x: E.sum_to(x, (1, 3)),
    "prod": lambda x: E.prod(x, axis=1),
    "cumsum": lambda x: E.cumsum(x, axis=1),
    "cumprod": lambda x: E.cumprod(x, axis=1),
    "logsumexp": lambda x: E.logsumexp(x, axis=1),
    "softmax": E.softmax,
    "log_softmax": E.log_softmax,
    "windows": lambda x: E.sum_windows(E.sliding_window_view(x, 2, 1), (2, 3), 2, 1),
}


@HALF_AND_SINGLE
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_arrays_keep_the_dtype(name, dtype):
    x = np.array([[0.5, 0.25, 0.75], [1.0, 2.0, 0.5]], dtype)
    assert dtypes(FUNCTIONS[name], x) == {np.dtype(dtype)}


def test_xlogy_of_a_number_is_what_it_is_of_an_array():
    x = np.float32([0.5, 1.0, 2.0])
    np.testing.assert_array_equal(E.xlogy(x, 2.0), E.xlogy(x, np.full(3, 2.0, np.float32)))
    np.testing.assert_array_equal(E.xlogy(2.0, x), E.xlogy(np.full(3, 2.0, np.float32), x))
    assert E.xlogy(np.array([1, 2]), 2).dtype == np.float64
    assert to_numpy(E.xlogy(Tensor(x), 2)).dtype == np.float32
