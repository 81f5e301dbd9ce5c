"""A `DataLoader` over arrays that are not in memory: mapped files, Dask's, and such as h5py's."""

import subprocess
import sys
import textwrap

import dask
import dask.array
import numpy as np
import pytest

import nn
from engine import Tensor
from nn.data import ConcatDataset, default_collate

ROWS = 40


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(ROWS, 3)).astype(np.float32)


@pytest.fixture
def y():
    return np.arange(ROWS) % 4


class OnDisk:
    """As h5py's: no NumPy array, and wants indices in order, each once."""

    def __init__(self, array):
        self.array, self.shape, self.dtype, self.chunks = array, array.shape, array.dtype, None
        self.asked = []

    @property
    def ndim(self):
        return len(self.shape)

    def __getitem__(self, index):
        if isinstance(index, np.ndarray):
            assert (np.diff(index) > 0).all()
        self.asked.append(np.size(index))
        return self.array[index]


def kinds(x, tmp_path):
    np.save(tmp_path / "x.npy", x)
    return {
        "mapped": np.load(tmp_path / "x.npy", mmap_mode="r"),
        "Dask": dask.array.from_array(x, chunks=(7, 3)),
        "on disk": OnDisk(x),
    }


@pytest.mark.parametrize("kind", ["mapped", "Dask", "on disk"])
def test_training_gives_the_bits_of_the_array_in_memory(x, y, tmp_path, kind):
    def weights(rows):
        model = nn.Linear(3, 4, rng=0).to(np.float32)
        loader = nn.DataLoader((rows, y), batch_size=6, shuffle=True, rng=1)
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        with dask.config.set(scheduler="synchronous"):
            nn.fit(model, nn.CrossEntropyLoss(), optimizer, loader, 2, progress=False)
        return model.weight.numpy()

    np.testing.assert_array_equal(weights(kinds(x, tmp_path)[kind]), weights(x), strict=True)


@pytest.mark.parametrize("kind", ["mapped", "Dask", "on disk"])
def test_batches_are_copies_of_the_dtype(x, y, tmp_path, kind):
    rows = kinds(x, tmp_path)[kind]
    for shuffle in (False, True):
        (batch, labels), *_ = nn.DataLoader((rows, y), 8, shuffle, rng=0)
        assert isinstance(batch, Tensor)
        assert (batch.dtype, batch.shape, labels.dtype) == (np.float32, (8, 3), y.dtype)
        assert not np.shares_memory(np.asarray(batch.data), rows if kind == "mapped" else x)


def test_only_the_rows_of_a_batch_are_read(x, y):
    rows = OnDisk(x)
    for _ in nn.DataLoader((rows, y), batch_size=8, shuffle=True, rng=0):
        pass
    assert rows.asked == [8] * 5


def test_a_sample_a_part_and_a_row_asked_for_twice(x, y):
    data = nn.TensorDataset(OnDisk(x), dask.array.from_array(y, chunks=9))
    sample, label = data[3]
    np.testing.assert_array_equal(sample, x[3])
    assert label == y[3]
    first, _ = nn.random_split(data, [0.5, 0.5], rng=0)
    (rows, labels), *_ = nn.DataLoader(first, batch_size=20)
    np.testing.assert_array_equal(rows.numpy(), x[first.indices])
    np.testing.assert_array_equal(labels, y[first.indices])
    sampler = [5, 2, 5, 0]
    ((rows, _),) = nn.DataLoader(data, batch_size=4, sampler=sampler)
    np.testing.assert_array_equal(rows.numpy(), x[sampler])


def test_an_array_alone_is_read_in_batches_too(x):
    for rows in (dask.array.from_array(x, chunks=(7, 3)), OnDisk(x)):
        batch, *_ = nn.DataLoader(rows, batch_size=8)
        np.testing.assert_array_equal(batch.numpy(), x[:8])


