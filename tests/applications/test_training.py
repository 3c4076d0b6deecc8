"""Deep networks learn a batch of photographs by heart, LeNet-5 of 1998 learns MNIST."""

import io
import tarfile

import numpy as np
import pytest

import minicnn
from minicnn import applications
from minicnn.applications import lenet5_classic
from minicnn.callbacks import LearningRateScheduler
from minicnn.losses import MAPCriterion
from minicnn.metrics import NearestAccuracy

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def flowers(data_folder):
    """``(32 photographs [N, 160, 160, 3] of 0 to 255, class numbers)`` of five kinds of flowers."""
    image = pytest.importorskip("PIL.Image", reason="Pillow decodes the photographs")
    path = data_folder / "flowers" / "tf_flowers_600x5_160px_jpeg.tar"
    if not path.is_file():
        pytest.skip("MINICNN_DATA has no flowers")
    with tarfile.open(path) as archive:
        names = sorted(member.name for member in archive if member.isfile())
        kinds = sorted({name.split("/")[1] for name in names})
        chosen = [name for kind in kinds for name in [n for n in names if kind in n][:7]][:32]
        pictures = [
            np.asarray(
                image.open(io.BytesIO(archive.extractfile(name).read()))
                .convert("RGB")
                .resize((160, 160))
            )
            for name in chosen
        ]
    return np.stack(pictures), np.array([kinds.index(name.split("/")[1]) for name in chosen])


# Rates of networks without normalization are well below those at which Adam's steps blow up: near
# them a last bit decides whether they do.
NETWORKS = [
    ("AlexNet", 131, 1e-4, {"dropout": 0.0}),
    ("GoogLeNet", 96, 1e-4, {"dropout": 0.0}),
    ("ResNet34", 96, 1e-3, {}),
    ("Xception", 96, 1e-3, {}),
]


@pytest.mark.parametrize(("name", "side", "rate", "arguments"), NETWORKS)
def test_a_batch_of_photographs_is_learnt_by_heart(name, side, rate, arguments, flowers):
    minicnn.set_random_seed(1)
    photographs, labels = flowers
    border = (160 - side) // 2
    x = photographs[:, border : border + side, border : border + side].astype(np.float32)
    x = x / 127.5 - 1
    model = getattr(applications, name)(
        weights=None, input_shape=(side, side, 3), classes=5, **arguments
    )
    model.compile(minicnn.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    losses = []
    for step in range(120):
        losses.append(float(model.train_on_batch(x, labels)))
        if step % 5 == 4:
            # Statistics of the batch, as in training: the moving ones need longer to follow.
            scores = np.asarray(model(x, training=True))
            accuracy = (scores.argmax(-1) == labels).mean()
            if accuracy > 0.95 and step >= 19:
                break
    print(f"{name}: losses {' '.join(f'{loss:.3f}' for loss in losses)}; accuracy {accuracy:.1%}")
    assert accuracy > 0.95
    assert losses[-1] < losses[0] / 4


def test_lenet_5_of_1998_on_mnist(data_folder, monkeypatch):
    if not (data_folder / "mnist").is_dir():
        pytest.skip("MINICNN_DATA has no mnist")
    minicnn.set_random_seed(1)
    (x, y), (x_test, y_test) = minicnn.datasets.mnist.load_data()
    x, x_test = lenet5_classic.preprocess_input(x), lenet5_classic.preprocess_input(x_test)
    model = applications.LeNet5Classic()
    model.compile(minicnn.optimizers.Adam(1e-3), MAPCriterion(), metrics=[NearestAccuracy()])
    rates = [1e-3] * 6 + [3e-4] * 4 + [1e-4] * 4
    slower = LearningRateScheduler(lambda epoch, rate: rates[epoch])
    model.fit(x, y, batch_size=32, epochs=len(rates), verbose=2, callbacks=[slower])
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"LeNet-5 of 1998: {accuracy:.2%} of MNIST's test set")
    assert accuracy >= 0.989
