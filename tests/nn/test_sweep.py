"""`nn.sweep`: rows in the order of the settings, the same wherever they run, kept in a file."""

import enum
import io
import itertools
import json
import math
import pickle
import re
import sys
import time
import types
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest

import engine
import nn
from nn.callbacks import progress
from nn.parallel.sending import dumps, loads
from nn.parallel.sweeping import run_setting


def product(x, y):
    return {"product": x * y, "chance": float(nn.random.default_generator().random())}


def without_seconds(rows):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


GRID = {"x": [1, 2], "y": [3.0, 4.0, 5.0]}


def test_rows_are_in_the_order_of_the_grid():
    rows = nn.sweep(product, GRID, progress=False)
    assert [(row["x"], row["y"], row["product"]) for row in rows] == [
        (x, y, x * y) for x in (1, 2) for y in (3.0, 4.0, 5.0)
    ]
    assert rows.names == ("x", "y")


def test_all_settings_draw_the_same_numbers_and_leave_those_of_the_caller():
    nn.manual_seed(3)
    expected = nn.random.default_generator().random()
    nn.manual_seed(3)
    rows = nn.sweep(product, GRID, progress=False)
    assert nn.random.default_generator().random() == expected
    assert len({row["chance"] for row in rows}) == 1


def test_threads_give_the_rows_of_this_process():
    with ThreadPoolExecutor(3) as threads:
        found = nn.sweep(product, GRID, threads, progress=False)
    assert without_seconds(found) == without_seconds(nn.sweep(product, GRID, progress=False))


@pytest.mark.parametrize("executor", [None, "threads"])
def test_a_failure_is_a_row_with_its_error(executor):
    def train(x):
        return 1 / x

    with ThreadPoolExecutor(1) as threads:
        rows = nn.sweep(train, {"x": [1, 0, 2]}, executor and threads, progress=False)
    assert [row.get("result") for row in rows] == [1.0, None, 0.5]
    assert rows[1]["error"] == "ZeroDivisionError: division by zero"
    assert ", in train\n" in rows[1]["traceback"]
    assert rows.failed == [rows[1]]
    assert repr(rows).splitlines()[0] == "3 settings of x, 1 failed"


def test_what_is_done_is_read_back_and_what_failed_is_run_again(tmp_path):
    path, calls = tmp_path / "sweep.jsonl", []

    def train(x):
        calls.append(x)
        if x == 2 and len(calls) < 4:
            raise ValueError("not yet")
        return {"y": float("nan") if x == 1 else x * 0.1, "text": "a", "list": [x]}

    first = nn.sweep(train, {"x": [1, 2, 3]}, path=path, progress=False)
    again = nn.sweep(train, {"x": [1, 2, 3, 4]}, path=path, progress=False)
    assert calls == [1, 2, 3, 2, 4]
    assert repr(again[0]) == repr(first[0])
    assert again[2] == first[2]
    assert "error" not in again[1]


def test_a_line_that_was_not_finished_is_run_again(tmp_path):
    path = tmp_path / "sweep.jsonl"
    expected = nn.sweep(product, GRID, path=path, progress=False)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    found = nn.sweep(product, GRID, path=path, progress=False)
    assert without_seconds(found) == without_seconds(expected)
    assert len([json.loads(text) for text in path.read_text().splitlines()]) == 6


@pytest.mark.parametrize(
    "text", ["hello\n", "hello", "\n", '{"a": 1}\n', "[]\n", '{"train": "f"}\n']
)
def test_a_file_of_something_else_is_refused_and_left(tmp_path, text):
    path = tmp_path / "notes.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match="is no file of a sweep"):
        nn.sweep(product, GRID, path=path, progress=False)
    assert path.read_text() == text


def test_a_file_of_another_function_is_refused(tmp_path):
    path = tmp_path / "sweep.jsonl"
    nn.sweep(product, GRID, path=path, progress=False)
    kept = path.read_bytes()
    with pytest.raises(ValueError, match=r"of a sweep of .*\.product, this one is of .*\.other"):
        nn.sweep(other, GRID, path=path, progress=False)
    for further in (partial(product, y=1), partial(product, y=2)):
        with pytest.raises(ValueError, match=r'this one is of .*\.product with \[\], {"y": [12]}'):
            nn.sweep(further, {"x": [1]}, path=path, progress=False)
    assert path.read_bytes() == kept


def other(x, y):
    return x


