"""Drawing the boxes and edges of a diagram with Matplotlib, which this file needs."""

from itertools import pairwise

from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.path import Path

from .figure import new_figure
from .layered import layout

_FONT = 8  # points
_LINE = 0.155  # inches from line to line
_CHARACTER = 0.066  # mean width in inches
_GAP, _LAYER_GAP, _MARGIN = 0.22, 0.3, 0.25
_TITLE = 0.14  # height of a frame's name

# Kinds of layers, and the colours of their boxes (Okabe and Ito's, lightened: told apart by
# everyone).
_COLOURS = {
    "input": "#ffffff",
    "convolution": "#b7d7ee",
    "dense": "#c3cbe8",
    "pooling": "#b9e3d3",
    "normalization": "#fbe8b5",
    "activation": "#f8d3b8",
    "merging": "#ecc9de",
    "regularization": "#e3e3e3",
    "model": "#d8ecf7",
    "other": "#f4f4f4",
}


class Diagram:
    """Sizes and places of all boxes, in inches from the upper left corner.

    Parameters
    ----------
    boxes : list of Box
    lines : list of list of str
        What is written into each.
    edges : list of (int, int)
        Numbers of boxes.
    rankdir : {"TB", "BT", "LR", "RL"}
        Where the edges go.
    """

    def __init__(self, boxes, lines, edges, rankdir):
        self.boxes, self.lines = boxes, lines
        self.edges = list(dict.fromkeys(edges))
        self.upright, self.backwards = rankdir in ("TB", "BT"), rankdir in ("BT", "RL")
        self.sizes = [_size(lines) for lines in self.lines]
        across = [size[0 if self.upright else 1] for size in self.sizes]
        along = [size[1 if self.upright else 0] for size in self.sizes]
        self.layers, self.places, self.routes = layout(across, self.edges, _GAP)
        framed = any(box.frames for box in boxes)
        layer_gap = _LAYER_GAP + (_TITLE if framed else 0)
        thickness = [0.0] * (max(self.layers, default=0) + 1)
        for layer, length in zip(self.layers, along):
            thickness[layer] = max(thickness[layer], length)
        self.middles, self.thickness, end = [], thickness, 0.0
        for length in thickness:
            self.middles.append(end + length / 2)
            end += length + layer_gap
        self.along = along
        self.depth = end - layer_gap
        self.breadth = max((p + s / 2 for p, s in zip(self.places, across)), default=0.0)
        self.breadth = max([self.breadth, *(p for route in self.routes for _, p in route)])

    def point(self, along, across):
        """``(x, y)`` in the figure, y downwards."""
        if self.backwards:
            along = self.depth - along
        x, y = (across, along) if self.upright else (along, across)
        return x + _MARGIN, y + _MARGIN

    def draw(self):
        """The figure."""
        width, height = (self.breadth, self.depth) if self.upright else (self.depth, self.breadth)
        width, height = width + 2 * _MARGIN, height + 2 * _MARGIN
        figure = new_figure("plot_model", width, height, layout=None)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, width), ylim=(height, 0))
        axes.set_axis_off()
        self._frames(axes)
        self._edges(axes)
        for index in range(len(self.boxes)):
            self._box(axes, index)
        return figure

    def _box(self, axes, index):
        x, y = self.point(self.middles[self.layers[index]], self.places[index])
        width, height = self.sizes[index]
        axes.add_patch(
            FancyBboxPatch(
                (x - width / 2, y - height / 2), width, height,
                boxstyle="round,pad=0,rounding_size=0.05", linewidth=0.7, edgecolor="#555555",
                facecolor=_COLOURS[self.boxes[index].kind], zorder=3,
            )
        )  # fmt: skip
        lines = self.lines[index]
        for number, line in enumerate(lines):
            axes.text(
                x, y + (number - (len(lines) - 1) / 2) * _LINE, line, fontsize=_FONT,
                fontweight="bold" if number == 0 else "normal", ha="center", va="center_baseline",
                color="#111111" if number == 0 else "#444444", zorder=4,
            )  # fmt: skip

    def _frames(self, axes):
        """Light frames around the layers of inner models, the outer ones first."""
        members = {}
        for index, box in enumerate(self.boxes):
            for depth, frame in enumerate(box.frames):
                members.setdefault((depth, frame), []).append(index)
        for (depth, (*_, name)), inside in sorted(members.items()):
            margin = max(0.11 - 0.03 * depth, 0.03)
            lows, highs = zip(*(self._extent(index) for index in inside))
            x, y = (min(low[axis] for low in lows) - margin for axis in (0, 1))
            y -= _TITLE
            right, bottom = (max(high[axis] for high in highs) + margin for axis in (0, 1))
            axes.add_patch(
                Rectangle(
                    (x, y), right - x, bottom - y, facecolor="#eef4f8", edgecolor="#8aa6b8",
                    linewidth=0.8, linestyle=(0, (4, 2)), zorder=1 + depth / 100,
                )
            )  # fmt: skip
            axes.text(x + 0.05, y + 0.03, name, fontsize=_FONT - 1, color="#5a7a8e", va="top")

    def _extent(self, index):
        """Upper left and lower right corner of a box."""
        x, y = self.point(self.middles[self.layers[index]], self.places[index])
        width, height = self.sizes[index]
        return (x - width / 2, y - height / 2), (x + width / 2, y + height / 2)

    def _edges(self, axes):
        """A curve for each edge, and a head where it ends."""
        paths, heads = [], []
        for (start, end), route in zip(self.edges, self.routes):
            points, codes = self._curve(start, end, route)
            paths.append(Path([self.point(*point) for point in points], codes))
            along, across = points[-1]
            corners = (
                (along, across),
                (along - 0.09, across - 0.035),
                (along - 0.09, across + 0.035),
            )
            heads.append([self.point(*corner) for corner in corners])
        line = {"linewidth": 0.8, "edgecolor": "#666666", "zorder": 2}
        axes.add_collection(PathCollection(paths, facecolor="none", **line), autolim=False)
        axes.add_collection(PolyCollection(heads, facecolor="#666666", **line), autolim=False)

    def _curve(self, start, end, route):
        """Straight through every layer that it passes, bent between them."""
        points = [(self.middles[route[0][0]] + self.along[start] / 2, route[0][1])]
        codes = [Path.MOVETO]
        for (layer, place), (following, next_place) in pairwise(route):
            leave = self.middles[layer] + self.thickness[layer] / 2
            arrive = self.middles[following] - self.thickness[following] / 2
            bend = (leave + arrive) / 2
            points += [(leave, place), (bend, place), (bend, next_place), (arrive, next_place)]
            codes += [Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
        points.append((self.middles[route[-1][0]] - self.along[end] / 2, route[-1][1]))
        return points, [*codes, Path.LINETO]


def _size(lines):
    """Width and height of a box that holds the lines."""
    return max(map(len, lines)) * _CHARACTER + 0.24, len(lines) * _LINE + 0.12
