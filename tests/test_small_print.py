"""Promises that only a rare case shows."""

import dataclasses
import gc
import importlib
import pkgutil
import weakref

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, ValueArray
from engine.checking.rows import Row
from engine.moved import Moved

RNG = np.random.default_rng(3)


def test_the_numbers_of_a_tensor_are_not_changed_behind_its_back():
    """Not by assigning, which says what to do instead; nor by NumPy's ways of writing in place."""
    x = Tensor([2.0, 1.0], requires_grad=True)
    for write in (
        lambda: x.data.sort(),
        lambda: x.data.fill(0.0),
        lambda: np.add(1.0, 1.0, out=x.data),
        lambda: np.copyto(x.data, 3.0),
    ):
        with pytest.raises(ValueError, match=r"read-only|changed in place"):
            write()
    assert x.tolist() == [2.0, 1.0]


@pytest.mark.parametrize("op", [engine.add, engine.sub, engine.mul, engine.div, engine.hypot])
@pytest.mark.parametrize("dtypes", [("f4", "f8"), ("f8", "f4"), ("f4", "f4")])
def test_each_input_gets_a_gradient_of_its_own_dtype(op, dtypes):
    a, b = (Tensor(np.array([1.0, 2.0], dtype), requires_grad=True) for dtype in dtypes)
    op(a, b).sum().backward()
    assert (a.grad.dtype, b.grad.dtype) == tuple(map(np.dtype, dtypes))


@pytest.mark.parametrize("op", [engine.matmul, engine.outer, engine.dot])
@pytest.mark.parametrize("dtypes", [("f4", "f8"), ("f8", "f4")])
def test_each_factor_gets_a_gradient_of_its_own_dtype(op, dtypes):
    a, b = (Tensor(np.array([1.0, 2.0], dtype), requires_grad=True) for dtype in dtypes)
    op(a, b).sum().backward()
    assert (a.grad.dtype, b.grad.dtype) == tuple(map(np.dtype, dtypes))


def test_leaves_like_an_array_of_values_require_a_gradient():
    leaves = ValueArray.of([1.0, 2.0], requires_grad=False).leaf()
    assert [x.requires_grad for x in leaves] == [True, True]
    assert leaves.tolist() == [1.0, 2.0]


def test_an_explanation_shows_six_numbers_and_of_seven_the_norm():
    for count in (6, 7):
        x = Tensor(np.full(count, 2.0), requires_grad=True)
        y = (x * 3.0).sum()
        shown = str(engine.explain(x, y))
        assert ("3, 3, 3, 3, 3, 3" in shown) == (count == 6)
        assert ("norm" in shown) == (count == 7)


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU])
def test_each_layer_and_direction_starts_from_its_own_state(kind):
    """Two layers, both ways, against four networks of one layer and one direction."""
    whole = kind(3, 2, num_layers=2, bidirectional=True)
    x, h0 = RNG.normal(size=(5, 1, 3)), RNG.normal(size=(4, 1, 2))
    output, last = whole(x, h0)
    weights = whole.state_dict()

    def alone(layer, suffix, inputs, state):
        one = kind(inputs.shape[-1], 2)
        one.load_state_dict(
            {name: weights[name.replace("_l0", f"_l{layer}{suffix}")] for name in one.state_dict()}
        )
        output, last = one(inputs, state[None])
        return output.data, last.data[0]

    ends = []
    for layer in range(2):
        forth, end = alone(layer, "", x, h0[2 * layer])
        back, start = alone(layer, "_reverse", x[::-1].copy(), h0[2 * layer + 1])
        x, ends = np.concatenate([forth, back[::-1]], axis=-1), [*ends, end, start]
    np.testing.assert_allclose(last.data, ends)
    np.testing.assert_allclose(output.data, x)


