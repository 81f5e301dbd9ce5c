"""LBFGS: PyTorch's iterates and calls of the closure, on either tier; and what it leaves undone.

The literals are PyTorch 2.13's, in float64.
"""

import copy
import math

import numpy as np
import pytest
from helpers import leaf
from waves import wave

import engine
import nn
from engine import Tensor, Value, ValueArray, is_grad_enabled, no_grad, to_numpy
from nn.optim import LBFGS

START = [-1.2, 1.0]


def rosenbrock(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def closure_of(optimizer, loss, calls):
    """The closure PyTorch's page shows; `calls` gets every loss."""

    def closure():
        optimizer.zero_grad()
        found = loss()
        found.backward()
        calls.append(found.item())
        return found

    return closure


def steps(x, count=4, **settings):
    """(calls so far, the loss that a step returned, the parameters after it), of each step."""
    optimizer = LBFGS(x if isinstance(x, list) else [x], **settings)
    calls = []
    closure = closure_of(optimizer, lambda: rosenbrock(x), calls)
    rows = []
    for _ in range(count):
        loss = optimizer.step(closure)
        rows.append((len(calls), loss.item(), *(float(v.item()) for v in x)))
    return rows


# fmt: off
ROSENBROCK = [
    ({"line_search_fn": "strong_wolfe", "max_iter": 5}, [
        (6, 24.2, -1.02761776638, 1.05841207827),
        (12, 4.11181645176, -0.774579735452, 0.547625679232),
        (19, 3.42316546229, -0.256089576897, 0.0372619816162),
        (26, 1.6579626409, 0.216827796009, 0.0669188140056)]),
    ({"line_search_fn": "strong_wolfe", "max_iter": 5, "lr": 0.01}, [
        (6, 24.2, -1.04749077375, 1.06550254417),
        (13, 4.29292553653, -1.03048573502, 1.07012098268),
        (20, 4.12962937812, -1.01563792095, 1.05079325625),
        (27, 4.09994057933, -0.956794469156, 0.95463667299)]),
    ({"line_search_fn": "strong_wolfe"}, [
        (25, 24.2, 0.380622643346, 0.124910131873),
        (44, 0.423482302438, 0.999981421079, 0.999961965181),
        (45, 4.22145751126e-10, 0.999981421079, 0.999961965181),
        (46, 4.22145751126e-10, 0.999981421079, 0.999961965181)]),
    ({"lr": 0.01, "max_iter": 5, "history_size": 3}, [
        (5, 24.2, -1.18761153588, 1.00558598948),
        (10, 21.174795774, -1.18153544086, 1.00976895653),
        (15, 19.678547089, -1.17602043031, 1.01471300414),
        (20, 18.3003677482, -1.17102724924, 1.02028740953)]),
]
# fmt: on


@pytest.mark.parametrize("box", [leaf, ValueArray.of, lambda x: [Value(v) for v in x]])
@pytest.mark.parametrize(("settings", "expected"), ROSENBROCK)
def test_rosenbrocks_valley_is_walked_as_by_pytorch(settings, expected, box):
    found = steps(box(START), **settings)
    assert [row[0] for row in found] == [row[0] for row in expected]
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-9)


# fmt: off
NETS = [
    ({"line_search_fn": "strong_wolfe"},
     [(5, 1.11939452361), (10, 0.49612129381), (16, 0.433123835027), (21, 0.395988842295)],
     [-1.17505795068, 2.27106758006, 1.16960979007]),
    ({"lr": 0.1},
     [(4, 1.11939452361), (8, 0.861742986663), (12, 0.687329204176), (16, 0.606755426113)],
     [0.0988458155488, -0.124450274542, 0.0746494821143]),
]
# fmt: on


@pytest.mark.parametrize(("settings", "expected", "weights"), NETS)
def test_a_small_net_learns_as_in_pytorch(settings, expected, weights):
    x, y = wave(8, 2), wave(8, 1, start=2.0)
    first, second = leaf(wave(2, 3, start=1.0)), leaf(wave(3, 1, start=3.0))
    optimizer = LBFGS([first, second], max_iter=4, **settings)
    calls, found = [], []
    closure = closure_of(
        optimizer, lambda: ((engine.tanh(x @ first) @ second - y) ** 2).mean(), calls
    )
    for _ in range(4):
        loss = optimizer.step(closure)
        found.append((len(calls), loss.item()))
    np.testing.assert_allclose(found, expected, rtol=1e-8)
    np.testing.assert_allclose(second.numpy().ravel(), weights, rtol=1e-6)


