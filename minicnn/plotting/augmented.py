"""What random changes make of one image."""

import numpy as np

from .images import plot_images


def augmentation(source, image, count=11, path=None, columns=None):
    """An image and random changes of it, the image itself first.

    Parameters
    ----------
    source : Layer, Model or ImageDataGenerator
        What changes images: layers such as ``RandomFlip`` or a ``Sequential`` of them, called in
        training mode; or a generator, of which the changes are shown, not the standardization.
    image : array ``[H, W, 1]`` or ``[H, W, 3]``
        uint8, or floats in 0..1.
    count : int
        Number of changes.
    path : path, optional
        Where to write the picture.
    columns : int, optional
        Tiles in a row; a nearly square picture if not given.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError, TypeError
        If the image is none, or ``source`` changes no images.
    """
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] not in (1, 3) or not image.size:
        raise ValueError(f"augmentation: image must have shape [H, W, 1 or 3], got {image.shape}")
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise ValueError(f"augmentation: count must be an integer of at least 1, got {count!r}")
    pixels = image.astype(np.float32)
    if hasattr(source, "random_transform"):
        changed = np.stack([source.random_transform(pixels) for _ in range(count)])
    elif callable(source):
        changed = np.asarray(source(np.repeat(pixels[None], count, axis=0), training=True))
    else:
        raise TypeError(f"augmentation: source must be a layer or a generator, got {source!r}")
    if changed.shape != (count, *image.shape):
        raise ValueError(
            f"augmentation: source must keep the shape {image.shape}, got {changed.shape[1:]}"
        )
    tiles = np.concatenate([pixels[None], changed])
    if image.dtype == np.uint8:
        tiles = np.rint(tiles.clip(0, 255)).astype(np.uint8)
    return plot_images(tiles, path, columns)
