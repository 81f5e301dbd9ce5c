"""`Tensor` among arrays: construction, dtypes, NumPy's protocols, gradients, misuse."""

import copy
import math
import pickle

import numpy as np
import pytest
from helpers import leaf

import engine as E
from engine import Tensor, Value, ValueArray, gradcheck

INF, NAN = math.inf, math.nan


def close(got, expected):
    """Equal to rounding, of the same shape."""
    assert got.shape == np.shape(expected)
    np.testing.assert_allclose(got, expected, rtol=1e-14, atol=1e-15)


# --- making one ---


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        ([1.0, 2.0], np.float64), ([1, 2], np.int64), (1.5, np.float64), (True, np.bool_),
        (np.float32([1]), np.float32), (np.float16([1]), np.float16), (np.int8([1]), np.int8),
        (np.uint8(3), np.uint8), ([[1.0], [2.0]], np.float64), ([], np.float64),
        (((1, 2.0), (3, 4)), np.float64), (range(3), np.int64), (memoryview(b"ab"), np.uint8),
    ],
)  # fmt: skip
def test_dtype_is_what_numpy_chooses(data, dtype):
    x = Tensor(data)
    assert x.dtype == dtype
    assert x.shape == np.shape(data)


def test_dtype_can_be_asked_for():
    assert Tensor([1, 2], dtype=np.float32).dtype == np.float32
    assert Tensor(np.arange(2.0), dtype="f4").dtype == np.float32


def test_data_is_copied_from_whatever_owns_it():
    class Owner:
        def __init__(self):
            self.array = np.zeros(2)

        def __array__(self, dtype=None, copy=None):
            return self.array

    array, owner, buffer = np.zeros(2), Owner(), bytearray(2)
    tensors = [Tensor(array), Tensor(array[::-1]), Tensor(owner), Tensor(memoryview(buffer)),
               Tensor(Tensor(array))]  # fmt: skip
    array += 1
    owner.array += 1
    buffer[0] = 7
    for x in tensors:
        np.testing.assert_array_equal(x.data, [0, 0])


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ("abc", TypeError, "data must hold real numbers or bools, got dtype <U3"),
        (1j, TypeError, "data must hold real numbers or bools, got dtype complex128"),
        (None, TypeError, "data must hold real numbers or bools, got dtype object"),
        ([1, "a"], TypeError, "data must hold real numbers"),
        ([[1, 2], [3]], ValueError, "data is not a rectangular array of numbers"),
        (Value(1.0), TypeError, "data holds Values: the two tiers do not mix"),
        (ValueArray.of([1.0]), TypeError, "data holds Values"),
        ([Value(1.0)], TypeError, "data holds Values: the two tiers do not mix"),
        (np.array(["2020-01-01"], dtype="M8[D]"), TypeError, "data must hold real numbers"),
    ],
)
def test_data_that_is_not_numeric_is_refused(data, error, message):
    with pytest.raises(error, match=message):
        Tensor(data)


@pytest.mark.parametrize("data", [[1, 2], True, np.int32([1]), np.uint8(1)])
def test_only_floats_may_require_a_gradient(data):
    with pytest.raises(TypeError, match="only floating-point tensors can require a gradient, got"):
        Tensor(data, requires_grad=True)
    x = Tensor(data)
    with pytest.raises(TypeError, match="only floating-point"):
        x.requires_grad = True
    assert not x.requires_grad


def test_zero_dimensional_results_are_arrays():
    x = leaf([1.0, 2.0])
    y = x.sum()
    y.backward()
    for array in (y.data, (y + 1).data, (y * 2.0).tanh().data, leaf(3.0).data, x[0].data):
        assert isinstance(array, np.ndarray)
        assert array.shape == ()
    a, b = leaf(2.0), leaf([1.0, 2.0, 3.0])
    for _ in range(3):  # the first, and what is added to it
        (a * b).sum().backward()
        assert isinstance(a.grad, np.ndarray)
        assert a.grad.shape == ()
    assert a.grad == 18.0


# --- dtypes ---


def test_float32_stays_float32_with_python_numbers():
    x = leaf([1.0, 2.0], np.float32)
    for y in (x * 2.5, 2 / x, x + 1, x**2, 1 - x, x.tanh(), x.sum(), x.mean(), x @ x, x / 3):
        assert y.dtype == np.float32
    ((x * 2.5) ** 2).sum().backward()
    assert x.grad.dtype == np.float32


def test_mixing_precisions_promotes_as_numpy_and_gradients_return_in_each_one_s_own():
    x, y = leaf([1.0], np.float32), leaf([2.0], np.float64)
    z = x * y
    assert z.dtype == np.float64
    z.backward()
    assert (x.grad.dtype, y.grad.dtype) == (np.float32, np.float64)
    assert (x * np.float64(2.0)).dtype == np.float64  # NEP 50: a NumPy scalar has its dtype
    assert (x * np.float32(2.0)).dtype == np.float32
    assert (leaf([1.0], np.float16) * x).dtype == np.float32
    assert (Tensor([1], dtype=np.int32) * x).dtype == np.float64
    assert (x * True).dtype == np.float32


