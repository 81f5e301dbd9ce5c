"""A graph of Values run again in its page: what is shown is what the engine computes."""

import itertools
import math
import random

import pytest
from graphs import BINARY, UNARY, grown
from stepper import started
from strategies import CONDITIONS, case_id, elementwise_ops

import engine
from engine import Value, toposort
from engine.showing import signed
from nn.scalar.neuron import linear_neuron, relu_neuron
from viz import step_through
from viz.drawing import RenderError
from viz.stepping.row_script import helpers_in, row_script, script_number

#: Rows that call what JavaScript does not have: they keep their numbers in the page.
NOT_IN_PAGES = {"erf", "erfc", "erfinv", "lgamma", "digamma", "binary_cross_entropy"}
POINTS = [
    0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e-5, 40.0, -740.0, 800.0, 1e200, -1e-300,
    math.inf, -math.inf, math.nan,
]  # fmt: skip


def is_in_pages(op, given):
    exact_gelu = op.name == "gelu" and given.get("approximate") != "tanh"
    return op.name not in NOT_IN_PAGES and not exact_gelu


CASES = [case for case in elementwise_ops() if vars(engine).get(case[0].name) is case[0]]
PRINTED = [case for case in CASES if is_in_pages(*case)]


@pytest.fixture
def show(quiet, tmp_path):
    """Open the page of a graph; no complaint and no request may come of it."""

    def opened(root, **options):
        page = started(quiet, step_through(root, **options).save(tmp_path / "steps.html"))
        page.run("document.querySelectorAll('.part').forEach((part) => part.open = true)")
        return page

    return opened


def same(a, b):
    """Whether two numbers are one to 1e-12; subnormal numbers have fewer digits."""
    close = math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-300)
    return a == b or close or (math.isnan(a) and math.isnan(b))


def number(text):
    return float(text.replace("Infinity", "inf"))


def nudge(page, name, x):
    """Choose a leaf, and type its number."""
    page.run(
        "(() => { const [choice] = document.querySelectorAll('#nudge select');"
        f"choice.value = [...choice.options].find((o) => o.textContent === '{name}').value;"
        "choice.onchange(); const to = document.querySelector('#nudge [type=number]');"
        f"to.value = '{x!r}'; to.oninput(); }})()"
    )


def numbers(page):
    """Value and gradient of each node in the list, to the last bit."""
    rows = page.run(
        "[...document.querySelectorAll('#gradients tbody tr')].map((r) => "
        "[r.cells[1].title, r.cells[2].title])"
    )
    return [(number(value), grad) for value, grad in rows]


def assert_shown(page, root):
    """The list shows what backward makes of this graph."""
    root.backward(retain_grads=True)
    order = toposort(root)
    shown = numbers(page)
    assert len(order) == len(shown)
    for node, (value, grad) in zip(order, shown, strict=True):
        assert same(value, node.data)
        if node.op is not None or node.requires_grad:
            assert same(number(grad), node.grad)


# --- rows ---


@pytest.mark.parametrize("case", PRINTED, ids=case_id)
def test_a_row_in_javascript_answers_as_in_python(page, case):
    op, given = case
    script = row_script(op, op.n_inputs, {**op.defaults, **given})
    points = list(itertools.product(POINTS, repeat=op.n_inputs))[::7]
    listed = ",".join(f"[{','.join(map(script_number, point))}]" for point in points)
    found = page.run(
        f"(() => {{ {helpers_in(script)} const [forward, ...rules] = {script};"
        f"return [{listed}].map((x) => {{ const y = forward(...x);"
        "return [y, ...rules.map((rule) => rule ? rule(0.75, y, ...x) : 0)].map(String) }) })()"
    )
    for point, texts in zip(points, found, strict=True):
        y = op(*map(Value, point), **given)
        expected = [y.data, *(y.contribution(0.75, i) for i in range(op.n_inputs))]
        assert all(map(same, expected, map(number, texts))), point


def test_rows_that_call_what_javascript_does_not_have_are_not_written():
    unwritten = {
        case_id(case)
        for case in CASES
        if not row_script(case[0], case[0].n_inputs, {**case[0].defaults, **case[1]})
    }
    assert unwritten == {case_id(case) for case in CASES if not is_in_pages(*case)}


# --- nudge ---


def all_rows(a, b):
    """A graph with every row that a page can run."""
    total = a * b
    for op, given in PRINTED:
        inputs = [a > 0 if (op.name, i) in CONDITIONS else (a, b, a)[i] for i in range(op.n_inputs)]
        if op.name in ("clip", "nan_to_num", "logit"):
            inputs = [a]
        total = total + op(*inputs, **given) * 0.5
    return total


