"""The activations that a convolution or a dense layer applies to its sums before it stores them."""

from ..contracts.conv import ACTIVATIONS
from ..jit import inlined
from . import simd

RELU, RELU6 = ACTIVATIONS.index("relu"), ACTIVATIONS.index("relu6")


@inlined
def rectify(tile, activation):
    """The tile after the activation of that place in ``contracts.conv.ACTIVATIONS``."""
    if activation == RELU:
        return simd.relu(tile)
    if activation == RELU6:
        return simd.at_most(simd.relu(tile), 6)
    return tile
