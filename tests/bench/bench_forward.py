"""What forward mode costs: `jvp` and `hvp` beside the function itself and its gradient.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python tests/bench/bench_forward.py

Contestants take turns; the shortest times count, as multiples of f's.  The peak is what NumPy and
Python allocate, in arrays of 1.6 MB; by hand, with NumPy, sixty ops need five.
"""

import gc
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import engine as E
import nn
from engine import Tensor, grad, hvp, jvp

RNG = np.random.default_rng(0)


def layers():
    """Two 512-wide layers, of arrays, on a batch of 64."""
    v, w = RNG.normal(size=(2, 512, 512)) / 22
    b = RNG.normal(size=512)
    return (lambda x: E.tanh(E.relu(x @ v + b) @ w)), RNG.normal(size=(64, 512)), Tensor


def model():
    """The same as a model, whose parameters require gradients: all is recorded."""
    of = nn.Sequential(nn.Linear(512, 512, rng=0), nn.ReLU(), nn.Linear(512, 512, rng=1), nn.Tanh())
    return of, RNG.normal(size=(64, 512)), Tensor


def sixty():
    """Sixty elementwise ops on 200,000 numbers."""

    def f(x):
        for _ in range(20):
            x = x.sin()
            x = x * 1.01
            x = x.tanh()
        return x

    return f, RNG.normal(size=200_000), Tensor


def short():
    """Six ops on a float."""
    return (lambda x: E.tanh(x * x + 1) * E.sin(x) / (x + 3)), 0.7, E.Value


def long():
    """Four hundred ops on a float."""

    def f(x):
        for _ in range(100):
            x = E.sin(x) * 1.01 + x * 0.1
        return x

    return f, 0.7, E.Value


def loss():
    """The mean of the squares of two layers, by 512 × 512 weights."""
    x, (w,) = RNG.normal(size=(64, 512)), RNG.normal(size=(1, 512, 512)) / 22
    return (lambda v: (E.tanh(E.relu(x @ v) @ w) ** 2).mean()), w.copy(), Tensor


def shortest(programs, rounds=25):
    """The shortest time of each, in seconds; they take turns."""
    best = [float("inf")] * len(programs)
    for _ in range(rounds):
        for i, program in enumerate(programs):
            start = time.perf_counter()
            program()
            best[i] = min(best[i], time.perf_counter() - start)
    return best


def peak(program):
    """The most that is allocated during a call, in bytes."""
    gc.collect()
    tracemalloc.start()
    program()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def main():
    """A line for each function."""
    print(f"{'function':10}{'f ms':>9}{'jvp / f':>9}{'peak of jvp / x':>17}")
    for make in (layers, model, sixty, short, long):
        f, x, node = make()
        leaf, v = node(x), np.ones_like(x)[()]
        programs = lambda: f(leaf), lambda: jvp(f, x, v)  # noqa: B023 - called in this round
        plain, pushed = shortest(programs)
        arrays = f"{peak(programs[1]) / x.nbytes:17.1f}" if np.ndim(x) else ""
        print(f"{make.__name__:10}{1e3 * plain:9.3f}{pushed / plain:9.2f}{arrays}")
    f, x, node = loss()
    leaf, slope = node(x), grad(f)
    plain, back, second = shortest(
        [lambda: f(leaf), lambda: slope(x), lambda: hvp(f, x, np.ones_like(x))]
    )
    print(f"loss: grad {back / plain:.2f} × f, hvp {second / back:.2f} × grad")


if __name__ == "__main__":
    main()
