"""Layers of ported programs: cells, transposed convolutions, instance norm, dicts and lists."""

from collections import OrderedDict

import make_torch_sequences as torch_cases
import numpy as np
import pytest
import torch_training
from layer_cases import cases, check_all, close, wave

import engine
import nn
from engine import Tensor, ValueArray, to_numpy
from nn import functional as F

KINDS = (
    "ConvTranspose1d", "ConvTranspose2d", "InstanceNorm1d", "InstanceNorm2d", "Unflatten",
    "Dropout2d", "Upsample",
)  # fmt: skip


@cases(*KINDS)
def test_results_gradients_and_training_are_pytorchs(case):
    check_all(case)


@pytest.mark.parametrize("scalar", [False, True], ids=["tensor", "value"])
@pytest.mark.parametrize("cell", torch_cases.CELLS, ids=[cell[0] for cell in torch_cases.CELLS])
def test_a_cell_trains_as_pytorchs_with_the_same_weights(cell, scalar):
    name, kind, options, x, states = cell
    torch_training.check(
        getattr(nn, kind)(3, 2, **options),
        torch_cases.cell_inputs(kind, x, states),
        torch_cases.step_of,
        torch_training.TORCH["cells"][name],
        scalar,
    )


@pytest.mark.parametrize("scalar", [False, True], ids=["tensor", "value"])
@pytest.mark.parametrize("encoder", torch_cases.ENCODERS, ids=[e[0] for e in torch_cases.ENCODERS])
def test_an_encoder_trains_as_pytorchs_with_the_same_weights(encoder, scalar):
    name, options, norm, x, keywords = encoder
    torch_training.check(
        torch_cases.encoder_of(nn, options, norm),
        [x],
        lambda model, x: [model(x, **keywords)],
        torch_training.TORCH["encoder"][name],
        scalar,
    )


def test_an_encoder_layer_is_causal_by_a_word_or_by_a_mask():
    layer = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, rng=0)
    x = wave(5, 2, 4)
    later = np.triu(np.ones((5, 5), bool), 1)
    np.testing.assert_array_equal(layer(x, is_causal=True).data, layer(x, later).data)
    np.testing.assert_array_equal(
        nn.TransformerEncoder(layer, 1)(x, is_causal=True).data, layer(x, later).data
    )
    assert repr(nn.TransformerEncoderLayer(4, 2, 6, batch_first=True)).split("\n")[1] == (
        "  norm_first=False, dropout=0.1, batch_first=True"
    )
    block = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, norm_first=True, dtype=np.float32)
    assert repr(block).split("\n")[1].startswith("  (self_attn)")
    assert {p.dtype for p in block.parameters()} == {np.dtype(np.float32)}


def test_the_layers_of_an_encoder_are_copies():
    layer = nn.TransformerEncoderLayer(4, 2, 6, rng=0)
    encoder = nn.TransformerEncoder(layer, 2)
    first, second = (part.linear1.weight for part in encoder.layers)
    assert first.tolist() == second.tolist() == layer.linear1.weight.tolist()
    assert len({id(first), id(second), id(layer.linear1.weight)}) == 3
    assert len(list(encoder.parameters())) == 2 * len(list(layer.parameters()))


def test_steps_of_a_cell_are_the_layer_over_the_sequence():
    for cell, layer in (
        (nn.RNNCell(3, 2, rng=0), nn.RNN(3, 2, rng=0)),
        (nn.GRUCell(3, 2, rng=0), nn.GRU(3, 2, rng=0)),
    ):
        x, h, found = wave(4, 5, 3), None, []
        for xt in x:
            h = cell(xt, h)
            found.append(to_numpy(h))
        close(np.stack(found), to_numpy(layer(x)[0]))


