"""Pictures and pages on a disk that refuses them: the error names the file."""

import errno
import os
from pathlib import Path

import pytest

from engine import Value
from viz import draw, step_through
from viz.command.lab import copy_course


@pytest.fixture
def a_full_disk(monkeypatch):
    def refuse(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", refuse)


@pytest.mark.parametrize(
    ("make", "name"),
    [(draw, "graph.dot"), (step_through, "steps.html"), (step_through, "steps.svg")],
)
def test_a_full_disk_is_said_of_the_file_that_was_to_be_written(make, name, tmp_path, a_full_disk):
    with pytest.raises(OSError, match="No space left on device") as caught:
        make(Value(3.0) * 2.0).save(tmp_path / name)
    assert caught.value.filename == str(tmp_path / name)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_a_course_whose_copy_was_cut_short_is_copied_whole_the_next_time(
    error, tmp_path, monkeypatch
):
    """A notebook of which a part was written was kept, as the learner's own."""
    calls = []

    def cut_short(file):
        calls.append(file)
        if len(calls) == 3:
            raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", cut_short)
        with pytest.raises(type(error)) as caught:
            copy_course(tmp_path / "course")
    if isinstance(error, OSError):
        assert caught.value.filename.startswith(str(tmp_path / "course"))
    assert copy_course(tmp_path / "course") == []
