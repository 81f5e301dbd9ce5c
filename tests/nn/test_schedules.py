"""Schedules: PyTorch's learning rates, sequences, state, and what they refuse.

The literals are PyTorch 2.13's, for a group whose rate is 0.1.
"""

import copy
import itertools

import numpy as np
import pytest

import nn
from engine import Tensor


def optimizer_of(make=nn.SGD, **settings):
    """An optimizer of two groups, at 0.1 and 0.5."""
    a, b = (Tensor([0.0], requires_grad=True) for _ in range(2))
    return make([{"params": [a]}, {"params": [b], "lr": 0.5}], lr=0.1, **settings)


def rates(schedule, steps):
    """The first group's rate before each step; the second's must be in proportion."""
    found = []
    for _ in range(steps):
        rate, other = (group["lr"] for group in schedule.optimizer.param_groups)
        assert schedule.get_last_lr() == [rate, other]
        found.append(rate)
        schedule.step()
    return found


def warmed_cosine(optimizer):
    """Five steps up, then a cosine."""
    return nn.SequentialLR(
        optimizer,
        [nn.LinearWarmup(optimizer, 5, 0.2), nn.CosineAnnealingLR(optimizer, 10, 0.001)],
        [5],
    )


def three_in_a_row(optimizer):
    """A warm-up and two more."""
    parts = [
        nn.LinearWarmup(optimizer, 5, 0.2),
        nn.StepLR(optimizer, 3, 0.5),
        nn.ExponentialLR(optimizer, 0.9),
    ]
    return nn.SequentialLR(optimizer, parts, [5, 12])


# fmt: off
CASES = [
    (lambda o: nn.StepLR(o, 4, 0.5), [
        0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.025, 0.0125, 0.0125,
        0.0125, 0.0125, 0.00625, 0.00625, 0.00625, 0.00625, 0.003125, 0.003125, 0.003125, 0.003125,
        0.0015625]),
    (lambda o: nn.MultiStepLR(o, [3, 7, 18], 0.3), [
        0.1, 0.1, 0.1, 0.03, 0.03, 0.03, 0.03, 0.009, 0.009, 0.009, 0.009, 0.009, 0.009, 0.009,
        0.009, 0.009, 0.009, 0.009, 0.0027, 0.0027, 0.0027, 0.0027, 0.0027, 0.0027, 0.0027]),
    (lambda o: nn.ExponentialLR(o, 0.9), [
        0.1, 0.09, 0.081, 0.0729, 0.06561, 0.059049, 0.0531441, 0.04782969, 0.043046721,
        0.0387420489, 0.03486784401, 0.03138105961, 0.02824295365, 0.02541865828, 0.02287679245,
        0.02058911321, 0.01853020189, 0.0166771817, 0.01500946353, 0.01350851718, 0.01215766546,
        0.01094189891, 0.009847709022, 0.00886293812, 0.007976644308]),
    (lambda o: nn.CosineAnnealingLR(o, 8, 0.01), [
        0.1, 0.09657457896, 0.08681980515, 0.07222075446, 0.055, 0.03777924554, 0.02318019485,
        0.01342542104, 0.01, 0.01342542104, 0.02318019485, 0.03777924554, 0.055, 0.07222075446,
        0.08681980515, 0.09657457896, 0.1, 0.09657457896, 0.08681980515, 0.07222075446, 0.055]),
    (lambda o: nn.LinearWarmup(o, 6), [
        0.03333333333, 0.04444444444, 0.05555555556, 0.06666666667, 0.07777777778, 0.08888888889,
        *[0.1] * 15]),
    (warmed_cosine, [
        0.02, 0.036, 0.052, 0.068, 0.084, 0.1, 0.09757729756, 0.09054634122, 0.07959536999,
        0.06579634122, 0.0505, 0.03520365878, 0.02140463001, 0.01045365878, 0.003422702443, 0.001,
        0.003422702443, 0.01045365878, 0.02140463001, 0.03520365878, 0.0505]),
    (three_in_a_row, [
        0.02, 0.036, 0.052, 0.068, 0.084, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.1, 0.09, 0.081,
        0.0729, 0.06561, 0.059049, 0.0531441, 0.04782969, 0.043046721]),
    (lambda o: nn.LambdaLR(o, lambda t: 1 - 0.9 * t / 30), [
        0.1, 0.097, 0.094, 0.091, 0.088, 0.085, 0.082, 0.079, 0.076, 0.073, 0.07, 0.067, 0.064,
        0.061, 0.058, 0.055, 0.052, 0.049, 0.046, 0.043, 0.04]),
    (lambda o: nn.OneCycleLR(o, [1.0, 2.0], total_steps=25), [
        0.04, 0.09498110769, 0.2473289216, 0.4621423935, 0.6902103458, 0.8792851591, 0.9860520724,
        0.997987155, 0.9819815024, 0.950484632, 0.9045088792, 0.8455319424, 0.7754493889,
        0.6965137298, 0.6112620219, 0.5224343254, 0.4328856356, 0.3454941208, 0.2630686165,
        0.1882583461, 0.1234677731, 0.0707793201, 0.03188643715, 0.00803917356, 4e-06]),
    (lambda o: nn.OneCycleLR(o, 1.0, epochs=5, steps_per_epoch=5, three_phase=True,
                             anneal_strategy="linear"), [
        0.04, 0.1876923077, 0.3353846154, 0.4830769231, 0.6307692308, 0.7784615385, 0.9261538462,
        0.9261538462, 0.7784615385, 0.6307692308, 0.4830769231, 0.3353846154, 0.1876923077, 0.04,
        0.036364, 0.032728, 0.029092, 0.025456, 0.02182, 0.018184, 0.014548, 0.010912, 0.007276,
        0.00364, 4e-06]),
]

