"""`nn.data`, under the path of PyTorch's `torch.utils.data`."""

from ..data import (
    DataLoader as DataLoader,
    Dataset as Dataset,
    Subset as Subset,
    TensorDataset as TensorDataset,
    default_collate as default_collate,
    random_split as random_split,
)
