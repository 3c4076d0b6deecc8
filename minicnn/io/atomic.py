"""Files that are there whole or not at all, also when the power fails.

The new content goes into a file beside the old one, is flushed to the disk, and takes the name in
one step (``rename(2)``); then the folder is flushed too. Every writer of the library goes through
here.
"""

import contextlib
import errno
import os
import secrets
from pathlib import Path


@contextlib.contextmanager
def replacing(path):
    """A new, empty file beside ``path`` that takes its name if the block ends well.

    Parameters
    ----------
    path : path
        File to write or to replace. A symbolic link is followed; an existing file's permissions
        are kept. The folder must exist.

    Yields
    ------
    pathlib.Path
        The file to fill, for writers that want a name (HDF5). After an error it is removed and
        ``path`` is what it was.
    """
    path = Path(os.path.realpath(path))
    aside = _create_beside(path)
    try:
        yield aside
        _flush(aside, os.O_RDWR)
        os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            aside.unlink()
        raise
    _flush_folder(path.parent)


@contextlib.contextmanager
def writing(path):
    """A binary file object whose content replaces ``path`` if the block ends well."""
    with replacing(path) as aside, open(aside, "wb") as file:
        yield file


def write_bytes(path, data):
    """Replace the content of ``path`` by ``data``."""
    with writing(path) as file:
        file.write(data)


def write_text(path, text):
    """Replace the content of ``path`` by ``text`` in UTF-8."""
    write_bytes(path, text.encode())


def _create_beside(path):
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "cannot write a file, this is a folder", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder to write into", str(path.parent))
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666
    # The name does not grow with path's: a name of the greatest length must stay writable.
    aside = path.with_name(f".{secrets.token_hex(8)}.tmp")
    os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
    if path.exists():
        aside.chmod(mode)  # what the umask took from the mode above
    return aside


def _flush(path, flags):
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_folder(folder):
    # Windows cannot open a folder, and some network file systems cannot flush one.
    with contextlib.suppress(OSError):
        _flush(folder, os.O_RDONLY)
