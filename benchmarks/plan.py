"""A model as a plain list of operations, from which the same network is built elsewhere.

A node is a dict: ``op``, ``inputs`` (numbers of tensors), ``output`` (a number) and the settings
of the operation; ``weights`` names arrays, ``shapes`` are theirs. Composed layers are taken apart,
activations stand as nodes of their own. Tensor 0 is the input.
"""

import math

import numpy as np

from minicnn_kernels import geometry


def describe(model):
    """``(plan, weights)`` of a built model with one input and one output.

    Returns
    -------
    plan : dict
        ``input`` (shape without batch), ``classes``, ``nodes``, ``operations``: additions and
        multiplications of convolutions and dense layers, forward, for one image. JSON holds it.
    weights : dict of str to ndarray

    Raises
    ------
    ValueError
        Naming a layer that has no form here.
    """
    network = model.network
    planner = _Planner()
    (output,) = planner.add_network(network, [0], [tuple(network.inputs[0].shape)])
    plan = {
        "input": list(network.inputs[0].shape[1:]),
        "classes": network.outputs[0].shape[-1],
        "nodes": planner.nodes,
        "output": output[0],
        "operations": planner.operations,
    }
    return plan, planner.weights


class _Planner:
    def __init__(self):
        self.nodes, self.weights, self.tensors, self.operations = [], {}, 1, 0

    def add_network(self, network, inputs, shapes):
        """Add every node; returns ``(number, shape)`` of each output."""
        values = dict(zip(network.input_slots, zip(inputs, shapes)))
        for node, (read, (written,)) in zip(network.nodes, network.slots):
            values[written] = self._add_layer(node.layer, [values[slot] for slot in read])
        return [values[slot] for slot in network.output_slots]

    def _add_layer(self, layer, inputs):
        numbers, shapes = zip(*inputs)
        kind = type(layer).__name__
        if kind in _WRITERS:
            made = _WRITERS[kind](self, layer, inputs)
        elif layer._networks is not None:
            (made,) = self.add_network(layer._network(True), numbers, shapes)
        else:
            raise ValueError(f"{layer.label}: has no form in a plan")
        return made

    def node(self, op, inputs, shape, **settings):
        """Add one node that makes a tensor of ``shape``; returns ``(number, shape)``."""
        names = settings.get("weights", {})
        settings["shapes"] = {key: list(self.weights[name].shape) for key, name in names.items()}
        number = self.tensors
        self.tensors += 1
        numbers = [tensor for tensor, _ in inputs]
        self.nodes.append({"op": op, "inputs": numbers, "output": number, **settings})
        return number, tuple(shape)

    def keep(self, **arrays):
        """Keep weights; returns their names."""
        names = {key: f"{len(self.nodes)}/{key}" for key, a in arrays.items() if a is not None}
        self.weights.update({name: np.array(arrays[key].value) for key, name in names.items()})
        return names

    def count(self, shape, products):
        """Count the operations of an output of ``shape``, ``products`` for each element."""
        self.operations += 2 * math.prod(shape[1:]) * products

    def active(self, tensor, activation):
        """``tensor`` after an activation of a layer."""
        if activation.name == "linear":
            return tensor
        kernel = getattr(activation, "kernel", activation.name)
        slope, top = [*getattr(activation, "parameters", ()), None, None][:2]
        settings = {} if top in (None, math.inf) else {"max_value": top}
        if slope:
            raise ValueError(f"activation {activation.name}: slope {slope} has no form in a plan")
        return self.node("activation", [tensor], tensor[1], name=kernel, **settings)


def _padding(layer, shape):
    if not isinstance(layer.padding, str):
        return [list(pair) for pair in layer.padding]
    if layer.padding == "valid":
        return [[0, 0], [0, 0]]
    window = zip(shape[1:3], layer.window.size, layer.strides, layer.window.dilations)
    return [list(geometry.same_padding(*axis)) for axis in window]


