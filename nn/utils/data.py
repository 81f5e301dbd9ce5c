"""`nn.data`, under the path of PyTorch's `torch.utils.data`."""

from ..data import (
    BatchSampler as BatchSampler,
    ConcatDataset as ConcatDataset,
    DataLoader as DataLoader,
    Dataset as Dataset,
    IterableDataset as IterableDataset,
    RandomSampler as RandomSampler,
    Sampler as Sampler,
    SequentialSampler as SequentialSampler,
    Subset as Subset,
    SubsetRandomSampler as SubsetRandomSampler,
    TensorDataset as TensorDataset,
    WeightedRandomSampler as WeightedRandomSampler,
    default_collate as default_collate,
    random_split as random_split,
)
