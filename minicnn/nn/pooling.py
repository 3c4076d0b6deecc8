"""Pooling over space, over channels, or both."""

from .. import layers
from .arguments import apply, entries, layout_of, operands, spatial_padding


def max_pool(input, ksize, strides, padding, data_format=None):
    """Maximum of every window: over space, over channels (``ksize`` ``[1, 1, 1, 3]``), or both.

    Parameters
    ----------
    input : array or symbolic tensor
        One to three spatial axes.
    ksize, strides : int or list
        One number for the spatial axes, one each, or one an axis; that of the batch must be 1.
    padding : str or list
        See :func:`conv2d`.
    data_format : str, optional
        Default: channels last.
    """
    return _pool("max_pool", "Max", input, ksize, strides, padding, data_format)


def avg_pool(input, ksize, strides, padding, data_format=None):
    """Mean of every window over the cells that exist; arguments as of :func:`max_pool`."""
    return _pool("avg_pool", "Average", input, ksize, strides, padding, data_format)


def _pool(op, kind, x, ksize, strides, padding, data_format):
    (x,) = operands(op, input=x)
    rank = len(x.shape) - 2
    if not 1 <= rank <= 3:
        raise ValueError(f"{op}: input must have 3 to 5 axes, got shape {tuple(x.shape)}")
    layout = layout_of(op, data_format, rank)
    size, depth = entries(op, "ksize", ksize, rank, layout)
    steps, depth_step = entries(op, "strides", strides, rank, layout)
    padding = spatial_padding(op, padding, rank, layout)
    if max(size + steps) > 1 or depth == 1:
        pool = getattr(layers, f"{kind}Pooling{rank}D")
        x = apply(pool, op, x, pool_size=size, strides=steps, padding=padding, data_format=layout)
    if max(depth, depth_step) > 1:
        if layout != "channels_last" or not isinstance(padding, str):
            raise ValueError(
                f"{op}: pooling over channels takes NHWC and padding 'SAME' or 'VALID', "
                f"got data_format {data_format!r}, padding {padding!r}"
            )
        pool = getattr(layers, f"Depth{kind}Pooling")
        x = apply(pool, op, x, pool_size=depth, strides=depth_step, padding=padding)
    return x
