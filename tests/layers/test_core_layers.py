"""Dense, convolutions and pooling: one table of configurations, every check on each."""

import pytest
from support import layer_checks as checks
from support.layer_checks import case

DENSE = [
    case("Dense", (4, 5), units=3),
    case("Dense", (2, 3, 4, 5), units=2, activation="tanh"),
    case("Dense", (3, 5), units=4, activation="softmax", use_bias=False),
    case("Dense", (3, 5), units=4, activation="relu"),
]

CONVOLUTIONS = [
    case("Conv1D", (2, 9, 3), filters=4, kernel_size=3, padding="causal", dilation_rate=2),
    case("Conv1D", (2, 9, 4), filters=6, kernel_size=4, strides=2, padding="SAME", groups=2),
    case("Conv2D", (2, 7, 6, 3), filters=4, kernel_size=3),
    case("Conv2D", (2, 7, 6, 3), filters=5, kernel_size=(2, 3), strides=(2, 1), padding="same"),
    case("Conv2D", (2, 8, 9, 2), filters=3, kernel_size=3, padding="same", dilation_rate=(1, 2)),
    case("Conv2D", (2, 6, 5, 4), filters=6, kernel_size=3, groups=2, activation="relu"),
    case("Conv2D", (3, 5, 5, 2), filters=3, kernel_size=1, activation="silu", use_bias=False),
    case("Conv2D", (1, 13, 13, 2), filters=2, kernel_size=6, strides=5, padding="same"),
    case("Conv3D", (2, 4, 5, 4, 2), filters=3, kernel_size=(2, 3, 2), activation="sigmoid"),
    case("Conv3D", (1, 5, 4, 6, 2), filters=2, kernel_size=3, strides=2, padding="same"),
]

DEPTHWISE = [
    case("DepthwiseConv1D", (2, 8, 3), kernel_size=3, strides=2, padding="same"),
    case("DepthwiseConv2D", (2, 7, 6, 3), kernel_size=3, depth_multiplier=2),
    case("DepthwiseConv2D", (2, 8, 7, 4), kernel_size=(2, 3), strides=2, padding="same"),
    case("DepthwiseConv2D", (2, 8, 7, 2), kernel_size=3, dilation_rate=2, activation="relu"),
    case("SeparableConv1D", (2, 9, 3), filters=4, kernel_size=3, strides=2),
    case("SeparableConv2D", (2, 7, 6, 3), filters=5, kernel_size=3, padding="same"),
    case(
        *("SeparableConv2D", (2, 7, 7, 2)),
        filters=3,
        kernel_size=3,
        strides=2,
        depth_multiplier=3,
        activation="relu",
        use_bias=False,
    ),
]

TRANSPOSED = [
    case("Conv1DTranspose", (2, 5, 3), filters=2, kernel_size=3, strides=2, padding="same"),
    case("Conv2DTranspose", (2, 4, 5, 3), filters=2, kernel_size=3, activation="relu"),
    case("Conv2DTranspose", (2, 4, 3, 2), filters=3, kernel_size=2, strides=3),
    case("Conv2DTranspose", (2, 4, 3, 2), filters=3, kernel_size=(3, 4), strides=2, padding="same"),
    case("Conv2DTranspose", (1, 3, 4, 2), filters=2, kernel_size=3, strides=2, output_padding=1),
    case(
        *("Conv2DTranspose", (1, 3, 4, 2)),
        filters=2,
        kernel_size=3,
        strides=3,
        padding="same",
        output_padding=(1, 2),
    ),
    case("Conv2DTranspose", (1, 4, 4, 2), filters=3, kernel_size=3, dilation_rate=2),
    case("Conv3DTranspose", (1, 3, 2, 3, 2), filters=2, kernel_size=3, strides=2, padding="same"),
]

POOLING = [
    case("MaxPooling1D", (2, 7, 3)),
    case("MaxPooling2D", (2, 6, 7, 3), pool_size=(3, 2), strides=2, padding="same"),
    case("MaxPool2D", (2, 6, 6, 2), pool_size=3, strides=1),
    case("MaxPooling3D", (1, 4, 5, 6, 2), pool_size=2),
    case("AveragePooling1D", (2, 7, 3), pool_size=3, padding="same"),
    case("AveragePooling2D", (2, 6, 7, 3), keras={"pool_size": 2}),
    case("AvgPool2D", (2, 6, 7, 3), pool_size=3, strides=2, padding="same"),
    case("AveragePooling3D", (1, 4, 5, 6, 2), pool_size=(2, 3, 2), strides=2, padding="same"),
    case("GlobalAveragePooling1D", (2, 5, 3)),
    case("GlobalAveragePooling2D", (2, 5, 4, 3), keepdims=True),
    case("GlobalAveragePooling3D", (2, 3, 2, 4, 3)),
    case("GlobalMaxPooling1D", (2, 5, 3), keepdims=True),
    case("GlobalMaxPooling2D", (2, 5, 4, 3)),
    case("GlobalMaxPooling3D", (2, 3, 2, 4, 3)),
]

# What Keras, or TensorFlow on a CPU, has not.
BEYOND_KERAS = [
    case("Conv1D", (2, 8, 2), filters=3, kernel_size=3, padding=(2, 0)),
    case("Conv2D", (2, 6, 5, 2), filters=3, kernel_size=3, padding=((2, 0), (0, 1))),
    case("Conv2D", (2, 9, 9, 2), filters=3, kernel_size=3, strides=2, dilation_rate=2),
    case("DepthwiseConv2D", (2, 9, 8, 2), kernel_size=3, strides=(1, 2)),
    case("Conv2DTranspose", (2, 4, 4, 2), filters=3, kernel_size=3, strides=2, dilation_rate=2),
    case("Conv2DTranspose", (1, 4, 4, 2), filters=2, kernel_size=3, padding=((1, 0), (0, 2))),
    case("MaxPooling2D", (2, 5, 5, 2), pool_size=3, padding=((1, 0), (0, 1))),
]

PEERED = DENSE + CONVOLUTIONS + DEPTHWISE + TRANSPOSED + POOLING
ALL = PEERED + BEYOND_KERAS
SPATIAL = [c for c in ALL if c.name != "Dense"]


def in_both_dtypes(cases):
    """``(case, dtype)`` for all that TensorFlow computes on a CPU."""
    for one in cases:
        yield pytest.param(one, "float32", id=f"{one}-float32")
        dilated = one.name == "Conv2DTranspose" and "dilation_rate" in one.arguments
        if not dilated and one.name not in ("MaxPooling3D", "AveragePooling3D"):
            yield pytest.param(one, "float64", id=f"{one}-float64")


@pytest.mark.parametrize(("case", "dtype"), list(in_both_dtypes(PEERED)))
def test_equals_keras(tf, case, dtype, rng):
    checks.check_against_keras(tf, case, dtype, rng)


@pytest.mark.parametrize("case", ALL, ids=str)
def test_gradient(case, rng):
    checks.check_gradient(case, rng)


@pytest.mark.parametrize("case", ALL, ids=str)
def test_laws(case, rng):
    checks.check_laws(case, rng)
    checks.check_frozen(case, rng)


@pytest.mark.parametrize("case", ALL, ids=str)
def test_awkward_arrays(case, rng):
    checks.check_awkward_arrays(case, rng)


@pytest.mark.parametrize("case", ALL, ids=str)
def test_config_round_trip(case, rng):
    checks.check_config(case, rng)


@pytest.mark.parametrize("case", SPATIAL, ids=str)
def test_channels_first(case, rng):
    checks.check_channels_first(case, rng)
