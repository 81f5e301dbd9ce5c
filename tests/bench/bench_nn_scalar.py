"""`nn.scalar.MLP` against micrograd on micrograd's own demo, in the same run.

    pip install micrograd==0.1.0
    python tests/bench/bench_nn_scalar.py

Prints the time of one step (forward, hinge and L2 loss, backward, update) of each, and the ratio.
"""

import random
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from engine import Value
from nn import scalar
from nn.datasets import make_moons


def step(model, value, x, y, lr=0.5, alpha=1e-4):
    """One step of the demo; returns the loss."""
    inputs = [list(map(value, row)) for row in x]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores, strict=True)]
    total = sum(losses) * (1.0 / len(losses)) + alpha * sum(p * p for p in model.parameters())
    model.zero_grad()
    total.backward()
    for p in model.parameters():
        p.data -= lr * p.grad
    return total.data


def best(function, repeats):
    """The shortest of several times, in milliseconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def main():
    """Both models from the same weights; their losses must agree before times mean anything."""
    try:
        from micrograd.engine import Value as MicroValue
        from micrograd.nn import MLP as MicroMLP
    except ImportError:
        sys.exit("this comparison needs micrograd: pip install micrograd==0.1.0")
    x, labels = make_moons(100, noise=0.1, seed=0)
    y = [float(2 * label - 1) for label in labels]
    x = np.asarray(x).tolist()
    random.seed(1337)
    theirs = MicroMLP(2, [16, 16, 1])
    random.seed(1337)
    ours = scalar.MLP(2, [16, 16, 1])
    for i in range(3):
        a, b = step(ours, Value, x, y), step(theirs, MicroValue, x, y)
        assert abs(a - b) <= 1e-9, (i, a, b)
    fast = best(lambda: step(ours, Value, x, y), 20)
    slow = best(lambda: step(theirs, MicroValue, x, y), 3)
    print(f"nn.scalar {fast:8.2f} ms\nmicrograd {slow:8.2f} ms\nratio     {slow / fast:8.1f} x")


if __name__ == "__main__":
    main()
