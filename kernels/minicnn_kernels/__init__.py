"""Convolution kernels: arrays in, arrays out.

Three tellings of the same operations stand side by side: ``reference`` (NumPy, written like the
equation), ``cpu`` (Numba) and, later, ``cuda``. They offer the same functions with the same
parameters; :mod:`minicnn_kernels.backend` picks the one that serves an array.

Axes: ``N`` batch, ``H W`` input, ``OH OW`` output, ``C`` channels, ``F`` filters, ``KH KW`` kernel.
A leading ``d`` means gradient: ``dy`` arrives, ``dx``, ``dw``, ``db`` leave.

The contract of every operation: outputs come first and may be ``None`` (then they are allocated),
then inputs, then geometry. Activation gradients overwrite (``=``); parameter gradients accumulate
(``+=``). Bad input is refused with ``ValueError`` or ``TypeError`` before anything is allocated.

Importing this package is cheap: Numba is loaded with the first kernel that needs it.
"""
