"""What a graph need not keep: which arrays are let go, and that nobody sees a difference."""

import copy
import pickle
import tracemalloc

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, no_grad
from engine.graph import toposort
from engine.reads import RESULT, numbers_read
from engine.tensors.backward import ArrayNode
from engine.tensors.letting_go import LARGE, is_let_go

SIZE = LARGE + 8
MIB = 2**20


def numbers(seed, size=SIZE, dtype=float):
    return np.random.default_rng(seed).uniform(0.5, 1.5, size).astype(dtype)


def leaf(seed, size=SIZE, dtype=float):
    return Tensor(numbers(seed, size, dtype), requires_grad=True)


def let_go(root):
    return [node.op.name for node in toposort(root) if is_let_go(node)]


def chain(x, w):
    return ((x * w + 0.5).tanh().exp() - w).relu().sum()


# --- what rules read ---


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("add", set()), ("mul", {0, 1}), ("div", {RESULT, 1}), ("tanh", {RESULT}), ("log", {0}),
        ("where", {0}), ("sum", set()), ("mean", set()), ("reshape", set()), ("matmul", {0, 1}),
        ("softmax", {RESULT}), ("linear", {0, 1}), ("conv2d", {0, 1}), ("relu", {RESULT}),
        ("concatenate", {RESULT, 0}),
    ],
)  # fmt: skip
def test_what_the_rules_of_a_row_read_is_found_in_their_code(name, read):
    assert read == numbers_read(engine.registry[name])


def test_what_cannot_be_found_counts_as_read():
    def row(*rules):
        return numbers_read(engine.core.Op("any", np.add, rules))

    assert row(lambda g, y, x: g * (lambda: x)()) == {0}
    assert row(lambda g, *of: g) == {RESULT, 0}
    assert row(np.multiply) == {RESULT, 0}
    assert row(lambda g, y, a, b: g * a.shape[0], None) == set()
    assert row(lambda g, y, a, b: g * a.T, None) == {0}


def test_a_rule_that_is_replaced_is_read_anew():
    op = engine.core.Op("any", np.negative, (lambda g, y, x: -g,))
    assert op.reads == set()
    op.vjps = (lambda g, y, x: g * x,)
    assert op.reads == {0}


# --- what is let go ---


def test_what_no_rule_reads_is_let_go():
    root = chain(leaf(0), leaf(1))
    assert let_go(root) == ["mul", "add", "sub"]


def test_small_arrays_stay():
    assert let_go(chain(leaf(0, LARGE), leaf(1, LARGE))) == []


def test_what_has_a_name_stays_and_goes_with_the_next_ops_once_it_has_none():
    x = leaf(0)
    total = x + 1.0
    y = total.tanh() * 1.0 + 1.0
    assert not is_let_go(total)
    del total
    y = (y + 1.0).sum()
    assert let_go(y)[:2] == ["add", "mul"]


def test_what_a_rule_reads_stays():
    x = leaf(0)
    y = x + 1.0
    z = (y.tanh() + y * 2.0 + y * y).sum()
    del y
    z = (z + x * 0.0 + 1.0).sum()
    assert not is_let_go(next(n for n in toposort(z) if n.op is engine.add))


def test_what_a_view_shows_comes_back_to_what_shows_it():
    x = leaf(0)
    z = (x + 1.0).reshape(-1, 8).tanh().sum() + (x + 1.0).sum()
    assert let_go(z)[:2] == ["add", "reshape"]
    shown = next(n for n in toposort(z) if n.op is engine.reshape)
    assert np.array_equal(shown.data, (x.data + 1.0).reshape(-1, 8))
    assert np.shares_memory(shown.data, shown.inputs[0].data)


def test_float16_stays():
    x = leaf(0, dtype=np.float16)
    root = ((x * x + 0.5).tanh() - 1.0).mean()
    root.backward()
    assert let_go(root) == []


def test_an_op_that_is_no_row_of_the_table_stays():
    class Draw(engine.custom.Function):
        @staticmethod
        def forward(ctx, x):
            return Tensor(x.numpy() * np.random.default_rng().uniform(size=x.shape))

        @staticmethod
        def backward(ctx, g):
            return g

    y = ((Draw.apply(leaf(0)) + 1.0).tanh() + 1.0) * 1.0
    assert let_go(y + 1.0)[:1] == ["add"]


# --- nobody sees a difference ---


@pytest.fixture
def kept(monkeypatch):
    """A call that runs with nothing let go."""

    def run(f, *args):
        with monkeypatch.context() as patch:
            patch.setattr("engine.tensors.letting_go._can_be_had_again", lambda x: False)
            return f(*args)

    return run


