"""Whatever nn computes in float16 is what it computes in float64, where float16 can hold that.

Every loss, norm, pooling and layer of `nn.functional`, and every optimizer, at magnitudes from
1e-4 to 3e4 and for many numbers at once; float32 and float64 near the ends of their ranges.
"""

import inspect

import numpy as np
import pytest

import engine
import nn
from engine import Tensor
from nn import functional as F

HALF = np.float16
EPS, SMALLEST = 2.0**-10, 2.0**-24


def waves(*shape, seed=0):
    """Numbers between -1 and 1, no two alike."""
    n = int(np.prod(shape))
    return np.cos(0.7 + (1.3 + seed) * np.arange(n)).reshape(shape)


def labels(*shape, classes):
    return (np.arange(int(np.prod(shape))) * 7 % classes).reshape(shape)


#: A function of nn.functional: the call, and what numbers it is differentiated by, for a size.
FUNCTIONS = {
    "adaptive_avg_pool2d": (lambda x: F.adaptive_avg_pool2d(x, (2, 3)),
                            lambda s: [s * waves(2, 2, 64, 50)]),
    "avg_pool1d": (lambda x: F.avg_pool1d(x, 99, ceil_mode=True), lambda s: [s * waves(2, 2, 900)]),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 16, padding=3), lambda s: [s * waves(2, 2, 64, 50)]),
    "max_pool1d": (lambda x: F.max_pool1d(x, 3, padding=1), lambda s: [s * waves(2, 2, 40)]),
    "max_pool2d": (lambda x: F.max_pool2d(x, 3, padding=1), lambda s: [s * waves(2, 2, 14, 10)]),
    "batch_norm": (lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
                   lambda s: [s * waves(1000, 3), waves(3), waves(3)]),
    "group_norm": (lambda x, w, b: F.group_norm(x, 2, w, b),
                   lambda s: [s * waves(2, 4, 30, 30), waves(4), waves(4)]),
    "layer_norm": (lambda x, w, b: F.layer_norm(x, 1280, w, b),
                   lambda s: [s * waves(5, 1280), waves(1280), waves(1280)]),
    "rms_norm": (lambda x, w: F.rms_norm(x, 1280, w, eps=1e-5),
                 lambda s: [s * waves(5, 1280), waves(1280)]),
    "linear": (F.linear, lambda s: [s * waves(3000, 4), waves(3, 4), waves(3)]),
    "conv1d": (F.conv1d, lambda s: [s * waves(3000, 2, 3), waves(3, 2, 2), waves(3)]),
    "conv2d": (F.conv2d, lambda s: [s * waves(300, 2, 5, 5), waves(3, 2, 2, 2), waves(3)]),
    "conv_transpose1d": (F.conv_transpose1d,
                         lambda s: [s * waves(3000, 2, 3), waves(2, 3, 2), waves(3)]),
    "conv_transpose2d": (F.conv_transpose2d,
                         lambda s: [s * waves(300, 2, 5, 5), waves(2, 3, 2, 2), waves(3)]),
    "instance_norm": (lambda x, w, b: F.instance_norm(x, weight=w, bias=b),
                      lambda s: [s * waves(2, 4, 30, 30), waves(4), waves(4)]),
    "normalize": (F.normalize, lambda s: [s * waves(5, 1280)]),
    "cosine_similarity": (F.cosine_similarity,
                          lambda s: [s * waves(5, 1280), waves(5, 1280, seed=1)]),
    "scaled_dot_product_attention": (
        F.scaled_dot_product_attention,
        lambda s: [min(s, 300.0) * waves(3, 2), waves(500, 2), waves(500, 3)]),
    "mse_loss": (F.mse_loss, lambda s: [s * waves(9000), s * waves(9000, seed=1)]),
    "l1_loss": (F.l1_loss, lambda s: [s * waves(9000), s * waves(9000, seed=1)]),
    "huber_loss": (lambda x, t: F.huber_loss(x, t, delta=0.5),
                   lambda s: [s * waves(9000), s * waves(9000, seed=1)]),
    "smooth_l1_loss": (lambda x, t: F.smooth_l1_loss(x, t, beta=0.5),
                       lambda s: [s * waves(9000), s * waves(9000, seed=1)]),
    "hinge_loss": (lambda x: F.hinge_loss(x, np.where(labels(9000, classes=2), 1.0, -1.0)),
                   lambda s: [s * waves(9000)]),
    "binary_cross_entropy": (F.binary_cross_entropy, lambda s: [
        np.minimum(s, 1) * (0.55 + 0.44 * waves(9000)), 0.5 + 0.5 * waves(9000, seed=1)]),
    "binary_cross_entropy_with_logits": (
        lambda x, t: F.binary_cross_entropy_with_logits(x, t, pos_weight=3.0),
        lambda s: [s * waves(9000), 0.5 + 0.5 * waves(9000, seed=1)]),
    "kl_div": (F.kl_div, lambda s: [s * (waves(9000) - 1.1), 0.5 + 0.49 * waves(9000, seed=1)]),
    "cross_entropy": (lambda x: F.cross_entropy(x, labels(3000, classes=3)),
                      lambda s: [s * waves(3000, 3)]),
    "nll_loss": (lambda x: F.nll_loss(x, labels(3000, classes=3)), lambda s: [s * waves(3000, 3)]),
}  # fmt: skip

