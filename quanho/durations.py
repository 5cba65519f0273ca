"""How long: 90s, 30m, 2h, and for what is quick 500ms."""

import argparse
import re

_UNITS = {"s": 1, "m": 60, "h": 3600}
_FORM = re.compile(r"(\d+(?:\.\d+)?)([smh])")


def duration_s(text: str) -> float:
    """Return seconds. Raises argparse.ArgumentTypeError, which says how it is written."""
    match = _FORM.fullmatch(text.strip())
    seconds = float(match[1]) * _UNITS[match[2]] if match else 0.0
    if not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r}: a number with s, m or h, as in 90s, 30m or 2h; at most 24h")
    return seconds


def short_s(text: str) -> float:
    """Return seconds, also of a time in ms. Raises argparse.ArgumentTypeError."""
    if match := re.fullmatch(r"(\d{1,9})ms", text.strip()):
        return int(match[1]) / 1000
    return duration_s(text)


def spoken(seconds: float) -> str:
    """Return a time for people: 4:05, 1:30:00."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
