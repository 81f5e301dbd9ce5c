"""Ctrl-C at every line of the engine: what a block or a pass has begun is undone, or finished."""

import random
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

import engine
import nn
import viz
from engine import (
    NonFiniteError,
    Restoring,
    Value,
    enable_grad,
    insist,
    is_grad_enabled,
    nan_trace,
    no_grad,
)
from engine.commits import GRADIENTS, set_gradients
from engine.differentiating import RUNNING
from engine.looking import BackwardPass
from engine.recording import ATTENTION, RECORDING, watch
from engine.values import backward as values_backward

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
    """Recording is on, nobody watches, NumPy warns, no derivative is being taken, no lock held."""
    __tracebackhide__ = True
    assert is_grad_enabled(), interrupt
    assert RECORDING.watcher is None, interrupt
    assert not ATTENTION.threads, interrupt
    assert RUNNING.derivatives == (), interrupt
    assert np.geterr()["over"] == "warn", interrupt
    with ThreadPoolExecutor(1) as other:
        assert other.submit(GRADIENTS.acquire, timeout=1.0).result(), interrupt
        other.submit(GRADIENTS.release)


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


# --- backward passes ---


def of_values():
    w, b, x = Value(3.0), Value(-0.5), Value(2.0)
    return ((w * 0.3 + b).relu() * engine.where(x > 0.0, w, x) / x).tanh()


def of_neurons():
    return nn.scalar.MLP(2, [2, 1], rng=random.Random(0))([1.0, 2.0]) * 2.0


def of_tensors():
    w, b = (engine.Tensor(x, requires_grad=True) for x in ([[1.0, 2.0], [3.0, 4.0]], [1.0, 1.0]))
    return ((w @ b + b) * b[0]).tanh().sum()


def plain(root):
    root.backward()


def with_a_graph(root):
    root.backward(create_graph=True)


def into_leaves_only(root):
    root.backward(retain_grads=False)


def into_results_too(root):
    root.backward(retain_grads=True)


def step_by_step(root):
    one = BackwardPass(root)
    for node in reversed(one.order):
        one.advance(node)
    one.commit()


def gradients(root):
    """The gradients of all nodes as plain numbers; None where there is none."""
    return [
        None if node._grad is None else engine.to_numpy(node.grad).tolist()
        for node in engine.toposort(root)
    ]


@pytest.mark.parametrize("make", [of_values, of_neurons, of_tensors])
@pytest.mark.parametrize(
    "backward", [plain, with_a_graph, into_leaves_only, into_results_too, step_by_step]
)
@pytest.mark.parametrize("passes_before", [0, 1])
def test_an_interrupted_pass_adds_all_gradients_or_none(make, backward, passes_before):
    root = make()

    def begin():
        for node in engine.toposort(root):
            node.zero_grad()
        for _ in range(passes_before):
            backward(root)
        return gradients(root)

    def check(interrupt):
        as_at_the_start(interrupt)
        assert gradients(root) in (before, after), interrupt
        assert begin() == before, interrupt  # a pass that comes later is right
        backward(root)
        assert gradients(root) == after, interrupt
        begin()

    before = begin()
    backward(root)
    after = gradients(root)
    assert before != after
    begin()
    assert interrupted_at_every_line(lambda: backward(root), check) > 30


@pytest.mark.parametrize("make", [of_values, of_tensors])
def test_an_interrupted_look_at_gradients_leaves_nothing(make):
    root = make()
    leaves = [node for node in engine.toposort(root) if node.op is None]
    expected = [np.asarray(g).tolist() for g in root.gradients(leaves)]

    def check(interrupt):
        assert [np.asarray(g).tolist() for g in root.gradients(leaves)] == expected, interrupt

    assert interrupted_at_every_line(lambda: root.gradients(leaves), check) > 30


def test_what_clears_up_after_an_interrupt_may_be_interrupted_too(monkeypatch):
    w = Value(3.0)
    y = w * w + w * 2.0
    clear, left = values_backward._clear, [3]

    def propagate(order):
        raise KeyboardInterrupt

    def half_clear(order):
        clear(order[:1])
        left[0] -= 1
        if left[0]:
            raise KeyboardInterrupt
        clear(order)

    with monkeypatch.context() as patched:
        patched.setattr(values_backward, "_propagate", propagate)
        patched.setattr(values_backward, "_clear", half_clear)
        with pytest.raises(KeyboardInterrupt):
            y.backward()
    assert left == [0]
    y.backward()
    assert w.grad == 8.0


def test_gradients_that_are_being_set_are_all_set():
    class Stubborn:
        """A node that is interrupted when its gradient is set, twice."""

        left = 2

        def __setattr__(self, name, gradient):
            self.__dict__[name] = gradient
            if type(self).left:
                type(self).left -= 1
                raise KeyboardInterrupt

    nodes = [Value(1.0), Stubborn(), Value(2.0)]
    found = dict(zip(nodes, [10.0, 20.0, 30.0], strict=True))
    with pytest.raises(KeyboardInterrupt):
        set_gradients(nodes, found)
    assert [node._grad for node in nodes] == [10.0, 20.0, 30.0]


def test_after_an_error_in_the_sum_of_gradients_the_next_pass_is_right():
    x = Value(1.0)
    y = x * 1e308
    y.backward(create_graph=True)
    with pytest.raises(NonFiniteError), nan_trace():
        y.backward()  # the sum is an op on a gradient that is a Value
    assert [node._adjoint for node in (x, y)] == [None, None]
    x.zero_grad()
    y.backward()
    assert x.grad == 1e308


def test_a_rule_may_take_a_derivative_itself_and_be_interrupted(own_ops):
    squared = engine.elementwise(
        "squared", lambda x: x * x, lambda g, y, x: g * engine.grad(lambda z: z * z)(x)
    )
    w = Value(3.0)
    y = squared(w) * w

    def check(interrupt):
        assert w.grad in (0.0, 27.0), interrupt
        w.zero_grad()
        y.backward()
        assert w.grad == 27.0, interrupt
        w.zero_grad()

    assert interrupted_at_every_line(y.backward, check) > 100
