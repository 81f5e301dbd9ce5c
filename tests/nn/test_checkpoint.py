"""Files of weights and of runs: the same bits back, whole or not at all, nothing hostile read."""

import io
import json
import os
import pickle
import stat
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from engine import Tensor, Value, ValueArray
from engine.files import pack, storage, unpack
from nn.checkpoint import (
    CheckpointError,
    load,
    load_training,
    save,
    save_load,
    save_training,
)
from nn.data import DataLoader
from nn.module import Module
from nn.parameter import Parameter
from nn.random import default_generator, manual_seed

SUFFIXES = [".npz", ".safetensors"]


class Small(Module):
    """A weight, a 0-d one, and a buffer."""

    def __init__(self, seed=0):
        rng = np.random.default_rng(seed)
        self.weight = Parameter(rng.normal(size=(3, 2)))
        self.scale = Parameter(rng.normal())
        self.register_buffer("count", np.array(seed))


class Holder(Module):
    """Two modules, one of which draws its own random numbers."""

    def __init__(self, seed=0):
        self.first = Small(seed)
        self.second = Small(seed + 1)
        self.second.rng = np.random.default_rng(seed)


def same(a, b):
    """Whether two states hold the same bits."""
    return a.keys() == b.keys() and all(
        a[key].dtype == b[key].dtype and a[key].tobytes() == b[key].tobytes() for key in a
    )


@pytest.fixture(params=SUFFIXES)
def path(request, tmp_path):
    return tmp_path / f"model{request.param}"


# --- weights ---


def test_weights_come_back_bit_for_bit(path):
    model = Holder(3)
    model.first.weight.data = [[-0.0, np.nan], [np.inf, 5e-324], [1.0, 1 / 3]]
    save(model, path)

    other = Holder(8)
    passed_over = load(other, path)

    assert same(other.state_dict(), model.state_dict())
    assert passed_over == ([], [])


def test_weights_move_between_tiers(path):
    model = Small(1)
    save(model.scalar(), path)

    other = Small(2).scalar()
    load(other, path)

    assert same(other.state_dict(), model.state_dict())


def test_a_path_may_be_a_string_and_its_suffix_in_capitals(tmp_path):
    save(Small(1), str(tmp_path / "model.NPZ"))

    other = Small(2)
    load(other, tmp_path / "model.NPZ")

    assert same(other.state_dict(), Small(1).state_dict())


def test_numpy_reads_the_weights(tmp_path):
    save(Small(1), tmp_path / "model.npz")

    with np.load(tmp_path / "model.npz", allow_pickle=False) as arrays:
        assert arrays.files == ["weight", "scale", "count"]
        np.testing.assert_array_equal(arrays["weight"], Small(1).weight.data)


def test_weights_that_numpy_wrote_are_read(tmp_path):
    """In Fortran order, in float32, and with an entry called `file`, as np.savez would not take."""
    model = Small(1)
    arrays = model.state_dict()
    arrays["weight"] = np.asfortranarray(arrays["weight"].astype(np.float32))
    np.savez(tmp_path / "model.npz", **arrays)

    load(model, tmp_path / "model.npz")

    np.testing.assert_array_equal(model.weight.data, arrays["weight"].astype(np.float64))


def test_the_package_reads_the_weights_and_writes_ones_we_read(tmp_path):
    """A file without our checksum, as PyTorch writes it."""
    from safetensors.numpy import load_file, save_file

    model = Small(1)
    save(model, tmp_path / "ours.safetensors")
    assert same(load_file(tmp_path / "ours.safetensors"), model.state_dict())

    save_file(Small(2).state_dict(), tmp_path / "theirs.safetensors")
    load(model, tmp_path / "theirs.safetensors")
    assert same(model.state_dict(), Small(2).state_dict())


def test_arrays_of_any_layout_and_byte_order_are_kept(path):
    arrays = {
        "transposed": np.arange(6.0).reshape(2, 3).T,
        "strided": np.arange(10)[::-2],
        "big": np.arange(3, dtype=">f4"),
        "empty": np.zeros((0, 3)),
        "file": np.array(True),
        "../weird name": np.float16([1.5]),
        "single": np.array(2, np.uint8),
    }
    storage.write(path, arrays)

    back = storage.read(path).arrays

    assert back.keys() == arrays.keys()
    for key, array in arrays.items():
        np.testing.assert_array_equal(back[key], array)
        assert back[key].dtype == array.dtype.newbyteorder("=")
        assert back[key].flags.writeable


