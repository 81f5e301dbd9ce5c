"""`grad_of`, PyTorch's `autograd.grad`, and `backward(inputs=...)`: gradients for some nodes."""

import numpy as np
import pytest

import engine
import engine as torch
from engine import Tensor, Value, ValueArray, grad, grad_of, nan_trace


def leaf(tier, numbers):
    numbers = np.asarray(numbers, dtype=float)
    return ValueArray.of(numbers) if tier == "values" else Tensor(numbers, requires_grad=True)


TIERS = pytest.mark.parametrize("tier", ["values", "tensors"])


def test_of_values_it_is_floats_and_touches_no_grad():
    x, w = Value(2.0), Value(3.0)

    found = grad_of(x * w, [x, w])

    assert found == (3.0, 2.0)
    assert list(map(type, found)) == [float, float]
    assert not x.has_grad
    assert not w.has_grad


@TIERS
def test_of_arrays_it_is_arrays_and_touches_no_grad(tier):
    x = leaf(tier, [1.0, 2.0])
    y = (x * x).sum()

    (g,) = grad_of(y, x)

    assert g.tolist() == [2.0, 4.0]
    assert isinstance(g, np.ndarray)
    assert g.dtype == np.float64
    assert x.grad is None or x.grad.tolist() == [0.0, 0.0]


def test_it_is_autograd_grad_for_pytorchs_programs():
    x = torch.Tensor([1.0, 2.0], requires_grad=True)
    loss = (x**3).sum()

    (first,) = torch.autograd.grad(loss, x, create_graph=True, retain_graph=True)
    (second,) = torch.autograd.grad(first, [x], grad_outputs=np.ones(2))

    assert first.tolist() == [3.0, 12.0]
    assert second.norm().item() == np.sqrt(180.0)
    assert second.tolist() == [6.0, 12.0]
    assert torch.autograd.grad(outputs=loss, inputs=[x])[0].tolist() == [3.0, 12.0]
    with pytest.raises(ValueError, match=r"only_inputs=False .* call backward\(\)"):
        torch.autograd.grad(loss, x, only_inputs=False)


def test_a_gradient_penalty_names_what_it_gives_as_pytorch_does():
    """(‖∂D/∂x‖ - 1)² of a WGAN: D = Σ w² x², of which the penalty depends on w."""
    x, w = Tensor([[0.6, 0.8]], requires_grad=True), Tensor(1.0, requires_grad=True)
    score = (w**2 * x**2).sum(axis=1)
    gradient = torch.autograd.grad(
        outputs=score,
        inputs=x,
        grad_outputs=torch.ones_like(score),
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    penalty = ((gradient.norm(2, dim=1) - 1) ** 2).mean()
    penalty.backward()

    np.testing.assert_allclose(penalty.item(), 1.0, rtol=1e-15)  # (2 w² ‖x‖ - 1)²
    np.testing.assert_allclose(w.grad, 8.0, rtol=1e-15)


def test_rosenbrock_by_double_backprop():
    """The Hessian at (0, 2): [[2 - 400 y + 1200 x², -400 x], [-400 x, 200]]."""
    for make in (Value, lambda number: Tensor(number, requires_grad=True)):
        x, y = make(0.5), make(2.0)
        z = 100 * (y - x**2) ** 2 + (x - 1) ** 2
        dx, dy = grad_of(z, (x, y), create_graph=True)
        assert (dx.item(), dy.item()) == (-351.0, 350.0)
        rows = [[float(h) for h in grad_of(d, (x, y))] for d in (dx, dy)]
        assert rows == [[-498.0, -200.0], [-200.0, 200.0]]


@TIERS
def test_results_on_the_way_have_gradients_too(tier):
    x = leaf(tier, [1.0, 2.0])
    h = x * x
    y = (3.0 * h).sum()

    by_h, by_y = grad_of(y, [h, y])

    assert np.asarray(by_h).tolist() == [3.0, 3.0]
    assert float(by_y) == 1.0


@TIERS
def test_several_results_are_added_up(tier):
    x = leaf(tier, [1.0, 2.0])
    y = x * x

    (alone,) = grad_of([y.sum(), x[0]], x)
    (weighted,) = grad_of([y, x], [x], grad_outputs=[np.array([1.0, 10.0]), np.ones(2)])

    assert alone.tolist() == [3.0, 4.0]
    assert weighted.tolist() == [3.0, 41.0]


@TIERS
def test_grad_outputs_may_be_nodes_to_be_differentiated(tier):
    """Two backward passes make one forward: the trick needs the gradient's own gradient by u."""
    x, u = leaf(tier, [1.0, 2.0]), leaf(tier, [0.0, 0.0])

    (g,) = grad_of(x**3, x, grad_outputs=u, create_graph=True)
    (pushed,) = grad_of(g, u, grad_outputs=np.array([1.0, 10.0]))

    assert pushed.tolist() == [3.0, 120.0]


def test_an_x_that_is_not_used_is_an_error_or_none():
    x, w = Value(2.0), Value(3.0, label="w")
    t, b = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)

    with pytest.raises(RuntimeError, match=r"input 1 \('w'\) is not used .* allow_unused=True"):
        grad_of(x * x, [x, w])
    with pytest.raises(RuntimeError, match="input 0 is not used"):
        grad_of(t.sum(), b)
    assert grad_of(x * x, [x, w], allow_unused=True) == (4.0, None)
    assert torch.autograd.grad(x * x, [x, w], allow_unused=True) == (4.0, None)
    assert grad_of(t.sum(), [b], allow_unused=True, create_graph=True) == (None,)
    assert grad_of(x * x, ValueArray.of([1.0]), allow_unused=True) == (None,)


