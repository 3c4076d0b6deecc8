"""Pipelines of examples: :class:`Dataset`, in the words of ``tf.data``.

>>> from minicnn.data import Dataset
>>> dataset = Dataset.range(5).map(lambda x: x * x).batch(2)
>>> [batch.tolist() for batch in dataset]
[[0, 1], [4, 9], [16]]
"""

from .cardinality import INFINITE as INFINITE_CARDINALITY
from .cardinality import UNKNOWN as UNKNOWN_CARDINALITY
from .dataset import AUTOTUNE, Dataset

__all__ = ["AUTOTUNE", "INFINITE_CARDINALITY", "UNKNOWN_CARDINALITY", "Dataset"]
