"""Names of other libraries that are not here: errors that say what to write."""

import pytest

import engine
import nn
from engine import Tensor
from engine.other_names import OF_LAYERS, OF_MODULES, OF_TENSORS
from nn import functional as F, optim

X = Tensor([1.0, 2.0])
MODEL = nn.Linear(2, 1)


@pytest.mark.parametrize(
    ("owner", "name", "words"),
    [
        (X, "cuda", "'Tensor' object has no attribute 'cuda': arrays live in the processor's"),
        (X > 0, "type_as", r"'Array' object has no attribute 'type_as': write x\.to\(y"),
        (X.data, "index_put_", r"'TensorData' object has no attribute 'index_put_': write x\["),
        (X, "scatter", r"write x\.clone\(\)\.scatter_\("),
        (engine.func, "grad_and_value", r"write value_and_grad\(f\)"),
        (nn.utils, "rnn", r"to pad rows, x = full\("),
        (engine, "LongTensor", r"write tensor\(x\)"),
        (nn, "TripletMarginLoss", r"write relu\(norm\(a - p"),
        (X, "addmm", r"write b \+ x @ y"),
        (nn.Parameter([1.0]), "masked_fill_", r"write x\[mask\] = value"),
        (X, "hstack", r"write engine\.hstack$"),
        (X, "logical_xor", r"write engine\.logical_xor$"),
        (X, "svd", r"write engine\.linalg\.svd$"),
        (X, "multiply", r"write engine\.multiply$"),
        (X, "clamp_min", r"write x\.clamp\(min=…\)"),
        (X, "relu_", r"write x = x\.relu\(…\); or x\.data = x\.data\.relu\(…\), for a leaf"),
        (engine, "fft", "module 'engine' has no attribute 'fft': numbers are real here"),
        (engine, "ln", r"write log\(x\)"),
        (engine, "svd_lowrank", r"the first columns of engine\.linalg\.svd\(x\)"),
        (engine, "nn", "import nn"),
        (engine, "clone", "write x.clone, of a Tensor x"),
        (engine, "svd", r"write engine\.linalg\.svd$"),
        (engine, "orgqr", "'orgqr'$"),  # no module or private name is near
        (engine.autograd, "functional", "engine jacobian and hessian of functions"),
        (X, "detach_", r"write x = x\.detach\(\)"),
        (nn.init, "eye_", r"has no attribute 'eye_'$"),
        (nn.init, "kaiming_uniform", "did you mean kaiming_uniform_"),
        (engine, "arctann", "did you mean arctan"),
        (engine, "relu_", r"write x = x\.relu\(…\)"),
        (engine.linalg, "vector_norm", r"write norm\(x\)"),
        (engine, "nansum", r"write np\.nansum, which takes Tensors"),
        (engine, "elementwise_grad", r"write grad\(lambda x: f\(x\)\.sum\(\)\)"),
        (X, "cleargrad", r"write x\.grad = None"),
        (X, "flat", r"write x\.ravel\(\)"),
        (engine.linalg, "eig", r"write engine\.linalg\.eigh\(x\)"),
        (nn, "Conv3d", "there are Conv1d and Conv2d"),
        (nn, "Linaer", "did you mean Linear"),
        (X, "ln", r"write x\.log\(\)"),
        (nn, "Relu", "did you mean ReLU"),
        (F, "Relu", "did you mean relu"),
        (optim, "SDG", "did you mean SGD"),
        (nn, "tan", r"module 'nn' has no attribute 'tan': write engine\.tan$"),
        (F, "conv3d", "module 'nn.functional' has no attribute 'conv3d': there are conv1d and"),
        (engine, "get_rng_state", r"write default_generator\(\)\.bit_generator\.state"),
        (X, "is_floating_point", r"write x\.dtype\.kind == 'f'"),
        (optim, "Adma", "module 'nn.optim' has no attribute 'Adma'; did you mean Adam"),
        (MODEL, "cuda", "'Linear' object has no attribute 'cuda': arrays live"),
        (engine, "distributed", r"write nn\.fit\(…, parallel=nn\.Parallel\(executor\)\), which"),
        (nn, "DataParallel", r"write nn\.fit\(…, parallel=nn\.Parallel\(executor\)\)"),
        (nn.parallel, "DistributedDataParallel", r"'nn\.parallel' has .* write nn\.fit\("),
        (nn.data, "DistributedSampler", r"'nn\.data' has .* write nn\.fit\("),
        (nn, "SyncBatchNorm", r"write nn\.GroupNorm"),
        (MODEL, "share_memory", "leave it out"),
        (X, "share_memory_", "leave it out"),
        (MODEL, "bfloat16", r"write model\.to\(engine\.float32\)"),
    ],
)
def test_a_name_that_is_not_here_says_what_to_write(owner, name, words):
    with pytest.raises(AttributeError, match=words):
        getattr(owner, name)
    assert not hasattr(owner, name)


