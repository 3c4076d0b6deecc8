"""Output sizes and padding: plain integer functions.

Written once, in integers only, so that ``numba.njit`` and ``numba.cuda.jit(device=True)`` compile
them as they stand. Every function speaks of one spatial axis.
"""


def dilated_size(kernel, dilation):
    """Extent of a kernel whose taps lie ``dilation`` apart: ``(kernel - 1) * dilation + 1``.

    >>> dilated_size(3, 4)
    9
    """
    return (kernel - 1) * dilation + 1


def output_size(size, kernel, stride, before, after, dilation):
    """Number of places where the kernel fits; 0 or less when it fits nowhere.

    ``floor((size + before + after - dilated kernel) / stride) + 1``

    >>> output_size(13, 6, 5, 0, 0, 1)
    2
    """
    return (size + before + after - dilated_size(kernel, dilation)) // stride + 1


def same_padding(size, kernel, stride, dilation):
    """TensorFlow's SAME padding ``(before, after)``: ``ceil(size / stride)`` outputs.

    An odd zero goes after.

    >>> same_padding(13, 6, 5, 1)
    (1, 2)
    """
    outputs = (size + stride - 1) // stride
    total = max((outputs - 1) * stride + dilated_size(kernel, dilation) - size, 0)
    return total // 2, total - total // 2


def transposed_size(size, kernel, stride, before, after, dilation, extra):
    """Output size of a transposed convolution, the input size of its convolution.

    ``(size - 1) * stride + dilated kernel - before - after + extra``; ``extra`` is Keras'
    ``output_padding``.

    >>> transposed_size(3, 3, 2, 0, 0, 1, 0)
    7
    """
    return (size - 1) * stride + dilated_size(kernel, dilation) - before - after + extra
