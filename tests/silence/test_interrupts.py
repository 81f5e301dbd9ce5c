"""Ctrl-C at every line of the engine: what a block or a pass has begun is undone, or finished."""

import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

import engine
import nn
import viz
from engine import Restoring, Value, enable_grad, insist, is_grad_enabled, nan_trace, no_grad
from engine.differentiating import RUNNING
from engine.recording import ATTENTION, RECORDING, watch

PACKAGES = tuple(str(Path(package.__file__).parent) for package in (engine, nn, viz))


def interrupted_at_every_line(program, check, files=PACKAGES):
    """Run `program` again and again, with KeyboardInterrupt at its 1st, 2nd, … line in `files`.

    After each run `check(interrupted)` looks at what it left; the number of runs is returned.
    """
    runs = 0
    while True:
        runs += 1
        left = runs

        def at_line(frame, event, _argument):
            nonlocal left
            if not frame.f_code.co_filename.startswith(files):
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    raise KeyboardInterrupt(f"{frame.f_code.co_filename}:{frame.f_lineno}")
            return at_line

        before = sys.gettrace()
        sys.settrace(at_line)
        try:
            program()
        except KeyboardInterrupt as interrupt:
            sys.settrace(before)
            check(interrupt)
        else:
            sys.settrace(before)
            check(None)
            return runs
        finally:
            sys.settrace(before)


@pytest.fixture(autouse=True)
def nothing_is_left():
    """Every test leaves the engine as it found it."""
    yield
    assert as_at_the_start(None) is None


def as_at_the_start(interrupt):
    """Recording is on, nobody watches, NumPy warns, no derivative is being taken."""
    __tracebackhide__ = True
    assert is_grad_enabled(), interrupt
    assert RECORDING.watcher is None, interrupt
    assert not ATTENTION.threads, interrupt
    assert RUNNING.derivatives == (), interrupt
    assert np.geterr()["over"] == "warn", interrupt


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


# --- what a block is made of ---


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


@pytest.mark.parametrize("method", ["saved", "change"])
def test_a_block_of_one_s_own_must_say_what_it_does(method):
    class Own(Restoring):
        pass

    with pytest.raises(NotImplementedError):
        getattr(Own(), method)()
    with pytest.raises(NotImplementedError):
        Own().restore(None)


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
