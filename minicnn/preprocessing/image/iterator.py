"""What iterators over images share: an order for each epoch, batches by number, and no end."""

import threading
from pathlib import Path

import numpy as np

from minicnn_kernels.contracts import arrays

from ... import config, random
from ...utils.image_utils import save_img
from ...utils.sequence import PyDataset


class Iterator(PyDataset):
    """Base of :class:`NumpyArrayIterator` and :class:`DirectoryIterator`.

    ``iterator[k]`` is batch ``k`` of the present epoch, as ``fit`` asks for it; ``next(iterator)``
    goes on for ever. What is drawn for an image follows from the seed, the epoch and the image
    alone, so batches may be asked for in any order and from any thread.

    A subclass writes ``images(indices, rngs)`` and ``targets(indices, x)``.

    Parameters
    ----------
    n : int
        Number of images.
    batch_size : int
    shuffle : bool
        Another order in every epoch.
    seed : int, optional
        Default: the next one of :mod:`minicnn.random`.
    """

    def __init__(self, n, batch_size, shuffle, seed):
        super().__init__()
        op = type(self).__name__
        self.n = self.samples = arrays.integer(op, "number of images", n, 1)
        self.batch_size = arrays.integer(op, "batch_size", batch_size, 1)
        self.shuffle = bool(shuffle)
        if seed is not None:
            seed = arrays.integer(op, "seed", seed, 0)
        self.seed = seed
        self._stream = random.next_seed() if seed is None else seed
        self.epoch, self.batch_index = 0, 0
        self._order = None, None
        self._lock = threading.Lock()

    def __len__(self):
        return -(-self.n // self.batch_size)

    def __getitem__(self, index):
        if not 0 <= index < len(self):
            raise IndexError(f"{type(self).__name__}: has {len(self)} batches, got index {index}")
        return self._batch(self.epoch, index)

    def __iter__(self):
        return self

    def __next__(self):
        with self._lock:
            if self.batch_index >= len(self):
                self.epoch, self.batch_index = self.epoch + 1, 0
            epoch, index = self.epoch, self.batch_index
            self.batch_index += 1
        return self._batch(epoch, index)

    next = __next__

    def reset(self):
        """Begin the epoch again."""
        self.batch_index = 0

    def on_epoch_end(self):
        """Begin another epoch."""
        with self._lock:
            self.epoch, self.batch_index = self.epoch + 1, 0

    def _batch(self, epoch, index):
        order = self._order_of(epoch)
        indices = order[index * self.batch_size : (index + 1) * self.batch_size]
        rngs = [np.random.default_rng([self._stream, epoch, int(i)]) for i in indices]
        x = self.images(indices, rngs)
        self._save(x, indices, epoch)
        return self.targets(indices, x)

    def _order_of(self, epoch):
        known, order = self._order
        if known != epoch:
            order = np.arange(self.n)
            if self.shuffle:
                order = np.random.default_rng([self._stream, epoch]).permutation(self.n)
            self._order = epoch, order
        return order

    def _set_generator(self, op, generator, data_format, dtype):
        self.image_data_generator = generator
        self.data_format = config.data_format(op, data_format or generator.data_format)
        self.dtype = np.dtype(dtype or generator.dtype).name

    def _split(self, op, subset):
        """Shares between which a subset lies."""
        split = self.image_data_generator.validation_split
        if subset not in (None, "training", "validation"):
            raise ValueError(
                f"{op}: subset must be 'training', 'validation' or None, got {subset!r}"
            )
        return {None: (0, 1), "validation": (0, split), "training": (split, 1)}[subset]

    def _changed(self, image, rng):
        generator = self.image_data_generator
        told = generator.get_random_transform(image.shape, rng)
        return generator.standardize(generator.apply_transform(image, told))

    def _set_saving(self, save_to_dir, save_prefix, save_format):
        self.save_to_dir = None if save_to_dir is None else Path(save_to_dir)
        if self.save_to_dir is not None and not self.save_to_dir.is_dir():
            raise NotADirectoryError(f"save_to_dir: no such folder, {str(save_to_dir)!r}")
        self.save_prefix, self.save_format = save_prefix, save_format

    def _save(self, x, indices, epoch):
        if self.save_to_dir is None:
            return
        for image, index in zip(x, indices):
            name = f"{self.save_prefix}_{index}_{epoch}.{self.save_format}"
            save_img(self.save_to_dir / name, image, self.data_format, self.save_format)
