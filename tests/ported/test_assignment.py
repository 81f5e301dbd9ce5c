"""`x[i] = v` on Tensors: recorded, and right for what was made of x before and after."""

import copy
import gc
import pickle

import numpy as np
import pytest

import engine
from engine import Tensor, Value, compare, enable_grad, explain, gradcheck, no_grad, source
from engine.versions import ASSIGNED
from viz import draw, trace

RNG = np.random.default_rng(0)
A, B, M = RNG.normal(size=4), RNG.normal(size=3), RNG.normal(size=(4, 3))


def leaf(x):
    return Tensor(x, requires_grad=True)


def ops_of(y):
    return [node.op.name for node in engine.toposort(y) if node.op]


def close(got, expected):
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-15)


# --- gradients ---


def test_a_constant_filled_with_results_passes_gradients_on():
    x, y = leaf([1.0, 2.0, 3.0]), Tensor(np.zeros(3))
    y[0] = x[1] * 2.0
    y[2] = x[2]
    (y * y).sum().backward()
    close(x.grad, [0.0, 16.0, 6.0])
    assert y.tolist() == [4.0, 0.0, 3.0]


def test_what_is_overwritten_gets_no_gradient():
    w = leaf([1.0, 2.0])
    y = w * 3.0
    y[0] = 5.0
    (y * y).sum().backward()
    close(w.grad, [0.0, 36.0])


def test_what_was_made_before_the_assignment_has_the_numbers_of_then():
    w = leaf([1.0, 2.0])
    x = w * 1.0
    square = x * x
    x[0] = square[1]
    total = (x + square).sum()
    assert total.item() == 4.0 + 2.0 + 1.0 + 4.0
    total.backward()
    close(w.grad, [2.0, 9.0])


def test_a_recurrence_written_into_one_array():
    def orbit(w):
        u = w * np.zeros(6)
        u[0] = w
        for i in range(5):
            u[i + 1] = u[i] * w + u[i - 1 if i else 0]
        return u.sum()

    assert gradcheck(orbit, np.array(1.3))
    assert compare(orbit, np.array(0.7)).ok


def test_cross_entropy_backward_by_hand_as_lectures_write_it():
    rows, targets = range(4), np.array([0, 2, 1, 1])
    logits = leaf(M)
    d = engine.softmax(logits, axis=1)
    d[rows, targets] -= 1
    d /= 4
    loss = -engine.log_softmax(logits, axis=1)[rows, targets].mean()
    loss.backward()
    close(d.data, logits.grad)


def test_an_embedding_is_added_to_row_by_row():
    c, d = Tensor(np.zeros((3, 2))), leaf(RNG.normal(size=(4, 2)))
    for k, ix in enumerate([2, 0, 2, 2]):
        c[ix] += d[k]
    (c * [[1.0, 1.0], [1.0, 1.0], [3.0, 3.0]]).sum().backward()
    close(d.grad, [[3.0, 3.0], [1.0, 1.0], [3.0, 3.0], [3.0, 3.0]])


@pytest.mark.parametrize(
    ("index", "shape"),
    [
        (1, ()), (1, (1,)), (slice(1, 3), ()), (slice(1, 3), (2,)), (slice(None, None, -1), (4,)),
        (..., ()), ([0, 0, 2], (3,)), ([0, 0, 2], ()), (np.array([True, False, True, True]), (3,)),
        (np.zeros(4, bool), ()), ((slice(1, 3), None), (2, 1)), ((slice(1, 3), None), (1, 1, 1)),
        (range(2), (2,)), (np.array([[0, 3], [3, 1]]), (2, 2)),
    ],
    ids=str,
)  # fmt: skip
def test_every_kind_of_index_and_of_broadcast_value(index, shape):
    def f(a, v):
        y = a * 1.0
        y[index] = v
        return (y * y * y).sum()

    assert gradcheck(f, (A, RNG.normal(size=shape)))
    expected = A.copy()
    value = RNG.normal(size=shape)
    expected[index] = value.item() if value.size == 1 else value
    y = Tensor(A)
    y[index] = leaf(value)
    close(y.data, expected)


