"""Every race runs on one small case for one round; peers that are missing are said and left out."""

import csv
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*arguments):
    """The lines that ``python -m benchmarks`` prints; it must succeed."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    return done.stdout.splitlines()


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def installed(*names):
    return [name for name in names if find_spec(name)]


def test_every_operation_against_the_peers(tmp_path):
    path = tmp_path / "rows.csv"
    lines = run("kernels", "--list", "tiny", "--rounds", 1, "--csv", path)
    found, peers = rows(path), installed("torch", "tensorflow")
    assert len(found) == 4 + 2 + 2 * 2 + 2 + 2 + 3 + 4 * 2 + 3
    for row in found:
        assert all(float(row[f"{who} ms"]) > 0 for who in ("minicnn", *peers)), row
    for peer in {"torch", "tensorflow"} - set(peers):
        assert any(line.startswith(f"{peer} is not installed") for line in lines)


def test_problems_of_benchdnn_and_a_picture(tmp_path):
    problems, picture = tmp_path / "problems", tmp_path / "roofline.png"
    problems.write_text('--dir=FWD_B\nmb2ic16ih10oc16kh3ph1n"same"\nmb1ic8id4ih4oc8kh3 # 3D\n')
    lines = run(
        *("kernels", "--benchdnn", problems, "--rounds", 1, "--peers"), "--roofline", picture
    )
    assert any("2x10x10x16 3x3/1 16 same" in line for line in lines)
    assert "refused: line 3: mb1ic8id4ih4oc8kh3: has three spatial axes, two are raced" in lines
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_one_core_against_two(tmp_path):
    path = tmp_path / "rows.csv"
    run("kernels", "--list", "tiny", "--only", "dense", "--scaling", "--rounds", 1, "--csv", path)
    assert all(float(row["times faster"]) > 0 for row in rows(path))


@pytest.mark.parametrize("mode, peer", [("train", "tensorflow"), ("predict", "onnxruntime")])
def test_networks(mode, peer, tmp_path):
    path, peers = tmp_path / "rows.csv", installed(peer)
    run(*("networks", "--only", "LeNet5", "--mode", mode, "--batch", 2, "--rounds", 1),
        *("--csv", path, "--peers", *peers))  # fmt: skip
    (row,) = rows(path)
    assert row["pass"] == f"{mode} 2"
    assert all(float(row[f"{who} ms"]) > 0 for who in ("minicnn", *peers))


def test_a_peer_that_is_missing_is_left_out():
    if find_spec("openvino"):
        pytest.skip("OpenVINO is installed, so it is not missing")
    lines = run("networks", "--only", "LeNet5", "--mode", "predict", "--rounds", 1,
                "--peers", "openvino")  # fmt: skip
    assert any("openvino left out, ModuleNotFoundError" in line for line in lines)


@pytest.mark.slow
@pytest.mark.parametrize("peer", ["torch", "torch compiled", "tensorflow xla", "openvino"])
def test_networks_of_other_peers(peer):
    module = peer.split()[0]
    if not find_spec(module):
        pytest.skip(f"{module} is not installed")
    run("networks", "--only", "LeNet5", "--rounds", 1, "--peers", peer)


def test_memory(tmp_path):
    path = tmp_path / "rows.csv"
    run("memory", "--only", "LeNet5", "--batch", 2, "--rounds", 1, "--peers", "--csv", path)
    (row,) = rows(path)
    assert 20 < float(row["minicnn MiB"]) < 2000


def test_startup(tmp_path):
    path = tmp_path / "rows.csv"
    run("startup", "--warm", "--rounds", 1, "--peers", "--csv", path)
    assert [row["what"] for row in rows(path)] == ["minicnn, first step", "import minicnn"]


def test_accuracy(tmp_path):
    path = tmp_path / "rows.csv"
    run("accuracy", "--only", "64x14x14x6", "--csv", path)
    found = rows(path)
    assert len(found) == 3
    assert all(0 < float(row["auto"]) < 1e-5 for row in found)
