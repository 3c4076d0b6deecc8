"""The cost model that chooses between direct convolution and Winograd's.

Costs are counted in multiply-adds of the micro-kernel. What moving a number through a transform
takes beside them was measured, once, on a CPU with AVX-512 (Zen 4); other CPUs have less of both.
"""

from functools import lru_cache
from math import prod

from .. import algorithms
from . import plan, simd

TILES = (4, 2)  # m of F(m x m, 3 x 3)
FEW_CHANNELS = 8  # sums of fewer products err so little that the larger tile's roundings would show
TILES_5X5 = (2,)  # m of F(m x m, 5 x 5)
LEAST_OF_5X5 = 16  # channels and filters: with fewer the roundings show, and little is saved
DIRECT = 1.07  # a multiply-add of the direct form: its micro-kernel reaches 93 % of the peak
WINOGRAD = 1.14  # its products are shorter: 88 %
INPUT, OUTPUT, WEIGHTS = 16, 12, 26  # a number of a transformed patch, of products, of filters
READ = 8  # a number of filters that were transformed before
START = 1_500_000  # three rounds of all threads


def forward_tile(g, dtype, constant=False):
    """``m`` of the tile by which to convolve, 0 for the direct form.

    ``constant``: the weights are transformed before, once for many passes.
    """
    choice = algorithms.convolution()
    if choice == "direct":
        return 0
    return _tile(g, dtype, choice, g.channels, g.filters, constant=constant)


def input_gradient_tile(g, dtype):
    """As :func:`forward_tile` for the input gradient: channels and filters change places."""
    choice = algorithms.convolution()
    return 0 if choice == "direct" else _tile(g, dtype, choice, g.filters, g.channels, g.size)


def weight_gradient_tile(g, dtype):
    """As :func:`forward_tile` for the weight gradient, whose costs are alike.

    Not of 5x5: the transposed algorithm multiplies the roundings of its long sums over places, so
    that they would err five times as much as a plain sum.
    """
    return 0 if g.kernel == (5, 5) else forward_tile(g, dtype)


@lru_cache(maxsize=4096)
def _tile(g, dtype, choice, channels, filters, out=None, constant=False):
    tiles = _tiles(g, channels, filters)
    if not tiles:
        return 0
    out, taps, lanes = g.out if out is None else out, g.kernel[0], simd.lanes(dtype)
    costs = {m: _cost(m, taps, g.batch, out, channels, filters, lanes, constant) for m in tiles}
    best = min(costs, key=costs.get)
    direct = DIRECT * g.batch * prod(out) * taps**2 * channels * filters
    return best if choice == "winograd" or costs[best] < direct else 0


def _tiles(g, channels, filters):
    """``m`` of the tiles to choose from; none where Winograd's algorithm does not apply."""
    if (g.strides, g.dilations, g.groups) != ((1, 1), (1, 1), 1):
        return ()
    if g.kernel == (3, 3):
        return TILES if channels >= FEW_CHANNELS else TILES[-1:]
    is_worth_it = g.kernel == (5, 5) and min(channels, filters) >= LEAST_OF_5X5
    return TILES_5X5 if is_worth_it else ()


def _cost(m, taps, batch, out, channels, filters, lanes, constant):
    tiles = batch * prod(-(-size // m) for size in out)
    wide = [-(-count // lanes) * lanes for count in (channels, filters)]
    products = WINOGRAD * plan.tile_rows(tiles) * channels * wide[1]
    weights = READ if constant else WEIGHTS
    transforms = tiles * (INPUT * wide[0] + OUTPUT * wide[1]) + weights * channels * wide[1]
    return (m + taps - 1) ** 2 * (products + transforms) + START
