"""Two MLPs against NumPy by hand, autograd, MyGrad and PyTorch, in one run.

    pip install torch mygrad autograd
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python tests/bench/bench_mlp.py

digits: 784-256-128-10, batch 64, cross entropy; at most 1.10 times NumPy by hand, ahead of
autograd and MyGrad.  moons: 2-16-16-1 on 100 points, hinge loss; at most 2.2 times NumPy by hand,
ahead of autograd, MyGrad and PyTorch.  One step is forward, backward, gradient descent.
Peers that are not installed are left out.
"""

import itertools
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import nn
from engine import Tensor
from nn.datasets import make_moons

RATE = 1e-3

# --- a step by each: (x, targets, [w0, b0, w1, b1, …], hinge) to a function without arguments ---


def by_nn(x, t, weights, hinge):
    """nn.MLP, a loss module, nn.SGD."""
    model = nn.MLP([weights[0].shape[1], *[w.shape[0] for w in weights[::2]]])
    model.to(x.dtype)
    for p, w in zip(model.parameters(), weights, strict=True):
        p.data = w
    loss_of = nn.HingeLoss() if hinge else nn.CrossEntropyLoss()
    optimizer = nn.SGD(model.parameters(), lr=RATE)
    x = Tensor(x)

    def step():
        loss = loss_of(model(x), t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def by_hand(x, t, weights, hinge):
    """NumPy, as one would write it knowing the derivatives."""
    weights = [w.copy() for w in weights]
    layers = list(itertools.pairwise(range(0, len(weights) + 1, 2)))
    n = len(x)
    rows = np.arange(n)

    def step():
        inputs, v = [], x
        for i, _ in layers:
            inputs.append(v)
            v = v @ weights[i].T
            v += weights[i + 1]
            if i != layers[-1][0]:
                np.maximum(v, 0.0, out=v)
        if hinge:
            gap = 1 - t * v
            np.maximum(gap, 0.0, out=gap)
            loss = gap.mean()
            g = (gap > 0) * (-t / n)
        else:
            v -= v.max(axis=1, keepdims=True)
            g = np.exp(v)
            total = g.sum(axis=1, keepdims=True)
            loss = (np.log(total[:, 0]) - v[rows, t]).mean()
            g /= total
            g[rows, t] -= 1
            g /= n
        for (i, _), a in zip(layers[::-1], inputs[::-1], strict=True):
            below = g @ weights[i] if i else None
            weights[i] -= RATE * (g.T @ a)
            weights[i + 1] -= RATE * g.sum(axis=0)
            if i:
                g = below * (a > 0)
        return float(loss)

    return step


def by_torch(x, t, weights, hinge):
    """PyTorch, one thread."""
    import torch

    torch.set_num_threads(1)
    sizes = [weights[0].shape[1], *[w.shape[0] for w in weights[::2]]]
    kind = torch.float32 if x.dtype == np.float32 else torch.float64
    layers = []
    for n, m in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(n, m, dtype=kind), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    with torch.no_grad():
        for p, w in zip(model.parameters(), weights, strict=True):
            p.copy_(torch.tensor(w))
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    x, t = torch.tensor(x), torch.tensor(t)

    def step():
        y = model(x)
        loss = torch.relu(1 - t * y).mean() if hinge else torch.nn.functional.cross_entropy(y, t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def by_mygrad(x, t, weights, hinge):
    """MyGrad, with its own cross entropy."""
    import mygrad as mg
    from mygrad.nnet import softmax_crossentropy

    p = [mg.tensor(w) for w in weights]

    def step():
        v = x
        for i in range(0, len(p), 2):
            v = mg.matmul(v, p[i].T) + p[i + 1]
            if i < len(p) - 2:
                v = mg.maximum(v, 0)
        loss = mg.maximum(1 - t * v, 0).mean() if hinge else softmax_crossentropy(v, t)
        loss.backward()
        for q in p:
            q.data -= RATE * q.grad
        return loss.item()

    return step


def by_autograd(x, t, weights, hinge):
    """HIPS autograd."""
    import autograd
    import autograd.numpy as anp

    p = [w.copy() for w in weights]
    rows = np.arange(len(x))

    def loss_of(p):
        v = x
        for i in range(0, len(p), 2):
            v = anp.dot(v, p[i].T) + p[i + 1]
            if i < len(p) - 2:
                v = anp.maximum(v, 0)
        if hinge:
            return anp.mean(anp.maximum(1 - t * v, 0))
        v = v - anp.max(v, axis=1, keepdims=True)
        return anp.mean(anp.log(anp.sum(anp.exp(v), axis=1)) - v[rows, t])

    slope = autograd.value_and_grad(loss_of)

    def step():
        loss, grads = slope(p)
        for i, g in enumerate(grads):
            p[i] -= RATE * g
        return float(loss)

    return step


# --- the race ---


def race(contestants, rounds, each):
    """The shortest time of one step of each, in microseconds, taken in turns.

    Each turn starts with a step that is not timed: the one before left its own numbers in the
    caches.  A turn has enough steps to be a stretch of training, not a start.
    """
    best = dict.fromkeys(contestants, np.inf)
    for _ in range(rounds):
        for name, step in contestants.items():
            step()
            start = time.perf_counter()
            for _ in range(each):
                step()
            best[name] = min(best[name], 1e6 * (time.perf_counter() - start) / each)
    return best


def compare(title, x, t, sizes, hinge, rounds, each):
    """Contestants from the same weights; their losses must agree before times mean anything."""
    model = nn.MLP(sizes, rng=0)
    weights = [np.asarray(p.data, x.dtype) for p in model.parameters()]
    made = {}
    for name, make in (
        ("nn", by_nn), ("numpy", by_hand), ("autograd", by_autograd), ("mygrad", by_mygrad),
        ("torch", by_torch),
    ):  # fmt: skip
        try:
            made[name] = make(x, t, weights, hinge)
        except ImportError:
            print(f"{name} is not installed")
    for _ in range(5):
        losses = {name: step() for name, step in made.items()}
        for loss in losses.values():
            assert abs(loss / losses["nn"] - 1) < 1e-4, losses
    best = race(made, rounds, each)
    ratios = "  ".join(f"nn/{k} {best['nn'] / v:.2f}" for k, v in best.items() if k != "nn")
    print(f"{title}: nn {best['nn']:.0f} µs, numpy {best['numpy']:.0f} µs   {ratios}")


def main(rounds=60):
    """Both networks, the larger one in both precisions."""
    x, labels = make_moons(100, noise=0.1, seed=0)
    compare("moons", x, (2.0 * labels - 1)[:, None], [2, 16, 16, 1], True, rounds, 50)
    rng = np.random.default_rng(0)
    for dtype in (np.float32, np.float64):
        x = rng.uniform(size=(64, 784)).astype(dtype)
        t = rng.integers(0, 10, 64)
        compare(f"digits {np.dtype(dtype).name}", x, t, [784, 256, 128, 10], False, rounds, 20)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
