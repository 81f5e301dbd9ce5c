"""`Parallel`: how a step of `fit` is cut into shards, and who computes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..checks import at_least, one_of
from .belonging import Held, belong_to_the_parent


class Parallel:
    """Cuts each batch of `nn.fit` into shards, whose gradients are computed apart and added up.

        nn.fit(model, loss, optimizer, loader, parallel=nn.Parallel(executor, shards=8))

    Shards, not workers, decide the result: what a shard adds depends on the weights, its rows,
    the seed, the step and its number alone, and shares are added in the order of the shards.  So
    how many workers there are, where, and whether one is lost on the way changes no bit, where
    NumPy and its BLAS are the same, with as many threads each: Dask's workers have one, and for
    large products `OPENBLAS_NUM_THREADS=1` gives this process their bits.

    The loss of a shard counts by its weight: sum over shards of loss · weight / total weight is
    the mean over the batch.  Batch norm takes each shard's own mean and variance, and its running
    statistics are the shards' averaged: that is not what it does with the batch as a whole.
    Random numbers are drawn by `nn.random` and by generators of layers only.

    Args:
        executor: who computes: None for this process; a Dask `Client` (not its `get_executor()`,
            which waits for ever once the scheduler is gone); or any `concurrent.futures.Executor`:
            a process pool, a thread pool, mpi4py's or Ray's.  It may be another one after each
            `fit`, and is closed by who made it.
        shards: how many parts a batch has; a batch of fewer rows has one for each.
        seed: what random numbers in the layers (dropout) depend on.
        weight: `weight(target)`, what the mean of a shard's loss was divided by; default what the
            loss says (those of nn do, functions too), the rows where it says nothing.  A function
            of yours that leaves out targets needs one, as it cannot be asked:
            `weight=lambda target: (target != padding).sum()`.
        reduction: "sum" if the loss is a sum: the shards' losses are then added as they are.

    Attributes:
        step: how many steps were done.

    Raises:
        TypeError: executor is none, or weight no function.
        ValueError: shards below 1, a negative seed, another reduction.

    >>> parallel = Parallel(shards=2, seed=1)
    >>> parallel.state_dict()
    {'seed': 1, 'shards': 2, 'step': 0}
    """

    def __init__(
        self,
        executor: Any = None,
        shards: int = 8,
        seed: int = 0,
        *,
        weight: Callable[[Any], float] = len,
        reduction: str = "mean",
    ) -> None:
        at_least(1, shards=shards)
        at_least(0, seed=seed)
        one_of("reduction", reduction, "mean", "sum")
        if not callable(weight):
            raise TypeError(f"weight must be a function of the target, got {weight!r:.60}")
        check_executor(executor)
        self.executor = executor
        self.shards, self.seed = int(shards), int(seed)
        self.weight, self.reduction = weight, reduction
        self.step = 0

    def __repr__(self) -> str:
        return f"Parallel({self.executor!r}, shards={self.shards}, seed={self.seed})"

    def state_dict(self) -> dict[str, int]:
        """What a run needs to go on with the same bits, for `save_training`."""
        return {"seed": self.seed, "shards": self.shards, "step": self.step}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict()`.

        Raises:
            ValueError: not such a state, or of another seed or number of shards: the run would go
                on with other numbers.
        """
        own = self.state_dict()
        if not isinstance(state, Mapping) or set(state) != set(own):
            raise ValueError(f"the state of a Parallel is a dict with {sorted(own)}")
        at_least(0, step=state["step"])
        for name in ("seed", "shards"):
            if state[name] != own[name]:
                raise ValueError(
                    f"the run has {name}={state[name]}, this Parallel {name}={own[name]}, which "
                    f"would change its numbers: make it with {name}={state[name]}"
                )
        self.step = int(state["step"])


def check_executor(executor: Any) -> None:
    """Refuse what cannot run tasks.

    Raises:
        TypeError: it is neither None, an executor nor a Client.
    """
    runs = callable(getattr(executor, "submit", None)) and not isinstance(executor, type)
    if executor is not None and not runs:
        raise TypeError(
            "executor must be None, a concurrent.futures.Executor or a Client of Dask, got "
            f"{executor!r:.60}"
        )


def submit_of(executor: Any) -> Callable[..., Any] | None:
    """What takes a function and its argument and gives a future; None for this process.

    A Client's futures notice when the scheduler is gone, those of its executor wait for ever.  They
    are not pure: results are not to be remembered by what tasks were given.
    """
    check_executor(executor)
    if executor is None:
        return None
    submit: Callable[..., Any] = executor.submit
    if hasattr(executor, "get_executor"):  # a Client
        executor.run(belong_to_the_parent)
        submit = partial(submit, pure=False)
    return partial(_handed_over, submit)


def _handed_over(submit: Callable[..., Any], f: Callable[..., Any], *args: Any) -> Any:
    with Held():
        return submit(f, *args)
