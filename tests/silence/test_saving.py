"""Files that are written while things go wrong: a kill, a full disk, a read-only name."""

import errno
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

import nn
import viz
from engine.files import whole_files
from nn import state

resource = pytest.importorskip("resource", reason="Windows has no limits, and no signals that kill")


@contextmanager
def disk_of(size):
    """No file grows beyond this size, as where a disk is full: a write takes what fits."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# --- viz.History ---

KILLED = """
import os, signal, sys
import viz
history = viz.History(path=sys.argv[1], every=10)
for step in range(1, 351):
    history.step(1.0 / step)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_history_without_a_model_is_on_the_disk_when_its_process_is_killed(tmp_path):
    """Nothing was, until it was closed."""
    path = tmp_path / "run.jsonl"
    ended = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert viz.History.load(path).series("loss")[0].tolist() == list(range(1, 351))


def test_a_history_is_whole_on_the_disk_after_fit(tmp_path):
    model = nn.Linear(1, 1, rng=0)
    x = np.ones((3, 1))
    history = viz.History(path=tmp_path / "run.jsonl", every=100)
    nn.fit(
        model, nn.MSELoss(), nn.SGD(model.parameters(), lr=0.1), nn.DataLoader((x, x)),
        callbacks=[history], progress=False,
    )  # fmt: skip
    assert viz.History.load(tmp_path / "run.jsonl").records == history.records
    history.close()


@pytest.mark.parametrize("room", range(70, 101, 6))
def test_a_full_disk_is_named_and_no_record_is_lost(tmp_path, room):
    """A short write was taken for whole, and the next line was glued to what was there of it."""
    path = tmp_path / "run.jsonl"
    history = viz.History(path=path, every=1)
    with disk_of(room):
        for step in range(1, 6):
            found = None
            try:
                history.step(0.5, accuracy=step / 8)
            except OSError as error:
                found = error.errno, error.filename
                break
    assert found == (errno.EFBIG, str(path))
    assert 1 < step < 5
    assert path.stat().st_size == room  # it took what fitted
    for later in range(step + 1, 8):
        history.step(0.5, accuracy=later / 8)
    history.close()
    loaded = viz.History.load(path)
    assert loaded.torn == 0
    assert loaded.records == history.records
    assert loaded.series("loss")[0].tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_a_history_that_cannot_be_written_at_its_end_is_closed_all_the_same(tmp_path):
    history = viz.History(path=tmp_path / "run.jsonl", every=100)
    history.step(0.5)
    history.step(0.5)
    with disk_of(5), pytest.raises(OSError, match=r"run\.jsonl"):
        history.close()
    with pytest.raises(ValueError, match="history is closed"):
        history.step(0.5)


def test_a_copy_of_a_history_that_does_not_fit_is_named(tmp_path):
    history = viz.History()
    history.step(0.5)
    with disk_of(5), pytest.raises(OSError, match=r"copy\.jsonl"):
        history.save(tmp_path / "copy.jsonl")


@pytest.mark.parametrize("tail", [b'{"step": 2, "lo\xff\xfe', b"\x00" * 40, b"\xc3", b"\xff\n" * 2])
def test_a_history_with_a_tail_that_is_no_text_is_read_up_to_there(tmp_path, tail):
    path = tmp_path / "run.jsonl"
    path.write_bytes(b'{"step": 1, "loss": 0.5}\n' + tail)
    loaded = viz.History.load(path)
    assert loaded.records == [{"step": 1, "loss": 0.5}]
    assert loaded.torn == tail.count(b"\n") or 1
    with viz.History(path=path) as resumed:
        resumed.step(0.25)
    assert viz.History.load(path).series("loss")[1].tolist() == [0.5, 0.25]


# --- checkpoints ---

SAVING = """
import os, signal, sys
import nn
from engine.files import whole_files
if sys.argv[2] == "kill":
    whole_files.os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
nn.save(nn.Linear(8, 8, rng=0), sys.argv[1])
"""


def save_in_a_process(path, how):
    return subprocess.run([sys.executable, "-c", SAVING, str(path), how], check=False).returncode


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_what_a_killed_save_left_is_gone_after_the_next(tmp_path):
    path = tmp_path / "run[1].npz"
    for _ in range(2):
        assert save_in_a_process(path, "kill") == -signal.SIGKILL
    left = names(tmp_path)
    assert len(left) == 1  # the second removed what the first had left
    assert left[0].startswith(".run[1].npz.")
    nn.save(nn.Linear(2, 1, rng=0), path)
    assert names(tmp_path) == ["run[1].npz"]


