"""Every layer under its Keras name."""

# ruff: noqa: F401

from .activation import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax
from .arithmetic import Arithmetic, GetItem, MatMul
from .base import Layer
from .cast import Cast
from .dot import Dot, dot
from .dropout import (
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)
from .elementwise import Elementwise
from .merging import (
    Add,
    Average,
    Concatenate,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    concatenate,
    maximum,
    minimum,
    multiply,
    subtract,
)
from .reduction import Reduction
