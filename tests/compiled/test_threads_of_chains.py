"""Blocks of large arrays on several threads: the same bits, and errors that arrive."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import engine
from engine.array_programs import ArrayHalves, ArrayProgram, chains, workers
from engine.symbols import Trace
from engine.writing import gradients

SIZE = 1 << 17


@pytest.fixture(autouse=True)
def little_is_worth_a_thread(monkeypatch):
    """So that tests need not work through large arrays."""
    monkeypatch.setattr(chains, "WORTH_A_THREAD", 1 << 16)


def loss(x, w):
    """Some steps, and their sum."""
    a = engine.tanh(x * w + 0.5)
    return (engine.exp(a * -0.5) * x + a / engine.sqrt(a * a + 1.0)).sum()


def program(size=SIZE, threads=None):
    """Loss and gradients."""
    trace = Trace()
    x, w = (trace.input(np.ones(size), name) for name in "xw")
    y = loss(x, w)
    found = gradients(y, y.full(1.0))
    return ArrayProgram("f", [x, w], [y, found[x], found[w]], threads)


def drawn(seed, size=SIZE):
    """Random numbers for both arguments."""
    return list(np.random.default_rng(seed).normal(size=(2, size)))


def bits(results):
    """What has to be the same."""
    return [x.tobytes() for x in results]


@pytest.mark.parametrize("size", [SIZE, SIZE + 12345])
def test_any_number_of_threads_gives_the_same_bits(size):
    given = drawn(0, size)
    expected = bits(program(size, 1).run(given))
    for threads in (2, 3, 4):
        several = program(size, threads)
        assert f"], {threads})" in several.source
        for _ in range(3):
            assert bits(several.run(given)) == expected


def test_without_a_number_all_cores_are_used(monkeypatch):
    monkeypatch.setattr(workers, "thread_count", lambda threads: 3)
    assert workers.thread_count(None) == 3
    monkeypatch.undo()
    assert workers.thread_count(None) >= 1
    monkeypatch.delattr(workers.os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(workers.os, "cpu_count", lambda: 5)
    assert workers.thread_count(None) == 5


@pytest.mark.parametrize("threads", [0, -1, 1.5, True, "2"])
def test_a_number_of_threads_that_is_none_is_named(threads):
    with pytest.raises(ValueError, match="threads has to be an int from 1 on"):
        program(16, threads)
    with pytest.raises(ValueError, match="threads has to be an int from 1 on"):
        engine.compile(loss, threads=threads)


def test_small_work_is_not_shared(monkeypatch):
    monkeypatch.undo()
    assert "in_threads" not in program(SIZE, 4).source


def test_what_users_call_from_several_threads_at_a_time_keeps_apart():
    f, given = program(threads=2), [drawn(i) for i in range(4)]
    expected = [bits(f.run(one)) for one in given]
    with ThreadPoolExecutor(4) as pool:
        assert [bits(x) for x in pool.map(f.run, given * 3)] == expected * 3


def test_halves_on_several_threads_keep_what_backward_reads():
    trace = Trace()
    x, w = (trace.input(np.ones(SIZE), name) for name in "xw")
    y = loss(x, w)
    g = trace.input(y.full(1.0), "g")
    slopes = gradients(y, g)
    halves = [ArrayHalves("f", [x, w], [y], [g], [slopes[x], slopes[w]], threads=n) for n in (1, 3)]
    answers = []
    for one in halves:
        outputs, kept = one.forward(drawn(1))
        one.forward(drawn(2))
        answers.append(bits([*outputs, *one.backward(kept, [np.array(2.0)])]))
    assert answers[0] == answers[1]


def test_an_error_in_a_thread_is_raised_and_the_next_call_is_right():
    f, given = program(threads=2), drawn(3)
    expected = bits(f.run(given))
    wrong = [given[0], given[1].copy()]
    wrong[1][-5:] = np.inf  # in the last block, which is another thread's
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        f.run(wrong)
    assert bits(f.run(given)) == expected


def test_what_numpy_does_about_errors_is_the_same_in_threads():
    f, given = program(threads=2), drawn(3)
    given[1][-5:] = np.inf
    with np.errstate(all="ignore"):
        assert np.isnan(f.run(given)[1][-5:]).all()


def test_where_no_thread_can_be_started_the_work_is_done_all_the_same(monkeypatch):
    def start(self):
        raise RuntimeError("can't start new thread")

    f, given = program(threads=2), drawn(4)
    expected = bits(f.run(given))
    monkeypatch.setattr(threading.Thread, "start", start)
    assert bits(f.run(given)) == expected


def test_an_interrupt_waits_for_threads_that_still_write(monkeypatch):
    done, interrupt = [], threading.Event()
    join = threading.Thread.join

    def interrupted(self, timeout=None):
        if not interrupt.is_set():
            interrupt.set()
            raise KeyboardInterrupt
        join(self, timeout)

    def part(i, x):
        if i:
            interrupt.wait(60)
        done.append(i)

    monkeypatch.setattr(threading.Thread, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        workers.in_threads(part, workers.shares(2, 1, [], 2), [[0, 1]], [])
    assert done == [0, 1]


def test_all_blocks_are_done_before_an_error_of_one_is_raised():
    done = []

    def part(i, x):
        if not i:
            raise ArithmeticError("the first")
        done.append(i)

    with pytest.raises(ArithmeticError, match="the first"):
        workers.in_threads(part, workers.shares(4, 1, [], 2), [range(4)], [])
    assert done == [2, 3]


def test_a_share_whose_thread_cannot_be_started_is_done_here(monkeypatch):
    def start(self):
        raise RuntimeError("can't start new thread")

    done = []
    monkeypatch.setattr(threading.Thread, "start", start)
    workers.in_threads(lambda i, x: done.append((i, x)), workers.shares(2, 1, [], 2), ["ab"], [])
    assert sorted(done) == [(0, "a"), (1, "b")]


def test_workspaces_of_each_thread_are_its_own_and_hold_what_is_constant():
    spaces = [workers.aligned((2, 3), np.float32, 1.5), workers.aligned((2,), bool)]
    first, second = (share[0][2] for share in workers.shares(4, 2, spaces, 2))
    for one, other in zip(first, second, strict=True):
        assert not np.shares_memory(one, other)
        assert one.ctypes.data % 64 == other.ctypes.data % 64 == 0
    assert np.array_equal(first[0], np.full((2, 3), 1.5))
    assert np.array_equal(second[0], np.full((2, 3), 1.5))


def test_the_text_on_threads_runs_alone():
    code = f"""{program(threads=2).source}
x = np.arange({SIZE}) / {SIZE}
print(*(y.sum().hex() for y in f(x, x + 1)))"""
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    x = np.arange(SIZE) / SIZE
    assert printed.stdout.split() == [y.sum().hex() for y in program().run([x, x + 1])]
