"""What `nn.fit` shows: a bar that keeps its width and fits, in place; or a line for each epoch."""

import io
import os
import re
import sys
import types
from itertools import pairwise

import numpy as np
import pytest

import nn
from engine import Tensor
from nn.callbacks import progress


def squared(y, t):
    return ((y - t) ** 2).mean()


def fit(epochs=2, loss=squared, loader=None, **settings):
    x = np.arange(12.0).reshape(12, 1) / 12
    model = nn.Linear(1, 1, rng=0)
    loader = nn.DataLoader((x, 2 * x), batch_size=4) if loader is None else loader
    return nn.fit(model, loss, nn.SGD(model.parameters(), lr=0.1), loader, epochs, **settings)


def failing(at):
    """A loss that fails in the batch of this number."""
    batches = iter(range(1, 1000))

    def loss(y, t):
        if next(batches) == at:
            raise ZeroDivisionError
        return squared(y, t)

    return loss


METRICS = {
    "error": lambda y, t: float(abs(y - t).mean().item()),
    "a_metric_with_a_long_name": lambda y, t: 1e-7,
}


# --- elsewhere ---


def test_off_a_terminal_an_epoch_is_a_line(capsys):
    """A bar in a log file is one line for every tenth of a second."""
    fit(2)
    out, err = capsys.readouterr()
    assert err == ""
    assert [row.split("  ")[0] for row in out.splitlines()] == ["epoch 1", "epoch 2"]
    assert out.endswith(" s\n")


