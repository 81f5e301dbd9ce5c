"""NumPy's functions in programs written NumPy's way: the gradient, or an error with a way out.

`test_every_numpy_function` has all of them; here are the programs in which they lost a gradient.
"""

import functools

import numpy as np
import pytest

import engine
from engine import Tensor, Value, ValueArray, grad, hessian, no_grad, numpy_protocol, to_numpy

X = np.array([0.7, 0.4, 1.6])
M = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 4.0]])

TIERS = [functools.partial(Tensor, requires_grad=True), ValueArray.of]
both_tiers = pytest.mark.parametrize("box", TIERS, ids=["Tensor", "ValueArray"])


def gradient(f, box, x=X):
    leaves = box(x)
    f(leaves).backward()
    return to_numpy(leaves.grad)


# --- programs ---


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda a: np.dot(a, a), [2.0, 4.0]),
        (lambda a: np.where(a > 1, a, 0).sum(), [0.0, 1.0]),
        (lambda a: np.sin(a).sum(), np.cos([1.0, 2.0])),
        (lambda a: np.linalg.norm(a), np.array([1.0, 2.0]) / np.sqrt(5)),
        (lambda a: np.sum(np.exp(a) * np.array([1.0, 2.0])), np.exp([1.0, 2.0]) * [1, 2]),
        (lambda a: np.einsum("i,i->", a, a), [2.0, 4.0]),
        (lambda a: np.mean((a - np.mean(a)) ** 2), [-0.5, 0.5]),
        (lambda a: np.square(np.stack([a, 3 * a])).sum(), [20.0, 40.0]),
        (lambda a: np.outer(a, [1.0, 2.0]).sum(), [3.0, 3.0]),
        (lambda a: np.prod(a) + np.max(a), [2.0, 2.0]),
        (lambda a: np.cumsum(a)[1] ** 2, [6.0, 6.0]),
        (lambda a: (np.array([2.0, 3.0]) * a + np.float32(1) - a).sum(), [1.0, 2.0]),
        (lambda a: (np.array([2.0, 3.0]) @ a) ** np.int64(2), [32.0, 48.0]),
        (lambda a: np.logaddexp(a[0], a[1]), [1 / (1 + np.e), np.e / (1 + np.e)]),
        (lambda a: np.log(np.sum(np.exp(a - np.max(a)))) + np.max(a), [0.2689414, 0.7310586]),
    ],
)
def test_a_program_of_numpys_functions_has_its_gradient(f, expected):
    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(grad(f)(x), expected)
    np.testing.assert_allclose(gradient(f, ValueArray.of, x), expected)


def test_concatenate_keeps_every_part_in_the_graph():
    w = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    (w * np.concatenate([w[:1] * 3, w[1:]])).sum().backward()
    np.testing.assert_array_equal(w.grad, [6.0, 4.0, 6.0])


def test_second_derivatives_go_through_numpys_functions():
    found = hessian(lambda a: np.sum(np.sin(a) * np.exp(a)))(np.array([0.3, 0.5]))
    np.testing.assert_allclose(found, np.diag(2 * np.cos([0.3, 0.5]) * np.exp([0.3, 0.5])))


@pytest.mark.parametrize("name", ["sin", "exp", "tanh", "sqrt", "square", "arctan", "log1p"])
def test_a_ufunc_of_one_value_is_the_row(name):
    x = Value(0.5)
    y = getattr(np, name)(x)
    assert y.op is engine.registry[name]
    assert y.inputs == (x,)


