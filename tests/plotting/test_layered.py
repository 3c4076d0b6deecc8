"""The layered layout: edges go down, nothing overlaps, chains hang straight."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.plotting.layered import layout


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 14))
    widths = draw(st.lists(st.floats(0.2, 3), min_size=count, max_size=count))
    pairs = [(a, b) for b in range(count) for a in range(b)]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=24)) if pairs else []
    return widths, edges


@given(graphs())
def test_edges_go_down_and_nothing_overlaps(graph):
    widths, edges = graph
    layers, places, routes = layout(widths, edges, 0.25)
    assert len(layers) == len(places) == len(widths)
    for (start, end), route in zip(edges, routes):
        assert layers[start] < layers[end]
        assert route[0] == (layers[start], places[start])
        assert route[-1] == (layers[end], places[end])
        assert [layer for layer, _ in route] == list(range(layers[start], layers[end] + 1))
    for a, b in combinations(range(len(widths)), 2):
        if layers[a] == layers[b]:
            needed = (widths[a] + widths[b]) / 2 + 0.25
            assert abs(places[a] - places[b]) >= needed - 1e-9
    assert min(place - width / 2 for place, width in zip(places, widths)) >= -1e-9


@given(graphs())
def test_edges_pass_beside_boxes(graph):
    widths, edges = graph
    layers, places, routes = layout(widths, edges, 0.25)
    for route in routes:
        for layer, place in route[1:-1]:
            for box in range(len(widths)):
                if layers[box] == layer:
                    assert abs(places[box] - place) >= widths[box] / 2 + 0.25


@pytest.mark.parametrize("widths", [[1.0] * 5, [1, 3, 0.5, 2, 1]])
def test_a_chain_hangs_straight(widths):
    layers, places, _ = layout(widths, [(0, 1), (1, 2), (2, 3), (3, 4)], 0.2)
    assert layers == [0, 1, 2, 3, 4]
    assert max(places) - min(places) < 1e-9


def test_a_fork_is_symmetric_and_its_edges_do_not_cross():
    #      0
    #    1   2
    #    3   4     with the branches listed crosswise
    #      5
    layers, places, _ = layout([1.0] * 6, [(0, 1), (0, 2), (1, 4), (2, 3), (3, 5), (4, 5)], 0.2)
    assert layers == [0, 1, 1, 2, 2, 3]
    assert (places[1] < places[2]) == (places[4] < places[3])
    assert places[0] == pytest.approx(places[5]) == pytest.approx((places[1] + places[2]) / 2)


def test_a_source_stands_right_above_what_reads_it():
    layers, *_ = layout([1.0] * 5, [(0, 1), (1, 2), (2, 4), (3, 4)], 0.2)
    assert layers == [0, 1, 2, 2, 3]
