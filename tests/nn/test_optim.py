"""Optimizers: PyTorch's numbers, on either tier; groups, state, and what they refuse.

The literals are PyTorch 2.13's, in float64, after ten steps on `objective` from `START`.
"""

import copy

import numpy as np
import pytest
from helpers import leaf
from hypothesis import given, strategies as st

import nn
from engine import Tensor, Value, ValueArray, relu, to_numpy
from nn import optim

START = [0.5, -1.5, 2.0]

CASES = [
    ("SGD", {"lr": 0.03}, [1.2019279, -1.224864165, 1.224980097]),
    ("SGD", {"lr": 0.03, "momentum": 0.9}, [0.6233055827, -1.080157572, -1.392574999]),
    (
        "SGD",
        {"lr": 0.03, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1},
        [0.8789318343, -0.8271761034, -1.488419883],
    ),
    (
        "SGD",
        {"lr": 0.03, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
        [0.9665621257, -1.080317358, -1.274960295],
    ),
    ("RMSprop", {"lr": 0.03}, [1.236835195, -1.236541974, 1.291173271]),
    ("RMSprop", {"lr": 0.03, "momentum": 0.9}, [0.5306552601, -1.058923813, -0.1242508901]),
    ("RMSprop", {"lr": 0.03, "centered": True}, [1.236643065, -1.236366413, 1.288883095]),
    (
        "RMSprop",
        {"lr": 0.03, "alpha": 0.9, "centered": True, "momentum": 0.5, "weight_decay": 0.1},
        [1.257164674, -1.23645846, 1.306596378],
    ),
    ("Adagrad", {"lr": 0.3}, [1.237054019, -1.236782803, 1.293864625]),
    (
        "Adagrad",
        {"lr": 0.3, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.2},
        [1.225355176, -1.229531428, 1.339957781],
    ),
    ("Adam", {"lr": 0.1}, [1.38869369, -1.109231197, 1.159952024]),
    (
        "Adam",
        {"lr": 0.1, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1},
        [1.345248971, -1.169202109, 1.202103377],
    ),
    ("AdamW", {"lr": 0.1}, [1.382002049, -1.105279525, 1.148323672]),
    (
        "AdamW",
        {"lr": 0.1, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.3},
        [1.169880841, -1.069959763, 0.9283637405],
    ),
]

# one of each, with everything switched on that has a state of its own
ALL = [CASES[i][:2] for i in (2, 3, 7, 9, 11, 13)] + [
    ("Lion", {"lr": 0.05, "betas": (0.8, 0.95), "weight_decay": 0.1}),
    ("Adam", {"lr": 0.1, "amsgrad": True, "betas": (0.8, 0.95), "maximize": True}),
    ("NAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RAdam", {"lr": 0.1, "betas": (0.8, 0.7), "weight_decay": 0.1}),
]


def objective(p):
    """Three numbers that interact, on either tier, and as a list of Values."""
    a, b, c = p
    return (
        (a * a - 1.3) * (a * a - 1.3)
        + (b * b - 1.3) * (b * b - 1.3)
        + (c * c - 1.3) * (c * c - 1.3)
        + a * b * c * 0.7
    )


def train(optimizer, parameters, steps=10):
    """Steps on the objective; `parameters` is what `objective` unpacks."""
    for _ in range(steps):
        optimizer.zero_grad()
        objective(parameters).backward()
        optimizer.step()


@pytest.mark.parametrize(("name", "settings", "expected"), CASES)
def test_ten_steps_are_pytorchs(name, settings, expected):
    w = Tensor(START, requires_grad=True)

    train(getattr(optim, name)([w], **settings), w)

    np.testing.assert_allclose(w.numpy(), expected, rtol=0, atol=2e-9)


def test_lion_is_its_papers():
    # by hand, β₁ = 0.9, β₂ = 0.99: c = 0.9 m + 0.1 g, p −= 0.1 (sign(c) + 0.5 p), m = 0.99 m + …
    w = Tensor([1.0, -1.0, 2.0], requires_grad=True)
    optimizer = nn.Lion([w], lr=0.1, betas=(0.9, 0.99), weight_decay=0.5)

    w.grad = [2.0, -3.0, 0.0]
    optimizer.step()  # c = 0.2, −0.3, 0; m = 0.02, −0.03, 0
    np.testing.assert_allclose(w.numpy(), [0.85, -0.85, 1.9], rtol=0, atol=1e-15)

    w.grad = [-0.1, 1.0, -1.0]
    optimizer.step()  # c = 0.008, 0.073, −0.1
    np.testing.assert_allclose(w.numpy(), [0.7075, -0.9075, 1.905], rtol=0, atol=1e-15)
    (state,) = optimizer.state_dict()["state"].values()
    np.testing.assert_allclose(state["exp_avg"], [0.0188, -0.0197, -0.01], rtol=0, atol=1e-15)


@pytest.mark.parametrize(("name", "settings"), ALL)
def test_the_tiers_agree(name, settings):
    make = getattr(optim, name)
    tensor = Tensor(START, requires_grad=True)
    array = ValueArray.of(START)
    values = [Value(x) for x in START]

    train(make([tensor], **settings), tensor)
    train(make([array], **settings), array)
    train(make(values, **settings), values)

    np.testing.assert_allclose(array.values, tensor.numpy(), rtol=0, atol=1e-9)
    np.testing.assert_allclose([x.data for x in values], tensor.numpy(), rtol=0, atol=1e-9)


@pytest.mark.parametrize(("name", "settings"), ALL)
def test_float32_stays_float32(name, settings):
    w = Tensor(START, requires_grad=True, dtype=np.float32)
    wide = Tensor(START, requires_grad=True)
    optimizer = getattr(optim, name)([w], **settings)
    optimizer.param_groups[0]["lr"] = np.float64(settings["lr"])  # must not promote

    train(optimizer, w)
    train(getattr(optim, name)([wide], **settings), wide)

    assert w.dtype == np.float32
    state = optimizer.state_dict()["state"][0]
    assert {x.dtype for x in state.values() if isinstance(x, np.ndarray)} == {np.dtype("float32")}
    np.testing.assert_allclose(w.numpy(), wide.numpy(), rtol=0, atol=2e-6)


@pytest.mark.parametrize(("name", "settings"), ALL)
def test_a_single_number_can_be_a_parameter(name, settings):
    w, twin = Tensor(3.0, requires_grad=True), Tensor([3.0], requires_grad=True)
    optimizers = [getattr(optim, name)([x], **settings) for x in (w, twin)]
    for _ in range(3):
        for x, optimizer in zip((w, twin), optimizers, strict=True):
            optimizer.zero_grad()
            (x * x).sum().backward()
            optimizer.step()

    assert isinstance(w.data, np.ndarray)
    assert w.shape == ()
    assert w.item() == twin.item()


def test_a_rule_of_ones_own_runs_on_either_tier_and_cannot_change_arrays_in_place():
    class Plain(nn.Optimizer):
        def update(self, data, gradient, state, group):
            state["step"] = state.get("step", 0) + 1
            return data - group["lr"] * gradient

    class InPlace(nn.Optimizer):
        def update(self, data, gradient, state, group):
            data -= gradient
            return data

    number, w = Tensor(3.0, requires_grad=True), Tensor([3.0], requires_grad=True)
    values, value = ValueArray.of([[3.0]]), Value(3.0)
    optimizer = Plain([number, w, values, value], {"lr": 0.25})
    (number * number + (w * w).sum()).backward()
    (values * values).sum().backward()
    (value * value).backward()
    optimizer.step()
    for x in (number, w, values, value):
        assert to_numpy(x).item() == 1.5
    assert type(number._held) is np.ndarray
    with pytest.raises(ValueError, match="read-only"):
        InPlace([w], {}).step()
    assert w.item() == 1.5


# --- what has a gradient, and how often ---


@pytest.mark.parametrize("box", [leaf, Value])
def test_a_parameter_without_gradient_is_skipped(box):
    used, unused = box(1.0), box(1.0)
    optimizer = nn.AdamW([used, unused], lr=0.1, weight_decay=0.5)

    (used * 2).backward()
    optimizer.step()

    assert used.data != 1.0
    assert unused.data == 1.0
    assert list(optimizer.state_dict()["state"]) == [0]


def test_values_reached_at_different_times_have_histories_of_their_own():
    # two Values of a group, as two Tensors would: the second takes part in every other step
    numbers = {}
    for box in (Value, leaf):
        a, b, c = box(1.0), box(2.0), box(3.0)
        optimizer = nn.Adam([a, b, c], lr=0.1)
        for step in range(6):
            optimizer.zero_grad()
            (a * a + b * c if step % 2 else a * a * a).backward()
            optimizer.step()
        numbers[box] = [float(x.data) for x in (a, b, c)]
        assert [optimizer.state_dict()["state"][i]["step"] for i in range(3)] == [6, 3, 3]
    first, second = numbers.values()
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-12)


