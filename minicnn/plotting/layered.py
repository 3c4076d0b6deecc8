"""Where the boxes of a directed graph without cycles go: in layers, as Sugiyama draws them.

K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual Understanding of Hierarchical System
Structures", IEEE Transactions on Systems, Man, and Cybernetics 11(2), 1981: layers by longest
path, points where an edge passes a layer, an order in each layer that crosses few edges, places
near the neighbours.
"""

from itertools import pairwise
from statistics import fmean

_POINT = 0.12  # width kept free for an edge that passes a layer
_SWEEPS = 8


def layout(widths, edges, gap):
    """Places of boxes and edges.

    Parameters
    ----------
    widths : list of float
        Of every box, across the direction of the edges.
    edges : list of (int, int)
        From a box to one of a higher number, each once.
    gap : float
        Least distance of two boxes in a layer.

    Returns
    -------
    layers : list of int
        Number of each box's layer.
    places : list of float
        Middle of each box in its layer; the leftmost edge of all is at 0.
    routes : list of list of (int, float)
        For every edge, layer and place of its two ends and of the points between.
    """
    layer_of = _longest_paths(len(widths), edges)
    widths, layer_of, chains = _with_points(widths, layer_of, edges)
    above, below = ([[] for _ in widths] for _ in range(2))
    for chain in chains:
        for upper, lower in pairwise(chain):
            above[lower].append(upper)
            below[upper].append(lower)
    layers = [[] for _ in range(max(layer_of, default=0) + 1)]
    for item, number in enumerate(layer_of):
        layers[number].append(item)
    layers = _ordered(layers, above, below)
    places = _placed(layers, widths, above, below, gap)
    routes = {(c[0], c[-1]): [(layer_of[item], places[item]) for item in c] for c in chains}
    boxes = len(widths) - sum(len(chain) - 2 for chain in chains)
    return layer_of[:boxes], places[:boxes], [routes[edge] for edge in edges]


def _longest_paths(count, edges):
    """The layer of each box: below all that it reads; sources stand right above their readers."""
    layer = [0] * count
    for start, end in sorted(edges, key=lambda edge: edge[1]):
        layer[end] = max(layer[end], layer[start] + 1)
    sources = set(range(count)) - {end for _, end in edges}
    for source in sources:
        readers = [layer[end] for start, end in edges if start == source]
        layer[source] = min(readers, default=1) - 1
    return layer


def _with_points(widths, layer_of, edges):
    """Add a point in every layer that an edge passes; edges become chains of neighbours."""
    widths, layer_of, chains = list(widths), list(layer_of), []
    for start, end in edges:
        chain = [start]
        for number in range(layer_of[start] + 1, layer_of[end]):
            chain.append(len(widths))
            widths.append(_POINT)
            layer_of.append(number)
        chains.append([*chain, end])
    return widths, layer_of, chains


def _ordered(layers, above, below):
    """Sort each layer by the mean place of its neighbours, down and up; keep the best order."""
    best, fewest = layers, _crossings(layers, below)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        down = sweep % 2 == 0
        layers = _sorted_by(layers, above if down else below, down)
        crossings = _crossings(layers, below)
        if crossings < fewest:
            best, fewest = layers, crossings
    return best


def _sorted_by(layers, neighbours, down):
    place, done = {}, []
    for layer in layers if down else reversed(layers):
        middle = {}
        for index, item in enumerate(layer):
            near = [place[other] for other in neighbours[item]]
            middle[item] = fmean(near) if near else (index + 0.5) / len(layer)
        layer = sorted(layer, key=middle.__getitem__)
        place.update((item, (index + 0.5) / len(layer)) for index, item in enumerate(layer))
        done.append(layer)
    return done if down else done[::-1]


def _crossings(layers, below):
    """Number of pairs of edges between neighbouring layers that cross."""
    total = 0
    for upper, lower in pairwise(layers):
        place = {item: index for index, item in enumerate(lower)}
        ends = [end for item in upper for end in sorted(place[other] for other in below[item])]
        total += sum(a > b for index, a in enumerate(ends) for b in ends[index + 1 :])
    return total


def _placed(layers, widths, above, below, gap):
    """Places: each item wants to stand at the mean of its neighbours, none may overlap."""
    places = [0.0] * len(widths)
    for layer in layers:
        _spread(layer, [0.0] * len(layer), places, widths, gap)
    for sweep in range(_SWEEPS + 1):  # the last one goes down: a chain hangs straight
        down = sweep % 2 == 0
        neighbours = above if down else below
        for layer in layers if down else reversed(layers):
            wanted = [
                fmean(places[other] for other in neighbours[item])
                if neighbours[item]
                else places[item]
                for item in layer
            ]
            _spread(layer, wanted, places, widths, gap)
    left = min((place - width / 2 for place, width in zip(places, widths)), default=0.0)
    return [place - left for place in places]


def _spread(layer, wanted, places, widths, gap):
    """Nearest places to ``wanted`` that keep the order and the gaps (least squares).

    Less the room that their neighbours to the left need, places must not fall: pools of those
    that would take their common mean.
    """
    room, total = [], 0.0
    for index, item in enumerate(layer):
        if index:
            total += (widths[layer[index - 1]] + widths[item]) / 2 + gap
        room.append(total)
    pools = []  # (sum, count)
    for target, before in zip(wanted, room):
        pools.append((target - before, 1))
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            (a, m), (b, n) = pools.pop(), pools.pop()
            pools.append((a + b, m + n))
    means = [total / count for total, count in pools for _ in range(count)]
    for item, mean, before in zip(layer, means, room):
        places[item] = mean + before
