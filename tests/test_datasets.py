"""Bundled data are what they say and checked when read; generated sets follow their seeds."""

import importlib.resources

import numpy as np
import pytest

from nn import datasets, manual_seed


def test_digits_are_the_uci_ones():
    x, y = datasets.load_digits()

    assert x.shape == (1797, 64)
    assert x.dtype == np.float64
    assert y.dtype == np.int64
    assert (x[0, :10] * 16).tolist() == [0, 0, 5, 13, 9, 1, 0, 0, 0, 0]
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_digits_as_images_hold_the_same_pixels():
    flat, _ = datasets.load_digits()
    images, _ = datasets.load_digits(image=True)

    assert images.shape == (1797, 1, 8, 8)
    assert (images.reshape(1797, 64) == flat).all()


def test_the_split_shares_no_digit_and_loses_none():
    x_train, y_train, x_test, y_test = datasets.digits_split(0.25, seed=3)
    x, y = datasets.load_digits()

    assert (len(x_train), len(x_test)) == (1348, 449)
    both = np.concatenate([x_train, x_test])
    assert sorted(map(bytes, both)) == sorted(map(bytes, x))
    assert np.bincount(np.concatenate([y_train, y_test])).tolist() == np.bincount(y).tolist()


def test_the_split_follows_its_seed():
    first, again, other = (datasets.digits_split(seed=s)[1] for s in (1, 1, 2))

    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan"), 1e-9])
def test_a_split_that_leaves_a_part_empty_is_refused(fraction):
    with pytest.raises(ValueError, match="test_fraction"):
        datasets.digits_split(fraction)


def test_names_are_lower_case_sorted_and_unique():
    names = datasets.load_names()

    assert len(names) == 5163
    assert names == sorted(set(names))
    assert set("".join(names)) <= set("abcdefghijklmnopqrstuvwxyz")
    assert "emma" in names


@pytest.fixture
def bundled(tmp_path, monkeypatch):
    """A copy of the bundled files that the loaders read in place of the real ones."""
    real = importlib.resources.files("nn") / "bundled"
    folder = tmp_path / "bundled"
    folder.mkdir()
    for name in ("digits.csv.gz", "names.txt.gz", "SHA256SUMS"):
        (folder / name).write_bytes((real / name).read_bytes())
    monkeypatch.setattr(datasets.resources, "files", lambda _package: tmp_path)
    return folder


def test_a_damaged_file_is_refused_and_the_other_still_read(bundled):
    packed = bytearray((bundled / "names.txt.gz").read_bytes())
    packed[100] ^= 1
    (bundled / "names.txt.gz").write_bytes(packed)

    with pytest.raises(
        OSError, match=r"names.txt.gz is damaged: its SHA-256 is \w{64}, expected 08e4402d\w{56};"
    ):
        datasets.load_names()
    assert len(datasets.load_digits()[0]) == 1797


@pytest.mark.parametrize("listed", [b"", b"nonsense\n", b"\xff\xfe\n", b"0  digits.csv.gz\n"])
def test_a_damaged_list_of_checksums_lets_no_file_through(bundled, listed):
    (bundled / "SHA256SUMS").write_bytes(listed)

    with pytest.raises(OSError, match=r"digits.csv.gz is damaged.*expected"):
        datasets.load_digits()


def test_the_bundled_files_carry_no_time_stamp():
    for name in ("digits.csv.gz", "names.txt.gz"):
        header = (importlib.resources.files("nn") / "bundled" / name).read_bytes()[:8]

        assert header == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


def test_moons_without_noise_lie_on_their_half_circles():
    x, y = datasets.make_moons(101, noise=0.0)

    assert np.bincount(y).tolist() == [51, 50]
    np.testing.assert_allclose(np.hypot(*x[y == 0].T), 1)
    np.testing.assert_allclose(np.hypot(x[y == 1][:, 0] - 1, x[y == 1][:, 1] - 0.5), 1)


