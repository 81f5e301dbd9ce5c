"""`History(live=True)`: a figure in a notebook, a page elsewhere; both end when the run does."""

import copy
import gc
import json
import pickle
import re
import sys
import threading
import time
import types
import urllib.request
import xml.etree.ElementTree as ET

import nbclient
import nbformat
import numpy as np
import pytest

import nn
from engine import Tensor
from viz import History
from viz.drawing import points
from viz.monitoring import live
from viz.monitoring.figure import GAP, WIDE, _svg, figure
from viz.monitoring.live import LiveFigure, LivePage, live_of
from viz.monitoring.records import Records

X, T = np.sin(np.arange(24.0)).reshape(8, 3), np.arange(8) % 2


def fitted(history, epochs=3, callbacks=()):
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.ReLU(), nn.Linear(4, 2, rng=1))
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    loader = nn.DataLoader((X, T), batch_size=4)
    with np.errstate(all="ignore"):
        nn.fit(
            model, nn.CrossEntropyLoss(), optimizer, loader, epochs,
            callbacks=[history, *callbacks], progress=False,
        )  # fmt: skip
    return model


def address_in(text):
    return re.search(r"http://127\.0\.0\.1:\d+/", text)[0]


def told(address, cursor=""):
    with urllib.request.urlopen(f"{address}lines?after={cursor}", timeout=20) as answer:
        return json.loads(answer.read())


def servers():
    return [one for one in threading.enumerate() if one.name == "twingrad watch"]


# --- the page ---


def test_outside_a_notebook_the_run_is_served_until_it_is_closed(capsys):
    history = History(live=True, every=1)
    assert servers() == []
    history.step(2.0, accuracy=0.5)
    address = address_in(capsys.readouterr().out)
    first = told(address)
    history.log(validation_loss=1.5)
    second = told(address, first["cursor"])
    assert json.loads(first["lines"]) == {"step": 1, "loss": 2.0, "accuracy": 0.5}
    assert json.loads(second["lines"]) == {"step": 1, "validation_loss": 1.5}
    assert (first["name"], first["begins"], second["begins"]) == ("this run", True, False)
    history.close()
    assert servers() == []
    with pytest.raises(OSError, match="refused"):
        told(address)


def test_steps_between_measurements_are_shown_with_the_next(capsys):
    """A record that is still being made is not: it would be told without its measurements."""
    with History(live=True, every=3) as history:
        for loss in (1.0, 2.0, 3.0, 4.0):
            history.step(loss)
        lines = told(address_in(capsys.readouterr().out))["lines"]
    assert [json.loads(line)["step"] for line in lines.splitlines()] == [1, 2, 3]


class Looking(nn.Callback):
    """A page that is open while the run goes on, and what it is told at last."""

    def __init__(self, capsys, ends_by=None):
        self.capsys, self.ends_by, self.answers = capsys, ends_by, []

    def after_step(self, run):
        if self.answers:
            return
        address = address_in(self.capsys.readouterr().out)
        self.answers.append(told(address))
        self.thread = threading.Thread(target=self.follow, args=[address])
        self.thread.start()
        if self.ends_by is not None:
            raise self.ends_by

    def follow(self, address):
        while not self.answers[-1]["ended"]:
            self.answers.append(told(address, self.answers[-1]["cursor"]))
            time.sleep(0.02)


@pytest.mark.parametrize("ends_by", [None, ValueError("in training"), KeyboardInterrupt()])
def test_the_page_is_told_the_whole_run_and_ends_with_fit(capsys, ends_by):
    history = History(live=True, every=2)
    looking = Looking(capsys, ends_by)
    if ends_by is None:
        fitted(history, callbacks=[looking])
    else:
        with pytest.raises(type(ends_by)):
            fitted(history, callbacks=[looking])
    looking.thread.join(timeout=20)
    lines = "".join(answer["lines"] for answer in looking.answers)
    assert [json.loads(line) for line in lines.splitlines()] == json.loads(
        json.dumps(history.records)
    )
    assert servers() == []


def test_a_further_fit_is_served_again(capsys):
    history = History(live=True)
    model = fitted(history)
    loader = nn.DataLoader((X, T), batch_size=4)
    nn.fit(
        model, nn.CrossEntropyLoss(), nn.SGD(model.parameters(), lr=0.1), loader,
        callbacks=[history], progress=False,
    )  # fmt: skip
    assert capsys.readouterr().out.count("this run is watched at") == 2
    assert servers() == []


