"""Every layer, loss and function of nn under compile: right by its case, and equal to eager.

The cases are those of tests/nn, which must have one for all that nn exports.  What a case calls is
called compiled.  Then the same calls are made with other numbers, compiled and not: three in
training and one in eval mode.
"""

import copy
import functools
import sys
from pathlib import Path

import numpy as np
import pytest

import engine
import nn
from engine import Node, Tensor, to_numpy

sys.path.append(str(Path(__file__).resolve().parents[1] / "nn"))

import cases_of_layers
from cases import CASES, exported


def is_setting(x):
    """Whether an argument says how to compute, not what with."""
    if isinstance(x, tuple | list):
        return all(map(is_setting, x))
    return isinstance(x, float | int | str | None)


def is_computed(thing):
    """Whether a thing is a layer, a loss or a function of nn.functional."""
    if isinstance(thing, type):
        return issubclass(thing, nn.Module) and thing is not nn.Module
    return thing in vars(nn.functional).values() and callable(thing)


THINGS = {name: thing for name, thing in exported().items() if is_computed(thing)}
#: What is refused for Values, while compiled, with "of a scalar model in a compiled function".
REFUSED = {
    "Dropout": "dropout", "Dropout2d": "dropout", "dropout": "dropout", "dropout2d": "dropout",
    "BatchNorm1d": "batch norm", "BatchNorm2d": "batch norm",
}  # fmt: skip
#: What computes nothing when it is called, and what is no case of a compiled function.
WITHOUT = {
    "ModuleList": "has no forward", "ModuleDict": "has no forward",
    "ParameterList": "has no forward", "ParameterDict": "has no forward",
    "one_hot": "of integers: in test_rows_of_places.py",
}  # fmt: skip


def test_every_layer_loss_and_function_has_a_case():
    assert sorted(set(THINGS) - set(CASES) - set(WITHOUT)) == []
    assert sorted(set(WITHOUT) - set(THINGS)) == []


# --- a thing, compiled ---


def of_arrays(function, args, kwargs):
    """The function as one of its arrays, its settings being what they are; and the arrays."""
    given = dict(enumerate(args)) | kwargs
    arrays = {key: x for key, x in given.items() if not is_setting(x)}
    count = len(args)

    def call(*xs):
        full = given | dict(zip(arrays, xs, strict=True))
        named = {key: x for key, x in full.items() if isinstance(key, str)}
        return function(*[full[i] for i in range(count)], **named)

    return call, list(arrays.values())


class Calls:
    """A thing that is compiled where it is called, and remembers how."""

    def __init__(self, thing):
        self.seen = []
        if not isinstance(thing, type):
            self.thing = functools.partial(self.call, thing, None)
            return
        calls = self

        class Called(thing):
            def __call__(self, *args, **kwargs):
                if engine.symbols.tracing_now() is not None:
                    return super().__call__(*args, **kwargs)
                forward = functools.partial(thing.__call__, self)
                return calls.call(forward, self, *args, **kwargs)

        Called.__name__ = thing.__name__
        self.thing = Called

    def call(self, function, module, *args, **kwargs):
        before = copy.deepcopy(module)
        f, arrays = of_arrays(function, args, kwargs)
        y = engine.compile(f)(*arrays)
        self.seen.append((before, function, args, kwargs))
        return y


def other(x, rng):
    """Other numbers like x: the same ones in another order, so that they are as good for a loss."""
    if isinstance(x, tuple):
        return tuple(other(one, rng) for one in x)
    numbers = to_numpy(x)
    mixed = rng.permutation(numbers.ravel()).reshape(numbers.shape)
    return Tensor(mixed, requires_grad=x.requires_grad) if isinstance(x, Tensor) else mixed


def tree(y):
    """The numbers of a result, in a row."""
    return [one for part in y for one in tree(part)] if isinstance(y, tuple) else [y]


