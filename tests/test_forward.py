"""Forward mode: tangents pushed along by the rows, and `jvp` on top of it."""

import numpy as np
import pytest
from helpers import own_ops
from strategies import case_id, elementwise_ops, far_from_kinks

import engine as E
from engine import Tensor, Value, ValueArray, grad, jvp
from engine.forward import pushed

X = np.array([1.0, 2.0, 3.0])


def central(f, x, v, h=1e-6):
    """The derivative of f at x along v, by finite differences."""
    return (f(x + h * v) - f(x - h * v)) / (2 * h)


@pytest.mark.parametrize("case", elementwise_ops(), ids=case_id)
def test_an_elementwise_row_needs_no_second_rule(case):
    """Its rule with the tangent in place of g, on both tiers, is what reverse mode says."""
    op, given = case
    args = next(a for a in map(_example, [op] * 99, range(99)) if far_from_kinks(op, a, given))
    at = [i for i in range(op.n_inputs) if op.vjps[i] is not None]
    if not at:
        assert op.own_rules
        return

    def f(*xs):
        full = list(args)
        for i, x in zip(at, xs, strict=True):
            full[i] = x
        return op(*full, **given)

    primals, tangents = tuple(args[i] for i in at), tuple(0.5 + i for i in range(len(at)))
    with np.errstate(all="ignore"):
        slopes = grad(f, tuple(range(len(at))))(*primals)
        _, on_values = jvp(f, primals, tangents)
        arrays = tuple(np.full(3, x) for x in primals)
        _, on_tensors = jvp(f, arrays, tuple(np.full(3, t) for t in tangents))

    expected = sum(s * t for s, t in zip(slopes, tangents, strict=True))
    assert on_values == pytest.approx(expected, rel=1e-12, nan_ok=True)
    np.testing.assert_allclose(on_tensors, np.full(3, expected), rtol=1e-9)


def _example(op, seed):
    rng = np.random.default_rng(seed)
    return tuple(
        bool(rng.integers(2)) if op.vjps[i] is None else _inside(op.domain[i], rng)
        for i in range(op.n_inputs)
    )


def _inside(interval, rng):
    lo, hi = max(interval.lo, -2.0), min(interval.hi, max(interval.lo, 0.0) + 2.0)
    return float(lo + (hi - lo) * rng.uniform(0.2, 0.8))


def test_a_row_that_is_jointly_linear_is_applied_to_tangents():
    with own_ops():
        calls = []

        @E.shape_op(lambda g, y, x, k: g * k, linear="jointly", name="scaled")
        def scaled(x, k=2.0):
            calls.append(np.array(x))
            return x * k

        y, t = jvp(lambda x: scaled(x, k=3.0), X, X * 10)

    assert (y.tolist(), t.tolist()) == ((3 * X).tolist(), (30 * X).tolist())
    assert [c.tolist() for c in calls] == [X.tolist(), (10 * X).tolist()]


def test_inputs_without_a_tangent_are_zeros_to_a_jointly_linear_row():
    with own_ops():

        @E.shape_op(
            lambda g, y, a, b, m: g, lambda g, y, a, b, m: g * m, None, linear="jointly", name="mix"
        )
        def mix(a, b, m):
            return a + b * m

        _, t = jvp(lambda x: mix(x, X, np.array([0.0, 1.0, 2.0])), X, X * 10)

    assert t.tolist() == (10 * X).tolist()


def test_a_row_linear_in_each_input_is_summed_over_them():
    with own_ops():

        @E.shape_op(
            lambda g, y, a, b: E.outer(g, b).sum(1), lambda g, y, a, b: g, linear="each", name="by"
        )
        def by(a, b):
            return a * b

        _, t = jvp(lambda x: by(x, x), X, np.ones(3))

    assert t.tolist() == (2 * X).tolist()


