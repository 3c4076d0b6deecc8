"""How OpenMP's threads wait: awake for a moment, then asleep.

GNU OpenMP lets them spin for 300,000 turns, about eight milliseconds. When both threads slept, the
system often wakes the worker on the core of the thread that waits for it, and there it stands in
line until the other stops spinning. Beside other processes, spinning takes cores from those that
compute. A quarter of a millisecond bridges the gaps between the kernels of a training step.
"""

import os
from contextlib import contextmanager

TURNS = 10_000
CHOICES = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


@contextmanager
def short_spin():
    """Let an OpenMP that is loaded inside the block spin for ``TURNS``; the user's word goes first.

    The environment is afterwards what it was: OpenMP reads it once, and children are not ours.
    """
    if any(name in os.environ for name in CHOICES):
        yield
        return
    os.environ["GOMP_SPINCOUNT"] = str(TURNS)
    try:
        yield
    finally:
        del os.environ["GOMP_SPINCOUNT"]
