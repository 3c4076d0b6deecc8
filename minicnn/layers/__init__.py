"""Every layer under its Keras name."""

# ruff: noqa: F401

from .activation import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax
from .arithmetic import Arithmetic, GetItem, MatMul
from .base import Layer
from .cast import Cast
from .convolution import Conv1D, Conv2D, Conv3D
from .dense import Dense
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
from .input_layer import Input, InputLayer
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
