"""``load`` and ``save``."""

import os

from ..io import atomic
from . import reading
from .exporting import export
from .importing import Importer, check_nodes


def load(path, data_format="channels_first"):
    """The model that an ONNX file holds.

    Parameters
    ----------
    path : path
        External data is read from files in the same folder, or below it.
    data_format : {"channels_first", "channels_last"}
        Where inputs and outputs of three axes and more have their channels: second, as in the
        file, or last. Inside the model they are last in either case.

    Returns
    -------
    Model
        Its layers are named after the file's nodes. The first axis of every input is the batch,
        of any length, whatever length the file gives.

    Raises
    ------
    FormatError
        In one line: what in the file is not as it must be, or which node has an operator or
        attribute that no layer of the library computes.
    FileNotFoundError
        If there is no such file.
    """
    _check_format("load", data_format)
    with reading.blaming(path):
        proto = reading.read_model(path)
        check_nodes(proto, path)
        importer = Importer(
            proto.graph,
            reading.operator_set(proto, path),
            reading.initializers(proto.graph, path),
            file=path,
            channels_last=data_format == "channels_last",
        )
        return importer.model()


def save(model, path, overwrite=True, data_format="channels_last"):
    """Write a model, as it computes at inference, to an ONNX file.

    Transposes at the edges let the same arrays go in and come out; inside, images have their
    channels second. Models inside the model are written layer by layer.

    Parameters
    ----------
    model : Model
        Built.
    path : path
        The file appears whole or not at all.
    overwrite : bool
        Whether a file of that name may be replaced.
    data_format : {"channels_last", "channels_first"}
        Whether the file's inputs and outputs of three axes and more are those of the model, or
        have the last axis second, as models for ONNX are wont to.

    Raises
    ------
    ValueError
        Naming the layer, if ONNX has no form of it, or if the file would pass protobuf's 2 GiB.
    FileExistsError
        If the file is there and ``overwrite`` is false.
    """
    _check_format("save", data_format)
    if not overwrite and os.path.exists(path):
        raise FileExistsError(f"save: {os.fspath(path)} exists and overwrite is false")
    proto = export(model, data_format)
    if proto.ByteSize() >= 2**31:
        raise ValueError(f"save: {model.label}: takes {proto.ByteSize():,} bytes, 2 GiB at most")
    atomic.write_bytes(path, proto.SerializeToString())


def _check_format(op, data_format):
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(
            f"{op}: data_format must be 'channels_first' or 'channels_last', got {data_format!r}"
        )
