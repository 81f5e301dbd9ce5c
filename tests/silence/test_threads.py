"""Threads that share nn: each has a generator of its own."""

import threading

import numpy as np

import nn
from nn.random import default_generator


def in_threads(*functions):
    """What these give, each run in a thread of its own, at the same time."""
    found = [None] * len(functions)

    def run(i):
        found[i] = functions[i]()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def drawn():
    return default_generator().random(4).tolist()


def test_a_seed_in_one_thread_leaves_the_others_alone():
    """It replaced the generator of all: what they drew depended on who was first."""
    nn.manual_seed(3)
    expected = drawn()
    nn.manual_seed(3)

    def seeded():
        nn.manual_seed(7)
        return drawn()

    (other,) = in_threads(seeded)
    assert drawn() == expected
    nn.manual_seed(7)
    assert drawn() == other


def test_threads_that_seed_themselves_draw_the_same_whatever_the_others_do():
    start = threading.Barrier(4)

    def trained(seed):
        nn.manual_seed(seed)
        start.wait()
        for _ in range(50):
            model = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5))
            y = model(np.ones((2, 3)))
        return y.tolist()

    together = in_threads(*(lambda seed=seed: trained(seed) for seed in range(4)))
    start = threading.Barrier(1)
    assert together == [trained(seed) for seed in range(4)]


def test_threads_that_are_not_seeded_share_no_stream_and_repeat_after_a_seed():
    def run():
        nn.manual_seed(11)
        return [in_threads(drawn)[0] for _ in range(3)], drawn()

    others, own = run()
    assert len({tuple(x) for x in [*others, own]}) == 4
    assert run() == (others, own)


def test_a_thread_that_goes_on_is_seeded_anew_with_the_rest():
    ask, answer = threading.Semaphore(0), threading.Semaphore(0)
    found = []

    def work():
        for _ in range(2):
            ask.acquire()
            found.append(drawn())
            answer.release()

    thread = threading.Thread(target=work)
    thread.start()
    for _ in range(2):
        nn.manual_seed(5)
        ask.release()
        answer.acquire()
    thread.join()
    assert found[0] == found[1]
