"""What compiling costs: a line on the screen the first time, and a ledger beside the cache.

Each compiled kernel adds one line of JSON to the ledger in one write to the end of the file, so
that processes which compile at the same time never mix their lines.
"""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from time import thread_time
from typing import NamedTuple

from numba.core import event, types

LEDGER = "compiled.jsonl"


class Compiled(NamedTuple):
    """A kernel in the cache: its name and argument types, CPU seconds to compile, its file."""

    kernel: str
    arguments: str
    seconds: float
    file: Path

    @property
    def size(self):
        """Bytes of machine code on disk."""
        return self.file.stat().st_size


class _Compilations(event.Listener):
    """Hears of every compilation; Numba's compiler lock lets in one thread at a time."""

    def __init__(self, folder):
        self.folder = folder
        self.said = False
        self.running = []  # of nested compilations: [start, seconds of those within]

    def on_start(self, event):
        if not self.said and _is_ours(event.data["dispatcher"]):
            self.said = True
            print(
                f"MiniCNN: compiling kernels for this CPU, once (kept in {self.folder}) ...",
                file=sys.stderr,
                flush=True,
            )
        self.running.append([thread_time(), 0.0])

    def on_end(self, event):
        start, within = self.running.pop()
        seconds = thread_time() - start
        dispatcher, arguments = event.data["dispatcher"], event.data["args"]
        file = _next_file(dispatcher)
        if file is None or not _is_ours(dispatcher):
            return  # its time counts where it is compiled into
        if self.running:
            self.running[-1][1] += seconds
        if arguments in dispatcher.overloads:  # else it failed, to be tried with other types
            self._write(dispatcher, arguments, seconds - within, file)

    def _write(self, dispatcher, arguments, seconds, file):
        function = dispatcher.py_func
        entry = {
            "kernel": f"{function.__module__.rpartition('.')[2]}.{function.__name__}",
            "arguments": ", ".join(map(_short, arguments)),
            "seconds": round(seconds, 3),
            "file": os.path.relpath(file, self.folder),
        }
        with suppress(OSError):  # without a ledger kernels run as well
            _append(self.folder / LEDGER, json.dumps(entry) + "\n")


def _append(path, line):
    handle = os.open(path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o644)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


def _is_ours(dispatcher):
    return (dispatcher.py_func.__module__ or "").startswith(__package__ + ".")


def _next_file(dispatcher):
    """The file that Numba will keep the machine code in, by its own rule; None without a cache."""
    cache = getattr(dispatcher._cache, "_cache_file", None)
    if cache is None:
        return None
    taken, number = set(cache._load_index().values()), 1
    while cache._data_name(number) in taken:
        number += 1
    return cache._data_path(cache._data_name(number))


def _short(kind):
    """A Numba type in a few letters: tables and plans are records of 20 fields."""
    if isinstance(kind, types.Array):
        return f"{_short(kind.dtype)}[{kind.ndim}]"
    if isinstance(kind, types.Record):
        return "record"
    if isinstance(kind, types.BaseTuple):
        return f"({', '.join(map(_short, kind))})"
    return str(kind)


def listen(folder):
    """Keep the ledger of ``folder`` from now on."""
    event.register("numba:compile", _Compilations(folder))


def ledger(folder):
    """Every kernel of the cache ``folder`` whose compilation was recorded, the slowest first.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    list of Compiled
        Without kernels whose files are gone; of several entries for a file the last counts.
    """
    path, entries = folder / LEDGER, {}
    for line in path.read_text().splitlines() if path.is_file() else []:
        with suppress(ValueError, KeyError, TypeError):
            entry = json.loads(line)
            file = folder / entry["file"]
            found = Compiled(entry["kernel"], entry["arguments"], float(entry["seconds"]), file)
            entries[file] = found
    kept = [entry for entry in entries.values() if entry.file.is_file()]
    return sorted(kept, key=lambda entry: -entry.seconds)
