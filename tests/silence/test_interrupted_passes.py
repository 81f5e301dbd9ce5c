"""Ctrl-C at every line of a backward pass: all gradients are added, or none."""

import random

import numpy as np
import pytest
from interrupting import as_at_the_start, interrupted_at_every_line

import engine
import nn
from engine import NonFiniteError, Value, nan_trace
from engine.commits import set_gradients
from engine.looking import BackwardPass
from engine.values import backward as values_backward


@pytest.fixture(autouse=True)
def nothing_is_left():
    """Every test leaves the engine as it found it."""
    yield
    assert as_at_the_start(None) is None


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


def test_gradients_that_are_being_added_are_all_added(monkeypatch):
    w, b = Value(3.0), Value(1.0)
    y = w * 2.0 + b
    add, left = values_backward._add, [1]

    def interrupted(order):
        if left:
            left.pop()
            add(order[:1])
            raise KeyboardInterrupt
        add(order)

    monkeypatch.setattr(values_backward, "_add", interrupted)
    with pytest.raises(KeyboardInterrupt):
        y.backward()
    assert (w.grad, b.grad, y.grad) == (2.0, 1.0, 1.0)


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