def test_an_array_that_another_program_wrote_in_another_byte_order_is_read_in_ours(tmp_path):
    np.savez(
        tmp_path / "theirs.npz", big=np.arange(3, dtype=">f4"), small=np.arange(3, dtype="<f4")
    )
    back = storage.read(tmp_path / "theirs.npz").arrays
    assert {name: array.dtype.isnative for name, array in back.items()} == {
        "big": True, "small": True,
    }  # fmt: skip
    assert back["big"].tolist() == back["small"].tolist() == [0.0, 1.0, 2.0]


def test_the_same_weights_give_the_same_bytes(path):
    save(Small(1), path)
    first = path.read_bytes()
    save(Small(1), path)

    assert path.read_bytes() == first


@pytest.mark.parametrize("name", ["model.pt", "model", "model.npz.bak"])
def test_another_suffix_is_refused(tmp_path, name):
    for action in (save, load):
        with pytest.raises(ValueError, match=r"suffix must be \.npz or \.safetensors, got"):
            action(Small(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_module_is_refused(tmp_path):
    with pytest.raises(TypeError, match="model must be a Module, got dict"):
        save({}, tmp_path / "model.npz")
    with pytest.raises(TypeError, match="model must be a Module, got str"):
        load("model.npz", Small())


def test_without_the_package_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    (tmp_path / "old.safetensors").write_bytes(b"something")

    with pytest.raises(ImportError, match=r"pip install twingrad\[safetensors\]"):
        save(Small(), tmp_path / "model.safetensors")
    with pytest.raises(ImportError, match=r"pip install twingrad\[safetensors\]"):
        load(Small(), tmp_path / "old.safetensors")


def test_weights_that_do_not_fit_are_listed_and_nothing_is_loaded(path):
    class Other(Small):
        def __init__(self):
            super().__init__()
            self.weight = Parameter(np.zeros((2, 2)))
            self.bias = Parameter(np.zeros(2))

    save(Small(1), path)
    other = Other()
    before = other.state_dict()

    with pytest.raises(ValueError, match=r"(?s)missing: bias.*expected shape \(2, 2\), got \(3, 2"):
        load(other, path)

    assert same(other.state_dict(), before)


def test_not_strict_says_what_was_passed_over(path):
    save(Small(1), path)
    model = Holder()

    missing, unexpected = load(model, path, strict=False)

    assert len(missing) == 6
    assert sorted(unexpected) == ["count", "scale", "weight"]


# --- whole or not at all ---


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_crash_while_writing_leaves_the_old_file_and_nothing_else(path, monkeypatch, step):
    save(Small(1), path)
    before = path.read_bytes()

    def crash(*_arguments):
        raise OSError("the disk is full")

    monkeypatch.setattr(storage.os, step, crash)
    with pytest.raises(OSError, match="disk is full"):
        save(Small(2), path)

    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_an_interrupt_while_writing_leaves_nothing_else_either(path, monkeypatch):
    """Ctrl-C is no Exception."""

    def interrupt(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(storage.os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(Small(1), path)

    assert list(path.parent.iterdir()) == []


def test_a_disk_that_takes_no_new_file_is_what_the_error_is_about(path, monkeypatch):
    save(Small(1), path)

    def crash(*_arguments):
        raise OSError("the disk is full")

    monkeypatch.setattr("builtins.open", crash)  # not even the temporary file is there
    with pytest.raises(OSError, match="disk is full"):
        save(Small(2), path)
    monkeypatch.undo()

    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_what_cannot_be_saved_leaves_the_old_file(path):
    save_training(path, epoch=1)
    before = path.read_bytes()

    with pytest.raises(TypeError, match="parts/hook/state cannot be saved: function"):
        save_training(path, epoch=2, hook=lambda: None)

    assert path.read_bytes() == before


def test_the_bytes_reach_the_disk_before_the_name(path, monkeypatch):
    steps = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(storage.os, "fsync", lambda n: (steps.append("fsync"), fsync(n)))
    monkeypatch.setattr(
        storage.os, "replace", lambda a, b: (steps.append(Path(a).parent), replace(a, b))
    )

    save(Small(), path)

    assert steps[:2] == ["fsync", path.parent]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder .*absent to write model\.npz in"):
        save(Small(), tmp_path / "absent" / "model.npz")


def test_a_link_stays_a_link_and_permissions_stay(path):
    save(Small(1), path)
    path.chmod(0o640)
    link = path.with_name(f"link{path.suffix}")
    link.symlink_to(path)

    save(Small(2), link)

    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    model = Small()
    load(model, path)
    assert same(model.state_dict(), Small(2).state_dict())


# --- damaged and hostile files ---


def test_a_file_that_is_not_there_is_named(path):
    with pytest.raises(FileNotFoundError, match="model"):
        load(Small(), path)


def refused(path, message=""):
    """The file is refused, by name, and nothing is loaded."""
    model = Small(5)
    with pytest.raises(CheckpointError, match=rf"(?s){path.name} was not loaded: .*{message}"):
        load(model, path)
    return same(model.state_dict(), Small(5).state_dict())


def test_a_truncated_file_is_refused(path):
    save(Small(1), path)
    raw = path.read_bytes()

    for length in range(len(raw)):
        path.write_bytes(raw[:length])
        assert refused(path)


def test_no_flipped_bit_changes_a_weight_unnoticed(path):
    """Each bit of the file in turn: it is refused, or (an unused field) means the same."""
    model = Small(1)
    save(model, path)
    raw = path.read_bytes()
    noticed = 0

    for i in range(len(raw)):
        bad = bytearray(raw)
        bad[i] ^= 1 << i % 8
        path.write_bytes(bad)
        other = Small(5)
        try:
            load(other, path, strict=False)
        except CheckpointError:
            noticed += 1
            assert same(other.state_dict(), Small(5).state_dict())
        else:
            assert same(other.state_dict(), model.state_dict())

    assert noticed > 0.5 * len(raw)


def test_every_flipped_bit_of_a_weight_is_noticed(path):
    save(Small(1), path)
    raw = path.read_bytes()
    start = raw.index(np.asarray(Small(1).weight.data).tobytes())

    for i in range(48 * 8):
        bad = bytearray(raw)
        bad[start + i // 8] ^= 1 << i % 8
        path.write_bytes(bad)
        assert refused(path, "CRC-32|checksum")


def retyped(raw, suffix):
    """A file of the same bytes for its weights, said to be integers; all else fits together."""
    if suffix == ".safetensors":
        return raw.replace(b'"dtype":"F64"', b'"dtype":"I64"')
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(packed, "w") as new:
        for entry in old.infolist():
            data = old.read(entry).replace(b"'<f8'", b"'<i8'").replace(b"'>f8'", b"'>i8'")
            new.writestr(zipfile.ZipInfo(entry.filename), data)
        new.comment = old.comment
    return packed.getvalue()


def test_the_checksum_is_of_the_dtype_too(path):
    """Bits of floats that are read as integers are other numbers."""
    save(Small(1), path)
    raw = path.read_bytes()
    changed = retyped(raw, path.suffix)
    assert changed != raw
    path.write_bytes(changed)

    assert refused(path, "checksum")


def reshaped(arrays):
    """The same arrays in one axis each."""
    return {name: array.reshape(-1) for name, array in arrays.items()}


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays, text: (reshaped(arrays), text),
        lambda arrays, text: ({"b": arrays["a"], "c": arrays["b"]}, text),
        lambda arrays, text: ({"a": arrays["b"], "b": arrays["a"]}, text),
        lambda arrays, text: ({"a": arrays["a"]}, text),
        lambda arrays, text: ({**arrays, "a": -arrays["a"]}, text),
        lambda arrays, text: ({**arrays, "a": arrays["a"].astype(np.float32)}, text),
        lambda arrays, text: ({**arrays, "a": arrays["a"].view(np.int64)}, text),
        lambda arrays, text: (arrays, text + " "),
    ],
)
def test_everything_a_file_says_is_in_its_checksum(change):
    arrays = {"a": np.arange(6.0).reshape(2, 3), "b": np.zeros((2, 3))}
    before = storage._checksum(arrays, "{}")

    assert storage._checksum(dict(reversed(arrays.items())), "{}") == before
    assert storage._checksum(*change(arrays, "{}")) != before


@pytest.mark.parametrize("raw", [b"", b"PK", b"not weights", b"\x00" * 100, b"\xff" * 100])
def test_a_file_of_something_else_is_refused(path, raw):
    path.write_bytes(raw)

    assert refused(path)


def test_a_pickle_is_refused_and_not_run(path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was run",))

    path.write_bytes(pickle.dumps(Trap()))

    assert refused(path)


def npz(path, **entries):
    """A .npz of raw entries."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, raw in entries.items():
            archive.writestr(f"{name}.npy", raw)


def npy(header, data=b"", version=1):
    """A .npy file with a header of one's own."""
    text = repr(header).encode() + b"\n"
    length = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + data


def header(descr="<f8", shape=(3, 2), fortran=False):
    return {"descr": descr, "fortran_order": fortran, "shape": shape}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (npy(header(), bytes(40)), r"shape \(3, 2\) of float64, but holds 40 bytes"),
        (npy(header(), bytes(56)), "holds 56 bytes"),
        (npy(header(shape=(10**12,)), bytes(48)), "1000000000000,.*holds 48 bytes"),
        (npy(header(shape=(0, 10**30))), "."),
        (npy(header(shape=(-3, -2)), bytes(48)), r"shape \(-3, -2\)"),
        (npy(header(shape=(1,) * 100), bytes(8)), "."),
        (npy(header(shape="x"), bytes(48)), "shape"),
        (npy(header("|O"), bytes(48)), "'weight' has dtype object"),
        (npy(header("<c16", (3,)), bytes(48)), "dtype complex128: only real"),
        (npy(header("<U2", (6,)), bytes(48)), "dtype <U2"),
        (npy(header([("a", "<f8")], (6,)), bytes(48)), "only real numbers"),
        (npy(header("nonsense"), bytes(48)), "descr"),
        (npy(header(), bytes(48), version=3), "version"),
        (npy(header(), bytes(48))[:20], "."),
        (npy("(" * 5000, bytes(48)), "."),
        (b"not an array", "magic"),
        (b"", "."),
    ],
)
def test_a_hostile_array_is_refused(tmp_path, raw, message):
    path = tmp_path / "model.npz"
    npz(path, weight=raw)

    assert refused(path, message)


def test_an_array_of_objects_is_refused(tmp_path):
    path = tmp_path / "model.npz"
    np.savez(path, weight=np.array([None, {}], dtype=object))

    assert refused(path, "dtype object")


def test_version_2_of_the_array_format_is_read(tmp_path):
    path = tmp_path / "model.npz"
    npz(path, weight=npy(header(), np.arange(6.0).tobytes(), version=2))
    model = Small()

    load(model, path, strict=False)

    assert model.weight.tolist() == [[0, 1], [2, 3], [4, 5]]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = tmp_path / "model.npz"
    np.savez_compressed(path, weight=np.zeros(10**6))
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("unpacked"))

    assert refused(path, "'weight.npy' is compressed")


@pytest.mark.parametrize("more", [-1, 1, 10**6])
def test_a_stored_entry_whose_two_sizes_differ_is_refused_before_it_is_read(
    tmp_path, monkeypatch, more
):
    """The directory says "not compressed", and that unpacking changes the size all the same."""
    path = tmp_path / "model.npz"
    npz(path, weight=npy(header(), bytes(48)))
    raw = bytearray(path.read_bytes())
    sizes = raw.index(b"PK\x01\x02") + 20  # four bytes each: packed, unpacked
    packed = int.from_bytes(raw[sizes : sizes + 4], "little")
    raw[sizes + 4 : sizes + 8] = (packed + more).to_bytes(4, "little")
    path.write_bytes(raw)
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("unpacked"))

    assert refused(path, "'weight.npy' is compressed")


