"""An array that was let go comes back as it was: of any row, after assignments, in threads."""

import sys
import threading

import numpy as np
import pytest

import engine
from engine import Tensor, explain
from engine.graph import toposort
from engine.reads import RESULT, numbers_read
from engine.tensors.letting_go import LARGE, is_let_go

SIZE = LARGE + 8


def leaf(seed):
    return Tensor(np.random.default_rng(seed).uniform(0.5, 1.5, SIZE), requires_grad=True)


def made_by(op, root):
    return next(node for node in toposort(root) if node.op is op)


@pytest.fixture
def row():
    """A call that adds a row of the user's, of one input, for this test."""
    added = []

    def add(forward, rule):
        added.append(engine.elementwise("users_row", forward, rule, replace=True))
        return added[-1]

    yield add
    engine.unregister("users_row")


def test_a_row_of_the_users_whose_forward_draws_is_run_once(row):
    rng = np.random.default_rng(0)
    noisy = row(lambda x: x * rng.uniform(0.5, 1.5, x.shape), lambda g, y, x: g * y / x)
    x = leaf(0)
    root = ((noisy(x) + 1.0).tanh() * 2.0).sum()
    root.backward()
    first, x.grad = x.grad, None
    root.backward()
    assert np.array_equal(x.grad, first)


def test_a_row_of_the_users_whose_forward_reads_what_changes_keeps_its_numbers(row):
    scale = [2.0]
    scaled = row(lambda x: x * scale[0], lambda g, y, x: g * 2.0)
    x = leaf(0)
    root = (scaled(x).exp() * 2.0).sum()
    scale[0] = 3.0
    root.backward()
    assert np.array_equal(made_by(scaled, root).data, x.data * 2.0)


@pytest.mark.parametrize("forward", [lambda x: np.sin(x), np.sin])
def test_of_the_users_forwards_only_ufuncs_are_run_again(row, forward):
    wave = row(forward, lambda g, y, x: g * engine.cos(x))
    root = ((wave(leaf(0)) + 1.0).tanh() * 2.0).sum()
    root.backward()
    assert is_let_go(made_by(wave, root)) == (forward is np.sin)


def test_a_rule_that_is_a_method_counts_as_reading_all():
    class Rules:
        def of_a(self, g, y, a, b):
            return g * b

        def of_b(self, g, y, a, b):
            return g * a

    product = engine.core.Op("any", np.multiply, (Rules().of_a, Rules().of_b))
    assert numbers_read(product) == {RESULT, 0, 1}


def test_numbers_are_those_from_before_an_assignment_to_what_they_were_made_of():
    x = leaf(0)
    root = ((x + 1.0).exp() * 2.0).sum()
    root.backward()
    grown = made_by(engine.exp, root)
    (total,) = grown.inputs
    assert is_let_go(total)
    total[0] = 100.0
    assert is_let_go(grown)
    assert np.array_equal(grown.data, np.exp(x.data + 1.0))
    x.grad = None
    root.backward()
    assert np.array_equal(x.grad, 2.0 * np.exp(x.data + 1.0))


def test_what_was_let_go_has_all_methods():
    total = made_by(engine.add, (leaf(0) + 1.0).tanh().sum())
    assert is_let_go(total)
    assert np.array_equal(total.full(3.0), np.full(SIZE, 3.0))


def test_what_was_let_go_is_explained_as_what_was_not():
    x, kept = leaf(0), leaf(0)
    root = ((x + 1.0) * 2.0).tanh().sum()
    total = kept + 1.0
    other = (total * 2.0).tanh().sum()
    other.backward()
    root.backward()
    found = made_by(engine.add, root)
    assert is_let_go(found)
    assert not is_let_go(total)
    assert str(explain(found, root)) == str(explain(total, other))
    assert str(explain(found, root)) == str(explain(found))


def test_threads_may_have_the_arrays_of_one_graph_back_at_once():
    x, w = leaf(0), leaf(1)
    wrong = []

    def work(root, expected):
        try:
            for node in toposort(root):
                np.asarray(node.data)
            (found,) = root.gradients([x])
            if not np.array_equal(found, expected):
                wrong.append(found)
        except Exception as error:
            wrong.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(15):
            root = (((x * w + 0.5).tanh() * 2.0).exp() - w).relu().sum()
            x.zero_grad()
            root.backward()
            threads = [threading.Thread(target=work, args=(root, x.grad)) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []
