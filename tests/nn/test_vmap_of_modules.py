"""vmap of models: gradients of each example, ensembles, what layers draw and what they keep."""

from __future__ import annotations

import numpy as np
import pytest

import nn
import nn.functional as F
from engine import Tensor, Value, checkpoint, func, grad, stack, to_numpy, vmap

RNG = np.random.default_rng(4)
IMAGES = RNG.normal(size=(4, 1, 8, 8))
ROWS = RNG.normal(size=(4, 6))
CLASSES = np.array([0, 2, 1, 2])


def plain(model):
    return {name: np.array(to_numpy(p)) for name, p in model.named_parameters()}


def convolutions():
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1, rng=0), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 4, 3, rng=1),
        nn.GELU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(4, 3, rng=2),
    )  # fmt: skip


MODELS = {
    "mlp": (lambda: nn.MLP([6, 5, 3], activation=nn.Tanh, rng=0), ROWS),
    "convolutions": (convolutions, IMAGES),
    "layer norm": (
        lambda: nn.Sequential(nn.Linear(6, 4, rng=0), nn.LayerNorm(4), nn.Linear(4, 3, rng=1)),
        ROWS,
    ),
    "batch norm": (
        lambda: nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 3, rng=1)).eval(),
        ROWS,
    ),
}


@pytest.mark.parametrize(("make", "x"), MODELS.values(), ids=MODELS.keys())
@pytest.mark.parametrize(
    ("loss", "target"),
    [(F.cross_entropy, CLASSES), (F.mse_loss, RNG.normal(size=(4, 3)))],
    ids=["classes", "numbers"],
)
def test_gradients_of_each_example_are_those_of_a_loop_and_add_up(make, x, loss, target):
    model = make()
    weights = plain(model)

    def of_one(weights, x, t):
        return loss(nn.functional_call(model, weights, x[None]), t[None])

    each = vmap(grad(of_one), (None, 0, 0))(weights, x, target)
    whole = grad(lambda weights: loss(nn.functional_call(model, weights, x), target))(weights)
    for name in weights:
        loop = [grad(of_one)(weights, *pair)[name] for pair in zip(x, target, strict=True)]
        np.testing.assert_allclose(each[name], loop, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(each[name].mean(0), whole[name], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "model",
    [
        nn.LSTM(6, 3, rng=0),
        nn.GRU(6, 3, rng=0),
        nn.RNN(6, 3, rng=0),
        nn.MultiheadAttention(6, 2, rng=0),
        nn.GroupNorm(1, 5),
        nn.InstanceNorm1d(5, affine=True),
        nn.ConvTranspose2d(2, 3, 3, rng=0),
    ],
    ids=lambda model: type(model).__name__,
)
def test_any_layer_under_vmap_is_a_loop_over_it(model):
    x = RNG.normal(size=(3, 2, 5, 6))
    if isinstance(model, nn.ConvTranspose2d):
        x = RNG.normal(size=(3, 1, 2, 4, 4))
    call = (lambda x: model(x, x, x)) if isinstance(model, nn.MultiheadAttention) else model
    first = lambda x: y[0] if isinstance(y := call(x), tuple) else y  # noqa: E731
    for f in (first, grad(lambda x: (first(x) ** 2).sum())):
        found = vmap(f)(Tensor(x))
        np.testing.assert_allclose(
            to_numpy(found), [to_numpy(f(Tensor(one))) for one in x], rtol=1e-9, atol=1e-12
        )


def test_tokens_are_looked_up_for_each_example():
    model = nn.Sequential(nn.Embedding(7, 3, rng=0), nn.Linear(3, 2, rng=1))
    tokens = RNG.integers(0, 7, (4, 5))
    weights = plain(model)
    of_one = grad(lambda w, t: (nn.functional_call(model, w, t) ** 2).sum())
    found = vmap(of_one, (None, 0))(weights, tokens)
    for name in weights:
        loop = [of_one(weights, row)[name] for row in tokens]
        np.testing.assert_allclose(found[name], loop, rtol=1e-10, atol=1e-13)


def test_an_ensemble_is_one_model_with_a_batch_of_weights():
    models = [nn.MLP([6, 4, 2], rng=seed) for seed in range(3)]
    stacked = {
        name: np.stack([plain(model)[name] for model in models]) for name in plain(models[0])
    }
    predict = lambda weights, x: nn.functional_call(models[0], weights, x)  # noqa: E731
    shared = vmap(predict, (0, None))(stacked, ROWS)
    own = vmap(predict, (0, 0))(stacked, np.stack([ROWS, 2 * ROWS, 3 * ROWS]))

    for i, model in enumerate(models):
        np.testing.assert_allclose(to_numpy(shared[i]), to_numpy(model(ROWS)))
        np.testing.assert_allclose(to_numpy(own[i]), to_numpy(model((i + 1) * ROWS)))
    single = vmap(predict, (0, None))(stacked, ROWS[0])
    np.testing.assert_allclose(to_numpy(single), to_numpy(shared)[:, 0])


def test_dropout_draws_for_each_example():
    drop = nn.Dropout(0.5, rng=0)
    found = vmap(drop)(np.ones((50, 8)))
    again = nn.Dropout(0.5, rng=0)

    assert len(np.unique(found, axis=0)) > 20
    np.testing.assert_array_equal(found, [to_numpy(again(np.ones(8))) for _ in range(50)])


def test_statistics_that_would_change_are_refused_and_stay():
    model = nn.Sequential(nn.BatchNorm1d(6))
    before = model.state_dict()
    with pytest.raises(TypeError, match=r"must not change what it reads.*model.eval\(\)"):
        vmap(model)(np.stack([ROWS, 2 * ROWS]))
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_a_step_inside_is_refused():
    model = nn.Linear(6, 1, rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.1)

    def step(x):
        optimizer.step()
        return model(x)

    with pytest.raises(TypeError, match="must not change parameters or gradients"):
        vmap(step)(ROWS)


# --- functional_call ---


def test_a_call_with_other_parameters_leaves_the_module_as_it_was():
    model = nn.MLP([6, 5, 3], rng=0)
    other = nn.MLP([6, 5, 3], rng=1)
    before = dict(model.named_parameters())
    found = nn.functional_call(model, dict(other.named_parameters()), ROWS)

    np.testing.assert_array_equal(found.data, other(ROWS).data)
    assert all(p is before[name] for name, p in model.named_parameters())
    with pytest.raises(ValueError, match="Linear takes inputs of shape"):
        nn.functional_call(model, dict(other.named_parameters()), (ROWS[:, :2],))
    assert all(p is before[name] for name, p in model.named_parameters())


def test_some_parameters_and_buffers_may_be_given():
    model = nn.BatchNorm1d(6).eval()
    found = nn.functional_call(model, {"running_mean": np.ones(6)}, ROWS)
    np.testing.assert_allclose(found.data, (ROWS - 1) / np.sqrt(1 + model.eps))


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(2, 2, bias=False, rng=0)
        self.b = nn.Linear(2, 2, bias=False, rng=1)
        self.b.weight = self.a.weight

    def forward(self, x, scale=1.0):
        return self.b(self.a(x)) * scale


def test_a_shared_parameter_is_replaced_in_all_its_places():
    found = nn.functional_call(Tied(), {"a.weight": 2 * np.eye(2)}, ROWS[:, :2], {"scale": 3.0})
    np.testing.assert_array_equal(to_numpy(found), 12 * ROWS[:, :2])
    with pytest.raises(ValueError, match=r"a\.weight and b\.weight are one parameter"):
        nn.functional_call(
            Tied(), {"a.weight": np.eye(2), "b.weight": np.ones((2, 2))}, ROWS[:, :2]
        )


def test_names_and_shapes_that_do_not_fit_are_named():
    model = nn.Linear(6, 1, rng=0)
    with pytest.raises(ValueError, match="has no parameter 'wieght'; did you mean weight"):
        nn.functional_call(model, {"wieght": np.ones((1, 6))}, ROWS)
    with pytest.raises(ValueError, match=r"has no parameter 'zzz'$"):
        nn.functional_call(model, {"zzz": np.ones((1, 6))}, ROWS)
    with pytest.raises(ValueError, match=r"weight must have shape \(1, 6\), got \(6,\)"):
        nn.functional_call(model, {"weight": np.ones(6)}, ROWS)


class Listed(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = [Value(1.0), Value(2.0)]

    def forward(self, x):
        return self.weights[0] * x + self.weights[1]


def test_what_is_held_in_a_list_is_refused():
    name = next(iter(dict(Listed().named_parameters())))
    with pytest.raises(ValueError, match="is held in a list, and cannot be replaced"):
        nn.functional_call(Listed(), {name: 3.0}, 1.0)


def test_losses_by_pairs_of_examples_and_classes():
    found = vmap(lambda t: vmap(lambda x: F.cross_entropy(x[None], t[None]))(ROWS))(CLASSES)
    expected = [[F.cross_entropy(x[None], CLASSES[i : i + 1]) for x in ROWS] for i in range(4)]
    np.testing.assert_allclose(found, to_numpy(expected))


def test_a_checkpoint_goes_around_a_functional_call():
    layers = nn.Linear(6, 4, rng=0), nn.Linear(4, 2, rng=1)
    inside, model = nn.Sequential(*layers, checkpoint=1), nn.Sequential(*layers)
    others = {name: x + 0.1 for name, x in plain(model).items()}

    def loss(weights, model=model):
        return (nn.functional_call(model, weights, ROWS) ** 2).sum()

    with pytest.raises(RuntimeError, match=r"functional_call has put\s+back"):
        grad(lambda weights: loss(weights, inside))(others)
    found = grad(lambda weights: checkpoint(loss, weights))(others)
    for name, expected in grad(loss)(others).items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-12)


def test_stacked_states_are_found_by_their_name_in_pytorch():
    with pytest.raises(AttributeError, match=r"stack\(\[m.state_dict\(\)\[k\] for m in models"):
        func.stack_module_state  # noqa: B018
    models = [nn.MLP([6, 4, 2], rng=seed) for seed in range(3)]
    names = models[0].state_dict()
    stacked = {k: stack([m.state_dict()[k] for m in models]) for k in names}
    found = vmap(lambda w: nn.functional_call(models[0], w, ROWS))(stacked)
    np.testing.assert_allclose(to_numpy(found[2]), to_numpy(models[2](ROWS)))
