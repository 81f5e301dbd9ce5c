"""What a second thread brings: blocks of large arrays, and beside them hashing, as a control.

Hashing needs nothing but a core: where two threads of it are not faster than one, no program is.
"""

import hashlib
import threading

from bench.arrays import elementwise_program
from bench.contenders import compiled
from bench.contest import Workload

ONE, TWO = "one thread", "two threads"
MESSAGE = bytes(8 << 20)


def hashing(threads):
    """A step that hashes two messages, on this many threads."""

    def work(count):
        for _ in range(count):
            hashlib.sha256(MESSAGE).digest()

    def step():
        others = [threading.Thread(target=work, args=(1,)) for _ in range(threads - 1)]
        for thread in others:
            thread.start()
        work(3 - threads)
        for thread in others:
            thread.join()
        return 0.0, []

    return step


def workloads():
    """Those of this module, each on one thread and on two."""
    makers = {name: lambda i=i: hashing(i) for i, name in enumerate((ONE, TWO), 1)}
    yield Workload("control: two messages hashed", makers)
    program = elementwise_program(1_000_000)
    makers = {name: lambda i=i: compiled(program, i) for i, name in enumerate((ONE, TWO), 1)}
    yield Workload("20 elementwise ops on 1e6, blocks shared", makers)
