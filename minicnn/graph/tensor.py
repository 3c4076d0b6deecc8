"""Symbolic tensors and the nodes that make them."""

from ..naming import unique_name

# Filled by ``layers.arithmetic``: operator name -> function(tensor, other) -> SymbolicTensor.
# The graph thus needs no layer, and every operator is a layer.
OPERATORS: dict = {}


class SymbolicTensor:
    """What an array will be once the model runs: a shape, a dtype and where it comes from.

    Parameters
    ----------
    shape : tuple
        Lengths; ``None`` where only a batch will tell.
    dtype : str
    node : Node, optional
        The call that makes it; ``None`` for an input.
    index : int
        Which output of ``node``.
    name : str, optional
    """

    def __init__(self, shape, dtype="float32", node=None, index=0, name=None):
        self.shape = tuple(shape)
        self.dtype = dtype
        self.node = node
        self.index = index
        self.name = name or unique_name("tensor")

    @property
    def ndim(self):
        """Number of axes, batch included."""
        return len(self.shape)

    def __repr__(self):
        return f"<SymbolicTensor {self.name} shape={self.shape} dtype={self.dtype}>"

    def __array__(self, *args, **kwargs):
        raise TypeError(f"{self!r} has no values yet: it can enter layers, not NumPy functions")

    def __bool__(self):
        raise TypeError(f"{self!r} has no values yet: it cannot decide an 'if'")

    def __iter__(self):
        raise TypeError(f"{self!r} has no values yet: it cannot be looped over")

    # NumPy must not try its own operators on us: array + tensor then reaches __radd__.
    __array_ufunc__ = None


def is_symbolic(value):
    """Whether ``value`` is a symbolic tensor or a list or tuple that holds one."""
    if isinstance(value, (list, tuple)):
        return any(isinstance(item, SymbolicTensor) for item in value)
    return isinstance(value, SymbolicTensor)


def _operator(name):
    def method(self, *others):
        return OPERATORS[name](self, *others)

    method.__name__ = method.__qualname__ = name
    return method


_OPERATORS = (
    *("__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__"),
    *("__truediv__", "__rtruediv__", "__pow__", "__rpow__", "__neg__", "__abs__"),
    *("__matmul__", "__rmatmul__", "__getitem__"),
)

for _name in _OPERATORS:
    setattr(SymbolicTensor, _name, _operator(_name))


class Node:
    """One call of a layer on symbolic tensors.

    Parameters
    ----------
    layer : object
        With ``forward(x, training)`` and ``backward(dy, cache)``.
    inputs : list of SymbolicTensor
    shapes : list of tuple
        Shapes of the outputs.
    single_input, single_output : bool
        Whether the layer takes and returns a bare array rather than a list.
    training : bool, optional
        Fixes the mode of this call (``layer(x, training=False)``), whatever the pass says.
    """

    def __init__(self, layer, inputs, shapes, single_input, single_output, training=None):
        self.layer = layer
        self.inputs = list(inputs)
        self.single_input = single_input
        self.single_output = single_output
        self.training = training
        dtype = getattr(layer, "output_dtype", None) or getattr(layer, "dtype", "float32")
        self.outputs = [
            SymbolicTensor(shape, dtype, self, index, f"{layer.name}/output")
            for index, shape in enumerate(shapes)
        ]