MOMENTUM = [
    0.95, 0.9442728013, 0.9284032373, 0.906026834, 0.8822697556, 0.8625744626, 0.8514529091,
    0.8502012853, 0.851801857, 0.8549515566, 0.8595491503, 0.8654468676, 0.8724551509,
    0.8803487484, 0.8888739533, 0.8977567585, 0.9067116633, 0.9154508497, 0.9236934331,
    0.9311744901, 0.9376535733, 0.9429224397, 0.9468117435, 0.9491964794, 0.95]
# fmt: on


@pytest.mark.parametrize(("make", "expected"), CASES)
def test_the_rates_are_pytorchs(make, expected):
    schedule = make(optimizer_of(momentum=0.9))
    np.testing.assert_allclose(rates(schedule, len(expected)), expected, rtol=1e-9, atol=0)


@pytest.mark.parametrize("make", [make for make, _ in CASES[:8]])
def test_groups_keep_their_proportion(make):
    optimizer = optimizer_of(momentum=0.9)
    schedule = make(optimizer)
    eta_min = isinstance(schedule, nn.CosineAnnealingLR) or make is warmed_cosine
    for _ in range(20):
        low, high = (group["lr"] for group in optimizer.param_groups)
        if not eta_min:
            assert high == pytest.approx(5 * low, rel=1e-12)
        assert high >= low
        schedule.step()


@pytest.mark.parametrize("make", [nn.SGD, nn.Adam])
def test_one_cycle_moves_momentum_the_other_way(make):
    optimizer = optimizer_of(make)
    schedule = nn.OneCycleLR(optimizer, 1.0, total_steps=25)
    found = []
    for _ in range(25):
        group = optimizer.param_groups[1]
        found.append(group["momentum"] if make is nn.SGD else group["betas"][0])
        schedule.step()
    np.testing.assert_allclose(found, MOMENTUM, rtol=1e-9)
    if make is nn.Adam:
        assert group["betas"][1] == 0.999


def test_one_cycle_may_leave_momentum_alone():
    optimizer = optimizer_of(momentum=0.9)
    schedule = nn.OneCycleLR(optimizer, 1.0, total_steps=4, cycle_momentum=False)
    momenta = []
    for _ in range(4):
        momenta.append([group["momentum"] for group in optimizer.param_groups])
        schedule.step()
    assert momenta == [[0.9, 0.9]] * 4


@pytest.mark.parametrize("anneal_strategy", ["cos", "linear"])
def test_one_cycle_stays_at_its_end_after_the_last_step(anneal_strategy):
    optimizer = optimizer_of(momentum=0.9)
    schedule = nn.OneCycleLR(optimizer, 1.0, total_steps=10, anneal_strategy=anneal_strategy)
    for _ in range(9):
        schedule.step()
    last = [(group["lr"], group["momentum"]) for group in optimizer.param_groups]
    schedule.step()
    assert [(group["lr"], group["momentum"]) for group in optimizer.param_groups] == last


def test_one_cycle_ends_where_it_was_told_to():
    optimizer = optimizer_of(momentum=0.9)
    schedule = nn.OneCycleLR(optimizer, 1.0, total_steps=3)
    for _ in range(3):
        schedule.step()
    before = copy.deepcopy([{**g, "params": 0} for g in optimizer.param_groups])
    with pytest.raises(ValueError, match="made for 3 steps"):
        schedule.step()
    assert [{**g, "params": 0} for g in optimizer.param_groups] == before
    assert schedule.last_epoch == 3


