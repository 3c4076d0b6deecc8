"""Between float32 and float64."""

from .base import Layer, registry


@registry.register()
class Cast(Layer):
    """Its input in the layer's ``dtype``; the gradient goes back in the input's.

    Put by itself between layers of different dtypes, where Keras' autocast would convert.
    """

    def forward(self, x, training):
        return x.astype(self.dtype, copy=False), x.dtype

    def _symbolic(self, tensor):
        return tensor  # of any dtype: there is nothing to cast before a cast

    def backward(self, dy, cache):
        return dy.astype(cache, copy=False) if cache.kind == "f" else None
