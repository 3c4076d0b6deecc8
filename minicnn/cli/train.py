"""``minicnn train NAME``: the whole way from images to a saved, measured network."""

import time
from pathlib import Path

import numpy as np

from . import networks, training_images
from .recipes import CHANGES, DATA, recipe_of, task_of

HELP = "train a network on real images, measure it on held-out ones, save it"


def add_arguments(parser):
    """Declare the command's arguments; what is not given comes from the network's recipe."""
    parser.add_argument("name", help="any network of minicnn.applications, as lenet5 or resnet20")
    parser.add_argument(
        "--data",
        metavar="DATA",
        help=f"{', '.join(DATA)}, or a folder that holds one folder of images a class "
        "(default: the recipe's)",
    )
    parser.add_argument(
        "--image-size", type=int, metavar="N", help="resize the images of a folder to N x N"
    )
    parser.add_argument(
        "--held-out", type=float, default=0.2, help="share of a folder that tests (default 0.2)"
    )
    networks.add_settings(parser)
    parser.add_argument("--epochs", type=int, help="passes over the training images")
    parser.add_argument("--batch-size", type=int, help="images in a training step")
    parser.add_argument("--optimizer", help="sgd, rmsprop, adam, adamw, nadam or adagrad")
    parser.add_argument(
        "--learning-rate", type=float, help="first step size, decays to 0 along a cosine"
    )
    parser.add_argument("--seed", type=int, default=0, help="makes the run repeat (default 0)")
    parser.add_argument("--save", type=Path, help="model file (default runs/NAME.minicnn)")
    parser.add_argument("--resume", action="store_true", help="go on from the saved model file")
    parser.add_argument("--no-pictures", action="store_true", help="draw nothing")


def run(options):
    """Train, print the table and the test accuracy, save the model and its pictures."""
    from ..callbacks import ModelCheckpoint
    from ..models.saving import load_model
    from ..optimizers.schedules import CosineDecay
    from ..random import set_random_seed

    recipe = _recipe(options)
    path = options.save or Path("runs") / f"{options.name}.minicnn"
    set_random_seed(options.seed)
    model = load_model(path) if options.resume else None
    done = model.epochs_done if options.resume else 0
    if done >= recipe.epochs:
        raise ValueError(f"{path} has {done} epochs already; ask for more with --epochs")
    data = _images(options, recipe, done)
    _say(options.name, recipe, data)
    if model is None:
        model = _model(options, recipe, data)
    steps = recipe.epochs * -(-data.counts()[0] // recipe.batch_size)
    model.optimizer.learning_rate = CosineDecay(recipe.learning_rate, steps)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".classes").write_text("".join(f"{name}\n" for name in data.classes))
    start = time.perf_counter()
    history = _fit(model, data, recipe, done, ModelCheckpoint(path))  # what --resume goes on from
    seconds = time.perf_counter() - start
    _table(history)
    correct = _correct(options.name, model, data)
    print(
        f"\ntest accuracy {correct.mean():.2%} ({correct.sum():,} of {len(correct):,} images), "
        f"trained in {seconds:.1f} s"
    )
    print(f"saved {path}")
    if not options.no_pictures:
        _pictures(model, history, path)


def _recipe(options):
    recipe = recipe_of(networks.find(options.name))
    given = {
        field: value
        for field in ("data", "epochs", "batch_size", "optimizer", "learning_rate")
        if (value := getattr(options, field)) is not None
    }
    recipe = recipe._replace(**given)
    for field in ("epochs", "batch_size"):
        if getattr(recipe, field) < 1:
            raise ValueError(f"{field} must be at least 1, got {getattr(recipe, field)}")
    if recipe.data is None:
        raise ValueError(
            f"{options.name} learns from images of yours: name their folder, which holds one "
            "folder a class, with --data FOLDER"
        )
    if not 0 < options.held_out < 1:
        raise ValueError(f"held-out must be between 0 and 1, got {options.held_out}")
    if options.image_size is not None and not training_images.is_folder(recipe.data):
        raise ValueError(f"image-size is for folders of images, {recipe.data} has its own")
    return recipe