def test_a_row_s_own_jvp_is_asked_before_all_else():
    with own_ops():

        @E.shape_op(
            lambda g, y, x: g * 2 * x,
            lambda g, y, x: None,
            jvp=lambda tangents, y, x, c: tangents[0] * 2 * x if tangents[1] is None else None,
            name="squared",
        )
        def squared(x, c):
            return x * x

        assert jvp(lambda x: squared(x, X), X, X)[1].tolist() == (2 * X * X).tolist()
        assert jvp(lambda c: squared(X, c), X, X)[1].tolist() == [0.0, 0.0, 0.0]


def test_a_jvp_of_another_shape_is_refused_with_both():
    with own_ops():

        @E.shape_op(lambda g, y, x: g, jvp=lambda ts, y, x: ts[0][:2], name="cut")
        def cut(x):
            return x

        with pytest.raises(ValueError, match=r"jvp of 'cut'.*\(2,\) for a result of shape \(3,\)"):
            jvp(cut, X, X)


def test_a_user_s_row_without_a_word_has_forward_mode():
    """Its vjp, linear in g, is transposed: y = x[::-1] * x.sum(), here."""
    with own_ops():

        @E.shape_op(lambda g, y, x: g[::-1] * x.sum() + (g * x[::-1]).sum(), name="turned")
        def turned(x):
            return x[::-1] * x.sum()

        v = np.array([1.0, 0.0, -2.0])
        _, t = jvp(turned, X, v)
        _, second = jvp(lambda x: jvp(turned, x, v)[1], X, v)

    np.testing.assert_allclose(t, central(lambda x: x[::-1] * x.sum(), X, v), rtol=1e-8)
    np.testing.assert_allclose(second, 2 * v[::-1] * v.sum())


def test_a_program_with_such_a_row_can_be_written_down():
    with own_ops():

        @E.shape_op(lambda g, y, x: g[::-1] * x.sum() + (g * x[::-1]).sum(), name="turned")
        def turned(x):
            return x[::-1] * x.sum()

        f = lambda x: jvp(turned, x, X)[1]  # noqa: E731
        np.testing.assert_allclose(E.to_numpy(E.compile(f)(X)), f(X))


@pytest.mark.parametrize(
    "vjp", [lambda g, y, x: E.to_numpy(g) * 2, lambda g, y, x: g * 3 - E.to_numpy(g)]
)
def test_a_rule_in_which_g_is_lost_is_refused(vjp):
    """Backward, of plain arrays, is right; transposed it would give zeros, or three times x."""
    with own_ops():
        double = E.shape_op(vjp, name="double")(lambda x: x * 2)

        assert grad(lambda x: double(x).sum())(X).tolist() == [2.0, 2.0, 2.0]
        with pytest.raises(RuntimeError, match=r"forward mode of 'double' would be wrong.* jvp="):
            jvp(double, X, X)


def test_a_rule_that_fails_on_nodes_says_what_forward_mode_asks_of_it():
    with own_ops():
        rule = lambda g, y, x: np.fft.ifft(np.fft.fft(g)).real  # noqa: E731
        same = E.shape_op(rule, name="same")(lambda x: x.copy())

        with pytest.raises(TypeError) as caught:
            jvp(same, X, X)

    assert "forward mode of 'same'" in caught.value.__notes__[0]


def test_where_no_gradient_flows_the_tangent_is_zeros():
    with own_ops():
        none = E.shape_op(lambda g, y, x: None, name="none")(lambda x: x * 1.0)
        first = E.shape_op(lambda g, y, a, b: g, None, name="first")(lambda a, b: a * 1.0)
        rounded = E.shape_op(None, jvp=lambda ts, y, x: None, name="rounded")(np.round)

        assert jvp(none, X, X)[1].tolist() == [0.0, 0.0, 0.0]
        assert jvp(lambda x: first(x, x), X, X)[1].tolist() == X.tolist()
        assert rounded(X).tolist() == X.tolist()


