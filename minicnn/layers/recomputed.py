"""Normalized maps that one linear layer reads: made again for its backward pass, not kept."""

LEAST_BYTES = 4 << 20  # of such maps: smaller ones are quicker kept than made again


class RecomputedChain:
    """``normalization [activation] [padding] linear [activation] [pooling]``.

    The input of the linear layer is not kept: for the backward pass the normalization runs again,
    which costs little beside the convolution.

    References
    ----------
    Rota Bulo, Porzi and Kontschieder 2018, *In-place activated BatchNorm*; Pleiss et al. 2017,
    *Memory-efficient implementation of DenseNets*.
    """

    def __init__(self, before, after):
        self.before, self.after = before, after

    def fits(self, xs, training):
        alike = self.before.normalization.dtype == self.after.linear.dtype
        return alike and self.before.fits(xs, training) and self.after.fits(xs, training)

    def forward(self, xs, training):
        x, kept = self.before.forward(xs, training)
        y, cache = self.after.forward([x], training)
        recomputed = x.nbytes >= LEAST_BYTES
        return y, (kept, self.after.without_input(cache) if recomputed else cache, recomputed)

    def backward(self, dy, cache, wanted):
        kept, cache, recomputed = cache
        if recomputed:
            cache = self.after.with_input(cache, self.before.again(kept))
        wanted = wanted[0] or bool(self.before.normalization.trainable_weights)
        (dx,) = self.after.backward(dy, cache, [wanted])
        return self.before.backward(dx, kept, [True]) if wanted else [None]
