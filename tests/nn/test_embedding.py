"""Embedding: PyTorch's numbers, repeated rows, padding_idx, both tiers, what it refuses."""

import numpy as np
import pytest
from helpers import LEAVES
from layer_cases import cases, check_all, wave

import nn
from engine import Tensor, to_numpy
from nn import functional as F


@cases("Embedding")
def test_everything_is_pytorch_s_on_both_tiers(case):
    check_all(case)


def test_a_row_named_twice_gets_both_gradients():
    w = Tensor(wave(3, 2), requires_grad=True)
    F.embedding([0, 2, 0], w).backward([[1.0, 2.0], [3.0, 4.0], [10.0, 20.0]])
    assert w.grad.tolist() == [[11.0, 22.0], [0.0, 0.0], [3.0, 4.0]]


@pytest.mark.parametrize("leaf", LEAVES.values(), ids=LEAVES)
def test_the_padding_row_is_looked_up_but_not_learned(leaf):
    w = leaf([[1.0, 2.0], [3.0, 4.0]])
    y = F.embedding([1, 0, 1], w, padding_idx=1)
    y.sum().backward()
    assert w.grad.tolist() == [[1.0, 1.0], [0.0, 0.0]]
    assert to_numpy(y).tolist() == [[3.0, 4.0], [1.0, 2.0], [3.0, 4.0]]


def test_the_table_starts_normal_and_the_padding_row_zero():
    layer = nn.Embedding(200, 50, padding_idx=3, rng=0)
    assert layer.weight.data[3].tolist() == [0.0] * 50
    assert layer.weight.data.std() == pytest.approx(1.0, abs=0.02)
    assert repr(layer).startswith("Embedding(200, 50, padding_idx=3)")


def test_a_padding_row_may_be_counted_from_the_end():
    assert nn.Embedding(4, 2, padding_idx=-1).padding_idx == 3


def test_the_indices_may_change_after_the_forward_pass():
    layer = nn.Embedding(3, 1, rng=0)
    index = np.array([0, 0])
    y = layer(index)
    index[:] = 2
    y.sum().backward()
    assert layer.weight.grad.tolist() == [[2.0], [0.0], [0.0]]


def test_indices_may_be_a_tensor_of_integers_or_of_any_shape():
    layer = nn.Embedding(3, 2, rng=0)
    assert layer(Tensor(np.array([[[0], [2]]]))).shape == (1, 2, 1, 2)
    assert layer(1).shape == (2,)
    assert layer(np.zeros((0, 4), int)).shape == (0, 4, 2)
    assert layer([]).shape == (0, 2)


@pytest.mark.parametrize("index", [3, -1, [0, 5, 7]])
def test_an_index_out_of_range_is_named(index):
    first = 5 if isinstance(index, list) else index
    message = f"index {first} is out of range for an embedding of 3 rows"
    with pytest.raises(IndexError, match=message):
        nn.Embedding(3, 2, rng=0)(index)


@pytest.mark.parametrize("index", [[0.0, 1.0], 1.5, [True, False], ["a"]])
def test_anything_but_integers_is_refused(index):
    with pytest.raises(TypeError, match="an embedding is indexed by integers, got dtype"):
        nn.Embedding(3, 2, rng=0)(index)


def test_wrong_settings_are_refused():
    with pytest.raises(ValueError, match="num_embeddings must be at least 1, got 0"):
        nn.Embedding(0, 2)
    with pytest.raises(ValueError, match="padding_idx must be below num_embeddings, 3, got 3"):
        nn.Embedding(3, 2, padding_idx=3)
    with pytest.raises(ValueError, match="padding_idx must be at least -3, got -4"):
        nn.Embedding(3, 2, padding_idx=-4)
    with pytest.raises(ValueError, match="weight must have shape"):
        F.embedding([0], np.zeros(3))
