"""A network written down for every contender: its plan, its weights, its ONNX file."""

import json
from pathlib import Path

import numpy as np

from . import books, plan


def prepare(name, folder, weights=True, onnx=False):
    """Write ``plan.json`` and, if wanted, weights and ``model.onnx`` into ``folder``.

    Returns
    -------
    dict
        The plan.
    """
    folder = Path(folder)
    model = books.build(name)
    if weights:
        books.liven(model)
        model.save_weights(folder / "weights.minicnn")
    described, arrays = plan.describe(model)
    (folder / "plan.json").write_text(json.dumps(described))
    if weights:
        np.savez(folder / "weights.npz", **arrays)
    if onnx:
        from minicnn import onnx as files

        files.save(model, folder / "model.onnx", data_format="channels_first")
    return described
