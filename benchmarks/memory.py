"""``python -m benchmarks memory``: peak resident memory of training steps.

Each contender trains in a process of its own that has loaded nothing else. It makes its weights
itself: reading them would be counted. MiniCNN's kernels are compiled by a process before.
"""

import math
import tempfile

from .books import NETWORKS
from .contenders import TRAINERS, Job
from .prepared import prepare
from .race import geometric_mean
from .table import Table, number, say, write_csv
from .worker import FailedError, Worker

STEPS = 3
MIB = 1 << 20


def run(options):
    """Measure the networks that ``options`` name and print a table."""
    contenders = [who for who in TRAINERS if who in ("minicnn", *options.peers)]
    print("MiB at the peak of a training step; share: MiniCNN's / the best peer's")
    columns = {"network": 12, "batch": 6, **{who: max(10, len(who)) for who in contenders}}
    table, rows = Table({**columns, "share": 6}), []
    for name, entry in NETWORKS.items():
        if (options.only or "").lower() not in name.lower():
            continue
        batch = options.batch or entry.batch
        with tempfile.TemporaryDirectory() as folder:
            prepare(name, folder, weights=False)
            job = Job(name, folder, True, batch, options.threads, weights=False)
            _peak("minicnn", job, 1)
            peaks = {who: _peak(who, job, options.rounds or STEPS) for who in contenders}
        peers = [peaks[who] for who in contenders[1:] if not math.isnan(peaks[who])]
        share = peaks["minicnn"] / min(peers) if peers else math.nan
        table.line([name, str(batch), *(number(p, 0) for p in peaks.values()), number(share)])
        cells = {f"{who} MiB": peak for who, peak in peaks.items()}
        rows.append({"network": name, "batch": batch, **cells, "share": share})
    if rows:
        shares = [row["share"] for row in rows]
        mean = number(geometric_mean(shares))
        print(f"geometric mean of {len(shares)} shares {mean}, most {number(max(shares))}")
    if options.csv:
        write_csv(options.csv, rows)
    return rows


def _peak(who, job, steps):
    """MiB at the peak of ``steps`` training steps in a new process; ``nan`` if it cannot."""
    with Worker(who, job) as worker:
        try:
            for _ in range(steps):
                worker.result()
            return worker.memory() / MIB
        except FailedError as error:
            if who == "minicnn":
                raise
            say(f"{job.name}: {who} left out, {error}")
            return math.nan
