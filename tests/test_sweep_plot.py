"""`plots.sweep`: the best is marked, and what failed, became nan or is missing is seen as such."""

import itertools
import math
import re

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

from bench import sweep_digits
from matplotlib import pyplot
from matplotlib.colors import LogNorm

import nn
from viz import plots

NO_NUMBER = "no number: nan, inf or none"


@pytest.fixture(autouse=True)
def figures_are_closed():
    yield
    pyplot.close("all")


class Rows(list):
    """As `nn.sweep` returns them: dicts, and the names of the settings."""

    def __init__(self, rows, names):
        super().__init__(rows)
        self.names = names


def swept(train, **grid):
    """Rows of a grid, with what train says of each: a loss, results, or an error."""
    rows = []
    for values in itertools.product(*grid.values()):
        setting = dict(zip(grid, values, strict=True))
        said = train(**setting)
        rows.append(setting | (said if isinstance(said, dict) else {"loss": said}))
    return Rows(rows, tuple(grid))


def failing(**_setting):
    return {"error": "ValueError: no", "traceback": "…"}


def texts_of(ax):
    return [text.get_text() for text in ax.texts]


def labels_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def ticks_of(axis):
    return [text.get_text() for text in axis.get_ticklabels()]


def line_named(ax, start):
    return next(line for line in ax.lines if str(line.get_label()).startswith(start))


# --- two settings: a heat map ---


def test_a_heat_map_has_each_number_in_its_cell_and_marks_the_best():
    ax = plots.sweep(swept(lambda lr, width: lr * width, lr=[0.1, 0.01], width=[8, 16]))
    assert np.allclose(ax.images[0].get_array(), [[0.08, 0.16], [0.8, 1.6]])
    assert (ticks_of(ax.yaxis), ticks_of(ax.xaxis)) == (["0.01", "0.1"], ["8", "16"])
    assert sorted(texts_of(ax)) == ["0.16", "0.8", "1.6", "★ 0.08"]
    assert labels_of(ax) == ["best: 0.08 at lr 0.01, width 8"]
    assert [p.get_xy() for p in ax.patches] == [(-0.5, -0.5)]
    assert ax.get_title() == "loss by lr, width"


def test_the_largest_is_the_best_where_mode_says_so_and_the_best_is_dark():
    rows = swept(lambda lr, width: lr * width, lr=[1, 2], width=[8, 16])
    least, most = plots.sweep(rows), plots.sweep(rows, mode="max")
    assert labels_of(most) == ["best: 32 at lr 2, width 16"]
    for ax, best in ((least, 8.0), (most, 32.0)):
        image = ax.images[0]
        shades = {x: sum(image.cmap(image.norm(x))[:3]) for x in (8.0, 16.0, 32.0)}
        assert min(shades, key=shades.get) == best


def test_all_that_are_as_good_as_the_best_are_marked():
    ax = plots.sweep(swept(lambda lr, width: min(lr, 2), lr=[1, 1.5, 2, 3], width=[8, 16]))
    assert len(ax.patches) == 2
    assert labels_of(ax) == ["best: 1 at lr 1, width 8, and 1 more"]


def test_failed_cells_nan_and_missing_ones_have_no_colour_and_are_named():
    rows = swept(
        lambda lr, width: failing() if lr == 3 else math.inf if width == 8 else lr,
        lr=[1, 2, 3], width=[8, 16, 32],
    )  # fmt: skip
    del rows[1]
    ax = plots.sweep(rows)
    assert sorted(texts_of(ax)) == [
        "2", "2", "failed", "failed", "failed", "no number", "no number", "★ 1",
    ]  # fmt: skip
    assert np.isnan(np.ma.filled(ax.images[0].get_array(), math.nan)).sum() == 6
    assert {*labels_of(ax)} == {
        "best: 1 at lr 1, width 32", "failed: 3 ValueError", NO_NUMBER,
        "empty: 1 not in the sweep",
    }  # fmt: skip
    hatches = [patch.get_hatch() for patch in ax.patches if patch.get_hatch()]
    assert sorted(hatches) == [".."] * 2 + ["///"] * 3