@given(
    reached=st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=6),
    which=st.sampled_from(ALL),
    reload=st.integers(0, 6),
)
def test_single_values_are_updated_as_tensors_would_be(reached, which, reload):
    name, settings = which

    def fresh(box, numbers):
        made = [box(x) for x in numbers]
        return made, getattr(optim, name)(made, **settings)

    values, ours = fresh(Value, START)
    tensors, theirs = fresh(leaf, START)
    for step, mask in enumerate(reached):
        if step == reload:  # the state goes through a fresh optimizer on the way
            state = ours.state_dict()
            values, ours = fresh(Value, [x.data for x in values])
            ours.load_state_dict(state)
        for made, optimizer in ((values, ours), (tensors, theirs)):
            optimizer.zero_grad()
            for i, there in enumerate(mask):
                if there:
                    made[i].grad = (i + 1.0) * (step - 1.5)
            optimizer.step()
        assert [x.data for x in values] == [x.item() for x in tensors]
    assert ours.state_dict() == {
        **theirs.state_dict(),
        "state": {
            i: {k: x if k == "step" else float(x) for k, x in row.items()}
            for i, row in theirs.state_dict()["state"].items()
        },
    }


def test_an_element_of_an_array_that_was_not_reached_has_gradient_zero():
    # as in a Tensor of which one row was looked up: Adam's means go on for the others
    tensor, array = Tensor([1.0, 2.0], requires_grad=True), ValueArray.of([1.0, 2.0])
    for x in (tensor, array):
        optimizer = nn.Adam([x], lr=0.1)
        for index in (0, 1, 1):
            optimizer.zero_grad()
            (x[index] * x[index]).backward()
            optimizer.step()
    np.testing.assert_allclose(array.values, tensor.numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("w", [Tensor([1.0], requires_grad=True), ValueArray.of([1.0]), Value(1.0)])
def test_a_parameter_given_twice_counts_once(w):
    optimizer = nn.SGD([w, w], lr=0.25)
    y = w * 2 if isinstance(w, Value) else (w * 2).sum()
    y.backward()

    optimizer.step()

    assert to_numpy(w).item() == 0.5
    assert len(optimizer.param_groups[0]["params"]) == 1


def test_a_graph_made_before_the_step_is_not_differentiated_with_new_numbers():
    w = Tensor([2.0, 3.0], requires_grad=True)
    y = (w * w).sum()
    y.backward()
    before = w.data

    nn.SGD([w], lr=0.1).step()

    assert before.tolist() == [2.0, 3.0]
    with pytest.raises(RuntimeError, match="changed after the graph was made"):
        y.backward()


def test_a_gradient_that_is_a_node_will_do():
    w = Tensor([2.0, 3.0], requires_grad=True)
    (w * w).sum().backward(create_graph=True)
    nn.SGD([w], lr=0.25).step()
    assert w.tolist() == [1.0, 1.5]


def test_zero_grad_forgets():
    w, v = Tensor([2.0], requires_grad=True), Value(1.0)
    optimizer = nn.SGD([w, v], lr=1.0)
    (w * w).sum().backward()
    v.backward()
    optimizer.zero_grad()
    assert w.grad is None
    assert not v.has_grad


# --- groups ---


def test_groups_have_settings_of_their_own():
    a, b = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    optimizer = nn.SGD([{"params": [a]}, {"params": b, "lr": 0.5}], lr=0.25)
    optimizer.add_param_group({"params": [c := Value(1.0)], "momentum": 0.9})

    for _ in range(2):
        optimizer.zero_grad()
        (a + b).sum().backward()
        c.backward()
        optimizer.step()

    assert (a.item(), b.item()) == (0.5, 0.0)
    assert c.data == pytest.approx(1 - 0.25 - 0.25 * 1.9)
    assert [g["lr"] for g in optimizer.param_groups] == [0.25, 0.5, 0.25]


def test_a_setting_changed_later_counts_from_then_on():
    w = Tensor([1.0], requires_grad=True)
    optimizer = nn.SGD([w], lr=0.25)
    optimizer.param_groups[0]["lr"] = 0.5
    w.grad = [1.0]
    optimizer.step()
    assert w.item() == 0.5


def test_the_repr_names_settings_and_counts():
    optimizer = nn.SGD(nn.Linear(3, 2).parameters(), lr=0.1)
    assert repr(optimizer).startswith("SGD(lr=0.1, momentum=0.0")
    assert repr(optimizer).endswith("# 8 numbers")


# --- state ---


@pytest.mark.parametrize("tier", ["tensor", "array", "values"])
@pytest.mark.parametrize(("name", "settings"), ALL)
def test_state_goes_into_a_fresh_optimizer(name, settings, tier):
    def fresh(start):
        if tier == "values":
            values = [Value(x) for x in start]
            return values, getattr(optim, name)(values, **{**settings, "lr": 0.7})
        w = Tensor(start, requires_grad=True) if tier == "tensor" else ValueArray.of(start)
        return w, getattr(optim, name)([w], **{**settings, "lr": 0.7})

    def numbers(w):
        return [x.item() for x in w]

    straight, first = fresh(START)
    first.param_groups[0]["lr"] = settings["lr"]
    train(first, straight, 4)
    state = first.state_dict()
    again, second = fresh(numbers(straight))
    second.load_state_dict(copy.deepcopy(state))
    train(first, straight, 4)
    train(second, again, 4)

    assert numbers(again) == numbers(straight)  # to the last bit
    after = first.state_dict()["state"]
    assert after.keys() == state["state"].keys()
    assert all(
        not np.array_equal(after[i][k], state["state"][i][k]) for i in after for k in after[i]
    ), "the state that was taken must not change with the optimizer"


def _adam():
    a, b = Tensor([1.0, 2.0], requires_grad=True), Tensor(3.0, requires_grad=True)
    optimizer = nn.Adam([a, b], lr=0.1)
    (a.sum() * b).backward()
    optimizer.step()
    return optimizer


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("state"), "'state' and 'param_groups'"),
        (lambda s: s["param_groups"].append(s["param_groups"][0]), "2 parameter groups"),
        (lambda s: s["param_groups"][0].pop("betas"), "betas"),
        (lambda s: s["param_groups"][0].update(momentum=0.9), "momentum"),
        (lambda s: s["param_groups"][0].update(lr=-1.0), "lr must be .* got -1"),
        (lambda s: s["param_groups"][0].update(params=[0]), "1 parameters.*has 2"),
        (lambda s: s["state"].update({7: s["state"][0]}), r"no group has: \[7\]"),
        (lambda s: s["state"][0].pop("exp_avg"), "parameter 0.*missing.*exp_avg"),
        (lambda s: s["state"][1].update(sum=np.array(1.0)), "parameter 1.*unexpected.*sum"),
        (lambda s: s["state"][1].update(exp_avg=np.zeros(3)), r"parameter 1.*shape \(\).*\(3,\)"),
        (lambda s: s["state"][1].update(exp_avg=np.array("x")), "must hold floats"),
        (lambda s: s["state"][0].update(step=0), "'step' in the state of parameter 0"),
        (lambda s: s["state"][0].update(step=1.5), "'step' in the state of parameter 0"),
    ],
)
def test_a_wrong_state_is_refused_and_nothing_changes(change, message):
    optimizer = _adam()
    before = optimizer.state_dict()
    wrong = optimizer.state_dict()
    wrong["param_groups"][0]["lr"] = 0.5
    change(wrong)

    with pytest.raises((ValueError, TypeError), match=message):
        optimizer.load_state_dict(wrong)

    after = optimizer.state_dict()
    assert after["param_groups"] == before["param_groups"]
    np.testing.assert_equal(after["state"], before["state"])


