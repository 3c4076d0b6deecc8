"""An ONNX file as a graph and its arrays; a stranger's file may hold anything.

A protobuf is data alone. What it names outside itself, the data of large tensors, is read only
from files inside the model's own folder.
"""

import contextlib
import math
import os
import stat
from pathlib import Path

import numpy as np

from .. import extras
from ..errors import FormatError


@contextlib.contextmanager
def blaming(file=None):
    """Whatever a file makes fail inside is a :class:`FormatError` of one line."""
    try:
        yield
    except FormatError:
        raise
    except (ValueError, TypeError, IndexError, OverflowError, MemoryError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise FormatError(printable(reason), file) from error


def printable(text):
    """``text`` without what could break a line or a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)


def read_model(path):
    """The ``onnx.ModelProto`` of a file.

    Raises
    ------
    FormatError
        If it is none.
    """
    onnx = extras.load("onnx", "onnx", "minicnn.onnx")
    data = Path(path).read_bytes()
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except Exception as error:  # the protobuf package's own, of any of its implementations
        raise FormatError("is no ONNX model: its protobuf cannot be parsed", path) from error
    check(model, path)
    return model


def check(model, file=None):
    """Refuse what is no model: no graph, no output, no operator set."""
    if not model.HasField("graph") or not model.graph.output:
        raise FormatError("is no ONNX model: it has no graph with an output", file)
    operator_set(model, file)


def operator_set(model, file=None):
    """The version of ONNX's own operators that a model asks for."""
    import onnx

    newest = onnx.defs.onnx_opset_version()
    for entry in model.opset_import:
        if entry.domain in ("", "ai.onnx"):
            if not 1 <= entry.version <= newest:
                raise FormatError(
                    f"operator set must be in [1, {newest}], got {entry.version}", file
                )
            return entry.version
    if model.ir_version < 3 and not model.opset_import:
        return 1
    raise FormatError("imports no operator set of ONNX", file)


def initializers(graph, file=None):
    """Name to array of a graph's constants.

    Parameters
    ----------
    graph : onnx.GraphProto
    file : path, optional
        Where the graph comes from: external data lies in its folder. Without it there must be
        none.
    """
    arrays = {}
    for tensor in graph.initializer:
        if tensor.name in arrays or not tensor.name:
            raise FormatError("initializers must have different names", file, key=tensor.name)
        arrays[tensor.name] = array_of(tensor, file)
    if graph.sparse_initializer:
        raise FormatError("sparse initializers are not read", file)
    return arrays


def array_of(tensor, file=None):
    """The array of an ``onnx.TensorProto``, its size checked against its data."""
    import onnx

    types = onnx.TensorProto
    if tensor.data_type not in types.DataType.values() or tensor.data_type == types.UNDEFINED:
        raise FormatError(f"type {tensor.data_type} is none of ONNX", file, key=tensor.name)
    dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))
    if dtype.kind not in "fiub":
        name = types.DataType.Name(tensor.data_type)
        raise FormatError(f"tensors of type {name} are not read", file, key=tensor.name)
    if any(length < 0 for length in tensor.dims):
        raise FormatError(f"negative length in {list(tensor.dims)}", file, key=tensor.name)
    if tensor.data_location == types.EXTERNAL:
        return _external(tensor, dtype, file)
    try:
        return onnx.numpy_helper.to_array(tensor)
    except (ValueError, TypeError) as error:
        message = f"data does not fill shape {tuple(tensor.dims)}"
        raise FormatError(message, file, key=tensor.name) from error


def attribute_value(attribute, file=None):
    """The value of an ``onnx.AttributeProto``: number, text, list, or array."""
    import onnx

    kinds = onnx.AttributeProto
    if attribute.type == kinds.TENSOR:
        return array_of(attribute.t, file)
    if attribute.type in (kinds.GRAPH, kinds.GRAPHS, kinds.SPARSE_TENSOR, kinds.SPARSE_TENSORS):
        raise FormatError("attributes must be numbers, text or tensors", file, key=attribute.name)
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if isinstance(value, (int, float)) else list(value)


def _external(tensor, dtype, file):
    """Numbers that lie in a file beside the model."""
    entries = {entry.key: entry.value for entry in tensor.external_data}
    if file is None:
        raise FormatError("external data needs the model's file", key=tensor.name)
    path = _inside(Path(file).parent, entries.get("location", ""), tensor.name, file)
    shape = tuple(tensor.dims)
    needed = math.prod(shape) * dtype.itemsize
    offset = _number(entries, "offset", 0, tensor.name, file)
    length = _number(entries, "length", needed, tensor.name, file)
    size = path.stat().st_size
    if length != needed or offset + length > size:
        raise FormatError(
            f"shape {shape} takes {needed} bytes, got {length} at byte {offset} of {size}",
            file,
            key=tensor.name,
        )
    with open(path, "rb") as source:
        source.seek(offset)
        data = source.read(length)
    if len(data) != length:
        raise FormatError("external data ended early", file, key=tensor.name)
    return np.frombuffer(data, dtype.newbyteorder("<")).reshape(shape)


def _inside(folder, location, name, file):
    """The regular file ``location`` in ``folder``, reached by no link and no way upwards."""
    parts = Path(location).parts
    wrong = not parts or "\0" in location or "\\" in location
    if wrong or Path(location).is_absolute() or ".." in parts or ":" in parts[0]:
        raise FormatError(
            f"external data must lie in the model's folder, got {location!r}", file, key=name
        )
    path = folder
    for part in parts:
        path = path / part
        try:
            mode = os.lstat(path).st_mode
        except OSError:
            raise FormatError(f"external data {location!r} is not there", file, key=name) from None
        if stat.S_ISLNK(mode):
            raise FormatError(f"external data {location!r} is a link", file, key=name)
    if not stat.S_ISREG(mode):
        raise FormatError(f"external data {location!r} is no file", file, key=name)
    return path


def _number(entries, key, default, name, file):
    if key not in entries:
        return default
    text = entries[key]
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise FormatError(f"{key} must be a number of bytes, got {text[:40]!r}", file, key=name)
    return int(text)