def _images(options, recipe, done):
    read = networks.preprocessing(options.name)
    if not training_images.is_folder(recipe.data):
        return training_images.data_set(recipe.data, read)
    if hasattr(networks.module_of(options.name), "IMAGE_SHAPE"):
        raise ValueError(f"{options.name} reads digits: data must be digits or mnist")
    shape = networks.build(options.name, options.set, empty=True).inputs[0].shape[1:]
    if options.image_size is not None:
        shape = (options.image_size, options.image_size, shape[2])
    settings = (recipe.batch_size, options.held_out, options.seed, done)
    return training_images.folder(recipe.data, read, shape, *settings)


def _model(options, recipe, data):
    """A new model, compiled; its first layers change the training images."""
    from .. import optimizers

    task = task_of(networks.find(options.name))
    model = _network(options, recipe, data)
    model.compile(optimizers.get(recipe.optimizer), task.loss, metrics=[task.metric])
    expected = task.probabilities(np.zeros((1, model.outputs[0].shape[-1]))).shape[1]
    if expected != len(data.classes):
        raise ValueError(
            f"{options.name} tells {expected} classes apart, the images have {len(data.classes)}"
        )
    return model


def _network(options, recipe, data):
    from ..layers import Input
    from ..models import Sequential

    image = Input(data.shape)
    given = {"input_shape": data.shape, "classes": len(data.classes)}
    how = recipe.data, data.shape, networks.preprocessing(options.name)
    if networks.takes(options.name, "input_tensor"):
        changed = image
        for layer in _changes(*how):
            changed = layer(changed)
        return networks.build(options.name, options.set, input_tensor=changed, **given)
    model = networks.build(options.name, options.set, **given)
    changes = _changes(*how)
    return Sequential([image, *changes, *model.layers], name=model.name) if changes else model


def _changes(data, shape, read):
    """Layers that shift and flip the images of a data set by another amount each time."""
    from ..layers import RandomFlip, RandomTranslation

    pixels, flipped = CHANGES.get(data, (0, False))
    if not pixels:
        return []
    black = float(read(np.zeros((1, 28, 28, 1))).min()) if shape[2] == 1 else 0.0
    shift = RandomTranslation(
        *(pixels / side for side in shape[:2]),
        fill_mode="constant",
        interpolation="nearest",
        fill_value=black,
        name="shift",
    )
    return [shift, RandomFlip("horizontal", name="flip")] if flipped else [shift]


def _fit(model, data, recipe, done, checkpoint):
    arrays = isinstance(data.train, tuple)
    return model.fit(
        *(data.train if arrays else (data.train,)),
        batch_size=recipe.batch_size if arrays else None,
        epochs=recipe.epochs,
        initial_epoch=done,
        validation_data=data.test,
        callbacks=[checkpoint],
    )


def _correct(name, model, data):
    """For each test image whether its most probable class is its own."""
    test = data.test[0] if isinstance(data.test, tuple) else data.test
    outputs = model.predict(test, verbose=0)
    probabilities = task_of(networks.find(name)).probabilities(outputs)
    return probabilities.argmax(axis=1) == data.labels


def _say(name, recipe, data):
    train, test = data.counts()
    print(
        f"{name} on {recipe.data}: {train:,} training and {test:,} test images, "
        f"{recipe.epochs} epochs of batches of {recipe.batch_size}, {recipe.optimizer} "
        f"at {recipe.learning_rate:g}"
    )


def _table(history):
    columns = history.history
    print("\n" + "epoch  " + "  ".join(f"{name:>12}" for name in columns))
    for row, epoch in enumerate(history.epoch):
        cells = "  ".join(f"{values[row]:12.4f}" for values in columns.values())
        print(f"{epoch + 1:5d}  {cells}")


def _pictures(model, history, path):
    """Learning curves and first-layer filters beside the model, where matplotlib is installed."""
    try:
        import matplotlib  # noqa: F401 - only asked whether it is there
    except ImportError:
        print("no pictures: matplotlib is not installed (pip install 'minicnn[plot]')")
        return
    from ..plotting import plot_filters, plot_history

    kernel = next(weight for weight in model.weights if len(weight.shape) == 4)
    for figure, what in (
        (plot_history, (history, path.with_name(f"{path.stem}-curves.png"))),
        (plot_filters, (kernel.value, path.with_name(f"{path.stem}-filters.png"))),
    ):
        figure(what[0], path=what[1])
        print(f"saved {what[1]}")
