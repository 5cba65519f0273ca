"""Printing what a command found: JSON for programs, lines for people, colours only on a terminal that shows them."""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

_COLOURS = {"good": "32", "bad": "31", "warn": "33", "dim": "2", "bold": "1"}


def print_json(answer: Mapping[str, Any]) -> None:
    print(json.dumps(answer, ensure_ascii=False, default=str))


def print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def coloured(text: str, colour: str) -> str:
    """Return `text` in a colour of _COLOURS where stdout is a terminal and NO_COLOR (no-color.org) is not set."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\033[{_COLOURS[colour]}m{text}\033[0m"