def test_where_all_failed_the_picture_says_so():
    for grid in ({"lr": [1, 2]}, {"lr": [1, 2], "n": [1, 2]}, {"a": [1, 2], "b": "xy", "c": "xy"}):
        rows = swept(failing, **grid)
        ax = plots.sweep(rows)
        assert ax.get_title() == f"all {len(rows)} failed"
        assert labels_of(ax) == [f"failed: {len(rows)} ValueError"]


def test_numbers_over_decades_have_logarithmic_colours():
    rows = swept(lambda lr, width: 10.0 ** (lr * width), lr=[1, 2], width=[1, 2])
    assert isinstance(plots.sweep(rows).images[0].norm, LogNorm)
    rows[0]["loss"] = -1.0
    assert not isinstance(plots.sweep(rows).images[0].norm, LogNorm)


def test_a_large_heat_map_has_a_scale_in_place_of_numbers():
    ax = plots.sweep(swept(lambda lr, width: lr + width, lr=range(20), width=range(20)))
    assert texts_of(ax) == ["★"]
    assert len(ax.figure.axes) == 2
    assert len(ticks_of(ax.xaxis)) == 20


def test_a_setting_that_all_share_stands_in_the_title():
    rows = swept(lambda lr, width, cost: lr, lr=[1, 2], width=[8, 16], cost=["$5"])
    assert plots.sweep(rows).get_title() == r"loss by lr, width (cost \$5)"
    assert plots.sweep(Rows(rows[:1], rows.names)).get_title() == "loss by lr, width, cost"


def test_one_row_of_two_settings_is_one_cell():
    ax = plots.sweep(swept(lambda lr, width: 0.5, lr=[0.1], width=[8]))
    assert texts_of(ax) == ["★ 0.5"]


# --- one setting: a curve ---


def test_a_curve_has_a_dot_for_each_value_on_a_scale_on_which_they_stand_evenly():
    ax = plots.sweep(swept(lambda lr: 3 * lr, lr=[0.1, 0.001, 0.01]))
    line = ax.lines[0]
    assert np.allclose(line.get_xydata(), [[0.001, 0.003], [0.01, 0.03], [0.1, 0.3]])
    assert (line.get_linestyle(), line.get_marker()) == ("-", "o")
    assert (ax.get_xscale(), ticks_of(ax.xaxis)) == ("log", ["0.001", "0.01", "0.1"])
    assert line_named(ax, "best").get_xydata().tolist() == [[0.001, 0.003]]


@pytest.mark.parametrize(
    ("values", "scale"),
    [([1, 2, 3], "linear"), ([8, 16, 32, 64], "log"), ([0, 1e-3, 1e-2, 1e-1], "symlog"),
     ([-1, 0, 100], "linear"), ([5], "linear"), ([1, 1000], "linear")],
)  # fmt: skip
def test_the_scale_of_a_setting(values, scale):
    assert plots.sweep(swept(lambda lr: float(lr), lr=values)).get_xscale() == scale


def test_many_values_are_named_by_round_numbers_and_close_ones_once():
    many = plots.sweep(swept(lambda n: float(n), n=range(101)))
    assert many.lines[0].get_xdata().size == 101
    assert len(many.get_xticks()) < 12
    close = plots.sweep(swept(lambda n: float(n), n=[1, 1000, 1001]))
    assert ticks_of(close.xaxis) == ["1", "1000"]


def test_words_are_dots_that_no_line_joins():
    ax = plots.sweep(swept(lambda f: float(len(f)), f=["tanh", "relu6", "gelu_" * 9]))
    assert ax.lines[0].get_linestyle() == "None"
    assert ticks_of(ax.xaxis) == ["tanh", "relu6", "…" + ("gelu_" * 9)[-15:]]


@pytest.mark.parametrize(("count", "angle"), [(3, 0), (8, 30)])
def test_names_that_would_touch_are_aslant(count, angle):
    words = [f"activation {i}" for i in range(count)]
    ax = plots.sweep(swept(lambda f: 1.0, f=words))
    assert {text.get_rotation() for text in ax.get_xticklabels()} == {angle}


