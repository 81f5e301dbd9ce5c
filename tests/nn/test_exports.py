"""What nn exports: all that its open rooms list, functions as functions, and nothing by magic."""

import ast
import inspect

import pytest

import nn

OPEN_ROOMS = [nn.layers, nn.losses, nn.optim]


@pytest.mark.parametrize("room", OPEN_ROOMS, ids=lambda room: room.__name__)
def test_nn_exports_what_an_open_room_lists(room):
    assert [
        name for name in room.__all__ if getattr(nn, name, None) is not getattr(room, name)
    ] == []


@pytest.mark.parametrize("room", OPEN_ROOMS, ids=lambda room: room.__name__)
def test_an_open_room_lists_what_its_door_imports(room):
    body = ast.parse(inspect.getsource(room)).body
    taken = [x for x in body if isinstance(x, ast.ImportFrom) and x.module]  # else a module
    assert set(room.__all__) == {alias.name for x in taken for alias in x.names}


@pytest.mark.parametrize(
    "name", ["linear", "dropout", "embedding", "cross_entropy", "conv2d", "layer_norm", "mse_loss"]
)
def test_functions_of_a_family_are_functions_of_nn_too(name):
    assert inspect.isfunction(getattr(nn, name))
    assert getattr(nn, name) is getattr(nn.functional, name)


def test_a_name_that_is_not_there_is_seen_by_mypy():
    """A `def __getattr__` would make it take every typo, `nn.Linaer`, for a name."""
    assert not hasattr(nn, "Linaer")
    assert "__getattr__" not in inspect.getsource(nn)
