"""The op table on pages is the registry's, and is renewed by a command."""

import subprocess
import sys

import numpy as np
import pytest
from pages import ROOT, text_of

import engine
from engine import elementwise, where
from viz.command import table


@pytest.mark.parametrize("page", table.PAGES)
def test_the_op_table_is_the_registry_s(page):
    stored = text_of(page)

    assert table.replace_between_markers(stored) == stored, "run: python -m viz.command.table"


def test_the_table_is_written_without_a_warning(tmp_path):
    """`python -m` warns of a module that its package has imported already."""
    page = tmp_path / "page.md"
    page.write_text(f"a\n{table.BEGIN}\n{table.END}\nb\n", encoding="utf-8")

    command = [sys.executable, "-W", "error", "-m", "viz.command.table", str(page)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stderr == ""
    assert (
        page.read_text(encoding="utf-8") == f"a\n{table.BEGIN}\n{table.markdown()}{table.END}\nb\n"
    )


@pytest.mark.parametrize("named", [True, False])
def test_the_table_can_be_renewed_in_place(tmp_path, monkeypatch, named):
    monkeypatch.chdir(tmp_path)
    for page in table.PAGES:
        (tmp_path / page).parent.mkdir()
        stale = f"a\n{table.BEGIN}\nSTALE ROW\n{table.END}\nb\n"
        (tmp_path / page).write_text(stale, encoding="utf-8")

    table.main(table.PAGES if named else [])

    for page in table.PAGES:
        text = (tmp_path / page).read_text(encoding="utf-8")
        assert "STALE ROW" not in text
        assert "| `add(a, b)` |" in text
        assert text.endswith(f"{table.END}\nb\n")


def test_the_table_shows_the_rules():
    assert "| `mul(a, b)` | a * b | `g * b`, `g * a` | all numbers | the bit |" in table.markdown()
    assert "| none, `where(c, g, 0.0)`, `where(c, 0.0, g)` |" in table.markdown()
    silu = r"$g\thinspace \sigma(x)\thinspace (1 + x\thinspace (1 - \sigma(x)))$"
    assert f"| `silu(x)` | x * sigmoid(x), also swish | {silu} |" in table.markdown()
    angle = r"$-\frac{g\thinspace a}{(\sqrt{a^{2} + b^{2}} + [a = 0 \wedge b = 0])^{2}}$"
    assert f", {angle} | b in (0, inf) |" in table.markdown()
    assert "`gate(g, _inside(x, min, max))`" in table.markdown()
    assert r"$g\thinspace \left( \frac{\mathrm{erfc}\left(" in table.markdown()


def test_products_in_its_words_are_not_taken_for_emphasis():
    assert r"| sqrt(a\*a + b\*b) |" in table.markdown()
    assert "| a * b |" in table.markdown()


@pytest.mark.usefixtures("own_ops")
def test_a_rule_of_cases_is_a_function_in_the_table():
    def steep(g, y, x):
        twice = 2 * g
        return where(x > 0, twice, g)

    op = elementwise("steep", lambda x: np.where(x > 0, 2 * x, x), steep)
    assert table.gradients_of(op) == "a function"


def test_a_page_without_markers_is_refused():
    with pytest.raises(ValueError, match="op table: begin"):
        table.replace_between_markers("nothing here")


def test_a_new_row_is_in_the_table_and_in_the_namespace():
    row = engine.elementwise("cubed", lambda x: x**3, lambda g, y, x: g * 3 * x * x, doc="x cubed")

    assert "| `cubed(x)` | x cubed | `g * 3 * x * x` | all numbers | 4 ulp |" in table.markdown()
    assert engine.cubed is row
    engine.unregister("cubed")
    with pytest.raises(AttributeError, match="cubed"):
        _ = engine.cubed
