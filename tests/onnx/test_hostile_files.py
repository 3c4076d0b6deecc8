"""Files that are broken or mean ill: one line that says where, and nothing outside is read."""

import os

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn import FormatError
from minicnn.onnx import load

helper, real = onnx.helper, onnx.TensorProto.FLOAT


def value(name, shape=("n", 4), kind=real):
    return helper.make_tensor_value_info(name, kind, shape)


def dense(weight=None, nodes=None, inputs=None, opset=20):
    """A model of one product, any part of it replaced."""
    if weight is None:
        weight = onnx.numpy_helper.from_array(np.ones((4, 2), "float32"), "w")
    graph = helper.make_graph(
        nodes or [helper.make_node("MatMul", ["x", "w"], ["y"], name="product")],
        "graph",
        inputs or [value("x")],
        [value("y", None)],
        [weight] if weight else [],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def refused(tmp_path, model, *parts):
    """Write ``model`` (bytes do too); loading it must be refused, in a line with all ``parts``."""
    path = tmp_path / "model.onnx"
    path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
    with pytest.raises(FormatError) as caught:
        load(path)
    text = str(caught.value)
    assert "\n" not in text and str(path) in text
    assert len(text) < 500 + len(str(path))
    for part in parts:
        assert part in text, text


def external(location, shape=(4, 2), **entries):
    """A weight whose numbers lie elsewhere."""
    tensor = onnx.TensorProto(
        name="w", data_type=real, dims=shape, data_location=onnx.TensorProto.EXTERNAL
    )
    for key, text in {"location": location, **entries}.items():
        tensor.external_data.add(key=key, value=str(text))
    return tensor


def test_a_sound_file_loads(tmp_path):
    (tmp_path / "model.onnx").write_bytes(dense().SerializeToString())
    assert (load(tmp_path / "model.onnx")(np.ones((3, 4))) == 4).all()


def test_external_data_in_the_folder_is_read(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    weights = np.arange(8, dtype="<f4").reshape(4, 2)
    (folder / "w.bin").write_bytes(b"head" + weights.tobytes())
    model = dense(external("data/w.bin", offset=4, length=32))
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    loaded = load(tmp_path / "model.onnx")
    assert (loaded.get_weights()[0] == weights).all()


@pytest.mark.parametrize(
    "location",
    ["../w.bin", "/etc/passwd", "a/../../w.bin", "", ".", "C:\\w.bin", "..\\w.bin", "c:w", "a\0b"],
)
def test_external_data_elsewhere_is_not(tmp_path, location):
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "w.bin").write_bytes(bytes(32))
    refused(folder, dense(external(location)), "'w'", "external data")


def test_external_data_through_links_is_not_read(tmp_path):
    folder, outside = tmp_path / "model", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "w.bin").write_bytes(bytes(32))
    os.symlink(outside / "w.bin", folder / "w.bin")
    os.symlink(outside, folder / "inside")
    refused(folder, dense(external("w.bin")), "is a link")
    refused(folder, dense(external("inside/w.bin")), "is a link")


def test_external_data_must_fill_its_tensor(tmp_path):
    (tmp_path / "w.bin").write_bytes(bytes(32))
    (tmp_path / "folder").mkdir()
    for tensor, part in (
        (external("none.bin"), "is not there"),
        (external("folder"), "is no file"),
        (external("w.bin", offset=4), "takes 32 bytes, got 32 at byte 4 of 32"),
        (external("w.bin", length=16), "takes 32 bytes, got 16"),
        (external("w.bin", offset="-4"), "offset must be a number of bytes"),
        (external("w.bin", offset="9" * 30), "offset must be a number of bytes"),
        (external("w.bin", (2**40, 2**40)), "takes"),
        (external("w.bin", (-1, 2)), "negative length"),
    ):
        refused(tmp_path, dense(tensor), part)


