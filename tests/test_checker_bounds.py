"""The checkers keep the bounds they state: quiet just inside, an objection just outside.

A checker gone soft finds nothing and fails no other test.  So rules and forwards are planted here
that are wrong by a little less and a little more than `compare` and `gradcheck` promise to allow.
"""

import math

import numpy as np
import pytest

import engine
from engine import GradientError, Tensor, compare, elementwise, gradcheck, shape_op, toposort
from engine.checking.finite import Slope, slope
from engine.checking.lockstep import contradiction, differences, gradient_sizes
from engine.checking.rows import Finite, Row

pytestmark = pytest.mark.usefixtures("own_ops")


def triple(off, on_values=None):
    """3x, with a rule that is wrong by the fraction `off` (on Values by another one)."""
    other = off if on_values is None else on_values
    return elementwise(
        "triple",
        lambda x: x * 3.0,
        lambda g, y, x: g * 3.0 * (1 + (other if type(x) is float else off)),
    )


# --- between the tiers: gradients, 1e-12 of the largest ---


@pytest.mark.parametrize(("off", "agree"), [(0.9e-12, True), (-0.9e-12, True), (2e-12, False)])
def test_gradients_of_the_tiers_may_differ_by_1e_12(off, agree):
    result = compare(triple(off, on_values=0.0), [1.0, 2.0])

    assert result.rows[1].tiers_agree is agree
    assert (result.first_fault is None) is agree
    assert ("DIFFERS" not in str(result)) is agree
    assert result.first_difference.op.name == "triple"
    assert result.ok is agree


@pytest.mark.parametrize(("off", "agree"), [(0.9e-12, True), (2e-12, False)])
def test_gradients_of_f_itself_may_differ_by_1e_12(off, agree):
    """Here no op is to blame: only the rows of the table can tell."""
    result = compare(lambda x: x * (3.0 if isinstance(x, Tensor) else 3.0 * (1 + off)), 1.0)

    assert result.first_fault is None
    assert result.tiers_agree is agree


@pytest.mark.parametrize(("off", "agree"), [(4e-13, True), (1e-11, False)])
def test_gradients_that_cancel_may_differ_by_1e_12_of_their_terms(off, agree):
    """x - mean(x): the gradient of the sum is 0, its terms are about 1."""

    @shape_op(lambda g, y, x: g - g.mean() + (0.0 if x.dtype == object else off * abs(g).max()))
    def centered(x):
        "x minus its mean."
        return x - x.sum() / x.size

    for scale in (1.0, 1e3):
        result = compare(lambda x, s=scale: centered(x) * s, [1.0, 2.0, 4.0, 3.0])

        assert np.abs(result.rows[1].tensor).max() <= 1e-11 * scale
        assert (result.first_fault is None) is agree
        assert result.rows[1].tiers_agree is agree


def test_sizes_of_gradients_are_those_of_their_terms():
    """Each edge may grow or shrink them by half: a fixed direction keeps terms from cancelling."""
    x = Tensor([1.0, -2.0], requires_grad=True)
    sizes = gradient_sizes(toposort((x * 3.0).sum()))
    many = gradient_sizes(toposort(engine.stack([x, -x] * 20).sum()))

    assert (sizes[x] >= 3.0 * 0.5**2).all()
    assert (sizes[x] <= 3.0 * 1.5**2).all()
    assert (many[x] >= 40 * 0.5**3).all()  # though 20 - 20 = 0
    assert (many[x] <= 40 * 1.5**3).all()


# --- between the tiers: forwards, by each op's own bound ---


@pytest.mark.parametrize(("off", "agree"), [(4, True), (-4, True), (5, False)])
def test_an_elementwise_op_may_differ_by_its_ulp(off, agree):
    elementwise(
        "wobbly", lambda x: x * 3.0, lambda g, y, x: g * 3.0, ulp=4,
        scalar=lambda x: x * 3.0 + off * math.ulp(3.0),
    )  # fmt: skip
    result = compare(engine.wobbly, 1.0)

    assert result.first_difference.ulp == abs(off)
    assert (result.first_fault is None) is agree
    assert result.ok is agree


@pytest.mark.parametrize(("off", "agree"), [(0.9, True), (1.1, False)])
@pytest.mark.parametrize(
    ("forward", "x", "terms"),
    [
        (lambda x: x.sum(), [1e8, 1.0 - 1e8], 2e8),
        (lambda x: x[1:] - x[:-1], [1e8, 1e8 + 1.0], 1e8),  # of sizes it would be 1
    ],
    ids=["a sum of sizes", "the largest input"],
)
def test_an_op_on_arrays_may_differ_by_its_ulp_of_the_terms_that_cancel(
    forward, x, terms, off, agree
):
    shift = off * 8 * np.spacing(terms)
    op = shape_op(
        lambda g, y, x: 0.0 * x, name="wobbly", ulp=8, elements=lambda x: forward(x) + shift
    )(forward)
    found = differences(toposort(op(Tensor(x, requires_grad=True)).sum()))[0]

    assert (found.op, found.what, found.tensor) == (op, "forward", 1.0)
    assert found.within is agree


