"""Points → lines of line protocol, with what repeats remembered: the escaped series key and the escaped field keys.

The text is that of telemetry/lineprotocol/encode.py byte for byte (a property test holds the two together).
"""

from telemetry.errors import RejectedError
from telemetry.lineprotocol.encode import escape_key, format_field, format_time, series_key
from telemetry.lineprotocol.numbers import format_float
from telemetry.lineprotocol.precision import INT64_MAX
from telemetry.point import Point

_FIELD_KEYS_REMEMBERED = 10_000
_NUMBERS_REMEMBERED = 4_096


class Encoder:
    """The encoder of one source; used by one thread. Remembers `max_series` series keys."""

    def __init__(self, max_series: int = 5_000) -> None:
        self._max_series = max_series
        self._series: dict[tuple[object, ...], str] = {}
        self._field_keys: dict[str, str] = {}
        self._numbers: dict[float, str] = {}

    def line(self, point: Point) -> str:
        """Return `point` as one line without its LF; RejectedError when line protocol cannot carry it."""
        measurement, tags, fields, time_ns = point
        key = (measurement, *tags.items())
        series = self._series.get(key) or self._remember_series(key, point)
        starts, numbers = self._field_keys, self._numbers
        parts = []
        for name, value in fields.items():
            start = starts.get(name) or self._remember_field(name)
            if value.__class__ is float:
                parts.append(start + (numbers.get(value) or self._remember_number(value)))
            else:
                parts.append(start + format_field(value))
        if not parts:
            raise RejectedError("a point needs at least one field")
        time = str(time_ns) if 0 <= time_ns <= INT64_MAX else format_time(time_ns)
        return f"{series} {','.join(parts)} {time}"

    def _remember_series(self, key: tuple[object, ...], point: Point) -> str:
        text = series_key(point.measurement, point.tags)
        if len(self._series) >= self._max_series:
            del self._series[next(iter(self._series))]
        self._series[key] = text
        return text

    def _remember_field(self, name: str) -> str:
        text = escape_key(name) + "="
        if len(self._field_keys) >= _FIELD_KEYS_REMEMBERED:
            self._field_keys.clear()
        self._field_keys[name] = text
        return text

    def _remember_number(self, value: float) -> str:
        """Return the text of a float; sensors have few digits, so that most numbers were there before. 0.0 and -0.0 are one key."""
        text = format_float(value)
        if value:
            if len(self._numbers) >= _NUMBERS_REMEMBERED:
                self._numbers.clear()
            self._numbers[value] = text
        return text
