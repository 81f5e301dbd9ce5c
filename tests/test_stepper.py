"""`step_through`: what the page holds, without a browser (tests/browser has one)."""

import base64
import html
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import pytest
from graphs import tensor_graphs, value_graphs
from hypothesis import given, settings, strategies as st
from packed_pages import program_of

import engine
import nn
from engine import Tensor, Value, to_numpy, toposort
from engine.showing import brief, formula
from viz import GraphTooLargeError, step_through, steps
from viz.command.cli import main
from viz.drawing import renderer
from viz.stepping.elements import Elements
from viz.stepping.steps import BackwardStep, ForwardStep

HOSTILE = (
    "</script><script>alert(1)</script> <!-- ]]> -->\n\t\r\x00\x07\x85\u2028 \"q\" 'a' & &amp; "
    "$data ${svg} {x} \\N λ∇日本😀 → = += · \ud800 end"
)


def expression():
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(10.0, label="c")
    return engine.tanh(a * b + c) * a


def network():
    x = Tensor(np.arange(12.0).reshape(4, 3) / 8, label="x")
    model = nn.MLP([3, 2, 1], rng=0)
    for name, parameter in model.named_parameters():
        parameter.label = name
    return ((model(x) - 1) ** 2).mean()


def chain(n):
    """About n nodes in a row, each used twice: no long edges, over which a layout takes long."""
    y = Value(0.123456789, label="x")
    for _ in range(n // 2):
        y = engine.sin(y) + y
    return y


class Parsed(HTMLParser):
    """What a browser makes of a page: elements that ask for something, text, the data."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.addresses, self.handlers = [], [], []
        self.scripts, self.cells = [], []
        self._in = None
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [v for k, v in attrs if k in ("src", "href", "action", "srcset")]
        self.handlers += [k for k, _ in attrs if k.startswith("on")]
        self._in = tag
        if tag == "script":
            self.scripts.append("")
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag):
        self._in = "td" if tag in ("i", "b") else None

    def handle_data(self, data):
        if self._in == "script":
            self.scripts[-1] += data
        elif self._in in ("td", "i", "b", "wbr"):
            self.cells[-1] += data


def data_of(page):
    """What the script works on: JSON, and JavaScript alike."""
    return json.loads(re.search(r"^const data = (.*);$", program_of(page), re.MULTILINE)[1])


def picture_of(page):
    """The graph, as XML: it would not parse if a label broke out of its text."""
    return ET.fromstring(page[page.index("<svg xmlns") : page.index("</svg></section>") + 6])


# --- the file ---


@pytest.mark.parametrize("make", [expression, network])
def test_the_page_asks_for_nothing_from_anywhere(make, tmp_path):
    page = step_through(make()).save(tmp_path / "steps.html").read_text(encoding="utf-8")
    parsed = Parsed(page)
    assert parsed.addresses == []
    assert parsed.handlers == []
    assert not {"link", "img", "iframe", "object", "embed", "base"} & set(parsed.tags)
    assert parsed.tags.count("script") == 1
    assert "default-src 'none'" in page
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)
    assert "@import" not in page
    assert "url(#" in page  # the arrow heads, inside the page
    assert not re.search(r"url\((?!#)", page)


def test_the_equations_stand_in_the_table_in_order():
    root = expression()
    rows = Parsed(step_through(root).html).cells[::2]
    forward = [s.equation for s in steps(root) if isinstance(s, ForwardStep)]
    backward = [s.equation for s in steps(root) if isinstance(s, BackwardStep)]
    assert [row.strip() for row in rows] == [*forward, "∂L/∂L = 1", *backward]


def test_steps_are_stored_as_differences():
    data = data_of(step_through(expression()).html)
    assert [step[0] for step in data["steps"]] == [0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 2]
    # node 5 = tanh(node 4): kind, node, input, what is there, rule, formula, derivative, flow
    assert data["steps"][7][:4] == [2, 5, 0, 4]
    source, mathml = data["rules"][data["steps"][7][4]]
    assert source == "g * (1 - y * y)"
    assert mathml.startswith('<math displaystyle="true"><mrow><mi>g</mi>')
    assert "<msup><mi>y</mi><mn>2</mn>" in mathml
    assert data["steps"][7][5:] == ["∂L/∂n5 × (1 − n5 × n5)", "0.001341", 45]


def test_nothing_is_added_to_any_gradient():
    root = expression()
    stepper = step_through(root)
    assert not any(node.has_grad for node in toposort(root))
    root.backward()
    last = {}
    for step in stepper.steps:
        if isinstance(step, BackwardStep):
            last[step.input_place] = step.after
    order = toposort(root)
    assert {i: order[i].grad for i in last} == last


def test_the_page_shows_the_graph_as_it_was():
    root = expression()
    stepper = step_through(root)
    before = stepper.html
    toposort(root)[0].data = 77.0
    assert stepper.html == before
    assert "77" not in stepper.text()


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.html or \.htm or \.svg, got .*steps\.png"):
        step_through(expression()).save(tmp_path / "steps.png")


# --- any label is safe ---


@pytest.mark.parametrize("make", [Value, lambda x, label: Tensor([x], True, label=label)])
def test_a_hostile_label_is_text(make):
    x = make(2.0, label=HOSTILE)
    y = x * x
    y.label = HOSTILE
    stepper = step_through(y, None)
    page = stepper.html
    page.encode("utf-8")  # no half of a surrogate pair is left
    parsed = Parsed(page)
    assert parsed.tags.count("script") == 1
    assert "alert(1)</script>" not in page
    data = data_of(page)
    assert [node[3] for node in data["nodes"]] == [HOSTILE, HOSTILE]
    stepper.text().encode("utf-8")
    stepper._repr_html_().encode("utf-8")


@settings(max_examples=25)
@given(st.lists(st.text(st.characters(exclude_categories=[]), max_size=40), min_size=2, max_size=2))
def test_every_label_survives_in_the_page(labels):
    x, y = (Value(1.5, label=label) for label in labels)
    page = step_through(x * y + x).html
    nodes = data_of(page)["nodes"]
    for node, label in zip(nodes, labels, strict=False):
        shown = node[3] if len(node) > 3 else node[0]
        assert label in ("", shown)
    page.encode("utf-8")
    titles = list(picture_of(page).iter("{http://www.w3.org/2000/svg}title"))
    assert len(titles) == sum(len(node) > 3 for node in nodes)  # where the box does not say it all


# --- size ---


@pytest.mark.parametrize("n", [2, 20, 100, 400])
@pytest.mark.parametrize("tier", ["value", "tensor"])
def test_the_page_is_small(tier, n):
    """At most 30 KB, and 2 KB more for each node."""
    if tier == "value":
        root = chain(n)
    else:
        root = x = Tensor(np.ones((3, 4)), requires_grad=True, label="x")
        for _ in range(n // 2 - 1):
            root = engine.tanh(root) * x
        root = root.sum()
    count = len(toposort(root))
    assert count <= 400 + 2
    assert len(step_through(root).html.encode("utf-8")) <= 30_000 + 2_000 * count


@pytest.mark.slow
def test_a_thousand_nodes_take_less_than_two_megabytes():
    root = chain(998)
    assert 990 <= len(toposort(root)) <= 1000
    assert len(step_through(root).html.encode("utf-8")) <= 2_000_000


def test_too_many_nodes_or_steps_are_refused():
    with pytest.raises(GraphTooLargeError, match=r"1,201 nodes, more than the 1,000 .* smaller"):
        step_through(chain(1200))
    assert step_through(chain(20), max_nodes=21)
    with pytest.raises(GraphTooLargeError, match="21 nodes, more than the 20"):
        step_through(chain(20), max_nodes=20)
    x = [Value(1.0) for _ in range(900)]
    wide = sum(engine.registry["linear_neuron"](*x, x[0]) for _ in range(10))
    with pytest.raises(GraphTooLargeError, match="more than the 8,000 steps"):
        step_through(wide)


def test_a_page_of_too_many_bytes_is_refused():
    x = [Value(1.0, label=f"a label of twenty {i:06}") for i in range(900)]
    total = sum(engine.registry["linear_neuron"](*x, x[0]) for _ in range(8))
    with pytest.raises(GraphTooLargeError, match=r"would take \d\.\d MB, more than 2, for"):
        step_through(total)


# --- what stays without scripts ---


def test_the_picture_and_the_table_stand_beside_the_frame():
    shown = step_through(expression())._repr_html_()
    frame, still = shown.split("</iframe>")
    assert 'sandbox="allow-scripts"' in frame
    assert "allow-same-origin" not in frame
    srcdoc = html.unescape(re.search(r'srcdoc="([^"]*)"', frame)[1])
    assert srcdoc == step_through(expression()).html
    picture = base64.b64decode(re.search(r"base64,([^\"]+)", still)[1])
    svg = ET.fromstring(picture)
    assert "var(--paper)" in svg[0].text  # its looks are inside
    grads = [g.text for g in svg.iter() if g.get("class") == "r g"]
    root = expression()
    root.backward()
    assert sorted(grads) == sorted(brief(node.grad) for node in toposort(root))
    assert "∂L/∂n4 += " in still  # its table, in plain sight
    assert "script" not in still


def test_the_picture_without_scripts_shows_the_final_gradients():
    root = expression()
    page = step_through(root).html
    root.backward()
    for i, node in enumerate(toposort(root)):
        box = page[page.index(f'<g id="n{i}"') :]
        assert f'class="r g">{brief(node.grad)}</text>' in box[: box.index("</g>")]


def test_without_graphviz_the_page_says_so_and_has_its_table(monkeypatch):
    monkeypatch.setattr(renderer, "find_renderer", lambda: None)
    stepper = step_through(expression())
    assert "no Graphviz found" in stepper.html
    assert "∂L/∂n4 += " in stepper.html.replace("<i>", "").replace("<b>", "")
    assert "no Graphviz found" in stepper._repr_html_().split("</iframe>")[1]


@settings(max_examples=20)
@given(value_graphs() | tensor_graphs())
def test_any_graph_has_a_page_and_a_text(root):
    stepper = step_through(root)
    records = len(list(steps(root)))
    assert len(stepper.html.encode("utf-8")) <= 30_000 + 2_000 * len(toposort(root))
    assert len(data_of(stepper.html)["steps"]) == records + 1
    assert len(stepper.text().splitlines()) == records + 3
    svg = stepper.html[
        stepper.html.index("<svg xmlns") : stepper.html.index("</svg></section>") + 6
    ]
    ids = {e.get("id") for e in ET.fromstring(svg).iter() if e.get("id")}
    for i, node in enumerate(toposort(root)):
        assert f"n{i}" in ids
        assert {f"e{i}_{k}" for k in range(len(node.inputs))} <= ids


def test_the_text_for_a_terminal():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    stepper = step_through(a * b + a)
    assert str(stepper) == stepper.text() == (
        "forward\n"
        "  1  n2 = a × b = 2 × −3 = −6\n"
        "  2  L = n2 + a = −6 + 2 = −4\n"
        "backward\n"
        "  3  ∂L/∂L = 1\n"
        "  4  ∂L/∂n2 += ∂L/∂L · ∂(n2 + a)/∂n2 = 1 × 1 = 1   (0 → 1)\n"
        "  5  ∂L/∂a += ∂L/∂L · ∂(n2 + a)/∂a = 1 × 1 = 1   (0 → 1)\n"
        "  6  ∂L/∂a += ∂L/∂n2 · ∂(a × b)/∂a = 1 × −3 = −3   (1 → −2)\n"
        "  7  ∂L/∂b += ∂L/∂n2 · ∂(a × b)/∂b = 1 × 2 = 2   (0 → 2)"
    )  # fmt: skip


def test_a_leaf_alone_has_one_step():
    assert step_through(Value(3.0, label="x")).text() == "backward\n  1  ∂x/∂x = 1"


# --- elements of arrays ---


def test_elements_of_small_arrays_are_written_out():
    x = Tensor([[1.0, 2.0]], label="x")
    w = Tensor([[3.0], [4.0]], requires_grad=True, label="w")
    cells = data_of(step_through((x @ w).sum()).html)["cells"]
    assert cells["0"]["values"] == ["11"]
    assert cells["0"]["written"]["0"] == (
        "n2[0,0]\n= x[0,0] × w[0,0] + x[0,1] × w[1,0]\n= 1 × 3 + 2 × 4\n= 11"
    )
    assert cells["4"]["places"] == ["0,0", "1,0"]
    assert cells["4"]["written"]["1"] == (
        "∂L/∂w[1,0] += ∂L/∂n2[0,0] · ∂(x @ w)[0,0]/∂w[1,0]\n= 1 × 2\n= 2"
    )


@settings(max_examples=30)
@given(tensor_graphs(), st.randoms(use_true_random=False))
def test_the_terms_of_an_element_sum_to_its_contribution(root, random):
    for step in steps(root):
        elements = Elements(step)
        place = tuple(random.randrange(n) for n in elements.shape)
        text = elements.equation(place)
        if isinstance(step, ForwardStep):
            found = elements._result[place] if elements.shape else elements._result
            assert to_numpy(found) == pytest.approx(float(step.result[place]), rel=1e-4, abs=1e-5)
        else:
            total = sum(step.upstream[out] * slope for out, slope in elements._slopes[place])
            assert total == pytest.approx(float(step.contribution[place]), rel=1e-4, abs=1e-5)
            assert text.startswith(f"∂{step.names.root}/∂")


def test_a_chosen_element_of_a_large_array_is_written_out():
    x = Tensor(np.ones((20, 10)), requires_grad=True, label="x")
    root = (x * 3.0).mean()
    assert data_of(step_through(root).html)["cells"] == {}
    cells = data_of(step_through(root, elements={"x": [(0, 1), (19, 9)]}).html)["cells"]
    (found,) = cells.values()
    assert found["places"] == ["0,1", "19,9"]
    assert found["written"]["1"] == (
        "∂L/∂x[19,9] += ∂L/∂n1[19,9] · ∂(x × 3)[19,9]/∂x[19,9]\n= 0.005 × 3\n= 0.015"
    )


def test_sums_of_many_terms_are_shortened():
    x = Tensor(np.ones((3, 8)), requires_grad=True, label="x")
    b = Tensor([2.0], requires_grad=True, label="b")
    last = next(s for s in steps((x * b).sum()) if isinstance(s, BackwardStep) and s.input is b)
    assert Elements(last).equation((0,)) == (
        "∂L/∂b[0] += Σ ∂L/∂n2[·] · ∂(x × b)[·]/∂b[0]"
        " = 1 × 1 + 1 × 1 + 1 × 1 + 1 × 1 + … (24 terms) = 24"
    )


def test_an_element_nothing_depends_on():
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    first = next(s for s in steps(x[1:].sum()) if isinstance(s, BackwardStep) and s.input is x)
    assert Elements(first).equation((0,)) == "∂L/∂x[0] += 0: no element of n1 changes with it here"


def test_an_op_of_too_many_numbers_is_not_written_out():
    x = Tensor(np.ones((80, 80)), requires_grad=True, label="x")
    last = list(steps(x.sum()))[-1]
    with pytest.raises(ValueError, match=r"6,401 numbers are too many .* 4,096"):
        Elements(last).parts((0, 0))
    page = step_through(x.sum(), elements={"x": (0, 0)}).html
    assert "6,401 numbers are too many" in program_of(page)


# --- formulas ---


@pytest.mark.parametrize(
    ("text", "make"),
    [
        ("a × (b + a)", lambda a, b: a * (b + a)),
        ("a − (b − a)", lambda a, b: a - (b - a)),
        ("a − b − a", lambda a, b: a - b - a),
        ("a / (b × a)", lambda a, b: a / (b * a)),
        ("a × b / a", lambda a, b: a * b / a),
        ("−(a + b)", lambda a, b: -(a + b)),
        ("(−a)²", lambda a, b: (-a) ** 2),
        ("(a + b) ** 3", lambda a, b: (a + b) ** 3),
        ("a × b² + 1", lambda a, b: a * b**2 + 1),
        ("2 × a − −3", lambda a, b: 2 * a - -3.0),
        ("tanh(a − b)", lambda a, b: engine.tanh(a - b)),
        ("|a|", lambda a, b: abs(a)),
        ("clip(a, min=0)", lambda a, b: engine.clip(a, min=0)),
        ("a + b", lambda a, b: (a + b) * 1.0),
    ],
)
def test_a_formula_has_the_brackets_it_needs(text, make):
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    assert formula(make(a, b), lambda node: node.label or None) == text


OF_TWO = [op for op in engine.registry.values() if op.infix and op is not engine.matmul]
PAIRS = [(one, two) for one in OF_TWO for two in [*OF_TWO, engine.neg]]


@pytest.mark.parametrize(("one", "two"), PAIRS, ids=lambda op: op.name)
def test_python_reads_a_formula_as_what_was_computed(one, two):
    """Of each two infix rows: a × (b % c) was written a × b % c."""
    a, b, c = Value(7.0, label="a"), Value(5.0, label="b"), Value(3.0, label="c")
    inside = [two(b, c), two(a, b)] if two.infix else [two(b), two(a)]
    for root in (one(a, inside[0]), one(inside[1], c)):
        text = formula(root, lambda node: node.label or None)
        python = text.replace("−", "-").replace("×", "*").replace("²", "**2")
        assert eval(python, {"a": 7.0, "b": 5.0, "c": 3.0}) == pytest.approx(root.data), text


def test_products_of_matrices_and_of_numbers_are_told_apart():
    a, b, c = (Tensor(np.eye(2), requires_grad=True, label=name) for name in "abc")
    texts = [formula(y, lambda node: node.label or None) for y in (a @ (b @ c), a @ (b * c))]
    assert texts == ["a @ b @ c", "a @ (b × c)"]


def test_a_long_formula_ends_in_an_ellipsis():
    y = x = Value(1.0, label="x")
    for _ in range(100):
        y = y * x
    assert formula(y, lambda node: node.label or None, limit=2) == "… × x × x"


@pytest.mark.parametrize(
    ("text", "make"),
    [
        ("x.T", lambda x: x.T),
        ("reshape(x, shape=(1, 2, 2)).mT", lambda x: x.reshape(1, 2, 2).mT),
        (
            "transpose(reshape(x, shape=(1, 2, 2)), axes=(1, 0, 2))",
            lambda x: x.reshape(1, 2, 2).transpose((1, 0, 2)),
        ),
        ("x[1, 0]", lambda x: x[1, 0]),
        ("x × array(2,)", lambda x: x * np.array([1.0, 2.0])),
        ("where(mask(2, 2), x, nan)", lambda x: engine.where(np.eye(2) > 0, x, np.nan)),
    ],
)
def test_a_formula_of_arrays_is_read_as_numpy_is(text, make):
    x = Tensor(np.eye(2), requires_grad=True, label="x")
    assert formula(make(x), lambda node: node.label or None) == text


def test_an_element_that_is_a_constant_is_its_number():
    x = Tensor([2.0], requires_grad=True, label="x")
    joined = engine.concatenate([x, np.array([5.0])])
    forward, *_, backward = steps(joined, gradient=[1.0, 1.0])
    assert Elements(forward).equation((1,)) == "L[1] = 5"
    assert Elements(backward).equation((0,)) == (
        "∂L/∂x[0] += ∂L/∂L[0] · ∂concatenate(x, [5])[0]/∂x[0] = 1 × 1 = 1"
    )


def test_a_stepper_printed_is_its_text():
    stepper = step_through(Value(2.0, label="a") * 3.0)
    assert str(stepper) == stepper.text()


# --- arguments ---


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"direction": "RL"}, ValueError, "direction must be 'LR' .* got 'RL'"),
        ({"elements": {"q": 0}}, ValueError, "elements names 'q', .* its arrays are: x, n1"),
        ({"elements": {"x": 5}}, IndexError, r"\(5,\) is no index of x, which has shape \(3,\)"),
        ({"elements": {"x": (0, 0)}}, IndexError, r"\(0, 0\) is no index of x"),
        ({"gradient": [1.0, 2.0]}, ValueError, "gradient must have shape"),
    ],
)
def test_bad_arguments(options, error, message):
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True, label="x")
    with pytest.raises(error, match=message):
        step_through((x * 2).sum(), **options)
    with pytest.raises(TypeError, match="root must be"):
        step_through([1.0])


def test_an_array_of_values_is_refused_with_advice():
    with pytest.raises(TypeError, match="draw one element, or the sum"):
        step_through(engine.ValueArray.of([1.0, 2.0]) * 2)


# --- the command ---


def test_the_command_writes_the_page(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["step", "tanh(a*b+c)", "a=2", "b=-3", "c=6.5"]) == 0
    assert capsys.readouterr().out == (
        "tanh(a*b+c) = 0.462117  at  a = 2, b = -3, c = 6.5\nsaved steps.html\n"
    )
    page = (tmp_path / "steps.html").read_text(encoding="utf-8")
    assert data_of(page)["nodes"][0] == ["a", "leaf", "2"]


def test_the_command_prints_the_text(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["step", "-a*b", "a=2", "b=[1,2]", "--tier", "tensor", "--text"]) == 0
    out = capsys.readouterr().out
    assert "∂L/∂n3 += broadcast_to" in out
    assert list(tmp_path.iterdir()) == []


def test_the_command_refuses_another_suffix(capsys):
    assert main(["step", "a*b", "a=2", "b=3", "-o", "x.png"]) == 2
    assert capsys.readouterr().err == (
        "twingrad: --out must end in .html or .htm or .svg, got x.png\n"
    )
