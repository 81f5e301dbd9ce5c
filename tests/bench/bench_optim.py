"""One optimizer step against NumPy by hand and, where it is installed, PyTorch, in the same run.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python tests/bench/bench_optim.py

The contestants take turns; the shortest time of each counts.
"""

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import nn

try:
    import torch
except ImportError:  # the column stays empty
    torch = None

MODELS = {"2-16-16-1": [2, 16, 16, 1], "784-256-128-10": [784, 256, 128, 10]}
RATE = 1e-9  # so small that the weights stay as they are, however often a step is taken


def sgd_by_hand(weights, gradients):
    """The textbook's line, in place."""

    def step():
        for w, g in zip(weights, gradients, strict=True):
            w -= RATE * g

    return step


def adam_by_hand(weights, gradients):
    """The paper's lines, in place."""
    means = [(np.zeros_like(w), np.zeros_like(w)) for w in weights]
    t = 0

    def step():
        nonlocal t
        t += 1
        for w, g, (m, v) in zip(weights, gradients, means, strict=True):
            m *= 0.9
            m += 0.1 * g
            v *= 0.999
            v += 0.001 * g * g
            w -= RATE * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)

    return step


def contestants(name, sizes, dtype):
    """Steps to be timed: ours, by hand, PyTorch's (None where there is none)."""
    model = nn.MLP(sizes, rng=0).to(dtype)
    rng = np.random.default_rng(0)
    gradients = [rng.normal(size=p.shape).astype(dtype) for p in model.parameters()]
    for p, g in zip(model.parameters(), gradients, strict=True):
        p.grad = g
    by_hand = {"SGD": sgd_by_hand, "Adam": adam_by_hand}.get(name)
    arrays = [p.numpy().copy() for p in model.parameters()]
    theirs = None
    if torch is not None and hasattr(torch.optim, name):
        torch.set_num_threads(1)
        tensors = [torch.tensor(x, requires_grad=True) for x in arrays]
        for x, g in zip(tensors, gradients, strict=True):
            x.grad = torch.tensor(g)
        theirs = getattr(torch.optim, name)(tensors, lr=RATE).step
    ours = getattr(nn, name)(model.parameters(), lr=RATE).step
    return ours, by_hand and by_hand(arrays, gradients), theirs


def shortest(steps, repeats):
    """The shortest time of each, in microseconds; they take turns."""
    best = [float("inf")] * len(steps)
    for _ in range(repeats):
        for i, step in enumerate(steps):
            if step is not None:
                start = time.perf_counter()
                step()
                best[i] = min(best[i], 1e6 * (time.perf_counter() - start))
    return best


def main():
    """A line for each optimizer, model and dtype."""
    print(f"{'model':16}{'dtype':9}{'rule':9}{'ours µs':>9}{'/ by hand':>11}{'/ torch':>9}")
    for title, sizes in MODELS.items():
        for dtype in (np.float64, np.float32):
            for name in ("SGD", "RMSprop", "Adagrad", "Adam", "AdamW", "NAdam", "RAdam", "Lion"):
                ours, hand, theirs = shortest(contestants(name, sizes, dtype), 200)
                ratios = [f"{ours / x:.2f}" if x < float("inf") else "–" for x in (hand, theirs)]
                print(
                    f"{title:16}{dtype.__name__:9}{name:9}{ours:9.1f}{ratios[0]:>11}{ratios[1]:>9}"
                )


if __name__ == "__main__":
    main()
