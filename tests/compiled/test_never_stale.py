"""What a compiled function reads by name is looked at again at each call."""

import functools
import sys
import types

import numpy as np
import pytest
from changes import Box, X, check, item, setting

import engine

CASES = {}


def case(make):
    """A case: gives f, and what changes something that f reads."""
    CASES[make.__name__] = make
    return make


# --- variables ---

SCALE = 2.0
ARRAY = np.ones(3)


def _change(name, value):
    return lambda: globals().__setitem__(name, value)


def helper(x):
    return x * 2


@case
def a_global_number():
    return lambda x: x * SCALE, _change("SCALE", 5.0)


@case
def a_global_array_by_another():
    return lambda x: x * ARRAY, _change("ARRAY", np.full(3, 4.0))


@case
def a_global_array_by_one_of_another_shape():
    return lambda x: x * ARRAY, _change("ARRAY", np.full((2, 3), 4.0))


@case
def a_helper_by_another():
    return lambda x: helper(x), _change("helper", lambda x: x * 3)


@case
def a_builtin_by_a_global():
    return lambda x: x * max(1.0, 2.0), _change("max", lambda *_: 9.0)


@case
def a_global_that_comes_to_be():
    def f(x):
        try:
            return x * LATER
        except NameError:
            return x

    return f, _change("LATER", 3.0)


@case
def a_global_by_a_computed_name():
    return lambda x: x * globals()["SCA" + "LE"], _change("SCALE", 5.0)


@case
def a_variable_of_the_enclosing_function():
    k = 2.0

    def change():
        nonlocal k
        k = 3.0

    return lambda x: x * k, change


@case
def a_variable_of_the_enclosing_function_that_comes_to_be():
    def f(x):
        try:
            return x * late
        except NameError:
            return x

    def change():
        nonlocal late
        late = 3.0

    if X is None:
        late = 0.0
    return f, change


@case
def a_default():
    def f(x, k=2.0):
        return x * k

    return f, setting(f, "__defaults__", (3.0,))


@case
def a_default_of_a_keyword():
    def f(x, *, k=2.0):
        return x * k

    return f, item(f.__kwdefaults__, "k", 3.0)


@case
def the_code_of_the_function():
    def f(x):
        return x * 2

    return f, setting(f, "__code__", (lambda x: x * 3).__code__)


@case
def the_code_of_a_helper():
    def inner(x):
        return x * 2

    return lambda x: inner(x), setting(inner, "__code__", (lambda x: x * 3).__code__)


@case
def an_attribute_of_a_function():
    def inner(x):
        return x * inner.k

    inner.k = 2.0
    return lambda x: inner(x), setting(inner, "k", 3.0)


@case
def a_variable_that_a_helper_reads_in_an_object():
    k = 2.0

    def change():
        nonlocal k
        k = 3.0

    box = Box(f=lambda x: x * k)
    return lambda x: box.f(x), change


@case
def a_variable_behind_a_decorator():
    def decorated(g):
        @functools.wraps(g)
        def inner(*args):
            return g(*args)

        return inner

    box = Box(k=2.0)
    return decorated(lambda x: x * box.k), setting(box, "k", 3.0)


@case
def a_variable_of_a_function_whose_gradient_is_taken():
    box = Box(k=2.0)
    slope = engine.grad(lambda x: (x * x * box.k).sum())
    return lambda x: slope(x), setting(box, "k", 3.0)


@case
def a_variable_that_a_compiled_function_reads():
    box = Box(k=2.0)
    inner = engine.compile(lambda x: x * box.k)
    return lambda x: inner(x), setting(box, "k", 3.0)


@case
def a_variable_that_an_op_reads():
    box = Box(k=2.0)
    op = engine.Op("scaled", lambda x: x * box.k, (lambda g, _y, _x: g * box.k,))
    return lambda x: op(x), setting(box, "k", 3.0)


@case
def what_a_generator_function_reads():
    numbers = [2.0]

    def each():
        yield from numbers

    return lambda x: x * sum(each()), lambda: numbers.append(3.0)


# --- modules ---


def _module(name, **attributes):
    sys.modules[name] = module = types.ModuleType(name)
    vars(module).update(attributes)
    return module


@case
def an_attribute_of_a_module():
    module = _module("settings_a", k=2.0)
    return lambda x: x * module.k, setting(module, "k", 3.0)


@case
def an_attribute_of_a_module_that_comes_to_be():
    module = _module("settings_b")
    return lambda x: x * getattr(module, "k", 1.0), setting(module, "k", 3.0)


@case
def what_a_function_of_a_module_reads():
    module = _module("settings_c", k=2.0)
    exec("def f(x): return x * k", vars(module))
    return lambda x: module.f(x), setting(module, "k", 3.0)


@case
def a_module_imported_inside():
    module = _module("settings_d", k=2.0)

    def f(x):
        import settings_d

        return x * settings_d.k

    return f, setting(module, "k", 3.0)


@case
def a_name_imported_inside():
    module = _module("settings_e", k=2.0)

    def f(x):
        from settings_e import k

        return x * k

    return f, setting(module, "k", 3.0)


@pytest.fixture(autouse=True)
def _as_it_was():
    """Globals are as they were after each case."""
    before = dict(globals())
    yield
    for name in [*globals()]:
        if name not in before:
            del globals()[name]
    globals().update(before)


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_another_thing_by_a_name_is_seen_at_the_next_call(make):
    check(*make())


def test_a_variable_that_is_gone_is_missed_as_by_the_function_itself():
    k = 2.0

    def forget():
        nonlocal k
        del k

    f = engine.compile(lambda x: x * k)
    for _ in range(2):
        assert np.array_equal(f(X), X * 2)
    forget()
    with pytest.raises(NameError, match="'k'"):
        f(X)
