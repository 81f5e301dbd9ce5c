"""Runs in which a process is killed: each a function, called by its name in a process of its own.

    python tests/nn/killed_runs.py NAME FOLDER

What it returns is printed as JSON, so that a run that hangs ends with the process it is in.
"""

import contextlib
import functools
import hashlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time
import types
from concurrent.futures import ThreadPoolExecutor

import dask
import executors
import numpy as np
from distributed import Client

import nn

EPOCHS = 8  # of three steps
SCHEDULER = [
    sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
    "--dashboard-address", ":0", "--scheduler-file",
]  # fmt: skip
WORKER = [
    sys.executable, "-m", "distributed.cli.dask_worker", "--no-dashboard", "--no-nanny",
    "--nthreads", "1", "--scheduler-file",
]  # fmt: skip


class Dies(nn.Module):
    """Passes its input on; where there is an order, kills the process that it runs in.

    An order is a file: `once` of two processes that find it one takes it away, and dies.
    """

    def __init__(self, order, once=True):
        self.order, self.once = str(order), once

    def forward(self, x):
        with contextlib.suppress(FileNotFoundError):
            if self.once:
                os.unlink(self.order)
            else:
                os.stat(self.order)
            os.kill(os.getpid(), signal.SIGKILL)
        return x


class Before(nn.Callback):
    """Calls `do` before the batch of a step; notes the bits after each."""

    def __init__(self, step, do, parts):
        self.step, self.do, self.parts = step, do, parts
        self.notes = {}

    def before_batch(self, run):
        if self.parts.parallel.step == self.step:
            self.do()

    def after_step(self, run):
        self.notes[self.parts.parallel.step] = bits(self.parts)


class Slow(nn.Module):
    """Passes its input on, after some time."""

    def forward(self, x):
        time.sleep(0.01)
        return x


def parts_of(folder, once=True, slow=False):
    """All in a run that has a state, by name."""
    nn.manual_seed(5)
    model = nn.Sequential(
        nn.Linear(6, 8, rng=0), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2, rng=1),
        Dies(order_in(folder), once), Slow() if slow else nn.Identity(), nn.Dropout(0.1),
        nn.Linear(8, 3, rng=2),
    )  # fmt: skip
    rng = np.random.default_rng(0)
    data = rng.normal(size=(60, 6)), rng.integers(0, 3, 60)
    return types.SimpleNamespace(
        model=model,
        optimizer=nn.AdamW(model.parameters(), lr=0.01),
        loader=nn.DataLoader(data, batch_size=26, shuffle=True, rng=0),
        history=nn.EpochHistory(),
        parallel=nn.Parallel(shards=4, seed=3),
    )


def order_in(folder):
    return pathlib.Path(folder, "die")


def file_in(folder):
    return pathlib.Path(folder, "run.npz")


def fit(parts, executor, callbacks=(), epochs=EPOCHS):
    """What is left of the run; its bits."""
    parts.parallel.executor = executor
    nn.fit(
        parts.model, nn.CrossEntropyLoss(), parts.optimizer, parts.loader,
        epochs - len(parts.history), callbacks=callbacks, history=parts.history,
        parallel=parts.parallel, progress=False,
    )  # fmt: skip
    return bits(parts)


def bits(parts):
    """A digest of weights, optimizer and history."""
    weights = [(name, x.tobytes()) for name, x in parts.model.state_dict().items()]
    rows = [{k: x for k, x in row.items() if k != "seconds"} for row in parts.history.rows]
    text = repr((weights, parts.optimizer.state_dict(), rows))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def failed(parts, executor, callbacks):
    """The error of a run, and how long it took to come once the deed was done."""
    began = time.monotonic()
    try:
        fit(parts, executor, callbacks)
    except nn.ParallelError as error:
        return f"{error} | {type(error.__cause__).__name__}", time.monotonic() - began
    return None, time.monotonic() - began


def here(folder):
    """The run that nothing happens to."""
    return {"bits": fit(parts_of(folder), None)}


def worker_of_dask(folder):
    """A worker of a cluster dies in the middle of a step."""
    parts = parts_of(folder)
    with executors.local_cluster(2) as cluster, Client(cluster) as client:
        before = set(client.run(os.getpid).values())
        found = fit(parts, client, [Before(5, order_in(folder).touch, parts)])
        lost = before - set(client.run(os.getpid).values())
    return {"bits": found, "lost": len(lost)}


