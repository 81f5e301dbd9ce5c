"""The methods on whole arrays that `Tensor` and `ValueArray` share, in NumPy's and PyTorch's forms.

As in `engine.elementwise_methods`, every body is a call of the function of the same name.
"""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

from .. import ops, questions
from ..counts import spread_arguments
from . import (
    conventions,
    everyday,
    exponentials,
    indexing,
    padding,
    picking,
    pieces,
    products,
    quantiles,
    reductions,
    running,
    shapes,
)
from .torch_methods import TorchMethods


def _shape(x: Any) -> tuple[int, ...]:
    return np.shape(x)


class ArrayMethods(TorchMethods):
    """Methods such as `x.sum(axis=0)`, `x.reshape(2, 3)`, `x.T` and `a @ b`."""

    __slots__ = ()

    def __matmul__(self, other: Any) -> Self:
        return products.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Self:
        return products.matmul(other, self)

    def __imatmul__(self, other: Any) -> Any:  # as the others of engine.updates, which has these
        if self.op is not None:  # type: ignore[attr-defined]  # see above
            return NotImplemented
        return self.updated(products.matmul, other)  # type: ignore[attr-defined]  # see above

    def __getitem__(self, index: Any) -> Any:
        return indexing.getitem(self, index)

    @property
    def T(self) -> Self:
        """All axes in reverse order.

        >>> from engine import Tensor
        >>> Tensor([[1.0, 2.0, 3.0]]).T.shape
        (3, 1)
        """
        op = shapes.transpose
        return self.record(op, (self,), op.defaults)  # type: ignore[attr-defined]  # each tier has one

    @property
    def mT(self) -> Self:
        """The last two axes exchanged.

        Raises:
            ValueError: there are fewer than 2 axes.

        >>> from engine import Tensor
        >>> Tensor(np.ones((5, 2, 3))).mT.shape
        (5, 3, 2)
        """
        return shapes.matrix_transpose(self)

    def reshape(self, *shape: Any) -> Self:
        """`engine.reshape`: the same numbers in another shape.

        >>> from engine import Tensor
        >>> Tensor([1.0, 2.0, 3.0, 4.0]).reshape(2, -1)
        Tensor([[1., 2.],
                [3., 4.]])
        """
        return shapes.reshape.apply((self,), {"shape": spread_arguments(shape)})

    def view(self, *shape: Any) -> Self:
        """PyTorch's name for `reshape`."""
        return shapes.reshape(self, spread_arguments(shape))

    def transpose(self, *axes: Any) -> Self:
        """`engine.transpose`: axes reversed, or in the order given, as in NumPy.

        Two ints exchange two of three or more axes, as in PyTorch.

        Raises:
            ValueError: `transpose(0, 1)` of a matrix, which leaves it as it is in NumPy and
                exchanges its axes in PyTorch.

        >>> from engine import Tensor
        >>> x = Tensor(np.ones((2, 3, 4)))
        >>> x.transpose().shape, x.transpose(0, 1).shape, x.transpose(1, 2, 0).shape
        ((4, 3, 2), (3, 2, 4), (3, 4, 2))
        """
        if axes in ((), (None,)):
            return shapes.transpose(self)
        ndim = self.dim()
        if len(axes) == 2 and ndim >= 2 and not isinstance(axes[0], tuple | list):
            a, b = (shapes.normalize_axis(axis, ndim, "transpose") for axis in axes)
            if ndim == 2 and a < b:
                raise ValueError(
                    f"transpose{axes} of a matrix keeps it in NumPy and exchanges its axes in "
                    "PyTorch: say .T, or swapaxes(0, 1)"
                )
            return shapes.swapaxes(self, a, b)
        return shapes.transpose(self, spread_arguments(axes))

    def t(self) -> Self:
        """PyTorch's name for the transpose of a matrix; fewer axes stay as they are.

        Raises:
            ValueError: there are more than 2 axes.

        >>> from engine import Tensor
        >>> Tensor([[1.0, 2.0, 3.0]]).t().shape
        (3, 1)
        """
        if self.dim() > 2:
            raise ValueError(f"t() is for at most 2 axes, got shape {_shape(self)}; use mT")
        return shapes.transpose(self)

    def numel(self) -> int:
        """PyTorch's name for `size`: how many numbers there are."""
        return math.prod(_shape(self))

    def dim(self) -> int:
        """PyTorch's name for `ndim`: how many axes there are."""
        return len(_shape(self))

    def contiguous(self) -> Self:
        """This; memory layout does not matter here."""
        return self

    def clone(self) -> Self:
        """A copy that is part of the graph.

        >>> from engine import Tensor
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> x.clone().sum().backward()
        >>> x.grad
        array([1., 1.])
        """
        return ops.identity(self)

    def copy(self) -> Self:
        """NumPy's name for `clone`: `u = u.copy()`, before numbers of u are assigned to."""
        return ops.identity(self)

    def permute(self, *dims: Any) -> Self:
        """PyTorch's name for `transpose` with all axes given."""
        return shapes.permute(self, *dims)

    def sum(self, axis: Any = None, keepdims: bool = False, **aliases: Any) -> Self:
        """`engine.sum` of this."""
        if not aliases and type(keepdims) is bool:  # the function, without sorting arguments
            op = reductions.sum
            plain = axis is None and not keepdims
            given = op.defaults if plain else {"axis": axis, "keepdims": keepdims}
            return self.record(op, (self,), given)  # type: ignore[attr-defined]  # each tier has one
        return reductions.sum(self, axis=axis, keepdims=keepdims, **aliases)

    def mean(self, axis: Any = None, keepdims: bool = False, **aliases: Any) -> Self:
        """`engine.mean` of this."""
        if not aliases and type(keepdims) is bool:  # the function, without sorting arguments
            op = reductions.mean
            plain = axis is None and not keepdims
            given = op.defaults if plain else {"axis": axis, "keepdims": keepdims}
            return self.record(op, (self,), given)  # type: ignore[attr-defined]  # each tier has one
        return reductions.mean(self, axis=axis, keepdims=keepdims, **aliases)

    def prod(self, axis: Any = None, keepdims: bool = False, **aliases: Any) -> Self:
        """`engine.prod` of this."""
        return running.prod(self, axis=axis, keepdims=keepdims, **aliases)

    def argmax(self, axis: Any = None, keepdims: bool = False, **aliases: Any) -> Self:
        """`engine.argmax` of this."""
        return reductions.argmax(self, axis=axis, keepdims=keepdims, **aliases)

    def argmin(self, axis: Any = None, keepdims: bool = False, **aliases: Any) -> Self:
        """`engine.argmin` of this."""
        return reductions.argmin(self, axis=axis, keepdims=keepdims, **aliases)

    def any(self, axis: Any = None, keepdims: bool = False, **aliases: Any) -> Self:
        """`engine.any` of this."""
        return reductions.any(self, axis=axis, keepdims=keepdims, **aliases)

    def all(self, axis: Any = None, keepdims: bool = False, **aliases: Any) -> Self:
        """`engine.all` of this."""
        return reductions.all(self, axis=axis, keepdims=keepdims, **aliases)

    def logsumexp(self, axis: Any = None, keepdims: bool = False, **aliases: Any) -> Self:
        """`engine.logsumexp` of this."""
        return exponentials.logsumexp(self, axis=axis, keepdims=keepdims, **aliases)

    def cumsum(self, axis: Any = None, **aliases: Any) -> Self:
        """`engine.cumsum` of this."""
        return running.cumsum(self, axis=axis, **aliases)

    def cumprod(self, axis: Any = None, **aliases: Any) -> Self:
        """`engine.cumprod` of this."""
        return running.cumprod(self, axis=axis, **aliases)

    def softmax(self, axis: Any = -1, **aliases: Any) -> Self:
        """`engine.softmax` of this."""
        return exponentials.softmax(self, axis=axis, **aliases)

    def log_softmax(self, axis: Any = -1, **aliases: Any) -> Self:
        """`engine.log_softmax` of this."""
        return exponentials.log_softmax(self, axis=axis, **aliases)

    # NumPy and PyTorch mean two things by these; the functions are the methods.
    max, min, sort, topk = conventions.max, conventions.min, conventions.sort, picking.topk
    median, cummax, cummin = conventions.median, conventions.cummax, conventions.cummin
    var, std = conventions.var, conventions.std
    split, squeeze, repeat = conventions.split, conventions.squeeze, conventions.repeat_method

    def norm(self, *p_and_axes: Any, **named: Any) -> Self:
        """`engine.norm` of this; p by position is PyTorch's: NumPy has no such method."""
        if not named and p_and_axes and p_and_axes[0] is not None:
            return conventions.norm(self, None, *p_and_axes[1:], p=p_and_axes[0])
        return conventions.norm(self, *p_and_axes, **named)

    def amax(self, axis: Any = None, keepdims: bool = False, **aliases: Any) -> Self:
        """PyTorch's name for `max` along axes."""
        return reductions.amax(self, axis=axis, keepdims=keepdims, **aliases)

    def amin(self, axis: Any = None, keepdims: bool = False, **aliases: Any) -> Self:
        """PyTorch's name for `min` along axes."""
        return reductions.amin(self, axis=axis, keepdims=keepdims, **aliases)

    # Functions that are methods as they are.
    diag, diff, inner, kron = everyday.diag, everyday.diff, products.inner, products.kron
    cross, fliplr, flipud, rot90 = (
        products.cross, everyday.fliplr, everyday.flipud, everyday.rot90,
    )  # fmt: skip
    quantile = quantiles.quantile
    isnan, isinf, isfinite = questions.isnan, questions.isinf, questions.isfinite
    isclose, allclose = questions.isclose, questions.allclose
    eq, ne, lt, le, gt, ge = (
        questions.eq, questions.ne, questions.lt, questions.le, questions.gt, questions.ge,
    )  # fmt: skip

    def ravel(self) -> Self:
        """`engine.ravel` of this."""
        return shapes.ravel(self)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Self:
        """`engine.flatten` of this."""
        return shapes.flatten(self, start_dim, end_dim)

    def expand_dims(self, axis: Any = None, *, dim: Any = None) -> Self:
        """`engine.expand_dims` of this."""
        return shapes.expand_dims(self, axis, dim=dim)

    def unsqueeze(self, dim: int) -> Self:
        """PyTorch's name for `expand_dims`."""
        return shapes.expand_dims(self, dim)

    def swapaxes(self, axis1: int, axis2: int) -> Self:
        """`engine.swapaxes` of this."""
        return shapes.swapaxes(self, axis1, axis2)

    def moveaxis(self, source: Any, destination: Any) -> Self:
        """`engine.moveaxis` of this."""
        return shapes.moveaxis(self, source, destination)

    def movedim(self, source: Any, destination: Any) -> Self:
        """PyTorch's name for `moveaxis`."""
        return shapes.moveaxis(self, source, destination)

    def broadcast_to(self, shape: Any) -> Self:
        """`engine.broadcast_to` of this."""
        return shapes.broadcast_to(self, shape)

    def tile(self, *reps: Any) -> Self:
        """`engine.tile` of this."""
        return shapes.tile(self, spread_arguments(reps))

    def chunk(self, chunks: int, axis: int = 0, *, dim: int | None = None) -> list[Self]:
        """`engine.chunk` of this."""
        return pieces.chunk(self, chunks, axis, dim=dim)

    def unbind(self, axis: int = 0, *, dim: int | None = None) -> list[Self]:
        """`engine.unbind` of this."""
        return pieces.unbind(self, axis, dim=dim)

    def gather(self, dim: int, index: Any) -> Self:
        """`engine.gather` of this."""
        return indexing.gather(self, dim, index)

    def index_select(self, dim: int, index: Any) -> Self:
        """PyTorch's name for `take` along an axis.

        >>> from engine import Tensor
        >>> Tensor([[1, 2], [3, 4]]).index_select(0, [1, 1])
        Tensor([[3, 4],
                [3, 4]])
        """
        return indexing.take(self, index, dim)

    def masked_fill(self, mask: Any, value: Any) -> Self:
        """`engine.masked_fill` of this."""
        return indexing.masked_fill(self, mask, value)

    def argsort(self, axis: int | None = -1, descending: bool = False, **aliases: Any) -> Self:
        """`engine.argsort` of this."""
        return indexing.argsort(self, axis=axis, descending=descending, **aliases)

    def flip(self, *axis: Any, **aliases: Any) -> Self:
        """`engine.flip` of this; several axes as in PyTorch too, `x.flip(0, 1)`."""
        return pieces.flip(self, *axis, **aliases)

    def roll(self, shift: Any = None, axis: Any = None, **aliases: Any) -> Self:
        """`engine.roll` of this."""
        return pieces.roll(self, shift, axis, **aliases)

    def repeat_interleave(
        self, repeats: Any, axis: int | None = None, *, dim: int | None = None
    ) -> Self:
        """PyTorch's name for `repeat`."""
        return pieces.repeat(self, repeats, axis, dim=dim)

    def take(self, indices: Any, axis: int | None = None, *, dim: int | None = None) -> Self:
        """`engine.take` of this."""
        return indexing.take(self, indices, axis, dim=dim)

    def take_along_axis(
        self, indices: Any, axis: int | None = -1, *, dim: int | None = None
    ) -> Self:
        """`engine.take_along_axis` of this."""
        return indexing.take_along_axis(self, indices, axis, dim=dim)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        """`engine.diagonal` of this."""
        return indexing.diagonal(self, offset, axis1, axis2)

    def tril(self, k: int = 0, *, diagonal: int = 0) -> Self:
        """`engine.tril` of this."""
        return indexing.tril(self, k, diagonal=diagonal)

    def triu(self, k: int = 0, *, diagonal: int = 0) -> Self:
        """`engine.triu` of this."""
        return indexing.triu(self, k, diagonal=diagonal)

    def pad(self, pad_width: Any, mode: str = "constant", constant_values: float = 0.0) -> Self:
        """`engine.pad` of this."""
        return padding.pad(self, pad_width, mode, constant_values)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        """`engine.trace` of this."""
        return reductions.trace(self, offset, axis1, axis2)

    def matmul(self, other: Any) -> Self:
        """`engine.matmul` of this."""
        return products.matmul(self, other)

    def mm(self, other: Any) -> Self:
        """`engine.mm` of this."""
        return products.mm(self, other)

    def mv(self, other: Any) -> Self:
        """`engine.mv` of this."""
        return products.mv(self, other)

    def bmm(self, other: Any) -> Self:
        """`engine.bmm` of this."""
        return products.bmm(self, other)

    def dot(self, other: Any) -> Self:
        """`engine.dot` of this."""
        return products.dot(self, other)

    def outer(self, other: Any) -> Self:
        """`engine.outer` of this."""
        return products.outer(self, other)

    def astype(self, dtype: Any, *, copy: bool = True) -> Self:
        """The same numbers with another dtype; the gradient returns in this one.

        No gradient flows through integers and bools.  `copy` is NumPy's, and changes nothing: what
        a graph needs is not written to.

        >>> from engine import Tensor
        >>> Tensor([1.5, 2.5]).astype("float32"), Tensor([1.5, 2.5]).astype(int)
        (Tensor([1.5, 2.5], float32), Tensor([1, 2]))
        """
        dtype = np.dtype(dtype)
        change = shapes.cast if dtype.kind == "f" else shapes.as_integers
        return change.apply((self,), {"dtype": dtype})
