"""Programs with ops of one's own: what their text may hold, and what it may not."""

import math
from operator import index

import numpy as np
import pytest
from numpy.linalg import norm

import engine
from engine import Node, Tensor, elementwise, shape_op, source


def run(text):
    names = {}
    exec(str(text), names)
    return names[text.name](**text.arguments)


@pytest.fixture
def own():
    """Takes what a test registers out of the table again."""
    before = set(engine.registry)
    yield
    for name in set(engine.registry) - before:
        engine.unregister(name)


def checked(op, *arrays, **params):
    """The text of the sum of op(*arrays), equal to eager's value and gradients."""
    text = source(lambda *xs: (op(*xs, **params) * 2.0).sum(), *arrays)
    value, *gradients = run(text)
    leaves = [Tensor(x, requires_grad=True) for x in arrays]
    loss = (op(*leaves, **params) * 2.0).sum()
    loss.backward()
    assert np.allclose(value, loss.item(), rtol=1e-12)
    for g, leaf in zip(gradients, leaves, strict=True):
        assert np.allclose(g, leaf.grad, rtol=1e-12)
    return text


X = np.arange(6.0).reshape(2, 3) + 0.5


def test_axes_exchanged_in_an_op_read_as_a_transpose(own):
    @shape_op(lambda g, y, x: g.mT)
    def turned(x):
        return x.mT

    @shape_op(lambda g, y, x: engine.swapaxes(g, 0, 1))
    def swapped(x):
        return x.swapaxes(0, 1)

    assert "x1.T" in checked(turned, X)
    assert "x1.T" in checked(swapped, X)


def test_numpys_arguments_by_name_and_in_lists_are_read(own):
    @shape_op(lambda g, y, x: g + np.zeros((2, 3)))
    def total(x):
        return np.sum(a=x)

    @shape_op(lambda g, y, x: g[:2] + g[2:])
    def twice(x):
        return np.concatenate([x, x])

    assert ".sum(" in checked(total, X)
    assert "np.concatenate([x1, x1])" in checked(twice, X)


def test_an_op_that_writes_in_place_is_called(own):
    @shape_op(lambda g, y, x: g)
    def added_up(x):
        out = np.empty(())
        np.add.reduce(x, axis=None, out=out)
        return x + 0.0 * out

    assert "def added_up(x):" in checked(added_up, X)


LIMIT = 3.0


class Settings:
    """What has no text."""

    def apply(self, inputs, params):
        return inputs[0]


SETTINGS = Settings()


def test_numbers_around_an_op_are_printed_with_it(own):
    @shape_op(lambda g, y, x: g)
    def limited(x):
        return x + LIMIT if x.sum() > LIMIT else x

    assert "LIMIT = 3.0" in checked(limited, X)


def test_an_op_that_needs_what_has_no_text_is_an_error(own):
    @shape_op(lambda g, y, x: g)
    def odd(x):
        return SETTINGS.apply((x,), {}) if x.sum() > 0 else x

    with pytest.raises(TypeError, match="Settings cannot be written as text"):
        source(lambda x: odd(x).sum(), X)


def test_an_op_whose_text_is_lost_is_an_error(own):
    namespace = {}
    exec("def lost(x):\n    return x if float(x.sum()) > 0 else -x\n", namespace)
    op = shape_op(lambda g, y, x: g, name="lost")(namespace["lost"])
    with pytest.raises(TypeError, match="define it in a file"):
        source(lambda x: op(x).sum(), X)


def test_functions_of_other_modules_are_imported(own):
    @shape_op(lambda g, y, x: g)
    def chosen(x):
        return x + index(2) if math.isfinite(x.sum()) and norm(x) > 0 else x

    text = checked(chosen, X)
    assert "np.linalg.norm" in text
    assert "operator.index(2)" in text


def test_what_an_op_does_with_nodes_is_left_out(own):
    @shape_op(lambda g, y, x: g)
    def plain(x):
        if isinstance(x, Node):
            return x.data
        if x.sum() > 0:
            return x + 1.0
        return x

    assert "Node" not in checked(plain, X)


def test_a_reduction_of_numbers_that_asks_a_term_is_called(own):
    @shape_op(lambda g, y, x: g * 0.0)
    def counted(x):
        return x * 0.0 + np.add.reduce(np.ones((2, 3)), axis=None, where=x > 1.0)

    assert "def counted(x):" in checked(counted, X)


def test_ops_applied_in_an_op_are_calls(own):
    @shape_op(lambda g, y, x: g)
    def applied(x):
        given, params = (x, x), {}
        if x.sum() > 0:
            return engine.add.apply(given, params) - engine.mul.apply((x, 1.0), {})
        return x

    checked(applied, X)