def test_a_quadratic_is_solved_in_one_step():
    """By conjugate directions, one for each unknown, but for the inexact line search."""
    rng = np.random.default_rng(0)
    half = rng.normal(size=(6, 6))
    bowl, b = half @ half.T + np.eye(6), rng.normal(size=6)
    w = leaf(np.zeros(6))
    optimizer = LBFGS([w], max_iter=60, tolerance_change=1e-14, line_search_fn="strong_wolfe")
    closure = closure_of(optimizer, lambda: w @ (bowl @ w) / 2 - b @ w, calls := [])
    optimizer.step(closure)
    np.testing.assert_allclose(w.numpy(), np.linalg.solve(bowl, b), atol=1e-6)
    assert len(calls) < 40


# --- dtypes, and parameters without a gradient ---


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_parameters_stay_what_they_are_and_float16_remembers_in_float32(dtype):
    w = Tensor([3.0, -2.0], dtype=dtype, requires_grad=True)
    v = Tensor(np.ones((2, 1)), dtype=dtype, requires_grad=True)
    optimizer = LBFGS([w, v], line_search_fn="strong_wolfe")
    optimizer.step(closure_of(optimizer, lambda: (w * w).sum() + (v * v).sum(), []))
    assert (w.dtype, v.dtype, v.shape) == (dtype, dtype, (2, 1))
    assert optimizer.state_dict()["state"][0]["d"].dtype == np.float32
    np.testing.assert_allclose(np.append(w.numpy(), v.numpy()), np.zeros(4), atol=1e-3)


def test_a_parameter_that_is_not_reached_stays():
    used, unused, value = leaf([3.0]), leaf([4.0]), Value(5.0)
    optimizer = LBFGS([used, unused, value])
    optimizer.step(closure_of(optimizer, lambda: (used * used).sum(), []))
    assert abs(used.item()) < 1e-4
    assert (unused.item(), value.data) == (4.0, 5.0)


def test_the_numbers_a_parameter_had_are_nobody_elses():
    """A graph or a view that was made before keeps its numbers."""
    w = leaf(np.full((100, 100), 3.0))
    before = w.numpy()
    optimizer = LBFGS([w])
    optimizer.step(closure_of(optimizer, lambda: (w * w).sum(), []))
    assert (before == 3.0).all()
    assert w.numpy().flags.owndata or w.numpy().base is not before.base


# --- where it ends ---


def test_at_a_minimum_it_looks_once_and_stays():
    w = leaf([0.0, 0.0])
    optimizer = LBFGS([w])
    closure = closure_of(optimizer, lambda: (w * w).sum(), calls := [])
    assert optimizer.step(closure).item() == 0.0
    assert optimizer.step(closure).item() == 0.0
    assert calls == [0.0, 0.0]
    row = optimizer.state_dict()["state"][0]
    assert row == {"func_evals": 2, "n_iter": 0, "old_dirs": [], "old_stps": [], "ro": []}
    again = LBFGS([w])
    again.load_state_dict(optimizer.state_dict())
    assert again.state_dict() == optimizer.state_dict()


def test_a_step_ends_after_max_eval_calls():
    x = leaf(START)
    for max_eval, expected in ((1, 2), (3, 3), (7, 7)):
        optimizer = LBFGS([x], lr=0.001, max_eval=max_eval)
        closure = closure_of(optimizer, lambda: rosenbrock(x), calls := [])
        optimizer.step(closure)
        assert len(calls) == expected


def test_a_step_ends_after_max_iter_iterations_or_when_it_hardly_moves():
    x = leaf(START)
    settings = {"max_eval": 50, "line_search_fn": "strong_wolfe"}
    optimizer = LBFGS([x], max_iter=2, **settings)
    optimizer.step(closure_of(optimizer, lambda: rosenbrock(x), []))
    assert optimizer.state_dict()["state"][0]["n_iter"] == 2
    optimizer = LBFGS([x], tolerance_change=1e3, **settings)
    optimizer.step(closure_of(optimizer, lambda: 1e3 * rosenbrock(x), []))
    assert optimizer.state_dict()["state"][0]["n_iter"] == 1


