"""`F.one_hot`: PyTorch's, integers to rows of 0 and 1."""

import numpy as np
import pytest

import engine as torch
from engine import Tensor
from nn import functional as F


def test_each_label_has_a_1_at_its_place():
    x = F.one_hot(torch.arange(3) % 3)
    assert (type(x), x.dtype) == (Tensor, np.int64)
    assert x.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    x = F.one_hot(torch.tensor([[0, 2], [1, 0]]), num_classes=4)
    assert x.tolist() == [[[1, 0, 0, 0], [0, 0, 1, 0]], [[0, 1, 0, 0], [1, 0, 0, 0]]]
    assert F.one_hot(torch.tensor(1), 2).tolist() == [0, 1]


def test_of_an_array_or_a_list_it_is_an_array():
    for labels in ([2, 0], np.array([2, 0], np.uint8)):
        x = F.one_hot(labels)
        assert isinstance(x, np.ndarray)
        assert x.dtype == np.int64
        assert x.float().dtype == np.float32
        assert x.tolist() == [[0, 0, 1], [1, 0, 0]]


def test_no_labels_need_a_number_of_classes():
    assert F.one_hot(np.zeros((0, 2), int), 3).shape == (0, 2, 3)
    with pytest.raises(ValueError, match=r"one_hot\(\) of no labels needs num_classes"):
        F.one_hot(np.zeros(0, int))


@pytest.mark.parametrize(
    ("labels", "classes", "error", "match"),
    [
        ([0, -1], -1, ValueError, "must be at least 0 and below num_classes, 1, got -1 to 0"),
        ([0, 3], 3, ValueError, "must be at least 0 and below num_classes, 3, got 0 to 3"),
        ([0], 0, ValueError, "num_classes must be at least 1, got 0"),
        ([0], 2.0, TypeError, "num_classes must be an int, got float"),
        ([0.0, 1.0], -1, TypeError, r"takes integers, got dtype float64: use labels\.long\(\)"),
        ([True], -1, TypeError, "takes integers, got dtype bool"),
    ],
)
def test_labels_that_are_no_classes_are_an_error(labels, classes, error, match):
    with pytest.raises(error, match=match):
        F.one_hot(labels, classes)


def test_rows_of_it_times_a_matrix_are_the_matrixs_rows():
    W = torch.randn(27, 5, generator=torch.Generator().manual_seed(1), requires_grad=True)
    xs = torch.tensor([0, 5, 5, 13])
    logits = F.one_hot(xs, num_classes=27).astype(torch.float64) @ W
    assert logits.tolist() == W[xs].tolist()
    logits.sum().backward()
    assert W.grad[5].tolist() == [2.0] * 5
