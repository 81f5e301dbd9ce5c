"""`Seeded`: a block in which a thread's shared generator starts from a seed."""

import threading

import numpy as np
import pytest

from engine import Seeded, Tensor, checkpoint, default_generator, manual_seed
from engine.generators import Asked


def draw():
    return default_generator().random()


def in_thread(f):
    found = []
    thread = threading.Thread(target=lambda: found.append(f()))
    thread.start()
    thread.join()
    return found[0]


def test_a_block_draws_the_numbers_of_its_seed_sequence():
    expected = np.random.default_rng(np.random.SeedSequence([3, 1, 4])).random()

    with Seeded([3, 1, 4]):
        actual = draw()

    assert expected == actual


def test_after_the_block_the_generator_goes_on_where_it_stood():
    manual_seed(0)
    expected = [draw(), draw()]

    before = manual_seed(0)
    first = draw()
    with Seeded(5):
        draw()

    assert default_generator() is before
    assert expected == [first, draw()]


def test_an_exception_ends_the_block():
    before = default_generator()

    with pytest.raises(KeyboardInterrupt), Seeded(5):
        raise KeyboardInterrupt

    assert default_generator() is before


def test_a_block_inside_a_block_gives_the_outer_one_back():
    with Seeded(1):
        expected = [draw(), draw()]

    with Seeded(1):
        first = draw()
        with Seeded(2):
            draw()
        assert expected == [first, draw()]


def test_other_threads_draw_as_if_there_were_no_block():
    manual_seed(0)
    expected = in_thread(draw)

    manual_seed(0)
    with Seeded(5):
        actual = in_thread(draw)

    assert expected == actual


def test_what_the_main_thread_seeds_does_not_reach_into_the_block_of_another():
    """It drew from a generator of its own from then on: a shard's numbers were not its seed's."""
    with Seeded(5):
        expected = [draw(), draw()]
    inside, seeded = threading.Event(), threading.Event()

    def work(found):
        with Seeded(5):
            found.append(draw())
            inside.set()
            seeded.wait(60)
            found.append(draw())
        found.append(draw())  # what was seeded meanwhile is for this thread, too

    actual = []
    thread = threading.Thread(target=work, args=(actual,))
    thread.start()
    inside.wait(60)
    manual_seed(7)
    seeded.set()
    thread.join()
    manual_seed(7)

    assert [*expected, in_thread(draw)] == actual


def test_what_is_seeded_in_the_block_ends_with_it():
    """The main thread drew from another generator afterwards, and other threads from its seed."""
    manual_seed(0)
    expected = draw(), in_thread(draw)

    manual_seed(0)
    with Seeded(5):
        assert manual_seed(7) is default_generator()

    assert expected == (draw(), in_thread(draw))


def test_what_is_asked_for_in_the_block_is_noted():
    with Seeded(5), Asked() as asked:
        state = default_generator().bit_generator.state
        draw()

    (which, stood), *others = asked.stood.values()
    assert (which, stood, others) == (default_generator, state, [])


def test_a_checkpoint_draws_the_same_numbers_twice():
    def noisy(x):
        return (x * Tensor(default_generator().random(3))).sum()

    x = Tensor(np.ones(3), requires_grad=True)
    with Seeded(5):
        expected = default_generator().random(3)

    with Seeded(5):
        checkpoint(noisy, x).backward()

    assert expected.tolist() == x.grad.tolist()
