"""Everything nn exports has a numeric case, and each case fails where the thing is wrong.

A list of names could lie.  So each case (cases.py) is run twice: with the thing as it is, and with
it broken, by a thousandth, on one tier alone.  A case that does not notice is no case.
"""

import ast
import functools
import inspect
from pathlib import Path

import cases
import cases_of_layers  # noqa: F401 - they declare their cases
import cases_of_training
import numpy as np
import oracles
import pytest
from cases import BOTH, CASES, NO_TIER, VALUES, exported, function_of

import engine
import nn
from engine import Tensor, Value, ValueArray, to_numpy

#: What computes nothing by itself, and why.
WITHOUT_NUMBERS = {
    "Module": "base of the layers",
    "Optimizer": "base of the optimizers",
    "Schedule": "base of the schedules",
    "Callback": "base of the callbacks",
    "scalar.Module": "base of micrograd's models",
    "Parameter": "a leaf", "ParameterList": "test_unregistered.py compares what it holds",
    "ParameterDict": "as ParameterList",
    "EpochHistory": "a table; fit's case reads it",
    "Run": "what a callback is given",
    "Progress": "text on a terminal", "series_table": "test_sparklines.py reads it",
    "Hooked": "takes hooks off again: test_interrupts.py",
    "one_hot": "test_one_hot.py compares integers",
    "save": "test_checkpoint.py compares bits", "load": "as save",
    "Parallel": "test_parallel.py compares bits", "ParallelError": "an exception",
    "sweep": "test_sweep.py compares rows", "Sweep": "as sweep",
    "save_training": "as save", "load_training": "as save",
    "Dataset": "test_data.py counts samples", "TensorDataset": "as Dataset",
    "Subset": "as Dataset", "DataLoader": "as Dataset", "random_split": "as Dataset",
}  # fmt: skip


def without_a_case():
    """The names of what is exported and neither has a case nor a reason to have none."""
    return sorted(set(exported()) - set(CASES) - set(WITHOUT_NUMBERS))


def test_everything_exported_has_a_case():
    missing = without_a_case()
    assert not missing, (
        f"no case for {', '.join(missing)}: add one in cases_of_layers.py or cases_of_training.py"
    )


def test_no_case_is_left_of_what_is_gone():
    assert sorted({*CASES, *WITHOUT_NUMBERS} - set(exported())) == []
    assert sorted(set(CASES) & set(WITHOUT_NUMBERS)) == []


def test_what_runs_on_both_tiers_has_its_case_on_both():
    for name, thing in exported().items():
        if name in CASES:
            rate = hasattr(thing, "get_last_lr") or name in ("calculate_gain", "StepSchedule")
            expected = NO_TIER if rate else VALUES if name.startswith("scalar.") else BOTH
            assert CASES[name].tiers == expected, name


def test_the_oracles_know_nothing_of_nn():
    tree = ast.parse(Path(oracles.__file__).read_text(encoding="utf-8"))
    imported = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module]
        )
    }
    assert imported == {"math", "numpy"}


# --- broken things ---

NODES = {"tensor": Tensor, "value": Value | ValueArray, "": object}


def touches(x, tier):
    """Whether there is a node of a tier in it."""
    if isinstance(x, list | tuple):
        return any(touches(item, tier) for item in x)
    if isinstance(x, dict):
        return touches(list(x.values()), tier)
    if isinstance(x, nn.Module):
        return touches(list(x.parameters()), tier)
    if isinstance(x, nn.Optimizer):
        return touches([group["params"] for group in x.param_groups], tier)
    return isinstance(x, NODES[tier])


def nudged(y):
    """Other numbers, by a thousandth; None in place of what holds none."""
    if isinstance(y, list | tuple):
        return type(y)(nudged(item) for item in y)
    if isinstance(y, dict):
        return {key: nudged(item) for key, item in y.items()}
    if isinstance(y, float | np.ndarray | Tensor | Value):
        return y * 1.001 + 0.001
    return None


def tilted(y):
    """The same numbers with slopes that are off by a thousandth."""
    if isinstance(y, list | tuple):
        return type(y)(tilted(item) for item in y)
    return y if y is None else y + 0.001 * (y - to_numpy(y))


def nudge_leaves(y, args):
    """As `nudged`, for a function that changes the leaves it is given, and their gradients."""
    leaves = args[0] if isinstance(args[0], list) else [args[0]]
    for x in [v for p in leaves for v in (p.flat if isinstance(p, ValueArray) else [p])]:
        x.data = x.data * 1.001 + 0.001
        if x.has_grad:
            x.grad = x.grad * 1.001 + 0.001
    return y


