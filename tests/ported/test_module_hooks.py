"""Hooks of modules: before and after forward, and with the gradients of what goes in and out."""

import copy
from collections import namedtuple

import numpy as np
import pytest

import nn
from engine import Tensor, grad_of, no_grad
from engine.node_hooks import HOOKS

W = np.array([[1.0, 2.0], [3.0, 4.0]])
X = np.array([[1.0, -1.0]])


def linear():
    layer = nn.Linear(2, 2, bias=False)
    layer.weight.data = W
    return layer


class Two(nn.Module):
    """Two inputs, two outputs, and one that is no Tensor."""

    def forward(self, a, b, scale=1.0):
        return (a * b).sum() * scale, a + b, "text"


def test_a_full_backward_hook_sees_what_goes_in_and_out():
    """PyTorch 2.13: ((tensor([[4., 6.]]),), (tensor([[1., 1.]]),))."""
    seen = []
    layer = linear()
    layer.register_full_backward_hook(lambda module, i, o: seen.append((module, i, o)))
    x = Tensor(X, requires_grad=True)
    layer(x).sum().backward()

    ((module, grad_input, grad_output),) = seen
    assert module is layer
    assert [g.tolist() for g in grad_input] == [[[4.0, 6.0]]]
    assert [g.tolist() for g in grad_output] == [[[1.0, 1.0]]]
    assert x.grad.tolist() == [[4.0, 6.0]]
    assert layer.weight.grad.tolist() == [[1.0, -1.0], [1.0, -1.0]]


def test_what_it_returns_takes_the_place_of_grad_input():
    layer = linear()
    layer.register_full_backward_hook(lambda module, i, o: (i[0] * 10,))
    layer.register_full_backward_hook(lambda module, i, o: i[0] + 1)
    x = Tensor(X, requires_grad=True)
    layer(x).sum().backward()

    assert x.grad.tolist() == [[41.0, 61.0]]
    assert layer.weight.grad.tolist() == [[1.0, -1.0], [1.0, -1.0]]


def test_a_pre_hook_replaces_grad_output_before_the_module_sees_it():
    layer = linear()
    layer.register_full_backward_pre_hook(lambda module, o: (o[0] * 10,))
    seen = []
    layer.register_full_backward_hook(lambda module, i, o: seen.append(o[0].tolist()))
    x = Tensor(X, requires_grad=True)
    layer(x).sum().backward()

    assert seen == [[[10.0, 10.0]]]
    assert x.grad.tolist() == [[40.0, 60.0]]
    assert layer.weight.grad.tolist() == [[10.0, -10.0], [10.0, -10.0]]


def test_where_no_input_requires_a_gradient_the_hook_is_called_with_none():
    seen = []
    layer = linear()
    layer.register_full_backward_hook(lambda module, i, o: seen.append((i, o[0].tolist())))
    layer(Tensor(X)).sum().backward()

    assert seen == [((None,), [[1.0, 1.0]])]
    assert layer.weight.grad is not None


def test_several_inputs_and_outputs_are_known_at_once():
    seen = []
    module = Two()
    module.register_full_backward_hook(lambda module, i, o: seen.append((i, o)) or (i[0], -i[1]))
    a, b = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True)
    total, both, text = module(a, b, scale=2.0)
    (total + (both * np.array([1.0, 10.0])).sum()).backward()

    ((grad_input, grad_output),) = seen
    assert text == "text"
    assert [g.tolist() for g in grad_input] == [[7.0, 18.0], [3.0, 14.0]]
    assert [g if g is None else g.tolist() for g in grad_output] == [1.0, [1.0, 10.0], None]
    assert a.grad.tolist() == [7.0, 18.0]
    assert b.grad.tolist() == [-3.0, -14.0]


def test_pieces_keep_their_dtypes_and_containers():
    Pair = namedtuple("Pair", "a b")

    class Makes(nn.Module):
        def forward(self, x, y):
            return Pair(x * 2, y * 2)

    module = Makes()
    module.register_full_backward_hook(lambda *args: None)
    x = Tensor(np.ones(2, np.float32), requires_grad=True)
    pair = module(x, Tensor(np.ones(2), requires_grad=True))

    assert type(pair) is Pair
    assert (pair.a.dtype, pair.b.dtype) == (np.float32, np.float64)
    pair.a.sum().backward()
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [2.0, 2.0]


def test_with_create_graph_hooks_get_nodes():
    kinds = []
    module = nn.Tanh()
    module.register_full_backward_hook(lambda m, i, o: kinds.append((type(i[0]), type(o[0]))))
    x = Tensor([0.5], requires_grad=True)
    (slope,) = grad_of(module(x).sum(), x, create_graph=True)
    (second,) = grad_of(slope.sum(), x)

    assert kinds[0] == (Tensor, Tensor)
    t = np.tanh(0.5)
    np.testing.assert_allclose(second, [-2 * t * (1 - t * t)], rtol=1e-14)


def test_without_a_graph_nothing_is_hooked():
    layer = linear()
    layer.register_full_backward_hook(lambda *args: 1 / 0)
    x = Tensor(X, requires_grad=True)
    with no_grad():
        y = layer(x)
        pair = Two()
        pair.register_full_backward_hook(lambda *args: 1 / 0)
        _, both, _ = pair(x, x)
    assert not y.requires_grad
    assert both.tolist() == [[2.0, -2.0]]


def test_hooks_hold_no_graph():
    layer = linear()
    layer.register_full_backward_hook(lambda *args: None)
    y = layer(Tensor(X, requires_grad=True))
    assert len(HOOKS) == 2
    del y
    assert HOOKS == {}


def test_a_forward_pre_hook_may_replace_the_arguments():
    layer = linear()
    calls = []
    with layer.register_forward_pre_hook(lambda module, args: calls.append(args[0].tolist())):
        layer.register_forward_pre_hook(lambda module, args: args[0] * 2)
        assert layer(Tensor(X)).tolist() == [[-2.0, -2.0]]
    layer.register_forward_hook(lambda module, args, y: y + args[0])

    assert layer(Tensor(X)).tolist() == [[0.0, -4.0]]
    assert calls == [[[1.0, -1.0]]]


def test_a_handle_takes_a_backward_hook_away():
    seen = []
    layer = linear()
    handle = layer.register_full_backward_hook(lambda *args: seen.append(1))
    handle.remove()
    layer(Tensor(X, requires_grad=True)).sum().backward()
    assert seen == []


def test_a_replacement_of_another_shape_and_what_is_no_hook_are_refused():
    layer = linear()
    with pytest.raises(TypeError, match="hook must be callable, got int"):
        layer.register_full_backward_hook(3)
    layer.register_full_backward_hook(lambda m, i, o: (np.ones(3),))
    y = layer(Tensor(X, requires_grad=True)).sum()
    with pytest.raises(ValueError, match=r"gradients of shapes \[\(1, 2\)\], got \[\(3,\)\]"):
        y.backward()
    assert layer.weight.grad is None


def test_on_a_scalar_model_backward_hooks_are_refused():
    layer = linear()
    layer.register_full_backward_hook(lambda *args: None)
    with pytest.raises(TypeError, match="are for Tensors"):
        layer.scalar()(X)


def test_a_copy_of_a_module_has_its_hooks():
    seen = []
    layer = linear()
    layer.register_full_backward_hook(lambda *args: seen.append(1))
    copy.deepcopy(layer)(Tensor(X, requires_grad=True)).sum().backward()
    assert seen == [1]
