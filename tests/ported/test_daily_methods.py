"""Methods that PyTorch's programs type daily: on Tensors, arrays of Values and plain Arrays.

Numbers are PyTorch's 2.13 in float64.
"""

import numpy as np
import pytest

import engine
from engine import Tensor, Value, ValueArray, compare, grad, no_grad, to_numpy
from engine.arrays import Array

X = np.array([[3.0, -4.0, 2.0], [0.0, 12.0, 2.0]])
NAN, INF = np.nan, np.inf
KINDS = {
    "Tensor": Tensor,
    "leaf": lambda x: Tensor(x, requires_grad=True),
    "ValueArray": ValueArray.of,
    "Array": lambda x: np.array(x).view(Array),
}
ALL = pytest.mark.parametrize("box", KINDS.values(), ids=KINDS)


def same(got, expected):
    np.testing.assert_array_equal(to_numpy(got), expected)


# --- shapes and dtypes ---


@ALL
def test_size_is_a_number_and_is_called_for_the_shape(box):
    x = box(X)
    assert x.size == x.nelement() == x.numel() == 6
    assert isinstance(x.size, int)
    assert x.size() == (2, 3)
    assert (x.size(0), x.size(-1), x.size(dim=1)) == (2, 3, 3)
    assert x.size + 1 == 7
    assert list(range(x.size(0))) == [0, 1]
    with pytest.raises(IndexError):
        x.size(2)


def test_size_does_not_promote_as_no_int_does():
    """NumPy takes int itself for a number that does not, and made float64 of float32 / x.size."""
    single = np.ones(3, np.float32)
    x = Tensor(single, requires_grad=True)
    n = x.size
    for y in (x / n, n * x, x.sum() / n, x.data / n, single / n, n - single, np.float32(2) / n,
              np.maximum(single, n), engine.maximum(n, single), x.clip(max=n), x**n):  # fmt: skip
        assert y.dtype == np.float32
    single /= n
    assert (single.dtype, np.sqrt(n)) == (np.float32, 3**0.5)
    assert (Value(6.0) / n).data == 2.0
    assert grad(lambda x: (x**2).sum() / x.size)(np.ones(3)).tolist() == [2 / 3] * 3
    written = str(engine.source(lambda x: (x / x.size).sum() / x.size(0), np.ones(3)))
    assert written.count(" / 3\n") == 2


@ALL
def test_shapes_are_said_as_in_pytorch(box):
    x = box(X)
    same(x[:, None].expand(-1, 2, -1)[1, 1], [0.0, 12.0, 2.0])
    same(x[0].expand(2, 3), [X[0], X[0]])
    same(x[0].expand((2, -1)), [X[0], X[0]])
    same(x[0].expand_as(x), [X[0], X[0]])
    same(x.view_as(np.zeros((3, 2))), X.reshape(3, 2))
    same(x.reshape_as(Tensor(np.zeros((3, 2)))), X.reshape(3, 2))
    same(x.contiguous().view(-1), X.ravel())
    same(x.view(3, 2), X.reshape(3, 2))
    assert x.unsqueeze(-1).shape == (2, 3, 1)
    assert x[:, :1].squeeze(1).shape == (2,)
    assert x.T.shape == x.t().shape == (3, 2)
    for sizes in ((-1, 2, 3), (3,), (4, 5)):
        with pytest.raises(ValueError, match=r"expand|broadcast"):
            x.expand(*sizes)


def test_expanding_passes_the_gradient_on():
    x = Tensor(X[0], requires_grad=True)
    (x.expand(2, -1) * X).sum().backward()
    assert x.grad.tolist() == [3.0, 8.0, 4.0]