def nudge_rate(_, args):
    """Every rate a thousandth too high."""
    for group in args[0].optimizer.param_groups:
        group["lr"] *= 1.001


def changed(original, tier, change):
    """A function that does as the original, and then changes the result, if a tier is touched."""

    @functools.wraps(original)
    def wrong(*args, **kwargs):
        y = original(*args, **kwargs)
        return change(y, args) if touches((args, kwargs), tier) else y

    return wrong


def idle(original, tier):
    """A function that does nothing, if a tier is touched."""

    @functools.wraps(original)
    def wrong(*args, **kwargs):
        runs = [(run.model, run.optimizer) for run in args if isinstance(run, nn.callbacks.Run)]
        return None if touches((args, kwargs, runs), tier) else original(*args, **kwargs)

    return wrong


def with_method(thing, name, method):
    """The class with another method."""
    return type(thing.__name__, (thing,), {name: method})


FUNCTIONS_OF_NODES = {
    "numbers": lambda f, tier: changed(f, tier, lambda y, _: nudged(y)),
    "slopes": lambda f, tier: changed(f, tier, lambda y, _: tilted(y)),
}
IN_PLACE = {
    "numbers": lambda f, tier: changed(f, tier, nudge_leaves),
    "does nothing": idle,
}
STEPS = {
    "a step too long": lambda f, tier: changed(f, tier, lambda y, a: a[1] + 1.001 * (y - a[1])),
    "uphill": lambda f, tier: changed(f, tier, lambda y, a: 2 * a[1] - y),
}
BY_CLOSURE = {
    "numbers": lambda f, tier: changed(
        f, tier, lambda y, a: nudge_leaves(y, [a[0].param_groups[0]["params"]])
    ),
    "does nothing": idle,
}


def faults(name, thing):
    """Ways to break a thing: their names, and functions of a tier that give the broken thing."""
    if not isinstance(thing, type):
        if name.endswith("_"):
            ways = IN_PLACE
        elif name in vars(nn.functional) or name == "scalar.expand":
            ways = FUNCTIONS_OF_NODES
        elif name in ("fit", "summary"):  # their results are no numbers
            ways = {"does nothing": idle}
        else:
            ways = {"numbers": FUNCTIONS_OF_NODES["numbers"]}
        return {way: functools.partial(make, thing) for way, make in ways.items()}
    if issubclass(thing, nn.Callback):
        moments = [name for name, x in vars(nn.Callback).items() if inspect.isfunction(x)]
        own = [m for m in moments if getattr(thing, m) is not getattr(nn.Callback, m)]
        parts = {m: {"does nothing": idle} for m in own}
    elif issubclass(thing, nn.Optimizer):
        parts = {"step": BY_CLOSURE} if thing.needs_closure else {"update": STEPS}
    elif hasattr(thing, "get_last_lr"):
        parts = {"step": {"rates": lambda f, tier: changed(f, tier, nudge_rate)}}
    elif hasattr(thing, "forward") and thing.forward is not nn.Module.forward:
        parts = {"forward": FUNCTIONS_OF_NODES}
    elif issubclass(thing, nn.ModuleDict):
        other = {
            "another": lambda f, tier: changed(f, tier, lambda _, a: next(iter(a[0].values())))
        }
        parts = {"__getitem__": other}
    elif issubclass(thing, nn.ModuleList):
        back = {"backwards": lambda f, tier: changed(f, tier, lambda y, _: reversed(list(y)))}
        parts = {"__iter__": back}
    else:
        parts = {"__call__": FUNCTIONS_OF_NODES}
    return {
        f"{method}: {way}": lambda tier, method=method, make=make: with_method(
            thing, method, make(getattr(thing, method), tier)
        )
        for method, ways in parts.items()
        for way, make in ways.items()
    }


each_case = pytest.mark.parametrize(
    ("name", "tier"), [(name, tier) for name, case in CASES.items() for tier in case.tiers]
)


@each_case
def test_the_numbers_are_those_of_the_oracle(name, tier):
    CASES[name].run(exported()[name], tier)


@each_case
def test_a_broken_one_is_noticed(name, tier):
    thing = exported()[name]
    ways = faults(name, thing)
    assert ways
    for way, broken in ways.items():
        try:
            CASES[name].run(broken(tier), tier)
        except (AssertionError, AttributeError, TypeError):
            continue
        pytest.fail(f"the case of {name} passes on {tier} where it is broken: {way}")


