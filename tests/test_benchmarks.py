"""The benchmark's harness: contenders agree before they are timed, ratios are taken in turns."""

import gc
import math
import os
import subprocess
import sys

import pytest
from bench import arrays, command, contenders, growth, networks, report, rows, scalars, threads
from bench.chart import chart
from bench.contenders import COMPILED_NN, NN, Program, workload
from bench.contest import (
    COMPILED,
    HAND,
    OURS,
    DisagreementError,
    Result,
    Workload,
    made,
    measure,
    race,
)
from pages import ROOT, text_of

import engine


@pytest.fixture(autouse=True)
def _no_peers(monkeypatch):
    """What is installed on a machine does not matter here."""
    monkeypatch.setattr(contenders, "why_not", lambda peer: "not installed")
    for module in (arrays, report, rows):
        monkeypatch.setattr(module, "why_not", contenders.why_not)


def planted(slope):
    """x², and a derivative by hand that is or is not 2x."""
    return Program(
        lambda lib, data, leaves: leaves[0] ** 2,
        lambda data, leaves: (leaves[0] ** 2, [slope * leaves[0]]),
        [3.0],
    )


def raced(name="chain of 100,000", units=1, **cpu):
    """A result of one round."""
    cpu = {key.replace("_", " "): [seconds] for key, seconds in cpu.items()}
    first = {key: 101 * seconds for key, (seconds,) in cpu.items()}
    return Result(name, cpu, cpu, dict.fromkeys(cpu, 1024), first, units)


# --- agreement ---


def test_contenders_that_agree_are_let_in():
    steps, first = made(workload("square", planted(2.0)))
    assert list(steps) == list(first) == [HAND, OURS, COMPILED]
    assert steps[OURS]() == (9.0, [6.0])
    assert steps[COMPILED]() == (9.0, (6.0,))


def test_a_planted_wrong_gradient_is_refused_by_name():
    with pytest.raises(DisagreementError, match="square: gradient 0 of twingrad is not that of by"):
        measure(workload("square", planted(2.0 + 1e-6)), 1, 0.0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ((8.0, [6.0]), "loss of peer"),
        ((9.0, [[6.0]]), "gradient 0 of peer"),
        ((9.0, [float("nan")]), "gradient 0 of peer"),
        ((9.0, []), "peer has 0 gradients, by hand 1"),
    ],
)
def test_a_wrong_loss_shape_nan_or_count_is_refused(wrong, message):
    makers = {HAND: lambda: lambda: (9.0, [6.0]), "peer": lambda: lambda: wrong}
    with pytest.raises(DisagreementError, match=message):
        made(Workload("square", makers))


def test_every_program_agrees_with_what_is_written_by_hand():
    for module in (scalars, arrays, networks, growth):
        for found in module.workloads():
            if found.units < 1_000_000 and "1024" not in found.name:
                names = set(made(found)[0])
                assert {HAND, OURS} <= names <= {HAND, OURS, COMPILED, NN, COMPILED_NN}
                assert COMPILED in names or found.name.startswith("4×4")


def test_a_contender_is_one_entry(monkeypatch):
    monkeypatch.setitem(contenders.CONTENDERS, "another", contenders.eager)
    steps, _ = made(workload("square", planted(2.0)))
    assert list(steps) == [HAND, OURS, COMPILED, "another"]


def test_a_peer_that_is_missing_or_cannot_do_it_takes_no_part(monkeypatch):
    reasons = {"micrograd": "", "torch": "", "jax": "not installed"}
    monkeypatch.setattr(contenders, "why_not", reasons.get)
    found = workload("square", planted(2.0), ("micrograd", "jax"))
    assert list(found.makers) == [HAND, OURS, COMPILED, "micrograd"]


def test_every_row_with_two_inputs_is_measured():
    binary = {
        op.name
        for op in engine.registry.values()
        if op.kind == "elementwise" and op.n_inputs == 2 and vars(engine).get(op.name) is op
    }
    assert binary < set(rows.forms())
    assert {("twingrad", row, True) for row in rows.forms()} < set(rows.steps())


# --- time and memory ---


