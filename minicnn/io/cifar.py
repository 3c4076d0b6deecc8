"""CIFAR-10's binary version: records of a label and three planes of 32 x 32 pixels.

``label | 1024 red | 1024 green | 1024 blue`` (https://www.cs.toronto.edu/~kriz/cifar.html). The
Python version of the data set is pickled and therefore never read.
"""

import tarfile

import numpy as np

from ..errors import FormatError
from . import compressed

RECORD = 1 + 3 * 32 * 32
_LABELS = 10
_LARGEST_BATCH = 10_000  # records
_FOLDER = "cifar-10-batches-bin"
_TRAIN = tuple(f"data_batch_{n}.bin" for n in range(1, 6))
_TEST = "test_batch.bin"
_LARGEST_ARCHIVE = 256 * 2**20  # unpacked; the published one holds 184 MB


def read_cifar10_batch(path):
    """Images ``[N, 32, 32, 3]`` and labels ``[N]``, both uint8, of one ``.bin`` file.

    Raises
    ------
    FormatError
        If the file is not a whole number of records, at least 1 and at most 10,000, or a label is
        over 9.
    """
    with open(path, "rb") as file:
        return _decode(file.read(_LARGEST_BATCH * RECORD + 1), path, None)


def read_cifar10_folder(folder):
    """``(x_train, y_train), (x_test, y_test)`` of the six ``.bin`` files in ``folder``."""
    return _split({name: read_cifar10_batch(folder / name) for name in (*_TRAIN, _TEST)})


def read_cifar10_archive(path):
    """``(x_train, y_train), (x_test, y_test)`` from ``cifar-10-binary.tar.gz``.

    Nothing is unpacked to the disk: the six members are read by name, each once and each a regular
    file, whatever else the archive names.

    Raises
    ------
    FormatError
        As :func:`read_cifar10_batch`; if a member is missing, twice there or a link; if the
        archive is damaged or unpacks to more than 256 MiB.
    """
    batches = {}
    with compressed.opened(path) as file:
        stream = _Bounded(file, path)
        try:
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for member in archive:
                    name = member.name.removeprefix(f"{_FOLDER}/")
                    if name in (*_TRAIN, _TEST):
                        if name in batches:
                            raise FormatError("is there twice", path, key=member.name)
                        batches[name] = _member(archive, member, path)
        except (tarfile.TarError, EOFError) as error:
            raise FormatError(f"damaged tar archive: {error}", path, stream.offset) from None
    for name in (*_TRAIN, _TEST):
        if name not in batches:
            raise FormatError("is missing", path, key=f"{_FOLDER}/{name}")
    return _split(batches)


def _member(archive, member, path):
    if not member.isreg() or member.issparse():
        raise FormatError("must be a regular file", path, key=member.name)
    if member.size > _LARGEST_BATCH * RECORD:
        raise FormatError(f"is too large, {member.size:,} bytes", path, key=member.name)
    return _decode(archive.extractfile(member).read(), path, member.name)


def _decode(content, path, key):
    count, rest = divmod(len(content), RECORD)
    if rest or not 1 <= count <= _LARGEST_BATCH:
        raise FormatError(
            f"must be 1 to {_LARGEST_BATCH:,} records of {RECORD} bytes, "
            + ("got more" if count >= _LARGEST_BATCH else f"got {len(content):,} bytes"),
            path,
            offset=count * RECORD,
            key=key,
        )
    records = np.frombuffer(content, np.uint8).reshape(count, RECORD)
    labels = records[:, 0].copy()
    if labels.max() >= _LABELS:
        first = int(np.argmax(labels >= _LABELS))
        raise FormatError(
            f"label must be below {_LABELS}, got {labels[first]}", path, first * RECORD, key
        )
    planes = records[:, 1:].reshape(count, 3, 32, 32)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels


def _split(batches):
    images, labels = zip(*(batches[name] for name in _TRAIN))
    return (np.concatenate(images), np.concatenate(labels)), batches[_TEST]


class _Bounded:
    """A stream that refuses to go on after ``_LARGEST_ARCHIVE`` bytes: no bomb goes off in it."""

    def __init__(self, file, path):
        self.file, self.path, self.offset = file, path, 0

    def read(self, count):
        content = compressed.read(self.file, min(count, _LARGEST_ARCHIVE + 1), self.path)
        self.offset += len(content)
        if self.offset > _LARGEST_ARCHIVE:
            raise FormatError(f"unpacks to more than {_LARGEST_ARCHIVE:,} bytes", self.path)
        return content