def test_gradients_given_in_another_precision_are_cast():
    x = leaf([1.0, 2.0], np.float32)
    (x * x).backward(np.array([1.0, 1.0]))
    assert x.grad.dtype == np.float32
    x.grad = [1, 2]
    assert x.grad.dtype == np.float32


def test_a_step_of_descent_stays_float32():
    p = leaf([1.0, 2.0], np.float32)
    (p * p).sum().backward()
    p.data -= 0.1 * p.grad
    assert p.dtype == np.float32
    p.data = np.array([1.0, 2.0])
    assert p.dtype == np.float32


def test_float16_counts_ties_without_overflow():
    x = leaf(np.ones(70000), np.float16)
    x.max().backward()
    assert x.grad.dtype == np.float16
    assert np.isfinite(x.grad).all()
    assert x.grad[0] == np.float16(1 / 70000)


def test_integer_tensors_are_constants():
    x, n = leaf([1.0, 2.0]), Tensor([3, 4])
    y = x * n
    y.sum().backward()
    close(x.grad, [3.0, 4.0])
    assert n.grad is None
    assert not (n + 1).requires_grad
    assert (n + 1).dtype == np.int64
    assert (Tensor([True]) + Tensor([True])).dtype == np.bool_  # a logical or, as NumPy's


# --- NumPy's protocols ---


@pytest.mark.parametrize(
    "other", [np.array([2.0, 3.0]), [2.0, 3.0], (2.0, 3.0), np.float64(2.0), np.float32(2.0), 2]
)
def test_arrays_lists_and_scalars_on_either_side(other):
    for compute in (
        lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b,
        lambda a, b: a % b, lambda a, b: a // b, lambda a, b: a**b,
    ):  # fmt: skip
        x = leaf([4.0, 5.0])
        for got, expected in (
            (compute(x, other), compute(x.numpy(), np.asarray(other))),
            (compute(other, x), compute(np.asarray(other), x.numpy())),
        ):
            assert isinstance(got, Tensor)
            assert got.requires_grad
            np.testing.assert_array_equal(got.data, expected)


def test_matmul_with_an_array_on_either_side():
    x, m = leaf([1.0, 2.0]), np.array([[1.0, 2.0], [3.0, 4.0]])
    for y, slope in ((m @ x, [4.0, 6.0]), (x @ m, [3.0, 7.0]), ([[1.0, 2.0]] @ x, [1.0, 2.0])):
        assert isinstance(y, Tensor)
        x.zero_grad()
        y.sum().backward()
        close(x.grad, slope)


def test_in_place_operators_of_an_array_with_a_tensor_make_a_tensor():
    a = np.array([1.0, 2.0])
    original = a
    a = a * 1.0
    a = a + leaf([1.0, 1.0])
    assert isinstance(a, Tensor)
    np.testing.assert_array_equal(original, [1.0, 2.0])
    with pytest.raises(TypeError):
        original += leaf([1.0, 1.0])
    np.testing.assert_array_equal(original, [1.0, 2.0])


def test_asarray_gives_the_numbers_and_nobody_can_change_them():
    x = Tensor([1.0, 2.0])
    for array in (np.asarray(x), x.numpy(), x.data):
        np.testing.assert_array_equal(array, [1.0, 2.0])
        with pytest.raises(ValueError, match=r"read-only|cannot be changed in place"):
            array[0] = 5.0
    assert type(np.asarray(x)) is np.ndarray
    assert np.asarray(x, dtype=np.float32).dtype == np.float32
    copied = np.array(x)
    copied[0] = 5.0
    assert x.tolist() == [1.0, 2.0]
    assert np.mean(np.asarray(x)) == 1.5
    assert np.array([Tensor(1.0), Tensor(2.0)], dtype=float).tolist() == [1.0, 2.0]


def test_data_is_an_array_to_everything_but_writing():
    x = leaf([3.0, 4.0])
    assert x.data.sum() == 7.0
    assert isinstance(x.data + 1, np.ndarray)
    assert not hasattr(x.data + 1, "owner")
    assert isinstance(np.sqrt(x.data), np.ndarray)
    assert f"{x.data.max():.2f}" == "4.00"
    assert x.data.tolist() == [3.0, 4.0]
    assert pickle.loads(pickle.dumps(x.data)).tolist() == [3.0, 4.0]
    assert type(pickle.loads(pickle.dumps(x.data))) is np.ndarray
    assert copy.deepcopy(x.data).tolist() == [3.0, 4.0]