# --- rules against finite differences: 1e-5, and ten times their own error ---


@pytest.mark.parametrize(("off", "agree"), [(0.9e-5, True), (-0.9e-5, True), (1.2e-5, False)])
def test_rules_may_be_1e_5_off_finite_differences(off, agree):
    op = triple(off)
    for f in (lambda x: op(x), lambda x: op(x) * 1e-6, lambda x: op(x) * 1e6):
        result = compare(f, [1.0, -2.0])

        assert result.tiers_agree
        assert result.finite_agrees is agree
        assert (result.contradiction is None) is agree
        assert ("DIFFERS" not in str(result)) is agree


@pytest.mark.parametrize(("off", "agree"), [(0.9e-5, True), (1.2e-5, False)])
def test_an_ops_own_finite_differences_may_be_1e_5_off(off, agree):
    order = toposort(triple(off)(Tensor([1.0, -2.0], requires_grad=True)).sum())

    assert (contradiction(order) is None) is agree


@pytest.mark.parametrize(("off", "agree"), [(0.9, True), (1.2, False)])
def test_the_bound_is_1e_5_of_the_inputs_largest_gradient(off, agree):
    """A small element beside a large one is allowed the large one's rounding, and no more."""
    weights, wrong = np.array([1e3, 1e-3]), np.array([0.0, off * 1e-2])

    @shape_op(lambda g, y, x: g * (weights + wrong))
    def weighted(x):
        "x, its elements weighted."
        return x * weights

    order = toposort(weighted(Tensor([1.0, 1.0], requires_grad=True)).sum())

    assert compare(weighted, [1.0, 1.0]).finite_agrees is agree
    assert (contradiction(order) is None) is agree


@pytest.mark.parametrize("weight", [1e-3, -3.0, 1e3])
def test_right_rules_are_not_contradicted_whatever_comes_from_above(weight):
    x = Tensor([0.5, -2.0], requires_grad=True)

    assert contradiction(toposort((engine.sin(x) * weight * [1.0, 5.0]).sum())) is None


@pytest.mark.parametrize(("off", "agree"), [(9.9, True), (-9.9, True), (10.1, False)])
def test_ten_times_the_error_a_finite_difference_claims_is_allowed(off, agree):
    error = 1e-2
    estimate = Slope(0.0, error, corner=False, whole=True)
    here, got = np.array([True]), np.array([off * error])
    finite = Finite(np.array([0.0]), np.array([error]), sampled=here, kink=~here)

    assert estimate.contradicts(off * error, 0.0, 0.0) is not agree
    assert Row("x", (1,), got, got, finite).finite_agrees is agree


def test_tolerances_of_a_contradiction_add_up():
    estimate = Slope(2.0, 0.01, corner=False, whole=True)
    allowed = 0.3 + 0.05 * 2.0 + 10 * 0.01

    for sign in (1, -1):
        assert not estimate.contradicts(2.0 + sign * 0.99 * allowed, rtol=0.05, atol=0.3)
        assert estimate.contradicts(2.0 + sign * 1.01 * allowed, rtol=0.05, atol=0.3)


@pytest.mark.parametrize(("off", "agree"), [(2e-5, True), (5e-3, False)])
def test_a_gradient_checked_on_rounded_numbers_is_allowed_their_rounding(off, agree):
    """x + 1e7 is rounded to 2e-9: its finite difference claims an error of about 1e-5."""
    elementwise("lifted", lambda x: x + 1e7, lambda g, y, x: g * (1 + off))

    assert compare(engine.lifted, 1.0).ok is agree
    if agree:
        assert gradcheck(engine.lifted, 1.0, order=1)
    else:
        with pytest.raises(GradientError):
            gradcheck(engine.lifted, 1.0, order=1)


def refused(*args, **settings):
    """Whether gradcheck finds a gradient wrong."""
    try:
        return not gradcheck(*args, **settings)
    except GradientError:
        return True


@pytest.mark.parametrize("x", [0.5, np.array([0.5, -1.0])], ids=["Value", "Tensor"])
@pytest.mark.parametrize(("off", "wrong"), [(0.95, False), (-0.95, False), (1.05, True)])
def test_gradcheck_allows_1e_5_of_the_derivative(x, off, wrong):
    large = elementwise("large", lambda x: x * 1e4, lambda g, y, x: g * (1e4 + off * 0.1))

    assert refused(large, x, order=1) is wrong


@pytest.mark.parametrize("x", [0.5, np.array([0.5, -1.0])], ids=["Value", "Tensor"])
@pytest.mark.parametrize(("off", "wrong"), [(0.6, False), (-0.6, False), (2.1, True)])
def test_gradcheck_allows_1e_6_where_the_derivative_is_0(x, off, wrong):
    """Elements are weighted by 0.5 to 1.5: the tolerance is of that sum."""
    flat = elementwise("flat", lambda x: x * 0.0, lambda g, y, x: g * (off * 1e-6))

    assert refused(flat, x, order=1) is wrong


