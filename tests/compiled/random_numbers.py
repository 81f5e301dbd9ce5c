"""Programs of single numbers drawn from the registry, and what they must give: to the last bit."""

import math
import random
import struct

from engine import Value, registry
from engine.number_programs import NumberProgram
from engine.symbols import program

OPS = [op for op in registry.values() if op.kind == "elementwise" and not op.variadic]
CONSTANTS = [0.5, -1.0, 2.0, 3, 1, 0.0, -0.0, 1.0]
USUAL = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -2.0, 3.0]
UNUSUAL = [math.inf, -math.inf, math.nan, 1e300, -1e-300]


def bits(x):
    """Numbers so that they are equal only if all their bits are; one nan is like another."""
    if isinstance(x, list | tuple):
        return [bits(one) for one in x]
    return "nan" if x != x else (type(x), struct.pack("d", x))


def drawn(rng):
    """A number: often one where something happens."""
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(USUAL)
    return rng.choice(UNUSUAL) if kind < 0.33 else round(rng.uniform(-3, 3), 3)


def drawn_program(rng, leaves, length, ops=OPS):
    """A function of `leaves` numbers: `length` ops, mostly of the last results."""
    steps = []
    for k in range(leaves, leaves + length):
        op = rng.choice(ops)
        near = max(0, k - 6) if rng.random() < 0.7 else 0
        reads = [
            rng.choice(CONSTANTS) if rng.random() < 0.15 else (rng.randrange(near, k),)
            for _ in range(op.n_inputs)
        ]
        if not any(isinstance(x, tuple) for x in reads):
            reads[0] = (rng.randrange(k),)
        steps.append((op, reads))

    def f(*numbers):
        found = list(numbers)
        for op, reads in steps:
            found.append(op(*[found[x[0]] if isinstance(x, tuple) else x for x in reads]))
        return found[-1] + found[leaves] * found[0]

    return f


def flat(arguments):
    """Numbers in lists, or alone, in one list."""
    return [x for one in arguments for x in (one if isinstance(one, list) else [one])]


def eager(f, *args):
    """f(*args) on Values, and the gradients, in the form of args."""
    nodes = [[*map(Value, x)] if isinstance(x, list) else Value(x) for x in args]
    y = f(*nodes)
    y.backward()

    def gradient(x):
        return 0.0 if x.grad is None else x.grad

    return [y.data, *[[*map(gradient, x)] if isinstance(x, list) else gradient(x) for x in nodes]]


def number_program(f, *args):
    """The program of f for such arguments: its value and all gradients."""
    traced = program(f, *args)
    arguments = list(traced.arguments.values())
    return NumberProgram("f", arguments, [traced.result], traced.result, arguments)


def rng_of(seed):
    """Numbers at random, the same in each run."""
    return random.Random(seed)
