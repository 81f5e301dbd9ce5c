"""Module: what is registered, found, saved and printed; hooks; both tiers; what is refused."""

import copy
import pickle

import numpy as np
import pytest

import nn
from engine import Tensor, Value, ValueArray, to_numpy
from nn.hooks import RemovableHandle


class Affine(nn.Module):
    """x · weight + bias, with a buffer that counts calls."""

    def __init__(self, bias=True):
        self.weight = nn.Parameter([2.0, 3.0])
        self.bias = nn.Parameter([0.5]) if bias else None
        self.register_buffer("calls", np.array(0))

    def forward(self, x):
        self.calls = self.calls + 1
        y = x * self.weight
        return y if self.bias is None else y + self.bias


class Tree(nn.Module):
    """Modules in modules."""

    def __init__(self):
        self.first = Affine()
        self.rest = nn.ModuleList([Affine(bias=False), nn.Tanh()])
        self.scale = nn.Parameter(1.5)

    def forward(self, x):
        x = self.first(x)
        for module in self.rest:
            x = module(x)
        return x * self.scale


NAMES = ["scale", "first.weight", "first.bias", "rest.0.weight"]


# --- registration ---


def test_parameters_and_modules_are_found_by_assignment_each_level_first():
    model = Tree()
    assert [name for name, _ in model.named_parameters()] == NAMES
    assert [p is q for p, q in zip(model.parameters(), [
        model.scale, model.first.weight, model.first.bias, model.rest[0].weight
    ], strict=True)] == [True] * 4  # fmt: skip
    assert [name for name, _ in model.named_children()] == ["first", "rest"]
    assert [name for name, _ in model.named_modules()] == ["", "first", "rest", "rest.0", "rest.1"]
    assert len(list(model.modules())) == 5
    assert [name for name, _ in model.named_buffers()] == ["first.calls", "rest.0.calls"]
    assert len(list(model.buffers())) == 2
    assert [name for name, _ in model.named_parameters(prefix="net")][1] == "net.first.weight"


def test_a_subclass_need_not_call_the_base():
    class Bare(nn.Module):
        def __init__(self):
            self.w = nn.Parameter([1.0])

    assert len(list(Bare().parameters())) == 1
    assert Bare().training


def test_a_shared_parameter_is_found_once_and_kept_under_both_names():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Linear(2, 2, rng=1))
    model[1].weight = model[0].weight
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias", "1.bias"]
    assert list(model.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    shared = model.scalar()
    assert shared[0].weight is shared[1].weight
    (model(np.ones((1, 2)))).sum().backward()
    before = model[0].weight.numpy().copy()
    nn.SGD(model.parameters(), lr=0.1).step()
    expected = before - 0.1 * model[0].weight.grad
    np.testing.assert_array_equal(model[1].weight.numpy(), expected)


def test_a_name_can_be_assigned_again_and_deleted():
    model = Affine()
    model.weight = nn.Parameter([1.0, 1.0, 1.0])
    assert [p.shape for p in model.parameters()] == [(3,), (1,)]
    model.bias = None
    assert [name for name, _ in model.named_parameters()] == ["weight"]
    del model.weight
    assert not list(model.parameters())
    assert not hasattr(model, "weight")


def test_a_parameter_does_not_silently_become_something_else():
    model = Tree()
    with pytest.raises(TypeError, match="'first' of Tree is a module, it cannot become a int"):
        model.first = 3
    with pytest.raises(TypeError, match="'scale' of Tree is a parameter"):
        model.scale = Tensor([1.0])
    assert isinstance(model.first, Affine)


def test_labels_are_the_names_in_the_whole_model():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Sequential(nn.Linear(2, 1, rng=0)))
    assert [p.label for p in model.parameters()] == [
        "0.weight", "0.bias", "1.0.weight", "1.0.bias"
    ]  # fmt: skip


