"""The matrices of Winograd's minimal filtering, made by Cook and Toom's polynomials.

``F(m, 3)`` computes ``m`` neighbouring outputs of a filter of three taps with ``m + 2``
multiplications instead of ``3 m``:  ``y = A^T [(G g) * (B^T d)]``. Nested, ``F(m x m, 3 x 3)``
takes ``(m + 2)^2`` instead of ``9 m^2``:  ``Y = A^T [(G g G^T) * (B^T d B)] A``.

Input and filter are read as polynomials, evaluated at ``m + 1`` points and at infinity,
multiplied there, and the product's coefficients interpolated. Any points do in exact arithmetic;
in floating point these err about a fifth as much as the usual 1 and 2.

Source: Winograd, *Arithmetic Complexity of Computations* (1980); Lavin and Gray, *Fast Algorithms
for Convolutional Neural Networks* (2016); on the points: Barabasz et al., *Error Analysis and
Improving the Accuracy of Winograd Convolution for Deep Neural Networks* (2020).
"""

from fractions import Fraction
from functools import cache

TAPS = 3
POINTS = {
    2: (Fraction(0), Fraction(1), Fraction(-1)),
    4: (Fraction(0), Fraction(2, 3), Fraction(-2, 3), Fraction(3, 2), Fraction(-3, 2)),
}


@cache
def matrix(name, points):
    """The matrix ``name`` of ``F(points - 2, 3)`` as rows of floats.

    ``"input"`` is ``B^T``, ``"weights"`` ``G`` and ``"output"`` ``A^T``. The weight gradient is
    the transposed algorithm: ``"output_gradient"`` is ``A`` and ``"weights_gradient"`` ``G^T``.

    >>> matrix("output", 4)
    ((1.0, 1.0, 1.0, 0.0), (0.0, 1.0, -1.0, 1.0))
    """
    make = {
        "input": _input,
        "weights": _weights,
        "output": _output,
        "output_gradient": lambda m: zip(*_output(m)),
        "weights_gradient": lambda m: zip(*_weights(m)),
    }
    return tuple(tuple(float(number) for number in row) for row in make[name](points - 2))


def _output(m):
    """``A^T``: the powers of every point; infinity gives the highest coefficient."""
    return [[p**i for p in POINTS[m]] + [Fraction(i == m - 1)] for i in range(m)]


def _weights(m):
    """``G``: the filter's values at the points, over Lagrange's denominators."""
    points = POINTS[m]
    rows = []
    for point in points:
        denominator = Fraction(1)
        for other in points:
            if other != point:
                denominator *= point - other
        rows.append([point**k / denominator for k in range(TAPS)])
    return [*rows, [Fraction(0)] * (TAPS - 1) + [Fraction(1)]]


def _input(m):
    """``B^T``: the coefficients of Lagrange's numerators."""
    points = POINTS[m]
    rows = [[*_coefficients(q for q in points if q != p), Fraction(0)] for p in points]
    return [*rows, _coefficients(points)]


def _coefficients(roots):
    """Coefficients, lowest first, of the product of ``x - root``."""
    coefficients = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0), *coefficients]
        coefficients = [s - root * c for s, c in zip(shifted, [*coefficients, Fraction(0)])]
    return coefficients
