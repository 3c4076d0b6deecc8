"""Subclasses of Sequence as programs for Keras write them."""

import pytest

from minicnn.utils import PyDataset, Sequence


class Batches(Sequence):
    def __init__(self, count):  # as in Keras 2: without super().__init__()
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return [index, index]


def test_batches_by_number():
    batches = Batches(3)
    assert list(batches) == list(batches) == [[0, 0], [1, 1], [2, 2]]
    assert batches.num_batches == len(batches) == 3
    assert batches.on_epoch_end() is None
    assert (batches.workers, batches.use_multiprocessing, batches.max_queue_size) == (1, False, 10)


def test_keras_3_arguments():
    class Batches(PyDataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            return index

    batches = Batches(workers=4, use_multiprocessing=True, max_queue_size=2)
    assert (batches.workers, batches.use_multiprocessing, batches.max_queue_size) == (4, True, 2)


def test_both_methods_are_needed():
    class Half(Sequence):
        def __len__(self):
            return 1

    with pytest.raises(TypeError, match="__getitem__"):
        Half()
