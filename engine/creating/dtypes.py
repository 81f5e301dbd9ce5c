"""PyTorch's names of the dtypes, which are NumPy's: `x.dtype == engine.float32`.

`float` is float32 here and `int` int32, as there; Python's own `float` as a dtype is float64.
"""

from typing import Any

import numpy as np

float16 = half = np.dtype("float16")
float32 = float = np.dtype("float32")
float64 = double = np.dtype("float64")
int8, uint8 = np.dtype("int8"), np.dtype("uint8")
int16 = short = np.dtype("int16")
int32 = int = np.dtype("int32")
int64 = long = np.dtype("int64")
bool = np.dtype("bool")


def set_default_dtype(dtype: Any) -> None:
    """Nothing: float64 is what it is, and what science programs set.

    Raises:
        ValueError: another dtype.

    >>> set_default_dtype(float64)
    >>> set_default_dtype(float32)
    Traceback (most recent call last):
    ValueError: the default dtype is float64, as NumPy's, got float32: ...
    """
    if dtype != float64:
        raise ValueError(
            f"the default dtype is float64, as NumPy's, got {dtype}: give dtype=engine.float32 "
            "where Tensors are made, and take model.float()"
        )
