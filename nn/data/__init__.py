"""Data sets, loaders and splits; the bundled data sets of `nn.datasets` are here by name too."""

from ..datasets import (
    digits_split as digits_split,
    load_digits as load_digits,
    load_names as load_names,
    make_moons as make_moons,
    make_spirals as make_spirals,
)
from .collate import default_collate as default_collate
from .loading import (
    DataLoader as DataLoader,
    Dataset as Dataset,
    Subset as Subset,
    TensorDataset as TensorDataset,
    random_split as random_split,
    set_generator_state as set_generator_state,
)
