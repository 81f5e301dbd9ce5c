"""A process forked from one whose threads are at work: it does not hang, and has the same bits."""

import os
import subprocess
import sys

import pytest

from engine.once import Once

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on Windows")

#: Threads train, let arrays go and compile all the time, while processes are forked.
BUSY = """
import multiprocessing
import sys
import threading
import numpy as np
import engine
import nn

def gradients(compiled):
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(700, 30)), rng.integers(0, 5, 700)
    model = nn.Sequential(
        nn.Linear(30, 100, rng=0), nn.Tanh(), nn.Linear(100, 100, rng=1), nn.GELU(),
        nn.Linear(100, 5, rng=2),
    )
    def loss(x, target):
        return nn.functional.cross_entropy(model(x), target)
    (engine.compile(loss) if compiled else loss)(engine.Tensor(x), target).backward()
    return b"".join(p.grad.tobytes() for p in model.parameters())

if __name__ == "__main__":
    expected = gradients(False), gradients(True)
    over = threading.Event()
    def work():
        while not over.is_set():
            gradients(True)
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    same = 0
    for _ in range(6):
        with multiprocessing.get_context("fork").Pool(1) as pool:
            same += tuple(pool.map(gradients, [False, True])) == expected
    over.set()
    for thread in threads:
        thread.join()
    print(same)
"""

#: Each lock is held by another thread when the process is forked.
HELD = """
import os
import threading
import time
from engine import locks
from nn.parallel import worker

for lock in (locks.TRACING, locks.GRADIENTS, locks.ARRAYS, worker._lock):
    held = threading.Event()
    def work():
        with lock:
            held.set()
            time.sleep(0.2)
    thread = threading.Thread(target=work)
    thread.start()
    held.wait()
    child = os.fork()
    if child == 0:
        os._exit(0 if lock.acquire(timeout=5) else 1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), end=" ")
    thread.join()
"""


def output_of(text):
    ignored = ["-W", "ignore::DeprecationWarning"]  # of Python 3.12, about fork and threads
    done = subprocess.run(
        [sys.executable, *ignored, "-c", text], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.slow
def test_processes_forked_while_threads_train_have_the_same_bits():
    assert output_of(BUSY) == ["6"]


def test_a_lock_that_another_thread_holds_is_open_in_a_forked_process():
    """The child waited for ever for a thread that it does not have."""
    assert output_of(HELD) == ["0", "0", "0", "0"]


def test_what_is_computed_once_is_the_same_object_for_all_who_ask():
    class Holder:
        @Once
        def made(self):
            "Something new."
            return object()

    holder = Holder()

    assert holder.made is holder.made
    assert Holder.made.__doc__ == "Something new."
