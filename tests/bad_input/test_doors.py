"""Bad input at every public door beside the kernels: one line, the state as it was."""

import numpy as np
import pytest
from support.refusal import refused, zeros

import minicnn as keras
from minicnn import (
    callbacks,
    constraints,
    data,
    datasets,
    image,
    layers,
    losses,
    metrics,
    nn,
    optimizers,
    random,
    regularizers,
    utils,
)
from minicnn.preprocessing.image import ImageDataGenerator

NAN = float("nan")
X, Y = zeros(4, 3), zeros(4, 1)


def dense(loss="mse", units=1, activation=None):
    model = keras.Sequential([layers.Input((3,)), layers.Dense(units, activation=activation)])
    model.compile("sgd", loss)
    return model


def classifier():
    return dense("sparse_categorical_crossentropy", 3, "softmax")


def convolution():
    model = keras.Sequential([layers.Input((5, 5, 2)), layers.Conv2D(4, 3), layers.Flatten()])
    model.compile("sgd", "mse")
    return model


# What, call, message.
TRAINING = [
    ("fit no rows", lambda: dense().fit(zeros(0, 3), zeros(0, 1), verbose=0), "fit: x has no rows"),
    ("fit rows differ", lambda: dense().fit(X, zeros(3, 1), verbose=0), "fit: x has 4 rows, y has 3: they must be as many"),
    ("fit strings", lambda: dense().fit(np.array([["a"] * 3] * 4), Y, verbose=0), r"Sequential .*: input .* must be real numbers, got <U1"),
    ("fit object", lambda: dense().fit(np.array([[None] * 3] * 4, dtype=object), Y, verbose=0), r"Sequential .*: input .* must be real numbers, got object"),
    ("fit ragged", lambda: dense().fit([[1, 2, 3], [1, 2]], Y, verbose=0), r"Sequential .*: input .* must be an array of shape \(None, 3\),"),
    ("fit complex", lambda: dense().fit(X.astype("c8"), Y, verbose=0), r"Sequential .*: input .* must be real numbers, got complex64"),
    ("fit None", lambda: dense().fit(None, Y, verbose=0), r"Sequential .*: input .* must be real numbers, got object"),
    ("fit y None", lambda: dense().fit(X, None, verbose=0), "fit: y is missing"),
    ("fit y strings", lambda: dense().fit(X, np.array([["a"]] * 4), verbose=0), r"fit: y of output .* must be real numbers, got <U1"),
    ("fit batch_size 0", lambda: dense().fit(X, Y, batch_size=0, verbose=0), "fit: batch_size must be at least 1, got 0"),
    ("fit batch_size -1", lambda: dense().fit(X, Y, batch_size=-1, verbose=0), "fit: batch_size must be at least 1, got -1"),
    ("fit batch_size 2.5", lambda: dense().fit(X, Y, batch_size=2.5, verbose=0), r"fit: batch_size must be an integer, got 2\.5"),
    ("fit batch_size True", lambda: dense().fit(X, Y, batch_size=True, verbose=0), "fit: batch_size must be an integer, got True"),
    ("fit epochs -1", lambda: dense().fit(X, Y, epochs=-1, verbose=0), "fit: epochs must be at least 0, got -1"),
    ("fit epochs nan", lambda: dense().fit(X, Y, epochs=NAN, verbose=0), "fit: epochs must be an integer, got nan"),
    ("fit validation_split 1", lambda: dense().fit(X, Y, validation_split=1.0, verbose=0), r"fit: validation_split must be in \[0, 1\), got 1\.0"),
    ("fit validation_split nan", lambda: dense().fit(X, Y, validation_split=NAN, verbose=0), r"fit: validation_split must be a finite number in \[0, 1\], got nan"),
    ("fit validation_split str", lambda: dense().fit(X, Y, validation_split="a", verbose=0), "fit: validation_split must be a real number, got 'a'"),
    ("fit validation_data", lambda: dense().fit(X, Y, validation_data=X, verbose=0), r"fit: validation_data must be \(x, y\), \(x, y, sample_weight\) or a"),
    ("fit validation_freq 0", lambda: dense().fit(X, Y, validation_data=(X, Y), validation_freq=0, verbose=0), "fit: validation_freq must be at least 1, got 0"),
    ("fit validation_freq str", lambda: dense().fit(X, Y, validation_data=(X, Y), validation_freq="x", verbose=0), "fit: validation_freq must be an integer, got 'x'"),
    ("fit validation_steps", lambda: dense().fit(X, Y, validation_data=(X, Y), validation_steps=0, verbose=0), "fit: validation_steps must be at least 1, got 0"),
    ("fit validation_batch_size", lambda: dense().fit(X, Y, validation_data=(X, Y), validation_batch_size=0, verbose=0), "fit: validation_batch_size must be at least 1, got 0"),
    ("fit steps 0", lambda: dense().fit(X, Y, steps_per_epoch=0, verbose=0), "fit: steps_per_epoch must be at least 1, got 0"),
    ("fit verbose", lambda: dense().fit(X, Y, verbose=9), "verbose: must be 0, 1, 2 or 'auto', got 9"),
    ("fit class_weight -", lambda: classifier().fit(X, np.zeros(4, int), class_weight={0: NAN}, verbose=0), r"fit: class_weight of 0 must be a finite number in \[-inf, inf\],"),
    ("fit class_weight list", lambda: classifier().fit(X, np.zeros(4, int), class_weight=[1, 2], verbose=0), r"fit: class_weight must be a dict \{class: weight\}"),
    ("fit sample_weight len", lambda: dense().fit(X, Y, sample_weight=np.ones(3), verbose=0), "fit: x has 4 rows, sample_weight has 3: they must be as many"),
    ("fit sample_weight str", lambda: dense().fit(X, Y, sample_weight=np.array(["a"] * 4), verbose=0), r"fit: sample_weight must be an array of numbers, got array\(\['a',"),
    ("fit callback", lambda: dense().fit(X, Y, callbacks=["x"], verbose=0), "callbacks: must be Callback objects, got 'x'"),
    ("fit shuffle", lambda: dense().fit(X, Y, shuffle="rows", verbose=0), "fit: shuffle must be true, false or 'batch', got 'rows'"),
    ("fit label", lambda: classifier().fit(X, np.array([0, 1, 2, 3]), verbose=0), r"SparseCategoricalCrossentropy .*: labels must be in 0\.\.2, got 3"),
    ("fit label-1", lambda: classifier().fit(X, np.array([0, 1, 2, -1]), verbose=0), r"SparseCategoricalCrossentropy .*: labels must be in 0\.\.2, got"),
    ("fit labelnan", lambda: classifier().fit(X, np.array([0, 1, 2, NAN]), verbose=0), r"SparseCategoricalCrossentropy .*: labels must be integers, got"),
    ("fit list of tuples", lambda: dense().fit([(X, Y)], verbose=0), r"Sequential .*: input .* must be an array of shape \(None, 3\),"),
    ("evaluate rows", lambda: dense().evaluate(X, zeros(3, 1), verbose=0), "evaluate: x has 4 rows, y has 3: they must be as many"),
    ("evaluate none", lambda: dense().evaluate(zeros(0, 3), zeros(0, 1), verbose=0), "evaluate: the data hold no rows"),
    ("evaluate batch_size", lambda: dense().evaluate(X, Y, batch_size=0, verbose=0), "evaluate: batch_size must be at least 1, got 0"),
    ("predict rank", lambda: dense().predict(zeros(3), verbose=0), r"Sequential .*: input .* must have shape \(None, 3\), got \(3,\)"),
    ("predict size", lambda: dense().predict(zeros(4, 2), verbose=0), r"Sequential .*: input .* must have shape \(None, 3\), got \(4, 2\)"),
    ("predict batch_size", lambda: dense().predict(X, batch_size=1.5, verbose=0), r"predict: batch_size must be an integer, got 1\.5"),
    ("predict steps", lambda: dense().predict(X, steps=0, verbose=0), "predict: steps must be at least 1, got 0"),
    ("predict str", lambda: dense().predict("abc", verbose=0), r"Sequential .*: input .* must be real numbers, got <U3"),
    ("predict scalar", lambda: dense().predict(3.0, verbose=0), r"Sequential .*: input .* must have shape \(None, 3\), got \(\)"),
    ("conv 0 height", lambda: convolution().predict(zeros(1, 0, 5, 2), verbose=0), r"Sequential .*: input .* must have shape \(None, 5, 5, 2\), got"),
    ("conv chan", lambda: convolution().predict(zeros(1, 5, 5, 3), verbose=0), r"Sequential .*: input .* must have shape \(None, 5, 5, 2\), got"),
    ("train_on_batch", lambda: dense().train_on_batch(X, zeros(3, 1)), "train_on_batch: x has 4 rows, y has 3: they must be as many"),
    ("grads", lambda: dense().gradients(X, zeros(4, 2)), r"MeanSquaredError .*: y_true must have the output's shape \(None,"),
    ("vector_jacobian_product", lambda: dense().vector_jacobian_product(X, zeros(4, 2)), r"Sequential .*: dy must have the shapes \[\(4, 1\)\], got \[\(4, 2\)\]"),
]  # fmt: skip

