"""Names and arguments that listings for one era of Keras or the other bring along."""

import numpy as np
import pytest

from minicnn import Sequential, backend, layers


@pytest.mark.parametrize(
    "name", ["Convolution1D", "Convolution2DTranspose", "SeparableConvolution2D"]
)
def test_long_names_mean_the_same_classes(tf_keras, name):
    short = getattr(tf_keras.layers, name).__name__
    assert getattr(layers, name) is getattr(layers, short)


def test_a_layer_begins_with_given_weights():
    kernel, bias = np.ones((3, 2), np.float32), np.array([1, 2], np.float32)
    model = Sequential([layers.Dense(2, input_dim=3, weights=[kernel, bias])])
    np.testing.assert_array_equal(model.predict(np.ones((1, 3)), verbose=0), [[4, 5]])
    assert "weights" not in model.layers[0].get_config()
    with pytest.raises(ValueError, match="Dense 'd': has 2 weights, got 1"):
        layers.Dense(2, name="d", weights=[kernel])(np.ones((1, 3)))


def test_an_embedding_takes_a_matrix_and_a_length():
    matrix = np.arange(8, dtype=np.float32).reshape(4, 2)
    model = Sequential([layers.Embedding(4, 2, weights=[matrix], input_length=3, mask_zero=False)])
    assert model.output.shape == (None, 3, 2)
    np.testing.assert_array_equal(model.get_weights()[0], matrix)
    with pytest.raises(ValueError, match="mask_zero must be False"):
        layers.Embedding(4, 2, mask_zero=True)


def test_layers_are_described_and_made_again():
    class Twice(layers.Layer):
        def call(self, inputs):
            return inputs * 2

    described = layers.serialize(layers.Dense(3, "relu"))
    assert layers.deserialize(described).get_config() == described["config"]
    with pytest.raises(ValueError, match="no layer is called 'Twice'"):
        layers.deserialize(layers.serialize(Twice()))
    again = layers.deserialize(layers.serialize(Twice()), custom_objects={"Twice": Twice})
    assert again(np.ones((1, 1))) == 2


def test_non_trainable_variables_are_the_non_trainable_weights():
    layer = layers.BatchNormalization()
    layer(np.ones((2, 3)))
    assert layer.non_trainable_variables == layer.non_trainable_weights != []


def test_an_input_may_be_a_tensor():
    tensor = layers.Input((3,), sparse=False, ragged=False)
    assert layers.Input(shape=(3,), tensor=tensor) is tensor
    assert backend.is_keras_tensor(tensor)
    assert not backend.is_keras_tensor(np.ones(3))
    with pytest.raises(TypeError, match="Input: tensor must be symbolic, got ndarray"):
        layers.Input(tensor=np.ones((1, 3)))
    with pytest.raises(ValueError, match="sparse and ragged must be False"):
        layers.Input((3,), ragged=True)


def test_dot_contracts_the_last_axes_if_not_told():
    x = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(layers.dot([x, x]), [[3], [3]])


def test_a_lambda_takes_no_mask():
    assert layers.Lambda(lambda x, k: x * k, None, None, {"k": 2})(np.ones((1, 1))) == 2
    with pytest.raises(ValueError, match="mask must be None"):
        layers.Lambda(abs, mask=abs)
