"""twingrad's engine: a scalar `Value` and a NumPy `Tensor`, driven by one table of derivatives.

For users: `Value`, `Tensor`, `ValueArray`; every op as a function (`engine.tanh(x)` takes a number,
an array or a node); `grad` and the other derivatives of functions; `compare` and `gradcheck`;
`checkpoint`; `explain`, `expand`, `opened`, `nan_trace` and `memory`; `source`; `no_grad`; and
`elementwise`, `shape_op`, `fused` for an op of your own.  Under PyTorch's names, new Tensors
(`zeros`, `tensor`, `randn`, …), `Generator` and `manual_seed`, dtypes, and `device`; `autograd` and
`func` hold its names for derivatives.
`linalg` is linear algebra, with NumPy's and PyTorch's names.

For those who build on it, as nn and viz do: `Node` (what both tiers have in common), `NodeArray`,
`Op` with `registry` and `functions`, `toposort`, `watch`, `Watching` and `Opening`, `Restoring`
and `insist`, `to_numpy`, `has_numbers`, `example_of`, `is_recorded`, `is_recomputing`, `own`,
`called`, `array_of`, `gate`, `WideOp`, `symmetric`, `input_names`, `held_once`, `moved`, `nearest`,
`answer_in`, `warn_caller`, `at_least`, `on_cpu`, `names_device`, `Rng`, `generator`, `one_of_both`,
`default_generator`, `set_generator_state`, `Seeded`, `row_by_value`, `open_after_fork`.
Everything else stands behind the doors of the rooms: `arrays`, `values`, `tensors`, `creating`,
`files`, `derivatives`, `linalg`, `showing`, `looking`, `writing` and `checking` say what others may
use.

The modules beside this one are the ground floor.  `node` and `core` say what a node and a row of
the table are, `ops`, `inverses` and `choices` are the table, `graph` is the walk.
"""

# One name a line would be two pages.
# isort: off
import sys as _sys
from typing import TYPE_CHECKING

