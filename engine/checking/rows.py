"""One line of a comparison: what was measured, and the cells that show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..looking import label_of
from .distance import relative, ulps
from .lockstep import FINITE_RTOL, GRADIENT_RTOL, largest

SHOWN_EACH = 6  # of larger arrays only the element that differs most is shown


@dataclass(frozen=True)
class Finite:
    """Finite differences for each element of an input.

    Attributes:
        slope: the estimates; nan where there is none.
        error: about how wrong each may be.
        sampled: where one was asked for.
        kink: where it says nothing, for f has a corner there.
    """

    slope: np.ndarray
    error: np.ndarray
    sampled: np.ndarray
    kink: np.ndarray

    @property
    def checked(self) -> np.ndarray:
        """Where there is something to compare with."""
        return self.sampled & ~self.kink & ~np.isnan(self.slope)


@dataclass(frozen=True)
class Row:
    """One line of a comparison: the value, or the gradient of one input.

    Attributes:
        name: "value", or the input's name.
        shape: the shape of the value or the input.
        scalar: the numbers on the Value tier.
        tensor: the numbers on the Tensor tier.
        finite: finite differences; None for the value.
        size: how large the numbers would be if no terms cancelled: rounding is relative to that.
    """

    name: str
    shape: tuple[int, ...]
    scalar: np.ndarray
    tensor: np.ndarray
    finite: Finite | None
    size: float = 0.0

    @property
    def ulp(self) -> float:
        """Largest distance between the tiers in units in the last place, scaled as `relative`."""
        return float(np.max(self._ulps(), initial=0.0))

    @property
    def relative(self) -> float:
        """Largest difference between the tiers, relative to the largest number, or `size`."""
        return float(np.max(self._between_tiers(), initial=0.0))

    @property
    def finite_relative(self) -> float:
        """Largest difference between the Tensor tier and finite differences, likewise."""
        return float(np.max(self._against_finite(), initial=0.0))

    @property
    def tiers_agree(self) -> bool:
        """Whether the tiers differ by at most 1e-12 of the largest number, or of `size`."""
        return self.relative <= GRADIENT_RTOL

    @property
    def finite_agrees(self) -> bool:
        """Whether finite differences agree wherever they say something."""
        return not self._contradicted().any()

    @property
    def ok(self) -> bool:
        """Whether tiers and finite differences agree."""
        return self.tiers_agree and self.finite_agrees

    def _scale(self) -> float:
        return max(largest(self.tensor), self.size)

    def _ulps(self) -> np.ndarray:
        return np.asarray(ulps(self.scalar, self.tensor, self._scale()))

    def _between_tiers(self) -> np.ndarray:
        return np.asarray(relative(self.scalar, self.tensor, self._scale()))

    def _against_finite(self) -> np.ndarray:
        if self.finite is None:
            return np.zeros(self.shape)
        apart = relative(self.tensor, self.finite.slope, self._scale())
        return np.where(self.finite.checked, apart, 0.0)

    def _contradicted(self) -> np.ndarray:
        """Where the gradient is further off than 1e-5 and the finite difference's own error."""
        if self.finite is None:
            return np.zeros(self.shape, dtype=bool)
        slope, error = self.finite.slope, self.finite.error
        with np.errstate(invalid="ignore"):
            off = np.abs(self.tensor - slope) > FINITE_RTOL * largest(self.tensor) + 10 * error
        return self.finite.checked & (off | ~np.isfinite(self.tensor))

    def worst(self) -> tuple[int, ...]:
        """The element where the tiers (else the finite differences) differ most."""
        if not self.tensor.size:
            return ()
        for apart in (self._between_tiers(), self._contradicted(), self._against_finite()):
            if apart.any():
                break
        else:
            apart = np.abs(self.tensor)
        return tuple(int(i) for i in np.unravel_index(int(np.argmax(apart)), self.shape))

    # --- how it reads ---

    @property
    def title(self) -> str:
        """What the first cell says: "value", or "∂/∂" and the input's name."""
        return self.name if self.finite is None else f"∂/∂{self.name}"

    def apart(self) -> str:
        """How far the tiers are apart, in words."""
        return _apart(self.ulp, self.relative)

    def lines(self) -> list[Sequence[str]]:
        """The row as lines of cells: each number, or the one where the difference is largest."""
        if self.tensor.size == 0:
            return [(f"{self.title}, empty", "", "", "", "", "", "ok")]
        if self.tensor.size <= SHOWN_EACH:
            return [self._line(i) for i in np.ndindex(self.shape)]
        name, scalar, tensor, _, finite, _, _ = self._line(self.worst())
        size = "×".join(map(str, self.shape))
        off = "" if self.finite is None else _small(self.finite_relative)
        verdict = "ok" if self.ok else "DIFFERS"
        return [(f"{name} of {size}", scalar, tensor, self.apart(), finite, off, verdict)]

    def _line(self, i: tuple[int, ...]) -> Sequence[str]:
        between = float(self._between_tiers()[i])
        good = between <= GRADIENT_RTOL and not self._contradicted()[i]
        checked = self.finite is not None and self.finite.checked[i]
        return (
            label_of(self.title, i),
            _aligned(repr(float(self.scalar[i]))),
            _aligned(repr(float(self.tensor[i]))),
            _apart(float(self._ulps()[i]), between),
            "" if self.finite is None else _aligned(_estimate(self.finite, i)),
            _small(self._against_finite()[i]) if checked else "",
            "ok" if good else "DIFFERS",
        )


def _aligned(number: str) -> str:
    """Room for a minus sign, so that digits stand below digits."""
    return number if number.startswith("-") else f" {number}"


def _estimate(finite: Finite, i: tuple[int, ...]) -> str:
    if finite.kink[i]:
        return "at a kink"
    if not finite.sampled[i]:
        return "not sampled"
    return "undefined" if np.isnan(finite.slope[i]) else f"{finite.slope[i]:.9g}"


def _small(part: float) -> str:
    return f"{part:.0e}" if part else "0"


def _apart(ulp: float, part: float) -> str:
    if ulp == 0:
        return "same bits"
    if ulp > 1e6:  # no matter of rounding
        return f"{part:.1e}"
    return f"{f'{ulp:.0f}' if ulp >= 1 else '<1'} ulp, {part:.0e}"
