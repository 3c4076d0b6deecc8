"""Problems as oneDNN's ``benchdnn --conv`` writes them.

``g1mb50ic256ih14oc256oh14kh3ph1n"name*6"`` is a run of words, letters and a number, in any order:
``g`` groups, ``mb`` batch, ``ic`` ``oc`` channels, ``ih iw`` ``oh ow`` sizes, ``kh kw`` kernel,
``sh sw`` strides, ``ph pw`` padding before, ``dh dw`` gaps between taps (0: none), then ``n`` and
a name, which may stand in quotes. Underscores part words for the eye. A length that is missing is
that of the other axis, an output or a padding that is missing follows from what is there (a
padding: as even as it can be).
"""

import re
from pathlib import Path

from minicnn_kernels.geometry import output_size

from .shapes import Convolution

BATCH = 2  # benchdnn's, where ``mb`` is missing
LARGEST = 1 << 31  # elements of one array
_WORD = re.compile(r"(g|mb|[io][cdhw]|[kspd][dhw])(\d+)")
_NAME = re.compile(r'n(?:"([^"]*)"|(\S+))$')


class RefusedError(ValueError):
    """A line that is no two-dimensional convolution; the message is one line."""


def read(source):
    """The convolutions of a file, or of one problem, and what was refused.

    Parameters
    ----------
    source : str
        The path of a file with a problem a line (``#`` begins a comment, lines with ``--`` set
        knobs of benchdnn and mean nothing here), or a problem.

    Returns
    -------
    cases : list of Convolution
    refused : list of str
        A line for each problem that is left out.
    """
    path = Path(source)
    lines = path.read_text().splitlines() if path.is_file() else [source]
    cases, refused = [], []
    for number, line in enumerate(lines, 1):
        text = line.split("#")[0].strip()
        if not text or text.startswith("--"):
            continue
        try:
            cases.append(parse(text))
        except RefusedError as error:
            refused.append(f"line {number}: {error}")
    return cases, refused


def parse(text):
    """One problem.

    >>> str(parse('g1mb50ic256ih14oc256oh14kh3ph1n"name*6"'))
    '50x14x14x256 3x3/1 256 name*6'

    Raises
    ------
    RefusedError
        Naming the problem and what is wrong with it.
    """
    given, name = _words(text)
    if any(key[1:] == "d" and given[key] > (key[0] not in "dp") for key in given):
        raise RefusedError(f"{text}: has three spatial axes, two are raced")
    groups = given.get("g", 1)
    channels, filters = (_needed(text, given, key) for key in ("ic", "oc"))
    if min(groups, channels, filters) < 1 or channels % groups or filters % groups:
        raise RefusedError(f"{text}: {groups} groups do not divide {channels} and {filters}")
    axes = [_axis(text, given, axis) for axis in "hw"]
    sizes, kernel, strides, padding, dilations, out = zip(*axes)
    batch = given.get("mb", 0) or BATCH
    case = Convolution(
        *(batch, *sizes, channels, filters, kernel, strides, padding, dilations, groups, name)
    )
    largest = batch * max(sizes[0] * sizes[1] * channels, out[0] * out[1] * filters)
    largest = max(largest, kernel[0] * kernel[1] * channels * filters)
    if largest > LARGEST:
        raise RefusedError(f"{text}: an array of {largest} elements, {LARGEST} at most")
    return case


def _words(text):
    """The numbers by their words, and the name."""
    name, given, position = "", {}, 0
    while position < len(text):
        if text[position] == "_":
            position += 1
        elif word := _WORD.match(text, position):
            given[word[1]], position = int(word[2]), word.end()
        elif found := _NAME.match(text, position):
            name, position = found[1] if found[1] is not None else found[2], found.end()
        else:
            raise RefusedError(f"{text[:80]}: what begins at {text[position : position + 12]!r} "
                               "is no word of a convolution")  # fmt: skip
    return given, name


def _needed(text, given, key):
    if key not in given:
        raise RefusedError(f"{text}: {key} is missing")
    return given[key]


def _axis(text, given, axis):
    """Size, kernel, stride, padding, dilation and output size along ``h`` or ``w``."""
    other = "w" if axis == "h" else "h"

    def value(letter, default=None):
        found = given.get(letter + axis, given.get(letter + other, default))
        return _needed(text, given, letter + axis) if found is None else found

    size, kernel, stride, dilation = value("i"), value("k"), value("s", 1), value("d", 0) + 1
    if min(size, kernel, stride) < 1:
        raise RefusedError(f"{text}: sizes, kernels and strides must be at least 1")
    extent = (kernel - 1) * dilation + 1
    out = given.get("o" + axis, given.get("o" + other))
    before = given.get("p" + axis, given.get("p" + other))
    if before is None:
        total = 0 if out is None else max((out - 1) * stride + extent - size, 0)
        before = total // 2
    if out is None:
        out = (size + 2 * before - extent) // stride + 1
    after = max((out - 1) * stride + extent - size - before, 0)
    if out < 1 or output_size(size, kernel, stride, before, after, dilation) != out:
        raise RefusedError(f"{text}: o{axis}{out} does not follow from the input along {axis}")
    return size, kernel, stride, (before, after), dilation, out
