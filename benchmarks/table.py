"""What a race prints: one line a row, and the same rows as CSV."""

import csv
import math


def say(line):
    """Print a line at once: races are long and their output is often piped."""
    print(line, flush=True)


def percent(part):
    """A share as a cell; ``-`` where it means nothing."""
    return "-" if not part or math.isnan(part) else f"{part:.0%}"


def number(value, digits=2):
    """A number as a cell; ``-`` for ``nan``."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


class Table:
    """Prints rows as they come.

    Parameters
    ----------
    columns : dict of str to int
        Heading and width; the first columns are text and stand left.
    text : int
        How many are text.
    """

    def __init__(self, columns, text=2):
        self.columns, self.text = columns, text
        self.line(columns)

    def line(self, cells):
        """Print one row of strings."""
        widths = self.columns.values()
        cells = [
            f"{cell:<{width}}" if k < self.text else f"{cell:>{width}}"
            for k, (cell, width) in enumerate(zip(cells, widths))
        ]
        say(" ".join(cells).rstrip())


def write_csv(path, rows):
    """Write rows (dicts) as CSV; a key that some rows lack is an empty cell there."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, keys)
        writer.writeheader()
        writer.writerows(rows)
