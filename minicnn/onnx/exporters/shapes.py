"""Layers that rearrange, and those that do nothing at inference."""

from ... import layers
from .. import layout
from ..exported import Exported
from .table import exports

_END = 2**63 - 1


@exports(
    layers.InputLayer,
    layers.Identity,
    layers.Dropout,
    layers.AlphaDropout,
    layers.GaussianDropout,
    layers.GaussianNoise,
    layers.SpatialDropout1D,
    layers.SpatialDropout2D,
    layers.SpatialDropout3D,
    layers.RandomFlip,
    layers.RandomRotation,
    layers.RandomTranslation,
    layers.RandomZoom,
    layers.RandomBrightness,
    layers.RandomContrast,
    layers.RandomLighting,
)
def nothing(exporter, layer, x):
    """Nothing at all."""
    return x


@exports(layers.Flatten)
def flatten(exporter, layer, x):
    """``Flatten``, put off: a dense layer takes the axes as they are stored."""
    shape = layer.output_shape(x.shape)
    if layer.data_format == "channels_first" and x.rank > 2:
        x = permuted(x, (0, *range(2, x.rank), 1))
    if None in x.shape[1:] or x.order[0] != 0 or x.source is not None:
        name = exporter.node("Flatten", exporter.plain(x).name)
        return Exported(name, shape, (0, 1), x.dtype)
    return Exported("", shape, (0, 1), x.dtype, x)


@exports(layers.Reshape)
def reshape(exporter, layer, x):
    """``Reshape``."""
    return exporter.reshaped(x, layer.output_shape(x.shape))


@exports(layers.Permute)
def permute(exporter, layer, x):
    """No node: only the order of the axes is another one."""
    return permuted(exporter.settled(x), (0, *layer.dims))


@exports(layers.RepeatVector)
def repeat_vector(exporter, layer, x):
    """``Unsqueeze`` and ``Expand``."""
    x = exporter.plain(x)
    name = exporter.node("Unsqueeze", x.name, exporter.integers([1], "axes"))
    name = exporter.node("Expand", name, exporter.integers([1, layer.n, 1], "shape"))
    return Exported(name, layer.output_shape(x.shape), (0, 1, 2), x.dtype)


@exports(layers.GetItem)
def get_item(exporter, layer, x):
    """``Slice``, then ``Squeeze`` where an index was an integer, ``Unsqueeze`` for new axes."""
    index = layer._index(x.rank)
    shape = layer.output_shape(x.shape)
    kept = [entry for entry in index if entry is not None]
    whole = all(isinstance(entry, slice) for entry in index)
    x = exporter.settled(x) if whole else exporter.plain(x)
    slices = {axis: _as_slice(entry) for axis, entry in enumerate(kept) if entry != slice(None)}
    name = sliced(exporter, x, slices) if slices else x.name
    if whole:
        return Exported(name, shape, x.order, x.dtype)
    single = [axis for axis, entry in enumerate(kept) if not isinstance(entry, slice)]
    if single:
        name = exporter.node("Squeeze", name, exporter.integers(single, "axes"))
    left = [entry for entry in index if entry is None or isinstance(entry, slice)]
    new = [axis for axis, entry in enumerate(left) if entry is None]
    if new:
        name = exporter.node("Unsqueeze", name, exporter.integers(new, "axes"))
    return Exported(name, shape, layout.plain(len(shape)), x.dtype)


def permuted(x, perm):
    """``x`` after a transpose that only renames its axes."""
    shape = tuple(x.shape[axis] for axis in perm)
    return Exported(x.name, shape, layout.transposed(x.order, perm), x.dtype, None)


def sliced(exporter, x, slices):
    """Name of ``x`` cut by slices, a dict by axis of the model."""
    starts, ends, steps = [], [], []
    for part in slices.values():
        step = 1 if part.step is None else part.step
        first, last = (0, _END) if step > 0 else (_END, -_END)
        starts.append(first if part.start is None else part.start)
        ends.append(last if part.stop is None else part.stop)
        steps.append(step)
    places = [x.place(axis) for axis in slices]
    names = ("starts", "ends", "axes", "steps")
    columns = zip((starts, ends, places, steps), names)
    return exporter.node("Slice", x.name, *(exporter.integers(v, hint) for v, hint in columns))


def _as_slice(entry):
    if isinstance(entry, slice):
        return entry
    return slice(entry, None if entry == -1 else entry + 1)
