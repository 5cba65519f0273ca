"""Single keys from the terminal, without Enter, for as long as the block lasts."""

import os
import select
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager


class Keys:
    """`pressed` returns what was typed since the last call; nothing where there is no terminal."""

    def __init__(self, fd: int | None) -> None:
        self._fd = fd

    def pressed(self) -> str:
        if self._fd is None or not select.select([self._fd], [], [], 0)[0]:
            return ""
        return os.read(self._fd, 64).decode(errors="ignore")


@contextmanager
def keys() -> Iterator[Keys]:
    """Put the terminal into cbreak mode (Ctrl-C stays a signal) and back."""
    if not sys.stdin or not sys.stdin.isatty():
        yield Keys(None)
        return
    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    tty.setcbreak(fd)
    try:
        yield Keys(fd)
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)
