"""gradcheck: right rules pass at every order, planted wrong ones are refused and named."""

import math

import numpy as np
import pytest

import engine
from engine import (
    GradientError,
    Tensor,
    Value,
    elementwise,
    fused,
    gradcheck,
    no_grad,
    shape_op,
    to_numpy,
)

X = np.array([0.3, -0.7, 1.9])


pytestmark = pytest.mark.usefixtures("own_ops")


# --- what is right passes ---


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_right_rules_pass_at_every_order_on_both_tiers(order):
    assert gradcheck(engine.tanh, 0.4, order=order)
    assert gradcheck(engine.tanh, X, order=order)


def test_several_inputs_of_any_kind_pass():
    assert gradcheck(lambda a, b: a**b, (1.5, 2.5), order=3)
    assert gradcheck(lambda a, b: (a @ b).tanh(), (np.ones((2, 3)) * 0.2, np.ones((3, 2)) * 0.3))
    assert gradcheck(lambda x: (x * x).sum(), [1, 2, 3])
    assert gradcheck(lambda x: x * x, Value(3.0))
    assert gradcheck(lambda x: (x * x).mean(), Tensor(X))


def test_nodes_that_are_given_are_left_alone():
    x = Tensor(X, requires_grad=True)

    gradcheck(lambda x: (x * x).sum(), x)

    assert x.grad is None


def test_it_works_where_recording_is_off():
    with no_grad():
        assert gradcheck(engine.tanh, 0.4, order=2)


def test_large_and_small_numbers_pass():
    assert gradcheck(lambda x: x * x, 1e6)
    assert gradcheck(lambda x: engine.sqrt(x), 1e-8, order=1)
    assert gradcheck(lambda x: 1 / x, 1e-3)
    assert gradcheck(lambda x: (x + 1e7) - 1e7, 1.0)


def test_an_input_that_does_not_matter_has_gradient_zero():
    assert gradcheck(lambda a, b: a * a, (1.0, 2.0))
    assert gradcheck(lambda a, b: (a * a).sum(), (X, X))


def test_an_empty_array_has_nothing_to_check():
    assert gradcheck(engine.tanh, np.zeros(0))


# --- what is wrong is refused ---


def test_a_wrong_first_derivative_is_refused_with_all_there_is_to_know():
    elementwise("bent", np.sin, lambda g, y, x: 2 * g * engine.cos(x))

    with pytest.raises(GradientError) as caught:
        gradcheck(lambda a, angle: a * engine.bent(angle), (1.0, 0.3))

    error = caught.value
    assert (error.order, error.input, error.index) == (1, "angle", ())
    assert abs(error.got) == pytest.approx(2 * abs(error.expected))
    assert str(error).startswith("gradient with respect to angle: got ")
    assert "finite differences say" in str(error)


def test_the_element_is_named():
    @shape_op(lambda g, y, x: g * np.array([1.0, 1.0, 1.5]))
    def crooked(x):
        "x, with a wrong derivative in one place."
        return x * 1.0

    with pytest.raises(GradientError, match=r"with respect to x\[2\]: got"):
        gradcheck(lambda x: crooked(x), X)


def test_a_rule_that_loses_the_second_derivative_is_refused():
    """Computed with raw numbers, the gradient is right but a constant."""
    elementwise("flat", np.sin, lambda g, y, x: g * np.cos(to_numpy(x)))

    assert gradcheck(engine.flat, 0.3, order=1)
    with pytest.raises(
        GradientError, match=r"second derivative with respect to x: got 0\.0"
    ) as one:
        gradcheck(engine.flat, 0.3, order=2)
    assert one.value.order == 2
    with pytest.raises(GradientError, match=r"second derivative with respect to x\[0\]"):
        gradcheck(engine.flat, X, order=2)


def test_a_rule_wrong_only_at_the_third_order_is_refused():
    elementwise(
        "flat",
        np.exp,
        lambda g, y, x: g * engine.exp(x) if isinstance(g, float) else g * slope_of(x),
    )
    slope_of = elementwise("slope_of", np.exp, lambda g, y, x: g * np.exp(to_numpy(x)))

    assert gradcheck(engine.flat, 0.3, order=2)
    with pytest.raises(GradientError, match="derivative of order 3"):
        gradcheck(engine.flat, 0.3, order=3)