def test_a_lambda_has_no_file(tmp_path):
    """Two of them have one name, and would be taken for the same function."""
    with pytest.raises(ValueError, match="write a function with def"):
        nn.sweep(lambda x: x, {"x": [1]}, path=tmp_path / "sweep.jsonl", progress=False)
    assert list(tmp_path.iterdir()) == []


def test_settings_that_train_does_not_take_are_refused_before_one_runs():
    with pytest.raises(TypeError, match=r"setting 0, {'x': 1}: missing a required argument: 'y'"):
        nn.sweep(product, {"x": [1]}, progress=False)
    with pytest.raises(TypeError, match=r"setting 0, .*: got an unexpected keyword argument 'z'"):
        nn.sweep(product, {"x": [1], "y": [2], "z": [3]}, progress=False)


def test_a_function_that_does_not_say_what_it_takes_is_called():
    rows = nn.sweep(dict, {"x": [1, 2]}, progress=False)
    assert all(row["error"].startswith("ValueError: train returned 'x'") for row in rows)


@pytest.mark.parametrize(
    ("settings", "error", "text"),
    [
        ({"x": 1, "y": [2]}, TypeError, "'x' of a grid needs a list of values"),
        ({"x": "abc", "y": [2]}, TypeError, "'x' of a grid needs a list of values"),
        ({"x": b"abc", "y": [2]}, TypeError, "'x' of a grid needs a list of values"),
        ({"x": {1, 2}, "y": [2]}, TypeError, "'x' of a grid needs a list of values"),
        ({"x": np.array(1.0), "y": [2]}, TypeError, "'x' of a grid needs a list of values"),
        (3, TypeError, "settings must be a dict of lists"),
        ("abc", TypeError, "settings must be a dict of lists"),
        ([1, 2], TypeError, "a list of settings holds dicts"),
        ([], ValueError, "settings hold none"),
        ({}, ValueError, "settings hold none"),
        ({"x": []}, ValueError, "settings hold none"),
        ([{"x": 1}, {"y": 1}], ValueError, "setting 1 has the names"),
        ([{"x": 1}, {"x": 1}], ValueError, "settings 0 and 1 are the same"),
        ([{"seconds": 1}], ValueError, "'seconds' is what a sweep notes"),
    ],
)
def test_settings_that_are_none_are_refused(settings, error, text):
    with pytest.raises(error, match=text):
        nn.sweep(product, settings, progress=False)


def test_values_of_a_grid_are_of_any_kind():
    settings = {"x": np.array([1, 2]), "y": range(2)}
    rows = nn.sweep(product, settings, progress=False)
    assert [type(row["x"]) for row in rows] == [int] * 4


def test_settings_that_json_cannot_hold_are_refused_with_a_path_only(tmp_path):
    def train(make):
        return make([1, 2])

    assert [row["result"] for row in nn.sweep(train, {"make": [sum, max]}, progress=False)] == [
        3,
        2,
    ]
    with pytest.raises(TypeError, match="setting 0 cannot be written to a file"):
        nn.sweep(train, {"make": [sum]}, path=tmp_path / "s.jsonl", progress=False)


@pytest.mark.parametrize(
    ("returned", "error"),
    [
        (None, "TypeError: train must return a number, or a dict"),
        (np.ones(3), "TypeError: train must return a number, or a dict"),
        ({"x": 1}, "ValueError: train returned 'x'"),
        ({"seconds": 1}, "ValueError: train returned 'seconds'"),
        ({1: 1}, "TypeError: results are named by strings"),
    ],
)
def test_results_that_no_row_can_hold_are_errors_of_the_row(returned, error):
    (row,) = nn.sweep(lambda x: returned, {"x": [1]}, progress=False)
    assert row["error"].startswith(error)


@pytest.mark.parametrize("number", [engine.Tensor(2.5), engine.Value(2.5), np.float32(2.5)])
def test_single_numbers_of_any_kind_become_plain(number):
    (row,) = nn.sweep(lambda x: {"y": number}, {"x": [1]}, progress=False)
    assert (row["y"], type(row["y"])) == (2.5, float)


def test_the_best_row():
    rows = nn.sweep(lambda x: {"y": (x - 2) ** 2 if x else float("nan")}, {"x": range(4)},
                    progress=False)  # fmt: skip
    rows.append({"x": 9, "y": math.inf})
    assert (rows.best("y")["x"], rows.best("y", mode="max")["x"]) == (2, 1)
    with pytest.raises(ValueError, match=r"a finite number 'z'; there are \['seconds', 'y'\]"):
        rows.best("z")


