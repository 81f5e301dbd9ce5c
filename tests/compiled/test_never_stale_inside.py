"""What a compiled function reads in containers, arrays and models is looked at at each call."""

import array
import collections
import contextvars
import functools
import types

import numpy as np
import pytest
from changes import Box, X, check, item, setting

import engine
import nn
from engine import Tensor, Value

CASES = {}


def case(make):
    """A case: gives f, and what changes something that f reads."""
    CASES[make.__name__] = make
    return make


# --- containers ---


@case
def a_list_of_floats():
    numbers = [1.0, 2.0, 3.0]
    return lambda x: x * numbers, item(numbers, 0, 9.0)


@case
def the_length_of_a_list():
    numbers = [1.0]
    return lambda x: x * len(numbers), lambda: numbers.append(1.0)


@case
def a_list_in_a_tuple_in_a_list():
    numbers = [2.0]
    nested = [(1.0, numbers)]
    return lambda x: x * nested[0][1][0], item(numbers, 0, 9.0)


@case
def an_attribute_in_a_list():
    boxes = [Box(k=2.0)]
    return lambda x: x * boxes[0].k, item(boxes, 0, Box(k=3.0))


@case
def a_function_in_a_list():
    functions = [lambda x: x * 2]
    return lambda x: functions[0](x), item(functions, 0, lambda x: x * 3)


@case
def a_bound_method_of_a_list():
    numbers = [1.0, 1.0]
    count = numbers.count
    return lambda x: x * count(1.0), lambda: numbers.append(1.0)


@case
def an_entry_of_a_dictionary():
    entries = {"k": 2.0}
    return lambda x: x * entries["k"], item(entries, "k", 3.0)


@case
def the_order_of_a_dictionary():
    entries = {"j": 2.0, "k": 3.0}

    def f(x):
        for k in entries.values():
            x = x * k + 1
        return x

    return f, lambda: entries.update(j=entries.pop("j"))


@case
def a_dictionary_seen_through_a_proxy():
    entries = {"k": 2.0}
    proxy = types.MappingProxyType(entries)
    return lambda x: x * proxy["k"], item(entries, "k", 3.0)


@case
def a_dictionary_of_a_class_of_ones_own():
    class Entries(dict):
        scale = 2.0

    entries = Entries(k=1.0)
    return lambda x: x * entries["k"] * entries.scale, setting(entries, "scale", 3.0)


@case
def a_user_dictionary():
    entries = collections.UserDict(k=2.0)
    return lambda x: x * entries["k"], item(entries, "k", 3.0)


@case
def a_set():
    numbers = {2.0}
    return lambda x: x * sum(numbers), lambda: numbers.add(3.0)


@case
def a_deque():
    numbers = collections.deque([2.0])
    return lambda x: x * numbers[0], item(numbers, 0, 3.0)


@case
def bytes_in_an_array():
    numbers = bytearray(b"\x02")
    return lambda x: x * numbers[0], item(numbers, 0, 3)


@case
def floats_in_an_array_of_pythons():
    numbers = array.array("d", [2.0])
    return lambda x: x * numbers[0], item(numbers, 0, 3.0)


@case
def a_context_variable():
    variable = contextvars.ContextVar("variable", default=2.0)
    return lambda x: x * variable.get(), lambda: variable.set(3.0)


@case
def an_argument_of_partial():
    return functools.partial(lambda k, x: x * k[0], numbers := [2.0]), item(numbers, 0, 3.0)


@case
def a_keyword_of_partial():
    f = functools.partial(lambda x, k: x * k, k=2.0)
    return f, item(f.keywords, "k", 3.0)


# --- arrays ---


@case
def a_number_in_an_array():
    k = np.ones(3)
    return lambda x: x * k, item(k, 1, 9.0)


@case
def what_numpy_makes_of_an_array():
    k = np.ones(3)
    return lambda x: x * k.max(), item(k, 1, 9.0)


@case
def what_numpy_makes_of_an_array_that_is_an_operand_too():
    k = np.ones(3)
    return lambda x: x * k + k.max(), item(k, 1, 9.0)


@case
def a_part_of_an_array():
    k = np.ones((3, 3))
    return lambda x: x * k[0], item(k, 0, 9.0)


@case
def a_decision_by_an_array():
    k = np.zeros(3)
    return lambda x: x * k if k.max() > 3 else x + k, item(k, 1, 9.0)


@case
def a_large_array_by_its_last_number():
    k = np.ones((1000, 100))
    return lambda x: x * np.sum(k), item(k, (999, 99), 9.0)


@case
def an_array_in_a_tuple():
    k = np.ones(3)
    box = (k,)
    return lambda x: x * box[0].sum(), item(k, 1, 9.0)


