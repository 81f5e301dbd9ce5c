"""While a compiled function is traced: what is drawn, changed, and put off until after calls."""

import inspect
import operator
import random
import threading

import numpy as np
import pytest

import engine
import nn
from engine import Tensor
from engine.compilation import tracer
from engine.symbols import LastingTrace, Symbol, Tracing


@pytest.fixture
def trace():
    trace = LastingTrace()
    with Tracing(trace):
        yield trace


def leaf(numbers):
    return Tensor(numbers, requires_grad=True)


# --- drawn anew ---

DRAWS = {
    "rand": lambda **g: engine.rand(2, 3, **g),
    "rand float32": lambda **g: engine.rand(2, 3, dtype=np.float32, **g),
    "randn": lambda **g: engine.randn((2, 3), **g),
    "rand_like": lambda **g: engine.rand_like(np.zeros(3), **g),
    "randn_like": lambda **g: engine.randn_like(np.zeros(3, np.float32), **g),
    "randint": lambda **g: engine.randint(0, 9, (4,), **g),
    "randperm": lambda **g: engine.randperm(5, **g),
    "bernoulli": lambda **g: engine.bernoulli(np.full(5, 0.5), **g),
    "normal": lambda **g: engine.normal(1.0, 2.0, (3,), **g),
    "multinomial": lambda **g: engine.multinomial(np.ones(4), 3, **g),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_what_is_drawn_is_drawn_at_each_call_and_nothing_is_used_up_while_tracing(draw):
    rng = np.random.default_rng(3)
    trace = LastingTrace()
    with Tracing(trace):
        y = draw(generator=rng)
    assert type(y) is Symbol
    again = np.random.default_rng(3)
    for _ in range(2):
        expected = draw(generator=again)
        found = trace.draws[0]()
        assert found.dtype == expected.dtype
        assert np.array_equal(found, expected.data)


def test_a_leaf_that_is_drawn_in_a_compiled_function_is_refused(trace):
    with pytest.raises(TypeError, match=r"drawn anew at each call.*draw it outside"):
        engine.rand(2, requires_grad=True)


@pytest.mark.parametrize(
    "draw",
    [
        engine.bernoulli,
        lambda x: engine.normal(x, 1.0),
        lambda x: engine.normal(np.zeros(2), x),
        lambda x: engine.multinomial(x, 1),
    ],
)
def test_probabilities_that_are_computed_in_a_compiled_function_are_refused(trace, draw):
    for x in (trace.input(np.full(2, 0.5), "p", requires=False), Tensor([0.5, 0.5])):
        with pytest.raises(TypeError, match=r"of an array in a compiled function.*: use"):
            draw(x)


# --- put off until after each call ---


def test_the_parts_of_a_step_are_done_in_order_after_the_call():
    model = nn.Linear(2, 1, rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.5)
    schedules = [
        nn.StepLR(optimizer, 1, gamma=0.1),
        nn.optim.ChainedScheduler([nn.ExponentialLR(optimizer, 0.5)]),
    ]
    before = model.weight.data.copy()
    trace = LastingTrace()
    with Tracing(trace):
        optimizer.zero_grad()
        model.zero_grad(set_to_none=False)
        nn.utils.clip_grad_value_(model.parameters(), 0.25)
        assert nn.utils.clip_grad_norm_(model.parameters(), 0.25) is not None
        assert optimizer.step() is None
        for schedule in schedules:
            assert schedule.step() is None
    model(np.ones((1, 2))).sum().backward()
    assert model.weight.grad.tolist() == [[1.0, 1.0]]
    assert optimizer.param_groups[0]["lr"] == 0.5
    zero_grad, zeros, clip_value, clip_norm, step, *steps = trace.actions
    clip_value()
    assert model.weight.grad.tolist() == [[0.25, 0.25]]
    clip_norm()
    kept = model.weight.grad.copy()
    assert kept == pytest.approx(0.25 / np.sqrt(3), rel=1e-5)
    step()
    assert np.array_equal(model.weight.data, before - 0.5 * kept)
    for one in steps:
        one()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.025)
    zeros()
    assert model.weight.grad.tolist() == [[0.0, 0.0]]
    zero_grad()
    assert model.weight.grad is None


def test_a_schedule_that_is_stepped_to_an_epoch_is_stepped_there_after_the_call():
    optimizer = nn.SGD([leaf([1.0])], lr=1.0)
    schedule = nn.CosineAnnealingWarmRestarts(optimizer, 4)
    trace = LastingTrace()
    with Tracing(trace):
        schedule.step(2)
    assert optimizer.param_groups[0]["lr"] == 1.0
    trace.actions[0]()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.5)


