"""LeNet-5's pooling: the mean of each window, times a coefficient, plus a bias, both learnt."""

from minicnn_kernels import backend

from .activated import ActivatedLayer
from .base import registry
from .pooling import AveragePooling


@registry.register()
class TrainedSubsampling(ActivatedLayer, AveragePooling):
    """``y = activation(coefficient * mean + bias)``, one coefficient and bias a map.

    Parameters
    ----------
    pool_size, strides, padding, data_format
        As of :class:`~minicnn.layers.AveragePooling2D`.
    activation : str, function or None
        Default ``"scaled_tanh"``.
    **kwargs
        Those of :class:`~minicnn.layers.base.Layer`.

    Weights: ``coefficient [channels]``, ones at first, and ``bias [channels]``, zeros.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner 1998, *Gradient-based learning applied to document
    recognition*, section II.B, layers S2 and S4. The paper takes the sum, not the mean, of each
    window; the coefficient makes up for that.
    """

    fused = ()

    def __init__(
        self,
        pool_size=2,
        strides=None,
        padding="valid",
        data_format=None,
        activation="scaled_tanh",
        **kwargs,
    ):
        super().__init__(
            activation,
            pool_size=pool_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            **kwargs,
        )
        self.coefficient = self.bias = None

    def build(self, input_shape):
        self.output_shape(input_shape)
        channels = self._known_channels(input_shape)
        self.coefficient = self.add_weight("coefficient", (channels,), "ones")
        self.bias = self.add_weight("bias", (channels,), "zeros")

    def linear_forward(self, x, training, activation="linear"):
        x = self._enter(x)
        size = x.shape[1:-1]
        means = backend.of(x).average_pool_forward(None, x, *self._windows(size))
        z = means * self.coefficient.value
        z += self.bias.value
        return self._leave(z), (means, size)

    def linear_backward(self, dz, cache, needs_dx=True):
        means, size = cache
        dz = self._enter(dz)
        ops = backend.of(dz)
        self._add_bias_gradient(self.coefficient, dz * means)
        self._add_bias_gradient(self.bias, dz)
        if not needs_dx:
            return None
        dmeans = dz * self.coefficient.value
        return self._leave(ops.average_pool_backward(None, dmeans, size, *self._windows(size)))
