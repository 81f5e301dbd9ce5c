"""`viz.plots`: what is drawn is what was measured; axes are taken and returned, none is shown."""

import ast
import inspect
import math
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

from matplotlib import pyplot

import engine
import nn
import viz
from nn.datasets import make_moons
from viz import History, plots
from viz.plots.curves import smoothed


@pytest.fixture(autouse=True)
def nothing_is_shown(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("a plot was shown")

    monkeypatch.setattr(pyplot, "show", refuse)
    yield
    pyplot.close("all")


def a_history(steps=12, every=3, bad=()):
    """A history by hand, whose numbers are easy to name."""
    history = History()
    for step in range(1, steps + 1):
        record = {"step": step, "loss": math.nan if step in bad else 1 / step, "lr": 0.1 * step}
        if step == 1 or step % every == 0:
            flow = {"norm": 3.0, "mean": 0.5, "max": 2.0, "zeros": 0.0, "ratio": 1e-3 * step}
            record |= {
                "norm": 5.0,
                "parameters": {
                    "a": dict(flow),
                    "b": flow | {"mean": 0.0, "max": 0.0, "norm": 0.0, "ratio": 0.0},
                    "c": flow | {"max": math.nan, "mean": math.nan, "nonfinite": 0.5},
                },
                "activations": {
                    "1 ReLU": {"mean": 0.5, "std": 1.0, "zeros": 0.5, "dead": 0.25},
                    "2 Tanh": {"mean": 0, "std": 1, "zeros": 0, "dead": 0, "saturated": 0.75},
                },
            }
        history.records.append(record)
    history.records.append({"step": steps, "validation_loss": 0.5})
    return history


def a_model():
    return nn.Sequential(nn.Linear(2, 4, rng=0), nn.ReLU(), nn.Linear(4, 1, rng=1))


def backward(model):
    model.zero_grad()
    x = np.sin(np.arange(10.0)).reshape(5, 2)
    (model(x) ** 2).sum().backward()
    return model


class Rows(list):
    """As `nn.sweep` returns them: dicts, and the names of the settings."""

    names = ("lr", "width")


def a_sweep():
    rows = [{"lr": lr, "width": n, "loss": lr / n} for lr in (0.01, 0.1) for n in (8, 16)]
    return Rows([*rows, {"lr": 1.0, "width": 8, "error": "OverflowError: too large"}])


def labels_of(ax):
    return ax.get_legend_handles_labels()[1]


CALLS = [
    lambda ax: plots.loss(a_history(), ax),
    lambda ax: plots.compare_runs([a_history(), a_history(9)], ax),
    lambda ax: plots.by_layer(a_history(), ax),
    lambda ax: plots.over_time(a_history(), ax),
    lambda ax: plots.metric(a_history(), "loss", ax),
    lambda ax: plots.learning_rate(a_history(), ax),
    lambda ax: plots.gradient_flow(a_history(), ax),
    lambda ax: plots.gradient_flow(backward(a_model()), ax),
    lambda ax: plots.gradient_norms(a_history(), ax),
    lambda ax: plots.update_ratio(a_history(), ax),
    lambda ax: plots.dead_units(a_history(), ax),
    lambda ax: plots.gradient_histogram(backward(a_model()), ax),
    lambda ax: plots.activation_histogram(a_model(), np.ones((3, 2)), ax),
    lambda ax: plots.decision_boundary(a_model(), *make_moons(20, seed=0), ax=ax, resolution=9),
    lambda ax: plots.gradient_scatter(backward(a_model().scalar()), backward(a_model()), ax),
    lambda ax: plots.confusion_matrix([0, 1, 1], [0, 1, 0], ax),
    lambda ax: plots.sweep(a_sweep(), None, ax),
    lambda ax: plots.memory(a_model()(np.ones((3, 2))).sum(), ax),
    lambda ax: plots.sample_grid(np.ones((3, 4)), [0, 1, 2], [0, 1, 1], ax),
    lambda ax: plots.image_grid(np.ones((4, 9)), ["vertical", "bar", "dot", "arc"], ax),
]


def test_every_plot_is_called_here():
    called = {name for call in CALLS for name in call.__code__.co_names}
    offered = {
        name
        for name, plot in vars(plots).items()
        if inspect.isfunction(plot)
        and inspect.signature(plot).parameters.get("ax") is not None
        and inspect.signature(plot).parameters["ax"].default is None
    }
    assert offered - called == set()


def test_plots_are_reached_without_an_import_of_their_own():
    code = (
        "import sys, viz\n"
        "assert 'matplotlib' not in sys.modules\n"
        "assert {'plots', 'draw'} < set(dir(viz)) and 'matplotlib' not in sys.modules\n"
        "print(viz.plots.dashboard.__name__, hasattr(viz, 'darw'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "dashboard False\n"


def test_mypy_is_told_the_names_of_viz_and_no_others():
    """A `__getattr__` that mypy could see would make it take every typo, `viz.darw`, for a name."""
    body = ast.parse(inspect.getsource(viz)).body
    assert "__getattr__" not in {getattr(statement, "name", "") for statement in body}
    seen = [x for x in body if isinstance(x, ast.If) and ast.unparse(x.test) == "TYPE_CHECKING"]
    assert [ast.unparse(x) for x in seen[0].body] == ["from . import plots as plots"]


@pytest.mark.parametrize("call", CALLS)
def test_axes_that_are_given_are_drawn_on_and_returned(call):
    figure, ax = pyplot.subplots()
    assert call(ax) is ax
    assert ax.has_data()
    assert pyplot.get_fignums() == [figure.number]


@pytest.mark.parametrize("call", CALLS)
def test_axes_are_made_where_none_are_given_and_can_be_saved(call, tmp_path):
    ax = call(None)
    path = tmp_path / "plot.png"
    ax.figure.savefig(path)
    assert path.stat().st_size > 2000


# --- curves ---


def test_the_loss_is_drawn_at_each_step_with_its_average_and_validation():
    ax = plots.loss(a_history(), smoothing=0.5)
    raw, average, validation = ax.lines
    assert raw.get_ydata().tolist() == [1 / step for step in range(1, 13)]
    assert average.get_ydata().tolist() == smoothed(raw.get_ydata(), 0.5).tolist()
    assert validation.get_xydata().tolist() == [[12, 0.5]]
    assert labels_of(ax) == ["training, smoothed", "validation"]


def test_a_single_step_is_a_dot_at_a_whole_number():
    history = History()
    history.step(0.5)
    ax = plots.loss(history)
    assert ax.lines[0].get_marker() == "o"
    assert ax.get_xlim() == (0, 2)
    assert plots.dashboard(history).get_suptitle() == "1 step"


def test_the_average_ends_where_the_loss_is_nan():
    history = History()
    for loss in (3.0, 2.0, 1.0, math.nan, math.nan):
        history.step(loss)
    _, average, _ = plots.loss(history).lines
    assert np.isfinite(average.get_ydata()).tolist() == [True] * 3 + [False] * 2


def test_names_of_many_parameters_stay_readable():
    model = nn.Sequential(nn.Sequential(*(nn.TransformerBlock(4, 2) for _ in range(4))))
    model = nn.Sequential(model)  # 0.0.0.self_attn.in_proj_weight is longer than there is room
    model(np.ones((1, 2, 4))).sum().backward()
    names = [t.get_text() for t in plots.gradient_flow(model).get_xticklabels()]
    assert len(names) <= 20
    assert names[0] == "…0.0.self_attn.in_proj_weight"
    assert max(map(len, names)) == 29
    lines = plots.gradient_histogram(model).lines
    assert len(lines) == len(list(model.parameters()))
    assert all((line.get_ydata() > 0).all() for line in lines)


def test_without_smoothing_the_loss_itself_is_the_curve():
    ax = plots.loss(a_history(), smoothing=0, log=True)
    assert labels_of(ax)[0] == "training"
    assert ax.get_yscale() == "log"


def test_where_a_loss_goes_nan_is_marked():
    ax = plots.loss(a_history(bad=(7, 8)))
    assert "nan or inf from here" in labels_of(ax)
    mark = ax.lines[labels_of(ax).index("nan or inf from here") - len(labels_of(ax))]
    assert mark.get_xdata()[0] == 7


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, 2])
def test_smoothing_outside_its_range_is_refused(smoothing):
    with pytest.raises(ValueError, match="smoothing must lie in"):
        plots.loss(a_history(), smoothing=smoothing)


