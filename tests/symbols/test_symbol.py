"""A Symbol: a node that holds a name, and refuses what asks for numbers."""

from fractions import Fraction

import numpy as np
import pytest

import engine
from engine import Tensor, Value
from engine.graph import adjoints, toposort
from engine.symbols import Symbol, Trace


def written(x):
    """A Symbol's program as nested calls."""
    if not isinstance(x, Symbol):
        return repr(x)
    if x.op is None:
        return repr(x._held) if x.is_constant else x.label
    return f"{x.op.name}({', '.join(map(written, x.inputs))})"


def numbers(trace):
    return trace.input(2.0, "a"), trace.input(3.0, "b")


def test_rows_operators_and_methods_record_what_they_are_applied_to():
    a, b = numbers(Trace())
    assert written((a * b - 1).tanh()) == "tanh(sub(mul(a, b), 1))"
    assert written(engine.where(a > b, a, 0.0)) == "where(greater(a, b), a, 0.0)"
    assert written(np.exp(a)) == "exp(a)"
    assert written(-a / b) == "div(neg(a), b)"


def test_comparisons_and_their_combinations_record():
    a, b = numbers(Trace())
    assert (
        written((a == 0) & ~(b <= 1)) == "logical_and(equal(a, 0), logical_not(less_equal(b, 1)))"
    )
    assert written((a != b) | (a >= 2)) == "logical_or(not_equal(a, b), greater_equal(a, 2))"
    assert written(True & (a < b)) == "logical_and(True, less(a, b))"
    assert written(False | (a > b)) == "logical_or(False, greater(a, b))"
    assert written(np.greater(a, 0)) == "greater(a, 0)"
    assert written(np.logical_not(a > 0)) == "logical_not(greater(a, 0))"


def test_shape_and_dtype_are_known():
    trace = Trace()
    x = trace.input(np.ones((4, 3), np.float32), "x")
    y = x.sum(axis=0)
    assert (x.shape, x.ndim, x.size, len(x), y.shape) == ((4, 3), 2, 12, 4, (3,))
    assert x.dtype == y.dtype == np.float32
    assert written(next(iter(x))) == "getitem(x)"
    assert np.array_equal(x.full(2.0), np.full((4, 3), 2.0, np.float32))
    number = trace.input(1.0)
    assert (number.shape, number.dtype, number.full(2.0)) == ((), np.float64, 2.0)
    with pytest.raises(TypeError, match="single number"):
        len(number)


def test_what_a_symbol_is_made_of_is_shown():
    trace = Trace()
    a = trace.input(1.0, "a")
    assert repr(a) == f"{a}" == "Symbol(a)"
    assert repr(trace.constant(2.5)) == "Symbol(2.5)"
    assert repr(trace.input(1.0)) == "Symbol(?)"
    assert repr(a + 1) == "Symbol(add of 2)"
    assert dict(a.leaky_relu(0.1).params) == {"negative_slope": 0.1}


@pytest.mark.parametrize(
    "ask",
    [
        bool, float, int, complex, np.asarray, list(range(3)).__getitem__,
        lambda x: x.data, lambda x: x.grad, lambda x: x.item(), lambda x: x.numpy(),
        lambda x: x.tolist(), lambda x: np.allclose(x, 1.0), lambda x: x.leaf(), lambda x: 1.0 in x,
        round, lambda x: f"{x:.3f}", Value, Tensor, lambda x: Tensor([x, 1.0]),
    ],
)  # fmt: skip
def test_what_asks_for_numbers_is_an_error_that_names_the_line(ask):
    a, _ = numbers(Trace())
    with pytest.raises(TypeError, match=r"of a Symbol \(.*test_symbol.py, line \d+\).*where"):
        ask(a)


def test_a_function_of_numpy_without_a_row_is_an_error():
    a, _ = numbers(Trace())
    with pytest.raises(TypeError, match="i0"):
        np.i0(a)


def test_questions_about_numbers_are_recorded_without_a_gradient():
    a, _ = numbers(Trace())
    assert written(np.isfinite(a) & np.isnan(a)) == "logical_and(isfinite(a), isnan(a))"
    assert not np.isfinite(a).requires_grad