def test_several_rows_of_one_value_are_not_joined():
    rows = Rows([{"lr": 1, "loss": 1.0}, {"lr": 1, "loss": 2.0}, {"lr": 2, "loss": 3.0}], ["lr"])
    ax = plots.sweep(rows)
    assert ax.lines[0].get_linestyle() == "None"
    assert ax.lines[0].get_xydata().tolist() == [[1, 1], [1, 2], [2, 3]]


def test_what_has_no_height_is_a_line_from_top_to_bottom_and_breaks_the_curve():
    said = {1: 1.0, 2: math.nan, 3: failing(), 4: failing() | {"error": "OSError: x"}, 5: 2.0}
    ax = plots.sweep(swept(lambda n: said[n], n=[1, 2, 3, 4, 5]))
    assert np.isnan(ax.lines[0].get_ydata()).tolist() == [False, True, True, True, False]
    assert list(line_named(ax, NO_NUMBER).get_xdata()) == [2, 2]
    assert list(line_named(ax, "failed").get_xdata()) == [3, 3]
    assert "failed: 1 ValueError, 1 OSError" in labels_of(ax)


# --- more settings: parallel axes ---


def by_three(train=lambda lr, width, f: lr * width + len(f)):
    return swept(train, lr=[0.1, 0.01], width=[8, 16], f=["relu", "tanh", "sigmoid"])


def lines_of_rows(ax):
    """The lines of rows that ended and are not the best."""
    return [line for line in ax.lines if len(line.get_xdata()) == 4 and line.get_zorder() == 3]


def test_each_row_is_a_line_that_ends_at_its_result():
    rows = by_three()
    ax = plots.sweep(rows)
    assert ticks_of(ax.xaxis) == ["lr", "width", "f", "loss"]
    ends = sorted(line.get_ydata()[-1] for line in lines_of_rows(ax))
    losses = np.sort([row["loss"] for row in rows])
    assert np.allclose(ends, (losses - losses[0]) / (losses[-1] - losses[0]))
    assert {"0.1", "0.01", "8", "16", "relu", "tanh", "sigmoid"} < {*texts_of(ax)}
    assert labels_of(ax) == ["best: 4.08 at lr 0.01, width 8, f relu, and 1 more"]


def test_rows_of_one_value_pass_through_a_band_that_no_other_touches():
    ax = plots.sweep(by_three())
    heights = np.array([line.get_ydata() for line in lines_of_rows(ax)])
    assert len({*heights[:, 1].round(9)}) == 12
    small, large = np.split(np.sort(heights[:, 1]), 2)
    assert small[-1] < 0.5 < large[0]


def test_many_numbers_have_a_scale_of_round_ones():
    rng = np.random.default_rng(0)
    rows = [
        {"lr": float(10 ** rng.uniform(-4, 0)), "n": i, "f": "ab"[i % 2], "loss": 10.0 ** (i / 5)}
        for i in range(30)
    ]
    ax = plots.sweep(Rows(rows, ("lr", "n", "f")))
    assert {"0.001", "0.01", "0.1"} < {*texts_of(ax)}
    heights = np.array([line.get_ydata() for line in lines_of_rows(ax)])
    order = np.argsort(heights[:, 1])
    assert np.allclose(heights[order, 1], np.linspace(0, 1, 30))
    assert np.allclose(heights[order, 3], np.linspace(0, 1, 30))  # logarithms of the result


def test_rows_without_a_result_end_at_marks_of_their_own_below_the_scale():
    ax = plots.sweep(
        by_three(lambda lr, width, f: failing() if f == "tanh" else math.nan if lr > 0.05 else 1.0)
    )
    assert {"failed × 4", "no number × 4"} < {*texts_of(ax)}
    failed, lost = line_named(ax, "failed"), line_named(ax, NO_NUMBER)
    assert (failed.get_linestyle(), lost.get_linestyle()) == ("--", ":")
    best = line_named(ax, "best")
    assert failed.get_ydata()[-1] < lost.get_ydata()[-1] < best.get_ydata()[-1]


