"""fit(compile=True): the same losses, weights and statistics as without."""

from functools import partial

import numpy as np
import pytest

import nn
from engine import to_numpy

RNG = np.random.default_rng(0)
X, CLASSES, NUMBERS = RNG.normal(size=(50, 4)), RNG.integers(0, 3, 50), RNG.normal(size=(50, 3))


def mlp(*between):
    return nn.Sequential(nn.Linear(4, 8, rng=0), *between, nn.ReLU(), nn.Linear(8, 3, rng=1))


def trained(compile, make, loss, target, optimizer=nn.SGD, dtype=float, **settings):
    """The history and the state of a model after three epochs; batches of 16, the last of 2."""
    nn.manual_seed(0)
    model = make()
    model = model.to(dtype) if dtype is not float else model
    x = X.astype(dtype)
    loader = nn.DataLoader((x, target), batch_size=16, shuffle=True, rng=0)
    history = nn.fit(
        model, loss, optimizer(model.parameters(), lr=0.1), loader, 3, progress=False,
        validation=[(x, target)], compile=compile, **settings,
    )  # fmt: skip
    columns = {name: history[name] for name in history.rows[0] if name != "seconds"}
    return columns, {name: to_numpy(x) for name, x in model.state_dict().items()}


def same(make, loss, target, tolerance=1e-12, **settings):
    columns, state = trained(False, make, loss, target, **settings)
    compiled_columns, compiled_state = trained(True, make, loss, target, **settings)
    assert compiled_columns.keys() == columns.keys()
    for name, expected in {**columns, **state}.items():
        found = {**compiled_columns, **compiled_state}[name]
        assert found == pytest.approx(expected, rel=tolerance, abs=tolerance), name


CASES = {
    "classes": (mlp, nn.CrossEntropyLoss(), CLASSES, {"metrics": {"accuracy": nn.accuracy}}),
    "numbers": (mlp, nn.MSELoss(), NUMBERS, {"optimizer": nn.AdamW}),
    "float32": (mlp, nn.MSELoss(), NUMBERS, {"dtype": np.float32, "tolerance": 1e-5}),
    "LBFGS": (mlp, nn.MSELoss(), NUMBERS, {"optimizer": partial(nn.LBFGS, max_iter=3)}),
    "clipped": (mlp, nn.MSELoss(), NUMBERS, {"callbacks": [nn.ClipGradNorm(0.1)]}),
    "Values": (lambda: mlp().scalar(), nn.MSELoss(), NUMBERS, {}),
    "dropout": (lambda: mlp(nn.Dropout(0.3)), nn.CrossEntropyLoss(), CLASSES, {}),
    "own dropout": (lambda: mlp(nn.Dropout(0.3, rng=5)), nn.CrossEntropyLoss(), CLASSES, {}),
    "batch norm": (lambda: mlp(nn.BatchNorm1d(8)), nn.CrossEntropyLoss(), CLASSES, {}),
    "mean of all": (lambda: mlp(nn.BatchNorm1d(8, momentum=None)), nn.MSELoss(), NUMBERS, {}),
}


@pytest.mark.parametrize(("make", "loss", "target", "settings"), CASES.values(), ids=CASES)
def test_a_compiled_fit_is_the_same_fit(make, loss, target, settings):
    same(make, loss, target, **settings)


def test_class_indices_of_a_scalar_model_are_places_in_its_program():
    def losses(compile):
        model = nn.Linear(4, 3, rng=0).scalar()
        batches = [(X[:4], nn.DataLoader((X, CLASSES), batch_size=4).dataset[:4][1])] * 2
        optimizer = nn.SGD(model.parameters(), lr=0.5)
        fitted = nn.fit(
            model, nn.CrossEntropyLoss(), optimizer, batches, 3, progress=False, compile=compile
        )
        return fitted["loss"]

    assert losses(True) == pytest.approx(losses(False), rel=1e-15)
