"""The table from layers to the functions that write them as ONNX nodes."""

TABLE: dict = {}


def exports(*classes):
    """Function decorator: the function writes layers of ``classes``.

    It takes an :class:`~minicnn.onnx.exporting.Exporter`, the layer and its inputs, and returns
    its output or a list of outputs, all :class:`~minicnn.onnx.exported.Exported`.
    """

    def add(function):
        for layer_class in classes:
            TABLE[layer_class] = function
        return function

    return add
