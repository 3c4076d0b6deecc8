"""``python -m benchmarks networks``: whole training steps and predictions.

Every contender is the same network with the same weights, in a process of its own; before they
are timed, losses (or probabilities) are compared.
"""

import contextlib
import tempfile

import numpy as np

from . import machine
from .books import NETWORKS
from .contenders import MAKERS, TRAINERS, Job
from .prepared import prepare
from .race import geometric_mean, race, ratio
from .table import Table, number, percent, say, write_csv
from .worker import FailedError, Worker

PREDICTED = (1, 8)  # batches of a prediction
STEPS = 2  # training steps whose losses are compared
TOLERANCE = 1e-3  # of probabilities, as a share of how far ours spread


def run(options):
    """Race the networks that ``options`` name and print a table."""
    print(machine.describe(options.threads))
    modes = {"train": [True], "predict": [False], None: [True, False]}[options.mode]
    contenders = [who for who in MAKERS if who in ("minicnn", *options.peers)]
    if modes == [True]:
        contenders = [who for who in contenders if who in TRAINERS]
    print("Milliseconds; ratio: the best peer's time / MiniCNN's; of peak: MiniCNN's")
    columns = {"network": 12, "pass": 10, **{who: max(10, len(who)) for who in contenders}}
    table, rows = Table({**columns, "ratio": 6, "GFLOP/s": 8, "of peak": 8}), []
    for name, entry in NETWORKS.items():
        if (options.only or "").lower() not in name.lower():
            continue
        with tempfile.TemporaryDirectory() as folder:
            described = prepare(name, folder, onnx=False in modes and _wants_onnx(contenders))
            for training in modes:
                usual = (entry.batch,) if training else PREDICTED
                for batch in (options.batch,) if options.batch else usual:
                    job = Job(name, folder, training, batch, options.threads)
                    rows.append(_race(table, job, contenders, described, options))
    _finish(rows, options)
    return rows


def _wants_onnx(contenders):
    return {"onnxruntime", "openvino"} & set(contenders)


def _race(table, job, contenders, described, options):
    """Start, compare, race and print one row."""
    label = job.name, f"train {job.batch}" if job.training else f"predict {job.batch}"
    contenders = [who for who in contenders if who in TRAINERS or not job.training]
    with contextlib.ExitStack() as stack:
        running = _start(stack, job, contenders, label, options.differs)
        times = race(running, options.seconds, options.rounds, turn=Worker.turn)
    operations = described["operations"] * job.batch * (3 if job.training else 1)
    speed = operations / times["minicnn"]
    row = {
        "network": label[0],
        "pass": label[1],
        **{f"{who} ms": taken * 1e3 for who, taken in times.items()},
        "ratio": ratio(times),
        "GFLOP/s": speed / 1e9,
        "of peak": speed / machine.peak(job.threads),
    }
    cells = [
        f"{times[who] * 1e3:.2f}" if who in times else "-" for who in table.columns if who in MAKERS
    ]
    table.line(
        [*label, *cells, number(row["ratio"]), number(speed / 1e9, 0), percent(row["of peak"])]
    )
    return row


def _start(stack, job, contenders, label, differs):
    """The contenders that run, their first results compared with MiniCNN's."""
    running, ours = {}, None
    tolerance = NETWORKS[job.name].tolerance if job.training else TOLERANCE
    for who in contenders:
        worker = stack.enter_context(Worker(who, job))
        try:
            results = [worker.result() for _ in range(STEPS if job.training else 1)]
        except FailedError as error:
            if who == "minicnn":
                raise
            say(f"{' '.join(label)}: {who} left out, {error}")
            continue
        ours = np.stack(results) if ours is None else ours
        if told := _difference(ours, np.stack(results), tolerance):
            differs(f"{' '.join(label)}: {who} left out, {told}")
        else:
            running[who] = worker
    return running


def _difference(ours, theirs, tolerance):
    """What to say if results differ, held against how far ours spread: equal ones tell nothing."""
    spread, difference = np.ptp(ours), np.abs(ours - theirs).max()
    if difference <= tolerance * spread:
        return ""
    told = f"{ours.ravel()[:STEPS]} here, {theirs.ravel()[:STEPS]} there"
    return f"its results differ by {difference:.1e} of {spread:.1e}: {told}"


def _finish(rows, options):
    for kind in ("train", "predict"):
        ratios = [row["ratio"] for row in rows if row["pass"].startswith(kind)]
        if ratios:
            mean, least = number(geometric_mean(ratios)), number(min(ratios))
            print(f"{kind}: geometric mean of {len(ratios)} ratios {mean}, least {least}")
    if options.csv:
        write_csv(options.csv, rows)
