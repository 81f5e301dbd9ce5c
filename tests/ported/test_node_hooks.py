"""`register_hook`: what sees a node's gradient in backward, and may replace it."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import engine
from engine import Tensor, Value, explain, grad, grad_of, no_grad
from engine.looking import BackwardPass
from engine.node_hooks import HOOKS
from viz import steps


def leaf(tier, number):
    return Value(number) if tier == "values" else Tensor(number, requires_grad=True)


TIERS = pytest.mark.parametrize("tier", ["values", "tensors"])


@pytest.fixture(autouse=True)
def no_hooks_are_left():
    """A hook lives as long as its node, and nodes end with a test."""
    yield
    gc.collect()
    assert HOOKS == {}


@TIERS
def test_a_hook_sees_the_whole_gradient_of_a_result_and_changes_nothing(tier):
    seen = []
    x = leaf(tier, 3.0)
    h = x * 2.0
    h.register_hook(lambda g: seen.append(float(g)))
    (h * h + h).backward()

    assert seen == [13.0]
    assert float(x.grad) == 26.0


@TIERS
def test_what_a_hook_returns_is_passed_on(tier):
    x = leaf(tier, 3.0)
    h = x * x
    h.register_hook(lambda g: -g)  # gradient reversal
    h.register_hook(lambda g: 10 * g)
    h.retain_grad()
    (2.0 * h).backward()

    assert float(x.grad) == -120.0
    assert float(h.grad) == -20.0  # as PyTorch: after its hooks


@TIERS
def test_a_hook_on_a_leaf_sees_this_pass_alone_before_it_is_added(tier):
    seen = []
    x = leaf(tier, 3.0)
    x.register_hook(lambda g: seen.append((float(g), x.has_grad)))
    for _ in range(2):
        (x * x).backward()

    assert seen == [(6.0, False), (6.0, True)]
    assert float(x.grad) == 12.0
    HOOKS.clear()  # it refers to its own node


@TIERS
def test_hooks_are_called_in_the_order_of_backward(tier):
    """PyTorch 2.13: y, b2, b, a2, a; several hooks of one node in the order they came."""
    order = []
    a, b = leaf(tier, 2.0), leaf(tier, 3.0)
    a2, b2 = a * a, b * b
    y = a2 * b2
    for name, node in [("a", a), ("b", b), ("a2", a2), ("b2", b2), ("y", y), ("y again", y)]:
        node.register_hook(lambda g, name=name: order.append(name))
    y.backward()

    assert order == ["y", "y again", "b2", "b", "a2", "a"]


@TIERS
def test_with_create_graph_a_hook_gets_and_gives_nodes(tier):
    x = leaf(tier, 3.0)
    h = x * x
    kinds = []
    h.register_hook(lambda g: kinds.append(type(g)) or g * x)
    (slope,) = grad_of(h * 1.0, x, create_graph=True)  # x · 2x

    assert kinds == [type(x)]
    assert slope.item() == 18.0
    assert float(grad_of(slope, x)[0]) == 12.0


@TIERS
def test_with_create_graph_a_plain_answer_is_a_constant(tier):
    x = leaf(tier, 3.0)
    handle = x.register_hook(lambda g: 5.0)
    (x * x).backward(create_graph=True)
    handle.remove()

    assert x.grad.item() == 5.0
    assert not x.grad.requires_grad


@TIERS
def test_a_handle_takes_its_hook_away(tier):
    x = leaf(tier, 3.0)
    first = x.register_hook(lambda g: 10 * g)
    with x.register_hook(lambda g: g + 1):
        (x * x).backward()
    assert float(x.grad) == 61.0
    first.remove()
    first.remove()
    assert HOOKS == {}
    x.zero_grad()
    (x * x).backward()
    assert float(x.grad) == 6.0


def test_a_node_remembers_nothing_of_hooks_that_were_taken_away():
    x = Value(3.0)
    for _ in range(3):
        x.register_hook(abs).remove()
    assert weakref.getweakrefcount(x) == 0


def test_an_old_handle_leaves_the_hooks_of_a_node_with_the_same_id_alone():
    x = Value(3.0)
    handle = x.register_hook(lambda g: None)
    HOOKS[id(x)] = {0: abs}  # as of another node, made where the first one was
    handle.remove()
    assert HOOKS.pop(id(x)) == {0: abs}


@TIERS
def test_hooks_act_in_grad_of_inputs_and_derivatives_of_functions(tier):
    def f(x):
        h = x * x
        h.register_hook(lambda g: 10 * g)
        return h + x

    x = leaf(tier, 3.0)
    assert float(grad_of(f(x), [x])[0]) == 61.0
    f(x).backward(inputs=[x])
    assert float(x.grad) == 61.0
    assert float(grad(f)(3.0 if tier == "values" else np.array(3.0))) == 61.0


@TIERS
def test_a_derivative_that_depends_on_a_parameter_is_a_node_with_hooks_too(tier):
    w = leaf(tier, 4.0)

    def f(x):
        h = x * w
        h.register_hook(lambda g: 10 * g)
        return h * x

    slope = grad(f)(3.0 if tier == "values" else np.array(3.0))  # 10 x w + h
    slope.backward()  # through h again, and so through its hook

    assert slope.item() == 132.0
    assert float(w.grad) == 60.0


@TIERS
def test_only_hooks_on_the_way_to_the_inputs_are_called(tier):
    called = []
    x, w = leaf(tier, 3.0), leaf(tier, 4.0)
    a, b = x * 2.0, w * 2.0
    for name, node in [("w", w), ("b", b), ("a", a), ("x", x)]:
        node.register_hook(lambda g, name=name: called.append(name))
    grad_of(a * b, [x])

    assert called == ["a", "x"]


def test_hooks_on_arrays_get_arrays_of_their_own():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y, z = x * 1.0, x * 1.0
    total = y + z  # add gives the same array to both

    def in_place(g):
        g *= 10.0

    y.register_hook(in_place)
    z.register_hook(lambda g: g.clamp(max=0.5) * 2)
    seed = np.ones(2)
    total.backward(seed)

    assert x.grad.tolist() == [11.0, 11.0]
    assert seed.tolist() == [1.0, 1.0]


def test_a_replacement_has_the_dtype_and_must_have_the_shape():
    x = Tensor(np.ones(2, np.float32), requires_grad=True, label="x")
    with x.register_hook(lambda g: Tensor(np.float64([3.0, 4.0]))):
        x.sum().backward()
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [3.0, 4.0]
    with (
        x.register_hook(lambda g: g.sum()),
        pytest.raises(
            ValueError, match=r"hook on Tensor 'x' must return .* shape \(2,\), got \(\)"
        ),
    ):
        x.sum().backward()
    assert x.grad.tolist() == [3.0, 4.0]
    v = Value(1.0)
    with (
        v.register_hook(lambda g: [1.0]),
        pytest.raises(ValueError, match=r"hook on Value must return .* shape \(\), got \(1,\)"),
    ):
        (v * v).backward()
    assert not v.has_grad


@TIERS
def test_a_hook_that_fails_leaves_everything_as_it_was(tier):
    x = leaf(tier, 3.0)
    y = x * x
    with y.register_hook(lambda g: 1 / 0), pytest.raises(ZeroDivisionError):
        y.backward()
    assert not x.has_grad
    y.backward()
    assert float(x.grad) == 6.0


@TIERS
def test_a_hook_may_run_another_backward_over_the_same_nodes(tier):
    x = leaf(tier, 3.0)
    y = x * x
    inner = []
    handle = y.register_hook(lambda g: inner.append(float(grad_of(x * x * x, x)[0])))
    y.backward()
    assert float(x.grad) == 6.0
    grad_of(y, x)
    handle.remove()
    assert inner == [27.0, 27.0]


def test_a_hook_stays_with_what_a_tensor_was_before_it_was_assigned_to():
    """As PyTorch 2.13."""
    seen = {"before": [], "between": [], "after": []}
    w = Tensor([1.0, 2.0], requires_grad=True)
    x = w * 1.0
    handles = [x.register_hook(lambda g: seen["before"].append(g.tolist()))]
    x[0] = 7.0
    handles += [x.register_hook(lambda g: seen["between"].append(g.tolist()))]
    x[1] = w[0] * w[0]
    x.register_hook(lambda g: seen["after"].append(g.tolist()))
    (x * 3).sum().backward()

    assert seen == {"before": [[0.0, 0.0]], "between": [[3.0, 0.0]], "after": [[3.0, 3.0]]}
    assert w.grad.tolist() == [6.0, 0.0]
    for handle in handles:
        handle.remove()
    w.zero_grad()
    (x * 3).sum().backward()
    assert [len(calls) for calls in seen.values()] == [1, 1, 2]


def test_what_takes_no_hook_says_so():
    with pytest.raises(TypeError, match="hook must be callable, got float"):
        Value(1.0).register_hook(1.0)
    for constant in (Value(1.0, requires_grad=False), Tensor(1.0)):
        with pytest.raises(RuntimeError, match="does not require a gradient"):
            constant.register_hook(print)
    with pytest.raises(TypeError, match="a hook of a Symbol"):
        engine.source(lambda x: x.register_hook(print), 1.0)


@TIERS
def test_copies_and_pickles_have_no_hooks(tier):
    x = leaf(tier, 3.0)
    y = x * x
    y.register_hook(lambda g: 10 * g)
    for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        twin.backward()
        assert float(twin.inputs[0].grad) == 6.0


@TIERS
def test_the_stepper_and_explain_apply_hooks(tier):
    x = leaf(tier, 3.0)
    h = x * x
    h.register_hook(lambda g: 10 * g)
    x.register_hook(lambda g: g + 1)
    y = 2.0 * h
    one = BackwardPass(y)
    for node in reversed(one.order):
        one.advance(node)
    one.commit()
    assert float(x.grad) == 121.0
    assert "= 121, after its hooks" in str(explain(x))
    x.zero_grad()
    list(steps(y))
    assert float(x.grad) == 121.0


@TIERS
def test_watchers_see_passes_with_hooks(tier):
    x = leaf(tier, 0.0)
    y = x.sqrt() * 1.0
    with y.register_hook(lambda g: g), engine.nan_trace(), pytest.raises(engine.NonFiniteError):
        y.backward()


def test_half_precision_with_hooks_is_as_without():
    x = Tensor(np.array([1.0, 3.0], np.float16), requires_grad=True)
    y = (x * x * x).sum()
    (plain,) = grad_of(y, x)
    with x.register_hook(lambda g: g):
        (hooked,) = grad_of(y, x)
    assert plain.dtype == hooked.dtype == np.float16
    assert plain.tolist() == hooked.tolist() == [3.0, 27.0]


def test_set_grad_enabled_is_for_a_block_a_function_or_from_now_on():
    assert engine.is_grad_enabled()
    with engine.set_grad_enabled(False):
        assert not engine.is_grad_enabled()
        with engine.set_grad_enabled(True):
            assert engine.is_grad_enabled()
        assert not engine.is_grad_enabled()
    assert engine.is_grad_enabled()
    engine.set_grad_enabled(False)
    assert not engine.is_grad_enabled()
    engine.set_grad_enabled(mode=True)
    assert engine.is_grad_enabled()

    @engine.set_grad_enabled(False)
    def quiet():
        return engine.is_grad_enabled()

    @engine.autograd.set_grad_enabled(True)
    def each():
        yield engine.is_grad_enabled()

    assert engine.is_grad_enabled()
    assert not quiet()
    with no_grad():
        assert list(each()) == [True]
        assert not engine.is_grad_enabled()


@TIERS
def test_a_hook_on_a_leaf_of_a_functions_own_is_not_called_for_its_arguments_gradient(tier):
    """As `grad_of` has it, and PyTorch: nothing of that leaf is asked for."""
    seen = []
    p, x = leaf(tier, 2.0), leaf(tier, 3.0)
    p.register_hook(seen.append)
    slope = grad(lambda x: x * p)(x)
    assert (float(slope.data), seen) == (2.0, [])
    slope.backward()
    assert [float(g) for g in seen] == [1.0]


def test_a_graph_that_is_out_of_date_is_refused_before_a_hook_is_called():
    x, called = Tensor([1.0, 2.0], requires_grad=True), []
    y = (x * x) * 3.0
    y.register_hook(called.append)
    with engine.no_grad():
        x[0] = 5.0
    with pytest.raises(RuntimeError, match="was changed after the graph was made"):
        y.sum().backward(create_graph=True)
    assert called == []