def test_the_learning_rate_is_that_of_each_step():
    line = plots.learning_rate(a_history()).lines[0]
    assert line.get_ydata() == pytest.approx([0.1 * step for step in range(1, 13)])


def test_gradient_flow_shows_mean_and_max_and_marks_zero_and_nan():
    ax = plots.gradient_flow(a_history())
    heights = [bar.get_height() for bar in ax.patches]
    assert heights[0] == 2.0
    assert heights[3] == 0.5
    assert [text.get_text() for text in ax.texts] == ["0", "nan"]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["a", "b", "c"]
    assert ax.get_yscale() == "log"


def test_gradient_flow_of_a_model_is_that_of_its_gradients():
    model = backward(a_model())
    ax = plots.gradient_flow(model)
    heights = [bar.get_height() for bar in ax.patches]
    maxima = [np.abs(p.grad).max() for p in model.parameters()]
    assert heights[: len(maxima)] == maxima


def test_a_parameter_no_gradient_reached_is_marked():
    ax = plots.gradient_flow(a_model())
    assert [text.get_text() for text in ax.texts] == ["none"] * 4


def test_gradient_flow_of_an_earlier_step_and_of_one_that_was_not_measured():
    assert plots.gradient_flow(a_history(), step=3).has_data()
    with pytest.raises(KeyError, match="step 4 was not measured"):
        plots.gradient_flow(a_history(), step=4)


