"""Images that lie in folders, one folder a class."""

import os
from pathlib import Path

from ...utils.image_utils import EXTENSIONS


def class_folders(op, directory, classes=None):
    """``(names, folders)`` of classes: those given, else every folder not hidden, sorted.

    Raises
    ------
    NotADirectoryError
        If ``directory`` or the folder of a class is none.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise NotADirectoryError(f"{op}: directory must be a folder, got {str(directory)!r}")
    found = (path.name for path in directory.iterdir() if path.is_dir())
    names = list(classes or sorted(name for name in found if not name.startswith(".")))
    folders = [directory / name for name in names]
    for name, folder in zip(names, folders):
        if not folder.is_dir():
            raise NotADirectoryError(f"{op}: class {name!r} must be a folder in {str(directory)!r}")
    return names, folders


def image_files(folder, follow_links=False):
    """Paths of the images in a folder and those inside it, sorted.

    Whether a file is an image is told by its name; :func:`load_img` refuses those that are not.
    """
    found = []
    for root, _, names in sorted(os.walk(folder, followlinks=follow_links)):
        found += [Path(root, name) for name in sorted(names) if name.lower().endswith(EXTENSIONS)]
    return found
