"""The runs of notebook 08, and how make.py keeps its pictures small."""

import base64
import io

import numpy as np
import pytest

from notebooks import lesson_08 as training
from notebooks.checks_08 import check_momentum, check_runs
from notebooks.make import lighter

Image = pytest.importorskip("PIL.Image")


def test_a_run_is_the_same_each_time():
    one, two = (training.run("healthy", seed=3, steps=20).series("loss")[1] for _ in range(2))
    assert len(one) == 20
    assert (one == two).all()


def test_a_kind_of_run_that_there_is_not():
    with pytest.raises(ValueError, match="kind must be one of healthy"):
        training.run("tired")


def picture(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return base64.b64encode(buffer.getvalue()).decode()


def test_a_picture_of_few_colours_looks_the_same_in_fewer_bytes():
    pixels = np.full((60, 90, 4), 255, np.uint8)
    pixels[10:40, 20:50] = (0, 114, 178, 255)
    pixels[30, 5:85] = (213, 94, 0, 255)
    before = picture(pixels)
    after = lighter(before)
    assert len(after) < len(before)
    shown = Image.open(io.BytesIO(base64.b64decode(after))).convert("RGBA")
    np.testing.assert_array_equal(np.asarray(shown), pixels)


def test_a_picture_that_something_shines_through_stays_as_it_is():
    clear = picture(np.zeros((4, 4, 4), np.uint8))
    assert lighter(clear) == clear


def test_two_rows_of_an_array_are_two_results():
    def momentum_step(w, velocity, gradient, lr, momentum):
        velocity = momentum * velocity + gradient
        return np.stack([w - lr * velocity, velocity])

    assert check_momentum(momentum_step).ok


def test_a_kind_of_run_may_be_written_with_capitals():
    answers = {"A": "Dead units", "B": "Vanishing gradient ", "C": "rate too low"}
    assert check_runs(answers).ok


def shades(count):
    """A picture of as many colours, none near another."""
    rng = np.random.default_rng(0)
    cells = rng.integers(0, 256, (count, 1, 3), dtype=np.uint8)
    opaque = np.full((count, 1, 1), 255, np.uint8)
    return np.repeat(np.repeat(np.concatenate([cells, opaque], axis=2), 8, axis=0), 40, axis=1)


@pytest.mark.parametrize("count", [60, 120, 250])
def test_a_picture_in_many_shades_keeps_them(count):
    pixels = shades(count)
    shown = Image.open(io.BytesIO(base64.b64decode(lighter(picture(pixels))))).convert("RGBA")
    apart = np.abs(np.asarray(shown).astype(int) - pixels)
    assert apart.mean(axis=(0, 1)).max() < 0.2
