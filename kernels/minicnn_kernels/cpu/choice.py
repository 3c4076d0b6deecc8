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
    """As :func:`forward_tile` for the weight gradient, whose costs are alike."""
    return forward_tile(g, dtype)


@lru_cache(maxsize=4096)
def _tile(g, dtype, choice, channels, filters, out=None, constant=False):
    if not _fits(g):
        return 0
    out = g.out if out is None else out
    lanes = simd.lanes(dtype)
    tiles = TILES if channels >= FEW_CHANNELS else TILES[1:]
    costs = {m: _cost(m, g.batch, out, channels, filters, lanes, constant) for m in tiles}
    best = min(costs, key=costs.get)
    direct = DIRECT * g.batch * prod(out) * 9 * channels * filters
    return best if choice == "winograd" or costs[best] < direct else 0


def _fits(g):
    """Whether Winograd's algorithm applies at all."""
    return (g.kernel, g.strides, g.dilations, g.groups) == ((3, 3), (1, 1), (1, 1), 1)


def _cost(m, batch, out, channels, filters, lanes, constant):
    tiles = batch * prod(-(-size // m) for size in out)
    wide = [-(-count // lanes) * lanes for count in (channels, filters)]
    products = WINOGRAD * plan.tile_rows(tiles) * channels * wide[1]
    weights = READ if constant else WEIGHTS
    transforms = tiles * (INPUT * wide[0] + OUTPUT * wide[1]) + weights * channels * wide[1]
    return (m + 2) ** 2 * (products + transforms) + START