def _window(layer, shape):
    """Settings of a window; ``ceil``: whether rounding the output size up does its padding."""
    padding, size, strides = _padding(layer, shape), layer.window.size, layer.strides
    axes = list(zip(shape[1:3], size, strides, layer.output_shape(shape)[1:3], padding))
    return {
        "size": list(size),
        "strides": list(strides),
        "dilations": list(layer.window.dilations),
        "padding": padding,
        "same": layer.padding == "same",
        "ceil": all(out == -(-(n + 2 * p[0] - k) // s) + 1 for n, k, s, out, p in axes),
    }


def _convolution(planner, layer, inputs):
    shape = layer.output_shape(inputs[0][1])
    weights = planner.keep(kernel=layer.kernel, bias=layer.bias)
    planner.count(shape, math.prod(layer.kernel.shape[:3]))
    window, groups = _window(layer, inputs[0][1]), layer.groups
    made = planner.node("conv", inputs, shape, **window, groups=groups, weights=weights)
    return planner.active(made, layer.activation)


def _depthwise(planner, layer, inputs):
    shape = layer.output_shape(inputs[0][1])
    weights = planner.keep(kernel=layer.kernel, bias=layer.bias)
    planner.count(shape, math.prod(layer.window.size))
    made = planner.node("depthwise", inputs, shape, **_window(layer, inputs[0][1]), weights=weights)
    return planner.active(made, layer.activation)


def _separable(planner, layer, inputs):
    shape = layer.output_shape(inputs[0][1])
    between = (*shape[:3], math.prod(layer.depthwise_kernel.shape[2:]))
    weights = planner.keep(kernel=layer.depthwise_kernel)
    planner.count(between, math.prod(layer.window.size))
    window = _window(layer, inputs[0][1])
    made = planner.node("depthwise", inputs, between, **window, weights=weights)
    weights = planner.keep(kernel=layer.pointwise_kernel, bias=layer.bias)
    planner.count(shape, between[-1])
    one = {"size": [1, 1], "strides": [1, 1], "dilations": [1, 1], "padding": [[0, 0], [0, 0]]}
    one["same"] = True
    made = planner.node("conv", [made], shape, **one, groups=1, weights=weights)
    return planner.active(made, layer.activation)


def _dense(planner, layer, inputs):
    weights = planner.keep(kernel=layer.kernel, bias=layer.bias)
    shape = layer.output_shape(inputs[0][1])
    planner.count(shape, layer.kernel.shape[0])
    return planner.active(planner.node("dense", inputs, shape, weights=weights), layer.activation)


def _batch_norm(planner, layer, inputs):
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    weights = planner.keep(**{name: getattr(layer, name) for name in names})
    settings = {"epsilon": layer.epsilon, "momentum": layer.momentum}
    return planner.node("batch_norm", inputs, inputs[0][1], **settings, weights=weights)


def _pool(op):
    def write(planner, layer, inputs):
        shape = layer.output_shape(inputs[0][1])
        return planner.node(op, inputs, shape, **_window(layer, inputs[0][1]))

    return write


def _lrn(planner, layer, inputs):
    settings = {"radius": layer.depth_radius, "bias": layer.bias}
    settings.update(alpha=layer.alpha, beta=layer.beta)
    return planner.node("lrn", inputs, inputs[0][1], **settings)


def _zero_padding(planner, layer, inputs):
    padding = [list(pair) for pair in layer.padding]
    return planner.node("zero_pad", inputs, layer.output_shape(inputs[0][1]), padding=padding)


def _reshaped(planner, layer, inputs):
    """Only to rows, which is all that the networks do."""
    shape = layer.output_shape(inputs[0][1])
    if len(shape) != 2:
        raise ValueError(f"{layer.label}: only a reshape to rows has a form in a plan")
    return planner.node("flatten", inputs, shape)


def _dropout(planner, layer, inputs):
    if layer.rate:
        raise ValueError(f"{layer.label}: every contender would draw something else")
    return inputs[0]


def _merged(op):
    def write(planner, layer, inputs):
        shape = layer.output_shape([shape for _, shape in inputs])
        return planner.node(op, inputs, shape)

    return write


def _arithmetic(planner, layer, inputs):
    if layer.operation != "add" or layer.constants:
        raise ValueError(f"{layer.label}: has no form in a plan")
    return planner.node("add", inputs, inputs[0][1])


def _global_average(planner, layer, inputs):
    shape = layer.output_shape(inputs[0][1])
    return planner.node("global_average", inputs, shape, keepdims=len(shape) == 4)


_WRITERS = {
    "Activation": lambda planner, layer, inputs: planner.active(inputs[0], layer.function),
    "Add": _merged("add"),
    "Arithmetic": _arithmetic,
    "AveragePooling2D": _pool("average_pool"),
    "BatchNormalization": _batch_norm,
    "Concatenate": _merged("concatenate"),
    "Conv2D": _convolution,
    "Dense": _dense,
    "DepthwiseConv2D": _depthwise,
    "Dropout": _dropout,
    "Flatten": _reshaped,
    "GlobalAveragePooling2D": _global_average,
    "LocalResponseNormalization": _lrn,
    "MaxPooling2D": _pool("max_pool"),
    "ReLU": lambda planner, layer, inputs: planner.active(inputs[0], layer.function),
    "Reshape": _reshaped,
    "SeparableConv2D": _separable,
    "ZeroPadding2D": _zero_padding,
}
