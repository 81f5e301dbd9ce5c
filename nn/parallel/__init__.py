"""Training on several processes and machines, by whatever runs tasks there.

`data_parallel` has `Parallel`, which users make, and `sharded_step` the step that `fit` takes then:
`as_module` says what the mean of a loss runs over, `shards` cuts a batch, `replica` is a model that
computes one shard, `worker` what is done with it in another process, `sending` how it gets there
(`lines_sent` with the lines of functions), `failures` what comes back in place of a result; `sums`
adds up what came.

`sweeping` has `sweep`, which runs a function with many settings: `settings` says what they and
their results may be, `journal` is the file that keeps what is done, `sweep_rows` what users get.
"""

from .data_parallel import Parallel as Parallel
from .failures import ParallelError as ParallelError
from .sharded_step import ShardedStep as ShardedStep
from .sweep_rows import Sweep as Sweep
from .sweeping import sweep as sweep