def random_graph(seed):
    """A graph of random ops, with whole neurons and constants among them; and how to make it."""
    rng = random.Random(seed)
    picks = [(rng.choice(UNARY + BINARY), rng.randrange(99), rng.randrange(99)) for _ in range(9)]
    start = [round(rng.uniform(-2, 2), 3) for _ in range(3)]

    def extra(made, a, b, i):
        if i % 11 == 3:
            return relu_neuron(made, a, b, made, 0.25)
        return linear_neuron(a, made, made) if i % 11 == 5 else made**3 if i % 11 == 9 else made

    def build(changed):
        leaves = [Value(changed.get(i, x), label=f"x{i}") for i, x in enumerate(start)]
        nodes = grown(leaves, picks, extra)
        return nodes[-1] + nodes[0] * nodes[1] + nodes[2] * nodes[len(nodes) // 2]

    return build


@pytest.mark.parametrize("seed", range(6))
def test_a_nudged_graph_is_the_engines(show, seed):
    build = random_graph(seed)
    page = show(build({}))
    nudge(page, "x1", 0.7109375)
    assert_shown(page, build({1: 0.7109375}))
    nudge(page, "x0", -1.3)
    assert_shown(page, build({1: 0.7109375, 0: -1.3}))


def test_every_row_follows_a_nudge(show):
    page = show(all_rows(Value(0.3, label="a"), Value(0.6, label="b")))
    nudge(page, "a", 0.4)
    assert_shown(page, all_rows(Value(0.4, label="a"), Value(0.6, label="b")))


def test_beside_each_node_stand_the_predicted_change_and_the_real_one(show):
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    d = a * b
    d.label = "d"
    page = show(engine.tanh(d * 0.1))
    nudge(page, "a", 2.5)
    rows = page.run(
        "[...document.querySelectorAll('#nudge tbody tr')].map((r) => "
        "[...r.cells].map((c, i) => i < 2 ? c.textContent : Number(c.title)))"
    )
    named = {row[0]: row[1:] for row in rows}
    assert named["a"] == ["2 → 2.5", 0.5, 0.5]
    assert named["d"] == ["−6 → −7.5", -1.5, -1.5]
    predicted, real = named["L"][1:]
    assert same(predicted, 0.5 * -3 * 0.1 * (1 - math.tanh(-0.6) ** 2))
    assert same(real, math.tanh(-0.75) - math.tanh(-0.6))
    assert "b" not in named  # it does not change


def test_reset_and_any_step_bring_the_graph_back(show):
    page = show(random_graph(3)({}))
    page.run("document.querySelector('#all tbody tr:nth-child(4)').onclick()")
    whole = "document.body.innerHTML"
    nudge(page, "x1", 0.5)  # a first time: fields that were chosen stay so
    page.click("#nudge button")
    before = page.run(whole)
    nudge(page, "x1", 0.25)
    assert page.run(whole) != before
    page.click("#nudge button")
    assert page.run(whole) == before
    nudge(page, "x1", 0.25)
    page.press("ArrowLeft")
    assert not page.run("document.documentElement.classList.contains('changed')")


def test_an_op_that_no_page_can_run_keeps_its_number_and_says_so(show):
    x, w = Value(0.5, label="x"), Value(2.0, label="w")
    page = show(engine.erf(x) * w + 1)
    assert "erf (dotted) is not run again in a page: x cannot be changed" in page.text("#nudge")
    assert page.run("[...document.querySelectorAll('.kept')].map((box) => box.id)") == ["n1"]
    assert page.run("[...document.querySelectorAll('#nudge option')].map((o) => o.text)") == ["w"]
    nudge(page, "w", 3.0)
    x, w = Value(0.5, label="x"), Value(3.0, label="w")
    assert_shown(page, engine.erf(x) * w + 1)


def test_a_graph_that_is_not_what_its_leaves_make_cannot_be_changed(show):
    a = Value(2.0, label="a")
    y = a * a
    y.register_hook(lambda g: 10 * g)
    assert "a hook changes gradients" in show(y * 3.0).text("#nudge")
    b = Value(2.0, label="b")
    z = b * b
    b.data = 3.0
    assert "a number was changed" in show(z).text("#nudge")


# --- paths ---


def ledger(page, name):
    """The paths to a node, with their products; what is said of them; and their sum."""
    page.run(
        "(() => { const [choice] = document.querySelectorAll('#ledger select');"
        f"choice.value = [...choice.options].find((o) => o.textContent === '{name}').value;"
        "choice.onchange(); })()"
    )
    listed = page.run(
        "[...document.querySelectorAll('#ledger li button')].map((b) => "
        "[b.children[0].textContent, b.children[1].textContent, Number(b.children[1].title)])"
    )
    said, total = page.run("[...document.querySelectorAll('#ledger p')].map((p) => p.textContent)")
    exact = page.run("Number(document.querySelector('#ledger p:last-child').title)")
    return listed, said, total, exact


@pytest.mark.parametrize("seed", range(4))
def test_paths_add_up_to_the_gradient(show, seed):
    root = random_graph(seed)({})
    page = show(root)
    root.backward(retain_grads=True)
    for x in [x for x in toposort(root) if x.label]:
        listed, _, _, exact = ledger(page, x.label)
        assert math.isclose(exact, x.grad, rel_tol=1e-9, abs_tol=1e-12)
        if len(listed) < 30:
            assert math.isclose(sum(row[2] for row in listed), x.grad, rel_tol=1e-9, abs_tol=1e-12)


def test_each_edge_of_a_path_is_named_by_its_local_derivative(show):
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    d = a * b
    d.label = "d"
    listed, said, total, _ = ledger(show(d * a), "a")
    assert [row[:2] for row in listed] == [
        ["L → d → a", "1 × 2 × −3 = −6"],
        ["L → a", "1 × −6 = −6"],
    ]
    assert said.startswith("2 paths over 3 edges")
    assert total == "sum = −12 = ∂L/∂a"


def test_two_edges_to_one_node_are_two_paths(show):
    x = Value(3.0, label="x")
    listed, said, _, _ = ledger(show(x * x), "x")
    assert [row[1] for row in listed] == ["1 × 3 = 3", "1 × 3 = 3"]
    assert said.startswith("2 paths over 2 edges")


def test_many_paths_are_counted_and_not_walked(show):
    x = Value(1.0, label="x")
    y = x
    for _ in range(100):
        y = y + y
    page = show(y)
    listed, said, _, exact = ledger(page, "x")
    assert said.startswith(f"{2**100:,} paths over 200 edges")
    assert len(listed) == 30
    assert f"the other {2**100 - 30:,} paths together" in page.text("#ledger ol")
    assert exact == 2.0**100


def test_a_leaf_chosen_in_the_picture_shows_its_paths_and_lights_them(show):
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    page = show((a * b) * a)
    page.run("document.getElementById('ledger').open = false")
    page.run("document.getElementById('n1').onclick()")
    assert page.run("document.querySelector('#ledger select').selectedOptions[0].text") == "b"
    assert page.run("document.getElementById('ledger').open")
    page.run("document.querySelector('#ledger li button').focus()")
    lit = page.run("[...document.querySelectorAll('svg .path')].map((e) => e.id)")
    assert set(lit) == {"e3_0", "e2_1"}
    page.run("document.activeElement.blur()")
    assert page.run("document.querySelectorAll('svg .path').length") == 0


def test_of_a_long_path_the_middle_is_left_out_and_said(show):
    x = Value(0.5, label="x")
    y = x
    for _ in range(30):
        y = engine.tanh(y)
    ((path, product, exact),), _, _, _ = ledger(show(y), "x")
    assert path.startswith("L → n29 → ")
    assert path.endswith(" → n1 → x")
    assert " … 19 more … " in path
    assert " … 19 more … " in product
    y.backward()
    assert math.isclose(exact, x.grad, rel_tol=1e-12)


# --- texts ---


def test_numbers_are_written_as_python_writes_them(show):
    numbers = [
        0.0, -0.0, 1e-5, 0.0001, 123456.0, 999999.5, 1e6, -1234567.0, 1 / 3, 1e-300, 1e300,
        0.30000000000000004, 100000.04,
    ]  # fmt: skip
    x = Value(2.0, label="x")
    page = show(x / Value(1.0, requires_grad=False))
    shown = [page.text("#gradients tbody tr:first-child td:nth-child(2)")]
    for number in numbers:
        nudge(page, "x", number)
        shown.append(page.text("#gradients tbody tr:first-child td:nth-child(2)"))
    assert shown == [signed(x) for x in (2.0, *numbers)]


def test_inf_and_nan_are_written_as_python_writes_them(show):
    a, b = Value(1.0, label="a"), Value(1.0, label="b")
    page = show(a / b)
    for x, text in ((2.0, "inf"), (-2.0, "−inf"), (0.0, "nan")):
        nudge(page, "b", 0.0)
        nudge(page, "a", x)
        assert page.text("#gradients tbody tr:last-child td:nth-child(2)") == text


def test_without_a_picture_leaves_are_changed_in_the_tables(show, monkeypatch):
    monkeypatch.setattr("viz.stepping.stepper.arrange", no_graphviz)
    a = Value(2.0, label="a")
    page = show(a * a)
    nudge(page, "a", 3.0)
    a = Value(3.0, label="a")
    assert_shown(page, a * a)
    assert len(ledger(page, "a")[0]) == 2


def no_graphviz(*_):
    raise RenderError("no Graphviz")
