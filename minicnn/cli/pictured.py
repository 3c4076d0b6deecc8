"""What the commands that draw share: the model, and where the picture goes."""

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


def out_path(options, ending):
    """Where the picture goes: ``--out``, or a name made of the model's."""
    return options.out or Path(f"{Path(options.model).stem}{ending}.png")
