"""`autograd.Function`: PyTorch's "learning PyTorch with examples" in the form with its own op."""

import copy
import math
import pickle

import numpy as np
import pytest

import engine as torch
from engine import Tensor, Value, gradcheck, hessian


class LegendrePolynomial3(torch.autograd.Function):
    """P3(x) = (5x³ - 3x) / 2."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return 0.5 * (5 * x**3 - 3 * x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 1.5 * (5 * x**2 - 1)


class Exp(torch.autograd.Function):
    """exp, whose backward is made of its result."""

    @staticmethod
    def forward(ctx, x):
        y = torch.exp(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]


class ScaledMM(torch.autograd.Function):
    """a @ b times a number, which has no gradient."""

    @staticmethod
    def forward(ctx, a, scale, b):
        ctx.scale = scale
        ctx.save_for_backward(a, b, None)
        return scale * (a @ b)

    @staticmethod
    def backward(ctx, g):
        a, b, nothing = ctx.saved_tensors
        assert nothing is None
        by_a = ctx.scale * (g @ b.T) if ctx.needs_input_grad[0] else None
        return by_a, None, ctx.scale * (a.T @ g)


class ReLU(torch.autograd.Function):
    """The op of the tutorial's older edition, whose backward changes a copy in place."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        grad = g.clone()
        grad[x < 0] = 0
        return grad


def test_the_polynomial_fits_a_sine_as_in_the_tutorial():
    """Losses and parameters are those of PyTorch 2.13 in float64, after 300 steps."""
    x = torch.linspace(-math.pi, math.pi, 200)
    y = torch.sin(x)
    a, b, c, d = (Tensor(v, requires_grad=True) for v in (0.0, -1.0, 0.0, 0.3))
    p3 = LegendrePolynomial3.apply
    losses = []
    for _ in range(300):
        loss = (a + b * p3(c + d * x) - y).pow(2).sum()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for p in (a, b, c, d):
                p -= 5e-5 * p.grad
                p.grad = None

    np.testing.assert_allclose(losses[0], 46.401566200139854, rtol=1e-12)
    np.testing.assert_allclose(losses[-1], 10.077045626106791, rtol=1e-12)
    found = [p.item() for p in (a, b, c, d)]
    expected = [0.0, -1.5452407799605627, 0.0, 0.24965556801540653]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-16)


def test_it_is_one_node_and_differentiated_to_every_order():
    x = Tensor([0.5, -0.25], requires_grad=True)
    y = LegendrePolynomial3.apply(x)

    assert (y.op.name, len(y.inputs)) == ("LegendrePolynomial3", 1)
    assert gradcheck(LegendrePolynomial3.apply, np.array([0.5, -0.25]), order=3)
    assert hessian(lambda x: LegendrePolynomial3.apply(x).sum())(np.array([0.5])).tolist() == [
        [7.5]
    ]


def test_a_saved_result_can_be_differentiated_too():
    assert gradcheck(Exp.apply, np.array([0.5, -0.25]), order=3)


def test_what_is_no_tensor_has_no_gradient():
    a, b = Tensor(np.ones((2, 2))), Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    ScaledMM.apply(a, 10.0, b).sum().backward()

    assert b.grad.tolist() == [[20.0, 20.0], [20.0, 20.0]]
    assert a.grad is None
    assert gradcheck(lambda a, b: ScaledMM.apply(a, 2.0, b), (a.numpy(), b.numpy()))


def test_backward_may_change_its_own_copy_in_place():
    x = Tensor([1.0, -1.0], requires_grad=True)
    seed = np.array([3.0, 5.0])
    ReLU.apply(x).backward(seed)

    assert x.grad.tolist() == [3.0, 0.0]
    assert seed.tolist() == [3.0, 5.0]


def test_inputs_that_were_changed_are_noticed():
    x = Tensor([1.0], requires_grad=True)
    y = LegendrePolynomial3.apply(x)
    x.data = [2.0]
    with pytest.raises(RuntimeError, match="was changed after the graph was made"):
        y.backward()


def test_half_precision_and_no_recording():
    x = Tensor(np.array([0.5], np.float16), requires_grad=True)
    LegendrePolynomial3.apply(x).sum().backward()
    assert (x.grad.dtype, x.grad.tolist()) == (np.float16, [0.375])
    with torch.no_grad():
        assert LegendrePolynomial3.apply(x).op is None


def test_a_copy_is_whole_and_a_pickle_says_what_it_lacks():
    x = Tensor([2.0], requires_grad=True)
    y = LegendrePolynomial3.apply(x)
    twin = copy.deepcopy(y)
    twin.backward()
    assert twin.inputs[0].grad.tolist() == [28.5]
    assert x.grad is None
    with pytest.raises(LookupError, match="no op named 'LegendrePolynomial3' is registered"):
        pickle.loads(pickle.dumps(y))


def test_what_cannot_be_is_said_with_a_way_out():
    class Several(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x, x

    class Short(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, n):
            return x * n

        @staticmethod
        def backward(ctx, g):
            return g

    class Empty(torch.autograd.Function):
        pass

    x = Tensor([1.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"must return one Tensor, got tuple: .*engine\.stack"):
        Several.apply(x)
    with pytest.raises(TypeError, match=r"for each of the 2 arguments of forward .* got 1"):
        Short.apply(x, 3).backward()
    with pytest.raises(TypeError, match=r"takes Tensors, not Values: engine\.elementwise"):
        Short.apply(Value(1.0), 2)
    with pytest.raises(TypeError, match="needs a Tensor among its arguments"):
        Short.apply(1.0, 2)
    for way in (torch.vmap, torch.compile):
        with pytest.raises(TypeError, match=r"Exp\.apply\(\) runs on numbers.*engine\.shape_op"):
            way(Exp.apply)(np.ones(3))
    with pytest.raises(NotImplementedError, match="must define forward"):
        Empty.apply(x)
    Empty.forward = staticmethod(lambda ctx, x: x * 1)
    with pytest.raises(NotImplementedError, match="must define backward"):
        Empty.apply(x).backward()


def test_a_whole_number_that_is_saved_is_given_back_and_not_taken_for_a_tensor_s_place():
    class Power(torch.autograd.Function):
        """x to the power of n."""

        @staticmethod
        def forward(ctx, x, n):
            ctx.save_for_backward(x, n)
            return x**n

        @staticmethod
        def backward(ctx, g):
            x, n = ctx.saved_tensors
            return g * n * x ** (n - 1), None

    x = Tensor([2.0, 3.0], requires_grad=True)
    Power.apply(x, 1).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