@pytest.mark.parametrize("name", ["Tensor", "Array"])
def test_dtypes_are_said_as_in_pytorch(name):
    x = KINDS[name](X)
    for method, dtype in [
        ("float", np.float32), ("double", np.float64), ("half", np.float16), ("long", np.int64),
        ("int", np.int32), ("bool", bool),
    ]:  # fmt: skip
        y = getattr(x, method)()
        assert y.dtype == dtype
        same(y, X.astype(dtype))
        assert x.to(dtype).dtype == x.to(dtype=dtype).dtype == dtype
    assert x.to("float32").dtype == np.float32
    assert x.to(Tensor([1])).dtype == x.to(np.array([1])).dtype == x.to(other=x.long()).dtype
    assert x.to("cpu", engine.float32, non_blocking=True).dtype == np.float32
    assert x.to(engine.float32, False, copy=True).dtype == np.float32
    for cpu in ("cpu", "cpu:0", engine.device("cpu"), None):
        assert x.to(cpu) is x
        assert x.to(device=cpu) is x
    assert x.cpu() is x
    with pytest.raises(ValueError, match="only the CPU"):
        x.to("cuda")
    with pytest.raises(ValueError, match="only the CPU"):
        x.to(device="cuda:0")
    with pytest.raises(TypeError, match="unexpected argument 'memory'"):
        x.to(memory="cpu")


def test_a_gradient_flows_through_floats_of_another_dtype():
    x = Tensor([1.0, 2.0], requires_grad=True)
    (x.float() * 3).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    assert x.grad.dtype == np.float64
    assert not x.long().requires_grad


# --- picking ---


@ALL
def test_topk_gives_values_and_indices(box):
    x = box(X)
    for values, indices in (x.topk(2), engine.topk(x, 2, dim=1), engine.topk(x, k=2, sorted=False)):
        same(values, [[3.0, 2.0], [12.0, 2.0]])
        same(indices, [[0, 2], [1, 2]])
    smallest = x.topk(2, largest=False)
    same(smallest.values, [[-4.0, 2.0], [0.0, 2.0]])
    same(smallest.indices, [[1, 2], [0, 2]])
    same(x.topk(1, 0).indices, [[0, 1, 0]])
    same(x.topk(0).values, np.zeros((2, 0)))
    with pytest.raises(ValueError, match=r"topk\(\) of 4 numbers along dim 1 of shape \(2, 3\)"):
        x.topk(4)


def test_topk_passes_the_gradient_to_what_it_picked():
    x = Tensor(X, requires_grad=True)
    (x.topk(2).values * [1.0, 10.0]).sum().backward()
    assert x.grad.tolist() == [[1.0, 0.0, 10.0], [0.0, 1.0, 10.0]]
    assert Tensor(3.0).topk(1).values.item() == 3.0


def test_all_but_the_best_are_masked_as_a_sampler_does():
    logits = Tensor([[1.0, 5.0, 3.0, 4.0]])
    v, _ = engine.topk(logits, min(2, logits.size(-1)))
    logits[logits < v[:, [-1]]] = -float("inf")
    assert logits.tolist() == [[-INF, 5.0, -INF, 4.0]]


def test_an_axis_by_position_names_the_way_to_values_and_indices():
    with pytest.raises(ValueError, match=r"max\(dim=1\) gives \.values and \.indices"):
        _ = Tensor(X).max(1).values
    with pytest.raises(ValueError, match=r"sort\(dim=-1\) gives \.values and \.indices"):
        Tensor(X).sort()
    values, indices = engine.max(Tensor(X), dim=1)
    assert (values.tolist(), indices.tolist()) == ([3.0, 12.0], [0, 1])


# --- products ---


@ALL
def test_products_of_matrices_by_their_axes(box):
    x = box(X)
    same(x.mm(x.t()), [[29.0, -44.0], [-44.0, 148.0]])
    same(engine.mm(x, X.T), [[29.0, -44.0], [-44.0, 148.0]])
    same(x.mv(x[0]), [29.0, -44.0])
    same(engine.mv(x, X[0]), [29.0, -44.0])
    same(x[None].bmm(x.t()[None]), [[[29.0, -44.0], [-44.0, 148.0]]])
    same(engine.bmm(x[None], X.T[None]), [[[29.0, -44.0], [-44.0, 148.0]]])


