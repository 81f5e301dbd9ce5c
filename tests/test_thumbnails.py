"""The small pictures of the course: one for each notebook, and as their code draws them."""

import io

import pytest
from PIL import Image, ImageChops, ImageStat

from notebooks.make import course
from notebooks.sketch import drawn
from notebooks.thumbnails import DRAWINGS, FOLDER, main

OFF = 4  # of 255 steps, on average: another matplotlib sets its letters a little differently


def test_each_notebook_has_a_picture_and_there_are_no_others():
    assert len(DRAWINGS) == len(course())
    assert sorted(path.name for path in FOLDER.iterdir()) == [f"{n[:2]}.png" for n in course()]


@pytest.mark.parametrize("number", range(len(DRAWINGS)))
def test_what_is_stored_is_what_is_drawn(number):
    stored = Image.open(FOLDER / f"{number:02}.png").convert("RGB")
    new = Image.open(io.BytesIO(drawn(DRAWINGS[number]))).convert("RGB")
    assert new.size == stored.size == (400, 260)
    assert max(ImageStat.Stat(ImageChops.difference(new, stored)).mean) < OFF


def test_all_are_stored_at_once(monkeypatch, tmp_path):
    monkeypatch.setattr("notebooks.thumbnails.FOLDER", tmp_path)
    monkeypatch.setattr("notebooks.thumbnails.DRAWINGS", DRAWINGS[:2])
    main()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["00.png", "01.png"]
