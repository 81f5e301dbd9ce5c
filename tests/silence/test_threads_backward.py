"""Threads that share leaves: no gradient is lost, and nobody sees half a pass."""

import copy
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, Value, to_numpy

THREADS = 4
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def threads_take_turns_often():
    """Threads are switched a thousand times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(before)


def in_threads(work, count=THREADS):
    """Run `work(0)`, `work(1)`, … at the same time; errors are raised."""
    together = threading.Barrier(count)

    def begin(i):
        together.wait()
        return work(i)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(
    "leaf",
    [lambda: Tensor(np.zeros(200_000), requires_grad=True), lambda: Value(0.0)],
    ids=["tensor", "value"],
)
def test_threads_lose_no_gradient_of_a_leaf_they_share(leaf, create_graph):
    w = leaf()
    passes = 25

    def work(i):
        for _ in range(passes):
            y = engine.sum(w * float(i + 1)) if isinstance(w, Tensor) else w * float(i + 1)
            y.backward(create_graph=create_graph)

    in_threads(work)
    np.testing.assert_array_equal(to_numpy(w.grad), np.full(w.shape, passes * (1.0 + 2 + 3 + 4)))


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("tier", ["tensor", "scalar"])
def test_threads_lose_no_gradient_of_a_layer_they_share(tier, create_graph):
    layer = nn.Linear(400, 400, rng=0) if tier == "tensor" else nn.Linear(2, 2, rng=0).scalar()
    x = np.ones((3, layer.weight.shape[1]))
    passes = 20

    def work(_):
        for _ in range(passes):
            layer(x).sum().backward(create_graph=create_graph)

    in_threads(work)
    for parameter in layer.parameters():
        grads = [p.grad for p in np.ravel(parameter)] if tier == "scalar" else [parameter.grad]
        for g in grads:
            np.testing.assert_array_equal(to_numpy(g), np.full(np.shape(g), 3.0 * THREADS * passes))


def test_threads_build_graphs_on_leaves_while_others_differentiate_them():
    w = Value(3.0)

    def work(i):
        for _ in range(200):
            y = w * w + w * float(i)
            assert engine.grad(lambda z: z * z * w)(2.0) == 12.0
            if i % 2:
                y.backward()

    in_threads(work)
    assert w.grad == 200 * (6.0 + 1.0) + 200 * (6.0 + 3.0)


def leaf_of(tier):
    return Value(1.0) if tier == "value" else Tensor(np.ones(5), requires_grad=True)


@pytest.mark.parametrize("tier", ["tensor", "value"])
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_made_meanwhile_has_all_of_a_pass_or_nothing(tier, duplicate):
    total = engine.add(0.0, leaf_of(tier))
    for _ in range(30):
        total = total + leaf_of(tier)
    root = total if tier == "value" else total.sum()
    root.backward()  # so that no copy is made before the first gradient
    done = threading.Event()

    def work(i):
        if i:
            for _ in range(300):
                root.backward()
            done.set()
            return
        while not done.is_set():
            nodes = engine.toposort(duplicate(root))
            grads = {float(np.mean(to_numpy(x.grad))) for x in nodes if x.op is None}
            assert len(grads) == 1, grads

    in_threads(work, 2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on Windows")
def test_a_forked_process_has_no_lock_of_a_thread_that_is_not_there():
    program = """
import os, sys, threading, time
from engine import Value
from engine.locks import GRADIENTS

if not hasattr(os, "fork"):
    sys.exit(0)

def differentiate():
    x = Value(3.0)
    (x * x).backward()
    os._exit(0 if x.grad == 6.0 else 1)

held = threading.Event()
def hold():
    with GRADIENTS:
        held.set()
        time.sleep(0.2)

threading.Thread(target=hold).start()
held.wait()
child = os.fork()
if child == 0:
    thread = threading.Thread(target=differentiate, daemon=True)
    thread.start()
    thread.join(20)
    os._exit(2)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "ignore", "-c", program]
    assert subprocess.run(command, env=environment, timeout=100, check=False).returncode == 0
