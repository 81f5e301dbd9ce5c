"""`decision_boundary`: a point has the colour of the region of its class, whatever classes are."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

from matplotlib import colors, pyplot

import nn
from engine import Tensor
from viz import plots

POINTS = np.array([[1.0, 0.0], [2.0, 0.5], [0.0, 1.0], [0.5, 2.0], [-1.0, -1.0], [-2.0, -1.0]])
CLASSES = np.array([0, 0, 1, 1, 2, 2])


@pytest.fixture(autouse=True)
def figures_are_closed():
    yield
    pyplot.close("all")


def three_scores(p):
    return np.stack([p[:, 0], p[:, 1], -p[:, 0] - p[:, 1]], axis=1)


def sides(p):
    return p[:, 0]


def sigmoid(p):
    return 1 / (1 + np.exp(-5 * p[:, 0]))


def drawn(predict, x, labels, **options):
    ax = plots.decision_boundary(predict, x, labels, resolution=41, **options)
    ax.figure.canvas.draw()
    return ax


def split(ax):
    """Regions, and points, of the axes: collections with alpha are regions."""
    regions = [c for c in ax.collections if c.get_alpha() is not None]
    return regions, [c for c in ax.collections if c.get_alpha() is None]


def colour_of(collection):
    return colors.to_hex(collection.get_facecolor()[0])


def colours_agree(ax):
    """Whether each point lies in the region of its colour."""
    regions, marks = split(ax)
    for mark in marks:
        own = [r for r in regions if colour_of(r) == colour_of(mark)]
        for point in mark.get_offsets():
            if not any(path.contains_point(point) for r in own for path in r.get_paths()):
                return False
    return True


def labels_of(ax):
    return ax.get_legend_handles_labels()[1]


@pytest.mark.parametrize(
    ("predict", "labels"),
    [
        (three_scores, CLASSES),
        (three_scores, CLASSES + 1),
        (three_scores, CLASSES * 10 - 3),
        (three_scores, np.array(["ape", "bee", "cow"])[CLASSES]),
        (three_scores, CLASSES.astype(float)),
        (lambda p: three_scores(p).argmax(axis=1), CLASSES),
        (lambda p: np.array(["ape", "bee", "cow"])[three_scores(p).argmax(axis=1)],
         np.array(["ape", "bee", "cow"])[CLASSES]),
        (lambda p: Tensor(three_scores(p)), Tensor(CLASSES)),
    ],
)  # fmt: skip
def test_points_have_the_colours_of_their_regions(predict, labels):
    ax = drawn(predict, POINTS, labels)
    assert len(split(ax)[0]) == 3
    assert colours_agree(ax)


def test_two_of_three_classes_keep_their_own_colours():
    """Labels {1, 2} were coloured as 0 and 1."""
    some = CLASSES > 0
    ax = drawn(three_scores, POINTS[some], CLASSES[some])
    assert labels_of(ax) == ["1", "2"]
    assert colours_agree(ax)
    whole = drawn(three_scores, POINTS, CLASSES)
    assert [colour_of(c) for c in split(ax)[1]] == [colour_of(c) for c in split(whole)[1]][1:]


def test_between_the_first_and_the_last_class_there_is_no_strip_of_another():
    ax = drawn(lambda p: np.stack([p[:, 0], 0 * p[:, 0] - 9, -p[:, 0]], 1), POINTS, CLASSES)
    assert len(split(ax)[0]) == 2


RIGHT = (POINTS[:, 0] > 0).astype(int)


@pytest.mark.parametrize("labels", [RIGHT, 2 * RIGHT - 1, RIGHT == 1, np.array(["l", "r"])[RIGHT]])
@pytest.mark.parametrize(("predict", "title"), [(sides, "score > 0"), (sigmoid, "score > 0.5")])
def test_one_score_is_cut_where_its_kind_is_cut_and_the_title_says_where(predict, title, labels):
    """A sigmoid that is right of every point was one flat colour."""
    ax = drawn(predict, POINTS, labels)
    assert ax.get_title() == f"decision boundary: {title}"
    assert len(split(ax)[0]) == 2
    assert colours_agree(ax)


def test_a_sigmoid_model_has_two_regions():
    model = nn.Sequential(nn.Linear(2, 1, rng=0), nn.Sigmoid())
    model[0].weight.data, model[0].bias.data = [[5.0, 0.0]], [0.0]
    ax = drawn(model, POINTS, RIGHT)
    assert colours_agree(ax)


def test_a_threshold_that_is_given_is_used():
    ax = drawn(lambda p: sigmoid(p) * 0.2, POINTS, RIGHT, threshold=0.1)
    assert ax.get_title() == "decision boundary: score > 0.1"
    assert colours_agree(ax)


@pytest.mark.parametrize("labels", [np.zeros(6, int), np.ones(6, int), -np.ones(6, int)])
def test_of_two_classes_one_may_be_missing(labels):
    ax = drawn(sides, POINTS, labels)
    regions, (points,) = split(ax)
    assert colour_of(points) == colour_of(regions[int(labels[0] > 0)])


def test_where_a_score_is_nan_nothing_is_decided():
    ax = drawn(lambda p: np.where(p[:, 1] > 0, np.nan, p[:, 0]), POINTS, RIGHT)
    assert any(label.startswith("nan, no decision") for label in labels_of(ax))
    highest = max(path.vertices[:, 1].max() for r in split(ax)[0] for path in r.get_paths())
    assert highest < 0.1
    assert split(drawn(lambda p: p[:, 0] * np.nan, POINTS, RIGHT))[0] == []


def test_a_nan_among_the_scores_of_classes_is_no_decision_either():
    ax = drawn(lambda p: np.where([[False, False, True]], np.nan, three_scores(p)), POINTS, CLASSES)
    assert split(ax)[0] == []


@pytest.mark.parametrize("scale", [1e-200, 1e200, 6e4])
def test_points_of_any_size_are_drawn(scale):
    ax = drawn(sides, POINTS * scale, RIGHT)
    assert len(split(ax)[1]) == 2


def test_points_far_from_zero_have_room_around_them():
    ax = drawn(sides, np.full((2, 2), 1e18), [1, 1])
    assert len(split(ax)[0]) == 1


@pytest.mark.parametrize(
    ("x", "labels", "options", "words"),
    [
        (np.ones((0, 2)), [], {}, "x must be points to draw"),
        (np.array([[np.nan, 1.0]]), [0], {}, "finite numbers, got"),
        (np.array([[np.inf, 1.0]]), [0], {}, "finite numbers, got"),
        (POINTS, np.array([0, 1, np.nan, 0, 1, 0]), {}, "some are nan"),
        (POINTS, CLASSES, {"resolution": 1}, "resolution must be at least 2, got 1"),
        (POINTS, CLASSES, {}, r"labels must be from 0 to 1.*all 2 must occur; got \[0, 1, 2\]"),
        (POINTS, np.array(["a"] * 6), {}, "all 2 must occur; got"),
    ],
)
def test_what_cannot_be_right_is_refused_in_words(x, labels, options, words):
    with pytest.raises(ValueError, match=words):
        plots.decision_boundary(sides, x, labels, **options)


# --- predictions that are classes themselves ---


@pytest.mark.parametrize("classes", [(1.0, 2.0), (0.0, 1.0, 2.0), (-2.0, 0.5), (3.0, 4.0)])
def test_floats_that_are_labels_are_classes_and_no_scores(classes):
    points = np.stack([np.linspace(-1, 1, 30), np.zeros(30)], axis=1)
    cuts = np.linspace(-1, 1, len(classes) + 1)[1:-1]

    def predict(x):
        return np.array(classes)[np.digitize(x[:, 0], cuts)]

    ax = plots.decision_boundary(predict, points, predict(points), resolution=20)
    assert ax.get_legend_handles_labels()[1] == [str(one) for one in classes]
    assert ax.get_title() == "decision boundary"


def test_words_as_labels_of_numbers_are_refused_before_points_are_left_out():
    points = np.array([[0.0, 0.0], [1.0, 1.0]])
    with pytest.raises(ValueError, match=r"it gives .*'a'.*, labels are \[0, 1\]"):
        plots.decision_boundary(lambda x: np.full(len(x), "a"), points, [0, 1])
    with pytest.raises(ValueError, match=r"it gives .*1.*, labels are \['a', 'b'\]"):
        plots.decision_boundary(lambda x: np.full(len(x), 1), points, ["a", "b"])


def test_axes_of_very_different_units_fill_the_picture():
    ax = drawn(sides, POINTS * [1.0, 1e6], CLASSES % 2)
    assert ax.get_aspect() == "auto"
    assert drawn(sides, POINTS, CLASSES % 2).get_aspect() == 1.0


def test_every_class_is_named_however_many_there_are():
    points = np.arange(24.0).reshape(12, 2)
    ax = drawn(lambda p: p[:, :1] - np.arange(12.0), points, np.arange(12))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [*map(str, range(12))]
