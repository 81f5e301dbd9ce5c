"""Schedules under PyTorch's path, with its argument names and its rates.

The rates are those of tests/golden/make_torch_optim.py; literals are PyTorch 2.13's.
"""

import copy
import json
from pathlib import Path

import make_torch_optim as torch_cases
import numpy as np
import pytest
from helpers import leaf

import nn
from nn import optim
from nn.optim import lr_scheduler
from nn.optim.lr_scheduler import CosineAnnealingWarmRestarts, LRScheduler

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "torch_optim.json"
RATES = json.loads(GOLDEN.read_text(encoding="utf-8"))["schedules"]
EACH = [(name, kind) for name, kinds in torch_cases.KINDS.items() for kind in kinds]
each_case = pytest.mark.parametrize(("name", "kind"), EACH)


def optimizer_of(kind="SGD"):
    return torch_cases.optimizer_of(kind, optim, *map(leaf, torch_cases.STARTS))


def one_group(lr=0.1):
    return nn.SGD([leaf([0.0])], lr=lr, momentum=0.9)


def held(optimizer):
    """The settings of the groups."""
    return copy.deepcopy([{**group, "params": 0} for group in optimizer.param_groups])


@each_case
def test_rates_and_momenta_are_pytorchs(name, kind):
    optimizer = optimizer_of(kind)
    schedule = torch_cases.SCHEDULES[name](lr_scheduler, optimizer)
    found = torch_cases.rates(schedule, optimizer)
    np.testing.assert_allclose(found, RATES[f"{name}, {kind}"], rtol=1e-9, atol=1e-12)


@each_case
def test_a_schedule_is_saved_and_goes_on(name, kind, tmp_path):
    first, second = optimizer_of(kind), optimizer_of(kind)
    straight, resumed = (torch_cases.SCHEDULES[name](lr_scheduler, o) for o in (first, second))
    for _ in range(8):
        straight.step()
    nn.save_training(tmp_path / "run.npz", optimizer=first, schedule=straight)
    nn.load_training(tmp_path / "run.npz", optimizer=second, schedule=resumed)
    for _ in range(9):
        assert held(second) == held(first)
        assert resumed.get_last_lr() == straight.get_last_lr()
        straight.step()
        resumed.step()


def test_the_path_has_every_schedule():
    schedules = {name for name in optim.__all__ if hasattr(getattr(optim, name), "get_last_lr")}
    assert set(lr_scheduler.__all__) == schedules - {"Schedule"} | {"LRScheduler"}
    for name in set(lr_scheduler.__all__) - {"LRScheduler"}:
        assert getattr(lr_scheduler, name) is getattr(nn, name)
    assert LRScheduler is nn.Schedule
    assert optim.lr_scheduler is lr_scheduler


# --- warm restarts within an epoch ---


def test_a_part_of_an_epoch_can_be_stepped_to():
    optimizer = one_group()
    schedule = CosineAnnealingWarmRestarts(optimizer, T_0=3, T_mult=2, eta_min=0.01)
    found = []
    for epoch in range(5):
        for i in range(2):
            schedule.step(epoch + i / 2)
            found += schedule.get_last_lr()
    schedule.step()  # one further: 5.5
    found += schedule.get_last_lr()
    expected = [
        0.1, 0.09397114317, 0.0775, 0.055, 0.0325, 0.01602885683, 0.1, 0.098466662183,
        0.09397114317, 0.086819805153, 0.06664685703,
    ]  # fmt: skip
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    assert schedule.last_epoch == 5

    again = CosineAnnealingWarmRestarts(one_group(), T_0=3, T_mult=2, eta_min=0.01)
    again.load_state_dict(schedule.state_dict())
    assert again.get_last_lr() == schedule.get_last_lr()
    again.step(0)
    assert again.get_last_lr() == [0.1]


def test_an_epoch_that_cannot_be_stepped_to_changes_nothing():
    optimizer = one_group()
    schedule = CosineAnnealingWarmRestarts(optimizer, T_0=4)
    schedule.step(1.5)
    before = schedule.state_dict()
    with pytest.raises(ValueError, match="epoch must be a finite number, at least 0, got -1"):
        schedule.step(-1)
    other = nn.ExponentialLR(optimizer, 0.5)
    other.step()
    with pytest.raises(ValueError, match="sets the rates by itself"):
        schedule.step(2.25)
    assert schedule.last_epoch == before["last_epoch"]
    assert schedule.part == before["part"]
    for wrong in ({**before, "part": 1.0}, {**before, "part": "half"}):
        with pytest.raises((ValueError, TypeError), match="part must be a"):
            schedule.load_state_dict(wrong)