@case
def an_array_that_becomes_of_another_shape():
    k = np.ones((1, 3))
    return lambda x: x * k.shape[0], lambda: k.resize(3, 1)


@case
def a_mask():
    k = np.array([True, False, True])
    return lambda x: engine.where(k, x, 0.0), item(k, 0, False)


@case
def places():
    k = np.array([0, 1])
    return lambda x: x[k], item(k, 0, 1)


@case
def a_value_in_an_array_of_values():
    k = np.array([Value(2.0), Value(3.0)])
    return lambda x: x.sum() * k[0], item(k, 0, Value(9.0))


# --- nodes and modules of nn ---


@case
def the_number_of_a_tensor():
    k = Tensor([1.0, 2.0, 3.0])
    return lambda x: x * k, setting(k, "data", np.ones(3))


@case
def a_tensor_by_one_of_another_shape():
    box = Box(k=Tensor(np.ones(3)))
    return lambda x: x * box.k.shape[-1], setting(box, "k", Tensor(np.ones(1)))


@case
def whether_a_model_is_trained():
    model = nn.Sequential(nn.Linear(3, 3, rng=0), nn.BatchNorm1d(3))
    return lambda x: model(x), model.eval


@case
def a_layer():
    model = nn.Sequential(nn.Linear(3, 3, rng=0), nn.ReLU())
    return lambda x: model(x), item(model, 1, nn.Tanh())


@case
def a_layer_of_a_class_of_ones_own():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 3, rng=0)

        def forward(self, x):
            return self.layer(x)

    model = Model()
    return model, setting(model, "layer", nn.Linear(3, 2, rng=0))


@case
def a_setting_of_a_layer():
    model = nn.Sequential(nn.Linear(3, 3, rng=0), nn.LeakyReLU(0.1))
    return lambda x: model(x), setting(model[1], "negative_slope", 0.5)


@case
def a_parameter():
    model = nn.Linear(3, 3, rng=0)
    return lambda x: model(x), setting(model, "weight", nn.Linear(3, 3, rng=1).weight)


@case
def the_numbers_of_a_parameter():
    model = nn.Linear(3, 3, rng=0)
    return lambda x: model(x), setting(model.weight, "data", np.ones((3, 3)))


@case
def whether_parameters_learn():
    model = nn.Linear(3, 3, rng=0)
    return lambda x: model(x), lambda: model.requires_grad_(False)


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_another_content_is_seen_at_the_next_call(make):
    check(*make())


# --- what is of no matter ---


class Trainer:
    """Counts its steps, beside a function to be compiled."""

    def __init__(self):
        self.scale, self.steps, self.history = 2.0, 0, []

    def loss(self, x):
        return (x * self.scale).sum()


def test_attributes_that_are_not_read_may_change():
    trainer = Trainer()
    loss = engine.compile(trainer.loss)
    for i in range(3):
        trainer.steps += 1
        trainer.history.append(loss(X))
        trainer.note = i
    assert len(loss.traces) == 1
    trainer.scale = 3.0
    assert loss(X) == pytest.approx(3.0 * X.sum())
    assert len(loss.traces) == 2


def test_the_state_of_an_optimizer_and_of_a_generator_may_change():
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(3, 3, rng=0), nn.Dropout(0.5, rng=rng))
    optimizer = nn.Adam(model.parameters())

    @engine.compile
    def step(x):
        optimizer.zero_grad()
        loss = model(x).sum()
        loss.backward()
        optimizer.step()
        return loss

    found = [step(X).item() for _ in range(4)]
    assert len(step.traces) == 1
    assert len(set(found)) == 4


def test_what_comes_out_the_same_is_no_new_trace():
    numbers, k = [1.0, 2.0], np.ones(3)
    f = engine.compile(lambda x: x * len(numbers) * k)
    assert np.array_equal(f(X), X * 2)
    program = f.traces[0]
    numbers[0] = 9.0
    k[1] = 5.0
    assert np.array_equal(f(X), X * 2 * k)
    assert f.traces == [program]
    k[:] = 3.0
    assert np.array_equal(f(X), X * 2 * k)
    assert f.traces == [program]
    numbers.append(1.0)
    assert np.array_equal(f(X), X * 3 * k)
    assert len(f.traces) == 2
    numbers.pop()
    assert np.array_equal(f(X), X * 2 * k)
    assert len(f.traces) == 2


def test_what_changes_at_each_call_and_is_no_argument_is_said_once():
    k = np.ones(3)
    f = engine.compile(lambda x: x * k)
    f(X)
    for i in range(31):
        k[0] = i + 2.0
        f(X)
    k[0] = 50.0
    with pytest.warns(UserWarning, match="traced anew 32 times .* k changes from call to call"):
        f(X)
    k[0] = 60.0
    assert np.array_equal(f(X), X * k)
    assert len(f.traces) == 1