MODELS = [
    ("compile loss", lambda: dense().compile("sgd", "mze"), r"loss: no loss is called 'mze'; did you mean 'mse'\?"),
    ("compile optimizer", lambda: dense().compile("sdg", "mse"), r"optimizer: no optimizer is called 'sdg'; did you mean 'sgd'\?"),
    ("compile optimizer 3", lambda: dense().compile(3, "mse"), "optimizer: must be a name or an Optimizer, got 3"),
    ("compile metric", lambda: dense().compile("sgd", "mse", metrics=["xx"]), "metric: no metric is called 'xx'"),
    ("compile metric3", lambda: dense().compile("sgd", "mse", metrics=[3]), "metric: must be a name, a function or a Metric, got 3"),
    ("compile metric str", lambda: dense().compile("sgd", "mse", metrics=3), "metric: must be a name, a function or a Metric, got 3"),
    ("compile loss_weights", lambda: dense().compile("sgd", "mse", loss_weights="a"), "compile: loss_weights must be a real number, got 'a'"),
    ("compile loss_weights nan", lambda: dense().compile("sgd", "mse", loss_weights=[NAN]), r"compile: loss_weights must be a finite number in \[-inf, inf\],"),
    ("compile arg", lambda: dense().compile("sgd", "mse", foo=1), "compile: unknown argument 'foo'"),
    ("Input0", lambda: layers.Input((0, 3)), r"InputLayer: input_shape must be positive, got \(None, 0, 3\)"),
    ("Input float", lambda: layers.Input((2.5,)), r"InputLayer: input_shape must be integers or None, got \(None,"),
    ("Input neg", lambda: layers.Input((-1, 3)), r"InputLayer: input_shape must be positive, got \(None, -1, 3\)"),
    ("Input str", lambda: layers.Input("abc"), r"InputLayer: input_shape must be integers or None, got \(None,"),
    ("Model none", lambda: keras.Model([], []), r"Model .*: inputs must not be empty"),
    ("Model foreign", lambda: keras.Model(layers.Input((3,)), layers.Input((3,))), r"Model .*: an output depends on .*, which is not among the inputs"),
    ("Seq add", lambda: keras.Sequential([3]), r"Sequential .*: add takes a layer, got 3"),
    ("Seq rank", lambda: keras.Sequential([layers.Input((3,)), layers.Conv2D(1, 3)]), r"Conv2D .*: input must have 4 axes \(batch, height, width,"),
    ("Huge dense", lambda: keras.Sequential([layers.Input((2**31,)), layers.Dense(2**31)]), r"Dense .*: units must be at least 1 and below 2\*\*31, got"),
    ("get_layer", lambda: dense().get_layer("x"), r"Sequential .*: has no layer 'x'; it has \[.*\]"),
    ("get_layer none", lambda: dense().get_layer(), r"Sequential .*: has no layer None; it has \[.*\]"),
    ("set_weights", lambda: dense().set_weights([zeros(3, 1)]), r"Sequential .*: has 2 weights, got 1"),
    ("set_weights shape", lambda: dense().set_weights([zeros(3, 2), zeros(1)]), r"Sequential .*: weight 'kernel' must have shape \(3, 1\), got \(3,"),
    ("set_weights str", lambda: dense().set_weights(["a", "b"]), r"Sequential .*: weight 'kernel' must have shape \(3, 1\), got \(\)"),
]  # fmt: skip

