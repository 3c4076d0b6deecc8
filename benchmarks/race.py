"""Timing contenders against one another in one run.

Absolute times mean little on a shared machine, so contenders take turns, round after round, and
only the ratio of their medians is quoted.
"""

import math
import statistics
import time
from functools import partial

WARM = 0.002  # seconds a contender runs untimed when its turn comes
TURN = 0.005  # seconds it is timed then, at least one call
LONG = 0.05  # seconds of a call that needs no warming


def turn(call, warming=WARM, length=TURN):
    """Times of the calls of one turn.

    A turn begins with untimed calls, unless they are long: the threads that the last contender
    left spinning go to sleep meanwhile, and everybody finds its data in the cache.
    """
    times, warm, timed = [], 0.0, 0.0
    while not times or timed < length:
        start = time.perf_counter()
        call()
        taken = time.perf_counter() - start
        if warm >= warming or taken >= max(LONG, warming):
            times.append(taken)
            timed += taken
        warm += taken
    return times


# Until the system has given each thread a core: what slept may wake beside the one that woke it.
settled = partial(turn, warming=0.06, length=0.06)


def race(contenders, seconds=2.0, rounds=None, turn=turn):
    """Median time of a call of each contender, all of them taking turns.

    Parameters
    ----------
    contenders : dict of str to callable
        Each is called without arguments.
    seconds : float
        About how long the whole race may take; at least three rounds are run.
    rounds : int, optional
        As many rounds, whatever they take.
    turn : callable
        Gives the times of one turn of a contender.

    Returns
    -------
    dict of str to float
        Seconds.
    """
    start = time.perf_counter()
    for contender in contenders.values():
        turn(contender)
    once = time.perf_counter() - start
    times = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(rounds or max(3, min(200, int(seconds / once)))):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            times[name] += turn(contenders[name])
    return {name: statistics.median(taken) for name, taken in times.items()}


def ratio(times, ours="minicnn"):
    """The best peer's time over ours: above 1, we are ahead; ``nan`` without a peer."""
    peers = [taken for name, taken in times.items() if name != ours]
    return min(peers) / times[ours] if peers and ours in times else math.nan


def geometric_mean(ratios):
    """Geometric mean of the numbers among ``ratios``; ``nan`` if there are none."""
    logs = [math.log(r) for r in ratios if not math.isnan(r)]
    return math.exp(statistics.fmean(logs)) if logs else math.nan
