"""Figures without pyplot: made, and written whole or not at all."""

import io
from pathlib import Path

from .. import extras
from ..io import atomic


def new_figure(feature, width, height, layout="constrained"):
    """An empty figure of ``width`` x ``height`` inches; ``feature`` is for the message."""
    figure = extras.load("matplotlib.figure", "plot", feature)
    return figure.Figure(figsize=(width, height), layout=layout)


def finish(figure, path, dpi=150):
    """``figure``, written to ``path`` unless that is ``None``; the ending tells the format."""
    if path is not None:
        kind = Path(path).suffix.removeprefix(".").lower() or "png"
        picture = io.BytesIO()
        figure.savefig(picture, format=kind, dpi=dpi)
        atomic.write_bytes(path, picture.getvalue())
    return figure
