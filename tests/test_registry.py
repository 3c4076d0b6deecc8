"""Names become code through tables only: the library's, and those the caller vouches for."""

import pytest

from minicnn.registry import (
    Registry,
    custom_object_scope,
    custom_objects,
    register_keras_serializable,
)


@pytest.fixture
def registry():
    table = Registry("fruit")

    @table.register("Malus")
    class AppleTree:
        pass

    return table


def test_own_name_snake_case_and_alias(registry):
    found = registry.find("AppleTree")
    assert registry.find("apple_tree") is found
    assert registry.find("Malus") is found
    assert "Malus" in registry and "Pear" not in registry


@pytest.mark.parametrize("name", ["os.system", "Applé", None, 3, ["a"], {"a": 1}])
def test_other_names_are_refused(registry, name):
    with pytest.raises(ValueError, match="fruit: no fruit is called"):
        registry.find(name)


def test_a_near_name_is_suggested(registry):
    with pytest.raises(
        ValueError, match="no fruit is called 'AppelTree'; did you mean 'AppleTree'"
    ):
        registry.find("AppelTree")


def test_custom_objects_are_known_inside_the_block_only(registry):
    with custom_object_scope({"Pear": int}), custom_object_scope({"Plum": str}):
        assert registry.find("Pear") is int
        assert registry.find("Plum") is str
        assert custom_objects() == {"Pear": int, "Plum": str}
    assert custom_objects() == {}
    with pytest.raises(ValueError, match="no fruit is called 'Pear'"):
        registry.find("Pear")


def test_custom_objects_come_before_the_librarys(registry):
    with custom_object_scope({"AppleTree": int}):
        assert registry.find("AppleTree") is int


def test_registered_classes_are_known_by_package_and_name(registry):
    @register_keras_serializable("orchard", "Quince")
    class Tree:
        pass

    assert registry.find("Quince") is Tree
    assert registry.find("orchard>Quince") is Tree
    assert "Quince" in registry
