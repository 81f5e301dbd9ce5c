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
        history = History(model, optimizer=optimizer, every=EVERY, path=history)
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
    """The median of the rounds' ratios."""
    with tempfile.TemporaryDirectory() as folder:
        bare, watched = a_run(None), a_run(Path(folder) / "run.jsonl")
        times = [(bare(STEPS), watched(STEPS)) for _ in range(ROUNDS)]
    ratios = [b / a for a, b in times]
    print(f"a step     {1e6 * min(a for a, _ in times) / STEPS:8.1f} us")
    print(f"watched    {1e6 * min(b for _, b in times) / STEPS:8.1f} us")
    print(f"overhead   {100 * (float(np.median(ratios)) - 1):8.1f} %")


if __name__ == "__main__":
    main()
