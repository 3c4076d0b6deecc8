"""Random convolutions in two and three axes, what TensorFlow says of them, and their laws."""

from math import prod
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from support.tellings import computed, laid_out, layouts, same_bits

from minicnn_kernels import cpu, reference
from minicnn_kernels.algorithms import set_convolution
from minicnn_kernels.geometry import dilated_size, same_padding


class Case(NamedTuple):
    """One convolution: arrays as given to the kernels, and its geometry as keyword arguments."""

    x: np.ndarray
    w: np.ndarray
    b: np.ndarray
    geometry: dict

    @property
    def terms(self):
        """Number of products in one output."""
        return prod(self.w.shape[:-1])


class Functions(NamedTuple):
    """Forward, input gradient and weight gradient of one telling for a number of axes."""

    forward: callable
    backward_input: callable
    backward_weights: callable


def functions(telling, axes):
    """The convolution of ``telling`` over ``axes`` axes."""
    return Functions(*(getattr(telling, f"conv{axes}d_{name}") for name in Functions._fields))


@st.composite
def cases(draw, axes, dtypes=("float16", "float32", "float64"), whole=False):
    """A convolution over ``axes`` axes; whole numbers make every sum exact."""
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    channels = groups * draw(st.sampled_from([1, 2, 3, 5, 17, 30]))
    filters = groups * draw(st.sampled_from([1, 2, 3, 7, 16, 19, 35]))
    kind = draw(st.sampled_from(["SAME", "VALID", "explicit"]))
    spatial = [draw(_axis(kind)) for _ in range(axes)]
    size, kernel, strides, dilations, padding = zip(*spatial)
    shapes = (
        (draw(st.integers(1, 3)), *size, channels),
        (*kernel, channels // groups, filters),
        (filters,),
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    dtype, layout = draw(st.sampled_from(dtypes)), draw(layouts)
    x, w, b = (laid_out(numbers(rng, shape, dtype, whole), layout) for shape in shapes)
    geometry = {"strides": strides, "padding": padding, "dilations": dilations, "groups": groups}
    return Case(x, w, b, geometry)


@st.composite
def _axis(draw, kind):
    """Size, kernel, stride, dilation and padding of one axis, such that the kernel fits."""
    k, s, d = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    n = draw(st.integers(1, 9))
    pair = (0, 0)
    if kind == "SAME":
        return n, k, s, d, same_padding(n, k, s, d)
    if kind == "explicit":
        pair = (draw(st.integers(0, 4)), draw(st.integers(0, 4)))
    return max(n, dilated_size(k, d) - sum(pair)), k, s, d, pair


@st.composite
def square_cases(draw, taps, dtypes=("float16", "float32", "float64")):
    """Convolutions of ``taps x taps`` and stride one."""
    channels = draw(st.sampled_from([1, 3, 16, 17, 30]))
    filters = draw(st.sampled_from([1, 7, 16, 35]))
    padding = tuple((draw(st.integers(0, taps)), draw(st.integers(0, taps))) for _ in range(2))
    size = [max(draw(st.integers(1, 11)), taps - sum(pair)) for pair in padding]
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    dtype, layout = draw(st.sampled_from(dtypes)), draw(layouts)
    shapes = (draw(st.integers(1, 3)), *size, channels), (taps, taps, channels, filters), (filters,)
    x, w, b = (laid_out(numbers(rng, shape, dtype), layout) for shape in shapes)
    geometry = {"strides": (1, 1), "padding": padding, "dilations": (1, 1), "groups": 1}
    return Case(x, w, b, geometry)


def numbers(rng, shape, dtype, whole=False):
    """Normal numbers, or whole ones so small that every order of a sum gives the same."""
    drawn = rng.integers(-4, 5, shape) if whole else rng.standard_normal(shape)
    return drawn.astype(dtype)


def tensorflow_convolution(tf, x, w, b, geometry):
    """The convolution by ``tf.nn.convolution``, with TensorFlow's limits worked around.

    It has no stride together with dilation (so zeros are inserted into the kernel), no explicit
    padding in three axes and no gradient of groups on a CPU.
    """
    last = len(x.shape) - 1
    for axis, d in enumerate(geometry["dilations"]):
        w = _dilated(tf, w, axis, d)
    x = tf.pad(x, [(0, 0), *geometry["padding"], (0, 0)])
    groups = geometry["groups"]
    layout = "NHWC" if last == 3 else "NDHWC"
    parts = [
        tf.nn.convolution(xs, ws, geometry["strides"], "VALID", data_format=layout)
        for xs, ws in zip(tf.split(x, groups, axis=last), tf.split(w, groups, axis=last))
    ]
    return tf.concat(parts, axis=last) + b


def _dilated(tf, w, axis, d):
    shape = list(w.shape)
    pads = [(0, 0)] * (len(shape) + 1)
    pads[axis + 1] = (0, d - 1)
    spread = tf.pad(tf.expand_dims(w, axis + 1), pads)
    spread = tf.reshape(spread, [*shape[:axis], shape[axis] * d, *shape[axis + 1 :]])
    return tf.split(spread, [shape[axis] * d - d + 1, d - 1], axis=axis)[0]


def check_against_tensorflow(tf, ops, axes, case, seed, more=0):
    """Forward and both gradients of ``ops`` against TensorFlow's.

    ``more`` counts the roundings that an algorithm adds to those of the sum itself.
    """
    conv = functions(ops, axes)
    dtype = computed(case.x.dtype)
    x, w, b = (tf.constant(a.astype(dtype)) for a in case[:3])
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        y = tensorflow_convolution(tf, x, w, b, case.geometry)
        dy = numbers(np.random.default_rng(seed), y.shape, case.x.dtype.newbyteorder("="))
        loss = tf.reduce_sum(y * dy.astype(dtype))
    dx, dw = (gradient.numpy() for gradient in tape.gradient(loss, [x, w]))
    assert_near(
        conv.forward(None, case.x, case.w, case.b, **case.geometry), y.numpy(), case.terms + more
    )
    size, kernel = case.x.shape[1:-1], case.w.shape[:-2]
    ours = conv.backward_input(None, dy, case.w, size, **case.geometry)
    assert_near(ours, dx, prod(kernel) * dy.shape[-1] + more)
    ours = conv.backward_weights(None, case.x, dy, kernel, **case.geometry)
    assert_near(ours, dw, dy[..., 0].size + more)


def assert_near(ours, theirs, terms):
    """Equal but for the rounding of a sum of ``terms`` products of numbers around one."""
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    rounding = np.finfo(ours.dtype).eps * 4 * (terms + 4)
    np.testing.assert_allclose(ours, theirs, rtol=rounding, atol=rounding)


def check_exactly(axes, case, activation="linear", seed=0):
    """Forward and gradients of whole numbers: the CPU telling equals the reference in every bit."""
    with set_convolution("direct"):
        _check_exactly(axes, case, activation, seed)


def _check_exactly(axes, case, activation, seed):
    ours, plain = functions(cpu, axes), functions(reference, axes)
    x, w, b, geometry = case
    y = plain.forward(None, x, w, b, **geometry, activation=activation)
    mine = np.full_like(y, np.nan)  # whatever was there is overwritten
    assert ours.forward(mine, x, w, b, **geometry, activation=activation) is mine
    np.testing.assert_array_equal(mine, y)
    rng = np.random.default_rng(seed)
    dy = numbers(rng, y.shape, y.dtype, whole=True).astype(x.dtype.newbyteorder("="))
    size, kernel = x.shape[1:-1], w.shape[:-2]
    dx = plain.backward_input(None, dy, w, size, **geometry)
    mine = np.full_like(dx, np.nan)
    ours.backward_input(mine, dy, w, size, **geometry)
    np.testing.assert_array_equal(mine, dx)
    dw = numbers(rng, w.shape, y.dtype, whole=True)
    mine = dw.copy()
    plain.backward_weights(dw, x, dy, kernel, **geometry)  # added to what is there
    ours.backward_weights(mine, x, dy, kernel, **geometry)
    np.testing.assert_array_equal(mine, dw)
    for conv in (ours, plain):
        fresh = np.full_like(dw, np.nan)
        conv.backward_weights(fresh, x, dy, kernel, **geometry, add=False)
        np.testing.assert_array_equal(fresh, conv.backward_weights(None, x, dy, kernel, **geometry))


def check_same_bits(axes, case):
    """Forward and gradients do not depend on the number of threads."""
    conv = functions(cpu, axes)
    x, w, b, geometry = case
    size, kernel = x.shape[1:-1], w.shape[:-2]
    dy = conv.forward(None, x, w, b, **geometry)
    same_bits(lambda: conv.forward(None, x, w, b, **geometry))
    same_bits(lambda: conv.backward_input(None, dy, w, size, **geometry))
    same_bits(lambda: conv.backward_weights(None, x, dy, kernel, **geometry))


def check_adjoint(ops, axes, case):
    """``<conv(x, w), dy> == <x, dx> == <w, dw>``: the gradients of a bilinear form."""
    conv = functions(ops, axes)
    x, w, _, geometry = case
    y = conv.forward(None, x, w, None, **geometry)
    dy = numbers(np.random.default_rng(1), y.shape, y.dtype)
    dx = conv.backward_input(None, dy, w, x.shape[1:-1], **geometry)
    dw = conv.backward_weights(None, x, dy, w.shape[:-2], **geometry)
    expected = float((y * dy).sum())
    scale = float(np.abs(y * dy).sum()) + 1e-9
    assert abs(float((x * dx).sum()) - expected) <= 1e-12 * scale
    assert abs(float((w * dw).sum()) - expected) <= 1e-12 * scale
