"""Pickles of before the packages had rooms (tests/golden/make_pickles.py) load, and do the same."""

import base64
import json
import pickle
import sys
import zlib
from importlib import import_module, util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import engine
import nn
import viz  # noqa: F401 - says where its modules were
from engine.moved import Moved

GOLDEN = Path(__file__).with_name("golden") / "make_pickles.py"
STORED = json.loads(GOLDEN.with_name("pickles.json").read_text(encoding="utf-8"))

spec = util.spec_from_file_location("make_pickles", GOLDEN)
questions = util.module_from_spec(spec)
spec.loader.exec_module(questions)


def check_same(got, expected):
    """Numbers to rounding (another NumPy may add up in another order), all else exactly."""
    if isinstance(expected, dict):
        assert got.keys() == expected.keys()
        for name, one in expected.items():
            check_same(got[name], one)
    elif isinstance(expected, list):
        assert len(got) == len(expected)
        for x, y in zip(got, expected, strict=True):
            check_same(x, y)
    elif isinstance(expected, float):
        assert got == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True)
    else:
        assert got == expected


@pytest.mark.parametrize("name", STORED)
def test_a_pickle_of_before_loads_and_does_the_same(name):
    packed, question, expected = STORED[name]
    thing = pickle.loads(zlib.decompress(base64.b85decode(packed)))
    known = {"tolist": np.ndarray.tolist, "str": str, "repr": repr, **vars(questions)}
    check_same(known[question](thing), expected)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("engine.scalar_backward", "FROZEN"),
        ("engine.tensor_data", "TensorData"),
        ("engine.explain", "Contribution"),
        ("engine.reductions", "std"),
        ("engine.comparison", "Row"),
        ("engine.comparison", "Finite"),
        ("engine.lockstep", "Difference"),
        ("engine.lockstep", "Contradiction"),
        ("engine.core", "elementwise"),
        ("engine.core", "shape_op"),
        ("nn.collate", "default_collate"),
        ("nn.slots", "ValuesSlot"),
        ("nn.progress", "Progress"),
        ("nn.linear", "linear"),
        ("viz.boxes", "Cluster"),
        ("viz.expression", "Expression"),
        ("viz.heat", "Heat"),
        ("viz.measure", "Meter"),
        ("viz.names", "trace"),
        ("viz.steps", "Names"),
        ("viz.render", "RenderError"),
        ("viz.difference", "diff"),
        ("viz.dot", "to_dot"),
        ("viz.side_by_side", "side_by_side"),
        ("viz.curves", "dashboard"),
        ("viz.images", "image_grid"),
        ("viz.samples", "sample_grid"),
    ],
)
def test_names_of_before_are_found_where_they_are_now(module, name):
    assert hasattr(import_module(module), name)


def test_what_is_nowhere_is_missed_under_the_old_name_too():
    with pytest.raises(AttributeError, match=r"module 'nn\.linear' has no attribute 'Linaer'"):
        import_module("nn.linear").Linaer  # noqa: B018 - the look-up is under test
    with pytest.raises(AttributeError, match=r"module 'engine\.graph' has no attribute 'tree'"):
        import_module("engine.graph").tree  # noqa: B018 - the look-up is under test


def test_an_old_name_has_no_attributes_of_a_module_s_own():
    """Tools look for `__file__` and the like in every module there is: nothing is imported then."""
    assert not hasattr(import_module("nn.linear"), "__file__")


def test_no_module_stands_behind_one_that_only_was():
    """An old name taken again would be shadowed by its stand-in."""
    root = Path(engine.__file__).parent.parent
    gone = [name for name, module in sys.modules.items() if type(module) is Moved]
    assert len(gone) > 50
    for name in gone:
        path = root.joinpath(*name.split("."))
        assert not path.with_suffix(".py").exists(), name
        assert not path.exists(), name


def test_importing_an_old_name_does_not_hide_a_function():
    """`nn.linear` was a module, and is a function."""
    import_module("nn.linear")
    assert not isinstance(getattr(nn, "linear", None), ModuleType)