def test_two_settings_that_form_no_grid_have_parallel_axes():
    rows = [{"lr": 0.01 * i, "width": i * i, "loss": 1.0 + i} for i in range(5)]
    assert not plots.sweep(Rows(rows, ("lr", "width"))).images
    twice = [{"lr": lr, "width": 8 * lr, "loss": 1.0 + i} for i, lr in enumerate([1, 1, 2, 2])]
    ax = plots.sweep(Rows(twice, ("lr", "width")))
    assert not ax.images
    assert len([line for line in ax.lines if line.get_zorder() == 3]) == 4


def test_parallel_axes_are_drawn_on_axes_that_are_given():
    _, given = pyplot.subplots()
    assert plots.sweep(by_three(), "loss", given) is given
    assert given.has_data()


def test_many_settings_have_wide_axes():
    grid = {name: [0, 1] for name in "abcde"}
    ax = plots.sweep(swept(lambda **setting: float(sum(setting.values())), **grid))
    assert ax.figure.get_figwidth() == pytest.approx(9.6)


def test_values_of_any_kind_have_names_that_differ():
    values = ["1", 1, None, True, [1, 2], {"a": 1}]
    ax = plots.sweep(swept(lambda f: 1.0, f=values))
    assert ticks_of(ax.xaxis) == ["'1'", "1", "None", "True", "[1, 2]", "{'a': 1}"]


def test_long_values_have_names_that_differ():
    sizes = [[8] + [64] * 6, [16] + [64] * 6]  # their ends are the same
    assert ticks_of(plots.sweep(swept(lambda s: 1.0, s=sizes)).xaxis) == [
        "[8, 64, 64, 64,…", "[16, 64, 64, 64…",
    ]  # fmt: skip
    middles = ["a" * 20 + letter + "b" * 20 for letter in "xy"]
    assert ticks_of(plots.sweep(swept(lambda s: 1.0, s=middles)).xaxis) == [
        "0: …" + "b" * 15, "1: …" + "b" * 15,
    ]  # fmt: skip


def test_a_result_that_is_none_or_missing_is_no_number():
    said = {1: {"loss": 1.0}, 2: {"loss": None}, 3: {"accuracy": None}}
    ax = plots.sweep(swept(lambda n: said[n], n=[1, 2, 3]))
    assert labels_of(ax) == ["best: 1 at n 1", NO_NUMBER]


def test_a_setting_that_a_row_does_not_have_is_a_dash():
    rows = Rows([{"f": "SGD", "m": 0.9, "loss": 1.0}, {"f": "Adam", "loss": 2.0}], ("f", "m"))
    assert ticks_of(plots.sweep(rows).xaxis) == ["0.9", "–"]


def test_numbers_that_differ_in_late_digits_are_told_apart():
    ax = plots.sweep(swept(lambda f, k: 1.0, f=[0.12345678, 0.12345679], k=["a", "b"]))
    assert ticks_of(ax.yaxis) == ["0.12345678", "0.12345679"]


# --- which result ---


def test_the_only_number_is_drawn_others_are_named():
    def train(n):
        return {"loss": 1.0 * n, "accuracy": 0.5, "seconds": 2.0 + n, "ok": True, "by": [1]}

    rows = swept(train, n=[1, 2])
    assert plots.sweep(rows, "accuracy").get_ylabel() == "accuracy"
    assert plots.sweep(rows, "seconds").lines[0].get_ydata().tolist() == [3, 4]
    assert plots.sweep(rows, "ok").lines[0].get_ydata().tolist() == [1, 1]
    with pytest.raises(ValueError, match="one of the results that are numbers: loss, accuracy"):
        plots.sweep(rows)
    with pytest.raises(KeyError, match="los is not a result; those that are numbers: loss, acc"):
        plots.sweep(rows, "los")
    with pytest.raises(KeyError, match="n is not a result"):
        plots.sweep(rows, "n")
    with pytest.raises(ValueError, match=r"a result that is a number, by is \[1\]"):
        plots.sweep(rows, "by")


