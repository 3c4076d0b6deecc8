"""The maximum a posteriori criterion of LeNet-5 against its formula."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from minicnn import losses, metrics


@pytest.fixture
def batch(rng):
    return np.array([2, 0, 1, 2]), rng.uniform(0, 20, (4, 3))


def formula(labels, distances, j):
    """Equation 9 of the 1998 paper, one value a sample."""
    right = distances[np.arange(len(labels)), labels]
    return right + np.log(np.exp(-j) + np.exp(-distances).sum(-1))


@pytest.mark.parametrize("j", [0.1, 10.0, 40.0])
def test_value_is_the_paper_s(batch, j):
    labels, distances = batch
    loss = losses.MAPCriterion(j)
    assert_allclose(loss.call(labels, distances), formula(labels, distances, j), rtol=1e-9)
    assert_allclose(loss(labels, distances), formula(labels, distances, j).mean(), rtol=1e-9)
    assert losses.get("map_criterion").j == losses.get("MAPCriterion").j == 10


def test_gradient_is_the_slope(batch, rng):
    labels, distances = batch
    loss = losses.MAPCriterion(8.0)
    _, cache = loss.forward(labels, distances)
    gradient = loss.backward(cache)
    direction = rng.standard_normal(distances.shape)
    ends = [loss(labels, distances + h * direction) for h in (1e-6, -1e-6)]
    assert_allclose(np.vdot(gradient, direction), (ends[0] - ends[1]) / 2e-6, rtol=1e-6)


def test_config_makes_the_same_loss():
    loss = losses.MAPCriterion(3.0, reduction="sum")
    twin = losses.MAPCriterion.from_config(loss.get_config())
    assert (twin.j, twin.reduction, twin.name) == (3.0, "sum", "map_criterion")


@pytest.mark.parametrize("j", [0, -1.0, np.inf, np.nan])
def test_j_must_be_positive(j):
    with pytest.raises(ValueError, match="j must be positive and finite"):
        losses.MAPCriterion(j)


def test_labels_are_checked(batch):
    with pytest.raises(ValueError, match=r"labels must be in 0..2, got 3 in row 1"):
        losses.MAPCriterion()([0, 3, 1, 1], batch[1])


def test_the_nearest_class_counts():
    distances = np.array([[1.0, 0.2, 5.0], [0.1, 3.0, 0.5]])
    metric = metrics.NearestAccuracy()
    metric.update_state(np.array([1, 2]), distances)
    assert metric.result() == 0.5
    assert metrics.get("NearestAccuracy").name == "nearest_accuracy"