def test_a_bias_of_more_digits_makes_a_convolution_of_more_digits():
    """As NumPy's sum would be: the bias is not rounded to the images' float32."""
    images, weight = np.ones((1, 1, 3, 3), np.float32), np.ones((2, 1, 2, 2), np.float32)
    assert nn.conv2d(images, weight, np.zeros(2)).dtype == np.float64
    assert nn.conv2d(images, weight, np.zeros(2, np.float32)).dtype == np.float32
    assert nn.conv2d(images.astype(float), weight, np.zeros(2, np.float32)).dtype == np.float64


@pytest.mark.parametrize("leading", [((2,), ()), ((), (2,)), ((2,), (2,)), ((3, 1), (2,))])
def test_a_mask_has_the_batch_axes_of_queries_and_keys_together(leading):
    of_queries, of_keys = leading
    q, k = RNG.normal(size=(*of_queries, 3, 4)), RNG.normal(size=(*of_keys, 5, 4))
    v = RNG.normal(size=(*of_keys, 5, 2))
    batch = np.broadcast_shapes(of_queries, of_keys)
    mask = RNG.random((*batch, 3, 5)) < 0.7
    mask[..., 0] = True
    found = nn.scaled_dot_product_attention(q, k, v, mask)
    scores = np.where(mask, q @ np.swapaxes(k, -1, -2) / 2.0, -np.inf)
    expected = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True) @ v
    np.testing.assert_allclose(found, expected)
    with pytest.raises(ValueError, match="attn_mask"):
        nn.scaled_dot_product_attention(q, k, v, np.ones((7, *batch, 3, 5), bool))


def test_only_a_module_is_put_into_a_list_of_modules():
    layers = nn.ModuleList([nn.Linear(1, 1), nn.ReLU()])
    with pytest.raises(TypeError, match="1"):
        layers[1] = np.tanh
    assert isinstance(layers[1], nn.ReLU)
    layers[1] = nn.Tanh()
    assert isinstance(layers[1], nn.Tanh)


@pytest.mark.parametrize("wrong", [-0.1, np.nan, "fast"])
def test_a_saved_rate_that_is_none_is_refused(wrong):
    optimizer = nn.SGD([nn.Parameter([1.0])], lr=0.1)
    nn.StepLR(optimizer, 1)
    state = optimizer.state_dict()
    state["param_groups"][0]["initial_lr"] = wrong
    with pytest.raises((TypeError, ValueError), match="initial_lr"):
        optimizer.load_state_dict(state)


def test_the_line_of_a_large_array_shows_how_far_finite_differences_are_apart():
    found = engine.compare(lambda x: (x * x).sum(), np.arange(1.0, 31.0))
    value, gradient = str(found).splitlines()[4:6]
    assert value.split() == ["value", "9455.0", "9455.0", "same", "bits", "ok"]
    name, estimate, apart, verdict = gradient.split()[:1] + gradient.split()[-3:]
    assert (name, estimate, verdict) == ("∂/∂x[29]", "60", "ok")
    assert float(apart) < 1e-9


def test_a_graph_of_as_many_numbers_as_the_limit_is_expanded():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    assert engine.expand(y, 1, limit=4).data == 4.0
    with pytest.raises(ValueError, match="4 numbers, more than the limit of 3"):
        engine.expand(y, 1, limit=3)


RECORDS = {
    thing.__name__: thing
    for package in (engine, nn)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    for thing in vars(importlib.import_module(found.name)).values()
    if isinstance(thing, type) and dataclasses.is_dataclass(thing)
}


@pytest.mark.parametrize("name", RECORDS)
def test_records_cannot_be_changed(name):
    """What was measured, explained or stated is not edited afterwards; some are workspaces."""
    is_workspace = name in {
        "Argument",
        "Call",
        "_Check",
        "_Group",
        "Body",
        "Buffer",
        "Chain",
        "Instruction",
        "Link",
        "Memory",
        "Product",
        "Run",
        "Site",
        "Steps",
        "Store",
        "Value",
    }
    assert RECORDS[name].__dataclass_params__.frozen is not is_workspace


