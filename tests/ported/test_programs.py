"""Programs written for PyTorch run here with no edits beyond their imports, to the same numbers."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from ported.brought.lectures import V
from ported.ways import PROGRAMS, run

import engine
import nn
from nn import functional as F, optim

STORED = json.loads(
    (Path(__file__).parents[1] / "golden/torch_ports.json").read_text(encoding="utf-8")
)
#: `std()` divides by n, as NumPy's; PyTorch's by n - 1 (`docs/porting.md`): where, and n.
SPREADS = {
    ("bigram_net", "spread"): V * V,
    ("statistics_of_layers", "spread"): 160,
    ("statistics_of_layers", "spread of gradients"): 160,
}
#: Numbers that a program itself rounds to single precision, by `float()`.
ROUNDED = {"bigram_counts": 1e-6, "statistics_of_layers": 1e-6}


def same(ours, theirs, rtol, where):
    """Compare words and whole numbers exactly, floats to a relative error of the largest."""
    if isinstance(theirs, list) and any(isinstance(x, float | list) for x in theirs):
        assert len(ours) == len(theirs), where
        if all(np.shape(x) == np.shape(theirs[0]) for x in theirs):
            error = np.max(np.abs(np.subtract(ours, theirs)))
            assert error <= rtol * np.max(np.abs(theirs)) + 1e-15, where
        else:
            for one, other in zip(ours, theirs, strict=True):
                same(one, other, rtol, where)
    elif isinstance(theirs, float):
        assert ours == pytest.approx(theirs, rel=rtol), where
    else:
        assert ours == theirs, where


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_gives_pytorchs_numbers(name):
    found = run(PROGRAMS[name], torch=engine, nn=nn, F=F, optim=optim)

    assert found.keys() == STORED[name].keys()
    for key, theirs in STORED[name].items():
        if n := SPREADS.get((name, key)):
            theirs = (np.array(theirs) * math.sqrt((n - 1) / n)).tolist()
        same(found[key], theirs, ROUNDED.get(name, 1e-9), f"{name}: {key}")
