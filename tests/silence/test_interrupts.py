"""Ctrl-C at every line: what a block has set is put back."""

import re
import signal
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from interrupting import as_at_the_start, interrupted_at_every_line

import engine
import nn
import viz
from engine import Restoring, Value, enable_grad, insist, is_grad_enabled, nan_trace, no_grad
from engine.recording import watch
from nn.optim import optimizer as optimizer_module

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def nothing_is_left():
    """Every test leaves the engine as it found it."""
    yield
    assert as_at_the_start(None) is None


# --- blocks ---


def test_recording_is_on_again_after_an_interrupted_block():
    def program():
        with no_grad():
            with enable_grad(), no_grad():
                Value(2.0) * 3.0
            assert not is_grad_enabled()

    assert interrupted_at_every_line(program, as_at_the_start) > 20


def test_recording_is_on_again_after_an_interrupted_function():
    @no_grad
    def program():
        return Value(2.0) * 3.0

    assert interrupted_at_every_line(program, as_at_the_start) > 20


def test_recording_is_on_again_after_an_interrupted_generator():
    @no_grad()
    def steps():
        given = yield is_grad_enabled()
        yield given

    def program():
        generator = steps()
        assert next(generator) is False
        assert is_grad_enabled()
        assert generator.send(3) == 3
        generator.close()

    assert interrupted_at_every_line(program, as_at_the_start) > 20


def test_an_interrupt_in_the_line_of_the_with_statement_ends_the_block():
    def program():
        with no_grad():
            Value(2.0) * 3.0

    assert interrupted_at_every_line(program, as_at_the_start, (__file__,)) > 3


def test_no_watcher_stays_after_an_interrupted_nan_trace():
    def program():
        with nan_trace() as tracer, nan_trace(), tracer:
            Value(2.0) * 3.0

    assert interrupted_at_every_line(program, as_at_the_start) > 60


def test_no_derivative_is_being_taken_after_an_interrupted_one():
    def program():
        assert engine.grad(engine.grad(lambda x: x**3))(2.0) == 12.0

    assert interrupted_at_every_line(program, as_at_the_start) > 200


def test_a_model_is_no_longer_traced_after_an_interrupt():
    model = nn.Sequential(nn.Linear(1, 1, rng=0), nn.Tanh())

    def program():
        with viz.trace(model), viz.trace(model):
            pass

    def check(interrupt):
        as_at_the_start(interrupt)
        assert not any("forward" in vars(module) for module in model.modules()), interrupt

    assert interrupted_at_every_line(program, check) > 60


def test_a_trace_inside_one_of_the_same_model_leaves_the_outer_one_at_work():
    model = nn.Linear(1, 1, rng=0)
    with viz.trace(model) as outer:
        with viz.trace(model):
            pass
        y = model([1.0])
    assert outer.path(y) == ("Linear",)


def mixed_modes():
    model = nn.Sequential(nn.Dropout(0.5, rng=0), nn.Linear(2, 1, rng=0), nn.Dropout(0.5, rng=0))
    model[2].eval()
    return model


def still_mixed(model):
    def check(interrupt):
        as_at_the_start(interrupt)
        assert [module.training for module in model.modules()] == [True, True, True, False], (
            interrupt
        )
        assert not any(module._hooks for module in model.modules()), interrupt

    return check


def test_a_model_is_in_the_mode_it_was_in_after_an_interrupted_evaluation():
    model = mixed_modes()
    data = nn.DataLoader((np.ones((4, 2)), np.ones((4, 1))), batch_size=2)

    def program():
        nn.evaluate(model, nn.MSELoss(), data)

    assert interrupted_at_every_line(program, still_mixed(model)) > 300


def test_no_hook_stays_after_an_interrupted_summary():
    model = mixed_modes()
    assert (
        interrupted_at_every_line(lambda: nn.summary(model, [1.0, 2.0]), still_mixed(model)) > 300
    )


def test_no_hook_stays_after_an_interrupted_block():
    model = mixed_modes()

    def program():
        with nn.Hooked((module, lambda *_: None) for module in model.modules()):
            assert all(module._hooks for module in model.modules())

    assert interrupted_at_every_line(program, still_mixed(model)) > 30


def test_ctrl_c_is_as_it_was_after_an_interrupted_fit():
    model = nn.Linear(1, 1, rng=0)
    data = nn.DataLoader((np.ones((2, 1)), np.ones((2, 1))), batch_size=2)
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    before = signal.getsignal(signal.SIGINT)  # ignored, where the suite runs in the background

    def check(interrupt):
        as_at_the_start(interrupt)
        assert signal.getsignal(signal.SIGINT) is before, interrupt

    def program():
        nn.fit(model, nn.MSELoss(), optimizer, data, progress=False)

    assert interrupted_at_every_line(program, check) > 300


