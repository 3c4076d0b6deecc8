"""The record that ``fit`` returns, and the one written to a file."""

import csv

from .base import Callback, registry


@registry.register()
class History(Callback):
    """What each epoch ended with.

    Attributes
    ----------
    epoch : list of int
    history : dict of list
        For every name in the logs, its value after each epoch.
    """

    def on_train_begin(self, logs=None):
        self.epoch, self.history = [], {}

    def on_epoch_end(self, epoch, logs=None):
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)


@registry.register()
class CSVLogger(Callback):
    """Writes one row an epoch to a CSV file.

    Parameters
    ----------
    filename : path
    separator : str
    append : bool
        Go on with a file that is there; by default it is begun anew.
    """

    def __init__(self, filename, separator=",", append=False):
        super().__init__()
        self.filename, self.separator, self.append = filename, separator, append
        self._file = self._writer = None

    def on_train_begin(self, logs=None):
        # Open for the whole run (each row is flushed), so "with" has no place here.
        self._file = open(  # noqa: SIM115
            self.filename, "a" if self.append else "w", newline="", encoding="utf-8"
        )
        self._writer = None

    def on_epoch_end(self, epoch, logs=None):
        if self._writer is None:
            self._names = ["epoch", *logs]
            self._writer = csv.writer(self._file, delimiter=self.separator)
            if not self._file.tell():
                self._writer.writerow(self._names)
        # A name that comes later (validation not every epoch) has no column; a missing one is NA.
        row = {"epoch": epoch, **logs}
        self._writer.writerow([row.get(name, "NA") for name in self._names])
        self._file.flush()

    def on_train_end(self, logs=None):
        self._file.close()