def test_several_assignments_with_nothing_made_between_are_one_op():
    x, y = leaf(A), Tensor(np.zeros(4))
    for i in range(4):
        y[3 - i] = x[i] * x[i]
    y[0] = 0.0
    assert ops_of(y).count("setitem") == 1
    assert len(y.inputs) == 6
    y.sum().backward()
    close(x.grad, [*2 * A[:3], 0.0])


def test_second_derivatives_pass_through_assignments():
    def f(a, b):
        y = a.clone()
        y[[0, 0, 1]] = b * b
        y[1] *= a[2]
        y[2] = 0.0
        y[...] = y[::-1]
        y[0] = y[0]
        return (y**3).sum()

    assert gradcheck(f, (A, B), order=2)
    assert compare(f, A, B).ok


def test_a_tensor_put_into_itself_is_what_it_was():
    w = leaf(A)
    y = w * 2.0
    y[:] = y
    y[:, None] = y[:, None]
    y.sum().backward()
    close(w.grad, np.full(4, 2.0))


def test_a_list_of_results_is_put_in_as_one():
    x, y = leaf(B), Tensor(np.zeros(3))
    y[:2] = [x[0] * 2.0, x[1]]
    y.sum().backward()
    close(x.grad, [2.0, 1.0, 0.0])


def test_dtypes_stay_those_of_leaf_and_target():
    x = leaf(np.array([1.0, 2.0], np.float32))
    y = Tensor(np.zeros(2, np.float64))
    y[:] = x
    y.sum().backward()
    assert (y.dtype, x.grad.dtype) == (np.float64, np.float32)
    half = leaf(np.array([1.0, 2.0], np.float16)) * 2.0
    half[0] = 3.0
    half.sum().backward()
    assert half.dtype == np.float16


def test_values_are_put_into_arrays_of_results():
    x = Value(3.0)
    y = engine.ValueArray.of([1.0, 2.0]) * x
    y[0] = x * x
    y.sum().backward()
    assert x.grad == 8.0


# --- the graph ---


def test_the_graph_is_drawn_explained_copied_and_printed():
    a, b = Tensor(A, requires_grad=True, label="a"), Tensor(B, requires_grad=True, label="b")
    y = a * 1.0
    square = y * y
    y[1:] = b
    loss = (y * y + square).sum()
    loss.backward()
    expected = a.grad.copy(), b.grad.copy()
    for other in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        leaves = {x.label: x for x in engine.toposort(other) if x.op is None and x.label}
        for x in leaves.values():
            x.zero_grad()
        other.backward()
        close(leaves["a"].grad, expected[0])
        close(leaves["b"].grad, expected[1])
    assert "[ ]=" in str(draw(loss))
    assert "∂L/∂n3[1:]" in str(explain(b, loss))
    printed = source(loss)
    names = {}
    exec(printed, names)
    got = names["f_and_gradients"](A, B)
    close(got[1], expected[0])
    close(got[2], expected[1])


def test_a_gradient_is_not_followed_through_a_later_version():
    a, b = leaf(A), leaf(B)
    y = a * 1.0
    z = y.sum()
    y[1:] = b
    assert z.requires_grad
    z.backward()
    close(a.grad, np.ones(4))
    assert b.grad is None


def test_taking_a_derivative_tells_versions_apart():
    """float() of what does not depend on the argument loses nothing."""

    def f(x):
        y = Tensor(np.ones(2))
        before = y * leaf([1.0, 1.0])
        y[0] = x
        with pytest.warns(UserWarning, match="part of the graph"):
            kept = float(before[0])
        return y.sum() * kept

    assert engine.grad(f)(np.array(2.0)) == 1.0


def test_a_leaf_changed_after_the_graph_was_made_still_refuses():
    c, w = Tensor([1.0, 2.0]), leaf([3.0, 4.0])
    y = c * w
    c[0] = 5.0  # no gradient flows here: the leaf itself
    c[1] = w[0]
    with pytest.raises(RuntimeError, match="was changed after the graph was made"):
        y.sum().backward()


def test_what_was_assigned_is_forgotten_with_it():
    y = leaf(A) * 1.0
    y[0] = y[1]
    y.sum().backward()
    assert ASSIGNED
    del y
    gc.collect()
    assert not ASSIGNED


