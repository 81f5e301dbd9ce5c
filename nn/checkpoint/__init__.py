"""Checkpoints: weights of a model, and whole training runs, saved and loaded.

`save_load` says what is saved of what, in the formats of `engine.files`.  Others take the four
functions, and the error that a damaged file raises; whatever has `state_dict` and
`load_state_dict` can be part of a training run.
"""

from engine.files import CheckpointError as CheckpointError

from .save_load import (
    load as load,
    load_training as load_training,
    save as save,
    save_training as save_training,
)
