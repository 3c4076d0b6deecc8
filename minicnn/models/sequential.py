"""``Sequential``: the chain."""

from ..graph import SymbolicTensor
from ..layers.base import Layer, registry
from ..layers.input_layer import Input, InputLayer
from .model import Model


@registry.register()
class Sequential(Model):
    """Layers one after another.

    Parameters
    ----------
    layers : list of Layer, optional
        The first may be an ``Input``, an ``InputLayer`` or carry ``input_shape=``. Without any of
        them the first batch (or :meth:`build`) gives the shape.
    name : str, optional
    trainable : bool

    Examples
    --------
    >>> from minicnn import layers
    >>> model = Sequential([layers.Input((4,)), layers.Dense(3), layers.Dense(2)])
    >>> model.count_params()
    23
    """

    def __init__(self, layers=None, name=None, trainable=True, **kwargs):
        super().__init__(name=name, trainable=trainable, **kwargs)
        self._chain = []
        self._tensors = []
        if layers is not None and not isinstance(layers, (list, tuple)):
            layers = [layers]
        for layer in layers or ():
            self.add(layer)

    def add(self, layer):
        """Append a layer (or a model).

        Raises
        ------
        TypeError
            If it is no layer.
        ValueError
            If a layer of that name is there already, or it cannot take what comes before.
        """
        if isinstance(layer, SymbolicTensor) and getattr(layer, "input_layer", None):
            layer = layer.input_layer
        if not isinstance(layer, Layer):
            raise TypeError(f"{self.label}: add takes a layer, got {layer!r}")
        if isinstance(layer, InputLayer):
            self._start(layer)
            return
        if any(layer.name == other.name for other in self._chain):
            raise ValueError(f"{self.label}: has a layer named {layer.name!r} already")
        if not self._tensors:
            self._start_from(layer)
        if self._tensors:
            self._extend(layer)
        self._chain.append(layer)

    def _start(self, input_layer):
        if self._tensors or self._chain:
            raise ValueError(f"{self.label}: an input must come first, got {input_layer.label}")
        self._tensors = [input_layer.output]
        self.batch_input_shape = self._tensors[0].shape

    def _start_from(self, layer):
        """Begin with the first layer's own ``input_shape``, if it has one."""
        shape = layer.batch_input_shape
        if shape is None and isinstance(layer, Model) and layer.built:
            shape = layer.inputs[0].shape
        if shape is not None and not self._chain:
            self._begin(shape, layer.dtype)

    def _begin(self, shape, dtype):
        self._tensors = [Input(batch_shape=tuple(shape), dtype=dtype)]

    def _extend(self, layer):
        result = layer(self._tensors[-1])
        if isinstance(result, list):
            raise ValueError(f"{self.label}: {layer.label} has {len(result)} outputs, not one")
        self._tensors.append(result)
        self._set_graph(self._tensors[0], result)

    def pop(self, rebuild=True):
        """Remove the last layer and return it."""
        if not self._chain:
            raise ValueError(f"{self.label}: has no layer to remove")
        layer = self._chain.pop()
        if self._tensors:
            self._tensors.pop()
        if len(self._tensors) > 1:
            self._set_graph(self._tensors[0], self._tensors[-1])
        else:
            self.built, self._networks = False, None
        return layer

    def build(self, input_shape=None):
        """Make the graph for ``input_shape`` (batch first)."""
        if self.built or not self._chain:
            return
        if input_shape is None:
            raise ValueError(
                f"{self.label}: its input shape is not known yet: give the first layer "
                "input_shape=, or call build(input_shape)"
            )
        self._begin((None, *tuple(input_shape)[1:]), self._chain[0].dtype)
        for layer in self._chain:
            self._extend(layer)

    @property
    def layers(self):
        """The layers, without the input layer, as Keras lists them."""
        return list(self._chain)

    @property
    def sublayers(self):
        """The chain: what weights and ``trainable`` run over."""
        return self._chain
