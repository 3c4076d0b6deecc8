"""``minicnn augment IMAGE``: what random changes make of a photograph."""

from pathlib import Path

HELP = "draw random changes of an image, as training could use them"


def add_arguments(parser):
    """Declare the command's arguments; without any change all of them are used, gently."""
    parser.add_argument("image", type=Path, help="a photograph")
    parser.add_argument("--out", type=Path, help="picture (default IMAGE-augmented.png)")
    parser.add_argument("--count", type=int, default=11, help="number of changes (default 11)")
    parser.add_argument("--size", type=int, default=160, help="side of the image (default 160)")
    parser.add_argument("--seed", type=int, default=0, help="makes the changes repeat (default 0)")
    parser.add_argument("--flip", action="store_true", help="mirror left to right")
    parser.add_argument("--shift", type=float, metavar="SHARE", help="move by up to this share")
    parser.add_argument("--rotate", type=float, metavar="DEGREES", help="turn by up to so much")
    parser.add_argument("--zoom", type=float, metavar="SHARE", help="zoom by up to this share")
    parser.add_argument("--shear", type=float, metavar="DEGREES", help="shear by up to so much")
    parser.add_argument("--brightness", type=float, metavar="SHARE", help="change the brightness")


def run(options):
    """Draw."""
    import numpy as np

    from ..plotting import augmentation
    from ..preprocessing.image import ImageDataGenerator
    from ..random import set_random_seed
    from ..utils import img_to_array, load_img

    set_random_seed(options.seed)
    image = load_img(options.image, target_size=(options.size,) * 2, interpolation="bilinear")
    path = options.out or Path(f"{options.image.stem}-augmented.png")
    generator = ImageDataGenerator(**_settings(options))
    augmentation(generator, img_to_array(image).astype(np.uint8), options.count, path)
    print(f"saved {path}")


def _settings(options):
    names = ("flip", "shift", "rotate", "zoom", "shear", "brightness")
    told = {name: getattr(options, name) for name in names if getattr(options, name)}
    told = told or {"flip": True, "shift": 0.1, "rotate": 15, "zoom": 0.1, "brightness": 0.2}
    shift, brightness = told.get("shift", 0.0), told.get("brightness")
    return {
        "horizontal_flip": told.get("flip", False),
        "width_shift_range": shift,
        "height_shift_range": shift,
        "rotation_range": told.get("rotate", 0),
        "zoom_range": told.get("zoom", 0.0),
        "shear_range": told.get("shear", 0.0),
        "brightness_range": None if brightness is None else (1 - brightness, 1 + brightness),
    }