OPTIMIZERS = [
    ("learning rate nan", lambda: optimizers.SGD(NAN), "SGD: learning_rate must be finite and at least 0, got nan"),
    ("learning rate -1", lambda: optimizers.SGD(-1), r"SGD: learning_rate must be finite and at least 0, got -1\.0"),
    ("learning rate str", lambda: optimizers.SGD("a"), "SGD: learning_rate must be a number, got 'a'"),
    ("momentum", lambda: optimizers.SGD(0.1, momentum=1.5), r"SGD: momentum must be in \[0, 1\], got 1\.5"),
    ("momentum nan", lambda: optimizers.SGD(0.1, momentum=NAN), "SGD: momentum must be finite and at least 0, got nan"),
    ("beta", lambda: optimizers.Adam(beta_1=1.0), r"Adam: beta_1 must be in \[0, 1\), got 1\.0"),
    ("beta nan", lambda: optimizers.Adam(beta_2=NAN), "Adam: beta_2 must be finite and at least 0, got nan"),
    ("epsilon", lambda: optimizers.Adam(epsilon=-1), r"Adam: epsilon must be finite and at least 0, got -1\.0"),
    ("rho", lambda: optimizers.RMSprop(rho=2), r"RMSprop: rho must be in \[0, 1\), got 2\.0"),
    ("clip", lambda: optimizers.Adam(clipnorm=-1), r"Adam: clipnorm must be finite and at least 0, got -1\.0"),
    ("clip0", lambda: optimizers.Adam(clipnorm="a"), "Adam: clipnorm must be a number, got 'a'"),
    ("schedule", lambda: optimizers.schedules.ExponentialDecay(0.1, 0, 0.9), "ExponentialDecay: steps must be positive, got 0"),
    ("schedule nan", lambda: optimizers.schedules.ExponentialDecay(NAN, 10, 0.9), "ExponentialDecay: initial_learning_rate must be a finite number"),
    ("schedule pw", lambda: optimizers.schedules.PiecewiseConstantDecay([1, 2], [1, 2]), "PiecewiseConstantDecay: values must be one more than"),
    ("CosineDecay", lambda: optimizers.schedules.CosineDecay(0.1, 0), "CosineDecay: steps must be positive, got 0"),
]  # fmt: skip

