"""Functions on whole arrays give what NumPy gives: every shape, dtype and form of a call.

What peers' own suites found (dot beyond two axes, `transpose(x, 0)`, dtypes of `tril`, complex
parameters), and their neighbours.
"""

import itertools
import re

import numpy as np
import pytest

import engine
from engine import Tensor, Value, ValueArray, compare, gradcheck, to_numpy
from nn import functional as F

RNG = np.random.default_rng(0)
ARRAYS = {
    "0-d": np.array(2.5),
    "vector": RNG.normal(size=3),
    "empty": np.zeros((0, 3)),
    "matrix": RNG.normal(size=(2, 3)),
    "batch": RNG.normal(size=(2, 3, 4)),
    "square": RNG.normal(size=(3, 3)),
    "float32": RNG.normal(size=(2, 3)).astype(np.float32),
    "float16": RNG.normal(size=(2, 3)).astype(np.float16),
    "int8": np.arange(6, dtype=np.int8).reshape(2, 3),
    "bool": np.arange(6).reshape(2, 3) % 2 == 0,
    "uint8": np.arange(6, dtype=np.uint8).reshape(2, 3),
}
#: a call, by the name of its function: what NumPy answers, the engine answers too
CALLS = [
    ("take", lambda f, x: f(x, 0, axis=0)),
    ("take", lambda f, x: f(x, [[0], [1]], axis=-1)),
    ("tile", lambda f, x: f(x, ())),
    ("tile", lambda f, x: f(x, (2, 1))),
    ("roll", lambda f, x: f(x, (1, 2), 0)),
    ("roll", lambda f, x: f(x, (), 0)),
    ("roll", lambda f, x: f(x, 1, (0, 0))),
    ("roll", lambda f, x: f(x, np.array([1, 2]), (0, 1))),
    ("roll", lambda f, x: f(x, (1, 2))),
    ("roll", lambda f, x: f(x, 1, ())),
    ("repeat", lambda f, x: f(x, 3, axis=0)),
    ("repeat", lambda f, x: f(x, 2, axis=-1)),
    ("repeat", lambda f, x: f(x, [1, 2], axis=0)),
    ("tril", lambda f, x: f(x, -1)),
    ("triu", lambda f, x: f(x, 1)),
    ("transpose", lambda f, x: f(x, 0)),
    ("transpose", lambda f, x: f(x, (-1, 0))),
    ("dot", lambda f, x: f(x, np.ones((2, x.shape[-1] if x.shape else 1, 2)))),
    ("dot", lambda f, x: f(np.ones((2, 2, x.shape[0] if x.shape else 1)), x)),
    ("dot", lambda f, x: f(x, x.T)),
    ("sum", lambda f, x: f(x, axis=())),
    ("split", lambda f, x: f(x, [-1], axis=0)[0]),
    ("pad", lambda f, x: f(x, 1, constant_values=7)),
]


def answer(call, function, x):
    try:
        return call(function, x)
    except (ValueError, IndexError, TypeError) as error:
        return error


@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize(
    ("name", "call"), CALLS, ids=[f"{n}-{k}" for k, (n, _) in enumerate(CALLS)]
)
def test_what_numpy_answers_the_engine_answers_too(name, call, kind):
    x = ARRAYS[kind]
    expected = answer(call, getattr(np, name), x)
    if isinstance(expected, Exception) or (name.startswith("tri") and x.ndim < 2):
        return  # `tril` of a vector makes a matrix of it in NumPy, and is refused here
    boxes = [np.array(x), Tensor(x, requires_grad=x.dtype.kind == "f")]
    if x.dtype == np.float64:
        boxes.append(ValueArray.of(x))
    for box in boxes:
        got = call(getattr(engine, name), box)
        np.testing.assert_allclose(to_numpy(got), expected, rtol=1e-12)
        assert to_numpy(got).shape == np.shape(expected)
        assert to_numpy(got).dtype == np.asarray(expected).dtype
        if isinstance(got, Tensor) and got.requires_grad:
            got.backward(np.ones(got.shape))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (engine.dot(x, np.arange(12.0).reshape(2, 3, 2)) ** 2).sum(),
        lambda x: (engine.dot(np.arange(12.0).reshape(2, 3, 2), x) ** 2).sum(),
        lambda x: (engine.dot(engine.stack([x, x * x]), engine.stack([x.T, x.T])) ** 2).sum(),
        lambda x: (x.roll((1, 2), 1) ** 3 * np.arange(6.0).reshape(2, 3)).sum(),
        lambda x: (engine.transpose(x[0] ** 2, 0) * x[1]).sum(),
        lambda x: (engine.repeat(x[0, 0] ** 3, 3, axis=0) * x[1]).sum(),
        lambda x: (engine.triu(x, 1) ** 3).sum() + engine.take(x[1, 1] ** 3, 0, axis=0),
        lambda x: (engine.masked_fill(x, [True, False, True], 2.0) ** 3).sum(),
    ],
)
def test_they_differentiate_twice_on_both_tiers(f):
    x = RNG.normal(size=(2, 3))
    assert gradcheck(f, x, order=2)
    assert compare(f, x).ok


