"""A :mod:`benchmarks.plan` as a PyTorch module, channels last, the way one writes it there.

Images come as ``[N, C, H, W]`` tensors in channels-last memory. Padding that is not even, which
PyTorch's layers lack, is an ``F.pad`` before the layer; of a max pooling it is ``ceil_mode``.
"""

import torch
from torch import nn
from torch.nn import functional


def build(plan, weights=None, logits=False):
    """The module.

    Parameters
    ----------
    plan : dict
    weights : mapping of str to ndarray, optional
        Random ones if missing.
    logits : bool
        Leave out a softmax at the end.

    Returns
    -------
    torch.nn.Module
    """
    with torch.no_grad():
        network = Network(plan, weights, logits)
    return network.to(memory_format=torch.channels_last)


class Network(nn.Module):
    """Runs the nodes of a plan in their order and lets go of a tensor after its last reader."""

    def __init__(self, plan, weights, logits):
        super().__init__()
        nodes = plan["nodes"]
        if logits and nodes[-1].get("name") == "softmax":
            nodes = nodes[:-1]
        readers = [number for node in nodes for number in node["inputs"]]
        makers = {node["output"]: node["op"] for node in nodes}
        self.steps, self.layers = [], nn.ModuleList()
        for position, node in enumerate(nodes):
            first = node["inputs"][0]
            own = readers.count(first) == 1 and makers.get(first) in _OVERWRITTEN
            layer = _WRITERS[node["op"]](node, weights, own)
            self.layers.append(layer)
            later = {number for other in nodes[position + 1 :] for number in other["inputs"]}
            done = [number for number in node["inputs"] if number not in later]
            self.steps.append((node["inputs"], node["output"], done))
        self.last = nodes[-1]["output"]

    def forward(self, x):
        """Logits or probabilities."""
        values = {0: x}
        for layer, (read, written, done) in zip(self.layers, self.steps):
            values[written] = layer(*(values[number] for number in read))
            for number in done:
                values.pop(number, None)
        return values[self.last]


# What makes a tensor that no backward pass reads: an activation may overwrite it.
_OVERWRITTEN = ("conv", "depthwise", "batch_norm", "dense", "add")


class _Function(nn.Module):
    """A layer without weights."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def _even(padding):
    return all(before == after for before, after in padding)


def _padded(padding, layer, value=0.0):
    (top, bottom), (left, right) = padding
    pad = _Function(lambda x: functional.pad(x, (left, right, top, bottom), value=value))
    return nn.Sequential(pad, layer)


def _fill(parameter, weights, name, order=None):
    """Copy a weight of MiniCNN."""
    if weights is not None:
        value = torch.from_numpy(weights[name])
        parameter.copy_(value.permute(order) if order else value)


def _conv(node, weights, own):
    del own
    names, even = node["weights"], _even(node["padding"])
    kernel, bias = node["shapes"]["kernel"], "bias" in names
    depthwise = node["op"] == "depthwise"
    channels = kernel[2] if depthwise else kernel[2] * node["groups"]
    filters = kernel[2] * kernel[3] if depthwise else kernel[3]
    layer = nn.Conv2d(
        channels,
        filters,
        tuple(node["size"]),
        tuple(node["strides"]),
        tuple(before for before, _ in node["padding"]) if even else 0,
        tuple(node["dilations"]),
        channels if depthwise else node["groups"],
        bias,
    )
    if depthwise and weights is not None:
        value = torch.from_numpy(weights[names["kernel"]]).permute(2, 3, 0, 1)
        layer.weight.copy_(value.reshape(layer.weight.shape))
    else:
        _fill(layer.weight, weights, names["kernel"], (3, 2, 0, 1))
    if bias:
        _fill(layer.bias, weights, names["bias"])
    return layer if even else _padded(node["padding"], layer)


def _dense(node, weights, own):
    del own
    names, (inputs, units) = node["weights"], node["shapes"]["kernel"]
    layer = nn.Linear(inputs, units, "bias" in names)
    _fill(layer.weight, weights, names["kernel"], (1, 0))
    if "bias" in names:
        _fill(layer.bias, weights, names["bias"])
    return layer


def _batch_norm(node, weights, own):
    del own
    names, (channels,) = node["weights"], node["shapes"]["moving_mean"]
    layer = nn.BatchNorm2d(channels, node["epsilon"], 1 - node["momentum"])
    targets = {
        "gamma": layer.weight,
        "beta": layer.bias,
        "moving_mean": layer.running_mean,
        "moving_variance": layer.running_var,
    }
    for key, name in names.items():
        _fill(targets[key], weights, name)
    for key in ("gamma", "beta"):
        targets[key].requires_grad_(key in names)
    return layer


def _activation(node, weights, own):
    del weights
    name, top = node["name"], node.get("max_value")
    if name == "relu":
        if top is None:
            return nn.ReLU(inplace=own)
        return nn.ReLU6(inplace=own) if top == 6 else nn.Hardtanh(0, top, inplace=own)
    return {"tanh": nn.Tanh(), "sigmoid": nn.Sigmoid(), "softmax": nn.Softmax(1)}[name]


def _max_pool(node, weights, own):
    del weights, own
    window = tuple(node["size"]), tuple(node["strides"])
    before = tuple(pair[0] for pair in node["padding"])
    if _even(node["padding"]):
        return nn.MaxPool2d(*window, before)
    if all(after - first in (0, 1) for first, after in node["padding"]) and node["ceil"]:
        return nn.MaxPool2d(*window, before, ceil_mode=True)
    return _padded(node["padding"], nn.MaxPool2d(*window), value=float("-inf"))


def _average_pool(node, weights, own):
    del weights, own
    if not _even(node["padding"]):
        raise ValueError("PyTorch has no average pooling with uneven padding")
    before = tuple(pair[0] for pair in node["padding"])
    window = tuple(node["size"]), tuple(node["strides"]), before
    return nn.AvgPool2d(*window, count_include_pad=False)


def _lrn(node, weights, own):
    del weights, own
    size = 2 * node["radius"] + 1
    return nn.LocalResponseNorm(size, node["alpha"] * size, node["beta"], node["bias"])


def _zero_pad(node, weights, own):
    del weights, own
    return _padded(node["padding"], nn.Identity())


def _flatten(node, weights, own):
    """MiniCNN's order is height, width, channels: that of channels-last memory, so a view."""
    del node, weights, own
    return _Function(lambda x: x.permute(0, 2, 3, 1).flatten(1) if x.ndim == 4 else x.flatten(1))


def _global_average(node, weights, own):
    del weights, own
    keep = node["keepdims"]
    return _Function(lambda x: x.mean((2, 3), keepdim=keep))


_WRITERS = {
    "activation": _activation,
    "add": lambda node, weights, own: _Function(torch.add),
    "average_pool": _average_pool,
    "batch_norm": _batch_norm,
    "concatenate": lambda node, weights, own: _Function(lambda *parts: torch.cat(parts, 1)),
    "conv": _conv,
    "dense": _dense,
    "depthwise": _conv,
    "flatten": _flatten,
    "global_average": _global_average,
    "lrn": _lrn,
    "max_pool": _max_pool,
    "zero_pad": _zero_pad,
}
