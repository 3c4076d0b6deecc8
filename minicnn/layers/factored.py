"""Gradients of large weights that few rows have reached: kept as two factors, not multiplied.

The gradient of a dense layer is ``x^T dy``. VGG16's first one has 103 million weights, and a batch
of four gives it 100,000 numbers of ``x`` and 16,000 of ``dy``: an update that multiplies them a few
rows at a time, while they are in the caches, needs neither the memory of the gradient nor the time
to write and read it.
"""

from minicnn_kernels import backend, memory

BLOCK = 1 << 22  # bytes of the gradient that are multiplied at a time
LEAST_BYTES = 2 * BLOCK  # of a gradient that is worth it
LEAST_RATIO = 64  # of its size to that of the factors


class FactoredGradient:
    """The product ``x^T dy``, which nobody has written down yet.

    Parameters
    ----------
    x : array [rows, in], float32 or float64
    dy : array [rows, units], of the dtype of ``x``
    """

    def __init__(self, x, dy):
        self.x, self.dy = x, dy

    @staticmethod
    def is_worth_it(x, dy):
        """Whether factors like these are to be kept in place of their product."""
        size = x.shape[1] * dy.shape[1]
        return size * x.itemsize >= LEAST_BYTES and size >= LEAST_RATIO * (x.size + dy.size)

    def write(self, target):
        """Overwrite ``target [in, units]`` with the product."""
        backend.of(self.dy).dense_backward_weights(target, self.x, self.dy, False)

    def blocks(self):
        """``(start, vector)`` of some rows of the product after the other, all in one memory.

        ``start`` counts elements.
        """
        (_, rows), columns = self.x.shape, self.dy.shape[1]
        count = min(max(1, rows * columns * self.x.itemsize // BLOCK), rows)
        block = memory.empty((-(-rows // count), columns), self.x.dtype)
        add_product = backend.of(self.dy).dense_backward_weights
        for index in range(count):
            first, last = index * rows // count, (index + 1) * rows // count
            product = block[: last - first]
            add_product(product, self.x[:, first:last], self.dy, False)
            yield first * columns, product.reshape(-1)
