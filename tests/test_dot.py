"""`to_dot`: what a picture says, as text.

`PYTHONPATH=tests python -m tests.test_dot` writes the golden files.
"""

import html
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from graphs import tensor_graphs, value_graphs
from hypothesis import given, settings, strategies as st

import engine
import nn
import nn.scalar
import viz
from engine import Tensor, Value, ValueArray
from engine.showing import array_lines, number, parameters, shorten
from viz import GraphTooLargeError, diff, draw, side_by_side, to_dot
from viz.drawing.boxes import Arrow, Box, Cluster, Scene
from viz.drawing.dot_text import scene_dot
from viz.drawing.renderer import render
from viz.drawing.style import DARK, LIGHT, LOOKS, OKABE_ITO, mix
from viz.drawing.text import safe
from viz.drawing.widths import points
from viz.graphs.scene import Drawer
from viz.graphs.traced import unplaced

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = "<b> | {x} \"quoted\" 'single' & \\N \\\\\nsecond\tline\r\n\x07 λ∇日本😀 ]]> -->"


def expression() -> Value:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    return engine.tanh(a * b + 6.5) ** 2 - a * a


def differentiated() -> Value:
    y = expression()
    y.label = "y"
    y.backward()
    return y


def layer() -> Tensor:
    x = Tensor(np.arange(6.0).reshape(2, 3), label="x")
    # numbers that every machine adds up to the same bits
    weight = Tensor((np.arange(48.0) - 20).reshape(3, 16) / 4, requires_grad=True, label="weight")
    bias = Tensor([0.5, -0.5], requires_grad=True, dtype=np.float32, label="bias")
    hidden = engine.leaky_relu(x @ weight, negative_slope=0.25)
    return engine.concatenate([hidden[:, [0, 0]] + bias, hidden[:, 2:4]], axis=1).sum()


def layer_after_backward() -> Tensor:
    y = layer()
    y.backward()
    return y


def hostile() -> Value:
    x = Value(1.0, label=HOSTILE)
    return x * x


def broken() -> Value:
    """nan begins in one place of the data, inf in one of the gradients, zeros in a third."""
    x, z, w = Value(0.0, label="x"), Value(-1.0, label="z"), Value(2.0, label="w")
    y = engine.sqrt(x) + engine.log(z) + engine.relu(z * w)
    y.backward()
    return y


def model() -> nn.Module:
    layers = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    for i, p in enumerate(layers.parameters()):
        p.data = (np.arange(float(p.size)) - i).reshape(p.shape) / 4
    return layers


def of_modules() -> Tensor:
    y = (model()([[1.0, -2.0, 4.0]]) ** 2).sum()
    y.backward()
    return y


def neurons() -> Value:
    """Four neurons alike and one more, labelled by their places, and a sum of many terms."""
    x = [Value(1.0, label="x[0]"), Value(-2.0, label="x[1]")]
    layer = nn.scalar.MLP(2, [4, 1])
    for i, p in enumerate(layer.parameters()):
        p.data = i / 8
    total = layer(x)
    for _ in range(200):
        total = total + 0.5
    return total


CASES = {
    "value": (expression, {}),
    "value_after_backward": (differentiated, {}),
    "value_dark_top_down": (differentiated, {"dark": True, "direction": "TB"}),
    "tensor": (layer, {}),
    "tensor_after_backward": (layer_after_backward, {}),
    "hostile_label": (hostile, {}),
    "leaf": (lambda: Value(3.0, label="x"), {}),
    "local_derivatives": (expression, {"local": True}),
    "local_derivatives_of_tensors": (layer, {"local": True}),
    "marked": (broken, {}),
    "modules": (of_modules, {}),
    "modules_folded": (of_modules, {"depth": 1}),
    "model_folded": (of_modules, {"depth": 0, "dark": True}),
    "around": (of_modules, {"around": "0.bias", "radius": 1}),
    "large_folded": (neurons, {}),
}


