"""``minicnn train NAME``: the whole way from images to a saved, measured network."""

import time
from pathlib import Path

from .recipes import DATA, RECIPES, SHIFTS, build, load_images

HELP = "train a network on real images, measure it on held-out ones, save it"


def add_arguments(parser):
    """Declare the command's arguments; what is not given comes from the network's recipe."""
    parser.add_argument("name", choices=sorted(RECIPES), help="the network")
    parser.add_argument("--data", choices=DATA, help="images (default: those of the recipe)")
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
    from ..optimizers.schedules import CosineDecay
    from ..random import set_random_seed

    recipe = _recipe(options)
    path = options.save or Path("runs") / f"{options.name}.minicnn"
    set_random_seed(options.seed)
    train, test = load_images(recipe.data)
    _say(options.name, recipe, train, test)
    model, done = _model(options, recipe, path)
    if done >= recipe.epochs:
        raise ValueError(f"{path} has {done} epochs already; ask for more with --epochs")
    steps = recipe.epochs * -(-len(train[0]) // recipe.batch_size)
    model.optimizer.learning_rate = CosineDecay(recipe.learning_rate, steps)
    path.parent.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    history = model.fit(
        *train,
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        initial_epoch=done,
        validation_data=test,
        callbacks=[ModelCheckpoint(path)],  # what --resume goes on from
    )
    seconds = time.perf_counter() - start
    _table(history)
    correct = model.predict(test[0], verbose=0).argmax(axis=1) == test[1]
    print(
        f"\ntest accuracy {correct.mean():.2%} ({correct.sum():,} of {len(correct):,} images), "
        f"trained in {seconds:.1f} s"
    )
    print(f"saved {path}")
    if not options.no_pictures:
        _pictures(model, history, path)


def _recipe(options):
    recipe = RECIPES[options.name]
    given = {
        field: value
        for field in ("data", "epochs", "batch_size", "optimizer", "learning_rate")
        if (value := getattr(options, field)) is not None
    }
    recipe = recipe._replace(**given)
    for field in ("epochs", "batch_size"):
        if getattr(recipe, field) < 1:
            raise ValueError(f"{field} must be at least 1, got {getattr(recipe, field)}")
    return recipe


def _model(options, recipe, path):
    """``(model, epochs done)``: the saved one with --resume, else a new one."""
    from .. import optimizers
    from ..models.saving import load_model

    if options.resume:
        model = load_model(path)
        return model, model.epochs_done
    model = build(options.name, SHIFTS[recipe.data])
    optimizer = optimizers.get(recipe.optimizer)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, 0


def _say(name, recipe, train, test):
    print(
        f"{name} on {recipe.data}: {len(train[0]):,} training and {len(test[0]):,} test images, "
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

    kernel = next(layer.kernel for layer in model.layers if hasattr(layer, "kernel"))
    for figure, what in (
        (plot_history, (history, path.with_name(f"{path.stem}-curves.png"))),
        (plot_filters, (kernel.value, path.with_name(f"{path.stem}-filters.png"))),
    ):
        figure(what[0], path=what[1])
        print(f"saved {what[1]}")
