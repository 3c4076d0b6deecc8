"""exp, expm1, tanh, sigmoid, softplus and erf that LLVM turns into vector code.

Numba calls the C library for each element of ``math.exp``; these are branch-free arithmetic, so a
loop over an array runs on 16 lanes. Their errors are below 3 units in the last place, denormal
results included; NaN stays NaN, overflow becomes infinity. In float64 ``erf`` is the C library's.

exp: ``x = n ln 2 + r`` with integer n and ``|r| <= ln(2) / 2``, then ``exp x = 2^n exp r`` with the
Taylor series of ``exp r``, whose remainder lies below half a unit (Muller, *Elementary Functions*,
section 11). The sum ``x / ln 2 + 1.5 * 2^p`` rounds to the integer n and leaves it in the low bits.
"""

import math

import numpy as np
from numba import types

from .. import jit

_F32, _F64, _I32, _I64 = np.float32, np.float64, np.int32, np.int64

_LOG2E_32, _LOG2E_64 = _F32(1 / math.log(2)), _F64(1 / math.log(2))
_MAGIC_32, _MAGIC_64 = _F32(1.5 * 2**23), _F64(1.5 * 2**52)
_MAGIC_BITS_32, _MAGIC_BITS_64 = _MAGIC_32.view(_I32), _MAGIC_64.view(_I64)
# ln 2 in two parts: n times the first, which ends in zero bits, is exact.
_LN2_HIGH_32, _LN2_LOW_32 = _F32(0.693359375), _F32(-2.12194440054690583e-4)
_LN2_HIGH_64, _LN2_LOW_64 = _F64(6.93147180369123816490e-01), _F64(1.90821492927058770002e-10)

_T2, _T3, _T4, _T5, _T6, _T7 = (_F32(1 / math.factorial(k)) for k in range(2, 8))
_D2, _D3, _D4, _D5, _D6, _D7, _D8, _D9, _D10, _D11, _D12, _D13 = (
    _F64(1 / math.factorial(k)) for k in range(2, 14)
)

# Above and below, exp is infinity and zero; below, expm1 is -1.
_TOP_32, _BOTTOM_32, _MINUS_ONE_32 = _F32(89), _F32(-105), _F32(-20)
_TOP_64, _BOTTOM_64, _MINUS_ONE_64 = _F64(710), _F64(-746), _F64(-40)


def exp(x):
    """``e ** x`` of one number."""
    return np.exp(x)


def expm1(x):
    """``e ** x - 1`` of one number that is not positive, without cancellation."""
    return np.expm1(x)


def erf(x):
    """Error function of one number."""
    return type(x)(math.erf(x))


def log1p(u):
    """``log(1 + u)`` of one number in [0, 1]."""
    return np.log1p(u)


@jit.by_type(exp)
def _exp(x):
    return _exp_32 if x == types.float32 else _exp_64


@jit.by_type(expm1)
def _expm1(x):
    return _expm1_32 if x == types.float32 else _expm1_64


@jit.by_type(erf)
def _erf(x):
    return _erf_32 if x == types.float32 else _erf_64


@jit.by_type(log1p)
def _log1p(u):
    return _log1p_32 if u == types.float32 else _log1p_64


@jit.exact
def _reduce_32(x):
    """``n`` and ``r`` of ``x = n ln 2 + r``, and ``(exp(r) - 1 - r) / r^2``."""
    shifted = x * _LOG2E_32 + _MAGIC_32
    n = shifted - _MAGIC_32
    r = (x - n * _LN2_HIGH_32) - n * _LN2_LOW_32
    series = ((((_T7 * r + _T6) * r + _T5) * r + _T4) * r + _T3) * r + _T2
    # Numba computes integers in 64 bits; cut to 32, they fill as many lanes as the floats.
    return _I32(_F32(shifted).view(_I32) - _MAGIC_BITS_32), r, series


@jit.exact
def _reduce_64(x):
    shifted = x * _LOG2E_64 + _MAGIC_64
    n = shifted - _MAGIC_64
    r = (x - n * _LN2_HIGH_64) - n * _LN2_LOW_64
    series = ((((_D13 * r + _D12) * r + _D11) * r + _D10) * r + _D9) * r + _D8
    series = (((((series * r + _D7) * r + _D6) * r + _D5) * r + _D4) * r + _D3) * r + _D2
    return _F64(shifted).view(_I64) - _MAGIC_BITS_64, r, series


