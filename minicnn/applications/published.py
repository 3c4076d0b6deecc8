"""Where the weights of a network come from: a file, or those that Keras publishes."""

import os

from .. import config

KERAS = "https://storage.googleapis.com/tensorflow/keras-applications"


def keras_weights(folder, name, with_top, without_top):
    """Addresses and MD5 hashes of the two files that Keras publishes for a network."""
    stem = f"{KERAS}/{folder}/{name}_weights_tf_dim_ordering_tf_kernels"
    return {
        True: (f"{stem}.h5", f"md5:{with_top}"),
        False: (f"{stem}_notop.h5", f"md5:{without_top}"),
    }


def published_side(input_shape, sides):
    """Height and width of the images whose published weights fit best: 224 if no other does."""
    shape = input_shape if isinstance(input_shape, (tuple, list)) else ()
    lengths = shape[1:] if config.image_data_format() == "channels_first" else shape[:2]
    square = len(lengths) == 2 and lengths[0] == lengths[1] and lengths[0] in sides
    return lengths[0] if square else 224


def weights_path(network, weights):
    """``weights`` if it is the path of a file, else a refusal."""
    path = isinstance(weights, (str, os.PathLike))
    if not path or not os.path.isfile(weights):
        raise (FileNotFoundError if path else TypeError)(
            f"{network}: weights must be None, 'imagenet' or the path of a file, "
            f"got {os.fspath(weights) if path else weights!r}"
        )
    return weights


def is_imagenet(weights):
    """Whether ``weights`` asks for the published ones."""
    return isinstance(weights, str) and weights == "imagenet"
