"""What the commands that draw share: the model and the image."""

from pathlib import Path

from . import networks


def add_model(parser):
    """Declare ``MODEL``, ``--set`` and ``--weights``."""
    parser.add_argument("model", help="a network of minicnn.applications, or a model file")
    networks.add_settings(parser)
    parser.add_argument("--weights", help="file of the network's weights, or imagenet")


def model_of(options, empty=False):
    """The model that the options name.

    Raises
    ------
    ValueError, OSError
        If there is none.
    """
    if networks.is_network(options.model):
        nothing = empty and options.weights is None
        return networks.build(options.model, options.set, options.weights, nothing)
    if options.set or options.weights is not None:
        raise ValueError("--set and --weights are for networks, a file brings its own")
    if not Path(options.model).is_file():
        networks.find(options.model)  # raises: neither a file nor a network
    return networks.load(options.model)


def image_for(model, path, preprocess):
    """The image file as a batch of one that ``model`` reads."""
    from ..utils import img_to_array, load_img

    shape = model.inputs[0].shape
    if len(shape) != 4 or shape[3] not in (1, 3):
        raise ValueError(f"model must read images of 1 or 3 channels, channels last, got {shape}")
    size = None if None in shape[1:3] else shape[1:3]
    mode = "grayscale" if shape[3] == 1 else "rgb"
    image = load_img(path, color_mode=mode, target_size=size, interpolation="bilinear")
    return preprocess(img_to_array(image)[None])


def out_path(options, ending):
    """Where the picture goes: ``--out``, or a name made of the model's."""
    return options.out or Path(f"{Path(options.model).stem}{ending}.png")