@pytest.mark.parametrize(
    ("name", "shapes"),
    [("mm", [(2, 3), (3,)]), ("mv", [(2, 3), (3, 1)]), ("bmm", [(1, 2, 3), (5, 3, 2)])],
)
def test_products_do_not_stretch(name, shapes):
    with pytest.raises(ValueError, match=rf"{name}\(\) of shapes .* a @ b takes"):
        getattr(engine, name)(*(Tensor(np.ones(shape)) for shape in shapes))


# --- bools ---


def test_bools_and_integers_are_combined_bit_by_bit():
    b, i = Tensor([True, False]), Tensor([5, 6])
    for got, expected in [
        (~b, [False, True]), (b & True, [True, False]), (True & b, [True, False]),
        (b | Tensor([False, False]), [True, False]), (b ^ b, [False, False]), (i & 1, [1, 0]),
        (~i, [-6, -7]), (b & np.array([True, True]), [True, False]), (b | [False, True], [1, 1]),
        (np.array([True, True]) & b, [True, False]), ((i > 5) | b, [True, True]),
    ]:  # fmt: skip
        assert isinstance(got, np.ndarray)
        assert got.tolist() == expected
    assert (~b).float().mean().item() == 0.5
    for wrong in (lambda: i & 1.0, lambda: Tensor([1.0]) | b, lambda: ~Tensor([1.0])):
        with pytest.raises(TypeError, match=r"bools and integers.*compare first"):
            wrong()
    for wrong in (None, "b"):
        with pytest.raises(TypeError, match="unsupported operand"):
            b & wrong


@ALL
def test_logical_functions_ask_whether_numbers_are_not_0(box):
    x, y = box([1.0, 0.0, 2.0]), [3.0, 0.0, 0.0]
    assert engine.logical_and(x, y).tolist() == [True, False, False]
    assert engine.logical_or(x, y).tolist() == [True, False, True]
    assert engine.logical_xor(x, y).tolist() == [False, False, True]
    assert engine.logical_not(x).tolist() == [False, True, False]
    assert isinstance(engine.logical_not(x), Array)


# --- clip with bounds that are nodes ---

BOUNDS = [
    # x, low, high; result; gradients of (result * [1, 2, 3, 4]).sum()
    ([1.0, 2.0, 3.0, 4.0], [2.0] * 4, None, [2.0, 2.0, 3.0, 4.0],
     [0.0, 2.0, 3.0, 4.0], [1.0, 0.0, 0.0, 0.0], None),
    ([1.0, 2.0, 3.0, 4.0], [2.0] * 4, [3.0] * 4, [2.0, 2.0, 3.0, 3.0],
     [0.0, 2.0, 3.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 4.0]),
    ([1.0, 2.0, 3.0, 4.0], None, [3.0] * 4, [1.0, 2.0, 3.0, 3.0],
     [1.0, 2.0, 3.0, 0.0], None, [0.0, 0.0, 0.0, 4.0]),
    ([1.0, 5.0, 3.0, 4.0], [4.0] * 4, [3.0] * 4, [3.0] * 4,
     [0.0] * 4, [0.0] * 4, [1.0, 2.0, 3.0, 4.0]),
    ([NAN, 1.0, 3.0, 4.0], [2.0, NAN, 2.0, 2.0], [3.0, 3.0, NAN, 3.0], [NAN, NAN, NAN, 3.0],
     [0.0] * 4, [0.0] * 4, [0.0, 0.0, 0.0, 4.0]),
    ([1.0, 2.0, 3.0, 4.0], [2.0] * 4, [2.0] * 4, [2.0] * 4,
     [0.0, 2.0, 0.0, 0.0], [0.0] * 4, [0.0, 0.0, 3.0, 4.0]),
    ([1.0, 2.0, 3.0, 4.0], [2.0], [3.0], [2.0, 2.0, 3.0, 3.0], [0.0, 2.0, 3.0, 0.0], [1.0], [4.0]),
]  # fmt: skip


