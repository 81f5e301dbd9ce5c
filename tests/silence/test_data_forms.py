"""What is given to a DataLoader, in the forms that data comes in: rows, or what is meant."""

import numpy as np
import pytest

import nn
from engine import Tensor, ValueArray

X = np.arange(8.0).reshape(4, 2)
LABELS = [0, 1, 0, 1]


def plain(part):
    return part.tolist() if hasattr(part, "tolist") else part


def batches(dataset, batch_size=3, **settings):
    return [tuple(map(plain, batch)) for batch in nn.DataLoader(dataset, batch_size, **settings)]


@pytest.mark.parametrize(
    "labels",
    [
        LABELS, tuple(LABELS), np.array(LABELS), range(4), np.array(LABELS, np.float32),
        Tensor([0.0, 1.0, 0.0, 1.0]), ValueArray.of(LABELS), list("abab"), [np.int64(0)] * 4,
    ],
    ids=lambda x: type(x).__name__,
)  # fmt: skip
@pytest.mark.parametrize("features", [X, Tensor(X)], ids=["ndarray", "Tensor"])
def test_columns_in_a_tuple_are_rows_whatever_the_other_is(features, labels):
    """Of labels in a list it made a dataset of two samples: all of X, and all labels."""
    expected = plain(np.asarray(list(plain(labels))))
    for parts in ((features, labels), (labels, features)):
        found = batches(parts)
        assert [len(part) for part in found[0]] == [3, 3]
        assert len(found) == 2
        ours = found[0] if parts[0] is features else found[0][::-1]
        assert ours == (X[:3].tolist(), expected[:3])


def test_a_list_of_labels_trains_as_an_array_of_them_does():
    found = []
    for labels in (LABELS, np.array(LABELS)):
        model = nn.Linear(2, 2, rng=0)
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        loader = nn.DataLoader((X, labels), batch_size=2)
        history = nn.fit(model, nn.CrossEntropyLoss(), optimizer, loader, 2, progress=False)
        found.append((history["loss"], model.weight.tolist()))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("dataset", "error", "message"),
    [
        ((X, [0, 1, 0]), ValueError, r"same length, got shapes \[\(4, 2\), \(3,\)\]"),
        ((X, 3), ValueError, "element 1 of the dataset has no rows: int 3; each is to be an array"),
        ((X, None), ValueError, "element 1 of the dataset has no rows: NoneType"),
        (("abcd", X), ValueError, "element 0 of the dataset has no rows: str 'abcd'"),
        ((X, {0, 1}), ValueError, "element 1 of the dataset has no rows: set"),
        ((X, np.array(3)), ValueError, "element 1 of the dataset has no rows: ndarray"),
        ((X, [0, 1, [0, 1]]), ValueError, "inhomogeneous"),
        (([1.0, 2.0], [0, 1]), ValueError, "2 lists may be 2 samples or 2 columns"),
        (((X, X), LABELS, X), ValueError, "element 0 of the dataset is a tuple of arrays itself"),
        ([X, LABELS], ValueError, r"columns as a tuple, \(X, y\)"),
        ([X, np.array(LABELS)], ValueError, "these 2 have shapes that differ but the same length"),
        ([Tensor(X), X[:, 0], X[:, 1]], ValueError, "these 3 have shapes that differ"),
        ({"x": X, "y": LABELS}, TypeError, r"this dict has \['x', 'y'\].*a list of dicts"),
        (zip(X, LABELS, strict=True), TypeError, r"zip has not both: make it a list, list\(…\)"),
        ((row for row in X), TypeError, "generator has not both: make it a list"),
        (map(abs, X), TypeError, "map has not both: make it a list"),
        ({1, 2}, TypeError, "set has not both: make it a list"),
        (np.array(3.0), TypeError, "ndarray has not both$"),
        (Tensor(3.0), TypeError, "Tensor has not both$"),
        (3, TypeError, "int has not both$"),
        (None, TypeError, "NoneType has not both$"),
        ((), ValueError, "the dataset is empty"),
        ({}, ValueError, "the dataset is empty"),
        ([], ValueError, "the dataset is empty"),
    ],
)  # fmt: skip
def test_what_is_no_dataset_is_refused_with_the_form_that_is(dataset, error, message):
    with pytest.raises(error, match=message):
        nn.DataLoader(dataset, batch_size=2)


