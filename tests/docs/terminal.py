"""A command in a terminal of its own: what is typed into it, and what stands on its screen at any moment, with colours.

`Screen` knows as much of ECMA-48 as quanho and rich send: CR, LF, cursor up and down, erase, SGR; it grows downwards and never scrolls.
"""

import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.ansi import AnsiDecoder
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

_TOKENS = re.compile(r"\x1b\[(?P<numbers>[?0-9;]*)(?P<end>[A-Za-z])|\x1b\][^\x07]*\x07|(?P<text>[^\x1b\r\n]+)|(?P<control>[\r\n])")
_Cell = tuple[str, Style]
_BLANK: _Cell = (" ", Style())


class Screen:
    """Rows of cells, written to by `feed`."""

    def __init__(self) -> None:
        self._rows: list[list[_Cell]] = [[]]
        self._row = self._column = 0
        self._sgr = ""

    def feed(self, text: str) -> None:
        for token in _TOKENS.finditer(text):
            if token["text"]:
                self._write(token["text"])
            elif token["control"] == "\r":
                self._column = 0
            elif token["control"] == "\n":
                self._down(1)
            elif token["end"]:
                self._order(token["end"], token["numbers"])

    def lines(self) -> list[list[Segment]]:
        """Return the rows without blank ones at the end."""
        rows = [_stripped(row) for row in self._rows]
        while rows and not rows[-1]:
            rows.pop()
        return [[Segment("".join(text for text, _ in run), style) for style, run in groupby(row, key=lambda cell: cell[1])] for row in rows]

    def text(self) -> str:
        return "\n".join("".join(segment.text for segment in line) for line in self.lines())

    def _write(self, text: str) -> None:
        for span in AnsiDecoder().decode(f"\x1b[{self._sgr}m{text}"):
            style = Style() if not span.spans else _style_of(span.spans[0].style)
            for letter in span.plain:
                self._put((letter, style))

    def _put(self, cell: _Cell) -> None:
        row = self._rows[self._row]
        row += [_BLANK] * (self._column - len(row))
        row[self._column : self._column + 1] = [cell]
        self._column += max(1, cell_len(cell[0]))

    def _order(self, end: str, numbers: str) -> None:
        count = int(numbers) if numbers.isdecimal() else 1
        match end:
            case "m":
                self._sgr = "" if numbers in ("", "0") else f"{self._sgr};{numbers}".strip(";")
            case "A":
                self._row = max(0, self._row - count)
            case "B":
                self._down(count)
            case "K":
                row = self._rows[self._row]
                self._rows[self._row] = [] if numbers == "2" else row[: self._column]
            case "J":
                self._rows = self._rows[: self._row] + ([[]] if numbers in ("2", "3") else [self._rows[self._row][: self._column]])
            case "H":
                self._row = self._column = 0

    def _down(self, count: int) -> None:
        self._row += count
        self._rows += [[] for _ in range(self._row + 1 - len(self._rows))]


def _style_of(style: str | Style) -> Style:
    return Style.parse(style) if isinstance(style, str) else style


def _stripped(row: list[_Cell]) -> list[_Cell]:
    end = len(row)
    while end and row[end - 1] == _BLANK:
        end -= 1
    return row[:end]


class Terminal:
    """A program in a pseudo-terminal; entering starts it. Its screen is read by `wait` and `until`."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str], columns: int = 100) -> None:
        self.screen = Screen()
        self._command, self._folder = command, folder
        self._environment = {**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": str(columns)}
        self._columns = columns
        self._program: subprocess.Popen[bytes] | None = None
        self._ours = -1
        self._rest = b""

    def press(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def interrupt(self) -> None:
        assert self._program is not None
        self._program.send_signal(signal.SIGINT)

    def until(self, is_there: Callable[[str], bool], within_s: float = 60.0) -> None:
        """Read until the screen's text is as wished. AssertionError when it never is."""
        end_s = time.monotonic() + within_s
        while not is_there(self.screen.text()):
            if time.monotonic() > end_s or not self._read(0.05):
                raise AssertionError(f"it never came:\n{self.screen.text()}")

    def wait(self, within_s: float = 120.0) -> int:
        """Read to the end and return the exit code."""
        end_s = time.monotonic() + within_s
        while self._read(0.1):
            assert time.monotonic() < end_s, f"it does not end:\n{self.screen.text()}"
        assert self._program is not None
        return self._program.wait(10)

    def _read(self, within_s: float) -> bool:
        """Take what comes within the time; false once the program is gone."""
        if not select.select([self._ours], [], [], within_s)[0]:
            return True
        try:
            data = os.read(self._ours, 65_536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return False
        data = self._rest + data
        whole = data.decode(errors="ignore").encode()
        self._rest = data[len(whole) :] if data.startswith(whole) else b""
        self.screen.feed(whole.decode())
        return bool(data)

    def __enter__(self) -> Self:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 40, self._columns, 0, 0))
        self._program = subprocess.Popen(
            self._command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=self._folder, env=self._environment, start_new_session=True
        )
        os.close(theirs)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        assert self._program is not None
        with suppress(OSError):
            self._program.kill()
        self._program.wait()
        os.close(self._ours)