@pytest.mark.parametrize("box", [lambda x: Tensor(x, requires_grad=True), ValueArray.of])
@pytest.mark.parametrize(("x", "low", "high", "y", "of_x", "of_low", "of_high"), BOUNDS)
def test_bounds_have_the_gradients_of_pytorch(box, x, low, high, y, of_x, of_low, of_high):
    nodes = [None if numbers is None else box(numbers) for numbers in (x, low, high)]
    with np.errstate(invalid="ignore"):  # Python's comparison with nan
        got = engine.clip(nodes[0], min=nodes[1], max=nodes[2])
    same(got, y)
    (got * [1.0, 2.0, 3.0, 4.0]).sum().backward()
    for node, expected in zip(nodes, (of_x, of_low, of_high), strict=True):
        if node is not None:
            same(node.grad, expected)


def test_bounds_may_be_nodes_where_x_is_a_number():
    low = Tensor([0.5, 2.0], requires_grad=True)
    for y in (engine.clamp(1.0, low), np.clip(1.0, low, 9.0), Tensor([1.0, 1.0]).clamp(min=low)):
        assert y.tolist() == [1.0, 2.0]
        low.grad = None
        y.sum().backward()
        assert low.grad.tolist() == [0.0, 1.0]
    a = Value(2.0)
    y = Value(5.0).clip(max=a)
    y.backward()
    assert (y.data, a.grad) == (2.0, 1.0)


def test_bounds_have_second_derivatives_on_both_tiers():
    f = lambda x, low: engine.clip(x * x, low * low, 6.0) ** 2  # noqa: E731
    assert grad(grad(f, 1), 1)(1.0, 2.0) == 48.0  # of low^4
    assert grad(grad(f))(2.0, 1.0) == 48.0
    assert compare(f, np.array([0.5, 1.5]), np.array([1.0, 1.2])).ok


# --- in place ---


def leaf_of(tier):
    return KINDS[tier]([1.0, 2.0])


@pytest.mark.parametrize("tier", ["leaf", "ValueArray"])
def test_a_leaf_changes_in_place_outside_recording(tier):
    p = leaf_of(tier)
    with no_grad():
        assert p.add_(np.array([1.0, 1.0]), alpha=-0.5) is p
        same(p, [0.5, 1.5])
        same(p.mul_(2.0).sub_(1.0).div_([2.0, 4.0]), [0.0, 0.5])
        same(p.sub_(p, alpha=2.0), [0.0, -0.5])
        same(p.fill_(3.0).clamp_(max=2.0), [2.0, 2.0])
        same(p.copy_([5, 6]), [5.0, 6.0])
        same(p.zero_(), [0.0, 0.0])
        p.uniform_(3.0, 4.0, generator=0)
        assert ((to_numpy(p) >= 3) & (to_numpy(p) < 4)).all()
        same(p.normal_(generator=0), np.random.default_rng(0).normal(size=2))
    same(p.data.mul_(0.0).add_(1.0), [1.0, 1.0])
    p.data.copy_(np.array([7.0, 8.0])).clamp_(0.0, 7.5)
    same(p, [7.0, 7.5])
    p.data.fill_(4.0)
    p.data.uniform_(-1.0, 1.0, generator=1)
    same(p, np.random.default_rng(1).uniform(-1, 1, 2))
    p.data.normal_(2.0, 0.0)
    same(p, [2.0, 2.0])


@pytest.mark.parametrize("tier", ["leaf", "ValueArray"])
@pytest.mark.parametrize(
    "call", [lambda p: p.zero_(), lambda p: p.add_(1.0), lambda p: p.normal_(), lambda p: p.mul_(p)]
)
def test_a_leaf_does_not_change_while_operations_are_recorded(tier, call):
    p = leaf_of(tier)
    with pytest.raises(RuntimeError, match=r"leaf that requires a gradient.*no_grad\(\)"):
        call(p)
    same(p, [1.0, 2.0])