def test_what_looks_like_changing_data_in_place_makes_a_new_array():
    x = leaf([3.0, 4.0])
    y = (x * x).sum()
    before = x.data
    x.data += 1
    x.data -= [1.0, 2.0]
    x.data *= 2
    x.data /= 4.0
    assert x.tolist() == [1.5, 1.5]
    assert before.tolist() == [3.0, 4.0]
    with pytest.raises(RuntimeError, match=r"the data of input 0 of mul\(\), of shape \(2,\)"):
        y.backward()
    assert x.grad is None


def test_len_iteration_and_membership():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    assert len(x) == 2
    rows = list(x)
    assert [type(row) for row in rows] == [Tensor, Tensor]
    assert rows[1].tolist() == [3.0, 4.0]
    rows[1].sum().backward()
    close(x.grad, [[0.0, 0.0], [1.0, 1.0]])
    assert 3.0 in x
    assert leaf(4.0) in x
    assert 5.0 not in x
    _, b = x
    assert b.tolist() == [3.0, 4.0]


def test_zero_dimensional_tensors_have_no_length():
    for use in (len, iter, list):
        with pytest.raises(TypeError, match="0-d Tensor"):
            use(leaf(1.0))


def test_truth_is_numpys():
    assert leaf(1.0)
    assert not leaf([[0.0]])
    with pytest.raises(ValueError, match=r"truth of a Tensor of shape \(2,\) is ambiguous"):
        bool(leaf([1.0, 2.0]))
    with pytest.raises(ValueError, match="ambiguous"):
        bool(leaf([]))


def test_conversions_of_one_element():
    x = Tensor([[2.5]])
    assert (float(x), int(x), x.item()) == (2.5, 2, 2.5)
    assert f"{x:.2f}" == "2.50"
    assert f"{leaf([1.0])}" == "Tensor([1.], requires_grad=True)"
    assert [10, 20, 30][Tensor(1)] == 20
    for convert in (float, int, Tensor.item):
        with pytest.raises(ValueError, match=r"exactly one element, this has shape \(2,\)"):
            convert(leaf([1.0, 2.0]))
    with pytest.raises(TypeError, match="integer"):
        [10, 20][leaf(1.0)]


def test_comparisons_are_arrays_of_bools():
    x = leaf([1.0, 2.0, 3.0])
    for got, expected in [
        (x == 2, [False, True, False]), (x != 2, [True, False, True]),
        (x < 2, [True, False, False]), (x <= leaf(2.0), [True, True, False]),
        (x > [0, 2, 4], [True, False, False]), (x >= np.array(2), [False, True, True]),
        (np.float64(2) > x, [True, False, False]),
        (np.array([1.0, 0.0, 3.0]) == x, [True, False, True]),
    ]:  # fmt: skip
        assert isinstance(got, np.ndarray)
        np.testing.assert_array_equal(got, expected)


def test_equality_with_none_and_text_is_identity():
    x = leaf([1.0])
    assert (x == None) is False  # noqa: E711 - this very comparison is under test
    assert (x != None) is True  # noqa: E711 - this very comparison is under test
    assert (x == "x") is False
    with pytest.raises(TypeError, match="'<' not supported"):
        x < "x"  # noqa: B015 - the comparison raises


def test_tensors_are_keys():
    a, b = leaf([1.0]), leaf([1.0])
    assert hash(a) != hash(b)
    assert {a: 1, b: 2}[b] == 2
    assert len({a, b, a}) == 2


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (Tensor([1.0, 2.0]), "Tensor([1., 2.])"),
        (leaf([1.0, 2.0]), "Tensor([1., 2.], requires_grad=True)"),
        (Tensor(np.float32([1.5])), "Tensor([1.5], float32)"),
        (Tensor([1, 2]), "Tensor([1, 2])"),
        (Tensor(2.0), "Tensor(2.)"),
        (leaf([1.0]) * 2, "Tensor([2.], op=mul)"),
        (Tensor([1.0], label="w"), "Tensor([1.], label='w')"),
        (Tensor(np.zeros((0, 3))), "Tensor([], shape=(0, 3))"),
    ],
)
def test_repr_is_short_and_says_what_matters(x, text):
    assert repr(x) == text


def test_repr_of_a_large_tensor_is_short():
    x = Tensor(np.arange(1e6).reshape(1000, 1000))
    assert len(repr(x)) < 350
    assert repr(x).endswith(", shape=(1000, 1000))")


# --- setting items ---