def test_entries_that_overlap_are_refused(tmp_path):
    """Many names for the same bytes: small on the disk, large in memory."""
    path = tmp_path / "model.npz"
    npz(path, a0=npy(header(), bytes(48)), b0=npy(header(), bytes(48)))
    raw = path.read_bytes()
    directory = raw.index(b"PK\x01\x02")
    end = raw.index(b"PK\x05\x06")
    first = raw[directory : raw.index(b"PK\x01\x02", directory + 4)]
    many = b"".join(first.replace(b"a0.npy", f"{i:02}.npy".encode()) for i in range(30))
    tail = bytearray(raw[end:])
    tail[8:12] = (30).to_bytes(2, "little") * 2
    tail[12:16] = len(many).to_bytes(4, "little")
    path.write_bytes(raw[:directory] + many + tail)

    assert refused(path, "overlap|Overlap")


@pytest.mark.filterwarnings("ignore:Duplicate name")  # that is what is being made
def test_a_name_that_stands_twice_is_refused(tmp_path):
    path = tmp_path / "model.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for _ in range(2):
            archive.writestr("weight.npy", npy(header(), bytes(48)))

    assert refused(path, "'weight.npy' twice")


def test_many_names_are_not_each_compared_with_all_others(tmp_path):
    """A file of three megabytes with 30,000 names took seven seconds to refuse."""
    path = tmp_path / "model.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(1000):
            archive.writestr(zipfile.ZipInfo(f"{i}.npy"), b"")
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    looked_at = []

    class Counted(str):
        def __eq__(self, other):
            looked_at.append(other)
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    for entry in entries:
        entry.filename = Counted(entry.filename)
    storage._check_entries(entries, path.stat().st_size)
    assert len(looked_at) < 4 * len(entries)