# --- plateau ---

# fmt: off
METRICS = [
    0.844, 0.743, 0.404, 0.243, 0.47, 0.364, 0.69, 0.261, 0.4, 0.478, 0.726, 0.394, 0.214, 0.559,
    0.445, 0.175, 0.619, 0.649, 0.519, 0.559, 0.186, 0.423]
RISING = [
    0.001, 0.484, 0.833, 0.229, 0.299, 0.783, 0.168, 0.488, 0.2, 0.793, 0.643, 0.349, 0.061, 0.237,
    0.366, 0.653, 0.074, 0.364, 0.452, 0.339, 0.489, 0.313]
FALLING = [
    0.898, 0.905, 0.519, 0.368, 0.649, 0.248, 0.714, 0.731, 0.752, 0.484, 0.76, 0.452, 0.342, 0.489,
    0.717, 0.642, 0.539, 0.054, 0.392, 0.302, 0.378]
PLATEAUS = [
    ({"patience": 1}, METRICS, [
        0.1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001, 0.0001, 0.0001, 1e-05, 1e-05, 1e-05,
        1e-06, 1e-06, 1e-06, 1e-07, 1e-07, 1e-08, 1e-08, 1e-08]),
    ({"patience": 2, "cooldown": 2, "factor": 0.5, "mode": "max", "threshold": 0.05,
      "threshold_mode": "abs"}, RISING, [
        0.1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.025, 0.025,
        0.0125, 0.0125, 0.0125, 0.0125, 0.0125, 0.00625, 0.00625]),
    ({"patience": 0, "min_lr": [0.01, 0.2], "factor": 0.3, "threshold": 0.1}, FALLING, [
        0.1, 0.03, 0.03, 0.03, *[0.01] * 17]),
]
# fmt: on


@pytest.mark.parametrize(("settings", "metrics", "expected"), PLATEAUS)
def test_a_plateau_is_noticed_as_in_pytorch(settings, metrics, expected):
    schedule = nn.ReduceLROnPlateau(optimizer_of(), **settings)
    found = []
    for x in metrics:
        schedule.step(Tensor(x))
        found.append(schedule.get_last_lr()[0])
    np.testing.assert_allclose(found, expected, rtol=1e-9)


# --- state ---


def plateau(optimizer):
    """One that is quick to cut."""
    return nn.ReduceLROnPlateau(optimizer, patience=1, factor=0.5)


@pytest.mark.parametrize("make", [*(make for make, _ in CASES), plateau])
def test_a_schedule_goes_on_from_its_state(make):
    straight, resumed = optimizer_of(momentum=0.9), optimizer_of(momentum=0.9)
    first = make(straight)
    metrics = itertools.cycle([1.0, 1.1])

    def step(schedule):
        schedule.step(*([next(metrics)] if make is plateau else []))

    for _ in range(7):
        step(first)
    second = make(resumed)
    resumed.load_state_dict(straight.state_dict())
    second.load_state_dict(first.state_dict())
    metrics = itertools.cycle([1.0])
    for _ in range(12):
        assert second.get_last_lr() == first.get_last_lr()
        assert [{**g, "params": 0} for g in resumed.param_groups] == [
            {**g, "params": 0} for g in straight.param_groups
        ]
        step(first)
        step(second)


def test_the_state_of_an_optimizer_goes_with_and_without_a_schedule():
    plain, scheduled = optimizer_of(), optimizer_of()
    nn.StepLR(scheduled, 2)
    plain.load_state_dict(scheduled.state_dict())
    scheduled.load_state_dict(optimizer_of().state_dict())
    assert plain.param_groups[1]["lr"] == scheduled.param_groups[1]["lr"] == 0.5


@pytest.mark.parametrize("make", [warmed_cosine, lambda o: nn.StepLR(o, 2), plateau])
def test_a_wrong_state_is_refused_and_nothing_changes(make):
    optimizer = optimizer_of()
    schedule = make(optimizer)
    before = copy.deepcopy(schedule.state_dict())
    bad = [{}, {**before, "last_epoch": -1}, {**before, "extra": 1}, 7]
    if "base_lrs" in before:
        bad += [{**before, "base_lrs": [0.1]}, {**before, "base_lrs": [0.1, -1.0]}]
    if "best" in before:
        bad += [{**before, "best": "low"}]
    if "schedules" in before:
        bad += [{**before, "schedules": []}, {**before, "schedules": [before["schedules"][0], {}]}]
    for state in bad:
        with pytest.raises((ValueError, TypeError)):
            schedule.load_state_dict(state)
        assert schedule.state_dict() == before


