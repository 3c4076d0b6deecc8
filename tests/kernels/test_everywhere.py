"""Every kernel where things are different: without the JIT, on other CPUs, from a cold cache."""

import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest
from support import kernel_tour

from minicnn_kernels.operations import OPERATIONS

TOUR = Path(kernel_tour.__file__)
KERNELS = sum(len(functions) for functions in OPERATIONS.values())

AVX2 = {
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "+sse3,+ssse3,+sse4.1,+sse4.2,+popcnt,+avx,+avx2,+fma,+bmi,+bmi2",
}
SSE = {
    "NUMBA_CPU_NAME": "nehalem",
    "NUMBA_CPU_FEATURES": "+sse,+sse2,+sse3,+ssse3,+sse4.1,+sse4.2,+popcnt,+cx16",
}


def tour(**variables):
    """Output of the tour in a process with these environment variables."""
    done = subprocess.run(
        [sys.executable, str(TOUR)],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr[-2000:]


def test_tour_visits_every_kernel():
    names = {name for functions in OPERATIONS.values() for name in functions}
    assert set(kernel_tour.ARGUMENTS) == names


@pytest.mark.parametrize("name", kernel_tour.ARGUMENTS)
def test_both_tellings_agree(name):
    assert not kernel_tour.differs(name)


def test_kernels_run_as_plain_python():
    assert tour(NUMBA_DISABLE_JIT="1") == f"{KERNELS} kernels"


@pytest.mark.parametrize("cpu, feature", [(AVX2, "avx2"), (SSE, "sse4.2")], ids=["AVX2", "SSE"])
def test_kernels_run_compiled_for_an_older_cpu(cpu, feature):
    if f"+{feature}" not in numba.core.codegen.get_host_cpu_features().split(","):
        pytest.skip(f"this CPU cannot run code compiled for {feature}")
    assert tour(**cpu) == f"{KERNELS} kernels"


def test_kernels_run_where_the_home_folder_cannot_be_written(tmp_path):
    # A file where a folder should be: nobody, not even root, can write below it.
    blocked = tmp_path / "file"
    blocked.write_text("")
    code = (
        "import numpy as np\n"
        "from minicnn_kernels import backend, jit\n"
        "backend.load('cpu').bias_forward(None, np.zeros((2, 3)), np.zeros(3))\n"
        "print(jit.CACHE_FOLDER)"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(blocked), "TMPDIR": str(tmp_path)}
    environment.pop("MINICNN_CACHE", None)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith(str(tmp_path)), done.stderr
