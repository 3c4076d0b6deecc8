"""The command line: what it prints and refuses."""

import numpy as np

from minicnn.cli import main


def test_summary_of_a_network(capsys):
    assert main(["summary", "fashion-cnn"]) == 0
    assert "Total params: 1,413,834 " in capsys.readouterr().out


def test_unknown_network_is_told_in_one_line(capsys):
    assert main(["summary", "lenet6"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("minicnn summary: no network is called 'lenet6'; there are ")
    assert error.count("\n") == 1


def test_info_names_cpu_threads_and_cache(capsys):
    assert main(["info"]) == 0
    told = dict(line.split(None, 1) for line in capsys.readouterr().out.splitlines())
    assert {"cpu", "threads", "cache", "backends"} <= set(told)


def test_summary_takes_arguments_of_the_network(capsys):
    assert main(["summary", "mobilenet", "--set", "alpha=0.25", "--set", "include_top=false"]) == 0
    assert "Total params: 218,544 " in capsys.readouterr().out


def test_info_lists_what_compiling_took(capsys):
    assert main(["info", "--compile"]) == 0
    head, *_, total = capsys.readouterr().out.splitlines()
    assert head.split() == ["seconds", "KiB", "kernel"]
    assert "kernels in" in total


def test_info_warns_of_what_is_slow(capsys, monkeypatch):
    from minicnn_kernels import jit

    monkeypatch.setattr(jit, "thread_layer", "workqueue")
    assert main(["info"]) == 0
    (warning,) = [
        line for line in capsys.readouterr().out.splitlines() if line.startswith("warning: ")
    ]
    assert "install libgomp" in warning


def test_training_after_warmup_compiles_nothing(capsys):
    from numba.core import event

    from minicnn import applications

    assert main(["warmup", "lenet5"]) == 0
    assert capsys.readouterr().out.startswith("lenet5 ready in ")
    model = applications.LeNet5()
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    x, y = np.ones((40, 28, 28, 1), np.float32), np.zeros(40, np.uint8)
    with event.install_recorder("numba:compile") as recorder:
        model.fit(x, y, batch_size=32, verbose=0, validation_data=(x, y))
        model.predict(x[:1], verbose=0)
    assert not recorder.buffer


def test_warmup_refuses_what_it_does_not_know(capsys):
    assert main(["warmup", "lenet5", "lenet6"]) == 2
    assert "no network is called 'lenet6'" in capsys.readouterr().err
    assert main(["warmup", "--set", "alpha=1"]) == 2
    assert capsys.readouterr().err == "minicnn warmup: --set needs a network\n"
