"""What `nn.Parallel` costs and brings: CPU time of the coordinator, and speed by time per shard.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python tests/bench/bench_parallel.py

Two shards, two workers, one BLAS thread each; Dask's scheduler runs in the coordinator's process,
so its time is counted.  Contestants take turns; medians over steps of `nn.fit`, and of ratios over
turns.  The control is two processes that train side by side and know nothing of each other: more
than these two do together, nobody gets out of this machine.
"""

import math
import multiprocessing
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import nn
from nn.datasets import load_digits

ROWS = (64, 256, 1024, 4096, 8192, 16384)  # in a batch: what dials the work of a shard
STEPS = 12


class Clock(nn.Callback):
    """Notes when each step was over: wall clock and CPU time of this process."""

    def begin(self, run):
        self.times = []

    def after_step(self, run):
        self.times.append((time.perf_counter(), time.process_time()))

    def medians(self, first=3):
        """Milliseconds of a step, wall and CPU, after the first few."""
        steps = zip(self.times[first:], self.times[first + 1 :], strict=False)
        walls, cpus = zip(*((b[0] - a[0], b[1] - a[1]) for a, b in steps), strict=True)
        return 1e3 * statistics.median(walls), 1e3 * statistics.median(cpus)


def trained(model, data, batch_size, parallel=None):
    """Medians of the steps of one pass, wall and CPU, in milliseconds."""
    clock = Clock()
    optimizer = nn.SGD(model.parameters(), lr=1e-3)
    loader = nn.DataLoader(data, batch_size, drop_last=True)
    nn.fit(
        model, nn.CrossEntropyLoss(), optimizer, loader,
        callbacks=[clock], progress=False, parallel=parallel,
    )  # fmt: skip
    return clock.medians()


def digits_mlp(parallel):
    """The course's network on the digits."""
    x, y = load_digits()
    return trained(nn.MLP([64, 128, 10], rng=0), (x[:1600], y[:1600]), 32, parallel)


def deep(rows, parallel=None):
    """3 layers of 256 in float32: 0.6 MB to send, and work in proportion to the rows."""
    sizes = [64, *[256] * 3, 10]
    model = nn.MLP(sizes, activation=nn.ReLU, rng=0).to(np.float32)
    rng = np.random.default_rng(0)
    count = rows * (STEPS + 4)
    x = rng.normal(size=(count, 64)).astype(np.float32)
    return trained(model, (x, rng.integers(0, 10, count)), rows, parallel)[0]


def side_by_side(executor, rows):
    """Milliseconds of a step in each of two processes at once."""
    return statistics.mean(executor.map(deep, (rows, rows)))


def clusters(stack):
    """Who computes shards, by name."""
    spawn = multiprocessing.get_context("spawn")
    found = {"pool": stack.enter_context(ProcessPoolExecutor(2, mp_context=spawn))}
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        print("distributed is not installed: Dask is left out")
        return found
    local = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0")
    found["Dask"] = stack.enter_context(Client(stack.enter_context(local)))
    return found


def coordinator(executors, turns=5):
    """A line for each way to run the step of the digits' network."""
    ways = {"fit": None, "this process": nn.Parallel(None, 2)}
    ways |= {name: nn.Parallel(executor, 2) for name, executor in executors.items()}
    found = {name: [] for name in ways}
    for _ in range(turns):
        for name, parallel in ways.items():
            found[name].append(digits_mlp(parallel))
    print("\nthe digits' network (64-128-10, batches of 32, 2 shards), ms a step")
    print(f"{'':14}{'wall':>8}{'coordinator CPU':>17}")
    for name, times in found.items():
        wall, cpu = (statistics.median(column) for column in zip(*times, strict=True))
        print(f"{name:14}{wall:8.2f}{cpu:17.2f}")


def pays(executors, turns=3):
    """A line for each amount of work: how many times as fast as `fit` in one process."""
    print("\n3 layers of 256, float32 (0.6 MB of weights): how many times as fast as one process")
    print(f"{'rows':>6}{'ms a shard':>12}{'control':>9}", *(f"{name:>7}" for name in executors))
    curves = {name: [] for name in executors}
    for rows in ROWS:
        ratios = {name: [] for name in ("control", *executors)}
        times = []
        for _ in range(turns):
            alone = deep(rows)
            times.append(alone / 2)
            ratios["control"].append(2 * alone / side_by_side(executors["pool"], rows))
            for name, executor in executors.items():
                ratios[name].append(alone / deep(rows, nn.Parallel(executor, 2)))
        medians = {name: statistics.median(found) for name, found in ratios.items()}
        shard = statistics.median(times)
        control, *others = medians.values()
        print(f"{rows:6}{shard:12.2f}{control:9.2f}", *(f"{x:7.2f}" for x in others))
        for name, curve in curves.items():
            curve.append((shard, medians[name]))
    for name, curve in curves.items():
        print(f"{name} pays from {crossing(curve)} a shard on")


def crossing(curve):
    """From which time per shard on a ratio is more than 1, between two measured ones.

    >>> crossing([(1.0, 0.5), (4.0, 2.0)])
    'about 2 ms'
    >>> crossing([(1.0, 0.5)])
    'more than 1 ms'
    """
    below = [i for i, (_, ratio) in enumerate(curve) if ratio < 1]
    if not below:
        return f"less than {curve[0][0]:.2g} ms"
    if below[-1] == len(curve) - 1:
        return f"more than {curve[-1][0]:.2g} ms"
    (a, low), (b, high) = curve[below[-1]], curve[below[-1] + 1]
    part = math.log(1 / low) / math.log(high / low)
    return f"about {a * (b / a) ** part:.2g} ms"


def main():
    """Both tables."""
    with ExitStack() as stack:
        executors = clusters(stack)
        coordinator(executors)
        pays(executors)


if __name__ == "__main__":
    main()
