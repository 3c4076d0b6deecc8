"""Batches of changed images from arrays."""

import numpy as np

from .iterator import Iterator

_OP = "NumpyArrayIterator"


class NumpyArrayIterator(Iterator):
    """Batches ``x``, ``(x, y)`` or ``(x, y, sample_weight)`` of changed images.

    Parameters
    ----------
    x : array, or (array, array or list of arrays)
        Images, four axes; other inputs beside them go along unchanged.
    y, sample_weight : array, optional
    image_data_generator : ImageDataGenerator
    batch_size : int
    shuffle : bool
    seed : int, optional
    data_format : str, optional
        Default: the generator's.
    save_to_dir : path, optional
        A folder to write every image into that is given out.
    save_prefix, save_format : str
        Of those files' names.
    subset : str, optional
        ``"training"`` or ``"validation"``: what the generator's ``validation_split`` leaves.
    ignore_class_split : bool
        Do not mind that the two subsets hold different classes.
    dtype : str, optional
    """

    def __init__(
        self,
        x,
        y,
        image_data_generator,
        batch_size=32,
        shuffle=False,
        sample_weight=None,
        seed=None,
        data_format=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        subset=None,
        ignore_class_split=False,
        dtype=None,
    ):
        self._set_generator(_OP, image_data_generator, data_format, dtype)
        self._set_saving(save_to_dir, save_prefix, save_format)
        others = []
        if isinstance(x, (tuple, list)):
            x, others = x[0], x[1] if isinstance(x[1], list) else [x[1]]
        x = np.asarray(x)
        if x.ndim != 4:
            raise ValueError(f"{_OP}: x must be images, 4 axes, got shape {x.shape}")
        beside = {"y": y, "sample_weight": sample_weight}
        beside.update({f"x[{k}]": other for k, other in enumerate(others, 1)})
        beside = {name: np.asarray(a) for name, a in beside.items() if a is not None}
        for name, array in beside.items():
            if len(array) != len(x):
                raise ValueError(f"{_OP}: {name} must have {len(x)} rows as x, got {len(array)}")
        part = slice(*(int(share * len(x)) for share in self._split(_OP, subset)))
        if subset is not None and not ignore_class_split:
            _check_classes(beside.get("y"), int(image_data_generator.validation_split * len(x)))
        self.x = x[part]
        beside = {name: array[part] for name, array in beside.items()}
        self.y, self.sample_weight = beside.pop("y", None), beside.pop("sample_weight", None)
        self.x_misc = list(beside.values())
        super().__init__(len(self.x), batch_size, shuffle, seed)

    def images(self, indices, rngs):
        """Changed images as one array."""
        chosen = [self.x[index].astype(self.dtype) for index in indices]
        changed = [self._changed(image, rng) for image, rng in zip(chosen, rngs)]
        return np.stack(changed).astype(self.dtype, copy=False)

    def targets(self, indices, x):
        """What ``fit`` takes: ``x`` alone, or a tuple."""
        inputs = [x, *(other[indices] for other in self.x_misc)] if self.x_misc else x
        if self.y is None:
            return inputs
        weights = () if self.sample_weight is None else (self.sample_weight[indices],)
        return inputs, self.y[indices], *weights


def _check_classes(y, split):
    if y is not None and not np.array_equal(np.unique(y[:split]), np.unique(y[split:])):
        raise ValueError(
            f"{_OP}: training and validation subsets must hold the same classes; shuffle x and y "
            "first, or set ignore_class_split=True"
        )
