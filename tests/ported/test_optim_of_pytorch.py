"""Optimizers go where PyTorch's go, and each goes on from the other's state.

The numbers are those of tests/golden/make_torch_optim.py, which tried the other direction: PyTorch
goes on from the states that are ours here, word for word.
"""

import copy
import json
from pathlib import Path

import make_torch_optim as torch_cases
import numpy as np
import pytest
from helpers import LEAVES, leaf

import nn
from engine import Tensor, Value, no_grad, to_numpy
from nn import optim

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "torch_optim.json"
STORED = json.loads(GOLDEN.read_text(encoding="utf-8"))
CASES = [
    (*case, stored)
    for case, stored in zip(torch_cases.OPTIMIZERS, STORED["optimizers"], strict=True)
]
each_case = pytest.mark.parametrize(
    ("name", "settings", "stored"), CASES, ids=[f"{name}-{i}" for i, (name, *_) in enumerate(CASES)]
)


def started(name, settings, tier, starts=torch_cases.STARTS):
    """Leaves of the start, and the optimizer over them."""
    leaves = [LEAVES[tier](np.array(x)) for x in starts]
    return leaves, getattr(optim, name)(torch_cases.groups_of(name, *leaves), **settings)


def close(found, expected):
    np.testing.assert_allclose(to_numpy(found), expected, rtol=1e-9, atol=1e-12)


def state_of_pytorch(stored, ours=False):
    """What `state_dict()` held, with arrays for tensors; JSON knows no ints as keys."""

    def restored(key, x):
        if key in ("old_dirs", "old_stps", "ro", "al"):
            return [np.array(item) for item in x]
        return x if key == "lr" else np.array(x)

    skip = torch_cases.ONLY_PYTORCHS if ours else ()
    return {
        "state": {
            int(place): {key: restored(key, x) for key, x in row.items() if key not in skip}
            for place, row in stored["state"].items()
        },
        "param_groups": [
            {key: x for key, x in group.items() if key not in skip}
            for group in copy.deepcopy(stored["param_groups"])
        ],
    }


@pytest.mark.parametrize("tier", ["tensor", "value"])
@each_case
def test_steps_with_a_closure_are_pytorchs(name, settings, stored, tier):
    leaves, optimizer = started(name, settings, tier)
    losses = torch_cases.steps(optimizer, *leaves, torch_cases.SPLIT)
    for x, expected in zip(leaves, stored["between"], strict=True):
        close(x, expected)
    losses += torch_cases.steps(optimizer, *leaves, torch_cases.SPLIT)
    for x, expected in zip(leaves, stored["after"], strict=True):
        close(x, expected)
    close(losses, stored["losses"])


@pytest.mark.parametrize("tier", ["tensor", "value"])
@each_case
def test_a_state_of_pytorch_is_gone_on_from(name, settings, stored, tier):
    leaves, optimizer = started(name, {**settings, "lr": 0.7}, tier, stored["between"])
    optimizer.load_state_dict(state_of_pytorch(stored["state"]))
    torch_cases.steps(optimizer, *leaves, torch_cases.SPLIT)
    for x, expected in zip(leaves, stored["after"], strict=True):
        close(x, expected)


@each_case
def test_our_state_is_pytorchs_without_its_own_words(name, settings, stored):
    leaves, optimizer = started(name, settings, "tensor")
    torch_cases.steps(optimizer, *leaves, torch_cases.SPLIT)
    ours, theirs = optimizer.state_dict(), state_of_pytorch(stored["state"], ours=True)
    assert ours["state"].keys() == theirs["state"].keys()
    for place, row in theirs["state"].items():
        assert ours["state"][place].keys() == row.keys()
        for key, x in row.items():
            np.testing.assert_allclose(ours["state"][place][key], x, rtol=1e-9, atol=1e-12)
    assert torch_cases.plain(ours["param_groups"]) == theirs["param_groups"]


