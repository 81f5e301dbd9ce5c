"""What a node costs: memory and time of both tiers, as ratios within one run.

    pip install micrograd==0.1.0        # for the second part; left out without it
    python tests/bench/bench_engine.py [chain] [micrograd] [tensor] [moons]

chain: a million Values in a row, forward and backward, bytes a node at peak (at most 190).
micrograd: its demos of 41 and 337 parameters in plain Value operators (at most 1/10 of its time).
tensor: what a Tensor adds to the bare NumPy calls, forward and backward, on 4x4 (at most 1.5 µs).
moons: a training step of an MLP 2-16-16-1 on 100 points against NumPy by hand (at most 2.2 times).
"""

import functools
import gc
import itertools
import random
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import nn
from engine import Tensor, Value
from nn.datasets import make_moons

# --- a million Values in a row ---


def chain(length):
    """`length` nodes, each made of the one before."""
    x = leaf = Value(1.0)
    for _ in range(length):
        x = x + 1.0
    return leaf, x


def mixed_chain(length):
    """The same with products, and two inputs that are nodes."""
    x = leaf = Value(1.0)
    for _ in range(length // 2):
        x = x * 0.5 + leaf
    return leaf, x


def resident():
    """Bytes of this process in memory (Linux)."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def bench_chain(length=1_000_000):
    """Time and peak memory of a long chain, forward and backward."""
    for build in (chain, mixed_chain):
        start = time.perf_counter()
        leaf, y = build(length)
        built = time.perf_counter()
        y.backward()
        done = time.perf_counter()
        print(
            f"{build.__name__} of {length} nodes: forward {built - start:.2f} s, "
            f"backward {done - built:.2f} s, gradient {leaf.grad}"
        )
        del leaf, y
        gc.collect()
        if Path("/proc/self/clear_refs").exists():
            before = resident()
            Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
            leaf, y = build(length)
            y.backward()
            peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
            print(f"  resident at peak: {(peak * 1024 - before) / length:.0f} bytes a node")
            del leaf, y
            gc.collect()
        tracemalloc.start()
        leaf, y = build(length)
        graph, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        y.backward()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        print(f"  allocated: graph {graph / length:.0f}, peak {peak / length:.0f} bytes a node")
        del leaf, y


# --- micrograd's demos ---


class Neuron:
    """micrograd's neuron, on any Value class, one operator a time."""

    def __init__(self, value, nin, nonlin=True):
        self.w = [value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = value(0)
        self.nonlin = nonlin

    def __call__(self, x):
        act = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
        return act.relu() if self.nonlin else act

    def parameters(self):
        """Weights and bias."""
        return [*self.w, self.b]


class MLP:
    """micrograd's multi-layer perceptron."""

    def __init__(self, value, sizes):
        self.layers = [
            [Neuron(value, nin, i < len(sizes) - 2) for _ in range(nout)]
            for i, (nin, nout) in enumerate(itertools.pairwise(sizes))
        ]

    def __call__(self, x):
        for layer in self.layers:
            x = [neuron(x) for neuron in layer]
        return x[0]

    def parameters(self):
        """Those of every neuron."""
        return [p for layer in self.layers for neuron in layer for p in neuron.parameters()]


def step(model, parameters, value, x, y, alpha=1e-4):
    """Forward and backward of micrograd's demo: hinge loss and L2."""
    inputs = [list(map(value, row)) for row in x]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    loss = data_loss + alpha * sum(p * p for p in parameters)
    for p in parameters:
        p.grad = 0.0
    loss.backward()
    return loss.data


def seconds(function, times):
    """How long some calls take, garbage collection included."""
    gc.collect()
    start = time.perf_counter()
    for _ in range(times):
        function()
    return time.perf_counter() - start


def bench_micrograd(rounds=3, steps=10):
    """Both demos, alternating with micrograd's own Value, garbage collection on.

    The 41 parameters are those of the network in micrograd's lecture, 3-4-4-1; its third input
    is the product of the two coordinates.
    """
    try:
        from micrograd.engine import Value as Theirs
    except ImportError:
        print("micrograd is not installed: left out")
        return
    assert gc.isenabled()
    x, labels = make_moons(100, noise=0.1, seed=0)
    y = [float(2 * label - 1) for label in labels]
    two = np.asarray(x).tolist()
    three = [[a, b, a * b] for a, b in two]
    for sizes, points in (([3, 4, 4, 1], three), ([2, 16, 16, 1], two)):
        runs = []
        for value in (Value, Theirs):
            random.seed(1337)
            model = MLP(value, sizes)
            count = len(model.parameters())
            runs.append(functools.partial(step, model, model.parameters(), value, points, y))
        ours, theirs = (run() for run in runs)
        assert abs(ours - theirs) < 1e-12, (ours, theirs)
        # Garbage is collected when it will, a number of steps together are the fair measure, and
        # each side starts without what the other left behind.
        times = [[seconds(run, steps) for run in runs] for _ in range(rounds)]
        fast, slow = np.median(times, axis=0)
        print(
            f"{count} parameters: {1e3 * fast / steps:.1f} ms, micrograd "
            f"{1e3 * slow / steps:.1f} ms, ratio 1/{slow / fast:.1f}"
        )


# --- what a Tensor adds to NumPy ---

DEPTH = 20
rng = np.random.default_rng(0)
A, B, G = (rng.uniform(0.1, 0.3, (4, 4)) for _ in range(3))

#: op: on Tensors; in NumPy forward; its gradients by hand, from g, the result and the input.
CHAINS = {
    "add": (lambda x, w: x + w, lambda x: x + B, lambda g, y, x: (g, g)),
    "mul": (lambda x, w: x * w, lambda x: x * B, lambda g, y, x: (g * B, g * x)),
    "tanh": (lambda x, w: x.tanh(), np.tanh, lambda g, y, x: (g * (1.0 - y * y), None)),
    "relu": (
        lambda x, w: x.relu(), lambda x: np.maximum(x, 0.0), lambda g, y, x: (g * (y > 0), None)
    ),
    "matmul": (lambda x, w: x @ w, lambda x: x @ B, lambda g, y, x: (g @ B.T, x.T @ g)),
    "0-d add": (lambda x, w: x + w, lambda x: x + S, lambda g, y, x: (g, g)),
    "sum": (
        lambda x, w: x + w.sum(), lambda x: x + B.sum(), lambda g, y, x: (g, np.full(B.shape, g)),
    ),
}  # fmt: skip
S = np.array(1.5)


def chain_of_tensors(op, x, w, g):
    """Forward and backward of an op applied many times in a row."""
    x, w = Tensor(x, requires_grad=True), Tensor(w, requires_grad=True)

    def run():
        x.zero_grad()
        w.zero_grad()
        y = x
        for _ in range(DEPTH):
            y = op(y, w)
        y.backward(g)
        return y.data, x.grad, w.grad

    return run


def chain_by_hand(forward, gradients, x, seed):
    """The same, in bare NumPy: forward, then backward with the gradient of w summed up."""

    def run():
        results = [x]
        for _ in range(DEPTH):
            results.append(forward(results[-1]))
        g, of_w = seed, None
        for i in range(DEPTH, 0, -1):
            g, part = gradients(g, results[i], results[i - 1])
            of_w = part if of_w is None else of_w + part
        return results[-1], g, of_w

    return run


def best_of(functions, inner, rounds):
    """Microseconds a call of each, the shortest of several loops that take turns."""
    times = np.full(len(functions), np.inf)
    for _ in range(rounds):
        for i, function in enumerate(functions):
            start = time.perf_counter()
            for _ in range(inner):
                function()
            times[i] = min(times[i], 1e6 * (time.perf_counter() - start) / inner)
    return times


def bench_tensor(rounds=40):
    """Overhead an op, forward and backward, of a chain of 20 ops on 4x4."""
    overheads = {}
    for name, (op, forward, gradients) in CHAINS.items():
        x, w, g = {"0-d add": (S, S, S), "sum": (S, B, S)}.get(name, (A, B, G))
        runs = [chain_of_tensors(op, x, w, g), chain_by_hand(forward, gradients, x, g)]
        for got, expected in zip(*(run() for run in runs), strict=True):
            assert expected is None or np.allclose(got, expected)
        ours, hand = best_of(runs, 50, rounds) / DEPTH
        overheads[name] = ours - hand
        extra = overheads["0-d add"] if name == "sum" else 0.0  # each sum is added to the rest
        print(
            f"{name:7s} NumPy {hand:5.2f} µs, Tensor {ours:5.2f} µs, ratio {ours / hand:4.2f}, "
            f"overhead {ours - hand - extra:5.2f} µs"
        )


# --- a training step on moons ---


def moons_by_hand(weights, x, y, lr):
    """Forward, backward and update of 2-16-16-1 with relu and mean squared error, in NumPy."""
    w1, b1, w2, b2, w3, b3 = weights

    def run():
        nonlocal w1, b1, w2, b2, w3, b3
        h1 = np.maximum(x @ w1.T + b1, 0.0)
        h2 = np.maximum(h1 @ w2.T + b2, 0.0)
        out = h2 @ w3.T + b3
        d = out - y
        loss = (d * d).sum() / len(x)
        g = d * (2 / len(x))
        gw3, gb3 = g.T @ h2, g.sum(0)
        g = (g @ w3) * (h2 > 0)
        gw2, gb2 = g.T @ h1, g.sum(0)
        g = (g @ w2) * (h1 > 0)
        gw1, gb1 = g.T @ x, g.sum(0)
        w1 -= lr * gw1
        b1 -= lr * gb1
        w2 -= lr * gw2
        b2 -= lr * gb2
        w3 -= lr * gw3
        b3 -= lr * gb3
        return loss

    return run


def bench_moons(rounds=40):
    """The same step by nn's MLP, its loss and its optimizer."""
    x, labels = make_moons(100, noise=0.1, seed=0)
    x, y = np.asarray(x), (2.0 * np.asarray(labels) - 1)[:, None]
    model = nn.MLP([2, 16, 16, 1], rng=0)
    parameters = list(model.parameters())
    inputs, targets = Tensor(x), Tensor(y)
    lr = 0.01

    def ours():
        for p in parameters:
            p.zero_grad()
        d = model(inputs) - targets
        loss = (d * d).mean()
        loss.backward()
        for p in parameters:
            p.data -= lr * p.grad
        return float(loss)

    hand = moons_by_hand([np.array(p.data) for p in parameters], x, y, lr)
    for _ in range(5):
        assert abs(ours() - hand()) < 1e-12
    fast, slow = best_of([hand, ours], 50, rounds)
    print(f"moons 2-16-16-1: {slow:.1f} µs, NumPy by hand {fast:.1f} µs, ratio {slow / fast:.2f}")


PARTS = {
    "chain": bench_chain,
    "micrograd": bench_micrograd,
    "tensor": bench_tensor,
    "moons": bench_moons,
}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