def test_dot_of_batches_meets_every_row_with_every_column():
    """It was `matmul` there, which gives (2, 2, 4)."""
    a, b = RNG.normal(size=(2, 2, 3)), RNG.normal(size=(2, 3, 4))
    for x, y in [(a, b), (Tensor(a), b), (a, Tensor(b)), (ValueArray.of(a), b)]:
        got = engine.dot(x, y)
        assert np.shape(got) == (2, 2, 2, 4)
        np.testing.assert_allclose(to_numpy(got), np.dot(a, b))
    assert Tensor(a).dot(b).shape == (2, 2, 2, 4)


def test_a_batch_of_no_columns_has_a_gradient():
    x = Tensor(np.zeros((0, 3)), requires_grad=True)

    (np.ones((2, 2, 0)) @ x).backward(np.ones((2, 2, 3)))

    assert x.grad.shape == (0, 3)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "float16", "float32", "float64"])
def test_triangles_and_fills_keep_the_dtype(dtype):
    x = np.ones((2, 2), dtype)
    for box in (np.asarray, Tensor):
        for y in (
            engine.tril(box(x)), engine.triu(box(x), 1), engine.masked_fill(box(x), x > 0, 0),
            engine.masked_fill(box(x), x > 0, np.float64(1.0)),
        ):  # fmt: skip
            assert y.dtype == dtype
    assert to_numpy(engine.tril(Tensor(x))).tolist() == [[1, 0], [1, 1]]


def test_a_fill_may_be_a_node_and_has_its_gradient():
    value = Tensor(3.0, requires_grad=True)

    engine.masked_fill(Tensor([1, 2]), [True, False], value).sum().backward()

    assert value.grad == 1.0
    assert engine.masked_fill([1.0, 2.0], [True, False], 5).tolist() == [5.0, 2.0]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: engine.elu(x, alpha=1j),
        lambda x: engine.elu(x, np.complex64(1)),
        lambda x: engine.leaky_relu(x, 0.1j),
        lambda x: engine.softplus(x, beta=1j),
        lambda x: engine.clip(x, np.array([1j]), 2.0),
        lambda x: engine.clip(x, max=[1j]),
        lambda x: engine.sum(x, axis=1j),
    ],
)
def test_complex_parameters_are_refused_by_every_row(call):
    for x in (0.5, np.array([0.5]), Value(0.5), Tensor([0.5]), ValueArray.of([0.5])):
        with pytest.raises(TypeError, match=r"\w+ of \w+\(\) must be real, got .*take its \.real"):
            call(x)


def test_no_row_with_parameters_makes_a_complex_number():
    """Every parameter that is a number, in every elementwise row: in one place for all."""
    rows = [op for op in engine.registry.values() if op.kind == "elementwise" and op.defaults]
    assert len(rows) >= 5
    for op, box in itertools.product(rows, (Tensor, ValueArray.of)):
        for name in op.defaults:
            with pytest.raises(TypeError, match=f"{name} of {op.name}.* must be real"):
                op(box([0.5]), **{name: 1 + 1j})


def test_a_value_has_what_a_number_of_numpy_has():
    x = Value(3.0)
    assert (x.size, x.dtype, x.shape, x.ndim) == (1, np.float64, (), 0)
    assert x.T is x


@pytest.mark.parametrize("box", [np.array, Tensor, ValueArray.of])
def test_indices_are_no_mask_and_may_be_none(box):
    """`take`, `gather` and `take_along_axis` picked by a mask, silently."""
    x = box([1.0, 2.0, 3.0])
    for call in (
        lambda: engine.take(x, [True, False, True]), lambda: engine.take(x, True),
        lambda: engine.gather(x, 0, [True, False, True]),
        lambda: engine.take_along_axis(x, np.array([True, False, True]), 0),
    ):  # fmt: skip
        with pytest.raises(IndexError, match="must be integers, got bools"):
            call()
    for nothing in ([], (), np.zeros((2, 0), int)):
        assert np.shape(engine.take(x, nothing)) == np.shape(nothing)
    assert float(to_numpy(engine.take(x, np.int64(-1)))) == 3.0


def test_roll_names_what_is_no_shift():
    for box in (Tensor, ValueArray.of):
        with pytest.raises(TypeError, match=r"shift of roll\(\) must be ints, got 0.5"):
            engine.roll(box([1.0, 2.0]), (1, 0.5), 0)
        with pytest.raises(ValueError, match=re.escape("roll() got 3 shifts for 2 axes")):
            engine.roll(box([[1.0, 2.0]]), (1, 2, 3), (0, 1))


def test_functional_has_the_functions_of_the_table():
    assert F.tanh is engine.tanh
    assert F.softplus is engine.softplus
