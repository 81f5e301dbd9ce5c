"""Schedules: loaded in any order, stepped together, over groups that came later.

The literals are PyTorch 2.13's.
"""

import copy
import itertools
import pickle

import numpy as np
import pytest

import nn
from engine import Tensor


def leaf():
    return Tensor([0.0], requires_grad=True)


def optimizer_of():
    """Two groups, at 0.1 and 0.5."""
    groups = [{"params": [leaf()]}, {"params": [leaf()], "lr": 0.5}]
    return nn.SGD(groups, lr=0.1, momentum=0.9)


def rates(optimizer):
    return [group["lr"] for group in optimizer.param_groups]


def settings(optimizer):
    return [{**group, "params": None} for group in optimizer.param_groups]


def sequence(optimizer):
    parts = [
        nn.LinearWarmup(optimizer, 3),
        nn.OneCycleLR(optimizer, 1.0, total_steps=6),
        nn.ExponentialLR(optimizer, 0.9),
    ]
    return nn.SequentialLR(optimizer, parts, [3, 9])


def plateau(optimizer):
    return nn.ReduceLROnPlateau(optimizer, patience=1, factor=0.5)


MAKERS = {
    "StepLR": lambda o: nn.StepLR(o, 2, 0.5),
    "MultiStepLR": lambda o: nn.MultiStepLR(o, [1, 4], 0.5),
    "ExponentialLR": lambda o: nn.ExponentialLR(o, 0.5),
    "LambdaLR": lambda o: nn.LambdaLR(o, lambda t: 1 / (1 + t)),
    "CosineAnnealingLR": lambda o: nn.CosineAnnealingLR(o, 20, 0.01),
    "LinearWarmup": lambda o: nn.LinearWarmup(o, 20),
    "OneCycleLR": lambda o: nn.OneCycleLR(o, 1.0, total_steps=20),
    "SequentialLR": sequence,
    "ReduceLROnPlateau": plateau,
}


def step(schedule, times=1):
    for _ in range(times):
        schedule.step(*([1.0] if isinstance(schedule, nn.ReduceLROnPlateau) else []))


# --- loading ---


def test_the_rate_of_the_state_is_the_optimizer_s_after_loading():
    """0.5 was left where the schedule had come to 0.25, and 0.04 where it had come to 0.81."""
    optimizer = nn.SGD([leaf()], lr=0.5)
    schedule = nn.ExponentialLR(optimizer, 0.5)
    schedule.step()
    fresh = nn.SGD([leaf()], lr=0.5)
    nn.ExponentialLR(fresh, 0.5).load_state_dict(schedule.state_dict())
    assert rates(fresh) == [0.25]


@pytest.mark.parametrize(
    "order", ["schedule alone", "optimizer first", "schedule first", "made last"]
)
@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("steps", [0, 5, 8, 11])
def test_a_schedule_goes_on_in_whatever_order_it_is_loaded(name, order, steps):
    make = MAKERS[name]
    optimizer, fresh = optimizer_of(), optimizer_of()
    schedule = make(optimizer)
    step(schedule, steps)
    states = copy.deepcopy(optimizer.state_dict()), copy.deepcopy(schedule.state_dict())

    if order == "made last":
        fresh.load_state_dict(states[0])
    resumed = make(fresh)
    if order == "optimizer first":
        fresh.load_state_dict(states[0])
    resumed.load_state_dict(states[1])
    if order == "schedule first":
        fresh.load_state_dict(states[0])

    for _ in range(4):
        assert rates(fresh) == rates(optimizer)
        assert resumed.get_last_lr() == schedule.get_last_lr()
        if order != "schedule alone":  # the momentum of a phase that is over is the optimizer's
            assert settings(fresh) == settings(optimizer)
        step(schedule)
        step(resumed)


def test_one_cycle_sets_the_momentum_too_when_it_is_loaded():
    optimizer, fresh = optimizer_of(), optimizer_of()
    schedule, resumed = (nn.OneCycleLR(o, 1.0, total_steps=20) for o in (optimizer, fresh))
    step(schedule, 5)
    resumed.load_state_dict(schedule.state_dict())
    momenta = [[g["momentum"] for g in o.param_groups] for o in (optimizer, fresh)]
    assert momenta[0] == momenta[1]
    assert momenta[0][0] < 0.9