def test_a_ratio_is_the_median_of_the_rounds_ratios():
    cpu = {OURS: [1.0, 2.0, 4.0], "peer": [4.0, 4.0, 4.0]}
    result = Result("x", cpu, {OURS: [3.0, 5.0, 9.0]})
    assert result.ratio("peer") == 2.0
    assert result.ratio(OURS, "peer") == 0.5
    assert (result.seconds(), result.wall_seconds()) == (2.0, 5.0)


def test_contenders_take_turns_with_the_collector_on():
    calls = []
    steps = {name: lambda name=name: calls.append((name, gc.isenabled())) for name in "ab"}
    cpu, wall = race(steps, 2, 0.0)
    assert calls == [("a", True), ("b", True)] * 3  # the first to see how long one takes
    assert [len(times) for times in (*cpu.values(), *wall.values())] == [2, 2, 2, 2]


def test_peaks_are_of_those_whose_memory_is_seen():
    makers = {name: lambda: lambda: (0.0, [bytearray(100_000)[:1]]) for name in (OURS, "torch")}
    result = measure(Workload("bytes", makers), 1, 0.0, ["torch"])
    assert 100_000 < result.peak.pop(OURS) < 200_000
    assert not result.peak


def test_compiling_pays_from_the_step_on_by_which_it_took_less_in_all():
    result = raced(by_hand=1.0, twingrad=11.0, compiled=1.0, jax=12.0)
    assert result.compile_seconds() == 100.0
    assert result.pays_from() == 11  # 100 s + 11 · 1 s < 11 · 11 s, but 100 + 10 = 10 · 11
    assert result.pays_from("jax") == math.inf


# --- what is shown ---


def test_numbers_have_three_digits_and_a_unit():
    assert [report.seconds(x) for x in (2.5, 0.9996, 3.14159e-3, 4.2e-8)] == [
        "2.5 s", "1000 ms", "3.14 ms", "42 ns",
    ]  # fmt: skip
    assert [report.size(x) for x in (12.4, 2048, 1023 * 1024, 3 * 2**30)] == [
        "12 B", "2 KiB", "1023 KiB", "3 GiB",
    ]  # fmt: skip
    assert [report.times(x) for x in (0.0213, 9.99, 12.34, 1234.5)] == [
        "0.02", "9.99", "12.3", "1234",
    ]  # fmt: skip


def test_the_table_has_a_peer_s_time_as_a_multiple_of_ours():
    both = [
        raced(by_hand=1.0, twingrad=2.0, micrograd=10.0, units=2),
        raced("y", by_hand=1.0, twingrad=3.0, compiled=1.5),
    ]
    assert report.race_table(both).splitlines() == [
        "| workload | twingrad, CPU | wall | an op | / by hand | compiled / | micrograd / |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| chain of 100,000 | 2 s | 2 s | 1 s | 2.00 |  | 5.00 |",
        "| y | 3 s | 3 s |  | 3.00 | 0.50 |  |",
    ]
    assert report.memory_table(both).splitlines()[2:] == [
        "| chain of 100,000 | 512 B | 1 KiB | 1 KiB |  | 1 KiB |",
        "| y |  | 1 KiB | 1 KiB | 1 KiB |  |",
    ]


def test_the_table_of_the_compiled_has_when_it_pays():
    both = [raced(twingrad=1.0), raced("y", by_hand=2.0, twingrad=11.0, compiled=1.0, jax=12.0)]
    assert report.compiled_table(both).splitlines()[2:] == [
        "| y | 1 s | 0.50 |  |  | 12 | 100 s | 11 | 1200 s | never |",
    ]
    assert report.compiled_part(both[:1]) == ""


def test_the_table_of_threads_has_a_control_beside():
    steps, names = [], []
    for one in threads.workloads():
        steps.append(made(one)[0])
        names.append(one.name)
    assert names[0].startswith("control: ")
    assert all(list(made_of) == [threads.ONE, threads.TWO] for made_of in steps)
    result = Result("hashing", {"one thread": [2.0], "two threads": [3.0]}, {})
    result.wall.update({"one thread": [4.0], "two threads": [2.5]})
    line = report.thread_table([result]).split("\n")[-1]
    assert line == "| hashing | 4 s | 2.5 s | 1.60 | 1.50 |"
    assert line in report.section([], [], {}, [result])