POSITIVE, WITHIN_1 = engine.Interval(0.0, np.inf, open=True), engine.Interval(-1.0, 1.0, open=True)
DOMAINS = {
    **dict.fromkeys(["sqrt", "reciprocal", "log", "log2", "log10"], (POSITIVE,)),
    **dict.fromkeys(["cbrt", "lgamma", "digamma"], (POSITIVE,)),
    **dict.fromkeys(["arcsin", "arccos", "arctanh", "erfinv"], (WITHIN_1,)),
    **dict.fromkeys(
        ["div", "arctan2", "floor_divide", "remainder", "xlogy"], (engine.Interval(), POSITIVE)
    ),
    "pow": (POSITIVE, engine.Interval()),
    "hypot": (POSITIVE, engine.Interval()),
    "log1p": (engine.Interval(-1.0, np.inf, open=True),),
    "arccosh": (engine.Interval(1.0, np.inf, open=True),),
    "logit": (engine.Interval(0.0, 1.0, open=True),),
    "tan": (engine.Interval(-1.5, 1.5),),
    "binary_cross_entropy": (engine.Interval(0.0, 1.0, open=True), engine.Interval(0.0, 1.0)),
}


def test_ops_are_defined_on_all_numbers_but_for_these():
    """Tests draw from a row's domain: where one is too narrow, an error beyond goes unseen."""
    for name, op in engine.registry.items():
        if op.kind == "elementwise":
            everywhere = (engine.Interval(),) * op.n_inputs
            assert op.domain == DOMAINS.get(name, everywhere), name


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 3.0])
def test_a_power_of_0_does_not_depend_on_an_exponent_that_is_not_negative(exponent):
    a, b = engine.Value(0.0, requires_grad=False), engine.Value(exponent)
    (a**b).backward()
    assert b.grad == 0.0
    x, y = Tensor([0.0]), Tensor([exponent], requires_grad=True)
    (x**y).sum().backward()
    assert y.grad.tolist() == [0.0]


@pytest.mark.parametrize("p", [1.5, 2, 3])
def test_a_row_of_zeros_has_norm_0_and_no_slope_on_values(p):
    x = ValueArray.of([[0.0, 0.0], [3.0, 0.0]])
    engine.sum(engine.norm(x, p, axis=1)).backward()
    np.testing.assert_allclose(x.grad, [[0.0, 0.0], [1.0, 0.0]], atol=1e-12)


def test_a_norm_of_values_may_be_infinite():
    for p in (2, 3, -1):
        assert engine.norm(ValueArray.of([1.0, np.inf]), p).data == (1.0 if p == -1 else np.inf)


def test_one_part_is_the_whole_and_no_part_is_refused():
    x = np.arange(4.0)
    (whole,) = engine.split(x, 1, axis=0)
    np.testing.assert_array_equal(whole, x)
    with pytest.raises(ValueError, match="0"):
        engine.split(x, 0, axis=0)


@pytest.mark.parametrize("make", [lambda x: x, Tensor, ValueArray.of])
def test_one_array_is_joined_with_nothing(make):
    x = np.array([[1.0, 2.0]])
    for joined in (engine.concatenate([make(x)]), engine.stack([make(x)])[0]):
        np.testing.assert_array_equal(engine.to_numpy(joined), x)
    np.testing.assert_array_equal(engine.to_numpy(engine.einsum("ij->ji", make(x))), x.T)


def test_the_last_module_of_a_list_is_popped():
    layers = nn.ModuleList([nn.ReLU(), nn.Tanh(), nn.Sigmoid()])
    assert isinstance(layers.pop(), nn.Sigmoid)
    assert [type(layer).__name__ for layer in layers] == ["ReLU", "Tanh"]


def test_cross_entropy_of_rows_is_not_scaled_and_not_summed_unless_asked():
    op = engine.registry["cross_entropy"]
    x = np.log([[1.0, 3.0], [1.0, 1.0]])
    np.testing.assert_allclose(op(x, np.array([0, 1])), np.log([4.0, 2.0]))


