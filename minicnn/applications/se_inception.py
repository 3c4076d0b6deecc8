"""SE-Inception: GoogLeNet whose modules scale their maps.

J. Hu, L. Shen, G. Sun, "Squeeze-and-Excitation Networks", CVPR 2018, figure 2. Each of the nine
modules of :mod:`~minicnn.applications.googlenet` ends in a :class:`~minicnn.layers.SEBlock` of
ratio 16.

================ ================ =========== ===============
Part             Output           Weights     Scaling weights
================ ================ =========== ===============
stem             28 x 28 x 192    124,416
modules 3a, 3b   28 x 28 x 480    552,432     37,774
modules 4a to 4e 14 x 14 x 832    2,809,168   222,757
modules 5a, 5b   7 x 7 x 1024     2,487,536   219,572
mean, dropout    1024
predictions      1,000            1,025,000
================ ================ =========== ===============

7,478,655 weights in all, 480,103 more than GoogLeNet. ``preprocess_input``: mode "caffe".
"""

from ..layers import Dropout, GlobalAveragePooling2D, SEBlock
from . import googlenet
from .assembly import network
from .googlenet import decode_predictions, preprocess_input

__all__ = ["SEInception", "decode_predictions", "preprocess_input"]


@network(size=224)
def SEInception(request, ratio=16, dropout=0.4):  # noqa: N802
    """A new SE-Inception.

    >>> SEInception().count_params()
    7478655

    Parameters
    ----------
    ratio : int
        How many times fewer units the first layer of a block has than there are maps.
    dropout : float
        Rate before the classifier.
    """

    def module(x, filters, name):
        return SEBlock(ratio, name=f"{name}_se")(googlenet.module(x, filters, name))

    x = googlenet.features(request.image, module)["5b"]
    if not request.include_top:
        return request.pooled(x)
    x = GlobalAveragePooling2D(name="avg_pool")(x)
    return request.classifier(Dropout(dropout, name="dropout")(x))
