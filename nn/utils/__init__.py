"""What PyTorch keeps in `torch.nn.utils`, under that path, and `data` as in `torch.utils.data`.

`clip_grad_norm_` and `clip_grad_value_` are `nn.optim`'s; `vectors` has parameters as one vector.
"""

from ..optim import clip_grad_norm_ as clip_grad_norm_, clip_grad_value_ as clip_grad_value_
from . import data as data
from .vectors import (
    parameters_to_vector as parameters_to_vector,
    vector_to_parameters as vector_to_parameters,
)
