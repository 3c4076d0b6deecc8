"""The tile follows from the CPU's features alone."""

import pytest

from minicnn_kernels.cpu.vector_unit import VECTORS, unit_of

CPUS = {
    "Zen 4": ("+sse2,+avx,+avx2,+fma,+avx512f,+avx512vl", "x86_64", "AVX-512", 64, 32),
    "Haswell": ("+sse2,+avx,+avx2,+fma,-avx512f", "AMD64", "AVX2", 32, 16),
    "Sandy Bridge": ("+sse2,+sse4.2,+avx,-avx2,-fma", "x86_64", "AVX", 32, 16),
    "Nehalem": ("+sse2,+sse4.2,-avx,-avx2", "x86_64", "SSE", 16, 16),
    "Graviton": ("+neon,+fp-armv8,+sve", "aarch64", "NEON", 16, 32),
    "M1": ("+neon,+fp-armv8", "arm64", "NEON", 16, 32),
    "nothing told": ("", "x86_64", "SSE", 16, 16),
}


@pytest.mark.parametrize("cpu", CPUS)
def test_unit_of_a_cpu(cpu):
    features, machine, *expected = CPUS[cpu]
    assert list(unit_of(features, machine)) == expected


@pytest.mark.parametrize("cpu", CPUS)
def test_tile_fills_the_registers_and_none_more(cpu):
    unit = unit_of(*CPUS[cpu][:2])
    beside = VECTORS + 1  # weights, and the broadcast value
    assert unit.rows * VECTORS + beside <= unit.registers < (unit.rows + 1) * VECTORS + beside


@pytest.mark.parametrize("cpu", ["Sandy Bridge", "Nehalem"])
def test_product_without_fused_multiply_add_has_a_register(cpu):
    """A CPU without it needs one more: for the product, before it is added."""
    unit = unit_of(*CPUS[cpu][:2])
    assert unit.rows * VECTORS + VECTORS + 1 < unit.registers