def everything(x, w, f=chain):
    """Of all nodes the numbers, and all gradients, of a first and of a second pass."""
    root = f(x, w)
    found = []
    for _ in range(2):
        x.zero_grad()
        w.zero_grad()
        root.backward()
        found += [x.grad, w.grad]
    return [*found, *[node.data for node in toposort(root)]]


def same(a, b):
    return all(np.array_equal(p, q) and p.dtype == q.dtype for p, q in zip(a, b, strict=True))


def test_numbers_and_gradients_have_the_same_bits(kept):
    assert same(everything(leaf(0), leaf(1)), kept(everything, leaf(0), leaf(1)))


def test_second_derivatives_have_the_same_bits(kept):
    def second(x, w):
        chain(x, w).backward(create_graph=True)
        (x.grad * w.grad).sum().backward()
        return [x.grad.data, w.grad.data]

    assert same(second(leaf(0), leaf(1)), kept(second, leaf(0), leaf(1)))


def test_numbers_are_those_of_the_forward_pass_after_the_leaves_have_changed():
    x, w = leaf(0), leaf(1)
    root = chain(x, w)
    expected = np.tanh(x.numpy() * w.numpy() + 0.5)
    with no_grad():
        x -= 1.0
        w *= 3.0
    (total, bent) = [n for n in toposort(root) if n.op and n.op.name in ("add", "tanh")]
    assert is_let_go(total)
    assert np.array_equal(np.tanh(total.data), expected)
    assert np.array_equal(bent.data, expected)
    with pytest.raises(RuntimeError, match="changed after the graph was made"):
        root.backward()


def test_a_leaf_that_changed_is_noticed_where_no_rule_reads_it():
    x = leaf(0)
    root = (x + 1.0).tanh().sum()
    x.data = x.data + 1.0
    with pytest.raises(RuntimeError, match=r"input 0 of add\(\), of shape \(65544,\), was changed"):
        root.backward()


def test_shape_and_dtype_are_known_without_the_numbers():
    root = (leaf(0, (8, SIZE), np.float32) + 1.0).tanh().sum()
    total = root.inputs[0].inputs[0]
    assert (total.shape, total.ndim, total.dtype) == ((8, SIZE), 2, np.float32)
    assert is_let_go(total)
    assert isinstance(total, Tensor)
    assert type(total).__name__ == "Tensor"
    assert total.data.shape == (8, SIZE)
    assert type(total) is Tensor


def test_a_long_chain_comes_back():
    x = leaf(0)
    y = x
    for _ in range(2_000):
        y = y + 1e-3
    root = y.tanh().sum()
    y = None
    root = root + (x * 0.0 + 1.0).sum()
    (last,) = [n for n in toposort(root) if n.op is engine.tanh]
    assert len(let_go(root)) > 1_000
    assert np.array_equal(np.tanh(last.inputs[0].data), last.data)


def test_what_came_back_can_be_assigned_to():
    x = leaf(0)
    root = (x + 1.0).tanh().sum()
    total = root.inputs[0].inputs[0]
    assert is_let_go(total)
    before = total.data.copy()
    total[0] = x[1] * 5.0
    (root + total.sum()).backward()
    expected = 1 - np.tanh(before) ** 2 + 1.0
    expected[0] -= 1.0
    expected[1] += 5.0
    assert np.allclose(x.grad, expected)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_of_a_graph_has_its_numbers_and_gradients(again):
    root = chain(leaf(0), leaf(1))
    other = again(root)
    root.backward()
    other.backward()
    ours, theirs = toposort(root), toposort(other)
    assert same([n.data for n in ours], [n.data for n in theirs])
    assert same([n.grad for n in ours if n.op is None], [n.grad for n in theirs if n.op is None])


def test_a_return_that_was_interrupted_is_ended():
    x = leaf(0)
    root = ((x + 1.0).tanh() * 2.0).sum()
    total = root.inputs[0].inputs[0].inputs[0]
    assert is_let_go(total)
    vars(ArrayNode)["_held"].__set__(total, x.data + 1.0)  # its last step is missing
    assert np.array_equal(total.data, x.data + 1.0)
    assert type(total) is Tensor


def test_hooks_see_the_same_gradients(kept):
    def seen(x, w):
        found = []
        y = x * w + 0.5
        y.register_hook(found.append)
        y.tanh().sum().backward()
        return [*found, x.grad]

    assert same(seen(leaf(0), leaf(1)), kept(seen, leaf(0), leaf(1)))