def test_numbers_that_no_axis_can_show_are_as_lost_as_nan():
    ax = plots.sweep(swept(lambda n: 10**400 if n == 1 else 1.0, n=[1, 2]))
    assert list(line_named(ax, NO_NUMBER).get_xdata()) == [1, 1]


@pytest.mark.parametrize("names", [("a",), ("a", "b"), ("a", "b", "c")])
def test_the_smallest_and_largest_numbers_are_drawn_without_a_warning(names):
    numbers = [1e-300, 0.0, 1e300, 1e-12, 2.0]
    rows = [dict.fromkeys(names, x) | {"loss": abs(x) or 1e-300} for x in numbers]
    for mode in ("min", "max"):
        plots.sweep(Rows(rows, names), mode=mode).figure.canvas.draw()


def test_some_rows_of_a_sweep_are_drawn_as_the_error_says():
    rows = nn.sweep(lambda n: n, {"n": [1, 2, 3]}, progress=False)
    with pytest.raises(TypeError, match=re.escape("nn.Sweep(some, rows.names) makes that")):
        plots.sweep(rows[:2])
    ax = plots.sweep(nn.Sweep(rows[:2], rows.names))
    assert ax.lines[0].get_xdata().tolist() == [1, 2]


def test_what_is_no_sweep_is_refused():
    with pytest.raises(TypeError, match=r"rows must be what nn.sweep returns, got list"):
        plots.sweep([{"lr": 1, "loss": 2.0}])
    with pytest.raises(ValueError, match="at least one, with a setting, got 0 rows"):
        plots.sweep(Rows([], ("lr",)))
    with pytest.raises(ValueError, match="mode must be 'min' or 'max', got 'best'"):
        plots.sweep(swept(lambda n: 1.0, n=[1]), mode="best")


@pytest.mark.parametrize("grid", [{"n": [1, 2]}, {"n": [1, 2], "m": [3, 4]},
                                  {"n": [1, 2], "m": [3, 4], "k": [5, 6]}])  # fmt: skip
def test_the_rows_stay_as_they_were(grid):
    rows = swept(lambda **setting: float(sum(setting.values())), **grid)
    before = [dict(row) for row in rows]
    plots.sweep(rows)
    assert (rows, rows.names) == (before, tuple(grid))


# --- the picture in the docs ---


def test_rows_of_nn_sweep_are_drawn():
    rows = nn.sweep(lambda lr, n: lr / (n - 1), {"lr": [1.0, 2.0], "n": [1, 2]}, progress=False)
    ax = plots.sweep(rows)
    assert sorted(texts_of(ax)) == ["2", "failed", "failed", "★ 1"]
    assert {*labels_of(ax)} == {"best: 1 at lr 1, n 2", "failed: 2 ZeroDivisionError"}
    assert rows.best("result") == rows[1]


def test_the_picture_in_the_docs_shows_what_the_sweep_finds_today():
    """As `python tests/bench/sweep_digits.py` writes it; other processors round differently."""
    rows = sweep_digits.main(progress=False)
    picture = sweep_digits.PICTURE.read_text(encoding="utf-8")
    cells = re.findall(r">(★ )?([\d.]+)</text>", picture)[-len(rows) :]
    steady = [(row, cell) for row, cell in zip(rows, cells, strict=True) if row["lr"] < 1]
    losses = [row[sweep_digits.METRIC] for row, _ in steady]
    assert [float(number) for _, (_, number) in steady] == pytest.approx(losses, rel=0.1)
    (best,) = [i for i, (star, _) in enumerate(cells) if star]
    assert rows[best] == rows.best(sweep_digits.METRIC)


def test_the_picture_is_written_the_same_from_the_same_numbers(tmp_path):
    rows = nn.sweep(lambda lr, width: {"validation_loss": lr * width},
                    {"lr": [1, 2], "width": [8, 16]}, progress=False)  # fmt: skip
    one, two = tmp_path / "one.svg", tmp_path / "two.svg"
    sweep_digits.draw(rows, one)
    sweep_digits.draw(rows, two)
    assert one.read_bytes() == two.read_bytes()
    assert "★ 8</text>" in one.read_text(encoding="utf-8")