@pytest.mark.parametrize("owner", [engine, engine.linalg, nn, F, optim])
def test_what_protocols_ask_for_gets_a_short_answer(owner):
    with pytest.raises(AttributeError, match=r"has no attribute '__array_interface__'$"):
        _ = owner.__array_interface__
    with pytest.raises(AttributeError, match=r"has no attribute 'qqqqqq'$"):
        _ = owner.qqqqqq


@pytest.mark.parametrize(
    ("ways", "owners"),
    [(OF_MODULES, (engine, nn, F, optim)), (OF_TENSORS, (X,)), (OF_LAYERS, (MODEL,))],
)
def test_what_is_said_to_be_elsewhere_is_not_here(ways, owners):
    """A name that has come meanwhile is taken out of the table."""
    for name in ways:
        here = [owner for owner in owners if hasattr(owner, name)]
        assert not here or name in {"optim", "utils", "functional"}, name


def test_what_is_not_here_is_not_listed_and_may_be_defined():
    assert "cuda" not in dir(X)
    assert "cuda" not in dir(MODEL)
    assert "sum" in dir(X)

    class Own(nn.Module):
        def cuda(self):
            return self

    own = Own()
    own.compile = 0.5
    assert own.cuda().compile == 0.5


def test_the_losses_that_are_written_out_give_the_numbers_of_pytorch():
    rows = Tensor([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5], [2.0, 0.0]])
    x, y, var = rows[:2], rows[2:], Tensor([[0.5, 2.0], [1.0, 1.0]])
    names = {
        name: getattr(engine, name) for name in ("norm", "relu", "where", "log", "exp", "clip")
    }
    names |= {"a": x, "p": y, "n": y * 2, "x": x, "margin": 1.0, "var": var}
    names |= {"x1": x[:, 0], "x2": x[:, 1]}
    signs = Tensor([[1.0, -1.0], [-1.0, 1.0]])

    def value(name, **more):
        code = OF_MODULES[name].removeprefix("write ")
        return eval(code, {**names, **more}).tolist()

    assert value("pairwise_distance", y=y) == pytest.approx([1.58114, 1.41421], abs=1e-5)
    assert value("triplet_margin_loss") == pytest.approx(1.2906, abs=1e-4)
    assert value("margin_ranking_loss", y=signs[0]) == pytest.approx(3.5)
    assert value("gaussian_nll_loss", y=y) == pytest.approx(0.4531, abs=1e-4)
    assert value("poisson_nll_loss", y=y) == pytest.approx(5.7652, abs=1e-4)
    assert value("hinge_embedding_loss", y=signs) == pytest.approx(0.0)
    assert value("hardswish")[1] == pytest.approx([3.0, -1 / 3])


def test_the_activations_that_are_written_out_give_the_numbers_of_pytorch():
    x = Tensor([-2.0, -0.3, 0.4, 3.0])
    names = {name: getattr(engine, name) for name in ("elu", "leaky_relu", "clip", "where", "abs")}
    names |= {"x": x, "alpha": 2.0, "threshold": 0.5, "value": 9.0}

    def value(name):
        return eval(OF_MODULES[name].removeprefix("write "), names).tolist()

    assert value("celu") == pytest.approx([-1.264241, -0.278584, 0.4, 3.0], abs=1e-6)
    assert value("selu") == pytest.approx([-1.520166, -0.455667, 0.420280, 3.152103], abs=1e-6)
    assert value("softshrink") == pytest.approx([-1.5, 0.0, 0.0, 2.5])
    assert value("hardshrink") == [-2.0, 0.0, 0.0, 3.0]
    assert value("threshold") == [9.0, 9.0, 9.0, 3.0]
