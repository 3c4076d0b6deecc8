"""Axes in any order: random graphs agree with ONNX Runtime, transposes stay at the edges."""

import itertools

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import onnx_files

from minicnn import layers
from minicnn.onnx import layout, load

helper, real = onnx.helper, onnx.TensorProto.FLOAT


@pytest.mark.parametrize("rank", [2, 3, 4, 5])
def test_first_undoes_last(rank):
    assert layout.places(layout.last(rank), layout.plain(rank)) == layout.first(rank)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_orders_describe_what_is_stored(order):
    x = np.arange(120).reshape(2, 3, 4, 5)
    stored = x.transpose(order)
    for perm in itertools.permutations(range(4)):
        renamed = layout.transposed(order, perm)
        assert (x.transpose(perm).transpose(renamed) == stored).all()
    for axes in ([0], [2], [4], [0, 5], [1, 3]):
        rank = 4 + len(axes)
        longer = layout.with_new(order, axes)
        expected = np.expand_dims(x, tuple(axes)).transpose(longer)
        assert (expected.ravel() == stored.ravel()).all()
        assert layout.without(longer, axes) == order
        if order == layout.plain(4):
            assert longer == layout.plain(rank)


LENGTHS = st.lists(st.integers(1, 4), min_size=1, max_size=5)


@given(LENGTHS, st.randoms(use_true_random=False))
def test_reshapes_fall_apart_into_equal_products(old, random):
    parts = [n for length in old for n in ((2, 2) if length == 4 else (length,))]
    new = []
    while parts:
        count = random.randint(1, 2)
        new.append(int(np.prod(parts[:count])))
        parts = parts[count:]
    groups = layout.reshape_groups(old, new)
    assert [axis for left, _ in groups for axis in left] == list(range(len(old)))
    assert [axis for _, right in groups for axis in right] == list(range(len(new)))
    for left, right in groups:
        assert np.prod([old[a] for a in left]) == np.prod([new[a] for a in right])