# --- bad input ---


def test_a_schedule_or_an_optimizer_without_its_rule_says_so():
    class Bare(nn.optim.Schedule):
        pass

    class Still(nn.optim.Optimizer):
        pass

    w = Tensor([1.0], requires_grad=True)
    with pytest.raises(NotImplementedError, match=r"Bare must define rate\(\)"):
        Bare(nn.SGD([w], lr=1.0))
    w.grad = [1.0]
    with pytest.raises(NotImplementedError, match=r"Still must define update\(\)"):
        Still([w], {}).step()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda o: nn.StepLR(o, 0), "step_size must be at least 1, got 0"),
        (lambda o: nn.StepLR(o, 2, gamma=-1), "gamma"),
        (lambda o: nn.StepLR("sgd", 2), "optimizer must be an Optimizer, got str"),
        (lambda o: nn.MultiStepLR(o, [5, 3]), "milestones must rise"),
        (lambda o: nn.MultiStepLR(o, [5.5]), r"milestones\[0\] must be an int"),
        (lambda o: nn.ExponentialLR(o, float("nan")), "gamma"),
        (lambda o: nn.CosineAnnealingLR(o, 0), "T_max must be at least 1"),
        (lambda o: nn.CosineAnnealingLR(o, 5, -0.1), "eta_min"),
        (lambda o: nn.LinearWarmup(o, 5, 0.0), "start_factor must be above 0"),
        (lambda o: nn.LinearWarmup(o, 5, 1.5), "start_factor must be above 0 and at most 1"),
        (lambda o: nn.LambdaLR(o, [len]), "a list of 2 functions"),
        (lambda o: nn.SequentialLR(o, [nn.StepLR(o, 2)], [3]), "1 schedules need 0 milestones"),
        (lambda o: nn.SequentialLR(o, [plateau(o)], []), r"schedulers\[0\] must be a schedule"),
        (
            lambda o: nn.SequentialLR(o, [nn.StepLR(optimizer_of(), 2)], []),
            "over the same optimizer",
        ),
        (lambda o: nn.OneCycleLR("sgd", 1.0, 10), "optimizer must be an Optimizer, got str"),
        (lambda o: nn.ReduceLROnPlateau("sgd"), "optimizer must be an Optimizer, got str"),
        (lambda o: nn.OneCycleLR(o, 1.0), "total_steps, or both epochs and steps_per_epoch"),
        (lambda o: nn.OneCycleLR(o, -1.0, 10), "max_lr"),
        (lambda o: nn.OneCycleLR(o, [1.0], 10), "max_lr has 1 numbers, there are 2 groups"),
        (lambda o: nn.OneCycleLR(o, 1.0, 10, pct_start=2), "pct_start"),
        (lambda o: nn.OneCycleLR(o, 1.0, 10, anneal_strategy="sin"), "'cos' or 'linear'"),
        (lambda o: nn.OneCycleLR(o, 1.0, 10, div_factor=0), "div_factor must be above 0"),
        (lambda o: nn.OneCycleLR(optimizer_of(nn.Adagrad), 1.0, 10), "cycle_momentum=False"),
        (lambda o: nn.ReduceLROnPlateau(o, mode="least"), "mode must be 'min' or 'max'"),
        (lambda o: nn.ReduceLROnPlateau(o, factor=1.0), "factor .* below 1"),
        (lambda o: nn.ReduceLROnPlateau(o, threshold_mode="x"), "'rel' or 'abs'"),
        (lambda o: nn.ReduceLROnPlateau(o, patience=-1), "patience must be at least 0"),
        (lambda o: nn.ReduceLROnPlateau(o, min_lr=[0.1]), "min_lr has 1 numbers"),
    ],
)
def test_bad_settings_are_named_and_the_optimizer_is_as_it_was(make, message):
    optimizer = optimizer_of()
    with pytest.raises((ValueError, TypeError), match=message):
        make(optimizer)
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.5]


def test_a_schedule_reaches_the_parameters():
    w = Tensor([1.0], requires_grad=True)
    optimizer = nn.SGD([w], lr=0.5)
    schedule = nn.ExponentialLR(optimizer, 0.5)
    for expected in (0.5, 0.25, 0.125):
        w.grad = [1.0]
        optimizer.step()
        schedule.step()
        assert w.item() == expected
