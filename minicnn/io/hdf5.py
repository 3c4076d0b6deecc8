"""HDF5 files that nobody vouches for, read through h5py: plain groups, attributes and arrays.

A link may lead out of the file (external), elsewhere in it (soft), a dataset may be put together
from other files (virtual) or promise more than is stored: all are refused before anything is
followed or allocated.
"""

import contextlib
import math
import os

import numpy as np

from ..errors import FormatError
from ..extras import load
from . import atomic

SIGNATURE = b"\x89HDF\r\n\x1a\n"

# Weights hardly compress; an array that grows more than this when it is unpacked is a bomb.
_MAX_RATIO = 100
_SMALL = 1 << 16

# An attribute's room in HDF5; longer lists of names are split over several.
_ATTRIBUTE_LIMIT = 64000


def is_hdf5(path):
    """Whether the file begins as HDF5 files do."""
    with open(path, "rb") as file:
        return file.read(len(SIGNATURE)) == SIGNATURE


@contextlib.contextmanager
def reading(path, feature="load_model", name=None):
    """The root :class:`Group` of a file.

    Parameters
    ----------
    path : path, or binary file object
    feature : str
        Named in the message if h5py is not installed.
    name : str, optional
        Of the file in messages; default ``path``.

    Raises
    ------
    FormatError
        If it is no HDF5 file, or HDF5 finds it damaged while the block reads.
    ModuleNotFoundError
        If h5py is not installed.
    """
    h5py = load("h5py", "keras", feature)
    name = path if name is None else name
    try:
        with h5py.File(path, "r") as file:
            size = file.id.get_filesize()
            yield Group(file, name, size, h5py)
    except (FormatError, FileNotFoundError):
        raise
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
        raise FormatError(f"is no readable HDF5 file, {error}", name) from error


@contextlib.contextmanager
def writing(path, feature="save_model"):
    """A new h5py file that replaces ``path`` if the block ends well."""
    h5py = load("h5py", "keras", feature)
    with atomic.replacing(path) as aside, h5py.File(os.fspath(aside), "w") as file:
        yield file


def write_names(group, attribute, names):
    """Store a list of names as Keras does: bytes, over several attributes where one is too small.

    Parameters
    ----------
    group : h5py.Group
    attribute : str
    names : list of str
    """
    data = np.array([name.encode() for name in names]) if names else np.array([])
    pieces = 1
    while any(part.nbytes > _ATTRIBUTE_LIMIT for part in np.array_split(data, pieces)):
        pieces += 1
    for index, part in enumerate(np.array_split(data, pieces)):
        group.attrs[attribute if pieces == 1 else f"{attribute}{index}"] = part


class Group:
    """A group of an open file, of which only what is safe can be reached."""

    def __init__(self, group, file, size, h5py):
        self._group, self.file, self._size, self._h5py = group, file, size, h5py

    @property
    def key(self):
        """Path inside the file."""
        return self._group.name

    def names(self):
        """Names of what the group holds, sorted."""
        return sorted(self._group)

    def __contains__(self, name):
        return name in self._group

    def group(self, path):
        """The group at ``path`` (components divided by slashes)."""
        found = self._follow(path)
        if not isinstance(found, self._h5py.Group):
            raise FormatError("must be a group", self.file, key=found.name)
        return Group(found, self.file, self._size, self._h5py)

    def is_group(self, name):
        """Whether ``name`` is there and is a group."""
        return name in self._group and isinstance(self._follow(name), self._h5py.Group)

    def array(self, path):
        """The :class:`Array` at ``path``, checked but not read yet."""
        found = self._follow(path)
        if not isinstance(found, self._h5py.Dataset):
            raise FormatError("must be an array", self.file, key=found.name)
        return Array(found, self.file, self._size)

    def text(self, attribute):
        """A text attribute, ``None`` if it is absent."""
        value = self._attribute(attribute)
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value.item()
        if value is None or isinstance(value, str):
            return value
        if not isinstance(value, bytes):
            raise FormatError("must be text", self.file, key=f"{self.key}@{attribute}")
        return value.decode()

    def text_list(self, attribute):
        """A list of names, also where it is split over ``attribute0``, ``attribute1`` ..."""
        if attribute in self._group.attrs:
            return self._names(attribute)
        names, index = [], 0
        while f"{attribute}{index}" in self._group.attrs:
            names += self._names(f"{attribute}{index}")
            index += 1
        if index == 0:
            raise FormatError("is missing", self.file, key=f"{self.key}@{attribute}")
        return names

    def _names(self, attribute):
        value = np.asarray(self._attribute(attribute))
        if value.size == 0:
            return []
        names = [item.decode() if isinstance(item, bytes) else item for item in value.tolist()]
        if value.ndim != 1 or not all(isinstance(name, str) for name in names):
            raise FormatError("must be a list of names", self.file, key=f"{self.key}@{attribute}")
        return names

    def _attribute(self, attribute):
        attributes, key = self._group.attrs, f"{self.key}@{attribute}"
        if attribute not in attributes:
            return None
        kind = attributes.get_id(attribute)
        if kind.dtype.kind not in "SOfiu" or (
            kind.dtype.kind == "O" and self._h5py.check_string_dtype(kind.dtype) is None
        ):
            raise FormatError(f"must be text, got {kind.dtype}", self.file, key=key)
        if math.prod(kind.shape) * kind.dtype.itemsize > self._size:
            raise FormatError("promises more than the file holds", self.file, key=key)
        return attributes[attribute]

    def _follow(self, path):
        """What stands at ``path``; every step must be a hard link."""
        found, key = self._group, self.key.rstrip("/")
        for name in path.split("/"):
            key = f"{key}/{name}"
            if name in ("", ".", "..") or not isinstance(found, self._h5py.Group):
                raise FormatError("is no path to follow", self.file, key=key)
            link = found.get(name, getlink=True)
            if link is None:
                raise FormatError("is missing", self.file, key=key)
            if type(link) is not self._h5py.HardLink:
                raise FormatError(
                    f"is a link that is not followed, {type(link).__name__}", self.file, key=key
                )
            found = found[name]
        return found


class Array:
    """A stored array: its shape is known, its values are read by :meth:`read`.

    Attributes
    ----------
    shape : tuple of int
    dtype : dtype
    key : str
    """

    def __init__(self, dataset, file, size):
        self._dataset, self.file = dataset, file
        self.key, self.shape, self.dtype = dataset.name, dataset.shape, dataset.dtype
        self._check(size)

    @property
    def size(self):
        """Number of elements."""
        return math.prod(self.shape)

    def read(self):
        """The values, as an array."""
        return self._dataset[()]

    def _check(self, file_size):
        dataset = self._dataset
        if self.shape is None or self.dtype.kind not in "fiu" or self.dtype.itemsize > 8:
            self._refuse(f"must hold real numbers, got {self.dtype}")
        if dataset.is_virtual or dataset.external:
            self._refuse("keeps its values in other places, which are not read")
        needed = self.size * self.dtype.itemsize
        stored = min(dataset.id.get_storage_size(), file_size)
        unpacked = max(_SMALL, _MAX_RATIO * stored) if _is_packed(dataset) and stored else stored
        if needed > unpacked:
            self._refuse(f"shape {self.shape} takes {needed} bytes, the file holds {stored}")

    def _refuse(self, message):
        raise FormatError(message, self.file, key=self.key)


def _is_packed(dataset):
    return dataset.id.get_create_plist().get_nfilters() > 0