LOSSES_AND_METRICS = [
    ("loss shape", lambda: losses.MeanSquaredError()(zeros(2, 3), zeros(2, 4)), r"MeanSquaredError .*: y_true must have the output's shape \(2,"),
    ("loss rows", lambda: losses.MeanSquaredError()(zeros(2, 3), zeros(3, 3)), r"MeanSquaredError .*: y_true must have the output's shape \(3,"),
    ("loss reduction", lambda: losses.MeanSquaredError(reduction="x"), "MeanSquaredError: reduction must be one of"),
    ("loss label_smoothing", lambda: losses.BinaryCrossentropy(label_smoothing=2), r"BinaryCrossentropy .*: label_smoothing must be in \[0, 1\], got"),
    ("loss label_smoothing nan", lambda: losses.CategoricalCrossentropy(label_smoothing=NAN), r"CategoricalCrossentropy .*: label_smoothing must be in \[0, 1\],"),
    ("loss delta", lambda: losses.Huber(delta=-1), r"Huber: delta must be a finite number in \[0, inf\], got -1\.0"),
    ("loss sample_weight", lambda: losses.MeanSquaredError()(zeros(2, 3), zeros(2, 3), sample_weight=zeros(5)), r"loss: sample_weight must have shape \(2,\) or its first axes, got"),
    ("loss str", lambda: losses.MeanSquaredError()(np.array(["a"]), zeros(1)), r"MeanSquaredError .*: y_true must be real numbers, got <U1"),
    ("loss huge", lambda: losses.MeanSquaredError()(np.broadcast_to(np.float32(0), (2**20, 2**20)), np.broadcast_to(np.float32(0), (2**20, 2**20))), "an array would take 4,398,046,511,104 bytes, this machine has"),
    ("sparse cross-entropy classes", lambda: losses.SparseCategoricalCrossentropy()(np.array([0, 1]), zeros(2, 0)), r"SparseCategoricalCrossentropy .*: labels must be in 0\.\.-1, got"),
    ("metric shape", lambda: metrics.BinaryAccuracy()(zeros(2, 3), zeros(3, 3)), r"binary_accuracy: y_true must have the shape of y_pred \(3, 3\),"),
    ("metric mse shape", lambda: metrics.MeanSquaredError()(zeros(2, 3), zeros(2, 4)), r"MeanSquaredError .*: y_true must have the output's shape \(2,"),
    ("AUC thresholds", lambda: metrics.AUC(num_thresholds=1), "AUC: num_thresholds must be at least 2, got 1"),
    ("AUC curve", lambda: metrics.AUC(curve="XX"), "AUC: curve must be 'ROC' or 'PR', got 'XX'"),
    ("AUC prediction", lambda: metrics.AUC()(np.array([0, 1]), np.array([0.5, 1.5])), r"AUC: predictions must be in \[0, 1\], got 0\.5 to 1\.5; logits need"),
    ("AUC nan", lambda: metrics.AUC()(np.array([0, 1]), np.array([0.5, NAN])), r"AUC: predictions must be in \[0, 1\], got nan to nan; logits need"),
    ("topk 0", lambda: metrics.TopKCategoricalAccuracy(k=0), r"TopKCategoricalAccuracy: k must be at least 1 and below 2\*\*31,"),
    ("MeanIoU", lambda: metrics.MeanIoU(num_classes=0), r"MeanIoU: num_classes must be at least 1 and below 2\*\*31, got 0"),
    ("MeanIoU label", lambda: metrics.MeanIoU(num_classes=2)(np.array([0, 5]), np.array([0, 1])), r"MeanIoU: y_true must hold classes 0\.\.1, got 0 to 5"),
    ("MeanIoU -1", lambda: metrics.MeanIoU(num_classes=2)(np.array([0, -1]), np.array([0, 1])), r"MeanIoU: y_true must hold classes 0\.\.1, got -1 to 0"),
    ("Precision thresholds", lambda: metrics.Precision(thresholds=2), r"Precision: thresholds must be in \[0, 1\], got 2"),
]  # fmt: skip

