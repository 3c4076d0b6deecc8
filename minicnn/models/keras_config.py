"""Descriptions of models by Keras, of every era, as descriptions of ours (``models.config``).

Read are Keras 1 (``nb_filter``, ``border_mode`` ...), Keras 2 and tf.keras 2 (``inbound_nodes`` as
lists) and Keras 3 (``args`` and ``kwargs``, dtype policies, operators as nodes). Whatever the data
names is a key of a table here or of the layers' registry; no module is imported for it.
"""

from ..errors import FormatError
from ..layers.base import registry
from ..registry import argument_names
from . import keras_nodes

# Keras 1's words. They and the settings below are looked up only where a layer here has no
# argument of that name; those of a single class are under "Class.word".
_RENAMED = {
    "nb_filter": "filters",
    "output_dim": "units",
    "subsample": "strides",
    "subsample_length": "strides",
    "filter_length": "kernel_size",
    "border_mode": "padding",
    "atrous_rate": "dilation_rate",
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
    "dim_ordering": "data_format",
    "gamma_init": "gamma_initializer",
    "beta_init": "beta_initializer",
    "concat_axis": "axis",
    "Dropout.p": "rate",
    "MaxPooling1D.pool_length": "pool_size",
    "MaxPooling1D.stride": "strides",
    "AveragePooling1D.pool_length": "pool_size",
    "AveragePooling1D.stride": "strides",
}
_CLASSES = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "AtrousConvolution2D": "Conv2D",
    "SeparableConvolution2D": "SeparableConv2D",
    "Deconvolution2D": "Conv2DTranspose",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
}
_ORDERINGS = {"tf": "channels_last", "th": "channels_first"}
_KERNEL_SIZE = ("nb_row", "nb_col")

# Settings that MiniCNN has no word for, with the values at which they change nothing (None: all).
_DROPPED = {
    "sparse": (False, None),
    "ragged": (False, None),
    "optional": (False,),
    "batch_size": (None,),
    "input_dtype": None,
    "input_dim": None,
    "input_length": (None,),
    "autocast": None,
    "quantization_config": (None,),
    "lora_rank": (None,),
    "lora_alpha": None,
    "synchronized": (False,),
    "renorm": (False,),
    "renorm_clipping": None,
    "renorm_momentum": None,
    "fused": None,
    "virtual_batch_size": (None,),
    "adjustment": (None,),
    "input_axes": (None,),
    "output_axes": (None,),
    "activity_regularizer": (None,),
    "groups": (1,),
    "mask_zero": (False,),
    "invert": (False,),
    "rms_scaling": (False,),
    "BatchNormalization.mode": (0,),
    "DepthwiseConv2D.filters": (None,),
    "DepthwiseConv2D.kernel_initializer": None,
    "DepthwiseConv2D.kernel_regularizer": (None,),
    "DepthwiseConv2D.kernel_constraint": (None,),
    "SeparableConv2D.kernel_initializer": None,
    "SeparableConv2D.kernel_regularizer": (None,),
    "SeparableConv2D.kernel_constraint": (None,),
}
_MODELS = ("Functional", "Model", "Sequential")


def from_keras(entry):
    """``{"class_name", "config"}`` of a model of Keras as ``models.config`` reads it.

    Parameters
    ----------
    entry : dict
        The ``model_config`` of an HDF5 file, ``config.json`` of a ``.keras`` file, or what
        Keras' ``to_json`` gives.

    Raises
    ------
    FormatError
        Naming the layer or the setting that cannot be understood.
    """
    if not isinstance(entry, dict) or entry.get("class_name") not in _MODELS:
        told = entry.get("class_name") if isinstance(entry, dict) else entry
        raise FormatError(f"must be one of {_MODELS}, got {told!r}", key="class_name")
    return _layer(entry)


def is_keras(entry):
    """Whether the description of a model is one of Keras'."""
    config = entry.get("config") if isinstance(entry, dict) else None
    if isinstance(config, list):
        return True
    if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
        return False
    if "nodes" in config:
        return False
    return any(
        isinstance(layer, dict) and ("module" in layer or "inbound_nodes" in layer)
        for layer in config["layers"]
    ) or "keras_version" in entry or "module" in entry  # fmt: skip


