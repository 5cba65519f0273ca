"""Numbers of the command line, as argparse's `type`: what is out of bounds is said with the bounds."""

import argparse
from collections.abc import Callable

_MOST_BAUD = 4_000_000


def baud(least: int) -> Callable[[str], int]:
    """Return what reads a baud rate of at least `least`."""

    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= _MOST_BAUD:
            raise argparse.ArgumentTypeError(f"{text!r} is no baud rate, which is {least} to {_MOST_BAUD}")
        return int(text)

    return read


def seconds(most: float) -> Callable[[str], float]:
    """Return what reads a number of seconds above 0, and up to `most`."""

    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = 0.0
        if not 0 < number <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
        return number

    return read
