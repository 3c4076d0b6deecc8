"""Settings of the whole library: default dtype, layout and the small number of divisions."""

import numpy as np

from minicnn_kernels.algorithms import set_convolution as set_convolution

_FLOATS = ("float16", "float32", "float64")
_FORMATS = ("channels_last", "channels_first")
_ORDERINGS = {"tf": "channels_last", "th": "channels_first"}

_settings = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}


def floatx():
    """Name of the dtype that layers compute in unless told otherwise.

    >>> floatx()
    'float32'
    """
    return _settings["floatx"]


def set_floatx(value):
    """Set the default dtype: ``"float32"`` or ``"float64"`` (``"float16"`` computes in float32).

    Raises
    ------
    ValueError
        For any other name.
    """
    _settings["floatx"] = _one_of("floatx", str(value), _FLOATS)


def epsilon():
    """Small number that keeps divisions and logarithms finite, 1e-7 as in Keras."""
    return _settings["epsilon"]


def set_epsilon(value):
    """Set the number that :func:`epsilon` returns; it must be positive and finite."""
    value = float(value)
    if not 0 < value < np.inf:
        raise ValueError(f"set_epsilon: value must be positive and finite, got {value}")
    _settings["epsilon"] = value


def image_data_format():
    """Default layout: ``"channels_last"`` or ``"channels_first"``."""
    return _settings["image_data_format"]


def set_image_data_format(data_format):
    """Set the default layout of layers made from now on; Keras 1's ``"tf"``/``"th"`` also do."""
    data_format = _ORDERINGS.get(data_format, data_format)
    _settings["image_data_format"] = _one_of("image_data_format", data_format, _FORMATS)


def data_format(op, value):
    """``value`` or the default layout, checked; ``"NHWC"`` and ``"NCHW"`` are understood too."""
    if value is None:
        return image_data_format()
    if isinstance(value, str):
        lowered = value.lower()
        value = {"nhwc": "channels_last", "nchw": "channels_first"}.get(lowered, lowered)
    if value not in _FORMATS:
        raise ValueError(f"{op}: data_format must be one of {_FORMATS}, got {value!r}")
    return value


def compute_dtype(dtype):
    """The NumPy dtype that a layer of ``dtype`` computes in: float32 or float64."""
    name = np.dtype(floatx() if dtype is None else dtype).name
    if name not in _FLOATS:
        raise TypeError(f"dtype: must be one of {_FLOATS}, got {name}")
    return np.dtype(np.float64 if name == "float64" else np.float32)


def _one_of(name, value, allowed):
    if value not in allowed:
        raise ValueError(f"{name}: must be one of {allowed}, got {value!r}")
    return value
