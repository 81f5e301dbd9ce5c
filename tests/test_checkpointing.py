"""`checkpoint`: the same gradients bit for bit, of less memory."""

import gc
import random
import threading
import weakref

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, Value, checkpoint, toposort
from engine.tensors import array_kept


def numbers(*shape):
    return np.random.default_rng(0).normal(size=shape)


def trained(model, x, run, steps=2):
    """What can be known of a model after two passes through `run`."""
    engine.manual_seed(5)
    x = Tensor(x, requires_grad=True)
    for _ in range(steps):
        y = run(model, x)
        (y * y).sum().backward()
    known = {"y": y.data, "x": x.grad, "drawn next": engine.rand(3).data}
    known |= {name: p.grad for name, p in model.named_parameters()}
    return known | {name: np.array(b) for name, b in model.named_buffers()}


def assert_same(first, second):
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


def plain(model, x):
    return model(x)


def with_dropout():
    return nn.Sequential(
        nn.Linear(4, 8, rng=0),
        nn.BatchNorm1d(8),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(8, 3, rng=1),
    )


def with_own_generators():
    shared = np.random.default_rng(1)
    return nn.Sequential(
        nn.Linear(4, 8, rng=0), nn.Dropout(0.5, rng=3), nn.Dropout(0.3, rng=shared), nn.Dropout(0.2)
    )


def with_other_statistics():
    return nn.Sequential(nn.BatchNorm1d(4, momentum=None), nn.Linear(4, 3, rng=0))


@pytest.mark.parametrize("make", [with_dropout, with_own_generators, with_other_statistics])
@pytest.mark.parametrize("run", [
    pytest.param(checkpoint, id="one piece"),
    pytest.param(lambda m, x: checkpoint(m[1:], checkpoint(m[:1], x)), id="two pieces"),
    pytest.param(lambda m, x: checkpoint(lambda z: checkpoint(m, z), x), id="nested"),
])  # fmt: skip
def test_gradients_statistics_and_what_is_drawn_are_those_of_the_plain_model(make, run):
    assert_same(trained(make(), numbers(6, 4), plain), trained(make(), numbers(6, 4), run))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_gradients_are_the_same_bit_for_bit_in_each_dtype(dtype):
    def grads(run):
        w = Tensor(numbers(3, 3).astype(dtype), requires_grad=True)
        x = Tensor(numbers(2, 3).astype(dtype), requires_grad=True)
        run(lambda x: ((x @ w).tanh() * w.sum()).exp(), x).sum().backward()
        return w.grad, x.grad

    for ours, theirs in zip(grads(checkpoint), grads(lambda f, x: f(x)), strict=True):
        assert ours.dtype == dtype
        np.testing.assert_array_equal(ours, theirs)


def test_a_node_is_made_of_arguments_and_of_what_the_function_reads_itself():
    w = Tensor([1.0, 2.0], requires_grad=True, label="w")
    h = (w * 3.0).exp()  # a result, read from outside
    x = Tensor([0.5, 0.25], label="x")
    y = checkpoint(lambda x: (x * h + w).sum(), x)
    assert [one.label or one.op.name for one in y.inputs] == ["x", "exp", "w"]
    y.backward()
    np.testing.assert_array_equal(w.grad, x.data * 3.0 * h.data + 1.0)


def test_what_lies_between_ends_at_once():
    made = []

    def f(x):
        h = (x * 2.0).exp()
        made.append(weakref.ref(h))
        return h.tanh().sum()

    gc.disable()
    try:
        y = checkpoint(f, Tensor([1.0, 2.0], requires_grad=True))
        assert [one() for one in made] == [None]
        y.backward()
        assert [one() for one in made] == [None, None]
        end = weakref.ref(y)
        del y
        assert end() is None
    finally:
        gc.enable()


