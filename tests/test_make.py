"""notebooks/make.py refuses what must not be stored, and keeps what has to stay."""

import base64
import io

import nbformat
import numpy as np
import pytest
from PIL import Image

from notebooks import make

new = nbformat.v4

HOME = "/" + "home"  # no file of the project names a place on a machine


def shows(text="", *, name="stdout", tags=(), **data):
    """A cell that has printed a text, and shown something by its kinds."""
    shown = [new.new_output("stream", text=text, name=name)] if text else []
    shown += [new.new_output("display_data", data=data)] if data else []
    return new.new_code_cell("…", id="03-001", outputs=shown, metadata={"tags": list(tags)})


def notebook_of(*cells):
    notebook = new.new_notebook()
    notebook.cells = list(cells)  # as they are: with names that are there twice, say
    return notebook


def picture(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return base64.b64encode(buffer.getvalue()).decode()


# --- what must not be stored ---


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f"in {HOME}/ada/x.py", f"a path: '{HOME}/a'"),
        (r"in D:\work", r"a path: 'D:\\w'"),
        ("lib/site-packages/numpy", "a path: 'site-packages'"),
        ("<f at 0x7f3a5c>", "an address in memory: 'at 0x7f3a5c'"),
        ("it took 1.5 ms", "a timing: '1.5 ms'"),
        ("10 seconds", "a timing: '10 seconds'"),
        ("20.1it/s", "a timing: '1it/s'"),
    ],
)
def test_what_differs_from_run_to_run_is_refused_wherever_it_stands(text, what):
    for cell in (shows(text), shows(**{"text/plain": text}), shows(**{"text/html": text})):
        assert make.complaints(notebook_of(cell)) == [f"03-001: {what}"]


def test_a_picture_within_a_page_is_not_read_as_words():
    page = '<img src="data:image/png;base64,AA/tmp/AAAA"> 3 edges'
    assert make.complaints(notebook_of(shows(**{"text/html": page}))) == []


def test_a_line_of_code_in_a_page_is_no_path():
    page = r'<script>"    except RAISES:\n        push_any(node, g)"</script>'
    assert make.complaints(notebook_of(shows(**{"text/html": page}))) == []


def test_an_error_and_a_warning_are_refused():
    error = new.new_code_cell(id="03-002", outputs=[new.new_output("error", ename="ValueError")])
    first, second = make.complaints(notebook_of(shows("careful", name="stderr"), error))
    assert first.startswith("03-001: an error or a warning")
    assert second.startswith("03-002: an error or a warning")


def test_a_notebook_is_not_too_large():
    (found,) = make.complaints(notebook_of(shows("x" * make.LARGEST)))
    assert found.endswith("bytes, where 1,000,000 are the most")


@pytest.mark.slow
def test_a_file_that_is_left_behind_is_refused():
    cell = new.new_code_cell("open('left.txt', 'w').close()", id="03-001")
    with pytest.raises(make.NotebookError, match=r"leaves files behind: left\.txt"):
        make.execute(notebook_of(cell))


def test_a_notebook_runs_without_the_user_s_settings(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")  # figures would not be shown
    monkeypatch.setenv("IPYTHONDIR", "/mine")
    environment = make._environment("own")
    assert "MPLBACKEND" not in environment
    assert environment["IPYTHONDIR"] == "own"
    assert environment["PYTHONPATH"] == str(make.ROOT)


# --- what stays ---


def test_cells_keep_their_names_and_new_ones_get_the_next():
    named = ["03-001", "03-007", "abc", "03-007", "04-002"]
    notebook = notebook_of(*(new.new_markdown_cell(id=one) for one in named))
    make.name_cells(notebook, "03_backward")
    assert [cell.id for cell in notebook.cells] == [
        "03-001", "03-007", "03-008", "03-009", "03-010",
    ]  # fmt: skip


def test_a_picture_that_would_grow_stays_as_it_is():
    tiny = picture(np.zeros((1, 1, 3), np.uint8))
    assert make.lighter(tiny) == tiny


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A course of one notebook, whose cells show at once what they have stored."""
    monkeypatch.setattr(make, "FOLDER", tmp_path)
    return tmp_path


def stored(folder, monkeypatch, *shown):
    """A notebook on disk, and what its run will show in place of running it."""
    nbformat.write(notebook_of(new.new_code_cell("draw(y)")), folder / "03_backward.ipynb")

    def run(notebook):
        notebook.cells = list(shown)

    monkeypatch.setattr(make, "execute", run)
    return folder / "03_backward.ipynb"


def test_a_notebook_that_is_made_is_stored(folder, monkeypatch, capsys):
    shown = shows(**{"image/svg+xml": "<svg/>"})
    path = stored(folder, monkeypatch, shown)
    assert make.main(["03"]) == 0
    assert nbformat.read(path, 4).cells[0].outputs[0].data["image/svg+xml"] == "<svg/>"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (shows("at /tmp/x"), "a path: '/tmp/x'"),
        (shows("PyTorch is not installed: this cell is skipped.", tags=["optional"]),
         "made with all packages there are: PyTorch is not installed"),
    ],
)  # fmt: skip
def test_a_notebook_that_is_refused_stays_as_it_was(folder, monkeypatch, capsys, cell, why):
    path = stored(folder, monkeypatch, cell)
    before = path.read_bytes()
    assert make.main([]) == 1
    said = capsys.readouterr().err
    assert said.startswith("03_backward is not stored:")
    assert why in said
    assert path.read_bytes() == before


def test_a_number_that_no_notebook_has_is_told(folder, capsys):
    assert make.main(["77"]) == 2
    assert "no notebook has the number 77" in capsys.readouterr().err
