"""How each network of the command line is trained unless told otherwise."""

from typing import NamedTuple


class Recipe(NamedTuple):
    """A network and the settings that are known to train it well."""

    builder: str
    data: str
    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float


RECIPES = {
    "lenet5": Recipe("LeNet5", "digits", 20, 32, "adam", 1e-3),
    "fashion-cnn": Recipe("FashionCNN", "fashion-mnist", 10, 64, "nadam", 1e-3),
    "mnist-cnn": Recipe("MnistCNN", "mnist", 1, 200, "adam", 1e-3),
}

DATA = ("digits", "mnist", "fashion-mnist")


def build(name):
    """A new model of recipe ``name``.

    Raises
    ------
    ValueError
        If there is no such recipe; the message lists them.
    """
    from .. import applications

    if name not in RECIPES:
        raise ValueError(f"no network is called {name!r}; there are {', '.join(RECIPES)}")
    return getattr(applications, RECIPES[name].builder)()


def load_images(name):
    """``(x_train, y_train), (x_test, y_test)``: images in [0, 1], one channel; class numbers."""
    import numpy as np

    from ..datasets import digits, fashion_mnist, mnist

    source = {"digits": digits, "mnist": mnist, "fashion-mnist": fashion_mnist}[name]
    settings = {"size": 28} if name == "digits" else {}
    return tuple(
        (x.reshape(*x.shape[:3], 1).astype(np.float32) / 255, y.astype(np.int64))
        for x, y in source.load_data(**settings)
    )
