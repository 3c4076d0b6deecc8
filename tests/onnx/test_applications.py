"""Whole networks of ``minicnn.applications``: ONNX Runtime runs their files to the same logits."""

import numpy as np
import onnx
import pytest
from support import onnx_files

from minicnn import applications, layers
from minicnn.onnx import load, save

pytestmark = pytest.mark.slow

NETWORKS = {
    "VGG16": (64, {}),
    "ResNet50": (96, {}),
    "ResNet34": (96, {}),
    "ResNet20": (32, {}),
    "SEResNet50": (64, {}),
    "SqueezeNet": (96, {}),
    "AlexNet": (227, {}),
    "GoogLeNet": (224, {"auxiliary": True}),
    "MobileNet": (96, {}),
    "MobileNetV2": (96, {"alpha": 0.35}),
    "Xception": (96, {}),
    "DenseNet121": (64, {}),
    "InceptionV3": (96, {}),
    "InceptionResNetV2": (96, {}),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_network(name, tmp_path, rng):
    size, options = NETWORKS[name]
    make = getattr(applications, name)
    model = make(weights=None, input_shape=(size, size, 3), classes=10, **options)
    for output in model.outputs:  # logits show errors that a softmax hides
        if hasattr(output.node.layer, "units"):
            output.node.layer.activation = None
    for weight in model.weights:
        if "variance" in weight.name:
            weight.assign(rng.uniform(0.5, 2, weight.shape))
    path = tmp_path / "model.onnx"
    save(model, path)
    (x,) = inputs = onnx_files.inputs_of(model, rng)
    ours = onnx_files.outputs_of(model, inputs)
    agree(ours, onnx_files.runtime(str(path), x))
    nodes = onnx.load(path).graph.node
    assert sum(node.op_type == "Transpose" for node in nodes) == 1
    loaded = load(path)
    agree(ours, onnx_files.outputs_of(loaded, inputs))
    assert not any(isinstance(layer, layers.Permute) for layer in loaded.layers)


def agree(ours, theirs):
    """Every output to a relative 1e-4."""
    for mine, other in zip(ours, theirs, strict=True):
        assert np.abs(mine - other).max() <= 1e-4 * np.abs(mine).max()
