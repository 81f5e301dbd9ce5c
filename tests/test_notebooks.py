"""The course in notebooks/: every notebook runs from top to bottom and is stored clean."""

import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
COURSE = ["01_values", "02_tensors", "03_your_own_op", "04_a_network", "05_digits_and_names"]
TIMEOUT = 120  # seconds a cell may take on a busy machine


def stored(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run a notebook, once, in a kernel and a folder of its own; what it has become."""
    done = {}

    def executed(name):
        if name not in done:
            folder, settings = tmp_path_factory.mktemp(name), tmp_path_factory.mktemp("ipython")
            notebook = stored(name)
            client = NotebookClient(
                notebook, timeout=TIMEOUT, kernel_name="python3",
                resources={"metadata": {"path": str(folder)}},
            )  # fmt: skip
            client.execute(env=environment(settings))
            assert list(folder.iterdir()) == [], "a notebook leaves nothing behind"
            done[name] = notebook
        return done[name]

    return executed


def environment(settings):
    """This checkout, no settings of the user, figures where they belong, one thread of BLAS."""
    own = {
        "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(settings),
        "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
    }  # fmt: skip
    return {k: v for k, v in os.environ.items() if k != "MPLBACKEND"} | own


def outputs(notebook):
    return [output for cell in code(notebook) for output in cell.outputs]


def shown(notebook, mime):
    return [output.data[mime] for output in outputs(notebook) if mime in output.get("data", {})]


# --- as they are stored ---


def test_the_course_is_complete():
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == COURSE


@pytest.mark.parametrize("name", COURSE)
def test_a_notebook_is_stored_without_outputs(name):
    """So that a difference between two versions is a difference in what somebody wrote."""
    notebook = stored(name)
    nbformat.validate(notebook)

    assert outputs(notebook) == []
    assert [cell.execution_count for cell in code(notebook)] == [None] * len(code(notebook))
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"


@pytest.mark.parametrize("name", COURSE)
def test_cells_have_names_that_stay(name):
    ids = [cell.id for cell in stored(name).cells]
    assert all(re.fullmatch(r"[a-z-]+-\d\d", one) for one in ids), ids
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", COURSE)
def test_links_lead_somewhere(name):
    text = "\n".join(cell.source for cell in stored(name).cells if cell.cell_type == "markdown")
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", text)
    assert links
    assert all((FOLDER / link).is_file() for link in links), links


# --- as they run ---


@pytest.mark.slow
@pytest.mark.parametrize("name", COURSE)
def test_a_notebook_runs_and_says_nothing_on_the_side(run, name):
    """A failing assert or any other error stops it; a warning would be on stderr."""
    found = outputs(run(name))

    assert found
    assert [one.text for one in found if one.get("name") == "stderr"] == []
    assert [cell.execution_count for cell in code(run(name))] == list(
        range(1, 1 + len(code(run(name))))
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "pictures", "plots"),
    [
        ("01_values", 2, 0), ("02_tensors", 3, 0), ("03_your_own_op", 1, 1),
        ("04_a_network", 1, 4), ("05_digits_and_names", 2, 2),
    ],
)  # fmt: skip
def test_graphs_and_plots_are_shown(run, name, pictures, plots):
    assert len(shown(run(name), "image/svg+xml")) == pictures
    assert len(shown(run(name), "image/png")) == plots


@pytest.mark.slow
def test_values_are_explained_edge_by_edge(run):
    texts = shown(run("01_values"), "text/plain")
    assert any("through d, input 0: ∂L/∂d · ∂d/∂a = 2 × -3 = -6" in text for text in texts)


@pytest.mark.slow
def test_the_wrong_rule_is_named(run):
    good, bad = shown(run("03_your_own_op"), "text/html")
    assert "The tiers and the finite differences agree." in good
    assert "Finite differences disagree at squash_wrong" in bad


@pytest.mark.slow
def test_both_tiers_run_one_network(run):
    printed = "".join(one.text for one in outputs(run("04_a_network")) if "text" in one)
    assert re.fullmatch(r"on Tensors +13 nodes\non Values +64,737 nodes\n", printed)


@pytest.mark.slow
def test_exported_to_html_pictures_tables_and_steps_are_there(run):
    """What needs no script: the graph as an image, the comparison, every step of backward."""
    page, _ = HTMLExporter(theme="light").from_notebook_node(run("02_tensors"))

    assert page.count("data:image/svg+xml;base64,") >= 3 + 1  # the stepper has one of its own
    assert "The tiers and the finite differences agree." in page
    still = page.partition('<div class="twingrad-still">')[2]
    assert "∂y/∂w += " in re.sub("<[^>]*>", "", still)
