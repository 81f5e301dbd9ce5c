"""The glossary and the cheat sheet of the course: in order, linked, and true."""

import re

import numpy as np
import pytest
from pages import ROOT, blocks, headings, links, run, text_of

import engine
from engine import Tensor
from notebooks.make import FOLDER, course, read

GLOSSARY = "notebooks/GLOSSARY.md"
SHEET = "notebooks/CHEATSHEET.md"
ENTRIES = dict(re.findall(r"^## (.*)\n\n(.*)\n", text_of(GLOSSARY), re.MULTILINE))
IMPORTS, *BLOCKS = blocks(SHEET)
COURSE = course()


def says(name, term):
    """Whether a notebook says each word of a term, in its text or code, in whatever form."""
    said = " ".join(cell.source for cell in read(name).cells).lower().replace("_", " ")
    stems = [re.sub(r"(?:ion|ing|e|y|s)$", "", word) for word in re.findall(r"\w+", term.lower())]
    return all(re.search(rf"\b{stem}", said) for stem in stems)


# --- links ---


@pytest.mark.parametrize("name", COURSE)
def test_what_notebooks_link_to_is_on_the_page(name):
    text = "\n".join(cell.source for cell in read(name).cells if cell.cell_type == "markdown")
    for path, anchor in links(text):
        if anchor and path.endswith(".md"):
            page = (FOLDER / path).resolve().relative_to(ROOT)
            assert anchor in headings(page), f"{path}#{anchor}"


SOURCE = re.compile(r"\[`([\w.]+)`\]\(\.\./((?:engine|nn|viz)/[\w/]+\.py)\)")


@pytest.mark.parametrize("page", [GLOSSARY, SHEET])
def test_a_link_to_source_leads_to_the_file_where_the_name_is_written(page):
    for name, path in SOURCE.findall(text_of(page)):
        module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        written = f"{module}.".endswith(f"{name}.") or re.search(
            rf"^(def|class) {name.rpartition('.')[2]}\b", text_of(path), re.MULTILINE
        )
        assert written, f"{name} is not in {path}"


# --- glossary ---


def test_terms_stand_in_alphabetical_order():
    terms = list(ENTRIES)
    assert terms == sorted(terms, key=str.lower)
    assert len(set(headings(GLOSSARY))) == len(headings(GLOSSARY)) == len(terms) + 1


@pytest.mark.parametrize("term", ENTRIES)
def test_a_term_is_short_and_met_where_it_says(term):
    entry = ENTRIES[term]
    met = re.findall(r"Met in \[(\d\d)\]\((\d\d)_\w+\.ipynb\)", entry)
    assert len(met) == 1
    assert met[0][0] == met[0][1]
    assert len(entry) < 400
    assert len(re.findall(r"[.:;](?= |$)", entry.partition(" Met in ")[0])) <= 3
    (notebook,) = [name for name in COURSE if name[:2] == met[0][0]]
    assert says(notebook, term), notebook


# --- cheat sheet ---


@pytest.mark.parametrize("i", range(len(BLOCKS)))
def test_code_blocks_run(i, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(BLOCKS[i], f"cheat sheet, block {i}", run(IMPORTS, "cheat sheet, imports"))


def test_what_its_comments_say_about_derivatives_holds():
    """A line `expression  # numbers` of the sheet is worth those numbers."""
    block = next(block for block in BLOCKS if "engine.hvp" in block)
    space = run(block, "cheat sheet", run(IMPORTS, "cheat sheet, imports"))
    said = re.findall(r"^(\w.*?)  # (\[.*\]|-?[\d.]+)$", block, re.MULTILINE)
    assert len(said) == 5
    for code, numbers in said:
        np.testing.assert_allclose(eval(code, space), eval(numbers), err_msg=code)
    np.testing.assert_allclose(space["pullback"](space["v"]), [[3, 0]])
    assert engine.jvp(space["f"], space["x"], space["v"]) == (9.0, 3.0)


ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in text_of(SHEET).partition("## Shapes")[2].partition("## ")[0].splitlines()
    if line.startswith("| `") and "shape of `y`" not in line
]


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    shapes = {"a": (2, 3), "v": (3,), "w": (3, 4), "s": (), "images": (2, 3, 4)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def test_the_shapes_are_those_the_page_names(arrays):
    (line,) = re.findall(r"^A gradient has .*$", text_of(SHEET), re.MULTILINE)
    named = dict(re.findall(r"`(\w+)` (?:is )?(\(.*?\)|a number)", line))
    assert named == {name: str(x.shape) if x.ndim else "a number" for name, x in arrays.items()}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip("`"))
def test_a_row_of_shapes_is_right(arrays, row):
    """Each formula of the table against backward."""
    code, shape, *gradients = row
    i = np.array([0, 1, 0])
    nodes = {name: Tensor(x, requires_grad=True) for name, x in arrays.items()}
    y = eval(code.strip("`"), {"engine": engine, "i": i, **nodes})
    g = np.random.default_rng(1).normal(size=y.shape)
    y.backward(g)
    assert str(y.shape) == shape
    space = {"np": np, "g": g, "softmax": lambda x: engine.softmax(x), **arrays}
    said = [re.fullmatch(r"`(\w+)`: `(.*)`", cell).groups() for cell in gradients if cell]
    assert {name for name, _ in said} == {name for name, x in nodes.items() if x.has_grad}
    for name, formula in said:
        found = eval(formula, space)
        assert np.shape(found) == arrays[name].shape
        np.testing.assert_allclose(found, nodes[name].grad, rtol=1e-12, err_msg=formula)