@each_case
def test_a_run_is_saved_and_goes_on_bit_for_bit(name, settings, stored, tmp_path):
    leaves, optimizer = started(name, settings, "tensor")
    torch_cases.steps(optimizer, *leaves, torch_cases.SPLIT)
    nn.save_training(tmp_path / "run.npz", optimizer=optimizer)
    again, resumed = started(name, {**settings, "lr": 0.7}, "tensor", [x.numpy() for x in leaves])
    nn.load_training(tmp_path / "run.npz", optimizer=resumed)
    torch_cases.steps(optimizer, *leaves, torch_cases.SPLIT)
    torch_cases.steps(resumed, *again, torch_cases.SPLIT)
    assert [x.tolist() for x in again] == [x.tolist() for x in leaves]


# --- what states of others hold ---


class Foreign:
    """Stands for PyTorch's tensor: an array by `__array__`, and nothing else."""

    def __init__(self, x):
        self.x = np.asarray(x)

    def __array__(self, dtype=None, copy=None):
        return self.x if dtype is None else self.x.astype(dtype)


def test_tensors_of_another_library_are_taken_as_they_are():
    w = leaf([1.0, 2.0])
    optimizer = nn.NAdam([w])
    row = {"step": np.float32(3), "mu_product": np.float32(0.25)}
    row |= {"exp_avg": [0.5, 0.25], "exp_avg_sq": np.ones(2, np.float32)}
    state = optimizer.state_dict()
    state["state"] = {0: {key: Foreign(x) for key, x in row.items()}}
    optimizer.load_state_dict(state)
    found = optimizer.state_dict()["state"][0]
    assert (found["step"], found["mu_product"]) == (3, 0.25)
    assert type(found["step"]) is int
    assert found["exp_avg"].tolist() == [0.5, 0.25]
    assert found["exp_avg_sq"].dtype == np.float64


def test_a_buffer_that_is_none_is_one_that_is_not_there():
    """As PyTorch's SGD once wrote it without a momentum."""
    optimizer = nn.SGD([leaf([1.0])])
    optimizer.load_state_dict({**optimizer.state_dict(), "state": {0: {"momentum_buffer": None}}})
    assert optimizer.state_dict()["state"] == {}


def test_what_pytorchs_schedules_leave_in_a_group_is_passed_over():
    optimizer = nn.SGD([leaf([1.0])], lr=0.5, momentum=0.9)
    state = optimizer.state_dict()
    state["param_groups"][0] |= {
        "initial_lr": 0.1, "max_lr": 1.0, "min_lr": 0.0, "base_momentum": 0.8, "max_momentum": 0.9,
        "param_names": ["w"],
    }  # fmt: skip
    optimizer.load_state_dict(state)
    assert set(optimizer.param_groups[0]) == {*optimizer.defaults, "params", "initial_lr"}


@pytest.mark.parametrize(
    ("name", "late"),
    [
        ("SGD", {"maximize"}), ("Lion", {"maximize"}),
        ("Adam", {"maximize", "amsgrad", "decoupled_weight_decay"}),
        ("AdamW", {"maximize", "amsgrad", "decoupled_weight_decay"}),
    ],
)  # fmt: skip
def test_a_state_of_before_these_settings_loads_as_what_it_was(name, late):
    w = leaf([1.0])
    optimizer = getattr(nn, name)([w], lr=0.5, weight_decay=0.1)
    before = optimizer.state_dict()
    old = copy.deepcopy(before)
    for key in late:
        del old["param_groups"][0][key]
    other = getattr(nn, name)([w], maximize=True)
    other.load_state_dict(old)
    assert other.state_dict() == before


def test_a_state_of_adamw_in_adam_decays_as_adamw():
    ends = []
    for make in (nn.Adam, nn.AdamW):
        w = leaf([1.0, 2.0])
        optimizer = make([w], lr=0.3)
        optimizer.load_state_dict(nn.AdamW([leaf([0.0, 0.0])], 0.1, weight_decay=0.5).state_dict())
        w.grad = np.ones(2)
        optimizer.step()
        ends.append(w.tolist())
    assert ends[0] == ends[1]


