"""micrograd's models on single `Value`s: change the import, no more; many times faster.

`mlp` has its Module, Neuron, Layer and MLP, `neuron` the op that makes a neuron one node, which
`expand` undoes.  Users and viz take what is exported here; layers of arrays, and their copies on
the scalar tier (`model.scalar()`), are in `nn.layers`.
"""

from .mlp import MLP as MLP, Layer as Layer, Module as Module, Neuron as Neuron, expand as expand
