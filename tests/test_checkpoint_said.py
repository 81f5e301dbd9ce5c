"""What `checkpoint` refuses and says; random numbers of all sources; hooks and threads."""

import copy
import functools
import gc
import pickle
import random
import threading

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, Value, checkpoint, toposort


def leaf(*numbers, label=""):
    return Tensor(list(numbers), requires_grad=True, label=label)


def said(match, error=RuntimeError):
    return pytest.raises(error, match=match)


# --- what would be wrong in silence ---


def test_what_is_no_function_is_refused():
    with said("takes a function, then its arguments, got Tensor", TypeError):
        checkpoint(leaf(1.0))


def test_another_result_in_the_second_run_is_an_error_that_says_why_it_may_be():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Dropout(0.5))
    loss = checkpoint(model, np.ones((3, 2))).sum()
    model.eval()
    with said(r"Sequential\(\) is checkpointed, and gives another result.*train\(\)"):
        loss.backward()
    assert model[0].weight.grad is None
    model.train()
    loss.backward()
    assert model[0].weight.grad is not None


def test_a_result_of_another_shape_is_another_result():
    sizes = iter([2, 3])
    x = leaf(1.0)
    loss = checkpoint(lambda x: x * np.ones(next(sizes)), x).sum()
    with said("gives another result"):
        loss.backward()


def test_no_result_in_the_second_run_is_another_result():
    runs = []

    def f(x):
        runs.append(x)
        return x * 2.0 if len(runs) == 1 else None

    loss = checkpoint(f, leaf(1.0))
    with said("does not read the same"):
        loss.backward()


def test_what_is_read_in_the_second_run_only_is_found_out():
    w, runs = leaf(0.0), []

    def f(x):
        runs.append(x)
        return x * 2.0 if len(runs) == 1 else x * 2.0 + w

    loss = checkpoint(f, leaf(1.0))
    with said(r"a Tensor of shape \(1,\) is read in one of them only"):
        loss.backward()


def test_a_result_may_differ_by_rounding_and_hold_nan_and_infinity():
    orders = iter([slice(None), slice(None, None, -1)])

    def f(x):
        total = functools.reduce(lambda a, b: a + b, list(x)[next(orders)])
        return engine.concatenate([total.reshape(1), np.array([np.inf, np.nan])])

    x = Tensor(np.random.default_rng(0).normal(size=100), requires_grad=True)
    checkpoint(f, x)[0].backward()
    assert x.grad.shape == (100,)


def test_a_loop_variable_is_found_out():
    x = leaf(1.0, 2.0)
    for factor in (leaf(3.0, 3.0), leaf(4.0, 4.0)):
        x = checkpoint(lambda x: x * factor, x)  # noqa: B023 - that is the mistake
    with said("gives another result.*a loop variable perhaps"):
        x.sum().backward()


def test_a_result_under_the_name_of_what_was_read_is_found_out():
    h = leaf(1.0, 2.0)
    h = checkpoint(lambda: h * h)
    with said(r"does not read the same in its second run.*make it an argument"):
        h.sum().backward()


@pytest.mark.parametrize("make", [lambda: leaf(1.0, 2.0) * 1.0, lambda: Tensor([1.0, 2.0])])
def test_an_argument_is_not_assigned_to(make):
    def f(x):
        x[0] = 5.0
        return x * w

    w = leaf(3.0, 4.0)
    with said(r"assigns to|changes a Tensor of shape \(2,\) in place"):
        checkpoint(f, make())
    assert checkpoint(lambda x: f(x.clone()), Tensor([1.0, 2.0])).data.tolist() == [15.0, 8.0]


def test_a_result_from_outside_is_not_assigned_to():
    h = leaf(1.0, 2.0) * 1.0

    def f(x):
        h[0] = x[0]
        return h * 2.0

    with said("a checkpointed function assigns to a Tensor of shape"):
        checkpoint(f, leaf(1.0, 2.0))


def test_a_buffer_from_outside_that_is_filled_is_found_out():
    buffer = engine.zeros(2)

    def f(x):
        buffer[0] = x[0]
        return buffer * 2.0

    loss = checkpoint(f, leaf(1.0, 2.0)).sum()
    with said("assigns to a Tensor of shape"):
        loss.backward()


def test_a_parameter_is_not_updated_inside():
    w = leaf(1.0, 2.0, label="w")

    def f(x):
        y = x * w
        with engine.no_grad():
            w.data = w.data * 0.9
        return y

    with said("changes 'w' of shape"):
        checkpoint(f, np.ones(2))


