"""What notebooks show of nodes, modules and answers: HTML that is small, safe, and says it all."""

import base64
import html
import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

import engine
import nn
from engine import Tensor, Value, explain, gradcheck
from engine.showing import Heat, html_tree, op_table_html, strip_image
from engine.symbols import Trace

HOSTILE = "<script>alert(1)</script>\"'&\x07\ud800"
VOID = re.compile(r"<(br|img[^>]*|wbr)>")


def parsed(markup):
    """The HTML as a tree: it is well formed, each of its elements is closed."""
    markup = re.sub(r"<details open", '<details open="open"', VOID.sub(r"<\1/>", markup))
    return ET.fromstring(f"<div>{markup}</div>")


def words(markup):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def named_things():
    x = Value(2.0, label=HOSTILE)
    w = Tensor(np.arange(200.0).reshape(20, 10), requires_grad=True, label=HOSTILE)
    (w * w).sum().backward()
    square = x * x
    square.backward()
    model = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.ReLU(), nn.Linear(4, 2)))
    return {
        "Value": x,
        "result": square,
        "Tensor": w,
        "array result": w * 2.0,
        "explain": explain(x),
        "gradcheck": gradcheck(lambda x: x * x, 2.0, names=[HOSTILE]),
        "Module": model,
        "Summary": nn.summary(model, np.ones((5, 3))),
        "op table": engine.registry,
    }


@pytest.mark.parametrize("name", named_things())
def test_html_is_whole_runs_nothing_and_is_beside_text(name):
    x = named_things()[name]
    shown = x._repr_html_()
    assert parsed(shown) is not None
    assert "<script" not in shown
    assert "://" not in re.sub(r'src="data:[^"]*"', "", shown)
    assert shown.encode("utf-8")  # no half surrogate, which no file could hold
    assert "\x07" not in shown
    assert repr(x)
    assert "<" not in repr(x)[:1] or name == "op table"


def test_a_tensor_says_its_name_shape_dtype_numbers_and_gradient():
    w = Tensor([[1.5, -2.0], [0.25, 3.0]], requires_grad=True, label="w")
    assert words(w._repr_html_()) == (
        "w Tensor of shape (2, 2), float64, leaf data [[ 1.5 , -2. ], [ 0.25, 3. ]] grad none yet"
    )
    y = (w * 2.0).sum()
    y.backward()
    assert "grad [[2., 2.], [2., 2.]]" in words(w._repr_html_())
    assert "result of sum" in words(y._repr_html_())
    assert "grad not kept (retain_grad() keeps the next)" in words(y._repr_html_())
    assert "input, no gradient" in words(Tensor([1, 2])._repr_html_())
    assert "grad none" in words(Tensor([1, 2])._repr_html_())
    assert "<b>" not in Tensor([1, 2])._repr_html_()


def test_a_value_says_its_number_and_its_gradient_in_full():
    x = Value(0.1, label="x")
    y = engine.tanh(x)
    y.backward()
    assert words(x._repr_html_()) == f"x Value, leaf data 0.1 grad {x.grad!r}"
    assert words(y._repr_html_()) == f"Value, result of tanh data {y.data!r} grad 1.0"


@pytest.mark.parametrize("shape", [(1000, 1000), (8, 16), (64,), (4, 4, 4, 4), (0, 3), (2, 3)])
def test_a_tensor_of_any_size_takes_less_than_4_kilobytes(shape):
    w = Tensor(np.random.default_rng(0).normal(size=shape), requires_grad=True)
    (w * w).sum().backward()
    assert len(w._repr_html_().encode()) < 4000


def test_of_many_numbers_the_spread_is_told_and_nan_is():
    array = np.arange(400.0)
    array[3] = np.nan
    told = words(Tensor(array)._repr_html_())
    assert "0 to 399" in told
    assert "1 nan" in told
    assert "..." in told


def test_the_strip_is_an_image_with_a_cell_for_each_number():
    shown = Tensor([1.0, -2.0, 0.0, np.nan, 2.0])._repr_html_()
    source = re.search(r'src="data:image/png;base64,([^"]+)"', shown)[1]
    image = Image.open(io.BytesIO(base64.b64decode(source)))
    assert image.size == (45, 9)
    colours = [image.getpixel((9 * i + 4, 4)) for i in range(5)]
    assert colours[0][:3] == colours[4][:3] == (0xD5, 0x5E, 0)
    assert colours[1] == (0, 0x72, 0xB2, 255)
    assert colours[0][3] < colours[4][3] == 255
    assert colours[2][3] < 30
    assert colours[3] == (0x88, 0x88, 0x88, 255)
    assert image.getpixel((8, 4))[3] == 0  # cells are kept apart
    assert 'alt="' in shown


def test_steps_without_numbers_in_them_are_nearly_clear():
    source = re.search(r"base64,([^\"]+)", strip_image(Heat(((0.0, 0.01, 1.0),), spread=True)))[1]
    image = Image.open(io.BytesIO(base64.b64decode(source)))
    clear, some, full = (image.getpixel((9 * i, 0))[3] for i in range(3))
    assert clear < some < full == 255