def test_watchers_see_the_assignment():
    import nn

    class Fill(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 1, rng=0)

        def forward(self, x):
            out = Tensor(np.zeros(2))
            for i in range(2):
                out[i] = self.layer(x[i])[0]
            return out

    model = Fill()
    with trace(model) as seen:
        y = model(M[:2])
    assert seen.path(y) == ("Fill",)


# --- what is refused ---


def test_a_leaf_that_requires_a_gradient_is_changed_under_no_grad_only():
    w = leaf([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(RuntimeError, match=r"assign to a copy, x = x\.clone\(\)"):
        w[0] = 0.0
    with no_grad():
        w[0] = 0.0
    assert w.tolist() == [[0.0, 0.0], [3.0, 4.0]]
    part = w.detach()
    with pytest.raises(RuntimeError, match="numbers are another Tensor's"):
        part[0] = w[1] * 2.0


def test_an_argument_of_a_derivative_is_not_assigned_to():
    def f(x):
        x[0] = 1.0
        return x.sum()

    given = np.array([2.0, 3.0])
    with pytest.raises(RuntimeError, match=r"argument of a function.*x = x\.clone\(\)"):
        engine.grad(f)(given)
    assert given.tolist() == [2.0, 3.0]


def test_a_result_is_not_changed_outside_recording():
    y = leaf([1.0, 2.0]) * 2.0
    with no_grad():
        with pytest.raises(RuntimeError, match=r"result of mul\(\).*outside no_grad"):
            y[0] = 5.0
        with enable_grad():
            y[0] = 5.0
    assert y.tolist() == [5.0, 4.0]


def test_a_constant_changes_with_its_parts():
    """As letters are written one-hot: t[i][0][k] = 1."""
    t = Tensor(np.zeros((2, 1, 3)))
    for i, k in enumerate([2, 0]):
        t[i][0][k] = 1.0
    assert t.tolist() == [[[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]]]
    for row in t:
        row[0, 1] = 5.0
    w = leaf(2.0)
    graph = t * w
    t[0][:, 1] = 7.0
    assert t[:, 0, 1].tolist() == [7.0, 5.0]
    assert graph[0, 0, 1].item() == 10.0
    graph.sum().backward()
    assert w.grad == 12.0  # of the numbers of then
    with no_grad():
        t[1] *= 2.0
        first = t[0]
        first += 1.0
    assert t.tolist() == [[[1.0, 8.0, 2.0]], [[2.0, 10.0, 0.0]]]


def test_a_part_of_what_became_a_result_is_not_changed_for_it():
    t, w = Tensor(np.zeros((2, 2))), leaf(2.0)
    row = t[0]
    t[1, 1] = w
    with pytest.raises(RuntimeError, match=r"numbers are another Tensor's.*\.clone\(\)"):
        row[0] = 5.0
    assert t.tolist() == [[0.0, 0.0], [0.0, 2.0]]


def test_a_part_of_a_part_of_a_part_is_found_without_recursion():
    t = Tensor(np.zeros(5000))
    part = t
    for _ in range(4000):
        part = part[1:]
    part[0] = 5.0
    assert t[4000].item() == 5.0
    assert np.count_nonzero(t.numpy()) == 1


def test_numbers_picked_one_by_one_are_a_copy():
    t = Tensor(np.zeros((2, 3)))
    picked = t[:, [0, 1]]
    picked[0] = 5.0
    assert t.tolist() == np.zeros((2, 3)).tolist()
    assert picked.tolist() == [[5.0, 5.0], [0.0, 0.0]]


def test_what_nobody_else_has_is_ones_own():
    """A view of a Tensor that is gone, as `arange(12.0).view(3, 4)`, and results on the way."""
    x, w = engine.arange(12.0).view(3, 4), leaf(2.0)
    x[:, 1:3] = x[:, 1:3].flip(1)
    assert x[0].tolist() == [0.0, 2.0, 1.0, 3.0]
    x[1] = x[0] * w + 1.0
    x.sum().backward()
    assert w.grad == 6.0
    y = (leaf(np.ones((2, 3))) * w).view(3, 2).T
    y[0] = 0.0
    y.sum().backward()
    assert w.grad == 9.0


def test_a_part_outlives_its_leaf():
    with no_grad():
        rows = leaf(np.zeros((2, 2))).detach()
        own = rows[0]
        own[0] = 5.0
    assert own.tolist() == [5.0, 0.0]


def test_a_result_put_into_a_part_of_a_constant_names_the_way_out():
    t, w = Tensor(np.zeros((2, 2))), leaf(2.0)
    with pytest.raises(RuntimeError, match=r"numbers are another Tensor's.*x\[0, 1\] = v in place"):
        t[0][1] = w
    t[0, 1] = w
    t.sum().backward()
    assert w.grad == 1.0


@pytest.mark.parametrize("view", [lambda x: x[0].T, lambda x: x.T, lambda x: x.reshape(-1)])
def test_a_part_of_another_tensor_is_not_assigned_to_in_its_place(view):
    for x in (Tensor(np.zeros((2, 2))), leaf(np.ones((2, 2))) * 1.0):
        part = view(x)
        with pytest.raises(RuntimeError, match=r"numbers are another Tensor's.*\.clone\(\)"):
            part[0] = 5.0
    whole = Tensor(np.zeros((2, 2)))
    part = view(whole)
    with no_grad(), pytest.raises(RuntimeError, match="numbers are another Tensor's"):
        part += 1.0
    own = view(Tensor(np.zeros((2, 2))))  # nobody else has these numbers any more
    own[0] = 5.0
    assert own.ravel()[0] == 5.0


def test_integers_take_no_gradient():
    x, counts = leaf(B), Tensor([1, 2, 3])
    with pytest.raises(TypeError, match="Tensor of int64 holds no number"):
        counts[0] = x[0]
    counts[0] = 5
    assert counts.tolist() == [5, 2, 3]


def test_what_does_not_fit_leaves_everything_as_it_was():
    x = leaf(A)
    y = x * 1.0
    with pytest.raises(ValueError, match=r"setitem\(\) of shapes \(4,\), \(3,\)"):
        y[:2] = leaf(B)
    with pytest.raises(IndexError, match="out of bounds"):
        y[7] = 1.0
    with pytest.raises(TypeError, match="two tiers do not mix"):
        y[0] = Value(1.0)
    assert y.op.name == "mul"
    y[0] = 1.0
    with pytest.raises(ValueError, match=r"setitem\(\) of shapes"):
        y[:2] = leaf(B)
    assert len(y.inputs) == 2
    y.sum().backward()
    close(x.grad, [0.0, 1.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("value", "words"), [(Value(1.0), "two tiers do not mix"), (None, "must hold real numbers")]
)
def test_values_and_none_are_not_made_floats_to_be_put_in(value, words):
    x = Tensor([1.0, 2.0])
    with pytest.raises(TypeError, match=f"what is assigned .*{words}"):
        x[0] = value
    assert x.tolist() == [1.0, 2.0]


def test_a_name_is_not_assigned_to():
    def f(x):
        x[0] = 1.0
        return x

    with pytest.raises(TypeError, match=r"print the graph of its result, source\(f\(x\)\)"):
        source(f, A)

    def g(x):
        y = Tensor(np.zeros(4))
        y[0] = x[0]
        return y

    with pytest.raises(TypeError, match="a Symbol is not assigned"):
        source(g, A)


def test_a_step_along_a_gradient_is_seen_by_a_watcher():
    p = leaf([1.0, 2.0])
    (p * p).sum().backward()
    with no_grad():
        p -= 0.5 * p.grad
        assert p.tolist() == [0.0, 0.0]
        p.grad[0] = -1.7e308
        p -= p.grad
        with engine.nan_trace(), pytest.raises(engine.NonFiniteError, match="sub"):
            p -= 1.0 * p.grad


def test_a_view_of_a_result_outside_recording_has_numbers_of_its_own():
    result = leaf([1.0, 2.0]) * 2.0
    with no_grad():
        part = result[:1]
        part[0] = 7.0
    assert (part.tolist(), result.tolist()) == ([7.0], [2.0, 4.0])
