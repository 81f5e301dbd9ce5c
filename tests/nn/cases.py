"""The numeric cases of nn: for each thing it exports, what it must compute, by another authority.

A case is a function of the thing under test and of a tier ("tensor" or "value"): it runs the thing
there and compares the numbers with PyTorch's (tests/golden) or with a formula (oracles.py).  It
takes the thing as an argument, so that `test_cases.py` can hand it a broken one, and see it fail.

A layer with a case in tests/golden/make_torch_layers.py, or a loss in make_torch_losses.py, has one
by that; for anything else write a formula in oracles.py and a case in the file of its kind:

    cases_of_layers.py      layers, activations, losses, and their functions
    cases_of_training.py    optimizers, schedules, initial weights, fit, callbacks, nn.scalar
"""

import contextlib
from typing import NamedTuple

import numpy as np
from helpers import LEAVES
from layer_cases import wave

import engine
import nn
from engine import to_numpy

BOTH = ("tensor", "value")
VALUES = ("value",)  # micrograd's models are of Values
NO_TIER = ("",)  # a rate, a gain and a table are plain numbers


class Case(NamedTuple):
    """How to run a thing on a tier and compare its numbers, and on which tiers it runs.

    `run.program(thing, tier)`, of a thing with derivatives, gives it as a function of arrays, and
    the arrays: test_forward_layers.py differentiates it in both modes.
    """

    run: object
    tiers: tuple


CASES: dict[str, Case] = {}


def case(name, tiers=BOTH):
    """A decorator: this function is the case of the thing of this name."""

    def add(run):
        assert name not in CASES, f"{name} has two cases"
        CASES[name] = Case(run, tiers)
        return run

    return add


def exported():
    """Every class and function of nn's public names, by its name."""
    found = {}
    for room in (nn, nn.optim, nn.functional, nn.callbacks, nn.init, nn.scalar):
        prefix = "scalar." if room is nn.scalar else ""
        for name, thing in vars(room).items():
            if name.startswith("_") or not callable(thing):
                continue
            home = getattr(thing, "__module__", "")  # a room imports some things for itself
            if home in ("typing", "collections.abc"):
                continue
            if room is nn.init and home != "nn.init":
                continue
            if room is nn and home.startswith("engine"):
                continue
            if not any(thing is other for other in found.values()):
                found[prefix + name] = thing
    return found


# --- how numbers are compared ---


def model_of(model, tier):
    """The model, or its copy on Values."""
    return model.scalar() if tier == "value" else model


def close(found, expected):
    """The same shape, and the same numbers but for rounding."""
    found = to_numpy(found)
    assert found.shape == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def differences(function, arrays, which, step=1e-5):
    """The slopes of a function of arrays with respect to one of them, by central differences."""
    slopes = np.zeros(arrays[which].shape)
    for place in np.ndindex(slopes.shape):
        ends = []
        for sign in (1, -1):
            moved = [np.array(a, float) for a in arrays]
            moved[which][place] += sign * step
            ends.append(function(*moved))
        slopes[place] = (ends[0] - ends[1]) / (2 * step)
    return slopes


def agrees(found, oracle, leaves, arrays):
    """A result is the oracle's, and its gradients at the leaves are the oracle's slopes.

    `found` depends on the leaves as the oracle on the arrays; the result is weighted, so that
    each of its numbers counts by itself.
    """
    expected = np.asarray(oracle(*arrays))
    close(found, expected)
    weights = wave(*expected.shape, start=3.0)
    engine.sum(found * weights).backward()
    for i, x in enumerate(leaves):
        slopes = differences(lambda *a: (oracle(*a) * weights).sum(), arrays, i)
        np.testing.assert_allclose(x.grad, slopes, rtol=1e-5, atol=1e-7)


def function_of(oracle, *arrays, call=lambda thing, *leaves: thing(*leaves)):
    """A run: the thing, called with leaves of these arrays, is the oracle of the arrays."""

    def run(thing, tier):
        leaves = [LEAVES[tier](a) for a in arrays]
        agrees(call(thing, *leaves), oracle, leaves, arrays)

    run.program = lambda thing, _tier: (lambda *x: call(thing, *x), arrays)
    return run


def layer_of(oracle, x, make):
    """A run: the layer that `make` makes of the class is an oracle of input and parameters."""

    def run(thing, tier):
        model = make(thing)
        named = dict(model.named_parameters())
        start = {name: wave(*p.shape, start=i) for i, (name, p) in enumerate(named.items())}
        model.load_state_dict({**model.state_dict(), **start})
        model = model_of(model, tier)
        leaves = [LEAVES[tier](x), *model.parameters()]
        agrees(model(leaves[0]), oracle, leaves, [x, *start.values()])

    def program(thing, tier):
        model = make(thing)
        for i, p in enumerate(model.parameters()):
            p.data = wave(*p.shape, start=i)
        return of_parameters(model_of(model, tier), x)

    run.program = program
    return run


def of_parameters(model, *inputs, call=lambda model, *inputs: model(*inputs)):
    """`call` as a function of those inputs that hold floats and of the parameters; their arrays."""
    floats = [i for i, x in enumerate(inputs) if x.dtype.kind == "f"]
    named = list(model.named_parameters())

    def function(*nodes):
        full = list(inputs)
        for i, node in zip(floats, nodes[: len(floats)], strict=True):
            full[i] = node
        with replaced(model, [name for name, _ in named], nodes[len(floats) :]):
            return call(model, *full)

    return function, [*(inputs[i] for i in floats), *(to_numpy(p).copy() for _, p in named)]


@contextlib.contextmanager
def replaced(model, names, nodes):
    """Other nodes stand for a model's parameters inside."""
    places = [name.rpartition(".") for name in names]
    holders = [(vars(model.get_submodule(path)), name) for path, _, name in places]
    before = [holder[name] for holder, name in holders]
    try:
        for (holder, name), node in zip(holders, nodes, strict=True):
            holder[name] = node
        yield
    finally:
        for (holder, name), parameter in zip(holders, before, strict=True):
            holder[name] = parameter


def function_case(name, oracle, *arrays, **call):
    """Declare: the function of this name, or what `call` makes of it, is the oracle."""
    case(name)(function_of(oracle, *arrays, **call))


def layer_case(name, oracle, x, make):
    """Declare: what `make` makes of the class of this name is the oracle, weights and all."""
    case(name)(layer_of(oracle, x, make))