def test_augmented_assignment_makes_a_new_symbol():
    a, b = numbers(Trace())
    c = a
    c += b
    assert written(c) == "add(a, b)"
    assert written(a) == "a"


def test_backward_is_the_ordinary_walk():
    trace = Trace()
    a, b = numbers(trace)
    y = a * b + a
    found = adjoints(toposort(y), {y: trace.constant(1.0)})
    assert written(found[a]) == "add(1.0, mul(1.0, b))"
    assert written(found[b]) == "mul(1.0, a)"


def test_gradients_of_arrays_have_their_shape_and_dtype():
    trace = Trace()
    x = trace.input(np.ones((5, 2), np.float32), "x", requires=False)
    w, b = trace.input(np.ones((2, 3), np.float32), "w"), trace.input(np.ones(3), "b")
    y = ((x @ w) + b).mean()
    found = adjoints(toposort(y), {y: trace.constant(np.ones((), np.float32))})
    assert found[w].shape == (2, 3)
    assert found[w].dtype == np.float32
    assert found[b].shape == (3,)
    assert x not in found


def test_rules_take_their_form_for_numbers_unless_they_are_differentiated_again():
    trace = Trace()
    a, b = numbers(trace)
    (rule, _), g, y = engine.registry["pow"].vjps, trace.input(1.0, "g"), trace.input(8.0, "y")
    plain = written(rule(g, y, a, b))
    trace.recorded = True
    again = written(rule(g, y, a, b))
    assert plain != again
    assert "logical_and" in again


def test_nodes_met_inside_are_lifted_with_their_graphs():
    trace = Trace()
    a, _ = numbers(trace)
    w, c = Value(2.0, label="w"), Value(5.0, requires_grad=False)
    y = a * (w * c) + w
    assert written(y) == "add(mul(a, mul(w, 5.0)), w)"
    assert [x.label for x in trace.inputs] == ["a", "b", "w"]
    x = trace.input(np.ones(2), "x")
    weight = Tensor([1.0, 2.0], requires_grad=True, label="weight")
    assert written(x * weight) == "mul(x, weight)"
    assert (
        written(x * [weight[0], 1.0])
        == "mul(x, concatenate(reshape(getitem(weight)), array([1.])))"
    )


def test_lists_of_numbers_are_arrays_and_parameters_are_plain():
    trace = Trace()
    x = trace.input(np.ones(2), "x")
    assert (x * [1.0, 2.0]).shape == (2,)
    with pytest.raises(TypeError, match="negative_slope of leaky_relu"):
        engine.leaky_relu(x, x)


def test_numbers_are_those_that_a_value_takes():
    a, _ = numbers(Trace())
    assert written(Fraction(1, 2) * a) == "mul(0.5, a)"
    for x in (1j, np.complex64(1), np.ones(2, complex), [1.0, 2j]):
        with pytest.raises(TypeError, match=r"numbers must be real, got .*j"):
            a + x


def test_a_result_that_does_not_reach_an_input_has_no_gradient_for_it():
    trace = Trace()
    a, b = numbers(trace)
    y = engine.where(a > 0, b, 1.0)
    found = adjoints(toposort(y), {y: trace.constant(1.0)})
    assert list(found) == [y, b]


def test_a_seed_of_backward_is_a_constant():
    a, b = numbers(Trace())
    assert a.leaf(2.0).is_constant
    y = a * b
    assert y.fitted(None, 0) is None
    assert y.fitted(2.0, 0).is_constant


def test_programs_do_not_mix():
    a, b = Trace().input(1.0), Trace().input(2.0)
    with pytest.raises(ValueError, match="two programs"):
        a * b


def test_a_wide_op_is_one_symbol():
    from nn.scalar import MLP  # noqa: F401  # its neuron is a wide op

    wide = next(op for op in engine.registry.values() if isinstance(op, engine.WideOp))
    trace = Trace()
    xs = [trace.input(0.5) for _ in range(3)]
    assert wide(*xs).inputs == tuple(xs)
