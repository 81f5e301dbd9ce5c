"""Wherever shards are computed, weights, optimizer and history come out with the same bits.

One run for each model in this process; each executor has to meet all of them.
"""

import numpy as np
import pytest

import engine
import nn
from nn.examples.names_gpt import NameGPT

EXECUTORS = [
    "threads",
    pytest.param("processes", marks=pytest.mark.slow),
    pytest.param("dask 1", marks=pytest.mark.slow),
    pytest.param("dask 2", marks=pytest.mark.slow),
    pytest.param("dask 3", marks=pytest.mark.slow),
    pytest.param("dask 1 of 2 threads", marks=pytest.mark.slow),
]


def numbers(*shape, dtype=np.float64):
    return np.random.default_rng(0).normal(size=shape).astype(dtype)


def classes(*shape, n=3):
    return np.random.default_rng(1).integers(0, n, shape)


def conv(dtype):
    """Dropout of its own generator and of the shared one, batch norm of two kinds."""
    model = nn.Sequential(
        nn.Conv2d(2, 4, 3, rng=0), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.2, rng=1),
        nn.BatchNorm2d(4, momentum=None), nn.Flatten(), nn.Linear(16, 8, rng=2), nn.Dropout(0.1),
        nn.Linear(8, 3, rng=3),
    ).to(dtype=dtype)  # fmt: skip
    return model, (numbers(21, 2, 4, 4, dtype=dtype), classes(21))


def mlp_in_part():
    """The first layer is frozen, the second used twice, and in some shards only."""

    class Twice(nn.Module):
        def __init__(self):
            self.first, self.last = nn.Linear(6, 6, rng=0), nn.Linear(6, 3, rng=1)
            self.again = self.tied = nn.Linear(6, 6, rng=2)
            self.seldom = nn.Linear(6, 6, rng=3)
            self.first.requires_grad_(False)
            self.register_buffer("largest", np.zeros(()))

        def forward(self, x):
            y = self.again(engine.tanh(self.tied(self.first(x))))
            self.largest = np.maximum(self.largest, np.abs(engine.to_numpy(y)).max())
            return self.last(y if engine.to_numpy(x)[0, 0] < 0 else self.seldom(y))

    return Twice(), (numbers(21, 6), classes(21))


class Tagger(nn.Module):
    """Scores of each step of a sequence."""

    def __init__(self):
        self.embedding = nn.Embedding(7, 4, rng=0)
        self.lstm = nn.LSTM(4, 5, batch_first=True, rng=1)
        self.head = nn.Linear(5, 3, rng=2)

    def forward(self, words):
        return engine.moveaxis(self.head(self.lstm(self.embedding(words))[0]), 1, 2)


def lstm():
    targets = classes(21, 4)
    targets[::2, 1:] = -100
    return Tagger(), (classes(21, 4, n=7), targets)


class Classes(nn.Module):
    """Scores (batch, time, classes) as cross entropy takes them."""

    def __init__(self, model):
        self.model = model

    def forward(self, x):
        return engine.moveaxis(self.model(x), 1, 2)


def gpt():
    return Classes(NameGPT(8, 2, 1, 0.1).to(dtype=np.float32)), (
        classes(21, 5, n=27), classes(21, 5, n=27),
    )  # fmt: skip


MODELS = {
    "conv": lambda: conv(np.float64), "conv float32": lambda: conv(np.float32),
    "conv float16": lambda: conv(np.float16), "mlp": mlp_in_part, "lstm": lstm, "gpt": gpt,
}  # fmt: skip


def groups(model):
    """Two groups of parameters, with other rates."""
    learned = [p for p in model.parameters() if p.requires_grad]
    return [{"params": learned[:2], "lr": 0.02}, {"params": learned[2:]}]


class Gradients(nn.Callback):
    """What callbacks see before a step."""

    def __init__(self):
        self.seen = []

    def before_step(self, run):
        self.seen.append([None if p.grad is None else p.grad.tobytes() for p in
                          run.model.parameters()])  # fmt: skip


def trained(make, executor, shards, optimizer=nn.AdamW, compile=False):
    """All that a run leaves: weights, optimizer, rows, gradients seen."""
    nn.manual_seed(5)
    model, data = make()
    made = optimizer(groups(model) if optimizer is nn.AdamW else model.parameters(), lr=0.01)
    seen = Gradients()
    history = nn.fit(
        model, nn.CrossEntropyLoss(), made,
        nn.DataLoader(data, batch_size=16, shuffle=True, rng=0), 2,
        metrics={"size": lambda y, t: float(np.abs(engine.to_numpy(y)).mean())},
        callbacks=[nn.ClipGradNorm(0.5), seen], progress=False, compile=compile,
        parallel=nn.Parallel(executor, shards),
    )  # fmt: skip
    rows = [{k: repr(x) for k, x in row.items() if k != "seconds"} for row in history.rows]
    weights = {k: (x.dtype, x.shape, x.tobytes()) for k, x in model.state_dict().items()}
    with np.printoptions(threshold=10**6, floatmode="unique"):
        return weights, repr(made.state_dict()), rows, seen.seen


@pytest.mark.parametrize("shards", [1, 8])
@pytest.mark.parametrize("name", EXECUTORS)
def test_models_train_with_the_same_bits(executors, name, shards):
    for model, make in MODELS.items():
        assert trained(make, executors(name), shards) == trained(make, None, shards), model


@pytest.mark.parametrize("name", [EXECUTORS[0], EXECUTORS[1], EXECUTORS[3]])
def test_compiled_models_train_with_the_same_bits(executors, name):
    for make in (lambda: conv(np.float64)), lstm:
        expected = trained(make, None, 3, compile=True)
        assert trained(make, executors(name), 3, compile=True) == expected


@pytest.mark.parametrize("name", [EXECUTORS[0], EXECUTORS[1], EXECUTORS[5]])
def test_an_optimizer_that_looks_again_sees_the_same_bits(executors, name):
    def lbfgs(parameters, lr):
        return nn.LBFGS(parameters, lr=lr, max_iter=3)

    expected = trained(lambda: conv(np.float64), None, 3, lbfgs)
    assert trained(lambda: conv(np.float64), executors(name), 3, lbfgs) == expected
