"""Packages that only some features need: imported when first used, missed in one line."""

import importlib


def load(module, extra, feature):
    """The imported ``module``, e.g. ``load("h5py", "keras", "load_model")``.

    Parameters
    ----------
    module : str
        Name to import, dots allowed.
    extra : str
        MiniCNN's extra that installs it.
    feature : str
        What needs it, for the message.

    Raises
    ------
    ModuleNotFoundError
        If it is not installed; the message is the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise  # the package is there, something that it needs is not
        raise ModuleNotFoundError(
            f'{feature}: needs {package}, which is not installed; pip install "minicnn[{extra}]"',
            name=error.name,
        ) from None
