"""Every layer under its Keras name."""

# ruff: noqa: F401

from ..registry import deserializer, serialize
from . import fused
from .activation import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax
from .arithmetic import Arithmetic, GetItem, MatMul
from .base import Layer, registry
from .blocks import InceptionModule, ResidualUnit, SEBlock
from .cast import Cast
from .checkpoint import Checkpoint
from .convolution import Conv1D, Conv2D, Conv3D
from .dense import Dense
from .depth_pool import DepthAveragePooling, DepthMaxPooling
from .depthwise import DepthwiseConv1D, DepthwiseConv2D
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
from .embedding import Embedding
from .global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalAvgPool1D,
    GlobalAvgPool2D,
    GlobalAvgPool3D,
    GlobalMaxPool1D,
    GlobalMaxPool2D,
    GlobalMaxPool3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
)
from .input_layer import Input, InputLayer
from .lambda_layer import Lambda
from .lighting import RandomLighting
from .lrn import LocalResponseNormalization
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
from .normalization import BatchNormalization, LayerNormalization
from .padded_shortcut import PaddedShortcut
from .padding import Cropping1D, Cropping2D, Cropping3D, ZeroPadding1D, ZeroPadding2D, ZeroPadding3D
from .pooling import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    AvgPool1D,
    AvgPool2D,
    AvgPool3D,
    MaxPool1D,
    MaxPool2D,
    MaxPool3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from .random_affine import RandomRotation, RandomTranslation, RandomZoom
from .random_color import RandomBrightness, RandomContrast
from .random_flip import RandomFlip
from .rbf import RBF
from .reduction import Reduction
from .rescaling import Normalization, Rescaling
from .reshaping import Flatten, Identity, Permute, RepeatVector, Reshape
from .resizing import CenterCrop, RandomCrop, Resizing
from .scaled_sum import CustomScaleLayer
from .separable import SeparableConv1D, SeparableConv2D
from .table_convolution import TableConv2D
from .trained_subsampling import TrainedSubsampling
from .transposed import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose
from .unit_normalization import UnitNormalization
from .upsampling import UpSampling1D, UpSampling2D, UpSampling3D

# Keras' long names.
Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
Convolution1DTranspose, Convolution2DTranspose = Conv1DTranspose, Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D


deserialize = deserializer(registry.from_config)