def test_a_state_beyond_the_end_of_one_cycle_is_refused_and_nothing_changes():
    long, short = optimizer_of(), optimizer_of()
    schedule = nn.OneCycleLR(long, 1.0, total_steps=20)
    step(schedule, 15)
    other = nn.OneCycleLR(short, 1.0, total_steps=10)
    step(other, 2)
    before = settings(short), other.state_dict()
    with pytest.raises(ValueError, match="was made for 10 steps"):
        other.load_state_dict(schedule.state_dict())
    assert (settings(short), other.state_dict()) == before


def test_a_part_of_a_sequence_that_does_not_fit_leaves_the_optimizer_as_it_was():
    optimizer = optimizer_of()
    schedule = sequence(optimizer)
    step(schedule, 5)
    before = settings(optimizer), schedule.state_dict()
    state = copy.deepcopy(schedule.state_dict())
    state["schedules"][2]["base_lrs"] = [0.1]
    with pytest.raises(ValueError, match="the state has 1 base_lrs, there are 2 groups"):
        schedule.load_state_dict(state)
    assert (settings(optimizer), schedule.state_dict()) == before


def test_the_state_of_a_plateau_without_rates_is_one_of_before():
    optimizer = optimizer_of()
    schedule = plateau(optimizer)
    old = {"best": 0.5, "num_bad_epochs": 1, "cooldown_counter": 0, "last_epoch": 7}
    schedule.load_state_dict(old)
    assert rates(optimizer) == [0.1, 0.5]
    step(schedule)
    assert rates(optimizer) == [0.05, 0.25]
    assert schedule.last_epoch == 8


def test_a_schedule_pickled_before_there_were_shares_goes_on():
    schedule = nn.ExponentialLR(optimizer_of(), 0.5)
    for one in (schedule, plateau(schedule.optimizer)):
        state = {k: x for k, x in vars(one).items() if k != "share"}
        old = type(one).__new__(type(one))
        old.__setstate__(pickle.loads(pickle.dumps(state)))
        step(old, 3)
        assert rates(old.optimizer)[0] < 0.1


# --- two schedules, stepped together ---

# fmt: off
TOGETHER = [
    (lambda o: [nn.ExponentialLR(o, 0.9), nn.StepLR(o, 3, 0.5)],
     [0.1, 0.09, 0.081, 0.03645, 0.032805, 0.0295245, 0.013286025, 0.0119574225, 0.01076168025]),
    (lambda o: [nn.LinearWarmup(o, 4), nn.ExponentialLR(o, 0.9)],
     [0.03333333333, 0.045, 0.054, 0.06075, 0.06561, 0.059049, 0.0531441, 0.04782969]),
    (lambda o: [nn.ExponentialLR(o, 0.9), nn.LinearWarmup(o, 4)],
     [0.03333333333, 0.045, 0.054, 0.06075, 0.06561, 0.059049, 0.0531441, 0.04782969]),
    (lambda o: [nn.MultiStepLR(o, [2, 5], 0.5), nn.CosineAnnealingLR(o, 8)],
     [0.1, 0.09619397663, 0.04267766953, 0.03456708581, 0.025, 0.007716457095, 0.003661165235,
      0.0009515058436, 0.0]),
]
# fmt: on