def test_a_constant_that_is_told_later_to_require_a_gradient_gets_it():
    x, c, d = leaf(0), Tensor(numbers(1)), Tensor(numbers(2))
    y = ((x + 1.0) * c * d + 1.0).sum()
    assert let_go(y)[:2] == ["add", "mul"]
    c.requires_grad = d.requires_grad = True
    y.backward()
    assert np.array_equal(c.grad, d.data * (x.data + 1.0))
    assert np.array_equal(d.grad, (x.data + 1.0) * c.data)


def test_an_outline_is_as_good_as_the_array_it_stands_for():
    x = leaf(0)
    y = ((x + 1.0) * 2.0 + 1.0).sum()
    (total,) = [n for n in toposort(y) if n.inputs and n.inputs[0] is x]
    user = next(n for n in toposort(y) if n.inputs and n.inputs[0] is total)
    outline, expected = user._arrays[0], x.data + 1.0
    assert type(outline).__name__ == "Outline"
    assert (outline.shape, outline.ndim, outline.size) == ((SIZE,), 1, SIZE)
    assert np.array_equal(outline, expected)
    assert outline[3] == expected[3]
    assert np.array_equal(-outline, -expected)
    assert np.array_equal(outline * outline, expected * expected)
    assert outline.sum() == expected.sum()
    copied = np.array(outline)
    assert copied is not total._held
    assert not hasattr(outline, "__cuda_array_interface__")


# --- where backward has passed ---


def test_backward_lets_go_what_it_has_passed():
    x, w = leaf(0), leaf(1)
    root = chain(x, w)
    root.backward()
    assert let_go(root) == ["mul", "add", "tanh", "exp", "sub", "relu"]


def test_what_has_a_name_stays_with_what_its_rules_read():
    x, w = leaf(0), leaf(1)
    bent = (x * w).tanh()
    grown = bent.exp()
    product = grown * bent
    (product + 1.0).sum().backward()
    del bent, grown
    assert let_go(product) == ["mul"]


def test_what_two_results_share_stays():
    x = leaf(0)
    shared = x.exp()
    one, other = (shared * 2.0).sum(), (shared * 3.0).sum()
    del shared
    one.backward()
    assert "exp" not in let_go(other)
    other.backward()
    assert np.array_equal(x.grad, 2.0 * np.exp(x.data) + 3.0 * np.exp(x.data))


def test_with_retain_graph_all_stays():
    root = (leaf(0) * leaf(1)).tanh().sum()
    before = let_go(root)
    root.backward(retain_graph=True)
    assert let_go(root) == before


@pytest.mark.parametrize("how", [{"retain_grads": True}, {"create_graph": True}])
def test_where_gradients_are_kept_all_stays(how):
    root = (leaf(0) * leaf(1)).tanh().sum()
    before = let_go(root)
    root.backward(**how)
    assert let_go(root) == before


def test_a_small_result_of_large_inputs_lets_them_go():
    x, w = leaf(0, (2, SIZE)), leaf(1, (SIZE, 2))
    root = ((x + 1.0).exp() @ (w + 1.0).exp()).sum()
    root.backward()
    assert "matmul" in let_go(root)
    assert let_go(root).count("exp") == 2


def test_a_pass_on_another_result_after_the_first_has_the_same_bits(kept):
    def both(x, w):
        trunk = (x * w).tanh()
        left, right = (trunk * x).exp(), (trunk + w).relu()
        del trunk
        left.sum().backward()
        (left * right).sum().backward()
        return [x.grad, w.grad, left.data, right.data]

    assert same(both(leaf(0), leaf(1)), kept(both, leaf(0), leaf(1)))


# --- the peak ---


def peak(step):
    step()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    step()
    found = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return found


def test_a_network_keeps_one_array_a_layer():
    model = nn.Sequential(*[f for _ in range(8) for f in (nn.Linear(128, 128), nn.ReLU())])
    x, array = numbers(0, (1024, 128)), 1024 * 128 * 8

    def step():
        model.zero_grad()
        model(x).sum().backward()

    assert peak(step) < 12 * array  # 16 results, and two gradients, without letting go


def test_twenty_elementwise_ops_keep_ten_arrays():
    x, w = leaf(0, 100_000), leaf(1, 100_000)

    def forward():
        a = engine.tanh(x * w + 0.5)
        b = engine.exp(a * -0.5) * x
        c = engine.relu(b - w) + a * a
        d = engine.sqrt(c * c + 1.0)
        e = engine.log(d + 1.5) * w - a
        return ((e / d) * engine.tanh(e) + c).sum()

    def step():
        x.grad = w.grad = None
        forward().backward()

    assert peak(step) < 14.2 * x.data.nbytes  # 27 without letting go