from .arrays import (
    all as all, amax as amax, amin as amin, any as any, append as append, argmax as argmax,
    argmin as argmin, argsort as argsort, as_integers as as_integers, atleast_1d as atleast_1d,
    atleast_2d as atleast_2d, atleast_3d as atleast_3d, bmm as bmm, broadcast_to as broadcast_to,
    cast as cast, cat as cat, chunk as chunk, column_stack as column_stack,
    concatenate as concatenate, cross as cross, cummax as cummax, cummin as cummin,
    cumprod as cumprod, cumsum as cumsum, diag as diag, diagonal as diagonal, diff as diff,
    dot as dot, dstack as dstack, einsum as einsum, expand_dims as expand_dims, flatten as flatten,
    flip as flip, fliplr as fliplr, flipud as flipud, gather as gather, getitem as getitem,
    hstack as hstack, inner as inner, kron as kron, log_softmax as log_softmax,
    logsumexp as logsumexp, masked_fill as masked_fill, matmul as matmul,
    matrix_transpose as matrix_transpose, max as max, mean as mean, median as median, min as min,
    mm as mm, moveaxis as moveaxis, mv as mv, norm as norm, outer as outer, pad as pad,
    percentile as percentile, permute as permute, prod as prod, quantile as quantile,
    ravel as ravel, repeat as repeat, reshape as reshape, roll as roll, rot90 as rot90,
    scatter_add as scatter_add, sliding_window_view as sliding_window_view, softmax as softmax,
    sort as sort, split as split, squeeze as squeeze, stack as stack, std as std, sum as sum,
    sum_to as sum_to, sum_windows as sum_windows, swapaxes as swapaxes, take as take,
    take_along_axis as take_along_axis, tensordot as tensordot, tile as tile, topk as topk,
    trace as trace, transpose as transpose, trapezoid as trapezoid, tril as tril, triu as triu,
    unbind as unbind, var as var, vstack as vstack,
)  # fmt: skip
from .mapping import vmap as vmap
from .callers import warn_caller as warn_caller
from .checking import (
    Comparison as Comparison,
    GradCheck as GradCheck,
    GradientError as GradientError,
    compare as compare,
    gradcheck as gradcheck,
)
from .choices import (
    clip as clip, clip_between as clip_between, elu as elu, floor_divide as floor_divide,
    fmax as fmax, fmin as fmin, gate as gate, gelu as gelu, leaky_relu as leaky_relu,
    logaddexp as logaddexp, logit as logit, logsigmoid as logsigmoid, maximum as maximum,
    minimum as minimum, nan_to_num as nan_to_num, relu as relu, remainder as remainder,
    sigmoid as sigmoid, silu as silu, sinc as sinc,
    softplus as softplus, where as where, xlogy as xlogy,
)  # fmt: skip
from .checkpointing import checkpoint as checkpoint
from .compilation import Compiled as Compiled, compile as compile
from .core import (
    REAL as REAL, Interval as Interval, Op as Op, functions as functions,
    registry as registry, unregister as unregister,
)  # fmt: skip
from .counts import at_least as at_least
from .cpu import cuda as cuda, device as device, names_device as names_device, on_cpu as on_cpu
from .define import (
    elementwise as elementwise,
    fused as fused,
    shape_op as shape_op,
    symmetric as symmetric,
)
from .short_calls import UnaryOp as UnaryOp, WideOp as WideOp
from .derivatives import (
    grad as grad, grad_of as grad_of, hessian as hessian, hvp as hvp, jacfwd as jacfwd,
    jacobian as jacobian, jacrev as jacrev, jvp as jvp, linearize as linearize,
    ravel_tree as ravel_tree, taylor as taylor, value_and_grad as value_and_grad, vjp as vjp,
)  # fmt: skip
from .files import CheckpointError as CheckpointError, load as load, save as save
from .generators import (
    Generator as Generator,
    Rng as Rng,
    Seeded as Seeded,
    default_generator as default_generator,
    generator as generator,
    manual_seed as manual_seed,
    one_of_both as one_of_both,
    set_generator_state as set_generator_state,
)
from .elsewhere import (
    NotOnLayers as NotOnLayers, answer_in as answer_in, nearest as nearest,
    no_attribute as no_attribute,
    not_methods as _not_methods, public as _public,
)  # fmt: skip
from .gammas import digamma as digamma, lgamma as lgamma, polygamma as polygamma
from .graph import toposort as toposort
from .inverses import (
    arccos as arccos, arccosh as arccosh, arcsin as arcsin, arcsinh as arcsinh, arctan as arctan,
    arctan2 as arctan2, arctanh as arctanh, erf as erf, erfc as erfc, erfinv as erfinv,
    hypot as hypot,
)  # fmt: skip
from . import linalg as linalg
from .linalg import (
    cholesky as cholesky, cholesky_solve as cholesky_solve, det as det, logdet as logdet,
    matrix_power as matrix_power, slogdet as slogdet,
)  # fmt: skip
from .looking import (
    NonFiniteError as NonFiniteError,
    expand as expand,
    explain as explain,
    memory as memory,
    nan_trace as nan_trace,
    opened as opened,
)
from .moved import moved as moved
from .lists import array_of as array_of
from .locks import open_after_fork as open_after_fork
from .by_value import row_by_value as row_by_value
from .by_name import (
    called as called, example_of as example_of, has_numbers as has_numbers,
    is_recorded as is_recorded, own as own,
)  # fmt: skip
from .node import Node as Node, NodeArray as NodeArray, to_numpy as to_numpy
from .node_hooks import RemovableHandle as RemovableHandle, hooked_in as hooked_in
from .ops import (
    abs as abs, add as add, cbrt as cbrt, ceil as ceil, cos as cos, cosh as cosh, div as div,
    exp as exp, exp2 as exp2, expm1 as expm1, floor as floor, identity as identity, log as log,
    log10 as log10, log1p as log1p, log2 as log2, mul as mul, neg as neg, pow as pow,
    reciprocal as reciprocal, round as round, sign as sign, sin as sin, sinh as sinh, sqrt as sqrt,
    square as square, sub as sub, tan as tan, tanh as tanh,
)  # fmt: skip
from .questions import (
    allclose as allclose, array_equal as array_equal, eq as eq, ge as ge, gt as gt,
    isclose as isclose, isfinite as isfinite, isinf as isinf, isnan as isnan, le as le,
    logical_and as logical_and, logical_not as logical_not, logical_or as logical_or,
    logical_xor as logical_xor, lt as lt, ne as ne,
)  # fmt: skip
from .recording import (
    Opening as Opening,
    Watching as Watching,
    enable_grad as enable_grad,
    is_grad_enabled as is_grad_enabled,
    is_recomputing as is_recomputing,
    no_grad as no_grad,
    set_grad_enabled as set_grad_enabled,
    watch as watch,
)
from .references import held_once as held_once
from .restoring import Restoring as Restoring, insist as insist
from .signatures import input_names as input_names
from . import autograd as autograd, func as func, symbols as symbols
from .tensors import Tensor as Tensor
from .values import Value as Value, ValueArray as ValueArray
from .writing import Source as Source, source as source

