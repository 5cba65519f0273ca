"""A program of ours that runs beside a benchmark and answers each line on its standard input with a count and its time."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import NamedTuple, Self

from bench.agent_process import ROOT


class Mark(NamedTuple):
    """A count, and when it was so (monotonic seconds, which all processes of a machine share)."""

    total: float
    at_s: float


class AskedProgram:
    """`python -m MODULE ARGUMENTS`, ready once the context is entered; its standard input is closed at the end."""

    def __init__(self, module: str, *arguments: object) -> None:
        self._command = [sys.executable, "-m", module, *map(str, arguments)]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._answer()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._process.communicate()

    def mark(self) -> Mark:
        """Return the count now."""
        assert self._process.stdin is not None  # noqa: S101 (a pipe)
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        count, at_s = self._answer().split()
        return Mark(float(count), float(at_s))

    def _answer(self) -> str:
        assert self._process.stdout is not None  # noqa: S101 (a pipe)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self._command)} ended early")
        return line


def timed(count: Callable[[], int]) -> Mark:
    """Return the count of something that does not say when."""
    before_s = time.monotonic()
    value = count()
    return Mark(value, (before_s + time.monotonic()) / 2)


def rates(seconds: float, *marks: Callable[[], Mark]) -> Sequence[float]:
    """Return by how much each count grows a second, over a window of `seconds`."""
    first = [mark() for mark in marks]
    time.sleep(seconds)
    last = [mark() for mark in marks]
    return [(b.total - a.total) / (b.at_s - a.at_s) for a, b in zip(first, last, strict=True)]