#: What is not computed from the numbers, but taken from them (or at random).
LEFT_OUT = {"dropout", "dropout2d", "embedding", "interpolate"}


def own(module):
    """The functions of a module that layers and losses define; the engine's are tested there."""
    return {
        name
        for name, f in vars(module).items()
        if inspect.isfunction(f)
        and not name.startswith("_")
        and f.__module__.startswith(("nn.layers", "nn.losses"))
    }


def test_every_function_of_nn_has_a_case_here():
    assert own(F) - LEFT_OUT == set(FUNCTIONS)


def run(function, arrays, dtype, given=HALF):
    """The result and the gradients in a dtype, of inputs that are rounded to `given` first."""
    leaves = [Tensor(x.astype(given), dtype=dtype, requires_grad=True) for x in arrays]
    y = function(*leaves)
    upstream = 0.5 + 0.25 * waves(*y.shape, seed=2) if y.shape else np.array(1.0)
    y.backward(upstream.astype(given))
    assert [x.grad.dtype for x in leaves] == [dtype] * len(leaves)
    assert y.dtype == dtype
    return [y.numpy(), *(x.grad for x in leaves)]


def assert_rounded(found, exact, dtype, near, cancelled):
    """What the dtype can hold is found, to `near` of it; what is beyond its end is inf.

    Sums that cancel are exact to `cancelled` of the largest, not of what is left.
    """
    limits = np.finfo(dtype)
    smallest, largest = float(limits.smallest_subnormal), float(limits.max)
    beyond = np.abs(exact) > largest * (1 - near)
    scale = np.max(np.abs(exact), where=~beyond, initial=0.0)
    away = np.abs(np.where(beyond, 0, found) - np.where(beyond, 0, exact))
    assert (away <= near * np.abs(exact) + cancelled * scale + 8 * smallest).all()
    assert (np.abs(found[beyond]) >= largest * (1 - 2 * near)).all()


@pytest.mark.parametrize("size", [1e-4, 1e-2, 1.0, 30.0, 300.0, 3e4])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_in_float16_a_function_is_what_it_is_in_float64(name, size):
    function, inputs = FUNCTIONS[name]
    arrays = inputs(size)
    with np.errstate(over="ignore"):  # of results that no float16 can hold
        found = run(function, arrays, HALF)
    exact = run(function, arrays, np.float64)
    for a, b in zip(found, exact, strict=True):
        assert_rounded(a, b, HALF, 2 * EPS, 0.1 * EPS)


ENDS = [
    (np.float32, np.float64, (1e-30, 1e-18, 1e17)),
    (np.float64, np.longdouble, (1e-250, 1e-150, 1e150)),
]


def test_there_is_a_longer_type_than_float64():
    """Or else nothing is learned from the comparison below."""
    assert np.finfo(np.longdouble).eps < np.finfo(np.float64).eps


