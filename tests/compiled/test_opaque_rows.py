"""Which rows of the table are one call in a program that is written down, and not looked into.

Such a row, or a rule of it, asks for numbers or writes in place: called it is right, but nothing in
it can be planned.  The lists below are to become shorter: a row that is opaque and not listed
fails, and so does one that is listed and is opaque no more.
"""

import functools

import numpy as np
import pytest
from fused_cases import CASES as FUSED
from shape_cases import CASES
from strategies import elementwise_ops, float_positions

import engine as E
import nn
from engine.symbols import program
from engine.writing.lowering import ArrayTier, ScalarTier
from engine.writing.names import Names
from engine.writing.standalone import Helpers
from engine.writing.walk import gradients

RNG = np.random.default_rng(14)

#: Rows that are one call on arrays; a rule has the name of its row and "_vjp".
ON_ARRAYS = {
    "cofactors", "digamma", "erf", "erfc", "erfinv", "gelu", "gru_scan", "lgamma",
    "lstm_scan", "packed_eigh", "packed_qr", "packed_slogdet", "packed_svd", "rnn_scan", "scatter",
    "setitem", "sum_windows",
}  # fmt: skip

#: Steps inside rows that are one call: questions about few numbers, that are rarely answered no;
#: and what is written place by place.
STEPS = {
    "added", "checked_variance", "inverse_root", "passed", "places", "root_of_squares",
    "root_of_variance", "rows_added",
}  # fmt: skip

#: Rows whose form on single numbers is no expression of Python's.
ON_NUMBERS = {"binary_cross_entropy", "digamma", "erfinv", "round"}


class Called(Helpers):
    """Notes what is called."""

    def __init__(self):
        super().__init__(Names())
        self.found = set()
        self.met = set()

    def number(self, op, params, code):
        if code is None:
            self.found.add(op.name)
        return super().number(op, params, code)


class Noting(ArrayTier):
    """Notes which rows there are, and which rows and rules are called."""

    def result(self, node, operands, params):
        self.helpers.met.add(node.op.name)
        return super().result(node, operands, params)

    def _called(self, name, function, plain, params):
        self.helpers.found.add(name)
        return super()._called(name, function, plain, params)


def written(f, arguments, tier=Noting):
    """What there is in f and its first and second backward half, once they are written down."""
    helpers = Called()
    traced = program(f, *arguments)
    terms = tier(helpers)
    for i, x in enumerate(traced.trace.inputs):
        x.label = f"x{i}"
        terms.input(x)
    root = traced.result
    with np.errstate(all="ignore"):
        terms.term(root)
        for traced.trace.recorded in (False, True):
            for x in gradients(root, root.leaf(root.full(1.0)), lambda *_: None).values():
                terms.term(x)
    return helpers


def total(y):
    """A single number that depends on every element."""
    return (y * np.cos(np.arange(y.size)).astype(y.dtype).reshape(y.shape)).sum()


def numbers_for(op, size):
    """Inputs of an elementwise op, inside its domain."""
    for i, interval in enumerate(op.domain):
        lo, hi = max(interval.lo, -2.0), min(interval.hi, 2.0 + max(interval.lo, 0.0))
        yield RNG.uniform(lo + 0.1, hi - 0.1, size if i else (3, *size))


def elementwise(op, given, size):
    """A function of the inputs a gradient flows to, and those; the others are conditions."""
    columns = list(numbers_for(op, size))
    wanted = float_positions(op)

    def f(*nodes):
        rest = iter(nodes)
        return op(*(next(rest) if i in wanted else x > 0 for i, x in enumerate(columns)), **given)

    return f, [columns[i] for i in wanted]


def fused(name, inputs, params):
    """The same of a fused op."""
    floats = [k for k, x in enumerate(inputs) if getattr(x, "dtype", np.dtype(int)).kind == "f"]

    def f(*nodes):
        given = [nodes[floats.index(k)] if k in floats else x for k, x in enumerate(inputs)]
        return E.registry[name](*given, **params)

    return f, [inputs[k] for k in floats]


def ours():
    """The rows of engine and nn, with a forward of their own or NumPy's: tests add others."""
    rooms = ("engine", "nn", "numpy")
    return {op for op in E.registry.values() if op.__module__.partition(".")[0] in rooms}


def programs():
    """A program of arrays for each op that has cases, and each of its cases."""
    for cases in CASES.values():
        for arrays, f, _ in cases:
            yield f, arrays
            yield f, [x.astype(np.float16) for x in arrays]
    for op, given in elementwise_ops():
        if op in ours():
            yield elementwise(op, given, (2,))
    for name, cases in FUSED.items():
        if not name.endswith("_neuron"):
            for inputs, params in cases:
                yield fused(name, inputs, params)


@functools.cache
def on_arrays():
    """Which rows there are in any of them, and which are called."""
    met, found = set(), set()
    for f, arrays in programs():
        helpers = written(lambda *nodes, f=f: total(f(*nodes)), arrays)
        met |= helpers.met
        found |= helpers.found
    return met, found


def test_every_row_of_the_engine_and_of_nn_is_tried():
    tried = on_arrays()[0] | {"linear_neuron", "relu_neuron"}  # these are of numbers only
    assert {op.name for op in ours()} - tried == set()


def test_no_row_is_opaque_on_arrays_but_those_listed():
    assert on_arrays()[1] - ON_ARRAYS - STEPS == set()


def test_what_is_listed_as_opaque_on_arrays_is():
    assert (ON_ARRAYS | STEPS) - on_arrays()[1] == set()


def test_the_rows_that_are_opaque_on_numbers_are_those_listed():
    found = set()
    for op, given in elementwise_ops():
        if op in ours():
            f, columns = elementwise(op, given, ())
            found |= written(f, [float(x.flat[0]) for x in columns], ScalarTier).found
    assert found == ON_NUMBERS


# --- networks ---

PLACES, TARGETS = RNG.integers(0, 4, (2, 3)), RNG.integers(0, 4, 2)


def conv_net():
    layers = (
        nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2, 3, 3, padding=1),
        nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(3, 4),
    )  # fmt: skip
    model = nn.Sequential(*layers)
    return lambda x: nn.functional.cross_entropy(model(x), TARGETS), RNG.normal(size=(2, 1, 4, 4))


def transformer_block():
    model = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0)
    mask = np.triu(np.ones((3, 3), bool), 1)
    return lambda x: total(model(x, src_mask=mask)), RNG.normal(size=(3, 2, 4))


def looked_up():
    table = nn.Embedding(4, 3)
    return lambda x: total(E.norm(table(PLACES) * x, axis=-1)), RNG.normal(size=3)


def messages():
    source, target = RNG.integers(0, 60, (2, 9))
    return lambda x: total(E.scatter_add(x[source], x.shape, target)), RNG.normal(size=(60, 2))


@pytest.mark.parametrize("network", [conv_net, transformer_block, looked_up, messages])
def test_in_common_networks_nothing_is_opaque(network):
    f, x = network()
    assert written(f, [x]).found - STEPS == set()