def test_cells_refuse_what_does_not_fit():
    cell = nn.LSTMCell(3, 2, rng=0)
    with pytest.raises(ValueError, match=r"LSTMCell takes inputs of shape \(…, 3\), got \(5, 4\)"):
        cell(np.ones((5, 4)))
    with pytest.raises(ValueError, match=r"LSTMCell takes inputs of shape \(batch, 3\) or \(3,\)"):
        cell(np.ones((2, 5, 3)))
    with pytest.raises(TypeError, match=r"states must be the pair \(h, c\), got ndarray"):
        cell(np.ones((2, 3)), np.ones((2, 2)))
    with pytest.raises(ValueError, match=r"c must have shape \(2, 2\), got \(2,\)"):
        cell(np.ones((2, 3)), (np.ones((2, 2)), np.ones(2)))
    with pytest.raises(ValueError, match="nonlinearity must be 'tanh' or 'relu', got 'gelu'"):
        nn.RNNCell(3, 2, nonlinearity="gelu")
    assert repr(nn.RNNCell(3, 2, False, "relu")).startswith(
        "RNNCell(3, 2, bias=False, nonlinearity='relu')"
    )


def test_a_transposed_convolution_is_the_gradient_of_the_convolution():
    x, w = wave(2, 3, 5, 6), wave(4, 3, 3, 2, start=1.0)
    image = Tensor(x, requires_grad=True)
    y = F.conv2d(image, w, stride=(2, 1), padding=(1, 0))
    g = wave(*y.shape, start=2.0)
    (y * g).sum().backward()
    back = F.conv_transpose2d(g, w, stride=(2, 1), padding=(1, 0))
    close(back, np.asarray(image.grad))


def test_a_transposed_convolution_passes_gradcheck_to_second_order():
    def f(x, w, b):
        return F.conv_transpose2d(x, w, b, stride=2, padding=1, output_padding=1) ** 2

    assert engine.gradcheck(f, (wave(1, 2, 2, 3), wave(2, 1, 3, 2, start=1.0), wave(1)))


def test_transposed_convolutions_refuse_what_does_not_fit():
    x, w = np.ones((1, 2, 3, 3)), np.ones((2, 1, 2, 2))
    for arguments, said in (
        ({"output_padding": 1}, r"output_padding must be below stride \(1, 1\), got \(1, 1\)"),
        ({"padding": "same"}, "padding must be an int, got str: 'same'"),
        ({"padding": 2}, r"padding of conv_transpose2d\(\) leaves nothing of the result: its size"),
        ({"groups": 3}, r"groups must divide the 2 channels of conv_transpose2d\(\), got 3"),
        ({"bias": np.ones(2)}, r"bias of conv_transpose2d\(\) must have shape \(1,\), got \(2,\)"),
    ):
        with pytest.raises((ValueError, TypeError), match=said):
            F.conv_transpose2d(x, w, **arguments)
    with pytest.raises(ValueError, match=r"must have shape \(channels, filters / groups, kernel,"):
        F.conv_transpose2d(x, w[0])
    with pytest.raises(ValueError, match=r"takes inputs of shape \(batch, 3, height, width\)"):
        F.conv_transpose2d(x, np.ones((3, 1, 2, 2)))
    assert "stride=(3, 3), output_padding=(2, 2)" in repr(
        nn.ConvTranspose2d(1, 1, 2, stride=3, output_padding=2)
    )


def test_instance_norm_says_that_it_keeps_no_running_statistics():
    with pytest.raises(ValueError, match="track_running_stats of InstanceNorm2d must be False"):
        nn.InstanceNorm2d(3, track_running_stats=True)
    with pytest.raises(ValueError, match=r"InstanceNorm1d takes inputs of shape \(batch, 3, len"):
        nn.InstanceNorm1d(3)(np.ones((2, 4, 5)))
    with pytest.raises(ValueError, match="more than one number in a channel, got"):
        nn.InstanceNorm1d(3)(np.ones((2, 3, 1)))
    assert repr(nn.InstanceNorm1d(3)) == "InstanceNorm1d(3, eps=1e-05, affine=False)"


def test_dropout2d_takes_images_only():
    with pytest.raises(ValueError, match=r"images of shape \(batch, channels, height, width\)"):
        nn.Dropout2d(0.5)(np.ones((2, 3, 4)))


