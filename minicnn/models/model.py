"""``Model``: layers between inputs and outputs, itself a layer."""

import numpy as np

from ..graph import Network, composite, engine
from ..layers.base import Layer, registry
from ..training.trainer import Trainer
from .inputs import fit_inputs, flatten, holds_symbolic, input_name
from .summary import summary


@registry.register("Functional")
class Model(Trainer, Layer):
    """A graph of layers.

    Parameters
    ----------
    inputs : SymbolicTensor, or list or dict of them
        From ``Input`` or any tensor of another graph (a sub-model starts there).
    outputs : SymbolicTensor, or list or dict of them
    name : str, optional
    trainable : bool

    A subclass may leave ``inputs`` and ``outputs`` away and define ``call(self, inputs)`` that
    composes layers: it is traced once, when the first batch or :meth:`build` gives the shape.

    Examples
    --------
    >>> from minicnn import layers
    >>> image = layers.Input((28, 28, 1))
    >>> x = layers.Conv2D(6, 5, activation="tanh")(image)
    >>> x = layers.Flatten()(layers.AveragePooling2D()(x))
    >>> Model(image, layers.Dense(10)(x)).count_params()
    8806
    """

    def __init__(self, inputs=None, outputs=None, name=None, trainable=True, **kwargs):
        inputs = kwargs.pop("input", inputs)
        outputs = kwargs.pop("output", outputs)
        Layer.__init__(self, name=name, trainable=trainable, **kwargs)
        Trainer.__init__(self)
        if inputs is not None:
            self._set_graph(inputs, outputs)
        elif outputs is not None:
            raise ValueError(f"{self.label}: outputs were given without inputs")

    def _set_graph(self, inputs, outputs):
        self._input_keys, inputs = flatten(self.label, "inputs", inputs)
        self._output_keys, outputs = flatten(self.label, "outputs", outputs)
        network = Network(inputs, outputs, self.label)
        self._check_names(network.layers)
        self._networks = {True: network, False: network}
        self.built = True
        if not self._trainable:
            self.trainable = False

    def _check_names(self, layers):
        seen = {}
        for layer in layers:
            if seen.setdefault(layer.name, layer) is not layer:
                raise ValueError(f"{self.label}: two layers are named {layer.name!r}")

    def output_shape(self, input_shape):
        """Shape of the output for ``input_shape``, found layer by layer."""
        self._ensure_built(input_shape)
        network = self._network(False)
        shapes = input_shape if isinstance(input_shape, list) else [input_shape]
        known = dict(zip(network.input_slots, shapes))
        for node, (read, written) in zip(network.nodes, network.slots):
            given = [known[slot] for slot in read]
            made = node.layer.output_shape(given[0] if node.single_input else given)
            known.update(zip(written, [made] if node.single_output else made))
        made = [known[slot] for slot in network.output_slots]
        return made if len(made) > 1 else made[0]

    def build(self, input_shape=None):
        """Make the graph of a subclassed model; a functional one is built already."""
        if hasattr(self, "call") and not self.built:
            shape = _with_batch(input_shape)
            self._networks = composite.trace(self, shape, self.dtype)
            self._input_keys = self._output_keys = None
            self._sublayers = self._find_sublayers()
            self.built = True

    def _ensure_built(self, input_shape):
        if not self.built:
            self.build(input_shape)
        if self._networks is None:
            raise ValueError(f"{self.label}: has no graph: give inputs and outputs, or define call")

    def _ensure_graph(self, arrays):
        """Build from the shapes of the first batch, where no shape was given before."""
        if not self.built:
            shapes = [(None, *np.shape(array)[1:]) for array in arrays]
            self._ensure_built(shapes if len(shapes) > 1 else shapes[0])

    def forward(self, x, training):
        """``(y, cache)``, as of any layer."""
        return composite.forward(self._network(training), x, training)

    # The graph ------------------------------------------------------------------------------

    @property
    def network(self):
        """The :class:`~minicnn.graph.Network` of the training pass."""
        self._ensure_built(None)
        return self._networks[True]

    @property
    def layers(self):
        """Every layer once, in the order of the graph."""
        if self._networks is None:
            return self._find_sublayers()
        return self.sublayers

    @property
    def sublayers(self):
        """As :attr:`layers`; what weights and ``trainable`` run over."""
        if self._networks is None:
            return self._find_sublayers()
        found = {id(layer): layer for net in self._networks.values() for layer in net.layers}
        return list(found.values())

    @property
    def inputs(self):
        """Symbolic inputs, a list."""
        return self.network.inputs

    @property
    def outputs(self):
        """Symbolic outputs, a list."""
        return self.network.outputs

    @property
    def input(self):
        """The symbolic input, or the list of them."""
        tensors = self.network.inputs
        return tensors if len(tensors) > 1 else tensors[0]

    @property
    def output(self):
        """The symbolic output, or the list of them."""
        tensors = self.network.outputs
        return tensors if len(tensors) > 1 else tensors[0]

    @property
    def input_names(self):
        """Names of the inputs: those of their input layers."""
        return self._input_keys or [input_name(tensor) for tensor in self.inputs]

    @property
    def output_names(self):
        """Names of the outputs: those of the layers that make them."""
        if self._output_keys:
            return self._output_keys
        names = []
        for tensor in self.outputs:
            name = tensor.node.layer.name if tensor.node else input_name(tensor)
            count = sum(other == name or other.startswith(f"{name}_") for other in names)
            names.append(f"{name}_{count}" if name in names else name)
        return names

    def get_layer(self, name=None, index=None):
        """The layer of that name, or at that place in :attr:`layers`.

        Raises
        ------
        ValueError
            If there is none; the message lists the names.
        """
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(f"{self.label}: has {len(layers)} layers, got index {index}")
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"{self.label}: has no layer {name!r}; it has {[layer.name for layer in layers]}"
        )

    # Values ---------------------------------------------------------------------------------

    def standardize_inputs(self, x, cast=True):
        """``x`` (array, list or dict by input name) as a list of arrays that fit the inputs.

        With ``cast=False`` each keeps its dtype: whole sets of bytes become floats by batches.

        Raises
        ------
        ValueError
            Naming the input, the shape it must have and the shape that came.
        """
        return fit_inputs(self.label, x, self.network.inputs, self.input_names, cast)

    def __call__(self, inputs, training=None, **arguments):
        """On arrays: compute. On symbolic tensors: one node of another graph."""
        if not holds_symbolic(inputs):
            if not self.built:
                several = isinstance(inputs, (list, tuple))
                self._ensure_graph(inputs if several else [inputs])
            arrays = self.standardize_inputs(inputs)
            network = self._network(training)
            outputs = engine.forward(network, arrays, bool(training)).outputs
            return self._like_outputs(outputs)
        if isinstance(inputs, dict):
            inputs = [inputs[name] for name in self.input_names]
        return super().__call__(inputs, training, **arguments)

    def predictor(self, batch_size=1):
        """A function that predicts as the model would now, as often and as quickly as possible.

        What every pass repeats is done once: weights are folded, transformed and laid out, memory
        is shared out, arguments are checked. Left is the list of compiled calls. Results differ
        from those of :meth:`predict` by rounding, where constant weights favour another algorithm.

        Parameters
        ----------
        batch_size : int
            How many it computes at a time; it takes any number.

        Returns
        -------
        Predictor
            Weights that change later need another one. Threads that share it take turns.

        Raises
        ------
        ValueError
            If an input has a size that is not fixed.

        Examples
        --------
        >>> from minicnn import applications
        >>> predict = applications.LeNet5().predictor(batch_size=8)
        >>> predict(np.zeros((20, 28, 28, 1), np.float32)).shape
        (20, 10)
        """
        from .predictor import Predictor

        return Predictor(self, batch_size)

    def _like_outputs(self, values):
        """A list of output values in the form the outputs were given: bare, list or dict."""
        if self._output_keys:
            return dict(zip(self._output_keys, values))
        return values if len(values) > 1 else values[0]

    def vector_jacobian_product(self, x, dy, training=False):
        """Gradients of ``sum(dy * model(x))``, with respect to the input and to every weight.

        Parameters
        ----------
        x, dy : ndarray, or list of ndarray for several inputs or outputs
        training : bool
            Mode of the forward pass.

        Returns
        -------
        dx : ndarray or list of ndarray
        dweights : list of ndarray
            In the order of :attr:`trainable_weights`; the weights' own ``grad`` stays as it was.
        """
        self._ensure_graph(x if isinstance(x, list) else [x])
        network = self._network(training)
        run = engine.forward(network, self.standardize_inputs(x), training, record=True)
        weights = self.trainable_weights
        before = [weight.grad for weight in weights]
        try:
            for weight in weights:
                weight.grad = None
            dys = self._output_gradients(dy, run.outputs)
            dxs = engine.backward(network, run, dys, wants_inputs=True)
            dweights = [weight.gradient() for weight in weights]
        finally:
            for weight, grad in zip(weights, before):
                weight.grad = grad
        return (dxs if len(dxs) > 1 else dxs[0]), dweights

    def _output_gradients(self, dy, outputs):
        """``dy`` as a list of arrays of the shapes of the outputs."""
        given = dy if isinstance(dy, list) else [dy]
        wanted, shapes = ([np.shape(array) for array in arrays] for arrays in (outputs, given))
        if wanted != shapes:
            raise ValueError(f"{self.label}: dy must have the shapes {wanted}, got {shapes}")
        return [np.ascontiguousarray(d, y.dtype) for d, y in zip(given, outputs)]

    # Describing and saving ------------------------------------------------------------------

    def summary(
        self,
        line_length=None,
        positions=None,
        print_fn=None,
        expand_nested=False,
        show_trainable=False,
        layer_range=None,
    ):
        """Print layers, output shapes and parameter counts; see :func:`models.summary.summary`."""
        summary(self, line_length, positions, print_fn, expand_nested, show_trainable, layer_range)

    def get_config(self):
        """Layers and connections as plain data."""
        from .config import model_config

        return model_config(self)

    @classmethod
    def from_config(cls, config):
        """A new model from :meth:`get_config`, with new weights."""
        from .construction import model_from_config

        return model_from_config(cls, config)

    def to_json(self, **options):
        """The architecture as JSON text; ``options`` go to ``json.dumps``."""
        from .saving import to_json

        return to_json(self, **options)

    def save(self, filepath, overwrite=True, include_optimizer=True, **options):
        """Save architecture, weights and optimizer state in one file; see ``models.saving``."""
        from .saving import save_model

        save_model(
            self, filepath, overwrite=overwrite, include_optimizer=include_optimizer, **options
        )

    def save_weights(self, filepath, overwrite=True, **options):
        """Save the weights alone."""
        from .saving import save_weights

        save_weights(self, filepath, overwrite=overwrite, **options)

    def load_weights(self, filepath, **options):
        """Load weights saved by MiniCNN or Keras; nothing changes unless all fit."""
        from .saving import load_weights

        return load_weights(self, filepath, **options)

    def write_backup(self, filepath, epoch, batch=0):
        """Write where the running :meth:`fit` stands; see ``models.backup``."""
        from .backup import write_backup

        write_backup(self, filepath, epoch, batch)

    def read_backup(self, filepath):
        """Let the :meth:`fit` that begins go on from a backup; see ``models.backup``."""
        from .backup import read_backup

        read_backup(self, filepath)


def _with_batch(shape):
    """A shape or list of shapes as tuples whose first entry, the batch, is open."""
    if isinstance(shape, list) and shape and isinstance(shape[0], (list, tuple)):
        return [(None, *s[1:]) for s in shape]
    return (None, *tuple(shape)[1:])