def test_items_of_a_plain_tensor_can_be_set():
    x, w = Tensor([1.0, 2.0]), leaf([1.0, 1.0])
    y = (w * x).sum()
    x[0] = 5.0
    x[1] = Tensor(7.0)
    assert x.tolist() == [5.0, 7.0]
    y.backward()  # the graph holds the numbers it was made with
    close(w.grad, [1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"input 1 of mul\(\).*changed after the graph"):
        y.backward(create_graph=True)  # x stands for other numbers by now
    close(w.grad, [1.0, 2.0])


def test_items_of_a_leaf_that_requires_a_gradient_cannot_be_set():
    x = leaf([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"assign to a copy, x = x\.clone\(\)"):
        x[0] = 5.0
    assert x.tolist() == [1.0, 2.0]


def test_an_array_used_as_a_constant_may_change_afterwards():
    x, c, index = leaf([1.0, 2.0]), np.array([3.0, 4.0]), np.array([0, 0])
    y = (x * c).sum() + x[index].sum()
    c *= 100
    index += 1
    y.backward()
    close(x.grad, [5.0, 4.0])


def test_the_source_of_a_leaf_may_change_afterwards():
    source = np.array([3.0])
    x = leaf(source)
    y = x * x
    source *= 10
    y.backward()
    close(x.grad, [6.0])


def test_data_of_a_leaf_is_assigned_and_checked():
    x = leaf([1.0, 2.0])
    given = np.array([5.0, 6.0])
    x.data = given
    given += 1
    assert x.tolist() == [5.0, 6.0]
    with pytest.raises(ValueError, match=r"data has shape \(2,\), cannot become \(3,\)"):
        x.data = [1.0, 2.0, 3.0]
    with pytest.raises(TypeError, match="data must hold real numbers"):
        x.data = ["a", "b"]
    with pytest.raises(RuntimeError, match=r"leaf only; this is the result of mul\(\)"):
        (x * 2).data = [1.0, 1.0]
    assert x.tolist() == [5.0, 6.0]


def test_adopt_takes_the_array_itself():
    x, array = leaf([1.0, 2.0], np.float32), np.float32([5.0, 6.0])
    x.adopt(array)
    assert x._held is array
    x.adopt(np.array([1.0, 2.0]))
    assert x.dtype == np.float32
    with pytest.raises(ValueError, match=r"cannot become \(1,\)"):
        x.adopt(np.zeros(1))
    with pytest.raises(RuntimeError, match=r"leaf only; this is the result of mul\(\)"):
        (x * 2).adopt(np.zeros(2))


# --- backward ---


def test_a_leaf_is_its_own_gradient():
    x = leaf(3.0)
    x.backward()
    close(x.grad, 1.0)
    y = leaf([1.0, 2.0])
    given = np.array([5.0, 6.0])
    y.backward(given)
    given += 1
    close(y.grad, [5.0, 6.0])


def test_backward_twice_adds_and_is_right():
    x = leaf([3.0])
    y = x * x * x
    y.backward()
    close(x.grad, [27.0])
    y.backward()
    close(x.grad, [54.0])


def test_a_leaf_used_again_after_backward_adds_up():
    x = leaf([3.0])
    (x * x).backward()
    (x * 5).backward()
    close(x.grad, [11.0])
    x.zero_grad()
    assert x.grad is None
    assert not x.has_grad


def test_an_unused_leaf_has_no_gradient_and_a_cancelled_one_has_zeros():
    x, unused = leaf([3.0]), leaf([1.0])
    (x - x).backward()
    close(x.grad, [0.0])
    assert unused.grad is None


def test_results_keep_their_gradient_on_request():
    x = leaf([3.0])
    h = x * 2
    y = h * h
    y.backward()
    assert h.grad is None
    x.zero_grad()
    y.backward(retain_grads=True)
    close(h.grad, [12.0])
    close(y.grad, [1.0])
    x.zero_grad()

    x = leaf([3.0])
    h = x * 2
    h.retain_grad()
    (h * h).backward()
    close(h.grad, [12.0])
    close(x.grad, [24.0])
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        Tensor([1.0]).retain_grad()


def test_backward_without_anything_to_differentiate_is_an_error():
    for y in (Tensor([1.0]), Tensor([1.0]) * 2, Tensor(1)):
        with pytest.raises(RuntimeError, match="does not require a gradient: make a leaf with"):
            y.backward()


def test_a_result_of_several_numbers_needs_a_gradient():
    x = leaf([1.0, 2.0])
    y = x * x
    for create_graph in (False, True):
        with pytest.raises(RuntimeError, match=r"shape \(2,\) needs a gradient of that shape"):
            y.backward(create_graph=create_graph)
    assert x.grad is None
    leaf([[1.0]]).backward()  # one element, of any rank
    with pytest.raises(RuntimeError, match=r"shape \(0,\)"):
        leaf([]).backward()


@pytest.mark.parametrize("gradient", [1.0, [1.0], [[1.0, 1.0]], [1.0, 1.0, 1.0], np.ones((2, 1))])
def test_a_gradient_of_another_shape_is_refused(gradient):
    x = leaf([1.0, 2.0])
    y = x * x
    with pytest.raises(ValueError, match=r"gradient must have shape \(2,\), got \("):
        y.backward(gradient)
    with pytest.raises(ValueError, match=r"gradient must have shape \(2,\), got \("):
        y.backward(Tensor(gradient), create_graph=True)
    assert x.grad is None


@pytest.mark.parametrize("gradient", ["ab", [1j, 1j], [None, None], Value(1.0)])
def test_a_gradient_that_is_not_numeric_is_refused(gradient):
    x = leaf([1.0, 2.0])
    with pytest.raises(TypeError, match=r"gradient (must hold real numbers|holds Values)"):
        (x * x).backward(gradient)
    assert x.grad is None


def test_gradients_may_be_tensors_lists_and_of_any_layout():
    x = leaf([1.0, 2.0])
    y = x * x
    for gradient in (Tensor([1.0, 10.0]), [1.0, 10.0], np.array([10.0, 1.0])[::-1], [1, 10]):
        x.zero_grad()
        y.backward(gradient)
        close(x.grad, [2.0, 40.0])
    x.zero_grad()
    y.backward(np.broadcast_to(1.0, 2))  # stride 0, read-only
    close(x.grad, [2.0, 4.0])


def test_grad_can_be_set_and_is_checked():
    x = leaf([1.0, 2.0])
    given = np.array([1.0, 2.0])
    x.grad = given
    given += 5
    close(x.grad, [1.0, 2.0])
    with pytest.raises(ValueError, match=r"grad must have shape \(2,\), got \(3,\)"):
        x.grad = [1.0, 2.0, 3.0]
    with pytest.raises(TypeError, match="grad must hold real numbers"):
        x.grad = ["a", "b"]
    close(x.grad, [1.0, 2.0])
    x.grad = None
    assert x.grad is None


def test_requires_grad_of_leaves_and_results():
    x = Tensor([1.0])
    assert x.is_leaf
    assert x.requires_grad_() is x
    y = x * 2
    assert y.requires_grad
    assert not y.is_leaf
    y.requires_grad = True
    with pytest.raises(RuntimeError, match=r"leaf only; this is a result of mul\(\): use detach"):
        y.requires_grad = False
    x.requires_grad_(False)
    assert (x * 2).op is None


def test_a_leaf_frozen_after_forward_collects_nothing():
    x, w = leaf([2.0]), leaf([3.0])
    y = x.tanh() * w
    x.requires_grad = False
    y.backward()
    assert x.grad is None
    close(w.grad, [math.tanh(2.0)])


def test_detach_shares_the_numbers_and_cuts_the_graph():
    x = Tensor([3.0], requires_grad=True, label="x")
    d = x.detach()
    (d * x).backward()
    close(x.grad, [3.0])
    assert not d.requires_grad
    assert d.label == "x"
    x.data = [9.0]
    assert d.tolist() == [3.0]


def test_create_graph_gives_gradients_that_can_be_differentiated():
    x = leaf([2.0])
    y = x**3
    y.backward(create_graph=True)
    first = x.grad
    assert isinstance(first, Tensor)
    close(first.data, [12.0])
    x.zero_grad()
    first.backward()
    close(x.grad, [12.0])


def test_create_graph_adds_up_and_takes_a_tensor_as_gradient():
    x, g = leaf([2.0, 3.0]), leaf([1.0, 10.0])
    y = x * x
    y.backward(g, create_graph=True)
    y.backward(g, create_graph=True)
    close(x.grad.data, [8.0, 120.0])
    total = x.grad.sum()
    total.backward()
    close(g.grad, [8.0, 12.0])
    x.zero_grad()
    y.backward(np.array([1.0, 1.0]))
    y.backward([1.0, 1.0], create_graph=True)
    close(x.grad.data, [8.0, 12.0])


def test_create_graph_returns_each_gradient_in_its_inputs_shape_and_dtype():
    a, b = leaf([[1.0], [2.0]], np.float32), leaf([1.0, 2.0, 3.0])
    (a * b).sum().backward(create_graph=True)
    assert (a.grad.shape, a.grad.dtype) == ((2, 1), np.float32)
    assert (b.grad.shape, b.grad.dtype) == ((3,), np.float64)
    close(a.grad.data, np.float32([[6.0], [6.0]]))


def test_create_graph_after_a_change_of_data_is_an_error():
    x = Tensor([2.0], requires_grad=True, label="weights")
    y = x * x
    x.data = [3.0]
    for create_graph in (False, True):
        with pytest.raises(RuntimeError, match=r"input 0 \('weights'\) of mul\(\)"):
            y.backward(create_graph=create_graph)
    assert x.grad is None


def test_every_kind_of_node_notices_changed_data():
    for build in (
        lambda x: x.tanh(), lambda x: x * 1.0, lambda x: 1.0 + x, lambda x: x.sum(),
        lambda x: E.concatenate([[1.0], x]), lambda x: E.where([True], 1.0, x),
    ):  # fmt: skip
        x = leaf([2.0])
        y = build(x).sum()
        x.data += 1.0
        with pytest.raises(RuntimeError, match="changed after the graph was made"):
            y.backward()
        assert x.grad is None


# --- broadcasting: literal numbers ---


def test_broadcast_gradients_return_in_their_own_shape():
    a, b = leaf([[2.0], [3.0]]), leaf([[1.0, 2.0, 3.0]])
    (a + b).sum().backward()
    close(a.grad, [[3.0], [3.0]])
    close(b.grad, [[2.0, 2.0, 2.0]])

    a, b = leaf(2.0), leaf([1.0, 2.0, 3.0])
    (a * b).sum().backward()
    close(a.grad, 6.0)
    assert isinstance(a.grad, np.ndarray)

    a, b = leaf([2.0]), leaf(np.zeros(0))
    (a * b).sum().backward()
    close(a.grad, [0.0])
    close(b.grad, np.zeros(0))

    a, b = leaf([[[2.0]]]), leaf(5.0)
    (a * b).sum().backward()
    close(a.grad, [[[5.0]]])
    close(b.grad, 2.0)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_empty_arrays_compute_and_have_empty_gradients(shape):
    x = leaf(np.zeros(shape))
    for y in (x * 2, x.tanh(), x + x, x.relu(), x * Tensor(np.zeros(shape))):
        assert y.shape == shape
        x.zero_grad()
        y.sum().backward()
        assert x.grad.shape == shape


def test_shapes_that_do_not_fit_are_named():
    x, y = leaf(np.zeros((2, 3))), leaf(np.zeros(4))
    for compute, name in (
        (lambda: x + y, "add"), (lambda: x * y, "mul"), (lambda: x @ y, "matmul"),
        (lambda: E.where([True] * 3, x, y), "where"),
        (lambda: E.maximum(np.zeros(5), x), "maximum"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=rf"{name}\(\) of shapes .*\(2, 3\)"):
            compute()


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("ab", "input 1 of add.. must hold real numbers or bools, got dtype <U2"),
        (1j, "input 1 of add.. must hold real numbers"),
        (np.complex128(1), "input 1 of add.. must hold real numbers"),
        (np.str_("a"), "input 1 of add.. must hold real numbers"),
        ([object()], "input 1 of add.. must hold real numbers"),
        (ValueArray.of([1.0]), "input 1 of add.. holds Values"),
    ],
)
def test_operands_that_are_not_numeric_are_refused(other, message):
    x = leaf([1.0, 2.0])
    with pytest.raises(TypeError, match=message):
        x + other
    assert x.grad is None


def test_none_as_an_operand_is_refused():
    with pytest.raises(TypeError, match=r"input 1 of mul\(\) must hold real numbers"):
        leaf([1.0]) * None


def test_a_tensor_as_a_static_parameter_is_refused():
    with pytest.raises(TypeError, match=r"negative_slope of leaky_relu\(\) is not differentiated"):
        E.leaky_relu(leaf([1.0]), leaf(0.1))


# --- copies ---


def test_copy_is_a_leaf_and_deepcopy_the_whole_graph():
    x = Tensor([3.0], requires_grad=True, label="x")
    y = x * x
    y.backward()
    with pytest.warns(UserWarning, match="not part of the graph"):
        assert copy.copy(y).is_leaf
    with pytest.warns(UserWarning, match="not part of the graph"):
        assert Tensor(y).is_leaf
    assert copy.copy(x).label == "x"
    assert copy.copy(x).grad is None

    twin = copy.deepcopy(y)
    a, b = twin.inputs
    assert a is b
    assert a is not x
    assert (a.tolist(), a.grad.tolist(), a.label) == ([3.0], [6.0], "x")
    twin.backward()
    close(a.grad, [12.0])
    close(x.grad, [6.0])
    a.data += 1.0
    with pytest.raises(RuntimeError, match="changed after"):
        twin.backward()
    y.backward()  # nothing is shared


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda y: pickle.loads(pickle.dumps(y))])
def test_copies_of_graphs_differentiate(duplicate):
    x, w = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf(np.float32([1.0, 2.0]))
    h = (x @ w).relu()
    h.retain_grad()
    c = np.array([1.0, 2.0])
    y = ((h * c)[::-1] + x.max() + E.concatenate([x[:, 0], w])[1]).sum(axis=0)
    y.backward()
    twin = duplicate(y)
    leaves = [n for n in E.toposort(twin) if n.is_leaf]
    for node in leaves:
        node.zero_grad()
    twin.backward()
    got = {n.shape: n.grad.tolist() for n in leaves if n.requires_grad}
    assert got == {(2, 2): x.grad.tolist(), (2,): w.grad.tolist()}
    assert next(n for n in leaves if n.shape == (2,)).dtype == np.float32