def plain(value):
    """``value`` without Keras 3's wrappings: tuples, dtype policies, functions, constants."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    class_name, config = value.get("class_name"), value.get("config")
    if class_name is None:
        return {key: plain(item) for key, item in value.items()}
    if not isinstance(class_name, str):
        raise FormatError(f"must be a name, got {class_name!r}", key="class_name")
    if class_name in ("__tuple__", "TensorShape"):
        return plain(value.get("items"))
    if class_name == "__lambda__":
        raise FormatError("holds code, which is never run", key="__lambda__")
    if class_name == "function":
        return config
    if class_name in ("__tensor__", "__numpy__") and isinstance(config, dict):
        return config.get("value")
    if class_name in ("DTypePolicy", "Policy") and isinstance(config, dict):
        return _dtype(config.get("name"))
    return {"class_name": _class_name(value), "config": _settings("", plain(config or {}))}


def _layer(entry):
    """One layer or model."""
    if not isinstance(entry, dict) or not isinstance(entry.get("class_name"), str):
        raise FormatError("must be described by class_name and config", key="layers")
    class_name, config = _class_name(entry), entry.get("config")
    if class_name == "Lambda":
        raise FormatError("Lambda holds code, which is never run", key=_name(entry))
    if class_name == "Sequential":
        return {"class_name": class_name, "config": _chain(config)}
    if class_name in _MODELS:
        return {"class_name": class_name, "config": _graph(config)}
    if not isinstance(config, dict):
        raise FormatError(f"{class_name} must have a config", key=_name(entry))
    return {"class_name": class_name, "config": _settings(class_name, plain(config))}


def _class_name(entry):
    registered = entry.get("registered_name")
    if isinstance(registered, str) and ">" in registered and registered in registry:
        return registered
    return _CLASSES.get(entry["class_name"], entry["class_name"])


def _name(entry):
    config = entry.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    return name or entry.get("name") or entry.get("class_name")


def _settings(class_name, config):
    """Arguments of a constructor under the names they have here."""
    if not isinstance(config, dict):
        return config
    found = registry.find(class_name) if class_name in registry else None
    own = argument_names(found) if isinstance(found, type) else ()
    result = {}
    for key, value in config.items():
        if key not in own:
            key = _RENAMED.get(f"{class_name}.{key}", _RENAMED.get(key, key))
        known = f"{class_name}.{key}" if f"{class_name}.{key}" in _DROPPED else key
        if key in own or known not in _DROPPED:
            result[key] = _setting(key, value)
        elif _DROPPED[known] is not None and value not in _DROPPED[known]:
            raise FormatError(f"{key}={value!r} is not supported", key=config.get("name"))
    if "nb_row" in result:
        result["kernel_size"] = [result.pop(key) for key in _KERNEL_SIZE if key in result]
    return result


def _setting(key, value):
    if key == "data_format" and isinstance(value, str):
        return _ORDERINGS.get(value, value)
    if key == "dtype":
        return _dtype(value)
    if key == "axis" and isinstance(value, list) and len(value) == 1:
        return value[0]
    return value


def _dtype(name):
    """MiniCNN computes float16 in float32, so mixed precision is float32."""
    return "float32" if isinstance(name, str) and name.startswith("mixed_") else name


def _chain(config):
    """A ``Sequential``: a list of layers, in newer eras inside a dict."""
    config = {"layers": config} if isinstance(config, list) else config
    layers = _list(config, "layers")
    result = {"layers": [_layer(entry) for entry in layers], **_common(config)}
    shape = plain(config.get("build_input_shape"))
    first = result["layers"][0] if layers else {}
    begins = first.get("class_name") == "InputLayer" or first.get("class_name") in _MODELS
    begins = begins or any(key in first.get("config", ()) for key in keras_nodes.SHAPES)
    if shape and layers and not begins:
        config = {"batch_shape": [None, *shape[1:]]}
        result["layers"].insert(0, {"class_name": "InputLayer", "config": config})
    return result


def _graph(config):
    """A functional model: what each layer's ``inbound_nodes`` say becomes a list of calls."""
    layers = {}
    for entry in _list(config, "layers"):
        made = _layer(entry)
        name = _name(entry)
        if not isinstance(name, str) or name in layers:
            raise FormatError("must be the name of one layer", key=str(name))
        if isinstance(made["config"], dict):
            made["config"].setdefault("name", name)
        layers[name] = (made, entry.get("inbound_nodes") or [])
    made, nodes = keras_nodes.connect(layers, plain)
    ends = {key: keras_nodes.ends(config, f"{key[:-1]}_layers") for key in ("inputs", "outputs")}
    return {"layers": made, "nodes": nodes, **ends, **_common(config)}


def _common(config):
    return {key: config[key] for key in ("name", "trainable") if key in config}


def _list(config, key):
    value = config.get(key) if isinstance(config, dict) else None
    if not isinstance(value, list):
        raise FormatError("must be a list", key=key)
    return value
