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
    "lenet5": Recipe("LeNet5", "digits", 40, 32, "adam", 2e-3),
    "fashion-cnn": Recipe("FashionCNN", "fashion-mnist", 10, 64, "nadam", 1e-3),
    "mnist-cnn": Recipe("MnistCNN", "mnist", 1, 200, "adam", 4e-3),
}

DATA = ("digits", "mnist", "fashion-mnist")

# Pixels by which training images move each way, drawn anew for every image: the 1,347 embedded
# digits are too few to learn from as they stand, tens of thousands of images are not.
SHIFTS = {"digits": 2, "mnist": 0, "fashion-mnist": 0}


def build(name, shift=0):
    """A new model of recipe ``name``; with ``shift``, images move by up to so many pixels."""
    from .. import applications
    from ..layers import Input, RandomTranslation
    from ..models import Sequential

    model = getattr(applications, RECIPES[name].builder)()
    if not shift:
        return model
    shape = model.inputs[0].shape[1:]
    moved = RandomTranslation(
        shift / shape[0],
        shift / shape[1],
        fill_mode="constant",
        interpolation="nearest",
        name="shift",
    )
    return Sequential([Input(shape), moved, *model.layers], name=model.name)


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
