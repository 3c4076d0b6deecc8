"""SE-ResNet-50: ResNet-50 whose units scale their maps before the sum.

J. Hu, L. Shen, G. Sun, "Squeeze-and-Excitation Networks", CVPR 2018, table 1; ImageNet's challenge
of 2017 was won with it. Each unit of :mod:`~minicnn.applications.resnet` ends in a
:class:`~minicnn.layers.SEBlock` of ratio 16; convolutions have no bias.

=========== ================= ===== ===============
Stage       Output            Units Scaling weights
=========== ================= ===== ===============
conv1 7x7   112 x 112 x 64    1
max pool    56 x 56 x 64
conv2       56 x 56 x 256     3     25,392
conv3       28 x 28 x 512     4     133,248
conv4       14 x 14 x 1024    6     792,960
conv5       7 x 7 x 2048      3     1,579,392
mean        2048
predictions 1,000
=========== ================= ===== ===============

28,141,144 weights, of which 28,088,024 learn; 2,530,992 more than ResNet-50.
``preprocess_input``: mode "torch".
"""

from ..layers import SEBlock
from .assembly import network
from .imagenet_utils import decode_predictions, preprocessing
from .resnet import stages

__all__ = ["SEResNet50", "decode_predictions", "preprocess_input"]

preprocess_input = preprocessing("torch")


@network(size=224)
def SEResNet50(request, ratio=16):  # noqa: N802
    """A new SE-ResNet-50.

    >>> SEResNet50().count_params()
    28141144

    Parameters
    ----------
    ratio : int
        How many times fewer units the first layer of a block has than there are maps.
    """

    def scale(x, name):
        return SEBlock(ratio, name=name)(x)

    return request.head(stages(request.image, units=(3, 4, 6, 3), use_bias=False, scale=scale))
