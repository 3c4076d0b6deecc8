"""One file from the internet, downloaded once: Keras' ``get_file``."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..io import download


def get_file(
    fname=None,
    origin=None,
    md5_hash=None,
    file_hash=None,
    cache_subdir="datasets",
    hash_algorithm="auto",
    cache_dir=None,
):
    """The path of a file that is downloaded if it is not in the cache with the right hash.

    Parameters
    ----------
    fname : str, optional
        Name in the cache; the last part of ``origin`` if not given.
    origin : str
        Its http or https address.
    md5_hash : str, optional
        MD5, as Keras' older argument.
    file_hash : str, optional
        Hexadecimal hash; without one, whatever comes is trusted.
    cache_subdir : str
        Folder inside the cache.
    hash_algorithm : str
        ``"sha256"``, ``"md5"``, or ``"auto"``, which tells them by their length.
    cache_dir : path, optional
        The cache: ``$MINICNN_CACHE``, else ``minicnn`` in the system's folder for caches.

    Returns
    -------
    str

    Raises
    ------
    ConnectionError
        If the address does not answer.
    FormatError
        If what came has another hash.
    """
    if not isinstance(origin, str):
        raise TypeError(f"get_file: origin must be an address, got {origin!r}")
    if hash_algorithm not in ("auto", "sha256", "md5"):
        raise ValueError(
            f"get_file: hash_algorithm must be 'auto', 'sha256' or 'md5', got {hash_algorithm!r}"
        )
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    if file_hash is not None:
        if hash_algorithm == "auto":
            hash_algorithm = "sha256" if len(file_hash) == 64 else "md5"
        file_hash = f"{hash_algorithm}:{file_hash}"
    name = unquote(urlsplit(origin).path).rpartition("/")[2] if fname is None else str(fname)
    folder = (download.cache_folder() if cache_dir is None else Path(cache_dir)) / cache_subdir
    return str(download.fetch([origin], folder, name, file_hash))
