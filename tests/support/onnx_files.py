"""A model, its ONNX file, ONNX Runtime and the file loaded again: all must agree."""

import numpy as np


def runtime(path, *inputs, optimize=True):
    """Outputs of ONNX Runtime, a list of arrays."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    if not optimize:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_inputs()]
    return session.run(None, dict(zip(names, inputs)))


def randomize(model, rng):
    """Give biases and statistics values that are not their neutral first ones."""
    for weight in model.weights:
        if "variance" in weight.name or weight.name in ("gamma", "coefficient"):
            weight.assign(rng.uniform(0.5, 2, weight.shape))
        elif "mean" in weight.name or weight.name in ("bias", "beta"):
            weight.assign(rng.normal(0, 0.3, weight.shape))


def inputs_of(model, rng, batch=2, length=8):
    """One random array for each input; ``length`` where the shape is open."""
    shapes = [
        (batch, *(length if n is None else n for n in tensor.shape[1:])) for tensor in model.inputs
    ]
    return [rng.normal(size=shape).astype(t.dtype) for shape, t in zip(shapes, model.inputs)]


def outputs_of(model, inputs):
    """The model's outputs, a list of arrays."""
    outputs = model(inputs if len(inputs) > 1 else inputs[0])
    return outputs if isinstance(outputs, list) else [outputs]


def assert_close(ours, theirs, tolerance, what):
    """Equal shapes, and values to a relative ``tolerance`` of the largest."""
    assert [y.shape for y in ours] == [y.shape for y in theirs], what
    for mine, other in zip(ours, theirs):
        error = np.abs(mine - other).max() / max(1, np.abs(mine).max())
        assert error <= tolerance, f"{what}: differs by {error:.1e}"
