"""What `viz.History` costs: training steps on the digits with it and without, in the same run.

    python tests/bench/bench_history.py

Prints the time of a step each way and the overhead, which is to be at most 5 % at `every=10`: it
is for models that do some work, and is not for the smallest.
The two take turns, so that a machine that slows down slows both.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import nn
from nn.datasets import digits_split
from viz import History

EVERY, STEPS, ROUNDS = 10, 100, 30


def convolutions():
    """Two convolutions and a linear layer."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, rng=0), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1, rng=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64, 10, rng=2),
    )  # fmt: skip


#: What is trained: how to make it, the size of a batch, whether it takes images.
MODELS = {
    "64-128-64-10": (lambda: nn.MLP([64, 128, 64, 10], nn.ReLU, rng=0), 64, False),
    "64-128-10": (lambda: nn.MLP([64, 128, 10], nn.ReLU, rng=0), 32, False),
    "convolutions": (convolutions, 32, True),
}


def a_run(make, size, image, history):
    """A digits model, and a function that takes some training steps with it."""
    x, labels, _, _ = digits_split(seed=0, image=image)
    model = make()
    loss = nn.CrossEntropyLoss()
    optimizer = nn.Adam(model.parameters(), lr=1e-3)
    if history is not None:
        history = History(model, optimizer=optimizer, every=EVERY, **history)
    rng = np.random.default_rng(0)

    def steps(count):
        start = time.perf_counter()
        for _ in range(count):
            batch = rng.integers(0, len(x), size)
            optimizer.zero_grad()
            total = loss(model(x[batch]), labels[batch])
            total.backward()
            optimizer.step()
            if history is not None:
                history.step(total)
        return time.perf_counter() - start

    return steps


def measured(name):
    """Print the medians of the rounds' ratios for a model."""
    with tempfile.TemporaryDirectory() as folder:
        runs = {
            "bare": a_run(*MODELS[name], None),
            "in memory": a_run(*MODELS[name], {}),
            "kept": a_run(*MODELS[name], {"keep": True}),
            "and in a file": a_run(*MODELS[name], {"path": Path(folder) / "run.jsonl"}),
        }
        times = [[run(STEPS) for run in runs.values()] for _ in range(ROUNDS)]
    bare, *_ = columns = list(zip(*times, strict=True))
    print(name)
    for label, column in zip(runs, columns, strict=True):
        overhead = float(np.median([b / a for a, b in zip(bare, column, strict=True)])) - 1
        print(
            f"  {label:14} {1e6 * min(column) / STEPS:8.1f} us a step {100 * overhead:8.1f} % over"
        )


if __name__ == "__main__":
    for name in MODELS:
        measured(name)