@pytest.mark.parametrize("make", [np.array, Tensor], ids=["ndarray", "Tensor"])
def test_an_array_alone_is_a_dataset_of_its_rows(make):
    found = [batch.tolist() for batch in nn.DataLoader(make(X), batch_size=3)]
    assert found == [X[:3].tolist(), X[3:].tolist()]


def test_samples_in_a_list_stay_samples():
    pairs = list(zip(X, LABELS, strict=True))
    assert batches(pairs) == batches((X, LABELS))
    assert batches(tuple(pairs)) == batches((X, LABELS))
    rows = [batch["x"].tolist() for batch in nn.DataLoader([{"x": row} for row in X], 3)]
    assert rows == [X[:3].tolist(), X[3:].tolist()]
    (images,) = nn.DataLoader([X, X], batch_size=2)
    assert images.shape == (2, 4, 2)
    (together,) = nn.DataLoader([[1.0, 2.0], [3.0, 4.0]], batch_size=2)
    assert [part.tolist() for part in together] == [[1.0, 3.0], [2.0, 4.0]]
    (pair,) = nn.DataLoader((np.float64(1.0), np.float64(2.0)), batch_size=2)
    assert pair.tolist() == [1.0, 2.0]


def test_a_collate_of_your_own_may_take_a_list_of_anything():
    (found,) = nn.DataLoader([X, X[:, 0]], batch_size=2, collate_fn=lambda samples: samples)
    assert [x.shape for x in found] == [(4, 2), (4,)]


def test_a_dict_by_number_is_a_dataset():
    (found,) = nn.DataLoader({0: 1.0, 1: 2.0}, batch_size=2)
    assert found.tolist() == [1.0, 2.0]


def test_many_samples_of_one_length_are_not_looked_through():
    odd = [np.ones((2, 2)), *[np.ones(2)] * 9]
    assert len(nn.DataLoader(odd, batch_size=1)) == 10


# --- data that requires a gradient ---


@pytest.mark.parametrize(
    "dataset",
    [
        lambda t: (t, LABELS),
        lambda t: [(row, label) for row, label in zip(t, LABELS, strict=True)],
        lambda t: nn.Subset(nn.TensorDataset(t, LABELS), [0, 1, 2, 3]),
    ],
    ids=["columns", "samples", "subset"],
)
def test_a_gradient_flows_through_a_loader_to_its_data(dataset):
    """The batches were cut off from it."""
    t = Tensor(X, requires_grad=True)
    for x, _ in nn.DataLoader(dataset(t), batch_size=3):
        (x**2).sum().backward()
    assert t.grad.tolist() == (2 * X).tolist()


def test_one_tracked_sample_among_plain_ones_keeps_its_gradient():
    t = Tensor([1.0, 2.0], requires_grad=True)
    (batch,) = nn.DataLoader([np.zeros(2), t], batch_size=2)
    (batch * [[1.0, 2.0], [3.0, 4.0]]).sum().backward()
    assert t.grad.tolist() == [3.0, 4.0]


def test_a_gradient_flows_through_a_loader_to_values():
    """A column of Values came out as a Tensor of their numbers."""
    for make in (list, lambda values: values):
        values = ValueArray.of([1.0, 2.0, 3.0])
        for x, _ in nn.DataLoader((make(values), np.zeros(3)), batch_size=2):
            (x**2).sum().backward()
        assert values.grad.tolist() == [2.0, 4.0, 6.0]
    constant = ValueArray.of([1.0, 2.0], requires_grad=False)
    ((x, _),) = nn.DataLoader((constant, np.zeros(2)), batch_size=2)
    assert isinstance(x, Tensor)