def test_without_a_stream_of_errors_an_epoch_is_a_line(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    fit(1)
    assert capsys.readouterr().out.startswith("epoch 1  loss ")


def test_progress_can_be_off(capsys):
    fit(2, progress=False)
    assert capsys.readouterr() == ("", "")


# --- on a terminal ---


class Terminal(io.StringIO):
    """A stream that says it is a terminal, of so many columns."""

    columns = 80

    def isatty(self):
        return True

    def rows(self):
        """Its rows, each as all that was drawn on it, one over the other."""
        return [row.split("\r") for row in self.getvalue().split("\n")]


@pytest.fixture
def terminal(monkeypatch):
    """What `fit` writes its bars to; it draws every batch."""
    found = Terminal()
    monkeypatch.setattr(progress, "sys", types.SimpleNamespace(stderr=found, modules=sys.modules))
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    monkeypatch.setattr(progress, "_columns", lambda: found.columns)
    return found


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_a_bar_keeps_its_width_and_fits_its_terminal(terminal, columns):
    terminal.columns = columns
    fit(3, metrics=METRICS, validation=[(Tensor([[1.0]]), Tensor([[2.0]]))])
    rows = terminal.rows()
    drawn = [text for row in rows for text in row]
    longest = len("    validation_a_metric_with_a_long_name 1e-07")  # not cut, if it is alone
    assert max(map(len, drawn)) < max(columns, longest + 1)
    assert all(len(text) < columns for row in rows if len(row) > 1 for text in row)
    ends = {text.index("]") for text in drawn if "]" in text}
    assert len(ends) == (columns > 20)
    widths = {len(one) for text in drawn for one in re.findall(r"\[[#-]*\]", text)}
    assert widths == {20: set(), 40: {7}}.get(columns, {22})


@pytest.mark.parametrize("columns", [34, 40, 60])
def test_where_there_is_little_room_the_loss_is_whole_beside_a_smaller_bar(terminal, columns):
    terminal.columns = columns
    fit(1, metrics=METRICS)
    (_, *bars), *_ = terminal.rows()
    assert all(re.search(r" \d/3  loss \d\.\d{3,}… *$", text) for text in bars[:3])


def test_each_epoch_has_a_bar_that_fills_and_ends_with_all_numbers(terminal):
    terminal.columns = 100
    fit(2)
    first, second, rest = terminal.rows()
    assert rest == [""]
    for epoch, row in ((1, first), (2, second)):
        empty, *bars = row
        assert empty == ""
        assert [text.partition(" [")[0] for text in bars] == [
            f"epoch {epoch}:  33%", f"epoch {epoch}:  66%", f"epoch {epoch}: 100%",
            f"epoch {epoch}: 100%",
        ]  # fmt: skip
        assert [text.count("#") for text in bars] == [6, 13, 20, 20]
        assert all(" left  loss " in text for text in bars[:3])
        assert re.search(r"3/3  loss \S+  lr 0.1  \d+\.\d s *$", bars[-1])


def test_what_was_longer_is_covered(terminal):
    terminal.columns = 100
    fit(1)
    (_, *bars), _ = terminal.rows()
    assert all(len(b) >= len(a.rstrip()) for a, b in pairwise(bars))


def test_numbers_that_do_not_fit_stand_below(terminal):
    terminal.columns = 40
    history = fit(1, metrics=METRICS)
    rows = terminal.rows()
    words = " ".join(row[-1] for row in rows).split()
    assert {"loss", "error", "a_metric_with_a_long_name", "1e-07", "lr", "0.1"} <= set(words)
    assert f"{history['loss'][0]:.4g}" in words
    assert all(row[0].startswith("    ") for row in rows[1:-1])


def test_a_stream_without_a_length_counts_batches(terminal):
    batches = [(np.ones((2, 1)), np.ones((2, 1)))] * 2

    class Stream:
        def __iter__(self):
            return iter(batches)

    fit(1, loader=Stream())
    (_, first, second, last), _ = terminal.rows()
    assert first.startswith("epoch 1:      1 batches, ? left  loss ")
    assert second.startswith("epoch 1:      2 batches, ? left  loss ")
    assert last.startswith("epoch 1:      2 batches  loss ")


def test_in_shards_the_bar_has_the_samples_of_a_second(terminal):
    terminal.columns = 100
    fit(1, parallel=nn.Parallel(shards=2))
    (_, *bars), _ = terminal.rows()
    assert all(re.search(r"left, [\d,]+ samples/s  loss", text) for text in bars[:3])
    assert "samples/s" not in bars[-1]


def test_a_bar_ends_where_training_fails(terminal):
    """Its line too: what is printed next begins a new one."""
    with pytest.raises(ZeroDivisionError):
        fit(2, failing(at=5))
    err = terminal.getvalue()
    assert err.endswith("\n")
    assert not err.endswith("\n\n")
    assert err.splitlines()[-1].startswith("epoch 2:  33%")


def test_where_training_fails_before_the_first_batch_nothing_is_drawn(terminal):
    with pytest.raises(ZeroDivisionError):
        fit(1, failing(at=1))
    assert terminal.getvalue() == ""


def test_a_bar_is_not_drawn_for_each_of_many_batches(terminal, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS", 1e9)
    fit(1)
    (_, *bars), _ = terminal.rows()
    assert [text[:13] for text in bars] == ["epoch 1:  33%", "epoch 1: 100%", "epoch 1: 100%"]


def test_the_columns_are_those_of_the_terminal_now(monkeypatch):
    sizes = iter([132, 50])
    monkeypatch.setattr(
        os, "get_terminal_size", lambda fd=1: os.terminal_size((next(sizes, 0), 24))
    )
    monkeypatch.setattr(sys, "stderr", types.SimpleNamespace(fileno=lambda: 2))
    assert [progress._columns(), progress._columns()] == [132, 50]
    monkeypatch.setenv("COLUMNS", "61")
    assert progress._columns() == 61  # a terminal that does not know how wide it is


def test_the_columns_of_what_is_no_terminal_are_eighty(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "__stdout__", None)
    assert progress._columns() == 80


# --- in a notebook ---


@pytest.fixture
def cell(monkeypatch):
    """The output of a cell: its displays by their ids, and all that they showed."""
    found = types.SimpleNamespace(displays={}, shown=[])

    def display(data, *, raw, display_id, update):
        assert raw
        assert update == (display_id in found.displays)
        found.displays[display_id] = data
        found.shown.append(data)

    class ZMQInteractiveShell:
        """As in ipykernel."""

    stand_in = types.SimpleNamespace(get_ipython=ZMQInteractiveShell)
    monkeypatch.setitem(sys.modules, "IPython", stand_in)
    monkeypatch.setitem(sys.modules, "IPython.display", types.SimpleNamespace(display=display))
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    return found


def bars_of(cell):
    return [float(x) for data in cell.shown for x in re.findall('value="(.*?)"', data["text/html"])]


def test_in_a_notebook_the_whole_run_is_one_bar_updated_in_place(cell, capsys):
    fit(2)
    assert capsys.readouterr() == ("", "")
    (last,) = cell.displays.values()
    assert last["text/plain"].startswith("epoch 2 of 2  loss ")
    assert bars_of(cell) == [0, 0.1667, 0.3333, 0.5, 0.5, 0.5, 0.6667, 0.8333, 1, 1]
    assert cell.shown[1]["text/plain"].startswith("epoch 1 of 2  1/3  loss ")


def test_a_further_run_counts_on_and_has_its_own_bar(cell):
    x = np.ones((4, 1))
    model = nn.Linear(1, 1, rng=0)
    sgd, history = nn.SGD(model.parameters(), lr=0.1), None
    for _ in range(2):
        history = nn.fit(model, squared, sgd, [(x, x)], 3, history=history)
    first, second = cell.displays.values()
    assert first["text/plain"].startswith("epoch 3 of 3 ")
    assert second["text/plain"].startswith("epoch 6 of 6 ")


def test_in_a_notebook_names_of_metrics_are_escaped(cell):
    fit(1, metrics={"<b>&": lambda y, t: 1.0})
    (last,) = cell.displays.values()
    assert "&lt;b&gt;&amp; 1" in last["text/html"]
    assert "<b>" not in last["text/html"]


def test_in_a_notebook_shards_show_the_samples_of_a_second(cell):
    fit(1, parallel=nn.Parallel(shards=2))
    texts = [data["text/plain"] for data in cell.shown]
    assert any(re.search(r"3/3, [\d,]+ samples/s  loss", text) for text in texts)


def test_in_a_notebook_a_run_that_fails_says_where(cell):
    with pytest.raises(ZeroDivisionError):
        fit(2, failing(at=5))
    (last,) = cell.displays.values()
    start = "epoch 2 of 2  cut short after 1 batches; epoch 1:  loss "
    assert last["text/plain"].startswith(start)
    cell.displays.clear()
    with pytest.raises(ZeroDivisionError):
        fit(2, failing(at=1))
    (last,) = cell.displays.values()
    assert last["text/plain"] == "epoch 1 of 2  cut short after 0 batches"


def test_in_a_notebook_a_run_that_ends_early_says_so(cell):
    class Enough(nn.callbacks.Callback):
        def after_epoch(self, run):
            run.stop("enough")

    fit(5, callbacks=[Enough()])
    (last,) = cell.displays.values()
    assert last["text/plain"].startswith("epoch 1 of 5  (ended early)  loss ")


def test_in_a_notebook_a_stream_counts_batches(cell):
    class Stream:
        def __iter__(self):
            return iter([(np.ones((2, 1)), np.ones((2, 1)))])

    fit(1, loader=Stream())
    assert cell.shown[1]["text/plain"].startswith("epoch 1 of 1  1 batches  loss ")
    assert bars_of(cell) == []


def test_in_ipython_on_a_terminal_it_is_a_bar_of_the_terminal(terminal, monkeypatch):
    class TerminalInteractiveShell:
        """As in IPython."""

    stand_in = types.SimpleNamespace(get_ipython=TerminalInteractiveShell)
    monkeypatch.setitem(sys.modules, "IPython", stand_in)
    fit(1)
    assert "epoch 1: 100%" in terminal.getvalue()


def test_a_run_that_never_began_shows_nothing(cell):
    with progress.Progress(True, 2, []):
        assert cell.shown == []
