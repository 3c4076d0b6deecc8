"""Files from the internet: fetched once into the user's cache, checked against a known hash."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from .. import extras
from ..errors import FormatError

_SECONDS_TO_CONNECT = 30


def cache_folder():
    """``$MINICNN_CACHE``, else ``minicnn`` in the system's folder for caches."""
    named = os.environ.get("MINICNN_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".cache") / "minicnn"


def fetch(urls, folder, name, known_hash):
    """The path of ``folder/name``, downloaded if it is not there with the right hash.

    Parameters
    ----------
    urls : sequence of str
        The same file in several places, tried in turn; http or https.
    folder : path
        Made if it is missing.
    name : str
        A plain file name.
    known_hash : str or None
        ``"sha256:..."``, ``"md5:..."`` or any other of hashlib's; ``None`` trusts what comes.

    Raises
    ------
    ConnectionError
        If no address answers; one line that says where to put the file by hand.
    FormatError
        If what came has another hash.
    """
    if not name or Path(name).name != name:
        raise ValueError(f"download: name must be a plain file name, got {name!r}")
    for url in urls:
        if urlsplit(url).scheme not in ("http", "https"):
            raise ValueError(f"download: address must be http or https, got {url!r}")
    pooch = extras.load("pooch", "data", "download")
    requests = extras.load("requests", "data", "download")
    failures = []
    for url in urls:
        downloader = pooch.HTTPDownloader(progressbar=True, timeout=_SECONDS_TO_CONNECT)
        try:
            return Path(pooch.retrieve(url, known_hash, name, folder, downloader=downloader))
        except ValueError as error:
            raise FormatError(f"{url} sent another file: {error}", Path(folder) / name) from None
        except requests.RequestException as error:
            failures.append(f"{url} ({type(error).__name__})")
    raise ConnectionError(
        f"download: cannot reach {' or '.join(failures)}; "
        f"with the file from elsewhere as {Path(folder) / name} no network is needed"
    )