def test_the_update_ratio_is_a_logarithm_with_its_guide():
    ax = plots.update_ratio(a_history())
    first, second, third, gaps, guide = ax.lines
    assert first.get_ydata() == pytest.approx(np.log10(1e-3 * np.array([1, 3, 6, 9, 12])))
    assert np.isnan(second.get_ydata()).all()  # zeros have no logarithm
    assert gaps.get_label() == "gaps: 5 zeros"
    assert third.get_ydata().size == 5
    assert guide.get_ydata() == [-3, -3]


def test_gradient_norms_show_all_together():
    ax = plots.gradient_norms(a_history())
    assert ax.lines[-1].get_ydata().tolist() == [5.0] * 5
    assert labels_of(ax)[-1] == "all together"


def test_dead_and_saturated_units_are_named_where_there_are_any():
    assert labels_of(plots.dead_units(a_history())) == ["1 ReLU, dead", "2 Tanh, saturated"]
    healthy = a_history()
    for record in healthy.records:
        for row in record.get("activations", {}).values():
            row.update({"dead": 0.0} | ({"saturated": 0.0} if "saturated" in row else {}))
    assert labels_of(plots.dead_units(healthy)) == ["none in any layer"]


@pytest.mark.parametrize(
    "plot", [plots.gradient_flow, plots.gradient_norms, plots.update_ratio, plots.dead_units]
)
def test_what_was_not_measured_cannot_be_drawn(plot):
    history = History()
    history.step(1.0)
    with pytest.raises(KeyError, match="measured no"):
        plot(history)


def test_many_curves_are_told_apart_and_only_the_first_and_last_named():
    history = History()
    names = [f"layers.{i}.weight" for i in range(30)]
    row = {"norm": 1.0, "ratio": 1e-3}
    history.records = [
        {"step": s, "loss": 1.0, "norm": 2.0, "parameters": dict.fromkeys(names, row)}
        for s in (1, 2)
    ]
    ax = plots.gradient_norms(history)
    assert len({tuple(line.get_color()) for line in ax.lines}) == 31
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words == ["layers.0.weight", "layers.29.weight", "all together"]