@pytest.mark.parametrize("step", [-1, 0.5, np.nan, np.inf, True, [1, 2], "x"])
def test_a_count_of_steps_that_is_none_is_refused(step):
    optimizer = nn.Adagrad([leaf([1.0])])
    state = {**optimizer.state_dict(), "state": {0: {"step": step, "sum": np.ones(1)}}}
    with pytest.raises(ValueError, match="'step' in the state of parameter 0"):
        optimizer.load_state_dict(state)
    assert optimizer.state_dict()["state"] == {}


def test_adagrads_state_before_a_step_loads():
    """PyTorch's has the sums from the start."""
    optimizer = nn.Adagrad([leaf([1.0])])
    row = {"step": np.array(0.0), "sum": np.array([0.5])}
    optimizer.load_state_dict({**optimizer.state_dict(), "state": {0: row}})
    assert optimizer.state_dict()["state"][0]["step"] == 0


def test_single_values_are_sorted_by_all_their_numbers():
    """NAdam's product of momenta belongs to a parameter's history, as its step does."""
    values = [Value(1.0), Value(2.0)]
    optimizer = nn.NAdam(values)
    state = optimizer.state_dict()
    row = {"step": 3, "mu_product": 0.5, "exp_avg": 0.1, "exp_avg_sq": 0.2}
    state["state"] = {0: row, 1: {**row, "mu_product": 0.25}}
    optimizer.load_state_dict(state)
    assert optimizer.state_dict() == state


# --- words of PyTorch's constructors ---


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adagrad", "Adam", "AdamW", "NAdam", "RAdam"])
def test_how_pytorch_computes_is_no_setting_here(name):
    make = getattr(nn, name)
    optimizer = make([leaf([1.0])], foreach=False, fused=None, differentiable=False)
    assert set(optimizer.param_groups[0]) == {*optimizer.defaults, "params"}
    make([leaf([1.0])], fused=True, foreach=True, capturable=False)
    for word in ("differentiable", "capturable"):
        with pytest.raises(ValueError, match=f"{word}=True is not for {name} here"):
            make([leaf([1.0])], **{word: True})
    with pytest.raises(TypeError, match="fused must be a bool"):
        make([leaf([1.0])], fused="yes")
    with pytest.raises(TypeError, match=f"{name} has no setting 'learning_rate'"):
        make([leaf([1.0])], learning_rate=0.1)


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adagrad", "Adam", "AdamW", "NAdam", "RAdam"])
def test_flags_are_true_or_false(name):
    with pytest.raises(TypeError, match="maximize must be a bool"):
        getattr(nn, name)([leaf([1.0])], maximize=1)


def test_the_rate_is_the_second_argument_and_a_group_has_its_own():
    a, b = leaf([1.0]), leaf([1.0])
    optimizer = optim.AdamW([{"params": [a], "weight_decay": 0.0}, {"params": [b], "lr": 0.5}], 0.1)
    assert [(g["lr"], g["weight_decay"]) for g in optimizer.param_groups] == [
        (0.1, 0.0),
        (0.5, 0.01),
    ]
    for group in optimizer.param_groups:
        group["lr"] *= 0.5
    assert [g["lr"] for g in optimizer.param_groups] == [0.05, 0.25]


def test_a_closure_records_where_nothing_else_does():
    w = Tensor([3.0], requires_grad=True)
    optimizer = nn.SGD([w], lr=0.25)

    def closure():
        optimizer.zero_grad(set_to_none=True)
        loss = (w * w).sum()
        loss.backward()
        return loss

    with no_grad():
        loss = optimizer.step(closure)
    assert (loss.item(), w.item()) == (9.0, 1.5)
    assert optimizer.step() is None
