"""What was reported as wrong in silence: each case by its right value, or by its error's words.

Its neighbours are in the other files of this folder.
"""

import copy
import math
import operator
import pickle
import threading
import warnings

import numpy as np
import pytest

import engine
import nn
from engine import (
    Tensor,
    Value,
    ValueArray,
    compare,
    grad,
    gradcheck,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    value_and_grad,
    vjp,
)  # fmt: skip
from nn import functional as F

X = np.array([0.5, 1.5, 2.5])
TWO = np.array([1.0, 2.0])


def leaf(*numbers):
    return Tensor(np.array(numbers), requires_grad=True)


def both():
    """Two numbers that require a gradient, on each tier."""
    return [leaf(1.0, 2.0), ValueArray.of([1.0, 2.0])]


# --- 1. the graph is left ---


def test_numpys_functions_are_the_engines():
    np.testing.assert_array_equal(grad(lambda a: np.dot(a, a))(TWO), [2.0, 4.0])
    np.testing.assert_array_equal(grad(lambda a: np.where(a > 1, a, 0).sum())(X), [0, 1, 1])
    np.testing.assert_array_equal(grad(lambda a: np.sum(np.sin(a), keepdims=True))(X), np.cos(X))
    np.testing.assert_allclose(
        grad(lambda a: np.einsum("i,i->", a, a) + np.linalg.norm(a))(TWO), 2 * TWO + TWO / 5**0.5
    )
    for w in both():
        (w * np.concatenate([w[:1] * 3, w[1:]])).sum().backward()
        assert w.grad.tolist() == [6.0, 4.0]


def test_a_tensor_of_what_numpy_joined_is_refused_in_a_derivative():
    with pytest.raises(RuntimeError, match="being differentiated"):
        grad(lambda w: (w * Tensor(np.concatenate([w[:1] * 3, w[1:]]))).sum())(TWO)


def test_lists_of_nodes_are_stacked():
    for w in both():
        (w * [w[0], w[1]]).sum().backward()
        assert w.grad.tolist() == [2.0, 4.0]
    for scalar in (False, True):
        layer = nn.Linear(2, 1)
        nn.init.constant_(layer.weight, 3.0)
        layer, w = (layer.scalar(), ValueArray.of(TWO)) if scalar else (layer, leaf(*TWO))
        layer([[w[0] * 2, w[1]]]).sum().backward()
        assert w.grad.tolist() == [6.0, 3.0]


@pytest.mark.parametrize("f", [
    lambda x: x * math.exp(x), lambda x: x * float(x), lambda x: x * int(x),
    lambda x: x * math.sin(x), lambda x: x * np.array([x], dtype=float)[0],
    lambda x: np.float64(x) * math.floor(x),
])  # fmt: skip
def test_a_number_taken_from_what_is_differentiated_is_an_error(f):
    for take in (grad, value_and_grad, jacobian, hessian):
        with pytest.raises(Exception, match=r"\.item\(\)|setting an array element"):
            take(f)(1.0)
    for taken in (
        lambda: vjp(f, 1.0), lambda: jvp(f, 1.0, 1.0), lambda: hvp(f, 1.0, 1.0),
        lambda: compare(f, 1.0), lambda: gradcheck(f, 1.0),
    ):  # fmt: skip
        with pytest.raises(Exception, match=r"\.item\(\)|setting an array element"):
            taken()


def test_the_quiet_forms_stay_quiet():
    def f(x):
        said = f"{x} {x:.2f} {x > 0} {x.item()} {x.data} {x.detach()!r} {bool(x)}"
        with no_grad():
            float(x)
        return x * x + 0 * len(said)

    assert grad(f)(3.0) == 6.0
    loss = Value(2.0) * 3.0
    with pytest.warns(UserWarning, match=r"\.item\(\)"):
        assert float(loss) == 6.0
    with pytest.warns(UserWarning, match=r"\.item\(\)"):
        math.sin(loss)


def test_an_array_is_not_filled_from_nodes_in_silence():
    def filled(p):
        out = np.zeros(3)
        out[0] = p[0] ** 2
        return p.sum() + out.sum()

    def joined(y):
        return np.array([y[1], -y[0]])

    for given in (TWO, ValueArray.of(TWO)):
        with pytest.raises(Exception, match=r"\.item\(\)|setting an array element"):
            grad(filled)(given)
    with pytest.raises(Exception, match=r"\.item\(\)"):
        jacobian(joined)(TWO)
    y = ValueArray.of(TWO)
    joined(y).sum().backward()
    assert y.grad.tolist() == [-1.0, 1.0]
    for take in (np.asarray, np.array, lambda t: operator.setitem(np.zeros(2), slice(None), t)):
        with pytest.raises(RuntimeError, match=r"\.detach\(\).*\.numpy\(\)"):
            take(leaf(*TWO))


def test_what_the_engine_does_not_have_is_an_error_that_names_it():
    k = Tensor(np.eye(2), requires_grad=True)
    with pytest.raises(TypeError, match=r"np\.linalg\.cond.*\.detach\(\)"):
        np.linalg.cond(k)
    with pytest.raises(TypeError, match=r"np\.linalg\.eigvals\(\)"):
        grad(lambda a: np.linalg.eigvals(a).sum())(np.eye(2))


