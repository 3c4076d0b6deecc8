"""What an objective has gathered within an epoch, as arrays that a backup can hold."""

import numpy as np

from .. import metrics


def get_state(objective):
    """``{key: array}`` of the running means and of every metric."""
    state = {"mean": np.array([objective.total, objective.count])}
    for index, head in enumerate(objective.heads):
        state[f"{index}/mean"] = np.array([head.total, head.count])
        for number, metric in enumerate((*head.metrics, *head.weighted_metrics)):
            if not isinstance(metric, str):
                key = f"{index}/{number}/{type(metric).__name__}"
                state.update({f"{key}/{k}": np.asarray(v) for k, v in metric.get_state().items()})
    return state


def set_state(objective, state):
    """Go on from :func:`get_state`.

    Raises
    ------
    ValueError, TypeError, KeyError
        If the state is not that of the same losses and metrics.
    """
    objective.total, objective.count = map(float, state["mean"])
    known = {"mean"}
    for index, head in enumerate(objective.heads):
        head.total, head.count = map(float, state[f"{index}/mean"])
        known.add(f"{index}/mean")
        for number in range(len(head.metrics) + len(head.weighted_metrics)):
            prefix = f"{index}/{number}/"
            mine = {key: value for key, value in state.items() if key.startswith(prefix)}
            known.update(mine)
            if mine:
                _restore(head, number, {key.removeprefix(prefix): v for key, v in mine.items()})
    if known != set(state):
        raise ValueError(f"metrics have no {sorted(set(state) - known)}")


def _restore(head, number, state):
    """Set the metric of that number; an accuracy that no batch has made yet is made now."""
    listed = head.metrics if number < len(head.metrics) else head.weighted_metrics
    place = number - (0 if listed is head.metrics else len(head.metrics))
    kinds = {key.partition("/")[0] for key in state}
    metric = listed[place]
    if isinstance(metric, str) and len(kinds) == 1:
        metric = metrics.get({"class_name": kinds.copy().pop(), "config": {"name": metric}})
    if kinds != {type(metric).__name__}:
        raise ValueError(f"metric {number} must be {type(metric).__name__}, got {sorted(kinds)}")
    metric.set_state({key.partition("/")[2]: value for key, value in state.items()})
    listed[place] = metric