def test_broken_bytes(tmp_path):
    whole = dense().SerializeToString()
    refused(tmp_path, b"", "no graph")
    refused(tmp_path, b"<html>not here</html>", "is no ONNX model")
    refused(tmp_path, whole[: len(whole) // 2], "is no ONNX model")
    refused(tmp_path, onnx.ModelProto(ir_version=9), "no graph")


def test_broken_tensors(tmp_path):
    short = onnx.TensorProto(name="w", data_type=real, dims=[4, 2], raw_data=bytes(31))
    refused(tmp_path, dense(short), "'w'", "does not fill shape (4, 2)")
    huge = onnx.TensorProto(name="w", data_type=real, dims=[2**62, 2**62], raw_data=bytes(32))
    refused(tmp_path, dense(huge), "'w'", "does not fill shape")
    odd = onnx.TensorProto(name="w", data_type=99, dims=[1], raw_data=bytes(4))
    refused(tmp_path, dense(odd), "'w'", "type 99")
    text = helper.make_tensor("w", onnx.TensorProto.STRING, [1], [b"rm -rf"])
    refused(tmp_path, dense(text), "tensors of type STRING are not read")
    wrong = onnx.numpy_helper.from_array(np.ones((3, 2), "float32"), "w")
    refused(tmp_path, dense(wrong), "MatMul 'product': matrices (None, 4) and (3, 2) do not fit")


def node(*arguments, **attributes):
    return [helper.make_node(*arguments, name="it", **attributes)]


def test_broken_graphs(tmp_path):
    for model, *parts in (
        (dense(nodes=node("Det", ["x"], ["y"])), "Det 'it': operator Det is none of MiniCNN's"),
        (dense(nodes=node("Relu", ["x"], ["y"], domain="evil")), "operator evil.Relu"),
        (dense(nodes=node("A\nB", ["x"], ["y"])), "operator A?B is none of MiniCNN's"),
        (dense(nodes=node("x" * 9999, ["x"], ["y"])), "none of MiniCNN's"),
        (dense(nodes=node("Relu", ["other"], ["y"])), "Relu 'it': input 'other' is unknown"),
        (dense(nodes=node("Relu", ["w"], ["y"])), "input 'w' is a constant"),
        (dense(nodes=node("Relu", ["y"], ["y"])), "input 'y' is unknown"),
        (dense(nodes=node("Relu", ["x"], ["x"])), "output 'x' exists already"),
        (dense(nodes=node("Relu", ["x"], ["z"])), "output 'y' is made by no node"),
        (dense(nodes=node("Relu", ["x"], ["y"], alpha=1.0)), "Relu 'it': Unrecognized attribute"),
        (dense(nodes=node("Relu", [], ["y"])), "Relu 'it'"),
        (dense(nodes=node("Identity", ["w"], ["y"])), "output 'y' does not depend on an input"),
        (dense(inputs=[value("x", None)]), "input 'x' must have a known number of axes"),
        (dense(inputs=[value("x", ())]), "input 'x' is a scalar and has no batch axis"),
        (dense(inputs=[value("x", ("n", 0))]), "must be positive"),
        (dense(inputs=[value("x", kind=onnx.TensorProto.FLOAT16)]), "FLOAT or DOUBLE, got FLOAT16"),
        (dense(inputs=[value("x", kind=77)]), "FLOAT or DOUBLE, got 77"),
        (dense(opset=99), "operator set must be in [1,"),
        (dense(nodes=node("Transpose", ["x"], ["y"], perm=[1, 0])), "moves the batch axis"),
        (dense(nodes=node("Concat", ["x", "x"], ["y"], axis=0)), "Concat 'it'", "axis"),
        (dense(nodes=node("Softmax", ["x"], ["y"], axis=7)), "Softmax 'it'"),
        (dense(nodes=node("Flatten", ["x"], ["y"], axis=0)), "joins the batch axis"),
        (dense(nodes=node("MatMul", ["w", "w"], ["y"])), "MatMul 'it'"),
    ):
        refused(tmp_path, model, *parts)


def test_a_few_bytes_do_not_become_much_memory(tmp_path):
    size = onnx.numpy_helper.from_array(np.array([2**31 - 1, 2**20]), "w")
    fill = helper.make_node("ConstantOfShape", ["w"], ["big"])
    product = helper.make_node("MatMul", ["x", "big"], ["y"])
    refused(tmp_path, dense(size, [fill, product]), "bytes, this machine has")
    pads = onnx.numpy_helper.from_array(np.array([0, 2**31 - 1, 0, 2**40]), "w")
    one = helper.make_node("Constant", [], ["one"], value_float=1.0)
    padded = helper.make_node("Pad", ["x", "w", "one"], ["y"])
    refused(tmp_path, dense(pads, [one, padded]), "bytes, this machine has")
    refused(tmp_path, dense(pads, [helper.make_node("Expand", ["x", "w"], ["y"])]), "bytes")


def test_subgraphs_are_not_entered(tmp_path):
    then = helper.make_graph([], "then", [], [value("y")])
    choice = helper.make_node("If", ["x"], ["y"], then_branch=then, else_branch=then)
    refused(tmp_path, dense(nodes=[choice]), "operator If is none of MiniCNN's")


SOUND = dense(
    nodes=[
        helper.make_node("Reshape", ["x", "shape"], ["r"]),
        helper.make_node("Transpose", ["r"], ["t"], perm=[0, 2, 1]),
        helper.make_node("Softmax", ["t"], ["s"], axis=1),
        helper.make_node("Flatten", ["s"], ["f"]),
        helper.make_node("Gemm", ["f", "w"], ["y"], alpha=0.5),
    ]
)
SOUND.graph.initializer.append(onnx.numpy_helper.from_array(np.array([0, 2, 2]), "shape"))


@settings(max_examples=300)
@given(st.data())
def test_any_bytes_load_or_are_refused(tmp_path_factory, data):
    whole = bytearray(SOUND.SerializeToString())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(whole) - 1))
        if data.draw(st.booleans()):
            whole[place] = data.draw(st.integers(0, 255))
        else:
            del whole[place : place + data.draw(st.integers(1, 9))]
    path = tmp_path_factory.mktemp("fuzz") / "model.onnx"
    path.write_bytes(bytes(whole))
    try:
        load(path)
    except FormatError as error:
        assert "\n" not in str(error)