@pytest.mark.parametrize("norm_type", [1.0, 2.0, np.inf])
def test_without_gradients_there_is_nothing_to_clip(norm_type):
    assert float(nn.clip_grad_norm_([nn.Parameter([1.0])], 1.0, norm_type)) == 0.0


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (nn.Conv1d(2, 4, 3), "2, 4, kernel_size=(3,)"),
        (nn.Conv1d(2, 4, 3, padding="same"), "2, 4, kernel_size=(3,), padding='same'"),
        (nn.Conv1d(2, 4, 3, padding="valid"), "2, 4, kernel_size=(3,)"),
        (
            nn.Conv2d(2, 4, 3, stride=2, padding=1, dilation=2, groups=2, bias=False),
            "2, 4, kernel_size=(3, 3), stride=(2, 2), padding=1, dilation=(2, 2), groups=2, "
            "bias=False",
        ),
        (
            nn.MaxPool2d(2, stride=1, padding=1, dilation=2, ceil_mode=True),
            "kernel_size=2, stride=1, padding=1, dilation=2, ceil_mode=True",
        ),
        (nn.LSTM(2, 3), "2, 3"),
        (
            nn.GRU(2, 3, 2, bias=False, batch_first=True, dropout=0.5, bidirectional=True),
            "2, 3, num_layers=2, bias=False, batch_first=True, dropout=0.5, bidirectional=True",
        ),
        (nn.Linear(2, 3), "2, 3, bias=True"),
        (nn.Linear(2, 3, bias=False), "2, 3, bias=False"),
        (nn.Embedding(3, 2), "3, 2"),
        (nn.Embedding(3, 2, padding_idx=-1), "3, 2, padding_idx=2"),
        (nn.MultiHeadAttention(4, 2), "4, num_heads=2"),
        (nn.RMSNorm(3, eps=0.5), "(3,), eps=0.5, elementwise_affine=True"),
        (nn.Flatten(2, 3), "start_dim=2, end_dim=3"),
    ],
)
def test_a_layer_says_what_is_not_usual_about_it(layer, said):
    assert layer.extra_repr() == said


def test_a_trace_entered_twice_knows_its_lines_until_it_is_left_twice():
    x, trace = engine.Value(0.0), engine.nan_trace()
    with trace:
        y = engine.sqrt(x)
        with trace:
            pass
        with pytest.raises(engine.NonFiniteError, match=r"engine\.sqrt\(x\)"):
            y.backward()


def test_a_trace_that_is_left_lets_its_nodes_go():
    x, trace = engine.Value(2.0), engine.nan_trace()
    with trace:
        y = x * 3.0
        kept = weakref.ref(y)
        del y
        assert kept() is not None
    gc.collect()
    assert kept() is None


def test_a_comparison_says_of_how_many_numbers_the_gradients_are_the_sum():
    for count in (1, 2, 3):
        found = str(engine.compare(lambda x, n=count: engine.stack([x] * n), 2.0))
        assert (f"f returns {count} numbers" in found) == (count > 1)


def test_a_comparison_says_how_far_the_tiers_are_apart_in_both_measures():
    apart = Row("x", (), np.array(1.0), np.array(1.0 + 2**-51), None)
    ((_, scalar, tensor, distance, *_),) = apart.lines()
    assert (scalar.strip(), tensor.strip()) == ("1.0", "1.0000000000000004")
    assert distance == "2 ulp, 4e-16"


def test_weights_that_are_not_asked_for_are_none():
    attention, x = nn.MultiHeadAttention(4, 2), RNG.normal(size=(3, 1, 4))
    y, weights = attention(x, x, x)
    assert weights.shape == (1, 3, 3)
    same, nothing = attention(x, x, x, need_weights=False)
    assert nothing is None
    np.testing.assert_array_equal(same.data, y.data)


