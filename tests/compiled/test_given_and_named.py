"""What a compiled function is given stays as it is, and what it refuses names the user's line."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import engine
from engine import Tensor, Value


@dataclass
class Pair:
    a: Any
    b: Any


def product(pair):
    return pair.a * pair.b


def test_a_dataclass_with_other_numbers_is_the_same_form_of_call():
    f = engine.compile(product)
    assert [f(Pair(x, 3.0)) for x in (2.0, 4.0, 5.0)] == [6.0, 12.0, 15.0]
    pair = Pair(Tensor([1.0, 2.0], requires_grad=True), np.ones(2))
    for x in (2.0, 3.0, 4.0):
        pair.b = np.full(2, x)  # the same object
        assert f(pair).tolist() == [x, 2 * x]
    assert len(f.traces) == 2
    assert [f(Pair(2.0, n)) for n in (3, 4, 3)] == [6.0, 8.0, 6.0]
    assert len(f.traces) == 4


def changed(x, y):
    x *= 2.0
    return (x * y).sum()


def test_an_array_among_the_arguments_is_not_changed_nor_left_alone_in_silence():
    f, x, y = engine.compile(changed), np.ones(3), np.arange(3.0)
    line = changed.__code__.co_firstlineno + 1
    with pytest.raises(TypeError, match=rf"^\*= of an array .* line {line}\).*write x = x \* y"):
        f(x, y)
    assert x.tolist() == [1.0, 1.0, 1.0]
    assert f(Tensor(x), y).item() == 6.0  # a new Tensor, as without compile
    assert [f(2.0, 3.0), f(np.float64(2.0), 3.0)] == [12.0, 12.0]
    assert engine.grad(f)(x, y).tolist() == [0.0, 2.0, 4.0]  # of x, for which a Tensor stands
    with pytest.raises(TypeError, match="of an array among the arguments"):
        engine.grad(f, 1)(x, y)


def in_numpy_s(x):
    y = np.empty(2)
    y[0] = x[0]
    return y


def picked(x):
    return x[x > 0.5]


def outside(x):
    return np.linalg.eigvals(x)


@pytest.mark.parametrize(
    ("f", "words", "line"),
    [
        (in_numpy_s, "float() of a Symbol", 2),
        (picked, "x[mask] of a mask that depends on arguments", 1),
        (outside, "np.linalg.eigvals()", 1),
    ],
)
def test_what_numpy_would_do_is_refused_with_the_line(f, words, line):
    with pytest.raises(TypeError, match=re.escape(words)) as caught:
        engine.compile(f)(np.eye(2))
    assert f"{__file__}, line {f.__code__.co_firstlineno + line})" in str(caught.value)


class Scaled:
    k = 3.0

    @engine.compile
    def of(self, x):
        return self.k * x


def test_a_compiled_method_shows_its_program():
    scaled = Scaled()
    assert scaled.of(2.0) == 6.0
    assert scaled.of.source == Scaled.of.source
    assert scaled.of.traces is Scaled.of.traces
    assert str(scaled.of.plan()) == str(Scaled.of.plan())
    with pytest.raises(AttributeError, match="sourc"):
        _ = scaled.of.sourc


def test_a_program_that_is_written_later_is_the_same_program():
    def f(x):
        return engine.tanh(x.T.reshape(-1)) * w

    w = Tensor(np.ones(6), requires_grad=True)
    first, later = engine.compile(f), engine.compile(f)
    x = np.arange(6.0).reshape(2, 3)
    later(x)  # a node; its program without a gradient is written when the examples are gone
    with engine.no_grad():
        np.testing.assert_array_equal(first(x).numpy(), later(x).numpy())
    one, other = (g.traces[0].program.program.source for g in (first, later))
    assert one == other
    assert "np.copyto" in one


def of_that_name(name):
    known = {"engine": engine}
    exec(f"def {name}({name}):\n    return engine.exp({name}) * 2.0", known)
    return known[name]


@pytest.mark.parametrize("name", ["exp", "np", "math", "max"])
def test_a_function_may_be_called_as_what_its_text_calls(name):
    f = engine.compile(of_that_name(name))
    assert f(0.0) == 2.0
    assert f(np.zeros(2)).tolist() == [2.0, 2.0]
    for x in (Value(0.0), Tensor([0.0], requires_grad=True)):
        f(x).backward()
        assert x.grad == 2.0
    assert engine.value_and_grad(f)(0.0) == (2.0, 2.0)
    assert engine.compile(lambda x: x)(1.0) == engine.compile(np.exp)(0.0) == 1.0


def test_arrays_of_the_same_shape_are_constants():
    def f(x):
        total = np.zeros_like(x)
        for n in range(1, 3):
            total += x * n
        return total + np.full_like(x, 0.5) * np.ones_like(x)

    for dtype in (np.float64, np.float32):
        x = np.arange(3, dtype=dtype)
        np.testing.assert_array_equal(engine.compile(f)(x), f(x), strict=True)
    assert engine.grad(engine.compile(lambda x: f(x).sum()))(x).tolist() == [3.0, 3.0, 3.0]
    with pytest.raises(TypeError, match=r"line \d+\): np.zeros_like\(\) of a node"):
        engine.compile(lambda x: np.zeros_like(x) + x)(2.0)


@pytest.mark.parametrize("first", [True, False])
def test_whether_gradients_are_recorded_is_asked_at_each_call(first):
    def f(x):
        return x * 2.0 if engine.is_grad_enabled() else x * 3.0

    def alike(x):
        return x * (2.0 if engine.is_grad_enabled() else 2)

    x = Tensor([1.0], requires_grad=True)
    for function in (f, alike):
        compiled = engine.compile(function)
        for recording in (first, not first, first):
            with engine.set_grad_enabled(recording):
                y = compiled(x)
                assert y.tolist() == function(x).tolist()
            assert y.requires_grad == recording


def test_a_function_that_changes_whether_gradients_are_recorded_is_refused():
    def f(x):
        engine.set_grad_enabled(not engine.is_grad_enabled())
        return x * 2.0

    with pytest.raises(TypeError, match=r"f changes is_grad_enabled\(\)"):
        engine.compile(f)(Tensor([1.0]))
    assert engine.is_grad_enabled()
