"""Random programs as people write them: NumPy's functions, Python's and the engine's, mixed.

A program is source text that runs on plain numbers and arrays as it runs on nodes, so that finite
differences of the plain run say what its gradient is.  Each template names what it gives and what
it takes: s a number, v three numbers, m a matrix of two rows and three columns.
"""

import copy
import functools
import math
import operator
import random
import statistics

import numpy as np

import engine as E

# What gives a number, from what
NUMBERS = """
v: np.dot({0}, {1})                      | v v
v: np.sum({0})                           | v
v: np.mean({0} * {1})                    | v v
v: np.max({0})                           | v
v: np.min({0})                           | m
v: np.prod({0} / 2)                      | v
v: np.linalg.norm({0})                   | v
v: np.linalg.norm({0}, axis=None)        | m
v: np.einsum("i,i->", {0}, {1})          | v v
v: np.inner({0}, {1})                    | v v
v: np.vdot({0}, {1})                     | v v
v: np.std({0})                           | v
v: np.var({0}, ddof=1)                   | v
v: np.median({0})                        | v
v: np.quantile({0}, 0.3)                 | v
v: np.average({0}, weights=[1.0, 2, 3])  | v
v: np.ptp({0})                           | v
v: np.trapezoid({0})                     | v
v: np.trace({0} @ {0}.T)                 | m
v: np.linalg.det({0} @ {0}.T)            | m
v: np.add.reduce({0})                    | v
v: np.multiply.reduce({0})               | v
v: np.nansum({0})                        | v
v: np.cross({0}, {1})[1]                 | v v
v: np.polyval([0.5, -1.0, 2.0], {0})     | s
v: np.interp({0}, [-3.0, 0, 3], [1.0, 2, 0]) | s
v: np.where({0} > 0.2, {0}, {1})         | s s
v: np.asarray({0}).sum()                 | v
v: np.array({0})[1]                      | v
v: np.float64({0}) * {1}                 | s s
v: {0}.sum()                             | v
v: {0}.mean() * {1}.max()                | m v
v: {0}[0] * {0}[2]                       | v
v: {0}[1, 2] - {0}[0][0]                 | m
v: sum({0})                              | v
v: sum({0} * {1}, 0.5)                   | v v
v: max({0}[0], {0}[1])                   | v
v: min({0}, key=abs)                     | v
v: sorted({0})[1]                        | v
v: abs({0}) + {1} ** 2                   | s s
v: float({0}) + {1}                      | s s
v: int({0} * 2) * {1}                    | s s
v: round({0} * 1, 1) + {1}               | s s
v: math.sin({0}) * {1}                   | s s
v: math.exp({0} / 4)                     | s
v: math.hypot({0}, {1})                  | s s
v: math.prod([{0}, {1}, {0}])            | s s
v: math.fsum([{0}, {1}])                 | s s
v: math.sqrt({0} ** 2 + 1)               | s
v: statistics.fmean([{0}, {1}])          | s s
v: functools.reduce(operator.mul, {0})   | v
v: operator.sub({0}, {1})                | s s
v: {0} if {0} > {1} else {1} * 2         | s s
v: copy.copy({0}) * {1}                  | s s
v: copy.deepcopy({0}) + {0}              | s
v: E.sin({0}) * E.cosh({1} / 3)          | s s
v: E.logsumexp({0})                      | v
v: E.norm({0} - {1})                     | v v
v: E.sum([{0}, {1}, 2.0])                | s s
v: E.dot({0}, {1})                       | v v
v: E.softmax({0})[1]                     | v
v: E.var({0} + {1})                      | v v
v: E.maximum({0}, {1})                   | s s
v: np.hypot({0}, {1})                    | s s
v: np.arctan2({0}, {1} ** 2 + 1)         | s s
v: np.exp(-{0} ** 2)                     | s
v: np.sqrt({0} * {0} + 1)                | s
v: np.max([{0}, {1}])                    | s s
v: np.sum([{0}, {1}, 2.0])               | s s
v: np.multiply({0}, {1})                 | s s
v: np.squeeze({0}[:1]) + {1}             | v s
"""