def test_copies_keep_the_class_of_their_leaves():
    from nn import Parameter

    p = Parameter([1.0, 2.0])
    for twin in (copy.deepcopy(p * 2), pickle.loads(pickle.dumps(p * 2))):
        assert type(twin) is Tensor
        assert type(twin.inputs[0]) is Parameter


def test_a_gradient_that_is_a_graph_is_copied_with_it():
    x = leaf([2.0])
    y = x**3
    y.backward(create_graph=True)
    for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        x2 = E.toposort(twin)[0]
        g = x2.grad
        close(g.data, [12.0])
        x2.zero_grad()
        g.backward()
        close(x2.grad, [12.0])


def test_an_op_is_pickled_by_name():
    assert pickle.loads(pickle.dumps(E.tanh)) is E.tanh
    op = E.elementwise("passing", lambda x: x * 1, lambda g, y, x: g)
    data = pickle.dumps(op(leaf([1.0])))
    E.unregister("passing")
    with pytest.raises(LookupError, match="no op named 'passing' is registered"):
        pickle.loads(data)


# --- rules that misbehave ---


@pytest.mark.usefixtures("own_ops")
def test_a_rule_that_answers_in_another_shape_is_named_and_nothing_changes():
    wide = E.elementwise("wide", lambda x: x * 1.0, lambda g, y, x: np.ones((5, 7)))

    @E.shape_op(lambda g, y, x: g, name="summed")
    def summed(x):
        """A sum with a rule that forgot the shape."""
        return x.sum()

    x = leaf([1.0, 2.0])
    for y in (wide(x).sum(), summed(x), wide(x * 2).sum() + x.sum()):
        for create_graph in (False, True):
            with pytest.raises(ValueError, match=r"vjp 0 of '\w+' returned a gradient of"):
                y.backward(create_graph=create_graph)
            assert x.grad is None


