"""`Neuron`, `Layer`, `MLP` on single Values, as micrograd has them: change the import, no more.

Each neuron is one node (see `neuron`), labelled with the neuron's place in the model, so that a
picture of the whole model stays readable; `expand` writes neurons as products and sums.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from engine import Value, WideOp, toposort

from ..checks import at_least
from ..parameter import is_learned
from .neuron import linear_neuron, relu_neuron

Uniform = np.random.Generator | random.Random | None


class Module:
    """Anything with parameters: its Values, in lists and modules too, unless it names them itself.

    >>> from engine import Value
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slopes, self.height = [Value(1.0), Value(2.0)], Value(3.0)
    >>> [p.data for p in Line().parameters()]
    [1.0, 2.0, 3.0]
    """

    def zero_grad(self) -> None:
        """Forget the gradient of every parameter."""
        for p in self.parameters():
            p.zero_grad()

    def parameters(self) -> list[Value]:
        """All parameters, in order, each once."""
        return list(dict.fromkeys(_learned(list(vars(self).values()))))


def _learned(x: Any) -> Iterator[Value]:
    if isinstance(x, list | tuple | dict):
        for item in x.values() if isinstance(x, dict) else x:
            yield from _learned(item)
    elif isinstance(x, Module):
        yield from x.parameters()
    elif isinstance(x, Value) and is_learned(x):
        yield x


class Neuron(Module):
    """relu(w·x + b), or w·x + b if `nonlin` is false.

    Args:
        nin: number of inputs.
        nonlin: whether the weighted sum goes through relu.
        rng: where the weights are drawn, uniform in ±1; default Python's `random`, as micrograd
            (`nn.manual_seed` seeds that too).

    Raises:
        ValueError: nin below 1; in the call, another number of inputs.

    >>> n = Neuron(2)
    >>> n.w[0].data, n.w[1].data, n.b.data = 1.0, -2.0, 0.5
    >>> n([3.0, 1.0])
    Value(data=1.5, grad=0.0)
    """

    def __init__(self, nin: int, nonlin: bool = True, rng: Uniform = None) -> None:
        at_least(1, nin=nin)
        uniform = random.uniform if rng is None else rng.uniform
        self.w = [Value(float(uniform(-1, 1))) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.name("neuron")

    def name(self, label: str) -> None:
        """Label the parameters and every result after this place in the model."""
        self.label = label
        for i, w in enumerate(self.w):
            w.label = f"{label}.w[{i}]"
        self.b.label = f"{label}.b"

    def __call__(self, x: Sequence[Any]) -> Value:
        if len(x) != len(self.w):
            raise ValueError(f"{self!r} takes {len(self.w)} inputs, got {len(x)}")
        op = relu_neuron if self.nonlin else linear_neuron
        y = Value.record_wide(op, (*x, *self.w, self.b))
        y.label = self.label
        return y

    def parameters(self) -> list[Value]:
        """The weights, then the bias."""
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons that look at the same `nin` inputs.

    The call returns a list of Values, or the Value itself if there is one neuron.

    >>> layer = Layer(2, 3)
    >>> len(layer([1.0, -2.0])), len(layer.parameters())
    (3, 9)
    """

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        at_least(1, nout=nout)
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]
        self.name("layer")

    def name(self, label: str) -> None:
        """Label the neurons after this layer's place in the model."""
        for i, neuron in enumerate(self.neurons):
            neuron.name(f"{label}.neurons[{i}]")

    def __call__(self, x: Sequence[Any]) -> Any:
        x = tuple(x)
        out = [n(x) for n in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        """Those of each neuron, in order."""
        return [p for n in self.neurons for p in n.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    """Layers of relu neurons, the last one linear: `MLP(2, [16, 16, 1])`.

    Raises:
        ValueError: no layer is named.

    >>> model = MLP(2, [16, 16, 1])
    >>> len(model.parameters()), model([1.0, -2.0]).op.name
    (337, 'linear_neuron')
    """

    def __init__(self, nin: int, nouts: Sequence[int], rng: Uniform = None) -> None:
        nouts = list(nouts)
        if not nouts:
            raise ValueError("nouts must name at least one layer, got []")
        sizes = [nin, *nouts]
        self.layers = [
            Layer(sizes[i], sizes[i + 1], nonlin=i != len(nouts) - 1, rng=rng)
            for i in range(len(nouts))
        ]
        for i, layer in enumerate(self.layers):
            layer.name(f"layers[{i}]")

    def __call__(self, x: Sequence[Any]) -> Any:
        for layer in self.layers[:-1]:
            x = _sequence(layer(x))
        return self.layers[-1](x)

    def parameters(self) -> list[Value]:
        """Those of each layer, in order."""
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"


def _sequence(x: Any) -> Any:
    """A layer's result as the next layer's inputs: a layer of one neuron gives a bare Value."""
    return [x] if isinstance(x, Value) else x


def expand(root: Value) -> Value:
    """The same result with every neuron composed of products, sums and relu.

    Leaves are shared with `root`'s graph: backward from either reaches the same parameters.
    Nodes that depend on no neuron are shared too.

    Raises:
        TypeError: root is not a Value.

    >>> y = expand(Neuron(2)([1.0, 2.0]))
    >>> y.op.name, y.label
    ('relu', 'neuron')
    """
    if not isinstance(root, Value):
        raise TypeError(f"root must be a Value, got {type(root).__name__}")
    composed: dict[int, Value] = {}
    for node in toposort(root):
        inputs = tuple(composed.get(id(x), x) for x in node.inputs)
        if isinstance(node.op, WideOp):
            assert node.op.elements is not None
            y = node.op.elements(*inputs)
        elif any(a is not b for a, b in zip(inputs, node.inputs, strict=True)):
            y = node.op.apply(inputs, dict(node.params))
        else:
            continue
        y.label = node.label
        composed[id(node)] = y
    return composed.get(id(root), root)