def test_a_rule_wrong_only_on_plain_numbers_is_refused():
    """backward() gives it those; grad(grad(f)) gives it nodes."""
    elementwise(
        "twofold", np.sin,
        lambda g, y, x: g * engine.cos(x) * (1 if isinstance(x, Value | Tensor) else 2),
    )  # fmt: skip

    with pytest.raises(GradientError):
        gradcheck(engine.twofold, 0.3, order=1)
    with pytest.raises(GradientError):
        gradcheck(engine.twofold, X, order=1)


def test_a_rule_wrong_only_on_nodes_is_refused():
    elementwise(
        "twofold", np.sin,
        lambda g, y, x: g * engine.cos(x) * (2 if isinstance(x, Value | Tensor) else 1),
    )  # fmt: skip

    with pytest.raises(GradientError):
        gradcheck(engine.twofold, 0.3, order=1)


def test_a_rule_that_cannot_take_nodes_says_what_to_write():
    elementwise("stubborn", np.sin, lambda g, y, x: g * np.frexp(engine.cos(x) + 1.0)[0])

    with pytest.raises(TypeError) as caught:
        gradcheck(engine.stubborn, 0.3)
    assert "engine.cos and not np.cos" in caught.value.__notes__[0]


def test_a_fused_op_with_one_wrong_rule_is_refused():
    @fused(
        lambda g, y, a, b: g * b,
        lambda g, y, a, b: g * a + 1,
        elements=lambda a, b: a * b,
    )
    def times(a, b):
        "a times b."
        return a * b

    with pytest.raises(GradientError, match="with respect to b"):
        gradcheck(lambda a, b: times(a, b), (X, X))


def test_terms_that_would_cancel_in_a_plain_sum_are_seen():
    """The gradients of sum(softmax) are all 0: a rule may be wrong, and their sum still right."""
    elementwise("bent", np.exp, lambda g, y, x: g * (y + 1))

    def f(x):
        e = engine.bent(x)
        return e - e.mean()

    with pytest.raises(GradientError):
        gradcheck(f, X)


def test_a_nan_gradient_of_a_smooth_function_is_refused():
    with pytest.raises(GradientError, match="got nan"):
        gradcheck(lambda x: engine.where(x > 0, x, engine.sqrt(-x)), np.array([1.0]))


# --- forward mode, whose rules a row may say itself ---


def test_a_wrong_jvp_of_a_row_is_refused_and_the_element_named():
    @shape_op(lambda g, y, x: g * 2 * x, jvp=lambda tangents, y, x: tangents[0] * 3 * x)
    def squares(x):
        return x * x

    with pytest.raises(
        GradientError, match="gradient by forward mode, a row's `jvp` or `linear`, with respect to"
    ) as one:
        gradcheck(squares, X)
    assert one.value.forward
    assert one.value.order == 1
    assert one.value.got == pytest.approx(1.5 * one.value.expected)
    assert one.value.index == (2,)  # where it shows most


def test_a_row_that_is_not_linear_as_it_says_is_refused():
    @shape_op(lambda g, y, x: g * 2 * x, linear="jointly")
    def squares(x):
        return x * x

    with pytest.raises(GradientError, match="by forward mode"):
        gradcheck(squares, X, order=1)


def test_a_jvp_that_leaves_the_graph_is_refused_at_the_second_order():
    @shape_op(
        lambda g, y, x: g * engine.cos(x),
        jvp=lambda tangents, y, x: tangents[0] * np.cos(to_numpy(x)),
    )
    def waves(x):
        return np.sin(x)

    assert gradcheck(waves, X, order=1)
    with pytest.raises(GradientError, match=r"second derivative by forward mode.*got 0\.0") as one:
        gradcheck(waves, X)
    assert (one.value.forward, one.value.index) == (True, ())


def test_a_jvp_that_cannot_take_nodes_says_what_to_write():
    @shape_op(
        lambda g, y, x: g * engine.cos(x),
        jvp=lambda tangents, y, x: tangents[0] * np.ldexp(*np.frexp(engine.cos(x))),
    )
    def waves(x):
        return np.sin(x)

    with pytest.raises(TypeError) as caught:
        gradcheck(waves, X)
    assert "engine.cos and not np.cos" in caught.value.__notes__[0]


