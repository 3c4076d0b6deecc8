"""``minicnn info``: what the kernels run on, and what compiling them took."""

import os
import platform

HELP = "tell the CPU, vector unit, threads, kernel cache and backends"


def add_arguments(parser):
    """Declare the command's argument."""
    parser.add_argument(
        "--compile",
        action="store_true",
        help="tell what each kernel in the cache took to compile, the slowest first",
    )


def run(options):
    """Print one fact a line, or one kernel."""
    if options.compile:
        _print_ledger()
        return
    for name, value in facts():
        print(f"{name:<16}{value}")
    for warning in _warnings():
        print(warning)


def facts():
    """``(name, value)`` of everything that decides how fast the kernels are."""
    import numba
    import numpy as np

    from minicnn_kernels import backend, jit
    from minicnn_kernels.cpu import vector_unit

    from .. import __version__

    unit = vector_unit.UNIT
    floats = vector_unit.lanes(np.float32)
    entries, size = _cache_contents(jit.CACHE_FOLDER)
    access = "writable" if _is_writable(jit.CACHE_FOLDER) else "not writable"
    return [
        ("minicnn", __version__),
        ("python", platform.python_version()),
        ("numba, numpy", f"{numba.__version__}, {np.__version__}"),
        ("cpu", _cpu_name()),
        ("vector unit", f"{unit.name} ({8 * unit.bytes} bits, {floats} floats)"),
        ("threads", f"{jit.threads()} of {os.cpu_count()} cores ({jit.thread_layer})"),
        ("BLAS", _blas_pools()),
        ("cache", f"{jit.CACHE_FOLDER} ({access}, {entries} kernels, {size / 2**20:.1f} MiB)"),
        ("backends", ", ".join(backend.NAMES)),
    ]


def _warnings():
    """One line for everything that is slower than it need be."""
    import numba

    from minicnn_kernels import jit

    if jit.thread_layer == "workqueue":
        yield "warning: the thread layer workqueue is slow; install libgomp for OpenMP's"
    if not _is_writable(jit.CACHE_FOLDER):
        yield "warning: kernels are compiled anew in each process; let MINICNN_CACHE name a folder"
    if numba.config.DISABLE_JIT:
        yield "warning: NUMBA_DISABLE_JIT runs kernels as plain Python"


def _cpu_name():
    import numba
    from llvmlite import binding

    chosen, host = numba.config.CPU_NAME, binding.get_host_cpu_name()
    code = host if chosen in (None, host) else f"{host}, compiled for {chosen}"
    return f"{platform.processor() or platform.machine()} ({code})"


def _blas_pools():
    """Threads that NumPy's and SciPy's products of matrices may use beside ours."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "unknown (threadpoolctl is not installed)"
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    told = (f"{pool['internal_api']} ({pool['num_threads']} threads)" for pool in pools)
    return ", ".join(told) or "none loaded"


def _is_writable(folder):
    while not folder.exists():
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK)


def _cache_contents(folder):
    files = list(folder.rglob("*.nbc")) if folder.is_dir() else []
    return len(files), sum(file.stat().st_size for file in files)


def _print_ledger():
    from minicnn_kernels import compilation, jit

    entries = compilation.ledger(jit.CACHE_FOLDER)
    print(f"{'seconds':>8}{'KiB':>7}  kernel")
    for entry in entries:
        size = entry.size / 1024
        print(f"{entry.seconds:>8.2f}{size:>7.0f}  {entry.kernel}({_cut(entry.arguments)})")
    seconds, size = sum(e.seconds for e in entries), sum(e.size for e in entries)
    print(f"{seconds:>8.1f}{size / 1024:>7.0f}  {len(entries)} kernels in {jit.CACHE_FOLDER}")


def _cut(text, length=70):
    return text if len(text) <= length else text[: length - 4] + " ..."
