"""`plots.layers` and the histograms: outlines of each layer, with its numbers in the key."""

import math

import numpy as np
import pytest
from figures import drawn, figures_are_closed  # noqa: F401 - the fixture
from matplotlib import pyplot

import nn
from engine import Value
from viz import History, plots

X = np.random.default_rng(0).normal(size=(30, 3))
LABELS = np.arange(30) % 2
ENTROPY = nn.CrossEntropyLoss()


def a_model(depth=2, activation=nn.Tanh, scale=1.0):
    parts = []
    for i in range(depth):
        parts += [nn.Linear(3, 3, rng=i), activation()]
    model = nn.Sequential(*parts, nn.Linear(3, 2, rng=9))
    for p in model.parameters():
        p.data = p.data * scale
    return model


def by_title(figure):
    figure.canvas.draw()
    return {ax.get_title(): ax for ax in figure.axes if ax.get_title()}  # scales have none


def key_of(ax):
    """The rows of the key, as words."""
    legend = ax.get_legend()
    return [legend.get_title().get_text().split()] + [
        text.get_text().split() for text in legend.get_texts()
    ]


def test_one_call_shows_activations_gradients_and_updates():
    model = a_model()
    history = History(model, every=1)
    ENTROPY(model(X), LABELS).backward()
    history.step(1.0)
    panels = by_title(plots.layers(model, X, LABELS, ENTROPY, history=history))
    assert list(panels) == [
        "activations", "gradients of activations", "gradients of weights (without biases)",
        "update : data", "mean |gradient|", "deviation of activations",
    ]  # fmt: skip
    bare = History({"weight": model[0].weight}, every=1)
    bare.step(1.0)
    assert "deviation of activations" not in by_title(plots.layers(model, X, history=bare))


def test_with_a_batch_alone_it_shows_activations():
    assert list(by_title(plots.layers(a_model(), X))) == ["activations"]


def test_no_place_stays_empty():
    assert len(plots.layers(a_model(), X, LABELS, ENTROPY).axes) == 3


def test_the_key_has_mean_deviation_and_saturation_of_each_layer():
    model = a_model(scale=20.0)
    head, first, second = key_of(by_title(plots.layers(model, X))["activations"])
    assert head == ["mean", "std", "saturated"]
    for row, layers in ((first, model[:2]), (second, model[:4])):
        output = layers(X).numpy()
        saturated = float(np.mean(np.abs(output) >= 0.98))
        assert row[-3:] == [f"{output.mean():.2g}", f"{output.std():.2g}", f"{saturated:.1%}"]
    assert first[:2] == ["1", "Tanh"]


def test_the_key_has_dead_units_of_relus():
    model = a_model(activation=nn.ReLU)
    model[0].bias.data = [-100.0, 0.0, 0.0]
    head, first, _ = key_of(by_title(plots.layers(model, X))["activations"])
    assert head == ["mean", "std", "dead"]
    assert first[-1] == "33%"


def test_gradients_of_activations_are_those_of_backward():
    model = a_model()
    inner = model[:2](X)
    inner.retain_grad()
    ENTROPY(model[2:](inner), LABELS).backward()
    panels = by_title(plots.layers(model, X, LABELS, ENTROPY))
    _, first, _ = key_of(panels["gradients of activations"])
    assert first[-2:] == [f"{inner.grad.numpy().mean():.2g}", f"{inner.grad.numpy().std():.2g}"]


def test_gradients_of_weights_stand_beside_the_weights():
    model = a_model()
    panels = by_title(plots.layers(model, X, LABELS, ENTROPY))
    head, first, *rest = key_of(panels["gradients of weights (without biases)"])
    ENTROPY(model(X), LABELS).backward()
    g, w = np.asarray(model[0].weight.grad), model[0].weight.numpy()
    assert head == ["mean", "std", "grad:data"]
    assert first == ["0.weight", f"{g.mean():.2g}", f"{g.std():.2g}", f"{g.std() / w.std():.1e}"]
    assert len(rest) == 2


def test_nothing_of_the_model_changes():
    """Neither gradients, nor running statistics, nor the mode, nor hooks."""
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2))
    ENTROPY(model(X), LABELS).backward()
    before = {name: np.array(x) for name, x in model.state_dict().items()}
    gradients = [np.array(p.grad) for p in model.parameters()]
    plots.layers(model, X + 5, LABELS, ENTROPY)
    plots.activation_histogram(model, X + 5)
    after = model.state_dict()
    assert all((before[name] == np.array(after[name])).all() for name in before)
    assert all(
        (g == np.array(p.grad)).all() for g, p in zip(gradients, model.parameters(), strict=True)
    )
    assert not any(m._hooks for m in model.modules())
    assert all(m.training for m in model.modules())