def test_buffers_are_copied_and_kept_apart_from_parameters():
    model, array = nn.Module(), np.ones(2)
    model.register_buffer("mean", array)
    model.register_buffer("later", None)
    model.register_buffer("scratch", np.zeros(3), persistent=False)
    array[0] = 7
    assert model.mean.tolist() == [1.0, 1.0]
    assert not list(model.parameters())
    assert list(model.state_dict()) == ["mean"]
    model.later = np.array(2.0)
    assert list(model.state_dict()) == ["mean", "later"]
    assert [name for name, _ in model.named_buffers()] == ["mean", "later", "scratch"]
    with pytest.raises(ValueError, match="has an attribute 'training' already"):
        model.register_buffer("training", np.ones(1))
    with pytest.raises(ValueError, match=r"must be an identifier, got 'a\.b'"):
        model.register_buffer("a.b", np.ones(1))


# --- modes, gradients, everything below ---


def test_train_and_eval_reach_everything_below():
    model = Tree()
    assert model.eval() is model
    assert not any(module.training for module in model.modules())
    model.rest.train()
    assert [m.training for _, m in model.named_modules()] == [False, False, True, True, True]
    assert all(module.training for module in model.train().modules())
    with pytest.raises(TypeError, match="mode must be a bool, got int"):
        model.train(1)


@pytest.mark.parametrize("tier", [lambda m: m, lambda m: m.scalar()])
def test_zero_grad_and_freezing_reach_everything_below(tier):
    model = tier(Tree())

    def total():
        return model([1.0, 2.0]).sum()

    total().backward()
    assert all(np.any(p.grad) for p in model.parameters())
    model.zero_grad()  # forgets: a zero would be a gradient
    leaves = [x for p in model.parameters() for x in (p.flat if isinstance(p, ValueArray) else [p])]
    assert not any(x.has_grad for x in leaves)
    model.first.requires_grad_(False)
    total().backward()
    assert not np.any(model.first.weight.grad)
    assert np.any(model.rest[0].weight.grad)


@pytest.mark.parametrize("tier", ["tensors", "values"])
def test_gradients_become_zeros_if_asked(tier):
    """Zeros are a gradient: an optimizer with momentum still moves what has one."""
    model = nn.Linear(2, 1, rng=0)
    model = model if tier == "tensors" else model.scalar()
    optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.5)
    model.zero_grad(set_to_none=False)
    assert not any(np.any(to_numpy(p.grad)) for p in model.parameters() if p.grad is not None)
    model(np.ones((1, 2))).sum().backward()
    optimizer.step()
    for forget in (model.zero_grad, optimizer.zero_grad):
        before = to_numpy(model.weight).copy()
        forget(set_to_none=False)
        np.testing.assert_array_equal(to_numpy(model.weight.grad), np.zeros((1, 2)))
        optimizer.step()
        assert (to_numpy(model.weight) < before).all()
    optimizer.zero_grad()
    before = to_numpy(model.weight).copy()
    optimizer.step()
    np.testing.assert_array_equal(to_numpy(model.weight), before)


def test_a_name_stands_for_one_thing_at_a_time():
    model = nn.Module()
    model.part = nn.Parameter([1.0])
    model.part = nn.Linear(1, 1)
    assert list(model.state_dict()) == ["part.weight", "part.bias"]
    model.part = nn.Parameter([1.0])
    assert list(model.state_dict()) == ["part"]
    assert list(model.children()) == []


@pytest.mark.parametrize("wrong", [ValueArray.of([1.0]), Value(1.0), np.ones(1)])
def test_a_module_s_name_cannot_become_a_number_s(wrong):
    model = Tree().scalar()
    first = model.first
    with pytest.raises(TypeError, match="'first' of Tree is a module, it cannot become"):
        model.first = wrong
    assert model.first is first


