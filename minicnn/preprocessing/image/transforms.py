"""Changes of single images, told exactly: what :class:`ImageDataGenerator` applies."""

import numpy as np

from minicnn_kernels.contracts import arrays

from ... import config
from ...layers import Resizing

FILL_MODES = ("constant", "nearest", "reflect", "wrap")


def apply_affine_transform(
    x,
    theta=0,
    tx=0,
    ty=0,
    shear=0,
    zx=1,
    zy=1,
    row_axis=1,
    col_axis=2,
    channel_axis=0,
    fill_mode="nearest",
    cval=0.0,
    order=1,
):
    """An image turned, shifted, sheared and zoomed about its centre.

    With ``x`` to the right, ``y`` down and both 0 in the centre, the output at ``(x, y, 1)`` is
    the input at::

        [cos θ  -sin θ  0]   [1  0  tx]   [1  -sin s  0]   [zx  0   0]   [x]
        [sin θ   cos θ  0] · [0  1  ty] · [0   cos s  0] · [0   zy  0] · [y]
        [0       0      1]   [0  0  1 ]   [0   0      1]   [0   0   1]   [1]

    On images that are not square Keras turns about a point beside the centre (it swaps height and
    width); all else is the same.

    Parameters
    ----------
    x : array
        One image, three axes.
    theta, shear : float
        Angles in degrees.
    tx, ty : float
        Shifts in pixels: positive ones move what is seen to the left and up.
    zx, zy : float
        Input pixels to an output pixel: above 1 the image shrinks.
    row_axis, col_axis, channel_axis : int
        The axes; by default channels come first.
    fill_mode : str
        What lies beyond the image, ``"nearest"`` (default), ``"constant"``, ``"reflect"`` or
        ``"wrap"``, as :func:`scipy.ndimage.affine_transform` has it.
    cval : float
        The constant.
    order : int
        Of the spline between pixels, 0 to 5; 1 is linear.

    Returns
    -------
    array
        Same shape and dtype.
    """
    op = "apply_affine_transform"
    x = np.asarray(x)
    if x.ndim != 3 or not x.size:
        raise ValueError(f"{op}: x must be one image of 3 axes, got shape {x.shape}")
    if sorted((row_axis, col_axis, channel_axis)) != [0, 1, 2]:
        raise ValueError(
            f"{op}: row_axis, col_axis and channel_axis must be 0, 1 and 2 in any order, "
            f"got {(row_axis, col_axis, channel_axis)}"
        )
    if fill_mode not in FILL_MODES:
        raise ValueError(f"{op}: fill_mode must be one of {FILL_MODES}, got {fill_mode!r}")
    told = {"theta": theta, "tx": tx, "ty": ty, "shear": shear, "zx": zx, "zy": zy}
    matrix = _matrix(**{name: arrays.number(op, name, value) for name, value in told.items()})
    if np.array_equal(matrix, np.eye(3)):
        return x.copy()
    from scipy import ndimage

    image = np.moveaxis(x, (channel_axis, row_axis, col_axis), (0, 1, 2))
    linear = matrix[1::-1, 1::-1]  # rows before columns: y before x
    centre = (np.array(image.shape[1:]) - 1) / 2
    offset = centre - linear @ centre + matrix[1::-1, 2]
    y = np.empty(image.shape, x.dtype)
    for channel, target in zip(image, y):
        ndimage.affine_transform(
            channel, linear, offset, output=target, order=order, mode=fill_mode, cval=cval
        )
    return np.ascontiguousarray(np.moveaxis(y, (0, 1, 2), (channel_axis, row_axis, col_axis)))


def _matrix(theta, tx, ty, shear, zx, zy):
    theta, shear = np.deg2rad(theta), np.deg2rad(shear)
    cos, sin = np.cos(theta), np.sin(theta)
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    shift = np.array([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    slant = np.array([[1, -np.sin(shear), 0], [0, np.cos(shear), 0], [0, 0, 1]])
    return turn @ shift @ slant @ np.diag([zx, zy, 1.0])


def apply_channel_shift(x, intensity, channel_axis=0):
    """An image with ``intensity`` added, clipped to the range that it had.

    Parameters
    ----------
    x : array
    intensity : float
    channel_axis : int
        Taken for Keras' sake: all channels are shifted alike.
    """
    x = np.asarray(x)
    return np.clip(x + intensity, x.min(), x.max()).astype(x.dtype, copy=False)


def apply_brightness_shift(x, brightness, scale=True):
    """An image times ``brightness``, where black is 0 and white 255.

    Keras cuts to whole bytes on the way; this does not, so images in 0..1 stay what they are.

    Parameters
    ----------
    x : array
    brightness : float
        0 is black, 1 changes nothing.
    scale : bool
        Map the least value to 0 and the greatest to 255 first (default). Otherwise only an image
        with values beyond 0..255 is mapped, and its range restored afterwards.

    Returns
    -------
    array
        ``floatx()``.
    """
    x = np.asarray(x, config.floatx())
    low, high = x.min(), x.max()
    beyond = low < 0 or high > 255
    y = (x - low) / ((high - low) or 1) * 255 if scale or beyond else x
    y = np.clip(y * x.dtype.type(brightness), 0, 255)
    return y / 255 * (high - low) + low if beyond and not scale else y


def smart_resize(x, size, interpolation="bilinear", data_format="channels_last"):
    """Images resized without distortion: the middle of the target's shape is cut out first.

    Parameters
    ----------
    x : array
        One image or a batch.
    size : (int, int)
        Height and width.
    interpolation : str
        See :class:`minicnn.layers.Resizing`.
    data_format : str

    Returns
    -------
    array
        ``floatx()``.
    """
    height, width = arrays.integers("smart_resize", "size", size, 2, 1)
    how = {"crop_to_aspect_ratio": True, "data_format": data_format, "name": "smart_resize"}
    return Resizing(height, width, interpolation, **how)(x)
