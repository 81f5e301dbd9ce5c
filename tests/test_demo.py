"""`twingrad demo`: it agrees, it learns, it draws, and the same seed gives the same numbers."""

import io
import re
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import nn
from engine import Tensor
from viz import History
from viz.command import demo, demo_pictures
from viz.command.cli import main
from viz.drawing import renderer


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One whole run: status, output, folder."""
    folder = tmp_path_factory.mktemp("demo") / "new" / "folder"
    out = io.StringIO()
    return demo.run(folder, seed=0, out=out), out.getvalue(), folder


def without_time(text: str) -> str:
    return re.sub(r"after [\d.]+ s", "", text)


def test_the_demo_succeeds(finished):
    status, text, folder = finished
    assert status == 0
    page = folder / "index.html"
    assert text.endswith(f"All as it should be. Open {page} in a browser to see it.\n")


def test_every_gradient_is_compared_three_ways(finished):
    _, text, _ = finished
    rows = re.findall(r"layers\.(\S+) +([\d×]+) +(\S+) \((\d+) ulp\) +(\S+) +ok", text)
    assert [row[:2] for row in rows] == [
        ("0.weight", "12×64"), ("0.bias", "12"), ("1.weight", "10×12"), ("1.bias", "10"),
    ]  # fmt: skip
    assert all(float(row[2]) < 1e-14 and float(row[4]) < 1e-8 for row in rows)
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


def test_it_saves_the_pictures_and_says_where(finished):
    _, text, folder = finished
    assert sorted(path.name for path in folder.iterdir()) == [
        "digits.png", "expression.dot", "expression.png", "expression.svg", "index.html",
        "network.svg", "steps.html", "training.png",
    ]  # fmt: skip
    assert all(str(path) in text for path in folder.iterdir())
    assert ET.parse(folder / "expression.svg").getroot().tag.endswith("svg")
    network = (folder / "network.svg").read_text(encoding="utf-8")
    assert "layers.1.weight" in network
    assert "layers.0: Linear" in network
    assert "not computed" not in (folder / "expression.dot").read_text(encoding="utf-8")
    for name in ("expression.png", "training.png", "digits.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")


def test_the_page_links_what_is_there_and_needs_no_network(finished):
    folder = finished[2]
    page = (folder / "index.html").read_text(encoding="utf-8")
    links = set(re.findall(r'(?:href|src)="([^"]+)"', page))
    pictures = {path.name for path in folder.iterdir()}
    assert links == pictures - {"index.html"}
    assert "://" not in page
    assert re.search(r"9\d\.\d% of the held-out digits recognized after 1,200 steps", page)


def test_the_steps_are_those_of_the_expression(finished):
    page = (finished[2] / "steps.html").read_text(encoding="utf-8")
    assert "tanh" in page
    assert "://" not in page.replace("http://www.w3.org/", "")


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

    def planted(output, labels):
        loss = honest(output, labels)
        return loss * 2 - loss.detach() if isinstance(loss, Tensor) else loss

    monkeypatch.setattr(demo, "loss_of", planted)
    out = io.StringIO()
    assert demo.compare_tiers(0, out) is False
    assert out.getvalue().count("DIFFERS") == 4
    assert "they DO NOT AGREE" in out.getvalue()
    assert demo.run(tmp_path, epochs=1, out=out) == 1
    assert "NOT as it should be: gradients differ" in out.getvalue()


def test_finite_differences_differing_is_a_failure(monkeypatch):
    monkeypatch.setattr(
        demo,
        "finite_differences",
        lambda model, *_: [np.zeros(p.shape) for p in model.parameters()],
    )
    assert demo.compare_tiers(0, io.StringIO()) is False


def test_finite_differences_leave_the_weights_as_they_were():
    model = nn.Linear(3, 2, rng=0)
    before = [np.array(p.data) for p in model.parameters()]
    slopes = demo.finite_differences(model, np.eye(3)[:2], np.array([0, 1]))
    assert all(np.array_equal(a, p.data) for a, p in zip(before, model.parameters(), strict=True))
    assert [slope.shape for slope in slopes] == [(2, 3), (2,)]


def test_without_a_renderer_the_text_is_saved_and_the_status_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(renderer, "find_renderer", lambda: None)
    out = io.StringIO()
    assert demo_pictures.save_expression(tmp_path, out) is False
    assert [path.name for path in tmp_path.iterdir()] == ["expression.dot"]
    assert out.getvalue().count("pip install graphviz-pure") == 2
    assert demo_pictures.save_network(tmp_path, Finished, out) is False
    assert not (tmp_path / "network.svg").exists()


class Finished:
    """What a training leaves, small."""

    accuracy = 0.5
    model = nn.Linear(64, 2, rng=0)
    history = History()
    images = np.ones((2, 64))
    labels = np.array([0, 1])
    guesses = np.array([0, 0])


def test_without_matplotlib_the_rest_is_there_and_the_extra_is_named(tmp_path, monkeypatch):
    for name in ("viz.plots", "viz.plots.curves", "viz.plots.samples", "viz.plots.axes"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    out = io.StringIO()
    assert demo_pictures.save_plots(tmp_path, Finished, out) is False
    assert "pip install 'twingrad[plots]'" in out.getvalue()
    page = demo_pictures.save_index(tmp_path, Finished).read_text(encoding="utf-8")
    assert "training.png" not in page
    assert "50.0% of the held-out digits" in page


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(out, epochs, said):
    """What the bar writes over some epochs."""
    bar = demo.Bar(epochs, out)
    run = nn.callbacks.Run(nn.Linear(1, 1), None, nn.EpochHistory())
    for i in range(1, epochs + 1):
        run.history.rows.append({"epoch": i, "loss": said, "validation_accuracy": i / epochs})
        bar.after_epoch(run)
    bar.end(run)
    return out.getvalue()


def test_on_a_terminal_the_bar_is_drawn_over_itself():
    text = shown(Terminal(), 3, 0.25)
    assert text.count("\r") == 3
    assert text.count("\n") == 1
    assert "█" * 10 + "░" * 20 + " 1/3  loss 0.2500, held-out accuracy 33.3%" in text
    assert "█" * 30 + " 3/3" in text


def test_elsewhere_it_prints_a_line_at_every_quarter():
    assert shown(io.StringIO(), 40, 0.5).splitlines() == [
        "   epoch 10/40  loss 0.5000, held-out accuracy 25.0%",
        "   epoch 20/40  loss 0.5000, held-out accuracy 50.0%",
        "   epoch 30/40  loss 0.5000, held-out accuracy 75.0%",
        "   epoch 40/40  loss 0.5000, held-out accuracy 100.0%",
    ]


def test_a_short_run_prints_every_turn():
    assert shown(io.StringIO(), 2, 1.0).count("epoch") == 2


def test_digits_are_printed_side_by_side():
    out = io.StringIO()
    images = np.stack([np.zeros(64), np.ones(64)])
    demo.show_digits(images, np.array([1, 2]), np.array([1, 3]), out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "   " + " " * 16 + "   " + "█" * 16
    assert lines[8].split() == ["1,", "right", "2,", "but", "is", "3"]
