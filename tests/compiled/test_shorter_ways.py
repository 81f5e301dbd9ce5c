"""Steps of array programs that are replaced by others: which, and that these compute the same."""

import numpy as np
import pytest
from program_checks import assert_equal, drawn, eager, traced

import engine
import nn
from engine.array_programs import ArrayHalves, ArrayProgram
from engine.symbols import Trace


def program_and_results(f, *shapes, dtype=float):
    """The text of f with its gradients; its results for new numbers; eager's."""
    inputs, seed, y, found = traced(f, [drawn(shape, 9, dtype) for shape in shapes])
    program = ArrayProgram("f", [*inputs, seed], [y, *found])
    numbers = [drawn(shape, i, dtype) for i, shape in enumerate(shapes)]
    g = np.asarray(drawn(y.shape, 7, dtype))
    return program.source, program.run([*numbers, g]), eager(f, numbers, g)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kernel", [(3, 3), (3, 2), (1, 3), (3, 1)])
def test_windows_are_copied_along_rows_first(kernel, dtype):
    shapes = (2, 3, 6, 7), (4, 3, *kernel)
    source, found, expected = program_and_results(nn.functional.conv2d, *shapes, dtype=dtype)
    tolerance = 1e-12 if dtype is np.float64 else 1e-5
    assert_equal(found, expected, tolerance)
    assert ("sliding_window_view(x0, 2, 3)" in source) == (kernel == (3, 2))


def test_the_same_copy_is_made_once():
    def f(x):
        turned = (x * 2).T
        return turned.reshape(-1)[:3] + turned.reshape(2, -1)[0, :3]

    source, found, expected = program_and_results(f, (3, 4))
    assert_equal(found, expected)
    assert source.count(", v1)") == source.count("np.copyto(v2, v1)") == 1


def test_a_product_that_is_turned_is_computed_turned():
    source, found, expected = program_and_results(lambda x, y: (x @ y).T * 2, (2, 3), (3, 4))
    assert_equal(found, expected)
    assert "    v1 = x1.mT\n    v2 = x0.mT\n    b1 = v1 @ v2\n" in source


def test_a_batch_that_is_turned_is_computed_turned():
    _, found, expected = program_and_results(lambda x, y: (x @ y).mT * 2, (5, 2, 3), (5, 3, 4))
    assert_equal(found, expected)


def test_a_product_whose_transpose_is_looked_at_is_not_turned():
    def f(x, y):  # axes that are one in the transpose are two in the product of transposes
        return engine.reshape(engine.transpose((x @ y).mT, (1, 0, 2)), (4, 10)) * 2

    _, found, expected = program_and_results(f, (5, 2, 3), (5, 3, 4))
    assert_equal(found, expected)


@pytest.mark.parametrize("f", [
    lambda x, y: (x @ y).T * 2,  # which turns the batch, too
    lambda x, y: (x @ y).mT * (x @ y).sum(),
    lambda x, y: (x @ y[0]).mT * 2,
])  # fmt: skip
def test_other_transposes_of_products_stay(f):
    _, found, expected = program_and_results(f, (5, 2, 3), (5, 3, 4))
    assert_equal(found, expected)


def test_a_batch_times_a_matrix_is_one_product():
    source, found, expected = program_and_results(lambda x, w: x @ w, (5, 4, 3), (3, 2))
    assert_equal(found, expected)
    assert "np.dot(x0.reshape(-1, 3), x1" in source


def test_a_product_of_integers_is_not_for_blas():
    trace = Trace()
    x = trace.input(np.arange(4).reshape(2, 2), "x", False)
    program = ArrayProgram("f", [x], [x @ x + 1])
    assert_equal(program.run([np.array([[1, 2], [3, 4]])]), [np.array([[8, 11], [16, 23]])], 0)


def test_what_wins_in_windows_that_tile_is_written_without_zeros():
    def f(x):
        return nn.functional.max_pool2d(engine.relu(x), 2)

    _, found, expected = program_and_results(f, (2, 3, 6, 4))
    assert_equal(found, expected)


def test_sums_of_many_numbers_are_left_to_numpy():
    source, found, expected = program_and_results(lambda x: (x + 0.5).sum() * 2, (300, 300))
    assert_equal(found, expected)
    assert "np.ones" not in source


def test_sums_of_long_rows_are_left_to_numpy():
    source, found, expected = program_and_results(lambda x: x.sum(1) * 2, (2, 70_000))
    assert_equal(found, expected)
    assert "np.add.reduce(x0, 1, None" in source