def test_what_has_a_made_up_name_is_registered_and_found():
    model = nn.Module()
    model.add_module("0", nn.Sequential(nn.Tanh()))
    model.register_parameter("scale", nn.Parameter([1.0]))
    model.register_parameter("later", None)
    assert [name for name, _ in model.named_parameters()] == ["scale"]
    model.later = nn.Parameter([2.0])
    assert list(model.state_dict()) == ["scale", "later"]
    assert model.get_submodule("") is model
    assert isinstance(model.get_submodule("0.0"), nn.Tanh)
    with pytest.raises(AttributeError, match=r"Sequential has no module '1' of '0\.1'"):
        model.get_submodule("0.1")
    with pytest.raises(ValueError, match="has an attribute 'forward' already"):
        model.add_module("forward", nn.Tanh())
    with pytest.raises(ValueError, match=r"must be an identifier, got 'a\.b'"):
        model.register_parameter("a.b", nn.Parameter([1.0]))
    with pytest.raises(TypeError, match="'x' must be a Parameter, got ndarray"):
        model.register_parameter("x", np.ones(1))
    with pytest.raises(TypeError, match="'x' must be a Module, got function"):
        model.add_module("x", lambda x: x)
    assert not hasattr(model, "x")


def test_what_is_no_array_is_listed_with_the_rest():
    model = nn.Linear(2, 1, rng=0)
    before = model.state_dict()
    with pytest.raises(ValueError, match=r"(?s)weight: not an array: .*\n  bias: expected shape"):
        model.load_state_dict({"weight": [[1.0, 2.0], [3.0]], "bias": [1.0, 2.0]})
    np.testing.assert_array_equal(model.weight.numpy(), before["weight"])


def test_apply_calls_children_before_parents():
    seen = []
    model = nn.Sequential(nn.Linear(1, 1, rng=0), nn.Sequential(nn.Tanh()))
    assert model.apply(lambda m: seen.append(type(m).__name__)) is model
    assert seen == ["Linear", "Tanh", "Sequential", "Sequential"]


def test_dtype_changes_for_parameters_and_float_buffers():
    model = Affine()
    model.register_buffer("mean", np.ones(2))
    weight = model.weight
    assert model.to(np.float32) is model
    assert model.weight is weight  # an optimizer holds it
    assert (weight.dtype, model.mean.dtype, model.calls.dtype) == (np.float32, np.float32, np.int64)
    assert model(np.ones(2, np.float32)).dtype == np.float32
    with pytest.raises(TypeError, match="must be floating-point, got int64"):
        model.to(np.int64)
    with pytest.raises(TypeError, match="a scalar model holds Python floats"):
        model.scalar().to(np.float32)
    buffers = nn.BatchNorm1d(2, affine=False)
    with pytest.raises(TypeError, match="must be floating-point, got int64"):
        buffers.to(np.int64)
    assert buffers.running_var.dtype == np.float64


def test_float_and_double_are_the_two_dtypes():
    model = nn.Linear(2, 1, rng=0)
    assert model.float() is model
    assert model.weight.dtype == np.float32
    assert model.double().weight.dtype == np.float64


def test_without_forward_the_call_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="Module must define forward"):
        nn.Module()(1.0)


# --- hooks ---


def test_hooks_see_the_call_and_may_replace_its_result():
    model = Affine()
    seen = []
    first = model.register_forward_hook(lambda m, args, y: seen.append((m, args, y)))
    second = model.register_forward_hook(lambda m, args, y: y * 10)
    x = np.array([1.0, 1.0])

    y = model(x)

    assert y.tolist() == [25.0, 35.0]
    assert seen[0][0] is model
    assert seen[0][1] == (x,)
    assert seen[0][2].tolist() == [2.5, 3.5]
    assert isinstance(first, RemovableHandle)
    second.remove()
    second.remove()
    assert model(x).tolist() == [2.5, 3.5]
    with first:
        model(x)
    model(x)
    assert len(seen) == 3
    with pytest.raises(TypeError, match="hook must be callable, got str"):
        model.register_forward_hook("hook")


# --- the other tier ---


def test_the_scalar_model_has_the_same_weights_and_results():
    model = Tree()
    twin = model.scalar()
    x = np.array([[0.1, -0.2], [0.3, 0.4]])
    np.testing.assert_allclose(twin(x).values, model(x).numpy(), rtol=0, atol=1e-15)
    assert [name for name, _ in twin.named_parameters()] == NAMES
    assert isinstance(twin.first.weight, ValueArray)
    assert isinstance(twin.scale, Value)
    assert twin.first.weight[1].label == "first.weight[1]"
    assert twin.scale.label == "scale"
    twin.first.weight[0].data = 9.0
    assert model.first.weight.tolist() == [2.0, 3.0]  # nothing is shared
    with pytest.raises(TypeError, match="this is a scalar model already"):
        twin.scalar()


