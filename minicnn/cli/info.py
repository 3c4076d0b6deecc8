"""``minicnn info``: what the kernels run on."""

import platform

HELP = "tell the CPU, vector width, threads, kernel cache and backends"


def add_arguments(parser):
    """The command takes none."""


def run(options):
    """Print one fact a line."""
    for name, value in facts():
        print(f"{name:<16}{value}")


def facts():
    """``(name, value)`` of everything that decides how fast the kernels are."""
    import numba
    import numpy as np

    from minicnn_kernels import backend, jit
    from minicnn_kernels.cpu import simd

    from .. import __version__

    entries, size = _cache_contents(jit.CACHE_FOLDER)
    return [
        ("minicnn", __version__),
        ("python", platform.python_version()),
        ("numba, numpy", f"{numba.__version__}, {np.__version__}"),
        ("cpu", _cpu_name()),
        ("vector width", f"{8 * simd.VECTOR_BYTES} bits ({simd.lanes(np.float32)} floats)"),
        ("threads", f"{jit.threads()} ({_layer_remark(jit.thread_layer)})"),
        ("cache", f"{jit.CACHE_FOLDER} ({entries} kernels, {size / 2**20:.1f} MiB)"),
        ("backends", ", ".join(backend.NAMES)),
    ]


def _cpu_name():
    import llvmlite.binding as llvm

    return f"{platform.processor() or platform.machine()} ({llvm.get_host_cpu_name()})"


def _layer_remark(layer):
    if layer == "workqueue":
        return "workqueue: slower; install libgomp for OpenMP threads"
    return layer


def _cache_contents(folder):
    files = list(folder.rglob("*.nbc")) if folder.is_dir() else []
    return len(files), sum(file.stat().st_size for file in files)
