"""Image files as networks take them: in their size and colours, pixels of 0 to 255."""

from . import networks


def shape_of(name, model, size=None):
    """Height, width and channels of the images that the preprocessing takes.

    Parameters
    ----------
    name : str or None
        Network whose pixels ``model`` reads.
    model : Model
    size : int, optional
        Height and width, where the model leaves them open.

    Raises
    ------
    ValueError
        If the model takes no images, or any size and none was given.
    """
    shape = model.inputs[0].shape[1:]
    if name is not None:
        shape = getattr(networks.module_of(name), "IMAGE_SHAPE", shape)
    if len(model.inputs) != 1 or len(shape) != 3 or shape[2] not in (1, 3):
        raise ValueError(f"{model.name} takes no images: its input has shape {shape}")
    sides = [side or size for side in shape[:2]]
    if None in sides:
        raise ValueError(f"{model.name} takes images of any size: choose one with --image-size N")
    return *sides, shape[2]


def pixels(path, height, width, channels):
    """``[height, width, channels]`` of a file, floats of 0 to 255."""
    from ..utils.image_utils import img_to_array, load_img

    mode = "grayscale" if channels == 1 else "rgb"
    return img_to_array(load_img(path, mode, (height, width), "bilinear"))
