"""What an svg says of itself: a title for each group, a role and a label for the whole."""

import re
import shutil
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, Value
from viz import Picture, diff, draw, side_by_side
from viz.drawing import renderer
from viz.drawing.renderer import render
from viz.drawing.titles import about_of, titled

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<b> & \"q\" 'x' \\N \\n ]]> -->\n日本"


def product() -> Value:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    c = a * b
    c.label = "c"
    y = c * c
    y.backward()
    return y


def network() -> Tensor:
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.ReLU(), nn.Linear(3, 1, rng=1))
    y = (model(Tensor(np.ones((2, 2)), label="x")) ** 2).sum()
    y.backward()
    return y


def groups(svg: str, kind: str) -> dict[str, ET.Element]:
    """Of nodes, edges or clusters: each by what Graphviz calls it."""
    found = (g for g in ET.fromstring(svg).iter(f"{SVG}g") if kind in g.get("class", "").split())
    return {g.get("data-name", ""): g for g in found}


def title_of(group: ET.Element) -> str:
    found = group.find(f"{SVG}title")
    assert found is not None
    return found.text or ""


PICTURES = {
    "numbers": lambda: draw(product(), local=True),
    "dark": lambda: draw(product(), dark=True, direction="TB"),
    "layers": lambda: draw(network(), local=True),
    "folded": lambda: draw(network(), depth=1),
    "hostile": lambda: draw(Value(1.0, label=HOSTILE) * 2.0),
    "two graphs": lambda: diff(product(), product() + 1.0),
    "two tiers": lambda: side_by_side(lambda a, b: a * b, [1.0, 2.0], [3.0, 4.0]),
}


@pytest.mark.parametrize("name", PICTURES)
def test_every_node_edge_and_frame_has_a_title_in_words(name):
    svg = PICTURES[name]().svg()
    for kind in ("node", "edge", "cluster"):
        for called, group in groups(svg, kind).items():
            words = title_of(group)
            assert words
            if "->" not in words and "vf" not in called and "link" not in group.get("class", ""):
                assert words != called
    assert "<a " not in svg


@pytest.mark.parametrize("name", PICTURES)
def test_a_node_is_an_image_with_a_name_and_the_whole_has_a_label(name):
    root = ET.fromstring(PICTURES[name]().svg())
    assert root.get("role") == "graphics-document"
    assert root.get("aria-label").startswith("graph of ")
    assert title_of(root) == root.get("aria-label")
    nodes = [g for g in root.iter(f"{SVG}g") if "node" in g.get("class", "").split()]
    assert {g.get("role") for g in nodes} == {"img"}


def test_a_title_has_name_value_gradient_and_what_is_passed_on():
    svg = draw(product()).svg()
    assert title_of(groups(svg, "node")["n2"]).split("\n") == [
        "c: result of mul", "c = a × b", "data -6", "grad -12",
        "passes to a: ∂L/∂c · ∂(a × b)/∂a = -12 × -3 = 36",
        "passes to b: ∂L/∂c · ∂(a × b)/∂b = -12 × 2 = -24",
    ]  # fmt: skip
    assert title_of(groups(svg, "node")["n0"]).split("\n") == ["a: leaf", "data 2", "grad 36"]
    assert title_of(groups(svg, "edge")["n0->n2"]) == (
        "an input of mul; passes back ∂L/∂c · ∂(a × b)/∂a = -12 × -3 = 36"
    )


def test_arrays_say_what_entered_as_what():
    svg = draw(network()).svg()
    titles = [title_of(group) for group in groups(svg, "node").values()]
    assert any(title.split("\n")[1:2] == ["n3 = linear(x, 0.weight, 0.bias)"] for title in titles)
    edges = {title_of(group) for group in groups(svg, "edge").values()}
    assert {"the input of relu; passes back ∂L/∂n4 · ∂relu(n3)/∂n3"} <= edges
    y = engine.concatenate([Tensor([1.0], requires_grad=True), Tensor([2.0])]).sum()
    edges = {title_of(group) for group in groups(draw(y).svg(), "edge").values()}
    assert {"input 0 of concatenate", "input 1 of concatenate"} <= edges
    y = engine.where(np.array([True, False]), Tensor([1.0, 2.0], requires_grad=True), 0.0)
    assert "L = where(" in title_of(groups(draw(y).svg(), "node")["n1"])


def test_classes_tell_kinds_and_what_is_wrong():
    x, z = Value(0.0, label="x"), Value(-1.0, label="z")
    y = engine.log(x) + engine.relu(z) * 2.0
    y.backward()
    svg = draw(y).svg()
    nodes = {name: set(g.get("class").split()) for name, g in groups(svg, "node").items()}
    assert nodes["n0"] == {"node", "leaf", "alarm"}
    assert nodes["n4"] == {"node", "result"}
    assert [name for name, kinds in nodes.items() if "output" in kinds] == ["n5"]
    assert [kinds for kinds in nodes.values() if "constant" in kinds] == [{"node", "constant"}]
    edges = {name: set(g.get("class").split()) for name, g in groups(svg, "edge").items()}
    assert edges["n0->n1"] == {"edge", "alarm"}
    assert edges["n2->n3"] == {"edge", "stop"}
    assert "! inf begins here" in ET.fromstring(svg).get("aria-label")


def test_a_frame_is_a_module_and_a_fold_a_fold():
    svg = draw(network(), depth=1).svg()
    assert {"fold", "node"} in [set(g.get("class").split()) for g in groups(svg, "node").values()]
    svg = draw(network()).svg()
    assert {g.get("class") for g in groups(svg, "cluster").values()} == {"cluster module"}


def test_labels_of_users_stand_in_titles_letter_by_letter():
    svg = draw(Value(1.0, label='<b>&"q"\'\\N\\n]]>日') * 2.0).svg()
    assert title_of(groups(svg, "node")["n0"]).startswith('<b>&"q"\'\\N\\n]]>日: leaf')


def test_a_picture_without_tooltips_has_a_role_and_a_label_too():
    root = ET.fromstring(Picture("digraph { a -> b }").svg())
    assert (root.get("role"), root.get("aria-label")) == ("graphics-document", "a graph")
    assert about_of("<svg>") == "a graph"
    assert titled("<svg/>") == "<svg/>"


def test_debians_dot_says_the_same(monkeypatch):
    dot = shutil.which("dot")
    assert dot is not None, "Graphviz's own dot is not installed here; .ci/run installs it"
    picture = draw(network(), local=True)
    said = re.findall("<title>[^<]*</title>", picture.svg())
    monkeypatch.setattr(renderer, "find_renderer", lambda: dot)
    again = render(picture.dot).decode()
    assert sorted(re.findall("<title>[^<]*</title>", again)) == sorted(said)


def test_the_alternative_text_says_how_large_which_way_and_what_comes_out():
    page = draw(product())._repr_html_()
    alt = re.match('<img alt="([^"]*)"', page)[1]
    assert alt == "graph of 4 boxes, from left to right. L: output of mul, data 36, grad 1"
