"""lgamma, digamma, erfinv, sinc and their kin: numbers of SciPy and PyTorch, poles, every order."""

import math

import numpy as np
import pytest

import engine as E
from engine import Tensor, Value

NAN, INF = float("nan"), float("inf")


def equal(got, expected, tolerance=1e-14):
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


# SciPy 1.17's numbers at 1e-5, 0.3, 1, 1.5, 7.25, 1000, -0.5 and -3.3
POINTS = [1e-05, 0.3, 1.0, 1.5, 7.25, 1000.0, -0.5, -3.3]
KNOWN = {
    "lgamma": [
        11.512919692895826,
        1.0957979948180756,
        0.0,
        -0.12078223763524526,
        7.0521854507385395,
        5905.220423209181,
        1.2655121234846454,
        -0.8243558050174267,
    ],
    "digamma": [
        -100000.57719921567,
        -3.502524222200133,
        -0.5772156649015329,
        0.03648997397857652,
        1.9104535268837362,
        6.907255195648812,
        0.03648997397857651,
        3.6203534605921264,
    ],
    "polygamma_1": [
        10000000001.644909,
        12.245364546107732,
        1.6449340668482264,
        0.9348022005446793,
        0.14787923315893217,
        0.0010005001666666333,
        8.934802200544679,
        14.817739525515929,
    ],
    "polygamma_2": [
        -2000000000000002.0,
        -75.27253658872604,
        -2.4041138063191885,
        -0.82879664423432,
        -0.02182895229519774,
        -1.0010004999998333e-06,
        -0.82879664423432,
        68.76944547748523,
    ],
    "polygamma_3": [
        5.999999999999999e20,
        743.1417646550498,
        6.493939402266829,
        1.4090910340024372,
        0.0064330375979401565,
        2.003001999999e-09,
        193.40909103400244,
        768.9856582554286,
    ],
}


@pytest.mark.parametrize("name", KNOWN)
def test_the_gamma_functions_have_scipys_numbers_on_both_tiers(name):
    f = {"lgamma": E.lgamma, "digamma": E.digamma}.get(
        name, lambda x: E.polygamma(int(name[-1]), x)
    )
    equal(f(np.array(POINTS)), KNOWN[name], 2e-14)
    equal([f(x) for x in POINTS], KNOWN[name], 2e-14)


def test_the_gamma_functions_at_poles_and_ends_are_pytorchs():
    x = np.array([0.0, -0.0, -1.0, -2.0, INF, NAN])
    np.testing.assert_array_equal(E.lgamma(x), [INF, INF, INF, INF, INF, NAN])
    np.testing.assert_array_equal(E.digamma(x), [-INF, INF, NAN, NAN, INF, NAN])
    np.testing.assert_array_equal(E.polygamma(1, x), [INF, INF, INF, INF, 0.0, NAN])
    np.testing.assert_array_equal(E.polygamma(2, x), [-INF, -INF, -INF, -INF, 0.0, NAN])
    assert [E.lgamma(one) for one in (0.0, -1.0, 1e308)] == [INF, INF, INF]
    assert [E.digamma(one) for one in (0.0, -0.0)] == [-INF, INF]
    assert math.isnan(E.digamma(-1.0))


def test_derivatives_of_lgamma_of_every_order():
    first = E.grad(E.lgamma)
    second = E.grad(first)
    third = E.grad(second)
    equal(
        [first(2.5), second(2.5), third(2.5)],
        [0.7031566406452432, 0.4903577561002349, -0.23620405164172736],
    )
    x = Tensor([2.5, 0.75], requires_grad=True)
    equal(
        E.hessian(lambda x: x.lgamma().sum())(x).data.diagonal(),
        [0.4903577561002349, 2.541879647671607],
    )


def test_the_order_of_a_polygamma_is_a_whole_number():
    for n in (-1, 0.5, 151):
        with pytest.raises(ValueError, match="whole number from 0 to 150"):
            E.polygamma(n, 1.0)
    with pytest.raises(TypeError, match=r"n of polygamma\(\) comes first"):
        E.polygamma(Tensor([1.0]), 1)
    equal(E.polygamma(150, 2.0), -2.001539041066406e217)