@pytest.mark.parametrize("kind", ["history", "handle"])
def test_what_a_block_closes_is_closed_whatever_interrupts(kind):
    model = nn.Linear(1, 1, rng=0)
    begun = []

    def program():
        begun.clear()
        block = viz.History(model) if kind == "history" else model.register_forward_hook(print)
        with block:
            begun.append(block)

    def check(interrupt):
        if kind == "history" and begun:
            assert begun[0]._closed, interrupt
        if kind == "handle" and begun:
            assert not model._hooks, interrupt
        model._hooks.clear()  # of a run that was interrupted before the block

    assert interrupted_at_every_line(program, check) > 20


# --- what is loaded ---


@pytest.mark.parametrize("kind", ["model", "optimizer"])
def test_an_interrupted_load_has_loaded_all_or_nothing(kind):
    model = nn.MLP([2, 3, 1], rng=0)
    optimizer = nn.Adam(model.parameters(), lr=0.1)
    loaded = model if kind == "model" else optimizer
    states = []
    for _ in range(2):
        (model([[1.0, 2.0]]) ** 2).sum().backward()
        optimizer.step()
        states.append(loaded.state_dict())
    before, after = (str(state) for state in states)

    def check(interrupt):
        assert str(loaded.state_dict()) in (before, after), interrupt
        loaded.load_state_dict(states[0])

    check(None)
    assert interrupted_at_every_line(lambda: loaded.load_state_dict(states[1]), check) > 200


def test_an_optimizer_that_is_interrupted_while_it_loads_has_loaded_all(monkeypatch):
    w = Value(1.0)
    optimizers = [nn.SGD([w], lr=0.5), nn.SGD([w], lr=0.25)]
    slots, left = optimizer_module.with_state, [1]

    def interrupted(*args):
        if left:
            left.pop()
            raise KeyboardInterrupt
        return slots(*args)

    monkeypatch.setattr(optimizer_module, "with_state", interrupted)
    with pytest.raises(KeyboardInterrupt):
        optimizers[0].load_state_dict(optimizers[1].state_dict())
    assert optimizers[0].param_groups[0]["lr"] == 0.25
    assert optimizers[0].state_dict() == optimizers[1].state_dict()


# --- what a block is made of ---


def test_every_context_manager_is_a_restoring():
    """Another's `__exit__` could be interrupted at its first step, and what it has set stay set."""
    written = {
        str(path.relative_to(ROOT))
        for package in ("engine", "nn", "viz", "notebooks")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"def __enter__|^@contextmanager", path.read_text(encoding="utf-8"), re.M)
    }
    sets_nothing = str(Path("engine/files/whole_files.py"))
    assert written == {str(Path("engine/restoring.py")), sets_nothing}


class Lamp(Restoring):
    """A block with a light on."""

    lit = False

    def saved(self):
        return self.lit

    def change(self):
        self.lit = True

    def restore(self, saved):
        self.lit = saved


def test_a_block_can_be_entered_and_left_by_hand():
    lamp = Lamp()
    assert lamp.__enter__() is lamp
    assert lamp.lit
    lamp.__exit__(None, None, None)
    assert not lamp.lit
    with ExitStack() as stack:
        stack.enter_context(lamp)
        assert lamp.lit
    assert not lamp.lit


def test_a_block_that_cannot_begin_leaves_nothing_behind():
    class Broken(Lamp):
        def change(self):
            super().change()
            raise ValueError("no current")

    lamp = Broken()
    with pytest.raises(ValueError, match="no current"), lamp:
        pass
    assert not lamp.lit


def test_looking_at_how_a_block_is_left_does_not_leave_it():
    lamp = Lamp()
    with lamp:
        assert callable(lamp.__exit__)
        assert lamp.lit
    assert not lamp.lit


def test_a_block_of_one_s_own_must_say_how_it_ends():
    with pytest.raises(NotImplementedError, match=r"Restoring must define restore\(\)"):
        Restoring().restore(None)


def test_what_must_be_done_is_done_again_after_each_interrupt():
    done = []

    def action(x):
        done.append(x)
        if len(done) < 4:
            raise KeyboardInterrupt

    insist(action, 1)
    assert done == [1, 1, 1, 1]


def test_what_fails_is_not_tried_again():
    with pytest.raises(ZeroDivisionError):
        insist(lambda: 1 / 0)


def test_a_watcher_is_returned_when_the_next_one_comes():
    first, second = object(), object()
    assert watch(first) is None
    assert watch(second) is first
    assert watch(None) is second