def test_weights_go_back_and_forth():
    model, other = Tree(), Tree()
    twin = model.scalar()
    for p in twin.parameters():
        for x in p.flat if isinstance(p, ValueArray) else [p]:
            x.data += 0.25
    other.load_state_dict(twin.state_dict())
    assert other.first.weight.tolist() == [2.25, 3.25]
    assert other.scale.item() == 1.75
    twin.load_state_dict(model.state_dict())
    assert twin.first.weight.values.tolist() == [2.0, 3.0]
    assert twin.scale.data == 1.5


def test_copies_and_pickles_share_nothing():
    model = Tree()
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        for (name, p), (other_name, q) in zip(
            model.named_parameters(), other.named_parameters(), strict=True
        ):
            assert name == other_name
            assert isinstance(q, nn.Parameter)
            np.testing.assert_array_equal(p.numpy(), q.numpy())
            assert q.requires_grad
        other.first.weight.data = [0.0, 0.0]
        assert model.first.weight.tolist() == [2.0, 3.0]


# --- state ---


def test_the_state_is_copies_under_pytorchs_names():
    model = nn.Sequential(nn.Linear(3, 2, rng=0), nn.Tanh(), nn.Linear(2, 1, rng=1))
    state = model.state_dict()
    assert {key: x.shape for key, x in state.items()} == {
        "0.weight": (2, 3), "0.bias": (2,), "2.weight": (1, 2), "2.bias": (1,)
    }  # fmt: skip
    state["0.weight"][:] = 0
    assert np.all(model[0].weight.numpy() != 0)


@pytest.mark.parametrize("tier", [lambda m: m, lambda m: m.scalar()])
def test_all_that_does_not_fit_is_listed_and_nothing_is_loaded(tier):
    model = tier(Tree())
    before = model.state_dict()
    state = {**model.state_dict(), "extra": np.ones(1), "scale": np.array(9.0)}
    state["first.weight"] = np.ones(3)
    state["first.bias"] = np.array(["x"])
    del state["rest.0.weight"]

    with pytest.raises(ValueError, match="state does not fit this Tree; nothing was loaded") as e:
        model.load_state_dict(state)

    assert str(e.value).splitlines()[1:] == [
        "  missing: rest.0.weight",
        "  unexpected: extra",
        "  first.weight: expected shape (2,), got (3,)",
        "  first.bias: expected float64 numbers, got dtype <U1",
    ]
    for key, x in model.state_dict().items():
        np.testing.assert_array_equal(x, before[key])


def test_not_strict_passes_over_names_but_not_over_shapes():
    model = Tree()
    passed = model.load_state_dict({"scale": 4, "extra": [1.0]}, strict=False)
    assert passed.unexpected_keys == ["extra"]
    assert passed.missing_keys == [
        "first.weight", "first.bias", "first.calls", "rest.0.weight", "rest.0.calls"
    ]  # fmt: skip
    assert model.scale.item() == 4.0
    with pytest.raises(ValueError, match="scale: expected shape"):
        model.load_state_dict({"scale": [1.0]}, strict=False)
    with pytest.raises(TypeError, match="state must be a mapping"):
        model.load_state_dict([1.0])


def test_loading_keeps_the_parameters_and_their_dtype():
    model = Affine().to(np.float32)
    weight = model.weight
    model.load_state_dict({"weight": [0.1, 0.2], "bias": [1], "calls": 7})
    assert model.weight is weight
    assert weight.dtype == np.float32
    assert model.calls == 7
    with pytest.raises(ValueError, match="calls: expected int64 numbers, got dtype float64"):
        model.load_state_dict({"weight": [0.1, 0.2], "bias": [1], "calls": 7.5})


# --- text ---