def test_a_window_is_as_near_to_its_kink_as_its_two_largest_numbers_are_to_each_other():
    op = engine.registry["max_pool2d"]
    x = np.array([[[[1.0, 9.0, 5.0, 2.0, 8.5]]]])
    gap = op.kinks(x, **{**op.defaults, "kernel": (1, 5), "stride": (1, 5)})
    assert gap.tolist() == [[[[0.5]]]]
    assert op.kinks(x, **{**op.defaults, "kernel": (1, 1), "stride": (1, 1)}) == np.inf


@pytest.mark.parametrize(
    ("name", "inputs", "params", "distance"),
    [
        ("clip", (0.25,), {"min": 0.0, "max": 1.0}, 0.25),
        ("clip", (-3.0,), {"min": -1.0, "max": 1.0}, 2.0),
        ("clip", (5.0,), {"min": None, "max": 2.0}, 3.0),
        ("clip", (5.0,), {"min": None, "max": None}, np.inf),
        ("abs", (-2.0,), {}, 2.0),
        ("sign", (0.5,), {}, 0.5),
        ("relu", (-2.0,), {}, 2.0),
        ("leaky_relu", (3.0,), {"negative_slope": 0.1}, 3.0),
        ("elu", (-0.5,), {"alpha": 1.0}, 0.5),
        ("floor", (1.25,), {}, 0.25),
        ("ceil", (-1.75,), {}, 0.25),
        ("round", (1.25,), {}, 0.25),
        ("maximum", (1.0, 3.5), {}, 2.5),
        ("minimum", (-1.0, 3.5), {}, 4.5),
        ("floor_divide", (7.0, 4.0), {}, 1.0),
        ("remainder", (9.5, 4.0), {}, 1.5),
    ],
)
def test_a_kink_is_as_far_as_it_is(name, inputs, params, distance):
    kinks = engine.registry[name].kinks
    assert float(kinks(*inputs, **params)) == distance
    np.testing.assert_array_equal(kinks(*map(np.atleast_1d, inputs), **params), [distance])


def test_a_direction_may_be_a_node_and_is_differentiated_too():
    x, cotangent = engine.Value(3.0), engine.Value(2.0)
    _, pullback = engine.vjp(lambda x: x * x, x)
    (gradient,) = pullback(cotangent)
    gradient.backward()
    assert (gradient.data, x.grad, cotangent.grad) == (12.0, 4.0, 6.0)
    x, tangent = engine.Value(3.0), engine.Value(2.0)
    _, slope = engine.jvp(lambda x: x * x, (x,), (tangent,))
    slope.backward()
    assert (slope.data, x.grad, tangent.grad) == (12.0, 4.0, 6.0)


def test_a_direction_of_one_number_gives_a_number():
    _, pullback = engine.vjp(lambda x: x * x, 3.0)
    assert type(pullback(np.array(2.0))[0]) is float


def test_no_targets_at_all_may_be_an_empty_list():
    none = np.zeros((0, 3))
    assert float(nn.cross_entropy(none, [], reduction="sum")) == 0.0
    assert np.isnan(nn.cross_entropy(none, []))
    with pytest.raises((TypeError, ValueError), match="shape"):
        nn.cross_entropy(np.zeros((2, 3)), [])


def test_a_forward_may_take_its_inputs_as_one_tuple():
    op = engine.elementwise(
        "planted", lambda *inputs: inputs[0] - inputs[1],
        lambda g, y, a, b: g, lambda g, y, a, b: -g,
    )  # fmt: skip
    try:
        a, b = engine.Value(5.0), engine.Value(3.0)
        y = op(a, b)
        y.backward()
        assert (y.data, a.grad, b.grad) == (2.0, 1.0, -1.0)
    finally:
        engine.unregister("planted")


def test_a_size_of_the_output_is_one_number_for_each_axis():
    for wrong in (((2, 2), 1), (1, 2, 3), (1,)):
        with pytest.raises((TypeError, ValueError), match="output_size"):
            nn.AdaptiveAvgPool2d(wrong)(np.ones((1, 1, 4, 4)))