def test_numbers_and_arrays_on_the_left_of_a_node_give_nodes():
    v, t = Value(3.0), Tensor([1.0, 2.0], requires_grad=True)
    for number in (np.float64(2), np.float32(2), np.int64(2)):
        assert (number * v).data == 6.0
        assert (number - v).data == -1.0
        assert (number / v).op
        assert (number**v).data == 8.0
        assert (number // v).data == 0.0
        assert (number % v).data == 2.0
        assert (number * t).tolist() == [2.0, 4.0]
        assert (number * t).requires_grad
        assert number < v
        assert number != v
        assert (number < t).tolist() == [False, False]
    array = np.array([1.0, 3.0])
    assert isinstance(array * v, ValueArray)
    assert (array < v).tolist() == [True, False]
    assert (array > t).tolist() == [False, True]
    assert isinstance(array > t, np.ndarray)
    assert (array @ t).data == 7.0
    assert (array @ t).op is engine.matmul


def test_a_graph_remembers_a_copy_of_the_array_on_the_left():
    x, t = np.array([1.0, 2.0]), Tensor([3.0, 4.0], requires_grad=True)
    y = x * t
    x[:] = 0.0
    y.sum().backward()
    np.testing.assert_array_equal(t.grad, [1.0, 2.0])


# --- NumPy's forms ---


@both_tiers
@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(x, 0, None, None, True),
        lambda x: np.sum(x, axis=0, dtype=None, out=None, where=True),
        lambda x: np.sum(a=x, axis=-1),
        lambda x: np.add(x, 1.0, casting="same_kind", dtype=None),
        lambda x: np.std(x, 0, ddof=1),
        lambda x: np.max(x, axis=0, keepdims=True),
        lambda x: np.sort(x),
        lambda x: np.sort(x, kind="mergesort", axis=0),
        lambda x: np.split(x, 3)[1],
        lambda x: np.split(x, [1], axis=0)[1],
        lambda x: np.clip(x, a_min=None, a_max=1.0),
        lambda x: np.clip(x, 0.5, 1.0),
        lambda x: np.reshape(x, (3, 1)),
        lambda x: np.reshape(x, shape=(3, 1), order="C"),
        lambda x: np.transpose(np.reshape(x, (3, 1)), (1, 0)),
        lambda x: np.concatenate((x, x), 0, None),
        lambda x: np.stack([x, x], -1),
        lambda x: np.expand_dims(x, axis=(0, 2)),
        lambda x: np.linalg.norm(x, 1, 0),
        lambda x: np.linalg.norm(x[None] * M, "fro"),
        lambda x: np.linalg.norm(x[None] * M, 1),
        lambda x: np.linalg.vector_norm(x, ord=3),
        lambda x: np.linalg.matrix_norm(x[None] * M),
        lambda x: np.linalg.trace(x[None] * M, offset=1),
        lambda x: np.linalg.diagonal(x[None] * M),
        lambda x: np.linalg.vecdot(x, x),
        lambda x: np.tensordot(x, M, ([0], [1])),
        lambda x: np.einsum("i,ij->j", x, M, optimize=True),
        lambda x: np.round(x, 1),
        lambda x: np.round(x),
        lambda x: np.unstack(x)[1],
        lambda x: np.inner(M, x),
        lambda x: np.inner(x, 2.0),
        lambda x: np.vdot(M, x[None] * M),
        lambda x: np.divmod(x, 0.3),
        lambda x: np.radians(np.degrees(x)),
        lambda x: np.lib.stride_tricks.sliding_window_view(x, 2),
        lambda x: np.add.reduce(x, 0, None, None, True),
        lambda x: np.add.reduce(x[None] * M),
        lambda x: np.add.reduce(x[None] * M, axis=None),
        lambda x: np.maximum.reduce(x[None] * M, axis=1),
        lambda x: np.multiply.accumulate(x),
        lambda x: np.add.accumulate(x[None] * M, 1),
        lambda x: np.multiply.outer(x, M),
        lambda x: np.subtract.outer([1.0, 2.0], x),
    ],
)
def test_numpys_forms_give_what_they_give_of_numbers(f, box):
    found, expected = f(box(X)), f(X)
    if not isinstance(expected, tuple):
        found, expected = (found,), (expected,)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(to_numpy(one), other, rtol=1e-15)
        assert np.shape(one) == np.shape(other)


def test_a_value_alone_has_an_outer_product_too():
    v = Value(2.0)
    np.multiply.outer(v, X).sum().backward()
    assert v.grad == pytest.approx(X.sum())
    assert np.multiply.outer(v, 3.0).data == 6.0


# --- questions, which have no gradient ---


