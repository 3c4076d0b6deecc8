"""What the books' small networks share: layers in a row whose end may be left away."""

from ..layers import GlobalAveragePooling2D, GlobalMaxPooling2D
from ..models import Sequential
from .assembly import filled
from .published import is_imagenet, weights_path

_POOLINGS = {"avg": GlobalAveragePooling2D, "max": GlobalMaxPooling2D}


def stack(network, maps, top, name, include_top=True, weights=None, pooling=None, data_format=None):
    """The model of the layers ``maps`` and then ``top``, with its weights.

    Parameters
    ----------
    network : str
        Who refuses what does not fit.
    maps, top : list of Layer
        From the input to the last feature maps, and the classifier.
    name : str
    include_top : bool
    weights : path, optional
        A file of MiniCNN or Keras, or an ``.npz`` that holds them as PyTorch lists them.
    pooling : {None, "avg", "max"}
        Without the top: what becomes of the last feature maps.
    data_format : str, optional
        Layout of the maps.

    Returns
    -------
    Sequential
    """
    if not isinstance(include_top, bool):
        raise ValueError(f"{network}: include_top must be True or False, got {include_top!r}")
    if pooling not in (None, *_POOLINGS):
        raise ValueError(f"{network}: pooling must be None, 'avg' or 'max', got {pooling!r}")
    if is_imagenet(weights):
        raise ValueError(f"{network}: weights must be None or a path: none are published")
    if weights is not None:
        weights_path(network, weights)
    if not include_top:
        top = [] if pooling is None else [_POOLINGS[pooling](data_format=data_format)]
    return filled(lambda: Sequential([*maps, *top], name=name), weights)
