"""The matrices of Winograd's minimal filtering, made by Cook and Toom's polynomials.

``F(m, r)`` computes ``m`` neighbouring outputs of a filter of ``r`` taps with ``n = m + r - 1``
multiplications instead of ``m r``:  ``y = A^T [(G g) * (B^T d)]``. Nested, ``F(m x m, r x r)``
takes ``n^2`` instead of ``m^2 r^2``:  ``Y = A^T [(G g G^T) * (B^T d B)] A``.

Input and filter are read as polynomials, evaluated at ``n - 1`` points and at infinity,
multiplied there, and the product's coefficients interpolated. Any points do in exact arithmetic;
in floating point these err about a fifth as much as the usual 1 and 2.

Source: Winograd, *Arithmetic Complexity of Computations* (1980); Lavin and Gray, *Fast Algorithms
for Convolutional Neural Networks* (2016); on the points: Barabasz et al., *Error Analysis and
Improving the Accuracy of Winograd Convolution for Deep Neural Networks* (2020).
"""

from fractions import Fraction
from functools import cache

POINTS = {  # by their number, infinity included
    4: (Fraction(0), Fraction(1), Fraction(-1)),
    6: (Fraction(0), Fraction(2, 3), Fraction(-2, 3), Fraction(3, 2), Fraction(-3, 2)),
}


@cache
def matrix(name, points, size):
    """The matrix ``name`` between ``points`` points and ``size`` pixels, as rows of floats.

    ``"input"`` is ``B^T``, as many pixels as points; ``"weights"`` is ``G``, of ``r`` pixels, and
    ``"output"`` ``A^T``, of ``m``. The weight gradient is the transposed algorithm:
    ``"output_gradient"`` is ``A`` and ``"weights_gradient"`` ``G^T``.

    >>> matrix("output", 4, 2)
    ((1.0, 1.0, 1.0, 0.0), (0.0, 1.0, -1.0, 1.0))
    """
    make = {
        "input": _input,
        "weights": _weights,
        "output": _output,
        "output_gradient": lambda *sizes: zip(*_output(*sizes)),
        "weights_gradient": lambda *sizes: zip(*_weights(*sizes)),
    }
    return tuple(tuple(float(number) for number in row) for row in make[name](POINTS[points], size))


def _output(points, m):
    """``A^T``: the powers of every point; infinity gives the highest coefficient."""
    return [[p**i for p in points] + [Fraction(i == m - 1)] for i in range(m)]


def _weights(points, taps):
    """``G``: the filter's values at the points, over Lagrange's denominators."""
    rows = []
    for point in points:
        denominator = Fraction(1)
        for other in points:
            if other != point:
                denominator *= point - other
        rows.append([point**k / denominator for k in range(taps)])
    return [*rows, [Fraction(0)] * (taps - 1) + [Fraction(1)]]


def _input(points, size):
    """``B^T``: the coefficients of Lagrange's numerators."""
    rows = [[*_coefficients(q for q in points if q != p), Fraction(0)] for p in points]
    return [*rows, _coefficients(points)]


def _coefficients(roots):
    """Coefficients, lowest first, of the product of ``x - root``."""
    coefficients = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0), *coefficients]
        coefficients = [s - root * c for s, c in zip(shifted, [*coefficients, Fraction(0)])]
    return coefficients