def test_a_step_with_a_closure_is_refused(trace):
    for kind in (nn.SGD, nn.LBFGS):
        optimizer = kind([leaf([1.0])])
        with pytest.raises(TypeError, match=r"step\(closure\) in a compiled function.*: compile"):
            optimizer.step(lambda: 1.0)


def test_a_schedule_that_looks_at_a_number_is_refused(trace):
    schedule = nn.ReduceLROnPlateau(nn.SGD([leaf([1.0])]))
    with pytest.raises(TypeError, match="there after the call: step it then"):
        schedule.step(trace.input(1.0, "loss"))


def test_the_result_of_what_is_put_off_refuses_to_be_used(trace):
    norm = nn.clip_grad_norm_([leaf([1.0])], 1.0)
    for use in (
        float,
        bool,
        str,
        lambda x: x + 1,
        lambda x: 1 / x,
        lambda x: x > 2,
        lambda x: x == x,
        lambda x: f"{x:.3f}",
        lambda x: x.item(),
        lambda x: np.asarray(x),
        lambda x: np.float64(2.0) * x,
        operator.neg,
        round,
        list,
    ):
        with pytest.raises(TypeError, match=r"clip_grad_norm_\(\) is done after each call"):
            use(norm)


def test_what_is_no_parameter_is_refused_at_once(trace):
    for clip in (nn.clip_grad_norm_, nn.clip_grad_value_):
        for wrong in (3, [1.0]):
            with pytest.raises(TypeError, match="params must be"):
                clip(wrong, 1.0)
    assert trace.actions == []


def test_an_op_after_the_step_may_not_read_what_the_step_changes(trace):
    w, other = leaf([1.0]), leaf([2.0])
    x = trace.input(np.ones(1), "x", requires=False)
    early = x * w
    nn.SGD([w]).step()
    assert type(x * other) is Symbol
    assert type(early * 2) is Symbol
    with pytest.raises(TypeError, match=r"after SGD.step\(\) in a compiled function"):
        x * w


def test_hooks_of_modules_are_refused(trace):
    for register in ("forward_hook", "forward_pre_hook", "full_backward_hook"):
        model = nn.Linear(2, 1)
        getattr(model, f"register_{register}")(lambda *_: None)
        with pytest.raises(TypeError, match="hooks of a Linear in a compiled function"):
            model(np.ones((1, 2)))


# --- buffers ---


def test_a_buffer_that_was_assigned_reads_as_what_it_becomes(trace):
    array = np.zeros(2, np.float32)
    first = trace.hold(array)
    trace.assign(array, first + np.ones(2))
    second = trace.hold(array)
    assert second is not first
    assert second.dtype == np.float32
    assert second.inputs[0].op.name == "add"


def test_running_statistics_that_are_tensors_are_refused(trace):
    x = trace.input(np.ones((2, 1)), "x")
    with pytest.raises(TypeError, match="must be an array that it reads from outside"):
        nn.functional.batch_norm(x, engine.zeros(1), engine.ones(1), training=True)


def test_arrays_say_that_they_have_numbers_without_a_search_for_the_attribute():
    for kind in (type(Tensor([1.0]).data), engine.ValueArray):
        assert inspect.getattr_static(kind, "has_numbers") is True


def test_a_program_reads_leaves_while_something_else_was_assigned_to():
    w = Tensor([1.0, 2.0], requires_grad=True)
    assigned = w * 1.0
    assigned[0] = 3.0 * w[1]
    f = engine.compile(lambda x: (x * w).sum())
    assert f(np.ones(2)).item() == 3.0
    f(np.ones(2)).backward()
    assert w.grad.tolist() == [1.0, 1.0]


# --- drawn by others ---


def draw_meanwhile(monkeypatch, times):
    """Another thread draws while a function is traced: at the first so many runs of it."""
    run_once, runs = tracer.run_once, []

    def meanwhile(*args):
        runs.append(args)
        if len(runs) <= times:
            thread = threading.Thread(target=random.random)
            thread.start()
            thread.join()
        return run_once(*args)

    monkeypatch.setattr(tracer, "run_once", meanwhile)
    return runs


def test_what_another_thread_draws_while_a_function_is_traced_is_not_its_own(monkeypatch):
    """Threads of a Dask worker draw from `random`: now and then a function was refused for it."""
    runs = draw_meanwhile(monkeypatch, times=1)

    assert engine.compile(lambda x: 2 * x)(1.5) == 3.0
    assert len(runs) == 4  # twice, and once more twice


def test_a_function_that_seeds_what_it_draws_from_is_refused_at_every_attempt():
    def seeded(x):
        random.seed(0)
        return x * (random.random() > 2)

    state = random.getstate()

    with pytest.raises(TypeError, match="draws from random, or seeds it"):
        engine.compile(seeded)(np.ones(3))
    assert random.getstate() == state
