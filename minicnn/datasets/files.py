"""Where the files of a data set lie: in the user's own folder, or in the cache."""

import os
from pathlib import Path

from ..io import download


def own_folder(dataset):
    """The folder ``$MINICNN_DATA/<dataset>`` if there is one, else ``None``.

    Raises
    ------
    NotADirectoryError
        If ``MINICNN_DATA`` is set to what is no folder.
    """
    named = os.environ.get("MINICNN_DATA")
    if not named:
        return None
    if not Path(named).is_dir():
        raise NotADirectoryError(f"MINICNN_DATA: must name a folder, got {named!r}")
    folder = Path(named) / dataset
    return folder if folder.is_dir() else None


def own_file(dataset, *names):
    """The first of ``names`` that is in the user's own folder, else ``None``."""
    folder = own_folder(dataset)
    for name in names if folder else ():
        if (folder / name).is_file():
            return folder / name
    return None


def cached_file(dataset, name, mirrors, sha256):
    """The file in the cache, downloaded from one of ``mirrors`` (addresses of folders) once."""
    return download.fetch(
        [f"{mirror}/{name}" for mirror in mirrors],
        download.cache_folder() / "datasets" / dataset,
        name,
        f"sha256:{sha256}",
    )
