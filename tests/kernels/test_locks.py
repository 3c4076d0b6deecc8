"""A forked child finds locks free that another thread held."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os, sys, threading, time
from minicnn_kernels import memory

held = threading.Event()

def hold():
    with memory._pool._lock:
        held.set()
        time.sleep(0.2)

threading.Thread(target=hold).start()
held.wait()
pid = os.fork()
if pid:
    _, status = os.waitpid(pid, 0)
    assert memory.zeros((1 << 16,), "float32").sum() == 0
    sys.exit(os.waitstatus_to_exitcode(status))
print(memory.zeros((1 << 16,), "float32").nbytes, flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_child_allocates_though_another_thread_held_the_pool():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{4 << 16}\n"
