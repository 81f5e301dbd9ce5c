"""A number that leaves the graph says so: an error under a derivative, a warning elsewhere."""

import array
import math
import warnings

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, Value, ValueArray, compare, grad, gradcheck, no_grad, value_and_grad
from engine.differentiating import differentiating

LOST = "would lose its gradient"
WARNED = "is not part of the graph; .item"


def number(tier, requires_grad=True):
    return tier(2.0, requires_grad=requires_grad)


TIERS = pytest.mark.parametrize("tier", [Value, Tensor])

#: What asks a number for its float or int.
ASKS = {
    "float": float,
    "int": int,
    "complex": complex,
    "math.exp": math.exp,
    "math.floor": math.floor,
    "math.ceil": math.ceil,
    "math.hypot": lambda x: math.hypot(x, 1.0),
    "math.fsum": lambda x: math.fsum([x]),
    "%.3f": lambda x: "%.3f" % x,  # noqa: UP031 - it asks for float
    "np.float64": np.float64,
    "np.array of a list, as floats": lambda x: np.array([x, x], dtype=float),
    "np.fromiter": lambda x: np.fromiter([x], float),
    "array.array": lambda x: array.array("d", [x]),
}
ASKED = pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)


def assert_lost(error):
    """That the error is ours; NumPy puts a ValueError around it where a Tensor has an index."""
    ours = error.__cause__ or error
    assert isinstance(ours, RuntimeError)
    assert LOST in str(ours)


#: What gives the number, or looks at it, on purpose.
QUIET = {
    "item": lambda x: x.item(),
    "data": lambda x: x.data,
    "detach": lambda x: float(x.detach()),
    "print": lambda x: (repr(x), str(x), f"{x}", f"{x:.3f}"),
    "compare": lambda x: (x < 3, x == 2.0, bool(x)),
    "max": lambda x: max(x, x * 2),
    "sort": lambda x: sorted([x * 2, x]),
    "sum": lambda x: sum([x, x]),
    "to_numpy": engine.to_numpy,
}


def of_each_derivative(f):
    """Each way to differentiate f at 2."""
    return {
        "grad": lambda: grad(f)(2.0),
        "grad of an array": lambda: grad(lambda x: f(x.sum()))(np.array([2.0])),
        "grad of a node": lambda: grad(f)(Value(2.0)),
        "value_and_grad": lambda: value_and_grad(f)(2.0),
        "vjp": lambda: engine.vjp(f, 2.0),
        "jvp": lambda: engine.jvp(f, 2.0, 1.0),
        "jacobian": lambda: engine.jacobian(f)(2.0),
        "hessian": lambda: engine.hessian(f)(2.0),
        "hvp": lambda: engine.hvp(f, 2.0, 1.0),
        "gradcheck": lambda: gradcheck(f, 2.0),
        "gradcheck of an array": lambda: gradcheck(lambda x: f(x.sum()), np.array([2.0])),
        "compare": lambda: compare(f, 2.0),
    }


DERIVATIVES = list(of_each_derivative(None))


@ASKED
@TIERS
def test_a_number_that_is_asked_for_warns_and_is_right(tier, ask):
    with pytest.warns(UserWarning, match=WARNED):
        found = ask(number(tier))
    assert str(found) == str(ask(2.0))


@ASKED
@TIERS
def test_a_constant_and_what_is_not_recorded_are_quiet(tier, ask):
    ask(number(tier, requires_grad=False))
    with no_grad():
        ask(number(tier))


@ASKED
@TIERS
def test_a_number_that_is_differentiated_is_refused(tier, ask):
    x = number(tier)
    with differentiating([x]), pytest.raises((RuntimeError, ValueError)) as caught:
        ask(x * 3.0)
    assert_lost(caught.value)


@pytest.mark.parametrize("name", DERIVATIVES)
def test_each_derivative_refuses_a_number_that_leaves_it(name):
    with pytest.raises(RuntimeError, match=LOST):
        of_each_derivative(lambda x: x * math.exp(x))[name]()


@pytest.mark.parametrize("name", DERIVATIVES)
def test_each_derivative_lets_numbers_out_on_purpose(name):
    of_each_derivative(lambda x: x * math.exp(0.0 * x.item()))[name]()


@pytest.mark.parametrize("look", QUIET.values(), ids=QUIET)
@TIERS
def test_what_says_that_it_takes_the_number_is_quiet(tier, look):
    x = number(tier)
    look(x)
    with differentiating([x]):
        look(x)


def test_inside_a_derivative_another_graph_may_be_logged():
    w = Value(2.0)

    def f(x):
        with pytest.warns(UserWarning, match=WARNED):
            float(w * 3.0)
        return x * x

    assert grad(f)(3.0) == 6.0