def test_what_another_save_is_writing_is_left_alone(tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    fsync = os.fsync
    seen = []

    def meanwhile(handle):
        monkeypatch.setattr(whole_files.os, "fsync", fsync)
        nn.save(nn.Linear(2, 1, rng=1), path)
        seen.append(names(tmp_path))
        fsync(handle)

    monkeypatch.setattr(whole_files.os, "fsync", meanwhile)
    model = nn.Linear(2, 1, rng=0)
    nn.save(model, path)

    assert len(seen[0]) == 2  # the other's file, and the one under way
    assert names(tmp_path) == ["run.npz"]
    loaded = nn.Linear(2, 1)
    nn.load(loaded, path)
    np.testing.assert_array_equal(loaded.weight.numpy(), model.weight.numpy())


def test_a_file_that_another_save_has_just_made_is_left_alone(tmp_path):
    fresh = tmp_path / f".run.npz.{'0' * 12}.tmp"
    fresh.touch()
    others = tmp_path / ".run.npz.mine.tmp"
    others.write_text("mine", encoding="utf-8")
    nn.save(nn.Linear(2, 1, rng=0), tmp_path / "run.npz")
    assert fresh.exists()
    assert others.exists()


def test_without_locks_files_are_saved_and_swept(tmp_path, monkeypatch):
    """Windows has none, and removes no file that is open."""
    monkeypatch.setattr(whole_files, "locks", None)
    (tmp_path / f".run.npz.{'0' * 12}.tmp").write_text("left", encoding="utf-8")
    nn.save(nn.Linear(2, 1, rng=0), tmp_path / "run.npz")
    assert names(tmp_path) == ["run.npz"]


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_a_full_disk_names_the_file_and_leaves_the_old_one(tmp_path, suffix):
    path = tmp_path / f"run{suffix}"
    nn.save(nn.Linear(2, 1, rng=0), path)
    before = path.read_bytes()
    with disk_of(len(before) // 2), pytest.raises(OSError, match=f"run{suffix}'") as caught:
        nn.save(nn.Linear(2, 1, rng=1), path)
    assert caught.value.errno == errno.EFBIG
    assert caught.value.filename == str(path)
    assert path.read_bytes() == before
    assert names(tmp_path) == [path.name]


def test_a_folder_that_may_not_be_written_is_reported_under_the_file_s_name(tmp_path, monkeypatch):
    def refuse(path, *_):
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(PermissionError) as caught:
        nn.save(nn.Linear(2, 1, rng=0), tmp_path / "run.npz")
    monkeypatch.undo()
    assert caught.value.filename == str(tmp_path / "run.npz")


def test_a_folder_in_the_file_s_place_is_named(tmp_path):
    (tmp_path / "run.npz").mkdir()
    with pytest.raises(OSError, match=r"run\.npz'$") as caught:
        nn.save(nn.Linear(2, 1, rng=0), tmp_path / "run.npz")
    assert caught.value.filename == str(tmp_path / "run.npz")
    assert names(tmp_path) == ["run.npz"]


@pytest.mark.parametrize("link", [False, True])
def test_a_file_that_is_read_only_is_refused_as_open_does(tmp_path, link):
    path = tmp_path / "run.npz"
    nn.save(nn.Linear(2, 1, rng=0), path)
    before = path.read_bytes()
    path.chmod(0o444)
    name = path
    if link:
        name = tmp_path / "link.npz"
        name.symlink_to(path)
    with pytest.raises(PermissionError, match=r"read-only \(chmod u\+w") as caught:
        nn.save(nn.Linear(2, 1, rng=1), name)
    assert caught.value.filename == str(name)
    assert path.read_bytes() == before
    path.chmod(0o644)
    nn.save(nn.Linear(2, 1, rng=1), name)
    assert path.read_bytes() != before


def test_ctrl_c_in_load_training_puts_back_what_was_loaded(tmp_path):
    class Interrupting:
        def state_dict(self):
            return {"x": 1}

        def load_state_dict(self, state):
            self.calls = getattr(self, "calls", 0) + 1
            if self.calls == 1:
                raise KeyboardInterrupt

    path = tmp_path / "run.npz"
    nn.save_training(path, model=nn.Linear(2, 1, rng=0), other=Interrupting())
    model = nn.Linear(2, 1, rng=1)
    before = model.state_dict()
    with pytest.raises(KeyboardInterrupt):
        nn.load_training(path, model=model, other=Interrupting())
    for key, x in model.state_dict().items():
        np.testing.assert_array_equal(x, before[key])


@pytest.mark.parametrize("tier", [lambda m: m, nn.Module.scalar], ids=["Tensor", "Value"])
def test_ctrl_c_while_weights_are_loaded_leaves_those_of_before(monkeypatch, tier):
    assign, calls = state._assign, []

    def interrupted(place, array):
        calls.append(place)
        if len(calls) == 2:
            raise KeyboardInterrupt
        assign(place, array)

    model = tier(nn.BatchNorm1d(3))
    before = model.state_dict()
    monkeypatch.setattr(state, "_assign", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.load_state_dict({key: x + 1 for key, x in before.items()})
    assert len(calls) > 2
    for key, x in model.state_dict().items():
        np.testing.assert_array_equal(x, before[key])
