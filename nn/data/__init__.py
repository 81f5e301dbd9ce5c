"""Data: sets of samples, loaders that give them in batches, random splits.

`dataset` has the sets, `loader` the `DataLoader`, `samplers` say in which order it takes samples,
`collate` makes a batch of them, `chunked` reads arrays that are larger than memory.  Others take
the names exported here, the bundled data sets of `nn.datasets` among them.  To add a dataset, write
it into `nn.datasets`, or a class into `dataset`.
"""

from ..datasets import (
    digits_split as digits_split,
    load_digits as load_digits,
    load_names as load_names,
    make_moons as make_moons,
    make_spirals as make_spirals,
)
from .collate import default_collate as default_collate
from .dataset import (
    ConcatDataset as ConcatDataset,
    Dataset as Dataset,
    IterableDataset as IterableDataset,
    Subset as Subset,
    TensorDataset as TensorDataset,
    random_split as random_split,
)
from .loader import DataLoader as DataLoader
from .samplers import (
    BatchSampler as BatchSampler,
    RandomSampler as RandomSampler,
    Sampler as Sampler,
    SequentialSampler as SequentialSampler,
    SubsetRandomSampler as SubsetRandomSampler,
    WeightedRandomSampler as WeightedRandomSampler,
)
