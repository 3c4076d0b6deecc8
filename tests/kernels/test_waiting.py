"""How long OpenMP's threads spin, and who says so."""

import os
import subprocess
import sys

import pytest

from minicnn_kernels import jit, waiting

PROGRAM = """
import os
from minicnn_kernels import jit
print(os.environ.get("GOMP_SPINCOUNT"))
"""


def told_by_openmp(**variables):
    """``(setting that OpenMP read, what the environment holds afterwards)``."""
    environment = {k: v for k, v in os.environ.items() if k not in waiting.CHOICES}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**environment, "OMP_DISPLAY_ENV": "verbose", **variables},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    lines = [line for line in done.stderr.splitlines() if "GOMP_SPINCOUNT" in line]
    return lines[-1].split("'")[1], done.stdout.strip()


needs_gnu = pytest.mark.skipif(
    jit.thread_layer != "omp" or sys.platform != "linux", reason="needs GNU OpenMP"
)


@needs_gnu
def test_threads_spin_shortly_and_children_are_not_told():
    assert told_by_openmp() == (str(waiting.TURNS), "None")


@needs_gnu
def test_word_of_the_user_goes_first():
    assert told_by_openmp(GOMP_SPINCOUNT="77") == ("77", "77")
    spins, left = told_by_openmp(OMP_WAIT_POLICY="active")
    assert int(spins) > waiting.TURNS and left == "None"


def test_environment_is_restored_after_a_failure(monkeypatch):
    for name in waiting.CHOICES:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ImportError), waiting.short_spin():
        assert os.environ["GOMP_SPINCOUNT"] == str(waiting.TURNS)
        raise ImportError
    assert "GOMP_SPINCOUNT" not in os.environ