def test_copies_inside_a_derivative_are_right_or_refused():
    assert grad(lambda x: copy.copy(x) * x)(3.0) == 6.0
    np.testing.assert_array_equal(grad(lambda x: (copy.copy(x) * x).sum())(TWO), 2 * TWO)
    for f in (
        lambda x: (copy.deepcopy(x * x) + x).sum(), lambda x: (Tensor(x) * x).sum(),
        lambda x: (pickle.loads(pickle.dumps(x * x)) + x).sum(),
    ):  # fmt: skip
        with pytest.raises(RuntimeError, match=r"\.detach\(\)"):
            grad(f)(TWO)


def test_numpys_statistics_leave_an_array_of_values_alone():
    x = ValueArray.of([3.0, 1.0, 2.0])
    before = list(x)
    np.median(x).backward()
    assert x.grad.tolist() == [0.0, 0.0, 1.0]
    x.zero_grad()
    np.quantile(x, 0.75).backward()
    assert x.grad.tolist() == [0.5, 0.0, 0.5]
    x.zero_grad()
    np.gradient(x).sum().backward()
    assert x.grad.tolist() == [-1.5, 0.0, 1.5]
    assert all(a is b for a, b in zip(before, x, strict=True))


def test_masked_arrays_and_comparisons_survive():
    t = leaf(1.0, 2.0)
    masked = np.ma.array([3.0, 4.0], mask=[False, True])
    (masked * t).sum().backward()
    assert t.grad is not None
    assert np.allclose(t.detach(), [1.0, 2.0])


@pytest.mark.parametrize("take", [grad, jacobian, value_and_grad])
def test_a_result_that_does_not_depend_on_its_argument_is_said(take):
    with pytest.warns(UserWarning, match="does not depend"):
        take(lambda x: 3.0)(2.0)
    assert grad(grad(lambda x: 3 * x))(2.0) == 0.0
    assert hvp(lambda x: (3 * x).sum(), TWO, TWO).tolist() == [0.0, 0.0]


def test_a_gradient_of_plain_arrays_keeps_what_the_function_closes_over():
    x = Value(3.0)
    (x * grad(lambda y: x * y)(2.0)).backward()
    assert x.grad == 6.0
    nn.manual_seed(0)
    net = nn.MLP([1, 4, 1], activation=nn.Tanh)
    at = np.array([[0.3], [0.7]])

    def physics():
        du = grad(lambda z: net(z).sum())(at)
        return ((du - 3) ** 2).mean()

    physics().backward()
    for p in net.parameters():
        if p.grad is None:
            continue  # the last bias: no slope depends on it
        index = (0,) * p.ndim
        slope = []
        for step in (1e-5, -1e-5):
            with no_grad():
                p[index] += step
                slope.append(physics().item())
                p[index] -= step
        assert p.grad[index] == pytest.approx((slope[0] - slope[1]) / 2e-5, rel=1e-5, abs=1e-8)


# --- 2. updates (test_updates.py has the loops) ---


def test_the_best_known_loop_lowers_the_loss():
    for scalar in (False, True):
        nn.manual_seed(0)
        model = nn.Linear(2, 1)
        model = model.scalar() if scalar else model
        losses = []
        for _ in range(3):
            loss = ((model(np.array([TWO])) - 5.0) ** 2).sum()
            model.zero_grad()
            loss.backward()
            with no_grad():
                for p in model.parameters():
                    p -= 0.02 * p.grad
            losses.append(loss.item())
        assert losses[0] > losses[1] > losses[2]


def test_writing_nodes_into_numpys_arrays_names_the_way_out():
    t, out = leaf(1.0, 2.0), np.ones(2)
    for write in (
        lambda: operator.imul(out, t),
        lambda: np.exp(t, out=out),
        lambda: np.add.at(out, [0, 1], t),
    ):
        with pytest.raises(TypeError, match=r"engine|\.detach\(\)"):
            write()
    assert out.tolist() == [1.0, 1.0]
    np.multiply.outer(t, t).sum().backward()
    assert t.grad.tolist() == [6.0, 6.0]


# --- 3. one spelling, two meanings (test_spelling.py has the table) ---


def test_the_keyword_decides():
    x = Tensor(np.array([[1.0, 5.0, 3.0], [4.0, 2.0, 6.0]]))
    assert [p.shape for p in x.split(2, dim=1)] == [(2, 2), (2, 1)]
    assert x.max(dim=1).indices.tolist() == [1, 2]
    assert x.std(dim=1).tolist() == pytest.approx([2.0, 2.0])
    assert x.std(axis=1).tolist() == pytest.approx([(8 / 3) ** 0.5] * 2)
    assert F.pad(x, (1, 0)).shape == (2, 4)
    for call in (lambda: x.max(1), lambda: x.sort(), lambda: x.repeat(2, 1)):
        with pytest.raises((ValueError, TypeError), match=r"(?s)NumPy.*PyTorch|dim.*axis"):
            call()