@pytest.mark.usefixtures("own_ops")
def test_a_rule_may_answer_with_a_plain_number_or_with_its_own_arguments():
    constant = E.elementwise("constant", lambda x: x * 3.0, lambda g, y, x: 3.0)
    handing = E.elementwise(
        "handing", lambda a, b: a + b, lambda g, y, a, b: a, lambda g, y, a, b: a
    )
    x = leaf([1.0, 2.0])
    constant(x).sum().backward()
    close(x.grad, [3.0, 3.0])
    constant(x).sum().backward(create_graph=True)
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    handing(a, b).sum().backward()
    a.grad += 10.0  # an array of its own: neither b's gradient nor a's numbers move
    close(b.grad, [1.0, 2.0])
    close(a.data, [1.0, 2.0])


@pytest.mark.usefixtures("own_ops")
def test_a_shared_rule_may_leave_inputs_out():
    @E.fused(
        elements=lambda x, w, n: x * w * n,
        vjp_all=lambda g, y, x, w, n: (g * w * n, g * x * n, None),
    )
    def triple(x, w, n):
        """A product whose last factor is a count."""
        return x * w * n

    x, w, n = leaf([2.0]), leaf([3.0]), leaf([4.0])
    for third in (n, 4):
        for create_graph in (False, True):
            x.zero_grad()
            w.zero_grad()
            triple(x, w, third).backward(create_graph=create_graph)
            assert x.grad.tolist() == [12.0]
            assert w.grad.tolist() == [8.0]
    assert n.grad is None
    triple(x, w, n * 2.0).backward()  # the product is reached, but nothing arrives there
    assert n.grad is None
    frozen = Tensor([3.0])
    triple(x, frozen, 1).backward()
    assert frozen.grad is None


