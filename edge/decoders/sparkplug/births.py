"""What a birth declares: for each metric its field, data type and unit, under its name and alias.

`Node Control/…`, `Device Control/…` and `bdSeq` steer the protocol and are no readings. Two names of one birth that come to the same field
(`Temp`, `temp`) stay apart: the second has its name as tag `metric`. The members of a template's instance are metrics of their own, below
its name: `Pump 1` with member `RPM` declares `Pump 1/RPM`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from edge.decoders.decoder import Refusals, shown
from edge.decoders.sparkplug.arrays import ARRAY
from edge.decoders.sparkplug.values import READERS, Read, is_integer, type_name
from edge.decoders.values import as_float
from edge.field_plan import stored_name
from telemetry import catalogue, quality, units
from telemetry.errors import RejectedError
from telemetry.point import FieldValue

BDSEQ = "bdSeq"
TABLES = frozenset({"DataSet"})
LONGEST_NAME = 256  # characters
MAX_DEPTH = 8  # templates in templates
_CONTROL = ("Node Control/", "Device Control/")
_GOOD = range(192, 256)
_STALE = 500  # Sparkplug 3.0.0, section 6.4.14: 0 bad, 192 good, 500 stale


class MetricPlan(NamedTuple):
    """How one metric is read. Without a field it is none of ours; with a `problem` its values are refused."""

    name: str
    datatype: int
    field: str
    tags: Mapping[str, str]
    read: Mapping[str, Read]
    finish: Callable[[Any], FieldValue] | None
    problem: str = ""


class Birth:
    """The metrics of one edge node or device. `tags` are those of its readings."""

    __slots__ = ("by_alias", "by_name", "tags")

    def __init__(self, tags: Mapping[str, str]) -> None:
        self.tags = tags
        self.by_name: dict[str, MetricPlan] = {}
        self.by_alias: dict[int, MetricPlan] = {}

    def __len__(self) -> int:
        return len(self.by_name) + 1


def read_birth(metrics: Any, tags: Mapping[str, str], measurement: str, refusals: Refusals, *, integers: bool) -> Birth:
    """Return what the metrics of a birth declare; one that cannot be used is refused alone."""
    birth = Birth(tags)
    fields: set[str] = set()
    for name, metric in _with_members(metrics):
        if not isinstance(name, str) or not name or len(name) > LONGEST_NAME or not name.isprintable():
            refusals.add(f"metric {shown(name)}: a name is printable text of 1 to {LONGEST_NAME} characters")
            continue
        if name in birth.by_name:
            refusals.add(f"metric {shown(name)} twice in one birth")
            continue
        plan = birth.by_name[name] = _plan(metric, name, tags, measurement, fields, integers=integers)
        if metric.HasField("alias") and birth.by_alias.setdefault(metric.alias, plan) is not plan:
            other = birth.by_alias[metric.alias]
            problem = f"alias {metric.alias} is also that of {shown(other.name)}"
            refusals.add(f"metric {shown(name)}: {problem}")
            birth.by_alias[metric.alias] = plan._replace(read={}, problem=problem)
    return birth


def metric_count(metrics: Any, depth: int = 0) -> int:
    """Return how many metrics a birth declares, the members of its templates with them."""
    return len(metrics) + sum(
        metric_count(one.template_value.metrics, depth + 1) for one in metrics if _is_instance(one) and depth < MAX_DEPTH
    )


def _with_members(metrics: Any, prefix: str = "", depth: int = 0) -> Iterator[tuple[object, Any]]:
    for metric in metrics:
        name = f"{prefix}{metric.name}" if isinstance(metric.name, str) and metric.name else metric.name
        yield name, metric
        if _is_instance(metric) and depth < MAX_DEPTH and isinstance(name, str) and len(name) <= LONGEST_NAME:
            yield from _with_members(metric.template_value.metrics, f"{name}/", depth + 1)


def _is_instance(metric: Any) -> bool:
    return metric.WhichOneof("value") == "template_value" and not metric.template_value.is_definition


def quality_of(metric: Any) -> int:
    """Return the quality bits of a metric's property `Quality`, which is absent when good."""
    code = _property(metric, "Quality")
    if not isinstance(code, int) or code in _GOOD:
        return quality.GOOD
    return quality.STALE if code == _STALE else quality.DEVICE_ERROR


def _plan(metric: Any, name: str, tags: Mapping[str, str], measurement: str, fields: set[str], *, integers: bool) -> MetricPlan:
    datatype = metric.datatype
    if name == BDSEQ or name.startswith(_CONTROL):
        return MetricPlan(name, datatype, "", tags, {}, None)
    field = stored_name(stored_name(name))
    kind = type_name(datatype)
    if kind in TABLES or kind.endswith(ARRAY):
        tags = {**tags, "metric": name}  # its readings are its own: names of elements and columns may be those of metrics
    elif kind != "Template":
        if field in fields:
            tags = {**tags, "metric": name}
        fields.add(field)
    try:
        finish = finisher(measurement, field, kind.removesuffix(ARRAY), _property(metric, "engUnit"), integers=integers)
    except RejectedError as error:
        return MetricPlan(name, datatype, field, tags, {}, None, problem=error.reason)
    return MetricPlan(name, datatype, field, tags, READERS.get(kind, {}), finish)


def finisher(measurement: str, field: str, kind: str, unit: object, *, integers: bool) -> Callable[[Any], FieldValue] | None:
    """Return what a value still goes through: its unit, and whether a whole number stays one. RejectedError if the unit does not fit."""
    quantity = catalogue.find(measurement, field)
    if isinstance(unit, str) and kind not in {"Boolean", "String", "Text", "UUID", "DateTime"}:
        base = units.base_unit(unit)
        target = (quantity.unit if quantity else base) or base
        if base is not None and target is not None and target != unit:
            if target == "ug/m3" and field in units.GAS_G_PER_MOL and units.is_convertible(unit, "ppb"):
                return lambda value: as_float(units.gas_mass(units.convert(value, unit, "ppb"), field))
            units.convert(0.0, unit, target)
            return lambda value: as_float(units.convert(value, unit, target))
    if not is_integer(kind) or integers or (quantity is not None and quantity.type == "int"):
        return None
    return float


def _property(metric: Any, wanted: str) -> object:
    """Return the value of a property, None if it is absent. Its keys and values are two lists (section 6.4.10)."""
    if not metric.HasField("properties"):
        return None
    for key, value in zip(metric.properties.keys, metric.properties.values, strict=False):
        if key == wanted and not value.is_null:
            which = value.WhichOneof("value")
            return getattr(value, which) if which else None
    return None
