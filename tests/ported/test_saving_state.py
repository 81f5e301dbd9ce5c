"""`engine.save` and `engine.load`: PyTorch's calls; files that hold numbers, never a program."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

import engine as torch
import nn
from engine import CheckpointError, Tensor, Value, ValueArray
from nn import optim


def model_of(seed):
    return nn.Sequential(nn.Linear(3, 4, rng=seed), nn.Tanh(), nn.Linear(4, 1, rng=seed + 1))


def weights(model):
    return {name: p.tolist() for name, p in model.named_parameters()}


@pytest.fixture(params=["model.pt", "model.npz", "model.safetensors", "model", "BytesIO"])
def file(request, tmp_path):
    if request.param.endswith("safetensors"):
        pytest.importorskip("safetensors")
    return io.BytesIO() if request.param == "BytesIO" else tmp_path / request.param


def rewound(file):
    """The file, ready to be read."""
    if isinstance(file, io.BytesIO):
        file.seek(0)
    return file


def test_a_models_weights_come_back(file):
    model, other = model_of(0), model_of(5)
    torch.save(model.state_dict(), file)
    other.load_state_dict(torch.load(rewound(file), map_location="cpu", weights_only=True))
    assert weights(other) == weights(model)


def test_a_training_goes_on_from_a_file(file):
    def step(model, optimizer):
        optimizer.zero_grad()
        model(np.ones((2, 3))).sum().backward()
        optimizer.step()

    model = model_of(0)
    adam = optim.Adam(model.parameters(), lr=0.1)
    step(model, adam)
    torch.save({"model": model.state_dict(), "optimizer": adam.state_dict(), "epoch": 3}, file)

    saved = torch.load(rewound(file))
    other = model_of(7)
    other.load_state_dict(saved["model"])
    resumed = optim.Adam(other.parameters())
    resumed.load_state_dict(saved["optimizer"])
    step(model, adam)
    step(other, resumed)
    assert weights(other) == weights(model)
    assert saved["epoch"] == 3


def test_what_is_saved_comes_back_as_what_it_was(file):
    state = {
        "w": Tensor([[1.0, 2.0]], dtype=np.float32), "b": torch.ones(2, requires_grad=True),
        "array": np.arange(3), "none": None, "name": "gpt", "lr": 0.1, "nan": float("inf"),
        "shape": (2, [3, True]), "stoi": {"a": 1}, "itos": {1: "a", 2: "b"},
    }  # fmt: skip
    torch.save(state, file)
    back = torch.load(rewound(file))
    assert list(back) == list(state)
    w, b, array = back.pop("w"), back.pop("b"), back.pop("array")
    assert (type(w), w.tolist(), w.dtype) == (Tensor, [[1.0, 2.0]], np.float32)
    assert (w.requires_grad, b.requires_grad, b.is_leaf) == (False, True, True)
    assert (type(array), array.tolist()) == (np.ndarray, [0, 1, 2])
    assert back == {key: x for key, x in state.items() if key not in ("w", "b", "array")}
    b.sum().backward()  # on memory of its own
    with torch.no_grad():
        b -= 1.0
    assert b.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("state", [[1, 2.5, "x"], "text", 3, None, {}, []])
def test_plain_state_comes_back(state, tmp_path):
    torch.save(state, tmp_path / "state.pt")
    assert torch.load(tmp_path / "state.pt") == state


def test_a_single_tensor_comes_back(tmp_path):
    torch.save(torch.arange(3), tmp_path / "x.pt")
    x = torch.load(tmp_path / "x.pt")
    assert (type(x), x.tolist()) == (Tensor, [0, 1, 2])


def test_what_holds_values_comes_back_as_arrays(tmp_path):
    torch.save({"v": Value(2.0), "w": ValueArray.of([1.0, 2.0])}, tmp_path / "values.pt")
    back = torch.load(tmp_path / "values.pt")
    assert {name: x.tolist() for name, x in back.items()} == {"v": 2.0, "w": [1.0, 2.0]}


def test_weights_are_in_the_format_of_nn_and_numpy(tmp_path):
    model = model_of(0)
    torch.save(model.state_dict(), tmp_path / "model.npz")
    nn.save(model, tmp_path / "same.npz")
    assert (tmp_path / "model.npz").read_bytes() == (tmp_path / "same.npz").read_bytes()
    other = model_of(3)
    nn.load(other, tmp_path / "model.npz")
    assert weights(other) == weights(model)
    with np.load(tmp_path / "model.npz") as theirs:
        assert set(theirs) == set(weights(model))
    np.savez(tmp_path / "numpys.npz", a=np.ones(2))
    assert torch.load(tmp_path / "numpys.npz")["a"].tolist() == [1.0, 1.0]


def test_nn_load_says_who_reads_a_dict_of_states(tmp_path):
    torch.save({"model": model_of(0).state_dict()}, tmp_path / "run.npz")
    with pytest.raises(CheckpointError, match=r"is no training run of nn: engine\.load reads it"):
        nn.load(model_of(0), tmp_path / "run.npz")
    nn.save_training(tmp_path / "run.npz", model=model_of(0), epoch=3)
    assert torch.load(tmp_path / "run.npz")["parts"]["epoch"]["state"] == 3


# --- what is refused ---


def zip_of(path, names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"\x80\x02.")


@pytest.mark.parametrize("kind", ["torch", "pickle"])
def test_a_pickle_is_refused_and_never_read(kind, tmp_path):
    path = tmp_path / "model.pt"
    if kind == "torch":  # what torch.save writes since its version 1.6
        zip_of(path, ["model/data.pkl", "model/version", "model/data/0"])
    else:
        path.write_bytes(pickle.dumps({"w": np.ones(2)}))
    with pytest.raises(CheckpointError, match=r"model\.pt was not loaded: it is a pickle, which .*"
                       r"safetensors\.torch\.save_file\(model\.state_dict\(\)"):  # fmt: skip
        torch.load(path)
    with pytest.raises(CheckpointError, match="it is a pickle"):
        torch.load(path, weights_only=False)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "x.pt"
    objects = np.array([{}, None])
    np.savez(path.with_suffix(".npz"), a=objects)
    with pytest.raises(CheckpointError, match="dtype object: only real numbers and bools are read"):
        torch.load(path.with_suffix(".npz"))
    np.save(path.with_suffix(".npy"), np.ones(2))
    with pytest.raises(CheckpointError, match=r"it is one array, by np\.save: np\.load reads it"):
        torch.load(path.with_suffix(".npy"))
    path.write_text("hello, world")
    with pytest.raises(CheckpointError, match=r"x\.pt was .* neither a \.npz nor a \.safetensors"):
        torch.load(path)
    with pytest.raises(FileNotFoundError):
        torch.load(tmp_path / "missing.pt")
    with pytest.raises(ValueError, match="there is only the CPU"):
        torch.load(path, map_location="cuda")


def test_a_file_that_was_not_rewound_says_so():
    file = io.BytesIO()
    torch.save({"a": np.ones(2)}, file)
    with pytest.raises(CheckpointError, match=r"the file was not .* read to its end .*seek\(0\)"):
        torch.load(file)


def test_a_whole_model_is_refused_before_anything_is_written(tmp_path):
    path = tmp_path / "model.pt"
    with pytest.raises(TypeError, match=r"cannot be saved: Sequential is .*; save its state_dict"):
        torch.save(model_of(0), path)
    with pytest.raises(TypeError, match=r"^sets cannot be saved: set is neither a number.* these$"):
        torch.save({"sets": {1}}, path)
    assert not path.exists()


def test_json_of_another_form_is_refused(tmp_path):
    def written(text):
        path = Path(tmp_path / "made.npz")
        with zipfile.ZipFile(path, "w") as archive:
            entry = io.BytesIO()
            np.lib.format.write_array(entry, np.arange(2))
            archive.writestr("x.npy", entry.getvalue())
            archive.writestr("twingrad.json", text)
        return path

    for text, message in [
        ('{"$leaf": "x"}', "only floating-point tensors can require a gradient"),
        ('{"$dict": [[[], 1]], "x": {"$array": "x"}}', "means nothing here"),
        ('[{"$dict": [[[], 1]]}, {"$array": "x"}]', "unhashable"),
    ]:
        with pytest.raises(CheckpointError, match=message):
            torch.load(written(text))
    assert torch.load(written('{"$tensor": "x"}')).tolist() == [0, 1]
