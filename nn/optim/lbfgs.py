"""L-BFGS: Newton's steps, with a Hessian that is told from the last steps and gradients."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy import ndarray

from engine import Tensor, Value, enable_grad

from ..checks import at_least, number, one_of
from ..postponed import CLOSURE, refuse_while_traced
from .groups import Group, check_numbers
from .optimizer import Optimizer
from .saved import state_dtype
from .slots import State
from .wolfe import Point, strong_wolfe

#: What is remembered from step to step, by PyTorch's names: vectors, lists of vectors (y and s of
#: the last iterations), numbers, counts.
VECTORS = ("d", "prev_flat_grad")
LISTS = ("old_dirs", "old_stps")
FLOATS = ("t", "H_diag", "prev_loss")
COUNTS = ("func_evals", "n_iter")


class LBFGS(Optimizer):
    """x ← x + t d, with d = −H g, where H stands for the inverse of the Hessian.

    H is told from s = t d and y, what the gradient changed by, of the last iterations (Nocedal and
    Wright, Numerical Optimization, 2006, Algorithms 7.4 and 7.5).  For a loss that is the same each
    time, of all the data; as PyTorch's.

        def closure():
            optimizer.zero_grad()
            loss = …
            loss.backward()
            return loss

        optimizer.step(closure)

    Args:
        params: parameters of either tier, in one group; one without a gradient counts as 0.
        lr: t, or with a line search its first guess; less in the first iteration.  Default 1.
        max_iter: iterations of a step; default 20.
        max_eval: after how many calls of closure a step ends; default 1.25 max_iter.
        tolerance_grad: a step ends when no slope is larger; default 1e-7.
        tolerance_change: or when loss or parameters change by less; default 1e-9.
        history_size: how many s and y are kept; default 100.
        line_search_fn: "strong_wolfe" to look for t, see `wolfe`; default None.

    Raises:
        ValueError: a setting out of range, two groups; and what `Optimizer` raises.
        TypeError: in `step`, no closure, or one that does not return the loss.

    >>> from engine import Tensor
    >>> x = Tensor([-1.0, 2.0], requires_grad=True)
    >>> optimizer = LBFGS([x], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> for _ in range(3):
    ...     loss = optimizer.step(closure)
    >>> x.numpy().round(4).tolist()
    [1.0, 1.0]
    """

    needs_closure = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        at_least(1, max_iter=max_iter)
        self._memory: State = {}
        super().__init__(
            params,
            {
                "lr": lr, "max_iter": max_iter,
                "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
                "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change,
                "history_size": history_size, "line_search_fn": line_search_fn,
            },
        )  # fmt: skip

    def check(self, group: Group) -> None:
        check_numbers(group, "lr", "tolerance_grad", "tolerance_change")
        at_least(1, **{key: group[key] for key in ("max_iter", "max_eval", "history_size")})
        one_of("line_search_fn", group["line_search_fn"], None, "strong_wolfe")

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Only the first: a direction is one of all parameters."""
        if self.param_groups:
            raise ValueError("LBFGS has one group: give it all parameters, with the same settings")
        super().add_param_group(group)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Up to max_iter iterations.

        Args:
            closure: forgets the gradients, computes loss and gradients, and returns the loss.

        Returns:
            What closure returned first.
        """
        if closure is None:
            raise TypeError(
                "LBFGS needs the loss at several places: call step(closure), where closure() calls "
                "zero_grad(), computes the loss, calls its backward() and returns it"
            )
        refuse_while_traced(*CLOSURE)
        start: ndarray = self._numbers()
        memory: State = {**dict.fromkeys(COUNTS, 0), **self._memory}
        memory |= {key: list(self._memory.get(key, ())) for key in LISTS}
        try:
            first = self._iterate(closure, memory)
        except BaseException:  # as it was: the place of a guess is no place to go on from
            self._go(start)
            raise
        self._memory = memory
        return first

    def _iterate(self, closure: Callable[[], Any], memory: State) -> Any:
        """Iterations, with what is remembered in `memory`; the first loss."""
        group = self.param_groups[0]
        little = group["tolerance_change"]
        first, loss, g = self._evaluate(closure)
        evaluations = 1
        for left in reversed(range(group["max_iter"])):
            if np.abs(g).max(initial=0) <= group["tolerance_grad"]:
                break
            guess = group["lr"] * (1 if "d" in memory else min(1.0, 1 / float(np.abs(g).sum())))
            d = self._direction(g, memory)
            here = Point(0.0, loss, g, float(g @ d))
            memory |= {"d": d, "t": guess, "prev_flat_grad": g, "prev_loss": loss}
            memory["n_iter"] += 1
            if here.slope > -little:
                break
            most = group["max_eval"] - evaluations
            there, looked_at = self._search(closure, d, here, guess, most, bool(left))
            memory["t"], loss, g, _ = there
            evaluations += looked_at
            moved = float(np.abs(there.t * d).max())
            if evaluations >= group["max_eval"] or min(moved, abs(loss - here.loss)) < little:
                break
        memory["func_evals"] += evaluations
        return first

    def _search(
        self,
        closure: Callable[[], Any],
        d: ndarray,
        here: Point,
        guess: float,
        most: int,
        look: bool,
    ) -> tuple[Point, int]:
        """Go along d: where that is, and how many places were looked at.

        From where the parameters are: closure may have moved them, as when it keeps them in bounds.
        """
        x = self._numbers()

        def at(t: float) -> Point:
            self._go(x + t * d)
            _, loss, g = self._evaluate(closure)
            return Point(t, loss, g, float(g @ d))

        group = self.param_groups[0]
        if group["line_search_fn"]:
            narrowest = group["tolerance_change"] / float(np.abs(d).max())
            there, looked_at = strong_wolfe(at, here, guess, narrowest, min(25, most))
            self._go(x + there.t * d)
            return there, looked_at
        if look:
            return at(guess), 1
        self._go(x + guess * d)
        return here._replace(t=guess), 0  # the next step looks

    def _direction(self, g: ndarray, memory: State) -> ndarray:
        """−H g by two loops over the steps that are remembered; takes in the last one."""
        changes, steps = memory["old_dirs"], memory["old_stps"]
        if "d" not in memory:
            memory["H_diag"] = 1.0
            return -g
        y, s = g - memory["prev_flat_grad"], memory["t"] * memory["d"]
        if (bent := float(y @ s)) > 1e-10:  # upwards: else H would not lead down
            changes.append(y)
            steps.append(s)
            for kept in (changes, steps):
                del kept[: -self.param_groups[0]["history_size"]]
            memory["H_diag"] = bent / float(y @ y)
        d = -g
        parts = []
        for y, s in zip(reversed(changes), reversed(steps), strict=True):
            parts.append(float(s @ d) / float(y @ s))
            d = d - parts[-1] * y
        d = d * memory["H_diag"]
        for y, s in zip(changes, steps, strict=True):
            d = d + (parts.pop() - float(y @ d) / float(y @ s)) * s
        return d

    # --- state -----------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """As that of every optimizer; what is remembered stands with the first parameter."""
        state = super().state_dict()
        if self._memory:
            row = copy.deepcopy(self._memory)
            row["ro"] = [1 / float(y @ s) for y, s in zip(*(row[k] for k in LISTS), strict=True)]
            state["state"] = {0: row}
        return state

    def _row(self, place: int, saved: Mapping[str, Any], parameter: Any) -> State:
        if place:
            raise ValueError(f"the state of LBFGS stands with parameter 0, not {place}")
        return _remembered(saved, self._numbers())

    def _take_over(self, settings: list[dict[str, Any]], rows: dict[int, State]) -> None:
        super()._take_over(settings, {})
        self._memory = next(iter(rows.values()), {})

    # --- all parameters as one vector ------------------------------------------------------------

    def _evaluate(self, closure: Callable[[], Any]) -> tuple[Any, float, ndarray]:
        """What closure returns, the loss as a number, and the gradient."""
        with enable_grad():
            given = closure()
        if not isinstance(given, Tensor | Value | float | int | np.number | ndarray):
            raise TypeError(f"closure must return the loss, got {type(given).__name__}")
        loss = float(given.item() if isinstance(given, Tensor | Value) else given)
        found = [(slot, slot.gradient()) for slot in self._slots[0]]
        parts = [slot.read(True) * 0 if g is None else g for slot, g in found]
        return given, loss, self._vector(parts)

    def _numbers(self) -> ndarray:
        return self._vector([slot.read(True) for slot in self._slots[0]])

    def _vector(self, parts: list[ndarray]) -> ndarray:
        dtypes = [state_dtype(p) for p in self.param_groups[0]["params"]]
        return np.concatenate([np.ravel(x) for x in parts]).astype(np.result_type(*dtypes))

    def _go(self, x: ndarray) -> None:
        """Set the parameters to these numbers."""
        begin = 0
        for slot in self._slots[0]:
            old = slot.read(True)
            part = x[begin : begin + old.size].reshape(old.shape)
            slot.write(part.astype(old.dtype))
            begin += old.size


def _remembered(saved: Mapping[str, Any], x: ndarray) -> State:
    """What is remembered, from a saved state, checked; vectors are copies of x's dtype."""
    begun = VECTORS + FLOATS if "d" in saved else ()
    names = {*COUNTS, *LISTS, *begun}
    if wrong := (set(saved) ^ names) - {"al", "ro"}:  # PyTorch's scratch; and 1 / (y · s)
        raise ValueError(
            f"the state of LBFGS has {sorted(names)}: {sorted(wrong)} are missing or unexpected"
        )
    memory: State = {key: _single(saved[key]) for key in COUNTS}
    at_least(0, **memory)
    memory |= {key: [_vector(key, v, x) for v in saved[key]] for key in LISTS}
    if len({len(memory[key]) for key in LISTS}) > 1:
        raise ValueError(f"{' and '.join(LISTS)} in the state of LBFGS must have the same length")
    for key in begun:
        value = saved[key]
        memory[key] = _vector(key, value, x) if key in VECTORS else number(key, _single(value))
    return memory


def _single(saved: Any) -> Any:
    """A saved number; PyTorch's may be a tensor."""
    array = np.asarray(saved)
    return array.item() if array.size == 1 else array


def _vector(key: str, saved: Any, x: ndarray) -> ndarray:
    """A saved vector, if it is one of as many floats as x."""
    array = np.asarray(saved)
    if array.dtype.kind != "f" or array.shape != x.shape:
        raise ValueError(
            f"{key!r} in the state of LBFGS must hold {x.size} floats for each vector, got "
            f"{array.dtype} of shape {array.shape}"
        )
    return array.astype(x.dtype)