@both_tiers
def test_questions_are_answered_by_numbers(box):
    x = box(X)
    assert np.shape(x) == (3,)
    assert np.ndim(x) == 1
    assert np.size(x) == 3
    assert np.isnan(x).tolist() == [False] * 3
    assert np.isfinite(x).all()
    assert np.allclose(x, X)
    assert np.array_equal(x, X)
    assert np.isclose(X, x).all()
    assert np.searchsorted([0.0, 1.0], x).tolist() == [1, 1, 2]
    assert np.count_nonzero(x) == 3
    assert np.nonzero(x)[0].tolist() == [0, 1, 2]
    assert np.where(x)[0].tolist() == [0, 1, 2]
    assert np.logical_and(x > 0.5, x).tolist() == [True, False, True]
    assert np.shares_memory(x, x)
    assert not np.may_share_memory(x, X)
    assert np.zeros_like(x).tolist() == [0, 0, 0]
    assert np.shape(np.ones_like(x)) == (3,)
    assert np.full_like(x, 2.0).tolist() == [2.0] * 3


def test_an_array_like_a_value_array_can_hold_values():
    x = ValueArray.of(X)
    out = np.zeros_like(x)
    out[0] = x[1] * 2
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 2.0, 0.0])


def test_an_array_like_a_tensor_can_hold_results():
    x = Tensor(X, requires_grad=True)
    for like in (np.zeros_like, np.empty_like, np.ones_like):
        out = like(x)
        out[:] = 0.0
        out[0] = x[1] * 2
        x.zero_grad()
        out.sum().backward()
        np.testing.assert_array_equal(x.grad, [0.0, 2.0, 0.0])
    assert np.zeros_like(x, dtype=np.float32).dtype == np.float32
    assert not np.ones_like(x).requires_grad


def test_an_array_like_a_value_can_hold_it():
    v = Value(2.0)
    for like in (np.zeros_like, np.empty_like, np.ones_like):
        out = like(v)
        out[()] = v * 3
        assert isinstance(out, ValueArray)
        assert out[()].op is engine.mul


def test_shuffling_values_does_not_lose_one():
    x = ValueArray.of(X)
    with pytest.raises(RuntimeError, match="assign to a copy"):
        np.random.default_rng(0).shuffle(x)
    assert to_numpy(x).tolist() == X.tolist()
    mixed = np.random.default_rng(0).permutation(x)
    assert {id(e) for e in mixed} == {id(e) for e in x.flat}


# --- what would lose a gradient ---


@both_tiers
@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: np.linalg.eig(x[None] * M), r"np\.linalg\.eig\(\)"),
        (lambda x: np.linalg.eigvals(x[None] * M), r"np\.linalg\.eigvals\(\).*no function"),
        (lambda x: np.linalg.tensorsolve(M, x), r"linalg\.tensorsolve\(\).*engine\.elementwise"),
        (lambda x: np.nanquantile(x, 0.3), r"np\.nanquantile\(\).*\.detach\(\) or \.numpy\(\)"),
        (lambda x: np.interp(x, [0.0, 1.0], [1.0, 2.0], period=2.0), r"np\.interp\(\).*no period"),
        (lambda x: np.fft.fft(x), r"np\.fft\.fft\(\)"),
        (lambda x: np.trunc(x), r"np\.trunc\(\)"),
        (lambda x: np.sum(x, initial=3.0, dtype=np.float32), r"np\.sum\(\).*has no dtype"),
        (lambda x: np.mean(x, dtype=np.float32), r"np\.mean\(\).*has no dtype"),
        (lambda x: np.exp(x, out=np.zeros(3)), r"np\.exp\(…, out=…\).*take the result"),
        (lambda x: np.sum(x, 0, None, np.zeros(())), r"np\.sum\(…, out=…\)"),
        (lambda x: np.add.at(np.zeros(3), [0, 1, 2], x), r"np\.add\.at\(\).*engine\.scatter_add"),
        (lambda x: np.copyto(np.zeros(3), x), r"np\.copyto\(\).*engine\.where"),
        (lambda x: np.putmask(np.zeros(3), [True] * 3, x), r"np\.putmask\(\).*engine\.where"),
        (lambda x: np.add.reduceat(x, [0, 1], out=np.zeros(2)), r"np\.add\.reduceat\(…, out"),
    ],
)
def test_a_function_without_an_op_says_what_would_be_lost(call, words, box):
    with pytest.raises(TypeError, match=words):
        call(box(X))


def test_a_mask_of_a_ufunc_is_no_part_of_the_row():
    with pytest.raises(TypeError, match=r"np\.add\(\).*engine's function for it has no where"):
        np.add(Tensor(X, requires_grad=True), 1.0, where=np.array([True, False, True]))


