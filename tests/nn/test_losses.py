"""Losses: PyTorch's numbers, stability, conventions, both tiers, and what they refuse."""

import json
from pathlib import Path

import numpy as np
import pytest
from cases_of_layers import LOSS_MODULES
from helpers import LEAVES
from hypothesis import given, strategies as st
from make_torch_losses import CASES, REDUCTIONS, wave

import engine
import nn
from engine import Tensor, Value, gradcheck, to_numpy
from nn import functional as F

GOLDEN = Path(__file__).resolve().parents[1] / "golden"

TORCH = json.loads((GOLDEN / "torch_losses.json").read_text(encoding="utf-8"))
WITH_REDUCTION = [
    (*case, reduction)
    for case in CASES
    for reduction in ((*REDUCTIONS, "batchmean") if case[1] == "kl_div" else REDUCTIONS)
]
each_case = pytest.mark.parametrize(
    ("name", "function", "x", "t", "options", "both", "reduction"),
    WITH_REDUCTION,
    ids=[f"{case[0]}-{case[-1]}" for case in WITH_REDUCTION],
)


def gradients(y, *leaves):
    """Gradients of the results, weighted as in make_torch_losses, with respect to leaves."""
    engine.sum(y * wave(*np.shape(y), start=3.0)).backward()
    return [leaf.grad for leaf in leaves]


@each_case
@pytest.mark.parametrize("leaf", LEAVES.values(), ids=LEAVES)
def test_losses_are_pytorchs(name, function, x, t, options, both, reduction, leaf):
    expected = TORCH[f"{name}: {reduction}"]
    a, b = leaf(np.asarray(x)), leaf(np.asarray(t)) if both else t
    y = getattr(F, function)(a, b, reduction=reduction, **options)
    np.testing.assert_allclose(to_numpy(y), expected["loss"], rtol=1e-10, atol=1e-12)
    got = gradients(y, a, *([b] if both else []))
    rtol = 1e-8 if "0 and 1" in name else 1e-10  # PyTorch's floor of 1e-12 is a float32
    np.testing.assert_allclose(got[0], expected["input"], rtol=rtol, atol=1e-12)
    if both:
        np.testing.assert_allclose(got[1], expected["target"], rtol=1e-10, atol=1e-12)


@each_case
def test_modules_and_plain_arrays_give_the_same(name, function, x, t, options, both, reduction):
    module = getattr(nn, LOSS_MODULES[function])(reduction=reduction, **options)
    y = module(np.asarray(x), t)
    assert isinstance(y, (np.ndarray, np.floating, float))
    np.testing.assert_allclose(y, TORCH[f"{name}: {reduction}"]["loss"], rtol=1e-10, atol=1e-12)


@each_case
def test_float32_stays_float32(name, function, x, t, options, both, reduction):
    a = Tensor(x, requires_grad=True, dtype=np.float32)
    y = getattr(F, function)(a, t, reduction=reduction, **options)
    assert y.dtype == np.float32
    engine.sum(y).backward()
    assert a.grad.dtype == np.float32


@pytest.mark.parametrize("function", ["mse_loss", "huber_loss", "binary_cross_entropy_with_logits"])
def test_second_derivatives(function):
    loss = getattr(F, function)
    assert gradcheck(lambda x: loss(x, 0.3 + 0.1 * wave(2, 3)), (wave(2, 3),), order=2)


def test_second_derivatives_of_cross_entropy():
    assert gradcheck(
        lambda x: F.cross_entropy(x, [0, 2], weight=[1.0, 2.0, 3.0], label_smoothing=0.1),
        (wave(2, 3),), order=2,
    )  # fmt: skip


def test_second_derivatives_of_bce():
    assert gradcheck(lambda p: F.binary_cross_entropy(p, [0.0, 1.0, 0.3]), ([0.3, 0.6, 0.9],),
                     order=2)  # fmt: skip


# --- conventions, by literal numbers ---


def loss_and_gradient(loss, x, *args, **options):
    """The loss at x, and its gradient."""
    x = Tensor(x, requires_grad=True)
    y = loss(x, *args, **options)
    y.backward()
    return y.item(), x.grad.tolist()


