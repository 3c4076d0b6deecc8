"""Published weights on real pictures: what they were trained for, they do here."""

import numpy as np
import pytest

from minicnn import applications, models
from minicnn.applications import resnet_cifar, squeezenet

pytestmark = pytest.mark.slow


def needed(data_folder, *parts):
    """The file below the folder of real data; the test is skipped where it is not."""
    path = data_folder.joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"MINICNN_DATA has no {'/'.join(parts)}")
    return path


@pytest.mark.parametrize(("depth", "file"), [(20, "resnet20-12fca82f"), (56, "resnet56-4bfd9763")])
def test_resnets_know_4000_cifar_10_images(data_folder, depth, file):
    images = needed(data_folder, "cifar10", "cifar10_train_first4000_lossless.npz")
    weights = needed(data_folder, "weights", "resnet-cifar10", f"{file}.npz")
    model = getattr(applications, f"ResNet{depth}")(weights=weights)
    with np.load(images) as content:
        x, y = resnet_cifar.preprocess_input(content["x"]), content["y"].ravel()
    scores = model.predict(x, batch_size=250, verbose=0)
    accuracy = (scores.argmax(1) == y).mean()
    print(f"ResNet-{depth}: {accuracy:.2%} of {len(y)} images")
    assert accuracy >= 0.99
    best = resnet_cifar.decode_predictions(scores[:50], top=1)
    names = [resnet_cifar.CLASSES[label] for label in y[:50]]
    assert sum(name == picked[0][0] for name, picked in zip(names, best)) >= 49


# ImageNet has no giraffe: what it takes one for must at least be a spotted or grazing animal.
PLAUSIBLE = {
    "eagle": {"kite", "bald_eagle", "vulture", "hawk"},
    "giraffe": {"cheetah", "leopard", "jaguar", "impala", "gazelle", "hartebeest", "zebra"},
}


@pytest.mark.parametrize("picture", PLAUSIBLE)
def test_squeezenet_names_photographs(data_folder, picture):
    image = pytest.importorskip("PIL.Image", reason="Pillow decodes the photographs")
    photograph = needed(data_folder, "darknet", f"{picture}.jpg")
    weights = needed(
        data_folder, "weights", "squeezenet", "squeezenet_v1.0_deep_compression_oihw.npz"
    )
    model = applications.SqueezeNet(weights=weights)
    with image.open(photograph) as opened:
        pixels = np.asarray(opened.convert("RGB").resize((227, 227), image.Resampling.BILINEAR))
    scores = model.predict(squeezenet.preprocess_input(pixels[None]), verbose=0)
    best = squeezenet.decode_predictions(scores, top=5)[0]
    print(picture, [(name, round(score, 3)) for _, name, score in best])
    assert best[0][1] in PLAUSIBLE[picture]
    assert best[0][2] > 0.5


def test_squeezenet_1_1_takes_keras_s_file(data_folder, rng):
    h5py = pytest.importorskip("h5py", reason="reads the file for comparison")
    path = needed(
        *(data_folder, "weights", "squeezenet"),
        "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5",
    )
    model = applications.SqueezeNet(version="1.1", include_top=False, weights=path)
    assert model.count_params() == 722_496
    with h5py.File(path) as file:
        names = [name.decode() for name in file.attrs["layer_names"]]
        assert [layer.name for layer in model.layers if layer.weights] == [
            name for name in names if len(file[name].attrs["weight_names"])
        ]
        for name in ("conv1", "fire9/expand3x3"):
            stored = [file[name][key] for key in file[name].attrs["weight_names"]]
            for one, other in zip(model.get_layer(name).get_weights(), stored):
                np.testing.assert_array_equal(one, other)


def test_mobilenet_v2_takes_a_real_backbone(data_folder, rng):
    """A Teachable Machine export holds MobileNetV2 0.35; ours agrees with its weights."""
    path = needed(data_folder, "weights", "mobilenetv2-0.35", "keras_model.h5")
    backbone = inner_model(models.load_model(path, compile=False), "model1")
    model = applications.MobileNetV2((224, 224, 3), 0.35, include_top=False, weights=None)
    assert model.count_params() == backbone.count_params() == 410_208
    model.set_weights(backbone.get_weights())
    x = rng.uniform(-1, 1, (2, 224, 224, 3)).astype(np.float32)
    expected = backbone.predict(x, verbose=0)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-4, atol=1e-5)


def inner_model(model, name):
    """The model of that name inside ``model``, however deep."""
    for layer in model.layers:
        if layer.name == name:
            return layer
        found = inner_model(layer, name) if isinstance(layer, models.Model) else None
        if found is not None:
            return found
    return None
