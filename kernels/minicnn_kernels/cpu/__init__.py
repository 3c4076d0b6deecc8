"""Numba: the same operations at the speed of the machine."""

from importlib import import_module

from ..operations import home


def __getattr__(name):
    # An operation's file is loaded when the first of its functions is asked for.
    if name.startswith("__"):
        raise AttributeError(name)
    function = getattr(import_module(f"{__name__}.{home(name)}"), name)
    globals()[name] = function
    return function