def test_logsumexp_and_log_softmax_are_stable():
    y, g = loss_and_gradient(engine.logsumexp, [1000.0, 1000.0])
    assert (y, g) == (pytest.approx(1000.6931471805599), pytest.approx([0.5, 0.5]))
    assert loss_and_gradient(engine.logsumexp, [-np.inf, 1.0]) == (1.0, [0.0, 1.0])
    assert loss_and_gradient(lambda x: engine.log_softmax(x)[1], [1000.0, 0.0]) == (
        -1000.0, [-1.0, 1.0],
    )  # fmt: skip
    y, g = loss_and_gradient(lambda x: engine.sum(engine.softmax(x)), [0.3, -2.0, 5.0])
    assert y == pytest.approx(1.0)
    np.testing.assert_allclose(g, 0.0, atol=1e-15)


def test_cross_entropy_of_logits_of_1000():
    assert loss_and_gradient(F.cross_entropy, [[1000.0, -1000.0]], [1]) == (2000.0, [[1.0, -1.0]])


def test_cross_entropy_of_a_class_that_is_ruled_out():
    """-inf is how a class is masked; it must not turn the other classes' losses into nan."""
    y, g = loss_and_gradient(F.cross_entropy, [[0.0, -np.inf, 0.0]], [2])
    assert y == pytest.approx(0.6931471805599453)
    assert g == [[0.5, 0.0, -0.5]]


def test_cross_entropy_of_an_empty_batch_is_nan():
    assert np.isnan(F.cross_entropy(np.zeros((0, 3)), np.zeros(0, int)))
    assert F.cross_entropy(np.zeros((0, 3)), np.zeros(0, int), reduction="sum") == 0.0


def test_cross_entropy_with_all_targets_ignored_is_nan_with_gradient_0():
    y, g = loss_and_gradient(F.cross_entropy, [[1.0, 2.0]], [-100])
    assert np.isnan(y)
    assert g == [[0.0, 0.0]]


def test_a_weighted_mean_divides_by_the_sum_of_the_weights():
    _, g = loss_and_gradient(F.cross_entropy, np.zeros((2, 2)), [0, 1], weight=[1.0, 3.0])
    assert g == [[-0.125, 0.125], [0.375, -0.375]]


def test_label_smoothing():
    y, _ = loss_and_gradient(F.cross_entropy, [[1.0, 2.0]], [1], label_smoothing=0.1)
    assert round(y, 5) == 0.36326


def test_bce_of_exact_0_and_1_is_clamped():
    y, g = loss_and_gradient(F.binary_cross_entropy, [0.0], [1.0])
    assert y == 100.0
    assert g == [pytest.approx(-1e12)]
    assert F.binary_cross_entropy([0.0, 1.0], [0.0, 1.0]) == 0.0


def test_bce_with_logits_of_1000():
    assert loss_and_gradient(F.binary_cross_entropy_with_logits, [1000.0, 0.0], [0.0, 1.0])[0] == (
        pytest.approx((1000 + np.log(2)) / 2)
    )
    y, g = loss_and_gradient(F.binary_cross_entropy_with_logits, [1000.0, 1000.0], [0.0, 1.0])
    assert y == 500.0
    assert g == [0.5, 0.0]


def test_bce_with_logits_keeps_its_digits_far_out():
    """(1-t) x + softplus(-x), as it is often written, cancels to 8.9e-16 of noise here."""
    y = F.binary_cross_entropy_with_logits([-30.0, 30.0], [0.0, 1.0], reduction="none")
    np.testing.assert_allclose(y, np.log1p(np.exp(-30.0)), rtol=1e-15)


def test_slopes_at_the_corners():
    assert loss_and_gradient(F.huber_loss, [1.0], [0.0])[1] == [1.0]
    assert loss_and_gradient(F.l1_loss, [2.0], [2.0])[1] == [0.0]
    assert loss_and_gradient(F.kl_div, [-1.0], [0.0]) == (0.0, [0.0])


