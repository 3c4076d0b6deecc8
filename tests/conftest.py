"""Settings of every test: a quiet TensorFlow, and Hypothesis that draws the same each run."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
sys.path.insert(0, str(Path(__file__).parent))

settings.register_profile(
    "repeatable",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("thorough", parent=settings.get_profile("repeatable"), max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture
def rng():
    """A seeded generator, the same in every run."""
    import numpy as np

    return np.random.default_rng(20260)


@pytest.fixture(scope="session")
def tf():
    """TensorFlow, imported once, without the warnings of its own imports."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tensorflow
    return tensorflow


@pytest.fixture(scope="session")
def tf_keras(tf):
    """Keras over TensorFlow, the peer of layers, losses and training."""
    return tf.keras


@pytest.fixture(scope="session")
def data_folder():
    """The folder of real data named by MINICNN_DATA; the test is skipped where there is none."""
    folder = os.environ.get("MINICNN_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("MINICNN_DATA names no folder of real data")
    return Path(folder)