CALLBACKS = [
    ("EarlyStopping patience", lambda: callbacks.EarlyStopping(patience=-1), r"EarlyStopping: patience must be at least 0 and below 2\*\*31, got"),
    ("EarlyStopping patience str", lambda: callbacks.EarlyStopping(patience="a"), "EarlyStopping: patience must be an integer, got 'a'"),
    ("EarlyStopping delta", lambda: callbacks.EarlyStopping(min_delta=NAN), r"EarlyStopping: min_delta must be a finite number in \[-inf,"),
    ("ReduceLROnPlateau factor", lambda: callbacks.ReduceLROnPlateau(factor=NAN), r"ReduceLROnPlateau: factor must be a finite number in \[0, inf\],"),
    ("ReduceLROnPlateau factor -1", lambda: callbacks.ReduceLROnPlateau(factor=-1), r"ReduceLROnPlateau: factor must be a finite number in \[0, inf\],"),
    ("ReduceLROnPlateau minlr", lambda: callbacks.ReduceLROnPlateau(min_lr=NAN), r"ReduceLROnPlateau: min_lr must be a finite number in \[0, inf\],"),
    ("ModelCheckpoint period", lambda: callbacks.ModelCheckpoint("a", period=0), r"ModelCheckpoint: period must be at least 1 and below 2\*\*31, got"),
    ("LearningRateScheduler", lambda: callbacks.LearningRateScheduler(3), "LearningRateScheduler: schedule must be callable, got 3"),
    ("LearningRateScheduler nan", lambda: dense().fit(X, Y, verbose=0, callbacks=[callbacks.LearningRateScheduler(lambda e: NAN)]), "SGD: learning_rate must be finite and at least 0, got nan"),
    ("lambda callback", lambda: callbacks.LambdaCallback(on_epoch_end=3), "LambdaCallback: on_epoch_end must be callable, got 3"),
]  # fmt: skip

DATA_AND_IMAGES = [
    ("Dataset len", lambda: data.Dataset.from_tensor_slices((zeros(2), zeros(3))), r"Dataset\.from_tensor_slices: arrays must share the length of"),
    ("Dataset batch0", lambda: data.Dataset.from_tensor_slices(zeros(2)).batch(0), r"Dataset\.batch: batch_size must be at least 1, got 0"),
    ("Dataset batch float", lambda: data.Dataset.from_tensor_slices(zeros(2)).batch(1.5), r"Dataset\.batch: batch_size must be an integer, got 1\.5"),
    ("Dataset shuffle", lambda: data.Dataset.from_tensor_slices(zeros(2)).shuffle(0), r"Dataset\.shuffle: buffer_size must be at least 1, got 0"),
    ("Dataset scalar", lambda: data.Dataset.from_tensor_slices(3), r"Dataset\.from_tensor_slices: every array must have at least one"),
    ("digits size", lambda: datasets.digits.load_data(size=0), r"digits\.load_data: size must be in \[8, 256\], got 0"),
    ("digits size a fraction", lambda: datasets.digits.load_data(size=2.5), r"digits\.load_data: size must be an integer, got 2\.5"),
    ("resize", lambda: image.resize(zeros(1, 4, 4, 1), (-1, 4)), r"resize: size must be at least 1 and below 2\*\*31, got \(-1, 4\)"),
    ("resize a fraction", lambda: image.resize(zeros(1, 4, 4, 1), (2.5, 4)), r"resize: size must be an integer, got 2\.5"),
    ("resize method", lambda: image.resize(zeros(1, 4, 4, 1), (2, 4), method="x"), "resize: method must be 'nearest' or 'bilinear', got 'x'"),
    ("resize rank", lambda: image.resize(zeros(4, 4), (2, 4)), r"resize: images must have 3 or 4 axes, got shape \(4, 4\)"),
    ("resize_with_pad", lambda: image.resize_with_pad(zeros(1, 4, 4, 1), 0, 4), r"resize_with_pad: size must be at least 1 and below 2\*\*31, got"),
    ("crop box", lambda: image.crop_and_resize(zeros(1, 4, 4, 1), zeros(1, 3), [0], (2, 2)), r"crop_and_resize: boxes must have shape \(boxes, 4\), got \(1, 3\)"),
    ("crop idx", lambda: image.crop_and_resize(zeros(1, 4, 4, 1), zeros(1, 4), [1], (2, 2)), r"crop_and_resize: box_indices must be in \[0, 1\), got 1"),
    ("crop idx-1", lambda: image.crop_and_resize(zeros(1, 4, 4, 1), zeros(1, 4), [-1], (2, 2)), r"crop_and_resize: box_indices must be in \[0, 1\), got -1"),
    ("crop nan", lambda: image.crop_and_resize(zeros(1, 4, 4, 1), np.full((1, 4), NAN), [0], (2, 2)), r"crop_and_resize: boxes must be finite, got \[nan, nan, nan, nan\]"),
    ("crop inf", lambda: image.crop_and_resize(zeros(1, 4, 4, 1), np.full((1, 4), np.inf), [0], (2, 2)), r"crop_and_resize: boxes must be finite, got \[inf, inf, inf, inf\]"),
    ("crop size", lambda: image.crop_and_resize(zeros(1, 4, 4, 1), zeros(1, 4), [0], (0, 2)), r"crop_and_resize: crop_size must be at least 1 and below 2\*\*31,"),
    ("crop huge", lambda: image.crop_and_resize(zeros(1, 4, 4, 1), zeros(1, 4), [0], (1879048192, 1879048192)), r"crop_and_resize: the result of shape \(1, 1879048192,"),
    ("non_max_suppression len", lambda: image.non_max_suppression(zeros(2, 4), zeros(3), 2), r"non_max_suppression: scores must have shape \(2,\), got \(3,\)"),
    ("non_max_suppression MeanIoU", lambda: image.non_max_suppression(zeros(2, 4), zeros(2), 2, NAN), "non_max_suppression: iou_threshold must be a finite number in"),
    ("to_categorical", lambda: utils.to_categorical([0, 5], 3), r"to_categorical: x must be in \[0, 2\], got 0 to 5"),
    ("to_categorical -1", lambda: utils.to_categorical([0, -1], 3), r"to_categorical: x must be in \[0, 2\], got -1 to 0"),
    ("to_categorical nan", lambda: utils.to_categorical([0, NAN]), "to_categorical: x must be whole numbers"),
    ("to_categorical a fraction", lambda: utils.to_categorical([0.5]), "to_categorical: x must be whole numbers"),
    ("to_categorical huge", lambda: utils.to_categorical([2**40]), r"to_categorical: the result of shape \(1, 1099511627777\) would"),
    ("norm", lambda: utils.normalize(np.array(["a"])), "normalize: x must be real numbers, got dtype <U1"),
]  # fmt: skip

