"""Ops on whole arrays: shapes, indexing, windows, products, reductions, norms, running totals.

Each file is one family; its ops are rows of the same registry as the elementwise table.  Everything
here works on arrays, Tensors and arrays of Values alike and knows none of their classes.  To add an
op, decorate its forward with `shape_op` in the file of its family, or compose it of others, and
name it in this door and in `engine`; a method is one line in `methods`.  What NumPy and PyTorch
mean two things by stands in `conventions`, what NumPy calls otherwise in `numpy_names`, what only
NumPy has in `numpy_composed`.  Others use the functions below, `ArrayMethods`, which both kinds of
arrays inherit, `Array`, plain numbers with these methods (`friendly` makes one), `MakingMore`
and `new_leaf`, new leaves of either kind, and eight things for rules and arrays of their own:
`add_in_zeros` (the forward of `scatter_add`), `add_reduce`, `maximum_reduce` (NumPy's, without its
checks), `axis_or_dim`, `largest_finite`, `plain_index`, `put`, and `shaped`, which fits a rule's
answer to its input.
"""

# One name a line would be two pages.
# isort: off
from .assigning import put as put, setitem as setitem
from .conventions import (
    cummax as cummax, cummin as cummin, max as max, median as median, min as min, norm as norm,
    sort as sort, split as split, squeeze as squeeze, std as std,
    transpose as transpose, var as var,
)  # fmt: skip
from .einsum import einsum as einsum
from .everyday import (
    append as append, atleast_1d as atleast_1d, atleast_2d as atleast_2d, atleast_3d as atleast_3d,
    column_stack as column_stack, diag as diag, diff as diff, dstack as dstack, fliplr as fliplr,
    flipud as flipud, hstack as hstack, rot90 as rot90, trapezoid as trapezoid, vstack as vstack,
)  # fmt: skip
from .exponentials import (
    largest_finite as largest_finite, log_softmax as log_softmax, logsumexp as logsumexp,
    softmax as softmax,
)  # fmt: skip
from .indexing import (
    argsort as argsort, diagonal as diagonal, gather as gather, getitem as getitem,
    masked_fill as masked_fill, plain_index as plain_index, scatter_add as scatter_add,
    take as take, take_along_axis as take_along_axis, tril as tril, triu as triu,
)  # fmt: skip
from .fitting import in_single as in_single, shaped as shaped, widened as widened
from .making_more import MakingMore as MakingMore, new_leaf as new_leaf
from .methods import ArrayMethods as ArrayMethods
from . import numpy_composed as numpy_composed, numpy_names as numpy_names
from .padding import pad as pad
from .picking import topk as topk
from .pieces import (
    chunk as chunk, flip as flip, repeat as repeat, roll as roll, unbind as unbind,
)  # fmt: skip
from .plain import Array as Array, friendly as friendly
from .products import (
    bmm as bmm, cross as cross, dot as dot, inner as inner, kron as kron, matmul as matmul,
    mm as mm, mv as mv, outer as outer, tensordot as tensordot,
)  # fmt: skip
from .quantiles import percentile as percentile, quantile as quantile
from .reductions import (
    add_reduce as add_reduce, all as all, any as any, argmax as argmax, argmin as argmin,
    amax as amax, maximum_reduce as maximum_reduce, mean as mean, amin as amin, sum as sum,
    trace as trace,
)  # fmt: skip
from .running import cumprod as cumprod, cumsum as cumsum, prod as prod
from .shapes import (
    as_integers as as_integers, axis_or_dim as axis_or_dim, broadcast_to as broadcast_to,
    cast as cast, cat as cat,
    concatenate as concatenate, expand_dims as expand_dims, flatten as flatten,
    matrix_transpose as matrix_transpose, moveaxis as moveaxis, permute as permute, ravel as ravel,
    reshape as reshape, stack as stack, sum_to as sum_to, swapaxes as swapaxes,
    tile as tile,
)  # fmt: skip
from .scattering import add_in_zeros as add_in_zeros
from .windows import sliding_window_view as sliding_window_view, sum_windows as sum_windows