@pytest.mark.parametrize("order", [1, 2])
def test_gradcheck_allows_what_it_is_told(order):
    """x² whose first (or second) derivative is wrong by 1 part in 1,000."""
    elementwise("twice", lambda x: x * 2.0, lambda g, y, x: g * (2.0 if order == 1 else 2.002))
    elementwise(
        "parabola", lambda x: x * x,
        lambda g, y, x: g * (2.002 * x if order == 1 else engine.twice(x)),
    )  # fmt: skip

    assert refused(engine.parabola, 1.0, order=order)
    assert refused(engine.parabola, 1.0, order=order, rtol=0.8e-3, atol=0.0)
    assert not refused(engine.parabola, 1.0, order=order, rtol=1.2e-3, atol=0.0)
    assert refused(engine.parabola, 1.0, order=order, rtol=0.0, atol=0.8e-3)
    assert not refused(engine.parabola, 1.0, order=order, rtol=0.0, atol=5e-3)


# --- finite differences themselves ---


@pytest.mark.parametrize(("jump", "corner"), [(1e-5, False), (3e-5, True)])
@pytest.mark.parametrize("steep", [1.0, 1e3])
def test_slopes_that_differ_by_more_than_2e_5_make_a_corner(jump, corner, steep):
    found = slope(lambda x: steep * (x + jump * max(x, 0.0)), 0.0)

    assert found.corner is corner
    assert found.value == pytest.approx(steep * (1 + jump / 2))


def test_rounding_makes_no_corner():
    for x in np.linspace(0.5, 2.0, 20):
        assert not slope(lambda t: math.sin(t) + 1e8, float(x)).corner


@pytest.mark.parametrize(("jump", "corner"), [(1e-3, False), (3e-3, True)])
def test_a_corner_stands_out_of_twenty_times_the_rounding(jump, corner):
    """Near 1e8 a slope over steps of 5e-4 is rounded to about 1e-4."""
    assert slope(lambda x: 1e8 + jump * max(x, 0.0), 0.0).corner is corner


def test_an_element_that_stays_the_same_adds_no_rounding():
    for still in (1e12, math.inf, math.nan):
        found = slope(lambda x, still=still: np.array([x, still]), 0.5)

        assert found.value == pytest.approx(1.0, abs=1e-12)
        assert found.error < 1e-11


@pytest.mark.parametrize(("away", "excused"), [(0.009, True), (0.011, False)])
def test_a_corner_is_excused_within_1e_2_of_an_ops_kink(away, excused):
    """At 0 is a corner that no op declares; relu declares one at `away`."""
    corner = elementwise("corner", lambda x: np.maximum(x, 0.0), lambda g, y, x: g * (x > 0))

    def f(x):
        return corner(x) + engine.relu(x - away) * 0.0

    result = compare(f, 0.0)

    assert bool(result.rows[1].finite.kink) is excused
    assert result.ok is excused
    with pytest.raises(ValueError if excused else GradientError):
        gradcheck(f, 0.0, order=1)


@pytest.mark.parametrize(
    ("steep", "level", "trusted"),
    [(1.0, 2e8, True), (1.0, 4e9, False), (100.0, 4e9, True), (0.01, 2e8, True)],
)
def test_an_estimate_is_trusted_to_1e_3(steep, level, trusted):
    """A number near `level` is rounded to about 1e-16 of it, and a step is 5e-4."""
    found = slope(lambda x: steep * x + level, 0.0)

    assert math.isfinite(found.value) is trusted
    assert math.isfinite(found.error) is trusted


def test_steps_shrink_until_the_error_is_1e_6_and_no_further():
    calls = []

    def wave(x):
        calls.append(x)
        return math.sin(10 * x)

    assert slope(wave, 0.0).error <= 1e-6 * 10
    assert len(calls) == 1 + 2 * 4
    calls.clear()
    assert slope(lambda x: wave(x / 10), 0.0).error <= 1e-6
    assert len(calls) == 1 + 4


def test_small_values_are_as_far_apart_as_large_ones():
    one, two = np.array(1.0), np.array(2.0)
    large, small = (Row("value", (), one * by, two * by, None) for by in (1, 2**-40))
    assert small.relative == large.relative == 0.5
    assert small.ulp == large.ulp > 1e12


# --- what is shown, and what is explained ---


@pytest.mark.parametrize(("size", "rows"), [(6, 12), (7, 2)])
def test_six_numbers_are_shown_one_by_one_and_more_are_not(size, rows):
    result = compare(lambda x: x * 2, np.ones(size))

    assert str(result).count(" ok\n") == rows
    assert ("Of a large array" in str(result)) is (size > 6)


@pytest.mark.parametrize(("off", "same"), [(1e-13, True), (1e-11, False)])
def test_explain_takes_a_gradient_for_its_passes_sum_to_1e_12(off, same):
    x = engine.Value(3.0)
    y = x * x
    y.backward()
    x.grad = 6.0 * (1 + off)

    assert (engine.explain(x).rest is None) is same
