"""What `nn.Sequential(…, checkpoint=6)` saves and costs: peak memory and CPU time of a step.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python tests/bench/bench_checkpoint.py

The peak is what NumPy and Python allocate during a step, gradients included.  Contestants take
turns; the ratio of the shortest times counts.  Gradients are compared bit for bit.
"""

import gc
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import nn

LETTERS = 27


def linears(size):
    """32 linear layers and relus, each pair in one module: a size of 6 is 6 layers."""
    pairs = [nn.Sequential(nn.Linear(256, 256, rng=i), nn.ReLU()) for i in range(32)]
    model = nn.Sequential(*pairs, checkpoint=size).to(np.float32)
    x = np.random.default_rng(0).normal(size=(1024, 256)).astype(np.float32)
    return model, lambda: (model(x) ** 2).mean()


def gpt(size):
    """8 blocks of a transformer, with dropout, on rows of letters."""
    nn.manual_seed(0)
    blocks = [nn.TransformerBlock(64, 4, dropout=0.1, causal=True) for _ in range(8)]
    blocks = nn.Sequential(*blocks, checkpoint=size)
    model = nn.Sequential(nn.Embedding(LETTERS, 64), blocks, nn.Linear(64, LETTERS))
    model = model.to(np.float32)
    x = np.random.default_rng(0).integers(0, LETTERS, (64, 33))

    def loss():
        nn.manual_seed(1)
        logits = model(x[:, :-1])
        return nn.cross_entropy(logits.reshape(-1, LETTERS), x[:, 1:].ravel())

    return model, loss


def normalized(size):
    """16 blocks of linear layer, batch norm, relu and dropout."""
    blocks = [
        nn.Sequential(nn.Linear(128, 128, rng=i), nn.BatchNorm1d(128), nn.ReLU(), nn.Dropout(0.2))
        for i in range(16)
    ]
    model = nn.Sequential(*blocks, checkpoint=size).to(np.float32)
    x = np.random.default_rng(0).normal(size=(1024, 128)).astype(np.float32)

    def loss():
        nn.manual_seed(1)
        return (model(x) ** 2).mean()

    return model, loss


def step(model, loss):
    """One step; its gradients."""
    model.zero_grad()
    loss().backward()
    return [p.grad for p in model.parameters()]


def peak(model, loss):
    """The most that is allocated during a step, in MB."""
    model.zero_grad()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    step(model, loss)
    most = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return most / 1e6


def shortest(programs, rounds=15):
    """The shortest CPU time of a step of each, in ms; they take turns."""
    best = [float("inf")] * len(programs)
    for _ in range(rounds):
        for i, program in enumerate(programs):
            start = time.process_time()
            step(*program)
            best[i] = min(best[i], 1e3 * (time.process_time() - start))
    return best


def main():
    """A line for each model and size of group."""
    print(f"{'model':12}{'group':>6}{'peak MB':>9}{'/ plain':>9}{'CPU ms':>8}{'/ plain':>9}")
    for make, sizes in ((linears, (2, 4, 6, 8)), (normalized, (4,)), (gpt, (1, 2, 3))):
        programs = [make(size) for size in (None, *sizes)]
        expected, *others = [step(*program) for program in programs]
        for found in others:
            for ours, theirs in zip(found, expected, strict=True):
                np.testing.assert_array_equal(ours, theirs)
        del expected, others, found, ours, theirs
        peaks, times = [peak(*program) for program in programs], shortest(programs)
        for size, most, took in zip((None, *sizes), peaks, times, strict=True):
            print(
                f"{make.__name__:12}{size or '–':>6}{most:9.1f}{most / peaks[0]:9.2f}"
                f"{took:8.1f}{took / times[0]:9.2f}"
            )


if __name__ == "__main__":
    main()
