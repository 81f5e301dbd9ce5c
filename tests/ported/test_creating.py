"""New Tensors under PyTorch's names: of a shape, of a range, of numbers that are there."""

import math
import pickle

import numpy as np
import pytest

import engine
import engine as torch
import nn
from engine import Tensor, Value, ValueArray

#: PyTorch's names; `torch.float` is float32 there.
DTYPES = {
    "float16": "f2", "half": "f2", "float32": "f4", "float": "f4", "float64": "f8", "double": "f8",
    "int8": "i1", "int16": "i2", "short": "i2", "int32": "i4", "int": "i4", "int64": "i8",
    "long": "i8", "uint8": "u1", "bool": "?",
}  # fmt: skip


@pytest.mark.parametrize(("name", "numpys"), DTYPES.items())
def test_a_dtype_has_pytorchs_name(name, numpys):
    dtype = getattr(engine, name)
    assert dtype is np.dtype(numpys)
    assert engine.ones(2, dtype=dtype).dtype == dtype
    assert Tensor([1.0, 0.0], dtype=dtype).dtype is dtype


def test_the_default_dtype_is_float64_and_stays():
    torch.set_default_dtype(torch.float64)
    torch.set_default_dtype(torch.double)
    assert torch.zeros(1).dtype == torch.float64
    with pytest.raises(ValueError, match=r"the default dtype is float64, .* got float32"):
        torch.set_default_dtype(torch.float32)


def test_a_dtype_of_pythons_is_numpys():
    assert engine.zeros(2, dtype=float).dtype == engine.float64
    assert engine.zeros(2, dtype=int).dtype == engine.int64


@pytest.mark.parametrize("name", ["zeros", "ones", "empty", "rand", "randn"])
def test_a_shape_is_ints_or_a_tuple(name):
    make = getattr(engine, name)
    for x in (make(2, 3), make((2, 3)), make([2, 3]), make(size=(2, 3)), make(np.int64(2), 3)):
        assert type(x) is Tensor
        assert (x.shape, x.dtype, x.requires_grad) == ((2, 3), np.float64, False)
    assert make(4).shape == make(size=4).shape == make(torch.tensor(4)).shape == (4,)
    assert make(()).shape == ()
    assert make(0, 3).shape == (0, 3)
    x = make(2, dtype=torch.float32, requires_grad=True, device="cpu")
    assert (x.dtype, x.requires_grad, x.is_leaf) == (np.float32, True, True)


@pytest.mark.parametrize("make", [torch.zeros, torch.ones, torch.randn])
def test_what_is_no_shape_is_named(make):
    with pytest.raises(TypeError, match=r"a shape must be given, once: .* got \(\), size=None"):
        make()
    with pytest.raises(TypeError, match=r"a shape must be given, once: .* got \(2,\), size=3"):
        make(2, size=3)
    with pytest.raises(TypeError, match=r"a shape must be ints or a tuple of ints, got \(2\.0,"):
        make(2.0, 3)
    with pytest.raises(TypeError, match=r"ints or a tuple of ints, got \(\(2, 3\), 4\)"):
        make((2, 3), 4)
    with pytest.raises(ValueError, match=r"length 1 of a shape must be at least 0, got -3"):
        make(2, -3)
    with pytest.raises(ValueError, match=r"there is only the CPU: device must be 'cpu', got 'cuda"):
        make(2, device="cuda:0")


def test_new_tensors_are_filled():
    assert torch.zeros(2).tolist() == [0.0, 0.0]
    assert torch.ones(2, dtype=torch.long).tolist() == [1, 1]
    assert torch.empty(2).tolist() == [0.0, 0.0]
    assert torch.eye(2, 3).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    assert torch.eye(2).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    for value, dtype in [(7, np.int64), (0.5, np.float64), (True, np.bool_)]:
        x = torch.full((2,), value)
        assert (x.tolist(), x.dtype) == ([value, value], dtype)
    assert torch.full((), 7, dtype=torch.float32).dtype == np.float32


def test_integers_and_complex_numbers_have_no_gradient():
    with pytest.raises(TypeError, match=r"only floating-point tensors can require a gradient"):
        torch.full((2,), 7, requires_grad=True)
    with pytest.raises(TypeError, match=r"a Tensor holds real numbers or bools, not dtype complex"):
        torch.zeros(2, dtype=complex)
    x = Tensor([1.0])
    for make in (x.new_tensor, lambda a, **given: x.new_full((2,), a, **given)):
        with pytest.raises(TypeError, match=r"a Tensor holds real numbers or bools, not"):
            make(1.0, dtype=complex)


