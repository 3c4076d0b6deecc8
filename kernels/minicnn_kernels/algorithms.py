"""Which algorithm computes a convolution.

>>> convolution()
'auto'
>>> with set_convolution("direct"):
...     convolution()
'direct'
"""

CONVOLUTIONS = ("auto", "direct", "winograd")

_convolution = "auto"


class set_convolution:  # noqa: N801 - reads as the function it mostly is
    """Choose the algorithm of two-dimensional convolutions; undone at the end of a ``with`` block.

    Parameters
    ----------
    algorithm : {"auto", "direct", "winograd"}
        ``"direct"`` sums the products of the formula: exact where they and their sums are, as
        with small whole numbers.

        ``"winograd"`` computes every convolution of 3x3, stride 1, dilation 1 and one group with
        2.25 to 4 times fewer multiplications, forward and both gradients; of 5x5, with at least
        16 channels and filters, forward and the input's gradient with 2.8 times fewer; others
        directly. Rounding errors are larger: in float32, for inputs from N(0, 1) and weights as He
        draws them, at most 5e-6 of the largest output. A NaN or an infinity turns the outputs of
        its whole tile of 4x4 into NaN. Sums over fewer than 8 channels take tiles of 2x2, whose
        errors are smaller.

        ``"auto"``, the default, takes of the two the one that should be quicker. The choice
        depends on the shapes alone, never on the machine's load or on the number of threads.

    Raises
    ------
    ValueError
        If there is no such algorithm.

    Notes
    -----
    The setting holds for the whole process, all threads included.

    Examples
    --------
    >>> with set_convolution("direct"):
    ...     pass  # whole numbers stay whole in here
    """

    def __init__(self, algorithm):
        if not isinstance(algorithm, str) or algorithm not in CONVOLUTIONS:
            raise ValueError(
                f"set_convolution: algorithm must be one of {CONVOLUTIONS}, got {algorithm!r}"
            )
        global _convolution
        self._before, _convolution = _convolution, algorithm

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        global _convolution
        _convolution = self._before


def convolution():
    """The algorithm that is set: ``"auto"``, ``"direct"`` or ``"winograd"``."""
    return _convolution