def test_huber_of_an_infinite_error_has_a_finite_slope():
    assert loss_and_gradient(F.huber_loss, [np.inf], [0.0]) == (np.inf, [1.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("classes", [1, 10, 64, 65, 200])
def test_the_short_way_through_cross_entropy_leads_to_the_same(dtype, classes):
    """int64 labels of a Tensor's rows take it, a list of labels does not."""
    rng = np.random.default_rng(classes)
    data = (5 * rng.normal(size=(7, classes))).astype(dtype)
    labels = rng.integers(0, classes, 7)
    found = []
    for target in (labels, labels.tolist(), labels.astype(np.int32)):
        x = Tensor(data, requires_grad=True)
        y = F.cross_entropy(x, target)
        y.backward()
        assert (y.op.name, y.dtype, x.grad.dtype) == ("cross_entropy", dtype, dtype)
        found.append((y.item(), x.grad.tolist()))
    assert found[0] == found[1] == found[2]
    exact = data.astype(float)
    expected = np.mean(np.log(np.exp(exact).sum(1)) - exact[np.arange(7), labels])
    assert found[0][0] == pytest.approx(expected, rel=1e-5, abs=1e-6)
    softmax = np.exp(exact) / np.exp(exact).sum(1, keepdims=True)
    np.testing.assert_allclose(
        found[0][1], (softmax - np.eye(classes)[labels]) / 7, rtol=1e-4, atol=1e-7
    )


@pytest.mark.parametrize(
    ("labels", "options", "error", "said"),
    [
        ([0, 3], {}, IndexError, r"target\[1\] is 3, but input has 3 classes"),
        ([0, -1], {}, IndexError, r"target\[1\] is -1"),
        ([0, 1], {"label_smoothing": 2.0}, ValueError, "label_smoothing"),
        ([0, 1], {"reduction": "total"}, ValueError, "reduction"),
        ([0, 1, 2], {}, ValueError, r"must have shape \(2,\)"),
    ],
)
def test_what_cross_entropy_refuses_it_refuses_of_int64_labels_too(labels, options, error, said):
    with pytest.raises(error, match=said):
        F.cross_entropy(Tensor(np.zeros((2, 3))), np.array(labels), **options)


def test_an_ignored_class_counts_for_nothing_with_int64_labels():
    x = Tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
    y = F.cross_entropy(x, np.array([0, 1]), ignore_index=0)
    y.backward()
    assert y.item() == pytest.approx(np.log1p(np.exp(-2.0)))
    assert x.grad[0].tolist() == [0.0, 0.0]


def test_hinge_has_slope_0_at_the_margin_where_a_clamp_has_minus_1():
    assert loss_and_gradient(F.hinge_loss, [1.0], [1.0]) == (0.0, [0.0])
    clamped = loss_and_gradient(lambda x: engine.clip(1 - x, min=0.0).mean(), [1.0])
    assert clamped == (0.0, [-1.0])


def test_hinge_by_hand():
    y, g = loss_and_gradient(F.hinge_loss, [0.5, 2.0, 0.5, -3.0], [1, 1, -1, -1], reduction="sum")
    assert (y, g) == (2.0, [-1.0, 0.0, 1.0, 0.0])
    assert nn.HingeLoss(margin=0.0)([0.5, -2.0], [1, 1]) == 1.0


def test_single_values_and_lists_of_values():
    x = Value(3.0)
    F.mse_loss(x, 1.0).backward()
    assert x.grad == 4.0
    scores = [Value(0.5), Value(-2.0)]
    F.hinge_loss(scores, [1, 1]).backward()
    assert [s.grad for s in scores] == [-0.5, -0.5]


@given(
    st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=5),
    st.floats(-1e3, 1e3),
    st.integers(0, 1),
)
def test_cross_entropy_is_invariant_to_a_shift_and_its_gradient_sums_to_0(logits, shift, target):
    y, g = loss_and_gradient(F.cross_entropy, [logits], [target])
    moved, _ = loss_and_gradient(F.cross_entropy, [[x + shift for x in logits]], [target])
    assert 0 <= y < np.inf
    assert moved == pytest.approx(y, rel=1e-9, abs=1e-9)
    assert np.sum(g) == pytest.approx(0.0, abs=1e-12)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=5))
def test_bce_with_logits_is_finite_everywhere(logits):
    y, g = loss_and_gradient(F.binary_cross_entropy_with_logits, logits, [0.3] * len(logits))
    assert np.isfinite(y)
    assert np.isfinite(g).all()