def test_erfinv_has_scipys_numbers_and_pytorchs_ends():
    x = [-0.999999, -0.3, 1e-300, 1e-05, 0.5, 0.9, 1 - 1e-16]
    equal(
        E.erfinv(np.array(x)),
        [
            -3.458910737275499,
            -0.2724627147267544,
            8.86226925452758e-301,
            8.862269254759592e-06,
            0.4769362762044699,
            1.1630871536766743,
            5.8635847487551676,
        ],
    )
    equal(
        [E.erfinv(one) for one in x],
        [
            -3.458910737275499,
            -0.2724627147267544,
            8.86226925452758e-301,
            8.862269254759592e-06,
            0.4769362762044699,
            1.1630871536766743,
            5.8635847487551676,
        ],
    )
    ends = np.array([1.0, -1.0, 1.1, NAN, -0.0])
    np.testing.assert_array_equal(E.erfinv(ends), [INF, -INF, NAN, NAN, -0.0])
    assert E.erfinv(1.0) == INF
    assert math.isnan(E.erfinv(1.1))
    equal(E.grad(E.erfinv)(0.5), 1.1125848189719496)
    equal(E.grad(E.grad(E.erfinv))(0.5), 2 * 0.4769362762044699 * 1.1125848189719496**2)


def test_float32_stays_float32_and_has_its_digits():
    x = Tensor(np.float32([0.25, 0.5]), requires_grad=True)
    for f in (E.lgamma, E.digamma, E.erfinv, E.cbrt, E.sinc, E.logit):
        y = f(x)
        y.sum().backward()
        assert y.dtype == x.grad.dtype == np.float32
        equal(y.data, [f(0.25), f(0.5)], 3e-7)


def test_sinc_is_right_at_0_to_third_order():
    first = E.grad(E.sinc)
    second = E.grad(first)
    assert (E.sinc(0.0), first(0.0)) == (1.0, 0.0)
    equal([second(0.0), E.grad(second)(0.0)], [-(math.pi**2) / 3, 0.0])
    equal(second(0.3), -2.458485286266174)  # beyond where the series is taken
    x = Tensor([0.0, 0.3, 1.0], requires_grad=True)
    x.sinc().sum().backward()
    equal(x.grad, [0.0, -0.9020281301388888, -1.0])


@pytest.mark.parametrize("near", [0.24999999, 0.25000001])
def test_the_two_ways_to_the_slope_of_sinc_meet(near):
    equal(E.grad(E.sinc)(near), (math.cos(math.pi * near) - E.sinc(near)) / near)


def test_a_cube_root_is_of_negative_numbers_too_and_vertical_at_0():
    x = Tensor([-8.0, 0.0, 27.0], requires_grad=True)
    y = np.cbrt(x)
    with np.errstate(divide="ignore"):
        y.sum().backward()
    equal(y.data, [-2.0, 0.0, 3.0])
    equal(x.grad, [1 / 12, INF, 1 / 27])


def test_logit_has_pytorchs_numbers_with_and_without_eps():
    x = Tensor([0.0, 1.0, 0.5, 0.3], requires_grad=True)
    with np.errstate(divide="ignore"):
        y = x.logit()
        y.backward(np.ones(4))
    equal(y.data, [-INF, INF, 0.0, -0.8472978603872036])
    equal(x.grad, [INF, INF, 4.0, 4.761904761904762])
    x = Tensor([0.0, 1.0, 0.5, 0.1, 0.9, 0.05], requires_grad=True)
    y = x.logit(eps=0.1)
    y.sum().backward()
    edge = 2.1972245773362196
    equal(y.data, [-edge, edge, 0.0, -edge, edge, -edge])
    equal(x.grad, [0.0, 0.0, 4.0, 1 / 0.09, 1 / 0.09, 0.0])
    assert E.logit(Value(0.0), eps=0.1).item() == pytest.approx(-edge)


def test_nan_to_num_replaces_and_stops_the_gradient_there():
    x = Tensor([NAN, INF, -INF, 2.0], requires_grad=True)
    y = np.nan_to_num(x, nan=3.0, posinf=5.0)
    y.sum().backward()
    assert y.tolist() == [3.0, 5.0, -np.finfo(np.float64).max, 2.0]
    assert x.grad.tolist() == [0.0, 0.0, 0.0, 1.0]
    assert [E.nan_to_num(one, neginf=-9.0) for one in (NAN, -INF, INF)] == [
        0.0, -9.0, np.finfo(np.float64).max,
    ]  # fmt: skip
    assert E.nan_to_num(np.float32([INF]))[0] == np.finfo(np.float32).max
