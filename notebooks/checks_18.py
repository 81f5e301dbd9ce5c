"""Checks of notebook 18: names and transposes of weights, and a reader of their files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

import nn

from .exercise import Hint, exercise, expect, near

KINDS = {"float64": "F64", "float32": "F32", "int64": "I64"}


def packed(
    arrays: Mapping[str, np.ndarray],
    about: Mapping[str, str] | None = None,
    listed: Sequence[str] | None = None,
) -> bytes:
    """Arrays as the bytes of a .safetensors file, written out plainly.

    Args:
        about: what `__metadata__` says.
        listed: the names in the order in which the header has them; the numbers keep theirs.

    >>> raw = packed({"b": np.array([1.0, 2.0])})
    >>> int.from_bytes(raw[:8], "little"), len(raw)
    (64, 88)
    >>> raw[8:72].decode().strip()
    '{"b": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}}'
    """
    header: dict[str, Any] = {}
    data = b""
    for name, array in arrays.items():
        ends = [len(data), len(data) + array.nbytes]
        header[name] = {
            "dtype": KINDS[array.dtype.name], "shape": list(array.shape), "data_offsets": ends,
        }  # fmt: skip
        data += array.astype(array.dtype.newbyteorder("<")).tobytes()
    first: dict[str, Any] = {"__metadata__": dict(about)} if about else {}
    text = json.dumps(first | {name: header[name] for name in listed or header}).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data


def _network(sizes: Sequence[int]) -> nn.Sequential:
    """Linear, ReLU, Linear, ... Linear."""
    layers: list[nn.Module] = []
    for i, (inputs, outputs) in enumerate(pairwise(sizes)):
        layers += [nn.ReLU()] if i else []
        layers.append(nn.Linear(inputs, outputs, rng=i))
    return nn.Sequential(*layers)


def _named(found: Any, right: set[str]) -> dict[str, Any]:
    """The answer, if it is a dict with the right names."""
    expect(isinstance(found, dict), f"A dict is needed, and yours is a {type(found).__name__}.")
    odd = [name for name in found if not isinstance(name, str)]
    expect(not odd, f"The names are strings such as '0.weight', and you have {odd[:1]}.")
    gone, more = sorted(right - set(found)), sorted(set(found) - right)
    expect(
        not any(name.startswith("1.") for name in more),
        "There is a name that begins with 1: but number 1 in the Sequential is the ReLU, which has "
        "no weights. The Linears are number 0, number 2 and so on.",
    )
    expect(
        not gone or not all(name.endswith(".bias") for name in gone) or more,
        f"Missing: {', '.join(gone)}. A Linear has a weight and a bias.",
    )
    expect(not gone, f"Missing: {', '.join(gone)}. Yours has {', '.join(sorted(found))}.")
    expect(not more, f"Not in the Sequential: {', '.join(more)}.")
    return found


@exercise
def check_renamed(renamed: Callable[[dict[str, np.ndarray]], Any]) -> str:
    """fc1 and fc2 become 0 and 2."""
    for seed in (0, 1):
        rng = np.random.default_rng(seed)
        theirs = {
            "fc1.weight": rng.normal(size=(2, 3)), "fc1.bias": rng.normal(size=2),
            "fc2.weight": rng.normal(size=(2, 2)), "fc2.bias": rng.normal(size=2),
        }  # fmt: skip
        if seed:
            theirs = dict(sorted(theirs.items()))  # a file may hold them in another order
        given = dict(theirs)
        found = _named(renamed(given), {"0.weight", "0.bias", "2.weight", "2.bias"})
        expect(
            found is not given and list(given) == list(theirs),
            "Your function changed the dict it was given, and whoever called it has lost the old "
            "names: make a new dict.",
        )
        expect(
            not np.array_equal(np.asarray(found["0.weight"]), theirs["fc1.weight"].T),
            "You transposed 0.weight. PyTorch stores (outputs, inputs), as we do: leave it.",
        )
        for ours, name in (("0", "fc1"), ("2", "fc2")):
            for kind in ("weight", "bias"):
                near(
                    found[f"{ours}.{kind}"], theirs[f"{name}.{kind}"],
                    f"{ours}.{kind} should be {name}.{kind}, unchanged. Go by the names, not by "
                    "the order in the dict",
                )  # fmt: skip
                kept = np.asarray(found[f"{ours}.{kind}"]).dtype
                expect(kept == np.float64, f"{ours}.{kind} was float64, and yours is {kept}.")
    return "The same numbers under other names: PyTorch's model now runs here."


@exercise
def check_converted(converted: Callable[[list[tuple[np.ndarray, np.ndarray]]], Any]) -> str:
    """Kernels (in, out) become weights (out, in)."""
    _compare_layers(converted, [3, 4, 4, 2])
    _compare_layers(converted, [2, 3, 5, 4, 2], "It is right for three layers, and not for four: ")
    return "Their formula and ours give the same outputs."


def _compare_layers(
    converted: Callable[[list[tuple[np.ndarray, np.ndarray]]], Any],
    sizes: Sequence[int],
    before: str = "",
) -> None:
    rng = np.random.default_rng(0)
    theirs = [(rng.normal(size=(a, b)), rng.normal(size=b)) for a, b in pairwise(sizes)]
    model = _network(sizes)
    given = [*theirs]
    try:
        found = _named(converted(given), set(model.state_dict()))
    except (Hint, ValueError) as error:
        if before:
            raise Hint(f"{before}{error}") from error
        raise
    expect(
        len(given) == len(theirs),
        "Your function took the pairs out of the list it was given: go through it with a for.",
    )
    for i, (kernel, bias) in enumerate(theirs):
        weight = np.asarray(found[f"{2 * i}.weight"])
        square = kernel.shape[0] == kernel.shape[1]
        if weight.shape == kernel.shape and np.array_equal(weight, kernel):
            raise Hint(
                f"{2 * i}.weight is still (in, out)"
                + (": it is square, so its shape does not betray it. " if square else ". ")
                + "x @ weight.T has to be x @ kernel."
            )
        expect(
            weight.shape != kernel.shape[::-1] or not np.array_equal(weight.ravel(), kernel.ravel())
            or np.array_equal(weight, kernel.T),
            f"{2 * i}.weight has the right shape, but the numbers stand in the wrong places: "
            "reshape keeps their order, a transpose does not.",
        )  # fmt: skip
        near(weight, kernel.T, f"{2 * i}.weight should be the transpose of kernel {i}")
        near(found[f"{2 * i}.bias"], bias, f"{2 * i}.bias should be bias {i}, unchanged")
    model.load_state_dict({name: np.asarray(array) for name, array in found.items()})
    x = rng.normal(size=(5, sizes[0]))
    y = x
    for i, (kernel, bias) in enumerate(theirs):
        y = (np.maximum(y, 0) if i else y) @ kernel + bias
    near(model(x).numpy(), y, "The converted model should give what theirs gives")


@exercise
def check_read(read: Callable[[bytes], Any]) -> str:
    """A reader of .safetensors: length, JSON, numbers."""
    one = {"w": np.array([1.0, -2.0, 0.5])}
    _compare_file(read, one, packed(one), "a file with one array")
    two = {"b": np.array([3.0, 4.0]), "w": np.arange(6.0).reshape(2, 3)}
    _compare_file(read, two, packed(two), "a file with two arrays")
    mixed = {"w": np.arange(4, dtype=np.float32).reshape(2, 2), "n": np.array([7])}
    _compare_file(read, mixed, packed(mixed), "a file with an F32 and an I64")
    _compare_file(read, one, packed(one, {"made by": "hand"}), "a file with __metadata__")
    raw = packed(two, listed=["w", "b"])
    _compare_file(read, two, raw, "a file whose header names the arrays in another order")
    return "You can read the weights of any model that is published in this format."


def _compare_file(
    read: Callable[[bytes], Any], arrays: Mapping[str, np.ndarray], raw: bytes, which: str
) -> None:
    n = int.from_bytes(raw[:8], "little")
    try:
        found = read(raw)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Hint(
            "What you took for the header is not JSON. It is the n bytes after the first 8, and "
            'n = int.from_bytes(raw[:8], "little"): the lowest byte comes first.'
        ) from error
    except (KeyError, TypeError, AttributeError) as error:
        expect(
            "metadata" not in which,
            "The entry __metadata__ of the header is no tensor: words about the file. Skip it.",
        )
        raise error
    except ValueError as error:
        raise Hint(
            f"For {which}: {error}. Do the bytes begin at 8 + n + the first of data_offsets, end "
            "before 8 + n + the second, and are they taken for numbers of the type that the "
            "header names?"
        ) from error
    expect(isinstance(found, dict), f"A dict is needed, and yours is a {type(found).__name__}.")
    expect("__metadata__" not in found, "__metadata__ is no tensor: leave it out.")
    expect(set(found) == set(arrays), f"For {which}: it holds {', '.join(arrays)}.")
    for name, right in arrays.items():
        start, end = json.loads(raw[8 : 8 + n])[name]["data_offsets"]
        expect(
            not isinstance(found[name], dict),
            f"For {name!r} you return its entry in the header. Its numbers are in the bytes that "
            "come after the header.",
        )
        expect(
            isinstance(found[name], np.ndarray),
            f"For {name!r} an array is needed, and yours is a {type(found[name]).__name__}.",
        )
        got = found[name]
        for shift, said in ((0, "the beginning of the file"), (8, "byte 8"), (n, "byte n")):
            expect(
                got.tobytes() != raw[shift + start : shift + end],
                f"You count data_offsets from {said}. They count from the end of the header: from "
                "byte 8 + n.",
            )
        expect(
            got.dtype == right.dtype or got.shape != right.shape,
            f"For {which}: {name!r} is {got.dtype}, and the header says {KINDS[right.dtype.name]}.",
        )
        expect(
            "order" not in which or got.shape != right.shape or np.array_equal(got, right),
            f"For {which} the numbers of {name!r} are wrong: where they are is said by "
            "data_offsets, and not by the order of the names.",
        )
        near(got, right, f"For {which}, {name!r}")