def test_a_dashboard_has_a_panel_for_all_that_was_measured():
    figure = plots.dashboard(a_history(), title="a run")
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == [
        "loss", "learning rate", "gradient flow", "gradient norms", "update : data",
        "dead and saturated units",
    ]  # fmt: skip
    assert figure.get_suptitle() == "a run"


def test_a_dashboard_leaves_out_what_was_not():
    history = History()
    history.step(1.0)
    history.step(0.5)
    assert [ax.get_title() for ax in plots.dashboard(history).axes] == ["loss"]


def test_a_dashboard_is_as_wide_as_its_columns():
    wide, narrow = (plots.dashboard(a_history(), columns=columns) for columns in (3, 2))
    assert narrow.get_figwidth() < wide.get_figwidth()
    assert narrow.get_figheight() > wide.get_figheight()
    assert len(narrow.axes) == len(wide.axes)
    with pytest.raises(ValueError, match="columns must be at least 1, got 0"):
        plots.dashboard(a_history(), columns=0)


def test_an_empty_history_has_no_dashboard():
    with pytest.raises(KeyError, match="empty"):
        plots.dashboard(History())
    other = History()
    other.records.append({"step": 1, "seconds": 1.0})
    with pytest.raises(KeyError, match="seconds"):
        plots.dashboard(other)


# --- a model at work ---


def test_histograms_count_every_gradient():
    model = backward(a_model())
    ax = plots.gradient_histogram(model, bins=10)
    for patch, p in zip(ax.patches, model.parameters(), strict=True):
        heights, edges, _ = patch.get_data()
        assert heights.sum() == pytest.approx(1.0)
        assert heights * p.size == pytest.approx(np.histogram(p.grad, edges)[0])


def test_histograms_say_how_many_are_nan():
    model = backward(a_model())
    model[0].bias.grad = [np.nan, 1.0, np.inf, 2.0]
    assert "0.bias (2 nan or inf)" in labels_of(plots.gradient_histogram(model))


def test_histograms_need_gradients():
    with pytest.raises(ValueError, match=r"call backward\(\) first"):
        plots.gradient_histogram(a_model())


def test_activations_are_shown_for_each_use_and_hooks_taken_off():
    shared = nn.ReLU()
    model = nn.Sequential(nn.Linear(2, 2, rng=0), shared, nn.Linear(2, 2, rng=1), shared)
    ax = plots.activation_histogram(model, np.ones((4, 2)))
    assert labels_of(ax) == ["0 Linear", "1 ReLU", "2 Linear", "1 ReLU (2)"]
    assert not any(m._hooks for m in model.modules())
    with pytest.raises(ValueError, match="Linear"):
        plots.activation_histogram(model, np.ones((4, 3)))
    assert not any(m._hooks for m in model.modules())


def test_activations_of_one_kind_of_layer_alone():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh(), nn.Linear(2, 2, rng=1), nn.Tanh())
    ax = plots.activation_histogram(model, np.ones((4, 2)), only=nn.Tanh)
    assert labels_of(ax) == ["1 Tanh", "3 Tanh"]
    with pytest.raises(ValueError, match="no layer is a ReLU"):
        plots.activation_histogram(model, np.ones((4, 2)), only=nn.ReLU)


def test_the_boundary_is_where_the_score_changes_sign():
    points = np.array([[-1.0, 0.0], [1.0, 0.0]])
    ax = plots.decision_boundary(lambda p: p[:, 0], points, [0, 1], resolution=20)
    assert labels_of(ax) == ["0", "1"]
    filled = ax.collections[0]
    vertices = np.concatenate([path.vertices for path in filled.get_paths()])
    assert vertices[:, 0].min() == pytest.approx(-1.3)


def test_one_score_decides_by_its_sign():
    """Every score here is below 1/2; the boundary is where it is 0."""
    points = np.array([[-1.0, 0.0], [1.0, 1.0]])
    ax = plots.decision_boundary(lambda p: 0.1 * p[:, 0], points, [0, 1], resolution=21)
    upper = ax.collections[2].get_paths()[0].vertices
    assert upper[:, 0].min() == pytest.approx(0.065)  # half way from 0 to the next of the grid


