"""nan_trace: the first op that went nan or inf, and the user's line that called it."""

import threading
import weakref

import numpy as np
import pytest
from helpers import leaf

import engine
import nn
from engine import NonFiniteError, Tensor, Value, ValueArray, nan_trace
from engine.looking import BackwardPass

TIERS = pytest.mark.parametrize("make", [Value, leaf], ids=["Value", "Tensor"])


def found_in(function) -> NonFiniteError:
    """What is raised when a function runs under nan_trace."""
    with pytest.raises(NonFiniteError) as caught, nan_trace():
        function()
    return caught.value


# --- forward ---


@TIERS
def test_the_first_op_is_named_with_its_numbers_and_the_user_s_line(make):
    x = make(0.0)

    def program():
        y = x * 2
        z = engine.log(y)  # this line
        return z + 1

    error = found_in(program)

    assert (error.op.name, error.what) == ("log", "forward")
    assert str(error).startswith("log(0): forward is -inf\n")
    assert error.source.endswith("z = engine.log(y)  # this line")
    assert error.source.startswith("test_nan_trace.py:")


def test_of_an_array_the_element_is_named_and_what_went_in():
    x = Tensor([4.0, -1.0, -2.0], requires_grad=True)

    assert str(found_in(lambda: x.sqrt())).startswith(
        "sqrt(-1 at [1] of shape (3,)): forward is nan at [1] of shape (3,)"
    )


def test_an_array_that_is_not_broken_is_named_by_its_shape():
    x = Tensor(np.ones((2, 3)), requires_grad=True)

    error = found_in(lambda: x.sum() / 0.0)

    assert str(error).startswith("div(6, 0): forward is inf")
    error = found_in(lambda: (x * 1e308).sum())
    assert str(error).startswith("sum(array of shape (2, 3)): forward is inf")


def test_an_array_program_on_values_is_traced_number_by_number():
    x = ValueArray.of([[1.0, 0.0], [2.0, 3.0]])

    error = found_in(lambda: engine.matmul(x, 1 / x))

    assert str(error).startswith("div(1, 0): forward is inf")
    assert error.source.endswith("error = found_in(lambda: engine.matmul(x, 1 / x))")


def test_lines_of_numpy_and_of_the_packages_are_skipped():
    x = ValueArray.of([[1e200, 1e200]])
    layer = nn.Linear(2, 1, rng=0)
    layer.weight.data = [[1e200, 1e200]]

    on_values = found_in(lambda: np.prod(np.asarray(x)))  # NumPy multiplies
    in_a_layer = found_in(lambda: layer(Tensor([[1e200, 1e200]])))

    assert on_values.source.endswith("# NumPy multiplies")
    assert in_a_layer.source.endswith("layer(Tensor([[1e200, 1e200]])))")


@TIERS
def test_what_is_finite_passes(make):
    x = make(2.0)
    with nan_trace():
        y = engine.log(x) * x
        y.backward()

    assert float(x.grad) == pytest.approx(np.log(2.0) + 1)


def test_ops_are_watched_under_no_grad_too():
    with pytest.raises(NonFiniteError), nan_trace(), engine.no_grad():
        engine.log(Value(0.0))


def test_numpy_s_own_warnings_are_silent_inside_and_as_before_after():
    """Warnings are errors in this suite: one would hide what was found."""
    with np.errstate(all="print"):  # neither what is inside, nor what a test before may have left
        before = np.geterr()
        found_in(lambda: engine.log(Tensor([0.0], requires_grad=True)))
        assert np.geterr() == before


# --- infinities that come from outside ---


def test_a_mask_of_minus_infinity_is_no_fault():
    scores = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    with nan_trace():
        p = engine.softmax(scores + np.array([0.0, 0.0, -np.inf]))
        p[0].backward()

    assert scores.grad[2] == 0.0


@TIERS
def test_nan_among_the_inputs_is_named_if_it_reaches_the_result(make):
    x = make(float("nan"))

    def program():
        y = x * 2
        (y + 1).backward()

    error = found_in(program)

    assert str(error).startswith("mul(nan, 2): forward is nan, and so was an input\n")
    assert error.source.endswith("y = x * 2")
    with pytest.raises(NonFiniteError, match="and so was an input"):
        nan_trace(x * 2 + 1)


# --- backward ---


@TIERS
def test_a_gradient_that_goes_infinite_is_named_with_the_line_of_its_op(make):
    x = make(0.0)

    def program():
        y = engine.sqrt(x)  # made here
        z = y * 3
        z.backward()

    error = found_in(program)

    assert (error.op.name, error.what) == ("sqrt", "gradient of input 0")
    assert str(error).startswith("sqrt(0): gradient of input 0 is inf\n")
    assert error.source.endswith("# made here")


def test_the_element_of_a_gradient_is_named():
    x = Tensor([[1.0, 4.0], [0.0, 9.0]], requires_grad=True)

    error = found_in(lambda: engine.sqrt(x).sum().backward())

    assert str(error).startswith(
        "sqrt(0 at [1, 0] of shape (2, 2)): gradient of input 0 is inf at [1, 0] of shape (2, 2)"
    )


def test_nothing_is_added_to_gradients_when_it_raises():
    x = Tensor([0.0], requires_grad=True)

    found_in(lambda: engine.sqrt(x).sum().backward())

    assert x.grad is None


