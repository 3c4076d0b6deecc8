"""Problems of oneDNN's benchdnn: what they mean, and what is refused in one line."""

import pytest

from benchmarks.benchdnn import RefusedError, parse, read

PROBLEMS = [  # text, input, weights, output, padding, name
    (
        'g1mb50ic256ih14oc256oh14kh3ph1n"name*6"',
        *((50, 14, 14, 256), (3, 3, 256, 256), (50, 14, 14, 256), ((1, 1), (1, 1)), "name*6"),
    ),
    (
        'ic3ih227iw227_oc96oh55ow55_kh11kw11_sh4sw4ph0pw0_n"alexnet:conv1"',
        *((2, 227, 227, 3), (11, 11, 3, 96), (2, 55, 55, 96), ((0, 0), (0, 0)), "alexnet:conv1"),
    ),
    (
        "g32mb1ic32ih112oc32oh56kh3sh2ph0ndw",
        *((1, 112, 112, 32), (3, 3, 1, 32), (1, 56, 56, 32), ((0, 1), (0, 1)), "dw"),
    ),
    (
        "mb2ic16ih10iw12oc8kh3kw1sh2ph1pw0dh1",
        *((2, 10, 12, 16), (3, 1, 16, 8), (2, 4, 6, 8), ((1, 0), (0, 0)), ""),
    ),
    ("ic4ih8oc4oh8kh3", (2, 8, 8, 4), (3, 3, 4, 4), (2, 8, 8, 4), ((1, 1), (1, 1)), ""),
]


@pytest.mark.parametrize("text, x, w, y, padding, name", PROBLEMS)
def test_means(text, x, w, y, padding, name):
    case = parse(text)
    assert (case.x_shape, case.w_shape, case.y_shape) == (x, w, y)
    assert (case.padding_pairs, case.name) == (padding, name)


REFUSED = [
    ("", "ic is missing"),
    ("mb1oc8ih4kh3", "ic is missing"),
    ("ic8oc8kh3", "ih is missing"),
    ("ic8ih4oc8", "kh is missing"),
    ("ic8ih4oc8kh9", "oh-4 does not follow from the input"),
    ("ic8ih8oc8oh3kh3ph1", "oh3 does not follow from the input"),
    ("ic8ih4oc8kh0", "at least 1"),
    ("ic8ih4oc8kh3sh0", "at least 1"),
    ("g3ic8ih4oc8kh3", "3 groups do not divide 8 and 8"),
    ("g0ic8ih4oc8kh3", "0 groups do not divide"),
    ("ic8id4ih4oc8kh3", "three spatial axes"),
    ("ic8ih4oc8kd3kh3", "three spatial axes"),
    ("ic8ih4oc8kh3zz1", "what begins at 'zz1' is no word"),
    ("ic99999999ih99999oc8kh1", "elements, 2147483648 at most"),
]


@pytest.mark.parametrize("text, message", REFUSED)
def test_refuses_in_one_line(text, message):
    with pytest.raises(RefusedError) as refused:
        parse(text)
    assert message in str(refused.value) and "\n" not in str(refused.value)


def test_reads_a_file_and_tells_what_it_left_out(tmp_path):
    path = tmp_path / "shapes"
    path.write_text("# comment\n--dir=BWD_W\n\nic8ih4oc8kh1\nfoo\nic8ih6oc8kh1 # more\n")
    cases, refused = read(str(path))
    assert [case.height for case in cases] == [4, 6]
    assert refused == ["line 5: foo: what begins at 'foo' is no word of a convolution"]