def test_a_right_jvp_of_two_inputs_passes_at_every_order():
    def product_rule(tangents, y, a, b):
        ta, tb = tangents
        parts = [] if ta is None else [ta * b]
        return sum(parts, 0.0 if tb is None else a * tb)

    @shape_op(lambda g, y, a, b: g * b, lambda g, y, a, b: g * a, jvp=product_rule)
    def times(a, b):
        return a * b

    assert gradcheck(times, (X, X + 1), order=3)
    assert gradcheck(lambda a: times(a, np.ones(3)), X)


@pytest.mark.parametrize("order", [1, 2])
def test_a_row_that_has_no_forward_mode_is_checked_backward_alone(order):
    """Its vjp loses g: jvp refuses that in words, and backward, at these orders, is right."""

    @shape_op(lambda g, y, x: 3 * to_numpy(g))
    def thrice(x):
        return 3 * x

    assert gradcheck(thrice, X, order=order)
    with pytest.raises(RuntimeError, match="forward mode of 'thrice' would be wrong"):
        engine.jvp(thrice, X, X)


def test_what_is_left_out_at_a_kink_is_so_in_forward_mode_too():
    """Which slope a rule takes on a kink is its own choice."""

    @shape_op(
        lambda g, y, x: g * (x > 0),
        jvp=lambda tangents, y, x: tangents[0] * (x >= 0),
        kinks=lambda x: np.abs(x),
    )
    def corner(x):
        return np.maximum(x, 0.0)

    assert gradcheck(corner, np.array([0.0, 1.0, -1.0]))


# --- kinks, and where f is not finite ---


def test_elements_at_a_kink_are_left_out():
    assert gradcheck(lambda x: engine.relu(x), np.array([0.0, 1.0, -1.0]))
    assert gradcheck(lambda x: x.max(), np.array([1.0, 3.0, 3.0]))


def test_a_kink_that_no_op_declares_is_an_error():
    elementwise("corner", lambda x: np.maximum(x, 0.0), lambda g, y, x: g * (x > 0))

    with pytest.raises(GradientError):
        gradcheck(engine.corner, 0.0)


def test_a_kink_of_the_function_is_known_in_its_derivative_too():
    """x|x| is smooth at 0, its derivative 2|x| is not."""
    assert gradcheck(lambda x: engine.relu(x) * x, np.array([0.0, 1.0]), order=2)


def test_next_to_a_kink_all_is_checked():
    elementwise(
        "bent_relu", lambda x: np.maximum(x, 0.0), lambda g, y, x: g * (x > 0) * 1.1,
        kinks=lambda x: np.abs(x),
    )  # fmt: skip

    with pytest.raises(GradientError):
        gradcheck(engine.bent_relu, 1e-5, order=1)


@pytest.mark.parametrize(
    ("f", "x"), [(engine.relu, 0.0), (engine.log, 0.0), (engine.log, -1.0), (engine.floor, 1.0)]
)
def test_if_nothing_can_be_checked_it_says_so(f, x):
    with pytest.raises(ValueError, match="nothing can be checked"):
        gradcheck(f, x)


# --- mistakes in the call ---


def test_bad_calls_are_named():
    with pytest.raises(TypeError, match="f must be a function, got int"):
        gradcheck(3, 1.0)
    with pytest.raises(ValueError, match="order must be a positive int, got 0"):
        gradcheck(engine.tanh, 1.0, order=0)
    with pytest.raises(ValueError, match=r"order must be a positive int, got 1\.5"):
        gradcheck(engine.tanh, 1.0, order=1.5)
    with pytest.raises(TypeError, match="input 0 must be floating-point, got int64"):
        gradcheck(engine.tanh, np.array([1, 2]))
    with pytest.raises(TypeError, match="input 1 must be a number or an array of them"):
        gradcheck(engine.mul, (1.0, "2"))
    with pytest.raises(TypeError, match="at least one input"):
        gradcheck(engine.tanh, ())
    with pytest.raises(ValueError, match=r"names must have 1 entries, got \['a', 'b'\]"):
        gradcheck(engine.tanh, 1.0, names=["a", "b"])
    with pytest.raises(TypeError, match="f must return a Value or a Tensor, got float") as caught:
        gradcheck(lambda x: math.sin(x.item()), 1.0)
    assert not hasattr(caught.value, "__notes__")


def test_names_may_be_given():
    elementwise("bent", np.sin, lambda g, y, x: 2 * g * engine.cos(x))

    with pytest.raises(GradientError, match="with respect to angle"):
        gradcheck(engine.bent, 0.3, names=["angle"])