@jit.exact
def _two_to_32(n):
    return _I32((n + 127) << 23).view(_F32)


@jit.exact
def _two_to_64(n):
    return _I64((n + 1023) << 52).view(_F64)


def _exp_32(x):
    if x > _TOP_32:
        x = _TOP_32
    if x < _BOTTOM_32:
        x = _BOTTOM_32
    n, r, series = _reduce_32(x)
    half = _I32(n >> 1)  # 2^n itself may not be representable where exp x is
    y = r * (series * r) + r + _F32(1)
    return y * _two_to_32(half) * _two_to_32(_I32(n - half))


def _exp_64(x):
    if x > _TOP_64:
        x = _TOP_64
    if x < _BOTTOM_64:
        x = _BOTTOM_64
    n, r, series = _reduce_64(x)
    half = n >> 1
    y = r * (series * r) + r + 1.0
    return y * _two_to_64(half) * _two_to_64(n - half)


def _expm1_32(x):
    if x < _MINUS_ONE_32:
        x = _MINUS_ONE_32
    n, r, series = _reduce_32(x)
    scale = _two_to_32(n)
    return scale * (r * (series * r) + r) + (scale - _F32(1))


def _expm1_64(x):
    if x < _MINUS_ONE_64:
        x = _MINUS_ONE_64
    n, r, series = _reduce_64(x)
    scale = _two_to_64(n)
    return scale * (r * (series * r) + r) + (scale - 1.0)


# log(1 + u) = 2 artanh(s) with s = u / (2 + u) <= 1/3; artanh s = s + s^3/3 + s^5/5 + ...


_B3, _B5, _B7, _B9, _B11, _B13, _B15, _B17 = (_F32(1 / k) for k in range(3, 18, 2))


def _log1p_32(u):
    s = u / (_F32(2) + u)
    q = s * s
    series = (((_B17 * q + _B15) * q + _B13) * q + _B11) * q + _B9
    series = ((series * q + _B7) * q + _B5) * q + _B3
    return _F32(2) * (s + s * (q * series))


_A3, _A5, _A7, _A9, _A11, _A13, _A15, _A17 = (_F64(1 / k) for k in range(3, 18, 2))
_A19, _A21, _A23, _A25, _A27, _A29, _A31, _A33 = (_F64(1 / k) for k in range(19, 34, 2))


def _log1p_64(u):
    s = u / (2.0 + u)
    q = s * s
    series = ((((_A33 * q + _A31) * q + _A29) * q + _A27) * q + _A25) * q + _A23
    series = (((((series * q + _A21) * q + _A19) * q + _A17) * q + _A15) * q + _A13) * q + _A11
    series = (((series * q + _A9) * q + _A7) * q + _A5) * q + _A3
    return 2.0 * (s + s * (q * series))


# -log(1 - erf(x)) / x on [0, 4], fitted for the relative error of erf (4e-9)
_E0, _E1, _E2, _E3, _E4, _E5, _E6, _E7, _E8, _E9 = (
    _F32(c)
    for c in (
        1.128379225730896,
        0.636619508266449,
        0.10277565568685532,
        -0.019138505682349205,
        -0.0002053746720775962,
        0.0017404066165909171,
        -0.000699664989951998,
        0.00015156815061345696,
        -1.817651354940608e-05,
        9.410691177436092e-07,
    )
)


def _erf_32(x):
    a = abs(x)
    if a > _F32(4):
        a = _F32(4)  # erf is 1 in float32 from here on
    q = ((((_E9 * a + _E8) * a + _E7) * a + _E6) * a + _E5) * a + _E4
    q = (((q * a + _E3) * a + _E2) * a + _E1) * a + _E0
    y = -expm1(-a * q)
    return -y if x < 0 else y


def _erf_64(x):
    return math.erf(x)


@jit.exact
def tanh(x):
    """Hyperbolic tangent: ``-t / (2 + t)`` with ``t = expm1(-2 |x|)``."""
    t = expm1(type(x)(-2) * abs(x))
    y = -t / (type(x)(2) + t)
    return -y if x < 0 else y


@jit.exact
def sigmoid(x):
    """``1 / (1 + exp(-x))``."""
    one = type(x)(1)
    return one / (one + exp(-x))


@jit.exact
def softplus(x):
    """``log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|))``."""
    zero = type(x)(0)
    return (x if x > zero else zero) + log1p(exp(-abs(x)))
