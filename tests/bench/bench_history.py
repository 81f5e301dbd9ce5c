"""What `viz.History` costs: training steps on the digits with it and without, in the same run.

    python tests/bench/bench_history.py

Prints the time of a step each way and the overhead, which is to be at most 5 % at `every=10`.
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

EVERY, STEPS, ROUNDS, BATCH = 10, 100, 30, 64


def a_run(history):
    """A digits model, and a function that takes so many training steps with it."""
    x, labels, _, _ = digits_split(seed=0)
    model = nn.MLP([64, 128, 64, 10], nn.ReLU, rng=0)
    loss = nn.CrossEntropyLoss()
    optimizer = nn.Adam(model.parameters(), lr=1e-3)
    if history is not None:
        history = History(model, optimizer=optimizer, every=EVERY, **history)
    rng = np.random.default_rng(0)

    def steps(count):
        start = time.perf_counter()
        for _ in range(count):
            batch = rng.integers(0, len(x), BATCH)
            optimizer.zero_grad()
            total = loss(model(x[batch]), labels[batch])
            total.backward()
            optimizer.step()
            if history is not None:
                history.step(total)
        return time.perf_counter() - start

    return steps


def main():
    """The medians of the rounds' ratios."""
    with tempfile.TemporaryDirectory() as folder:
        runs = {
            "bare": a_run(None),
            "in memory": a_run({}),
            "and in a file": a_run({"path": Path(folder) / "run.jsonl"}),
        }
        times = [[run(STEPS) for run in runs.values()] for _ in range(ROUNDS)]
    bare, *_ = columns = list(zip(*times, strict=True))
    for name, column in zip(runs, columns, strict=True):
        overhead = float(np.median([b / a for a, b in zip(bare, column, strict=True)])) - 1
        print(f"{name:14} {1e6 * min(column) / STEPS:8.1f} us a step {100 * overhead:8.1f} % over")


if __name__ == "__main__":
    main()