# What gives three numbers
VECTORS = """
v: np.sin({0}) * {1}                     | v v
v: np.tanh({0}) + np.cos({1})            | v v
v: np.where({0} > {1}, {0}, 2 * {1})     | v v
v: np.maximum({0}, 0.3)                  | v
v: np.minimum({0}, {1})                  | v v
v: np.clip({0}, -1, 1)                   | v
v: np.abs({0}) / (1 + np.square({1}))    | v v
v: np.concatenate([{0}[:1] * 3, {0}[1:]]) | v
v: np.concatenate(({0}[1:], {1}[:1]))    | v v
v: np.stack([{0}, {1}])[1]               | v v
v: np.stack([{0}, {1}, 0.5])             | s s
v: np.array([{0}, {1}, 0.5])             | s s
v: np.array([{0}[1], -{0}[0], {1}])      | v s
v: np.asarray([{0}, {1}, {0}]) * 1.5     | s s
v: np.hstack([{0}[:2], {1}[:1]])         | v v
v: np.append({0}[:2], {1})               | v s
v: np.insert({0}[:2], 1, {1})            | v s
v: np.cumsum({0})                        | v
v: np.cumprod({0} / 2)                   | v
v: np.sort({0})                          | v
v: np.flip({0})                          | v
v: np.roll({0}, 1)                       | v
v: np.take({0}, [2, 0, 0])               | v
v: np.diff({0}, prepend=0.0)             | v
v: np.gradient({0})                      | v
v: np.convolve({0}, {1}, "same")         | v v
v: np.cross({0}, {1})                    | v v
v: np.diag(np.outer({0}, {1}))           | v v
v: np.dot({0}, {1})[[0, 1, 0]]           | m v
v: np.matmul({0}, {1})[[0, 1, 1]]        | m v
v: np.sum({0}, axis=0)                   | m
v: np.mean({0}, 0)                       | m
v: np.max({0}, axis=0)                   | m
v: np.linalg.norm({0}, axis=0)           | m
v: np.einsum("ij,j->j", {0}, {1})        | m v
v: np.einsum("ij,i->j", {0}, {1}[:2])    | m v
v: np.tensordot({0}[:2], {1}, axes=1)    | v m
v: np.linalg.solve(np.eye(3) * 3 + np.outer({0}, {0}), {1}) | v v
v: np.linalg.cholesky(np.eye(3) + np.outer({0}, {0}))[2] | v
v: np.copy({0}) * {1}                    | v v
v: np.array({0}) + {1}                   | v v
v: np.asarray({0}) * {0}                 | v
v: np.ascontiguousarray({0}) * {1}       | v v
v: np.broadcast_to({0}, (3,)) * {1}      | s v
v: np.full_like({0}, 2.0) * {1}          | v v
v: np.zeros_like({0}) + {1}              | v v
v: np.full(3, {0}) + {1}                 | s v
v: np.reshape({0}, -1)[1:4]              | m
v: np.ravel({0})[[0, 5, 2]]              | m
v: np.select([{0} > 0.5], [{0} * 2], {1}) | v v
v: np.piecewise({0}, [{0} < 0], [lambda t: -t, lambda t: t * t]) | v
v: np.vectorize(lambda t: t * t)({0})    | v
v: np.ones(3) * np.frompyfunc(lambda t: t * 2, 1, 1)({0}).tolist() | v
v: np.apply_along_axis(lambda r: r * 2, 0, {0}) | v
v: np.nan_to_num({0}) * {1}              | v v
v: np.fft.ifft(np.fft.fft({0})).real     | v
v: np.add.accumulate({0})                | v
v: np.add({0}, {1}, out=np.zeros(3))     | v v
v: np.float32(2) * {0} - np.float64(0.5) * {1} | v v
v: np.ones(3) * {0} + np.arange(3.0) @ {1} | v v
v: np.ma.array([1.0, 2.0, 3.0]) * {0}    | v
v: {0} * [{1}, {1} ** 2, 1.0]            | v s
v: {0} * [{0}[2], {0}[1], {0}[0]]        | v
v: [{0}, {1}, 2.0] + {2}                 | s s v
v: {0}[[2, 1, 0]] - {1}                  | v v
v: {0}[{0} > -9] * 2                     | v
v: {0}.reshape(3, 1)[:, 0] * {1}         | v v
v: {0}.T @ {1}[:2]                       | m v
v: {0} ** 2 / (abs({1}) + 1)             | v v
v: E.tanh({0}) * np.exp(-{1} * {1})      | v v
v: E.stack([{0}, {1}, {0} * {1}])        | s s
v: E.concatenate([[{0}], {1}[1:]])       | s v
v: E.where({0} > 0, [{1}, 1.0, {1}], {0}) | v s
v: E.cumsum({0}) - E.sort({1}, axis=0)   | v v
v: E.mul({0}, [1.0, {1}, 2.0])           | v s
v: E.einsum("ij,j->j", {0}, {1})         | m v
v: copy.copy({0}) * {0}                  | v
v: copy.deepcopy({0} * {1}) + {0}        | v v
v: E.Tensor({0}) * {0}                   | v
v: np.outer({0}, {1})[0]                 | v v
v: np.kron({0}[:1], {1})                 | v v
v: np.tile({0}[:1], 3) * {1}             | v v
v: np.repeat({0}, 2)[::2]                | v
v: np.multiply.outer({0}, {1})[2]        | v v
v: np.subtract.outer({0}, {1}).sum(0)    | v v
v: np.divide({0}, np.power({1}, 2) + 1)  | v v
v: np.logaddexp({0}, {1})                | v v
v: np.unique({0} + [0.0, 0.17, 0.31])    | v
v: np.partition({0}, 1)                  | v
v: np.ediff1d({0}, to_end={1})           | v s
v: np.compress([True, True, True], {0})  | v
v: np.choose([0, 1, 0], [{0}, {1}])      | v v
v: np.trim_zeros({0} + 9.7)              | v
v: np.rot90({0})[:, 0][[0, 1, 2]]        | m
"""