def test_an_entry_that_is_no_array_is_refused(tmp_path):
    path = tmp_path / "model.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("evil.py", "import os")

    assert refused(path, "'evil.py', which is not an array")


def safetensors(path, head, data=b""):
    text = json.dumps(head).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F64", "shape": [3, 2], "data_offsets": [0, 40]},
        {"dtype": "F64", "shape": [10**12], "data_offsets": [0, 48]},
        {"dtype": "F64", "shape": [3, 2], "data_offsets": [0, 10**15]},
        {"dtype": "F64", "shape": [-3, -2], "data_offsets": [0, 48]},
        {"dtype": "BF16", "shape": [24], "data_offsets": [0, 48]},
        {"dtype": "C64", "shape": [6], "data_offsets": [0, 48]},
        {"dtype": "object", "shape": [6], "data_offsets": [0, 48]},
        "weight",
    ],
)
def test_a_hostile_header_is_refused(tmp_path, entry):
    path = tmp_path / "model.safetensors"
    safetensors(path, {"weight": entry}, bytes(48))

    assert refused(path)


def test_numbers_that_numpy_has_not_are_named(tmp_path):
    path = tmp_path / "model.safetensors"
    entry = {"dtype": "BF16", "shape": [24], "data_offsets": [0, 48]}
    safetensors(path, {"weight": entry}, bytes(48))

    assert refused(path, "type BF16, which NumPy has not: write them as float32")


