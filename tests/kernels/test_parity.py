"""The mirror: every telling offers the same functions, parameters and defaults, documented."""

import importlib
import inspect
import re

import pytest

import minicnn_kernels
from minicnn_kernels.backend import NAMES
from minicnn_kernels.operations import OPERATIONS, home

CASES = [(operation, name) for operation, names in OPERATIONS.items() for name in names]


def module(telling, operation):
    return importlib.import_module(f"minicnn_kernels.{telling}.{operation}")


def public_functions(telling, operation):
    file = module(telling, operation)
    return {
        name
        for name, value in vars(file).items()
        if not name.startswith("_")
        and callable(value)
        and getattr(value, "__module__", "") == file.__name__
    }


@pytest.mark.parametrize("telling", NAMES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_file_offers_exactly_its_operations_functions(telling, operation):
    assert public_functions(telling, operation) == set(OPERATIONS[operation])


@pytest.mark.parametrize(("operation", "name"), CASES)
def test_parameters_and_defaults_are_the_same(operation, name):
    signatures = {str(inspect.signature(getattr(module(t, operation), name))) for t in NAMES}
    assert len(signatures) == 1, signatures


@pytest.mark.parametrize(("operation", "name"), CASES)
def test_outputs_come_first(operation, name):
    parameters = list(inspect.signature(getattr(module("reference", operation), name)).parameters)
    first = parameters[0]
    if name.endswith("_update"):
        assert first == "w"
    elif "backward" in name:
        assert re.fullmatch(r"d[a-z]+", first), first
    else:
        assert first in ("y", "loss"), first


@pytest.mark.parametrize("telling", NAMES)
@pytest.mark.parametrize(("operation", "name"), CASES)
def test_docstrings_name_every_parameter(telling, operation, name):
    function = getattr(module(telling, operation), name)
    documentation = inspect.getdoc(function) or ""
    parameters = list(inspect.signature(function).parameters)
    if "Parameters\n---" not in documentation:  # operands as the module's formula names them
        assert re.search(rf"\b{parameters[0]}\b", documentation), f"{parameters[0]} is not told"
        return
    section = documentation.split("Parameters\n", 1)[1]
    section = re.split(r"\n\n\w+\n---", section)[0]
    described = []
    for line in section.splitlines():
        if line and not line.startswith((" ", "-")):
            described.extend(re.split(r",\s*", line.split(" : ")[0].strip()))
    assert sorted(described) == sorted(parameters)


@pytest.mark.parametrize("telling", NAMES)
def test_packages_resolve_names_lazily(telling):
    package = importlib.import_module(f"minicnn_kernels.{telling}")
    for operation, name in CASES:
        assert getattr(package, name) is getattr(module(telling, operation), name)
        assert home(name) == operation
    with pytest.raises(AttributeError, match="no operation offers 'conv5d_forward'"):
        _ = package.conv5d_forward


def test_no_operation_is_named_twice():
    names = [name for _, name in CASES]
    assert len(names) == len(set(names))
    assert minicnn_kernels.__doc__
