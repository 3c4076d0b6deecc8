"""A :mod:`benchmarks.plan` as a functional Keras model."""

import keras
import tensorflow as tf

layers = keras.layers


def build(plan, weights=None, logits=False):
    """The model.

    Parameters
    ----------
    plan : dict
    weights : mapping of str to ndarray, optional
        Random ones if missing.
    logits : bool
        Leave out a softmax at the end.

    Returns
    -------
    keras.Model
    """
    nodes = plan["nodes"]
    if logits and nodes[-1].get("name") == "softmax":
        nodes = nodes[:-1]
    image = layers.Input(plan["input"])
    values, filled = {0: image}, []
    for node in nodes:
        read = [values[number] for number in node["inputs"]]
        layer = _WRITERS[node["op"]](node)
        x = read if node["op"] in ("add", "concatenate") else read[0]
        if isinstance(layer, list):  # padding first
            x, layer = layer[0](x), layer[1]
        values[node["output"]] = layer(x)
        filled.append((layer, node.get("weights", {})))
    if weights is not None:
        for layer, names in filled:
            if names:
                layer.set_weights([weights[names[key]] for key in _ORDER if key in names])
    return keras.Model(image, values[nodes[-1]["output"]])


_ORDER = ("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance")


def _windowed(node, make):
    """A layer whose padding is Keras' "same" or "valid", or comes before it."""
    if node["same"]:
        return make("same")
    if not any(before or after for before, after in node["padding"]):
        return make("valid")
    return [layers.ZeroPadding2D(node["padding"]), make("valid")]


def _conv(node):
    options = {
        "strides": node["strides"],
        "dilation_rate": node["dilations"],
        "use_bias": "bias" in node["weights"],
    }
    kernel = node["shapes"]["kernel"]
    if node["op"] == "depthwise":
        options["depth_multiplier"] = kernel[3]
        return _windowed(node, lambda p: layers.DepthwiseConv2D(node["size"], padding=p, **options))
    options["groups"] = node["groups"]
    return _windowed(node, lambda p: layers.Conv2D(kernel[3], node["size"], padding=p, **options))


def _pool(layer):
    def write(node):
        window = node["size"], node["strides"]
        return layer(*window, padding="same" if node["same"] else "valid")

    return write


def _batch_norm(node):
    names = node["weights"]
    options = {"epsilon": node["epsilon"], "momentum": node["momentum"]}
    return layers.BatchNormalization(center="beta" in names, scale="gamma" in names, **options)


def _activation(node):
    if node["name"] == "relu" and "max_value" in node:
        return layers.ReLU(node["max_value"])
    return layers.Activation(node["name"])


def _lrn(node):
    settings = node["radius"], node["bias"], node["alpha"], node["beta"]
    return layers.Lambda(lambda x: tf.nn.local_response_normalization(x, *settings))


_WRITERS = {
    "activation": _activation,
    "add": lambda node: layers.Add(),
    "average_pool": _pool(layers.AveragePooling2D),
    "batch_norm": _batch_norm,
    "concatenate": lambda node: layers.Concatenate(),
    "conv": _conv,
    "dense": lambda node: layers.Dense(
        node["shapes"]["kernel"][1], use_bias="bias" in node["weights"]
    ),
    "depthwise": _conv,
    "flatten": lambda node: layers.Flatten(),
    "global_average": lambda node: layers.GlobalAveragePooling2D(keepdims=node["keepdims"]),
    "lrn": _lrn,
    "max_pool": _pool(layers.MaxPooling2D),
    "zero_pad": lambda node: layers.ZeroPadding2D(node["padding"]),
}
