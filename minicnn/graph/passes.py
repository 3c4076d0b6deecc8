"""A forward pass and its backward pass, as the engine runs them."""

from . import engine


class Passes:
    """Both passes of ``network``, run by the engine.

    Parameters
    ----------
    network : Network
    linear : collection of Node
        Nodes whose layer runs without its activation (the loss takes it over).
    training : bool
    """

    def __init__(self, network, linear, training=True):
        self._network, self._linear, self._training = network, linear, training
        self._run = None

    def forward(self, xs):
        """The outputs; they belong to the caller."""
        self._run = engine.forward(
            self._network, xs, self._training, record=True, linear=self._linear
        )
        outputs, self._run.outputs = self._run.outputs, None
        return outputs

    def backward(self, dys, wants_inputs=False):
        """Add to the weights' gradients; return those of the inputs, where wanted."""
        run, self._run = self._run, None
        return engine.backward(self._network, run, dys, wants_inputs, linear=self._linear)
