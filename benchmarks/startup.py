"""``python -m benchmarks startup``: a fresh process until it has trained its first step.

All contenders train LeNet-5, in alternation; the median of the rounds counts. *Cold* starts from
an empty folder of compiled kernels.
"""

import os
import subprocess
import sys
import tempfile
import time

from .contenders import TRAINERS, Job
from .prepared import prepare
from .race import race
from .table import Table, say, write_csv
from .worker import FailedError, Worker

ROUNDS = 5
NETWORK, BATCH = "LeNet5", 32


def run(options):
    """Measure and print a line for each figure."""
    rows, table = [], Table({"from the start of a process": 44, "seconds": 9}, text=1)

    def told(what, seconds):
        table.line([what, f"{seconds:.2f}"])
        rows.append({"what": what, "seconds": seconds})

    with tempfile.TemporaryDirectory() as folder:
        prepare(NETWORK, folder, weights=False)
        job = Job(NETWORK, folder, True, BATCH, options.threads, weights=False)
        if not options.warm:
            with tempfile.TemporaryDirectory() as cache:
                told("minicnn, first step, cold", _first_step("minicnn", job, cache))
        running = _that_start([who for who in TRAINERS if who in ("minicnn", *options.peers)], job)
        rounds = options.rounds or ROUNDS
        for who, seconds in race(running, rounds=rounds, turn=lambda call: [call()]).items():
            told(f"{who}, first step", seconds)
        told("import minicnn", race({"": _import}, rounds=rounds, turn=lambda call: [call()])[""])
    if options.csv:
        write_csv(options.csv, rows)
    return rows


def _that_start(contenders, job):
    """The contenders that can train; the files of all have been read once then."""
    running = {}
    for who in contenders:
        try:
            _first_step(who, job)
        except FailedError as error:
            if who == "minicnn":
                raise
            say(f"{who} left out, {error}")
            continue
        running[who] = lambda who=who: _first_step(who, job)
    return running


def _first_step(who, job, cache=None):
    with Worker(who, job, {} if cache is None else {"MINICNN_CACHE": cache}) as worker:
        worker.result()
        return time.perf_counter() - worker.started


def _import():
    code = "import time; a = time.perf_counter(); import minicnn; print(time.perf_counter() - a)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    return float(done.stdout)
