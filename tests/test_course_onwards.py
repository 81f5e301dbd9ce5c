"""PyTorch's graph as notebook 12 draws it, of nodes that stand in for it; a picture of a file."""

import numpy as np
import pytest
from matplotlib import pyplot

from engine.files import storage
from notebooks import lesson_18 as onwards
from notebooks.checks_18 import packed
from notebooks.lesson_18 import backward_nodes, draw_backward_nodes, missing, plot_file


class Node:
    """What is read of a node of PyTorch's."""

    def __init__(self, name, *before, **attributes):
        self._name, self.next_functions = name, tuple((node, 0) for node in before)
        vars(self).update(attributes)

    def name(self):
        return self._name


class Result:
    def __init__(self, grad_fn):
        self.grad_fn = grad_fn


def graph():
    """(w @ x) * relu(w @ x), where x needs no gradient."""
    weight = np.zeros((2, 3))
    leaf = Node("torch::autograd::AccumulateGrad", variable=weight)
    product = Node("MmBackward0", leaf, None, _saved_mat2=np.zeros((3, 1)), _saved_mat1=None)
    relu = Node("ReluBackward0", product, _saved_result=np.zeros((2, 1)), _saved_scale=2)
    root = Node("MulBackward0", product, relu, _saved_other=np.zeros(()))
    return weight, [leaf, product, relu, root]


def test_every_node_comes_once_and_after_those_before_it():
    _, order = graph()
    assert backward_nodes(Result(order[-1])) == order


def test_a_long_chain_needs_no_recursion():
    node = None
    for _ in range(20_000):
        node = Node("NegBackward0", node)
    assert len(backward_nodes(Result(node))) == 20_000


def test_the_picture_names_leaves_and_says_what_each_node_keeps():
    weight, order = graph()
    dot = draw_backward_nodes(Result(order[-1]), {"b": np.zeros(1), "w": weight}, "TB").dot
    assert "rankdir=TB" in dot
    assert "<B>w</B>" in dot
    assert "AccumulateGrad" in dot
    assert "autograd" not in dot
    assert "mat2 (3, 1)" in dot
    assert "result (2, 1)" in dot
    assert not any(word in dot for word in ("mat1", "scale", "other"))  # nothing, or one number
    assert sorted(line.split()[:3] for line in dot.splitlines() if "->" in line) == [
        ["n0", "->", "n1"], ["n1", "->", "n2"], ["n1", "->", "n3"], ["n2", "->", "n3"],
    ]  # fmt: skip


def test_a_leaf_without_a_name_is_drawn_all_the_same():
    _, order = graph()
    assert "(2, 3)" in draw_backward_nodes(Result(order[-1]), {}).dot


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ((), ""),
        (("torch",), "PyTorch is not installed (pip install torch): this cell is skipped."),
        (
            ("torch", "safetensors"),
            "PyTorch and safetensors are not installed (pip install torch safetensors): "
            "this cell is skipped.",
        ),
    ],
)
def test_what_is_missing_is_named(gone, said, monkeypatch):
    monkeypatch.setattr(
        onwards.importlib.util, "find_spec", lambda name: None if name in gone else True
    )
    assert missing("torch", "safetensors") == said


def test_a_file_is_drawn_part_by_part():
    raw = packed({"w": np.zeros((8, 8)), "b": np.zeros(2)}, {"by": "hand"})
    ax = plot_file(raw)
    words = [text.get_text() for text in ax.texts]
    n = int.from_bytes(raw[:8], "little")
    assert words == [
        f"bytes 0 to 7: the header has {n} bytes",
        f"bytes 8 to {7 + n}: the header, JSON",
        f"bytes {8 + n} to {8 + n + 511}: w, F64, (8, 8)",
        f"bytes {8 + n + 512} to {8 + n + 527}: b, F64, (2,)",
    ]
    pyplot.close(ax.figure)


def test_what_the_check_writes_is_a_safetensors_file(tmp_path):
    arrays = {"w": np.arange(6.0).reshape(2, 3), "n": np.array([7]), "s": np.float32([1.5])}
    path = tmp_path / "m.safetensors"
    path.write_bytes(packed(arrays, {"by": "hand"}))
    found = storage.read(path).arrays
    assert {name: (x.dtype, x.tolist()) for name, x in found.items()} == {
        name: (x.dtype, x.tolist()) for name, x in arrays.items()
    }
