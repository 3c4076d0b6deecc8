"""The house itself: directions of imports, cheap imports, docstrings that run, public names."""

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import minicnn
import minicnn_kernels


def modules(package):
    yield package.__name__
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            yield module.name


MODULES = [*modules(minicnn), *modules(minicnn_kernels)]

HEAVY = ("numba", "scipy", "tqdm", "h5py", "sklearn", "matplotlib", "PIL", "pooch", "onnx")


def test_importing_minicnn_loads_nothing_heavy():
    code = (
        "import sys, minicnn, minicnn.layers, minicnn.models, minicnn.datasets\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("name", MODULES)
def test_module_says_what_it_is_and_its_examples_run(name):
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} has no docstring"
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


@pytest.mark.parametrize("name", minicnn.__all__)
def test_public_name_exists(name):
    assert getattr(minicnn, name) is not None


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'conv5d'"):
        _ = minicnn.conv5d


def public_things():
    for name in MODULES:
        if name.startswith("minicnn."):
            module = importlib.import_module(name)
            for key, thing in vars(module).items():
                if not key.startswith("_") and getattr(thing, "__module__", None) == name:
                    yield f"{name}.{key}", thing


def test_every_public_class_and_function_has_a_docstring():
    missing = [
        name
        for name, thing in public_things()
        if callable(thing) and isinstance(thing, type | type(lambda: 0)) and not thing.__doc__
    ]
    assert missing == []
