"""Timing contenders against one another in one run.

Absolute times mean little on a shared machine, so contenders take turns, round after round, and
only the ratio of their medians is quoted.
"""

import statistics
import time


def race(contenders, seconds=2.0, least=5, most=200):
    """Median time of each contender, all of them taking turns.

    Parameters
    ----------
    contenders : dict of str to callable
        Each is called without arguments; the first two calls of each are not timed.
    seconds : float
        About how long the whole race may take.
    least, most : int
        Bounds on the number of rounds.

    Returns
    -------
    dict of str to float
        Seconds.
    """
    times = {name: [] for name in contenders}
    once = 0.0
    for call in contenders.values():
        call()
        start = time.perf_counter()
        call()
        once += time.perf_counter() - start
    rounds = max(least, min(most, int(seconds / max(once, 1e-9))))
    names = list(contenders)
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            start = time.perf_counter()
            contenders[name]()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}


def ratio(times, ours="minicnn"):
    """The best peer's time over ours: above 1, we are ahead."""
    return min(taken for name, taken in times.items() if name != ours) / times[ours]