def test_a_second_backward_adds_the_same_again():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = checkpoint(lambda x: (x * x * x).sum(), x)
    y.backward()
    y.backward()
    np.testing.assert_array_equal(x.grad, [6.0, 24.0])


@pytest.mark.parametrize("make", [float, np.float64, lambda x: np.array([x, 2 * x])])
def test_derivatives_of_derivatives_go_through(make):
    a = make(0.7)

    def curve(run):
        return lambda x: run(lambda x, a: engine.sum((x * a).tanh() * x), x, engine.sin(x) * a)

    def slopes(f):
        x = make(0.3)
        return [engine.grad(f)(x), engine.hessian(f)(x), engine.hvp(f, x, x)]

    ours, theirs = slopes(curve(checkpoint)), slopes(curve(lambda f, *args: f(*args)))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("make", [Value, lambda x: Tensor(x, requires_grad=True)])
def test_a_gradient_that_is_recorded_is_differentiated_to_what_the_function_reads(make):
    def mixed(run):
        x, a = make(0.3), make(0.7)
        run(lambda x: (x * a).tanh() * x, x).backward(create_graph=True)
        slope, a.grad = x.grad, None if isinstance(a, Tensor) else 0.0
        slope.backward()
        return a.grad

    assert mixed(checkpoint) == mixed(lambda f, x: f(x)) != 0


def test_without_recording_the_function_is_run_and_nothing_else():
    x = Tensor([1.0], requires_grad=True)
    with engine.no_grad():
        y = checkpoint(lambda x: x * 2.0, x)
    assert y.is_leaf
    assert y.data.tolist() == [2.0]


@pytest.mark.parametrize("f", [lambda x: x, lambda x: 3, lambda x: None, lambda x: x.detach() + 1])
def test_what_no_gradient_flows_to_comes_back_as_it_is(f):
    x = Tensor([1.0], requires_grad=True)
    y = checkpoint(f, x)
    assert y is x or not getattr(y, "requires_grad", False)


def test_integers_and_constants_may_be_arguments():
    table = Tensor(numbers(5, 2), requires_grad=True)
    tokens = np.array([0, 3, 3])
    checkpoint(lambda t, scale, *, shift: (table[t] * scale + shift).sum(), tokens, 2.0,
               shift=Tensor([1, 2])).backward()  # fmt: skip
    np.testing.assert_array_equal(table.grad[:, 0], [2.0, 0.0, 0.0, 4.0, 0.0])


def test_several_results_run_the_function_once_more_not_once_each():
    runs = []

    def f(x):
        runs.append(None)
        h = x.tanh()
        return {"out": h * 2.0, "state": (h.sum(), h.astype(np.float32)), "size": 3, "x": x}

    def grad(run):
        x = Tensor([1.0, 2.0], requires_grad=True)
        found = run(f, x)
        assert found["size"] == 3
        assert found["x"] is x
        assert found["state"][1].dtype == np.float32
        (found["out"].sum() + found["state"][0] + (found["state"][1] * 2).sum()).backward()
        return x.grad

    expected = grad(lambda f, x: f(x))
    runs.clear()
    np.testing.assert_array_equal(grad(checkpoint), expected)
    assert len(runs) == 2


def test_hooks_inside_see_the_gradient_once_and_may_change_it():
    def f(x):
        h = x * 2.0
        h.register_hook(lambda g: seen.append(np.array(g)) or g * 10.0)
        y = h * 3.0
        y.register_hook(lambda g: seen.append(np.array(g)))
        return y

    for run in (checkpoint, lambda f, x: f(x)):
        seen = []
        x = Tensor([1.0], requires_grad=True)
        run(f, x).backward()
        assert [g.tolist() for g in seen] == [[1.0], [3.0]]
        assert x.grad.tolist() == [60.0]


def test_a_retained_gradient_is_that_of_the_second_run():
    kept = {}

    def f(x):
        kept["h"] = x * 2.0
        kept["h"].retain_grad()
        return kept["h"] * 3.0

    checkpoint(f, Tensor([1.0], requires_grad=True)).backward()
    assert kept["h"].grad.tolist() == [3.0]


