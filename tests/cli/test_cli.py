"""The command line: what it prints and refuses."""

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
