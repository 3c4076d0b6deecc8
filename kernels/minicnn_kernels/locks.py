"""Locks that a forked child finds free."""

import os
import threading


def lock():
    """A reentrant lock; a fork waits for it, so no child waits for a thread that it does not have.

    Returns
    -------
    threading.RLock
    """
    made = threading.RLock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=made.acquire, after_in_parent=made.release, after_in_child=made.release
        )
    return made
