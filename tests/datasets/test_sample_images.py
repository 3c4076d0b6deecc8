"""The two photographs that come with scikit-learn."""

import numpy as np
import pytest

from minicnn.datasets import sample_images

sklearn_datasets = pytest.importorskip(
    "sklearn.datasets", reason="the photographs come with scikit-learn"
)
pytest.importorskip("PIL", reason="the photographs are JPEG files")


def test_photographs_are_scikit_learns():
    photographs = sample_images.load_data()
    assert photographs.shape == (2, 427, 640, 3) and photographs.dtype == np.uint8
    for photograph, name in zip(photographs, ("china", "flower")):
        expected = sklearn_datasets.load_sample_image(f"{name}.jpg")
        np.testing.assert_array_equal(photograph, expected)
        np.testing.assert_array_equal(sample_images.load_sample_image(name), expected)
        loaded = sample_images.load_sample_image(f"{name}.jpg")
        loaded[:] = 0  # the caller's own, not scikit-learn's
        assert sample_images.load_sample_image(name).any()


@pytest.mark.parametrize("name", ["dog", "../china", "", None])
def test_other_names_are_refused(name):
    with pytest.raises(ValueError, match="name must be 'china' or 'flower', got"):
        sample_images.load_sample_image(name)