def test_interpolate_names_what_does_not_fit():
    x = np.ones((1, 1, 2, 3))
    for arguments, said in (
        ({}, "needs size or scale_factor, and not both"),
        ({"size": 2, "scale_factor": 2}, "needs size or scale_factor, and not both"),
        ({"size": 2, "mode": "bilinear"}, "mode must be 'nearest', the only one there is, got 'bi"),
        ({"size": (1, 2, 3)}, r"got \(1, 2, 3\) for 2 axes of space"),
        ({"scale_factor": 0.25}, "scale_factor 0.25 leaves nothing of an axis of 2"),
        ({"size": 0}, "size must be at least 1, got 0"),
    ):
        with pytest.raises(ValueError, match=said):
            F.interpolate(x, **arguments)
    with pytest.raises(ValueError, match=r"height, width\), got \(2, 3\)"):
        F.interpolate(x[0, 0], size=2)
    assert repr(nn.Upsample(scale_factor=2)) == "Upsample(scale_factor=2, mode='nearest')"
    assert repr(nn.Upsample(4)) == "Upsample(size=4, mode='nearest')"


def test_unflatten_undoes_flatten_and_names_what_does_not_fit():
    x = wave(2, 3, 4)
    np.testing.assert_array_equal(nn.Unflatten(1, (3, 4))(nn.Flatten()(x)), x)
    with pytest.raises(ValueError, match=r"make \(2, 5\) of axis 1, which has length 12"):
        nn.Unflatten(1, (2, 5))(x.reshape(2, 12))
    with pytest.raises(IndexError, match=r"axis 2 got an input of shape \(2, 12\)"):
        nn.Unflatten(2, (2, 6))(x.reshape(2, 12))
    with pytest.raises(TypeError, match="unflattened_size must be a tuple of ints, got 12"):
        nn.Unflatten(1, 12)
    assert repr(nn.Unflatten(1, (2, 3))) == "Unflatten(dim=1, unflattened_size=(2, 3))"


# --- directions; the numbers are PyTorch's ---


def test_normalize_and_cosine_similarity_are_pytorchs():
    x = Tensor([[3.0, 4.0], [0.0, 0.0], [1.0, -2.0]], requires_grad=True)
    y = F.normalize(x)
    close(y.data, [[0.6, 0.8], [0.0, 0.0], [0.4472135954999579, -0.8944271909999159]])
    (y * [[1.0, 2.0]]).sum().backward()
    close(x.grad[0], [-0.064, 0.048])
    close(x.grad[1] / 1e12, [1.0, 2.0])  # divided by eps, and no nan
    close(F.normalize(x, p=1, dim=0).data[:, 0], [0.75, 0.0, 0.25])
    zero = F.cosine_similarity(Tensor([[0.0, 0.0], [1.0, 2.0]]), Tensor([[1.0, 2.0], [2.0, 1.0]]))
    close(zero.data, [0.0, 0.8])


def test_cosine_similarity_broadcasts_as_pytorchs():
    words, query = wave(5, 3), wave(3, start=1.0)
    expected = words @ query / np.linalg.norm(words, axis=1) / np.linalg.norm(query)
    close(F.cosine_similarity(words, query), expected)
    close(F.cosine_similarity(query, words, dim=1), expected)
    assert repr(nn.CosineSimilarity(dim=0)) == "CosineSimilarity(dim=0, eps=1e-08)"


# --- given embeddings ---


@pytest.mark.parametrize("freeze", [True, False])
def test_an_embedding_from_given_rows_learns_unless_it_is_frozen(freeze):
    rows = wave(4, 3)
    layer = nn.Embedding.from_pretrained(Tensor(rows), freeze=freeze, padding_idx=1)
    assert layer.weight.requires_grad is not freeze
    assert (layer.num_embeddings, layer.embedding_dim) == (4, 3)
    y = layer(np.array([[0, 1], [1, 3]]))
    close(y.data, rows[[[0, 1], [1, 3]]])  # the padding row keeps its numbers
    if not freeze:
        y.sum().backward()
        close(layer.weight.grad.sum(axis=1), [3.0, 0.0, 0.0, 3.0])
    rows[0] = 9.0
    assert layer.weight.data[0, 0] != 9.0


