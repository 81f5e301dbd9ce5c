"""The README is true: its code runs, its table is the registry's, its picture is today's."""

import re
from pathlib import Path

import pytest

import engine
from viz import table, to_dot
from viz.cli import main
from viz.demo_pictures import expression

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^twingrad (.*)$", README, re.MULTILINE)


@pytest.mark.parametrize("i", range(len(BLOCKS)))
def test_code_blocks_run(i, capsys):
    before = set(engine.registry)

    exec(compile(BLOCKS[i], f"README block {i}", "exec"), {"__name__": "readme"})

    for name in set(engine.registry) - before:
        engine.unregister(name)
    if i == 0:
        printed = capsys.readouterr().out
        assert "12.0" in printed
        assert "The tiers and the finite differences agree." in printed


def test_there_is_a_tour_an_op_of_one_s_own_and_a_network():
    assert len(BLOCKS) == 3
    assert len(COMMANDS) == 4
    assert len(BLOCKS[0].strip().splitlines()) <= 14


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = [w.strip('"') for w in re.findall(r'"[^"]*"|\S+', command)]

    assert main(words) == 0


def test_the_op_table_is_the_registry_s():
    fresh = table.replace_between_markers(README)

    assert fresh == README, "run: python -m viz.table README.md"


def test_the_table_can_be_renewed_in_place(tmp_path):
    stale = tmp_path / "page.md"
    stale.write_text(f"a\n{table.BEGIN}\nSTALE ROW\n{table.END}\nb\n", encoding="utf-8")

    table.main(str(stale))

    text = stale.read_text(encoding="utf-8")
    assert "STALE ROW" not in text
    assert "| `add(a, b)` |" in text
    assert text.endswith(f"{table.END}\nb\n")


def test_a_page_without_markers_is_refused():
    with pytest.raises(ValueError, match="op table: begin"):
        table.replace_between_markers("nothing here")


def test_a_new_row_is_in_the_table_and_in_the_namespace():
    row = engine.elementwise("cubed", lambda x: x**3, lambda g, y, x: g * 3 * x * x, doc="x cubed")

    assert "| `cubed(x)` | x cubed | all numbers | 4 ulp |" in table.markdown()
    assert engine.cubed is row
    engine.unregister("cubed")
    with pytest.raises(AttributeError, match="cubed"):
        _ = engine.cubed


def test_the_picture_is_what_is_drawn_today():
    y = expression()
    y.backward()

    stored = (ROOT / ".github" / "expression.dot").read_text(encoding="utf-8")
    assert to_dot(y) == stored, "run: twingrad demo --out .github, and keep expression.dot and .svg"


def test_every_file_the_reading_order_names_is_there():
    for path in re.findall(r"\]\(((?:engine|nn|viz)/[^)]+)\)", README):
        assert (ROOT / path).exists(), path
