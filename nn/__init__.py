"""Neural networks on the engine: layers, losses, optimizers, data, training.

What a user needs is here, by PyTorch's names: `nn.Linear`, `nn.linear`, `nn.Adam`, `nn.fit`.  The
rooms `layers`, `losses` and `optim` are open: all that their doors list in `__all__` is exported,
so that adding one touches its file and its room's door.  Of the other rooms, the names below are.
`viz` and the notebooks use what is exported here, and the rooms `callbacks`, `data`, `datasets`,
`examples`, `functional`, `init`, `optim` and `scalar` by name; `utils` has PyTorch's
paths to what others hold.  Behind a door nothing may be touched from outside.

On the ground floor: `module` (what every layer is), on `parameter`, `state`, `hooks` and
`unregistered`; `blocks`, `checks`, `half` (float16), `random`, `init`, `summary`.
"""

import sys as _sys

from engine import answer_in as _answer_in, moved as _moved

from . import (
    callbacks as callbacks,
    data as data,
    datasets as datasets,
    functional as functional,
    init as init,
    optim as optim,
    parallel as _parallel,
    scalar as scalar,
    utils as utils,
)
from .blocks import Hooked as Hooked
from .callbacks import (
    Callback as Callback,
    ClipGradNorm as ClipGradNorm,
    ClipGradValue as ClipGradValue,
    EarlyStopping as EarlyStopping,
    EpochHistory as EpochHistory,
    SaveBest as SaveBest,
    SaveTraining as SaveTraining,
    StepSchedule as StepSchedule,
)
from .checkpoint import (
    CheckpointError as CheckpointError,
    load as load,
    load_training as load_training,
    save as save,
    save_training as save_training,
)
from .data import (
    DataLoader as DataLoader,
    Dataset as Dataset,
    Subset as Subset,
    TensorDataset as TensorDataset,
    random_split as random_split,
)
from .layers import *
from .losses import *
from .module import Module as Module
from .optim import *
from .parallel import (
    Parallel as Parallel,
    ParallelError as ParallelError,
    Sweep as Sweep,
    sweep as sweep,
)
from .parameter import Parameter as Parameter
from .random import manual_seed as manual_seed
from .stateless import functional_call as functional_call
from .summary import summary as summary
from .training import accuracy as accuracy, evaluate as evaluate, fit as fit

# Names that modules had, and pickles of then still have
_moved(
    [f"nn.{name}" for name in (
        "activations", "adam", "attention", "avg_pool", "clipping", "collate", "containers", "conv",
        "cross_entropy", "dropout", "embedding", "history", "interrupts", "linear", "loss_checks",
        "loss_functions", "max_pool", "neuron", "norm", "norm_functions", "one_cycle", "optimizer",
        "packing", "plateau", "pool_windows", "pooling", "progress", "recurrent", "rules", "scans",
        "schedules", "slots", "storage", "transformer", "windows",
    )],
    "nn", "nn.functional", "nn.callbacks", "nn.data", "nn.optim", "nn.optim.slots",
    "nn.optim.one_cycle",
)  # fmt: skip

_answer_in(_sys.modules[__name__], data, functional, init, optim, _parallel, utils)
