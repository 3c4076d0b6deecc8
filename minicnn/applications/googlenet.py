"""GoogLeNet (Inception-v1): nine inception modules, and two more classifiers to train them.

C. Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, table 1.
A module is :class:`~minicnn.layers.InceptionModule`.

================ ================ ===================================== =========
Part             Output           1x1, 3x3 (after), 5x5 (after), pooled Weights
================ ================ ===================================== =========
conv 7x7 / 2     112 x 112 x 64                                         9,472
max pool / 2     56 x 56 x 64     then local response normalization
conv 1x1         56 x 56 x 64                                           4,160
conv 3x3         56 x 56 x 192    then local response normalization     110,784
max pool / 2     28 x 28 x 192
inception_3a     28 x 28 x 256    64, 128 (96), 32 (16), 32             163,696
inception_3b     28 x 28 x 480    128, 192 (128), 96 (32), 64           388,736
max pool / 2     14 x 14 x 480
inception_4a     14 x 14 x 512    192, 208 (96), 48 (16), 64            376,176
inception_4b     14 x 14 x 512    160, 224 (112), 64 (24), 64           449,160
inception_4c     14 x 14 x 512    128, 256 (128), 64 (24), 64           510,104
inception_4d     14 x 14 x 528    112, 288 (144), 64 (32), 64           605,376
inception_4e     14 x 14 x 832    256, 320 (160), 128 (32), 128         868,352
max pool / 2     7 x 7 x 832
inception_5a     7 x 7 x 832      256, 320 (160), 128 (32), 128         1,043,456
inception_5b     7 x 7 x 1024     384, 384 (192), 128 (48), 128         1,444,080
mean, dropout    1024
predictions      1,000                                                  1,025,000
================ ================ ===================================== =========

6,998,552 weights in all. The auxiliary classifiers, on 4a and 4d, add 3,188,840 and 3,190,888:
13,378,280 while training. ``preprocess_input``: mode "caffe".
"""

from ..layers import (
    AveragePooling2D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    InceptionModule,
    LocalResponseNormalization,
    MaxPooling2D,
)
from ..models import Model
from .assembly import network
from .imagenet_utils import decode_predictions, preprocessing

__all__ = [
    "LOSS_WEIGHTS",
    "GoogLeNet",
    "decode_predictions",
    "preprocess_input",
    "without_auxiliary",
]

preprocess_input = preprocessing("caffe")

# Of the three outputs, for ``compile(loss_weights=...)``: section 5 of the paper.
LOSS_WEIGHTS = [1.0, 0.3, 0.3]

_MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


@network(size=224)
def GoogLeNet(request, auxiliary=False, dropout=0.4):  # noqa: N802
    """A new GoogLeNet.

    To train it as the paper does::

        model = GoogLeNet(auxiliary=True)
        model.compile("sgd", "sparse_categorical_crossentropy", loss_weights=LOSS_WEIGHTS)
        model.fit(images, [labels, labels, labels])
        classifier = without_auxiliary(model)

    >>> GoogLeNet().count_params()
    6998552

    Parameters
    ----------
    auxiliary : bool
        Three outputs: the classifier and the auxiliary ones on 4a and 4d, which need images of
        at least 65 x 65.
    dropout : float
        Rate before the classifier.

    Raises
    ------
    ValueError
        If ``auxiliary`` is asked for without ``include_top``.
    """
    if auxiliary and not request.include_top:
        raise ValueError("GoogLeNet: auxiliary must be False without include_top, got True")
    maps = features(request.image, module)
    x = maps["5b"]
    if not request.include_top:
        return request.pooled(x)
    x = GlobalAveragePooling2D(name="avg_pool")(x)
    output = request.classifier(Dropout(dropout, name="dropout")(x))
    if not auxiliary:
        return output
    return [output, *(_auxiliary(request, maps[name], name) for name in ("4a", "4d"))]


def features(x, module):
    """The output of each module by its name; ``module(x, filters, name)`` makes one."""
    x = Conv2D(64, 7, strides=2, padding="same", activation="relu", name="conv1")(x)
    x = MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    x = _lrn("norm1")(x)
    x = Conv2D(64, 1, activation="relu", name="conv2_reduce")(x)
    x = Conv2D(192, 3, padding="same", activation="relu", name="conv2")(x)
    x = _lrn("norm2")(x)
    maps = {}
    for number, (name, filters) in enumerate(_MODULES.items()):
        if number in (0, 2, 7):  # before 3a, 4a and 5a
            x = MaxPooling2D(3, strides=2, padding="same", name=f"pool{int(name[0]) - 1}")(x)
        maps[name] = x = module(x, filters, f"inception_{name}")
    return maps


def module(x, filters, name):
    """One inception module."""
    return InceptionModule(filters, name=name)(x)


def _lrn(name):
    return LocalResponseNormalization(2, alpha=2e-5, beta=0.75, name=name)


def _auxiliary(request, x, name):
    """A classifier on maps in the middle: its gradient reaches the first layers in few steps."""
    name = f"auxiliary_{name}"
    x = AveragePooling2D(5, strides=3, name=f"{name}_pool")(x)
    x = Conv2D(128, 1, activation="relu", name=f"{name}_conv")(x)
    x = Flatten(name=f"{name}_flatten")(x)
    x = Dense(1024, activation="relu", name=f"{name}_fc")(x)
    x = Dropout(0.7, name=f"{name}_dropout")(x)
    return request.classifier(x, name)


def without_auxiliary(model):
    """The network with its first output alone: the same layers, for inference."""
    return Model(model.input, model.outputs[0], name=model.name)