def test_a_guess_beyond_the_valley_is_turned_back_from():
    """exp(3 (w − 3)) − w is lower at 3.2 than at 0, and rises there; lowest at 3 − ln(3) / 3."""
    w = leaf([0.0])
    optimizer = LBFGS([w], 3.2, max_iter=1, max_eval=20, line_search_fn="strong_wolfe")
    loss = lambda: (engine.exp(3 * (w - 3)) - w).sum()  # noqa: E731
    optimizer.step(closure_of(optimizer, loss, calls := []))
    assert calls[0] > calls[1] > calls[-1]
    assert 2 < w.item() < 3 - math.log(3) / 3  # where it is flat enough


@pytest.mark.parametrize("beyond", [math.inf, math.nan])
def test_a_place_without_a_loss_is_turned_back_from(beyond):
    """The first guess, 3 → -47, is far out; what is there is no number."""
    w = leaf([3.0])
    optimizer = LBFGS([w], lr=50.0, line_search_fn="strong_wolfe")

    def loss():
        x = w * w
        return x.sum() if abs(w.item()) < 4 else (x * beyond).sum()

    with np.errstate(invalid="ignore"):
        for _ in range(3):
            last = optimizer.step(closure_of(optimizer, loss, []))
    assert last.item() < 1e-8
    assert abs(w.item()) < 1e-4


def test_along_a_line_that_falls_for_ever_it_goes_further_each_time():
    w = leaf([0.0])
    optimizer = LBFGS([w], lr=1.0, max_iter=1, max_eval=6, line_search_fn="strong_wolfe")
    optimizer.step(closure_of(optimizer, lambda: (-w).sum(), calls := []))
    assert calls == [0.0, -1.0, *calls[2:]]
    assert len(calls) == 7
    assert w.item() == -calls[-1] > 100


def test_where_nothing_lower_is_found_the_parameters_stay():
    """A gradient that is wrong: it says down where the way is up."""
    w = leaf([1.0])
    optimizer = LBFGS([w], line_search_fn="strong_wolfe")

    def closure():
        w.grad = np.array([-2.0])
        return (w * w).sum()

    optimizer.step(closure)
    np.testing.assert_allclose(w.item(), 1.0, atol=1e-6)


# --- closures ---


def test_a_closure_may_return_a_number_and_records_where_nothing_else_does():
    w = leaf([3.0])
    optimizer = LBFGS([w], max_iter=1)

    def closure():
        assert is_grad_enabled()
        optimizer.zero_grad()
        (w * w).sum().backward()
        return 9.0

    with no_grad():
        assert optimizer.step(closure) == 9.0
    assert w.item() == 2.0


def test_without_a_closure_or_its_loss_it_says_so():
    w = leaf([3.0])
    optimizer = LBFGS([w])
    with pytest.raises(TypeError, match=r"LBFGS needs the loss at several places: call step\(clo"):
        optimizer.step()
    with pytest.raises(TypeError, match="closure must return the loss, got NoneType"):
        optimizer.step(lambda: None)


@pytest.mark.parametrize("line_search_fn", [None, "strong_wolfe"])
def test_an_error_in_the_closure_leaves_all_as_it_was(line_search_fn):
    x = leaf(START)
    optimizer = LBFGS([x], lr=0.01, max_iter=3, line_search_fn=line_search_fn)
    closure = closure_of(optimizer, lambda: rosenbrock(x), calls := [])
    optimizer.step(closure)
    numbers, state = x.tolist(), copy.deepcopy(optimizer.state_dict())
    calls.clear()

    def failing():
        if len(calls) == 2:
            raise KeyboardInterrupt
        return closure()

    with pytest.raises(KeyboardInterrupt):
        optimizer.step(failing)
    assert x.tolist() == numbers
    np.testing.assert_equal(optimizer.state_dict(), state)


# --- settings and state ---


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_iter": 0}, "max_iter must be at least 1"),
        ({"max_eval": 0}, "max_eval must be at least 1"),
        ({"history_size": 0}, "history_size must be at least 1"),
        ({"lr": -1}, "lr must be a finite number"),
        ({"tolerance_grad": -1}, "tolerance_grad must be a finite number"),
        ({"tolerance_change": -1}, "tolerance_change must be a finite number"),
        ({"line_search_fn": "armijo"}, "line_search_fn must be None or 'strong_wolfe'"),
    ],
)
def test_settings_out_of_range_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        LBFGS([leaf([1.0])], **settings)


