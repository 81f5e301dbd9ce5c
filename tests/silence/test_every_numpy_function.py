"""Every public function of NumPy, called with something that requires a gradient.

What comes out is part of the graph, with the gradient that finite differences give; or the call is
an error that names a way out; or it is a question, to which the answer has no gradient.  Nothing
else, for NumPy has several hundred functions, and each of them once lost a gradient in silence.
"""

import functools
import io
import itertools

import numpy as np
import pytest

from engine import Node, Tensor, Value, ValueArray, to_numpy

X = np.array([0.7, 0.4, 0.6])
C = np.array([1.1, 2.9, 2.3])
M = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 4.0]])
L = np.linalg


def into(write, dtype=np.float64):
    """A call that writes x into a fresh array of zeros."""

    def call(x):
        out = np.zeros(3, dtype)
        write(out, x)
        return out

    return call


def square(x):
    return x.reshape(3, 1) * x + M


#: How to call what `f(x)` is no call of; several calls of one function have a word more.
CALLS = {
    "allclose": lambda x: np.allclose(x, C),
    "append": lambda x: np.append(x, C),
    "append to": lambda x: np.append(C, x),
    "apply_along_axis": lambda x: np.apply_along_axis(lambda row: row * 2, 0, x),
    "apply_over_axes": lambda x: np.apply_over_axes(np.sum, x, [0]),
    "arccosh": lambda x: np.arccosh(x + 1),
    "argpartition": lambda x: np.argpartition(x, 1),
    "array_equal": lambda x: np.array_equal(x, C),
    "array_equiv": lambda x: np.array_equiv(x, C),
    "array_split": lambda x: np.array_split(x, 2),
    "astype": lambda x: np.astype(x, np.float64),
    "average weights": lambda x: np.average(C, weights=x),
    "average weighted": lambda x: np.average(x, weights=C),
    "bincount": lambda x: np.bincount([0, 1, 1], weights=x),
    "block": lambda x: np.block([x, C]),
    "broadcast_to": lambda x: np.broadcast_to(x, (2, 3)),
    "can_cast": lambda x: np.can_cast(x, float),
    "choose": lambda x: np.choose([0, 1, 0], [x, C]),
    "clip": lambda x: np.clip(x, 0.5, 1.0),
    "clip bounds": lambda x: np.clip(C, x, 5.0),
    "compress": lambda x: np.compress([True, False, True], x),
    "concatenate": lambda x: np.concatenate([x * 3, x[1:]]),
    "convolve": lambda x: np.convolve(x, C),
    "copyto": into(np.copyto),
    "correlate": lambda x: np.correlate(x, C),
    "cross": lambda x: np.cross(x, C),
    "delete": lambda x: np.delete(x, 1),
    "diagonal": lambda x: np.diagonal(square(x)),
    "digitize": lambda x: np.digitize(x, [0.0, 0.5, 1.0]),
    "dot": lambda x: np.dot(x, x),
    "dot from the right": lambda x: np.dot(M, x),
    "dsplit": lambda x: np.dsplit(x.reshape(1, 1, 3), 3),
    "dstack": lambda x: np.dstack([x, C]),
    "einsum": lambda x: np.einsum("i,i->", x, x),
    "einsum from the right": lambda x: np.einsum("ij,j->i", M, x, optimize=True),
    "einsum_path": lambda x: np.einsum_path("i,i->", x, C)[0],
    "empty_like": lambda x: np.empty_like(x).shape,
    "expand_dims": lambda x: np.expand_dims(x, 0),
    "extract": lambda x: np.extract([True, False, True], x),
    "fill_diagonal": lambda x: (out := np.zeros((3, 3)), np.fill_diagonal(out, x))[0],
    "fliplr": lambda x: np.fliplr(x.reshape(1, 3)),
    "full_like": lambda x: np.full_like(x, 2.0),
    "full_like filled": lambda x: np.full_like(C, x),
    "geomspace": lambda x: np.geomspace(x[0], x[1], 3),
    "hsplit": lambda x: np.hsplit(x, 3),
    "hstack": lambda x: np.hstack([x, C]),
    "inner": lambda x: np.inner(x, C),
    "insert": lambda x: np.insert(x, 1, 5.0),
    "insert into": lambda x: np.insert(C, 1, x[0]),
    "interp": lambda x: np.interp(x, [0.0, 1.0, 2.0], C),
    "interp values": lambda x: np.interp([0.5], [0.0, 1.0, 2.0], x),
    "intersect1d": lambda x: np.intersect1d(x, x * 1.0),
    "isclose": lambda x: np.isclose(x, C),
    "isin": lambda x: np.isin(x, C),
    "kron": lambda x: np.kron(x, C),
    "linspace": lambda x: np.linspace(x[0], x[1], 3),
    "linspace ends": lambda x: np.linspace(x, C, 3),
    "logspace": lambda x: np.logspace(x[0], x[1], 3),
    "matmul": lambda x: np.matmul(M, x),
    "matrix_transpose": lambda x: np.matrix_transpose(x.reshape(1, 3)),
    "matvec": lambda x: np.matvec(M, x),
    "max axis": lambda x: np.max(x.reshape(1, 3), axis=1, keepdims=True),
    "may_share_memory": lambda x: np.may_share_memory(x, C),
    "mean dtype": lambda x: np.mean(x, dtype=np.float32),
    "moveaxis": lambda x: np.moveaxis(x.reshape(1, 3), 0, 1),
    "nanpercentile": lambda x: np.nanpercentile(x, 30),
    "nanquantile": lambda x: np.nanquantile(x, 0.3),
    "outer": lambda x: np.outer(x, x),
    "pad": lambda x: np.pad(x, 1),
    "pad mode": lambda x: np.pad(x, 1, mode="reflect"),
    "partition": lambda x: np.partition(x, 1),
    "percentile": lambda x: np.percentile(x, 30),
    "piecewise": lambda x: np.piecewise(x, [X > 0.5], [lambda a: a * 2, lambda a: a * 3]),
    "place": into(lambda out, x: np.place(out, [True] * 3, x)),
    "polyadd": lambda x: np.polyadd(x, C),
    "polydiv": lambda x: np.polydiv(x, C),
    "polyfit": lambda x: np.polyfit(C, x, 1),
    "polymul": lambda x: np.polymul(x, C),
    "polysub": lambda x: np.polysub(x, C),
    "polyval": lambda x: np.polyval(x, 2.0),
    "polyval at": lambda x: np.polyval(C, x),
    "put": into(lambda out, x: np.put(out, [0, 1, 2], x)),
    "put_along_axis": into(lambda out, x: np.put_along_axis(out, np.arange(3), x, 0)),
    "putmask": into(lambda out, x: np.putmask(out, [True] * 3, x)),
    "quantile": lambda x: np.quantile(x, 0.3),
    "quantile q": lambda x: np.quantile(C, x[0]),
    "repeat": lambda x: np.repeat(x, 2),
    "reshape": lambda x: np.reshape(x, (3, 1)),
    "resize": lambda x: np.resize(x, (5,)),
    "roll": lambda x: np.roll(x, 1),
    "rollaxis": lambda x: np.rollaxis(x.reshape(1, 3), 1),
    "rot90": lambda x: np.rot90(x.reshape(1, 3)),
    "round decimals": lambda x: np.round(x, 2),
    "save": lambda x: np.save(io.BytesIO(), x),
    "savetxt": lambda x: np.savetxt(io.StringIO(), x),
    "savez": lambda x: np.savez(io.BytesIO(), x),
    "searchsorted": lambda x: np.searchsorted([0.0, 0.5, 1.0], x),
    "select": lambda x: np.select([[True, False, True]], [x], 0.0),
    "setdiff1d": lambda x: np.setdiff1d(x, C),
    "setxor1d": lambda x: np.setxor1d(x, C),
    "shares_memory": lambda x: np.shares_memory(x, C),
    "size axis": lambda x: np.size(x, 0),
    "sliding_window_view": lambda x: np.lib.stride_tricks.sliding_window_view(x, 2),
    "sort kind": lambda x: np.sort(x, kind="stable"),
    "split": lambda x: np.split(x, 3),
    "stack": lambda x: np.stack([x, C]),
    "std ddof": lambda x: np.std(x, ddof=1),
    "sum axis": lambda x: np.sum(x.reshape(1, 3), 1, None, None, True),
    "sum initial": lambda x: np.sum(x, initial=3.0),
    "sum where": lambda x: np.sum(x, where=[True, False, True]),
    "swapaxes": lambda x: np.swapaxes(x.reshape(1, 3), 0, 1),
    "take": lambda x: np.take(x, [0, 0, 2]),
    "take_along_axis": lambda x: np.take_along_axis(x, np.array([0, 2]), 0),
    "tensordot": lambda x: np.tensordot(x, M, axes=1),
    "tile": lambda x: np.tile(x, 2),
    "trace": lambda x: np.trace(square(x)),
    "tril": lambda x: np.tril(square(x)),
    "tril_indices_from": lambda x: np.tril_indices_from(square(x)),
    "triu": lambda x: np.triu(square(x)),
    "triu_indices_from": lambda x: np.triu_indices_from(square(x)),
    "union1d": lambda x: np.union1d(x, C),
    "var axis": lambda x: np.var(x.reshape(1, 3), 1, ddof=1),
    "vdot": lambda x: np.vdot(x, C),
    "vecmat": lambda x: np.vecmat(x, M),
    "vsplit": lambda x: np.vsplit(x.reshape(3, 1), 3),
    "vstack": lambda x: np.vstack([x, C]),
    "where": lambda x: np.where([True, False, True], x, 0.0),
    "where alone": lambda x: np.where(x),
    "linalg.cross": lambda x: L.cross(x, C),
    "linalg.lstsq": lambda x: L.lstsq(M, x),
    "linalg.matmul": lambda x: L.matmul(M, x),
    "linalg.matrix_power": lambda x: L.matrix_power(square(x), 2),
    "linalg.multi_dot": lambda x: L.multi_dot([M, M, x]),
    "linalg.norm": lambda x: L.norm(x),
    "linalg.norm ord": lambda x: L.norm(x, 1),
    "linalg.norm axis": lambda x: L.norm(x.reshape(1, 3), axis=1, keepdims=True),
    "linalg.outer": lambda x: L.outer(x, C),
    "linalg.solve": lambda x: L.solve(M, x),
    "linalg.tensordot": lambda x: L.tensordot(x, C, axes=1),
    "linalg.tensorinv": lambda x: L.tensorinv(square(x), ind=1),
    "linalg.tensorsolve": lambda x: L.tensorsolve(M, x),
    "linalg.vecdot": lambda x: L.vecdot(x, C),
    "linalg.vector_norm": lambda x: L.vector_norm(x),
}