@both_tiers
def test_an_array_times_a_node_in_place_names_the_way_out(box):
    array, x = np.ones(3), box(X)
    with pytest.raises(
        TypeError, match=r"np\.multiply\(…, out=…\).*a = a \* x in place of a \*= x"
    ):
        array *= x
    assert array.tolist() == [1.0, 1.0, 1.0]


@both_tiers
def test_numpy_does_not_write_into_a_node(box):
    x = box(X)
    for call in (
        lambda: np.exp(X, out=x),
        lambda: np.add.at(x, [0], 1.0),
        lambda: np.copyto(x, X),
        lambda: np.fill_diagonal(x, 0.0),
        lambda: np.put(x, [0], 1.0),
    ):
        with pytest.raises(TypeError, match=r"cannot write into an? .*: assign numbers"):
            call()
        np.testing.assert_array_equal(to_numpy(x), X)


@both_tiers
def test_where_nothing_is_recorded_numpy_works_on_the_numbers(box):
    x = box(X)
    with no_grad():
        np.testing.assert_allclose(to_numpy(np.quantile(x, 0.3)), np.quantile(X, 0.3))
        np.testing.assert_allclose(to_numpy(np.trunc(x)), np.trunc(X))
        np.testing.assert_allclose(to_numpy(np.linalg.inv(x[None] * M)), np.linalg.inv(X * M))
        np.testing.assert_allclose(to_numpy(np.hstack([x, X])), np.hstack([X, X]))


def test_a_tensor_without_a_gradient_is_an_array_to_numpy():
    t, out = Tensor(X), np.ones(3)
    assert np.quantile(t, 0.3) == np.quantile(X, 0.3)
    assert np.exp(t, out=out) is out
    assert out.tolist() == np.exp(X).tolist()
    out *= t
    np.add.at(out, [0], t[:1])
    np.copyto(out, t)
    assert out.tolist() == X.tolist()


def test_the_tiers_do_not_mix_by_way_of_numpy():
    t, v = Tensor(X, requires_grad=True), Value(1.0)
    for call in (lambda: np.add(t, v), lambda: np.add(v, t), lambda: np.stack([t, t * 1, v])):
        with pytest.raises((TypeError, ValueError)):
            call()


# --- rows of one's own ---


@pytest.fixture
def rows():
    before = set(engine.registry)
    yield
    for name in set(engine.registry) - before:
        engine.unregister(name)


def test_a_row_of_ones_own_is_what_numpys_function_means(rows):
    t = Tensor(X, requires_grad=True)
    engine.elementwise("whole_part", np.trunc, lambda g, y, x: g * 0.0)
    assert np.trunc(t).op.name == "whole_part"
    engine.elementwise("spacing", lambda x: np.spacing(x), lambda g, y, x: g * 0.0)
    assert np.spacing(t).op.name == "spacing"

    @engine.shape_op(lambda g, y, x: g * 2)
    def unwrap(x):
        return np.asarray(2.0 * x[0])

    with pytest.raises(TypeError, match=r"np\.unwrap\(\).*no axis"):
        np.unwrap(t, axis=0)
    engine.unregister("whole_part")
    with pytest.raises(TypeError, match=r"np\.trunc\(\)"):
        np.trunc(t)


def test_a_second_row_with_a_ufunc_does_not_take_its_name(rows):
    engine.elementwise("my_sin", np.sin, lambda g, y, x: g)
    assert np.sin(Tensor(X, requires_grad=True)).op is engine.sin


def test_a_function_of_strings_is_not_the_op_of_that_name():
    with pytest.raises(TypeError):
        np.strings.add(Tensor(X, requires_grad=True), "a")


def test_a_ufunc_that_is_not_numpys_has_its_own_name_in_the_error():
    twice = np.frompyfunc(lambda x: 2 * x, 1, 1)
    with pytest.raises(TypeError, match=r"^\S*\(vectorized\)\(\) of a node|^\S+.*\(\) of a node"):
        twice(Tensor(X, requires_grad=True))
    np.testing.assert_array_equal(gradient(lambda x: twice(x).sum(), ValueArray.of), [2.0] * 3)


def test_a_function_without_a_signature_is_called_as_it_came():
    """Such are those that an older NumPy has written in C."""
    assert numpy_protocol._parameters(max) == {}
    assert numpy_protocol._sorted(max, (1, 2), {}) == ((1, 2), {})