def test_a_boundary_is_drawn_without_recording():
    seen = []

    def scores(p):
        seen.append(engine.is_grad_enabled())
        return p[:, 0]

    plots.decision_boundary(scores, np.array([[0.0, 0.0], [1.0, 1.0]]), [0, 1], resolution=5)
    assert seen == [False]


def test_a_score_for_each_class_decides_too():
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])

    def scores(p):
        return engine.Tensor(np.stack([0 * p[:, 0] + 0.5, p[:, 0], p[:, 1]], axis=1))

    assert labels_of(plots.decision_boundary(scores, points, [0, 1, 2])) == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("predict", "x", "labels"),
    [
        (lambda p: p, np.ones((3, 3)), [0, 1, 0]),
        (lambda p: p, np.ones((3, 2)), [0, 1]),
        (lambda p: p[:5, 0], np.ones((3, 2)), [0, 1, 0]),
        (lambda p: np.ones((3, 4, 5)), np.ones((3, 2)), [0, 1, 0]),
    ],
)
def test_a_boundary_of_other_shapes_is_refused(predict, x, labels):
    with pytest.raises(ValueError, match=r"x must be points|predict must give"):
        plots.decision_boundary(predict, x, labels)


def test_the_pair_that_is_furthest_apart_is_marked():
    ax = plots.gradient_scatter(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.5, 3.0]))
    assert ax.collections[1].get_offsets().tolist() == [[2.5, 2.0]]
    assert "furthest apart: 5.0e-01" in labels_of(ax)


def test_pairs_that_cannot_be_drawn_are_counted():
    ax = plots.gradient_scatter(np.array([1.0, np.nan, 2.0]), np.array([1.5, 2.0, 2.0]))
    assert "1 not drawn: nan, inf or beyond 1e+300; 1 of them differ" in labels_of(ax)
    assert ax.collections[1].get_offsets().tolist() == [[1.5, 1.0]]
    alike = plots.gradient_scatter(np.array([np.nan, np.inf]), np.array([np.nan, np.inf]))
    assert labels_of(alike)[0].startswith("2 not drawn: nan, inf")
    assert labels_of(alike)[0].endswith("; on both tiers the same")


def test_the_two_tiers_of_a_model_agree_in_the_scatter():
    model = a_model()
    scalar = model.scalar()
    ax = plots.gradient_scatter(backward(scalar), backward(model))
    points = ax.collections[0].get_offsets()
    assert len(points) == 17
    assert points[:, 0].tolist() == pytest.approx(points[:, 1].tolist(), rel=1e-10)


def test_gradients_of_different_models_cannot_be_paired():
    with pytest.raises(ValueError, match="17 gradients on Values and 3"):
        plots.gradient_scatter(backward(a_model().scalar()), np.ones(3))
    with pytest.raises(ValueError, match="0 gradients"):
        plots.gradient_scatter(a_model(), a_model())


def test_the_confusion_matrix_counts():
    ax = plots.confusion_matrix([0, 1, 1, 2, 2, 2], [0, 1, 2, 2, 2, 0])
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written == {(0, 0): "1", (1, 1): "1", (2, 1): "1", (2, 2): "2", (0, 2): "1"}
    assert ax.get_title() == "66.7% right"


@pytest.mark.parametrize(
    ("labels", "guesses", "message"),
    [
        ([], [], "n > 0"),
        ([0, 1], [0], "got"),
        ([0.5, 1.0], [0, 1], "labels must be integers"),
        ([0, 1], [-1, 1], "guesses must be integers"),
    ],
)
def test_confusion_of_what_is_no_class_is_refused(labels, guesses, message):
    with pytest.raises(ValueError, match=message):
        plots.confusion_matrix(labels, guesses)


