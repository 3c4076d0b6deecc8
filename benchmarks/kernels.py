"""``python -m benchmarks kernels``: operation by operation, shape by shape, pass by pass."""

import re
from importlib import import_module

from . import benchdnn, machine, peers
from .passes import check
from .race import geometric_mean, race, ratio, settled
from .shapes import LISTS, TINY
from .table import Table, number, percent, say, write_csv

SCALED = 0.005  # seconds on one core from which two are expected to halve


def run(options):
    """Race every case that ``options`` name and print a table."""
    machine.keep_memory()
    cases = chosen(options)
    found = peers.load(() if options.scaling else options.peers, options.threads, say)
    print(machine.describe(options.threads))
    rows = []
    contenders = ["minicnn", *found.names]
    table = _scaling_table() if options.scaling else _table(contenders)
    for operation, case in cases:
        module = import_module(f"{__package__}.operations.{operation}")
        for one in module.passes(case, found):
            if options.passes and options.passes not in one.name:
                continue
            label = f"{operation} {case}", one.name
            if options.scaling:
                rows.append(_scaling_row(table, label, one, options))
            else:
                rows.append(_row(table, label, one, contenders, options))
    _finish(rows, options)
    return rows


def chosen(options):
    """``(operation, case)`` of every case whose text holds ``options.only``."""
    if options.benchdnn:
        cases, refused = benchdnn.read(options.benchdnn)
        for line in refused:
            say(f"refused: {line}")
        pairs = [("convolution", case) for case in cases]
    else:
        lists = {**LISTS, "tiny": TINY}
        pairs = [pair for name in options.list or LISTS for pair in lists[name]]
    pairs = list(dict.fromkeys(pairs))
    only = options.only or ""
    return [pair for pair in pairs if only in f"{pair[0]} {pair[1]}"]


def _table(contenders):
    print("Milliseconds; ratio: the best peer's time / MiniCNN's; of peak, of copying: MiniCNN's")
    columns = {"case": 46, "pass": 17, **dict.fromkeys(contenders, 11)}
    return Table({**columns, "ratio": 6, "GFLOP/s": 8, "of peak": 8, "of copying": 11})


def _row(table, label, one, contenders, options):
    """Compare, race, print, and the row for the CSV file."""
    running = check(label[0], one, say, options.differs)
    times = race(running, options.seconds, options.rounds)
    ours = times["minicnn"]
    row = {
        "case": label[0],
        "pass": label[1],
        **{f"{who} ms": times[who] * 1e3 for who in times},
        "ratio": ratio(times),
        "GFLOP/s": one.operations / ours / 1e9,
        "of peak": one.operations / ours / machine.peak(options.threads),
        "of copying": one.size / ours / machine.bandwidth(one.size, options.threads),
        "operations per byte": one.operations / one.size,
        **{f"{who} GFLOP/s": one.operations / times[who] / 1e9 for who in times},
    }
    cells = [f"{times[who] * 1e3:.3f}" if who in times else "-" for who in contenders]
    speed = number(row["GFLOP/s"], 0) if one.operations else "-"
    shares = percent(row["of peak"]), percent(row["of copying"])
    table.line([*label, *cells, number(row["ratio"]), speed, *shares])
    return row


def _scaling_table():
    print("MiniCNN alone, milliseconds on one core and on two")
    return Table({"case": 46, "pass": 17, "one": 10, "two": 10, "times": 6})


def _scaling_row(table, label, one, options):
    """One core against two, in alternation."""
    import numba

    call = one.contenders["minicnn"]

    def on(threads):
        def run():
            numba.set_num_threads(threads)
            call()

        return run

    times = race({"one": on(1), "two": on(2)}, options.seconds, options.rounds, settled)
    numba.set_num_threads(options.threads)
    faster = times["one"] / times["two"]
    remark = "" if times["one"] >= SCALED else " (short)"
    cells = [f"{taken * 1e3:.3f}" for taken in times.values()]
    table.line([label[0] + remark, label[1], *cells, number(faster)])
    cells = {"one core ms": times["one"] * 1e3, "two cores ms": times["two"] * 1e3}
    return {"case": label[0], "pass": label[1], **cells, "times faster": faster}


def _finish(rows, options):
    """Geometric means by pass, and the files that were asked for."""
    if options.scaling:
        long = [row for row in rows if row["one core ms"] >= SCALED * 1e3]
        if long:
            least = min(long, key=lambda row: row["times faster"])
            mean = geometric_mean([row["times faster"] for row in long])
            print(
                f"over {SCALED * 1e3:.0f} ms: {mean:.2f} times faster in geometric mean, "
                f"least {least['times faster']:.2f} ({least['case']}, {least['pass']})"
            )
    else:
        for key in dict.fromkeys((re.match(r"\w+", row["case"])[0], row["pass"]) for row in rows):
            ratios = [r["ratio"] for r in rows if (r["case"].split()[0], r["pass"]) == key]
            told = f"{key[0]} {key[1]}: geometric mean of {len(ratios)} ratios"
            print(f"{told} {number(geometric_mean(ratios))}, least {number(min(ratios))}")
    if options.csv:
        write_csv(options.csv, rows)
    if options.roofline and not options.scaling:
        from .roofline import draw

        draw(options.roofline, rows, options.threads)
