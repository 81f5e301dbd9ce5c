"""What is written for Values: of numbers of other kinds, and of rows that are not the table's."""

import math
import subprocess
import sys
import traceback

import numpy as np
import pytest
from test_generated_paths import CASES, PARAMETERS, SPECIAL, UPSTREAM, added, bits

from engine import Value, elementwise, exp, registry, source
from engine.values.backward import push_any

pytestmark = pytest.mark.usefixtures("own_ops")

#: What else a constant may be, and the float that it is.
CONSTANTS = [
    2,
    0,
    -3,
    True,
    False,
    np.float64(-0.5),
    np.float64(math.nan),
    np.float32(0.1),
    np.int64(3),
    np.bool_(True),
    np.array(-0.0),
    np.array(math.inf),
    np.array(2),
]


def same_as_the_rules(op, *inputs, **params):
    """Whether backward, as written, adds what the rules say, for every upstream gradient."""
    y = op(*inputs, **params)
    expected = [added(push_any, inputs, y, g) for g in UPSTREAM]
    return [added(op.push, inputs, y, g) for g in UPSTREAM] == expected


@pytest.mark.parametrize("constant", CONSTANTS, ids=repr)
@pytest.mark.parametrize(
    ("op", "params"),
    [(op, params) for op, params in CASES if op.n_inputs > 1 and not op.variadic],
    ids=lambda x: getattr(x, "name", str(x)),
)
def test_a_constant_of_any_kind_is_kept_as_the_float_it_is(op, params, constant):
    for number in SPECIAL:
        for place in range(op.n_inputs):
            numbers = [number] * op.n_inputs
            numbers[place] = float(constant)
            inputs = [Value(x) for x in numbers]
            inputs[place] = constant
            y = op(*inputs, **params)
            assert type(y.inputs[place]) is float
            assert bits(y.inputs[place]) == bits(float(constant))
            assert bits(y.data) == bits(op.on_floats(*numbers, **params))
            assert same_as_the_rules(op, *inputs, **params)


@pytest.mark.parametrize("op", [registry[name] for name in PARAMETERS], ids=lambda op: op.name)
def test_a_parameter_of_numpy_is_the_number_it_is(op):
    for name, default in op.defaults.items():
        if type(default) not in (float, type(None)):
            continue
        for given in (np.float64(0.75), np.float32(0.1), np.int64(2), np.array(0.75)):
            for number in SPECIAL:
                x = Value(number)
                plain = op(x, **{name: given.item()})
                y = op(x, **{name: given})
                assert bits(y.data) == bits(plain.data)
                assert type(y.params[name]) is type(plain.params[name])
                assert same_as_the_rules(op, x, **{name: given})


def test_a_row_of_ones_own_is_written_out_too():
    damped = elementwise(
        "damped",
        lambda x, rate=0.5: np.exp(-rate * x) * x,
        lambda g, y, x, rate=0.5: g * (1 - rate * x) * y / x,
        scalar=lambda x, rate=0.5: math.exp(-rate * x) * x,
    )
    for number in SPECIAL:
        for params in ({}, {"rate": 2}, {"rate": -1.5}):
            x = Value(number)
            assert bits(damped(x, **params).data) == bits(damped.on_floats(number, **params))
            assert same_as_the_rules(damped, x, **params)
    assert "y = exp(-rate * x) * x\n" in damped.source
    assert "node_x._adjoint += g * (1.0 - rate * x) * y / x\n" in damped.source


def test_a_rule_that_looks_at_numbers_is_called_with_them():
    steps = {1.0: 10.0, 2.0: 20.0}
    stepped = elementwise(
        "stepped",
        lambda x: np.floor(x),
        lambda g, y, x: g * steps[float(x)],
        scalar=lambda x: steps[float(x)],
    )
    x = Value(2.0)
    y = stepped(x) * 3.0
    y.backward()
    assert (y.data, x.grad) == (60.0, 60.0)
    assert stepped.push is push_any
    assert "a rule looks at numbers" in stepped.source


