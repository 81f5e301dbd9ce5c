"""explain: every contribution to a gradient; they sum to it, on both tiers."""

import gc
import operator
import threading
from functools import reduce

import numpy as np
import pytest
from helpers import leaf
from hypothesis import given, strategies as st

import engine
from engine import Tensor, Value, explain
from nn.scalar import Neuron


def amounts(explanation):
    return [c.amount for c in explanation]


def test_both_edges_of_a_square_contribute():
    x = Value(3.0, label="x")
    y = x * x
    y.backward()

    found = explain(x)

    assert amounts(found) == [3.0, 3.0]
    assert [(c.node, c.index, c.upstream, c.local) for c in found] == [
        (y, 0, 1.0, 3.0),
        (y, 1, 1.0, 3.0),
    ]
    assert found.total == x.grad == 6.0
    assert len(found) == 2
    assert found.rest is None


def test_it_reads_like_this():
    x = Value(3.0, label="x")
    y = x * x
    z = y + x
    z.label = "z"
    z.backward()

    assert str(explain(x)) == (
        "the gradient of x:\n"
        "    through z, input 1: ∂z/∂z · ∂(n1 + x)/∂x = 1 × 1 = 1\n"
        "  + through n1, input 0: ∂z/∂n1 · ∂(x₁ × x₂)/∂x₁ = 1 × 3 = 3\n"
        "  + through n1, input 1: ∂z/∂n1 · ∂(x₁ × x₂)/∂x₂ = 1 × 3 = 3\n"
        "  = 7"
    )
    assert repr(explain(x)) == str(explain(x))


def test_arrays_contribute_as_a_whole():
    w = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, label="w")
    y = (w @ w).sum() + (w * 2).sum()
    y.backward()

    found = explain(w)

    assert [c.node.op.name for c in found] == ["mul", "matmul", "matmul"]
    np.testing.assert_array_equal(sum(amounts(found)), w.grad)
    np.testing.assert_array_equal(found.total, w.grad)
    assert all(c.local is None for c in found)
    assert "through n1, input 0: ∂L/∂n1 @ w.T = [[3, 7], [3, 7]]" in str(found)
    assert "through n1, input 1: w.T @ ∂L/∂n1 = [[4, 4], [6, 6]]" in str(found)


def test_large_arrays_are_named_by_shape_and_norm():
    w = Tensor(np.ones((10, 10)), requires_grad=True)
    y = (w * 2).sum()
    y.backward()

    assert "∂L/∂n1 × 2 = (10, 10) of norm 20" in str(explain(w))


def test_0d_tensors_read_like_values():
    x = Tensor(3.0, requires_grad=True, label="x")
    y = x * x
    y.backward()

    found = explain(x)

    assert [(c.upstream, c.local, c.amount) for c in found] == [(1.0, 3.0, 3.0)] * 2
    assert str(found).endswith("= 6")


def test_a_labelled_result_is_called_by_its_label():
    x = Value(3.0, label="x")
    y = x * x
    y.label = "area"
    z = y + 1
    z.backward()

    assert "through area, input 0: ∂L/∂area · ∂(x₁ × x₂)/∂x₁" in str(explain(x))
    assert explain(y).name == "area"


def test_what_is_explained_is_called_by_its_label():
    a = Value(3.0, label="a")
    y = a * 2
    y.label = "y"
    y.backward()

    assert "∂y/∂y · ∂(a × 2)/∂a = 1 × 2 = 2" in str(explain(a))


def test_broadcast_contributions_have_the_input_s_shape():
    b = Tensor([1.0, 2.0], requires_grad=True)
    y = (b + np.ones((3, 2))).sum()
    y.backward()

    assert explain(b).contributions[0].amount.tolist() == [3.0, 3.0]