def test_it_has_one_group():
    a, b = leaf([1.0]), leaf([1.0])
    with pytest.raises(ValueError, match="LBFGS has one group"):
        LBFGS([{"params": [a]}, {"params": [b], "lr": 0.1}])
    optimizer = LBFGS([a])
    with pytest.raises(ValueError, match="LBFGS has one group"):
        optimizer.add_param_group({"params": [b]})
    assert optimizer.param_groups[0]["max_eval"] == 25


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.update({1: s.pop(0)}), "stands with parameter 0, not 1"),
        (lambda s: s[0].pop("prev_loss"), r"\['prev_loss'\] are missing or unexpected"),
        (lambda s: s[0].update(step=3), r"\['step'\] are missing or unexpected"),
        (lambda s: s[0].update(n_iter=-1), "n_iter must be at least 0"),
        (lambda s: s[0].update(d=np.zeros(3)), r"'d' .* 2 floats .* got float64 of shape \(3,\)"),
        (lambda s: s[0].update(old_stps=[["a", "b"]]), "'old_stps' in the state of LBFGS must"),
        (lambda s: s[0]["old_dirs"].pop(), "old_dirs and old_stps .* the same length"),
        (lambda s: s[0].update(t=np.zeros(2)), "t must be a number, got ndarray"),
    ],
)
def test_a_wrong_state_is_refused_and_nothing_changes(change, message):
    a, b = leaf([-1.2]), leaf([1.0])
    optimizer = LBFGS([a, b], lr=0.001)
    optimizer.step(closure_of(optimizer, lambda: rosenbrock([a.sum(), b.sum()]), []))
    before, wrong = optimizer.state_dict(), optimizer.state_dict()
    change(wrong["state"])
    with pytest.raises((ValueError, TypeError), match=message):
        optimizer.load_state_dict(wrong)
    np.testing.assert_equal(optimizer.state_dict(), before)


def test_a_state_that_was_taken_does_not_change_with_the_optimizer():
    x = leaf(START)
    optimizer = LBFGS([x], lr=0.01)
    closure = closure_of(optimizer, lambda: rosenbrock(x), [])
    optimizer.step(closure)
    state = optimizer.state_dict()
    kept = copy.deepcopy(state)
    other = LBFGS([leaf(START)])
    other.load_state_dict(state)
    optimizer.step(closure)
    np.testing.assert_equal(state, kept)
    np.testing.assert_equal(other.state_dict(), kept)


def test_a_fresh_state_makes_it_forget():
    x = leaf(START)
    optimizer = LBFGS([x], lr=0.01)
    fresh = optimizer.state_dict()
    optimizer.step(closure_of(optimizer, lambda: rosenbrock(x), []))
    optimizer.load_state_dict(fresh)
    assert optimizer.state_dict()["state"] == {}


# --- fit ---


@pytest.mark.parametrize("scalar", [False, True])
def test_fit_gives_it_a_closure(scalar):
    model = nn.Linear(2, 1, rng=0)
    model = model.scalar() if scalar else model
    x = wave(8, 2)
    y = x @ [[2.0], [-1.0]] + 0.5
    optimizer = LBFGS(model.parameters(), line_search_fn="strong_wolfe")
    history = nn.fit(model, nn.MSELoss(), optimizer, [(x, y)], 2, progress=False)
    np.testing.assert_allclose(to_numpy(model.weight), [[2.0, -1.0]], atol=1e-5)
    np.testing.assert_allclose(to_numpy(model.bias), [0.5], atol=1e-5)
    assert history["loss"][0] > 0.1 > history["loss"][1]


@pytest.mark.parametrize(
    ("search", "end"),
    [
        (None, [2.446104160885, 0.199869156103, -1.31967025836]),
        ("strong_wolfe", [3.16572616062, 0.199869156103, -1.947976763902]),
    ],
)
def test_a_closure_may_keep_the_parameters_in_bounds(search, end):
    """As the programs that paint a picture do; steps went on from where they had left off."""
    x = Tensor([0.2, 0.9, -0.1], requires_grad=True)
    optimizer = LBFGS([x], max_iter=4, line_search_fn=search)

    def closure():
        with no_grad():
            x.clamp_(0, 1)
        optimizer.zero_grad()
        loss = ((x - [1.5, 0.3, 0.4]) ** 4).sum() + x.prod()
        loss.backward()
        return loss

    optimizer.step(closure)
    np.testing.assert_allclose(x.tolist(), end, atol=1e-11)
