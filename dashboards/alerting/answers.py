"""What a query answers at any instant, from points in memory.

Each kind is computed straight from its meaning, apart from the InfluxQL of statements.py; the tests hold the two against each other on a
real InfluxDB. `now()` is the instant of the question, and points after it do not exist yet.

dashboards.influxql.evaluate would answer the statements themselves, but goes over all points for each question: 440 ms against 1.4 ms here
for the mean of 24 hours of ten devices over a week, and a replay asks thousands of times.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from dashboards.alerting.queries import Arrival, Flag, Heartbeat, LastSeen, Level, Losses, OpenGaps, Query, Rate, tags_of
from dashboards.alerting.states import Labels
from telemetry.point import FieldValue, Point

_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Seen:
    """What a query answers for one instance. `at_ms`: the time of the reading it rests on, None where it is about time itself."""

    value: float
    at_ms: int | None = None


@dataclass(slots=True)
class _Track:
    """The points of one instance that matter, by time (ns); `values` beside `times`, `alive` are the times of all its points."""

    times: list[int] = field(default_factory=list)
    values: list[FieldValue] = field(default_factory=list)
    alive: list[int] = field(default_factory=list)

    def between(self, from_ns: int, to_ns: int) -> tuple[int, int]:
        """Return the places of the first value within, and of the first after; both ends of the range belong to it."""
        return bisect_left(self.times, from_ns), bisect_right(self.times, to_ns)

    def is_alive(self, from_ns: int, to_ns: int) -> bool:
        return bisect_right(self.alive, to_ns) > bisect_left(self.alive, from_ns)


Asking = Callable[[int], Mapping[Labels, Seen]]  # of ms since 1970 UTC


def asking(query: Query, points: Iterable[Point], above: Mapping[str, float] | None = None) -> Asking:
    """Return what answers a query at any instant; `above` as in statements.statement. Of two points that are one, the later one counts."""
    if isinstance(query, Heartbeat):
        return lambda _: {(): Seen(1.0)}
    tracks = _tracks(query, points, above)
    look = _look(query, above)

    def ask(now_ms: int) -> Mapping[Labels, Seen]:
        return {labels: seen for labels, track in tracks.items() if (seen := look(labels, track, now_ms * _MS)) is not None}

    return ask


def _tracks(query: Query, points: Iterable[Point], above: Mapping[str, float] | None) -> dict[Labels, _Track]:
    measurement, field = getattr(query, "measurement", "ledger"), _field(query)
    merged: dict[tuple[tuple[tuple[str, str], ...], int], dict[str, FieldValue]] = {}
    for point in points:
        if point.measurement == measurement and _is_asked_for(query, point, above):
            merged.setdefault((tuple(sorted(point.tags.items())), point.time_ns), {}).update(point.fields)
    tracks: dict[Labels, _Track] = {}
    for (tags, time_ns), fields in sorted(merged.items(), key=lambda item: item[0][1]):
        known = dict(tags)
        track = tracks.setdefault(tuple((tag, known.get(tag, "")) for tag in tags_of(query)), _Track())
        if "quality" in fields:
            track.alive.append(time_ns)
        if (value := _value(query, field, fields)) is not None and _is_believed(query, fields):
            track.times.append(time_ns)
            track.values.append(value)
    return tracks


def _value(query: Query, field: str, fields: Mapping[str, FieldValue]) -> FieldValue | None:
    if isinstance(query, Losses):
        least = int(fields.get("count_known") is False)
        return _number(fields["count"]) + least if "count" in fields else least or None
    if isinstance(query, OpenGaps):
        began_ns = int(fields.get("from_ns", 0))
        return {"open": began_ns, "closed": -began_ns}.get(str(fields.get(field)))
    return fields.get(field)


def _is_asked_for(query: Query, point: Point, above: Mapping[str, float] | None) -> bool:
    if isinstance(query, Losses):
        return point.tags.get("reason") in query.reasons
    return above is None or point.tags.get("device") in above


def _field(query: Query) -> str:
    match query:
        case Level() | Flag() | Rate():
            return query.field
        case Losses():
            return "count"
        case OpenGaps():
            return "state"
        case _:
            return "quality"


def _is_believed(query: Query, fields: Mapping[str, FieldValue]) -> bool:
    return not isinstance(query, Level) or fields.get("quality") in query.qualities


def _look(query: Query, above: Mapping[str, float] | None) -> Callable[[Labels, _Track, int], Seen | None]:
    match query:
        case Level() if query.mean_of:
            return lambda _, track, now_ns: _mean(query, track, now_ns)
        case Level():
            return lambda labels, track, now_ns: _last(query, track, now_ns, above[dict(labels)["device"]] if above else 0.0)
        case Flag():
            return lambda _, track, now_ns: _flag(query, track, now_ns)
        case LastSeen():
            return lambda _, track, now_ns: _counted(track, now_ns, query.window_ms, query.memory_ms, _count)
        case Losses():
            return lambda _, track, now_ns: _counted(track, now_ns, query.window_ms, query.memory_ms, _sum)
        case Rate():
            return lambda _, track, now_ns: _counted(track, now_ns, query.window_ms, query.memory_ms, _growth)
        case OpenGaps():
            return lambda _, track, now_ns: _open_gaps(query, track, now_ns)
        case _:
            window_ms = query.window_ms if isinstance(query, Arrival) else 0
            return lambda _, track, now_ns: _arrived(track, now_ns, window_ms)


def _number(value: FieldValue) -> float:
    return float(value)


def _last(query: Level, track: _Track, now_ns: int, level: float) -> Seen | None:
    start, end = track.between(now_ns - query.memory_ms * _MS, now_ns)
    if start == end:
        return None
    return Seen(_number(track.values[end - 1]) / query.divided_by - level, track.times[end - 1] // _MS)


def _mean(query: Level, track: _Track, now_ns: int) -> Seen | None:
    step_ns = query.step_ms * _MS
    start, end = track.between(now_ns - query.memory_ms * _MS, now_ns)
    means: list[float] = []
    at = end
    while at > start and len(means) < query.mean_of:
        begin = max(start, bisect_left(track.times, track.times[at - 1] // step_ns * step_ns))
        means.append(sum(map(_number, track.values[begin:at])) / (at - begin))
        at = begin
    if len(means) < query.mean_of:
        return None
    return Seen(sum(means) / len(means) / query.divided_by, track.times[end - 1] // _MS)


def _flag(query: Flag, track: _Track, now_ns: int) -> Seen | None:
    start, end = track.between(now_ns - query.memory_ms * _MS, now_ns)
    return None if start == end else Seen(float(track.values[end - 1] is query.is_), track.times[end - 1] // _MS)


def _counted(track: _Track, now_ns: int, window_ms: int, memory_ms: int, reckon: Callable[[list[FieldValue]], float]) -> Seen | None:
    start, end = track.between(now_ns - window_ms * _MS + 1, now_ns)
    if start == end and not track.is_alive(now_ns - memory_ms * _MS, now_ns):
        return None
    return Seen(reckon(track.values[start:end]))


def _count(values: list[FieldValue]) -> float:
    return float(len(values))


def _sum(values: list[FieldValue]) -> float:
    return sum(map(_number, values))


def _growth(values: list[FieldValue]) -> float:
    numbers = [_number(value) for value in values]
    return sum(max(0.0, after - before) for before, after in pairwise(numbers))


def _open_gaps(query: OpenGaps, track: _Track, now_ns: int) -> Seen | None:
    """Of the ends of gaps, the beginnings are held below 0."""
    start, end = track.between(now_ns - query.memory_ms * _MS, now_ns)
    if start == end:
        return None
    began = [int(value) for value in track.values[start:end]]
    return Seen(float(max(began) > max(0, -min(began))))


def _arrived(track: _Track, now_ns: int, window_ms: int) -> Seen | None:
    start, end = track.between(now_ns - window_ms * _MS, now_ns)
    return Seen(float(end - start)) if end > start else None