def test_assignments_inside_go_through():
    def f(x):
        y = engine.zeros(3)
        y[0] = x[1]
        y[1:] = x * 2.0
        h = x * 3.0
        h[0] = 1.0
        return (y * y).sum() + h.sum()

    def grad(run):
        x = Tensor([1.0, 2.0], requires_grad=True)
        run(f, x).backward()
        return x.grad.tolist()

    assert grad(checkpoint) == grad(lambda f, x: f(x))


def test_an_argument_that_is_assigned_to_later_is_as_it_was():
    w = Tensor([1.0, 2.0], requires_grad=True)
    x = w * 1.0
    y = checkpoint(lambda x: (x * x).sum(), x)
    x[0] = 7.0
    y.backward()
    assert w.grad.tolist() == [2.0, 4.0]


def test_a_scalar_model_is_run_and_kept():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh()).scalar()
    y = checkpoint(model, np.array([1.0, 2.0])).sum()
    assert len(toposort(y)) > 9


def test_threads_pass_through_one_graph_at_the_same_time():
    w = Tensor(numbers(4, 4), requires_grad=True)
    pieces = [nn.Dropout(0.5)] * 3
    engine.manual_seed(0)
    y = w
    for piece in pieces:
        y = checkpoint(lambda x, piece=piece: piece(x.tanh()) * 1.5, y)
    loss = y.sum()
    loss.backward()
    once = w.grad.copy()
    w.zero_grad()
    threads = [threading.Thread(target=loss.backward) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    np.testing.assert_array_equal(w.grad, 4 * once)


@pytest.mark.parametrize("draw", [
    lambda: np.random.rand(3),  # noqa: NPY002
    lambda: np.array([random.random() for _ in range(3)]),
    lambda: engine.default_generator().random(3),
    lambda: engine.rand(3),
], ids=["np.random", "random", "the shared generator", "engine.rand"])  # fmt: skip
def test_numbers_drawn_inside_are_the_same_and_then_go_on(draw):
    def f(x):
        return x * draw()

    def run(run):
        for seed in (np.random.seed, random.seed, engine.manual_seed):
            seed(3)
        x = Tensor([1.0, 1.0, 1.0], requires_grad=True)
        run(f, x).sum().backward()
        return x.grad, np.asarray(draw())

    for ours, theirs in zip(run(checkpoint), run(lambda f, x: f(x)), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_second_run_can_be_told_from_the_first():
    runs = []

    def f(x):
        runs.append(engine.is_recomputing())
        return x * 2.0

    checkpoint(f, Tensor(1.0, requires_grad=True)).backward()
    assert runs == [False, True]
    assert not engine.is_recomputing()


def test_what_a_call_reads_is_not_let_go_by_a_graph_that_lets_large_arrays_go():
    x = Tensor(numbers(300, 300), requires_grad=True)

    def gradient(run):
        x.zero_grad()
        y = run(lambda a, b: (a * b).tanh(), x + 1.0, (x * 2.0) + 1.0)
        z = ((y + 1.0).exp() * 1e-3).sum()
        z.backward()
        return x.grad

    np.testing.assert_array_equal(gradient(checkpoint), gradient(lambda f, *args: f(*args)))


def test_inside_large_arrays_that_no_rule_reads_are_let_go_in_both_runs():
    let_go = []

    def f(x):
        for _ in range(4):
            x = (x + 1.0).tanh()
        sums = [node for node in toposort(x) if node.op and node.op.name == "add"]
        let_go.append(sum(array_kept(one) is None for one in sums))
        return x

    x = Tensor(np.zeros((300, 300)), requires_grad=True)
    checkpoint(f, x).sum().backward()
    assert let_go[0] == let_go[1] >= 3
