"""What notebook 06 is made of: the measured distances of the tiers, and the planted bug."""

import matplotlib
import numpy as np
import pytest

import engine
from engine import compare, gradcheck, registry, where
from notebooks.checks_06 import (
    check_gradient_checker,
    check_one_minus_cos,
    check_planted,
    check_safe_root,
)
from notebooks.lesson_06 import agreement, draw_agreement, draw_curves, mystery, suspects

matplotlib.use("Agg")


pytestmark = pytest.mark.usefixtures("figures_closed")


def test_each_measured_op_keeps_its_rows_promise():
    rows = agreement(300)
    assert {row.name for row in rows} >= {"neg", "sqrt", "exp", "tanh", "erfc"}
    assert all(row.largest <= row.bound for row in rows)
    assert [row.bound for row in rows] == sorted(row.bound for row in rows)


def test_the_picture_of_the_tiers_says_what_was_measured():
    rows = [row for row in agreement(300) if row.name in ("sqrt", "tanh")]
    said = [text.get_text() for text in draw_agreement(rows).texts]
    assert said[0] == "same bits"
    assert said[1] == f"{rows[1].largest:.0f} of 4 ulp"


def test_on_logarithmic_axes_a_zero_is_left_out():
    (line,) = draw_curves([1.0, 2.0, 3.0], {"error": [0.5, 0.0, 0.1]}).lines
    assert np.isnan(line.get_ydata()).tolist() == [False, True, False]


def test_one_suspect_is_guilty_and_the_others_are_not():
    everywhere = np.linspace(-3.0, 3.0, 23)
    for name, op in suspects().items():
        if name != "bend":
            assert gradcheck(op, everywhere)
    with pytest.raises(AssertionError):
        gradcheck(suspects()["bend"], everywhere)


def test_the_planted_bug_is_seen_between_minus_one_and_zero_only():
    assert compare(mystery, [0.3, 1.2, 0.8, -2.0]).ok
    found = compare(mystery, [0.3, -0.5, 0.8]).contradiction
    assert found is not None
    assert found.op.name == "bend"


def test_the_suspects_are_in_no_registry():
    assert not set(suspects()) & set(registry)


@pytest.mark.parametrize(
    "one_minus_cos",
    [
        lambda x: engine.tan(x / 2) * engine.sin(x),
        lambda x: engine.sin(x) ** 2 / (1 + engine.cos(x)),
        lambda x: 2 * engine.square((0.5 * x).sin()),
    ],
)
def test_one_minus_cos_may_be_written_with_another_formula(one_minus_cos):
    assert check_one_minus_cos(one_minus_cos).ok


@pytest.mark.parametrize(
    "root",
    [
        lambda x: engine.sqrt(engine.relu(x)),
        lambda x: where(x > 0, where(x > 0, x, 4.0) ** 0.5, 0 * x),
        lambda x: (x > 0) * engine.sqrt(where(x > 0, x, 1.0)),
    ],
)
def test_a_root_may_be_made_safe_in_another_way(root):
    assert check_safe_root(root).ok


def test_a_gradient_check_may_restore_numbers_and_measure_by_norms():
    def restores(f, gradient, x):
        claimed, found = gradient(x), []
        for i, kept in enumerate(x.tolist()):
            x[i] = kept + 1e-6
            above = f(x)
            x[i] = kept - 1e-6
            found.append((above - f(x)) / 2e-6)
            x[i] = kept
        return np.linalg.norm(found - claimed) <= 1e-4 * np.linalg.norm(claimed)

    assert check_gradient_checker(restores).ok


def test_a_mended_rule_may_bend_by_arithmetic():
    assert check_planted("bend", lambda g, y, x: g * (0.75 + 0.25 * engine.sign(x + 1))).ok