def test_given_rows_keep_their_dtype_and_must_be_a_matrix_of_floats():
    assert nn.Embedding.from_pretrained(np.ones((2, 3), np.float32)).weight.dtype == np.float32
    with pytest.raises(ValueError, match=r"shape \(num_embeddings, embedding_dim\), got \(3,\)"):
        nn.Embedding.from_pretrained(np.ones(3))
    with pytest.raises(TypeError, match="takes floating-point numbers, got dtype int64"):
        nn.Embedding.from_pretrained(np.ones((2, 3), int))


# --- dicts and lists of modules and parameters ---


def test_a_module_dict_does_what_a_dict_does():
    heads = nn.ModuleDict([["a", nn.Linear(2, 3)], ["b", nn.ReLU()]])
    heads["c"] = nn.Linear(3, 1)
    assert list(heads.keys()) == list(heads) == ["a", "b", "c"]
    assert [name for name, _ in heads.items()] == ["a", "b", "c"]
    assert heads.values()[0] is heads["a"] is heads.a
    assert "b" in heads
    assert len(heads) == 3
    assert isinstance(heads.pop("b"), nn.ReLU)
    del heads["c"]
    assert [name for name, _ in heads.named_parameters()] == ["a.weight", "a.bias"]
    assert list(heads.update(nn.ModuleDict({"d": nn.Tanh()}))) == ["a", "d"]
    heads.clear()
    assert len(heads) == 0
    assert list(heads.parameters()) == []


def test_a_dict_of_modules_refuses_what_it_cannot_keep():
    heads = nn.ModuleDict(OrderedDict(a=nn.ReLU()))
    with pytest.raises(KeyError, match="b"):
        heads["b"]
    with pytest.raises(KeyError, match="b"):
        del heads["b"]
    with pytest.raises(TypeError, match=r"ModuleDict holds Modules, 'b' is a float: 1\.0"):
        heads["b"] = 1.0
    with pytest.raises(ValueError, match="ModuleDict has an attribute 'keys' already"):
        heads["keys"] = nn.ReLU()
    for key in ("a.b", "", 1):
        with pytest.raises(ValueError, match="a key of ModuleDict must be a name, got"):
            heads[key] = nn.ReLU()
    assert list(heads) == ["a"]


def test_parameters_in_lists_and_dicts_are_found_and_tensors_become_parameters():
    w, b = Tensor([[1.0, 2.0]]), nn.Parameter([3.0])
    for holder in (nn.ParameterDict({"w": w, "b": b}), nn.ParameterList([w, b])):
        parts = holder.values() if isinstance(holder, nn.ParameterDict) else list(holder)
        assert [type(p) for p in parts] == [nn.Parameter] * 2
        assert parts[1] is b
        assert parts[0].requires_grad
        assert len(list(holder.parameters())) == 2
        copied = holder.scalar()
        assert all(isinstance(p, ValueArray) for p in copied.parameters())


def test_what_would_not_learn_is_no_parameter():
    result = nn.Parameter([1.0]) * 2
    for make in (lambda x: nn.ParameterList([x]), lambda x: nn.ParameterDict({"w": x})):
        with pytest.raises(TypeError, match="is a result of operations, which would not learn"):
            make(result)
        with pytest.raises(TypeError, match="is a ndarray"):
            make(np.ones(2))


def test_a_dict_of_modules_that_nothing_finds_is_to_be_a_module_dict():
    class Heads(nn.Module):
        def __init__(self):
            self.heads = {"a": nn.Linear(1, 1)}

    with pytest.warns(UserWarning, match=r"make that an nn\.ModuleDict"):
        list(Heads().parameters())


def test_lists_of_modules_and_parameters_grow_and_are_sliced_as_pytorchs():
    layers = nn.ModuleList([nn.Linear(1, 2)])
    layers += [nn.ReLU(), nn.Linear(2, 1)]
    assert len(layers) == 3
    assert isinstance(layers[-1], nn.Linear)
    weights = nn.ParameterList([nn.Parameter([1.0])])
    weights += [nn.Parameter([2.0]), nn.Parameter([3.0])]
    part = weights[1:]
    assert isinstance(part, nn.ParameterList)
    assert [p.item() for p in part] == [2.0, 3.0]
    assert part[0] is weights[1]