def public():
    """(name, call) of every function of NumPy that looks at the classes of its arguments."""
    for prefix, module in (("", np), ("linalg.", np.linalg), ("fft.", np.fft)):
        for name in dir(module):
            function = getattr(module, name)
            if hasattr(function, "_implementation") and prefix + name not in CALLS:
                on_matrix = prefix == "linalg."
                yield prefix + name, lambda x, f=function, m=on_matrix: f(square(x) if m else x)


def ufuncs():
    for name in dir(np):
        ufunc = getattr(np, name)
        if not isinstance(ufunc, np.ufunc) or name in CALLS or ufunc.__name__ in CALLS:
            continue
        if ufunc.nin == 1:
            yield name, ufunc
        elif ufunc.signature is None:
            yield f"{name} left", lambda x, u=ufunc: u(x, C)
            yield f"{name} right", lambda x, u=ufunc: u(C, x)
            yield f"{name} number", lambda x, u=ufunc: u(1.7, x)


def methods():
    """(name, call, what it means) of the methods of every ufunc of two numbers."""
    for name in dir(np):
        u = getattr(np, name)
        if not isinstance(u, np.ufunc) or u.__name__ != name or (u.nin, u.nout) != (2, 1):
            continue
        if u.signature is not None or name.startswith("logical"):
            continue
        # written out: NumPy's reduction of floats forgets the middle of np.power.reduce([2, 3, 4])
        yield f"{name} reduce", u.reduce, lambda x, u=u: functools.reduce(u, x)
        yield f"{name} accumulate", u.accumulate, lambda x, u=u: [*itertools.accumulate(x, u)]
        yield (
            f"{name} reduceat",
            lambda x, u=u: u.reduceat(x, [0, 1]),
            lambda x, u=u: [x[0], u(*x[1:])],
        )
        for call in (
            lambda x, u=u: u.outer(x, C),
            lambda x, u=u: u.outer(C, x),
            into(lambda out, x, u=u: u(C, x, out=out)),
            into(lambda out, x, u=u: u.at(out, [0, 1, 2], x)),
        ):
            yield name, call, call


