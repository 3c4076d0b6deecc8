"""What slides over the spatial axes: a kernel or a pool, with its strides, padding and dilations.

One spatial axis is computed as two of which the first has length 1, so that the same kernels
serve ``Conv1D`` and ``Conv2D``.
"""

from functools import lru_cache

from minicnn_kernels import geometry
from minicnn_kernels.contracts import arrays


class Window:
    """A checked window over ``rank`` spatial axes.

    Parameters
    ----------
    label : str
        Of the layer, for messages.
    rank : int
        1, 2 or 3 spatial axes.
    name : str
        Of the argument: "kernel_size" or "pool_size".
    size, strides, dilations : int or tuple of int
    padding : str or tuple
        ``"valid"``, ``"same"``, ``"causal"`` where allowed (in any case), or explicit
        ``((before, after), ...)`` zeros for each axis.
    causal : bool
        Whether ``"causal"`` is allowed.
    """

    def __init__(self, label, rank, name, size, strides, padding, dilations=1, causal=False):
        self.rank, self.name = rank, name
        self.size = sizes(label, name, size, rank)
        self.strides = sizes(label, "strides", strides, rank)
        self.dilations = sizes(label, "dilation_rate", dilations, rank)
        self.padding = _padding(label, padding, rank, causal)
        # As the kernels take them.
        self.kernel_size = self._lifted(self.size, 1)
        self.steps = self._lifted(self.strides, 1), self._lifted(self.dilations, 1)

    def geometry(self, spatial):
        """``(strides, padding, dilations)`` for an input of these sizes, as the kernels take them.

        Parameters
        ----------
        spatial : tuple of int
            Two or three sizes, after :meth:`lift`.
        """
        strides, dilations = self.steps
        padding = _pairs(self.padding, spatial, self.kernel_size, strides, dilations)
        return strides, padding, dilations

    def output(self, label, spatial, input_shape):
        """Output sizes; ``None`` where the input's is.

        Raises
        ------
        ValueError
            Naming ``label``, if the window does not fit.
        """
        out = []
        known = [1 if length is None else length for length in spatial]
        pairs = _pairs(self.padding, tuple(known), self.size, self.strides, self.dilations)
        axes = zip(spatial, self.size, self.strides, pairs, self.dilations)
        for length, window, stride, (before, after), dilation in axes:
            if length is None:
                out.append(None)
                continue
            out.append(geometry.output_size(length, window, stride, before, after, dilation))
            if out[-1] < 1:
                self._refuse(label, spatial, pairs, input_shape)
        return tuple(out)

    def lift(self, array):
        """``[N, W, C]`` as ``[N, 1, W, C]``; more axes stay as they are. A view."""
        if self.rank > 1:
            return array
        batch, width, channels = array.shape
        return array.reshape(batch, 1, width, channels)

    def lift_kernel(self, kernel):
        """A kernel ``[K, ...]`` of one spatial axis as ``[1, K, ...]``. A view."""
        return kernel if self.rank > 1 else kernel.reshape(1, *kernel.shape)

    def lower(self, array):
        """Undo :meth:`lift`."""
        if self.rank > 1:
            return array
        batch, _, width, channels = array.shape
        return array.reshape(batch, width, channels)

    def _lifted(self, values, first):
        return (first, *values) if self.rank == 1 else values

    def _refuse(self, label, spatial, pairs, input_shape):
        extent = tuple(geometry.dilated_size(k, d) for k, d in zip(self.size, self.dilations))
        dilated = f" (dilated to {_by(extent)})" if extent != self.size else ""
        padded = [
            "?" if length is None else length + before + after
            for length, (before, after) in zip(spatial, pairs)
        ]
        raise ValueError(
            f"{label}: {self.name} {_by(self.size)}{dilated} does not fit into the padded input "
            f"{_by(padded)} (input_shape {tuple(input_shape)}, padding {self.padding!r})"
        )


def sizes(label, name, value, count, minimum=1):
    """``value``, an integer or ``count`` integers, as a tuple; errors name ``label``."""
    if isinstance(value, (list, tuple)):
        return arrays.integers(label, name, value, count, minimum)
    return (arrays.integer(label, name, value, minimum),) * count


def _padding(label, value, rank, causal):
    names = ("valid", "same", "causal") if causal else ("valid", "same")
    if isinstance(value, str):
        if value.lower() in names:
            return value.lower()
    elif isinstance(value, (list, tuple)):
        flat = rank == 1 and len(value) == 2 and not isinstance(value[0], (list, tuple))
        return arrays.padding(label, (value,) if flat else value, rank)
    raise ValueError(
        f"{label}: padding must be one of {names} or a (before, after) pair for each axis, "
        f"got {value!r}"
    )


@lru_cache(maxsize=4096)
def _pairs(padding, spatial, size, strides, dilations):
    if padding == "valid":
        return ((0, 0),) * len(spatial)
    if padding == "same":
        return tuple(
            geometry.same_padding(n, k, s, d)
            for n, k, s, d in zip(spatial, size, strides, dilations)
        )
    if padding == "causal":  # all zeros before, so that no output sees the future
        last = (geometry.dilated_size(size[-1], dilations[-1]) - 1, 0)
        return ((0, 0),) * (len(spatial) - 1) + (last,)
    return ((0, 0),) * (len(spatial) - len(padding)) + padding


def _by(lengths):
    return "x".join(str(length) for length in lengths)