def test_a_layer_the_loss_does_not_reach_has_gradients_of_zero():
    class Unused(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.Linear(3, 2, rng=0), nn.Linear(3, 2, rng=1)

        def forward(self, x):
            self.unused(x)
            return self.used(x)

    panels = by_title(plots.layers(Unused(), X, LABELS, ENTROPY))
    rows = key_of(panels["gradients of weights (without biases)"])
    assert [row[0] for row in rows[1:]] == ["used.weight", "unused.weight"]
    assert rows[2][1:3] == ["0", "0"]


def test_a_model_of_the_scalar_tier_has_the_same_pictures():
    model = a_model()
    for a, b in zip(
        by_title(plots.layers(model, X[:5], LABELS[:5], ENTROPY)).values(),
        by_title(plots.layers(model.scalar(), X[:5], LABELS[:5], ENTROPY)).values(),
        strict=True,
    ):
        # the mean of some gradients is 0 but for rounding
        assert [[*row[:-3], *row[-2:]] for row in key_of(a)[1:]] == [
            [*row[:-3], *row[-2:]] for row in key_of(b)[1:]
        ]


def test_eighteen_layers_are_outlines_and_all_have_a_row():
    figure = plots.layers(a_model(depth=18), X, LABELS, ENTROPY)
    for title, ax in by_title(figure).items():
        assert len(ax.patches) == 0, title  # nothing is filled
        assert len(ax.lines) >= 18
        assert len(key_of(ax)) == 1 + len(ax.lines)
        assert len({str(line.get_color()) for line in ax.lines}) == len(ax.lines)


def test_of_more_layers_than_a_key_has_rows_the_first_and_last_are_named():
    ax = by_title(plots.layers(a_model(depth=30), X))["activations"]
    assert [row[:2] for row in key_of(ax)[1:]] == [["1", "Tanh"], ["59", "Tanh"]]


@pytest.mark.parametrize("depth", [2, 18])
def test_no_key_covers_a_curve_or_another_picture(depth):
    figure = plots.layers(a_model(depth), X, LABELS, ENTROPY)
    figure.canvas.draw()
    for ax in figure.axes:
        box = ax.get_legend().get_window_extent()
        assert not any(box.overlaps(other.bbox) for other in figure.axes)
        assert box.x1 <= figure.bbox.x1 + 1
        assert box.y0 >= figure.bbox.y0 - 1


def test_a_key_stands_below_axes_that_are_narrow():
    _, axes = pyplot.subplots(1, 3, figsize=(12, 4), layout="constrained")
    ax = drawn(plots.activation_histogram(a_model(), X, axes[1]))
    assert ax.get_legend().get_window_extent().y1 <= ax.bbox.y0


def test_layers_of_one_kind():
    panels = by_title(plots.layers(a_model(), X, LABELS, ENTROPY, only=nn.Linear))
    assert [row[:2] for row in key_of(panels["activations"])[1:]] == [
        ["0", "Linear"], ["2", "Linear"], ["4", "Linear"],
    ]  # fmt: skip
    with pytest.raises(ValueError, match="no layer is a Dropout"):
        plots.layers(a_model(), X, only=nn.Dropout)


@pytest.mark.parametrize("given", [{"target": LABELS}, {"loss": ENTROPY}])
def test_a_loss_needs_a_target_and_a_target_a_loss(given):
    with pytest.raises(ValueError, match="needs both target and loss"):
        plots.layers(a_model(), X, **given)


@pytest.mark.parametrize("bad", [math.nan, math.inf, 1e305])
def test_numbers_that_cannot_be_drawn_are_counted(bad):
    x = X.copy()
    x[0, 0] = bad
    with np.errstate(all="ignore"):
        panels = by_title(plots.layers(a_model(activation=nn.ReLU), x, LABELS, ENTROPY))
    assert len(panels) == 3


def test_parameters_of_several_values_have_a_histogram():
    w = [Value(1.0), Value(2.0)]
    (w[0] * w[1]).backward()
    head, row = key_of(drawn(plots.gradient_histogram({"w": w})))
    assert head == ["mean", "std", "grad:data"]
    assert row == ["w", "1.5", "0.5", "1.0e+00"]


def test_of_a_model_that_is_checkpointed_layers_inside_are_seen_with_their_gradients():
    def keys(size):
        model = a_model()
        model.checkpoint = size
        axes = by_title(plots.layers(model, X, LABELS, ENTROPY))
        return {title: key_of(ax) for title, ax in axes.items()}

    assert keys(5) == keys(None)