@TIERS
def test_a_sum_of_gradients_that_overflows_is_named(make):
    x = make(1.0)
    y, z = x * 1.5e308, x * 1.5e308

    error = found_in(lambda: (y * 0.1 + z * 0.1).backward(9.0))

    assert error.op.name == "mul"
    assert "gradient of input 0 is inf, the sum of several that are finite" in str(error)


@TIERS
def test_an_infinite_upstream_gradient_is_named(make):
    x = make(1.0)

    error = found_in(lambda: (x * 2).backward(np.inf))

    assert "mul(1, 2): the gradient given to backward is inf" in str(error)


def test_constants_get_no_gradient_to_complain_about():
    x = Tensor([0.0, 1.0], requires_grad=True)
    c = Tensor([0.0, 1.0])
    with nan_trace():
        (engine.where(c > 0, x, 2.0) * 1.0).sum().backward()

    assert x.grad.tolist() == [0.0, 1.0]


# --- as a function ---


@TIERS
def test_a_finished_graph_is_searched_forward_and_backward(make):
    with np.errstate(all="ignore"):
        forward = engine.exp(make(0.0) + 1000.0) * 2
        backward = engine.sqrt(make(0.0)) * 2

    with pytest.raises(NonFiniteError, match=r"^exp\(1000\): forward is inf$") as caught:
        nan_trace(forward)
    assert caught.value.source == ""
    with pytest.raises(NonFiniteError, match=r"^sqrt\(0\): gradient of input 0 is inf$"):
        nan_trace(backward)


def test_an_op_in_a_part_that_does_not_matter_is_found_too():
    """The trap of where: a nan nobody chose comes back through the gradient."""
    x = Value(1.0)

    with pytest.raises(NonFiniteError, match="sqrt"):
        nan_trace(engine.where(x.data >= 0, x, engine.sqrt(-x)))


def test_a_good_graph_passes_and_no_gradient_is_touched():
    x = Value(2.0)

    nan_trace(engine.log(x))

    assert not x.has_grad


def test_an_infinite_leaf_alone_is_no_op_s_fault():
    nan_trace(Value(np.inf))


def test_what_is_no_node_is_refused():
    with pytest.raises(TypeError, match="root must be a Value or a Tensor, got float"):
        nan_trace(3.0)


# --- contexts ---


def test_contexts_nest_and_end():
    tracer = nan_trace()
    with tracer:
        with tracer, pytest.raises(NonFiniteError):
            engine.log(Value(0.0))
        with pytest.raises(NonFiniteError):
            engine.log(Value(0.0))

    assert engine.log(Value(0.0)).data == -np.inf


def test_it_ends_after_an_exception():
    with pytest.raises(KeyError), nan_trace():
        raise KeyError

    assert engine.log(Value(0.0)).data == -np.inf


def test_other_threads_are_not_watched():
    results = []
    with nan_trace():
        thread = threading.Thread(target=lambda: results.append(engine.log(Value(0.0)).data))
        thread.start()
        thread.join()

    assert results == [-np.inf]


@pytest.mark.parametrize("package", ["nn", "viz", "notebooks", "notebooks.lesson_03"])
def test_the_line_is_the_users_not_the_packages(package):
    """The course calls ops for its learner too: the line that counts is the learner's."""
    scope = {"__name__": package, "log": engine.log}
    exec("def logarithm(x): return log(x)", scope)

    error = found_in(lambda: scope["logarithm"](Value(0.0)))

    assert error.source.startswith("test_nan_trace.py:")


def test_the_line_may_stand_in_code_without_a_module():
    scope = {"log": engine.log}
    exec(compile("def logarithm(x): return log(x)", "typed.py", "exec"), scope)

    assert found_in(lambda: scope["logarithm"](Value(0.0))).source.startswith("typed.py:1:")


def test_the_line_is_unknown_where_all_callers_are_library(monkeypatch):
    monkeypatch.setattr("engine.callers.module_of", lambda frame: "nn")

    assert found_in(lambda: engine.log(Value(0.0))).source == ""


@TIERS
def test_a_pass_nobody_watches_needs_no_watcher(make):
    """no_grad wants the same attention from a thread as nan_trace does."""
    x = make(3.0)
    y = x * x
    with engine.no_grad():
        one = BackwardPass(y)
        for node in reversed(one.order):
            one.advance(node)
        one.commit()
        y.backward()

    assert x.grad == 12.0


@TIERS
def test_a_pass_taken_in_steps_is_watched_as_backward_is(make):
    y = engine.sqrt(make(0.0))

    error = found_in(lambda: BackwardPass(y))

    assert (error.op.name, error.what) == ("sqrt", "gradient of input 0")


@pytest.mark.parametrize(
    "name", ["/somewhere/ipykernel_7/1234567.py", "/tmp/ipython-input-3-12.py", "<ipython-input-3>"]
)
def test_a_line_of_a_notebook_is_named_as_one_of_a_cell(name):
    code = compile("y = engine.log(x)", name, "exec")
    error = found_in(lambda: exec(code, {"engine": engine, "x": Value(0.0)}))
    assert error.source.startswith("cell:1: ")


def test_a_leaf_that_backward_is_called_on_is_no_op_to_name():
    x = Value(1.0)
    with nan_trace():
        x.backward(float("inf"))
    assert x.grad == float("inf")


def test_a_trace_that_is_over_lets_go_of_what_it_saw():
    tracer = nan_trace()
    with tracer:
        seen = weakref.ref(Value(2.0) * 3.0)
        assert seen() is not None  # so that its id stays its own
    assert seen() is None