@pytest.mark.parametrize("name", CASES)
def test_text_is_the_golden_file(name):
    make, options = CASES[name]
    expected = (GOLDEN / f"{name}.dot").read_text(encoding="utf-8")
    assert to_dot(make(), **options) == expected


@pytest.mark.parametrize("name", CASES)
def test_graphviz_draws_every_golden_file(name):
    svg = ET.fromstring(render((GOLDEN / f"{name}.dot").read_text(encoding="utf-8")))
    assert svg.tag.endswith("svg")


def test_there_is_no_golden_file_without_a_case():
    assert {path.stem for path in GOLDEN.glob("*.dot")} == set(CASES)


# --- helpers ---


def edges(root, **options) -> list[tuple[str, str]]:
    return re.findall(r"^  (\w+) -> (\w+)", to_dot(root, **options), re.MULTILINE)


def scene_of(root) -> Scene:
    order = engine.toposort(root)
    return Drawer(unplaced(order)).scene([])


def box_of(root, name):
    boxes = scene_of(root).boxes
    return next(box for box in boxes if box.id == name)


def rows_of(root, name) -> dict[str, str]:
    return dict(box_of(root, name).rows)


def shown_text(dot: str) -> str:
    """All text of the rendered picture, a space between two pieces."""
    svg = ET.fromstring(render(dot))
    found = (t.text or "" for t in svg.iter() if t.tag.endswith("}text"))
    return " ".join(found).replace("\N{NO-BREAK SPACE}", " ")


# --- nodes and edges ---


def test_both_edges_of_x_times_x_are_there():
    x = Value(3.0)
    assert edges(x * x) == [("n0", "n1"), ("n0", "n1")]


def test_ids_follow_the_topological_order():
    a, b = Value(2.0), Value(3.0)
    y = a * b + a
    assert [node.data for node in engine.toposort(y)] == [2.0, 3.0, 6.0, 8.0]
    assert edges(y) == [("n0", "n2"), ("n1", "n2"), ("n2", "n3"), ("n0", "n3")]


def test_the_same_program_gives_the_same_text():
    assert to_dot(expression()) == to_dot(expression())


def test_constants_have_boxes_named_after_the_node_they_enter():
    y = 2.0 * Value(3.0) + 5
    assert edges(y) == [("n1c0", "n1"), ("n0", "n1"), ("n1", "n2"), ("n2c1", "n2")]
    assert box_of(y, "n1c0").rows == (("", "2"),)
    assert box_of(y, "n2c1").kind == "constant"


def test_a_constant_array_shows_its_shape():
    y = Tensor([1.0, 2.0], requires_grad=True) * np.array([10.0, 20.0])
    assert box_of(y, "a0").rows == (("shape", "(2,) float64"), ("data", "10  20"))


def test_kinds_are_told_apart_in_words():
    x = Tensor([1.0], label="x")
    w = Tensor([2.0], requires_grad=True)
    boxes = scene_of((x * w).sum() * 2).boxes
    assert [(box.kind, box.caption) for box in boxes] == [
        ("input", "input, no gradient"),
        ("leaf", "n1: leaf"),
        ("result", "n2: result of mul"),
        ("result", "n3: result of sum"),
        ("constant", "constant"),
        ("output", "L: output of mul"),
    ]


def test_kinds_are_told_apart_by_shape_without_colour():
    looks = [(look.shape, look.style, look.outlines) for look in LOOKS.values()]
    assert len(set(looks)) == len(LOOKS) == 6


def test_colours_are_okabe_and_itos():
    palette = {*OKABE_ITO.values(), "#888888"}
    assert {look.colour for look in LOOKS.values()} <= palette


def test_a_leaf_that_is_the_root_is_a_leaf():
    assert box_of(Value(3.0), "n0").kind == "leaf"


