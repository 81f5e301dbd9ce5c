"""Literal numbers where products, axes, joining and odd arrays go wrong."""

import numpy as np
import pytest

import engine as E
from engine import Tensor, ValueArray


def leaf(x):
    return Tensor(x, requires_grad=True)


# --- matmul in every combination of ranks -------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "shape"),
    [
        ((3,), (3,), ()),
        ((2, 3), (3,), (2,)),
        ((3,), (3, 2), (2,)),
        ((2, 3), (3, 4), (2, 4)),
        ((5, 2, 3), (3, 4), (5, 2, 4)),
        ((5, 1, 2, 3), (4, 3, 2), (5, 4, 2, 2)),
        ((5, 2, 3), (3,), (5, 2)),
        ((3,), (5, 3, 2), (5, 2)),
        ((2, 3), (5, 3, 4), (5, 2, 4)),
        ((5, 2, 3), (5, 3, 4), (5, 2, 4)),
        ((1, 2, 3), (5, 3, 4), (5, 2, 4)),
        ((5, 2, 3), (1, 3, 4), (5, 2, 4)),
        ((5, 4, 2, 3), (3,), (5, 4, 2)),
        ((3,), (5, 4, 3, 2), (5, 4, 2)),
        ((2, 0), (0, 3), (2, 3)),
        ((0,), (0,), ()),
        ((0, 3), (3, 2), (0, 2)),
        ((2, 3), (3, 0), (2, 0)),
        ((0, 2, 3), (3, 4), (0, 2, 4)),
        ((1, 1), (1, 1), (1, 1)),
    ],
)
def test_matmul_of_these_ranks(a, b, shape):
    """Ones times ones: each result is the inner length, each gradient counts its uses."""
    x, y = leaf(np.ones(a)), leaf(np.ones(b))
    z = x @ y
    assert z.shape == shape
    np.testing.assert_array_equal(z.data, np.full(shape, float(a[-1])))
    z.backward(np.ones(shape))
    inner = a[-1]
    for node, given in ((x, a), (y, b)):
        assert node.grad.shape == given
        uses = z.size * inner / node.size if node.size else 0.0
        np.testing.assert_array_equal(node.grad, np.full(given, uses))
    assert (ValueArray.of(np.ones(a)) @ ValueArray.of(np.ones(b))).__class__ in (
        (ValueArray, np.ndarray) if shape else (E.Value, float, np.float64)
    )


def test_matmul_with_itself():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    (x @ x).sum().backward()
    np.testing.assert_array_equal(x.grad, [[7.0, 11.0], [9.0, 13.0]])
    v = leaf([1.0, 2.0])
    (v @ v).backward()
    np.testing.assert_array_equal(v.grad, [2.0, 4.0])


@pytest.mark.parametrize(("a", "b"), [((), (3,)), ((3,), ()), ((2, 3), (2, 3)), ((3,), (4,))])
def test_matmul_of_shapes_that_do_not_fit_names_them(a, b):
    with pytest.raises(ValueError, match=r"matmul\(\) of shapes"):
        leaf(np.ones(a)) @ np.ones(b)


# --- axes ---------------------------------------------------------------------------------------


def test_transposing_by_a_3_cycle_is_undone_by_the_other_cycle():
    """A swap is its own inverse, a 3-cycle is not; axes may be negative."""
    x = leaf(np.arange(24.0).reshape(2, 3, 4))
    for axes in ((1, 2, 0), (2, 0, 1), (-2, -1, -3), (-1, 0, 1)):
        y = x.transpose(axes)
        x.zero_grad()
        y.backward(y.data * 2)
        np.testing.assert_array_equal(x.grad, x.data * 2)


def test_transpose_of_two_ints_is_pytorchs_where_numpy_has_none():
    x = leaf(np.zeros((2, 3, 4)))
    assert x.transpose(0, 1).shape == (3, 2, 4)
    assert x.transpose(-1, -2).shape == (2, 4, 3)
    assert leaf(np.zeros((2, 3))).transpose(1, 0).shape == (3, 2)


