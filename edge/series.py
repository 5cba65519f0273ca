"""The series of one source: how many there may be, their last values, and times at which no point hides another.

A point is identified by series and time, so a second point of one series at one time would replace the first. `place` moves
it: stamped on arrival, it goes 1 ns behind the newest; stamped by the device, it stays where it adds to or repeats what is
there, and goes 1 ns behind what it would replace, in source order. A repeat keeps its time: stored twice, it is one point.

A source that recognises itself what comes twice (`place_once`) has no repeats: equal readings of one millisecond are two points, and
where its times went back and go once more through what they had reached, each goes a few microseconds beside the millisecond.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from edge.absence import while_away
from edge.arrival import Away
from edge.clock.trust import EARLIEST_NS
from edge.quality_marks import is_mark, merge
from edge.truth import SeriesTruth
from telemetry.point import FieldValue

_STEP_NS = 1_000_000_000  # the wall clock going back by more is a correction: its new time is the truth
_SLOWEST = 4  # an outage of many times the pace is not the pace
_LAYER_NS, _LAYERS = 1_000, 999  # of times that were gone through before: up to so many points of one series in one millisecond
_TURNS = 4  # sets of fields a series is remembered with
_STAMPS_REMEMBERED = 8  # device times a series is compared with; an older repeat may become a second point


class Stamp(NamedTuple):
    """A device's time, and the time its point got."""

    given_ns: int
    placed_ns: int
    fields: Mapping[str, FieldValue]


class Series:
    """One series: its canonical measurement and tags, and what came last."""

    __slots__ = (
        "away_count",
        "away_from_ns",
        "count",
        "fields",
        "key",
        "latest_ns",
        "layer",
        "measurement",
        "others",
        "pace_ns",
        "stamps",
        "tags",
        "time_ns",
        "truth",
    )

    def __init__(self, key: str, measurement: str, tags: Mapping[str, str]) -> None:
        self.key = key
        self.measurement = measurement
        self.tags = tags
        self.time_ns = -(2**63)
        self.fields: Mapping[str, FieldValue] = {}
        self.others: dict[frozenset[str], tuple[int, Mapping[str, FieldValue]]] = {}
        self.count = 0
        self.stamps: deque[Stamp] | None = None
        self.pace_ns = 0  # between two arrivals, about
        self.truth: SeriesTruth | None = None
        self.away_from_ns = self.away_count = 0
        self.latest_ns, self.layer = self.time_ns, 0  # the latest time that `place_once` gave, and how often it went back behind that

    def take(self, time_ns: int, fields: Mapping[str, FieldValue]) -> None:
        """Note the newest point. The last of other fields is remembered: a device may tell a measurement in turns."""
        if fields.keys() != self.fields.keys():
            self.others.pop(frozenset(fields), None)
            if self.fields:
                if len(self.others) >= _TURNS:
                    del self.others[next(iter(self.others))]
                self.others[frozenset(self.fields)] = self.time_ns, self.fields
        self.time_ns, self.fields = time_ns, fields

    def latest(self, since_ns: int) -> Mapping[str, FieldValue]:
        """Return the newest value of each field, of points from `since_ns` on and the newest."""
        found: dict[str, FieldValue] = {}
        for at_ns, fields in sorted(self.others.values(), key=lambda turn: turn[0]):
            found |= fields if at_ns >= since_ns else {}
        return {**found, **self.fields}


