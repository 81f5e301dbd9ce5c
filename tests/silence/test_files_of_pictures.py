"""Pictures and pages on a disk that refuses them: the error names the file."""

import errno
from pathlib import Path

import pytest

from engine import Value
from viz import draw, step_through


@pytest.fixture
def a_full_disk(monkeypatch):
    def refuse(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", refuse)


@pytest.mark.parametrize(("make", "name"), [(draw, "graph.dot"), (step_through, "steps.html")])
def test_a_full_disk_is_said_of_the_file_that_was_to_be_written(make, name, tmp_path, a_full_disk):
    with pytest.raises(OSError, match="No space left on device") as caught:
        make(Value(3.0) * 2.0).save(tmp_path / name)
    assert caught.value.filename == str(tmp_path / name)
