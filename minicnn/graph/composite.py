"""A network that stands as one layer inside another: nested models and traced ``call()``."""

import inspect

from . import engine
from .network import Network
from .tensor import SymbolicTensor


def forward(network, x, training):
    """``(y, cache)`` of the network as a layer; ``x`` and ``y`` are lists if it has several."""
    arrays = x if isinstance(x, (list, tuple)) else [x]
    run = engine.forward(network, arrays, training, record=engine.is_recording())
    outputs, run.outputs = run.outputs, None
    return (outputs if len(outputs) > 1 else outputs[0]), (network, run)


def backward(dy, cache, needs_dx):
    """Gradient of the network's input (a list if it has several)."""
    network, run = cache
    dys = dy if isinstance(dy, (list, tuple)) else [dy]
    dxs = engine.backward(network, run, dys, wants_inputs=needs_dx)
    return dxs if len(dxs) > 1 else dxs[0]


def trace(layer, input_shape, dtype):
    """Run ``layer.call`` once on symbolic tensors and keep what it composed.

    A ``call`` that takes ``training`` is traced once for each mode, so it may use an ``if``.

    Returns
    -------
    dict
        ``{True: Network, False: Network}``, for training and inference.
    """
    if "training" not in inspect.signature(layer.call).parameters:
        network = _trace(layer, input_shape, dtype, {})
        return {True: network, False: network}
    return {mode: _trace(layer, input_shape, dtype, {"training": mode}) for mode in (True, False)}


def _trace(layer, input_shape, dtype, arguments):
    several = isinstance(input_shape, list)
    inputs = [SymbolicTensor(shape, dtype) for shape in (input_shape if several else [input_shape])]
    result = layer.call(inputs if several else inputs[0], **arguments)
    outputs = list(result) if isinstance(result, (list, tuple)) else [result]
    for output in outputs:
        if not isinstance(output, SymbolicTensor):
            raise TypeError(
                f"{layer.label}: call() must return what layers made of its input, "
                f"got {type(output).__name__}"
            )
    return Network(inputs, outputs, layer.label)
