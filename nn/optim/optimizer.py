"""`Optimizer`: parameter groups and state, for parameters of either tier."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy import ndarray

from engine import enable_grad, insist
from engine.symbols import tracing_now

from ..checks import instance_of
from ..parameter import LEARNED, forget_gradients
from ..postponed import CLOSURE, is_postponed, refuse_while_traced
from .saved import row_of, settings_of
from .slots import LoneSlot, State, arrange, with_state


class Optimizer:
    """Base of the optimizers; one of your own needs `check` and `update`.

    Args:
        params: Tensors, ValueArrays and Values (a model's `parameters()`), or a list of groups:
            dicts with "params" and any of the settings, for those parameters alone.  A parameter
            given twice counts once.
        defaults: the settings, by name; with "maximize" there, True goes uphill.
        how: PyTorch's words for how it computes: foreach and fused change no number here;
            capturable and differentiable may be False.

    Raises:
        TypeError: something that is not a parameter, or not a setting.
        ValueError: no parameters, a result of an op among them, one in two groups, an unknown
            setting, or a value out of range.

    `param_groups` is the list of groups, with every setting filled in; to change a setting later,
    assign there.

    What `update` gets and keeps for a float16 parameter is float32; the sum is rounded once.

    >>> from engine import Tensor
    >>> class SignDescent(Optimizer):
    ...     def update(self, data, gradient, state, group):
    ...         return data - group["lr"] * np.sign(gradient)
    >>> w = Tensor([1.0, -2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> SignDescent([w], {"lr": 0.5}).step()
    >>> w.tolist()
    [0.5, -1.5]
    """

    #: Names that the state of every parameter that was updated has, and those that it may have.
    state_names: ClassVar[tuple[str, ...]] = ()
    optional_state: ClassVar[tuple[str, ...]] = ()
    #: The lowest "step" in the state of a parameter.
    least_step: ClassVar[int] = 1
    #: Settings that states and pickles of older versions have not, and what that meant.
    late: ClassVar[dict[str, Any]] = {}
    #: Whether `update` takes read-only arrays; the rules of nn do without, for speed.
    guarded: ClassVar[bool] = True
    #: Whether `step` cannot do without a closure.
    needs_closure: ClassVar[bool] = False

    _spare: ndarray | None = None
    #: What the schedules of this optimizer multiply its rates by: a `schedule.Share` of each.
    shares: tuple[Any, ...] = ()

    def __init__(
        self,
        params: Iterable[Any],
        defaults: Mapping[str, Any],
        how: Mapping[str, bool | None] | None = None,
    ) -> None:
        _check_how(type(self).__name__, how or {})
        if isinstance(params, (*LEARNED, Mapping, str)) or not isinstance(params, Iterable):
            way = ": write model.parameters()" if hasattr(params, "parameters") else ""
            raise TypeError(
                "params must be a list of parameters or of groups, got a "
                f"{type(params).__name__}{way}"
            )
        self.defaults = dict(defaults)
        self.check(self.defaults)
        self.param_groups: list[dict[str, Any]] = []
        self._slots: list[list[Any]] = []
        given = list(params)
        if not given:
            raise ValueError("params is empty: there is nothing to learn")
        groups = given if isinstance(given[0], Mapping) else [{"params": given}]
        for group in groups:
            self.add_param_group(group)

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        for group in (self.defaults, *self.param_groups):
            group.update({**self.late, **group})

    def check(self, group: dict[str, Any]) -> None:
        """Check the settings of a group, and turn numbers into floats; raises what is wrong."""

    def update(self, data: ndarray, gradient: ndarray, state: State, group: State) -> ndarray:
        """A parameter's next numbers, as a new array; `state` is kept and may be changed."""
        raise NotImplementedError(f"{type(self).__name__} must define update()")

    def room(self, like: ndarray) -> ndarray:
        """An array of like's shape and dtype, for `update` to write in: an old one, or new."""
        spare, self._spare = self._spare, None
        if spare is None or spare.shape != like.shape or spare.dtype != like.dtype:
            return np.empty(like.shape, like.dtype)
        return spare

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add parameters with settings of their own; errors as for the class.

        >>> import nn
        >>> body, head = nn.Linear(2, 2), nn.Linear(2, 1)
        >>> optimizer = nn.SGD(body.parameters(), lr=0.01)
        >>> optimizer.add_param_group({"params": head.parameters(), "lr": 0.1})
        >>> [group["lr"] for group in optimizer.param_groups]
        [0.01, 0.1]
        """
        if not isinstance(group, Mapping) or "params" not in group:
            raise TypeError(
                f"a parameter group is a dict with 'params', got {type(group).__name__}"
                + (f" with {sorted(map(str, group))}" if isinstance(group, Mapping) else "")
            )
        if unknown := [key for key in group if key not in self.defaults and key != "params"]:
            raise ValueError(
                f"a parameter group of {type(self).__name__} has unknown settings {unknown}; "
                f"there are {list(self.defaults)}"
            )
        params = group["params"]
        params = [params] if isinstance(params, LEARNED) else list(params)
        if not params:
            raise ValueError("params of a parameter group is empty: there is nothing to learn")
        full = {**self.defaults, **group}
        self.check(full)
        owned = {id(x) for x in self._leaves()}
        full["params"], slots = arrange(params, owned)
        self.param_groups.append(full)
        self._slots.append(slots)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient; the others are left as they are.

        Args:
            closure: computes the loss and its gradients, and returns it; called once before.

        Returns:
            What closure returned; None without one.

        >>> import nn
        >>> p = nn.Parameter([1.0])
        >>> optimizer = nn.SGD([p], lr=0.1)
        >>> (3 * p).backward()
        >>> optimizer.step()
        >>> p.data
        array([0.7])
        """
        if closure is None and is_postponed(self.step):
            tracing_now().outdate(self._leaves(), f"{type(self).__name__}.step()")
            return None
        loss = None
        if closure is not None:
            refuse_while_traced(*CLOSURE)
            with enable_grad():
                loss = closure()
        for slots, group in zip(self._slots, self.param_groups, strict=True):
            maximize = group.get("maximize")
            if type(slots[-1]) is LoneSlot:
                slots[:] = [part for slot in slots for part in slot.split()]
            for slot in slots:
                gradient = slot.gradient()
                if gradient is not None:
                    data = slot.read(self.guarded)
                    if data.itemsize == 2:  # float16: the squares of 300 and 1e-4 are none
                        data, gradient = data.astype(np.float32), gradient.astype(np.float32)
                    if maximize:
                        gradient = -gradient
                    self._spare = None if slot.spare is None else slot.take_spare()
                    slot.write(self.update(data, gradient, slot.state, group))
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradient of every parameter; set_to_none=False makes it zeros instead."""
        if is_postponed(self.zero_grad, set_to_none):
            return
        for group in self.param_groups:
            forget_gradients(group["params"], set_to_none)

    def _leaves(self) -> list[Any]:
        """The Tensors and Values that are updated."""
        return [x for slots in self._slots for slot in slots for x in slot.leaves]

    # --- state -----------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Settings and state as plain numbers and arrays (copies), in PyTorch's form and names.

        Parameters are numbered in order: {"state": {0: {"step": 5, "exp_avg": array, …}, …},
        "param_groups": [{"lr": 0.1, …, "params": [0, 1, …]}]}.  With tensors for arrays, PyTorch's
        optimizer of that name goes on from there.
        """
        state: dict[int, State] = {}
        groups = []
        first = 0
        for slots, group in zip(self._slots, self.param_groups, strict=True):
            place = {id(p): first + i for i, p in enumerate(group["params"])}
            first += len(place)
            for slot in slots:
                if slot.state:
                    for i, p in enumerate(slot.members):
                        state[place[id(p)]] = slot.export(i)
            groups.append({**group, "params": list(place.values())})
        return {"state": dict(sorted(state.items())), "param_groups": groups}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over settings and state from `state_dict()` of an optimizer of the same form.

        Or of PyTorch's optimizer of that name; its tensors are taken as they are.

        Raises:
            TypeError: not a state of an optimizer.
            ValueError: groups, settings, parameters or shapes do not fit.  Nothing was loaded.
        """
        if not isinstance(state, Mapping) or not {"state", "param_groups"} <= set(state):
            raise TypeError("the state of an optimizer is a dict with 'state' and 'param_groups'")
        saved = state["param_groups"]
        if len(saved) != len(self.param_groups):
            raise ValueError(
                f"the state has {len(saved)} parameter groups, "
                f"this {type(self).__name__} has {len(self.param_groups)}"
            )
        settings = [settings_of(self, i, group) for i, group in enumerate(saved)]
        rows: dict[int, State] = {}  # by id of the parameter
        known = dict(state["state"])
        for own, group in zip(self.param_groups, saved, strict=True):
            for place, parameter in zip(group["params"], own["params"], strict=True):
                if place in known:
                    rows[id(parameter)] = self._row(place, known.pop(place), parameter)
        if known:
            raise ValueError(f"the state is of parameters that no group has: {sorted(known)[:5]}")
        try:
            self._take_over(settings, rows)
        except BaseException:  # Ctrl-C: what is begun is ended
            insist(self._take_over, settings, rows)
            raise

    def _row(self, place: int, saved: Mapping[str, Any], parameter: Any) -> State:
        return row_of(self, place, saved, parameter)

    def _take_over(self, settings: list[dict[str, Any]], rows: dict[int, State]) -> None:
        for k, group in enumerate(self.param_groups):
            fresh = settings[k]
            group.clear()
            group.update(fresh)
            self._slots[k] = with_state(self._slots[k], rows)

    def __repr__(self) -> str:
        lines = []
        for group in self.param_groups:
            settings = ", ".join(f"{k}={v!r}" for k, v in group.items() if k != "params")
            count = sum(np.size(p) for p in group["params"])
            lines.append(f"{type(self).__name__}({settings})  # {count:,} numbers")
        return "\n".join(lines)


def _check_how(optimizer: str, how: Mapping[str, Any]) -> None:
    """Refuse what is no setting, and what would compute in another way than here."""
    for key, x in how.items():
        if key not in ("foreach", "fused", "capturable", "differentiable"):
            raise TypeError(f"{optimizer} has no setting {key!r}")
        if x is not None:
            instance_of(bool, **{key: x})
        if x and key in ("capturable", "differentiable"):
            raise ValueError(f"{key}=True is not for {optimizer} here: leave it out")
