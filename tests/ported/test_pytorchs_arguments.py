"""Arguments that PyTorch's layers take: `dtype`, `device`, `inplace`; and paths people import."""

import copy
import inspect

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, to_numpy
from nn import functional as F
from nn.utils import (
    clip_grad_norm_,
    clip_grad_value_,
    parameters_to_vector,
    vector_to_parameters,
)

#: Every layer whose class in PyTorch takes `device` and `dtype`, and how one is made.
WITH_DTYPE = {
    "BatchNorm1d": (3,), "BatchNorm2d": (3,), "Conv1d": (2, 3, 2), "Conv2d": (2, 3, 2),
    "ConvTranspose1d": (2, 3, 2), "ConvTranspose2d": (2, 3, 2), "Embedding": (4, 3),
    "GRU": (2, 3), "GRUCell": (2, 3), "GroupNorm": (1, 3), "InstanceNorm1d": (3,),
    "InstanceNorm2d": (3,), "LSTM": (2, 3), "LSTMCell": (2, 3), "LayerNorm": (3,),
    "Linear": (2, 3), "MultiheadAttention": (4, 2), "RMSNorm": (3,), "RNN": (2, 3),
    "RNNCell": (2, 3), "TransformerEncoderLayer": (4, 2, 8),
}  # fmt: skip
WITH_INPLACE = ("Dropout", "Dropout2d", "ELU", "LeakyReLU", "ReLU", "SiLU")


@pytest.mark.parametrize("name", WITH_DTYPE)
def test_a_layer_is_made_in_the_dtype_asked_for(name):
    make, args = getattr(nn, name), WITH_DTYPE[name]
    usual = make(*args)
    assert {p.dtype for p in usual.parameters()} <= {np.dtype(np.float64)}
    layer = make(*args, device="cpu", dtype=np.float32)
    assert {p.dtype for p in layer.parameters()} <= {np.dtype(np.float32)}
    assert {b.dtype for b in layer.buffers() if b.dtype.kind == "f"} <= {np.dtype(np.float32)}
    assert list(layer.state_dict()) == list(usual.state_dict())
    with pytest.raises(ValueError, match="there is only the CPU: device must be 'cpu', got 'cuda'"):
        make(*args, device="cuda")


def test_every_layer_that_takes_a_dtype_is_tested_with_one():
    layers = {
        name for name in nn.layers.__all__
        if inspect.isclass(thing := getattr(nn, name))
        and "dtype" in inspect.signature(thing).parameters
    }  # fmt: skip
    assert layers - {"MultiHeadAttention"} == set(WITH_DTYPE)


@pytest.mark.parametrize("name", WITH_INPLACE)
def test_inplace_is_taken_and_the_input_stays_as_it_is(name):
    x = np.full((1, 2, 2, 2), -1.0)
    layer = getattr(nn, name)(inplace=True).eval()
    np.testing.assert_array_equal(
        to_numpy(layer(Tensor(x))), to_numpy(getattr(nn, name)().eval()(Tensor(x)))
    )
    assert (x == -1.0).all()
    with pytest.raises(TypeError, match=r"inplace must be a bool, got float: 0\.5"):
        getattr(nn, name)(inplace=0.5)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "silu"])
def test_activations_as_functions_take_inplace(name):
    x = Tensor([-1.0, 2.0], requires_grad=True)
    y = getattr(F, name)(x, inplace=True)
    assert y.op is getattr(engine, name)
    assert y.tolist() == getattr(engine, name)(x).tolist()
    assert x.tolist() == [-1.0, 2.0]
    assert F.dropout(x, 0.5, training=False, inplace=True).tolist() == [-1.0, 2.0]


def test_relu_takes_no_other_argument():
    with pytest.raises(TypeError, match="unexpected keyword argument 'slope'"):
        nn.ReLU(slope=0.1)


