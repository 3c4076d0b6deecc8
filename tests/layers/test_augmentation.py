"""Random changes of images: against Keras where it is told what to draw, gradients, laws, seeds."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from support.layer_checks import case, check_config

from minicnn import layers, random
from minicnn.layers import resampling

RANDOM = {
    "RandomFlip": {},
    "RandomTranslation": {"height_factor": 0.3, "width_factor": (-0.1, 0.4)},
    "RandomRotation": {"factor": 0.2},
    "RandomZoom": {"height_factor": 0.3, "width_factor": 0.2},
    "RandomContrast": {"factor": 0.7, "value_range": (0, 1)},
    "RandomBrightness": {"factor": 0.4, "value_range": (0, 1)},
    "RandomCrop": {"height": 5, "width": 6},
}
FIXED = {**RANDOM, "CenterCrop": {"height": 5, "width": 6}, "Resizing": {"height": 7, "width": 5}}
SHAPE = (8, 9, 11, 3)


def make(name, **arguments):
    return getattr(layers, name)(**{**FIXED[name], **arguments})


def images(rng, dtype=np.float32):
    return rng.random(SHAPE).astype(dtype)


@pytest.mark.parametrize("name", RANDOM)
def test_off_at_inference(rng, name):
    layer, x = make(name), images(rng)
    y, cache = layer.forward(x, False)
    if name == "RandomCrop":  # its output has another size
        middle = layers.Resizing(5, 6, crop_to_aspect_ratio=True)
        assert_array_equal(y, middle(x))
    else:
        assert_array_equal(y, x)
        assert_array_equal(layer.backward(y, cache), y)
    assert layer.rng_state[1] == 0
    assert_array_equal(layer(x, training=False), y)


@pytest.mark.parametrize("name", RANDOM)
def test_the_same_seed_gives_the_same_bits_pass_by_pass(rng, name):
    x = images(rng)
    one, other = make(name, seed=5), make(name, seed=5)
    first, second = one(x), one(x, training=True)
    assert_array_equal(first, other(x))
    assert_array_equal(second, other(x))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, make(name, seed=6)(x))


@pytest.mark.parametrize("name", RANDOM)
def test_a_saved_state_goes_on_to_the_bit(rng, name):
    x = images(rng)
    random.set_random_seed(3)
    layer = make(name)
    layer(x)
    state = layer.rng_state
    twin = make(name)
    twin.rng_state = state
    assert_array_equal(twin(x), layer(x))


@pytest.mark.parametrize("name", RANDOM.keys() - {"RandomCrop"})
def test_each_image_changes_its_own_way(rng, name):
    same = np.repeat(images(rng)[:1], 16, axis=0)
    y = make(name, seed=1)(same)
    assert len(np.unique(y.reshape(16, -1), axis=0)) > 3


@pytest.mark.parametrize("name", FIXED)
@pytest.mark.parametrize("training", [True, False])
def test_the_gradient_is_the_slope(rng, name, training):
    """All are linear in the image, or (clipped) piecewise: a difference of two passes is exact."""
    layer = make(name, dtype="float64")
    x = images(rng, np.float64)
    step = 1e-6 * rng.standard_normal(SHAPE)
    seed = getattr(layer, "rng_state", None)
    values, caches = [], []
    for sign in (1, -1):
        if seed:
            layer.rng_state = seed
        y, cache = layer.forward(x + sign * step, training)
        values.append(y)
        caches.append(cache)
    dy = rng.standard_normal(y.shape)
    before = dy.copy()
    slopes = [2 * np.vdot(step, layer.backward(dy, cache)) for cache in caches]
    assert_array_equal(dy, before)
    assert_allclose(slopes[0], np.vdot(values[0] - values[1], dy), rtol=1e-3)


@pytest.mark.parametrize("name", FIXED)
def test_channels_first_and_single_images(rng, name):
    x = images(rng)
    last, first = make(name, seed=4) if name in RANDOM else make(name), None
    expected, cache = last.forward(x, True)
    extra = {"seed": 4} if name in RANDOM else {}
    first = make(name, data_format="channels_first", **extra)
    turned = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    y, first_cache = first.forward(turned, True)
    assert_array_equal(np.moveaxis(y, 1, -1), expected)
    assert first.output_shape(turned.shape) == y.shape
    dy = rng.standard_normal(expected.shape).astype(np.float32)
    dx = first.backward(np.moveaxis(dy, -1, 1), first_cache)
    assert_array_equal(np.moveaxis(dx, 1, -1), last.backward(dy, cache))
    single, batched = (make(name, **extra) for _ in range(2))
    assert_array_equal(single(x[0]), batched(x[:1])[0])


@pytest.mark.parametrize("name", FIXED)
def test_inputs_stay_and_empty_batches_pass(rng, name):
    layer, x = make(name), images(rng)
    copy = x.copy()
    y, cache = layer.forward(x, True)
    layer.backward(np.ones_like(y), cache)
    assert_array_equal(x, copy)
    nothing, cache = layer.forward(x[:0], True)
    assert nothing.shape == (0, *y.shape[1:])
    assert layer.backward(nothing, cache).shape == (0, *SHAPE[1:])


@pytest.mark.parametrize("name", FIXED)
def test_configuration(rng, name):
    check_config(case(name, SHAPE, **FIXED[name]), rng)


@pytest.mark.parametrize("name", FIXED)
def test_arguments_and_defaults_are_keras(tf_keras, name):
    def arguments(thing):
        parameters = inspect.signature(thing.__init__).parameters.values()
        kept = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        return {p.name: p.default for p in kept if p.name not in ("self", "name", "data_format")}

    assert arguments(getattr(layers, name)) == arguments(getattr(tf_keras.layers, name))


@pytest.mark.parametrize("interpolation", resampling.INTERPOLATIONS)
@pytest.mark.parametrize("fill_mode", resampling.FILL_MODES)
def test_affine_maps_against_keras(tf_keras, rng, interpolation, fill_mode):
    x = rng.random((6, 9, 12, 2)).astype(np.float32)
    # TensorFlow's wrap jumps between the last pixel and the first: whole pixels only.
    whole = fill_mode == "wrap"
    maps = np.zeros((6, 2, 3))
    maps[:, :, :2] = np.eye(2) + (0 if whole else rng.uniform(-0.6, 0.6, (6, 2, 2)))
    maps[:, :, 2] = rng.integers(-6, 7, (6, 2)) if whole else rng.uniform(-6, 6, (6, 2))
    (a, b, c), (d, e, f) = np.moveaxis(maps, 0, -1)
    theirs = np.stack([e, d, f, b, a, c, 0 * a, 0 * a], axis=1).astype(np.float32)
    how = {"interpolation": interpolation, "fill_mode": fill_mode, "fill_value": 0.3}
    expected = tf_keras.ops.image.affine_transform(x, theirs, **how).numpy()
    y = resampling.affine(x, maps.astype(np.float32), interpolation, fill_mode, 0.3)
    assert_allclose(y, expected, atol=2e-5)


EXACT = [
    ("RandomRotation", {"factor": (0.1, 0.1)}),
    ("RandomRotation", {"factor": (-0.3, -0.3), "fill_mode": "constant", "fill_value": 0.5}),
    ("RandomZoom", {"height_factor": (0.3, 0.3), "fill_mode": "nearest"}),
    ("RandomZoom", {"height_factor": (-0.3, -0.3), "width_factor": (0.2, 0.2)}),
    ("RandomTranslation", {"height_factor": (0.21, 0.21), "width_factor": (-0.4, -0.4)}),
    (
        "RandomTranslation",
        {
            "height_factor": (0.21, 0.21),
            "width_factor": (-0.4, -0.4),
            "fill_mode": "constant",
            "interpolation": "nearest",
        },
    ),
    ("RandomBrightness", {"factor": (0.2, 0.2), "value_range": (0, 1)}),
    ("RandomBrightness", {"factor": (-0.3, -0.3), "value_range": (0, 1)}),
    ("CenterCrop", {"height": 6, "width": 4}),
    ("CenterCrop", {"height": 6, "width": 14}),
]


@pytest.mark.parametrize("name, arguments", EXACT)
def test_told_what_to_draw_they_are_keras(tf_keras, rng, name, arguments):
    x = images(rng)
    expected = getattr(tf_keras.layers, name)(**arguments)(x, training=True)
    assert_allclose(getattr(layers, name)(**arguments)(x), expected.numpy(), atol=1e-5)


@pytest.mark.parametrize("size", [(12, 10), (4, 20), (9, 11)])
def test_a_crop_larger_than_the_image_is_a_smart_resize(tf_keras, rng, size):
    x = images(rng)
    expected = tf_keras.preprocessing.image.smart_resize(x, size)
    for name in ("RandomCrop", "CenterCrop"):
        assert_allclose(getattr(layers, name)(*size)(x), expected, atol=1e-5)


def test_contrast_is_keras(tf_keras, rng):
    layer, x = layers.RandomContrast(0.5, value_range=(0, 1), seed=2), images(rng)
    y, (drawn, _, _) = layer.forward(x, True)
    assert drawn.min() < 1 < drawn.max()
    peer = tf_keras.layers.RandomContrast(0.5, value_range=(0, 1))
    factors = drawn.astype(np.float32)[:, None, None, None]
    assert_allclose(y, peer.transform_images(x, {"contrast_factor": factors}).numpy(), atol=1e-6)


ASPECTS = [{}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True, "fill_value": 0.5}]


@given(
    old=st.tuples(st.integers(1, 14), st.integers(1, 14)),
    new=st.tuples(st.integers(1, 14), st.integers(1, 14)),
    interpolation=st.sampled_from(["bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"]),
    antialias=st.booleans(),
    aspect=st.sampled_from(ASPECTS),
)
def test_resizing_is_keras(tf_keras, old, new, interpolation, antialias, aspect):
    x = np.random.default_rng(1).random((2, *old, 2)).astype(np.float32)
    arguments = {"interpolation": interpolation, "antialias": antialias, **aspect}
    layer = layers.Resizing(*new, **arguments)
    y, cache = layer.forward(x, False)
    expected = tf_keras.layers.Resizing(*new, **arguments)(x).numpy()
    # TensorFlow reads its cubic from a table of 1024 places.
    coarse = interpolation == "bicubic" and not antialias
    assert_allclose(y, expected, atol=2e-3 if coarse else 2e-5)
    assert y.dtype == np.float32 and y.shape == layer.output_shape(x.shape)
    zero = np.zeros_like(x)
    dy = np.random.default_rng(2).random(y.shape).astype(np.float32)
    constant = layer.forward(zero, False)[0]
    assert_allclose(np.vdot(y - constant, dy), np.vdot(x, layer.backward(dy, cache)), rtol=1e-3)


def test_a_crop_copies_pixels_and_nothing_outside_reaches_it(rng):
    x = images(rng)
    x[:, :2] = np.nan
    assert_array_equal(layers.CenterCrop(4, 5)(x), x[:, 2:6, 3:8])


def test_flips_are_the_four_mirror_images(rng):
    x = np.repeat(images(rng)[:1], 64, axis=0)
    one = x[0]
    mirrors = [one, one[:, ::-1], one[::-1], one[::-1, ::-1]]
    for mode, count in [("horizontal_and_vertical", 4), ("horizontal", 2), ("vertical", 2)]:
        y = layers.RandomFlip(mode, seed=8)(x)
        seen = {k for item in y for k, mirror in enumerate(mirrors) if (item == mirror).all()}
        assert seen == {0, 1, 2, 3} if count == 4 else seen == {0, 1 + (mode == "vertical")}


def test_a_model_augments_in_training_only(rng):
    from minicnn.models import Sequential

    x = images(rng)
    model = Sequential([layers.Input(SHAPE[1:]), layers.RandomFlip(seed=1), layers.Flatten()])
    assert_array_equal(model.predict(x, verbose=0), x.reshape(8, -1))
    assert not np.array_equal(model(x, training=True), x.reshape(8, -1))


REFUSED = [
    ("RandomFlip", {"mode": "left"}, "mode must be one of"),
    ("RandomRotation", {"factor": 2}, "factor must be a finite number in \\[-1, 1\\]"),
    ("RandomRotation", {"factor": float("nan")}, "factor must be a finite number"),
    ("RandomZoom", {"height_factor": (0.1, 0.2, 0.3)}, "must be a number or two"),
    ("RandomTranslation", {"fill_mode": "mirror"}, "fill_mode must be one of"),
    ("RandomTranslation", {"interpolation": "cubic"}, "interpolation must be one of"),
    ("RandomBrightness", {"value_range": 3}, "value_range must be two numbers"),
    ("RandomContrast", {"factor": -0.5}, "factor must be a finite number in \\[0, 1\\]"),
    ("RandomCrop", {"height": 0}, "height must be at least 1"),
    ("CenterCrop", {"width": 2.5}, "width must be an integer"),
    ("Resizing", {"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "must not both"),
    ("Resizing", {"fill_mode": "reflect"}, "fill_mode must be one of"),
]


@pytest.mark.parametrize("name, arguments, message", REFUSED)
def test_refused(name, arguments, message):
    with pytest.raises((ValueError, TypeError), match=f"{name} '.*': .*{message}"):
        make(name, **arguments)


def test_refused_images(rng):
    from minicnn_kernels.errors import SizeError

    with pytest.raises(ValueError, match="input must have 4 axes"):
        layers.RandomFlip()(rng.random((2, 3)))
    with pytest.raises(ValueError, match="input must not be empty"):
        layers.Resizing(2, 2)(np.zeros((1, 0, 3, 1)))
    with pytest.raises(SizeError, match=r"Resizing '.*': the output of shape"):
        layers.Resizing(1879048192, 1879048192)(np.zeros((1, 1, 1, 1)))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' own
def test_keras_files_in_both_directions(tf_keras, rng, tmp_path):
    from minicnn import models

    def network(library):
        names = (
            "RandomFlip",
            "RandomRotation",
            "RandomZoom",
            "RandomTranslation",
            "RandomContrast",
        )
        changes = [getattr(library.layers, name)(**RANDOM[name]) for name in names]
        sizes = [library.layers.Resizing(9, 7), library.layers.CenterCrop(5, 6)]
        first = library.layers.Input(SHAPE[1:])
        return library.models.Sequential([first, *changes, *sizes, library.layers.Conv2D(2, 3)])

    import minicnn

    x = images(rng)
    theirs = network(tf_keras)
    theirs.save(tmp_path / "theirs.keras")
    mine = models.load_model(tmp_path / "theirs.keras")
    assert_allclose(mine.predict(x, verbose=0), theirs.predict(x, verbose=0), atol=1e-5)
    mine = network(minicnn)
    mine.save(tmp_path / "mine.h5")
    theirs = tf_keras.models.load_model(tmp_path / "mine.h5", compile=False)
    assert_allclose(mine.predict(x, verbose=0), theirs.predict(x, verbose=0), atol=1e-5)
    assert theirs.layers[1].get_config()["factor"] == (-0.2, 0.2)