def test_a_header_that_is_longer_than_the_file_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes((2**62).to_bytes(8, "little") + b"{}")

    assert refused(path)


def test_what_the_formats_cannot_hold_is_refused(path):
    for array in (np.array([None]), np.array(["a"]), np.array([1j]), [1.0]):
        with pytest.raises(TypeError, match="'x' must be an array of real numbers or bools"):
            storage.write(path, {"x": array})
    assert not path.exists()


def test_safetensors_refuses_what_is_wider_than_64_bits(tmp_path):
    with pytest.raises(TypeError, match=r"'x' is .*, which a \.safetensors file cannot hold"):
        storage.write(tmp_path / "x.safetensors", {"x": np.zeros(2, np.longdouble)})


# --- nested state ---


def test_nested_state_comes_back_the_same():
    state = {
        "none": None, "flag": True, "big": 2**127 + 1, "float": 0.1, "inf": float("inf"),
        "text": "ü", "tuple": (0.9, (1, [2])), "list": [[], {}], "ints": {0: "a", 5: {"b": 1}},
        "$array": "not a mark", "numpy": (np.float32(0.1), np.int64(3), np.bool_(True)),
    }  # fmt: skip
    arrays, text = pack(state)

    back = unpack(arrays, text)

    assert arrays == {}
    assert back == {**state, "numpy": (float(np.float32(0.1)), 3, True)}
    assert list(map(type, back["numpy"])) == [float, int, bool]


