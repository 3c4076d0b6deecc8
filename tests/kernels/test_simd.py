"""The words of the micro-kernels: each against its line of NumPy, compiled for this CPU."""

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.tellings import seeds

from minicnn_kernels.cpu import simd, simd_planes, simd_pool, tiles

ROWS, VECTORS = 3, 2
ALL = simd_planes.ALL


@numba.njit
def all_words(y, x, w, b, table, offset, steps, count, skip, add, rectify):
    """``y (+)= relu6(b + x w)`` for the rows from ``skip`` on of one tile."""
    tile = simd.zeros(ROWS, VECTORS, y)
    tile = simd.add_row(tile, b, offset, count)
    for k in range(steps):
        tile = simd.multiply_add(tile, x, table, 1, offset + k, w, k * (w.size // steps))
    if add:
        tile = simd.add_rows(tile, y, table, 1, offset, count)
    if rectify:
        tile = simd.at_most(simd.relu(tile), 6)
    simd.store(y, table, 1, offset, count, skip, tile)


@given(
    dtype=st.sampled_from(["float32", "float64"]),
    missing=st.integers(0, 20),
    skip=st.integers(0, ROWS),
    offset=st.integers(0, 3),
    add=st.booleans(),
    rectify=st.booleans(),
    seed=seeds,
)
def test_words_do_as_numpy_does(dtype, missing, skip, offset, add, rectify, seed):
    rng = np.random.default_rng(seed)
    width = VECTORS * simd.lanes(dtype)
    count, steps = max(width - missing, 1), 5

    def whole(size):
        return rng.integers(-5, 6, size).astype(dtype)

    table = np.array([0, 7, 90, 40])  # the first row of the table is not the tile's
    x, y, b, w = whole(100), whole(90 + width + 3), whole(offset + count), whole(steps * width)
    before = y.copy()
    sums = (
        b[offset:]
        + np.array([x[at + offset :][:steps] for at in table[1:]])
        @ (w.reshape(steps, width)[:, :count])
    )
    expected = before.copy()
    for r in range(skip, ROWS):
        row = slice(table[1 + r] + offset, table[1 + r] + offset + count)
        value = sums[r] + (before[row] if add else 0)
        expected[row] = np.clip(value, 0, 6) if rectify else value
    all_words(y, x, w, b, table, offset, steps, count, skip, add, rectify)
    np.testing.assert_array_equal(y, expected)


@numba.njit
def rectified(y, table):
    tile = simd.zeros(1, 1, y)
    tile = simd.add_rows(tile, y, table, 0, 0, y.size)
    simd.store(y, table, 0, 0, y.size, 0, simd.relu(tile))


def test_relu_keeps_nan_and_infinity():
    y = np.array([-1, 2, np.nan, np.inf, -np.inf], np.float32)[: simd.lanes(np.float32)]
    expected = np.array([0, 2, np.nan, np.inf, 0], np.float32)[: len(y)]
    rectified(y, np.zeros(1, np.int64))
    np.testing.assert_array_equal(y, expected)


@numba.njit
def moved(to, source, count):
    simd.copy(to, 2, source, 1, count)
    simd.clear(to, 2 + count, 3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("count", [0, 1, 7, 40])
def test_copy_and_clear_touch_their_elements_only(dtype, count):
    to, source = np.full(count + 7, 9, dtype), np.arange(count + 1, dtype=dtype)
    moved(to, source, count)
    np.testing.assert_array_equal(to, [9, 9, *source[1:], 0, 0, 0, 9, 9])


@numba.njit
def turned(to, source, to_step, step):
    simd_planes.split(ALL, to, 1, to_step, source, 2, step)


@numba.njit
def split_in_four(to, source, to_step, step):
    simd_planes.split(4, to, 0, to_step, source, 1, step)


@numba.njit
def join_four(to, source, to_step, step):
    simd_planes.join(4, to, 1, to_step, source, 0, step)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("count", [3, 4])
def test_pixels_are_split_into_planes_and_joined_again(dtype, count):
    lanes, planes = simd.lanes(dtype), min(4, simd.lanes(dtype))
    pixels = np.arange(1 + lanes * count + 4, dtype=dtype)
    split = np.zeros(planes * (lanes + 2), dtype)
    split_in_four(split, pixels, lanes + 2, count)
    together = pixels[1 : 1 + lanes * count].reshape(lanes, count)
    found = split.reshape(planes, -1)[:, :lanes]
    np.testing.assert_array_equal(found[:count], together.T[:planes])
    joined = np.zeros_like(pixels)
    join_four(joined, split, count, lanes + 2)
    found = joined[1 : 1 + lanes * count].reshape(lanes, count)
    np.testing.assert_array_equal(found[:, :planes], together[:, :planes])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_split_turns_a_square(dtype):
    lanes = simd.lanes(dtype)
    step, to_step = lanes + 3, lanes + 1
    source = np.arange(2 + lanes * step, dtype=dtype)
    to = np.full(1 + lanes * to_step, -1, dtype)
    turned(to, source, to_step, step)
    square = source[2:].reshape(lanes, step)[:, :lanes]
    np.testing.assert_array_equal(to[1:].reshape(lanes, to_step)[:, :lanes], square.T)
    assert (to[1:].reshape(lanes, to_step)[:, lanes:] == -1).all()


def test_the_largest_tile_fits_the_registers():
    accumulators = simd.ROWS * simd.VECTORS
    assert accumulators + simd.VECTORS + 1 <= simd.REGISTERS
    assert simd.lanes(np.float32) == 2 * simd.lanes(np.float64)


def test_a_table_repeats_its_first_row_in_front():
    table = tiles.table(np.array([5, 8, 13]))
    assert list(table) == [5] * tiles.LEAD + [5, 8, 13]


@numba.njit
def pool_words(best, places, total, x, table, taps, count, skip):
    """Maximum, its tap, and the sum of what the taps won, of one tile."""
    tile = simd_pool.fill(ROWS, VECTORS, x, best.dtype.type(-np.inf))
    where = simd_pool.fill(ROWS, VECTORS, x, taps[0])
    for k in range(taps.size):
        tile, where = simd_pool.keep_larger(tile, where, x, table, 1, k, count, taps[k])
    simd.store(best, table, 1, 0, count, skip, tile)
    simd_pool.store_taps(places, table, 1, 0, count, skip, where)
    sums = simd.zeros(ROWS, VECTORS, x)
    for k in range(taps.size):
        sums = simd_pool.add_rows_won(sums, x, places, table, 1, 0, count, taps[k])
    simd.store(total, table, 1, 0, count, skip, simd_pool.scale(sums, best.dtype.type(2)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("places", ["uint8", "int32"])
@given(missing=st.integers(-9, 20), skip=st.integers(0, ROWS), seed=seeds)
def test_words_of_pooling_do_as_numpy_does(dtype, places, missing, skip, seed):
    rng = np.random.default_rng(seed)
    width = VECTORS * simd.lanes(dtype)
    count = max(width - missing, 1)
    table, taps = np.array([0, 7, 190, 90]), np.array([3, 4, 200])
    x = rng.choice(np.array([-np.inf, -1, 0, 2, np.inf, np.nan], dtype), 300)
    best, total = np.full(300, 7, dtype), np.full(300, 7, dtype)
    won = np.full(300, 9, places)
    expected_best, expected_won, expected_total = best.copy(), won.copy(), total.copy()
    for r in range(skip, ROWS):
        row = slice(table[1 + r], table[1 + r] + min(count, width))
        shifted = np.stack([x[row.start + k : row.stop + k] for k in range(taps.size)])
        winner = np.argmax(shifted, axis=0)  # the first maximum, or the first NaN
        expected_best[row] = np.take_along_axis(shifted, winner[None], 0)[0]
        expected_won[row] = taps[winner]
        expected_total[row] = 2 * x[row]
    pool_words(best, won, total, x, table, taps, count, skip)
    np.testing.assert_array_equal(best, expected_best)
    np.testing.assert_array_equal(won, expected_won)
    np.testing.assert_array_equal(total, expected_total)