def parts(y):
    """The numbers and nodes in what a function gave, one by one; text and dtypes left out."""
    if isinstance(y, tuple | list):
        return [part for each in y for part in parts(each)]
    if isinstance(y, Tensor):
        return [y.reshape(-1)[i] for i in range(y.size)]
    if isinstance(y, np.ndarray) and y.dtype.kind in "Ofiub":
        return [part for part in np.asarray(y).ravel() if part is not None]
    return [y] if isinstance(y, Value | float | int | np.number) else []


def refused(f):
    """Whether NumPy does not take such a call, of plain numbers either."""
    try:
        f(X)
    except Exception:
        return True
    return False


def weighed(y):
    """One number, to which each part counts differently."""
    total = 0.0
    for i, part in enumerate(parts(y)):
        total = total + part * (1.0 + 0.37 * i)
    return total


def finite_differences(f):
    with np.errstate(all="ignore"):
        steps = [1e-6 * (np.arange(3) == i) for i in range(3)]
        return np.array([(weighed(f(X + h)) - weighed(f(X - h))) / 2e-6 for h in steps])


def tensor():
    x = Tensor(X, requires_grad=True)
    return x, x


def values():
    x = ValueArray.of(X)
    return x, x


def objects():
    leaves = ValueArray.of(X)
    return np.asarray(leaves).copy(), leaves