def test_transpose_0_1_of_a_matrix_is_refused_as_numpy_and_pytorch_differ():
    with pytest.raises(ValueError, match="keeps it in NumPy and exchanges its axes in PyTorch"):
        leaf(np.zeros((2, 3))).transpose(0, 1)


def test_other_names_of_axes():
    x = leaf(np.zeros((2, 3)))
    assert x.T.shape == x.mT.shape == x.t().shape == (3, 2)
    assert (x.dim(), x.numel(), x.contiguous() is x) == (2, 6, True)
    assert E.unsqueeze(x, 1).shape == x.unsqueeze(dim=1).shape == (2, 1, 3)
    assert x.view(3, 2).shape == x.view((-1, 2)).shape == (3, 2)
    assert leaf(np.zeros(3)).t().shape == (3,)
    with pytest.raises(ValueError, match=r"t\(\) is for at most 2 axes"):
        leaf(np.zeros((2, 3, 4))).t()


def test_a_clone_is_part_of_the_graph():
    x = leaf([1.0, 2.0])
    y = x.clone()
    (y * 3.0).sum().backward()
    np.testing.assert_array_equal(x.grad, [3.0, 3.0])
    assert y._held is not x._held


@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (lambda x: x.reshape(4), ValueError, r"reshape\(\) of shapes \(2, 3\)"),
        (lambda x: x.squeeze(0), ValueError, "axis 0, whose length is 2, not 1"),
        (lambda x: x.squeeze(5), ValueError, r"squeeze\(\): axis 5 is out of bounds"),
        (lambda x: E.expand_dims(x), TypeError, r"expand_dims\(\) needs an axis"),
        (lambda x: x.expand_dims((0, 0)), ValueError, "names an axis twice"),
        (lambda x: x.transpose((0,)), ValueError, "must name all 2 axes"),
        (lambda x: x.transpose((0, 0)), ValueError, "names an axis twice"),
        (lambda x: x.transpose((0, "a")), TypeError, "must be ints"),
        (lambda x: x.permute(0, 5), ValueError, r"axis 5 is out of bounds"),
        (lambda x: x.swapaxes(0, 2), ValueError, r"swapaxes\(\): axis 2 is out of bounds"),
        (lambda x: x.moveaxis((0, 1), 0), ValueError, "lengths differ"),
        (lambda x: x[0].mT, ValueError, r"at least 2 axes, got shape \(3,\)"),
        (lambda x: x.flatten(1, 0), ValueError, "start_dim 1 of flatten"),
        (lambda x: x.broadcast_to((3, 3)), ValueError, r"broadcast_to\(\) of shapes \(2, 3\)"),
        (lambda x: x.take(7), IndexError, "index 7 is out of bounds"),
        (lambda x: x.take([0.5]), IndexError, "integers or bools, got dtype float64"),
        (lambda x: x[2], IndexError, "index 2 is out of bounds for axis 0 with size 2"),
        (lambda x: x[0, 0, 0], IndexError, "too many indices"),
        (lambda x: x[0.5], IndexError, "only integers"),
        (lambda x: x["a"], IndexError, "only integers"),
        (lambda x: x[[0.5]], IndexError, "integers or bools, got dtype float64"),
        (lambda x: x[np.ones((3, 2), bool)], IndexError, "boolean index did not match"),
        (lambda x: x.take_along_axis([0], 0), ValueError, r"must have 2 axes like the array"),
        (lambda x: x.gather(0, [[0, 0, 0, 0]]), ValueError, r"index of gather\(\) of shape"),
        (lambda x: x.split(4, axis=1), ValueError, "length of 3 into 4 equal parts"),
        (lambda x: x.split(0, axis=0), ValueError, "into 0 equal parts"),
        (lambda x: x.chunk(0), ValueError, "chunks of chunk"),
        (lambda x: x.repeat([1, 2, 3], axis=0), ValueError, "could not be broadcast|operands"),
        (lambda x: x.roll((1, 2, 3), axis=(0, 1)), ValueError, r"roll\(\) got 3 shifts for 2 axes"),
        (lambda x: x.roll(0.5), TypeError, r"shift of roll\(\) must be ints, got 0.5"),
        (lambda x: x.roll(), TypeError, r"shift of roll\(\) must be ints, got None"),
        (lambda x: x[0].diagonal(), ValueError, r"at least 2 axes, got shape \(3,\)"),
        (lambda x: x[0].tril(), ValueError, r"tril\(\) needs at least 2 axes"),
        (lambda x: x.pad(-1), ValueError, "must not be negative, got -1"),
        (lambda x: x.pad(0.5), TypeError, "pad_width must be integers"),
        (lambda x: x.pad((1, 2, 3)), ValueError, "a pair for each of 2 axes"),
        (lambda x: x.pad(1, mode="zeros"), ValueError, "mode of pad.* got 'zeros'"),
        (lambda x: E.sliding_window_view(x, 4, 1), ValueError, "a window of 4 does not fit axis 1"),
        (lambda x: E.sliding_window_view(x, (1, 1), 1), ValueError, "names 2 lengths for 1 axes"),
        (lambda x: E.concatenate([]), ValueError, "at least one array"),
        (lambda x: E.concatenate(5), TypeError, "a sequence of arrays, got 5"),
        (lambda x: E.concatenate([x, x.T]), ValueError, r"concatenate\(\) of shapes"),
        (lambda x: E.concatenate([x.sum()]), ValueError, "cannot join 0-d arrays"),
        (lambda x: E.concatenate([x, x], axis=2), ValueError, "axis 2 is out of bounds"),
        (lambda x: E.stack([x, x.T]), ValueError, "arrays of one shape"),
        (lambda x: E.stack([]), ValueError, "at least one array"),
        (lambda x: E.tensordot(x, x, 3), ValueError, r"must be 0 to 2, got 3"),
        (lambda x: E.tensordot(x, x, ([0], [1])), ValueError, "have lengths"),
        (lambda x: E.einsum("ij->k", x), ValueError, r"unknown letters \['k'\]"),
        (lambda x: E.einsum("ij,jk", x), ValueError, "names 2 operands, but 1"),
        (lambda x: E.einsum("i", x), ValueError, "does not match an array of 2 axes"),
        (lambda x: E.einsum("i3", x), ValueError, r"unknown characters \['3'\]"),
        (lambda x: E.einsum("ij->ii", x), ValueError, "names a letter twice"),
        (lambda x: E.einsum("ij,ij", x, x.T), ValueError, "'i' stands for lengths 2 and 3"),
        (lambda x: E.einsum("ii", x), ValueError, "'i' stands for lengths 2 and 3"),
        (lambda x: E.einsum("ii", x[:1]), ValueError, "'i' stands for lengths 1 and 3"),
        (lambda x: E.einsum(x, x), TypeError, "subscripts must be a string"),
        (lambda x: E.scatter_add(x, (4, 3), np.array([0, 9])), IndexError, "out of bounds for 4"),
        (lambda x: E.scatter_add(x, (4, 3), np.array([0])), ValueError, "the index picks"),
        (lambda x: E.scatter_add(x, (4, 4), (slice(None), [0, 1])), ValueError, "the index picks"),
        (lambda x: E.scatter_add(x, (4, 4), slice(1, 2)), ValueError, "the index picks"),
    ],
)
def test_bad_arguments_are_named_and_nothing_changes(f, error, message):
    x = leaf(np.ones((2, 3)))
    with pytest.raises(error, match=message):
        f(x)
    assert x.grad is None
    np.testing.assert_array_equal(x.data, np.ones((2, 3)))


