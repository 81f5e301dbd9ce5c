"""What large batches are gone through in parts, or block by block, has the same bits as whole."""

import tracemalloc

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, choices
from nn.layers import conv_op, standardize


def numbers(shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(("filters", "size"), [(4, 9), (32, 4)])
def test_a_convolution_of_many_images_has_the_bits_of_one_of_all_at_once(
    monkeypatch, groups, filters, size
):
    def run():
        layer = nn.Conv2d(4, filters, 3, padding=1, groups=groups, rng=0).to(np.float32)
        x = Tensor(numbers((13, 4, size, size)), requires_grad=True)
        y = layer(x)
        y.backward(numbers(y.shape, 1))
        return [y.data, x.grad, layer.weight.grad, layer.bias.grad]

    whole = run()
    monkeypatch.setattr(conv_op, "AT_A_TIME", 2**15)  # three or four images
    for a, b in zip(whole, run(), strict=True):
        assert np.array_equal(a, b)
        assert a.dtype == b.dtype


def test_a_convolution_of_many_images_takes_a_part_of_its_columns_at_a_time():
    layer = nn.Conv2d(8, 8, 3, padding=1, rng=0).to(np.float32)
    x = numbers((256, 8, 16, 16))
    layer(x)
    tracemalloc.start()
    layer(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * x.nbytes  # its columns alone are nine times as large


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("approximate", ["none", "tanh"])
@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e3, 1e30])
def test_the_rule_of_gelu_has_the_same_bits_block_by_block(dtype, approximate, scale):
    g, x = numbers(20_003, 1, dtype), numbers(20_003, 0, dtype) * dtype(scale)
    y = engine.gelu(x, approximate=approximate)
    rule = choices.gelu.vjps[0]
    found = rule(g, y, x, approximate=approximate)
    assert np.array_equal(found, rule.__wrapped__(g, y, x, approximate=approximate))
    assert found.dtype == dtype
    turned = rule(*(a[::2] for a in (g, y, x)), approximate=approximate)
    assert np.array_equal(turned, found[::2])


def test_a_norm_of_arrays_has_the_bits_of_one_of_nodes():
    x, g = numbers((64, 48)), numbers((64, 48), 1)
    weight, bias = numbers(48, 2), numbers(48, 3)
    of_arrays = standardize._vjp(g, None, x, weight, bias, (-1,), 1e-5, True)
    of_nodes = standardize._vjp(Tensor(g), None, x, weight, bias, (-1,), 1e-5, True)
    for a, b in zip(of_arrays, of_nodes, strict=True):
        assert np.allclose(a, b.data, rtol=1e-5, atol=1e-6)