# --- 4. numbers (test_overflow.py, test_overflow_nn.py and others) ---


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_derivatives_are_right_where_squares_are_not(dtype):
    large = {np.float32: 1e20, np.float64: 1e200}[dtype]
    for f in (engine.arcsinh, engine.arccosh):
        x = Tensor(np.array([large], dtype), requires_grad=True)
        f(x).sum().backward()
        assert x.grad[0] == pytest.approx(1 / large, rel=1e-6)
    v = Value(1e160)
    v.arcsinh().backward()
    assert v.grad == pytest.approx(1e-160)


def test_half_precision_reduces_in_single():
    many = Tensor(np.ones(70_000, np.float16), requires_grad=True)
    assert many.mean().item() == 1.0
    assert float(np.sum(many.softmax().numpy(), dtype=np.float64)) == pytest.approx(1.0, rel=1e-2)
    ps = [Tensor(np.ones(1, np.float16), requires_grad=True) for _ in range(4)]
    for p in ps:
        p.grad = np.array([300.0], np.float16)
    assert nn.clip_grad_norm_(ps, 1.0) == pytest.approx(600.0)
    assert [p.grad[0] for p in ps] == pytest.approx([0.5] * 4, rel=1e-3)


def test_a_python_number_does_not_promote():
    x = Tensor(np.ones(2, np.float32), requires_grad=True)
    assert engine.xlogy(x, 2.0).dtype == np.float32


# --- 5. state (test_reuse.py and others) ---


def test_early_stopping_used_again_starts_anew():
    stop = nn.callbacks.EarlyStopping(patience=1, restore_best=True)
    loader = nn.DataLoader((np.ones((4, 1)), np.ones((4, 1))), batch_size=4)
    kept = []
    for weight in (1.0, 3.0):
        model = nn.Linear(1, 1, bias=False)
        nn.init.constant_(model.weight, weight)
        optimizer = nn.SGD(model.parameters(), lr=0.0)
        nn.fit(model, nn.MSELoss(), optimizer, loader, epochs=3, callbacks=[stop], progress=False,
               validation=loader)  # fmt: skip
        kept.append(model.weight.item())
    assert kept == [1.0, 3.0]


def test_threads_lose_no_gradient():
    for shared in (leaf(1.0), Value(1.0)):

        def work(x=shared):
            for _ in range(200):
                (x * 2.0).sum().backward() if isinstance(x, Tensor) else (x * 2.0).backward()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert np.sum(shared.grad) == 4 * 200 * 2.0


# --- 8. from peers' suites ---


def test_products_and_norms_are_numpys():
    a, b = np.arange(12.0).reshape(2, 2, 3), np.arange(24.0).reshape(2, 3, 4)
    assert engine.dot(Tensor(a), Tensor(b)).shape == (2, 2, 2, 4)
    m = np.array([[1.0, -2.0], [3.0, 4.0]])
    for order in (1, -1, np.inf, -np.inf, "fro"):
        assert engine.norm(Tensor(m), ord=order).item() == pytest.approx(np.linalg.norm(m, order))
    with pytest.raises((ValueError, NotImplementedError), match="2"):
        engine.norm(Tensor(m), ord=2, axis=(0, 1))


def test_small_print_of_array_functions():
    v = leaf(1.0, 2.0)
    engine.transpose(v, 0).sum().backward()
    assert v.grad.tolist() == [1.0, 1.0]
    assert engine.tril(np.ones((2, 2), bool)).dtype == bool
    with pytest.raises(TypeError, match="alpha"):
        engine.elu(v, alpha=1j)
    assert engine.repeat(Tensor(1.0), 3, axis=0).tolist() == [1.0, 1.0, 1.0]
    assert engine.roll(X, (1, 2), 0).tolist() == np.roll(X, (1, 2), 0).tolist()
    assert engine.roll(X, (), 0).tolist() == X.tolist()
    assert (Value(2.0).size, Value(2.0).dtype) == (1, np.float64)
    assert Tensor(X).sum(dim=()).item() == 4.5


def test_several_results_and_nested_derivatives():
    assert gradcheck(lambda x: engine.stack([x, 2 * x]), 3.0)

    def f(w):
        return (w * grad(lambda s: (w * s * s).sum())(2.0)).sum()

    found = grad(f)(TWO)  # of (Σw) (4 Σw)
    np.testing.assert_allclose(found, [24.0, 24.0])
    for integral in (lambda x: x > 1, lambda x: x.argmax()):
        with pytest.raises(TypeError, match="has no derivative"):
            grad(integral)(np.array([2.0]))


# --- 9. planted errors and special points ---


def test_second_derivatives_of_a_power_at_zero():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        h = hessian(lambda v: v[0] ** v[1])(np.array([2.0, 0.0]))
    np.testing.assert_allclose(h, [[0.0, 0.5], [0.5, math.log(2) ** 2]], atol=1e-12)


def test_the_standard_deviation_of_equal_numbers_has_derivative_zero():
    for x in (np.full(7, 0.1), np.full(3, 1 / 3), np.full(11, 1e7 + 0.1)):
        assert grad(lambda a: a.std())(x).tolist() == [0.0] * len(x)
        assert compare(lambda a: a.std(), x).ok
