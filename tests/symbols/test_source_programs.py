"""`source` of random programs of arrays: value, gradients and second derivatives as eager's."""

import numpy as np
import pytest
from graphs import tensor_graphs
from hypothesis import assume, given
from printed import run
from test_random_programs import programs

import engine as E
from engine import Tensor


def close(found, expected, tolerance):
    for got, wanted in zip(found, expected, strict=True):
        scale = max(1.0, np.abs(wanted).max(initial=0.0))
        limit = tolerance if wanted.dtype == np.float64 else 2e-6
        assert np.shape(got) == np.shape(wanted)
        np.testing.assert_allclose(got, wanted, rtol=limit, atol=limit * scale)


@pytest.mark.filterwarnings("ignore:.*does not depend on argument")
@given(programs())
def test_random_programs_are_written_as_they_run(drawn):
    program, inputs = drawn
    nodes = [Tensor(x, requires_grad=True) for x in inputs]
    with np.errstate(all="ignore"):
        y = program.run(*nodes)
        assume(y.requires_grad)
        y.backward()
        expected = [y.data, *(np.zeros(x.shape) if x.grad is None else x.grad for x in nodes)]
        close(run(E.source(program.run, *inputs)), expected, 1e-12)
        ones = tuple(np.ones(np.shape(x)) for x in inputs)
        expected += [E.to_numpy(x) for x in E.hvp(program.run, tuple(inputs), ones)]
        close(run(E.source(program.run, *inputs, order=2)), expected, 1e-10)


@given(tensor_graphs())
def test_random_graphs_are_written_as_they_ran(root):
    with np.errstate(all="ignore"):
        root.backward()
        leaves = [x for x in E.toposort(root) if x.op is None and x.requires_grad]
        close(run(E.source(root)), [root.data, *(x.grad for x in leaves)], 1e-12)