@pytest.mark.parametrize(
    ("make", "sides"),
    [
        (lambda a, b: a + b, ["", ""]),
        (lambda a, b: a * b, ["", ""]),
        (lambda a, b: a - b, ["left", "right"]),
        (lambda a, b: a**b, ["left", "right"]),
        (lambda a, b: engine.where(1.0, a, b), ["condition", "x", "y"]),
        (lambda a, b: engine.tanh(a), [""]),
    ],
)
def test_edges_say_which_input_they_are_where_it_matters(make, sides):
    arrows = scene_of(make(Value(2.0), Value(3.0))).arrows
    assert [arrow.text for arrow in arrows] == sides
    assert [arrow.index for arrow in arrows] == list(range(len(sides)))


def test_edges_of_a_variadic_op_are_numbered():
    a, b = Tensor([1.0], requires_grad=True), Tensor([2.0])
    arrows = scene_of(engine.concatenate([a, b, a])).arrows
    assert [(arrow.tail, arrow.text) for arrow in arrows] == [
        ("n0", "input 0"), ("n1", "input 1"), ("n0", "input 2"),
    ]  # fmt: skip


def test_parameters_that_are_not_default_are_shown():
    x = Value(1.0)
    assert ("", "negative_slope = 0.2") in box_of(engine.leaky_relu(x, 0.2), "n1").rows
    assert [name for name, _ in box_of(engine.leaky_relu(x), "n1").rows] == ["data", "grad"]


@pytest.mark.usefixtures("own_ops")
def test_an_op_added_by_a_user_is_drawn_with_its_symbol():
    engine.elementwise("cube", lambda x: x**3, lambda g, y, x: g * 3 * x * x, symbol="x³")
    assert box_of(engine.registry["cube"](Value(2.0)), "n1").symbol == "x³"


# --- data and gradients ---


def test_a_gradient_is_not_computed_before_backward():
    y = Value(3.0) * 2
    assert rows_of(y, "n0") == {"data": "3", "grad": "not computed"}
    y.backward()
    assert rows_of(y, "n0") == {"data": "3", "grad": "2"}


def test_a_gradient_of_zero_is_a_number():
    x = Value(3.0)
    y = x - x
    y.backward()
    assert rows_of(y, "n0")["grad"] == "0"


def test_where_no_gradient_flows_there_is_none():
    y = Value(3.0, requires_grad=False) * Value(2.0)
    y.backward()
    assert rows_of(y, "n0")["grad"] == "none"
    assert rows_of(y, "n1")["grad"] == "3"


def test_the_gradient_that_a_tensor_result_did_not_keep_is_shown_all_the_same():
    y = layer()
    assert box_of(y, "n2").symbol == "@"
    assert rows_of(y, "n2")["grad"] == "not computed"
    y.backward()
    assert rows_of(y, "n2")["grad"] == "0 to 2\nmean 0.2031\nnorm 2.872\n81 % zeros"
    y.backward(retain_grads=True)
    assert rows_of(y, "n2")["grad"] == "0 to 2\nmean 0.2031\nnorm 2.872\n81 % zeros"


def test_a_value_result_that_backward_has_not_reached_has_no_gradient_yet():
    """Values keep theirs, so it was not dropped: only those of Tensors are computed again."""
    x = Value(3.0)
    y = x * x
    y.backward()
    assert rows_of(y + 1.0, "n2")["grad"] == "not computed"


def test_gradients_that_are_nodes_show_their_numbers():
    x = Value(3.0)
    y = x * x
    y.backward(create_graph=True)
    assert rows_of(y, "n0")["grad"] == "6"
    t = Tensor([1.0, 2.0], requires_grad=True)
    total = (t * t).sum()
    total.backward(create_graph=True)
    assert rows_of(total, "n0")["grad"] == "2  4"


