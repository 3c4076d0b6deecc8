"""MNIST: handwritten digits (LeCun, Cortes, Burges; http://yann.lecun.com/exdb/mnist)."""

from . import idx_images

CLASS_NAMES = tuple("0123456789")

_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
)
_HASHES = {
    "train-images-idx3-ubyte.gz": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
    ),
    "train-labels-idx1-ubyte.gz": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
    ),
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}


def load_data():
    """60,000 training and 10,000 test images of digits.

    Read from ``$MINICNN_DATA/mnist`` (the four IDX files, ``.gz`` or not) if they are there, else
    from the cache, into which they are downloaded once.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : uint8 arrays
        Images ``[N, 28, 28]`` in 0..255, ink bright on dark; labels ``[N]`` in 0..9.

    Raises
    ------
    FormatError
        If a file is malformed or a downloaded one has the wrong hash.
    ConnectionError
        If the files are nowhere and there is no network.
    """
    return idx_images.load("mnist", _MIRRORS, _HASHES)