@given(st.lists(st.sampled_from("+*/tsc"), min_size=1, max_size=12), st.integers(0, 5))
def test_contributions_sum_to_the_gradient_to_the_last_bit(steps, seed):
    """On random programs, for every node, on both tiers."""
    rng = np.random.default_rng(seed)
    for start in (Value(0.7), Tensor(rng.normal(size=3), requires_grad=True)):
        nodes = [start]
        for step in steps:
            a, b = (nodes[i] for i in rng.integers(0, len(nodes), 2))
            made = {
                "+": lambda a=a, b=b: a + b,
                "*": lambda a=a, b=b: a * b,
                "/": lambda a=a, b=b: a / (b * b + 1),
                "t": lambda a=a: a.tanh(),
                "s": lambda a=a: a.sin(),
                "c": lambda a=a: a * 3,
            }[step]()
            nodes.append(made)
        root = nodes[-1] if isinstance(start, Value) else nodes[-1].sum()
        root.backward(retain_grads=True)
        for node in nodes[:-1]:
            found = explain(node, root)
            held = 0.0 if node.grad is None else node.grad
            np.testing.assert_array_equal(found.total, held)
            # not `sum`: from Python 3.12 on it adds floats with less rounding than backward does
            total = reduce(operator.add, amounts(found), 0.0)
            np.testing.assert_array_equal(total, held)


# --- several backward passes ---


@pytest.mark.parametrize("make", [Value, leaf])
class TestSeveralPasses:
    def test_the_same_result_twice(self, make):
        x = make(3.0)
        y = x * x
        y.backward()
        y.backward()

        found = explain(x)

        assert amounts(found) == [3.0, 3.0, 3.0, 3.0]
        assert [c.number for c in found] == [0, 0, 1, 1]
        assert found.total == x.grad == 12.0
        assert "from 2 backward passes" in str(found)
        assert "  + pass 2, through L, input 1:" in str(found)

    def test_different_results(self, make):
        x = make(3.0)
        y, z = x * x, x * 5.0
        y.backward()
        z.backward()

        assert amounts(explain(x)) == [3.0, 3.0, 5.0]
        assert explain(x).total == x.grad == 11.0

    def test_only_those_since_the_gradient_was_cleared(self, make):
        x = make(3.0)
        y = x * x
        y.backward()
        x.zero_grad()
        z = x * 5.0
        z.backward()

        assert amounts(explain(x)) == [5.0]
        assert explain(x).rest is None

    def test_passes_that_do_not_reach_it_are_skipped(self, make):
        x, other = make(3.0), make(2.0)
        y, z = x * x, other * 5.0
        y.backward()
        z.backward()

        assert amounts(explain(x)) == [3.0, 3.0]
        assert amounts(explain(other)) == [5.0]

    def test_upstream_gradients_are_remembered(self, make):
        x = make(3.0)
        y = x * x
        y.backward(10.0)
        y.backward()

        assert amounts(explain(x)) == [30.0, 30.0, 3.0, 3.0]

    def test_what_cannot_be_seen_any_more_is_the_rest(self, make):
        x = make(3.0)
        y = x * x
        y.backward()
        del y
        gc.collect()
        z = x * 5.0
        z.backward()

        found = explain(x)

        assert amounts(found) == [5.0]
        assert found.rest == 6.0
        assert ".grad differs from that by 6:" in str(found)

    def test_an_assigned_gradient_is_told(self, make):
        x = make(3.0)
        y = x * x
        y.backward()
        x.grad = x.grad * 0.5

        assert explain(x).total == 6.0
        assert explain(x).rest == -3.0

    def test_a_cleared_gradient_is_explained_by_the_last_pass(self, make):
        x = make(3.0)
        y = x * x
        y.backward()
        x.zero_grad()

        assert amounts(explain(x)) == [3.0, 3.0]
        assert explain(x).rest is None

    def test_the_result_itself(self, make):
        x = make(3.0)
        y = x * x
        y.backward(2.0)

        found = explain(y)

        assert len(found) == 0
        assert found.total == 2.0
        assert "nothing flows into it" in str(found)
        assert "passes" not in str(found)

    def test_create_graph(self, make):
        x = make(3.0)
        y = x * x
        y.backward(create_graph=True)

        assert amounts(explain(x)) == [3.0, 3.0]
        assert explain(x).rest is None


def test_an_array_of_upstream_gradients_is_remembered():
    w = Tensor([1.0, 2.0], requires_grad=True)
    y = w * w
    y.backward([1.0, 10.0])

    assert explain(w).total.tolist() == w.grad.tolist() == [2.0, 40.0]


def test_a_pass_over_numbers_that_were_replaced_since_is_the_rest():
    w = Tensor([1.0, 2.0], requires_grad=True)
    y = (w * w).sum()
    y.backward()
    w.data = [5.0, 6.0]
    z = (w * 3).sum()
    z.backward()

    found = explain(w)

    assert amounts(found)[0].tolist() == [3.0, 3.0]
    assert found.rest.tolist() == [2.0, 4.0]


