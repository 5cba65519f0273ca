"""Decoder `senml`: the resolved records of a pack, as readings.

Records of one device and one time become one reading. What a name means (device, field, conversion) is worked out once and remembered.
Two names may come to the same field (`a:Temp` and `a:temp`, `a/t` and `a:t`): the later one then gets its whole name as tag `name`, so
that neither ever overwrites the other.

A sum (`s`) is field `<field>_sum`, in the record's unit times seconds, as it comes. Binary data (`vd`) is refused; update times (`ut`) and
labels that nobody knows are passed over, but a label ending in `_` refuses the pack (RFC 8428, section 4.4).
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from edge.decoders.decoder import Decoded, Refusals, shown
from edge.decoders.senml.names import check_name, cut, field_name
from edge.decoders.senml.options import Options
from edge.decoders.senml.pack import RELATIVE_BELOW_NS, Bases, added, finite, resolved_name, resolved_time
from edge.decoders.senml.payload import BASES, LABELS, VALUES, read_records
from edge.decoders.senml.units import KEPT, OURS
from edge.decoders.topic import TopicMatcher
from edge.decoders.values import as_str
from telemetry import catalogue, units
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading

_TOPICS_REMEMBERED = 5_000
_NAMES_REMEMBERED = 20_000
_SUM = "_sum"
_HOT_SECONDS = 2**31
_HOT_NS = 2**62
_LARGEST = 1e308  # neither NaN nor what no float holds
_LONGEST_OF_SUMS = 60  # a stored name has 64 characters

Tags = Mapping[str, str]


class Plan(NamedTuple):
    """What a name with a unit means. `series` stands for the tags."""

    tags: Tags
    series: int
    field: str
    convert: Callable[[float], float] | None


Plans = dict[tuple[str, str | None, str], Plan]  # by name, unit, and "" or the suffix of a sum


class SenmlDecoder:
    """See the module."""

    framing: Literal["message"] = "message"

    def __init__(self, options: Options) -> None:
        self._options = options
        self._matcher = TopicMatcher(options.topic, _TOPICS_REMEMBERED)
        self._forget()

    def decode(self, topic: str, payload: bytes) -> Decoded:
        options = self._options
        if len(payload) > options.max_payload_bytes:
            raise RejectedError(f"{len(payload)} bytes; max_payload_bytes is {int(options.max_payload_bytes)}")
        if self._matcher.patterns and self._matcher.match(topic) is None:
            raise RejectedError(f"topic {shown(topic)} fits no pattern of this source")
        records = read_records(payload, options.max_records)
        if self._remembered > _NAMES_REMEMBERED or len(self._plans) > _TOPICS_REMEMBERED:
            self._forget()
        plans = self._plans.get(topic)
        if plans is None:
            plans = self._plans[topic] = {}
        pack = _Pack(options.measurement, plans, lambda *name: self._plan(topic, plans, *name))
        pack.read(records)
        refusals = pack.refusals.listed()
        return Decoded(pack.readings, refusals, is_understood=not pack.readings and not refusals and bool(records))

    def _forget(self) -> None:
        self._plans: dict[str, Plans] = {}  # by topic
        self._owners: dict[tuple[int, str], tuple[str, str]] = {}  # which name (and suffix) a field of a series stands for
        self._series: dict[tuple[tuple[str, str], ...], int] = {}
        self._remembered = 0

    def _plan(self, topic: str, plans: Plans, name: str, unit: str | None, suffix: str) -> Plan:
        """Work out a name (`suffix` for its sum); ValueError if it is none, or its unit does not fit the quantity."""
        check_name(name)
        options = self._options
        named = self._matcher.match(topic) or {}
        device, rest = ("", name) if options.device == "topic" else cut(name, options.separators)
        tags = {**named, "device": device} if device else dict(named)
        field = field_name(rest, unit)
        if suffix:
            field = field[:_LONGEST_OF_SUMS] + suffix
        series = self._series_of(tags)
        if self._owners.setdefault((series, field), (name, suffix)) != (name, suffix):
            tags["name"] = name
            series = self._series_of(tags)
            if self._owners.setdefault((series, field), (name, suffix)) != (name, suffix):
                raise ValueError(f"field {shown(field)} stands for another value of this name already")
        convert = None if suffix or not unit else _conversion(options.measurement, field, unit)
        plan = plans[name, unit, suffix] = Plan(tags, series, field, convert)
        self._remembered += 1
        return plan

    def _series_of(self, tags: dict[str, str]) -> int:
        return self._series.setdefault(tuple(tags.items()), len(self._series))


class _Pack:
    """One pack on its way to readings."""

    def __init__(self, measurement: str, plans: Plans, plan: Callable[[str, str | None, str], Plan]) -> None:
        self.readings: list[Reading] = []
        self.refusals = Refusals()
        self._measurement = measurement
        self._plans = plans
        self._plan = plan
        self._bases = Bases()
        self._open: dict[tuple[int, int], dict[str, FieldValue]] = {}  # by series and resolved time

    def read(self, records: list[object]) -> None:
        """Read all records; RejectedError if one of them spoils the pack.

        Hot path: a known name with a number, in whole seconds and without a conversion. All else takes `_add`, which gives the same.
        """
        bases, plans, opened = self._bases, self._plans, self._open
        for number, record in enumerate(records, start=1):
            if record.__class__ is dict and bases.is_plain:
                value, own, time, unit = record.get("v"), record.get("n"), record.get("t"), record.get("u")
                count = 2
                if time is None:
                    time = 0
                else:
                    count = 3
                if unit is None:
                    unit = bases.unit
                else:
                    count += 1
                if (
                    (value.__class__ is float or value.__class__ is int)
                    and own.__class__ is str
                    and len(record) == count  # it has no other labels
                    and time.__class__ is int
                    and -_HOT_SECONDS < time < _HOT_SECONDS
                    and (unit is None or unit.__class__ is str)
                ):
                    plan = plans.get((bases.name + own, unit, ""))
                    if plan is not None and plan.convert is None and -_LARGEST < value < _LARGEST:
                        at_ns = bases.time_ns + time * 1_000_000_000
                        fields = opened.get((plan.series, at_ns))
                        if fields is not None and plan.field not in fields:
                            fields[plan.field] = float(value)
                            continue
                        if at_ns < _HOT_NS:
                            self._put(plan, at_ns, float(value))
                            continue
            self._add(number, record)

    def _add(self, number: int, record: object) -> None:
        if not isinstance(record, dict):
            self.refusals.add(f"record {number} is {shown(record)}, not an object")
            return
        if not record.keys() <= LABELS:
            for label in record:
                if isinstance(label, str) and label.endswith("_"):
                    raise RejectedError(f"record {number}: label {shown(label)} must be understood (RFC 8428, section 4.4), and is not")
        if not BASES.isdisjoint(record):
            self._bases.take(record, number)
            if BASES.issuperset(record):
                return
        try:
            self._resolve(record)
        except ValueError as error:
            self.refusals.add(f"record {number}: {error}")
        except RejectedError as error:
            self.refusals.add(f"record {number}: {error.reason}")

    def _resolve(self, record: dict[str, object]) -> None:
        bases = self._bases
        name = resolved_name(bases, record)
        at_ns = resolved_time(bases, record)
        unit = bases.unit if record.get("u") is None else record["u"]
        if unit is not None and not isinstance(unit, str):
            raise ValueError(f"unit {shown(unit)} is not text")
        value = self._value(record)
        if value is not None:
            plan = self._plans.get((name, unit, "")) or self._plan(name, unit, "")
            if plan.convert is not None and value.__class__ is float:
                value = finite(plan.convert(value))
            self._put(plan, at_ns, value)
        if "s" in record or bases.sum is not None:
            total = added(bases.sum, record.get("s"))
            self._put(self._plans.get((name, unit, _SUM)) or self._plan(name, unit, _SUM), at_ns, total)
        elif value is None:
            raise ValueError(f"{shown(name)} has no value")

    def _value(self, record: dict[str, object]) -> FieldValue | None:
        kinds = VALUES & record.keys()
        if not kinds:
            return self._bases.value
        if len(kinds) > 1:
            raise ValueError(f"more than one value: {', '.join(sorted(kinds))}")
        kind = next(iter(kinds))
        given = record[kind]
        if kind == "v":
            return finite(given) if self._bases.value is None else added(self._bases.value, given)
        if kind == "vb" and isinstance(given, bool):
            return given
        if kind == "vs" and isinstance(given, str):
            return as_str(given)
        if kind == "vd":
            raise ValueError("binary data (vd) is not stored")
        raise ValueError(f"{kind} is {shown(given)}")

    def _put(self, plan: Plan, at_ns: int, value: FieldValue) -> None:
        key = (plan.series, at_ns)
        fields = self._open.get(key)
        if fields is None or plan.field in fields:  # the same name at the same time again: a reading of its own
            fields = self._open[key] = {}
            time_ns, age_ns = (None, -at_ns) if at_ns < RELATIVE_BELOW_NS else (at_ns, 0)
            self.readings.append(Reading(self._measurement, plan.tags, fields, time_ns, age_ns=age_ns))
        fields[plan.field] = value


def _conversion(measurement: str, field: str, unit: str) -> Callable[[float], float] | None:
    """Return how values in `unit` become those that are stored: the catalogue's unit, else the base unit of what is measured."""
    code = OURS.get(unit, unit)
    quantity = catalogue.find(measurement, field)
    if quantity is not None and quantity.unit:
        target = quantity.unit
        if unit in KEPT:
            raise units.ConversionError(unit, target, f"{field} of {measurement} is kept in {target}")
        units.convert(0.0, code, target)
    else:
        base = None if unit in KEPT else units.base_unit(code)
        if base is None:
            return None
        target = base
    if target == code:
        return None
    return lambda value: units.convert(value, code, target)


def build(options: Options) -> SenmlDecoder:
    """Return the decoder for checked options."""
    return SenmlDecoder(options)