@pytest.mark.parametrize(("make", "expected"), TOGETHER)
def test_two_schedules_stepped_together_multiply_as_pytorch_s(make, expected):
    """The last of them won."""
    optimizer = optimizer_of()
    schedules = make(optimizer)
    found = []
    for _ in expected:
        found.append(rates(optimizer))
        for schedule in schedules:
            schedule.step()
    np.testing.assert_allclose([a for a, _ in found], expected, rtol=1e-9, atol=1e-18)
    np.testing.assert_allclose(
        [b for _, b in found], np.multiply(5, expected), rtol=1e-9, atol=1e-17
    )


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_two_schedules_go_on_together_in_whatever_order_they_are_loaded(order):
    def build():
        optimizer = optimizer_of()
        return [nn.LinearWarmup(optimizer, 9), nn.StepLR(optimizer, 3, 0.5), optimizer]

    straight, resumed = build(), build()
    for _ in range(4):
        straight[0].step()
        straight[1].step()
    states = [copy.deepcopy(part.state_dict()) for part in straight]
    for i in order:
        resumed[i].load_state_dict(states[i])
    for _ in range(4):
        np.testing.assert_allclose(rates(resumed[2]), rates(straight[2]), rtol=1e-12)
        for parts in (straight, resumed):
            parts[0].step()
            parts[1].step()


def test_a_cut_of_a_plateau_stays_when_another_schedule_is_stepped():
    optimizer = optimizer_of()
    cutting, slower = plateau(optimizer), nn.ExponentialLR(optimizer, 0.9)
    found = []
    for _ in range(4):
        cutting.step(1.0)
        slower.step()
        found.append(rates(optimizer)[0])
    np.testing.assert_allclose(found, [0.09, 0.081, 0.03645, 0.032805], rtol=1e-12)

    fresh = optimizer_of()
    parts = plateau(fresh), nn.ExponentialLR(fresh, 0.9)
    for part, before in zip(parts, (cutting, slower), strict=True):
        part.load_state_dict(before.state_dict())
    for a, b in (parts, (cutting, slower)):
        a.step(1.0)
        b.step()
    assert rates(fresh) == pytest.approx(rates(optimizer), rel=1e-12)
    assert rates(fresh)[0] == pytest.approx(0.1 * 0.25 * 0.9**5, rel=1e-12)


@pytest.mark.parametrize(
    "make",
    [
        lambda o: nn.LambdaLR(o, lambda t: 1 / (1 + t)),
        lambda o: nn.OneCycleLR(o, 1.0, total_steps=20),
        lambda o: nn.CosineAnnealingLR(o, 20, 0.01),
        sequence,
    ],
)
def test_a_schedule_that_sets_rates_by_itself_refuses_to_undo_another(make):
    optimizer = optimizer_of()
    alone, other = make(optimizer), nn.ExponentialLR(optimizer, 0.5)
    alone.step()
    other.step()
    before = settings(optimizer)
    with pytest.raises(ValueError, match=r"multiplied them by \[0\.5, 0\.5\].*a SequentialLR"):
        alone.step()
    assert settings(optimizer) == before
    assert alone.last_epoch == 1


def test_a_schedule_stepped_by_itself_and_in_a_sequence_is_refused():
    optimizer = optimizer_of()
    warmup = nn.LinearWarmup(optimizer, 3)
    both = nn.SequentialLR(optimizer, [warmup, nn.ExponentialLR(optimizer, 0.9)], [3])
    both.step()
    warmup.step()
    with pytest.raises(ValueError, match="has multiplied them"):
        both.step()


def test_a_schedule_that_takes_over_goes_on_from_where_the_other_left():
    """Warming up first, then the other: as in PyTorch."""
    optimizer = optimizer_of()
    warmup = nn.LambdaLR(optimizer, lambda t: (1 + t) / 4)
    slower = nn.ExponentialLR(optimizer, 0.5)
    step(warmup, 3)
    assert rates(optimizer) == [0.1, 0.5]
    slower.step()
    assert rates(optimizer) == [0.05, 0.25]


@pytest.mark.parametrize("name", ["StepLR", "OneCycleLR"])
def test_a_schedule_made_after_another_has_run_starts_from_the_base(name):
    optimizer = optimizer_of()
    step(nn.ExponentialLR(optimizer, 0.5), 3)
    schedule = MAKERS[name](optimizer)
    alone = optimizer_of()
    twin = MAKERS[name](alone)
    for _ in range(5):
        assert settings(optimizer) == settings(alone)
        schedule.step()
        twin.step()


