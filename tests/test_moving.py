"""The moving picture of `step_through`, without a browser (tests/browser looks at it)."""

import re
import xml.etree.ElementTree as ET

import pytest
from pages import ROOT
from test_stepper import HOSTILE, chain, network

import engine
from engine import Value
from viz import BackwardStep, GraphTooLargeError, RenderError, step_through, steps
from viz.command.cli import main
from viz.drawing import renderer
from viz.stepping.moving import middle

SVG = "{http://www.w3.org/2000/svg}"
COMMAND = ["step", "tanh(a*b + c)**2", "a=2", "b=-3", "c=6.5"]
LARGEST = 60_000  # bytes, of a picture on the first page


def expression():
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(6.5, label="c")
    return engine.tanh(a * b + c) ** 2


def twice():
    """A leaf that two edges add to."""
    a = Value(3.0, label="a")
    return a * a


@pytest.fixture
def saved(tmp_path):
    """The root element of the moving picture of a graph."""

    def saving(root, **options):
        path = step_through(root).save(tmp_path / "steps.svg", **options)
        return ET.fromstring(path.read_text(encoding="utf-8"))

    return saving


def words_of(picture):
    """What is said below the graph: for each frame its lines."""
    (words,) = [group for group in picture.iter(f"{SVG}g") if group.get("class") == "words"]
    return [["".join(line.itertext()) for line in group] for group in words]


def texts_of(picture, box, kind):
    """The texts of a box that are a number of its data ("d") or gradient ("g"), in time's order."""
    (group,) = [group for group in picture.iter(f"{SVG}g") if group.get("id") == box]
    return [text.text for text in group if kind in text.get("class", "").split()]


# --- what it says ---


def test_the_words_are_the_steps_of_the_graph_in_their_order(saved):
    said = [" ".join(lines[1:]) for lines in words_of(saved(expression()))]
    expected = [step.equation for step in steps(expression())]
    assert expected[:4] == said[1:5]
    assert said[5].startswith("∂L/∂L = 1")
    assert [text.partition(" upstream")[0] for text in said[6:-1]] == expected[4:]


def test_it_begins_with_the_expression_and_ends_with_every_gradient_of_a_leaf(saved):
    first, *_, last = words_of(saved(expression()))
    assert first[1] == "L = tanh(a × b + c)²"
    assert last == [
        "Every gradient is there",
        "∂L/∂a = −2.18059,  ∂L/∂b = 1.45372",
        "∂L/∂c = 0.726862",
    ]


def test_many_leaves_are_not_all_named_at_the_end(saved):
    last = words_of(saved(engine.sum(engine.stack([Value(float(i)) for i in range(10)]))))[-1]
    assert last[-1].endswith("…")


def test_of_a_product_the_two_factors_are_told_apart_by_colour(saved):
    (words,) = [x for x in saved(expression()).iter(f"{SVG}g") if x.get("class") == "words"]
    through_tanh = words[7]
    coloured = [(part.get("class"), part.text) for part in through_tanh.iter(f"{SVG}tspan")]
    assert coloured == [
        ("up", "∂L/∂n5"), ("local", "∂tanh(n4)/∂n4"), ("up", "0.924234"), ("local", "0.786448"),
        ("up", "upstream"), ("local", "local"),
    ]  # fmt: skip


def test_numbers_stand_in_the_boxes_one_after_another(saved):
    picture = saved(expression())
    assert texts_of(picture, "n2", "d") == ["·", "−6"]
    assert texts_of(picture, "n0", "d") == ["2"]
    assert texts_of(picture, "n0", "g") == ["·", "−2.18059", "−2.18059"]  # arriving, and there


def test_a_gradient_that_two_edges_add_to_is_shown_in_parts(saved):
    picture = saved(twice())
    assert texts_of(picture, "n0", "g") == ["·", "3", "6", "6"]
    notes = [lines[-1] for lines in words_of(picture)]
    assert "upstream × local = contribution; running ∂L/∂a: 0 → 3" in notes
    assert "upstream × local = contribution; running ∂L/∂a: 3 → 6 — complete" in notes


def test_the_edge_of_each_backward_step_is_lit_with_its_local_derivative(saved):
    hot = [x for x in saved(expression()).iter(f"{SVG}g") if "hot back" in x.get("class", "")]
    slopes = [x.findtext(f"{SVG}text") for x in hot]
    assert slopes == ["× 0.9242", "× 0.7864", "× 1", "× 1", "× −3", "× 2"]
    paths = [x.find(f"{SVG}path").get("d") for x in hot]
    assert len(set(paths)) == 6


def test_a_graph_of_arrays_has_shapes_and_norms(saved):
    picture = saved(network())
    assert texts_of(picture, "n0", "d")[0] == "(4, 3)"
    backward = [step for step in steps(network()) if isinstance(step, BackwardStep)]
    said = [" ".join(lines[1:]) for lines in words_of(picture)]
    assert any(text.startswith(backward[2].parts[0]) for text in said)


def test_a_leaf_alone_is_a_picture_too(saved):
    assert words_of(saved(Value(3.0, label="a")))[1][1] == "∂a/∂a = 1"


# --- how it is made ---