@pytest.mark.parametrize("x", [
    Tensor([[1.0, 2.0]], dtype=np.float32), np.array([[1, 2]], np.float32),
])  # fmt: skip
def test_one_as_another_has_its_shape_and_dtype(x):
    for like, number in [(torch.zeros_like, 0), (torch.ones_like, 1), (torch.empty_like, 0)]:
        assert like(x).tolist() == [[number, number]]
        assert like(x).dtype == np.float32
        y = like(x, dtype=torch.float64, requires_grad=True)
        assert (y.dtype, y.requires_grad, y.shape) == (np.float64, True, (1, 2))
    assert torch.full_like(x, 3).tolist() == [[3.0, 3.0]]
    for like in (torch.rand_like, torch.randn_like):
        assert (like(x).shape, like(x).dtype) == ((1, 2), np.float32)
        assert like(x, dtype=torch.half, rng=0).dtype == np.float16


def test_one_as_an_array_of_values_or_a_list_is_a_tensor():
    assert torch.ones_like(ValueArray.of([1.0, 2.0])).tolist() == [1.0, 1.0]
    assert torch.ones_like([1, 2]).dtype == np.int64
    with pytest.raises(TypeError, match=r"dtype must be a floating-point one, got int64"):
        torch.randn_like([1, 2])


def test_what_is_made_inside_a_function_is_a_constant_of_its_derivative():
    f = lambda x: (x * torch.full_like(x, 3) + torch.arange(2)).sum()  # noqa: E731
    assert engine.grad(f)(np.ones(2)).tolist() == [3.0, 3.0]
    assert "x" in str(engine.source(f, np.ones(2)))


def test_a_range_ends_before_its_end():
    assert torch.arange(3).tolist() == [0, 1, 2]
    assert torch.arange(3).dtype == np.int64
    assert torch.arange(1, 7, 2).tolist() == [1, 3, 5]
    assert torch.arange(end=3).tolist() == [0, 1, 2]
    assert torch.arange(start=5, end=2, step=-1).tolist() == [5, 4, 3]
    x = torch.arange(0, 1, 0.25, requires_grad=True)
    assert (x.tolist(), x.dtype) == ([0.0, 0.25, 0.5, 0.75], np.float64)
    assert torch.arange(3, dtype=torch.float).dtype == np.float32
    assert torch.arange(2, 2).tolist() == []
    assert torch.arange(torch.tensor(2), torch.tensor(4)).tolist() == [2, 3]
    assert torch.arange(torch.tensor(1.5)).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("given", [(5, 2), (0, 3, -1), (0, 3, 0), (-1,)])
def test_a_range_that_leads_nowhere_is_an_error(given):
    with pytest.raises(ValueError, match=r"arange\(\) cannot go from -?\d to -?\d by steps of"):
        torch.arange(*given)


def test_numbers_at_equal_distances_include_both_ends():
    assert torch.linspace(-1, 1, 5).tolist() == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert torch.linspace(0.0, 1.0, steps=1).tolist() == [0.0]
    x = torch.linspace(-math.pi, math.pi, 2000, dtype=torch.float32, device=torch.device("cpu"))
    assert (x.shape, x.dtype) == ((2000,), np.float32)
    with pytest.raises(TypeError, match=r"steps must be an int, got float: 5\.0"):
        torch.linspace(0, 1, 5.0)


def test_a_tensor_is_a_copy():
    array = np.array([1.0, 2.0])
    made = [torch.tensor(array), torch.as_tensor(array), torch.from_numpy(array)]
    array[0] = 9.0
    for x in made:
        assert (x.tolist(), type(x)) == ([1.0, 2.0], Tensor)
    x = torch.tensor([[1, 2], [3, 4]], dtype=torch.float32, requires_grad=True)
    assert (x.dtype, x.requires_grad, x.shape) == (np.float32, True, (2, 2))
    assert torch.tensor(True).dtype == np.bool_
    assert torch.tensor([]).shape == (0,)
    assert torch.tensor([torch.tensor(1.0), torch.tensor(2.0)]).tolist() == [1.0, 2.0]
    with pytest.raises(TypeError, match=r"only floating-point tensors can require a gradient, got"):
        torch.tensor([1, 2], requires_grad=True)
    with pytest.raises(TypeError, match=r"from_numpy\(\) takes an array, got list: use tensor\(\)"):
        torch.from_numpy([1.0])


def test_integers_that_a_dtype_does_not_hold_are_an_error():
    """Was 44 in silence: 300 modulo 256."""
    for make in (torch.tensor, Tensor):
        assert make([[0, 255]], dtype=torch.uint8).tolist() == [[0, 255]]
        for bad in ([300], [[0, 1], [2, -1]], 300):
            with pytest.raises(OverflowError, match="out of bounds for uint8"):
                make(bad, dtype=torch.uint8)


