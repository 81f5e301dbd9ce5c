"""Checkpoints: weights of a model, and whole training runs, saved and loaded.

`save_load` says what is saved of what, `packing` turns nested state into named arrays and JSON,
`storage` writes and checks the files, `whole_files` puts them on the disk.  Others take the four
functions, the error that a damaged file raises, `replace`, which writes a file whole or not at
all, and `naming`, by which an error of the disk says which file it is about; whatever has
`state_dict` and `load_state_dict` can be part of a training run.  A file format is added in
`storage`.
"""

from .save_load import (
    load as load,
    load_training as load_training,
    save as save,
    save_training as save_training,
)
from .storage import CheckpointError as CheckpointError
from .whole_files import PathLike as PathLike, naming as naming, replace as replace
