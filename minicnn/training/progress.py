"""Bars with the time that is left, or a line an epoch."""

import sys
import time


def level(verbose):
    """0 silent, 1 a bar, 2 a line; ``"auto"`` draws the bar where someone can watch it."""
    if verbose == "auto":
        return 1 if sys.stdout.isatty() else 2
    if verbose not in (0, 1, 2):
        raise ValueError(f"verbose: must be 0, 1, 2 or 'auto', got {verbose!r}")
    return int(verbose)


class Progress:
    """The display of one run over the data.

    Parameters
    ----------
    verbose : int
        As :func:`level` returns it.
    steps : int or None
        Batches to come, if known.
    title : str
        Such as ``"Epoch 1/5"``.
    done : int
        Batches that were done before.
    """

    interval = 0.1  # seconds; drawing more often would cost more than a small batch

    def __init__(self, verbose, steps, title="", done=0):
        self.verbose, self.title = verbose, title
        self._bar, self._shown, self._done = None, done, done
        self._start = time.perf_counter()
        self._next = 0.0
        if verbose == 1:
            from tqdm import tqdm

            self._bar = tqdm(
                total=steps, desc=title, unit="batch", file=sys.stdout, mininterval=0, miniters=1,
                initial=done,
            )  # fmt: skip

    def step(self, logs):
        """Count a batch; ``logs`` is called only when the bar is drawn."""
        self._done += 1
        if self._bar is None:
            return
        now = time.perf_counter()
        if now >= self._next:
            self._next = now + self.interval
            self._draw(logs())

    def _draw(self, logs):
        self._bar.set_postfix_str(told(logs), refresh=False)
        self._bar.update(self._done - self._shown)
        self._shown = self._done

    def end(self, logs):
        """Show the final numbers and finish the line."""
        if self._bar is not None:
            self._bar.total = self._done
            self._draw(logs)
            self._bar.close()
        elif self.verbose == 2:
            seconds = time.perf_counter() - self._start
            title = f"{self.title} - " if self.title else ""
            numbers = f" - {told(logs)}" if logs else ""
            print(f"{title}{self._done} batches in {seconds:.1f} s{numbers}", flush=True)

    def close(self):
        """Leave the display as it stands (after an error)."""
        if self._bar is not None:
            self._bar.close()


def told(logs):
    """``loss 0.1234, accuracy 0.9876``."""
    return ", ".join(f"{name} {_number(value)}" for name, value in logs.items())


def _number(value):
    if hasattr(value, "__len__"):
        return str(value)
    return f"{value:.4f}" if abs(value) >= 1e-3 or value == 0 else f"{value:.2e}"