def test_the_repr_is_a_tree_with_shapes_and_counts():
    model = nn.Sequential(nn.Linear(3, 2, rng=0), nn.Sequential(nn.Tanh(), nn.Linear(2, 1)))
    assert repr(model) == (
        "Sequential(\n"
        "  (0): Linear(3, 2, bias=True)  # weight 2×3, bias 2: 8 parameters\n"
        "  (1): Sequential(\n"
        "    (0): Tanh()\n"
        "    (1): Linear(2, 1, bias=True)  # weight 1×2, bias 1: 3 parameters\n"
        "  )  # 3 parameters\n"
        ")  # 11 parameters"
    )
    assert repr(model.scalar()) == repr(model)
    assert repr(Tree()).endswith(")  # scale 0-d: 6 parameters")


def test_a_parameter_is_a_leaf_that_requires_a_gradient():
    p = nn.Parameter([1.0, 2.0], label="w")
    assert p.requires_grad
    assert p.is_leaf
    assert repr(p).startswith("Parameter([1., 2.]")
    assert not nn.Parameter([1.0], requires_grad=False).requires_grad
    assert type(p * 2) is Tensor
    with pytest.raises(TypeError, match="floating-point"):
        nn.Parameter([1, 2])
    with pytest.raises(TypeError, match="must be floating-point, got bool"):
        p.cast_(bool)
    twin = copy.copy(p)
    assert isinstance(twin, nn.Parameter)
    assert twin.label == "w"
    assert twin.data is not p.data


# --- summary ---


def test_the_summary_has_a_row_for_each_module():
    model = nn.Sequential(nn.Flatten(), nn.MLP([6, 4, 2], rng=0))
    table = nn.summary(model, np.zeros((5, 2, 3)))
    assert str(table) == (
        "layer                  output shape  parameters\n"
        "───────────────────────────────────────────────\n"
        "Sequential             (5, 2)                 –\n"
        "  0: Flatten           (5, 6)                 –\n"
        "  1: MLP               (5, 2)                 –\n"
        "    layers: ModuleList not called             –\n"
        "      0: Linear        (5, 4)                28\n"
        "      1: Linear        (5, 2)                10\n"
        "───────────────────────────────────────────────\n"
        "38 parameters; 304 bytes"
    )
    assert [row.parameters for row in table.rows] == [0, 0, 0, 0, 28, 10]
    assert [row.shapes for row in table.rows[-2:]] == [((5, 4),), ((5, 2),)]
    assert table.rows[3].calls == 0
    assert table.parameters == table.trainable == 38


@pytest.mark.parametrize(
    ("inputs", "size"), [(124, "1.0 kB"), (125_000, "1.0 MB"), (30, "248 bytes")]
)
def test_the_summary_says_how_large_the_parameters_are(inputs, size):
    model = nn.Linear(inputs, 1, rng=0)
    assert str(nn.summary(model, np.zeros((1, inputs)))).endswith(f"; {size}")


def test_the_summary_takes_an_output_that_is_no_array():
    class Says(nn.Module):
        def forward(self, x):
            return x, "done", [x, None]

    assert nn.summary(Says(), np.zeros((3, 2))).rows[0].shapes == ((3, 2), (3, 2))


def test_a_module_that_is_none_is_no_child():
    class Maybe(nn.Module):
        def __init__(self):
            self.first = nn.Tanh()
            self.second = nn.Tanh()
            self.second = None

    assert [name for name, _ in Maybe().named_children()] == ["first"]


def test_the_summary_says_the_same_on_the_scalar_tier():
    model = nn.MLP([2, 3, 1], rng=0)
    x = np.zeros((4, 2))
    assert str(nn.summary(model, x)) == str(nn.summary(model.scalar(), x))


def test_the_summary_leaves_the_model_as_it_was():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Dropout(0.5, rng=3), nn.Tanh())
    model[2].eval()
    state = model[1].rng.bit_generator.state
    nn.summary(model, np.zeros((1, 2)))
    assert [m.training for m in model.modules()] == [True, True, True, False]
    assert model[1].rng.bit_generator.state == state
    assert not any(m._hooks for m in model.modules())
    with pytest.raises(ValueError, match="takes inputs of shape"):
        nn.summary(model, np.zeros((1, 3)))
    assert not any(m._hooks for m in model.modules())
    assert model.training