def test_numbers_of_any_size_are_compared_and_truths_are_none():
    rows = nn.Sweep([{"x": 0, "y": 1.0}, {"x": 1, "y": 10**400}, {"x": 2, "y": True}], ["x"])
    assert (rows.best("y")["x"], rows.best("y", mode="max")["x"]) == (0, 1)


def test_rows_survive_a_pickle():
    rows = nn.sweep(product, GRID, progress=False)
    again = pickle.loads(pickle.dumps(rows))
    assert (again, again.names, repr(again)) == (rows, rows.names, repr(rows))


def test_settings_may_come_from_a_generator():
    rows = nn.sweep(product, ({"x": x, "y": x + 1} for x in range(3)), progress=False)
    assert [row["product"] for row in rows] == [0, 2, 6]
    rows = nn.sweep(product, {"x": iter([1, 2]), "y": map(float, "34")}, progress=False)
    assert [row["product"] for row in rows] == [3.0, 4.0, 6.0, 8.0]


def test_an_interrupt_ends_a_sweep_and_keeps_what_is_done(tmp_path):
    path = tmp_path / "sweep.jsonl"

    def train(x):
        if x == 2:
            raise KeyboardInterrupt
        return x

    with pytest.raises(KeyboardInterrupt):
        nn.sweep(train, {"x": [1, 2, 3]}, path=path, progress=False)
    assert len(path.read_text().splitlines()) == 1


def test_rows_are_shown_as_a_table():
    rows = nn.sweep(lambda x: {"y": x / 3, "text": "<b>" + 40 * "a"}, {"x": range(30)},
                    progress=False)  # fmt: skip
    lines = repr(rows).splitlines()
    assert lines[0] == "30 settings of x"
    assert lines[1].split() == ["x", "y", "text", "seconds"]
    assert lines[3].split()[:3] == ["1", "0.3333", "<b>" + 28 * "a" + "…"]
    assert lines[-1] == "… and 10 more"
    html = rows._repr_html_()
    assert html.count("<tr") == 21
    assert "&lt;b&gt;aaa" in html


def test_keys_are_the_content_of_settings(tmp_path):
    calls, path = [], tmp_path / "sweep.jsonl"

    def train(x):
        calls.append(x)
        return 1

    for x in [(0.1, 2), [np.float64(0.1), np.int64(2)], 1, 1.0, True, "1", None]:
        nn.sweep(train, [{"x": x}], path=path, progress=False)
    assert calls == [(0.1, 2), 1, 1.0, True, "1", None]
    assert list(map(type, calls[1:4])) == [int, float, bool]


def test_rows_from_a_file_have_the_types_of_fresh_ones(tmp_path):
    class Colour(enum.StrEnum):
        RED = "red"

    def train(x):
        return {"a": Colour.RED, "b": (1, [np.float32(0.5)]), "c": {"d": None}, "e": np.bool_(True),
                "f": -0.0, "g": math.inf}  # fmt: skip

    path = tmp_path / "sweep.jsonl"
    fresh, read = (nn.sweep(train, {"x": [1]}, path=path, progress=False) for _ in range(2))
    assert repr(list(fresh)) == repr(list(read))
    assert list(fresh[0].values())[1:4] == ["red", [1, [0.5]], {"d": None}]


def test_progress_off_a_terminal_is_a_line(capsys):
    nn.sweep(lambda x: 1 / x, {"x": [0, 1]})
    assert capsys.readouterr().out.startswith("sweep of 2 settings  1 failed  ")


def test_a_long_sweep_off_a_terminal_says_each_minute_how_far_it_is(capsys, monkeypatch):
    minutes = itertools.count(0.0, 40.0)
    monkeypatch.setattr(time, "perf_counter", lambda: next(minutes))
    nn.sweep(lambda x: 1 / x, {"x": [0, 1, 2, 3]})
    first, *_, last = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"sweep  \d/4, \d+:\d\d left, 1 failed", first)
    assert last.startswith("sweep of 4 settings  1 failed  ")