@pytest.mark.parametrize(
    ("name", "dtype", "longer", "sizes"),
    [
        (name, *end)
        for end in ENDS
        for name in FUNCTIONS
        # what is gathered adds its gradients up in float64, and in nothing longer
        if (name, end[1]) != ("nll_loss", np.longdouble)
    ],
)
def test_near_the_ends_of_its_range_a_function_is_what_it_is_in_a_longer_type(
    name, dtype, longer, sizes
):
    function, inputs = FUNCTIONS[name]
    eps = float(np.finfo(dtype).eps)
    for size in sizes:
        found = run(function, inputs(size), dtype, dtype)
        exact = run(function, inputs(size), longer, dtype)
        for a, b in zip(found, exact, strict=True):
            assert_rounded(a, b, dtype, 16 * eps, 1000 * eps)


# --- optimizers ---

OPTIMIZERS = {
    "SGD": [{"lr": 0.1}, {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.1, "nesterov": True}],
    "Adam": [{"lr": 0.1}, {"lr": 0.1, "weight_decay": 0.1}],
    "AdamW": [{"lr": 0.1}],
    "RMSprop": [{"lr": 0.1}, {"lr": 0.1, "momentum": 0.9}, {"lr": 0.1, "centered": True}],
    "Adagrad": [{"lr": 0.1}, {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.1}],
    "Lion": [{"lr": 0.1}, {"lr": 0.1, "weight_decay": 0.1}],
    "NAdam": [{"lr": 0.1}, {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}],
    "RAdam": [{"lr": 0.1}, {"lr": 0.1, "betas": (0.9, 0.7)}],
}
EACH = [(name, i) for name, settings in OPTIMIZERS.items() for i in range(len(settings))]
each_optimizer = pytest.mark.parametrize(("name", "i"), EACH)


def test_every_optimizer_has_a_case_here():
    kinds = {
        name
        for name, thing in vars(nn).items()
        if inspect.isclass(thing) and issubclass(thing, nn.Optimizer) and not thing.needs_closure
    }
    assert kinds - {"Optimizer"} == set(OPTIMIZERS)


def path(name, i, gradients, dtype, given=HALF):
    """Where steps by these gradients lead from 0, and the optimizer."""
    p = Tensor(np.zeros(gradients.shape[1:]), dtype=dtype, requires_grad=True)
    optimizer = getattr(nn, name)([p], **OPTIMIZERS[name][i])
    places = []
    for g in gradients:
        p.grad = g.astype(given)
        optimizer.step()
        places.append(p.numpy())
    return np.array(places), optimizer


@pytest.mark.parametrize("size", [1e-4, 1e-2, 1.0, 300.0, 2e4])
@each_optimizer
def test_in_float16_an_optimizer_goes_where_it_goes_in_float64(name, i, size):
    gradients = size * (1.5 + waves(6, 1000))
    found, optimizer = path(name, i, gradients, HALF)
    exact, _ = path(name, i, gradients, np.float64)
    assert found.dtype == HALF
    assert (found[0] != 0).all()
    np.testing.assert_allclose(found, exact, rtol=6 * EPS, atol=6 * SMALLEST)
    for state in optimizer.state_dict()["state"].values():
        assert all(x.dtype == np.float32 for x in state.values() if isinstance(x, np.ndarray))


@pytest.mark.parametrize(
    ("dtype", "longer", "size"),
    [(np.float32, np.float64, size) for size in (1e-25, 1e-15, 1e18)]
    + [(np.float64, np.longdouble, size) for size in (1e-200, 1e150)],
)
@each_optimizer
def test_near_the_ends_of_its_range_an_optimizer_goes_where_it_goes_in_a_longer_type(
    name, i, dtype, longer, size
):
    gradients = size * (1.5 + waves(6, 10))
    found, _ = path(name, i, gradients, dtype, dtype)
    exact, _ = path(name, i, gradients, longer, dtype)
    eps, smallest = float(np.finfo(dtype).eps), float(np.finfo(dtype).tiny)
    centered = OPTIMIZERS[name][i].get("centered")  # cancels: a variance, of a mean square
    near = 1e4 * eps if centered else 64 * eps
    np.testing.assert_allclose(found.astype(longer), exact, rtol=near, atol=smallest)


