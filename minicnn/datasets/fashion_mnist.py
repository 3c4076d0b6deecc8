"""Fashion-MNIST: clothes from a shop's pictures (Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747)."""

from . import idx_images

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

_MIRRORS = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
)
_HASHES = {
    "train-images-idx3-ubyte.gz": (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
    ),
    "train-labels-idx1-ubyte.gz": (
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
    ),
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}


def load_data():
    """60,000 training and 10,000 test images of ten kinds of clothes.

    Read from ``$MINICNN_DATA/fashion-mnist`` (the four IDX files, ``.gz`` or not) if they are
    there, else from the cache, into which they are downloaded once.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : uint8 arrays
        Images ``[N, 28, 28]`` in 0..255; labels ``[N]`` in 0..9, named by ``CLASS_NAMES``.

    Raises
    ------
    FormatError
        If a file is malformed or a downloaded one has the wrong hash.
    ConnectionError
        If the files are nowhere and there is no network.
    """
    return idx_images.load("fashion-mnist", _MIRRORS, _HASHES)
