"""Norms: PyTorch's numbers and running statistics, both tiers, what they refuse."""

import numpy as np
import pytest
from layer_cases import cases, check_all, wave

import nn
from engine import Tensor, ValueArray
from nn import functional as F


@cases("BatchNorm1d", "BatchNorm2d", "LayerNorm", "RMSNorm", "GroupNorm")
def test_everything_is_pytorch_s_on_both_tiers(case):
    check_all(case)


def test_running_variance_divides_by_one_less():
    layer = nn.BatchNorm1d(1, momentum=1.0)
    layer([[1.0], [3.0]])
    assert layer.running_mean.tolist() == [2.0]
    assert layer.running_var.tolist() == [2.0]  # the batch is normalized with 1.0
    assert layer.num_batches_tracked == 1


def test_eval_mode_uses_the_running_statistics_and_leaves_them_alone():
    layer = nn.BatchNorm1d(1, eps=0.0).eval()
    layer.load_state_dict(
        {"weight": [3.0], "bias": [1.0], "running_mean": [2.0], "running_var": [4.0],
         "num_batches_tracked": 5}
    )  # fmt: skip
    assert layer([[4.0]]).data.tolist() == [[4.0]]
    assert layer.running_mean.tolist() == [2.0]
    assert layer.running_var.tolist() == [4.0]
    assert layer.num_batches_tracked == 5


def test_the_scalar_copy_has_running_statistics_of_its_own():
    layer = nn.BatchNorm1d(2)
    scalar = layer.scalar()
    x = wave(3, 2)
    scalar(x)
    assert layer.running_mean.tolist() == [0.0, 0.0]
    layer(x)
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        np.testing.assert_allclose(getattr(scalar, name), getattr(layer, name), rtol=1e-14)


@pytest.mark.parametrize(
    ("layer", "x", "message"),
    [
        (nn.BatchNorm1d(2), np.ones((1, 2)), r"more than one number per channel.*\(1, 2\)"),
        (nn.BatchNorm2d(2), np.ones((1, 2, 1, 1)), "more than one number per channel"),
        (nn.BatchNorm2d(2), np.ones((0, 2, 3, 3)), "more than one number per channel"),
        (nn.BatchNorm1d(2), np.ones((4, 3)), r"\(batch, 2\) or \(batch, 2, length\), got \(4, 3\)"),
        (nn.BatchNorm1d(2), np.ones((4, 2, 2, 2)), r"BatchNorm1d takes inputs of shape \(batch, 2"),
        (nn.BatchNorm2d(2), np.ones((4, 2)), r"shape \(batch, 2, height, width\), got \(4, 2\)"),
    ],
)
def test_a_refused_batch_leaves_the_running_statistics_alone(layer, x, message):
    before = layer.state_dict()
    with pytest.raises(ValueError, match=message):
        layer(x)
    after = layer.state_dict()
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_a_batch_of_one_is_fine_in_eval_mode():
    assert nn.BatchNorm1d(2).eval()(np.ones((1, 2))).shape == (1, 2)