def test_a_tensor_of_a_hundred_numbers_shows_them_all_and_one_of_more_its_shape():
    hundred, more = repr(Tensor(np.ones(100))), repr(Tensor(np.ones(101)))
    assert ("..." in hundred, "shape" in hundred) == (False, False)
    assert ("..." in more, "shape=(101,)" in more) == (True, True)


def test_a_module_that_moved_keeps_its_name():
    old = Moved("engine.old", ("engine.ops",))
    assert old.__name__ == "engine.old"
    assert "engine.ops" in old.__doc__
    assert old.tanh is engine.tanh


def test_attention_needs_a_width_and_a_key_but_no_query():
    keys = np.ones((1, 2, 3))
    assert nn.scaled_dot_product_attention(np.ones((1, 0, 3)), keys, keys).shape == (1, 0, 3)
    for q, k in (((1, 2, 0), (1, 2, 0)), ((1, 2, 3), (1, 0, 3))):
        with pytest.raises(ValueError, match="key"):
            nn.scaled_dot_product_attention(np.ones(q), np.ones(k), np.ones(k))


def test_the_rate_a_schedule_began_with_goes_with_the_schedule():
    optimizer = nn.SGD([nn.Parameter([1.0])], lr=0.1)
    plain = optimizer.state_dict()
    nn.StepLR(optimizer, 1)
    assert "initial_lr" in optimizer.param_groups[0]
    optimizer.load_state_dict(plain)
    assert "initial_lr" not in optimizer.param_groups[0]


@pytest.mark.parametrize("p", [0.5, 1.5, 2, 3, -1])
def test_of_an_infinite_number_the_tiers_have_norms_of_the_same_slope(p):
    x = np.array([np.inf, 1.0])
    with np.errstate(all="ignore"):
        on_tensors = engine.grad(lambda x: engine.norm(x, p))(x)
        on_values = engine.grad(lambda x: engine.norm(x, p))(ValueArray.of(x))
    np.testing.assert_array_equal(engine.to_numpy(on_values), on_tensors)


@pytest.mark.parametrize("loss", [nn.MSELoss, nn.KLDivLoss, nn.NLLLoss, nn.CrossEntropyLoss])
def test_a_loss_refuses_a_reduction_when_it_is_made(loss):
    with pytest.raises(ValueError, match="reduction"):
        loss(reduction="average")


def test_a_sequence_of_schedules_that_is_interrupted_while_it_loads_has_loaded_nothing():
    class Interrupted(nn.StepLR):
        def _load(self, state):
            if state["last_epoch"] != self.last_epoch:
                raise KeyboardInterrupt
            return super()._load(state)

    def sequence(second):
        optimizer = nn.SGD([nn.Parameter([1.0])], lr=1.0)
        schedules = [nn.StepLR(optimizer, 1), second(optimizer, 1)]
        return optimizer, nn.SequentialLR(optimizer, schedules, [1])

    _, schedule = sequence(nn.StepLR)
    later = schedule.state_dict()
    for part in later["schedules"]:
        part["last_epoch"] = 5
    _, schedule = sequence(Interrupted)
    before = schedule.state_dict()
    with pytest.raises(KeyboardInterrupt):
        schedule.load_state_dict(later)
    assert schedule.state_dict() == before


@pytest.mark.parametrize("kind", [nn.Adam, nn.AdamW, nn.Lion])
@pytest.mark.parametrize("betas", [0.9, (0.9,), (0.9, 0.99, 0.999), "ab", None])
def test_betas_are_two(kind, betas):
    with pytest.raises((TypeError, ValueError), match="betas"):
        kind([nn.Parameter([1.0])], betas=betas)


@pytest.mark.parametrize("x", [engine.Value(2.0, label="speed"), Tensor([2.0], label="speed")])
def test_what_is_differentiated_has_its_label_inside_too(x):
    seen = []
    engine.grad(lambda x: (seen.append(x.label), engine.sum(x * x))[1])(x)
    assert seen == ["speed"]


