"""The array tier: `Tensor`, one NumPy array per node, and backward on arrays.

Read `tensor` first.  Others use `Tensor`.
"""

from .tensor import Tensor as Tensor
