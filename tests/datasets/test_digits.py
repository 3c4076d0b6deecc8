"""The embedded digits: real, stratified, repeatable, and still digits when enlarged."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.datasets import digits

sklearn_datasets = pytest.importorskip(
    "sklearn.datasets", reason="the digits come with scikit-learn"
)


def together(parts):
    """Images of both parts as sorted rows: what was split, whatever the split."""
    (x_train, y_train), (x_test, y_test) = parts
    images = np.concatenate([x_train, x_test]).reshape(len(y_train) + len(y_test), -1)
    rows = np.column_stack([np.concatenate([y_train, y_test]), images])
    return rows[np.lexsort(rows.T)]


def test_all_of_the_digits_at_their_size():
    original = sklearn_datasets.load_digits()
    scaled = np.rint(original.images.reshape(-1, 64) * 255 / 16).astype(np.uint8)
    rows = np.column_stack([original.target, scaled])
    np.testing.assert_array_equal(together(digits.load_data()), rows[np.lexsort(rows.T)])


def test_a_quarter_is_held_out():
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert x_train.shape == (1347, 8, 8) and x_test.shape == (450, 8, 8)
    assert x_train.dtype == y_train.dtype == np.uint8
    assert x_train.max() == 255 and x_train.min() == 0
    assert abs(np.bincount(y_test) / np.bincount(np.r_[y_train, y_test]) - 0.25).max() < 0.005


@settings(max_examples=15)
@given(fraction=st.floats(0.001, 0.999), seed=st.integers(0, 2**32))
def test_every_class_is_in_both_parts(fraction, seed):
    (_, y_train), (_, y_test) = digits.load_data(fraction, seed)
    train, test = np.bincount(y_train, minlength=10), np.bincount(y_test, minlength=10)
    assert train.min() >= 1 and test.min() >= 1
    assert (abs(test - fraction * (train + test)) <= 1).all()


def test_the_seed_decides():
    first, same, other = (digits.load_data(seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first[1][0], same[1][0])
    assert not np.array_equal(first[1][0], other[1][0])
    np.testing.assert_array_equal(together(first), together(other))


@pytest.mark.parametrize("size", [28, 32])
def test_enlarged_digits_are_those_of_scipy(size):
    from scipy.ndimage import zoom

    (small, labels), _ = digits.load_data()
    (large, same_labels), _ = digits.load_data(size=size)
    assert large.shape == (1347, size, size) and large.dtype == np.uint8
    np.testing.assert_array_equal(labels, same_labels)
    originals = sklearn_datasets.load_digits().images
    index = next(i for i, o in enumerate(originals) if (np.rint(o * 255 / 16) == small[7]).all())
    expected = zoom(originals[index] / 16, size / 8, order=3, mode="nearest", grid_mode=True)
    assert abs(large[7] - 255.0 * expected.clip(0, 1)).max() <= 0.5 + 1e-9
    # Each original pixel covers size/8 of the new ones: their means stay close.
    if size == 32:
        means = large.reshape(-1, 8, 4, 8, 4).mean((2, 4))
        assert abs(means - small).mean() < 12


@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"test_fraction": 0}, "test_fraction must be above 0 and below 1, got 0"),
        ({"test_fraction": 1.0}, "test_fraction must be above 0 and below 1, got 1.0"),
        ({"test_fraction": float("nan")}, "test_fraction must be above 0 and below 1, got nan"),
        ({"size": 7}, r"size must be in \[8, 256\], got 7"),
        ({"size": 10**9}, r"size must be in \[8, 256\], got 1000000000"),
    ],
)
def test_refusals(kwargs, message):
    with pytest.raises(ValueError, match=f"^digits.load_data: {message}$"):
        digits.load_data(**kwargs)
    with pytest.raises(TypeError):
        digits.load_data(size=28.0)