class SeriesTable:
    """At most `limit` series by key. One thread places; `snapshot` may be called from any."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._series: dict[str, Series] = {}
        self._seeds: dict[str, tuple[int, int]] = {}
        self.moved_count = 0  # points that got a later time than theirs
        self.repeated_count = 0  # device-stamped points that were there before

    def __len__(self) -> int:
        return len(self._series)

    def admit(self, key: str, measurement: str, tags: Mapping[str, str]) -> Series | None:
        """Return the series of `key`, new if need be; None when there are `limit` others."""
        series = self._series.get(key)
        if series is None and len(self._series) < self._limit:
            series = self._series[key] = Series(key, measurement, tags)
            series.time_ns, series.pace_ns = self._seeds.pop(key, (series.time_ns, 0))
        return series

    def seed(self, known: Mapping[str, tuple[int, int]]) -> None:
        """Know of series that an earlier process had: by key, their last time and their pace (edge/paces.py)."""
        self._seeds = dict(list(known.items())[-self._limit :])

    def snapshot(self) -> list[Series]:
        """Return the series as they are now, in order of appearance."""
        return list(self._series.values())

    def place_arrival(self, series: Series, arrival_ns: int, fields: Mapping[str, FieldValue]) -> int:
        """Return the time (ns since 1970 UTC) for a point stamped on arrival, and note it as the last."""
        behind_ns = series.time_ns - arrival_ns
        if behind_ns < 0:
            series.pace_ns = _pace(series, -behind_ns)
        elif behind_ns < _STEP_NS:
            arrival_ns = series.time_ns + 1
            self.moved_count += 1
        series.take(arrival_ns, fields)
        series.count += 1
        return arrival_ns

    def place_once(self, series: Series, time_ns: int, fields: Mapping[str, FieldValue]) -> int:
        """Return the time (ns) for a point that never comes twice and was taken at `time_ns`, a whole millisecond; note it as the last."""
        series.latest_ns = max(series.latest_ns, series.time_ns)
        if time_ns <= series.latest_ns:
            if series.time_ns - time_ns >= _STEP_NS:
                series.layer = series.layer % _LAYERS + 1
                series.time_ns = time_ns
            time_ns += series.layer * _LAYER_NS
            if time_ns <= series.time_ns:
                time_ns = series.time_ns + 1
            self.moved_count += 1
        series.take(time_ns, fields)
        series.count += 1
        return time_ns

    def place_away(self, series: Series, away: Away, fields: Mapping[str, FieldValue]) -> tuple[int, Away]:
        """Return the time for a point whose message had queued at the broker, and how it was found; note it as the last."""
        if series.away_from_ns != away.from_ns:
            series.away_from_ns, series.away_count = away.from_ns, 0
        series.away_count += 1
        away = away._replace(nth=series.away_count, pace_ns=series.pace_ns)
        time_ns = while_away(away.from_ns, away.to_ns, away.nth, away.pace_ns)
        if time_ns <= series.time_ns < away.to_ns:
            time_ns = series.time_ns + 1
        series.take(time_ns, fields)
        series.count += 1
        return time_ns, away

    def remember(self, series: Series, fields: Mapping[str, FieldValue]) -> None:
        """Take values that are of no known time; they are not a point."""
        series.fields = fields

    def retime(self, at: Callable[[int], int]) -> None:
        """Time is trusted from now on: `at` gives the time of a boot time."""
        for series in self._series.values():
            if series.count and series.time_ns < EARLIEST_NS:
                told_ns, series.time_ns = series.time_ns, at(series.time_ns)
                series.latest_ns = at(series.latest_ns)
                if series.truth:
                    series.truth.shift(series.time_ns - told_ns)

    def place_stamped(self, series: Series, time_ns: int, fields: dict[str, FieldValue]) -> int:
        """Return the time for a point that the device stamped, and note it as the last if it is the newest."""
        series.count += 1
        placed_ns = time_ns if time_ns > series.time_ns else self._beside(series, time_ns, fields)
        if series.stamps is None:
            series.stamps = deque(maxlen=_STAMPS_REMEMBERED)
        series.stamps.append(Stamp(time_ns, placed_ns, fields))
        if placed_ns >= series.time_ns:
            series.take(placed_ns, fields)
        return placed_ns

    def _beside(self, series: Series, time_ns: int, fields: dict[str, FieldValue]) -> int:
        placed_ns = time_ns
        for stamp in sorted(series.stamps or (), key=lambda stamp: stamp.placed_ns):
            if stamp.given_ns != time_ns and stamp.placed_ns != placed_ns:
                continue
            if not _replaces(stamp.fields, fields):
                if stamp.placed_ns == placed_ns:
                    merge(fields, stamp.fields)
                if stamp.given_ns == time_ns and all(stamp.fields.get(name) == value for name, value in fields.items()):
                    self.repeated_count += 1
                    return stamp.placed_ns
                continue
            placed_ns = max(placed_ns, stamp.placed_ns + 1)
        if placed_ns != time_ns:
            self.moved_count += 1
        return placed_ns


def _pace(series: Series, gap_ns: int) -> int:
    pace_ns = series.pace_ns
    if not pace_ns:
        return gap_ns if series.count else 0
    return pace_ns + ((min(gap_ns, _SLOWEST * pace_ns) - pace_ns) >> 3)


def _replaces(held: Mapping[str, FieldValue], fields: Mapping[str, FieldValue]) -> bool:
    return any(name in held and held[name] != value and not is_mark(name) for name, value in fields.items())
