"""How long a fresh process takes until it trains: ``python -m benchmarks startup``.

Each figure is the median over processes of their own. *Warm* finds the kernels in the cache,
*cold* starts from an empty one and compiles them.
"""

import os
import statistics
import subprocess
import sys
import tempfile

IMPORT = "import minicnn"
FIT = """
import numpy as np
import minicnn
from minicnn.applications import LeNet5
x, y = np.zeros((64, 28, 28, 1), np.float32), np.zeros(64, np.int64)
model = LeNet5()
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
start = time.perf_counter()
model.fit(x, y, batch_size=32, verbose=0)
"""


def seconds(code, cache, times):
    """Median seconds that ``code`` says it took, from its last ``start`` to its end."""
    program = (
        "import time\nstart = time.perf_counter()\n"
        + code
        + "\nprint('seconds', time.perf_counter() - start)"
    )
    taken = []
    for _ in range(times):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "MINICNN_CACHE": cache},
            capture_output=True,
            text=True,
            check=True,
        )
        taken.append(float(done.stdout.split("seconds ")[-1]))
    return statistics.median(taken)


def run():
    """Print a line for each figure."""
    with tempfile.TemporaryDirectory() as cache:
        print(f"first fit of LeNet-5, cold  {seconds(FIT, cache, 1):8.2f} s", flush=True)
        print(f"first fit of LeNet-5, warm  {seconds(FIT, cache, 5):8.2f} s", flush=True)
        print(f"import minicnn              {seconds(IMPORT, cache, 5):8.2f} s", flush=True)
