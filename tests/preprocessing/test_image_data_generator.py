"""ImageDataGenerator: parameters, statistics, batches from arrays."""

import inspect
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from minicnn import random
from minicnn.preprocessing.image import ImageDataGenerator, load_img

ALL = {
    "rotation_range": 20,
    "width_shift_range": 0.2,
    "height_shift_range": [1, 3],
    "brightness_range": (0.8, 1.2),
    "shear_range": 10,
    "zoom_range": 0.3,
    "channel_shift_range": 5,
    "horizontal_flip": True,
    "vertical_flip": True,
}


@pytest.fixture(scope="module")
def peer(tf):
    from keras.src.legacy.preprocessing import image

    return image.ImageDataGenerator


def photos(rng, count=10, channels=3):
    return rng.uniform(0, 255, (count, 8, 8, channels)).astype(np.float32)


def test_arguments_and_defaults_are_keras(peer):
    mine, theirs = inspect.signature(ImageDataGenerator), inspect.signature(peer)
    assert [(p.name, p.default) for p in mine.parameters.values()] == [
        (p.name, p.default) for p in theirs.parameters.values()
    ]
    for name in ("flow", "flow_from_directory", "fit", "random_transform", "standardize"):
        mine = inspect.signature(getattr(ImageDataGenerator, name))
        assert str(mine) == str(inspect.signature(getattr(peer, name))), name