# --- state and text ---


def test_class_weights_are_part_of_the_state_as_in_pytorch():
    assert list(nn.CrossEntropyLoss(weight=[1.0, 2.0]).state_dict()) == ["weight"]
    assert list(nn.CrossEntropyLoss().state_dict()) == []
    assert repr(nn.MSELoss("sum")) == "MSELoss(reduction='sum')"


# --- what is refused ---

X = np.zeros((2, 3))


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: F.cross_entropy(X, [0, 3]), IndexError, r"target\[1\] is 3.*3 classes"),
        (lambda: F.cross_entropy(X, [0, -1]), IndexError, r"target\[1\] is -1"),
        (lambda: F.nll_loss(X, [5, 0]), IndexError, r"target\[0\] is 5"),
        (lambda: F.cross_entropy(X, [0.0, 1.0]), TypeError, "class indices"),
        (lambda: F.cross_entropy(X, [True, False]), TypeError, "class indices"),
        (lambda: F.nll_loss(X, X), TypeError, "class indices"),
        (lambda: F.cross_entropy(X, [0, 1, 2]), ValueError, r"must have shape \(2,\)"),
        (lambda: F.cross_entropy(X, [[0], [1]]), ValueError, r"must have shape \(2,\)"),
        (lambda: F.cross_entropy(np.zeros((2, 0)), [0, 0]), ValueError, "at least one class"),
        (lambda: F.cross_entropy(1.0, 0), ValueError, "axis of classes"),
        (lambda: F.cross_entropy(X, [0, 1], weight=[1.0]), ValueError, "each of 3 classes"),
        (lambda: F.cross_entropy(X, [0, 1], label_smoothing=1.5), ValueError, "label_smoothing"),
        (lambda: F.cross_entropy(X, [0, 1], reduction="avg"), ValueError, "reduction.*'avg'"),
        (lambda: F.cross_entropy(["a"], 0), TypeError, "real numbers"),
        (lambda: F.mse_loss(np.zeros((4, 1)), np.zeros(4)), ValueError, r"\(4, 1\) and \(4,\)"),
        (lambda: F.l1_loss(X, 0.0), ValueError, "one shape"),
        (lambda: F.huber_loss(X, X, delta=0.0), ValueError, "delta must be positive"),
        (lambda: F.smooth_l1_loss(X, X, beta=-1.0), ValueError, "beta must not be negative"),
        (lambda: F.binary_cross_entropy(X, X + 1.5), ValueError, r"target\[0, 0\] is 1.5"),
        (lambda: F.binary_cross_entropy(X - 0.1, X), ValueError, r"input\[0, 0\] is -0.1"),
        (lambda: F.binary_cross_entropy([np.nan], [0.0]), ValueError, r"input\[0\] is nan"),
        (lambda: F.binary_cross_entropy(X, X, weight=[1.0, 2.0]), ValueError, "weight of shape"),
        (lambda: F.binary_cross_entropy_with_logits(X, X, pos_weight=[1.0, 2.0]), ValueError,
         "pos_weight of shape"),
        (lambda: F.kl_div(0.0, 1.0, reduction="batchmean"), ValueError, "batch axis"),
        (lambda: F.hinge_loss([0.5], [0]), ValueError, "-1 and 1 only, got 0"),
        (lambda: nn.MSELoss("total"), ValueError, "reduction"),
        (lambda: nn.MSELoss("batchmean"), ValueError, "reduction"),
        (lambda: nn.CrossEntropyLoss(weight=1.0), ValueError, r"\(classes,\)"),
        (lambda: nn.CrossEntropyLoss(label_smoothing=-0.1), ValueError, "label_smoothing"),
        (lambda: nn.HuberLoss(delta=-1.0), ValueError, "delta"),
        (lambda: nn.SmoothL1Loss(beta=-1.0), ValueError, "beta"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(call, error, said):
    with pytest.raises(error, match=said):
        call()


def test_whole_numbers_become_float64_not_less():
    """2²⁴ + 1 is the first whole number that is no float32."""
    assert float(nn.l1_loss(np.array([2**24 + 1]), np.array([0]))) == 2**24 + 1
