"""Ctrl-C while a graph lets its arrays go, or has them back: the next pass is right."""

import numpy as np
from interrupting import PACKAGES, as_at_the_start, interrupted_at_every_line

from engine import Tensor
from engine.graph import toposort
from engine.tensors import letting_go

FILES = tuple(f"{package}/tensors/{name}.py" for package in PACKAGES[:1] for name in (
    "letting_go", "outline",
))  # fmt: skip


def a_leaf(seed):
    rng = np.random.default_rng(seed)
    return Tensor(rng.uniform(0.5, 1.5, letting_go.LARGE + 1), requires_grad=True)


def test_a_graph_is_right_after_an_interrupted_pass_forward_or_backward():
    x, w = a_leaf(0), a_leaf(1)
    made = []

    def forward():
        return ((x * w + 0.5).tanh().exp() - w).relu().sum()

    def program():
        made[:] = [forward()]
        made[0].backward()
        made[0].backward()  # all comes back, and goes again

    def check(interrupt):
        as_at_the_start(interrupt)
        root = made.pop() if made else forward()
        x.zero_grad()
        w.zero_grad()
        root.backward()
        for got, expected in ((x.grad, of_x), (w.grad, of_w)):
            assert np.array_equal(got, expected), interrupt

    forward().backward()
    of_x, of_w = x.grad.copy(), w.grad.copy()
    assert interrupted_at_every_line(program, check, FILES) > 200


def test_numbers_are_right_after_an_interrupted_return():
    x = a_leaf(0)
    expected = np.tanh(x.data + 1.0) * 2.0
    root = ((x + 1.0).tanh() * 2.0 + 1.0).sum()
    product = next(n for n in toposort(root) if n.op and n.op.name == "mul")

    def program():
        root.backward()
        assert np.array_equal(product.data, expected)

    def check(interrupt):
        as_at_the_start(interrupt)
        assert np.array_equal(product.data, expected), interrupt

    assert interrupted_at_every_line(program, check, FILES) > 50
