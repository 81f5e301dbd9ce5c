"""What layers put out, seen by hooks that are there in the steps that are measured, and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine import Tensor, Value, is_grad_enabled, is_recomputing, to_numpy
from nn import Hooked, Module, Sigmoid, Tanh

from .measure import activation_statistics, layers_to_measure

#: The lowest and highest number a saturating activation puts out.
ENDS: dict[type[Module], tuple[float, float]] = {Tanh: (-1.0, 1.0), Sigmoid: (0.0, 1.0)}

#: What a layer may put out to be measured.
MEASURED = (Tensor, Value, np.ndarray)


class _Hook:
    """A forward hook of a history; the one in a copy or a pickle of the module sees nothing."""

    def __init__(self, look: Callable[[Module, Any], None] | None = None) -> None:
        self.look = look

    def __call__(self, module: Module, _inputs: Any, output: Any) -> None:
        if self.look is not None:
            self.look(module, output)

    def __reduce__(self) -> tuple[type[_Hook], tuple[()]]:
        return _Hook, ()


class Outputs:
    """What the layers without parameters put out, or all layers if each has some.

    Args:
        model: whose layers; of None, or of what is no Module, nothing is looked at.
    """

    def __init__(self, model: Any = None) -> None:
        self._found: dict[str, tuple[np.ndarray, tuple[float, float] | None]] = {}
        self._calls: dict[str, int] = {}
        layers = layers_to_measure(model) if isinstance(model, Module) else []
        hooks = [(m, self._hook(n, ENDS.get(type(m)))) for n, m in layers]
        self._hooked = Hooked(hooks)

    def look(self) -> None:
        """From now on: see what layers put out."""
        self._found, self._calls = {}, {}
        self._hooked.change()

    def forget(self) -> None:
        """Look no more, and hold no array longer than need be."""
        self._found = {}
        self._hooked.restore(None)

    def statistics(self) -> dict[str, dict[str, float]]:
        """What was seen, measured, by the layer's name."""
        return {name: activation_statistics(*found) for name, found in self._found.items()}

    def _hook(self, name: str, ends: tuple[float, float] | None) -> Any:
        def look(module: Module, output: Any) -> None:
            if not (module.training and is_grad_enabled()) or is_recomputing():
                return
            shown = next(iter(output), None) if isinstance(output, tuple) else output
            if not isinstance(shown, MEASURED):
                return
            calls = self._calls[name] = self._calls.get(name, 0) + 1
            # A module that is used several times in one pass gets a name for each use.
            use = name if calls == 1 else f"{name} ({calls})"
            self._found[use] = to_numpy(shown), ends

        return _Hook(look)
