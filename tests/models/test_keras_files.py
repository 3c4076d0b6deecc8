"""Files of Keras load here, files written here load in Keras: to the same predictions."""

import io
import json
import zipfile

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicnn as keras
from minicnn import layers
from minicnn.errors import FormatError

# NumPy tells Keras' variables, while Keras saves them, that their __array__ is of an old form.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def zoo(layers, keras):
    """One model of many layers, built by MiniCNN or Keras alike."""
    image = layers.Input((12, 12, 3), name="image")
    extra = layers.Input((4,), name="extra")
    x = layers.Rescaling(0.5, offset=0.1)(image)
    x = layers.Conv2D(6, 3, padding="same", activation="relu", kernel_regularizer="l2")(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    skip = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, activation="elu")(x)
    x = layers.SeparableConv2D(12, 3, padding="same", use_bias=False)(x)
    x = layers.LeakyReLU(0.1)(x)
    x = layers.Maximum()([layers.Multiply()([x, skip]), layers.Average()([x, skip])])
    x = layers.Concatenate()([layers.Subtract()([x, skip]), layers.PReLU(shared_axes=[1, 2])(x)])
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    x = layers.SpatialDropout2D(0.2)(x)
    x = layers.Conv2DTranspose(5, 3, strides=2, activation="tanh")(x)
    x = layers.Cropping2D(((0, 1), (1, 0)))(x)
    x = layers.ZeroPadding2D(1)(layers.UpSampling2D(2)(x))
    x = layers.Conv2D(4, 3, strides=2, dilation_rate=1, activation=None)(x)
    x = layers.ReLU(max_value=6.0)(x)
    shared = layers.Conv2D(4, 1, activation="sigmoid")
    x = layers.Add()([shared(x), shared(layers.Permute((2, 1, 3))(x))])
    x = layers.AveragePooling2D(2, padding="same")(x)
    y = layers.GlobalMaxPooling2D()(x)
    x = layers.Dropout(0.5)(layers.Flatten()(x))
    inner = keras.Sequential(
        [layers.Input((4,)), layers.LayerNormalization(), layers.Dense(4, activation="softplus")],
        name="inner",
    )
    z = layers.Add()([y, inner(extra)])
    z = layers.Activation("relu")(layers.Reshape((2, 2))(z))
    first = layers.Dense(3, activation="softmax", name="first")(x)
    second = layers.Dense(2, name="second", kernel_initializer="he_normal")(layers.Flatten()(z))
    return keras.Model([image, extra], [first, second], name="zoo")


def chain(layers, keras):
    return keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", name="c"),
            layers.BatchNormalization(name="b"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax", name="d"),
        ],
        name="chain",
    )


def steps(layers, keras):
    return keras.Sequential(
        [
            layers.Input((10, 3)),
            layers.ZeroPadding1D((2, 1)),
            layers.Conv1D(4, 3, padding="causal", activation="relu"),
            layers.Cropping1D((1, 2)),
            layers.MaxPooling1D(2),
            layers.GlobalAveragePooling1D(),
            layers.Dense(2),
        ]
    )


def fill(model, seed=0):
    """Weights that all matter, also moving statistics."""
    rng = np.random.default_rng(seed)
    shapes = [weight.shape for weight in model.get_weights()]
    model.set_weights([rng.uniform(0.1, 0.6, shape).astype(np.float32) for shape in shapes])
    return model


def batch(model, rows=2):
    rng = np.random.default_rng(5)
    arrays = [rng.normal(size=(rows, *t.shape[1:])).astype(np.float32) for t in model.inputs]
    return arrays if len(arrays) > 1 else arrays[0]


def assert_same_predictions(ours, theirs, rtol=1e-4):
    x = batch(ours)
    mine, expected = ours.predict(x, verbose=0), theirs(x)  # its predict compiles for seconds
    mine, expected = (p if isinstance(p, list) else [p] for p in (mine, expected))
    assert len(mine) == len(expected)
    for one, other in zip(mine, expected):
        other = np.asarray(other)
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol * np.abs(other).max())


