"""What a page gets to run a graph of Values again: rows in JavaScript, and the graph."""

import numpy as np
import pytest

import engine
from engine import Value
from viz import step_through, steps
from viz.stepping.rerun import CHANGED, HOOKED, SEEDLESS, rerun_script
from viz.stepping.row_script import helpers_in, row_script, script_number


def script_of(root):
    found = list(steps(root))
    return rerun_script(found, found[0].names)


def test_parameters_stand_in_a_row_as_numbers():
    assert "0.25*a" in row_script(engine.leaky_relu, 1, {"negative_slope": 0.25})


def test_nan_is_true_in_a_condition_as_in_python():
    assert row_script(engine.where, 3, {}).startswith("[(a,b,c)=>(a!=0)?b:c,null,")


def test_several_conditions_stand_in_one():
    assert "((a>b)||(a!=a))?a:b" in row_script(engine.maximum, 2, {})


def test_a_long_part_of_a_rule_is_written_once():
    script = row_script(engine.gelu, 1, {"approximate": "tanh"})
    assert script.count("const part_0=") == 1


def test_a_row_of_a_user_is_written_if_it_is_arithmetic():
    op = engine.elementwise("page_cube", lambda x: x * x * x, lambda g, y, x: g * 3 * x * x)
    other = engine.elementwise("page_sort", lambda x: np.sort(x), lambda g, y, x: g)
    assert row_script(op, 1, {}) == "[(a)=>(a*a)*a,(g,y,a)=>((g*3)*a)*a]"
    assert row_script(other, 1, {}) == ""
    engine.unregister("page_cube")
    engine.unregister("page_sort")


@pytest.mark.parametrize("name", ["erf", "lgamma", "digamma"])
def test_what_javascript_does_not_have_is_not_written(name):
    op = engine.registry[name]
    assert row_script(op, op.n_inputs, op.defaults) == ""


def test_a_neuron_of_many_inputs_has_a_name_for_each():
    numbers = [Value(float(i)) for i in range(9)]
    neuron = engine.registry["linear_neuron"]
    assert row_script(neuron, 9, {}).startswith("[(x0,x1,x2,x3,x4,x5,x6,x7,x8)=>")
    assert neuron(*numbers).op is neuron


def test_only_helpers_that_are_called_are_declared():
    assert helpers_in("(a)=>Math.tanh(a)") == ""
    declared = helpers_in(row_script(engine.remainder, 2, {}))
    assert {line.split()[1] for line in declared.splitlines()} == {
        "modulo", "quotient", "copysign",
    }  # fmt: skip


def test_numbers_are_written_to_the_last_bit():
    assert script_number(0.1 + 0.2) == "0.30000000000000004"
    assert [script_number(x) for x in (np.nan, np.inf, -np.inf)] == ["NaN", "Infinity", "-Infinity"]


def test_a_graph_is_its_leaves_kernels_and_places():
    a, b = Value(2.0), Value(-3.0)
    script = script_of(a * b * 0.5 + a)
    assert "const graph = [2.0,-3.0,[0,[0,1]],[0,[2,[0.5]]],[1,[3,0]]];" in script
    assert 'const seed = 1.0, why = "";' in script


def test_what_has_no_kernel_has_its_number_and_its_local_derivatives():
    a = Value(0.0)
    assert "[-1,[0],0.0,[1.1283791670955126]]" in script_of(engine.erf(a))


def test_backward_begins_with_the_gradient_that_was_given():
    a = Value(2.0)
    found = step_through(a * a, 0.25).steps
    assert "const seed = 0.25," in rerun_script(found, found[0].names)


def test_why_a_graph_cannot_be_run_again_is_said():
    a = Value(2.0)
    y = a * a
    y.register_hook(lambda g: 10 * g)
    assert HOOKED in script_of(y * 3.0)
    b = Value(2.0)
    z = b * b
    b.data = 3.0
    assert CHANGED in script_of(z)
    for seed in (0.0, float("inf"), float("nan")):
        found = step_through(a * a, seed).steps
        assert SEEDLESS in rerun_script(found, found[0].names)


def test_the_equation_of_an_edge_holds_where_a_hook_changed_the_gradient():
    a = Value(2.0, label="a")
    y = a * 3.0
    y.register_hook(lambda g: 10 * g)
    last = list(steps(y * 1.0))[-1]
    assert last.upstream * last.local == last.contribution == 30.0


def test_a_function_of_math_has_the_name_that_javascript_has_for_it():
    assert row_script(engine.tanh, 1, {}) == "[(a)=>Math.tanh(a),(g,y,a)=>g*(1-(y*y))]"
    assert row_script(engine.abs, 1, {}).startswith("[(a)=>Math.abs(a),")
    assert row_script(engine.round, 1, {}).startswith("[(a)=>rint(a),")


def test_brackets_that_do_not_hold_the_whole_stay():
    assert row_script(engine.arctanh, 1, {}).endswith("=>g/((1-a)*(1+a))]")
