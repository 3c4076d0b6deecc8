"""Every layer that ONNX can express: saved, run by ONNX Runtime, loaded again."""

from collections import Counter

import numpy as np
import onnx
import pytest
from support import onnx_files

import minicnn as keras
from minicnn import layers
from minicnn.onnx import load, save

IMAGE = (9, 8, 4)


def agree(model, path, rng, tolerance=3e-6, again=True, **options):
    """Save, run and load ``model``; returns the loaded one."""
    onnx_files.randomize(model, rng)
    save(model, path, **options)
    onnx.checker.check_model(str(path), full_check=True)
    inputs = onnx_files.inputs_of(model, rng)
    ours = onnx_files.outputs_of(model, inputs)
    onnx_files.assert_close(ours, onnx_files.runtime(str(path), *inputs), tolerance, "runtime")
    if again:
        loaded = load(path)
        onnx_files.assert_close(ours, onnx_files.outputs_of(loaded, inputs), tolerance, "loaded")
        return loaded
    return None


def one(layer, shape):
    image = layers.Input(shape)
    return keras.Model(image, layer(image))


ACTIVATIONS = (
    *("relu", "relu6", "leaky_relu", "elu", "selu", "sigmoid", "hard_sigmoid", "tanh"),
    *("scaled_tanh", "softplus", "softsign", "exponential", "silu", "gelu", "mish", "softmax"),
    *("log_softmax", "linear", "hard_silu", "log_sigmoid"),
)