def test_samples_say_what_they_are_and_what_was_said():
    images = np.arange(12.0).reshape(3, 1, 2, 2)
    ax = plots.sample_grid(images, [7, 8, 9], [7, 3, 9], columns=2)
    assert [text.get_text() for text in ax.texts] == ["7", "8, said 3", "9"]
    wall = np.asarray(ax.images[0].get_array().filled(np.nan))
    assert np.nansum(wall) == images.sum()


def test_at_most_as_many_samples_are_shown_as_asked_for():
    assert len(plots.sample_grid(np.ones((50, 64)), np.zeros(50, int), most=10).texts) == 10


@pytest.mark.parametrize(
    ("images", "labels", "guesses"),
    [
        (np.ones((3, 5)), [0, 1, 2], None),
        (np.ones((3, 4)), [0, 1], None),
        (np.ones((0, 4)), [], None),
        (np.ones((2, 3, 2, 2)), [0, 1], None),
        (np.ones((2, 4)), [0, 1], [0]),
    ],
)
def test_samples_of_other_shapes_are_refused(images, labels, guesses):
    with pytest.raises(ValueError, match=r"images must be|guesses"):
        plots.sample_grid(images, labels, guesses)


def wall_of(ax):
    return np.asarray(ax.images[0].get_array().filled(np.nan))


def test_images_stand_side_by_side_on_one_scale_around_zero():
    ax = plots.image_grid([[[1.0, -4.0]], [[2.0, 0.0]], [[0.5, 1.0]]], "abc", columns=2)
    wall = wall_of(ax)
    found = wall[np.isfinite(wall)].reshape(-1, 2).tolist()
    assert wall.shape[1] == 2 + 1 + 2
    assert found == [[1.0, -4.0], [2.0, 0.0], [0.5, 1.0]]
    assert ax.images[0].get_clim() == (-4.0, 4.0)
    assert [text.get_text() for text in ax.texts] == ["a", "b", "c"]


def test_images_each_on_a_scale_of_its_own():
    wall = wall_of(plots.image_grid([[[1.0, -4.0]], [[2.0, 0.0]], [[0.0, 0.0]]], shared=False))
    found = wall[np.isfinite(wall)].reshape(-1, 2).tolist()
    assert found == [[0.25, -1.0], [1.0, 0.0], [0.0, 0.0]]


def test_an_image_of_zeros_is_white():
    ax = plots.image_grid(np.zeros((1, 2, 2)))
    assert ax.images[0].get_clim() == (-1.0, 1.0)


@pytest.mark.parametrize("room", [{"columns": 0}, {"most": 0}, {"columns": -1}])
def test_at_least_one_image_is_shown(room):
    with pytest.raises(ValueError, match="columns and most must be at least 1"):
        plots.image_grid(np.zeros((1, 2, 2)), **room)


def test_the_weights_of_layers_are_images():
    conv, linear = nn.Conv2d(2, 3, 3, rng=0), nn.Linear(16, 5, rng=0)
    assert np.isfinite(wall_of(plots.image_grid(conv.weight, columns=2))).sum() == 6 * 9
    assert np.isfinite(wall_of(plots.image_grid(linear.weight, most=4))).sum() == 4 * 16


@pytest.mark.parametrize(
    ("images", "titles", "message"),
    [
        (np.ones(9), None, r"images must be .* got \(9,\)"),
        (np.ones((2, 5)), None, "images must be"),
        (np.ones((0, 3, 3)), None, "images must be"),
        (np.ones((2, 3, 3)), ["one"], "2 images but 1 titles"),
    ],
)
def test_what_is_no_row_of_images_is_refused(images, titles, message):
    with pytest.raises(ValueError, match=message):
        plots.image_grid(images, titles)


def test_a_dashboard_leaves_no_empty_place():
    figure = plots.dashboard(a_history(), columns=4)
    assert len(figure.axes) == 6
    assert all(ax.has_data() for ax in figure.axes)


def test_without_matplotlib_the_extra_is_named_and_viz_still_works():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import viz; viz.History()\n"
        "try:\n    from viz import plots\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'twingrad[plots]'" in done.stdout
