"""Image files: as Keras reads them; broken and hostile ones are refused."""

import io
import struct
import zlib

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from minicnn import FormatError, utils
from minicnn_kernels.errors import SizeError


@pytest.fixture
def picture(rng):
    return rng.integers(0, 256, (11, 17, 3)).astype(np.uint8)


def written(folder, pixels, name):
    path = folder / name
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.parametrize("color_mode", ["rgb", "rgba", "grayscale"])
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "a.gif", "a.tif", "a.ppm", "a.webp"])
def test_reads_what_keras_reads(tf_keras, tmp_path, picture, name, color_mode):
    path = written(tmp_path, picture, name)
    expected = tf_keras.utils.load_img(path, color_mode=color_mode)
    image = utils.load_img(str(path), color_mode=color_mode)
    assert image.mode == expected.mode and image.size == (17, 11)
    x = utils.img_to_array(image)
    assert_array_equal(x, tf_keras.utils.img_to_array(expected))
    assert x.dtype == np.float32
    first = utils.img_to_array(image, "channels_first", dtype="uint8")
    assert_array_equal(np.moveaxis(first, 0, -1), x)
    assert first.dtype == np.uint8


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos", "box"])
def test_target_size(tf_keras, tmp_path, picture, interpolation, keep):
    path = written(tmp_path, picture, "a.png")
    for size in [(5, 6), (20, 8), (11, 17)]:
        arguments = {"interpolation": interpolation, "keep_aspect_ratio": keep}
        expected = tf_keras.utils.load_img(path, target_size=size, **arguments)
        image = utils.load_img(path, target_size=size, **arguments)
        assert_array_equal(np.asarray(image), np.asarray(expected))


def test_file_objects_and_old_spellings(tmp_path, picture):
    path = written(tmp_path, picture, "a.png")
    image = utils.load_img(io.BytesIO(path.read_bytes()), grayscale=True)
    assert image.mode == "L"
    with pytest.raises(TypeError, match="path must be a path or a file object"):
        utils.load_img(3)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("scale", [True, False])
def test_arrays_to_images_and_files(tf_keras, tmp_path, rng, channels, scale):
    x = rng.uniform(0, 255, (6, 5, channels))
    image = utils.array_to_img(x, scale=scale)
    assert_array_equal(np.asarray(image), np.asarray(tf_keras.utils.array_to_img(x, scale=scale)))
    utils.save_img(tmp_path / "b.png", x, scale=scale)
    with Image.open(tmp_path / "b.png") as saved:
        assert_array_equal(np.asarray(saved), np.asarray(image))
    utils.save_img(tmp_path / "b.jpg", x, quality=90)
    assert (tmp_path / "b.jpg").read_bytes().startswith(b"\xff\xd8\xff")
    buffer = io.BytesIO()
    utils.save_img(buffer, np.moveaxis(x, -1, 0), "channels_first", "png", scale)
    assert buffer.getvalue() == (tmp_path / "b.png").read_bytes()


def test_values_beyond_bytes():
    x = np.array([[[300.0], [70000.0]]])
    assert_array_equal(np.asarray(utils.array_to_img(x, scale=False)), [[300, 70000]])
    color = np.array([[[-5.0, 300.0, 12.9]]])
    assert_array_equal(np.asarray(utils.array_to_img(color, scale=False)), [[[0, 255, 12]]])
    assert np.asarray(utils.array_to_img(np.full((2, 2, 3), 7.0))).max() == 0


def test_arrays_that_are_no_images():
    for shape, message in [((3, 3), "3 axes"), ((3, 3, 2), "1, 3 or 4"), ((0, 3, 3), "3 axes")]:
        with pytest.raises(ValueError, match=f"array_to_img: x must .*{message}"):
            utils.array_to_img(np.zeros(shape))
    with pytest.raises(ValueError, match="array_to_img: x must be finite"):
        utils.array_to_img(np.full((2, 2, 3), np.nan))
    with pytest.raises(ValueError, match="img_to_array: img must have 2 or 3 axes"):
        utils.img_to_array(np.zeros(3))


def test_a_failed_save_leaves_the_old_file(tmp_path, picture):
    path = written(tmp_path, picture, "a.png")
    before = path.read_bytes()
    with pytest.raises(ValueError, match="x must be finite"):
        utils.save_img(path, np.full((2, 2, 3), np.inf))
    with pytest.raises(ValueError, match="file_format must be one of"):
        utils.save_img(tmp_path / "a.exe", picture)
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, data=b"\0"):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def bmp(width, height):
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header


HOSTILE = {
    "zero.png": (png(0, 0), "must have pixels|decoded|whatever"),
    "zero.bmp": (bmp(0, 0), "must have pixels|decoded|whatever"),
    "bomb.png": (png(60_000, 60_000), "exceeds limit"),
    "halfbomb.png": (png(10_000, 10_000), "must have at most|exceeds limit"),
    "short.png": (png(300, 300), "cannot be decoded"),
    "empty.jpg": (b"", "whatever its name says"),
    "page.jpg": (b"<!DOCTYPE html><html>no image</html>", "whatever its name says"),
    "post.jpg": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "whatever its name says"),
    "script.py": (b"print(1)", "expected one of .* got '.py'"),
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files(tmp_path, name):
    content, message = HOSTILE[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FormatError, match=message) as caught:
        utils.load_img(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_an_encapsulated_postscript_file_never_reaches_its_decoder(tmp_path, picture):
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "EPS")
    (tmp_path / "a.png").write_bytes(buffer.getvalue())
    with pytest.raises(FormatError, match="is no BMP, GIF, JPEG"):
        utils.load_img(tmp_path / "a.png")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.tif", "a.bmp", "a.webp"])
def test_files_cut_off_anywhere(tmp_path, rng, name):
    pixels = rng.integers(0, 256, (40, 50, 3)).astype(np.uint8)
    content = written(tmp_path, pixels, name).read_bytes()
    for share in (0.02, 0.3, 0.6, 0.9):
        part = tmp_path / f"part{name[1:]}"
        part.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(FormatError, match="part"):
            utils.load_img(part)


def test_sizes_and_modes_are_refused_before_the_file_is_opened(tmp_path):
    path = tmp_path / "missing.png"
    with pytest.raises(ValueError, match="load_img: target_size must be at least 1"):
        utils.load_img(path, target_size=(0, 3))
    with pytest.raises(SizeError, match="load_img: the image of shape"):
        utils.load_img(path, target_size=(1879048192, 1879048192))
    with pytest.raises(ValueError, match="load_img: color_mode must be one of"):
        utils.load_img(path, color_mode="cmyk")
    with pytest.raises(ValueError, match="load_img: interpolation must be one of"):
        utils.load_img(path, interpolation="linear")
    with pytest.raises(FileNotFoundError):
        utils.load_img(path)