def test_a_sweep_on_a_terminal_is_one_bar_that_ends_full(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    monkeypatch.setattr(progress, "_columns", lambda: 80)
    nn.sweep(lambda x: 1 / x, {"x": [1, 0, 2, 4]})
    drawn = terminal.getvalue().strip().split("\r")
    assert re.fullmatch(r"sweep:  50% \[#{10}-{10}\] 2/4, \d:\d\d left, 1 failed", drawn[1])
    assert re.fullmatch(r"sweep: 100% \[#{20}\] 4/4  1 failed  \d+\.\d s", drawn[-1].strip())


def test_a_sweep_in_a_notebook_is_one_bar(monkeypatch):
    shown = []
    shell = types.SimpleNamespace(get_ipython=object)
    display = types.SimpleNamespace(display=lambda x, **_: shown.append(x["text/plain"]))
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    nn.sweep(lambda x: 1 / x, {"x": [1, 0, 2]})
    assert re.fullmatch(r"sweep  2/3, \d:\d\d left, 1 failed", shown[2])
    assert re.fullmatch(r"sweep  3/3  1 failed  \d+\.\d s", shown[-1])


# --- engines of which this process knows little ---


class Ended:
    """A future that has ended, and calls nobody back."""

    def __init__(self, result):
        self.result = result

    def add_done_callback(self, call):
        pass

    def done(self):
        return True

    def cancel(self):
        pass


class Engine:
    """An executor whose futures do not call back, and end in `error` at the setting x == 1."""

    def __init__(self, error=None):
        self.error = error

    def submit(self, function, *args):
        def result():
            if self.error is not None and b"K\x01" in args[1]:
                raise self.error
            return function(*args)

        return Ended(result)


def test_futures_that_call_nobody_back_are_asked(monkeypatch):
    monkeypatch.setattr("nn.parallel.sweeping.POLL", 0.0)
    rows = nn.sweep(product, GRID, Engine(), progress=False)
    assert [row["product"] for row in rows] == [3.0, 4.0, 5.0, 6.0, 8.0, 10.0]


def test_a_setting_that_killed_its_workers_is_a_row(monkeypatch):
    class KilledWorker(Exception):
        pass

    monkeypatch.setattr("nn.parallel.sweeping.POLL", 0.0)
    rows = nn.sweep(abs_of, {"x": [0, 1, 2]}, Engine(KilledWorker("4 times")), progress=False)
    assert [row.get("result") for row in rows] == [0, None, 2]
    assert rows[1]["error"] == "KilledWorker: 4 times"


def test_what_a_worker_cannot_read_is_a_row_with_its_error():
    found = loads(run_setting(b"no pickle", dumps({})))
    assert "UnpicklingError" in found["error"]


def abs_of(x):
    return abs(x)


def test_train_must_be_a_function():
    with pytest.raises(TypeError, match="train must be a function, got int: 3"):
        nn.sweep(3, GRID)


def test_gradients_are_checked_side_by_side():
    """The recipe for many cases at once: a case that fails is a row that says how."""

    def check(op, seed):
        x = np.random.default_rng(seed).uniform(0.2, 0.8, 3)
        engine.gradcheck(engine.registry[op], x)
        verdict = engine.compare(engine.registry[op], x)
        return {"tiers_agree": verdict.ok}

    with ThreadPoolExecutor(2) as threads:
        rows = nn.sweep(check, {"op": ["tanh", "log", "exp"], "seed": range(2)}, threads,
                        progress=False)  # fmt: skip
    assert [row["tiers_agree"] for row in rows] == [True] * 6


def test_a_file_keeps_functions_apart_by_what_they_hold(tmp_path):
    """A closure of a factory has one name for all: the numbers that it holds tell them apart."""
    path = tmp_path / "sweep.jsonl"

    def made(factor):
        def train(x):
            return factor * x

        return train

    nn.sweep(made(1), {"x": [1]}, path=path, progress=False)
    (row,) = nn.sweep(made(1), {"x": [1]}, path=path, progress=False)
    assert row["result"] == 1
    with pytest.raises(ValueError, match="is of a sweep of"):
        nn.sweep(made(100), {"x": [1]}, path=path, progress=False)


class Scaled:
    def __call__(self, x):
        return x

    def method(self, x):
        return x


@pytest.mark.parametrize("train", [Scaled(), Scaled().method, partial(max, np.ones(3))])
def test_what_has_no_name_of_its_own_takes_no_file(tmp_path, train):
    with pytest.raises(ValueError, match="with a path"):
        nn.sweep(train, {"x": [1]}, path=tmp_path / "sweep.jsonl", progress=False)


def test_a_list_in_a_setting_that_train_changes_stays_as_it_was():
    def train(xs):
        xs.append(3)
        return len(xs)

    (row,) = nn.sweep(train, [{"xs": [1]}], progress=False)
    assert (row["xs"], row["result"]) == ([1], 2)


def test_keys_that_a_file_would_make_strings_are_refused(tmp_path):
    with pytest.raises(TypeError, match="which would become a string"):
        nn.sweep(lambda cfg: 1, [{"cfg": {1: 2}}], path=tmp_path / "s.jsonl", progress=False)