def test_the_same_parameters_give_what_keras_gives(peer, rng):
    arguments = {**ALL, "brightness_range": None, "fill_mode": "reflect"}
    mine, theirs = ImageDataGenerator(**arguments), peer(**arguments)
    for seed, x in enumerate(photos(rng)):
        told = mine.get_random_transform(x.shape, seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = theirs.apply_transform(x, told)
        assert_allclose(mine.apply_transform(x, told), expected, atol=1e-3)


def test_parameters_are_drawn_where_they_were_asked_for():
    generator = ImageDataGenerator(**ALL)
    drawn = [generator.get_random_transform((8, 10, 3), seed) for seed in range(300)]
    spans = {"theta": 20, "tx": 2, "shear": 10, "channel_shift_intensity": 5}
    for name, span in spans.items():
        values = [told[name] for told in drawn]
        assert -span <= min(values) < -0.9 * span and 0.9 * span < max(values) <= span
    assert {told["ty"] for told in drawn} == {-3, -1, 1, 3}
    for name, (low, high) in {"zx": (0.7, 1.3), "zy": (0.7, 1.3), "brightness": (0.8, 1.2)}.items():
        values = [told[name] for told in drawn]
        assert low <= min(values) < low + 0.05 and high - 0.05 < max(values) <= high
    for name in ("flip_horizontal", "flip_vertical"):
        assert 100 < sum(told[name] for told in drawn) < 200


def test_shifts_in_whole_pixels_and_in_shares():
    def drawn(value):
        generator = ImageDataGenerator(width_shift_range=value)
        return {generator.get_random_transform((8, 10, 3), s)["tx"] for s in range(200)}

    assert drawn(2) == {-1, 0, 1}
    assert drawn([0.1, 0.4]) == {-1, 1, -4, 4}
    assert 4 < max(drawn(4.5)) <= 4.5
    assert drawn(0) == {0}


def test_what_is_switched_off_changes_nothing(rng):
    x = photos(rng)[0]
    assert_array_equal(ImageDataGenerator().random_transform(x), x)
    assert_array_equal(ImageDataGenerator().standardize(x), x)


def test_images_and_masks_with_one_seed_change_alike(rng):
    x = photos(rng)
    geometry = {"rotation_range": 30, "horizontal_flip": True, "fill_mode": "reflect"}
    images = ImageDataGenerator(**geometry, brightness_range=(0.5, 0.6)).flow(x, seed=3)
    masks = ImageDataGenerator(**geometry).flow(x, seed=3)
    for _ in range(2):
        ratio = next(images) / next(masks)
        assert ratio.min() > 0.49 and ratio.max() < 0.61


def test_height_shifts_move_rows(rng):
    x = np.zeros((9, 9, 1))
    x[4, 4] = 1
    told = ImageDataGenerator(height_shift_range=[2]).get_random_transform(x.shape, 1)
    y = ImageDataGenerator(fill_mode="constant").apply_transform(x, told)
    assert np.argwhere(y[..., 0]).tolist() in ([[2, 4]], [[6, 4]])


STATISTICS = [
    {"featurewise_center": True},
    {"featurewise_center": True, "featurewise_std_normalization": True, "rescale": 1 / 255},
    {"samplewise_center": True, "samplewise_std_normalization": True},
    {"zca_whitening": True, "featurewise_center": True, "zca_epsilon": 0.1},
    {"preprocessing_function": lambda x: x[..., ::-1] - 3, "rescale": 0.5},
]


@pytest.mark.parametrize("arguments", STATISTICS)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_standardization_is_keras(peer, rng, arguments, data_format):
    x = photos(rng, 20)
    if data_format == "channels_first":
        x = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    mine = ImageDataGenerator(**arguments, data_format=data_format)
    theirs = peer(**arguments, data_format=data_format)
    mine.fit(x)
    theirs.fit(x)
    for image in x[:3]:
        copy = image.copy()
        y = mine.standardize(image)
        assert_array_equal(image, copy)
        assert_allclose(y, theirs.standardize(copy), rtol=1e-3, atol=1e-3)
        assert y.dtype == np.float32


def test_whitened_images_have_no_correlations(rng):
    x = np.cumsum(rng.normal(size=(500, 3, 3, 1)), axis=1)
    generator = ImageDataGenerator(zca_whitening=True, dtype="float64")
    generator.fit(x)
    flat = np.stack([generator.standardize(image) for image in x]).reshape(500, -1)
    assert_allclose(flat.T @ flat / 500, np.eye(9), atol=1e-5)


def test_fit_on_changed_images(rng):
    x = photos(rng)
    generator = ImageDataGenerator(featurewise_center=True, **ALL)
    generator.fit(x, augment=True, rounds=2, seed=1)
    first = generator.mean
    generator.fit(x, augment=True, rounds=2, seed=1)
    assert_array_equal(generator.mean, first)
    assert not np.allclose(first, x.mean(axis=(0, 1, 2)))


def test_standardizing_before_fit_warns(rng):
    generator = ImageDataGenerator(featurewise_std_normalization=True)
    with pytest.warns(UserWarning, match="before fit") as caught:
        generator.standardize(photos(rng)[0])
    assert len(caught) == 2  # the mean and the deviation


def test_flow_gives_every_image_once_an_epoch(rng):
    x, y = photos(rng), np.arange(10)
    flow = ImageDataGenerator().flow(x, y, batch_size=4, seed=1, sample_weight=y / 10)
    assert len(flow) == 3 and flow.n == 10
    for _ in range(2):
        parts = [next(flow) for _ in range(3)]
        images, labels, weights = (np.concatenate(part) for part in zip(*parts))
        assert sorted(labels) == list(range(10)) and list(labels) != list(range(10))
        assert_array_equal(images, x[labels])
        assert_array_equal(weights, labels / 10)


def test_batches_follow_from_seed_and_epoch_alone(rng):
    x = photos(rng)
    generator = ImageDataGenerator(**ALL)
    one, other = (generator.flow(x, batch_size=4, seed=7) for _ in range(2))
    first = [next(one) for _ in range(3)]
    assert_array_equal(other[2], first[2])
    assert_array_equal(other[0], first[0])
    other.on_epoch_end()
    assert_array_equal(other[0], next(one))
    assert not np.array_equal(other[0], first[0])
    assert not np.array_equal(generator.flow(x, batch_size=4, seed=8)[0], first[0])


def test_without_a_seed_the_library_draws_one(rng):
    x, results = photos(rng), []
    for seed in (1, 1, 2):
        random.set_random_seed(seed)
        results.append(ImageDataGenerator(**ALL).flow(x)[0])
    assert_array_equal(results[0], results[1])
    assert not np.array_equal(results[0], results[2])


def test_unshuffled_bytes_with_other_inputs(rng):
    x = rng.integers(0, 256, (5, 4, 4, 3)).astype(np.uint8)
    beside = np.arange(5)
    (images, others), y = ImageDataGenerator(rescale=1 / 255).flow(
        (x, beside), beside, batch_size=2, shuffle=False
    )[1]
    assert_allclose(images, x[2:4] / 255, rtol=1e-6)
    assert others.tolist() == y.tolist() == [2, 3]


def test_subsets(rng):
    x, y = photos(rng), np.tile([0, 1], 5)
    generator = ImageDataGenerator(validation_split=0.4)
    held = generator.flow(x, y, subset="validation", shuffle=False)
    kept = generator.flow(x, y, subset="training", shuffle=False)
    assert_array_equal(held[0][0], x[:4])
    assert_array_equal(kept[0][0], x[4:])
    with pytest.raises(ValueError, match="must hold the same classes"):
        generator.flow(x, np.arange(10), subset="training")
    assert len(generator.flow(x, np.arange(10), subset="training", ignore_class_split=True)) == 1


def test_saved_images(rng, tmp_path):
    x = photos(rng, 3)
    next(ImageDataGenerator().flow(x, seed=1, save_to_dir=tmp_path, save_prefix="a"))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["a_0_0.png", "a_1_0.png", "a_2_0.png"]
    assert load_img(tmp_path / names[0]).size == (8, 8)


def test_a_model_trains_on_a_flow(rng):
    from minicnn import layers, optimizers
    from minicnn.models import Sequential

    dark = np.repeat([0, 1], 16)
    x = (photos(rng, 32) + 255 * dark[:, None, None, None]).astype(np.float32)
    generator = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True, width_shift_range=2)
    model = Sequential([layers.Input((8, 8, 3)), layers.Flatten(), layers.Dense(2, "softmax")])
    model.compile(optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    flow = generator.flow(x, dark, batch_size=8, seed=1)
    history = model.fit(flow, epochs=20, verbose=0, validation_data=flow)
    assert len(history.history["loss"]) == 20
    assert history.history["val_accuracy"][-1] > 0.9


REFUSED = [
    ({"rotation_range": np.inf}, "rotation_range must be a finite number"),
    ({"zoom_range": (1, 2, 3)}, "zoom_range must be two numbers"),
    ({"brightness_range": 0.5}, "brightness_range must be two numbers"),
    ({"width_shift_range": []}, "width_shift_range must not be an empty list"),
    ({"height_shift_range": "a"}, "height_shift_range must be a real number"),
    ({"fill_mode": "mirror"}, "fill_mode must be one of"),
    ({"validation_split": 1}, "validation_split must be below 1"),
    ({"validation_split": -0.5}, "validation_split must be a finite number in"),
    ({"data_format": "last"}, "data_format must be one of"),
    ({"preprocessing_function": 3}, "preprocessing_function must be callable"),
]


@pytest.mark.parametrize("arguments, message", REFUSED)
def test_refused(arguments, message):
    with pytest.raises((ValueError, TypeError), match=f"ImageDataGenerator: {message}"):
        ImageDataGenerator(**arguments)


def test_refused_arrays(rng, tmp_path):
    x, generator = photos(rng), ImageDataGenerator()
    op = "NumpyArrayIterator"
    with pytest.raises(ValueError, match=f"{op}: x must be images, 4 axes"):
        generator.flow(x[0])
    with pytest.raises(ValueError, match=f"{op}: y must have 10 rows as x, got 9"):
        generator.flow(x, np.zeros(9))
    with pytest.raises(ValueError, match=f"{op}: number of images must be at least 1"):
        generator.flow(x[:0])
    with pytest.raises(ValueError, match=f"{op}: batch_size must be at least 1"):
        generator.flow(x, batch_size=0)
    with pytest.raises(ValueError, match=f"{op}: subset must be"):
        generator.flow(x, subset="test")
    with pytest.raises(IndexError, match="has 1 batches, got index 1"):
        generator.flow(x)[1]
    with pytest.raises(NotADirectoryError, match="save_to_dir: no such folder"):
        generator.flow(x, save_to_dir=tmp_path / "missing")
    with pytest.raises(ValueError, match=r"ImageDataGenerator.fit: x must be images"):
        generator.fit(x[0])