def test_an_op_is_named_and_documented_as_a_function_is():
    for name, op in engine.registry.items():
        assert (op.__name__, op.__qualname__, op.__doc__) == (name, name, op.doc)
        assert op.__doc__, name
        assert op.__module__, name


@pytest.mark.parametrize("answer", [1.0, None, (1.0,), [1.0, 1.0, 1.0], "ab"])
def test_a_wide_rule_that_does_not_answer_each_input_is_named(answer):
    op = engine.fused(
        name="planted", wide=True, elements=lambda *x: engine.sum(engine.stack(list(x))),
        vjp_all=lambda g, y, *x: answer,
    )(lambda *numbers: sum(numbers))  # fmt: skip
    try:
        y = op(engine.Value(1.0), engine.Value(2.0))
        with pytest.raises(TypeError, match="vjp_all of 'planted' must return a tuple of 2"):
            y.backward()
    finally:
        engine.unregister("planted")


def test_a_comparison_says_of_tiers_far_apart_by_which_part():
    far = Row("x", (), np.array(1.0), np.array(1.5), None)
    ((_, _, _, distance, *_),) = far.lines()
    assert distance == "3.3e-01"


def test_windows_of_one_number_may_have_zeros_around():
    x, weight = RNG.normal(size=(1, 2, 2, 3)), RNG.normal(size=(2, 2, 1, 1))
    assert nn.conv2d(x, weight, padding=1).shape == (1, 2, 4, 5)
    assert engine.gradcheck(lambda x, w: (nn.conv2d(x, w, padding=1) ** 2).sum(), (x, weight))


def test_a_plateau_counts_bad_epochs_in_a_row():
    optimizer = nn.SGD([nn.Parameter([1.0])], lr=1.0)
    schedule = nn.ReduceLROnPlateau(optimizer, patience=1)
    for loss in (5.0, 6.0, 4.0, 5.0):  # bad, better, bad: never two in a row
        schedule.step(loss)
    assert (optimizer.param_groups[0]["lr"], schedule.num_bad_epochs) == (1.0, 1)
    schedule.step(5.0)
    assert optimizer.param_groups[0]["lr"] == 0.1


def test_of_products_of_zeros_the_first_factor_alone_has_a_slope():
    for leaf in (Tensor([0.0, 0.0], requires_grad=True), ValueArray.of([0.0, 0.0])):
        engine.sum(engine.cumprod(leaf)).backward()
        np.testing.assert_array_equal(engine.to_numpy(leaf.grad), [1.0, 0.0])


@pytest.mark.parametrize("wrong", [-0.5, 1.5])
def test_a_probability_lies_between_0_and_1(wrong):
    with pytest.raises(ValueError, match="input"):
        nn.binary_cross_entropy([wrong], [1.0])


def test_a_sure_mistake_has_the_slope_of_the_clamped_logarithms():
    target = Tensor([0.0, 0.0], requires_grad=True)
    with np.errstate(divide="ignore"):  # log(0)
        nn.binary_cross_entropy(np.array([0.0, 1.0]), target, reduction="sum").backward()
    assert target.grad.tolist() == [100.0, -100.0]


@pytest.mark.parametrize("constant", [np.array([1j]), np.array(["a"]), np.array([None])])
def test_a_constant_is_an_array_of_real_numbers(constant):
    x = Tensor([1.0], requires_grad=True)
    for call in (
        lambda: x + constant,
        lambda: constant * x,
        lambda: engine.where(True, x, constant),
    ):
        with pytest.raises(TypeError):
            call()


def test_a_hinge_has_its_kink_where_the_margin_is_reached():
    kinks = engine.registry["hinge"].kinks
    assert float(kinks(0.25, 1.0, margin=1.0)) == 0.75
    assert float(kinks(-2.0, -1.0, margin=2.0)) == 0.0