def test_a_plateau_begins_anew_after_a_schedule_that_begins_alone():
    optimizer = optimizer_of()
    cutting = plateau(optimizer)
    step(cutting, 3)
    assert rates(optimizer) == [0.05, 0.25]
    nn.LambdaLR(optimizer, lambda t: 1.0)
    assert rates(optimizer) == [0.05, 0.25]  # its base is the rate it found
    step(cutting, 2)
    assert rates(optimizer) == [0.025, 0.125]
    assert cutting.factors == [0.5, 0.5]


def test_a_schedule_made_after_a_cut_keeps_the_cut():
    optimizer = optimizer_of()
    step(plateau(optimizer), 3)
    step(nn.ExponentialLR(optimizer, 0.5))
    assert rates(optimizer) == [0.025, 0.125]


def test_a_schedule_that_cannot_be_made_takes_no_other_out_of_play():
    optimizer = optimizer_of()
    first = nn.ExponentialLR(optimizer, 0.5)
    first.step()

    def fails(t):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        nn.LambdaLR(optimizer, fails)
    assert optimizer.shares == (first.share,)
    assert rates(optimizer) == [0.05, 0.25]


# --- a group that is added later ---


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda o: nn.ExponentialLR(o, 0.9), [0.9, 0.81, 0.729]),
        (lambda o: nn.StepLR(o, 2, 0.5), [1.0, 0.5, 0.5]),
        (lambda o: nn.MultiStepLR(o, [2, 6], 0.5), [1.0, 0.5, 0.5]),
        (lambda o: nn.LinearWarmup(o, 6), [1.1428571428571428, 1.2857142857142856]),
        (lambda o: nn.CosineAnnealingLR(o, 8), [0.6173165676, 0.2928932188, 0.07612046749]),
        (lambda o: nn.CosineAnnealingLR(o, 8, 0.01), [0.6211434020, 0.2999642863, 0.0853592628]),
    ],
)
def test_a_group_added_later_goes_on_from_its_rate_as_in_pytorch(make, expected):
    """It was an IndexError."""
    optimizer, alone = optimizer_of(), optimizer_of()
    schedule, twin = make(optimizer), make(alone)
    step(schedule, 4)
    step(twin, 4)
    optimizer.add_param_group({"params": [leaf()], "lr": 1.0})
    found = []
    for _ in expected:
        step(schedule)
        step(twin)
        found.append(rates(optimizer)[2])
        assert rates(optimizer)[:2] == rates(alone)
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_a_group_added_later_is_scheduled_by_both_of_two():
    optimizer = optimizer_of()
    schedules = [nn.ExponentialLR(optimizer, 0.5), nn.StepLR(optimizer, 1, 0.1)]
    for schedule in schedules:
        step(schedule, 2)
    optimizer.add_param_group({"params": [leaf()], "lr": 1.0})
    for schedule in schedules:
        step(schedule)
    assert rates(optimizer)[2] == pytest.approx(0.05, rel=1e-12)


def test_a_group_added_where_the_rate_is_zero_starts_from_its_own():
    optimizer = optimizer_of()
    schedule = nn.CosineAnnealingLR(optimizer, 1)
    fading = nn.ExponentialLR(optimizer, 0.0)
    step(schedule)
    step(fading)
    optimizer.add_param_group({"params": [leaf()], "lr": 1.0})
    step(schedule)
    assert optimizer.param_groups[2]["initial_lr"] == 1.0


def test_one_factor_holds_for_a_group_added_later_and_a_list_of_them_is_refused():
    optimizer = optimizer_of()
    schedule = nn.LambdaLR(optimizer, lambda t: 1 / (1 + t))
    step(schedule)
    optimizer.add_param_group({"params": [leaf()], "lr": 1.0})
    step(schedule)
    assert rates(optimizer)[2] == pytest.approx(1 / 3)

    optimizer = optimizer_of()
    schedule = nn.LambdaLR(optimizer, [lambda t: 1.0, lambda t: 0.5])
    optimizer.add_param_group({"params": [leaf()], "lr": 1.0})
    with pytest.raises(ValueError, match="lr_lambda has 2 functions, there are 3 groups now"):
        step(schedule)
    assert schedule.last_epoch == 0