def test_softmax_converts_to_a_dtype_before():
    x = Tensor([1.0, 2.0], requires_grad=True, dtype=np.float32)
    for function in (F.softmax, F.log_softmax):
        y = function(x, dim=-1, dtype=np.float64)
        assert y.dtype == np.float64
        y[0].backward()
        assert x.grad.dtype == np.float32


# --- where a model is, and in what dtype ---


def test_a_model_moves_to_the_cpu_and_stays_what_it_is():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    before = model.state_dict()
    for moved in (
        model.to(),
        model.to("cpu"), model.to(engine.device("cpu")), model.to(device="cpu:0"), model.cpu(),
    ):  # fmt: skip
        assert moved is model
    assert all((model.state_dict()[name] == array).all() for name, array in before.items())
    assert model[0].weight.dtype == np.float64


def test_a_model_changes_its_dtype_by_every_name():
    model = nn.Linear(2, 3)
    for change, dtype in (
        (lambda: model.to("cpu", np.float32), np.float32),
        (lambda: model.to(device="cpu", dtype=np.float64), np.float64),
        (lambda: model.to("float32"), np.float32),
        (lambda: model.half(), np.float16),
        (lambda: model.type(np.float64), np.float64),
        (lambda: model.float(), np.float32),
        (lambda: model.double(), np.float64),
    ):
        assert change() is model
        assert model.weight.dtype == dtype


@pytest.mark.parametrize("device", ["cuda", "cuda:1", "mps"])
def test_another_device_is_refused_by_name(device):
    model = nn.Linear(2, 3)
    with pytest.raises(ValueError, match="there is only the CPU: device must be 'cpu', got"):
        model.to(device=device)


def test_a_scalar_model_stays_on_the_cpu_too():
    model = nn.Linear(2, 3).scalar()
    assert model.to("cpu") is model


# --- paths ---


def test_clipping_is_where_pytorch_has_it():
    assert nn.utils.clip_grad_norm_ is clip_grad_norm_ is nn.clip_grad_norm_
    assert nn.utils.clip_grad_value_ is clip_grad_value_ is nn.clip_grad_value_


def test_loaders_and_datasets_are_where_pytorch_has_them():
    from nn.utils.data import DataLoader, TensorDataset

    assert nn.utils.data.DataLoader is DataLoader is nn.DataLoader
    assert TensorDataset is nn.TensorDataset


@pytest.mark.parametrize("scalar", [False, True], ids=["tensor", "value"])
def test_parameters_go_into_a_vector_and_back(scalar):
    model, other = nn.Linear(2, 3, rng=0), nn.Linear(2, 3, rng=1)
    if scalar:
        model, other = model.scalar(), other.scalar()
    vector = parameters_to_vector(model.parameters())
    expected = np.concatenate([to_numpy(p).ravel() for p in model.parameters()])
    assert to_numpy(vector).tolist() == expected.tolist()
    (vector * np.arange(9.0)).sum().backward()
    grads = [np.asarray(p.grad, float).ravel() for p in model.parameters()]
    assert np.concatenate(grads).tolist() == list(range(9))
    vector_to_parameters(vector, other.parameters())
    for p, q in zip(model.parameters(), other.parameters(), strict=True):
        assert to_numpy(p).tolist() == to_numpy(q).tolist()


def test_a_vector_that_does_not_fit_changes_nothing():
    model = nn.Linear(2, 3, rng=0)
    before = model.state_dict()
    for vector in (np.zeros(8), np.zeros(10), np.zeros((3, 3))):
        with pytest.raises(ValueError, match=r"vec must have shape \(9,\) for these parameters"):
            vector_to_parameters(vector, model.parameters())
    assert all((model.state_dict()[name] == array).all() for name, array in before.items())
    with pytest.raises(ValueError, match="needs at least one parameter"):
        parameters_to_vector([])


# --- as programs write a model ---


