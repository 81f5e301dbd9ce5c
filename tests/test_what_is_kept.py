"""`engine.memory` and its picture: bytes by op, held to what tracemalloc and NumPy say."""

import gc
import tracemalloc

import numpy as np
import pytest
from figures import drawn, figures_are_closed, labels_of  # noqa: F401 - a fixture

import engine
import nn
from engine import Tensor, Value, memory, no_grad
from engine.looking import Kept, in_bytes
from viz import plots

MIB = 2**20


def leaf(size, dtype=float):
    return Tensor(np.linspace(0.5, 1.0, size).astype(dtype), requires_grad=True)


def row(found, name):
    (one,) = [r for r in found.rows if r.name == name]
    return one


def traced(make):
    """What `make` returns, and the bytes that are there afterwards and were not before."""
    make()  # what is written on first use
    gc.collect()
    tracemalloc.start()
    result = make()
    gc.collect()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return result, size


# --- the counts ---


def test_each_op_has_the_bytes_of_its_results():
    x = leaf(100)
    found = memory(((x * x).exp() + x.exp()).sum())
    assert row(found, "exp") == Kept("exp", 2, 2 * x.data.nbytes)
    assert row(found, "mul") == Kept("mul", 1, 800)
    assert row(found, "sum") == Kept("sum", 1, 8)
    assert found.leaves == Kept("leaves", 1, 800)
    assert found.total == Kept("total", 6, 4 * 800 + 8 + 800)
    assert found.intermediate == 4 * 800 + 8


def test_the_op_that_keeps_most_comes_first():
    x = leaf(100)
    assert [r.name for r in memory((x.exp().exp() * 2.0).sum()).ops] == ["exp", "mul", "sum"]


def test_a_view_has_no_bytes_of_its_own():
    found = memory((leaf(100) * 2.0).reshape(10, 10).T.sum())
    assert (row(found, "reshape").kept, row(found, "transpose").kept) == (0, 0)
    assert found.total.kept == 800 + 800 + 8


def test_constants_indices_and_inputs_without_gradient_are_apart():
    x, mask = leaf(100), np.ones(100)
    found = memory(x[np.arange(10)].sum() + (x * mask).sum() + Tensor([1.0, 2.0]).sum())
    assert found.constants == Kept("constants", 1, mask.nbytes + np.arange(10).nbytes + 8)


def test_gradients_are_counted_apart():
    x = leaf(100)
    y = x.exp()
    y.sum().backward(retain_grads=True)
    found = memory(y)
    assert (row(found, "exp").gradients, found.leaves.gradients) == (800, 800)
    assert found.total.kept == 1600
    z = (x * x).sum()
    x.zero_grad()
    z.backward(create_graph=True)
    assert memory(z).leaves.gradients == 800


def test_the_array_of_a_leaf_that_was_changed_is_still_kept():
    x = leaf(100)
    y = x.exp()
    with no_grad():
        x *= 2.0
    assert memory(y).constants.kept == 800


def test_what_was_let_go_counts_as_that():
    root = ((leaf(100_000) + 1.0).tanh() * 2.0).sum()
    found = memory(root)
    assert row(found, "add") == Kept("add", 1, 0, 0, 800_000)
    assert found.total.let_go >= 800_000
    root.inputs[0].inputs[0].inputs[0].numpy()
    assert row(memory(root), "add") == Kept("add", 1, 800_000)


def test_to_ask_brings_nothing_back():
    root = ((leaf(100_000) + 1.0).tanh() * 2.0).sum()
    assert memory(root) == memory(root)
    assert row(memory(root), "add").kept == 0


def test_a_graph_of_tensors_has_the_bytes_that_tracemalloc_sees():
    model = nn.MLP([64, 128, 128, 10], rng=0)
    x = np.random.default_rng(0).normal(size=(500, 64))
    root, size = traced(lambda: (model(x) ** 2).mean())
    found = memory(root)
    assert found.intermediate + found.constants.kept == pytest.approx(size, rel=0.02)
    assert found.leaves.kept == sum(p.data.nbytes for p in model.parameters())


