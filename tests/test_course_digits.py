"""The pictures of notebook 09 show the numbers they are given."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

from matplotlib.colors import to_hex

from notebooks import lesson_09 as digits
from notebooks.lesson_05 import MARK
from viz.drawing.style import OKABE_ITO

pytestmark = pytest.mark.usefixtures("figures_closed")


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_bars_have_their_numbers_and_one_is_marked():
    left, right = digits.draw_bars({"a": [1.0, -0.5], "b": np.array([0.25, 0.0])}, marked=1)
    assert [bar.get_height() for bar in left.patches] == [1.0, -0.5]
    assert texts(left) == ["1", "−0.5"]
    assert left.get_title() == "a"
    assert [to_hex(bar.get_facecolor()) for bar in right.patches] == [
        OKABE_ITO["sky blue"],
        OKABE_ITO["orange"],
    ]


def test_bars_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match=r"\(2,\), \(3,\)"):
        digits.draw_bars({"a": [1, 2], "b": [1, 2, 3]})


def test_a_panel_is_as_wide_as_its_images():
    square, wide = digits.draw_images(
        {"4 filters": np.ones((4, 1, 3, 3)), "6 rows of weights": np.ones((6, 4))}, columns=3
    )
    assert square.get_title() == "4 filters"
    assert wide.figure.get_size_inches()[0] == pytest.approx(2.7 * (3 / 2 + 3 / 2))
    assert square.images[0].get_array().shape == (7, 11)
    assert wide.images[0].get_array().shape == (5, 8)


def marked(ax):
    """The places of the cells that are marked, in the order they were drawn."""
    return [patch.get_xy() for patch in ax.patches if to_hex(patch.get_facecolor()) == MARK]


def test_a_window_its_kernel_and_its_sum():
    ax = digits.draw_window([[1, 2, 3], [4, 5, 6]], [[1, 0], [0, -1]], 0, 1)
    assert texts(ax) == [
        *"123456", "image", "∗", "1", "0", "0", "−1", "kernel", "=", "−4", "−4", "result",
    ]  # fmt: skip
    assert len(marked(ax)) == 4 + 1


def test_one_place_gives_the_kernel_its_window_and_the_image_the_kernel():
    ax = digits.draw_window_gradients([[5, 6, 7]], [[2, 3]], [[0, 1]], 0, 1)
    assert texts(ax) == [
        "0", "1", "upstream gradient", "→", "6", "7", "of the kernel", "and",
        "0", "2", "3", "of the image",
    ]  # fmt: skip
