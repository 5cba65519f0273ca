"""A moment on the command line: 2026-05-01T07:00:00+07:00, -2h, now."""

import argparse
import re
from datetime import datetime

from quanho.lang import say
from telemetry.errors import ConfigError, Problem

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AGO = re.compile(r"-(\d+)([smhdw])")


def take_ages(parser: argparse.ArgumentParser) -> None:
    """Have a parser take -2h for a value, not for an option."""
    parser._negative_number_matcher = re.compile(r"-\d+[smhdw]?$")  # noqa: SLF001 - argparse asks it and has no public way


def parse_time(option: str, text: str, now_ns: int) -> int:
    """Return a time given as RFC 3339, as how long ago, or as `now`, in ns since 1970. Raises ConfigError."""
    if text == "now":
        return now_ns
    if ago := _AGO.fullmatch(text):
        return now_ns - int(ago[1]) * _SECONDS[ago[2]] * 1_000_000_000
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        vi = f"{text!r} không phải thời điểm; viết 2026-05-01T07:00:00+07:00, -2h hoặc now"
        en = f"{text!r} is no time; write 2026-05-01T07:00:00+07:00, -2h or now"
        raise ConfigError([Problem(option, "", say(vi, en))])
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000