# --- the root may be given ---


def test_a_root_may_be_given_and_no_gradient_is_changed():
    x = Value(3.0)
    y = x * x

    assert explain(x, y).total == 6.0
    assert not x.has_grad


def test_an_inner_result_is_explained_too():
    x = Value(0.5, label="x")
    h = x.tanh()
    y = h * h + h
    y.backward()

    assert explain(h).total == h.grad
    assert explain(h).name == "n1"


def test_what_does_not_matter_gets_nothing():
    x, other = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)

    found = explain(other, (x * x).sum())

    assert len(found) == 0
    assert found.total.tolist() == [0.0]
    assert found.name == "x"


def test_a_condition_gets_nothing():
    c = Value(1.0)
    x = Value(2.0)

    assert amounts(explain(c, engine.where(c, x, 0.0))) == []


def test_fused_neurons_are_explained():
    neuron = Neuron(2)
    y = neuron([1.0, 2.0])
    y.backward()
    weight = neuron.parameters()[0]

    assert explain(weight).total == weight.grad


# --- mistakes ---


def test_bad_arguments_are_named():
    with pytest.raises(TypeError, match="x must be a Value or a Tensor, got float"):
        explain(3.0)
    with pytest.raises(TypeError, match="root must be a Value like x, got Tensor"):
        explain(Value(1.0), Tensor([1.0]))
    with pytest.raises(TypeError, match="root must be a Tensor like x, got float"):
        explain(Tensor(1.0), 3.0)


def test_without_a_backward_pass_there_is_nothing_to_explain():
    with pytest.raises(ValueError, match="no backward pass to explain"):
        in_a_fresh_thread(lambda: explain(Value(1.0)))


def test_a_result_nobody_kept_is_said_to_be_gone():
    def backward_of_a_temporary():
        x = Value(3.0)
        (x * x).backward()
        explain(x)

    with pytest.raises(ValueError, match="or its result is gone: keep it"):
        in_a_fresh_thread(backward_of_a_temporary)


def in_a_fresh_thread(function):
    """Run where no pass of another test is remembered; raise what it raises."""
    caught = []

    def run():
        try:
            function()
        except ValueError as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    raise caught[0]


def test_a_small_change_of_a_gradient_is_told_too():
    x = Value(3.0)
    y = x * x
    y.backward()
    x.grad *= 1.001

    assert explain(x).rest == pytest.approx(0.006)


def test_backward_from_a_leaf_leaves_no_rest():
    x = Value(3.0)
    x.backward()

    found = explain(x)

    assert (found.total, found.rest) == (1.0, None)


def test_what_asks_for_no_gradient_gets_nothing():
    """In single precision nothing is a zero of single precision."""
    x = Tensor(np.ones(2, np.float32))
    w = Tensor(np.ones(2, np.float32), requires_grad=True)

    found = explain(x, (x * w).sum())

    assert amounts(found) == []
    assert found.total.tolist() == [0.0, 0.0]
    assert found.total.dtype == np.float32


def test_a_gradient_that_is_nan_leaves_no_rest():
    x = leaf([0.0, 1.0])
    with np.errstate(all="ignore"):
        y = (x / x).sum()
        y.backward()

        assert np.isnan(x.grad[0])
        assert explain(x).rest is None


def test_six_numbers_are_written_out_and_seven_are_not():
    for size, shown in ((6, "[1, 1, 1, 1, 1, 1]"), (7, "(7,) of norm 2.64575")):
        x = leaf(np.ones(size))
        y = x.sum()
        y.backward()

        assert str(explain(x)).endswith(f"= {shown}")


def test_twenty_passes_are_explained_not_only_the_latest():
    x = Value(1.0, label="x")
    kept = [x * float(k) for k in range(1, 21)]
    for y in kept:
        y.backward()
    found = explain(x)
    assert [c.amount for c in found] == list(range(1, 21))
    assert found.rest is None


def test_what_was_assigned_is_told_from_rounding():
    """Passes are the whole of .grad only if they come to it within 1e-12."""
    x = Value(1.0, label="x")
    y = x * 3.0
    y.backward()
    x.grad = 3.0 + 1e-9
    assert explain(x).rest == pytest.approx(1e-9, rel=1e-3)
