"""The one exception that kernels raise beside ``ValueError`` and ``TypeError``."""


class SizeError(ValueError):
    """A result too large to allocate; the message says how many bytes it would take."""