@pytest.mark.usefixtures("own_ops")
def test_shared_rules_are_called_once_a_node_at_every_order():
    calls = []

    def rules(g, y, a, b):
        calls.append(type(g))
        return g * b, g * a

    @E.fused(elements=lambda a, b: a * b, vjp_all=rules)
    def counted(a, b):
        """A product that counts."""
        return a * b

    @E.fused(elements=lambda *x: x[0] * x[1], vjp_all=rules, wide=True)
    def counted_wide(a, b):
        """The same of single numbers."""
        return a * b

    a, b = leaf([2.0]), leaf([3.0])
    counted(a, b).backward()
    assert calls == [np.ndarray]
    calls.clear()
    counted(a, b).backward(create_graph=True)
    assert calls == [Tensor]
    calls.clear()
    v, w = Value(2.0), Value(3.0)
    counted_wide(v, w).backward()
    counted_wide(v, w).backward(create_graph=True)
    assert calls == [float, Value]
    assert gradcheck(counted, (np.array([1.0]), np.array([2.0])))


def test_what_an_edge_carries():
    x, c = leaf([2.0, 3.0]), leaf([1.0, 0.0])
    y = E.where(c, x * 3.0, 0.0)
    one = np.ones(2)
    assert y.contribution(one, 1).tolist() == [1.0, 0.0]
    assert y.contribution(one, 0).tolist() == [0.0, 0.0]  # no gradient flows to a condition
    assert y.inputs[1].contribution(one, 0).tolist() == [3.0, 3.0]
    assert [y.flows_to(n) for n in (x, Tensor([1.0]))] == [True, False]