GENERATORS = [
    ("generator rot", lambda: ImageDataGenerator(rotation_range=NAN), "ImageDataGenerator: rotation_range must be a finite number in"),
    ("generator zoom", lambda: ImageDataGenerator(zoom_range="a"), "ImageDataGenerator: zoom_range must be two numbers, got 'a'"),
    ("generator zoom3", lambda: ImageDataGenerator(zoom_range=(1, 2, 3)), r"ImageDataGenerator: zoom_range must be two numbers, got \(1, 2,"),
    ("generator zoomneg", lambda: ImageDataGenerator(zoom_range=(-1, -1)).random_transform(zeros(4, 4, 1)), r"ImageDataGenerator: zoom_range must stay above 0, got \[-1\.0,"),
    ("generator fill", lambda: ImageDataGenerator(fill_mode="x"), r"ImageDataGenerator: fill_mode must be one of \('constant',"),
    ("generator order", lambda: ImageDataGenerator(interpolation_order=9), "ImageDataGenerator: interpolation_order must be 0 to 5, got 9"),
    ("generator dtype", lambda: ImageDataGenerator(dtype="int32"), "ImageDataGenerator: dtype must be float16, float32 or float64,"),
    ("generator dtype2", lambda: ImageDataGenerator(dtype="foo"), "ImageDataGenerator: dtype must be float16, float32 or float64,"),
    ("generator flow rank", lambda: ImageDataGenerator().flow(zeros(4, 4, 1)), r"NumpyArrayIterator: x must be images, 4 axes, got shape \(4, 4,"),
    ("generator flow batch_size", lambda: ImageDataGenerator().flow(zeros(4, 4, 4, 1), batch_size=0), "NumpyArrayIterator: batch_size must be at least 1 and below"),
    ("generator flow empty", lambda: ImageDataGenerator().flow(zeros(0, 4, 4, 1)), "NumpyArrayIterator: number of images must be at least 1 and"),
    ("generator flow y", lambda: ImageDataGenerator().flow(zeros(2, 4, 4, 1), zeros(3)), "NumpyArrayIterator: y must have 2 rows as x, got 3"),
    ("generator fit empty", lambda: ImageDataGenerator(featurewise_center=True).fit(zeros(0, 4, 4, 1)), r"ImageDataGenerator\.fit: x must be images, 4 axes, got shape \(0,"),
    ("generator transform rank", lambda: ImageDataGenerator().random_transform(zeros(4, 4)), "apply_affine_transform: x must be one image of 3 axes, got"),
    ("generator transform empty", lambda: ImageDataGenerator(rotation_range=3).random_transform(zeros(0, 4, 1)), "apply_affine_transform: x must be one image of 3 axes, got"),
    ("generator validation_split", lambda: ImageDataGenerator(validation_split=1.5), "ImageDataGenerator: validation_split must be a finite number in"),
    ("generator bright", lambda: ImageDataGenerator(brightness_range=3), "ImageDataGenerator: brightness_range must be two numbers, got 3"),
    ("generator bright-", lambda: ImageDataGenerator(brightness_range=(-1, NAN)), "ImageDataGenerator: brightness_range must be a finite number in"),
]  # fmt: skip

