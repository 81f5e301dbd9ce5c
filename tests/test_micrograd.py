"""`Value` does what micrograd's does: its example and its two tests, with their numbers."""

import pytest

from engine import Value


def test_the_example_of_micrograds_readme():
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f

    assert f"{g.data:.4f}" == "24.7041"
    g.backward()
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


def test_the_sanity_check():
    """PyTorch's numbers for micrograd's first test."""
    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    y = h + q + q * x
    y.backward()

    assert y.data == -20.0
    assert x.grad == 46.0


def test_more_ops():
    """PyTorch's numbers for micrograd's second test."""
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()

    assert g.data == pytest.approx(24.70408163265306, rel=1e-15)
    assert a.grad == pytest.approx(138.83381924198252, rel=1e-14)
    assert b.grad == pytest.approx(645.5772594752186, rel=1e-14)


def test_the_neuron_of_micrograds_lecture():
    """x1 w1 + x2 w2 + b through tanh: gradients 0.5 and -1.5, 0 and 1."""
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    o = (x1 * w1 + x2 * w2 + b).tanh()
    o.backward()

    assert o.data == pytest.approx(0.7071067811865476, rel=1e-12)
    assert (x1.grad, w1.grad) == (pytest.approx(-1.5), pytest.approx(1.0))
    assert (x2.grad, w2.grad) == (pytest.approx(0.5), 0.0)


def test_a_value_used_twice_collects_both_gradients():
    a = Value(3.0)
    b = a + a
    b.backward()
    assert a.grad == 2.0

    a, b = Value(-2.0), Value(3.0)
    d = a * b
    e = a + b
    f = d * e
    f.backward()
    assert (a.grad, b.grad) == (-3.0, -8.0)


def test_names_micrograds_users_look_into():
    a, b = Value(2.0), Value(-3.0)
    c = a * b
    assert c._prev == {a, b}
    assert c._op == "*"
    assert (a + b)._op == "+"
    assert (a * a)._prev == {a}
    assert a._prev == set()
    assert a._op == ""
    assert repr(a) == "Value(data=2.0, grad=0.0)"
    assert c.grad == 0.0  # a number before backward, as there
    c.backward()
    assert repr(a) == "Value(data=2.0, grad=-3.0)"
    assert c.grad == 1.0  # results keep their gradient too


def test_the_second_argument_of_the_constructor_is_accepted():
    assert Value(1.0, (Value(2.0),), "+").label == "+"


def test_setting_grad_to_zero_starts_anew():
    p = Value(3.0)
    for _ in range(2):
        p.grad = 0.0
        (p * p).backward()
        assert p.grad == 6.0
        p.data += -0.0 * p.grad


def test_gradient_descent_on_plain_values():
    """The loop every lesson ends with: p.data -= rate * p.grad."""
    p = Value(10.0)
    for _ in range(100):
        loss = (p - 3.0) ** 2
        p.grad = 0.0
        loss.backward()
        p.data -= 0.1 * p.grad
    assert p.data == pytest.approx(3.0, abs=1e-8)


def test_derived_operators_on_either_side():
    a = Value(4.0)
    results = {
        "neg": (-a, -1.0),
        "radd": (1 + a, 1.0),
        "sub": (a - 1, 1.0),
        "rsub": (1 - a, -1.0),
        "rmul": (2 * a, 2.0),
        "div": (a / 2, 0.5),
        "rdiv": (2 / a, -0.125),
        "pow": (a**0.5, 0.25),
        "pow of a negative int": (a**-1, -0.0625),
    }
    values = {"neg": -4, "radd": 5, "sub": 3, "rsub": -3, "rmul": 8, "div": 2, "rdiv": 0.5,
              "pow": 2, "pow of a negative int": 0.25}  # fmt: skip
    for name, (y, slope) in results.items():
        a.grad = 0.0
        y.backward()
        assert y.data == values[name], name
        assert a.grad == slope, name
