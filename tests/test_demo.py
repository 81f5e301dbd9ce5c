"""`twingrad demo`: it agrees, it learns, it draws, and the same seed gives the same numbers."""

import io
import re
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from viz import demo
from viz.cli import main

render_module = sys.modules["viz.render"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One whole run: status, output, folder."""
    folder = tmp_path_factory.mktemp("demo") / "new" / "folder"
    out = io.StringIO()
    return demo.run(folder, seed=0, out=out), out.getvalue(), folder


def without_time(text: str) -> str:
    return re.sub(r"after [\d.]+ s", "", text)


def test_the_demo_succeeds(finished):
    status, text, _ = finished
    assert status == 0
    assert text.endswith("All as it should be.\n")


def test_every_gradient_is_compared_three_ways(finished):
    _, text, _ = finished
    rows = re.findall(r"layer (\d) (\w+) +([\d×]+) +(\S+) \((\d+) ulp\) +(\S+) +ok", text)
    assert [(row[1], row[2]) for row in rows] == [
        ("weight", "64×12"), ("bias", "12"), ("weight", "12×10"), ("bias", "10"),
    ]  # fmt: skip
    assert all(float(row[3]) < 1e-14 and float(row[5]) < 1e-8 for row in rows)
    assert "All 910 gradients, three ways: they agree." in text


def test_the_losses_of_both_tiers_are_printed(finished):
    losses = re.findall(r"loss on (\w+) +(\d\.\d+)", finished[1])
    assert [tier for tier, _ in losses] == ["Values", "Tensors"]
    assert float(losses[0][1]) == pytest.approx(float(losses[1][1]), rel=1e-14)


def test_it_learns_to_95_percent(finished):
    right, total, percent = re.search(
        r"(\d+) of (\d+) digits it has never seen are recognized: ([\d.]+)%", finished[1]
    ).groups()
    assert total == "359"
    assert int(right) / 359 == pytest.approx(float(percent) / 100, abs=1e-3)
    assert float(percent) >= 97


def test_it_saves_the_picture(finished):
    _, text, folder = finished
    assert sorted(path.name for path in folder.iterdir()) == [
        "expression.dot", "expression.png", "expression.svg",
    ]  # fmt: skip
    assert all(str(path) in text for path in folder.iterdir())
    assert ET.parse(folder / "expression.svg").getroot().tag.endswith("svg")
    assert "not computed" not in (folder / "expression.dot").read_text(encoding="utf-8")


def test_the_same_seed_gives_the_same_numbers(tmp_path):
    texts = []
    for _ in range(2):
        out = io.StringIO()
        demo.run(tmp_path, seed=7, epochs=2, out=out)
        texts.append(without_time(out.getvalue()))
    assert texts[0] == texts[1]


def test_another_seed_gives_other_numbers():
    outs = [io.StringIO(), io.StringIO()]
    for seed, out in enumerate(outs):
        demo.compare_tiers(seed, out)
    assert outs[0].getvalue() != outs[1].getvalue()


def test_too_little_training_is_a_failure(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(demo, "TRAINED_SIZES", (64, 2, 10))
    assert main(["demo", "--out", str(tmp_path), "--epochs", "1"]) == 1
    out = capsys.readouterr().out
    assert re.search(r"NOT as it should be: only [\d.]+% of the held-out digits, 95% were", out)


def test_gradients_that_differ_are_a_failure(tmp_path, monkeypatch):
    """A loss that gives its Tensors a gradient twice as large as it should be."""
    honest = demo.loss_of

    def planted(weights, x, labels, activation=demo.engine.tanh):
        loss = honest(weights, x, labels, activation)
        return loss * 2 - loss.detach() if isinstance(loss, demo.Tensor) else loss

    monkeypatch.setattr(demo, "loss_of", planted)
    out = io.StringIO()
    assert demo.compare_tiers(0, out) is False
    assert out.getvalue().count("DIFFERS") == 4
    assert "they DO NOT AGREE" in out.getvalue()
    assert demo.run(tmp_path, epochs=1, out=out) == 1
    assert "NOT as it should be: gradients differ" in out.getvalue()


def test_finite_differences_differing_is_a_failure(monkeypatch):
    monkeypatch.setattr(
        demo, "finite_differences", lambda arrays, *_: [np.zeros_like(a) for a in arrays]
    )
    assert demo.compare_tiers(0, io.StringIO()) is False


def test_finite_differences_leave_the_weights_as_they_were():
    rng = np.random.default_rng(0)
    arrays = demo.initial_weights((3, 2), rng)
    before = [array.copy() for array in arrays]
    slopes = demo.finite_differences(arrays, rng.normal(size=(2, 3)), np.array([0, 1]))
    assert all(np.array_equal(a, b) for a, b in zip(arrays, before, strict=True))
    assert [slope.shape for slope in slopes] == [(3, 2), (2,)]


def test_without_a_renderer_the_text_is_saved_and_the_status_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(render_module, "find_renderer", lambda: None)
    out = io.StringIO()
    assert demo.save_picture(tmp_path, out) is False
    assert [path.name for path in tmp_path.iterdir()] == ["expression.dot"]
    assert out.getvalue().count("pip install graphviz-pure") == 2


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_bar_is_drawn_over_itself():
    out = Terminal()
    for note in demo.progress(3, out):
        note("going well")
    text = out.getvalue()
    assert text.count("\r") == 3
    assert text.count("\n") == 1
    assert "█" * 10 + "░" * 20 + " 1/3  going well" in text
    assert "█" * 30 + " 3/3" in text


def test_elsewhere_it_prints_a_line_at_every_quarter():
    out = io.StringIO()
    for i, note in enumerate(demo.progress(40, out)):
        note(f"turn {i}")
    assert out.getvalue().splitlines() == [
        "   epoch 10/40  turn 9", "   epoch 20/40  turn 19",
        "   epoch 30/40  turn 29", "   epoch 40/40  turn 39",
    ]  # fmt: skip


def test_a_short_run_prints_every_turn():
    out = io.StringIO()
    for note in demo.progress(2, out):
        note("")
    assert out.getvalue().count("epoch") == 2


def test_digits_are_printed_side_by_side():
    out = io.StringIO()
    images = np.stack([np.zeros(64), np.ones(64)])
    demo.show_digits(images, np.array([1, 2]), np.array([1, 3]), out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "   " + " " * 16 + "   " + "█" * 16
    assert lines[8].split() == ["1,", "right", "2,", "but", "is", "3"]
