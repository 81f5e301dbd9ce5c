"""Programs interrupted at every line: what the tests of interrupts share."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

import engine
import nn
import viz
from engine.differentiating import RUNNING
from engine.locks import GRADIENTS
from engine.recording import ATTENTION, RECORDING

PACKAGES = tuple(str(Path(package.__file__).parent) for package in (engine, nn, viz))


def interrupted_at_every_line(program, check, files=PACKAGES):
    """Run `program` again and again, with KeyboardInterrupt at its 1st, 2nd, … line in `files`.

    After each run `check(interrupted)` looks at what it left; the number of runs is returned.
    """
    runs = 0
    while True:
        runs += 1
        left = runs

        def at_line(frame, event, _argument):
            nonlocal left
            if not frame.f_code.co_filename.startswith(files):
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    raise KeyboardInterrupt(f"{frame.f_code.co_filename}:{frame.f_lineno}")
            return at_line

        before = sys.gettrace()
        sys.settrace(at_line)
        try:
            program()
        except KeyboardInterrupt as interrupt:
            sys.settrace(before)
            check(interrupt)
        else:
            sys.settrace(before)
            check(None)
            return runs
        finally:
            sys.settrace(before)


def as_at_the_start(interrupt):
    """Recording is on, nobody watches, NumPy warns, no derivative is being taken, no lock held."""
    __tracebackhide__ = True
    assert engine.is_grad_enabled(), interrupt
    assert RECORDING.watcher is None, interrupt
    assert not ATTENTION.threads, interrupt
    assert RUNNING.derivatives == (), interrupt
    assert np.geterr()["over"] == "warn", interrupt
    with ThreadPoolExecutor(1) as other:
        assert other.submit(GRADIENTS.acquire, timeout=1.0).result(), interrupt
        other.submit(GRADIENTS.release)
