"""The ledger of compilations, and kernels compiled ahead."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from minicnn_kernels import compilation, jit
from minicnn_kernels.samples import compile_all

ADD = """
import numpy as np
from minicnn_kernels import cpu
for dtype in ("float32", "float64"):
    cpu.bias_forward(None, np.zeros((2, 3), dtype), np.zeros(3, dtype))
"""


def run(program, cache):
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "MINICNN_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache that two processes have filled at the same time."""
    folder = tmp_path_factory.mktemp("cache")
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: run(ADD, folder), range(2))
    assert first.stderr == second.stderr
    assert first.stderr.startswith("MiniCNN: compiling kernels for this CPU, once")
    assert first.stderr.count("\n") == 1
    return folder


def test_ledger_knows_every_file_of_the_cache(cache):
    entries = compilation.ledger(cache)
    assert {entry.file for entry in entries} == set(cache.rglob("*.nbc"))
    told = {entry.arguments.partition("[")[0] for entry in entries if "bias." in entry.kernel}
    assert told == {"float32", "float64"}
    assert all(entry.seconds > 0 and entry.size > 0 for entry in entries)
    assert entries == sorted(entries, key=lambda entry: -entry.seconds)


def test_lines_are_whole(cache):
    lines = (cache / compilation.LEDGER).read_text().splitlines()
    assert all(set(json.loads(line)) == {*compilation.Compiled._fields} for line in lines)


def test_second_process_compiles_nothing(cache):
    before = (cache / compilation.LEDGER).read_bytes()
    assert run(ADD, cache).stderr == ""
    assert (cache / compilation.LEDGER).read_bytes() == before


def test_ledger_passes_over_what_is_gone_or_broken(tmp_path):
    assert compilation.ledger(tmp_path) == []
    (tmp_path / "kept.nbc").write_bytes(b"code")
    entry = {"kernel": "k", "arguments": "", "seconds": 1.5, "file": "kept.nbc"}
    lines = [json.dumps({**entry, "file": "gone.nbc"}), json.dumps(entry), "{", "[]", ""]
    (tmp_path / compilation.LEDGER).write_text("\n".join(lines))
    assert compilation.ledger(tmp_path) == [
        compilation.Compiled("k", "", 1.5, tmp_path / "kept.nbc")
    ]


@pytest.mark.parametrize("dtype", ["float32"])
def test_samples_visit_every_parallel_kernel(dtype):
    """Each has machine code for arrays of this type afterwards, but most activations.

    What takes addresses alone has nothing to be compiled for.
    """
    from minicnn_kernels import fork

    assert list(compile_all(dtype))
    for dispatcher, _ in fork._kernels:
        module = dispatcher.py_func.__module__.rpartition(".")[2]
        if module in ("activation_maps", "derivative_maps", "team", "program", "test_team"):
            continue
        taken = " ".join(str(signature) for signature in dispatcher.signatures)
        assert dtype in taken, dispatcher.py_func.__qualname__


def test_no_digest_depends_on_the_ledger():
    assert compilation.__name__ not in jit._imported(jit)