def test_a_graph_of_values_has_the_bytes_that_tracemalloc_sees():
    x = Value(0.5)

    def make():
        y = x
        for _ in range(5_000):
            y = (y * 1.01).tanh() + x
        return y

    root, size = traced(make)
    assert memory(root).intermediate == pytest.approx(size, rel=0.02)
    root.backward()
    assert memory(root).total.gradients == 24 * (memory(root).total.nodes)


@pytest.mark.parametrize("root", [1.0, np.ones(3), [Value(1.0)], engine.array_of([Value(1.0)])])
def test_what_is_no_result_of_a_graph_is_refused(root):
    with pytest.raises(TypeError, match=r"memory\(\) takes a Value or a Tensor, the result of a"):
        memory(root)


# --- how it is shown ---


def test_as_text_it_is_a_table_without_empty_columns():
    x = leaf(100_000)
    root = ((x + 1.0).tanh() * 2.0).sum()
    text = repr(memory(root)).splitlines()
    assert text[0].split() == ["nodes", "kept", "let", "go"]
    assert text[-1].split()[:2] == ["total", "5"]
    assert "gradients" not in text[0]


def test_in_a_notebook_it_is_a_table_with_names_escaped():
    op = engine.elementwise("kept_row", np.exp, lambda g, y, x: g * y, symbol="<b>")
    try:
        found = memory(op(leaf(100)))
        page = found._repr_html_()
    finally:
        engine.core.unregister("kept_row")
    assert "kept_row" in page
    assert "let go" not in page  # nothing was: there is no such column here, either
    assert page.count("<tr") == 1 + len(found.rows)
    assert "<b>" not in page
    assert "a graph of 2 nodes keeps 1.56 KiB" in page


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1000 * MIB, "1,000 MiB"), (2**31, "2 GiB")],
)
def test_bytes_have_three_digits_and_a_unit(count, text):
    assert in_bytes(count) == text


def test_a_bar_is_as_long_as_what_is_kept():
    root = ((leaf(100_000) + 1.0).tanh() * 2.0).sum()
    found = memory(root)
    ax = drawn(plots.memory(root))
    assert ax.get_xlabel() == "KiB"
    bars = [(c.get_label(), [b.get_width() for b in c]) for c in ax.containers]
    *rows, _ = found.rows
    assert bars[0] == ("kept", [r.kept / 1024 for r in rows if r.kept])
    assert bars[1] == ("let go", [r.let_go / 1024 for r in rows if r.let_go])
    assert [t.get_text() for t in ax.get_yticklabels()][:2] == ["tanh × 1", "mul × 1"]
    assert ax.yaxis_inverted()
    assert labels_of(ax) == ["kept", "let go"]


def test_the_longest_bar_ends_within_the_axes_and_its_text_too():
    """A part of length 0 at the end of the longest bar took the margin away."""
    ax = drawn(plots.memory(((leaf(100_000) + 1.0).tanh() * 2.0).sum()))
    left, right = ax.get_xlim()
    assert left == 0
    assert right > 1.2 * max(bar.get_x() + bar.get_width() for bar in ax.patches)
    edge = ax.get_window_extent().x1
    assert all(text.get_window_extent().x1 <= edge for text in ax.texts)


def test_of_many_ops_those_that_keep_least_are_left_out_and_that_is_said():
    x = leaf(100)
    names = "exp log sin cos tanh sinh cosh arctan square sqrt cbrt expm1 log1p erf sigmoid"
    total = sum((getattr(engine, name)(x).sum() for name in names.split()), 0.0)
    ax = plots.memory(memory(total))
    assert len(ax.get_yticklabels()) == 15
    assert "3 more lines, 1.02 KiB, are left out" in ax.get_title()