def test_a_tensor_shows_shape_and_dtype():
    t = Tensor(np.zeros((2, 3), dtype=np.float32), label="t")
    assert rows_of(t, "n0")["shape"] == "(2, 3) float32"


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.float64(2.5), "2.5"),
        (np.array([]), "empty"),
        (np.zeros((0, 3)), "empty"),
        (np.array([1.0, -2.0]), "1  -2"),
        (np.array([[1, 2], [3, 4]]), "1  2\n3  4"),
        (np.array([True, False]), "1  0"),
        (np.arange(5.0), "0 to 4\nmean 2\nnorm 5.477\n20 % zeros"),
        (np.full(20, np.nan), "20 nan"),
        (np.array([1.0, 3.0] * 10 + [np.inf, np.nan]), "1 to 3\nmean 2\nnorm 10\n1 nan\n1 inf"),
        (np.array([1.0, np.nan]), "1  nan"),
        (np.ones((2, 2, 2)), "all 1"),
        (np.zeros(20), "all 0"),
        (
            np.array([6e4, 4e4] * 10, dtype=np.float16),
            "4e+04 to 6e+04\nmean 5e+04\nnorm 2.28e+05",
        ),
        # the sum is beyond the largest float, the mean is not
        (np.array([1e307, 3e307] * 10), "1e+307 to 3e+307\nmean 2e+307\nnorm 1e+308"),
    ],
)
def test_arrays_show_few_numbers_or_statistics(array, text):
    assert array_lines(array) == text


@pytest.mark.parametrize(
    ("x", "text"),
    [(2.0, "2"), (-0.0, "-0"), (1 / 3, "0.333333"), (1e300, "1e+300"), (float("-inf"), "-inf")],
)
def test_numbers_are_short(x, text):
    assert number(x) == text


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ({"axis": 1}, ["axis = 1"]),
        ({"axis": None}, []),
        ({"axis": True}, ["axis = True"]),
        ({"index": (slice(None), slice(1, 5, 2), None, Ellipsis)}, ["index = (:, 1:5:2, None, …)"]),
        ({"index": (np.array([0, 2]),)}, ["index = ([0, 2],)"]),
        ({"index": np.zeros(100)}, ["index = array of shape (100,)"]),
        ({"name": "x" * 100}, ["name = '" + "x" * 31 + "…"]),
    ],
)
def test_parameters_are_short(given, lines):
    assert parameters(given, {"axis": None}) == lines


def test_a_local_derivative_between_numbers_is_a_number_on_either_tier():
    x = Tensor(2.0, requires_grad=True)
    locals_ = re.findall(
        r">(∂ .*?)</TD></TR></TABLE>> tooltip", to_dot((x * 3.0).sum(), local=True)
    )
    assert locals_ == ["∂ = 3", "∂ = 1"]


def test_of_an_empty_array_there_is_no_local_derivative():
    x = Tensor(np.zeros((0, 3)), requires_grad=True)
    assert "∂ =" not in to_dot(x * 3.0, local=True)


# --- labels ---


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_label_survives(label):
    """The picture holds every printable character of the label, in order, and renders."""
    x = Value(2.0, label=label)
    shown = shown_text(to_dot(x * x))
    assert html.unescape(safe(label)).count("<BR/>") >= len(re.split("\r\n|[\n\r]", label)) - 1
    for line in re.split(r"<BR/>", safe(label)):
        expected = html.unescape(line).replace("\\\\", "\\")
        assert squeezed(expected) in squeezed(shown)


@given(
    value_graphs() | tensor_graphs(),
    st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=12)),
    st.sampled_from([{}, {"local": True}, {"dark": True, "direction": "TB"}]),
)
@settings(deadline=None)
def test_every_label_of_any_graph_survives(root, labels, options):
    order = engine.toposort(root)
    for node, label in zip(order, labels, strict=False):
        node.label = label
    shown = squeezed(shown_text(to_dot(root, fold=False, max_nodes=len(order), **options)))
    for node in order:
        text = html.unescape(safe(node.label)).replace("\\\\", "\\")
        assert squeezed(text) in shown


