"""ONNX's ``light`` models: published networks, first with their dummy weights, then random ones."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from support import onnx_cases, onnx_files

from minicnn import layers
from minicnn.onnx import Backend, load

# Network: transposes behind the one of the input (ShuffleNet: one for each shuffle).
NETWORKS = {
    "bvlc_alexnet": 0,
    "densenet121": 0,
    "inception_v1": 0,
    "inception_v2": 0,
    "resnet50": 0,
    "shufflenet": 16,
    "squeezenet": 0,
    "vgg19": 0,
    "zfnet512": 0,
}

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def onnx_home(tmp_path, monkeypatch):
    monkeypatch.setenv("ONNX_HOME", str(tmp_path))


def suite():
    """ONNX's own test class of these models."""
    with onnx_cases.quiet():
        import onnx.backend.test

        classes = onnx.backend.test.BackendTest(Backend, __name__).test_cases
    real = classes["OnnxBackendRealModelTest"]
    wanted = {f"test_{network}_cpu" for network in NETWORKS}
    tests = [name for name in vars(real) if name.startswith("test_")]
    assert wanted <= set(tests)
    for name in set(tests) - wanted:
        delattr(real, name)
    return real


OnnxBackendRealModelTest = suite()


def with_random_weights(network, path, rng):
    """A light model whose nodes ``ConstantOfShape`` are replaced by weights drawn at random.

    Their scale keeps activations near 1, or a softmax at the end would hide every error.
    """
    folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    model = onnx.load(folder / f"light_{network}.onnx")
    graph = model.graph
    shapes = {t.name: onnx.numpy_helper.to_array(t) for t in graph.initializer}
    variances = {n.input[4] for n in graph.node if n.op_type == "BatchNormalization"}
    for node in [node for node in graph.node if node.op_type == "ConstantOfShape"]:
        shape = tuple(shapes[node.input[0]])
        name = node.output[0]
        if name in variances:
            values = rng.uniform(0.5, 2, shape)
        elif len(shape) > 1:
            values = rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
        else:
            values = rng.uniform(0.1, 1, shape)
        graph.initializer.append(onnx.numpy_helper.from_array(values.astype("float32"), name))
        graph.node.remove(node)
    last = graph.node[-1]
    if last.op_type == "Softmax":
        graph.output[0].name = last.input[0]
        graph.node.remove(last)
    path.write_bytes(model.SerializeToString())


@pytest.mark.parametrize("network", NETWORKS)
def test_with_random_weights_as_in_the_runtime(network, tmp_path, rng):
    path = tmp_path / "model.onnx"
    with_random_weights(network, path, rng)
    x = rng.normal(size=(1, 3, 224, 224)).astype("float32")
    model = load(path)
    (theirs,) = onnx_files.runtime(str(path), x)
    assert theirs.std() > 1e-3 * np.abs(theirs).max()
    ours = model(x)
    relative = np.abs(ours - theirs).max() / np.abs(theirs).max()
    assert relative < 1e-4
    turns = sum(isinstance(layer, layers.Permute) for layer in model.layers)
    assert turns == 1 + NETWORKS[network]
    assert model(np.concatenate([x, x])).shape[0] == 2