def test_what_was_caught_has_a_page_while_the_run_is_served(capsys, tmp_path):
    path = tmp_path / "run.jsonl"
    with History(live=True, path=path, every=1) as history:
        history.step(Tensor([1.0], requires_grad=True) * np.nan)
        address = address_in(capsys.readouterr().out)
        assert told(address)["pages"] == ["nan-1"]
        with urllib.request.urlopen(f"{address}caught/nan-1", timeout=20) as answer:
            assert answer.read().decode() == history.caught[0].stepper().html
        assert told(address)["name"] == "run.jsonl"
    assert (tmp_path / "run.jsonl.nan-1.html").exists()


def test_what_was_caught_has_a_page_without_a_file_too(capsys):
    with History(live=True, every=1) as history:
        history.step(np.nan)
        address = address_in(capsys.readouterr().out)
        with urllib.request.urlopen(f"{address}caught/nan-1", timeout=20) as answer:
            assert "give history.step() the loss as the Tensor" in answer.read().decode()


def test_a_run_that_is_dropped_is_served_no_more(capsys):
    history = History(live=True)
    history.step(1.0)
    (thread,) = servers()
    del history
    gc.collect()
    thread.join(timeout=20)
    assert not thread.is_alive()


def test_a_copy_and_a_pickle_are_served_at_addresses_of_their_own(capsys):
    with History(live=True, every=1) as history:
        history.step(1.0)
        addresses = {address_in(capsys.readouterr().out)}
        for other in (copy.deepcopy(history), pickle.loads(pickle.dumps(history))):
            with other:
                other.step(2.0)
                addresses.add(address_in(capsys.readouterr().out))
        assert len(addresses) == 3
        assert history.steps == 1
    assert servers() == []


def test_a_live_history_that_was_never_used_closes_quietly(capsys):
    with History(live=True):
        pass
    assert capsys.readouterr().out == ""


# --- the figure ---


class Display:
    """What IPython's `display` is asked to show, first and again."""

    def __init__(self):
        self.shown = []

    def __call__(self, bundle, raw, display_id):
        assert raw
        assert display_id is True
        self.shown.append(["first", bundle])
        return self

    def update(self, bundle, raw):
        assert raw
        self.shown.append(["again", bundle])


@pytest.fixture
def notebook(monkeypatch):
    """IPython as it is in a kernel, and a clock that is set by hand."""
    display = Display()
    shell = types.SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", types.SimpleNamespace(display=display))
    display.now = 0.0
    monkeypatch.setattr(live.time, "monotonic", lambda: display.now)
    return display


def test_in_a_notebook_the_figure_is_drawn_in_place_at_most_once_a_second(notebook):
    history = History(live=True, every=1)
    for now in (0.0, 0.3, 0.9, 1.1, 1.5):
        notebook.now = now
        history.step(1.0 + now)
    assert [how for how, _ in notebook.shown] == ["first", "again"]
    history.close()
    assert [how for how, _ in notebook.shown] == ["first", "again", "again"]
    bundle = notebook.shown[-1][1]
    assert bundle["text/html"] == figure(history)
    assert bundle["text/plain"] == repr(history)
    assert 'alt="step 5: loss 2.5"' in bundle["text/html"]


def test_a_figure_that_takes_long_is_drawn_less_often(notebook, monkeypatch):
    def slow(run):
        notebook.now += 1.0
        return ""

    monkeypatch.setattr(live, "figure", slow)
    with History(live=True, every=1) as history:
        for _ in range(40):
            notebook.now += 1.0
            history.step(1.0)
        assert len(notebook.shown) == 2


def test_a_further_run_gets_a_figure_of_its_own(notebook):
    history = History(live=True)
    model = fitted(history)
    loader = nn.DataLoader((X, T), batch_size=4)
    notebook.shown.clear()
    nn.fit(
        model, nn.CrossEntropyLoss(), nn.SGD(model.parameters(), lr=0.1), loader,
        callbacks=[history], progress=False,
    )  # fmt: skip
    assert notebook.shown == []
    notebook.now += 9.0
    history.log(accuracy=1.0)
    assert [how for how, _ in notebook.shown] == ["first"]


def test_where_there_is_no_kernel_there_is_no_figure(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: None))
    assert isinstance(live_of("run", {}), LivePage)
    monkeypatch.delitem(sys.modules, "IPython")
    assert isinstance(live_of("run", {}), LivePage)


def test_a_copy_of_a_figure_is_another_figure():
    assert isinstance(copy.deepcopy(LiveFigure(print)), LiveFigure)