@pytest.mark.parametrize("hostile_name", [HOSTILE, "]]>", "</TD>", "\\N", '"'])
def test_hostile_names_are_safe_in_every_kind_of_picture(hostile_name):
    x = Value(1.0, label=hostile_name)
    pictures = [
        diff(x * 2, x * 3, names=(hostile_name, hostile_name)).dot,
        side_by_side(lambda a: a * 2, 1.0, names=[hostile_name]).dot,
        to_dot(x * 2, around=hostile_name, radius=0),
        to_dot(sum((engine.sin(x) for _ in range(50)), x)),
    ]
    for dot in pictures:
        assert ET.fromstring(render(dot)).tag.endswith("svg")


def test_every_text_of_a_scene_is_shown_as_typed():
    """Frames, and frames in frames, edges, and each line of a box: all are escaped."""
    places = ("frame", "inner frame", "edge", "caption", "symbol", "label", "name", "row", "mark")
    text = {place: f"{place} <b> & \\N ]]>" for place in places}
    box = Box(
        "n0", "leaf", text["caption"], text["symbol"], text["label"],
        ((text["name"], text["row"]), ("", text["row"])), marks=(text["mark"],),
    )  # fmt: skip
    frame = Cluster(text["frame"], (), (Cluster(text["inner frame"], ("n0",)),))
    dot = scene_dot(Scene([box], [Arrow("n0", "n0", 0, text["edge"])], (frame,)))

    shown = squeezed(shown_text(dot))

    assert {place: shown.count(squeezed(text[place])) for place in places} == {
        **dict.fromkeys(places, 1), "frame": 2, "row": 2,  # "inner frame" holds "frame"
    }  # fmt: skip


def test_a_module_s_name_in_a_frame_is_shown_as_typed():
    odd = type("A<b>&\\N", (nn.Linear,), {})
    model = nn.Sequential(odd(2, 2, rng=0), nn.Tanh())

    assert "0: A<b>&\\N" in shown_text(draw(model, [[1.0, 2.0]]).dot)


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(
    "label",
    ["\\N", "\\", "a\\", "\\\\n", "&amp;", "&#60;", "<B>", "|", "{}", '"', "]]>", "-->", "%", "\0"],
)
def test_hostile_labels_show_as_typed(label):
    expected = label.replace("\0", "\N{REPLACEMENT CHARACTER}")
    assert f" {expected} " in f" {shown_text(to_dot(Value(1.0, label=label)))} "


@pytest.mark.parametrize(
    "label", ["", " ", "\n", "\t", "\N{NO-BREAK SPACE}", "\N{ZERO WIDTH SPACE}"]
)
def test_blank_labels_render(label):
    assert "leaf" in shown_text(to_dot(Value(1.0, label=label)))


def test_half_a_surrogate_is_replaced():
    assert safe("a\ud800b") == "a\N{REPLACEMENT CHARACTER}b"


def test_a_long_label_is_cut():
    assert shorten("x" * 300) == "x" * 199 + "…"
    assert "x" * 200 not in to_dot(Value(1.0, label="x" * 300))


def test_a_label_that_is_no_string_is_shown():
    assert box_of(Value(1.0, label=7), "n0").label == "7"


def test_every_text_gets_room_for_a_font_with_wider_letters():
    assert points("0.123456", 11) == 53  # 7 × 0.636 × 11 + 0.318 × 11 in DejaVu Sans
    assert points("日本\nx", 10) == 22
    assert points("e\N{COMBINING ACUTE ACCENT}", 100) == points("e", 100)
    assert 'WIDTH="54"><FONT POINT-SIZE="13"><B>日本</B>' in to_dot(Value(1.0, label="日本"))


# --- options ---


def test_direction_goes_into_the_text():
    assert "rankdir=LR" in to_dot(Value(1.0))
    assert "rankdir=TB" in to_dot(Value(1.0), direction="TB")


@pytest.mark.parametrize("direction", ["lr", "RL", "", None])
def test_another_direction_is_refused(direction):
    with pytest.raises(ValueError, match="direction must be 'LR'"):
        to_dot(Value(1.0), direction=direction)


