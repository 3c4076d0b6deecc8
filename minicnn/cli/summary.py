"""``minicnn summary NAME``: layers, shapes and parameter counts."""

import inspect

HELP = "print the layers, output shapes and parameter counts of a network"


def add_arguments(parser):
    """Declare the command's arguments."""
    parser.add_argument("name", help="any network of minicnn.applications, as vgg16 or fashion-cnn")


def run(options):
    """Print the table."""
    builder = find(options.name)
    random_weights = {"weights": None} if "weights" in inspect.signature(builder).parameters else {}
    builder(**random_weights).summary()


def find(name):
    """The function that builds the network called ``name``, however it is hyphenated.

    Raises
    ------
    ValueError
        If there is none; the message lists the names.

    Examples
    --------
    >>> find("fashion-cnn").__name__
    'FashionCNN'
    """
    from .. import applications

    wanted = name.replace("-", "").replace("_", "").lower()
    for network in applications.NETWORKS:
        if network.lower() == wanted:
            return getattr(applications, network)
    known = ", ".join(network.lower() for network in applications.NETWORKS)
    raise ValueError(f"no network is called {name!r}; there are {known}")
