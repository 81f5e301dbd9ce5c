"""Rolled programs compute what their steps do, to the last bit, whatever nearly repeats."""

import random

from hypothesis import given, strategies as st
from scalar_programs import RULES, Tape, checked

SPECIALS = (0.0, -0.0, float("inf"), float("-inf"), float("nan"), 5e-324, 1e308)
FORMS = [*RULES, "{0} + {1}", "{0} * {1}"]
KINDS = ["near", "carried", "leaf", "leaves", "constant", "fixed", "stream"]


class Planted:
    """A random program with planted repeats, some of them with a fault in the middle."""

    def __init__(self, seed, faults):
        self.rng, self.tape, self.faults = random.Random(seed), Tape(), faults
        rng = self.rng
        self.xs = [self.tape.leaf("x", i) for i in range(rng.randint(1, 6))]
        self.ws = [self.tape.leaf(f"w{i}") for i in range(rng.randint(1, 5))]
        self.cs = [self.tape.constant(c) for c in (0.0, 1.0, 2.0, -1.0)]
        self.values = [*self.xs, *self.ws, *self.cs]
        for _ in range(rng.randint(1, 4)):
            self.plant()

    def plant(self):
        """A block of steps, repeated in up to two loops."""
        rng, length = self.rng, self.rng.randint(1, 5)
        forms = [rng.choice(FORMS) for _ in range(length)]
        block = [
            (form, [self.slot(length) for _ in RULES[form]]) for form in forms
        ]  # fmt: skip
        fixed = rng.choice(self.values)
        for outer in range(rng.choice([1, 1, 2, 3, 4])):
            for inner in range(rng.randint(2, 6)):
                for form, slots in block:
                    if rng.random() < self.faults / 2:
                        continue  # a missing element
                    reads = [self.read(*slot, outer, inner, fixed) for slot in slots]
                    said = {"name": rng.choice("hs")} if rng.random() < 0.1 else {}
                    self.values.append(self.tape.step(form, *reads, **said))

    def slot(self, length):
        return self.rng.choice(KINDS), self.rng.randint(1, length + 2), self.rng.randint(0, 100)

    def read(self, kind, back, n, outer, inner, fixed):
        if self.rng.random() < self.faults:
            return self.rng.choice(self.values)  # one operand is another
        if kind == "carried" and inner == 0:
            return self.ws[n % len(self.ws)] if n % 2 else fixed
        if kind in ("near", "carried"):
            return self.values[-min(back, len(self.values))]
        if kind == "leaf":
            return (self.xs + self.ws)[n % (len(self.xs) + len(self.ws))]
        if kind == "leaves":
            return self.xs[(inner + outer * (n % 2)) % len(self.xs)]
        if kind == "constant":
            return self.cs[(n + inner * (n % 3)) % 4]
        if kind == "fixed":
            return fixed
        return self.values[(n + inner * (n % 4) + outer * (n % 3)) % len(self.values)]

    def program(self):
        rng, root = self.rng, self.tape.add(self.values[-1], self.cs[1])
        for x in rng.sample(self.values, min(len(self.values), rng.randint(0, 6))):
            root = self.tape.add(root, x)
        wrt = rng.choice([[], self.ws, [*self.xs, *self.ws]])
        return self.tape.program(root, wrt, created=rng.random() < 0.5)


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