def test_of_an_array_of_values_the_unused_elements_have_zero():
    x = ValueArray.of([2.0, 5.0])

    (g,) = grad_of(x[0] * x[0], x)
    (node,) = grad_of(x[0] * x[0], x, create_graph=True)

    assert g.tolist() == [4.0, 0.0]
    assert isinstance(node, ValueArray)
    assert node.values.tolist() == [4.0, 0.0]


def test_what_cannot_be_differentiated_is_named():
    x, fixed = Tensor([1.0, 2.0], requires_grad=True), Tensor([1.0])
    with pytest.raises(RuntimeError, match="input 1 does not require a gradient"):
        grad_of(x.sum(), [x, fixed], allow_unused=True)
    with pytest.raises(TypeError, match=r"input 0 must be a Value, a Tensor .* got float"):
        grad_of(x.sum(), [1.0])
    with pytest.raises(TypeError, match=r"input 0 must be .* got a list"):
        grad_of(x.sum(), [[x]])
    with pytest.raises(TypeError, match=r"output 0 must be .* got float"):
        grad_of([1.0], x)
    with pytest.raises(ValueError, match="outputs is empty"):
        grad_of([], x)
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        grad_of(fixed.sum(), x)
    with pytest.raises(RuntimeError, match=r"shape \(2,\) needs a gradient"):
        grad_of(x * x, x)
    with pytest.raises(RuntimeError, match=r"output 1 has shape \(2,\): give a gradient"):
        grad_of([x.sum(), x * x], x)
    with pytest.raises(ValueError, match="got 2 grad_outputs for 1 outputs"):
        grad_of(x * x, x, grad_outputs=[1.0, 1.0])
    with pytest.raises(ValueError, match=r"grad_outputs 1 must have shape \(2,\), got \(3,\)"):
        grad_of([x.sum(), x * x], x, grad_outputs=[1.0, np.ones(3)])


def test_a_leaf_changed_after_the_graph_was_made_is_refused_with_create_graph_too():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()
    x.data = [3.0, 4.0]

    for create_graph in (False, True):
        with pytest.raises(RuntimeError, match="was changed after the graph was made"):
            grad_of(y, x, create_graph=create_graph)
        with pytest.raises(RuntimeError, match="was changed after the graph was made"):
            y.backward(create_graph=create_graph)
    assert x.grad is None


def test_a_parameter_that_a_function_changes_behind_its_graph_is_refused_by_grad():
    """The gradient by x is p as it was, and was p as it is, where it is a node."""
    p = Tensor([2.0], requires_grad=True)

    def f(x):
        y = (x * p).sum()
        p.data = [3.0]
        return y

    for x in (np.array([1.0]), Tensor([1.0])):
        with pytest.raises(RuntimeError, match=r"input 1 of mul.*changed after the graph was made"):
            grad(f)(x)


def test_nan_trace_watches_it():
    x = Tensor([0.0], requires_grad=True)
    with nan_trace(), pytest.raises(engine.NonFiniteError, match="gradient of input 0"):
        grad_of(x.sqrt().sum(), x)


# --- backward(inputs=...) ---


@TIERS
def test_backward_into_inputs_leaves_all_others_alone(tier):
    x, w = leaf(tier, [1.0, 2.0]), leaf(tier, [3.0, 4.0])
    h = x * w
    y = h.sum()

    y.backward(inputs=[w])
    y.backward(inputs=w)

    assert w.grad.tolist() == [2.0, 4.0]
    for node in [x, h, y]:
        each = node.flat if isinstance(node, ValueArray) else [node]
        assert not any(one.has_grad for one in each)


def test_backward_into_a_result_on_the_way():
    x = Tensor([1.0, 2.0], requires_grad=True)
    h = x * x
    (h * 3).sum().backward(inputs=[h, h])
    a = Value(2.0)
    b = a * a
    (b * 3).backward(inputs=b)

    assert (x.grad, h.grad.tolist()) == (None, [3.0, 3.0])
    assert (a.has_grad, b.grad) == (False, 3.0)


def test_backward_into_inputs_records_with_create_graph():
    x = Tensor([2.0], requires_grad=True)
    (x**3).backward(inputs=x, create_graph=True)
    slope = x.grad
    x.zero_grad()
    slope.backward(inputs=[x])

    assert slope.tolist() == [12.0]
    assert x.grad.tolist() == [12.0]


def test_backward_into_what_is_not_used_leaves_its_grad_and_into_nothing_is_an_error():
    x, w = Tensor([2.0], requires_grad=True), Tensor([2.0], requires_grad=True)
    (x * x).backward(inputs=[w])

    assert (x.grad, w.grad) == (None, None)
    with pytest.raises(ValueError, match="inputs of backward"):
        (x * x).backward(inputs=[])
    with pytest.raises(RuntimeError, match="input 0 does not require a gradient"):
        (x * x).backward(inputs=[Tensor([1.0])])
