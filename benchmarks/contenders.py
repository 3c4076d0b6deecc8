"""What each contender does in one call of a race of networks, with its best settings.

``MAKERS[name](job)`` gives a callable: in a training race a step (forward, backward, update) that
returns the loss before the update, in a race of predictions the probabilities. Everything a step
needs is made before. PyTorch and TensorFlow never import MiniCNN here.
"""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .books import MOMENTUM, RATE, build, images


class Job(NamedTuple):
    """``folder`` holds what :mod:`benchmarks.prepared` wrote; ``weights``: whether from there."""

    name: str
    folder: str
    training: bool
    batch: int
    threads: int
    weights: bool = True

    @property
    def plan(self):
        """See :mod:`benchmarks.plan`."""
        return json.loads((Path(self.folder) / "plan.json").read_text())

    def given_weights(self):
        """Arrays by the names of the plan, read as they are asked for; or ``None``."""
        return np.load(Path(self.folder) / "weights.npz") if self.weights else None

    def data(self):
        """Images and class numbers."""
        plan = self.plan
        return images(plan["input"], plan["classes"], self.batch)


def minicnn(job):
    """``train_on_batch``, or a predictor of the model."""
    import numba

    from minicnn import optimizers

    numba.set_num_threads(job.threads)
    model = build(job.name)
    if job.weights:
        model.load_weights(Path(job.folder) / "weights.minicnn")
    x, y = job.data()
    if not job.training:
        predict = model.predictor(job.batch)
        return lambda: predict(x)
    model.compile(optimizers.SGD(RATE, momentum=MOMENTUM), "sparse_categorical_crossentropy")
    return lambda: model.train_on_batch(x, y)


def torch(job):
    """Eager PyTorch, channels last, oneDNN."""
    return _torch(job, lambda network: network)


def torch_compiled(job):
    """PyTorch through ``torch.compile``, at prediction with its weights frozen in."""
    import torch
    from torch._inductor import config

    config.freezing = not job.training
    config.compile_threads = 1
    return _torch(job, torch.compile)


def _torch(job, compiled):
    import torch

    from . import torch_network

    torch.set_num_threads(job.threads)
    torch.manual_seed(0)
    network = torch_network.build(job.plan, job.given_weights(), logits=job.training)
    images, labels = job.data()
    x = torch.from_numpy(images).permute(0, 3, 1, 2)
    if not job.training:
        network = compiled(network.eval().requires_grad_(False))

        def predict():
            with torch.inference_mode():
                return network(x).numpy()

        def predict_compiled():  # freezing takes no inference tensors
            with torch.no_grad():
                return network(x).numpy()

        return predict if isinstance(network, torch_network.Network) else predict_compiled
    y = torch.from_numpy(labels)
    network = network.train()
    learning = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(learning, RATE, momentum=MOMENTUM, fused=True)
    forward, loss_of = compiled(network), torch.nn.functional.cross_entropy

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(forward(x), y)
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return step


def tensorflow(job):
    """Keras on TensorFlow's own executor."""
    return _keras(job, jit_compile=False)


def tensorflow_xla(job):
    """Keras through XLA."""
    return _keras(job, jit_compile=True)


def _keras(job, jit_compile):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(job.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    import keras

    from . import keras_network

    model = keras_network.build(job.plan, job.given_weights(), logits=job.training)
    x, y = (tf.constant(a) for a in job.data())
    if not job.training:
        function = _frozen(tf, model, x, jit_compile)
        return lambda: function(x)[0].numpy()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.SGD(RATE, momentum=MOMENTUM)
    model.compile(optimizer, loss, jit_compile=jit_compile)
    iterator = iter(tf.data.Dataset.from_tensors((x, y)).repeat())
    model.make_train_function()
    losses = []

    def step():
        model.reset_metrics()  # Keras tells the mean of the losses since then
        losses[:] = [float(model.train_function(iterator)["loss"])]
        return losses[0]

    return step


def _frozen(tf, model, x, jit_compile):
    """The model as one function with its weights as constants, so that TensorFlow can fold them."""
    from tensorflow.python.framework import convert_to_constants

    function = tf.function(lambda images: model(images, training=False))
    concrete = function.get_concrete_function(tf.TensorSpec(x.shape, x.dtype))
    frozen = convert_to_constants.convert_variables_to_constants_v2(concrete)
    return tf.function(frozen, jit_compile=True) if jit_compile else frozen


def onnxruntime(job):
    """ONNX Runtime on the file that ``minicnn.onnx.save`` wrote."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = job.threads, 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    path = Path(job.folder) / "model.onnx"
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name, x = session.get_inputs()[0].name, _channels_first(job)
    return lambda: session.run(None, {name: x})[0]


def openvino(job):
    """OpenVINO on the same file, in float32, tuned for one request at a time."""
    import openvino

    core = openvino.Core()
    model = core.read_model(Path(job.folder) / "model.onnx")
    x = _channels_first(job)
    model.reshape(list(x.shape))
    settings = {
        "INFERENCE_NUM_THREADS": job.threads,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
    }
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    request.set_input_tensor(openvino.Tensor(x))

    def predict():
        request.infer()
        return request.get_output_tensor().data

    return predict


def _channels_first(job):
    return np.ascontiguousarray(job.data()[0].transpose(0, 3, 1, 2))


MAKERS = {
    "minicnn": minicnn,
    "torch": torch,
    "torch compiled": torch_compiled,
    "tensorflow": tensorflow,
    "tensorflow xla": tensorflow_xla,
    "onnxruntime": onnxruntime,
    "openvino": openvino,
}
CONTENDERS = tuple(MAKERS)
TRAINERS = ("minicnn", "torch", "torch compiled", "tensorflow", "tensorflow xla")