# --- last_epoch ---

# fmt: off
RESUMED = [
    (lambda o, at: lr_scheduler.StepLR(o, 3, 0.5, last_epoch=at), [0.05, 0.025, 0.025, 0.025]),
    (lambda o, at: lr_scheduler.ExponentialLR(o, 0.9, last_epoch=at),
     [0.059049, 0.0531441, 0.04782969, 0.043046721]),
    (lambda o, at: lr_scheduler.LambdaLR(o, lambda t: 1 / (1 + t), last_epoch=at),
     [0.016666666667, 0.014285714286, 0.0125, 0.011111111111]),
    (lambda o, at: lr_scheduler.CyclicLR(o, 0.01, 0.1, 4, last_epoch=at),
     [0.0775, 0.055, 0.0325, 0.01]),
    (lambda o, at: lr_scheduler.OneCycleLR(o, 0.1, 20, last_epoch=at),
     [0.1, 0.098746400624, 0.095048463201, 0.089091617757]),
]
# fmt: on


@pytest.mark.parametrize(("make", "expected"), RESUMED)
def test_last_epoch_goes_on_from_an_optimizers_state(make, expected):
    first, second = one_group(), one_group()
    schedule = make(first, -1)
    for _ in range(5):
        schedule.step()
    second.load_state_dict(first.state_dict())
    resumed = make(second, 4)
    found = []
    for _ in range(4):
        found += resumed.get_last_lr()
        resumed.step()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    assert resumed.last_epoch == 9


@pytest.mark.parametrize(
    "make",
    [
        lambda o: lr_scheduler.MultiStepLR(o, [3], last_epoch=3),
        lambda o: lr_scheduler.CosineAnnealingLR(o, 3, last_epoch=3),
        lambda o: lr_scheduler.ConstantLR(o, last_epoch=3),
        lambda o: lr_scheduler.LinearLR(o, last_epoch=3),
        lambda o: lr_scheduler.PolynomialLR(o, last_epoch=3),
        lambda o: lr_scheduler.MultiplicativeLR(o, lambda t: 0.5, last_epoch=3),
        lambda o: CosineAnnealingWarmRestarts(o, 3, last_epoch=3),
    ],
)
def test_last_epoch_needs_the_rates_of_the_start(make):
    optimizer = one_group()
    with pytest.raises(ValueError, match="last_epoch=3 goes on from the 'initial_lr'"):
        make(optimizer)
    assert held(optimizer) == held(one_group())
    nn.StepLR(optimizer, 1)
    assert make(optimizer).last_epoch == 4


# --- several together ---


def test_a_chain_is_stepped_whole_or_not_at_all():
    optimizer = one_group()
    both = [nn.ExponentialLR(optimizer, 0.5), nn.LambdaLR(optimizer, lambda t: 1.0)]
    chain = nn.ChainedScheduler(both)
    before = held(optimizer), chain.state_dict()
    with pytest.raises(ValueError, match="LambdaLR sets the rates by itself"):
        chain.step()
    assert (held(optimizer), chain.state_dict()) == before


def test_a_chain_refuses_a_state_of_another():
    optimizer = one_group()
    chain = nn.ChainedScheduler([nn.ExponentialLR(optimizer, 0.5), nn.StepLR(optimizer, 2)])
    chain.step()
    before = held(optimizer), chain.state_dict()
    parts = before[1]["schedules"]
    for state in (7, {}, {"schedules": parts[:1]}, {"schedules": [parts[0], {}]}):
        with pytest.raises(ValueError, match="state of"):
            chain.load_state_dict(state)
        assert (held(optimizer), chain.state_dict()) == before
    assert repr(chain).startswith("ChainedScheduler([ExponentialLR(last_epoch=1")