def test_a_bar_is_shown_where_it_was_measured():
    results = [raced(twingrad=1.0, micrograd=6.5), raced("4×4 x", 20, twingrad=30e-6, by_hand=1e-5)]
    costs = {"sub": rows.Cost(1.0, 2.0, 1.5, None), "pow": rows.Cost(1.0, 2.0, 2.5, 3.0)}
    assert report.bar_table(results, costs).splitlines()[2:] == [
        "| dearest row: backward / that of + | 2.50 | ≤ 2 | missed |",
        "| chain of 100,000: micrograd / twingrad | 6.50 | ≥ 7 | missed |",
        "| dearest Tensor op on 4×4: µs above bare NumPy | 1.00 | ≤ 1 | holds |",
    ]
    assert report.bar_table([], {}) == ""


def test_every_bar_names_a_workload_that_there_is():
    names = [w.name for module in (scalars, arrays, networks) for w in module.workloads()]
    every = dict.fromkeys(["by_hand", "twingrad", "compiled", "micrograd", "torch"], 1.0)
    results = [raced(name, **every) for name in names]
    costs = {"add": rows.Cost(1.0, 1.0, 1.0, None)}
    assert report.bar_table(results, costs).count("\n") == len(report.BARS) + 1


def test_the_chart_has_a_mark_for_each_contender_and_escapes_names():
    text = chart([raced("a < b", by_hand=0.5, twingrad=1.0, compiled=0.25), raced(twingrad=2.0)])
    assert text.count('<path class="mark"') == 3 + 4  # the legend's too
    assert "a &lt; b" in text
    assert "prefers-color-scheme:dark" in text


def test_the_page_has_the_section_the_command_renews():
    assert report.renewed(text_of(command.PAGE), "new\n").count("new\n<!-- benchmark: end -->") == 1
    with pytest.raises(ValueError, match="the page has no <!-- benchmark: begin"):
        report.renewed("a page", "new")


@pytest.fixture
def few(monkeypatch, tmp_path):
    """A clone's page, and one workload; engine is that clone's."""
    monkeypatch.setattr(scalars, "workloads", lambda: [workload("square", planted(2.0))])
    for module in (arrays, networks, growth, threads):
        monkeypatch.setattr(module, "workloads", list)
    monkeypatch.setattr(rows, "measure", lambda rounds, turn: {})
    monkeypatch.setattr(engine, "__file__", str(tmp_path / "engine" / "__init__.py"))
    (tmp_path / ".github").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / command.PAGE).write_text(
        "a\n<!-- benchmark: begin -->\n<!-- benchmark: end -->\nb\n", encoding="utf-8"
    )
    return tmp_path


def test_a_whole_run_renews_page_and_chart(few, capsys):
    command.main([], few)
    body = capsys.readouterr().out.rstrip("\n")
    page = (few / command.PAGE).read_text(encoding="utf-8")
    assert body in page
    assert "| square | " in body
    assert "Left out: torch, not installed." in body
    assert (few / command.CHART).read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize("part", [["--quick"], ["--only", "squ"], ["--only", "other"]])
def test_a_part_leaves_the_page_as_it_is(few, capsys, part):
    command.main(part, few)
    assert ("| square | " in capsys.readouterr().out) is (part[-1] != "other")
    assert (few / command.PAGE).read_text(encoding="utf-8").count("\n") == 4


def test_another_twingrad_than_the_clone_s_leaves_the_page_as_it_is(few, capsys, monkeypatch):
    monkeypatch.setattr(engine, "__file__", "elsewhere")
    command.main([], few)
    assert not (few / command.CHART).exists()


def test_the_command_runs_from_anywhere(tmp_path):
    words = [sys.executable, str(ROOT / "tests" / "bench"), "--only", "no such workload"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("On ")
    assert done.stderr == ""


def test_the_twingrad_in_pythonpath_is_measured_before_the_clone_s(tmp_path):
    (tmp_path / "engine.py").write_text("raise SystemExit('another twingrad')", encoding="utf-8")
    words = [sys.executable, str(ROOT / "tests" / "bench"), "--only", "no such workload"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == "another twingrad\n"
