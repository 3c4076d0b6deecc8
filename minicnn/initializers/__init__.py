"""First values of weights. Fans are counted from ``[*kernel, in, out]`` shapes, as in Keras.

A seed makes an initializer give the same values in every call; one that was given none draws its
seed from :mod:`minicnn.random` when it is made.
"""

import numpy as np

from ..registry import deserializer, serialize
from .base import Initializer, registry
from .constants import Constant, Identity, Ones, Zeros
from .draws import Orthogonal, RandomNormal, RandomUniform, TruncatedNormal
from .scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
    fans,
)

# Keras' second spelling of each.
constant, zeros, ones, identity, orthogonal = Constant, Zeros, Ones, Identity, Orthogonal
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
variance_scaling = VarianceScaling
glorot_uniform, glorot_normal = GlorotUniform, GlorotNormal
lecun_uniform, lecun_normal = LecunUniform, LecunNormal
he_uniform, he_normal = HeUniform, HeNormal


def get(identifier):
    """The initializer that a name, class, configuration, array or callable means."""
    if isinstance(identifier, np.ndarray):
        return Constant(identifier)
    found = registry.get(identifier)
    if found is not None and not callable(found):
        raise TypeError(f"initializer: must be a name or an initializer, got {identifier!r}")
    return found


deserialize = deserializer(get)


__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "constant",
    "deserialize",
    "fans",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "registry",
    "serialize",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]