def test_one_sequence_has_enough_numbers():
    assert nn.BatchNorm1d(2)(wave(1, 2, 3)).shape == (1, 2, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.BatchNorm1d(0), "num_features must be at least 1, got 0"),
        (lambda: nn.BatchNorm1d(2, eps=-1), "eps must be a finite number, at least 0, got -1"),
        (lambda: nn.LayerNorm(()), "normalized_shape must name at least one axis"),
        (lambda: nn.LayerNorm((3, 0)), "normalized_shape must be at least 1, got 0"),
        (lambda: nn.RMSNorm(0), "normalized_shape must be at least 1, got 0"),
        (lambda: nn.GroupNorm(3, 4), "num_groups must divide num_channels, got 3 and 4"),
        (lambda: nn.GroupNorm(0, 4), "num_groups must be at least 1, got 0"),
    ],
)
def test_a_wrong_setting_is_refused_when_the_layer_is_made(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (nn.LayerNorm(3), (2, 4), r"layer_norm\(\) takes inputs of shape \(…, 3\), got \(2, 4\)"),
        (nn.LayerNorm((2, 3)), (3,), r"\(…, 2, 3\), got \(3,\)"),
        (nn.RMSNorm((2, 3)), (2, 3, 2), r"rms_norm\(\) takes inputs of shape \(…, 2, 3\)"),
        (nn.GroupNorm(2, 4), (2, 3), r"GroupNorm takes inputs of shape \(batch, 4, …\), got"),
        (nn.GroupNorm(2, 2), (1, 2), "group norm needs more than one number per group"),
    ],
)
def test_a_wrong_input_is_refused(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer(np.zeros(shape))


def test_functions_refuse_what_does_not_fit():
    x = wave(2, 3)
    with pytest.raises(ValueError, match=r"weight must have shape \(3,\), got \(2,\)"):
        F.layer_norm(x, 3, weight=np.ones(2))
    with pytest.raises(ValueError, match="running_mean and running_var must be given"):
        F.batch_norm(x, None, None)
    with pytest.raises(ValueError, match=r"running_var must have shape \(3,\), got \(1,\)"):
        F.batch_norm(x, np.zeros(3), np.ones(1))
    with pytest.raises(ValueError, match="num_groups must divide the 3 channels, got 2"):
        F.group_norm(x, 2)
    for call in (lambda x: F.group_norm(x, 1), lambda x: F.batch_norm(x, None, None)):
        with pytest.raises(ValueError, match=r"inputs of shape \(batch, channels, …\), got \(3,\)"):
            call(np.ones(3))
    with pytest.raises(TypeError, match="takes floating-point numbers, got dtype int64"):
        F.layer_norm(np.ones((2, 3), int), 3)


@pytest.mark.parametrize(
    ("dtype", "eps"), [(np.float16, 2.0**-10), (np.float32, 2.0**-23), (np.float64, 2.0**-52)]
)
def test_the_default_eps_of_rms_norm_is_that_of_the_dtype(dtype, eps):
    """The mean square here is eps itself: x / √(2 eps) is 0.6 and 0.8."""
    x = np.array([3.0, 4.0]) * np.sqrt(eps / 12.5)
    for layer in (nn.RMSNorm(2).to(dtype), lambda x: F.rms_norm(x, 2)):
        y = layer(Tensor(x, dtype=dtype))
        assert y.dtype == dtype
        np.testing.assert_allclose(y.data, [0.6, 0.8], rtol=0.005 if dtype == np.float16 else 1e-5)


def test_the_default_eps_of_rms_norm_on_values_is_that_of_float64():
    x = np.array([3.0, 4.0]) * np.sqrt(2.0**-52 / 12.5)
    y = nn.RMSNorm(2).scalar()(ValueArray.of(x))
    np.testing.assert_allclose(y.values, [0.6, 0.8], rtol=1e-12)


def test_a_constant_row_has_no_gradient():
    x = Tensor([[2.0, 2.0, 2.0]], requires_grad=True)
    F.layer_norm(x, 3).backward([[1.0, 2.0, 4.0]])
    np.testing.assert_allclose(x.grad.sum(), 0.0, atol=1e-12)


def test_a_layer_norm_of_large_numbers_is_exact():
    """The variance is that of the centered numbers, not a difference of large squares."""
    y = F.layer_norm(np.array([[1e8, 1e8 + 1, 1e8 + 2]]), 3, eps=0.0)
    np.testing.assert_allclose(y, [[-np.sqrt(1.5), 0.0, np.sqrt(1.5)]], rtol=1e-12)


@pytest.mark.parametrize(("of_x", "of_weight"), [("f4", "f8"), ("f8", "f4")])
def test_a_weight_of_another_dtype_gives_the_wider_of_both(of_x, of_weight):
    x, weight = wave(4, 3).astype(of_x), wave(3).astype(of_weight)
    assert F.layer_norm(Tensor(x, dtype=of_x), 3, weight).dtype == np.float64


def test_float32_statistics_are_those_of_float32():
    layer = nn.BatchNorm1d(3).to(np.float32)
    layer(wave(4, 3).astype(np.float32))
    assert layer.running_mean.dtype == layer.running_var.dtype == np.float32
    assert layer.num_batches_tracked.dtype == np.int64


def test_the_reprs_say_the_settings():
    assert repr(nn.BatchNorm1d(3)).startswith("BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True")
    assert repr(nn.GroupNorm(2, 4)).startswith("GroupNorm(2, 4, eps=1e-05, affine=True)")
    assert repr(nn.LayerNorm(3)).startswith("LayerNorm((3,), eps=1e-05, elementwise_affine=True)")


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: nn.LayerNorm(6), (4, 6)),
        (lambda: nn.RMSNorm(6), (4, 6)),
        (lambda: nn.GroupNorm(2, 4), (2, 4, 3)),
        (lambda: nn.BatchNorm1d(6), (4, 6)),
        (lambda: nn.BatchNorm2d(3), (2, 3, 4, 4)),
    ],
)
def test_norms_of_plain_data_can_be_differentiated_twice(make, shape):
    """An array was multiplied in place by a node: TypeError, where x was data and not a Tensor."""
    data = np.sin(np.arange(np.prod(shape), dtype=float)).reshape(shape)

    def second(x):
        model = make()
        (model(x) ** 3).sum().backward(create_graph=True)
        slope = model.weight.grad
        model.zero_grad()
        (slope * slope).sum().backward()
        return model.weight.grad

    np.testing.assert_allclose(second(data), second(Tensor(data, requires_grad=True)), rtol=1e-12)
