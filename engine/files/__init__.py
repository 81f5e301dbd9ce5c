"""State in files: named arrays and JSON, in `.npz` and `.safetensors` files, never pickles.

`packing` turns nested state into named arrays and JSON, `storage` writes and checks the files,
`whole_files` puts them on the disk, `save_state` has `engine.save` and `engine.load`.  Others take
those; nn's checkpoints take `pack` and `unpack`, `read` and `write`, and the error that a damaged
file raises; viz takes `replace`, which writes a file whole or not at all, and `naming`, by which an
error of the disk says which file it is about.  A file format is added in `storage`.
"""

from .packing import pack as pack, unpack as unpack
from .save_state import load as load, save as save
from .storage import CheckpointError as CheckpointError, read as read, write as write
from .whole_files import PathLike as PathLike, naming as naming, replace as replace