def test_backward_is_not_called_inside_but_grad_may_be():
    w = leaf(1.0, 2.0)

    def backward(x):
        (x * w).sum().backward()
        return x * w

    with said("changes the gradient of a Tensor"):
        checkpoint(backward, np.ones(2))
    w.zero_grad()
    x = leaf(1.0, 1.0)
    checkpoint(lambda x: engine.grad(lambda w: (w**3).sum())(w) * x, x).sum().backward()
    assert x.grad.tolist() == [3.0, 12.0]
    assert w.grad.tolist() == [6.0, 12.0]


def test_a_parameter_that_was_changed_before_backward_is_named():
    w = leaf(1.0, 2.0, label="w")
    loss = checkpoint(lambda x: x * w, np.ones(2)).sum()
    w.data = [5.0, 5.0]
    with said(r"input 1 \('w'\) of checkpoint\(\).*was changed after"):
        loss.backward()


def test_an_array_that_its_owner_changes_is_as_it_was():
    w, x = leaf(1.0, 2.0), np.ones(2)
    loss = checkpoint(lambda x: x * w, x).sum()
    x[:] = 7.0
    loss.backward()
    assert w.grad.tolist() == [1.0, 1.0]


def test_a_number_that_leaves_the_graph_is_said_as_everywhere():
    with pytest.warns(UserWarning, match=r"float\(\) of a Tensor"):
        checkpoint(lambda x: x * float(x.sum()), leaf(1.0, 2.0))
    with said("would lose its gradient"):
        engine.grad(lambda x: checkpoint(lambda x: x * float(x), x))(2.0)


@pytest.mark.parametrize("make", [leaf, Value])
def test_an_error_in_the_second_run_leaves_all_as_it_was(make):
    x, runs = make(1.0), []

    def f(x):
        runs.append(engine.rand(1))
        if len(runs) > 1:
            raise ValueError("the second time")
        return (x * engine.rand(1).item()).exp()

    engine.manual_seed(0)
    loss = engine.sum(checkpoint(f, x))
    expected = engine.default_generator().bit_generator.state
    with said("the second time", ValueError):
        loss.backward()
    assert not x.has_grad
    assert engine.default_generator().bit_generator.state == expected
    assert not engine.is_recomputing()
    (x * 2.0 if isinstance(x, Value) else (x * 2.0).sum()).backward()


def test_such_a_graph_cannot_be_pickled_and_its_copy_has_leaves_of_its_own():
    x = leaf(1.0, 2.0)
    loss = checkpoint(lambda x: x * x, x).sum()
    with said("cannot be pickled", TypeError):
        pickle.dumps(loss)
    twin = copy.deepcopy(loss)
    twin.backward()
    assert x.grad is None
    assert [n.grad.tolist() for n in toposort(twin) if n.op is None] == [[2.0, 4.0]]


# --- what is found, and what is not lost ---


class Noise(nn.Module):
    def __init__(self, source):
        self.source = source

    def forward(self, x):
        return x * self.source(x.shape)


SHARED = np.random.default_rng(5)


def drawing_by(kind):
    """A function that draws, from a source of its own each."""
    own = np.random.default_rng(1)
    old, python = np.random.RandomState(2), random.Random(3)
    return {
        "closure": lambda x: x * own.normal(size=x.shape),
        "global": lambda x: x * SHARED.normal(size=x.shape),
        "default": lambda x, rng=own: x * rng.normal(size=x.shape),
        "RandomState": lambda x: x * old.normal(size=x.shape),
        "Random": lambda x: x * python.random(),
        "method": functools.partial(Noise(own.random).forward),
        "module": Noise(own.random),
        "list of modules": nn.Sequential(nn.Tanh(), Noise(own.random), Noise(old.random_sample)),
        "far away": lambda x: x * engine.generator([[[own] for _ in range(9)]][0][0][0]).random(),
    }[kind]