@pytest.mark.parametrize("kind", ["mapped", "Dask", "on disk"])
def test_parts_of_an_array_alone_are_batches_of_numbers(x, tmp_path, kind):
    """They were lists of Dask's arrays, and zarr's, which have no len(), were refused."""
    rows = kinds(x, tmp_path)[kind]
    first, second = nn.random_split(rows, [0.5, 0.5], rng=0)
    for part, its in (
        (first, x[first.indices]),
        (ConcatDataset([second, rows]), x[second.indices]),
    ):
        batch, *_ = nn.DataLoader(part, batch_size=ROWS // 2)
        np.testing.assert_array_equal(batch.numpy(), its, strict=True)


def test_samples_that_are_lazy_are_computed_for_the_batch(x, y):
    rows, labels = dask.array.from_array(x, chunks=(7, 3)), dask.array.from_array(y, chunks=9)
    first, second = default_collate([(rows[i], labels[i]) for i in (4, 2)])
    np.testing.assert_array_equal(first.numpy(), x[[4, 2]], strict=True)
    np.testing.assert_array_equal(second, y[[4, 2]])


@pytest.mark.parametrize("kind", ["mapped", "Dask", "on disk"])
def test_some_samples_at_once_in_any_order(x, y, tmp_path, kind):
    data = nn.TensorDataset(kinds(x, tmp_path)[kind], y)
    for index in ([5, -1, 5, 0], np.array([5, -1, 5, 0]), slice(3, 9, 2)):
        np.testing.assert_array_equal(data[index][0], x[index], strict=True)


@pytest.mark.parametrize("index", [ROWS, -ROWS - 1])
@pytest.mark.parametrize("kind", ["mapped", "Dask", "on disk"])
def test_an_index_that_lies_outside_is_refused(x, y, tmp_path, kind, index):
    """Of an array in chunks it was counted from the start again."""
    data = nn.TensorDataset(kinds(x, tmp_path)[kind], y)
    with pytest.raises(IndexError, match=f"index {index} "):
        data.batch(np.array([3, index]))


def test_an_array_whose_length_nobody_knows_is_refused(x):
    lazy = dask.array.from_array(x, chunks=(7, 3))
    positive = lazy[lazy[:, 0] > 0]
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        nn.TensorDataset(positive)
    positive.compute_chunk_sizes()
    assert len(nn.TensorDataset(positive)) == (x[:, 0] > 0).sum()


def test_lengths_that_differ_are_refused(x, y):
    with pytest.raises(ValueError, match="must have the same length"):
        nn.TensorDataset(dask.array.from_array(x, chunks=(7, 3)), y[:-1])


LARGE = """
    import resource, sys
    import numpy as np, dask, dask.array, nn

    dask.config.set(scheduler="synchronous")
    rows, width = 100_000, 1_000  # 400 MB
    y = np.arange(rows) % 3
    if sys.argv[1] == "mapped":
        x = np.memmap(sys.argv[2], np.float32, "w+", shape=(rows, width))  # a file of holes
        x = np.memmap(sys.argv[2], np.float32, "r", shape=(rows, width))
    else:
        x = dask.array.zeros((rows, width), np.float32, chunks=(1_000, width))
    model = nn.Linear(width, 3, rng=0).to(np.float32)
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    loader = nn.DataLoader((x, y), batch_size=2_000, shuffle=sys.argv[1] == "mapped", rng=0)
    status = open("/proc/self/status").read()
    used = 1024 * int(status.split("VmData:")[1].split()[0])
    resource.setrlimit(resource.RLIMIT_DATA, (used + 200_000_000,) * 2)
    if sys.argv[3] == "copied":
        np.array(x)
    nn.fit(model, nn.CrossEntropyLoss(), optimizer, loader, progress=False)
    print("trained")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
@pytest.mark.parametrize("kind", ["mapped", "Dask"])
def test_an_array_larger_than_the_limit_of_memory(tmp_path, kind):
    """400 MB under a limit of 200: a file that is mapped is none of a process's own memory."""
    program = [sys.executable, "-c", textwrap.dedent(LARGE), kind, tmp_path / "x"]
    done = subprocess.run([*program, "read"], capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr) == ("trained\n", "")
    done = subprocess.run([*program, "copied"], capture_output=True, text=True, timeout=120)
    assert "MemoryError" in done.stderr