MODELS = [zoo, chain, steps]


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("name", ["model.h5", "model.keras"])
def test_whole_models_of_keras_load_here(tf_keras, tmp_path, make, name):
    theirs = fill(make(tf_keras.layers, tf_keras))
    theirs.save(tmp_path / name)
    ours = keras.models.load_model(tmp_path / name)
    assert ours.name == theirs.name
    assert ours.count_params() == theirs.count_params()
    assert_same_predictions(ours, theirs)


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("name", ["w.weights.h5", "model.h5", "model.keras"])
def test_weights_of_keras_load_into_models_built_here(tf_keras, tmp_path, make, name):
    theirs = fill(make(tf_keras.layers, tf_keras))
    (theirs.save_weights if "weights" in name else theirs.save)(tmp_path / name)
    ours = make(layers, keras)
    ours.load_weights(tmp_path / name)
    assert_same_predictions(ours, theirs)


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("form", ["h5", "keras"])
def test_whole_models_written_here_load_in_keras(tf_keras, tmp_path, make, form):
    ours = fill(make(layers, keras))
    ours.save(tmp_path / f"model.{form}", save_format=form)
    theirs = tf_keras.models.load_model(tmp_path / f"model.{form}", compile=False)
    names = {layer.name for layer in ours.layers}
    assert names <= {layer.name for layer in theirs.layers}
    assert_same_predictions(ours, theirs)
    assert_same_predictions(keras.models.load_model(tmp_path / f"model.{form}"), theirs)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"kernel_size": 3, "padding": ((1, 1), (1, 1))}, "same"),
        ({"kernel_size": 3, "padding": ((2, 2), (2, 2)), "dilation_rate": 2}, "same"),
        ({"kernel_size": (4, 1), "padding": ((1, 2), (0, 0))}, "same"),
        ({"kernel_size": 3, "padding": ((0, 0), (0, 0)), "strides": 2}, "valid"),
        ({"kernel_size": 3, "padding": ((1, 1), (1, 1)), "strides": 2}, None),
        ({"kernel_size": 4, "padding": ((2, 1), (2, 1))}, None),
        ({"kernel_size": 3, "padding": ((2, 2), (2, 2))}, None),
    ],
)
def test_explicit_padding_gets_the_name_of_what_it_does(tf_keras, tmp_path, settings, name):
    ours = fill(keras.Sequential([layers.Input((9, 8, 3)), layers.Conv2D(2, **settings)]))
    if name is None:
        with pytest.raises(ValueError, match="Keras has no explicit padding"):
            ours.save(tmp_path / "m.h5")
        return
    ours.save(tmp_path / "m.h5")
    theirs = tf_keras.models.load_model(tmp_path / "m.h5", compile=False)
    assert theirs.layers[-1].padding == name
    assert_same_predictions(ours, theirs)


def test_names_that_keras_3_refuses_are_refused(tmp_path):
    inner = keras.Sequential([layers.Input((3,)), layers.Dense(2, name="a/b")])
    outer = keras.Sequential([inner, layers.Dense(2)])
    with pytest.raises(ValueError, match=r"save: Dense 'a/b' cannot be saved for Keras 3, whose"):
        outer.save(tmp_path / "m.keras", save_format="keras")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("name", ["w.weights.h5", "w.h5"])
def test_weights_written_here_load_in_keras(tf_keras, tmp_path, make, name):
    ours = fill(make(layers, keras))
    ours.save_weights(tmp_path / name)
    theirs = make(tf_keras.layers, tf_keras)
    theirs.load_weights(tmp_path / name)
    assert_same_predictions(ours, theirs)
    again = make(layers, keras)
    again.load_weights(tmp_path / name)
    for one, other in zip(again.get_weights(), ours.get_weights()):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("make", MODELS)
def test_architectures_of_keras_as_json(tf_keras, make):
    theirs = fill(make(tf_keras.layers, tf_keras))
    ours = keras.models.model_from_json(theirs.to_json())
    assert {layer.name for layer in theirs.layers} == {layer.name for layer in ours.layers}
    assert ours.count_params() == theirs.count_params()


