"""What runs shards in tests, by name; each is opened when it is first asked for."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack

from distributed import Client, LocalCluster

#: All of them: this process, others, and clusters of so many workers.
NAMES = ("none", "threads", "processes", "dask 1", "dask 2", "dask 3", "dask 1 of 2 threads")


class Executors:
    """Executors by name, until the end of the block.

        executors("dask 2")

    A test that breaks one opens its own.
    """

    def __init__(self):
        self._open = {}
        self._stack = ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._stack.close()

    def __call__(self, name):
        if name not in self._open:
            self._open[name] = self._opened(name)
        return self._open[name]

    def _opened(self, name):
        if name == "none":
            return None
        if name == "threads":
            return self._stack.enter_context(ThreadPoolExecutor(2))
        if name == "processes":
            return self._stack.enter_context(spawned(2))
        workers, threads = {
            "dask 1": (1, 1), "dask 2": (2, 1), "dask 3": (3, 1), "dask 1 of 2 threads": (1, 2),
        }[name]  # fmt: skip
        cluster = self._stack.enter_context(local_cluster(workers, threads))
        return self._stack.enter_context(Client(cluster))


def spawned(workers):
    """A pool whose processes start empty, as everywhere but on Linux."""
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))


def local_cluster(workers, threads=1):
    """Dask on this machine; its page is on any free port, so that tests may run side by side.

    It says nothing below an error: what is lost on purpose is lost loudly otherwise.
    """
    return LocalCluster(
        n_workers=workers, threads_per_worker=threads, dashboard_address=":0", silence_logs="ERROR"
    )