# --- joining and cutting ------------------------------------------------------------------------


def test_pieces_of_a_concatenation_get_their_part_of_the_gradient():
    a, b, c = leaf(np.ones((2, 1))), leaf(np.ones((2, 0))), leaf(np.ones((2, 2)))
    y = E.concatenate([a, b, c], axis=-1)
    y.backward([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    np.testing.assert_array_equal(a.grad, [[1.0], [4.0]])
    np.testing.assert_array_equal(c.grad, [[2.0, 3.0], [5.0, 6.0]])
    assert b.grad.shape == (2, 0)


def test_the_same_tensor_twice_gets_both_parts():
    x = leaf([1.0, 2.0])
    E.concatenate([x, x]).backward([1.0, 2.0, 30.0, 40.0])
    np.testing.assert_array_equal(x.grad, [31.0, 42.0])
    x.zero_grad()
    E.stack([x, x]).backward([[1.0, 2.0], [30.0, 40.0]])
    np.testing.assert_array_equal(x.grad, [31.0, 42.0])


def test_a_single_piece_is_the_whole():
    x = leaf([1.0, 2.0])
    E.cat([x]).backward([5.0, 6.0])
    np.testing.assert_array_equal(x.grad, [5.0, 6.0])


def test_of_a_split_only_the_piece_in_use_gets_a_gradient():
    x = leaf([1.0, 2.0, 3.0, 4.0, 5.0])
    pieces = x.split([2, 2], axis=-1)
    assert [p.shape for p in pieces] == [(2,), (0,), (3,)]
    pieces[2].backward([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(x.grad, [0.0, 0.0, 1.0, 2.0, 3.0])


def test_chunks_are_as_pytorch_cuts_them():
    x = leaf(np.arange(7.0))
    assert [p.shape[0] for p in x.chunk(3)] == [3, 3, 1]
    assert [p.shape[0] for p in x.chunk(4)] == [2, 2, 2, 1]
    assert [p.shape[0] for p in x.chunk(20)] == [1] * 7


# --- odd arrays ---------------------------------------------------------------------------------


def test_big_endian_arrays_compute_and_get_their_gradient():
    x = Tensor(np.array([1.0, 2.0, 3.0], ">f8"), requires_grad=True)
    y = (x * x).sum() + E.softmax(x)[0] + x[[0, 0]].sum() + E.erf(x).max()
    y.backward()
    plain = leaf([1.0, 2.0, 3.0])
    (
        (plain * plain).sum() + E.softmax(plain)[0] + plain[[0, 0]].sum() + E.erf(plain).max()
    ).backward()
    np.testing.assert_array_equal(x.grad, plain.grad)
    assert y.dtype == np.float64


def test_a_broadcast_input_and_upstream_gradient_may_be_read_only():
    x = Tensor(np.broadcast_to(2.0, (2, 3)), requires_grad=True)
    y = x * x
    y.backward(np.broadcast_to(1.0, (2, 3)))
    np.testing.assert_array_equal(x.grad, np.full((2, 3), 4.0))
    x.grad += 1.0  # one's own, not a view of anything
    np.testing.assert_array_equal(y.data, np.full((2, 3), 4.0))


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_empty_arrays_go_through_everything(shape):
    programs = [
        lambda x: x + x, lambda x: x.exp(), lambda x: x.relu(), lambda x: x.gelu(), lambda x: x.T,
        lambda x: x.sum(), lambda x: x.sum(0), lambda x: x.reshape(-1), lambda x: x[::-1],
        lambda x: x.clip(0, 1), lambda x: E.concatenate([x, x]), lambda x: E.stack([x, x]),
        lambda x: x.softmax(), lambda x: x.log_softmax(), lambda x: x.cumsum(),
        lambda x: x.sort(axis=0), lambda x: x.flip(), lambda x: x.roll(1), lambda x: x.tile(2),
        lambda x: x.repeat(2, axis=None),
        lambda x: x.pad(1), lambda x: x.norm(), lambda x: x.logsumexp(), lambda x: x.prod(),
        lambda x: x[None], lambda x: x.cumprod(), lambda x: E.outer(x, x), lambda x: x.std(),
        lambda x: E.maximum(x, x), lambda x: E.where(x.data > 0, x, 0.0), lambda x: x.argsort(),
        lambda x: x.norm(p=3), lambda x: x.norm(p=1), lambda x: x.any(), lambda x: x.all(),
        lambda x: x @ x.T if x.ndim == 2 else x @ x,
    ]  # fmt: skip
    for f in programs:
        x = leaf(np.zeros(shape))
        y = f(x)
        if y.requires_grad:
            y.backward(np.ones(y.shape))
            assert x.grad.shape == shape