def test_one_cycle_says_that_it_was_made_before_the_group():
    optimizer = optimizer_of()
    schedule = nn.OneCycleLR(optimizer, 1.0, total_steps=9)
    optimizer.add_param_group({"params": [leaf()], "lr": 1.0})
    with pytest.raises(
        ValueError, match=r"has max_lr for 2 groups, there are 3 now: make it after"
    ):
        step(schedule)
    assert schedule.last_epoch == 0


def test_a_sequence_takes_in_a_group_added_later():
    optimizer = optimizer_of()
    parts = [nn.LinearWarmup(optimizer, 2, 0.5), nn.ExponentialLR(optimizer, 0.5)]
    schedule = nn.SequentialLR(optimizer, parts, [2])
    step(schedule)
    optimizer.add_param_group({"params": [leaf()], "lr": 1.0})
    found = []
    for _ in range(3):
        step(schedule)
        found.append(rates(optimizer)[2])
    assert found == [1.0, 0.5, 0.25]


def test_a_plateau_cuts_a_group_added_later():
    optimizer = optimizer_of()
    schedule = nn.ReduceLROnPlateau(optimizer, patience=0, factor=0.5, min_lr=0.3)
    step(schedule, 2)
    optimizer.add_param_group({"params": [leaf()], "lr": 1.0})
    step(schedule)
    assert rates(optimizer) == [0.1, 0.3, 0.5]

    schedule = nn.ReduceLROnPlateau(optimizer, patience=0, min_lr=[0.0, 0.0, 0.0])
    optimizer.add_param_group({"params": [leaf()], "lr": 1.0})
    with pytest.raises(ValueError, match="min_lr has 3 numbers, there are 4 groups"):
        step(schedule)
    assert schedule.last_epoch == 0


def test_the_state_of_a_schedule_has_a_group_added_later():
    optimizer = optimizer_of()
    schedule = nn.ExponentialLR(optimizer, 0.5)
    step(schedule)
    optimizer.add_param_group({"params": [leaf()], "lr": 1.0})
    state = schedule.state_dict()
    assert state["last_lr"] == [0.05, 0.25, 1.0]
    assert state["base_lrs"] == [0.1, 0.5, 2.0]


# --- in fit, and in text ---


def test_a_plateau_by_batches_looks_at_the_loss_of_the_batch():
    model = nn.Linear(1, 1, rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.0)
    schedule = nn.ReduceLROnPlateau(optimizer, patience=9)
    x = np.array([[1.0], [2.0], [3.0]])
    losses = []

    class Losses(nn.Callback):
        def after_step(self, run):
            losses.append(run.loss)

    nn.fit(
        model, nn.MSELoss(), optimizer, nn.DataLoader((x, 7 * x)), progress=False,
        callbacks=[nn.StepSchedule(schedule, every="batch"), Losses()],
    )  # fmt: skip
    assert schedule.last_epoch == 3
    assert schedule.best == min(losses)


def test_a_number_of_an_epoch_is_no_number_of_a_batch():
    schedule = plateau(optimizer_of())
    with pytest.raises(ValueError, match="monitor='validation_loss' is a number of an epoch"):
        nn.StepSchedule(schedule, every="batch", monitor="validation_loss")


def test_a_plateau_takes_a_loss_of_either_tier_and_says_nothing():
    optimizer = nn.SGD([leaf()], lr=0.5)
    schedule = plateau(optimizer)
    schedule.step((Tensor([2.0], requires_grad=True) * 2.0).sum())
    assert schedule.best == 4.0
    model = nn.scalar.MLP(1, [1])
    schedule.step(model([1.0]) * 0.0 + 0.5)
    assert schedule.best == 0.5


def test_a_schedule_says_where_it_stands():
    schedule = nn.ExponentialLR(nn.SGD([leaf()], lr=0.5), 0.5)
    schedule.step()
    assert repr(schedule) == "ExponentialLR(last_epoch=1, lr=[0.25])"
    assert repr(plateau(schedule.optimizer)) == "ReduceLROnPlateau(last_epoch=0, lr=[0.25])"