def test_results_and_constants_change_in_place_and_are_recorded():
    w = Tensor([1.0, 2.0], requires_grad=True)
    h = w * 2
    h.add_(1).mul_(w + 1)
    assert h.tolist() == [6.0, 15.0]
    h.sum().backward()
    assert w.grad.tolist() == [7.0, 11.0]  # 4w + 3
    c = Tensor([0.0, 0.0])
    assert c.add_(1).fill_(4).tolist() == [4.0, 4.0]
    c.copy_(w * w)
    w.grad = None
    c.sum().backward()
    assert w.grad.tolist() == [2.0, 4.0]


@pytest.mark.parametrize("box", [Tensor, KINDS["Array"]])
def test_integers_stay_integers_in_place(box):
    ids = box([1, 2])
    assert ids.add_(1).mul_(2).tolist() == [4, 6]
    assert ids.dtype == np.int64
    for call in (lambda x: x.add_(0.5), lambda x: x.fill_(0.5), lambda x: x.div_(2)):
        with pytest.raises(TypeError, match=r"int64 cannot hold in place what is float64"):
            call(ids)
    assert ids.tolist() == [4, 6]
    assert box([True]).zero_().tolist() == [False]
    assert box(np.float32([1])).copy_(np.array([0.5])).dtype == np.float32


@ALL
def test_max_and_min_of_two_arrays_compare_them(box):
    """`torch.min(a, b)`; no axis is an array, so nothing else can be meant."""
    x, y = box(X), box(X[::-1].copy())
    same(engine.max(x, y), np.maximum(X, X[::-1]))
    same(engine.min(x, y), np.minimum(X, X[::-1]))
    same(x.max(y), np.maximum(X, X[::-1]))
    same(engine.min(x, np.array(1.0)), np.minimum(X, 1.0))
    with pytest.raises(ValueError, match="two meanings"):
        engine.max(x, 1)


def test_the_larger_of_two_arrays_has_the_gradient():
    x = Tensor([1.0, 5.0, 2.0], requires_grad=True)
    engine.max(x, Tensor([2.0, 3.0, 2.0])).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0, 0.5]


@ALL
def test_scatter_puts_in_what_gather_reads(box):
    with no_grad():
        x = box(np.zeros((2, 3)))
        assert x.scatter_(1, np.array([[2], [0]]), 1.0) is x
        same(x, [[0, 0, 1], [1, 0, 0]])
        x.scatter_(-1, Tensor([[0, 1], [1, 2]]), [[5.0, 6.0, 0.0], [7.0, 8.0, 0.0]])
        same(x, [[5, 6, 1], [1, 7, 8]])
        same(x.scatter_(dim=0, index=np.array([[1, 1, 0]]), value=4.0), [[5, 6, 4], [4, 4, 8]])
        with pytest.raises(ValueError, match="with as many axes"):
            x.scatter_(1, np.array([2, 0]), 1.0)
        with pytest.raises(TypeError, match="what to put in"):
            x.scatter_(1, np.array([[2], [0]]))
        with pytest.raises(IndexError):
            x.scatter_(2, np.array([[2], [0]]), 1.0)


def test_scatter_is_recorded():
    w = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    engine.zeros(2, 3).scatter_(1, Tensor([[0, 2], [1, 0]]), w**2)[:, 0].sum().backward()
    assert w.grad.tolist() == [[2.0, 0.0], [0.0, 8.0]]


def test_a_tensor_of_a_shape_is_an_error_that_names_empty():
    with pytest.raises(TypeError, match=r"got 3; for new numbers of a shape write engine\.empty"):
        Tensor(2, 3)
    assert Tensor(2.0, np.bool_(True)).requires_grad
