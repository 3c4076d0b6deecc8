"""Images in folders: DirectoryIterator and image_dataset_from_directory against Keras."""

import inspect
import tarfile

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

from minicnn import FormatError
from minicnn.preprocessing import image_dataset_from_directory
from minicnn.preprocessing.image import ImageDataGenerator


def fill(folder, rng):
    """Three classes of 7, 5 and 4 pictures of differing sizes, and files that are no pictures."""
    for name, count in [("cat", 7), ("dog", 5), ("eel", 4)]:
        (folder / name / "more").mkdir(parents=True)
        for k in range(count):
            pixels = rng.integers(0, 256, (*rng.integers(8, 20, 2), 3)).astype(np.uint8)
            place = folder / name / ("more" if k == 3 else "") / f"{k}.{'png' if k % 2 else 'bmp'}"
            Image.fromarray(pixels).save(place)
        (folder / name / "notes.txt").write_text("no picture")
    (folder / "readme.png").write_text("in no class")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return fill(tmp_path_factory.mktemp("pets"), np.random.default_rng(5))


@pytest.fixture(scope="module")
def peer(tf):
    from keras.src.legacy.preprocessing import image

    return image.ImageDataGenerator


MODES = [
    {"class_mode": "categorical"},
    {"class_mode": "sparse", "classes": ["eel", "cat"]},
    {"class_mode": "binary", "classes": ["eel", "cat"], "color_mode": "grayscale"},
    {"class_mode": "input", "color_mode": "rgba", "interpolation": "bilinear"},
    {"class_mode": "sparse", "subset": "training", "keep_aspect_ratio": True},
    {"class_mode": "sparse", "subset": "validation"},
]


@pytest.mark.parametrize("arguments", MODES)
def test_unshuffled_batches_are_keras(peer, folder, capsys, arguments):
    how = {"target_size": (9, 10), "batch_size": 3, "shuffle": False, **arguments}
    mine = ImageDataGenerator(rescale=1 / 255, validation_split=0.3)
    theirs = peer(rescale=1 / 255, validation_split=0.3)
    flow, expected = (g.flow_from_directory(str(folder), **how) for g in (mine, theirs))
    told = capsys.readouterr().out.splitlines()
    assert told[0] == told[1]
    assert flow.class_indices == expected.class_indices
    assert flow.filenames == expected.filenames and flow.filepaths == expected.filepaths
    assert_array_equal(flow.classes, expected.classes)
    assert flow.image_shape == expected.image_shape
    assert flow.samples == expected.samples and len(flow) == len(expected)
    for index in range(len(flow)):
        for part, wanted in zip(flow[index], expected[index], strict=True):
            assert_allclose(part, wanted, atol=1e-6)
            # Keras gives class numbers as floats; the losses here take integers alone.
            numbers = how.get("class_mode") == "sparse" and part.ndim == 1
            assert part.dtype == (np.int32 if numbers else wanted.dtype)


def test_no_targets_and_channels_first(folder):
    how = {"target_size": (6, 5), "class_mode": None, "seed": 2, "batch_size": 16}
    last = ImageDataGenerator(rotation_range=30).flow_from_directory(folder, **how)
    first = ImageDataGenerator(rotation_range=30, data_format="channels_first")
    first = first.flow_from_directory(folder, **how)
    assert first.image_shape == (3, 6, 5)
    assert_allclose(np.moveaxis(next(first), 1, -1), next(last), atol=1e-4)


def test_shuffled_epochs_hold_every_file_once(folder):
    flow = ImageDataGenerator().flow_from_directory(
        folder, target_size=(4, 4), class_mode="sparse", batch_size=5, seed=1
    )
    orders = []
    for _ in range(2):
        labels = np.concatenate([next(flow)[1] for _ in range(len(flow))])
        assert np.bincount(labels.astype(int)).tolist() == [7, 5, 4]
        orders.append(labels.tolist())
    assert orders[0] != orders[1] and orders[0] != sorted(orders[0])


def test_a_broken_file_is_named(tmp_path, rng):
    fill(tmp_path, rng)
    (tmp_path / "dog" / "x.jpg").write_bytes(b"<html>")
    flow = ImageDataGenerator().flow_from_directory(tmp_path, shuffle=False, batch_size=20)
    with pytest.raises(FormatError, match=r"x\.jpg"):
        flow[0]


def test_links_to_folders_are_followed_only_if_told(tmp_path, rng):
    fill(tmp_path / "a", rng)
    fill(tmp_path / "b", rng)
    (tmp_path / "a" / "cat" / "link").symlink_to(tmp_path / "b" / "cat")
    for follow, count in [(False, 16), (True, 23)]:
        flow = ImageDataGenerator().flow_from_directory(tmp_path / "a", follow_links=follow)
        assert flow.samples == count


REFUSED = [
    ({"class_mode": "other"}, "class_mode must be one of"),
    ({"class_mode": "binary"}, "class_mode 'binary' needs 2 classes"),
    ({"color_mode": "hsv"}, "color_mode must be one of"),
    ({"target_size": (0, 4)}, "target_size must be at least 1"),
    ({"classes": ["cat", "cow"]}, "class 'cow' must be a folder"),
    ({"subset": "test"}, "subset must be"),
    ({"subset": "validation"}, "no images found"),
]


@pytest.mark.parametrize("arguments, message", REFUSED)
def test_refused(folder, arguments, message):
    with pytest.raises((ValueError, NotADirectoryError), match=f"DirectoryIterator: {message}"):
        ImageDataGenerator().flow_from_directory(folder, **arguments)