def test_a_warning_names_the_line_that_asked():
    loss = Value(2.0) * 3.0
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        for _ in range(3):
            float(loss)  # once a line
        math.sqrt(loss)
    assert [w.filename for w in seen] == [__file__] * 2


# --- arrays ---


REFUSED = "cannot become an array .* use engine's functions .*, or .detach"


@pytest.mark.parametrize("ask", [np.asarray, np.array, np.float32, lambda t: np.full(2, t)])
def test_a_tensor_that_requires_a_gradient_does_not_become_an_array(ask):
    t = Tensor([1.0, 2.0], requires_grad=True)
    for x in (t, t * 2.0):
        with pytest.raises(RuntimeError, match=REFUSED):
            ask(x)


def test_a_tensor_that_requires_a_gradient_is_not_assigned_into_an_array():
    t, out = Tensor([1.0, 2.0], requires_grad=True), np.zeros(2)
    for index in (..., slice(None), [0, 1], out == 0):
        with pytest.raises(RuntimeError, match=REFUSED):
            out[index] = t
    assert out.tolist() == [0.0, 0.0]


def test_an_array_of_a_constant_or_of_what_is_not_recorded_is_given():
    assert np.asarray(Tensor([1.0, 2.0])).tolist() == [1.0, 2.0]
    with no_grad():
        assert np.asarray(Tensor([1.0], requires_grad=True)).tolist() == [1.0]


@TIERS
def test_an_element_assigned_into_an_array_warns(tier):
    out, x = np.zeros(2), number(tier)
    with pytest.warns(UserWarning, match=WARNED):
        out[0] = x
    assert out.tolist() == [2.0, 0.0]


@pytest.mark.parametrize("p", [3.0, np.array([3.0]), ValueArray.of([3.0])])
def test_an_element_assigned_into_an_array_is_refused_under_grad(p):
    def f(p):
        out = np.zeros(3)
        out[0] = (p if np.ndim(p) == 0 else p[0]) ** 2
        return out[0]

    with pytest.raises((RuntimeError, ValueError)) as caught:
        grad(f)(p)
    assert_lost(caught.value)


@pytest.mark.parametrize(
    "take",
    [
        lambda x: np.asarray(x, dtype=float),
        lambda x: np.ndarray.astype(x, float),
        lambda x: np.zeros(2).__setitem__(slice(None), x),
    ],
    ids=["asarray", "astype", "assigned"],
)
def test_an_array_of_values_as_floats_follows_the_rule_for_numbers(take):
    with pytest.raises(RuntimeError, match=LOST):
        grad(lambda x: x.sum() + take(x).sum())(ValueArray.of([1.0, 2.0]))
    with pytest.warns(UserWarning, match=WARNED):
        take(ValueArray.of([1.0, 2.0]))


def test_an_array_of_values_may_be_asked_for_integers():
    x = ValueArray.of([1.5, 2.0])
    assert x.astype(int).tolist() == [1, 2]
    assert grad(lambda x: (x * x.astype(int)).sum())(np.array([1.5, 2.0])).tolist() == [1.0, 2.0]


def test_the_right_hand_side_of_an_ode_is_tracked_on_values():
    f = engine.jacobian(lambda y: np.array([y[1], -y[0]]))
    assert engine.to_numpy(f(ValueArray.of([1.0, 2.0]))).tolist() == [[0.0, 1.0], [-1.0, 0.0]]


def test_the_right_hand_side_of_an_ode_is_refused_on_tensors():
    with pytest.raises(RuntimeError, match=LOST):
        grad(lambda y: np.array([y[1], -y[0]])[0])(np.array([1.0, 2.0]))


# --- what the packages do themselves ---


def test_metrics_of_fit_are_taken_without_a_word():
    model = nn.Linear(1, 1, rng=0)
    data = nn.DataLoader((np.ones((2, 1)), np.ones((2, 1))), batch_size=2)
    history = nn.fit(
        model, nn.MSELoss(), nn.SGD(model.parameters(), lr=0.1), data, 1,
        metrics={"mean": lambda y, t: y.mean()}, progress=False,
    )  # fmt: skip
    assert set(history.rows[0]) >= {"loss", "mean"}


def test_gradients_that_are_nodes_are_read_without_a_word():
    x = ValueArray.of([2.0, 3.0])
    (x * x).sum().backward(create_graph=True)
    assert x.grad.tolist() == [4.0, 6.0]
    assert repr(x[0]) == "Value(data=2.0, grad=4.0)"
    nn.SGD([x], lr=0.5).step()
    assert x.values.tolist() == [0.0, 0.0]


def test_whether_a_value_requires_a_gradient_is_asked_of_its_leaves():
    a, c = Value(2.0), Value(3.0, requires_grad=False)
    assert [x.requires_grad for x in (a, c, a * c, c * c)] == [True, False, True, False]
