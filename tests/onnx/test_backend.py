"""ONNX's own backend tests: every case of operators that are all MiniCNN's is run or refused."""

import numpy as np
import pytest
from support import onnx_cases

from minicnn import FormatError
from minicnn.onnx import Backend

RUN, LEFT_OUT = onnx_cases.sorted_cases()


def suite():
    """The test classes of ``onnx.backend.test``, without what is left out or is not here."""
    with onnx_cases.quiet():
        import onnx.backend.test

        classes = onnx.backend.test.BackendTest(Backend, __name__).test_cases
    wanted = {f"{name}_cpu" for names in RUN.values() for name in names}
    for name, test_class in classes.items():
        for test in [attribute for attribute in vars(test_class) if attribute.startswith("test_")]:
            if test not in wanted or "Real" in name:
                delattr(test_class, test)
    return classes


globals().update(suite())


def test_as_many_cases_run_as_before():
    counts = {kind: len(names) for kind, names in RUN.items()}
    assert counts["node"] >= 400
    assert counts["simple"] >= 5
    assert counts["pytorch-converted"] >= 78
    assert counts["pytorch-operator"] >= 31


@pytest.mark.parametrize("kind", onnx_cases.KINDS)
def test_what_is_left_out_is_refused_in_one_line(kind):
    for name in LEFT_OUT[kind]:
        model, case = onnx_cases.considered()[kind][name]
        inputs, _ = onnx_cases.data_sets(case)[0]
        with pytest.raises(FormatError) as caught:
            Backend.run_model(model, inputs)
        assert "\n" not in str(caught.value), name


def test_every_reason_is_needed():
    given = {why for reasons in LEFT_OUT.values() for why in reasons.values()}
    assert given == set(onnx_cases.REASONS)


def test_a_prepared_model_is_built_once_for_one_shape():
    import onnx

    values = onnx.helper.make_tensor_value_info
    real = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "w"], ["y"], name="product")],
        "graph",
        [values("x", real, ["n", 3]), values("w", real, [3, 2])],
        [values("y", real, ["n", 2])],
    )
    prepared = Backend.prepare(onnx.helper.make_model(graph))
    x, w = np.ones((4, 3), "float32"), np.ones((3, 2), "float32")
    assert (prepared.run([x, w])[0] == 3).all()
    built = prepared._last
    assert (prepared.run({"x": 2 * x, "w": 2 * w})[0] == 12).all()
    assert prepared._last is built
    assert prepared.run([x[:1], w])[0].shape == (1, 2)
    assert prepared._last is not built


def test_a_weight_that_is_an_input_may_change():
    import onnx

    node = onnx.helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[1, 1])
    x = np.ones((1, 1, 2, 2), "float32")
    for factor in (1, 5):
        (y,) = Backend.run_node(node, [x, factor * np.ones((1, 1, 1, 1), "float32")])
        assert (y == factor).all()


def test_run_node_counts_its_inputs():
    import onnx

    node = onnx.helper.make_node("Add", ["a", "b"], ["c"])
    with pytest.raises(ValueError, match="run_node: needs 2 inputs, got 1"):
        Backend.run_node(node, [np.ones(3, "float32")])
    (y,) = Backend.run_node(onnx.helper.make_node("Add", ["a", "a"], ["c"]), [np.ones(3, "f")])
    assert (y == 2).all()


def test_devices():
    assert Backend.supports_device("CPU") and Backend.supports_device("CPU:0")
    assert not Backend.supports_device("CUDA:0")
    with pytest.raises(ValueError, match="device must be CPU, got 'CUDA'"):
        Backend.prepare(None, "CUDA")


def test_an_unknown_operator_is_named():
    import onnx

    node = onnx.helper.make_node("Det", ["x"], ["y"], name="volume")
    with pytest.raises(FormatError, match="Det 'volume': operator Det is none of MiniCNN's"):
        Backend.run_node(node, [np.ones((2, 2), "float32")])
