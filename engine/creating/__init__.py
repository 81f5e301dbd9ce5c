"""New Tensors: filled with numbers one names, or drawn at random; and the names of dtypes.

`dtypes` has PyTorch's names, `filled` what makes a Tensor of a shape or of numbers, `drawn` what
makes one at random.  Each returns a leaf that requires no gradient unless told, on its own memory:
what an array is later changed to is not seen by a Tensor made of it.  The default dtypes are
NumPy's: float64, and int64 where all that was given are ints.
"""

from .anew import draw_anew as draw_anew
from .drawn import (
    bernoulli as bernoulli,
    multinomial as multinomial,
    normal as normal,
    rand as rand,
    rand_like as rand_like,
    randint as randint,
    randn as randn,
    randn_like as randn_like,
    randperm as randperm,
)
from .dtypes import (
    bool as bool,
    double as double,
    float as float,
    float16 as float16,
    float32 as float32,
    float64 as float64,
    half as half,
    int as int,
    int8 as int8,
    int16 as int16,
    int32 as int32,
    int64 as int64,
    long as long,
    set_default_dtype as set_default_dtype,
    short as short,
    uint8 as uint8,
)
from .filled import (
    arange as arange,
    as_tensor as as_tensor,
    empty as empty,
    empty_like as empty_like,
    eye as eye,
    from_numpy as from_numpy,
    full as full,
    full_like as full_like,
    is_tensor as is_tensor,
    linspace as linspace,
    ones as ones,
    ones_like as ones_like,
    tensor as tensor,
    zeros as zeros,
    zeros_like as zeros_like,
)