def judge(f, box, reference=None):
    x, leaves = box()
    before = list(np.asarray(x)) if box is not tensor else None
    try:
        y = f(x)
    except Exception as error:
        words = str(error)
        named = ".detach()" in words or ".item()" in words or "has to specify 'initial'" in words
        assert named or box is objects or refused(f), words
        return
    if before is not None:
        assert all(a is b for a, b in zip(before, np.asarray(x), strict=True)), "x was changed"
    total = weighed(y)
    if isinstance(total, Node) and total.requires_grad:
        total.backward()
        found = to_numpy(leaves.grad)
    else:
        found = np.zeros(3)
    expected = finite_differences(reference or f)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


BOXES = [tensor, values, objects]
#: NumPy's own loops over objects give an operand, or work on floats as if they were integers.
OBJECTS_DIFFER = ("gcd", "lcm", "logical_and", "logical_or")


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize(
    ("name", "f"), [pytest.param(*case, id=case[0]) for case in [*CALLS.items(), *public()]]
)
def test_a_function_gives_the_gradient_or_an_error(name, f, box):
    judge(f, box)


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize(("name", "f"), [pytest.param(*case, id=case[0]) for case in ufuncs()])
def test_a_ufunc_gives_the_gradient_or_an_error(name, f, box):
    if box is objects and name.split()[0] in OBJECTS_DIFFER:
        return
    judge(f, box)


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize(
    ("name", "f", "meaning"), [pytest.param(*case, id=case[0]) for case in methods()]
)
def test_a_ufuncs_method_gives_the_gradient_or_an_error(name, f, meaning, box):
    if box is objects and name.split()[0] in OBJECTS_DIFFER:
        return
    judge(f, box, meaning)
