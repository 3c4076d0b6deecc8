"""Optional packages are missed in one line that says how to get them."""

import sys

import pytest

from minicnn import extras


def test_loads_what_is_there():
    assert extras.load("os.path", "data", "test") is sys.modules["os.path"]


def test_missing_package_names_feature_and_command():
    with pytest.raises(ModuleNotFoundError) as caught:
        extras.load("minicnn_has_no_such_package.part", "plot", "plotting.filters")
    assert str(caught.value) == (
        "plotting.filters: needs minicnn_has_no_such_package, which is not installed; "
        'pip install "minicnn[plot]"'
    )


def test_a_package_that_is_there_but_broken_speaks_for_itself(tmp_path, monkeypatch):
    (tmp_path / "minicnn_broken_package.py").write_text("import minicnn_has_no_such_package")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="No module named 'minicnn_has_no_such_package'"):
        extras.load("minicnn_broken_package", "plot", "plotting.filters")
