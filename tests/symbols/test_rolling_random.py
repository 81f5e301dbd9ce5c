"""Rolled programs compute what their steps do, to the last bit, whatever nearly repeats."""

import random

from hypothesis import given, strategies as st
from scalar_programs import Planted, Tape, checked

SPECIALS = (0.0, -0.0, float("inf"), float("-inf"), float("nan"), 5e-324, 1e308)


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.02, 0.1]))
def test_planted_repeats_and_near_repeats_change_no_bit(seed, faults):
    checked(Planted(seed, faults).program(), seed)


@given(st.integers(0, 2**32))
def test_special_values_come_through_loops_bit_for_bit(seed):
    checked(Planted(seed, 0.02).program(), seed, SPECIALS)


@given(st.integers(0, 2**32), st.integers(3, 12), st.integers(1, 8))
def test_sums_of_products_with_one_term_off_change_no_bit(seed, terms, rows):
    rng, tape = random.Random(seed), Tape()
    ws = [tape.leaf("w", i) for i in range(rows * terms)]
    xs = [tape.leaf("x", i) for i in range(terms)]
    sums = []
    for row in range(rows):
        places = list(range(terms))
        if rng.random() < 0.3:
            places[rng.randrange(terms)] = rng.randrange(terms)
        products = [tape.mul(ws[row * terms + i], xs[j]) for i, j in enumerate(places)]
        if rng.random() < 0.2:
            products.pop(rng.randrange(terms))
        begin = tape.constant(rng.choice([0.0, 0.0, 0.0, 1.0]))
        sums.append(tape.tanh(tape.sum(products, begin)))
    root = tape.sum(sums, tape.constant(0.0))
    checked(tape.program(root, [*ws, *xs]), seed)


def test_inputs_read_where_values_are_read_change_no_bit():
    """What a loop reads at first may be an input or a constant where later it is a value."""
    checked(Planted(114, 0.0).program(), 114)