def test_a_model_is_initialized_and_counted_as_gpt_py_does_it():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("tril", Tensor(np.tril(np.ones((4, 4)))))
            self.proj = nn.Linear(3, 3)
            self.scale = nn.Parameter(Tensor(np.ones(3)))
            self.apply(self._init_weights)

        def _init_weights(self, module):
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, mean=0.0, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

        def forward(self, x):
            t = x.shape[1]
            scores = (self.proj(x) * self.scale) @ x.transpose(-2, -1)
            return scores.masked_fill(self.tril[:t, :t] == 0, float("-inf")).softmax(-1)

    nn.manual_seed(0)
    model = Model().to("cpu")
    assert sum(p.numel() for p in model.parameters()) == 15
    assert np.abs(model.proj.weight.data).max() < 0.1
    assert model.proj.bias.tolist() == [0.0] * 3
    assert list(model.state_dict()) == ["scale", "tril", "proj.weight", "proj.bias"]
    y = model(Tensor(np.ones((1, 3, 3))))
    np.testing.assert_allclose(y.data[0], [[1, 0, 0], [1 / 2, 1 / 2, 0], [1 / 3] * 3], atol=1e-12)


# --- buffers and states are as friendly as gradients ---


def test_an_average_of_a_model_follows_its_buffers_too():
    """A running mean by (1 - momentum) of the old and momentum of the batch's: [1], then [1.9]."""
    model = nn.Sequential(nn.BatchNorm1d(1))
    average = copy.deepcopy(model).requires_grad_(False)
    with engine.no_grad():
        for _ in range(2):
            model(np.array([[9.0], [11.0]]))
            for a, b in zip(average.buffers(), model.buffers(), strict=True):
                a.copy_(b)

    assert model[0].running_mean.clone().view(1, -1).tolist() == [[1.9]]
    assert [buffer.tolist() for buffer in average.buffers()] == [[1.9], [pytest.approx(1.19)], 2]


def test_a_buffer_made_of_a_tensor_has_a_tensors_methods_and_keeps_them():
    class Masked(nn.Module):
        def __init__(self):
            self.register_buffer("mask", engine.tril(engine.ones(4, 4)).view(1, 1, 4, 4))
            self.register_buffer("plain", np.zeros(2))

    model = Masked()
    for changed in (model, model.to(np.float32), model.scalar()):
        assert changed.mask.size(-1) == 4
        assert changed.mask.view(4, 4).bool().tolist() == np.tri(4, dtype=bool).tolist()
        assert type(changed.plain) is np.ndarray
    model.load_state_dict({"mask": np.zeros((1, 1, 4, 4)), "plain": np.ones(2)})
    assert model.mask.bool().any().item() is False
    assert model.mask.dtype == np.float32


def test_a_state_is_cloned_and_averaged_as_pytorchs():
    model = nn.Linear(2, 2, rng=0)
    best = {name: array.clone() for name, array in model.state_dict().items()}
    nn.init.zeros_(model.weight)
    mean = {k: (best[k] + v) / 2 for k, v in model.state_dict().items()}
    model.load_state_dict(mean)
    assert (model.weight.data == best["weight"] / 2).all()


def test_the_data_of_a_parameter_is_initialized_as_dcgan_does_it():
    def weights_init(module):
        name = module.__class__.__name__
        if name.find("Conv") != -1:
            nn.init.normal_(module.weight.data, 0.0, 0.02)
        elif name.find("BatchNorm") != -1:
            nn.init.constant_(module.weight.data, 3.0)

    nn.manual_seed(0)
    model = nn.Sequential(nn.ConvTranspose2d(2, 3, 4, bias=False), nn.BatchNorm2d(3))
    model.apply(weights_init)
    assert 0 < np.abs(model[0].weight.data).max() < 0.1
    assert model[1].weight.tolist() == [3.0] * 3
    with pytest.raises(TypeError, match="tensor must be a Tensor, its data, or a ValueArray, got"):
        nn.init.zeros_(np.zeros(2, int))