# Under PyTorch's names: new Tensors, and the dtypes (`float` and `int` are not Python's from here)
from .creating import (
    arange as arange, as_tensor as as_tensor, bernoulli as bernoulli, bool as bool,
    double as double, empty as empty, empty_like as empty_like, eye as eye, float as float,
    float16 as float16, float32 as float32, float64 as float64, from_numpy as from_numpy,
    full as full, full_like as full_like, half as half, int as int, int8 as int8, int16 as int16,
    int32 as int32, int64 as int64, is_tensor as is_tensor, linspace as linspace, long as long,
    multinomial as multinomial, normal as normal, ones as ones, ones_like as ones_like,
    rand as rand, rand_like as rand_like, randint as randint, randn as randn,
    randn_like as randn_like, randperm as randperm,
    set_default_dtype as set_default_dtype, short as short, tensor as tensor,
    uint8 as uint8, zeros as zeros, zeros_like as zeros_like,
)  # fmt: skip
from math import e as e, inf as inf, nan as nan, pi as pi

# Other names that NumPy or PyTorch has for the same
absolute = abs
acos, acosh, asin, asinh, atan, atan2, atanh = (
    arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh,
)  # fmt: skip
clamp = clip
concat = concatenate
accelerator = cuda
inference_mode = no_grad
set_default_device = on_cpu
divide, multiply, negative, power, subtract = div, mul, neg, pow, sub
inverse, pinverse = linalg.inv, linalg.pinv
movedim = moveaxis
repeat_interleave = repeat
row_stack = vstack
Size = type(())  # shapes are tuples
trapz = trapezoid
unsqueeze = expand_dims

answer_in(linalg, autograd, func)
_not_methods([*_public(_sys.modules[__name__]), *_public(linalg)])

# Names that modules had, and pickles of then still have
moved(
    [f"engine.{name}" for name in (
        "arguments", "array_methods", "compare", "comparison", "core", "distance", "expand",
        "explain", "exponentials", "finite", "functional", "fused", "gradcheck", "graph",
        "indexing", "lockstep", "nan_trace", "norms", "products", "reductions", "running", "scalar",
        "scalar_backward", "shapes", "stepping", "tensor", "tensor_data", "value_array", "windows",
    )],
    "engine", "engine.arrays", "engine.copies", "engine.values.backward",
    "engine.window", "engine.checking", "engine.checking.rows",
    "engine.checking.lockstep", "engine.looking", "engine.looking.explain",
)  # fmt: skip

if not TYPE_CHECKING:  # pragma: no branch - to a type checker, what is not here is a typo

    def __getattr__(name: str) -> Op:
        """An op that a new row or a user registered, as a function of engine like the others."""
        if name in registry:
            return registry[name]
        raise no_attribute("module 'engine'", name, _public(_sys.modules[__name__]))
