"""The benchmark's harness: contenders agree before they are timed, ratios are taken in turns."""

import pytest
from bench import rows, scalars
from bench.contenders import Program, workload
from bench.contest import HAND, OURS, DisagreementError, Result, Workload, made

import engine


def planted(slope):
    """x², and a derivative by hand that is or is not 2x."""
    return Program(
        lambda lib, data, leaves: leaves[0] ** 2,
        lambda data, leaves: (leaves[0] ** 2, [slope * leaves[0]]),
        [3.0],
    )


def test_contenders_that_agree_are_let_in():
    steps = made(workload("square", planted(2.0), ()))
    assert list(steps) == [HAND, OURS]
    assert steps[OURS]() == (9.0, [6.0])


def test_a_planted_wrong_gradient_is_refused_by_name():
    with pytest.raises(DisagreementError, match="square: gradient 0 of twingrad is not that of by"):
        made(workload("square", planted(2.0 + 1e-6), ()))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ((8.0, [6.0]), "loss of peer"),
        ((9.0, [[6.0]]), "gradient 0 of peer"),
        ((9.0, [float("nan")]), "gradient 0 of peer"),
        ((9.0, []), "peer has 0 gradients, by hand 1"),
    ],
)
def test_a_wrong_loss_shape_nan_or_count_is_refused(wrong, message):
    makers = {HAND: lambda: lambda: (9.0, [6.0]), "peer": lambda: lambda: wrong}
    with pytest.raises(DisagreementError, match=message):
        made(Workload("square", makers))


def test_a_ratio_is_the_median_of_the_rounds_ratios():
    cpu = {OURS: [1.0, 2.0, 4.0], "peer": [4.0, 4.0, 4.0]}
    result = Result("x", cpu, cpu)
    assert result.ratio("peer") == 2.0
    assert result.ratio(OURS, "peer") == 0.5
    assert result.seconds() == 2.0


def test_every_row_with_two_inputs_is_measured():
    binary = {
        op.name
        for op in engine.registry.values()
        if op.kind == "elementwise" and op.n_inputs == 2 and vars(engine).get(op.name) is op
    }
    assert binary < set(rows.forms())
    assert {"add", "where", "a ** 2"} < set(rows.forms())


def test_the_programs_of_numbers_agree_with_floats_by_hand():
    for program in (
        Program(scalars.expression, scalars.expression_by_hand, [-4.0, 2.0]),
        Program(scalars.least_squares, scalars.least_squares_by_hand, [0.5, 1.0], [(1.0, 2.0)]),
        Program(scalars.chain, scalars.chain_by_hand, [1.5], [10]),
        Program(scalars.dot, scalars.dot_by_hand, [1.0, 2.0, 3.0, 4.0]),
    ):
        assert list(made(workload("it", program, ()))) == [HAND, OURS]