# What gives two rows of three
MATRICES = """
v: np.outer({0}, {1})[:2]                | v v
v: np.outer([1.0, {0}], {1})             | s v
v: np.stack([{0}, {1}])                  | v v
v: np.vstack([{0}, {1}])                 | v v
v: np.array([{0}, {1}])                  | v v
v: np.array([[{0}, {1}, 1.0], [0.5, {1}, {0}]]) | s s
v: np.concatenate([{0}[:1], {1}[1:]], axis=0) | m m
v: np.tanh({0}) * {1}                    | m m
v: np.transpose({0}).T * 2               | m
v: np.swapaxes(np.swapaxes({0}, 0, 1), 0, 1) | m
v: np.reshape(np.concatenate([{0}, {1}]), (2, 3)) | v v
v: np.broadcast_to({0}, (2, 3)) + {1}    | v m
v: np.expand_dims({0}, 0) * {1}          | v m
v: np.tile({0}, (2, 1))                  | v
v: np.repeat({0}[None], 2, axis=0)       | v
v: np.flip({0}, axis=1)                  | m
v: np.tril({0}) + np.triu({1})           | m m
v: np.where({0} > 0, {0}, {1})           | m v
v: np.cumsum({0}, axis=1)                | m
v: np.sort({0}, axis=1)                  | m
v: np.pad({0}[:, :2], ((0, 0), (0, 1)))  | m
v: np.matmul({0}, np.outer({1}, {1}) / 4) | m v
v: np.block([[{0}[:1]], [{1}[:1]]])      | m m
v: np.linalg.inv({0} @ {0}.T + 2 * np.eye(2)) @ {0} | m
v: np.roll({0}, 1, axis=1) * {1}         | m m
v: np.split({0}, 3, axis=1)[1] * {1}     | m m
v: np.moveaxis({0}, 0, 1).T              | m
v: np.meshgrid({0}, {1}[:2])[0]          | v v
v: {0} - {0}.mean(axis=1, keepdims=True) | m
v: {0} * {1} + {2}                       | m v s
v: {0} @ np.eye(3)                       | m
v: {0}[[1, 0]]                           | m
v: [{0}, {1}] * np.ones((2, 3))          | v v
v: {0} * [[{1}], [2.0]]                  | m s
v: E.softmax({0}, axis=1)                | m
v: E.stack([{0}, {1} * 2])               | v v
v: E.maximum({0}, {1})                   | m m
v: np.asarray({0}) + 0.0                 | m
v: np.atleast_2d({0}) * {1}              | v m
v: np.delete({0}, 0, axis=0) * {1}       | m m
v: np.einsum("ij,kj->ik", {0}, np.eye(3)) | m
v: np.diagflat({0})[:2]                  | v
v: np.take_along_axis({0}, np.array([[0, 2, 1], [1, 1, 0]]), 1) | m
"""

