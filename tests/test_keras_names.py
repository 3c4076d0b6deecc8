"""Names that stand in several places in Keras, and stand in each of them here."""

import numpy as np
import pytest

import minicnn
from minicnn import backend, layers, optimizers, utils

DESCRIBED = {
    "activations": minicnn.activations.get("relu"),
    "constraints": minicnn.constraints.MaxNorm(3),
    "initializers": minicnn.initializers.HeNormal(),
    "layers": layers.Dense(3),
    "losses": minicnn.losses.Huber(),
    "metrics": minicnn.metrics.AUC(),
    "optimizers": optimizers.Adam(),
    "regularizers": minicnn.regularizers.L2(),
}


@pytest.mark.parametrize("name", DESCRIBED)
def test_descriptions_are_read_with_names_of_the_callers_own(name):
    module, thing = getattr(minicnn, name), DESCRIBED[name]
    described = module.serialize(thing)
    assert type(module.deserialize(described, custom_objects={"mine": abs})) is type(thing)
    if isinstance(described, dict):
        mine = type("Mine", (type(thing),), {})
        described["class_name"] = "Mine"
        assert type(module.deserialize(described, custom_objects={"Mine": mine})) is mine


def test_schedules_are_described():
    schedule = optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    again = optimizers.schedules.deserialize(optimizers.schedules.serialize(schedule))
    assert again(7) == schedule(7)


@pytest.mark.parametrize("name", ["Initializer", "Loss", "Metric", "Optimizer", "Regularizer"])
def test_base_classes_stand_at_the_top(name):
    module = getattr(minicnn, {"Loss": "losses"}.get(name, f"{name.lower()}s"))
    assert getattr(minicnn, name) is getattr(module, name)


def test_names_of_ones_own_are_known_everywhere():
    utils.get_custom_objects()["third"] = lambda x: x / 3
    try:
        assert layers.Activation("third")(np.ones((1, 1))) == np.float32(1 / 3)
    finally:
        del utils.get_custom_objects()["third"]
    with pytest.raises(ValueError, match="no activation is called 'third'"):
        layers.Activation("third")


def test_helpers_stand_in_utils():
    assert utils.image_dataset_from_directory is minicnn.preprocessing.image_dataset_from_directory
    assert utils.CustomObjectScope is utils.custom_object_scope
    assert utils.np_utils.to_categorical is utils.to_categorical
    assert utils.is_keras_tensor(layers.Input((3,)))
    assert backend.is_keras_tensor(layers.Input((3,)))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        utils.nothing  # noqa: B018


def test_the_oldest_names_of_constraints():
    assert minicnn.constraints.maxnorm(2).max_value == 2
    assert isinstance(minicnn.constraints.get("nonneg"), minicnn.constraints.NonNeg)


def test_log_cosh_is_logged_as_in_keras(tf_keras):
    assert minicnn.metrics.LogCoshError().name == tf_keras.metrics.LogCoshError().name
