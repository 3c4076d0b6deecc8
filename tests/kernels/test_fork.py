"""Forked processes compute on, whatever their parent did with its threads."""

import os
import subprocess
import sys
import textwrap

import pytest

PROGRAM = """
    import os, sys
    import numpy as np
    from minicnn_kernels import cpu, jit

    def compute():
        x = np.random.default_rng(0).standard_normal((4, 24, 24, 16)).astype(np.float32)
        w = np.random.default_rng(1).standard_normal((3, 3, 16, 24)).astype(np.float32)
        y = cpu.conv2d_forward(None, x, w)
        dw = cpu.conv2d_backward_weights(None, x, y, (3, 3))
        return y.tobytes() + dw.tobytes() + cpu.add_forward(None, x, x).tobytes()

    expected = compute() if sys.argv[1] == "used" else None
    for generation in range(2):  # a child, and a child of the child
        pid = os.fork()
        if pid:
            _, status = os.waitpid(pid, 0)
            sys.exit(os.waitstatus_to_exitcode(status))
        found = compute()
        assert expected in (None, found), "other bits than the parent's"
        print(jit.threads(), flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.parametrize("layer", ["omp", "workqueue"])
@pytest.mark.parametrize("parent", ["used", "unused"])
def test_children_compute_the_same_bits(layer, parent):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), parent],
        env={**os.environ, "NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    alone = layer == "omp" and parent == "used"
    assert done.stdout.split()[0] == ("1" if alone else "2")