def test_the_state_of_another_optimizer_is_refused():
    w = Tensor([1.0], requires_grad=True)
    with pytest.raises(ValueError, match="not one of SGD"):
        nn.SGD([w], lr=0.1).load_state_dict(nn.Adam([w]).state_dict())


# --- bad input ---


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("SGD", {"lr": -0.1}, "lr must be a finite number, at least 0, got -0.1"),
        ("SGD", {"lr": float("nan")}, "lr must be a finite number, at least 0, got nan"),
        ("SGD", {"momentum": -1}, "momentum"),
        ("SGD", {"weight_decay": -1}, "weight_decay"),
        ("SGD", {"nesterov": True}, "nesterov needs a momentum"),
        ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "no dampening"),
        ("RMSprop", {"alpha": 1.0}, "alpha must be a finite number, at least 0, below 1, got 1.0"),
        ("RMSprop", {"momentum": -1}, "momentum"),
        ("Adagrad", {"lr_decay": -1}, "lr_decay"),
        ("Adagrad", {"initial_accumulator_value": -1}, "initial_accumulator_value"),
        ("Adam", {"betas": (0.9, 1.0)}, r"betas\[1\] .*below 1, got 1.0"),
        ("Adam", {"betas": (-0.1, 0.9)}, r"betas\[0\]"),
        ("Adam", {"betas": (0.9,)}, "betas must be two numbers"),
        ("Adam", {"eps": -1e-8}, "eps"),
        ("AdamW", {"weight_decay": -1}, "weight_decay"),
        ("Lion", {"betas": (0.9, 1.1)}, r"betas\[1\]"),
    ],
)
def test_settings_out_of_range_are_named(name, settings, message):
    w = Tensor([1.0], requires_grad=True)
    with pytest.raises(ValueError, match=message):
        getattr(optim, name)([w], **settings)
    with pytest.raises(ValueError, match=message):  # in a group as well
        getattr(optim, name)([{"params": [w], **settings}])