@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 1e20), (np.float64, 1e154)])
@pytest.mark.parametrize("name", ["Adam", "AdamW", "RMSprop"])
def test_a_square_that_overflows_before_it_is_averaged_is_none(name, dtype, size):
    """(1 - beta) g² is representable: a first step is one of lr (for RMSprop 10 lr), not of 0."""
    p = Tensor(0.0, dtype=dtype, requires_grad=True)
    optimizer = getattr(nn, name)([p], lr=0.25)
    p.grad = size
    optimizer.step()
    np.testing.assert_allclose(p.item(), -2.5 if name == "RMSprop" else -0.25, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_centered_rmsprop_of_a_constant_gradient_never_takes_the_root_of_less_than_0(dtype):
    """The mean square less the square of the mean is 0 in the end, and may be rounded below."""
    p = Tensor(np.zeros(200), dtype=dtype, requires_grad=True)
    optimizer = nn.RMSprop([p], lr=1e-6, alpha=0.5, eps=1e-3, centered=True)
    p.grad = 0.01 * np.arange(200)
    for _ in range(200):
        optimizer.step()
        assert np.isfinite(p.data).all()
    assert (p.data[1:] < 0).all()


def test_an_optimizer_of_float16_goes_on_from_its_state():
    """The state is float32, as a copy and as a file's; one that was saved as float16 loads too."""
    gradients = 300.0 * (1.5 + waves(6, 10))
    exact, _ = path("Adam", 0, gradients, HALF)
    found, first = path("Adam", 0, gradients[:3], HALF)
    p = Tensor(found[-1], dtype=HALF, requires_grad=True)
    second = nn.Adam([p], lr=0.1)
    second.load_state_dict(first.state_dict())
    for g in gradients[3:]:
        p.grad = g.astype(HALF)
        second.step()
    np.testing.assert_array_equal(p.numpy(), exact[-1])
    saved = first.state_dict()
    saved["state"][0]["exp_avg"] = saved["state"][0]["exp_avg"].astype(HALF)
    second.load_state_dict(saved)
    assert second.state_dict()["state"][0]["exp_avg"].dtype == np.float32


def test_a_checkpoint_of_a_float16_model_keeps_the_optimizers_float32(tmp_path):
    model = nn.Linear(2, 1, rng=0).to(HALF)
    optimizer = nn.Adam(model.parameters(), lr=0.1)

    def step(model, optimizer):
        model.zero_grad()
        engine.sum(300.0 * model(Tensor([[1.0, 2.0]], dtype=HALF))).backward()
        optimizer.step()

    step(model, optimizer)
    nn.save_training(tmp_path / "run.npz", model=model, optimizer=optimizer)
    other = nn.Linear(2, 1, rng=1).to(HALF)
    again = nn.Adam(other.parameters(), lr=0.1)
    nn.load_training(tmp_path / "run.npz", model=other, optimizer=again)
    for one, two in ((model, optimizer), (other, again)):
        step(one, two)
    np.testing.assert_array_equal(model.weight.data, other.weight.data)


@pytest.mark.parametrize("layer", [nn.BatchNorm1d, nn.BatchNorm2d])
def test_the_running_variance_of_a_float16_model_is_no_float16(layer, tmp_path):
    """That of numbers of 300 is 90,000: the statistics were inf, then nan, and so was eval()."""
    shape = (500, 4) if layer is nn.BatchNorm1d else (20, 4, 5, 5)
    x = (np.random.default_rng(0).standard_normal(shape) * 300).astype(HALF)
    model = layer(4, momentum=None).to(HALF)
    model(x)
    assert model.weight.dtype == HALF
    np.testing.assert_allclose(model.running_var, 90_000, rtol=0.2)
    y = model.eval()(x)
    assert y.dtype == HALF
    np.testing.assert_allclose(y.data.astype(float).std(), 1, rtol=0.1)
    nn.save(model, tmp_path / "model.npz")
    other = layer(4).to(HALF).eval()
    nn.load(other, tmp_path / "model.npz")
    np.testing.assert_array_equal(other(x).data, y.data)
    assert {b.dtype for b in layer(4).to(np.float64).buffers()} == {np.dtype("f8"), np.dtype("i8")}