# --- three wrong ones, as they once passed ---


class PlantedInstanceNorm(nn.Module):
    """Wrong: it standardizes over the batch too, as batch norm does."""

    axes = (0, 2)

    def forward(self, x):
        mean = engine.mean(x, self.axes, True)
        return (x - mean) / engine.sqrt(engine.var(x, axis=self.axes, keepdims=True) + 1e-5)


class PlantedSignSGD(nn.Optimizer):
    """Wrong: uphill."""

    sign = 1.0

    def __init__(self, params, lr=0.1):
        super().__init__(params, {"lr": lr})

    def update(self, data, gradient, state, group):
        return data + self.sign * group["lr"] * np.sign(gradient)


class PlantedLogCoshLoss(nn.Module):
    """Wrong: the mean squared error."""

    def forward(self, x, target):
        return engine.mean((x - target) ** 2)


class RightInstanceNorm(PlantedInstanceNorm):
    axes = (2,)


class RightSignSGD(PlantedSignSGD):
    sign = -1.0


class RightLogCoshLoss(PlantedLogCoshLoss):
    def forward(self, x, target):
        return engine.mean(engine.log(engine.cosh(x - target)))


WRONG = [
    (
        PlantedInstanceNorm, RightInstanceNorm,
        function_of(oracles.instance_norm, cases.wave(2, 3, 4), call=lambda thing, x: thing()(x)),
    ),
    (PlantedSignSGD, RightSignSGD, cases_of_training.descent(oracles.sign_sgd, lr=0.1)),
    (
        PlantedLogCoshLoss, RightLogCoshLoss,
        function_of(
            oracles.log_cosh, cases.wave(3, 4), cases.wave(3, 4, start=1.0),
            call=lambda thing, x, t: thing()(x, t),
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize("wrong", [wrong for wrong, *_ in WRONG])
def test_what_is_exported_without_a_case_is_named(wrong, monkeypatch):
    monkeypatch.setattr(nn, wrong.__name__, wrong, raising=False)
    assert wrong.__name__ in without_a_case()
    with pytest.raises(AssertionError, match=wrong.__name__):
        test_everything_exported_has_a_case()


@pytest.mark.parametrize("tier", BOTH)
@pytest.mark.parametrize(("wrong", "right", "run"), WRONG)
def test_the_case_of_a_wrong_one_fails_on_its_numbers(wrong, right, run, tier):
    run(right, tier)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        run(wrong, tier)


@pytest.mark.parametrize(("wrong", "right", "run"), WRONG)
def test_with_a_case_a_new_one_is_broken_and_noticed_as_the_others_are(
    wrong, right, run, monkeypatch
):
    name = wrong.__name__
    monkeypatch.setattr(nn, name, right, raising=False)
    monkeypatch.setitem(CASES, name, cases.Case(run, BOTH))
    assert name not in without_a_case()
    for tier in BOTH:
        test_the_numbers_are_those_of_the_oracle(name, tier)
        test_a_broken_one_is_noticed(name, tier)


def test_nn_may_come_to_have_each_of_them_right_and_with_a_case(monkeypatch):
    """The names planted here are nobody else's, or adding SignSGD would break these tests."""
    for wrong, right, run in WRONG:
        name = wrong.__name__.removeprefix("Planted")
        monkeypatch.setattr(nn, name, right, raising=False)
        monkeypatch.setitem(CASES, name, cases.Case(run, BOTH))
    for wrong, *_ in WRONG:
        test_what_is_exported_without_a_case_is_named(wrong, monkeypatch)


RELU = CASES["ReLU"].run


@pytest.mark.parametrize(
    "lie",
    [
        lambda thing, tier: None,
        lambda thing, tier: thing()(Tensor([1.0])),  # runs it, and compares nothing
        lambda thing, tier: np.testing.assert_array_equal(*[thing()([1.0])] * 2),  # with itself
        lambda thing, tier: RELU(nn.ReLU, tier),  # another thing
        lambda thing, tier: RELU(thing, "tensor"),  # one tier for both
    ],
)
def test_a_case_that_compares_nothing_is_found_out(lie, monkeypatch):
    monkeypatch.setitem(CASES, "ReLU", cases.Case(lie, BOTH))
    with pytest.raises(pytest.fail.Exception, match=r"the case of ReLU passes on value where it"):
        test_a_broken_one_is_noticed("ReLU", "value")