# Statements: several lines, {out} is what they leave
STATEMENTS = """
v | out = np.zeros(3); out[0] = {0} ** 2; out[1] = {1}       | s s
v | out = np.zeros(3); out[:] = {0}                          | v
v | out = np.zeros(3); out[[0, 2]] = {0}[:2]                 | v
v | out = np.ones(3); out *= {0}                             | v
v | out = np.ones(3); out = out * {0}                        | v
v | out = np.zeros(3); np.add.at(out, [0, 1, 1], {0})        | v
v | out = np.zeros(3); np.copyto(out, {0})                   | v
v | out = np.zeros(3); np.put(out, [0, 1], {0}[:2])          | v
v | out = np.zeros(3); np.multiply({0}, 2, out=out)          | v
v | out = {0} * 1; out += {1}                                | v v
v | out = {0} * 1; out *= {1}; out -= 0.5                    | v v
v | out = []; [out.append(t * {1}) for t in {0}]; out = np.array(out)   | v s
v | out = []; [out.append(t * {1}) for t in {0}]; out = np.stack(out)   | v s
v | out = []; [out.append(t * {1}) for t in {0}]; out = E.stack(out)    | v s
v | out = [t * t for t in {0}] * np.ones(3)                  | v
v | out = np.empty(3, object); out[:] = [{0}, {1}, 1.0]; out = np.array(list(out)) | s s
v | out = np.fromiter((t * 2 for t in {0}), float)           | v
v | out = np.zeros((3, 3)); np.fill_diagonal(out, {0}); out = out.sum(0) | v
s | out = 0.0; out += {0}; out += {1} * out                  | s s
s | out = {0} * 1; out += {1}; out *= {0}                    | s s
s | out = np.zeros(()); out += {0}                           | s
s | out = np.zeros(()); out = out + {0}                      | s
s | out = 0.0; out = sum(t * t for t in {0}) + out           | v
s | out = 1.0; out = out * {0}; out /= 3                     | s
m | out = np.zeros((2, 3)); out[0] = {0}; out[1] = {1}       | v v
m | out = np.ones((2, 3)); out[:, 1] = {0}                   | s
m | out = {0} * 1.0; out += {1}                              | m v
"""

SPACE = {
    "np": np, "math": math, "E": E, "copy": copy, "functools": functools, "operator": operator,
    "statistics": statistics,
}  # fmt: skip


def _rows(text, kind):
    """(what it gives, source, what it takes) of the lines of a table above."""
    for line in text.strip().splitlines():
        source, takes = line.partition(":")[2].rsplit("|", 1)
        yield kind, "{out} = " + source.strip(), takes.split()


def _statements(text):
    for line in text.strip().splitlines():
        kind, rest = line.split("|", 1)
        source, takes = rest.rsplit("|", 1)
        source = source.strip().replace("{out}", "out")
        yield kind.strip(), source, takes.split()


TEMPLATES = [
    *_rows(NUMBERS, "s"), *_rows(VECTORS, "v"), *_rows(MATRICES, "m"), *_statements(STATEMENTS),
]  # fmt: skip


RESULT = (
    "return {0} * 0.7 + ({1} * np.array([0.5, -1.0, 2.0])).sum()"
    " + ({2} * np.array([[1.0, 0.3, -0.2], [0.4, -0.6, 0.8]])).sum()"
)


class Program:
    """One random program of three arguments: a number, three numbers, and a matrix."""

    def __init__(self, seed, first=None):
        draw = random.Random(seed)
        pool = {"s": ["s"], "v": ["v"], "m": ["m"]}
        lines = []
        chosen = [first] if first is not None else []
        chosen += [draw.choice(TEMPLATES) for _ in range(draw.randint(1, 5))]
        for i, (kind, source, takes) in enumerate(chosen):
            names = [draw.choice(pool[t][-2:]) for t in takes]
            text = source.replace("{out}", "out")
            for k, name in enumerate(names):
                text = text.replace(f"{{{k}}}", name)
            lines += [part.strip() for part in text.split(";")]
            lines.append(f"{kind}{i} = out")
            pool[kind].append(f"{kind}{i}")
        last = [names[-1] for names in pool.values()]
        lines.append(RESULT.format(*last))
        self.source = "def f(s, v, m):\n    " + "\n    ".join(lines)
        space = dict(SPACE)
        exec(self.source, space)
        self.f = space["f"]
        numbers = np.random.default_rng(seed)
        self.given = (
            float(numbers.normal()), numbers.normal(size=3), numbers.normal(size=(2, 3)),
        )  # fmt: skip

    @property
    def copies(self):
        """Whether it copies: outside a derivative, a copy of a leaf is a leaf of its own."""
        return "copy." in self.source or "E.Tensor(" in self.source

    def plain(self, *given):
        """The program on plain numbers."""
        return float(self.f(*(np.array(x) if isinstance(x, np.ndarray) else x for x in given)))
