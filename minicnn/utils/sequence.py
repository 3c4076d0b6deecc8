"""Batches by number: Keras' ``Sequence``, called ``PyDataset`` since Keras 3."""

from abc import ABC, abstractmethod


class PyDataset(ABC):
    """A data set that gives its batches by number; to subclass.

    Define ``__len__`` (how many batches) and ``__getitem__`` (batch number ``index``: ``x``,
    ``(x, y)`` or ``(x, y, sample_weight)``); ``on_epoch_end`` if the order should change.

    Parameters
    ----------
    workers, use_multiprocessing, max_queue_size
        Kept for programs written for Keras, which read them; batches are made in order.

    >>> class Squares(PyDataset):
    ...     def __len__(self):
    ...         return 3
    ...
    ...     def __getitem__(self, index):
    ...         return index**2
    >>> list(Squares())
    [0, 1, 4]
    """

    # Subclasses written for Keras 2 do not call this class's constructor.
    workers = 1
    use_multiprocessing = False
    max_queue_size = 10

    def __init__(self, workers=1, use_multiprocessing=False, max_queue_size=10):
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    @abstractmethod
    def __len__(self):
        """Number of batches in an epoch."""

    @abstractmethod
    def __getitem__(self, index):
        """Batch number ``index``."""

    @property
    def num_batches(self):
        """Number of batches in an epoch, Keras 3's name of ``len``."""
        return len(self)

    def on_epoch_end(self):  # noqa: B027 - to override or not, as in Keras
        """Called after every epoch; does nothing unless overridden."""

    def __iter__(self):
        return (self[index] for index in range(len(self)))


Sequence = PyDataset
