"""Maps that one linear layer reads and that cost little: made again for its backward pass."""

LEAST_BYTES = 4 << 20  # of such maps: smaller ones are quicker kept than made again
SHARE = 4  # of these bytes, where the layer that reads them has much to do:
MANY_PRODUCTS = 1000  # of each number, beside which making it again is nothing


class RecomputedChain:
    """``before [activation] [padding] linear [activation] [pooling]``.

    The input of the linear layer is not kept: for the backward pass what is before it, a
    normalization or a light convolution, runs again, which costs little beside the layer itself.

    References
    ----------
    Rota Bulo, Porzi and Kontschieder 2018, *In-place activated BatchNorm*; Pleiss et al. 2017,
    *Memory-efficient implementation of DenseNets*.
    """

    def __init__(self, before, after):
        self.before, self.after = before, after

    def fits(self, xs, training):
        alike = self.before.layer.dtype == self.after.linear.dtype
        repeatable = alike and self.before.is_repeatable()
        return repeatable and self.before.fits(xs, training) and self.after.fits(xs, training)

    def forward(self, xs, training):
        x, kept = self.before.forward(xs, training)
        y, cache = self.after.forward([x], training)
        recomputed = x.nbytes >= self._least_bytes()
        if recomputed:
            kept, cache = self.before.without_output(xs, kept), self.after.without_input(cache)
        return y, (kept, cache, recomputed)

    def backward(self, dy, cache, wanted):
        kept, cache, recomputed = cache
        dz = self.after.linear_gradient(dy, cache)
        del dy  # its memory serves for what is made again
        if recomputed:
            x, kept = self.before.again(kept)
            cache = self.after.with_input(cache, x)
        needed = wanted[0] or bool(self.before.layer.trainable_weights)
        (dx,) = self.after.linear_backward(dz, cache, [needed])
        del dz
        return self.before.backward(dx, kept, wanted) if needed else [None]

    def _least_bytes(self):
        return LEAST_BYTES // (SHARE if self.after.products >= MANY_PRODUCTS else 1)