def test_no_folder(tmp_path):
    with pytest.raises(NotADirectoryError, match="directory must be a folder, got"):
        ImageDataGenerator().flow_from_directory(tmp_path / "missing")


def test_arguments_of_the_data_set_are_keras(tf_keras):
    mine = inspect.signature(image_dataset_from_directory).parameters
    theirs = inspect.signature(tf_keras.utils.image_dataset_from_directory).parameters
    # Keras 3 has put its newest arguments among the older ones.
    assert {n: p.default for n, p in mine.items()} == {
        n: p.default for n, p in theirs.items() if n != "format"
    }


SETS = [
    {},
    {"label_mode": "categorical", "color_mode": "rgba"},
    {"label_mode": "binary", "class_names": ["eel", "cat"], "image_size": 7},
    {"crop_to_aspect_ratio": True},
    {"interpolation": "nearest"},
    {"validation_split": 0.3, "subset": "training"},
    {"validation_split": 0.3, "subset": "validation"},
]


def same_batches(mine, theirs):
    assert mine.file_paths == theirs.file_paths
    for batch, expected in zip(mine, theirs, strict=True):
        batch, expected = (b if isinstance(b, tuple) else (b,) for b in (batch, expected))
        for part, wanted in zip(batch, expected, strict=True):
            assert_allclose(part, wanted.numpy(), atol=2e-3)
            assert part.shape == wanted.shape
    assert batch[0].dtype == np.float32


@pytest.mark.parametrize("arguments", SETS)
def test_unshuffled_data_sets_are_keras(tf_keras, folder, arguments):
    how = {"image_size": (9, 10), "batch_size": 4, "shuffle": False, "verbose": False, **arguments}
    mine = image_dataset_from_directory(folder, **how)
    theirs = tf_keras.utils.image_dataset_from_directory(str(folder), **how)
    assert mine.class_names == theirs.class_names
    assert next(iter(mine))[1].dtype == next(iter(theirs))[1].numpy().dtype
    same_batches(mine, theirs)


def test_labels_of_ones_own_and_none(tf_keras, folder):
    pets = folder / "cat"
    how = {"image_size": (9, 10), "batch_size": 4, "shuffle": False, "verbose": False}
    for arguments in ({"labels": [0, 1, 2, 0, 1, 2, 0]}, {"labels": None}, {"label_mode": None}):
        mine = image_dataset_from_directory(pets, **how, **arguments)
        theirs = tf_keras.utils.image_dataset_from_directory(str(pets), **how, **arguments)
        same_batches(mine, theirs)


def test_shuffled_subsets_are_keras(tf_keras, folder):
    how = {"validation_split": 0.25, "seed": 11, "verbose": False}
    kept, held = image_dataset_from_directory(folder, subset="both", **how)
    assert not set(kept.file_paths) & set(held.file_paths)
    for subset, mine in [("training", kept), ("validation", held)]:
        theirs = tf_keras.utils.image_dataset_from_directory(str(folder), subset=subset, **how)
        assert sorted(mine.file_paths) == sorted(theirs.file_paths)
    labels = [np.concatenate([y for _, y in kept]).tolist() for _ in range(2)]
    assert sorted(labels[0]) == sorted(labels[1]) and labels[0] != labels[1]


def test_single_images(folder):
    stream = image_dataset_from_directory(folder, batch_size=None, image_size=(5, 6), verbose=False)
    x, y = next(iter(stream))
    assert x.shape == (5, 6, 3) and y.shape == () and len(stream) == 16


def test_refused_data_sets(folder):
    op = "image_dataset_from_directory"
    for arguments, message in [
        ({"label_mode": "one"}, "label_mode must be one of"),
        ({"label_mode": "binary"}, "needs 2 classes"),
        ({"validation_split": 0.2}, "must be given both or neither"),
        ({"validation_split": 1.0, "subset": "training"}, "must be between 0 and 1"),
        ({"validation_split": 0.2, "subset": "training"}, "need a seed"),
        ({"labels": [1, 2]}, "labels must be 17 integers"),
        ({"labels": None, "class_names": ["cat"]}, "labels must then be 'inferred'"),
    ]:
        with pytest.raises(ValueError, match=f"{op}: .*{message}"):
            image_dataset_from_directory(folder, verbose=False, **arguments)


def test_real_flowers(data_folder, tmp_path):
    archives = sorted((data_folder / "flowers").glob("*.tar"))
    if not archives:
        pytest.skip("no flowers in MINICNN_DATA")
    with tarfile.open(archives[0]) as archive:
        members = [m for m in archive.getmembers() if m.isfile()]
        chosen = [m for k, m in enumerate(members) if k % 100 == 0]
        archive.extractall(tmp_path, members=chosen, filter="data")
    generator = ImageDataGenerator(
        rescale=1 / 255,
        rotation_range=20,
        zoom_range=0.2,
        brightness_range=(0.8, 1.2),
        horizontal_flip=True,
        validation_split=0.5,
    )
    how = {"target_size": (64, 64), "batch_size": 8, "seed": 1}
    flow = generator.flow_from_directory(tmp_path / "flowers", subset="training", **how)
    assert list(flow.class_indices) == ["daisy", "dandelion", "roses", "sunflowers", "tulips"]
    x, y = next(flow)
    assert x.shape == (8, 64, 64, 3) and y.shape == (8, 5)
    assert 0 <= x.min() < 0.2 and 0.8 < x.max() <= 1.001
    assert_array_equal(y.sum(axis=1), 1)