def test_as_tensor_of_a_tensor_stays_in_its_graph():
    x = torch.tensor([1.0], requires_grad=True)
    assert torch.as_tensor(x) is x
    assert torch.as_tensor(x, dtype=torch.float64) is x
    torch.as_tensor(x * 2, dtype=torch.float32).sum().backward()
    assert x.grad.tolist() == [2.0]
    assert torch.is_tensor(x)
    assert not torch.is_tensor(x.numpy())


def test_the_name_tensor_is_a_function_though_old_pickles_know_a_module_of_it():
    assert pickle.loads(b"cengine.tensor\nTensor\n.") is Tensor
    assert callable(engine.tensor)


def test_new_ones_of_a_tensor_have_its_dtype():
    for x in (Tensor([1.0], dtype=np.float32), nn.Parameter(np.ones(1, np.float32))):
        for y, numbers in [
            (x.new_zeros(2), [0.0, 0.0]), (x.new_ones((1, 2)), [[1.0, 1.0]]),
            (x.new_empty(2), [0.0, 0.0]), (x.new_full((2,), 7), [7.0, 7.0]),
            (x.new_tensor([1, 2]), [1.0, 2.0]), (x.new_tensor(np.ones(2)), [1.0, 1.0]),
        ]:  # fmt: skip
            assert (type(y), y.dtype, y.tolist()) == (Tensor, np.float32, numbers)
            assert not y.requires_grad
        for y in (x.new_zeros(2, dtype=torch.double, requires_grad=True, device="cpu"),
                  x.new_tensor([1], dtype=torch.double, requires_grad=True)):  # fmt: skip
            assert (y.dtype, y.requires_grad, y.label) == (np.float64, True, "")
    with pytest.raises(ValueError, match="there is only the CPU"):
        x.new_tensor([1.0], device="cuda")
    with pytest.warns(UserWarning, match=r"a copy, by Tensor\(\), of a Parameter|of a Tensor that"):
        x.new_tensor(x * 2)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("eq", [False, True, False]), ("ne", [True, False, True]), ("lt", [True, False, False]),
     ("le", [True, True, False]), ("gt", [False, False, True]), ("ge", [False, True, True])],
)  # fmt: skip
def test_comparisons_have_pytorchs_names(name, expected):
    compare = getattr(engine, name)
    for x in (Tensor([1.0, 2.0, 3.0], requires_grad=True), np.array([1, 2, 3]), [1, 2, 3],
              ValueArray.of([1.0, 2.0, 3.0])):  # fmt: skip
        for other in (2, 2.0, Tensor(2) if not isinstance(x, ValueArray) else 2, [2.0, 2.0, 2.0]):
            answer = compare(x, other)
            assert (answer.dtype, answer.tolist()) == (np.bool_, expected)
            if hasattr(x, name):
                assert getattr(x, name)(other).tolist() == expected
    assert compare(Value(2.0), 2.0) is expected[1]


def test_type_names_the_dtype_or_changes_it():
    x = Tensor([1.5], dtype=np.float32, requires_grad=True)
    for of in (x, ValueArray.of([1.5]), x > 1, x.data):
        assert of.type() == of.dtype.name
        assert of.type(torch.long).tolist() == [1]
        assert of.type(x.type()).dtype in (np.float32, np.dtype("O"))
    y = x.type(torch.float64)
    assert (y.dtype, y.requires_grad) == (np.float64, True)


# --- the one device ---


def test_the_cpu_is_the_only_device():
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    assert (device.type, device.index, str(device)) == ("cpu", None, "cpu")
    assert device == "cpu"
    assert device == torch.device(device)
    assert device != "cuda"
    assert repr(device) == "device(type='cpu')"
    assert {device: 1}[torch.device("cpu:0")] == 1
    assert torch.cuda.device_count() == 0
    torch.cuda.manual_seed_all(3)
    torch.set_default_device(device)
    assert not torch.accelerator.is_available()
    for other in ("cuda", "mps", 0):
        with pytest.raises(ValueError, match=r"there is only the CPU: device must be 'cpu', got"):
            torch.device(other)


@pytest.mark.parametrize("x", [Tensor([1.0], requires_grad=True), Value(1.0)])
def test_a_node_says_where_it_is_and_what_made_it(x):
    assert x.device == torch.device("cpu")
    assert not x.is_cuda
    assert x.grad_fn is None
    assert (x * x).grad_fn is engine.mul
    with torch.inference_mode():
        assert (x * x).grad_fn is None


def test_numbers_of_mathematics_are_there():
    assert (torch.pi, torch.e, torch.inf) == (math.pi, math.e, math.inf)
    assert math.isnan(torch.nan)


def test_nn_has_engines_generator():
    assert nn.manual_seed is engine.manual_seed
