"""The rows of the table as methods of `Value`, `Tensor` and `ValueArray`, beside the operators."""

from __future__ import annotations

from typing import Any, Self

from . import choices, gammas, inverses, ops
from .operators import Operators
from .updates import Updates


class ElementwiseMethods(Operators, Updates):
    """`a.tanh()`, `a.maximum(b)`, …: operators and methods of the table's rows."""

    __slots__ = ()

    def abs(self) -> Self:
        """`|x|`."""
        return ops.abs(self)

    def sign(self) -> Self:
        """-1, 0 or 1."""
        return ops.sign(self)

    def floor(self) -> Self:
        """The largest integer <= x."""
        return ops.floor(self)

    def ceil(self) -> Self:
        """The smallest integer >= x."""
        return ops.ceil(self)

    def round(self) -> Self:
        """The nearest integer, halves to even."""
        return ops.round(self)

    def exp(self) -> Self:
        """`engine.exp` of this."""
        return ops.exp(self)

    def exp2(self) -> Self:
        """`engine.exp2` of this."""
        return ops.exp2(self)

    def expm1(self) -> Self:
        """`engine.expm1` of this."""
        return ops.expm1(self)

    def log(self) -> Self:
        """`engine.log` of this."""
        return ops.log(self)

    def log2(self) -> Self:
        """`engine.log2` of this."""
        return ops.log2(self)

    def log10(self) -> Self:
        """`engine.log10` of this."""
        return ops.log10(self)

    def log1p(self) -> Self:
        """`engine.log1p` of this."""
        return ops.log1p(self)

    def sqrt(self) -> Self:
        """`engine.sqrt` of this."""
        return ops.sqrt(self)

    def square(self) -> Self:
        """`engine.square` of this."""
        return ops.square(self)

    def reciprocal(self) -> Self:
        """`engine.reciprocal` of this."""
        return ops.reciprocal(self)

    def sin(self) -> Self:
        """`engine.sin` of this."""
        return ops.sin(self)

    def cos(self) -> Self:
        """`engine.cos` of this."""
        return ops.cos(self)

    def tan(self) -> Self:
        """`engine.tan` of this."""
        return ops.tan(self)

    def arcsin(self) -> Self:
        """`engine.arcsin` of this."""
        return inverses.arcsin(self)

    def arccos(self) -> Self:
        """`engine.arccos` of this."""
        return inverses.arccos(self)

    def arctan(self) -> Self:
        """`engine.arctan` of this."""
        return inverses.arctan(self)

    def sinh(self) -> Self:
        """`engine.sinh` of this."""
        return ops.sinh(self)

    def cosh(self) -> Self:
        """`engine.cosh` of this."""
        return ops.cosh(self)

    def tanh(self) -> Self:
        """`engine.tanh` of this."""
        return ops.tanh(self)

    def arcsinh(self) -> Self:
        """`engine.arcsinh` of this."""
        return inverses.arcsinh(self)

    def arccosh(self) -> Self:
        """`engine.arccosh` of this."""
        return inverses.arccosh(self)

    def arctanh(self) -> Self:
        """`engine.arctanh` of this."""
        return inverses.arctanh(self)

    def erf(self) -> Self:
        """`engine.erf` of this."""
        return inverses.erf(self)

    def erfc(self) -> Self:
        """`engine.erfc` of this."""
        return inverses.erfc(self)

    def erfinv(self) -> Self:
        """`engine.erfinv` of this."""
        return inverses.erfinv(self)

    def cbrt(self) -> Self:
        """`engine.cbrt` of this."""
        return ops.cbrt(self)

    def sinc(self) -> Self:
        """`engine.sinc` of this."""
        return choices.sinc(self)

    def lgamma(self) -> Self:
        """`engine.lgamma` of this."""
        return gammas.lgamma(self)

    def digamma(self, n: int = 0) -> Self:
        """`engine.digamma` of this."""
        return gammas.digamma(self, n)

    def logit(self, eps: float | None = None) -> Self:
        """`engine.logit` of this."""
        return choices.logit(self, eps)

    def nan_to_num(self, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Self:
        """`engine.nan_to_num` of this."""
        return choices.nan_to_num(self, nan, posinf, neginf)

    def relu(self) -> Self:
        """`engine.relu` of this."""
        return choices.relu(self)

    def sigmoid(self) -> Self:
        """`engine.sigmoid` of this."""
        return choices.sigmoid(self)

    def logsigmoid(self) -> Self:
        """`engine.logsigmoid` of this."""
        return choices.logsigmoid(self)

    def silu(self) -> Self:
        """`engine.silu` of this."""
        return choices.silu(self)

    def add(self, other: Any) -> Self:
        """`engine.add(self, other)`."""
        return ops.add(self, other)

    def sub(self, other: Any) -> Self:
        """`engine.sub(self, other)`."""
        return ops.sub(self, other)

    def mul(self, other: Any) -> Self:
        """`engine.mul(self, other)`."""
        return ops.mul(self, other)

    def div(self, other: Any) -> Self:
        """`engine.div(self, other)`."""
        return ops.div(self, other)

    def pow(self, other: Any) -> Self:
        """`engine.pow(self, other)`."""
        return ops.pow(self, other)

    def arctan2(self, other: Any) -> Self:
        """`engine.arctan2(self, other)`."""
        return inverses.arctan2(self, other)

    def hypot(self, other: Any) -> Self:
        """`engine.hypot(self, other)`."""
        return inverses.hypot(self, other)

    def logaddexp(self, other: Any) -> Self:
        """`engine.logaddexp(self, other)`."""
        return choices.logaddexp(self, other)

    def maximum(self, other: Any) -> Self:
        """`engine.maximum(self, other)`."""
        return choices.maximum(self, other)

    def minimum(self, other: Any) -> Self:
        """`engine.minimum(self, other)`."""
        return choices.minimum(self, other)

    def fmax(self, other: Any) -> Self:
        """`engine.fmax(self, other)`."""
        return choices.fmax(self, other)

    def fmin(self, other: Any) -> Self:
        """`engine.fmin(self, other)`."""
        return choices.fmin(self, other)

    def remainder(self, other: Any) -> Self:
        """`engine.remainder(self, other)`."""
        return choices.remainder(self, other)

    def floor_divide(self, other: Any) -> Self:
        """`engine.floor_divide(self, other)`, which is `self // other`."""
        return choices.floor_divide(self, other)

    def xlogy(self, other: Any) -> Self:
        """`engine.xlogy(self, other)`."""
        return choices.xlogy(self, other)

    def neg(self) -> Self:
        """`-x`."""
        return ops.neg(self)

    def clip(self, min: Any = None, max: Any = None) -> Self:
        """Kept between `min` and `max` (either may be None)."""
        return choices.clip(self, min, max)

    def clamp(self, min: Any = None, max: Any = None) -> Self:
        """PyTorch's name for `clip`."""
        return choices.clip(self, min, max)

    def where(self, condition: Any, other: Any) -> Self:
        """This where the condition holds, else `other`, as PyTorch's method."""
        return choices.where(condition, self, other)

    def leaky_relu(self, negative_slope: float = 0.01) -> Self:
        """`engine.leaky_relu` of this."""
        return choices.leaky_relu(self, negative_slope)

    def elu(self, alpha: float = 1.0) -> Self:
        """`engine.elu` of this."""
        return choices.elu(self, alpha)

    def softplus(self, beta: float = 1.0) -> Self:
        """`engine.softplus` of this."""
        return choices.softplus(self, beta)

    def gelu(self, approximate: str = "none") -> Self:
        """`engine.gelu` of this."""
        return choices.gelu(self, approximate)

    # PyTorch's names for the same
    acos, asin, atan, atan2 = arccos, arcsin, arctan, arctan2
    acosh, asinh, atanh = arccosh, arcsinh, arctanh