def test_the_summary_counts_a_shared_parameter_once_and_names_frozen_ones():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Linear(2, 2, rng=1))
    model[1].weight = model[0].weight
    model[1].bias.requires_grad = False
    table = nn.summary(model, np.zeros((1, 2)))
    assert [row.parameters for row in table.rows] == [0, 6, 2]
    assert (table.parameters, table.trainable) == (8, 6)
    assert str(table).endswith("8 parameters, 2 of them frozen; 64 bytes")


def test_the_summary_shows_repeated_calls_and_several_outputs():
    class Twice(nn.Module):
        def __init__(self):
            self.inner = nn.Linear(2, 2, rng=0)

        def forward(self, x):
            y = self.inner(self.inner(x))
            return y, {"sum": y.sum()}

    table = nn.summary(Twice(), np.zeros((3, 2)))
    assert table.rows[0].shapes == ((3, 2), ())
    assert "(3, 2) ×2" in str(table)
    with pytest.raises(TypeError, match="model must be a Module, got builtin_function_or_method"):
        nn.summary(len, np.zeros(1))


def test_a_label_of_yours_is_not_replaced_by_the_place_of_its_parameter():
    inner = nn.Linear(2, 1, rng=0)
    inner.weight = nn.Parameter([[1.0, 2.0]], label="mine")
    outer = nn.Sequential(inner)
    assert {p.label for p in outer.parameters()} == {"mine", "0.bias"}


def test_a_hook_may_take_itself_away_while_it_is_called():
    layer, called = nn.ReLU(), []

    def once(*_given):
        called.append(1)
        handle.remove()

    handle = layer.register_forward_hook(once)
    layer.register_forward_hook(lambda *_given: called.append(2))
    layer(np.ones(1))
    layer(np.ones(1))
    assert called == [1, 2, 2]


def test_what_is_frozen_stays_frozen_on_the_scalar_tier():
    model = nn.Linear(2, 1, rng=0)
    model.bias.requires_grad = False
    scalar = model.scalar()
    assert [x.requires_grad for x in (*scalar.weight.flat, *scalar.bias.flat)] == [1, 1, 0]


def test_a_buffer_keeps_its_dtype_when_other_numbers_are_loaded():
    norm = nn.BatchNorm1d(2).float()
    norm.load_state_dict(
        {k: x.astype(np.float64) for k, x in norm.state_dict().items() if x.ndim}, strict=False
    )
    assert norm.running_mean.dtype == norm.weight.dtype == np.float32


def test_what_will_not_become_an_array_is_listed_whatever_it_raises():
    class Device:
        def __array__(self, *_args, **_kwargs):
            raise RuntimeError("it is on another device")

    layer = nn.Linear(2, 1, bias=False, rng=0)
    with pytest.raises(ValueError, match="weight: not an array: it is on another device"):
        layer.load_state_dict({"weight": Device()})


def test_a_gradient_does_not_outlive_a_change_of_dtype():
    layer = nn.Linear(2, 1, rng=0)
    layer(np.ones((1, 2))).sum().backward()
    layer.float()
    assert [p.grad for p in layer.parameters()] == [None, None]


def test_a_shallow_copy_of_a_frozen_parameter_is_frozen():
    frozen = copy.copy(nn.Parameter([1.0], requires_grad=False, label="w"))
    assert (type(frozen), frozen.requires_grad, frozen.label) == (nn.Parameter, False, "w")


def test_the_summary_counts_bytes_by_dtype():
    model = nn.Linear(3, 2, rng=0)
    assert nn.summary(model, np.zeros((1, 3))).size == 8 * 8
    assert nn.summary(model.float(), np.zeros((1, 3), np.float32)).size == 8 * 4


def test_the_summary_shows_what_the_last_call_gave():
    class Shrinking(nn.Module):
        def __init__(self):
            self.half = nn.AvgPool1d(2)

        def forward(self, x):
            return self.half(self.half(x))

    table = nn.summary(Shrinking(), np.zeros((1, 1, 8)))
    assert table.rows[1].shapes == ((1, 1, 2),)