def test_arrays_of_both_tiers_are_kept_under_names_that_say_where_they_stood():
    a = np.arange(3.0)
    arrays, text = pack({"a": {"b": a}, "a/b": Tensor(a), "m": [ValueArray.of(a)], 7: Value(2.0)})

    assert list(arrays) == ["a/b", "a/b+", "m/0", "7"]
    assert {type(array) for array in arrays.values()} == {np.ndarray}
    back = unpack(arrays, text)
    assert back["a"]["b"].tolist() == back["a/b"].tolist() == back["m"][0].tolist() == [0, 1, 2]
    assert back[7] == 2.0


def test_an_array_alone_is_a_state():
    arrays, text = pack(np.ones(2))

    assert unpack(arrays, text).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"$array": "x"}', "mentions an array 'x', which is missing"),
        ('{"$array": 3}', "mark that means nothing here"),
        ('{"$code": "import os"}', r"means nothing here: '\$code'"),
        ('{"$tuple": [], "more": 1}', "means nothing here"),
        ("{", "Expecting"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", r"does not mention the arrays \['a'\]"),
    ],
)
def test_json_that_does_not_fit_its_arrays_is_refused(text, message):
    arrays = {"a": np.zeros(1)} if text == "[]" else {}
    with pytest.raises(ValueError, match=message):
        unpack(arrays, text)


# --- training runs ---


def test_a_run_holds_states_generators_and_plain_values(path):
    model, rng = Holder(1), np.random.default_rng(4)
    loader = DataLoader((np.arange(9),), 2, shuffle=True, rng=0)
    rng.random(3)
    next(iter(loader))
    save_training(
        path, model=model, loader=loader, rng=rng, epoch=3, losses=[0.5, float("nan")],
        best=np.arange(3),
    )  # fmt: skip
    drawn = rng.random(), model.second.rng.random()
    rest = [batch[0].tolist() for batch in loader]

    other, other_rng = Holder(7), np.random.default_rng()
    other_loader = DataLoader((np.arange(9),), 2, shuffle=True)
    values = load_training(path, model=other, loader=other_loader, rng=other_rng)

    assert same(other.state_dict(), Holder(1).state_dict())
    assert (other_rng.random(), other.second.rng.random()) == drawn
    assert sorted(values) == ["best", "epoch", "losses"]
    assert values["epoch"] == 3
    assert values["best"].tolist() == [0, 1, 2]
    assert len(rest) == 5
    assert len(list(other_loader)) == 4  # the pass under way is finished


def test_the_shared_generator_goes_on_too(path):
    manual_seed(0)
    save_training(path)
    drawn = default_generator().random()
    manual_seed(9)

    load_training(path)

    assert default_generator().random() == drawn


@pytest.mark.parametrize("kind", [np.random.MT19937, np.random.Philox, np.random.SFC64])
def test_generators_of_every_kind_are_kept(path, kind):
    rng = np.random.Generator(kind(3))
    save_training(path, rng=rng)
    drawn = rng.random(5)

    load_training(path, rng=rng)

    assert rng.random(5).tolist() == drawn.tolist()


def test_the_weights_of_a_run_can_be_loaded_alone(path):
    save_training(path, network=Small(1), epoch=2)
    model = Small(2)

    load(model, path)

    assert same(model.state_dict(), Small(1).state_dict())


def test_a_run_of_several_models_is_no_file_of_weights(path):
    save_training(path, a=Small(1), b=Small(2))

    with pytest.raises(CheckpointError, match="training run with 2 models: use load_training"):
        load(Small(), path)


def test_weights_alone_are_no_run(path):
    save(Small(), path)

    with pytest.raises(CheckpointError, match=r"weights only, not a training run: use nn\.load"):
        load_training(path, model=Small())


def test_all_that_has_a_state_must_be_given_and_nothing_else(path):
    save_training(path, model=Small(), rng=np.random.default_rng(0), epoch=1)

    with pytest.raises(ValueError, match=r"holds a 'rng', give it; it holds no 'optimizer'"):
        load_training(path, model=Small(), optimizer=DataLoader([1]))
    with pytest.raises(ValueError, match="'rng' is a state, the file has a generator"):
        load_training(path, model=Small(), rng=DataLoader([1]))
    with pytest.raises(ValueError, match="holds no 'epoch'"):
        load_training(path, model=Small(), rng=np.random.default_rng(), epoch=3)


