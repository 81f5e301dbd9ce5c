"""`Sequential(…, checkpoint=6)`: the same model, of which a graph keeps less."""

import copy
import gc
import tracemalloc

import numpy as np
import pytest

import engine
import nn
from engine import Tensor


def layers():
    return [
        nn.Linear(4, 8, rng=0), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5, rng=1),
        nn.Linear(8, 8, rng=2), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 1, rng=3),
    ]  # fmt: skip


def batch(*shape):
    return np.random.default_rng(0).normal(size=shape)


def after_training(model):
    """Everything that three steps leave in a model."""
    engine.manual_seed(1)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        (model(batch(6, 4)) ** 2).mean().backward()
        optimizer.step()
    return {name: np.array(x) for name, x in model.state_dict().items()}


@pytest.mark.parametrize("size", [1, 2, 3, 8, 100])
def test_training_leaves_the_same_numbers_bit_for_bit(size):
    plain = after_training(nn.Sequential(*layers()))
    ours = after_training(nn.Sequential(*layers(), checkpoint=size))
    assert ours.keys() == plain.keys()
    for name in plain:
        np.testing.assert_array_equal(ours[name], plain[name], err_msg=name)


def test_each_group_is_one_node():
    y = nn.Sequential(*layers(), checkpoint=3)(batch(6, 4))
    names = [node.op.name for node in engine.toposort(y) if node.op]
    assert names == ["Sequential[0:3]", "Sequential[3:6]", "Sequential[6:8]"]


def test_all_else_is_as_it_was():
    plain, ours = nn.Sequential(*layers()), nn.Sequential(*layers(), checkpoint=3)
    assert repr(ours) == repr(plain)
    assert ours.state_dict().keys() == plain.state_dict().keys()
    ours.load_state_dict(plain.state_dict())
    assert str(nn.summary(ours, batch(6, 4))) == str(nn.summary(plain, batch(6, 4)))
    for one in (copy.deepcopy(ours), ours[:4], ours.to(np.float32)):
        assert one.checkpoint == 3
    x = batch(6, 4).astype(np.float32)
    np.testing.assert_array_equal(ours.eval()(x).data, plain.to(np.float32).eval()(x).data)
    values = ours.scalar()([[1.0, 2.0, 3.0, 4.0]]).values
    np.testing.assert_allclose(values, plain.scalar()([[1.0, 2.0, 3.0, 4.0]]).values)


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "6"])
def test_a_group_holds_one_module_at_least(wrong):
    with pytest.raises((TypeError, ValueError), match="checkpoint"):
        nn.Sequential(*layers(), checkpoint=wrong)
    model = nn.Sequential(*layers())
    model.checkpoint = wrong
    with pytest.raises((TypeError, ValueError), match="checkpoint"):
        model(batch(6, 4))


def test_modules_of_several_results_may_follow_each_other():
    class Pair(nn.Module):
        def forward(self, x):
            a, b = x if isinstance(x, tuple) else (x, x * 2.0)
            return a.tanh(), b + a

    def gradient(size):
        x = Tensor([0.5, 0.25], requires_grad=True)
        a, b = nn.Sequential(Pair(), Pair(), Pair(), checkpoint=size)(x)
        (a * b).sum().backward()
        return x.grad.tolist()

    assert gradient(2) == gradient(1) == gradient(None)


def test_hooks_on_gradients_of_a_layer_see_them_once():
    def seen(size):
        model, found = nn.Sequential(*layers(), checkpoint=size).eval(), []
        for i in (0, 2, 4, 7):
            model[i].register_full_backward_hook(
                lambda m, into, out, i=i: found.append((i, into[0], out[0]))
            )
        model(Tensor(batch(6, 4), requires_grad=True)).sum().backward()
        return found

    ours, plain = seen(3), seen(None)
    assert [one[0] for one in ours] == [one[0] for one in plain] == [7, 4, 2, 0]
    for (_, *one), (_, *other) in zip(ours, plain, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


def peak(size):
    """The memory that a step takes at most, of what NumPy and Python allocate."""
    many = [one for i in range(32) for one in (nn.Linear(64, 64, rng=i), nn.ReLU())]
    model = nn.Sequential(*many, checkpoint=size).to(np.float32)
    x = batch(512, 64).astype(np.float32)

    def step():
        model.zero_grad()
        (model(x) ** 2).mean().backward()

    step()
    gc.collect()
    tracemalloc.start()
    try:
        step()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_deep_networks_take_less_than_half_of_the_memory():
    assert peak(12) < 0.5 * peak(None)
