"""A conv net's training step against the same written by hand in NumPy, and PyTorch if it is here.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python tests/bench/bench_conv.py

1×28×28 images in batches of 32; conv 8, relu, pool, conv 16, relu, pool, linear, cross entropy;
forward, backward and an SGD step.  All start from the same weights, and their losses must agree
before times mean anything.  Contestants take turns; the ratio is of medians.
"""

import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import nn

BATCH, CLASSES, LR = 32, 10, 0.01
KERNEL, PAD = 3, 1


def our_model(dtype):
    """The net in nn."""
    return nn.Sequential(
        nn.Conv2d(1, 8, KERNEL, padding=PAD, rng=0),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, KERNEL, padding=PAD, rng=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 7 * 7, CLASSES, rng=2),
    ).to(dtype)


class ByHand:
    """The net written out in NumPy: im2col, matrix products, masks; what backward needs is kept."""

    def __init__(self, state):
        self.w = {name: np.array(array) for name, array in state.items()}

    def columns(self, x):
        """Every 3×3 window as a column: (N, C·9, H·W)."""
        n, c, h, w = x.shape
        padded = np.zeros((n, c, h + 2, w + 2), x.dtype)
        padded[:, :, 1:-1, 1:-1] = x
        out = np.empty((n, c, 3, 3, h, w), x.dtype)
        for i in range(3):
            for j in range(3):
                out[:, :, i, j] = padded[:, :, i : i + h, j : j + w]
        return out.reshape(n, c * 9, h * w)

    def conv(self, x, layer):
        """Result and columns."""
        w, b = self.w[f"{layer}.weight"], self.w[f"{layer}.bias"]
        columns = self.columns(x)
        y = w.reshape(len(w), -1) @ columns
        y += b[:, None]
        return y.reshape(len(x), len(w), *x.shape[2:]), columns

    def conv_backward(self, g, columns, layer, grads, size=None):
        """Gradients of weight and bias, and of x if its size is given."""
        w = self.w[f"{layer}.weight"]
        n, filters, h, width = g.shape
        g = g.reshape(n, filters, h * width)
        grads[f"{layer}.weight"] = (g @ columns.transpose(0, 2, 1)).sum(0).reshape(w.shape)
        grads[f"{layer}.bias"] = g.sum((0, 2))
        if size is None:
            return None
        back = (w.reshape(filters, -1).T @ g).reshape(n, size, 3, 3, h, width)
        out = np.zeros((n, size, h + 2, width + 2), g.dtype)
        for i in range(3):
            for j in range(3):
                out[:, :, i : i + h, j : j + width] += back[:, :, i, j]
        return out[:, :, 1:-1, 1:-1]

    def pool(self, x):
        """Largest of each 2×2 window, and the first place that has it, as masks."""
        rows = np.maximum(x[:, :, ::2], x[:, :, 1::2])
        y = np.maximum(rows[..., ::2], rows[..., 1::2])
        masks, taken = [], np.zeros(y.shape, bool)
        for i in (0, 1):
            for j in (0, 1):
                mask = np.greater(x[:, :, i::2, j::2] == y, taken)
                taken |= mask
                masks.append(mask)
        return y, masks

    def pool_backward(self, g, masks):
        """g where the masks say."""
        n, c, h, w = g.shape
        out = np.empty((n, c, 2 * h, 2 * w), g.dtype)
        for k, mask in enumerate(masks):
            np.multiply(g, mask, out=out[:, :, k // 2 :: 2, k % 2 :: 2])
        return out

    def step(self, x, t):
        """One step of SGD; returns the loss."""
        a1, columns1 = self.conv(x, "0")
        h1 = np.maximum(a1, 0)
        p1, masks1 = self.pool(h1)
        a2, columns2 = self.conv(p1, "3")
        h2 = np.maximum(a2, 0)
        p2, masks2 = self.pool(h2)
        flat = p2.reshape(len(x), -1)
        logits = flat @ self.w["7.weight"].T + self.w["7.bias"]
        logits -= logits.max(1, keepdims=True)
        p = np.exp(logits)
        p /= p.sum(1, keepdims=True)
        loss = -np.log(p[np.arange(len(t)), t]).mean()

        grads = {}
        p[np.arange(len(t)), t] -= 1
        p /= len(t)
        grads["7.weight"] = p.T @ flat
        grads["7.bias"] = p.sum(0)
        g = self.pool_backward((p @ self.w["7.weight"]).reshape(p2.shape), masks2)
        g *= a2 > 0
        g = self.conv_backward(g, columns2, "3", grads, 8)
        g = self.pool_backward(g, masks1)
        g *= a1 > 0
        self.conv_backward(g, columns1, "0", grads)
        for name, grad in grads.items():
            self.w[name] -= LR * grad
        return loss


def ours(dtype):
    """A function that does one step with nn, and the weights it starts from."""
    model = our_model(dtype)
    optimizer = nn.SGD(model.parameters(), lr=LR)

    def step(x, t):
        loss = nn.functional.cross_entropy(model(x), t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step, model.state_dict()


def by_torch(state):
    """The same in PyTorch on one thread; None where it is not installed."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, KERNEL, padding=PAD), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(8, 16, KERNEL, padding=PAD), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Flatten(), torch.nn.Linear(16 * 7 * 7, CLASSES),
    )  # fmt: skip
    model.to(torch.from_numpy(next(iter(state.values()))).dtype)
    model.load_state_dict({name: torch.tensor(array) for name, array in state.items()})
    optimizer = torch.optim.SGD(model.parameters(), lr=LR)

    def step(x, t):
        loss = torch.nn.functional.cross_entropy(model(torch.from_numpy(x)), torch.from_numpy(t))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def main(rounds=200):
    """Both precisions."""
    rng = np.random.default_rng(0)
    for dtype in (np.float32, np.float64):
        x = rng.normal(size=(BATCH, 1, 28, 28)).astype(dtype)
        t = rng.integers(CLASSES, size=BATCH)
        step, state = ours(dtype)
        steps = {"by hand": ByHand(state).step, "twingrad": step, "PyTorch": by_torch(state)}
        steps = {name: one for name, one in steps.items() if one is not None}
        for _ in range(3):
            losses = [float(one(x, t)) for one in steps.values()]
            assert np.ptp(losses) < (1e-5 if dtype == np.float32 else 1e-12), losses
        times = {name: [] for name in steps}
        for _ in range(rounds):
            for name, one in steps.items():
                start = time.perf_counter()
                one(x, t)
                times[name].append(1e3 * (time.perf_counter() - start))
        base = statistics.median(times["by hand"])
        for name, taken in times.items():
            median = statistics.median(taken)
            print(
                f"{np.dtype(dtype).name}  {name:9} median {median:7.2f} ms, "
                f"least {min(taken):7.2f} ms, {median / base:5.2f} × by hand"
            )


if __name__ == "__main__":
    main()
