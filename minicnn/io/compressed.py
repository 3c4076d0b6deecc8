"""Reading files whose size is not to be trusted: plain or gzip, never more than asked for."""

import contextlib
import gzip
import zlib
from pathlib import Path

from ..errors import FormatError

# DEFLATE codes at best 258 bytes in two bits: no honest file unpacks to more than this.
_LARGEST_RATIO = 1032


@contextlib.contextmanager
def opened(path):
    """A binary file object of the content of ``path``, decompressed if its magic is gzip's."""
    with open(path, "rb") as file:
        if file.peek(2)[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield unpacked
        else:
            yield file


def largest_content(path):
    """Upper bound of the bytes that the content of ``path`` can have, from the file's own size."""
    return Path(path).stat().st_size * _LARGEST_RATIO


def read(file, count, path):
    """Up to ``count`` bytes from ``file``; damaged compression is a :class:`FormatError`."""
    offset = file.tell()
    try:
        return file.read(count)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FormatError(f"damaged gzip data after this: {error}", path, offset) from None
