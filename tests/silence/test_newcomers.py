"""What the first programs of newcomers met: data in lists, and warnings without their line."""

import warnings

import numpy as np
import pytest

import nn
from engine import Tensor, Value

X = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]
LABELS = [0, 1, 0, 1]


@pytest.mark.parametrize("row", [list, tuple])
@pytest.mark.parametrize(
    "sample",
    [lambda x, label: (x, label), lambda x, label: {"x": x, "label": label}],
    ids=["tuple", "dict"],
)
def test_a_row_of_plain_numbers_in_a_sample_is_refused(row, sample):
    """A batch of two rows of two became its transpose, and a model was trained on that."""
    samples = [sample(row(x), label) for x, label in zip(X, LABELS, strict=True)]
    with pytest.raises(ValueError, match=r"of 2 numbers in it: make it an array, np\.array"):
        next(iter(nn.DataLoader(samples, batch_size=2)))


def test_both_ways_out_for_rows_of_numbers_give_what_they_say():
    rows = [(np.array(x), label) for x, label in zip(X, LABELS, strict=True)]
    x, labels = next(iter(nn.DataLoader(rows, batch_size=2)))
    assert (x.tolist(), labels.tolist()) == (X[:2], [0, 1])
    flat = [(*x, label) for x, label in zip(X, LABELS, strict=True)]
    first, second, _ = next(iter(nn.DataLoader(flat, batch_size=2)))
    assert (first.tolist(), second.tolist()) == ([1.0, 3.0], [2.0, 4.0])


def test_two_columns_as_lists_in_a_list_are_refused_with_the_form_that_is_right():
    """It said: object of type 'int' has no len()."""
    with pytest.raises(ValueError, match=r"give columns as a tuple, \(X, y\), of arrays"):
        nn.DataLoader([X, LABELS], batch_size=2)
    x, labels = next(iter(nn.DataLoader((np.array(X), np.array(LABELS)), batch_size=2)))
    assert (x.tolist(), labels.tolist()) == (X[:2], [0, 1])


def test_samples_of_two_forms_in_one_batch_are_named():
    with pytest.raises(ValueError, match=r"the same form, got \['int', 'tuple'\]"):
        next(iter(nn.DataLoader([(1.0, 0), 2], batch_size=2)))


@pytest.mark.parametrize(
    "loss", [Value(2.0), Tensor(2.0, requires_grad=True)], ids=["Value", "Tensor"]
)
def test_a_warning_names_the_line_that_called_numpy(loss):
    """It named a line of NumPy's: shown once, however many lines of a program led there."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        assert np.ptp(np.array([loss, 3.0], dtype=float)) == 1.0
        assert np.full(2, 1.0).clip(max=1.0).sum() == loss.item()
        np.mean([1.0, loss], dtype=float)
    assert {warning.filename for warning in found} == {__file__}