def test_settings_of_the_wrong_type_are_named():
    w = Tensor([1.0], requires_grad=True)
    with pytest.raises(TypeError, match="lr must be a number, got str"):
        nn.SGD([w], lr="0.1")
    with pytest.raises(TypeError, match="centered must be a bool"):
        nn.RMSprop([w], centered=1)


def test_what_is_no_parameter_is_named():
    w = Tensor([1.0], requires_grad=True)
    with pytest.raises(ValueError, match="params is empty"):
        nn.SGD([])
    with pytest.raises(ValueError, match="params of a parameter group is empty"):
        nn.SGD([{"params": []}])
    with pytest.raises(TypeError, match=r"params\[1\] must be .* got int"):
        nn.SGD([w, 3])
    with pytest.raises(TypeError, match=r"must be a list of parameters .* got a Tensor"):
        nn.SGD(w)
    with pytest.raises(ValueError, match=r"params\[0\] is a result"):
        nn.SGD([w * 2])
    with pytest.raises(ValueError, match=r"unknown settings \['momemtum'\]"):
        nn.SGD([{"params": [w], "momemtum": 0.9}])
    with pytest.raises(TypeError, match="a dict with 'params'"):
        nn.SGD([{"lr": 0.1}])
    with pytest.raises(ValueError, match="another parameter group"):
        nn.SGD([{"params": [w]}, {"params": [w]}])
    array = ValueArray.of([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(ValueError, match=r"params\[1\] shares some"):
        nn.SGD([array[0], array])


def test_a_refused_group_is_not_added():
    a, b = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    optimizer = nn.SGD([a], lr=0.1)
    with pytest.raises(ValueError, match="lr"):
        optimizer.add_param_group({"params": [b], "lr": -1})
    assert len(optimizer.param_groups) == 1
    optimizer.add_param_group({"params": [b]})


def test_relu_network_of_single_values_learns():
    nn.manual_seed(0)
    model = nn.scalar.MLP(2, [4, 1])
    optimizer = nn.Adam(model.parameters(), lr=0.05)
    points = [([0.0, 0.0], -1), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], 1)]
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = sum(relu(1 - model(x) * y) for x, y in points)
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    assert losses[-1] < 0.05 < losses[0]


def test_a_state_in_another_precision_is_taken_over_in_the_parameter_s():
    def stepped(dtype):
        w = Tensor(np.ones(3, dtype), requires_grad=True)
        optimizer = nn.Adam([w], lr=0.1)
        w.grad = np.ones(3, dtype)
        optimizer.step()
        return optimizer

    optimizer = stepped(np.float32)
    optimizer.load_state_dict(stepped(np.float64).state_dict())
    row = optimizer.state_dict()["state"][0]
    assert {x.dtype.name for x in row.values() if isinstance(x, np.ndarray)} == {"float32"}


def test_the_state_is_in_the_order_of_the_parameters():
    """Single Values are kept together, after the others."""
    weights = [Value(1.0), Tensor([1.0, 2.0], requires_grad=True), Value(2.0)]
    optimizer = nn.Adam(weights, lr=0.1)
    for w in weights:
        w.grad = 1.0 if isinstance(w, Value) else np.ones(2)
    optimizer.step()
    assert list(optimizer.state_dict()["state"]) == [0, 1, 2]
