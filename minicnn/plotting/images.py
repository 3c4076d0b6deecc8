"""Filters, feature maps and pictures, as tiles of one image."""

import numpy as np

from .figure import finish, new_figure

_TILE_INCHES = 0.9
_MOST_TILES = 1024


def plot_filters(kernel, path=None, channel=None, columns=None):
    """The filters of a convolution.

    Parameters
    ----------
    kernel : array ``[KH, KW, C, F]``, or a layer that has such a ``kernel``
    path : path, optional
        Where to write the picture.
    channel : int, optional
        Input channel to draw, in grey. If not given: colours where C is 3, else channel 0.
    columns : int, optional
        Tiles in a row; a nearly square picture if not given.

    Returns
    -------
    matplotlib.figure.Figure
        All filters share one scale, so that their strengths can be compared; zero is grey.
    """
    kernel = getattr(kernel, "kernel", kernel)
    weights = _array("plot_filters", "kernel", kernel, 4, "[KH, KW, C, F]")
    channels = weights.shape[2]
    if channel is None and channels != 3:
        channel = 0
    if channel is not None:
        if not 0 <= channel < channels:
            raise ValueError(f"plot_filters: channel must be in [0, {channels - 1}], got {channel}")
        weights = weights[:, :, channel : channel + 1]
    largest = np.abs(weights).max() or 1.0
    tiles = weights.transpose(3, 0, 1, 2) / (2 * largest) + 0.5
    return _tiled("plot_filters", tiles, path, columns)


def plot_feature_maps(maps, path=None, columns=None):
    """The maps that a layer makes of one image, each on its own scale from black to white.

    Parameters
    ----------
    maps : array ``[H, W, C]`` or ``[1, H, W, C]``
    path, columns
        As in :func:`plot_filters`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    maps = np.asarray(maps)
    if maps.ndim == 4 and len(maps) == 1:
        maps = maps[0]
    maps = _array("plot_feature_maps", "maps", maps, 3, "[H, W, C] or [1, H, W, C]")
    low, high = maps.min((0, 1)), maps.max((0, 1))
    scaled = (maps - low) / np.where(high > low, high - low, 1)
    return _tiled("plot_feature_maps", scaled.transpose(2, 0, 1)[..., None], path, columns)


def plot_images(batch, path=None, columns=None):
    """Pictures of a data set.

    Parameters
    ----------
    batch : array ``[N, H, W]``, ``[N, H, W, 1]`` or ``[N, H, W, 3]``
        uint8 in 0..255, or floats in 0..1, which are clipped.
    path, columns
        As in :func:`plot_filters`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    batch = np.asarray(batch)
    scale = 255 if batch.dtype == np.uint8 else 1
    batch = batch[..., None] if batch.ndim == 3 else batch
    tiles = _array("plot_images", "batch", batch, 4, "[N, H, W] or [N, H, W, 1 or 3]") / scale
    if tiles.shape[3] not in (1, 3):
        raise ValueError(f"plot_images: batch must have 1 or 3 channels, got {tiles.shape[3]}")
    return _tiled("plot_images", tiles.clip(0, 1), path, columns)


def _array(op, name, value, rank, wanted):
    array = np.asarray(value)
    if array.ndim != rank or not array.size:
        raise ValueError(f"{op}: {name} must have shape {wanted}, got {array.shape}")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{op}: {name} must hold numbers, got dtype {array.dtype}")
    return array.astype(np.float64)


def _tiled(op, tiles, path, columns):
    """Figure of ``tiles`` ``[N, H, W, 1 or 3]`` in 0..1, in rows of ``columns``."""
    if len(tiles) > _MOST_TILES:
        raise ValueError(f"{op}: at most {_MOST_TILES} tiles fit a picture, got {len(tiles)}")
    if columns is None:
        columns = int(np.ceil(np.sqrt(len(tiles))))
    if columns < 1:
        raise ValueError(f"{op}: columns must be at least 1, got {columns}")
    picture = mosaic(tiles, min(columns, len(tiles)))
    rows = -(-len(tiles) // columns)
    figure = new_figure(op, _TILE_INCHES * min(columns, len(tiles)), _TILE_INCHES * rows)
    axes = figure.subplots()
    grey = picture.shape[-1] == 1
    axes.imshow(
        picture[..., 0] if grey else picture, "gray", interpolation="nearest", vmin=0, vmax=1
    )
    axes.set_axis_off()
    return finish(figure, path)


def mosaic(tiles, columns):
    """``tiles`` ``[N, H, W, C]`` row by row in one image, white lines between them."""
    count, height, width, channels = tiles.shape
    rows = -(-count // columns)
    gap = max(1, round(0.06 * max(height, width)))
    picture = np.ones((rows * (height + gap) - gap, columns * (width + gap) - gap, channels))
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        top, left = row * (height + gap), column * (width + gap)
        picture[top : top + height, left : left + width] = tile
    return picture
