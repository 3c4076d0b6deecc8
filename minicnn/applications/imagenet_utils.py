"""What networks trained on ImageNet share: how pixels go in, and what the 1,000 outputs mean."""

import os
from pathlib import Path

import numpy as np

from .. import config
from ..errors import FormatError
from ..io import download, json_text
from .predictions import scores

CLASSES = 1000

_INDEX = "imagenet_class_index.json"
_INDEX_URL = f"https://storage.googleapis.com/download.tensorflow.org/data/{_INDEX}"
_INDEX_MD5 = "c2c37ea517e94d9795004a39431a14cb"

# Per channel, of ImageNet's training images; Caffe's means are of blue, green, red.
_CAFFE_MEAN = (103.939, 116.779, 123.68)
_TORCH_MEAN = (0.485, 0.456, 0.406)
_TORCH_STD = (0.229, 0.224, 0.225)


def preprocess_input(x, data_format=None, mode="caffe"):
    """Pixels as a network saw them in training.

    Parameters
    ----------
    x : array or SymbolicTensor
        Red, green and blue of 0 to 255: one image or a batch. Never modified.
    data_format : {"channels_last", "channels_first"}, optional
    mode : {"caffe", "tf", "torch"}
        ``"caffe"``: blue, green, red, each minus its mean over ImageNet. ``"tf"``: -1 to 1.
        ``"torch"``: 0 to 1, minus the mean, divided by the standard deviation.

    Returns
    -------
    ndarray or SymbolicTensor
        Of the dtype of ``x`` if that is float32 or float64, else of the default one.
    """
    data_format = config.data_format("preprocess_input", data_format)
    if mode not in ("caffe", "tf", "torch"):
        raise ValueError(f"preprocess_input: mode must be 'caffe', 'tf' or 'torch', got {mode!r}")
    if not hasattr(x, "node"):  # a symbolic tensor goes through the same operators
        x = _floats(x)
    if mode == "tf":
        return x / 127.5 - 1.0
    first = data_format == "channels_first"
    axis = len(x.shape) - (3 if first else 1)
    if x.shape[axis] != 3:
        raise ValueError(
            f"preprocess_input: x must have 3 channels for mode {mode!r}, "
            f"got shape {tuple(x.shape)}, {data_format}"
        )
    trailing = (1, 1) if first else ()
    mean, std = (
        np.reshape(np.asarray(values, x.dtype), (3, *trailing))
        for values in (_CAFFE_MEAN if mode == "caffe" else _TORCH_MEAN, _TORCH_STD)
    )
    if mode == "torch":
        return (x / 255.0 - mean) / std
    backwards = tuple(slice(None, None, -1) if i == axis else slice(None) for i in range(axis + 1))
    return x[backwards] - mean


def preprocessing(mode):
    """:func:`preprocess_input` of one mode, for the module of a network."""

    def preprocess(x, data_format=None):
        return preprocess_input(x, data_format, mode)

    preprocess.__name__ = preprocess.__qualname__ = "preprocess_input"
    preprocess.__doc__ = f"Pixels of 0 to 255 as :func:`.preprocess_input` of mode {mode!r}."
    return preprocess


def _floats(x):
    x = np.asarray(x)
    if x.dtype.kind not in "fiub" or x.ndim not in (3, 4):
        raise ValueError(
            "preprocess_input: x must be an image or a batch of images of real numbers, "
            f"got shape {x.shape} of {x.dtype}"
        )
    return x if x.dtype in (np.float32, np.float64) else x.astype(config.floatx())


def decode_predictions(preds, top=5, class_index=None):
    """The best classes of each prediction.

    Parameters
    ----------
    preds : array
        ``[N, 1000]``.
    top : int
        How many classes of each image.
    class_index : path, optional
        JSON file ``{"0": ["n01440764", "tench"], ...}``; default:
        ``$MINICNN_DATA/imagenet/imagenet_class_index.json``, else downloaded once.

    Returns
    -------
    list of list of (str, str, float)
        WordNet id, name and score, best first.
    """
    preds = scores(preds, CLASSES)
    if isinstance(top, bool) or not isinstance(top, (int, np.integer)) or not 1 <= top <= CLASSES:
        raise ValueError(
            f"decode_predictions: top must be an integer from 1 to {CLASSES}, got {top!r}"
        )
    names = class_names(class_index)
    order = np.argsort(-preds, axis=1, kind="stable")[:, :top]
    return [
        [(*names[best], float(row[best])) for best in chosen] for row, chosen in zip(preds, order)
    ]


def class_names(path=None):
    """``[(WordNet id, name), ...]`` of the 1,000 classes; ``path`` as of ``decode_predictions``.

    Raises
    ------
    FormatError
        If the file does not hold two texts for each class.
    ConnectionError
        If there is no file and no network connection.
    """
    path = Path(_class_index_file() if path is None else path)
    content = json_text.parse(path.read_bytes(), path)
    names = [content.get(str(number)) for number in range(CLASSES)]
    for number, entry in enumerate(names):
        if not isinstance(entry, list) or [type(text) for text in entry] != [str, str]:
            raise FormatError("must be a WordNet id and a name", path, key=str(number))
    return [tuple(entry) for entry in names]


def _class_index_file():
    own = Path(os.environ.get("MINICNN_DATA") or os.devnull) / "imagenet" / _INDEX
    if own.is_file():
        return own
    folder = download.cache_folder() / "models"
    return download.fetch([_INDEX_URL], folder, _INDEX, f"md5:{_INDEX_MD5}")