def test_a_relu_has_an_array_of_zeros():
    source, found, expected = program_and_results(lambda x: engine.relu(x) * 2, (4, 5))
    assert_equal(found, expected)
    assert "= np.full((4, 5), 0.0, np.float64)" in source
    assert "np.maximum(x0, c1, out=b1)" in source


@pytest.mark.parametrize("f", [
    lambda x: engine.maximum(x, 0.5), lambda x: engine.maximum(x, np.zeros(5)),
    lambda x: engine.maximum(x[0], np.zeros((4, 1))), lambda x: engine.maximum(x, -0.0),
])  # fmt: skip
def test_other_maxima_stay(f):
    _, found, expected = program_and_results(f, (4, 5))
    assert_equal(found, expected)


@pytest.mark.parametrize("f", [
    lambda x, y: engine.where(x > 0, y, 0.5), lambda x, y: engine.where(x > 0, y, -0.0),
    lambda x, y: engine.where(x[0] > 0, y, 0.0), lambda x, y: engine.where(x > 0, y[0], 0.0),
    lambda x, y: engine.where(x > 0, 0.0, y), lambda x, y: engine.where(x > 0, 2.0, 0.0) * y,
])  # fmt: skip
def test_other_choices_stay(f):
    _, found, expected = program_and_results(f, (4, 5), (4, 5))
    assert_equal(found, expected)


def test_a_mask_is_cast_once_for_two_gates():
    def f(x, y):
        h = engine.relu(x)
        return h * y + h

    inputs, seed, y, found = traced(f, [drawn((4, 5), 0), drawn((4, 5), 1)])
    halves = ArrayHalves("f", inputs, [y], [seed], found)
    assert halves.source.count(".view(np.int8)") == 1


def test_rows_out_of_range_are_numpy_s_error():
    trace = Trace()
    x, i = trace.input(np.ones((3, 2)), "x"), trace.input(np.array([0, 1]), "i", False)
    program = ArrayProgram("f", [x, i], [x[i] + 1])
    numbers = drawn((3, 2), 0)
    assert_equal(program.run([numbers, np.array([-1, 2])]), [numbers[[-1, 2]] + 1])
    for index in ([3, 0], [0, -4]):
        with pytest.raises(IndexError, match="out of bounds for axis 0 with size 3"):
            program.run([numbers, np.array(index)])


def test_sums_over_axes_that_are_apart_are_two_products():
    def f(x):
        return (x * 2).sum((0, 2)), (x * 2).sum((0, 2), keepdims=True)

    x = Trace().input(np.ones((3, 4, 5)), "x")
    program = ArrayProgram("f", [x], f(x))
    numbers = drawn((3, 4, 5), 0)
    assert_equal(program.run([numbers]), list(f(numbers)))
    assert "np.add.reduce" not in program.source


def test_sums_of_too_many_or_too_long_rows_are_left_to_numpy():
    def f(x):
        return (x + 1).sum(0), (x.T + 1).sum((0, 1)), (x.reshape(2, 1, -1) + 1).sum((0, 2))

    x = Trace().input(np.ones((70_000, 2)), "x")
    numbers = drawn((70_000, 2), 0)
    assert_equal(ArrayProgram("f", [x], f(x)).run([numbers]), [np.asarray(y) for y in f(numbers)])


def test_the_sum_of_a_product_with_a_row_is_no_dot_product():
    _, found, expected = program_and_results(lambda x, y: (x * y).sum(), (4, 5), (5,))
    assert_equal(found, expected)


def test_lines_say_what_the_function_calls_their_results():
    x = Trace().input(np.ones(3), "x")
    hidden = engine.tanh(x)
    hidden.label = "hidden"
    assert "np.tanh(x, b1)  # hidden" in ArrayProgram("f", [x], [hidden * 2, hidden.sum()]).source


def test_parts_among_other_numbers_than_zeros_are_added():
    def f(x):
        around = [np.pad(x, ((1, 1), (0, 0)), constant_values=c) for c in (2.0, -np.inf)]
        return around[0] + around[0] * 2 + around[1], around[0] + around[1]

    x = Trace().input(np.ones((3, 2)), "x")
    numbers = drawn((3, 2), 0)
    assert_equal(ArrayProgram("f", [x], f(x)).run([numbers]), list(f(numbers)))