def test_a_name_without_numbers_is_shown_as_text():
    assert Trace().input(0.5, "x")._repr_html_() is None


def test_an_explanation_is_a_table_of_what_it_prints():
    x = Value(3.0, label="x")
    y = x * x
    y.backward()
    shown = explain(x)._repr_html_()
    for edge in explain(x):
        assert edge.formula in words(shown)
    assert words(shown).endswith("sum 6")
    assert "pass" not in words(shown)
    y.backward()
    assert "pass 2 L, input 1" in words(explain(x)._repr_html_())
    x.grad = 1.0
    assert ".grad differs from that" in words(explain(x)._repr_html_())
    assert "nothing flows into it" in words(explain(y, y)._repr_html_())


def test_gradcheck_says_what_was_checked_and_is_true():
    found = gradcheck(
        lambda x, c: (engine.relu(x) * c).sum(), (np.array([1.0, 0.0]), np.array([1.0, 2.0]))
    )
    assert found
    assert found == True  # noqa: E712 - as it was when this was all it said
    assert found != False  # noqa: E712
    assert found == found
    assert {found} == {True}
    rows = [(row.order, row.input, row.count, row.left_out) for row in found.rows]
    assert rows == [(1, "x", 1, 1), (1, "c", 2, 0), (2, "x", 1, 1), (2, "c", 2, 0)]
    assert max(row.difference for row in found.rows) < 1e-6
    assert "1      x      1 of 2" in repr(found)
    assert "✓ the derivatives are right" in words(found._repr_html_())
    assert "2 c 2 of 2" in words(found._repr_html_())


def test_an_input_of_which_nothing_could_be_checked_has_no_difference():
    found = gradcheck(lambda x, c: engine.relu(x) + c, (0.0, 1.0), order=1)
    assert "1      x      0 of 1            –" in repr(found)


def test_a_module_is_a_tree_that_opens_and_closes():
    model = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.ReLU(), nn.Sequential(nn.Linear(4, 2))))
    shown = model._repr_html_()
    assert words(shown).startswith("26 parameters Sequential() 0 : Linear(3, 4, bias=True)")
    assert "weight 4×3, bias 4: 16 parameters" in words(shown)
    tree = parsed(shown)
    branches = tree.findall(".//details")
    assert [branch.get("open") for branch in branches] == ["open", "open", None]
    assert all(branch[0].tag == "summary" for branch in branches)
    assert words(nn.Linear(3, 2)._repr_html_()).startswith("8 parameters Linear(3, 2, bias=True)")


def test_a_summary_is_a_tree_with_shapes_and_counts():
    model = nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(6, 2)), nn.ReLU())
    shown = nn.summary(model, np.zeros((5, 2, 3)))._repr_html_()
    assert words(shown) == (
        "14 parameters; 112 bytes Sequential (5, 2) – 0 : Flatten (5, 6) – "
        "1 : Sequential (5, 2) – 0 : Linear (5, 2) 14 parameters 2 : ReLU (5, 2) –"
    )
    assert len(parsed(shown).findall(".//details")) == 2


def test_a_tree_closes_what_it_opened():
    shown = html_tree([(0, "a"), (1, "b"), (2, "c"), (1, "d"), (0, "e")])
    top = parsed(shown)
    assert [part.tag for part in top] == ["details", "div"]
    assert [part.tag for part in top[0]] == ["summary", "details", "div"]
    assert html_tree([]) == ""


def test_the_op_table_shows_rows_as_mathematics_and_says_how_many():
    shown = engine.registry._repr_html_()
    assert f"{len(engine.registry)} ops" in words(shown)
    assert "<mfrac><mi>g</mi><mi>b</mi></mfrac>" in shown
    assert {"tanh", "matmul"} <= set(words(shown).split())
    assert "long: twingrad ops sinc" in words(shown)
    assert repr(engine.registry).startswith(f"<table of {len(engine.registry)} ops: add, sub")
    assert "nothing" not in engine.registry
    with pytest.raises(KeyError):
        engine.registry["nothing"]
    with pytest.raises(TypeError, match="does not support item assignment"):
        engine.registry["mine"] = engine.tanh


def test_a_table_without_ops_of_a_kind_does_not_speak_of_it():
    shown = words(op_table_html({"tanh": engine.tanh}))
    assert shown.startswith("1 ops 1 number by number")
    assert "arrays" not in shown


def test_a_single_number_has_the_digits_of_its_dtype():
    assert "data 0.1 grad" in words(Tensor(np.float32(0.1))._repr_html_())
    assert "data True grad" in words(Tensor(True)._repr_html_())


def test_the_table_of_ops_is_joined_with_a_dict_from_either_side():
    own = {"add": "mine"}
    assert (engine.registry | own)["add"] == "mine"
    assert (own | engine.registry)["add"] is engine.registry["add"]