def test_a_row_in_the_place_of_another_is_what_runs():
    def row(factor, **more):
        return elementwise("scaled_here", lambda x: factor * x, lambda g, y, x: factor * g, **more)

    x = Value(2.0)
    first = row(3.0)
    first(x).backward()
    second = row(5.0, replace=True)
    second(x).backward()
    assert x.grad == 3.0 + 5.0
    first(x).backward()  # who holds the old one has the old one
    assert x.grad == 3.0 + 5.0 + 3.0
    assert registry["scaled_here"] is second


@pytest.mark.parametrize("name", ["mul", "tanh", "pow", "leaky_relu", "where"])
def test_a_wrong_rule_is_seen_at_once(name, monkeypatch):
    op = registry[name]
    inputs = [Value(0.5 + i) for i in range(op.n_inputs)]
    place = op.n_inputs - 2 if name == "where" else 0
    op(*inputs).backward()
    right = inputs[place].grad
    assert right != 7.0

    def wrong(g, y, *inputs, **params):
        return 7.0 * g

    rules = tuple(wrong if i == place else rule for i, rule in enumerate(op.vjps))
    monkeypatch.setattr(op, "vjps", rules)
    inputs[place].zero_grad()
    op(*inputs).backward()
    assert inputs[place].grad == 7.0
    monkeypatch.undo()
    inputs[place].zero_grad()
    op(*inputs).backward()
    assert inputs[place].grad == right


def test_a_wrong_scalar_form_is_seen_at_once(monkeypatch):
    assert registry["cosh"](Value(0.0)).data == 1.0
    monkeypatch.setattr(registry["cosh"], "scalar", lambda x: 7.0)
    assert registry["cosh"](Value(0.0)).data == 7.0
    monkeypatch.undo()
    assert registry["cosh"](Value(0.0)).data == 1.0


def test_tracebacks_show_the_lines_that_were_written():
    class Stop(Exception):
        pass

    def stop(x):
        raise Stop

    stopping = elementwise("stopping", np.abs, lambda g, y, x: g, scalar=stop)
    with pytest.raises(Stop) as caught:
        stopping(Value(1.0))
    shown = "".join(traceback.format_exception(caught.value))
    assert ", in record\n    y = stopping(x)\n" in shown


def test_no_text_has_the_name_of_a_file_that_tools_would_look_for():
    """`coverage report` stopped with "No source for code" where it was a path."""
    program = """
import linecache
from engine import Tensor, Value, softplus
(softplus(Value(1.0)) + 1).backward()
softplus(Tensor(1.0, requires_grad=True)).backward()
written = [file for file in linecache.cache if file.startswith("<engine.")]
print(sorted({file.partition(":")[0] for file in written}))
print([file for file in linecache.cache if "softplus" in file and file not in written])
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout == "['<engine.tensors.written', '<engine.values.written']\n[]\n"


def test_nothing_is_added_before_all_rules_of_three_inputs_have_answered():
    mixed = elementwise(
        "mixed",
        lambda a, b, c: a * np.exp(b) + np.log(c),
        lambda g, y, a, b, c: g * exp(b),
        lambda g, y, a, b, c: g * a * exp(b),
        lambda g, y, a, b, c: g / c,
        scalar=lambda a, b, c: a * math.exp(b) + math.log(c),
    )
    assert mixed.source.index("to_c = g / c") < mixed.source.index("node_a._adjoint += to_a")
    a, c = Value(2.0), Value(4.0)
    mixed(a, 0.5, c).backward()
    assert (a.grad, c.grad) == (math.exp(0.5), 0.25)


def test_a_scalar_form_that_gives_an_integer_is_written_as_a_float():
    side = elementwise("side", np.sign, lambda g, y, x: g * 0.0, scalar=lambda x: (x > 0) - (x < 0))
    text = source(lambda x: side(x) * x, 3.0)
    assert "v1 = float((x > 0) - (x < 0))" in text
    assert side(Value(-2.0)).data == -1.0