LAYERS = [
    ("RandomFlip", lambda: layers.RandomFlip("x"), r"RandomFlip .*: mode must be one of \('horizontal', 'vertical',"),
    ("RandomRotation", lambda: layers.RandomRotation(NAN), r"RandomRotation .*: factor must be a finite number in \[-1, 1\],"),
    ("RandomTranslation", lambda: layers.RandomTranslation(2, 0), r"RandomTranslation .*: height_factor must be a finite number in"),
    ("RandomZoom", lambda: layers.RandomZoom("a"), r"RandomZoom .*: height_factor must be a real number, got 'a'"),
    ("RandomContrast", lambda: layers.RandomContrast(-1), r"RandomContrast .*: factor must be a finite number in \[0, 1\],"),
    ("RandomBrightness", lambda: layers.RandomBrightness(2), r"RandomBrightness .*: factor must be a finite number in \[-1, 1\],"),
    ("upsample", lambda: layers.UpSampling2D(0), r"UpSampling2D .*: size must be 2 integers of at least 1, got 0"),
    ("upsample huge", lambda: layers.UpSampling2D(2**31)(zeros(1, 4, 4, 1)), "upsample2d_nearest_forward: factors must be at least 1 and"),
    ("ZeroPadding", lambda: layers.ZeroPadding2D(-1), r"ZeroPadding2D .*: padding must not be negative, got -1"),
    ("ZeroPadding huge", lambda: layers.ZeroPadding2D(2**40)(zeros(1, 4, 4, 1)), "an array would take 19,342,813,113,904,435,539,480,576 bytes,"),
    ("crop", lambda: layers.Cropping2D(3)(zeros(1, 4, 4, 1)), r"Cropping2D .*: cropping \(\(3, 3\), \(3, 3\)\) leaves nothing of"),
    ("reshape", lambda: layers.Reshape((5,))(zeros(1, 4)), r"Reshape .*: target_shape \(5,\) does not hold the 4 elements of"),
    ("reshape neg", lambda: layers.Reshape((-1, -1))(zeros(1, 4)), r"Reshape .*: target_shape must be positive lengths with one -1"),
    ("permute", lambda: layers.Permute((1, 1)), r"Permute .*: dims must be a permutation of 1\.\.2, got \(1, 1\)"),
    ("embed", lambda: layers.Embedding(3, 2)(np.array([[5]])), r"Embedding .*: input must be integers in \[0, 3\), got 5\.0"),
    ("embed-1", lambda: layers.Embedding(3, 2)(np.array([[-1]])), r"Embedding .*: input must be integers in \[0, 3\), got -1\.0"),
    ("embed a fraction", lambda: layers.Embedding(3, 2)(np.array([[0.5]])), r"Embedding .*: input must be integers in \[0, 3\), got 0\.5"),
    ("BatchNormalization mom", lambda: layers.BatchNormalization(momentum=NAN), r"BatchNormalization .*: momentum must be in \[0, 1\], got nan"),
    ("BatchNormalization epsilon", lambda: layers.BatchNormalization(epsilon=-1), r"BatchNormalization .*: epsilon must be in \[0, inf\], got -1"),
    ("BatchNormalization axis", lambda: layers.BatchNormalization(axis=7)(zeros(2, 3)), r"BatchNormalization .*: axis must name one of 2 axes but the"),
    ("SeparableConv", lambda: layers.SeparableConv2D(1, 3, depth_multiplier=0), r"SeparableConv2D .*: depth_multiplier must be at least 1 and"),
    ("noise", lambda: layers.GaussianNoise(-1), r"GaussianNoise .*: stddev must be in \[0, inf\), got -1"),
    ("SpatialDropout", lambda: layers.SpatialDropout2D(1.0), r"SpatialDropout2D .*: rate must be in \[0, 1\), got 1\.0"),
    ("concat", lambda: layers.Concatenate()([zeros(1, 2, 3), zeros(1, 3, 3)]), r"Concatenate .*: inputs must have equal shapes but for axis -1,"),
    ("add", lambda: layers.Add()([zeros(1, 2), zeros(1, 3)]), r"Add .*: inputs must broadcast to one shape, got \(1, 2\) and \(1,"),
    ("dot", lambda: layers.Dot(1)([zeros(1, 2), zeros(1, 3)]), r"Dot .*: inputs must be equally long along axes \(1, 1\), got \(1,"),
    ("act", lambda: layers.Activation("x"), "activation: no activation is called 'x'"),
    ("leaky", lambda: layers.LeakyReLU(NAN), r"LeakyReLU .*: negative_slope must be at least 0 and finite, got"),
    ("conv1d", lambda: layers.Conv1D(1, 5)(zeros(1, 3, 2)), r"Conv1D .*: kernel_size 5 does not fit into the padded input 3"),
    ("conv3d", lambda: layers.Conv3D(1, 5)(zeros(1, 3, 3, 3, 2)), r"Conv3D .*: kernel_size 5x5x5 does not fit into the padded input"),
    ("l2", lambda: regularizers.L2(-1), "L2: l2 must be finite and not negative, got -1"),
    ("l2nan", lambda: regularizers.L2(NAN), "L2: l2 must be finite and not negative, got nan"),
    ("maxnorm", lambda: constraints.MaxNorm(NAN), "MaxNorm: max_value must be finite and at least 0, got nan"),
    ("minmax", lambda: constraints.MinMaxNorm(2, 1), "MinMaxNorm: max_value must be finite and at least 2, got 1"),
    ("seed", lambda: utils.set_random_seed(-1), r"set_random_seed: seed must be in \[0, 2\*\*32\), got -1"),
    ("nn softmax", lambda: nn.softmax(zeros(2, 3), axis=5), r"softmax: axis 5 is not among those of \(2, 3\)"),
    ("nn bias", lambda: nn.bias_add(zeros(1, 2, 2, 3), zeros(4)), r"bias_add: bias must have shape \(3,\), got \(4,\)"),
    ("nn lrn", lambda: nn.local_response_normalization(zeros(2, 3)), r"LocalResponseNormalization .*: input must have 4 axes \(batch,"),
    ("nn dropout", lambda: nn.dropout(zeros(2, 3), 1.0), r"Dropout .*: rate must be in \[0, 1\), got 1\.0"),
    ("nn BatchNormalization", lambda: nn.batch_normalization(zeros(2, 3), zeros(2), zeros(3), zeros(3), zeros(3), 1e-3), "batch_normalization: mean: inputs must broadcast to one shape,"),
]  # fmt: skip


