"""Readings → points: canonical names and units, calibration, quality bits, tags, and a time that no other point has.

Order of work on a field: name → unit → calibration (gain, then offset, in the stored unit) → type → plausible range. A value
out of range is kept and marked. What cannot be stored is refused alone; its neighbours go on. A field's type never changes:
the catalogue decides it, else the first value seen.

Hot path: all that depends only on config, series and field is worked out once (field_plan.py) and looked up after that. A
reading of finite floats in range, the common case, never leaves the first loop of `normalise`; everything else takes
`_fields_one_by_one`, which gives the same result for such readings (a property test holds the two together).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from edge.arrival import Arrival, Away, DeviceTime, disbelieved
from edge.decoders.decoder import Refusal, shown
from edge.field_plan import Dropped, FieldPlan, FieldPlans, FieldPlanTable, stored_name
from edge.normalise_settings import NormaliseSettings
from edge.quality_marks import is_mark, mark
from edge.series import Series, SeriesTable
from edge.truth import NEW_S, SeriesTruth
from runtime.influx_causes import type_name
from telemetry import quality
from telemetry.errors import RejectedError
from telemetry.lineprotocol.encode import series_key
from telemetry.point import FieldValue, Point, Reading

__all__ = ["NormaliseCounts", "NormaliseSettings", "Normalised", "Normaliser"]

DEFAULT_MAX_SERIES = 5_000

DEVICE_WINDOW_NS = (7 * 86_400_000_000_000, 60_000_000_000)
MS_NS = 1_000_000
_TOO_OLD = "a historical reading whose time is outside the window of this source (device_time_past_s, device_time_ahead_s)"
_MAX_SERIES_KEY_BYTES = 65_535  # InfluxDB 1.x and 2.x refuse longer ones
_RESERVED_TAGS = frozenset({"gateway", "time", "_field", "_measurement"})  # InfluxDB 2.x reserves the last two

IsBlocked = Callable[[str, str, str], bool]


class Normalised(NamedTuple):
    """What one reading gave: a point or none, and what was left out of it."""

    point: Point | None
    refusals: Sequence[Refusal] = ()
    device: DeviceTime | None = None  # while time is not trusted: the device's own time, to be judged later
    away: Away | None = None
    is_remembered: bool = False  # no point, and nothing wrong: only the last values changed


class NormaliseCounts:
    """Running totals of one normaliser."""

    __slots__ = ("dropped_fields", "ignored_times", "out_of_range_fields", "points", "refused_fields", "refused_readings")

    def __init__(self) -> None:
        self.points = 0
        self.refused_readings = 0
        self.refused_fields = 0
        self.dropped_fields = 0  # on the drop list of the config
        self.out_of_range_fields = 0
        self.ignored_times = 0  # device times outside their window


class _SeriesPlan(NamedTuple):
    series: Series
    measurement: str
    tags: Mapping[str, str]
    fields: Mapping[str, FieldPlan]
    plans: FieldPlans


class Normaliser:
    """The normaliser of one source; used by one thread."""

    def __init__(
        self,
        source_id: str,
        site: str,
        gateway: str,
        settings: NormaliseSettings,
        max_series: int = DEFAULT_MAX_SERIES,
        is_blocked: IsBlocked | None = None,
        device_window_ns: tuple[int, int] = DEVICE_WINDOW_NS,
        *,
        is_warm_up_told: bool = False,
    ) -> None:
        """`is_blocked(measurement, field, type)` says what the store refuses (type as runtime/influx_causes.py names it); it is asked
        each time, and may be set or unset at any time. `device_window_ns`: how far a device's time may be behind and ahead of the
        arrival. `is_warm_up_told`: the source knows when its sensor warms up, and says so with each reading.
        """
        self.counts = NormaliseCounts()
        self.series = SeriesTable(max_series)
        self._settings = settings
        self._past_ns, self._ahead_ns = device_window_ns
        self._alone_ns = 0
        self._first_ns = 0  # when the first reading of this source came
        self._max_series = max_series
        self._defaults = {"site": site, "device": source_id}
        self._fixed = {**settings.tags, "gateway": gateway}
        self.is_blocked = is_blocked
        self._field_plans = FieldPlanTable(settings, is_warm_up_told=is_warm_up_told)
        self._plans: dict[tuple[object, ...], _SeriesPlan] = {}

    def sensors_restarted(self, at_ns: int) -> None:
        """All sensors of this source got power at that time: a port was plugged in."""
        for series in self.series.snapshot():
            if series.truth:
                series.truth.restarted(at_ns)

    def normalise(  # noqa: C901 - the hot path, in one piece
        self, reading: Reading, arrival_ns: int, bits: int = quality.GOOD, arrival: Arrival | None = None
    ) -> Normalised:
        """Return the point of `reading`, which arrived at `arrival_ns` (ns since 1970 UTC), with quality `bits`.

        `arrival` says what is special about it; while time is not trusted, `arrival_ns` and the point's time are ns since boot.
        """
        measurement, tags, given, time_ns, device_bits, age_ns, is_historical = reading
        plan = self._plans.get((measurement, *tags.items()))
        if plan is None:
            try:
                plan = self._plan(reading)
            except RejectedError as error:
                return self._refused(Refusal(error.reason))
        base_quality = self._settings.quality | bits | device_bits
        self._first_ns = self._first_ns or arrival_ns
        is_trusted = arrival is None or arrival.is_trusted
        if age_ns and time_ns is None:
            time_ns, arrival_ns, age_bits = _taken_before(age_ns, self._past_ns, arrival_ns, arrival)
            base_quality |= age_bits
        if time_ns is not None and is_trusted and not -self._past_ns <= time_ns - arrival_ns <= self._ahead_ns:
            self.counts.ignored_times += 1
            if is_historical:
                return self._refused(Refusal(_TOO_OLD))
            base_quality |= disbelieved(time_ns, arrival_ns)
            time_ns = None

        refusals: Sequence[Refusal] = ()
        fields: dict[str, FieldValue] = {}
        field_plans = plan.fields
        for name, value in given.items():
            field = field_plans.get(name)
            if field is None or value.__class__ is not float or not field.low <= value <= field.high:
                break
            fields[field.name] = value
        if fields and len(fields) == len(given) and not (self.is_blocked and self._has_blocked(plan.measurement, fields)):
            fields["quality"] = base_quality
        else:
            fields, refusals = self._fields_one_by_one(plan, given, base_quality)
            if not fields:
                return self._refused(*(refusals or (Refusal(f"no field of {plan.measurement} is left"),)))

        series = plan.series
        if arrival is not None:
            return self._placed(plan, fields, refusals, time_ns, arrival_ns, arrival)
        if time_ns is None:
            time_ns = self.series.place_arrival(series, arrival_ns, fields)
            self._judge(plan, fields, time_ns)
        else:
            time_ns = self._placed_stamped(plan, fields, time_ns)
        self.counts.points += 1
        return Normalised(Point(plan.measurement, plan.tags, fields, time_ns), refusals)

    def _placed(
        self,
        plan: _SeriesPlan,
        fields: dict[str, FieldValue],
        refusals: Sequence[Refusal],
        time_ns: int | None,
        arrival_ns: int,
        arrival: Arrival,
    ) -> Normalised:
        """Return the point of a reading that did not simply arrive just now."""
        series, table = plan.series, self.series
        if time_ns is None and arrival.is_retained:
            table.remember(series, fields)
            return Normalised(None, refusals, is_remembered=True)
        self.counts.points += 1
        if arrival.is_once:
            placed_ns = table.place_once(series, (arrival_ns if time_ns is None else time_ns) // MS_NS * MS_NS, fields)
            self._judge(plan, fields, placed_ns)
            return Normalised(Point(plan.measurement, plan.tags, fields, placed_ns), refusals)
        if time_ns is None and arrival.away:
            fields["quality"] = int(fields["quality"]) | quality.TIME_RECONSTRUCTED
            placed_ns, away = table.place_away(series, arrival.away, fields)
            self._judge(plan, fields, placed_ns)
            if arrival.is_trusted:
                return Normalised(Point(plan.measurement, plan.tags, fields, placed_ns), refusals)
            return Normalised(Point(plan.measurement, plan.tags, fields, arrival_ns), refusals, away=away)
        if time_ns is not None and arrival.is_trusted:
            return Normalised(Point(plan.measurement, plan.tags, fields, self._placed_stamped(plan, fields, time_ns)), refusals)
        device = None
        if time_ns is not None:
            device = DeviceTime(self._placed_stamped(plan, fields, time_ns), self._past_ns, self._ahead_ns)
            arrival_ns = self._alone_ns = max(arrival_ns, self._alone_ns + 1)  # should that time be refused later, this one is its own
        else:
            arrival_ns = table.place_arrival(series, arrival_ns, fields)
            self._judge(plan, fields, arrival_ns)
        return Normalised(Point(plan.measurement, plan.tags, fields, arrival_ns), refusals, device)

    def _placed_stamped(self, plan: _SeriesPlan, fields: dict[str, FieldValue], time_ns: int) -> int:
        self._judge(plan, fields, time_ns)  # first: a repeat is told by its fields, marks included
        return self.series.place_stamped(plan.series, time_ns, fields)

    def _judge(self, plan: _SeriesPlan, fields: dict[str, FieldValue], at_ns: int) -> None:
        """Mark in `fields` what is not to be believed (edge/truth.py)."""
        limits = plan.plans.limits
        if not limits:
            return
        truth = plan.series.truth
        if truth is None:
            truth = plan.series.truth = SeriesTruth(at_ns, is_new=at_ns - self._first_ns > NEW_S * 1e9)
        doubted = truth.judge(limits, fields, at_ns)
        if doubted:
            mark(fields, doubted)

    def expires_s(self, series: Series) -> list[float]:
        """Return after how many seconds each field of the last point of `series` says nothing of now any more."""
        names = [name for name in series.fields if not is_mark(name)]
        return [self._field_plans.limits(series.measurement, name).expires_s for name in names]

    def _has_blocked(self, measurement: str, fields: Mapping[str, FieldValue]) -> bool:
        is_blocked = self.is_blocked
        return is_blocked is not None and any(is_blocked(measurement, name, type_name(value)) for name, value in fields.items())

    def _fields_one_by_one(
        self, plan: _SeriesPlan, given: Mapping[str, FieldValue], base_quality: int
    ) -> tuple[dict[str, FieldValue], Sequence[Refusal]]:
        fields: dict[str, FieldValue] = {}
        bits: dict[str, int] = {}
        refusals: list[Refusal] = []
        for name, value in given.items():
            try:
                field = plan.fields.get(name) or plan.plans.plan(name, value)
                if field.name in fields:
                    raise ValueError("another field of this reading has the same name; rename one")  # noqa: TRY301
                stored, bit = field.take(value)
                if self.is_blocked and self.is_blocked(plan.measurement, field.name, type_name(stored)):
                    raise ValueError(f"the store refuses this field as {type_name(stored)}; its type there differs")  # noqa: TRY301
                fields[field.name], bits[field.name] = stored, bit
            except Dropped:
                self.counts.dropped_fields += 1
            except (ValueError, RejectedError) as error:
                self.counts.refused_fields += 1
                refusals.append(Refusal(f"field {shown(name)} of {plan.measurement}: {error}"))
        if fields:
            self.counts.out_of_range_fields += sum(1 for bit in bits.values() if bit)
            fields["quality"] = base_quality
            mark(fields, bits)
        return fields, tuple(refusals)

    def _plan(self, reading: Reading) -> _SeriesPlan:
        settings = self._settings
        measurement = settings.measurements.get(reading.measurement) or stored_name(reading.measurement)
        tags = {**self._defaults}
        for name, value in reading.tags.items():
            key = stored_name(name)
            if value and key not in settings.drop_tags and key not in _RESERVED_TAGS:
                tags[key] = value
        tags.update(self._fixed)
        tags = dict(sorted(tags.items()))
        key_text = series_key(measurement, tags)
        if len(key_text.encode()) > _MAX_SERIES_KEY_BYTES:
            raise RejectedError(f"series key of {len(key_text.encode())} bytes; the store takes {_MAX_SERIES_KEY_BYTES}")
        series = self.series.admit(key_text, measurement, tags)
        if series is None:
            raise RejectedError(
                f"series limit: {self._max_series} series of this source are known, {shown(key_text)} is one more (max_series)"
            )
        plans = self._field_plans.of(measurement, tags["device"])
        plan = _SeriesPlan(series, series.measurement, series.tags, plans.known, plans)
        if len(self._plans) >= 2 * self._max_series:  # tags that are dropped may have any number of values
            del self._plans[next(iter(self._plans))]
        self._plans[(reading.measurement, *reading.tags.items())] = plan
        return plan

    def _refused(self, *refusals: Refusal) -> Normalised:
        self.counts.refused_readings += 1
        return Normalised(None, refusals)


def _taken_before(age_ns: int, past_ns: int, arrival_ns: int, arrival: Arrival | None) -> tuple[int | None, int, int]:
    """Return the time (or None), the arrival and quality bits of a reading that the device took `age_ns` before its message arrived.

    While time is not trusted, the arrival that is returned is the boot time at which it was taken: below 0, before this boot.
    Of a message that waited at the broker nobody knows when it was sent: its readings are placed as any other of that absence.
    """
    if arrival is None or (arrival.is_trusted and not (arrival.away or arrival.is_retained)):
        return arrival_ns - age_ns, arrival_ns, quality.GOOD
    if arrival.away or arrival.is_retained:
        return None, arrival_ns, quality.GOOD
    if age_ns <= past_ns:
        return None, arrival_ns - age_ns, quality.GOOD
    return None, arrival_ns, quality.CLOCK_ESTIMATED | quality.STALE