class Graph:
    """An ONNX graph that grows by drawn nodes; it knows the shape of its last value."""

    def __init__(self, draw):
        self.draw, self.nodes, self.constants = draw, [], []
        self.name, self.shape = "x", [3, 4, 6, 4]
        self.rng = np.random.default_rng(draw(st.integers(0, 2**16)))

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(onnx.numpy_helper.from_array(np.asarray(array), name))
        return name

    def real(self, *shape):
        return self.constant(self.rng.normal(size=shape).astype("float32"))

    def add(self, operator, *inputs, shape=None, **attributes):
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, [self.name, *inputs], [name], **attributes))
        self.name, self.shape = name, list(shape or self.shape)

    def axis(self):
        return self.draw(st.integers(1, len(self.shape) - 1))

    def transpose(self):
        perm = [0, *self.draw(st.permutations(range(1, len(self.shape))))]
        self.add("Transpose", perm=perm, shape=[self.shape[a] for a in perm])

    def merge(self):
        if len(self.shape) > 2:
            axis = self.draw(st.integers(1, len(self.shape) - 2))
            joined = self.shape[axis] * self.shape[axis + 1]
            shape = [*self.shape[:axis], joined, *self.shape[axis + 2 :]]
            self.add("Reshape", self.constant(np.array([0, *shape[1:]])), shape=shape)

    def split(self):
        axis = self.axis()
        if self.shape[axis] % 2 == 0 and len(self.shape) < 6:
            halves = [2, self.shape[axis] // 2]
            shape = [*self.shape[:axis], *halves, *self.shape[axis + 1 :]]
            self.add("Reshape", self.constant(np.array([-1, *shape[1:]])), shape=shape)

    def relu(self):
        self.add("Relu")

    def shift(self):
        keep = [self.draw(st.booleans()) for _ in self.shape[1:]]
        self.add("Add", self.real(*(n if k else 1 for n, k in zip(self.shape[1:], keep))))

    def twice(self):
        axis = self.axis()
        shape = list(self.shape)
        if np.prod(shape) < 2000:
            shape[axis] *= 2
            self.add("Concat", self.name, axis=axis - len(shape), shape=shape)

    def sum_with_itself(self):
        before, shape = self.name, self.shape
        self.transpose()
        if self.shape == shape:
            self.add("Max", before)

    def softmax(self):
        self.add("Softmax", axis=self.axis())

    def mean(self):
        axis, keep = self.axis(), self.draw(st.booleans()) or len(self.shape) == 2
        shape = list(self.shape)
        shape[axis : axis + 1] = [1] * keep
        axes = self.constant(np.array([axis]))
        self.add("ReduceMean", axes, keepdims=int(keep), shape=shape)

    def cut(self):
        axis = self.axis()
        if self.shape[axis] > 1:
            shape = list(self.shape)
            shape[axis] -= 1
            ends = [self.constant(np.array([n])) for n in (1, 2**31 - 1, axis)]
            self.add("Slice", *ends, shape=shape)

    def pad(self):
        axis, shape = self.axis(), list(self.shape)
        shape[axis] += 3
        pads = np.zeros(2 * len(shape), np.int64)
        pads[axis], pads[axis + len(shape)] = 1, 2
        value = self.draw(st.sampled_from([0.0, 1.5]))
        self.add("Pad", self.constant(pads), self.constant(np.float32(value)), shape=shape)

    def longer(self):
        if len(self.shape) < 6:
            axis = self.axis()
            shape = [*self.shape[:axis], 1, *self.shape[axis:]]
            self.add("Unsqueeze", self.constant(np.array([axis])), shape=shape)

    def convolution(self):
        if len(self.shape) == 4 and min(self.shape[2:]) > 1:
            weight = self.real(5, self.shape[1], 2, 2)
            shape = [3, 5, self.shape[2] - 1, self.shape[3] - 1]
            self.add("Conv", weight, self.real(5), shape=shape)

    def pooling(self):
        if len(self.shape) == 4:
            self.add("MaxPool", kernel_shape=[3, 3], pads=[1, 1, 1, 1])

    def dense(self):
        self.add("Flatten", shape=[3, int(np.prod(self.shape[1:]))])
        self.add("Relu")
        self.add("Gemm", self.real(self.shape[1], 4), self.real(4), shape=[3, 4])

    def shuffle(self):
        if len(self.shape) == 4 and self.shape[1] % 4 == 0:
            n, c, h, w = self.shape
            self.add("DepthToSpace", blocksize=2, shape=[n, c // 4, h * 2, w * 2])

    STEPS = (
        *(transpose, merge, split, relu, shift, twice, sum_with_itself, softmax, mean, cut, pad),
        *(longer, convolution, pooling, dense, shuffle),
    )


@settings(max_examples=150)
@given(st.data())
def test_random_graphs_agree_with_the_runtime(tmp_path_factory, data):
    graph = Graph(data.draw)
    for step in data.draw(st.lists(st.sampled_from(Graph.STEPS), min_size=2, max_size=9)):
        step(graph)
    proto = helper.make_graph(
        graph.nodes or [helper.make_node("Relu", ["x"], ["v0"])],
        "graph",
        [helper.make_tensor_value_info("x", real, ["n", 4, 6, 4])],
        [helper.make_tensor_value_info(graph.name if graph.nodes else "v0", real, None)],
        graph.constants,
    )
    model = helper.make_model(proto, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    path = tmp_path_factory.mktemp("random") / "model.onnx"
    path.write_bytes(model.SerializeToString())
    x = graph.rng.normal(size=(3, 4, 6, 4)).astype("float32")
    # As the graph says: the runtime joins a large Pad to a MaxPool that it then refuses.
    theirs = onnx_files.runtime(str(path), x, optimize=False)
    onnx_files.assert_close([load(path)(x)], theirs, 2e-5, "loaded")


def network(tmp_path, steps):
    """The model of a graph made by ``steps(graph)``."""
    graph = Graph(lambda strategy: 0)
    steps(graph)
    proto = helper.make_graph(
        graph.nodes,
        "graph",
        [helper.make_tensor_value_info("x", real, [1, 4, 6, 4])],
        [helper.make_tensor_value_info(graph.name, real, None)],
        graph.constants,
    )
    path = tmp_path / "model.onnx"
    model = helper.make_model(proto, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return load(path)


def kinds(model):
    return [type(layer) for layer in model.layers]


def test_a_classifier_is_transposed_once(tmp_path):
    model = network(
        tmp_path,
        lambda graph: (graph.convolution(), graph.relu(), graph.pooling(), graph.dense()),
    )
    chain = [layers.Conv2D, layers.MaxPooling2D, layers.Flatten, layers.Activation, layers.Dense]
    assert kinds(model) == [layers.InputLayer, layers.Permute, *chain]
    assert model.layers[2].activation.name == "relu"


def test_transposes_that_cancel_leave_nothing(tmp_path):
    def steps(graph):
        graph.add("Transpose", perm=[0, 2, 3, 1], shape=[3, 6, 4, 4])
        graph.relu()
        graph.add("Transpose", perm=[0, 3, 1, 2], shape=[3, 4, 6, 4])

    assert kinds(network(tmp_path, steps)) == [layers.InputLayer, layers.Activation]


def test_a_channel_shuffle_is_one_transpose(tmp_path):
    def steps(graph):
        graph.add("Conv", graph.real(4, 4, 1, 1), shape=[3, 4, 6, 4])
        graph.add("Reshape", graph.constant(np.array([0, 2, 2, 6, 4])), shape=[3, 2, 2, 6, 4])
        graph.add("Transpose", perm=[0, 2, 1, 3, 4])
        graph.add("Reshape", graph.constant(np.array([0, 4, 6, 4])), shape=[3, 4, 6, 4])
        graph.add("Conv", graph.real(4, 4, 1, 1))

    found = kinds(network(tmp_path, steps))
    assert found.count(layers.Permute) == 3  # at both edges, and the shuffle itself