def test_compile_arguments_cross(tf_keras, tmp_path):
    theirs = fill(chain(tf_keras.layers, tf_keras))
    theirs.compile(
        tf_keras.optimizers.SGD(0.05, momentum=0.5),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    x, y = batch(theirs, 6), np.arange(6) % 3
    expected = theirs.evaluate(x, y, verbose=0)
    for name in ("theirs.keras", "theirs.h5"):
        theirs.save(tmp_path / name)
        ours = keras.models.load_model(tmp_path / name)
        assert (float(ours.optimizer.learning_rate), ours.optimizer.momentum) == (
            pytest.approx(0.05),
            0.5,
        )
        np.testing.assert_allclose(ours.evaluate(x, y, verbose=0), expected, rtol=1e-4)
    ours.save(tmp_path / "ours.h5")
    back = tf_keras.models.load_model(tmp_path / "ours.h5")
    assert float(back.optimizer.learning_rate) == pytest.approx(0.05)
    np.testing.assert_allclose(back.evaluate(x, y, verbose=0), expected, rtol=1e-4)


def test_operators_of_keras_become_operators_here(tf_keras, tmp_path):
    x, y = tf_keras.Input((4,), name="x"), tf_keras.Input((4,), name="y")
    shared = tf_keras.layers.Dense(4)
    z = (shared(x) + shared(y)) * 2.0 - x / 3.0
    z = tf_keras.layers.BatchNormalization()(5.0 - z, training=False)
    theirs = fill(tf_keras.Model([x, y], [z * y, z]))
    theirs.save(tmp_path / "m.keras")
    assert_same_predictions(keras.models.load_model(tmp_path / "m.keras"), theirs)


def test_a_graph_that_keras_cannot_have_is_refused_and_leaves_no_file(tmp_path):
    x = layers.Input((4,))
    with pytest.raises(ValueError, match=r"Keras has no Arithmetic; save as \.minicnn"):
        keras.Model(x, layers.Dense(2)(x * 2)).save(tmp_path / "m.h5")
    x = layers.Input((8, 8, 1))
    model = keras.Model(x, layers.Conv2D(2, 3, padding=((1, 0), (0, 2)))(x))
    with pytest.raises(ValueError, match="Keras has no explicit padding"):
        model.save(tmp_path / "m.h5")
    assert list(tmp_path.iterdir()) == []


# Real files -------------------------------------------------------------------------------------


# Keras warns that old files list an input where it now would have it bare.
@pytest.mark.filterwarnings("ignore:The structure of:UserWarning")
@pytest.mark.parametrize(
    ("name", "params"),
    [("fer2013_mini_XCEPTION.102-0.66", 58_423), ("gender_mini_XCEPTION.21-0.95", 52_658)],
)
def test_mini_xception(tf_keras, data_folder, name, params):
    path = data_folder / "weights" / "mini-xception" / f"{name}.hdf5"
    ours = keras.models.load_model(path)
    assert ours.count_params() == params
    assert ours.loss == "categorical_crossentropy"
    assert_same_predictions(ours, tf_keras.models.load_model(path, compile=False))


def modernized(entry):
    """Keras 2.4's description as today's Keras can read it."""
    config = entry["config"]
    if entry["class_name"] == "DepthwiseConv2D":
        config.pop("groups")
    if entry["class_name"] != "InputLayer":
        config.pop("batch_input_shape", None)
    if "output_layers" in config:  # Keras 3 would give a list of one tensor
        (config["output_layers"],) = config["output_layers"]
    for layer in config.get("layers", ()):
        modernized(layer)
    return entry


def test_mobilenet(tf_keras, data_folder, tmp_path):
    path = data_folder / "weights" / "mobilenetv2-0.35" / "keras_model.h5"
    ours = keras.models.load_model(path)
    with h5py.File(path) as file, h5py.File(tmp_path / "modern.h5", "w") as modern:
        for name in file:
            file.copy(name, modern)
        modern.attrs.update(file.attrs)
        modern.attrs["model_config"] = json.dumps(
            modernized(json.loads(file.attrs["model_config"]))
        )
    theirs = tf_keras.models.load_model(tmp_path / "modern.h5", compile=False)
    assert ours.count_params() == theirs.count_params() == 538_708
    assert_same_predictions(ours, theirs)


def test_squeezenet_weights(data_folder):
    path = data_folder / "weights" / "squeezenet"
    path = path / "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5"
    image = layers.Input((227, 227, 3))
    x = layers.Conv2D(64, 3, strides=2, activation="relu", name="conv1")(image)
    for number in range(2, 10):
        narrow = 16 * (number // 2)
        x = layers.Conv2D(narrow, 1, activation="relu", name=f"fire{number}/squeeze1x1")(x)
        sides = [
            layers.Conv2D(
                4 * narrow, size, padding="same", name=f"fire{number}/expand{size}x{size}"
            )(x)
            for size in (1, 3)
        ]
        x = layers.concatenate(sides)
    model = keras.Model(image, x)
    assert len(model.load_weights(path).loaded) == 50
    with h5py.File(path) as file:
        stored = {
            item.shape: item[()]
            for item in file["fire9/squeeze1x1"].values()
            if isinstance(item, h5py.Dataset)
        }
    kernel = model.get_layer("fire9/squeeze1x1").kernel.value
    np.testing.assert_array_equal(kernel, stored[kernel.shape])


# Files of strangers -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("keras") / "good.h5"
    fill(chain(layers, keras)).save(path)
    return path


def changed_description(file, change):
    description = json.loads(file.attrs["model_config"])
    change({layer["config"]["name"]: layer for layer in description["config"]["layers"]})
    file.attrs["model_config"] = json.dumps(description)


def as_lambda(found):
    found["d"].update(
        class_name="Lambda", config={"name": "d", "function": ["4wEAAAA=", None, None]}
    )


def replaced(group, name, value):
    del group[name]
    group[name] = value


WEIGHTS = "model_weights/d"
KERNEL = f"{WEIGHTS}/d/kernel:0"
FORGERIES = {
    "code": (lambda f: changed_description(f, as_lambda), "'d': Lambda holds code"),
    "a module": (
        lambda f: changed_description(
            f, lambda found: found["d"].update(class_name="Popen", module="subprocess")
        ),
        "'d': Popen cannot be made, layer: no layer is called 'Popen'",
    ),
    "safety turned off": (
        lambda f: changed_description(
            f, lambda found: found["d"]["config"].update(safe_mode=False)
        ),
        "'d': Dense cannot be made, .*'safe_mode'",
    ),
    "a bomb of weights": (
        lambda f: changed_description(f, lambda found: found["d"]["config"].update(units=10**7)),
        "asks for more than the file holds",
    ),
    "a name twice in the description": (
        lambda f: f.attrs.__setitem__("model_config", '{"class_name": "Model", "class_name": "x"}'),
        "'/@model_config': must be JSON text, the name 'class_name' comes twice",
    ),
    "deep nesting": (
        lambda f: f.attrs.__setitem__("model_config", '{"a":' * 5000 + "1" + "}" * 5000),
        "'/@model_config': JSON nests deeper than 200 levels",
    ),
    "no description": (
        lambda f: f.attrs.__delitem__("model_config"),
        "'/@model_config': is missing: the file has no whole model",
    ),
    "another class of model": (
        lambda f: f.attrs.__setitem__("model_config", '{"class_name": "Popen", "config": {}}'),
        "'class_name': must be one of .* got 'Popen'",
    ),
    "a weight missing": (lambda f: f.__delitem__(KERNEL), f"'/{KERNEL}': is missing"),
    "a weight of another shape": (
        lambda f: replaced(f, KERNEL, np.zeros((3, 3), np.float32)),
        r"'d/kernel': must have shape \(144, 3\), got \(3, 3\)|asks for more than the file",
    ),
    "a weight of integers": (
        lambda f: replaced(f, KERNEL, np.zeros((144, 3), np.int32)),
        "'d/kernel': must hold floats, got int32",
    ),
    "a soft link": (
        lambda f: replaced(f, KERNEL, h5py.SoftLink("/model_weights/c")),
        f"'/{KERNEL}': is a link that is not followed, SoftLink",
    ),
    "an external link": (
        lambda f: replaced(f, WEIGHTS, h5py.ExternalLink("/etc/passwd", "/x")),
        f"'/{WEIGHTS}': is a link that is not followed, ExternalLink",
    ),
    "a way out of the folder": (
        lambda f: f["model_weights"].attrs.__setitem__("layer_names", [b"../c", b"b", b"d"]),
        "'/model_weights/..': is no path to follow",
    ),
    "a layer twice": (
        lambda f: f["model_weights"].attrs.__setitem__("layer_names", [b"c", b"c", b"b", b"d"]),
        "two layers of the file have one name",
    ),
    "a weight twice": (
        lambda f: f[WEIGHTS].attrs.__setitem__("weight_names", [b"d/kernel:0", b"d/kernel:0"]),
        f"'/{WEIGHTS}': names a weight twice",
    ),
    "a layer too few": (
        lambda f: f["model_weights"].attrs.__setitem__("layer_names", [b"c", b"b"]),
        "asks for more than the file holds|must hold weights of 3 layers",
    ),
    "no names": (
        lambda f: f["model_weights"].attrs.__delitem__("layer_names"),
        "'/model_weights@layer_names': is missing",
    ),
    "an optimizer of unknown name": (
        lambda f: f.attrs.__setitem__(
            "training_config", '{"optimizer_config": {"class_name": "os.system", "config": {}}}'
        ),
        "'training_config': .*'os.system'.*compile=False",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_hdf5_files_are_refused(good, tmp_path, name):
    change, message = FORGERIES[name]
    path = tmp_path / "forged.h5"
    path.write_bytes(good.read_bytes())
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(FormatError, match=message) as caught:
        keras.models.load_model(path)
    assert "forged.h5" in str(caught.value)


@settings(max_examples=60)
@given(data=st.data())
def test_damaged_hdf5_files_load_or_are_refused(good, tmp_path_factory, data):
    content = bytearray(good.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.h5"
    path.write_bytes(content[: data.draw(st.sampled_from([len(content), len(content) // 2]))])
    try:
        model = keras.models.load_model(path)
    except FormatError as error:
        assert "damaged.h5" in str(error)
    else:
        assert model.count_params() < 1000


def zipped(**members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return data.getvalue()


EMPTY = {"config__json": "{}", "model__weights__h5": "x"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zipped(config__json="{}"), "'model.weights.h5': must be there once, got 0"),
        (zipped(**EMPTY), "'class_name': must be one of"),
        (
            zipped(**{**EMPTY, "config__json": "0" * 10**8}),
            "'config.json': unpacks from .* to 100000000",
        ),
        (zipped(**EMPTY)[:-30], "is no readable zip file"),
        (
            zipped(**EMPTY).replace(b"config.json", b"confjg.json"),
            "'config.json': must be there once",
        ),
        (
            zipped(
                **{
                    **EMPTY,
                    "config__json": '{"class_name": "Sequential", "config": {"layers": []}}',
                }
            ),
            "is no readable HDF5 file",
        ),
    ],
)
def test_forged_zip_files_are_refused(tmp_path, content, message):
    (tmp_path / "forged.keras").write_bytes(content)
    with pytest.raises(FormatError, match=message) as caught:
        keras.models.load_model(tmp_path / "forged.keras")
    assert "forged.keras" in str(caught.value)


def test_compile_arguments_that_are_none(tf_keras, tmp_path):
    chain(tf_keras.layers, tf_keras).save(tmp_path / "good.keras")
    with zipfile.ZipFile(tmp_path / "good.keras") as archive:
        description = json.loads(archive.read("config.json"))
        weights = archive.read("model.weights.h5")
    for arguments, message in (
        ([1, 2], "'compile_config': must be a dict"),
        ({"optimizer": "os.system"}, "'training_config': .*'os.system'.*compile=False"),
        ({"optimizer": "sgd", "loss": {"class_name": "function", "config": 3}}, "'compile': "),
        ({"optimizer": "sgd", "metrics": 7}, "'compile': "),
    ):
        content = json.dumps({**description, "compile_config": arguments})
        data = zipped(config__json=content, model__weights__h5=weights)
        (tmp_path / "bad.keras").write_bytes(data)
        with pytest.raises(FormatError, match=message):
            keras.models.load_model(tmp_path / "bad.keras")
        if isinstance(arguments, dict):
            keras.models.load_model(tmp_path / "bad.keras", compile=False)


def test_kernels_in_theanos_order_are_refused(tmp_path):
    model = keras.Sequential(
        [layers.Input((3, 8, 8)), layers.Conv2D(3, 3, data_format="channels_first", name="c")]
    )
    model.save_weights(tmp_path / "w.h5")
    model.load_weights(tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5", "r+") as file:
        file.attrs["keras_version"] = "1.2.2"
    with pytest.raises(FormatError, match="'c': kernels of Keras 1 in Theano's order"):
        model.load_weights(tmp_path / "w.h5")


def test_variables_of_keras_3_must_all_be_there(tmp_path):
    model = chain(layers, keras)
    model.save_weights(tmp_path / "w.weights.h5")
    with h5py.File(tmp_path / "w.weights.h5", "r+") as file:
        file["layers/dense/vars/2"] = np.zeros(3)
    with pytest.raises(FormatError, match="'/layers/dense/vars': must hold 2 arrays, got"):
        model.load_weights(tmp_path / "w.weights.h5")