def test_where_python_raises_a_tangent_is_what_ieee_says():
    assert jvp(lambda x: 1 / x, 0.0, 1.0)[1] == -np.inf
    assert jvp(E.sqrt, 0.0, 1.0)[1] == np.inf
    assert jvp(E.log, 0.0, 2.0)[1] == np.inf


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ({"linear": True}, ValueError, '"jointly" or "each", got True'),
        ({"jvp": 3}, TypeError, "jvp of 'odd' must be callable or None, got 3"),
        ({"jvp": len, "linear": "each"}, TypeError, "give linear or jvp, not both"),
    ],
)
def test_a_row_s_words_for_forward_mode_are_checked(words, error, message):
    with pytest.raises(error, match=message):
        E.shape_op(lambda g, y, x: g, name="odd", **words)(lambda x: x)
    with pytest.raises(error, match=message):
        E.fused(lambda g, y, x: g, elements=lambda x: x, name="odd", **words)(lambda x: x)


def test_no_perturbation_confusion():
    """d/dx (x · d/dy (x + y)) is 1, by any two of the transforms, one inside the other."""
    slope = lambda f: lambda x: jvp(f, x, 1.0)[1]  # noqa: E731 - a name for a transform
    for outer in (grad, slope):
        for inner in (grad, slope):
            assert outer(lambda x: x * inner(lambda y: x + y)(2.0))(3.0) == 1.0  # noqa: B023
            by = outer(lambda x: x * inner(lambda y: x * x * y)(2.0))(3.0)  # noqa: B023
            assert by == 27.0  # x · x²


@pytest.mark.parametrize("kind", ["number", "Value", "ValueArray", "Tensor", "array"])
def test_third_order_by_any_mixture(kind):
    x = {
        "number": 0.7, "Value": Value(0.7), "array": np.array([0.7, 0.2]),
        "ValueArray": ValueArray.of([0.7, 0.2]), "Tensor": Tensor([0.7, 0.2], requires_grad=True),
    }[kind]  # fmt: skip
    one = np.ones(np.shape(x)) if np.shape(x) else 1.0
    forward = lambda f: lambda x: jvp(f, x, one)[1]  # noqa: E731
    reverse = lambda f: lambda x: grad(lambda x: E.sum(f(x)))(x)  # noqa: E731
    cubed = -27 * np.cos(3 * E.to_numpy(x))
    for a in (forward, reverse):
        for b in (forward, reverse):
            for c in (forward, reverse):
                found = a(b(c(lambda x: E.sin(x * 3))))(x)
                np.testing.assert_allclose(E.to_numpy(found), cubed, rtol=1e-12)


def test_pushed_takes_one_op_forward_on_plain_arrays_and_on_nodes():
    a, b = np.ones((2, 3)), np.arange(3.0)

    plain = pushed(E.mul, [None, b], a * b, [a, b], {})
    x = Tensor(b, requires_grad=True)
    recorded = pushed(E.exp, [np.ones(3)], E.exp(x), [x], {})

    assert plain.tolist() == (a * b).tolist()
    assert recorded.op is not None
    np.testing.assert_allclose(recorded.data, np.exp(b))


def test_each_argument_is_pushed_alone_by_jacfwd():
    by_a, by_b = E.jacfwd(lambda a, b: a * b * b, (0, 1))(X, X + 1)

    assert by_a.tolist() == np.diag((X + 1) ** 2).tolist()
    assert by_b.tolist() == np.diag(2 * X * (X + 1)).tolist()


def test_a_tangent_of_nothing_but_rounding_is_not_taken_for_a_rule_that_loses_it():
    """This one does not change where all its numbers rise alike: what is summed cancels."""

    def _vjp(g, y, x):
        return y * (g - E.sum(g * y))

    with own_ops():

        @E.shape_op(_vjp)
        def shares(x):
            return np.exp(x) / np.exp(x).sum()

        for scores in np.random.default_rng(0).normal(size=(20, 3)):
            assert np.abs(jvp(shares, scores, np.full(3, 0.7))[1]).max() < 1e-15