def test_a_chain_steps_in_fit():
    model = nn.Linear(1, 1, rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    chain = nn.ChainedScheduler([nn.StepLR(optimizer, 1, 0.5), nn.ExponentialLR(optimizer, 0.5)])
    data = nn.DataLoader((np.ones((2, 1)), np.ones((2, 1))), batch_size=2)
    nn.fit(
        model, nn.MSELoss(), optimizer, data, 2,
        callbacks=[nn.StepSchedule(chain)], progress=False,
    )  # fmt: skip
    assert optimizer.param_groups[0]["lr"] == 0.1 / 16


def test_a_function_is_called_once_for_each_step():
    calls = []

    def half(t):
        calls.append(t)
        return 0.5

    schedule = nn.MultiplicativeLR(optimizer_of(), half)
    for _ in range(4):
        schedule.step()
    assert calls == [1, 2, 3, 4]
    assert schedule.get_last_lr() == [0.1 / 16, 0.5 / 16]


# --- what is refused ---


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda o: nn.ConstantLR(o, 1.5), r"factor must lie in \[0, 1\]"),
        (lambda o: nn.ConstantLR(o, total_iters=-1), "total_iters must be at least 0"),
        (lambda o: nn.LinearLR(o, end_factor=2), r"end_factor must lie in \[0, 1\]"),
        (lambda o: nn.LinearLR(o, total_iters=0), "total_iters must be at least 1"),
        (lambda o: nn.PolynomialLR(o, 0), "total_iters must be at least 1"),
        (lambda o: nn.PolynomialLR(o, power=-1), "power must be a finite number, at least 0"),
        (lambda o: nn.MultiplicativeLR(o, 0.5), "lr_lambda must be a function, or a list of 2"),
        (lambda o: CosineAnnealingWarmRestarts(o, 0), "T_0 must be at least 1"),
        (lambda o: CosineAnnealingWarmRestarts(o, 5, 1.5), "T_mult must be an int"),
        (lambda o: CosineAnnealingWarmRestarts(o, 5, eta_min=-1), "eta_min"),
        (lambda o: nn.CyclicLR("sgd", 0.1, 1.0), "optimizer must be an Optimizer, got str"),
        (lambda o: nn.CyclicLR(o, [0.1], 1.0), "base_lr has 1 numbers, there are 2 groups"),
        (lambda o: nn.CyclicLR(o, 0.1, -1.0), "max_lr must be a finite number, at least 0"),
        (lambda o: nn.CyclicLR(o, 0.1, 1.0, 0), "step_size_up must be at least 1"),
        (lambda o: nn.CyclicLR(o, 0.1, 1.0, step_size_down=0), "step_size_down must be at least 1"),
        (lambda o: nn.CyclicLR(o, 0.1, 1.0, mode="square"), "'triangular', 'triangular2' or"),
        (lambda o: nn.CyclicLR(o, 0.1, 1.0, scale_mode="steps"), "'cycle' or 'iterations'"),
        (lambda o: nn.CyclicLR(o, 0.1, 1.0, max_momentum=[0.9]), "max_momentum has 1 numbers"),
        (lambda o: nn.StepLR(o, 1, last_epoch=-2), "last_epoch must be at least -1"),
        (lambda o: nn.ChainedScheduler([]), "schedulers is empty"),
        (lambda o: nn.ChainedScheduler([7]), r"schedulers\[0\] must be a schedule .* got a int"),
        (
            lambda o: nn.ChainedScheduler([nn.StepLR(o, 1), nn.StepLR(one_group(), 1)]),
            r"schedulers\[1\] must be a schedule over the same optimizer",
        ),
        (
            lambda o: nn.ChainedScheduler([nn.StepLR(o, 1)], optimizer=one_group()),
            r"schedulers\[0\] must be a schedule over the same optimizer",
        ),
        (
            lambda o: nn.ChainedScheduler([nn.StepLR(o, 1), nn.ReduceLROnPlateau(o)]),
            r"schedulers\[1\] must be a schedule .* got a ReduceLROnPlateau",
        ),
    ],
)
def test_bad_arguments_are_named_and_the_rates_are_as_they_were(make, message):
    optimizer = optimizer_of()
    with pytest.raises((ValueError, TypeError), match=message):
        make(optimizer)
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.5]


def test_cycles_of_momentum_need_a_momentum():
    adagrad = nn.Adagrad([leaf([0.0])])
    with pytest.raises(ValueError, match="neither momentum nor betas: pass cycle_momentum=False"):
        nn.CyclicLR(adagrad, 0.1, 1.0)
    nn.CyclicLR(adagrad, 0.1, 1.0, cycle_momentum=False)


def test_a_gamma_that_its_mode_does_not_use_does_not_overflow():
    schedule = nn.CyclicLR(one_group(), 0.0, 1.0, 4, gamma=1e200)
    for _ in range(2):
        schedule.step()
    assert schedule.get_last_lr() == [0.5]


def test_a_group_that_is_added_to_a_cycle_is_refused_before_it_is_stepped():
    optimizer = one_group()
    schedule = nn.CyclicLR(optimizer, 0.1, 1.0, 4)
    optimizer.add_param_group({"params": [leaf([1.0])]})
    with pytest.raises(ValueError, match="CyclicLR has max_lr for 1 groups, there are 2 now"):
        schedule.step()
    assert schedule.last_epoch == 0