def test_in_a_real_notebook_one_figure_is_left_with_the_end_of_the_run():
    code = (
        "import nn, numpy as np, viz\n"
        "history = viz.History(live=True, every=1)\n"
        "for i in range(5):\n    history.step(float(i))\n"
        "history.close()"
    )
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(book, timeout=120, kernel_name="python3").execute()
    (output,) = book.cells[0].outputs
    assert output.output_type == "display_data"
    assert 'alt="step 5: loss 4"' in output.data["text/html"]
    assert output.data["text/plain"].startswith("<History of 5 steps: loss")


# --- what the figure shows ---


def svg_of(records):
    run = Records()
    run.records = records
    return ET.fromstring(_svg(run))


def texts(svg):
    return [x.text for x in svg.iter("{http://www.w3.org/2000/svg}text")]


def test_every_metric_and_measurement_has_a_panel():
    history = History(every=1)
    fitted(history)
    history.log(accuracy=0.5, validation_accuracy=0.25)
    found = texts(svg_of(history.records))
    for title in ("loss", "accuracy", "gradient norms, logarithmic", "dead units"):
        assert title in found
    assert "accuracy 0.5" in found
    assert "validation_accuracy 0.25" in found


def test_what_cannot_be_drawn_is_said():
    losses = [1.0, 2.0, np.nan, np.inf, 1.0, 1000.0]
    found = texts(svg_of([{"step": i, "loss": x} for i, x in enumerate(losses, 1)]))
    assert "loss 1000, 2 not finite" in found
    measured = {"parameters": {"w": {"norm": 0.0, "ratio": 1.0}}}
    found = texts(
        svg_of(
            [{"step": 1, **measured}, {"step": 2, "parameters": {"w": {"norm": 1.0, "ratio": 1.0}}}]
        )
    )
    assert "w 1, 1 not above 0" in found


def test_a_spike_makes_the_scale_logarithmic_and_what_was_caught_is_in_the_title():
    records = [{"step": i, "loss": 1.0 + i % 3} for i in range(1, 50)]
    assert "loss" in texts(svg_of(records))
    records.append({"step": 50, "loss": 1e4, "caught": {"spike": 1}})
    assert "loss, logarithmic" in texts(svg_of(records))
    assert "step 50 · spike at step 50" in texts(svg_of(records))
    assert "loss" in texts(svg_of([*records, {"step": 51, "loss": 0.0}]))
    falling = [{"step": i, "loss": 2.0 * 0.8**i} for i in range(60)]
    assert "loss" in texts(svg_of(falling))


def test_of_many_parameters_some_are_shown_and_that_is_said():
    names = [f"encoder.layers.{i}.self_attention.projection.weight" for i in range(20)]
    records = [{"step": 1, "parameters": {name: {"norm": 1.0, "ratio": 1.0} for name in names}}]
    found = texts(svg_of(records))
    assert "gradient norms, 6 of 20, logarithmic" in found
    assert sum("…" in text for text in found) == 12


def test_titles_of_panels_end_where_the_panels_end():
    long = "a_metric_whose_name_is_longer_than_the_panel_in_which_it_is_drawn"
    names = [f"layer {i}" for i in range(300)]
    row = {"parameters": {name: {"norm": 1.0, "ratio": 1.0} for name in names}}
    svg = svg_of([{"step": 1, long: 1.0, **row}])
    titles = [x.text for x in svg.iter("{http://www.w3.org/2000/svg}text") if x.get("y") == "12"]
    assert "update : data, 6 of 300, logarithmic" in titles
    assert all(1.125 * points(title, 11) <= WIDE + GAP for title in titles)
    assert "about 1/1000 is good" in texts(svg)


def test_an_empty_run_and_one_of_nans_have_pictures_too():
    assert texts(svg_of([])) == ["nothing noted yet"]
    assert "loss nan, 1 not finite" in texts(svg_of([{"step": 1, "loss": np.nan}]))


def test_no_curve_leaves_its_panel_and_long_runs_are_thinned():
    rng = np.random.default_rng(0)
    records = [{"step": i, "loss": x} for i, x in enumerate(rng.exponential(size=20_000), 1)]
    svg = svg_of(records)
    curve = max((x.get("d") for x in svg.iter("{http://www.w3.org/2000/svg}path")), key=len)
    points = np.array([pair.split() for pair in re.split("[ML]", curve)[1:]], dtype=float)
    assert len(points) < 2000
    assert points[:, 0].min() >= 58
    assert points[:, 0].max() <= 58 + 250
    assert points[:, 1].min() >= 24
    assert points[:, 1].max() <= 24 + 130


def test_names_are_escaped():
    assert "<b>&" in texts(svg_of([{"step": 1, "<b>&": 1.0}]))