def results(f, module, arrays):
    """What f gives, the gradients of its arrays and of a module, and the module's buffers."""
    nn.manual_seed(5)
    leaves = [x for x in tree(tuple(arrays)) if isinstance(x, Tensor)]
    leaves += [] if module is None else list(module.parameters())
    for x in leaves:
        x.zero_grad()
    ys = [y for y in tree(f(*arrays)) if y is not None]
    for y in ys:
        if isinstance(y, Node) and y.requires_grad:
            engine.sum(y * np.cos(np.arange(y.size)).reshape(y.shape)).backward()
    found = [to_numpy(y) for y in ys] + [x.grad for x in leaves]
    return found + ([] if module is None else [np.array(b) for b in module.buffers()])


@pytest.mark.parametrize("name", [name for name in THINGS if name not in WITHOUT])
def test_compiled_it_is_right_and_equal_to_eager(name):
    calls = Calls(THINGS[name])
    CASES[name].run(calls.thing, "tensor")
    module, function, args, kwargs = calls.seen[0]
    plain, again = copy.deepcopy(module), copy.deepcopy(module)
    kind = THINGS[name]

    def bound(one):
        return function if one is None else functools.partial(kind.__call__, one)

    eager, arrays = of_arrays(bound(plain), args, kwargs)
    compiled = engine.compile(of_arrays(bound(again), args, kwargs)[0])
    rng = np.random.default_rng(1)
    for i in range(4):
        if i == 3 and module is not None:
            plain.eval(), again.eval()
        given = [other(x, rng) for x in arrays]
        expected, found = results(eager, plain, given), results(compiled, again, given)
        assert len(found) == len(expected)
        for x, y in zip(found, expected, strict=True):
            assert (x is None) == (y is None)
            if x is not None:
                assert x.dtype == y.dtype
                np.testing.assert_allclose(x, y, rtol=1e-11, atol=1e-12)
    assert len(compiled.traces) <= (1 if module is None else 2)  # training and eval mode


@pytest.mark.parametrize("name", [name for name in THINGS if name not in {**WITHOUT, **REFUSED}])
def test_compiled_on_values_it_is_right(name):
    calls = Calls(THINGS[name])
    CASES[name].run(calls.thing, "value")
    assert calls.seen


@pytest.mark.parametrize("name", REFUSED)
def test_what_values_cannot_do_compiled_is_refused_by_name(name):
    words = f"{REFUSED[name]} of a scalar model in a compiled function, in training: use"
    with pytest.raises(TypeError, match=words):
        CASES[name].run(Calls(THINGS[name]).thing, "value")


GOLDEN_LOSSES = {one[0]: one for one in cases_of_layers.torch_losses.CASES}


@pytest.mark.parametrize("name", [name for name in GOLDEN_LOSSES if name != "bce at 0 and 1"])
@pytest.mark.parametrize("tier", ["tensor", "value"])
def test_a_compiled_loss_is_pytorch_s_with_every_option(name, tier):
    calls = Calls(getattr(nn.functional, GOLDEN_LOSSES[name][1]))
    run = cases_of_layers.golden_loss(GOLDEN_LOSSES[name], lambda thing, *a, **k: thing(*a, **k))
    run(calls.thing, tier)


def test_binary_cross_entropy_is_clamped_without_a_warning():
    for dtype in (np.float32, np.float64):
        p, t = Tensor([0.0, 1.0, 0.5], requires_grad=True, dtype=dtype), np.array([1.0, 0.0, 0.3])
        f = engine.compile(lambda p, t=t: nn.functional.binary_cross_entropy(p, t))
        expected = nn.functional.binary_cross_entropy(p, t)
        assert f(p).item() == pytest.approx(expected.item(), rel=1e-6)
        np.testing.assert_allclose(f(p).gradients([p])[0], expected.gradients([p])[0], rtol=1e-5)


def test_what_gives_back_an_argument_agrees_with_itself():
    f = engine.compile(lambda x: nn.functional.dropout(x, 0.0), check=True)
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert f(x).tolist() == [1.0, 2.0]


def test_gradients_of_rounding_alone_agree_with_zero():
    f = engine.compile(lambda x: (nn.functional.instance_norm(x) ** 2).sum(), check=True)
    x = Tensor(np.random.default_rng(0).normal(size=(1, 2, 5)), requires_grad=True)
    assert f(x).item() == pytest.approx(10, rel=1e-3)