def test_a_part_that_does_not_fit_puts_back_those_before_it(path):
    manual_seed(0)
    save_training(path, model=Holder(1), loader=DataLoader([1, 2, 3], rng=0))
    with_pass_under_way = DataLoader([1, 2, 3, 4], shuffle=True, rng=0)
    next(iter(with_pass_under_way))
    save_training(path, model=Holder(1), loader=with_pass_under_way)
    model, loader = Holder(2), DataLoader([1, 2, 3], rng=5)
    before = save_load._take(model), loader.state_dict(), manual_seed(1).bit_generator.state

    with pytest.raises(ValueError, match="does not fit loader: the saved pass is no order of 3"):
        load_training(path, model=model, loader=loader)

    assert same(model.state_dict(), before[0]["weights"])
    assert model.second.rng.bit_generator.state == before[0]["generators"]["second.rng"]
    assert loader.state_dict() == before[1]
    assert default_generator().bit_generator.state == before[2]


class Balance:
    """A part that changes before it finds that a state is not for it."""

    def __init__(self, amount):
        self.amount = amount

    def state_dict(self):
        return {"amount": self.amount}

    def load_state_dict(self, state):
        self.amount = state["amount"]
        if self.amount < 0:
            raise ValueError("an amount must not be negative")


def test_the_part_that_did_not_fit_is_put_back_too(path):
    save_training(path, first=Balance(1), wrong=Balance(-5), last=Balance(3))
    parts = {"first": Balance(10), "wrong": Balance(20), "last": Balance(30)}

    with pytest.raises(ValueError, match="does not fit wrong: an amount must not be negative"):
        load_training(path, **parts)

    assert [part.amount for part in parts.values()] == [10, 20, 30]


def test_a_part_whose_state_is_its_own_dict_is_put_back_too(path):
    """What was there before the loading is kept as a copy: the part may change it in place."""

    class Counter:
        def __init__(self, count):
            self.state = {"count": [count]}

        def state_dict(self):
            return self.state

        def load_state_dict(self, state):
            self.state["count"][:] = state["count"]
            if state["count"] == [2]:
                raise ValueError("2 is refused")

    save_training(path, first=Counter(1), second=Counter(2))
    parts = {"first": Counter(10), "second": Counter(20)}
    with pytest.raises(ValueError, match="does not fit second: 2 is refused"):
        load_training(path, **parts)
    assert [part.state["count"] for part in parts.values()] == [[10], [20]]


def test_a_model_is_put_back_whose_weights_fit_and_whose_generator_does_not(path):
    saved = Holder(1)
    saved.second.rng = np.random.Generator(np.random.MT19937(0))
    save_training(path, model=saved)
    model = Holder(2)
    before = model.state_dict()

    with pytest.raises(ValueError, match="does not fit model"):
        load_training(path, model=model)

    assert same(model.state_dict(), before)


def test_a_model_whose_layers_draw_otherwise_is_refused(path):
    save_training(path, model=Holder(1))
    model = Holder(2)
    del model.second.rng

    with pytest.raises(ValueError, match=r"hold generators \[\], the file has \['second.rng'\]"):
        load_training(path, model=model)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "null",
        '{"version": 1, "parts": {}}',
        '{"version": 2, "parts": {}, "shared": {}}',
        '{"version": 1, "parts": {"a": 3}, "shared": {}}',
        '{"version": 1, "parts": {"a": {"kind": "model"}}, "shared": {}}',
    ],
)
def test_a_run_of_another_form_is_refused(path, text):
    storage.write(path, {}, text)

    with pytest.raises(CheckpointError, match="was not loaded"):
        load_training(path)


def test_a_damaged_run_is_refused(path):
    save_training(path, model=Small(1), epoch=3)
    raw = bytearray(path.read_bytes())
    at = raw.index(b"epoch")
    raw[at] ^= 1
    path.write_bytes(raw)

    with pytest.raises(CheckpointError, match=r"CRC-32|checksum"):
        load_training(path, model=Small())


def test_text_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "run.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("twingrad.json", b"\xff\xfe")

    with pytest.raises(CheckpointError, match="decode"):
        load_training(path)
