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
from edge.decoders.senml.names import cut, field_name
from edge.decoders.senml.options import Options
from edge.decoders.senml.pack import Bases, added, finite, resolved_name, resolved_time
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
_LONGEST_OF_SUMS = 60  # a stored name has 64 characters

Tags = Mapping[str, str]


class Plan(NamedTuple):
    """What a name with a unit means. `tags_key` stands for the tags."""

    tags: Tags
    tags_key: tuple[tuple[str, str], ...]
    field: str
    convert: Callable[[float], float] | None


class SenmlDecoder:
    """See the module."""

    framing: Literal["message"] = "message"

    def __init__(self, options: Options) -> None:
        self._options = options
        self._matcher = TopicMatcher(options.topic, _TOPICS_REMEMBERED)
        self._plans: dict[tuple[str, str, str | None, str], Plan] = {}
        self._owners: dict[tuple[tuple[tuple[str, str], ...], str], tuple[str, str]] = {}  # which name a field stands for

    def decode(self, topic: str, payload: bytes) -> Decoded:
        options = self._options
        if len(payload) > options.max_payload_bytes:
            raise RejectedError(f"{len(payload)} bytes; max_payload_bytes is {int(options.max_payload_bytes)}")
        if self._matcher.patterns and self._matcher.match(topic) is None:
            raise RejectedError(f"topic {shown(topic)} fits no pattern of this source")
        records = read_records(payload, options.max_records)
        if len(self._plans) > _NAMES_REMEMBERED:
            self._plans.clear()
            self._owners.clear()
        pack = _Pack(options.measurement, topic, self._plan, self._plans)
        for number, record in enumerate(records, start=1):
            pack.add(number, record)
        is_empty = not pack.readings and not pack.refusals.listed()
        return Decoded(pack.readings, pack.refusals.listed(), is_understood=is_empty and bool(records))

    def _plan(self, topic: str, name: str, unit: str | None, suffix: str) -> Plan:
        """Work out a name (`suffix` for its sum); ValueError if its unit does not fit the quantity."""
        options = self._options
        named = self._matcher.match(topic) or {}
        device, rest = ("", name) if options.device == "topic" else cut(name, options.separators)
        tags = {**named, "device": device} if device else dict(named)
        field = field_name(rest, unit)
        if suffix:
            field = field[:_LONGEST_OF_SUMS] + suffix
        tags_key = tuple(tags.items())
        if self._owners.setdefault((tags_key, field), (name, suffix)) != (name, suffix):
            tags["name"] = name
            tags_key = tuple(tags.items())
            if self._owners.setdefault((tags_key, field), (name, suffix)) != (name, suffix):
                raise ValueError(f"field {shown(field)} stands for another value of this name already")
        convert = None if suffix or unit is None else _conversion(options.measurement, field, unit)
        plan = self._plans[topic, name, unit, suffix] = Plan(tags, tags_key, field, convert)
        return plan


class _Pack:
    """One pack on its way to readings."""

    def __init__(
        self,
        measurement: str,
        topic: str,
        plan: Callable[[str, str, str | None, str], Plan],
        plans: Mapping[tuple[str, str, str | None, str], Plan],
    ) -> None:
        self.readings: list[Reading] = []
        self.refusals = Refusals()
        self._measurement = measurement
        self._topic = topic
        self._plan = plan
        self._plans = plans
        self._bases = Bases()
        self._open: dict[tuple[object, ...], dict[str, FieldValue]] = {}

    def add(self, number: int, record: object) -> None:
        """Add record `number`; RejectedError if it spoils the pack."""
        if not isinstance(record, dict):
            self.refusals.add(f"record {number} is {shown(record)}, not an object")
            return
        if not record.keys() <= LABELS:
            for label in record:
                if label.endswith("_"):
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
        time_ns, age_ns = resolved_time(bases, record)
        unit = record.get("u", bases.unit)
        if unit is not None and not isinstance(unit, str):
            raise ValueError(f"unit {shown(unit)} is not text")
        value = self._value(record)
        if value is not None:
            plan = self._plans.get((self._topic, name, unit, "")) or self._plan(self._topic, name, unit, "")
            if plan.convert is not None and value.__class__ is float:
                value = finite(plan.convert(value))
            self._put(plan, time_ns, age_ns, value)
        if "s" in record or bases.sum is not None:
            total = added(bases.sum, record.get("s"))
            plan = self._plans.get((self._topic, name, unit, _SUM)) or self._plan(self._topic, name, unit, _SUM)
            self._put(plan, time_ns, age_ns, total)
        elif value is None:
            raise ValueError(f"{shown(name)} has no value")

    def _value(self, record: dict[str, object]) -> FieldValue | None:
        value = record.get("v")
        base = self._bases.value
        if VALUES.isdisjoint(record):
            return base
        if value is not None and len(VALUES & record.keys()) == 1:
            return finite(value) if base is None else added(base, value)
        kinds = sorted(VALUES & record.keys())
        if len(kinds) > 1:
            raise ValueError(f"more than one value: {', '.join(kinds)}")
        given = record[kinds[0]]
        if kinds[0] == "vb" and isinstance(given, bool):
            return given
        if kinds[0] == "vs" and isinstance(given, str):
            return as_str(given)
        if kinds[0] == "vd":
            raise ValueError("binary data (vd) is not stored")
        raise ValueError(f"{kinds[0]} is {shown(given)}")

    def _put(self, plan: Plan, time_ns: int | None, age_ns: int, value: FieldValue) -> None:
        key = (plan.tags_key, time_ns, age_ns)
        fields = self._open.get(key)
        if fields is None or plan.field in fields:  # the same name at the same time again: a reading of its own
            fields = self._open[key] = {}
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
