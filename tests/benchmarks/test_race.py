"""The arithmetic of races, without timing anything."""

import math

import numpy as np
import pytest

from benchmarks.passes import Pass, check
from benchmarks.race import geometric_mean, race, ratio


def test_contenders_take_turns_and_the_median_counts():
    order, given = [], {"a": iter([9.0, 1, 5, 3]), "b": iter([9.0, 2, 2, 8])}

    def turn(name):
        order.append(name)
        return [next(given[name])]

    times = race({"a": "a", "b": "b"}, rounds=3, turn=turn)
    assert times == {"a": 3, "b": 2}
    assert order == ["a", "b", "a", "b", "b", "a", "a", "b"]


def test_ratio_is_to_the_best_peer():
    assert ratio({"minicnn": 2.0, "torch": 3.0, "tensorflow": 4.0}) == 1.5
    assert math.isnan(ratio({"minicnn": 2.0}))


def test_geometric_mean_leaves_out_what_is_no_number():
    assert geometric_mean([2.0, 8.0, math.nan]) == pytest.approx(4.0)
    assert math.isnan(geometric_mean([math.nan]))


def test_peers_that_fail_or_differ_take_no_part():
    ours = np.arange(4.0)

    def broken():
        raise ValueError("cannot\nat all")

    calls = {
        "minicnn": lambda: ours,
        "fails": broken,
        "differs": lambda: ours + 0.1,
        "has another shape": lambda: ours[:3],
        "agrees": lambda: ours * (1 + 1e-6),
    }
    failed, differing = [], []
    running = check("case", Pass("forward", 0, 0, calls), failed.append, differing.append)
    assert list(running) == ["minicnn", "agrees"]
    assert failed == ["case forward: fails left out, ValueError: cannot"]
    assert [line.split(" left out")[0] for line in differing] == [
        "case forward: differs",
        "case forward: has another shape",
    ]