def test_dark_changes_ground_and_ink_and_nothing_else():
    light, dark = to_dot(expression()), to_dot(expression(), dark=True)
    assert f'bgcolor="{LIGHT.background}"' in light
    assert f'bgcolor="{DARK.background}"' in dark
    assert f'fontcolor="{DARK.foreground}"' in dark
    colour = re.compile("#[0-9a-f]{6}")
    assert colour.sub("", light) == colour.sub("", dark)


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("dark", [False, True])
def test_text_is_readable_on_every_fill(dark):
    """WCAG's 4.5 to 1, in both themes."""
    theme = DARK if dark else LIGHT
    fills = set(re.findall(r'fillcolor="(#\w{6})"', to_dot(layer(), dark=dark)))
    assert len(fills) == 5 - 1  # no plain constant in this graph
    fills |= {mix(look.colour, theme.background, theme.tint) for look in LOOKS.values()}
    fills.add(mix(theme.foreground, theme.background, 0.035))  # inside a frame
    for fill in {*fills, theme.background}:
        for ink in (theme.foreground, theme.quiet):
            low, high = sorted([luminance(fill), luminance(ink)])
            assert (high + 0.05) / (low + 0.05) >= 4.5


# --- refusals ---


def chain(length: int) -> Value:
    y = Value(1.0)
    for _ in range(length - 1):
        y = y + 1.0
    return y


def test_too_large_a_graph_is_refused_with_what_to_do():
    with pytest.raises(GraphTooLargeError) as caught:
        to_dot(chain(1621), fold=False)
    message = str(caught.value)
    assert "1,621 nodes" in message
    assert "more than the 40" in message
    assert "max_nodes=1621" in message
    assert isinstance(caught.value, ValueError)


def test_the_limit_itself_is_allowed():
    assert to_dot(chain(40), fold=False).count("->") == 39 * 2
    assert to_dot(chain(201), max_nodes=201, fold=False).count("->") == 200 * 2


def test_a_very_deep_graph_is_refused_without_recursion():
    with pytest.raises(GraphTooLargeError, match="100,000 nodes"):
        to_dot(chain(100_000), fold=False)


@pytest.mark.parametrize("root", [3.0, None, "x", np.ones(2), [Value(1.0)]])
def test_only_nodes_can_be_drawn(root):
    with pytest.raises(TypeError, match="root must be a Value or a Tensor"):
        to_dot(root)


def test_an_array_of_values_is_refused_with_what_to_do():
    with pytest.raises(TypeError, match=r"shape \(2,\): draw one element, or the sum"):
        to_dot(ValueArray.of([1.0, 2.0]))


def test_no_local_derivative_is_written_of_no_numbers():
    nothing = Tensor(np.zeros(0), requires_grad=True, label="x")
    dot = to_dot(engine.tanh(nothing), local=True)
    assert "shape" in dot
    assert "∂ =" not in dot


def test_a_name_that_viz_has_not_is_named():
    with pytest.raises(AttributeError, match="module 'viz' has no attribute 'darw'"):
        viz.darw  # noqa: B018 - looked up, and that is all


def test_every_line_break_there_is_begins_a_new_line():
    """Each would be an error in Graphviz's HTML, or an empty square."""
    text = "a\nb\rc\r\nd\ve\ff\x85g\u2028h\u2029i"
    assert safe(text) == "<BR/>".join("abcdefghi")


@pytest.mark.parametrize(("shape", "few"), [((3, 4), True), ((4, 4), False), ((2, 5), False)])
def test_up_to_twelve_numbers_in_four_columns_are_shown_one_by_one(shape, few):
    text = array_lines(np.arange(float(np.prod(shape))).reshape(shape))
    assert ("mean" in text) != few


def write_golden_files() -> None:
    for name, (make, options) in CASES.items():
        text = to_dot(make(), **options)
        (GOLDEN / f"{name}.dot").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_golden_files()
