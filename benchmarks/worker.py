"""A contender in a process of its own.

Each brings thread pools and allocators that would be in the others' way, and its memory can only
be measured alone. The process is stopped whenever it is not its turn, so that no pool spins.

``Worker`` is the side of the race; ``python -m benchmarks.worker`` the other. They speak lines of
JSON: a command (``"result"``, ``"turn"``, ``"memory"``), then an answer.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np

PATIENCE = 900  # seconds for building and compiling
_STOP, _CONTINUE = getattr(signal, "SIGSTOP", None), getattr(signal, "SIGCONT", None)


class FailedError(RuntimeError):
    """A contender that cannot take part; the message is one line."""


class Worker:
    """Starts a contender; use as a context manager.

    Parameters
    ----------
    who : str
        A key of :data:`benchmarks.contenders.MAKERS`.
    job : Job
    environment : dict of str to str, optional
        Further variables of the process.

    Raises
    ------
    FailedError
        From every method, telling the last line that the process wrote.
    """

    def __init__(self, who, job, environment=None):
        self.who, self.started = who, time.perf_counter()
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, who, json.dumps(job._asdict())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, **(environment or {})},
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            stream.close()

    def result(self):
        """What one call returns, as an array."""
        return np.load(self._ask("result"))

    def turn(self):
        """Times of the calls of one turn."""
        return self._ask("turn")

    def memory(self):
        """Bytes of the process in memory at their peak so far."""
        return self._ask("memory")

    def _ask(self, command):
        self._signal(_CONTINUE)
        try:
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
            answer = self._line()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise FailedError(self._last_words())
        self._signal(_STOP)
        return json.loads(answer)

    def _line(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(PATIENCE):
                raise FailedError(f"took longer than {PATIENCE} seconds")
        return self._process.stdout.readline()

    def _last_words(self):
        """The exception that ended the process, from its log."""
        self._process.wait()
        os.lseek(self._log.fileno(), 0, os.SEEK_SET)  # the process moved what both share
        log = self._log.read().rpartition("Traceback (most recent call last)")[2]
        told = [line for line in log.splitlines()[1:] if line[:1].strip()]
        return " ".join(told[:2])[:200] or f"ended with code {self._process.returncode}"

    def _signal(self, number):
        if number is not None and self._process.poll() is None:
            os.kill(self._process.pid, number)


def peak_resident():
    """Bytes of this process in memory at their peak so far.

    ``VmHWM`` begins anew with the program; ``ru_maxrss`` would remember the parent's.
    """
    try:
        with open("/proc/self/status") as file:
            fields = dict(line.split(":", 1) for line in file)
        return int(fields["VmHWM"].split()[0]) * 1024
    except OSError:
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main():
    """Make the contender, then answer commands until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a framework prints goes to the log
    from .contenders import MAKERS, Job
    from .race import turn

    job = Job(**json.loads(sys.argv[2]))
    call = MAKERS[sys.argv[1]](job)
    path = os.path.join(job.folder, f"{sys.argv[1]}.npy".replace(" ", "_"))
    for line in sys.stdin:
        command = line.strip()
        if command == "result":
            np.save(path, call())
            answer = path
        elif command == "turn":
            answer = turn(call)
        else:
            answer = peak_resident()
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    sys.exit(main())