def test_infinite_constants_are_written(own):
    saturated = elementwise(
        "saturated", lambda x: np.minimum(x, np.inf), lambda g, y, x: g,
        scalar=lambda x: x if x < math.inf else math.inf,
    )  # fmt: skip
    value, d_x = run(source(lambda x: saturated(x) * 2.0, 3.0))
    assert (value, d_x) == (6.0, 2.0)
    c = np.array([np.inf, 1.0, -np.inf])
    text = source(lambda x: (x + c).max(), np.ones(3))
    assert "np.inf" in text
    assert run(text)[0] == np.inf


def test_a_second_derivative_of_what_does_not_reach_an_argument_is_zero():
    value, d_x, d_y, dd_x, dd_y = run(source(lambda x, y: x**3 + 0.0 * x, 2.0, 3.0, order=2))
    assert (value, d_x, d_y, dd_x, dd_y) == (8.0, 12.0, 0.0, 12.0, 0.0)


def test_quotients_of_products_are_folded():
    text = checked(lambda x: (x * 3.0) / 2.0 / 4.0, X)
    assert "x1 * 0.75" in text
    checked(lambda x: 2.0 / (x * 3.0), X)
    with np.errstate(all="ignore"):  # 3e600 is no number
        assert np.isnan(run(source(lambda x: (3e300 * (x * 1e300) * 0.0).sum(), X))[0])


def test_gates_that_are_no_masks_stay_choices():
    mask = np.array([[True, False, True]])
    checked(lambda x: engine.where(mask, x, 0.0), X)
    checked(lambda x: engine.where(X > 2, x, 1.0), X)


def test_a_closed_gate_holds_back_an_infinite_gradient():
    x = np.array([-1.0, 2.0])
    with np.errstate(all="ignore"):
        text = source(lambda x: (engine.relu(x) * 1e308 * 10.0).sum(), x)
        _, d_x = run(text)
    assert "np.where" in text
    assert d_x.tolist() == [0.0, np.inf]


def test_sorted_numbers_have_second_derivatives():
    """sum(sort(x)**3 · w): its Hessian is diagonal, 6 x w in the order of the sorted numbers."""
    x, w = np.array([3.0, 1.0, 2.0]), np.array([1.0, 10.0, 100.0])
    text = source(lambda x: (engine.sort(x, axis=-1) ** 3 * w).sum(), x, order=2)
    names = {}
    exec(str(text), names)
    given = {**text.arguments, "v_x": np.ones(3)}
    _, d_x, dd_x = names[text.name](**given)
    np.testing.assert_allclose(d_x, 3 * x**2 * [100.0, 1.0, 10.0])
    np.testing.assert_allclose(dd_x, 6 * x * [100.0, 1.0, 10.0])


# --- rules in which a name is not what a number would be ---


def _catches(g, y, x):
    try:
        return g * float(x)
    except:  # noqa: E722 - as a user may write it
        return g * 7.0


def _looks_up(g, y, x):
    return g * (2.0 if x in {0.5, 1.0} else 3.0)


FACTORS = {0.5: 6.0}


def _reads_what_stands_outside(g, y, x):
    return g * FACTORS.get(x, 4.0)


def _in_a_function_of_its_own(g, y, x):
    return g * _factor(x)


def _factor(x):
    return {0.5: 8.0}.get(x, 4.0)


@pytest.mark.parametrize(
    ("rule", "slope"),
    [
        (_catches, 0.5),
        (_looks_up, 2.0),
        (lambda g, y, x: g * {0.5: 5.0}.get(x, 4.0), 5.0),
        (_reads_what_stands_outside, 6.0),
        (_in_a_function_of_its_own, 8.0),
    ],
)
def test_a_rule_is_called_where_a_name_would_take_another_way(own, rule, slope):
    op = elementwise("odd", lambda x: x * 1.0, rule)
    text = source(lambda x: op(x) * 1.0, 0.5)
    assert "odd_vjp(" in text
    assert run(text) == (0.5, slope)


def test_what_a_rule_draws_is_drawn_in_each_run(own):
    def drawn(g, y, x):
        return g * np.random.rand()  # noqa: NPY002 - as a user may write it

    op = elementwise("odd", lambda x: x * 1.0, drawn)
    text = source(lambda x: op(x) * 1.0, 0.5)
    assert run(text) != run(text)


def test_a_rule_that_calls_itself_is_written_out(own):
    def halved(g, y, x, n=3):
        return halved(g, y, x, n - 1) * 0.5 if n else g

    op = elementwise("odd", lambda x: x * 0.125, halved)
    assert "d_x = 0.125" in source(lambda x: op(x), 0.5)


def test_a_rule_that_is_called_often_is_printed_once(own):
    op = elementwise("odd", lambda x: x * 1.0, lambda g, y, x: g * FACTORS.get(x, 4.0))
    text = source(lambda xs: sum(op(x) for x in xs), [0.5 + i for i in range(50)])
    assert text.count("odd_vjp(") == 2  # its definition, and a call in a loop
    assert run(text)[1] == [6.0] + [4.0] * 49