def test_moons_open_towards_each_other():
    """The upper half circle bends upwards, the lower one downwards: else they do not interlock."""
    x, y = datasets.make_moons(101, noise=0.0)
    assert x[y == 0][:, 1].min() > -1e-12
    assert x[y == 1][:, 1].max() < 0.5 + 1e-12
    assert x[:, 1].max() == pytest.approx(1.0, abs=1e-3)
    assert x[:, 1].min() == pytest.approx(-0.5, abs=1e-3)


def test_the_split_of_a_seed_is_the_one_it_always_was():
    """Results in notebooks and examples are those of one split: the test set is drawn first."""
    x, y = datasets.load_digits()
    order = np.random.default_rng(0).permutation(len(x))
    x_train, y_train, x_test, y_test = datasets.digits_split(0.2, seed=0)
    np.testing.assert_array_equal(x_test, x[order[:359]])
    np.testing.assert_array_equal(y_test, y[order[:359]])
    np.testing.assert_array_equal(x_train, x[order[359:]])
    np.testing.assert_array_equal(y_train, y[order[359:]])


def test_spirals_start_at_the_origin_and_end_on_the_unit_circle():
    x, y = datasets.make_spirals(50, classes=4, noise=0.0)

    assert np.bincount(y).tolist() == [50, 50, 50, 50]
    np.testing.assert_allclose(np.hypot(*x.reshape(4, 50, 2)[:, -1].T), 1)
    np.testing.assert_allclose(x.reshape(4, 50, 2)[:, 0], 0)


def test_spirals_turn_by_four_radians_from_an_angle_of_their_own():
    x, y = datasets.make_spirals(3, classes=2, noise=0.0)
    radius = np.tile([0.0, 0.5, 1.0], 2)
    angle = np.array([0.0, np.pi])[y] + 4 * radius
    expected = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    np.testing.assert_allclose(x, expected, atol=1e-15)


@pytest.mark.parametrize("make", [datasets.make_moons, datasets.make_spirals])
def test_generated_sets_follow_a_seed_or_a_generator(make):
    np.testing.assert_array_equal(make(10, seed=5)[0], make(10, seed=5)[0])
    np.testing.assert_array_equal(make(10, seed=5)[0], make(10, seed=np.random.default_rng(5))[0])
    assert (make(10, seed=5)[0] != make(10, seed=6)[0]).any()


@pytest.mark.parametrize("make", [datasets.make_moons, datasets.make_spirals])
def test_without_a_seed_generated_sets_follow_manual_seed(make):
    """Was a bug: they drew from a generator of their own, which `manual_seed` did not reach."""
    manual_seed(4)
    first, second = make(10)[0], make(10)[0]
    manual_seed(4)

    np.testing.assert_array_equal(first, make(10)[0])
    assert (first != second).any()


RANDOM = [
    lambda **bad: datasets.digits_split(**bad),
    lambda **bad: datasets.make_moons(3, **bad),
    lambda **bad: datasets.make_spirals(3, **bad),
]


@pytest.mark.parametrize("draw", RANDOM)
def test_bad_seeds_are_named(draw):
    with pytest.raises(ValueError, match="seed must be at least 0, got -1"):
        draw(seed=-1)
    for seed in (1.5, "x", True):
        with pytest.raises(TypeError, match=f"seed must be .* a seed or None, got .*{seed!r}"):
            draw(seed=seed)


def test_arguments_of_another_type_are_named():
    with pytest.raises(TypeError, match="test_fraction must be a number, got str: 'half'"):
        datasets.digits_split("half")
    with pytest.raises(TypeError, match="image must be a bool, got str: 'no'"):
        datasets.load_digits(image="no")
    with pytest.raises(TypeError, match="classes must be an int, got str: '2'"):
        datasets.make_spirals(3, classes="2")


@pytest.mark.parametrize("make", [datasets.make_moons, datasets.make_spirals])
def test_bad_counts_and_noise_are_named(make):
    with pytest.raises(ValueError, match="at least 1, got 0"):
        make(0)
    with pytest.raises(TypeError, match=r"must be an int, got float: 2\.5"):
        make(2.5)
    for noise in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"noise must be a finite number, at least 0, got"):
            make(3, noise=noise)
    with pytest.raises(TypeError, match="noise must be a number, got str: 'x'"):
        make(3, noise="x")
