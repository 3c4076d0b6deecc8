"""A backup of the run, so that what interrupts it costs little."""

import os
import warnings
from pathlib import Path

from ..errors import FormatError
from .base import Callback, registry


@registry.register()
class BackupAndRestore(Callback):
    """Keeps a backup while :meth:`~minicnn.Model.fit` runs; the next ``fit`` goes on from it.

    Trained on arrays or a sequence, the run that was interrupted ends with the bits of one that
    was not, also in the middle of an epoch: weights, optimizer, metrics, the order of the batches
    and every random stream are part of the backup. The model is built and compiled as before,
    and ``fit`` called with the same arguments. What other callbacks remember, and what a generator
    or shuffled dataset gives out next, is not part of it. Stand it last among the callbacks.

    Parameters
    ----------
    backup_dir : path
        Folder for the backup, made if it is missing; one run, one folder.
    save_freq : "epoch" or int
        Every epoch, or every so many batches.
    double_checkpoint : bool
        Keep the backup before the last one too, and take it where the last one is damaged.
    delete_checkpoint : bool
        Remove the backup when the run has ended.

    Raises
    ------
    ValueError
        For a wrong setting.
    FormatError
        From ``fit``, for a backup that is damaged or of another model; the model stays as it was.
    """

    def __init__(
        self, backup_dir, save_freq="epoch", double_checkpoint=False, delete_checkpoint=True
    ):
        super().__init__()
        if not os.fspath(backup_dir):
            raise ValueError("BackupAndRestore: backup_dir must not be empty")
        if save_freq != "epoch" and (
            isinstance(save_freq, bool) or not isinstance(save_freq, int) or save_freq < 1
        ):
            raise ValueError(
                "BackupAndRestore: save_freq must be 'epoch' or a number of batches, "
                f"got {save_freq!r}"
            )
        self.backup_dir, self.save_freq = Path(backup_dir), save_freq
        self.double_checkpoint = bool(double_checkpoint)
        self.delete_checkpoint = bool(delete_checkpoint)
        self._last = self.backup_dir / "last.minicnn"
        self._previous = self.backup_dir / "previous.minicnn"
        self._epoch = self._batches = 0

    def on_train_begin(self, logs=None):
        self._batches = 0
        kept = [path for path in (self._last, self._previous) if path.is_file()]
        for path in kept:
            try:
                return self.model.read_backup(path)
            except FormatError as error:
                if not self.double_checkpoint or path is kept[-1]:
                    raise
                warnings.warn(f"BackupAndRestore: {error}; takes the one before", stacklevel=2)
        return None

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.save_freq == "epoch":
            return
        self._batches += 1
        if self._batches >= self.save_freq:
            self._batches = 0
            self._save(self._epoch, batch + 1)

    def on_epoch_end(self, epoch, logs=None):
        if self.save_freq == "epoch":
            self._save(epoch + 1, 0)

    def on_train_end(self, logs=None):
        if self.delete_checkpoint:
            for path in (self._last, self._previous):
                path.unlink(missing_ok=True)
            if self.backup_dir.is_dir() and not any(self.backup_dir.iterdir()):
                self.backup_dir.rmdir()

    def _save(self, epoch, batch):
        self.backup_dir.mkdir(parents=True, exist_ok=True)
        if self.double_checkpoint and self._last.exists():
            os.replace(self._last, self._previous)
        self.model.write_backup(self._last, epoch, batch)
