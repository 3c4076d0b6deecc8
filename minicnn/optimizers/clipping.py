"""Gradients kept within limits before an update."""

import math

import numpy as np


def clip(flat, clipvalue=None, clipnorm=None, global_clipnorm=None):
    """Clip the gradients of ``flat`` in place, by the first limit that is given.

    Parameters
    ----------
    flat : FlatParameters
    clipvalue : float, optional
        Largest magnitude of any entry.
    clipnorm : float, optional
        Largest norm of each weight's gradient.
    global_clipnorm : float, optional
        Largest norm of all gradients together.
    """
    if clipvalue:
        for segment in flat.segments:
            np.clip(segment.grads, -clipvalue, clipvalue, out=segment.grads)
    elif clipnorm:
        for segment in flat.segments:
            for _, start, stop in segment.spans:
                _shrink([segment.grads[start:stop]], clipnorm)
    elif global_clipnorm:
        _shrink([segment.grads for segment in flat.segments], global_clipnorm)


def _shrink(vectors, limit):
    """Scale the vectors in place so that their common norm is at most ``limit``."""
    norm = math.sqrt(sum(float(np.dot(v, v)) for v in vectors))
    if norm > limit:
        for vector in vectors:
            vector *= vector.dtype.type(limit / norm)