def workers_of_dask_at_random(folder, kills=20):
    """Workers die at random moments of steps, one in each of twenty.

    LocalCluster lets a worker go for good that is away 15 s after it was lost: here it may be so
    because it was killed once more.
    """
    parts, rng = parts_of(folder, slow=True), random.Random(0)
    steps = rng.sample(range(3 * EPOCHS), kills)
    done = []

    def running():
        """One that is being started is left alone: Dask gives up what dies then."""
        processes = [nanny.process for nanny in cluster.workers.values()]
        return [p.pid for p in processes if p and p.status.name == "running" and p.is_alive()]

    def kill():
        assert until(running)
        done.append(rng.choice(running()))
        os.kill(done[-1], signal.SIGKILL)

    class Kills(nn.Callback):
        def before_batch(self, run):
            if parts.parallel.step in steps:
                timers.append(threading.Timer(rng.uniform(0, 0.03), kill))
                timers[-1].start()

    timers = []
    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "1h"}),
        executors.local_cluster(2) as cluster,
        Client(cluster) as client,
    ):
        found = fit(parts, client, [Kills()])
        for timer in timers:
            timer.join()
    return {"bits": found, "kills": len(set(done))}


def every_worker_of_dask(folder):
    """A task that kills whoever computes it."""
    parts = parts_of(folder, once=False)
    look = Before(5, order_in(folder).touch, parts)
    with executors.local_cluster(2) as cluster, Client(cluster) as client:
        error, seconds = failed(parts, client, [look])
    return whole(parts, look, error, seconds)


def no_worker_of_dask(folder):
    """All workers go, and none comes: how long Dask waits is a setting of its own."""
    parts = parts_of(folder)
    with (
        dask.config.set({"distributed.scheduler.no-workers-timeout": "1s"}),
        executors.local_cluster(1) as cluster,
        Client(cluster) as client,
    ):
        look = Before(5, functools.partial(cluster.scale, 0), parts)
        error, seconds = failed(parts, client, [look])
    return whole(parts, look, error, seconds)


def worker_of_a_pool(folder):
    """A process of a pool dies in the middle of a step."""
    parts = parts_of(folder)
    look = Before(5, order_in(folder).touch, parts)
    with executors.spawned(2) as pool:
        error, seconds = failed(parts, pool, [look])
        again, _ = failed(parts, pool, [])
    return whole(parts, look, error, seconds) | {"again": again}


def scheduler(folder):
    """The scheduler dies, which runs in a process of its own, as do workers and client."""
    parts = parts_of(folder)
    with contextlib.ExitStack() as stack:
        file = str(pathlib.Path(folder, "scheduler.json"))
        started = [started_in(stack, [*SCHEDULER, file])]
        until(lambda: os.path.exists(file))
        started += [started_in(stack, [*WORKER, file]) for _ in range(2)]
        client = stack.enter_context(Client(scheduler_file=file))
        client.wait_for_workers(2)
        look = Before(5, started[0].kill, parts)
        save = nn.SaveTraining(file_in(folder), 2, **vars(parts))
        error, seconds = failed(parts, client, [look, save])
        ended = [until(lambda one=one: one.poll() is not None) for one in started]
    loaded = parts_of(folder)
    nn.load_training(file_in(folder), **vars(loaded))
    step = loaded.parallel.step
    return whole(parts, look, error, seconds) | {
        "loaded at": step, "loaded": fit(loaded, None), "ended": all(ended)
    }  # fmt: skip


def client(folder):
    """Goes on with a run, or begins it; who kills this process knows its workers by a file."""
    parts = parts_of(folder, slow=True)
    if file_in(folder).exists():
        nn.load_training(file_in(folder), **vars(parts))
    with executors.local_cluster(2) as cluster, Client(cluster) as client:
        return client_of(folder, parts, client, client.run(os.getpid).values())


def client_of_a_pool(folder):
    """As `client`, with a pool of two processes."""
    parts = parts_of(folder, slow=True)
    with executors.spawned(2) as pool:
        workers = set()
        while len(workers) < 2:  # the second may be longer in coming
            asked = [pool.submit(pid_after_a_while) for _ in range(2)]
            workers |= {future.result() for future in asked}
        return client_of(folder, parts, pool, workers)


def client_of(folder, parts, executor, workers):
    pathlib.Path(folder, "workers").write_text(json.dumps(list(workers)))
    save = nn.SaveTraining(file_in(folder), 1, **vars(parts))
    return {"bits": fit(parts, executor, [save])}


def after_client(folder):
    """Goes on, in this process, with what a killed one left; as often as you like."""
    parts = parts_of(folder)
    nn.load_training(file_in(folder), **vars(parts))
    return {"step": parts.parallel.step, "bits": fit(parts, None)}


def pid_after_a_while():
    time.sleep(0.05)
    return os.getpid()


def whole(parts, look, error, seconds):
    """What holds after an error, and what comes of going on."""
    same = bits(parts) == look.notes[max(look.notes)]
    step, seen = parts.parallel.step, max(look.notes)
    order_in(look_folder(parts)).unlink(missing_ok=True)
    with ThreadPoolExecutor(2) as threads:
        return {
            "error": error, "seconds": seconds, "step": step, "steps": seen, "as before": same,
            "bits": fit(parts, threads),
        }  # fmt: skip


def look_folder(parts):
    return pathlib.Path(parts.model[4].order).parent


def started_in(stack, command):
    """A process that is ended with the block."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


def until(holds, seconds=60):
    """Whether it came to hold."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](sys.argv[2])))
