"""The roofline: speed over operations per byte, under what the machine can do.

S. Williams, A. Waterman, D. Patterson, "Roofline: an insightful visual performance model for
multicore architectures", Communications of the ACM 52(4), 2009. Winograd's algorithm does less
than the formula's operations, which are counted here, and may stand above the roof.
"""

import numpy as np

from . import machine

LARGE = 1 << 29  # bytes that no cache holds


def draw(path, rows, threads):
    """Write a picture of the rows of :mod:`benchmarks.kernels` that count operations."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = FigureCanvasAgg(figure).figure.add_subplot()
    rows = [row for row in rows if row["operations per byte"] > 0]
    peak, copied = machine.peak(threads) / 1e9, machine.bandwidth(LARGE, threads) / 1e9
    found = [row["operations per byte"] for row in rows] or [1.0]
    x = np.geomspace(min(0.5, *found) / 2, max(100, *found) * 2, 200)
    axes.loglog(x, np.minimum(peak, copied * x), color="black", label="roof")
    for who, marker in (("minicnn", "o"), ("torch", "x"), ("tensorflow", "+")):
        points = [(r["operations per byte"], r.get(f"{who} GFLOP/s")) for r in rows]
        points = [point for point in points if point[1]]
        if points:
            axes.loglog(*zip(*points), marker, label=who, alpha=0.8)
    axes.set_xlabel("operations per byte of arrays")
    axes.set_ylabel(f"GFLOP/s, {threads} threads")
    axes.set_title(f"{peak:.0f} GFLOP/s in registers, {copied:.1f} GB/s by copying")
    axes.grid(which="both", alpha=0.2)
    axes.legend()
    figure.savefig(path, dpi=120)