@pytest.mark.parametrize("dark", [False, True])
def test_it_asks_nobody_for_anything_and_runs_no_script(saved, tmp_path, dark):
    picture = saved(expression(), dark=dark)
    drawn = {element.tag.removeprefix(SVG) for element in picture.iter()}
    said = {"title", "desc", "style", "text", "tspan"}
    assert drawn == {"svg", "defs", "marker", "path", "g", "rect"} | said
    text = (tmp_path / "steps.svg").read_text(encoding="utf-8")
    assert re.findall(r"\w+://[^\"']*", text) == ["http://www.w3.org/2000/svg"]
    assert set(re.findall(r"url\((.*?)\)", text)) == {"#tip"}
    assert "@import" not in text
    assert len(text.encode()) < LARGEST


def test_dark_is_the_same_picture_in_other_colours(saved):
    light, dark = saved(expression()), saved(expression(), dark=True)
    styles = [picture.find(f"{SVG}style") for picture in (light, dark)]
    assert "--paper:#fff;" in styles[0].text
    assert "--paper:#16181d;" in styles[1].text
    assert not any("prefers-color-scheme" in style.text for style in styles)
    for style in styles:
        style.text = ""
    assert ET.tostring(light) == ET.tostring(dark)


def test_who_wants_nothing_to_move_sees_the_last_frame(saved):
    picture = saved(expression())
    style = picture.findtext(f"{SVG}style")
    assert style.endswith("@media(prefers-reduced-motion:reduce){*{animation:none!important}}")
    hidden = set(re.findall(r"\.(\w+)\{[^}]*;opacity:0\}", style))
    (words,) = [group for group in picture.iter(f"{SVG}g") if group.get("class") == "words"]
    still = [group for group in words if not hidden & set(group.get("class").split())]
    assert still == [words[-1]]
    box = next(x for x in picture.iter(f"{SVG}g") if x.get("id") == "n0")
    seen = [x.text for x in box if not hidden & set(x.get("class", "").split())]
    assert seen[-1] == "−2.18059"
    assert "·" not in seen


def test_it_says_what_it_shows_to_who_does_not_see_it(saved):
    picture = saved(expression())
    assert picture.get("role") == "img"
    assert picture.findtext(f"{SVG}title") == "backward of L = 0.213552, edge by edge"
    assert [step.equation in picture.findtext(f"{SVG}desc") for step in steps(expression())]


def test_any_label_is_text(saved):
    y = Value(2.0, label=HOSTILE) * 3.0
    picture = saved(y)
    assert not list(picture.iter(f"{SVG}script"))
    assert "</scrip" in words_of(picture)[-1][1]
    box = next(x for x in picture.iter(f"{SVG}g") if x.get("id") == "n0")
    assert "]]>" in box.findtext(f"{SVG}title")


def test_halfway_along_a_path_of_two_curves_is_where_they_meet():
    assert middle("M0 0C1 0 2 0 3 1C4 2 5 2 6 9") == (3.0, 1.0)


# --- what it refuses ---


def test_more_steps_than_one_watches_are_refused_with_the_way_out(tmp_path):
    with pytest.raises(GraphTooLargeError, match=r"steps, more than the 40 .* steps\.html"):
        step_through(chain(40)).save(tmp_path / "steps.svg")


def test_a_picture_wider_than_a_screen_is_refused_with_the_way_out(tmp_path):
    y = Value(0.5, label="x")
    for _ in range(14):
        y = engine.sin(y)
    with pytest.raises(GraphTooLargeError, match=r"pixels in width, .* steps\.html"):
        step_through(y).save(tmp_path / "steps.svg")
    assert step_through(y, direction="TB").save(tmp_path / "steps.svg").exists()


def test_without_graphviz_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(renderer, "find_renderer", lambda: None)
    with pytest.raises(RenderError, match="pip install graphviz-pure"):
        step_through(twice()).save(tmp_path / "steps.svg")


def test_a_page_is_not_made_dark(tmp_path):
    with pytest.raises(ValueError, match=r"a page is light or dark .* got .*steps\.html"):
        step_through(twice()).save(tmp_path / "steps.html", dark=True)
    assert list(tmp_path.iterdir()) == []


# --- the command, and the pictures of the first page ---


def test_the_command_saves_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([*COMMAND, "-o", "steps.svg"]) == 0
    assert capsys.readouterr().out.endswith("saved steps.svg\n")
    assert ET.parse("steps.svg").getroot().get("class") == "graph moving"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["step", "a*b", "a=2", "b=3", "--dark"], "dark=True is for a moving picture"),
        (["step", "a" + "*a" * 40, "a=1", "-o", "s.svg"], "more than the 40 of a moving picture"),
    ],
)
def test_the_command_refuses_in_one_line(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert list(tmp_path.iterdir()) == []


def told(picture):
    """All a picture says and when, without where: that is Graphviz's."""
    return [(x.get("class"), " ".join((x.text or "").split())) for x in picture.iter()]


@pytest.mark.parametrize(("name", "options"), [("light", []), ("dark", ["--dark"])])
def test_the_pictures_of_the_first_page_are_what_is_made_today(name, options, tmp_path):
    out = f"stepper-{name}.svg"
    assert main([*COMMAND, *options, "-o", str(tmp_path / out)]) == 0
    stored = ROOT / ".github" / out
    again = f'twingrad step "{COMMAND[1]}" {" ".join([*COMMAND[2:], *options])} -o .github/{out}'
    assert told(ET.parse(stored)) == told(ET.parse(tmp_path / out)), f"run: {again}"
    assert stored.stat().st_size < LARGEST