CASES = {
    "conv same relu": (lambda: layers.Conv2D(6, 3, 2, "same", activation="relu"), IMAGE),
    "conv causal": (lambda: layers.Conv1D(6, 3, padding="causal", dilation_rate=2), (9, 4)),
    "conv 3d": (lambda: layers.Conv3D(4, 3, padding="same"), (5, 6, 7, 2)),
    "conv groups": (lambda: layers.Conv2D(6, 3, padding=((1, 2), (0, 1)), groups=2), IMAGE),
    "conv first": (lambda: layers.Conv2D(6, 3, data_format="channels_first"), (4, 9, 8)),
    "conv any size": (lambda: layers.Conv2D(6, 3, 2, "same"), (None, None, 4)),
    "conv composed": (
        lambda: layers.Conv2D(3, 3, activation=lambda x: x * keras.nn.tanh(x)),
        IMAGE,
    ),
    "depthwise": (lambda: layers.DepthwiseConv2D(3, 2, "same", depth_multiplier=2), IMAGE),
    "depthwise 1d": (lambda: layers.DepthwiseConv1D(3), (9, 4)),
    "separable": (
        lambda: layers.SeparableConv2D(6, 3, depth_multiplier=2, activation="tanh"),
        IMAGE,
    ),
    "separable 1d": (lambda: layers.SeparableConv1D(6, 3, padding="same"), (9, 4)),
    "transposed same": (lambda: layers.Conv2DTranspose(3, 3, 2, "same"), IMAGE),
    "transposed gaps": (lambda: layers.Conv2DTranspose(3, 2, 3), IMAGE),
    "transposed extra": (lambda: layers.Conv2DTranspose(3, 3, 2, "same", output_padding=1), IMAGE),
    "transposed 1d": (lambda: layers.Conv1DTranspose(3, 3, 2), (9, 4)),
    "transposed 3d": (lambda: layers.Conv3DTranspose(3, 3, 2, "same"), (4, 3, 5, 2)),
    "transposed any size": (lambda: layers.Conv2DTranspose(3, 3, 2, "same"), (None, 8, 4)),
    "dense": (lambda: layers.Dense(5, activation="softmax"), (7,)),
    "dense of rows": (lambda: layers.Dense(5, use_bias=False), (3, 7)),
    "max pool": (lambda: layers.MaxPooling2D(3, 2, "same"), IMAGE),
    "average pool": (lambda: layers.AveragePooling2D(3, 2, "same"), IMAGE),
    "average pool 1d": (lambda: layers.AveragePooling1D(2), (9, 4)),
    "max pool 3d": (lambda: layers.MaxPooling3D(2), (4, 4, 4, 2)),
    "global average": (lambda: layers.GlobalAveragePooling2D(), IMAGE),
    "global max kept": (lambda: layers.GlobalMaxPooling2D(keepdims=True), IMAGE),
    "global 1d": (lambda: layers.GlobalAveragePooling1D(), (9, 4)),
    "depth max": (lambda: layers.DepthMaxPooling(2), IMAGE),
    "depth average": (lambda: layers.DepthAveragePooling(3, 2, "same"), IMAGE),
    "batch norm": (lambda: layers.BatchNormalization(), IMAGE),
    "batch norm axis": (lambda: layers.BatchNormalization(axis=1), IMAGE),
    "batch norm bare": (lambda: layers.BatchNormalization(scale=False, center=False), (5,)),
    "layer norm": (lambda: layers.LayerNormalization(), IMAGE),
    "layer norm axes": (lambda: layers.LayerNormalization(axis=[1, 2], center=False), IMAGE),
    "lrn": (lambda: layers.LocalResponseNormalization(2, 2.0, 0.3, 0.75), IMAGE),
    "lrn size": (lambda: layers.LocalResponseNormalization(size=3, alpha=0.5), IMAGE),
    "unit": (lambda: layers.UnitNormalization(), IMAGE),
    "rescaling": (lambda: layers.Rescaling([1.0, 2.0, 3.0, 4.0], -1), IMAGE),
    "normalization": (lambda: layers.Normalization(mean=[1.0] * 4, variance=[1.0, 2, 3, 4]), IMAGE),
    **{f"activation {a}": (lambda a=a: layers.Activation(a), (5, 3)) for a in ACTIVATIONS},
    "gelu of tanh": (lambda: layers.Activation("gelu", [1.0]), (5,)),
    "relu limit": (lambda: layers.ReLU(2.0), (5,)),
    "relu limit slope": (lambda: layers.ReLU(2.0, 0.1), (5,)),
    "leaky": (lambda: layers.LeakyReLU(0.1), (5,)),
    "elu alpha": (lambda: layers.ELU(0.5), (5,)),
    "softmax axis": (lambda: layers.Softmax(1), IMAGE),
    "prelu": (lambda: layers.PReLU("normal"), IMAGE),
    "prelu shared": (lambda: layers.PReLU("normal", shared_axes=[1, 2]), IMAGE),
    "flatten": (lambda: layers.Flatten(), IMAGE),
    "flatten first": (lambda: layers.Flatten("channels_first"), IMAGE),
    "reshape": (lambda: layers.Reshape((8, -1)), IMAGE),
    "permute": (lambda: layers.Permute((3, 1, 2)), IMAGE),
    "repeat": (lambda: layers.RepeatVector(3), (4,)),
    "slice": (
        lambda: layers.GetItem((slice(None), slice(1, -1), ..., slice(None, None, -2))),
        IMAGE,
    ),
    "index": (lambda: layers.GetItem((slice(None), 2, -1, None)), IMAGE),
    "pad": (lambda: layers.ZeroPadding2D(((1, 2), (0, 3))), IMAGE),
    "pad 1d": (lambda: layers.ZeroPadding1D(2), (5, 3)),
    "pad 3d": (lambda: layers.ZeroPadding3D(1), (2, 3, 4, 2)),
    "crop": (lambda: layers.Cropping2D(((1, 2), (0, 3))), IMAGE),
    "up": (lambda: layers.UpSampling2D(3), IMAGE),
    "up bilinear": (lambda: layers.UpSampling2D((2, 3), interpolation="bilinear"), IMAGE),
    "up 1d": (lambda: layers.UpSampling1D(2), (5, 3)),
    "up 3d": (lambda: layers.UpSampling3D((2, 1, 3)), (2, 3, 4, 2)),
    "centre": (lambda: layers.CenterCrop(5, 4), IMAGE),
    "shortcut": (lambda: layers.PaddedShortcut(9, 2), IMAGE),
    "mean": (lambda: layers.Reduction("mean", [1, 2]), IMAGE),
    "max kept": (lambda: layers.Reduction("max", [-1], True), IMAGE),
    "residual": (lambda: layers.ResidualUnit(6, 2), IMAGE),
    "inception": (lambda: layers.InceptionModule((2, 3, 4, 5, 6, 7)), IMAGE),
    "squeeze": (lambda: layers.SEBlock(2), IMAGE),
    "connections": (lambda: layers.TableConv2D([[0, 2], [1, 2, 3], [3]], 3), IMAGE),
    "subsampling": (lambda: layers.TrainedSubsampling(), IMAGE),
    "distances": (lambda: layers.RBF(np.eye(3, 5)), (5,)),
    "dropout": (lambda: layers.Dropout(0.5), IMAGE),
    "flip": (lambda: layers.RandomFlip(), IMAGE),
    "lambda": (
        lambda: layers.Lambda(lambda x: keras.nn.relu(x * 2 - 1) / 3 + abs(x) ** 0.5),
        IMAGE,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_layer(name, tmp_path, rng):
    make, shape = CASES[name]
    agree(one(make(), shape), tmp_path / "model.onnx", rng)


@pytest.mark.parametrize("size", [(5, 4), (13, 17)])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("antialias", [False, True])
def test_resizing(size, interpolation, antialias, tmp_path, rng):
    # The runtime has no cubic kernel that shrinks maps whose channels are last.
    first = interpolation == "bicubic"
    layer = layers.Resizing(
        *size,
        interpolation,
        antialias=antialias,
        data_format="channels_first" if first else "channels_last",
    )
    agree(one(layer, (4, 9, 8) if first else IMAGE), tmp_path / "model.onnx", rng)


PAIRS = {
    "add": (lambda a, b: layers.Add()([a, b]), IMAGE, IMAGE),
    "multiply fewer axes": (lambda a, b: layers.Multiply()([a, b]), IMAGE, (4,)),
    "operators": (lambda a, b: (a - b / 2) ** 2.0 + b * np.ones((8, 4)), IMAGE, IMAGE),
    "average": (lambda a, b: layers.Average()([a, b, layers.Conv2D(4, 1)(a)]), IMAGE, IMAGE),
    "extrema": (lambda a, b: layers.Maximum()([a, layers.Minimum()([a, b])]), IMAGE, IMAGE),
    "concatenate": (lambda a, b: layers.Concatenate()([layers.Conv2D(4, 1)(a), b]), IMAGE, IMAGE),
    "concatenate rows": (lambda a, b: layers.Concatenate(1)([a, b]), IMAGE, IMAGE),
    "dot": (lambda a, b: layers.Dot((2, 1))([a, b]), (3, 5), (5, 4)),
    "cosine": (lambda a, b: layers.Dot(1, normalize=True)([a, b]), (5,), (5,)),
    "matmul": (lambda a, b: a @ b, (3, 5), (5, 4)),
    "scaled sum": (lambda a, b: layers.CustomScaleLayer(0.3)([a, b]), IMAGE, IMAGE),
}


@pytest.mark.parametrize("name", PAIRS)
def test_layer_of_two(name, tmp_path, rng):
    join, *shapes = PAIRS[name]
    tensors = [layers.Input(shape) for shape in shapes]
    agree(keras.Model(tensors, join(*tensors)), tmp_path / "model.onnx", rng)


def lenet5():
    return keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(6, 5, padding="same", activation="tanh"),
            layers.AveragePooling2D(),
            layers.Conv2D(16, 5, activation="tanh"),
            layers.AveragePooling2D(),
            layers.Flatten(),
            layers.Dense(120, activation="tanh"),
            layers.Dense(84, activation="tanh"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def residual():
    image = layers.Input((16, 16, 3))
    x = layers.Activation("relu")(
        layers.BatchNormalization()(layers.Conv2D(8, 3, padding="same")(image))
    )
    shortcut = x
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization()(layers.Conv2D(8, 1)(x)))
    x = layers.Add()([x, shortcut])
    x = layers.Concatenate()(
        [layers.MaxPooling2D(3, 2, "same")(x), layers.Conv2D(4, 3, 2, "same")(x)]
    )
    x = layers.Dropout(0.3)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, layers.Dense(5, activation="softmax")(x))


def test_lenet5_comes_back_as_it_was(tmp_path, rng):
    model = lenet5()
    loaded = agree(model, tmp_path / "lenet5.onnx", rng)
    kinds = [type(layer) for layer in model.layers]
    assert [type(layer) for layer in loaded.layers] == [layers.InputLayer, *kinds]
    assert loaded.count_params() == model.count_params() == 61706
    for ours, theirs in zip(model.get_weights(), loaded.get_weights()):
        assert (ours == theirs).all()


def test_the_classic_lenet5(tmp_path, rng):
    agree(keras.applications.LeNet5Classic(), tmp_path / "lenet5.onnx", rng)


def test_a_residual_network_is_transposed_at_its_edge_alone(tmp_path, rng):
    path = tmp_path / "residual.onnx"
    loaded = agree(residual(), path, rng)
    assert Counter(node.op_type for node in onnx.load(path).graph.node)["Transpose"] == 1
    assert not any(isinstance(layer, layers.Permute) for layer in loaded.layers)


def test_channels_first_at_the_edges(tmp_path, rng):
    model = keras.Sequential([layers.Input((9, 8, 3)), layers.Conv2D(4, 3)])
    path = tmp_path / "model.onnx"
    save(model, path, data_format="channels_first")
    assert [node.op_type for node in onnx.load(path).graph.node] == ["Conv"]
    (x,) = onnx_files.inputs_of(model, rng)
    y = model(x)
    turned = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    (theirs,) = onnx_files.runtime(str(path), turned)
    onnx_files.assert_close([y], [np.moveaxis(theirs, 1, -1)], 3e-6, "runtime")
    loaded = load(path, data_format="channels_last")
    assert [type(layer) for layer in loaded.layers] == [layers.InputLayer, layers.Conv2D]
    assert (loaded(x) == y).all()
    assert (load(path)(turned) == np.moveaxis(y, -1, 1)).all()


def test_nested_models_and_shared_layers_are_written_out(tmp_path, rng):
    inner = keras.Sequential(
        [layers.Input((8, 8, 3)), layers.Conv2D(3, 3, padding="same"), layers.ReLU()]
    )
    image = layers.Input((8, 8, 3))
    model = keras.Model(image, [inner(inner(image)), layers.Flatten()(image), image])
    agree(model, tmp_path / "model.onnx", rng)
    graph = onnx.load(tmp_path / "model.onnx").graph
    assert Counter(node.op_type for node in graph.node)["Conv"] == 2
    assert len(graph.initializer) == 2


def test_any_batch(tmp_path, rng):
    model = lenet5()
    save(model, tmp_path / "model.onnx")
    loaded = load(tmp_path / "model.onnx")
    for batch in (1, 5):
        (x,) = onnx_files.inputs_of(model, rng, batch)
        (theirs,) = onnx_files.runtime(str(tmp_path / "model.onnx"), x)
        assert theirs.shape == (batch, 10)
        onnx_files.assert_close([model(x)], [theirs], 3e-6, "runtime")
        assert (loaded(x) == model(x)).all()


def test_doubles_stay_doubles(tmp_path, rng):
    model = one(layers.Dense(3, activation="tanh", dtype="float64"), (4,))
    save(model, tmp_path / "model.onnx")
    (x,) = onnx_files.inputs_of(model, rng)
    x = x.astype("float64")
    loaded = load(tmp_path / "model.onnx")
    assert loaded.output.dtype == "float64" == model.output.dtype
    assert (loaded(x) == model(x)).all()


def test_embedding_takes_integers(tmp_path, rng):
    tokens = layers.Input((5,), dtype="int32")
    model = keras.Model(tokens, layers.Embedding(7, 3)(tokens))
    save(model, tmp_path / "model.onnx")
    x = rng.integers(0, 7, (2, 5)).astype("int32")
    assert (onnx_files.runtime(str(tmp_path / "model.onnx"), x)[0] == model(x)).all()
    assert (load(tmp_path / "model.onnx")(x) == model(x)).all()


def test_relu_above_a_threshold_is_written(tmp_path, rng):
    agree(one(layers.ReLU(2.0, 0.1, 0.5), (5, 3)), tmp_path / "model.onnx", rng, again=False)


def test_a_loaded_model_trains(tmp_path, rng):
    keras.set_random_seed(3)
    save(residual(), tmp_path / "model.onnx")
    model = load(tmp_path / "model.onnx")
    model.compile("sgd", "sparse_categorical_crossentropy")
    x = rng.normal(size=(16, 16, 16, 3)).astype("float32")
    losses = model.fit(x, rng.integers(0, 5, 16), epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


REFUSED = {
    "Resizing 'r': lanczos": lambda: layers.Resizing(5, 5, "lanczos3", name="r"),
    "CenterCrop 'c': input of shape": lambda: layers.CenterCrop(50, 50, name="c"),
    "RandomCrop 'cut': this layer has no form in ONNX": lambda: layers.RandomCrop(4, 4, name="cut"),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_onnx_cannot_say_is_refused_by_name(message, tmp_path):
    path = tmp_path / "model.onnx"
    with pytest.raises(ValueError, match=f"^save: {message}"):
        save(one(REFUSED[message](), IMAGE), path)
    assert not path.exists()


def test_training_mode_is_refused(tmp_path):
    image = layers.Input((4,))
    model = keras.Model(image, layers.Dropout(0.5, name="d")(image, training=True))
    with pytest.raises(ValueError, match="save: Dropout 'd': is called with training=True"):
        save(model, tmp_path / "model.onnx")


def test_arguments(tmp_path):
    path = tmp_path / "model.onnx"
    model = one(layers.Dense(2), (3,))
    save(model, path)
    with pytest.raises(FileExistsError, match="exists and overwrite is false"):
        save(model, path, overwrite=False)
    with pytest.raises(ValueError, match="save: data_format must be"):
        save(model, path, data_format="NCHW")
    with pytest.raises(ValueError, match="load: data_format must be"):
        load(path, data_format="NCHW")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.onnx")
