"""Activations that users compose of others."""

from ..graph import composite
from ..graph.network import Network
from ..graph.tensor import SymbolicTensor
from .base import Activation


class Composed(Activation):
    """A function that composes layers, operators and other activations, traced into a network.

    ``activation=lambda x: x * sigmoid(x)`` and ``activation=LeakyReLU(0.1)`` thus have a backward
    pass that nobody wrote.
    """

    def __init__(self, function):
        super().__init__(
            getattr(function, "__name__", None) or getattr(function, "name", "composed")
        )
        self.function = function
        self._networks = {}

    def forward(self, z, in_place=False):
        return composite.forward(self._network(z), z, False)

    def backward(self, dy, cache):
        return composite.backward(dy, cache, True)

    def __call__(self, x):
        return self.function(x)

    def _network(self, z):
        return self.network_for(z.shape, z.dtype.name)

    def network_for(self, shape, dtype):
        """What was composed, as a :class:`Network`, for tensors of ``shape`` (batch first)."""
        key = (tuple(shape[1:]), dtype)
        if key not in self._networks:
            self._networks[key] = self._trace(SymbolicTensor((None, *key[0]), dtype))
        return self._networks[key]

    def _trace(self, tensor):
        y = self.function(tensor)
        if not isinstance(y, SymbolicTensor):
            raise TypeError(
                f"activation {self.name!r}: must compose layers or functions of minicnn, or be an "
                f"Activation with forward and backward; got a {type(y).__name__} from it"
            )
        if y.shape[1:] != tensor.shape[1:]:
            raise ValueError(
                f"activation {self.name!r}: must keep the shape {tensor.shape}, got {y.shape}"
            )
        network = Network([tensor], [y], self.name)
        learning = [layer.name for layer in network.layers if layer.weights]
        if learning:
            raise ValueError(
                f"activation {self.name!r}: has weights, so it must be a layer of its own"
            )
        return network
