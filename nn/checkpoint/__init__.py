"""Saving and loading: weights of a model, and whole training runs."""

from .save_load import (
    load as load,
    load_training as load_training,
    save as save,
    save_training as save_training,
)
from .storage import CheckpointError as CheckpointError, PathLike as PathLike