# --- buffers ---


def test_gradient_buffers_are_nobody_elses():
    a, b, c = leaf([1.0, 2.0]), leaf([3.0, 4.0]), leaf([5.0, 6.0])
    seed = np.array([1.0, 1.0])
    y = (a + b) + (c - 0.0) + a.reshape(2) + E.identity(b)
    y.backward(seed)
    expected = {id(a): [2.0, 2.0], id(b): [2.0, 2.0], id(c): [1.0, 1.0]}
    for x in (a, b, c):
        x.grad += 10.0  # in place, in an array of its own
        x.grad -= 10.0
        x.grad *= 3.0
        for other in (a, b, c):
            scale = 3.0 if other is x else 1.0
            close(other.grad, scale * np.array(expected[id(other)]))
        x.grad /= 3.0
    close(seed, [1.0, 1.0])


def test_gradients_never_share_memory():
    for build in (
        lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - b, lambda a, b: a + b + a,
        lambda a, b: E.concatenate([a, b])[:4], lambda a, b: E.stack([a, b])[0] + a.reshape(4),
        lambda a, b: a.reshape(2, 2).T.ravel() + b, lambda a, b: E.where([True] * 4, a, b),
        lambda a, b: E.maximum(a, b), lambda a, b: a.reshape(2, 2) @ b.reshape(2, 2),
    ):  # fmt: skip
        a, b = leaf([1.0, 2.0, 3.0, 4.0]), leaf([5.0, 6.0, 7.0, 8.0])
        y = build(a, b)
        seed = np.ones(y.shape)
        y.backward(seed, retain_grads=True)
        arrays = [n.grad for n in E.toposort(y) if n.grad is not None]
        arrays += [n._held for n in E.toposort(y)] + [seed]
        for i, one in enumerate(arrays[: len(arrays) // 2]):
            for other in arrays[i + 1 :]:
                assert not np.shares_memory(one, other)


def test_a_second_pass_does_not_change_an_array_returned_before():
    x = leaf([3.0])
    y = x * x
    y.backward()
    first = x.grad
    y.backward()
    close(first, [6.0])
    close(x.grad, [12.0])


@pytest.mark.usefixtures("own_ops")
def test_the_gradient_of_a_large_weight_is_not_copied():
    """The one array a rule made is the one in .grad: copies cost as much as the update."""
    made = []

    def rule(g, y, x):
        made.append(g * 2.0)
        return made.pop()

    op = E.elementwise("doubled", lambda x: x * 2.0, rule)
    x = leaf(np.zeros(1000))
    op(x).backward(np.ones(1000))
    assert x._grad.base is None


def test_retained_arrays_are_freed_as_backward_passes():
    """Gradients of results are dropped once passed on: the peak stays low."""
    import tracemalloc

    x = leaf(np.zeros(100_000))
    y = x
    for _ in range(50):
        y = y + 1.0
    y = y.sum()
    tracemalloc.start()
    y.backward()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * 800_000


# --- zero times infinity ---


def test_a_zero_gradient_times_an_infinite_slope_is_nan_as_in_ieee():
    x = leaf([0.0])
    with np.errstate(all="ignore"):
        (x.sqrt() * 0.0).backward()
    assert np.isnan(x.grad[0])


def test_what_an_op_was_given_may_be_changed_before_backward():
    """Arrays of the user's: a constant of any class of array, and a parameter of an op."""

    class Mine(np.ndarray):
        pass

    scale = E.shape_op(lambda g, y, x, by: g * by, name="scale_by")(lambda x, by: x * by)
    try:
        x = Tensor([1.0, 2.0], requires_grad=True)
        constant, by = np.array([3.0, 4.0]).view(Mine), np.array([5.0, 6.0])
        y = (scale(x, by=by) * constant).sum()
        constant[:] = by[:] = 0.0
        y.backward()
        assert x.grad.tolist() == [15.0, 24.0]
    finally:
        E.unregister("scale_by")


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, bool])
def test_pickled_data_keep_their_dtype(dtype):
    again = pickle.loads(pickle.dumps(Tensor(np.ones((2, 2), dtype)).data))
    assert (type(again), again.dtype, again.shape) == (np.ndarray, dtype, (2, 2))