@pytest.mark.parametrize("kind", [
    "closure", "global", "default", "RandomState", "Random", "method", "module",
    "list of modules", "far away",
])  # fmt: skip
def test_a_generator_that_the_function_reads_is_put_back_and_forward(kind):
    def gradients(run):
        SHARED.bit_generator.state = np.random.default_rng(5).bit_generator.state
        f = drawing_by(kind)
        x = leaf(1.0, 1.0, 1.0)
        for _ in range(2):
            run(f, x).sum().backward()
        return x.grad, f(np.ones(3))

    for ours, theirs in zip(gradients(checkpoint), gradients(lambda f, x: f(x)), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_generator_in_a_long_list_is_not_looked_for_but_its_numbers_are():
    many = [np.random.default_rng(i) for i in range(101)]
    loss = checkpoint(lambda x: x * many[50].random(), leaf(1.0))
    with said(r"let it ask engine.generator\(rng\) for it"):
        loss.backward()


def test_numbers_of_the_machine_are_drawn_anew():
    machine = random.SystemRandom()
    loss = checkpoint(lambda x: x * machine.random(), leaf(1.0))
    with said("gives another result"):
        loss.backward()


def test_a_variable_that_is_not_set_yet_is_no_generator():
    def f(x):
        return x * 2.0 if x.size else later

    assert checkpoint(f, leaf(1.0)).data.tolist() == [2.0]
    later = None


def test_a_layer_made_inside_and_one_kept_learn_as_they_would():
    class Lazy(nn.Module):
        inner = None

        def forward(self, x):
            if self.inner is None:
                self.inner = nn.Linear(2, 2, rng=0)
            return self.inner(x)

    lazy, x = Lazy(), leaf(1.0, 2.0)
    checkpoint(lazy, x).sum().backward()
    np.testing.assert_array_equal(lazy.inner.weight.grad, [[1.0, 2.0]] * 2)
    expected = x.grad
    x.zero_grad()
    checkpoint(lambda x: nn.Linear(2, 2, rng=0)(x), x).sum().backward()
    np.testing.assert_array_equal(x.grad, expected)


def test_a_hook_on_a_leaf_inside_is_registered_once():
    w, seen = leaf(1.0, 2.0), []

    def f(x):
        w.register_hook(lambda g: seen.append(g.tolist()))
        return x * w

    checkpoint(f, np.ones(2)).sum().backward()
    assert seen == [[1.0, 1.0]]


def test_a_result_that_the_function_keeps_leads_back_as_it_would():
    kept = {}

    def f(x):
        kept.setdefault("h", (x * x).sum())
        return x.exp()

    def gradient(run):
        kept.clear()
        x = leaf(1.0, 2.0)
        (run(f, x).sum() + kept["h"]).backward()
        return x.grad.tolist()

    assert gradient(checkpoint) == gradient(lambda f, x: f(x))


def test_a_block_without_recording_inside_is_a_constant():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)

    def f(x):
        with engine.no_grad():
            total = (x * w).sum()
        return x * total

    y = checkpoint(f, x)
    assert [one is x for one in y.inputs] == [True]
    y.sum().backward()
    assert x.grad.tolist() == [11.0, 11.0]
    assert w.grad is None


def test_gradients_of_chosen_inputs_stop_there():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    h = x * 2.0
    checkpoint(lambda h: h * w, h).sum().backward(inputs=[h])
    assert h.grad.tolist() == [3.0, 4.0]
    assert (x.grad, w.grad) == (None, None)


def test_another_thread_draws_the_same_numbers_and_goes_on_with_its_own():
    w, layer = leaf(1.0, 2.0), nn.Dropout(0.5)
    engine.manual_seed(0)
    y = checkpoint(lambda x: layer(x * w), np.ones((4, 2)))
    drawn = []

    def backward():
        engine.manual_seed(7)
        y.sum().backward()
        drawn.append(engine.rand(2).tolist())

    other = threading.Thread(target=backward)
    other.start()
    other.join()
    np.testing.assert_array_equal(w.grad, (y.data / w.data).sum(0))
    engine.manual_seed(7)
    assert drawn == [engine.rand(2).tolist()]


def test_thousands_of_calls_follow_each_other():
    x = y = leaf(1.0, 2.0)
    for _ in range(2_000):
        y = checkpoint(lambda z: z + 0.5, y)
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    end = y
    del y, end
    gc.collect()


def test_recorded_gradients_have_hooks_and_tangents_of_their_own():
    x = leaf(0.5)
    seen = []

    def f(x):
        h = x * x
        h.register_hook(lambda g: seen.append(type(g).__name__) or g * 2.0)
        return h * x

    y = checkpoint(f, x)
    y.backward(create_graph=True)
    (slope,) = [x.grad]
    assert seen == ["Tensor"]
    assert slope.data.tolist() == [0.25 + 2 * 0.5 * 2 * 0.5]


@pytest.mark.parametrize("x", [2.0, np.array([2.0])], ids=["Value", "Tensor"])
def test_leaves_that_are_nobodys_leave_a_gradient_plain(x):
    def f(x):
        total = Value(0.0) if isinstance(x, Value) else Tensor(0.0, requires_grad=True)
        return engine.sum(checkpoint(lambda h: h * h, total + x))

    slope = engine.grad(f)(x)
    assert type(slope) is type(x) or isinstance(slope, np.ndarray)
    assert float(slope) == 4.0 if isinstance(x, float) else slope.tolist() == [4.0]


def test_a_recorded_gradient_does_not_count_twice_either():
    def after(run):
        layer = nn.BatchNorm1d(2)
        x = Tensor(np.arange(6.0).reshape(3, 2), requires_grad=True)
        run(lambda x: layer(x).exp(), x).sum().backward(create_graph=True)
        (x.grad**2).sum().backward()
        return int(layer.num_batches_tracked), layer.running_mean.tolist()

    assert after(checkpoint) == after(lambda f, x: f(x))
