"""Transfer learning: a network that knows a thousand things learns five new ones.

    python examples/transfer_learning.py PHOTOS --weights FILE

``PHOTOS`` holds one folder of images for each class. ``FILE`` holds MobileNetV2 0.35 trained on
ImageNet: any Keras file that contains the network without its top, alone or inside another model
(as Teachable Machine exports it); ``--weights imagenet`` downloads it.

1. The network comes without its top: images in, 1,280 features out.
2. It is frozen, and the features of every image are computed once.
3. A new head learns on the features, in seconds, as no image passes the network again.
4. Head and network become one model. It is thawed and goes on at a hundredth of the rate.

All of it happens three times with the same images, seeds and epochs: with the trained network,
with random weights, and with random weights whose batch normalization has seen the images first
(else the signals die out from layer to layer). What lies between the test accuracies came from
ImageNet.
"""

import argparse
from pathlib import Path

import numpy as np

import minicnn as keras
from minicnn import layers
from minicnn.applications import MobileNetV2
from minicnn.preprocessing import image_dataset_from_directory


def main(arguments=None):
    """Run the comparison and return ``{name: (test accuracy of the head, and when thawed)}``."""
    options = read_arguments(arguments)
    train, test, classes = load_photos(options.photos, options.size, options.seed)
    print(f"{len(train[0])} training and {len(test[0])} test images of {', '.join(classes)}")
    results = {}
    for name in ("trained", "random", "random, normalized"):
        print(f"\n{name}")
        keras.utils.set_random_seed(options.seed)
        backbone = load_backbone(options.size, options.weights if name == "trained" else None)
        if name == "random, normalized":
            measure_statistics(backbone, train[0])
        results[name] = transfer(backbone, train, test, len(classes), options)
    print(f"\n{'network':20}{'head alone':>12}{'thawed':>12}   (test accuracy)")
    for name, accuracies in results.items():
        print(f"{name:20}" + "".join(f"{accuracy:12.1%}" for accuracy in accuracies))
    return results


def read_arguments(arguments):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, help="a folder with one folder of images a class")
    parser.add_argument("--weights", default="imagenet", help="file, or 'imagenet' (default)")
    parser.add_argument("--size", type=int, default=160, help="side of the images (default 160)")
    parser.add_argument("--epochs", type=int, default=20, help="of the head (default 20)")
    parser.add_argument("--thawed-epochs", type=int, default=3, help="of the whole (default 3)")
    parser.add_argument("--seed", type=int, default=0, help="of split, weights, order (default 0)")
    return parser.parse_args(arguments)


def load_photos(folder, size, seed):
    """``(images, labels)`` of training, the same of the held-out quarter, names of the classes."""
    parts = image_dataset_from_directory(
        folder, image_size=size, validation_split=0.25, subset="both", seed=seed, verbose=False
    )
    # Bytes need a quarter of the memory; the model makes them floats, batch by batch.
    arrays = [
        (np.concatenate([np.rint(x).astype(np.uint8) for x, _ in batches]),
         np.concatenate([y for _, y in batches]))
        for batches in map(list, parts)
    ]  # fmt: skip
    return *arrays, parts[0].class_names


def load_backbone(size, weights):
    """MobileNetV2 0.35 from images of 0..255 to 1,280 features; ``None`` gives random weights."""
    published = weights if weights == "imagenet" else None
    shape = (size, size, 3)
    network = MobileNetV2(shape, 0.35, include_top=False, pooling="avg", weights=published)
    if weights not in (None, "imagenet"):
        network.set_weights(find_weights(keras.models.load_model(weights, compile=False), network))
    pixels = [layers.Input(shape), layers.Rescaling(1 / 127.5, offset=-1.0)]
    return keras.Sequential([*pixels, network], name="backbone")


def find_weights(model, network):
    """Weights of the first model, ``model`` or inside it, that are shaped as ``network``'s."""
    shapes = [weight.shape for weight in network.weights]
    waiting = [model]
    while waiting:
        found = waiting.pop(0)
        if [weight.shape for weight in found.weights] == shapes:
            return found.get_weights()
        waiting.extend(layer for layer in found.layers if isinstance(layer, keras.Model))
    raise ValueError(f"find_weights: no part of {model.name} has the weights of {network.name}")


def transfer(backbone, train, test, classes, options):
    """Train a head on frozen features, then everything; the test accuracy after each."""
    backbone.trainable = False
    features = [(backbone.predict(x, verbose=0), y) for x, y in (train, test)]
    head = keras.Sequential(
        [
            layers.Input(features[0][0].shape[1:]),
            layers.Dropout(0.3),
            layers.Dense(classes, activation="softmax"),
        ],
        name="head",
    )
    compile_for(head, 1e-3)
    head.fit(*features[0], epochs=options.epochs, verbose=0)
    accuracies = [head.evaluate(*features[1], verbose=0)[1]]

    model = keras.Sequential([backbone, head])
    print_totals("frozen", model)
    thaw(backbone)
    print_totals("thawed", model)
    compile_for(model, 1e-5)
    model.fit(*train, epochs=options.thawed_epochs, verbose=2)
    return *accuracies, model.evaluate(*test, verbose=0)[1]


def thaw(backbone):
    """Let everything learn but batch normalization, whose statistics a few steps would spoil."""
    backbone.trainable = True
    for layer in normalizations(backbone):
        layer.trainable = False


def measure_statistics(backbone, images):
    """Let the moving statistics of batch normalization become those of ``images``."""
    for layer in normalizations(backbone):
        layer.momentum = 0.9
    for start in range(0, min(len(images), 50 * 32), 32):
        backbone(images[start : start + 32], training=True)


def normalizations(backbone):
    """Its batch normalization layers."""
    network = backbone.layers[-1]
    return [layer for layer in network.layers if isinstance(layer, layers.BatchNormalization)]


def compile_for(model, rate):
    """Adam at ``rate``, cross-entropy, accuracy."""
    adam = keras.optimizers.Adam(rate)
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])


def print_totals(state, model):
    """The last lines of the summary: how much of the model learns."""
    lines = []
    model.summary(print_fn=lines.append)
    print(f"{state}: " + ", ".join(line.split(" (")[0] for line in lines[-3:]))


if __name__ == "__main__":
    main()