def rows(*tables):
    return [
        pytest.param(call, message, id=what) for table in tables for what, call, message in table
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    rows(OPTIMIZERS, LOSSES_AND_METRICS, CALLBACKS, DATA_AND_IMAGES, GENERATORS, LAYERS),
)
def test_parts_refuse(call, message):
    refused(call, message)


@pytest.mark.parametrize(("call", "message"), rows(TRAINING, MODELS))
def test_models_refuse(call, message):
    refused(call, message)


def trained():
    """A model that has a state: weights, an optimizer's steps, an epoch, a history."""
    random.set_random_seed(2)
    model = dense()
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(X + 1, Y, verbose=0)
    return model


WRONG = [
    ("rows that differ", lambda m: m.fit(X, zeros(3, 1), verbose=0)),
    ("validation rows", lambda m: m.fit(X, Y, validation_data=(X, zeros(3, 1)), verbose=0)),
    ("no rows", lambda m: m.fit(zeros(0, 3), zeros(0, 1), verbose=0)),
    (
        "validation_freq",
        lambda m: m.fit(X, Y, validation_data=(X, Y), validation_freq=0, verbose=0),
    ),
    ("class_weight", lambda m: m.fit(X, Y, class_weight={0: NAN}, verbose=0)),
    ("callbacks", lambda m: m.fit(X, Y, callbacks=[3], verbose=0)),
    ("shape", lambda m: m.train_on_batch(zeros(4, 2), Y)),
    ("target", lambda m: m.train_on_batch(X, zeros(4, 2))),
    ("unknown loss", lambda m: m.compile("sgd", "mze")),
    ("unknown metric", lambda m: m.compile("sgd", "mse", metrics=["mze"])),
    ("loss weight", lambda m: m.compile("sgd", "mse", loss_weights=[NAN])),
    ("one weight too few", lambda m: m.set_weights([zeros(3, 1) + 1])),
    ("second weight's shape", lambda m: m.set_weights([zeros(3, 1) + 1, zeros(2)])),
    ("gradient's shape", lambda m: m.vector_jacobian_product(X, zeros(4, 2))),
]  # fmt: skip


@pytest.mark.parametrize("call", [pytest.param(call, id=what) for what, call in WRONG])
def test_after_a_refusal_everything_is_as_it_was(call):
    model = trained()
    weights, optimizer, history = model.get_weights(), model.optimizer, model.history
    state = optimizer.get_state()
    with pytest.raises((ValueError, TypeError)):
        call(model)
    assert model.optimizer is optimizer and model.history is history and model.epochs_done == 1
    for before, now in zip(weights, model.get_weights()):
        np.testing.assert_array_equal(before, now)
    for name, value in state.items():
        np.testing.assert_array_equal(optimizer.get_state()[name], value)
    random.set_random_seed(3)
    model.fit(X, Y, verbose=0)
    peer = trained()
    random.set_random_seed(3)
    peer.fit(X, Y, verbose=0)
    for one, other in zip(model.get_weights(), peer.get_weights()):
        np.testing.assert_array_equal(one, other)


def test_an_empty_batch_trains_nothing():
    model = trained()
    before = model.get_weights()
    assert model.train_on_batch(zeros(0, 3), zeros(0, 1))[0] == 0
    assert model.predict(zeros(0, 3), verbose=0).shape == (0, 1)
    assert np.isfinite(model.get_weights()[0]).all() and len(before) == 2
