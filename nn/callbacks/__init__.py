"""Callbacks: what `fit` calls between batches and epochs.

`callback` has the base with its moments and small callbacks, `best` those that look for the best
epoch, `saving` the one that keeps a whole run on the disk, `epoch_history` the numbers noted epoch
by epoch, `sparklines` the table in which a notebook shows them, `progress` the bar.  `training`
calls them; users and `viz.History` inherit `Callback`.  To add one: write it into `callback`,
export it here, and give it a case in tests/nn.
"""

from .best import EarlyStopping as EarlyStopping, SaveBest as SaveBest
from .callback import (
    Callback as Callback,
    ClipGradNorm as ClipGradNorm,
    ClipGradValue as ClipGradValue,
    Run as Run,
    StepSchedule as StepSchedule,
)
from .epoch_history import EpochHistory as EpochHistory
from .progress import Progress as Progress
from .saving import SaveTraining as SaveTraining
from .sparklines import series_table as series_table
