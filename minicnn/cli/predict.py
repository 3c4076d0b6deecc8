"""``minicnn predict NETWORK IMAGE...``: the best classes of every image."""

import re
import sys
from pathlib import Path

import numpy as np

from . import networks
from .images import pixels, shape_of
from .recipes import recipe_of, task_of

HELP = "tell the most probable classes of images"

# Width and image size in the names that the MobileNets get.
_SIZES = re.compile(r"_\d\.\d\d_\w+$")


def add_arguments(parser):
    """Declare the command's arguments."""
    parser.add_argument("model", help="a network, as squeezenet, or the file of a whole model")
    parser.add_argument("images", type=Path, nargs="+", metavar="image", help="image files")
    parser.add_argument(
        "--weights", help="file of the network's weights; 'imagenet' downloads those of Keras"
    )
    networks.add_settings(parser)
    parser.add_argument("--top", type=int, default=5, help="classes told of each (default 5)")
    parser.add_argument(
        "--network",
        metavar="NAME",
        help="for a file: whose pixels and classes it has, if the model's own name is none of ours",
    )
    parser.add_argument(
        "--classes", type=Path, metavar="FILE", help="names of the classes, one a line"
    )
    parser.add_argument(
        "--image-size", type=int, metavar="N", help="N x N, for models that take any size"
    )


def run(options):
    """Print a table for each image."""
    if options.top < 1:
        raise ValueError(f"top must be at least 1, got {options.top}")
    name, model = _model(options)
    batch = np.stack(
        [pixels(path, *shape_of(name, model, options.image_size)) for path in options.images]
    )
    outputs = model.predict(networks.preprocessing(name)(batch), verbose=0)
    outputs = outputs[0] if isinstance(outputs, list) else outputs
    if outputs.ndim != 2:
        raise ValueError(f"{model.name} gives outputs of shape {outputs.shape}, no classes")
    probabilities = task_of(networks.find(name)).probabilities(outputs)
    classes = _classes(name, probabilities.shape[1], options)
    print(f"      {'class':<9}  {'label':<32}  probability")
    for path, row in zip(options.images, probabilities):
        print(path)
        for place, best in enumerate(np.argsort(-row, kind="stable")[: options.top], 1):
            identity, label = classes[best]
            print(f"  {place:>2}  {identity:<9}  {label:<32}  {row[best]:.4f}")


def _model(options):
    """``(network, model)``: the name says how pixels go in and what the classes are called."""
    if networks.is_network(options.model):
        if options.weights is None:
            raise ValueError(
                f"{options.model} knows nothing without weights; give --weights FILE, or the file "
                "of a whole model in its place"
            )
        return options.model, networks.build(options.model, options.set, options.weights)
    if Path(options.model).suffix.lower() not in networks.ENDINGS:
        networks.find(options.model)  # refuses, and lists the names
    if options.weights or options.set:
        raise ValueError(f"{options.model} brings its weights: leave --weights and --set away")
    model = networks.load(options.model)
    name = options.network or _SIZES.sub("", model.name)
    if not networks.is_network(name):
        raise ValueError(
            f"{options.model}: {model.name!r} is no network of ours; say with --network NAME whose "
            "pixels it takes"
        )
    return name, model


def _classes(name, count, options):
    """``[(identity, label), ...]`` of every class."""
    beside = Path(options.model).with_suffix(".classes")
    file = options.classes or (beside if beside.is_file() else None)
    if file is not None:
        labels = file.read_text(encoding="utf-8").splitlines()
        if len(labels) != count:
            raise ValueError(f"{file}: must name {count} classes, one a line, got {len(labels)}")
        return [(str(number), label) for number, label in enumerate(labels)]
    known = _known_classes(name, count)
    return known if len(known) == count else [(str(number), "") for number in range(count)]


def _known_classes(name, count):
    from ..applications import imagenet_utils
    from ..datasets import get

    data = recipe_of(networks.find(name)).data
    if data is not None:
        return [(str(number), label) for number, label in enumerate(get(data).CLASS_NAMES)]
    if count != imagenet_utils.CLASSES:
        return []
    try:
        return imagenet_utils.class_names()
    except ConnectionError as error:
        print(f"minicnn predict: classes have no names, {error}", file=sys.stderr)
        return []
