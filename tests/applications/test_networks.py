"""The books' own networks: published counts, shapes, and that they train."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import minicnn
from minicnn import applications, config, models
from minicnn.applications import googlenet, lenet5_classic
from minicnn.layers.weight import awaiting_values
from minicnn.losses import MAPCriterion
from minicnn.metrics import NearestAccuracy

# Name, arguments, all weights, those that learn.
COUNTS = [
    ("FashionCNN", {}, 1_413_834, 1_413_834),
    ("LeNet5", {}, 61_706, 61_706),
    ("LeNet5Classic", {}, 60_840, 60_000),
    ("LeNet5", {"classic": True}, 60_840, 60_000),
    ("MnistCNN", {}, 592_074, 592_074),
    ("DigitLocalizer", {}, 1_199_882, 1_199_882),
    ("DogsAndCats", {}, 19_024_513, 19_024_513),
    ("HistologyV1", {}, 85_512, 85_512),
    ("HistologyV2", {}, 5_447_912, 5_447_912),
    ("HistologyV3", {}, 639_240, 639_240),
    ("HistologyV4", {}, 23_112_520, 15_477_256),
    ("AlexNet", {}, 62_378_344, 62_378_344),
    ("AlexNet", {"groups": 2}, 60_965_224, 60_965_224),
    ("ZFNet", {}, 62_357_608, 62_357_608),
    ("GoogLeNet", {}, 6_998_552, 6_998_552),
    ("GoogLeNet", {"auxiliary": True}, 13_378_280, 13_378_280),
    ("SqueezeNet", {}, 1_248_424, 1_248_424),
    ("SqueezeNet", {"version": "1.1"}, 1_235_496, 1_235_496),
    ("ResNet18", {}, 11_191_242, 11_181_642),
    ("ResNet34", {}, 21_306_826, 21_289_802),
    ("ResNet20", {}, 271_098, 269_722),
    ("ResNet32", {}, 466_426, 464_154),
    ("ResNet44", {}, 661_754, 658_586),
    ("ResNet56", {}, 857_082, 853_018),
    ("SEResNet50", {}, 28_141_144, 28_088_024),
    ("SEInception", {}, 7_478_655, 7_478_655),
]


@pytest.mark.parametrize(
    ("name", "arguments", "total", "learning"), COUNTS, ids=lambda v: v if type(v) is str else ""
)
def test_counts(name, arguments, total, learning):
    with awaiting_values(1e9):  # nothing is drawn at random: only sizes matter
        model = getattr(applications, name)(**arguments)
    assert model.count_params() == total
    assert sum(weight.size for weight in model.trainable_weights) == learning


# Output and weights of every row of the book's ResNet-34.
RESNET_34 = [
    ("Conv2D", (112, 112, 64), 9_408),
    ("BatchNormalization", (112, 112, 64), 256),
    ("Activation", (112, 112, 64), 0),
    ("MaxPooling2D", (56, 56, 64), 0),
    *[("ResidualUnit", (56, 56, 64), 74_240)] * 3,
    ("ResidualUnit", (28, 28, 128), 230_912),
    *[("ResidualUnit", (28, 28, 128), 295_936)] * 3,
    ("ResidualUnit", (14, 14, 256), 920_576),
    *[("ResidualUnit", (14, 14, 256), 1_181_696)] * 5,
    ("ResidualUnit", (7, 7, 512), 3_676_160),
    *[("ResidualUnit", (7, 7, 512), 4_722_688)] * 2,
    ("GlobalAveragePooling2D", (512,), 0),
    ("Flatten", (512,), 0),
    ("Dense", (10,), 5_130),
]


def test_resnet_34_s_summary_row_by_row():
    with awaiting_values(1e9):
        model = applications.ResNet34()
    rows = [
        (type(layer).__name__, layer.output.shape[1:], layer.count_params())
        for layer in model.layers[1:]
    ]
    assert rows == RESNET_34
    lines = []
    model.summary(print_fn=lines.append)
    told = [line for line in lines if line.endswith(tuple("0123456789")) and " (None, " in line]
    for line, (kind, shape, count) in zip(told[1:], RESNET_34, strict=True):
        assert f"({kind})" in line
        assert str((None, *shape)) in line
        assert line.endswith(f" {count:,}")
    assert "Total params: 21,306,826" in "\n".join(lines)
    assert "Trainable params: 21,289,802" in "\n".join(lines)
    assert "Non-trainable params: 17,024" in "\n".join(lines)


def small(name, **arguments):
    """A network on the smallest images it takes, with few classes."""
    sides = {"GoogLeNet": 32, "AlexNet": 67, "ZFNet": 67, "SqueezeNet": 48}
    side = sides.get(name, 32)
    return getattr(applications, name)(
        weights=None, input_shape=(side, side, 3), classes=4, **arguments
    )


@pytest.mark.parametrize(
    "name", ["ResNet18", "ResNet20", "SqueezeNet", "GoogLeNet", "SEInception", "ZFNet"]
)
def test_networks_learn_from_a_batch(name, rng):
    minicnn.set_random_seed(3)
    model = small(name, **({} if name.startswith("ResNet") else {"dropout": 0.0}))
    x = rng.standard_normal((4, *model.input.shape[1:])).astype(np.float32)
    y = np.arange(4)
    model.compile(minicnn.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
    first = model.train_on_batch(x, y)
    for _ in range(7):
        model.train_on_batch(x, y)
    assert np.isfinite(first)
    assert model.train_on_batch(x, y) < first


def test_two_groups_see_half_of_the_maps_each(rng):
    model = small("AlexNet", groups=2, include_top=False)
    kernels = {layer.name: layer.kernel.shape for layer in model.layers if layer.weights}
    assert kernels["C3"] == (5, 5, 48, 256)
    assert kernels["C5"] == (3, 3, 256, 384)
    assert kernels["C7"] == (3, 3, 192, 256)
    assert model.predict(rng.normal(size=(1, 67, 67, 3)), verbose=0).shape == (1, 1, 1, 256)


def test_auxiliary_heads_are_weighted_in_training_and_absent_after(rng):
    with awaiting_values(1e9):
        model = applications.GoogLeNet(auxiliary=True, input_shape=(65, 65, 3), classes=3)
    for weight in model.weights:
        weight.assign(rng.normal(0, 0.05, weight.shape))
    assert model.output_names == ["predictions", "auxiliary_4a", "auxiliary_4d"]
    model.compile("sgd", "sparse_categorical_crossentropy", loss_weights=googlenet.LOSS_WEIGHTS)
    x, y = rng.standard_normal((2, 65, 65, 3)).astype(np.float32), np.array([0, 2])
    total, *parts = model.evaluate(x, [y, y, y], verbose=0)
    assert_allclose(total, np.dot([1, 0.3, 0.3], parts), rtol=1e-6)
    before = [weight.numpy() for weight in model.get_layer("auxiliary_4a_conv").weights]
    model.train_on_batch(x, [y, y, y])
    after = model.get_layer("auxiliary_4a_conv").weights
    assert any((a != b.numpy()).any() for a, b in zip(before, after))

    classifier = googlenet.without_auxiliary(model)
    assert classifier.count_params() == sum(
        layer.count_params() for layer in model.layers if not layer.name.startswith("auxiliary")
    )
    assert_array_equal(classifier.predict(x, verbose=0), model.predict(x, verbose=0)[0])


def test_lenet_5_of_1998_learns_digits(tmp_path):
    from minicnn.datasets import digits

    minicnn.set_random_seed(0)
    (x, y), (x_test, y_test) = digits.load_data(size=28)
    x, x_test = lenet5_classic.preprocess_input(x), lenet5_classic.preprocess_input(x_test)
    model = applications.LeNet5Classic()
    model.compile(minicnn.optimizers.Adam(2e-3), MAPCriterion(), metrics=[NearestAccuracy()])
    model.fit(x, y, batch_size=32, epochs=4, verbose=0)
    assert model.evaluate(x_test, y_test, verbose=0)[1] > 0.9
    assert_array_equal(model.get_layer("output").get_weights()[0], lenet5_classic.digit_codes())

    model.save(tmp_path / "lenet.minicnn")
    again = models.load_model(tmp_path / "lenet.minicnn")
    assert again.loss.j == 10
    assert_array_equal(again.predict(x_test[:9], verbose=0), model.predict(x_test[:9], verbose=0))


def test_lenet_5_s_table_and_codes():
    assert sum(map(len, lenet5_classic.TABLE)) == 60
    seen = np.bincount(np.concatenate(lenet5_classic.TABLE))
    assert_array_equal(seen, [10] * 6)  # each map of S2 feeds ten maps of C3
    codes = lenet5_classic.digit_codes()
    assert codes.shape == (10, 84)
    assert set(np.unique(codes)) == {-1, 1}
    distances = ((codes[:, None] - codes) ** 2).sum(-1)
    assert distances[~np.eye(10, dtype=bool)].min() >= 32


def test_lenet_5_s_pixels():
    x = lenet5_classic.preprocess_input(np.full((2, 28, 28), 255, np.uint8))
    assert x.shape == (2, 32, 32, 1)
    assert_allclose([x[0, 0, 0, 0], x[0, 5, 5, 0]], [-0.1, 1.175], rtol=1e-6)
    with pytest.raises(ValueError, match=r"x must have shape \(N, 28, 28, 1\)"):
        lenet5_classic.preprocess_input(np.zeros((1, 32, 32)))


@pytest.mark.parametrize("name", ["VGG16", "ResNet50", "MobileNetV2", "DenseNet121", "SEResNet50"])
def test_channels_first_networks_have_the_same_weights(name):
    build = getattr(applications, name)
    with awaiting_values(1e9):
        last = build(weights=None, include_top=False)
        config.set_image_data_format("channels_first")
        try:
            first = build(weights=None, include_top=False, input_shape=(3, 64, 64))
        finally:
            config.set_image_data_format("channels_last")
    assert [w.shape for w in first.weights] == [w.shape for w in last.weights]
    assert first.output.shape[1] == last.output.shape[-1]
    assert first.output.shape[2:] == (2, 2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: applications.AlexNet(groups=3), "AlexNet: groups must be 1 or 2, got 3"),
        (lambda: applications.ZFNet(filters=(1, 2)), "ZFNet: filters must be three integers"),
        (lambda: applications.ZFNet(filters=5), "ZFNet: filters must be three integers, got 5"),
        (lambda: applications.SqueezeNet(version=[]), "SqueezeNet: version must be one of"),
        (lambda: applications.DigitLocalizer(dropout=0.5), "DigitLocalizer: dropout must be two"),
        (lambda: applications.SqueezeNet(version="2"), "SqueezeNet: version must be one of"),
        (
            lambda: applications.SEInception(ratio=512, input_shape=(32, 32, 3)),
            "input must have at least ratio 512 channels",
        ),
        (
            lambda: applications.GoogLeNet(auxiliary=True, input_shape=(64, 64, 3)),
            "auxiliary_4a_pool",
        ),
        (
            lambda: applications.GoogLeNet(auxiliary=True, include_top=False),
            "GoogLeNet: auxiliary must be False without include_top, got True",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make, message):
    with pytest.raises(ValueError, match=message), awaiting_values(1e9):
        make()


def test_the_classic_lenet5_is_the_one_of_1998():
    classic, peer = applications.LeNet5(classic=True), applications.LeNet5Classic()
    assert classic.name == peer.name == "lenet5_classic"
    assert [type(layer) for layer in classic.layers] == [type(layer) for layer in peer.layers]
    assert classic.input.shape == (None, 32, 32, 1)
    assert applications.LeNet5(classic=True, name="mine").name == "mine"
    assert applications.LeNet5().name == "lenet5"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": 5}, "LeNet5: classes must be 10 with classic=True, got 5"),
        ({"activation": "relu"}, "LeNet5: activation must be 'scaled_tanh' with classic=True"),
        ({"input_shape": (40, 40, 1)}, "LeNet5: input_shape must be .* with classic=True"),
    ],
)
def test_the_classic_lenet5_leaves_nothing_open(options, message):
    with pytest.raises(ValueError, match=message):
        applications.LeNet5(classic=True, **options)
